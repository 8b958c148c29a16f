"""The widgets: the chart, the dashboard and its parts, and the link that feeds their pages."""

from __future__ import annotations

__all__: list[str] = []


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
