"""What words are made of: names shortened for display, secrets left out."""

from __future__ import annotations

__all__: list[str] = []


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
