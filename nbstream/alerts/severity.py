"""How grave an alert is, and the checks of what people write about alerts."""

from __future__ import annotations

from typing import Any, cast

__all__ = ["MAX_TEXT", "SEVERITIES", "checked_text", "one_of"]

SEVERITIES = ("info", "warning", "critical")
"""From the least to the gravest."""
MAX_TEXT = 10_000
"""Characters of a name or a note."""


def checked_text(given: Any, name: str) -> str:
    """Return a name or a note, or raise TypeError or ValueError if it is none or too long."""
    if not isinstance(given, str):
        message = f"{name!r} must be a str (got {given!r:.80})."
        raise TypeError(message)
    if len(given) > MAX_TEXT:
        message = f"{name!r} must have at most {MAX_TEXT:,} characters (got {len(given):,})."
        raise ValueError(message)
    return given


def one_of(given: Any, allowed: tuple[str, ...], name: str) -> Any:
    """Return what was given if it is allowed, or raise ValueError with what is."""
    if given not in allowed:
        message = f"{name!r} must be one of {', '.join(map(repr, allowed))} (got {given!r:.80})."
        raise ValueError(message)
    return cast("Any", given)
