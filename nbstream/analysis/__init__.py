"""The analyzer: on its thread statistics are computed, and detectors and rules see every reading."""

from __future__ import annotations

__all__: list[str] = []


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
