"""Summaries of rows that merge: pyramid, moments, trailing windows, histogram, drawing bins.

Thread safety: none; what an analyzer keeps it guards with its lock, and drawing bins belong to the pump of
the link.
"""

from __future__ import annotations

__all__: list[str] = []


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
