"""Conditions and formulas: the tree and its parser; nothing is evaluated as code."""

from __future__ import annotations

__all__: list[str] = []


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
