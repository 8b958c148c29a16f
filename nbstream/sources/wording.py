"""Errors and text from data in a few words that are safe to show."""

from __future__ import annotations

import math
from typing import Any

from nbstream.errors import NbstreamError
from nbstream.text.naming import printable
from nbstream.text.redaction import redact

__all__ = ["explain", "positive_seconds", "shorten"]

MAX_SECRET = 2000
"""Characters beyond what is shown that are looked at too."""


def explain(error: BaseException) -> str:
    """Return an error in a few words for people, without secrets."""
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return shorten(f"{error.strerror[:1].lower()}{error.strerror[1:]}{where}", 300)
    if isinstance(error, NbstreamError):
        return shorten(str(error), 300)
    return shorten(f"{type(error).__name__}: {error}".rstrip(": "), 300)


def shorten(text: Any, length: int = 80) -> str:
    """Return printable text of at most `length` characters, without secrets."""
    # Redacted before it is cut: of half a secret nobody could tell what it is.
    whole = redact(str(text)[: 4 * length + MAX_SECRET])
    plain = printable(whole[: 4 * length]).strip()
    return plain if len(plain) <= length else plain[: length - 1] + "…"


def positive_seconds(seconds: float, name: str) -> float:
    """Return `seconds` if they are a finite number > 0.

    Raises
    ------
    ValueError
        If they are not.
    TypeError
        If they are no number.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        message = f"{name!r} must be a number of seconds (got {seconds!r})."
        raise TypeError(message)
    if not 0 < seconds < math.inf:
        message = f"{name!r} must be > 0 (got {seconds!r})."
        raise ValueError(message)
    return float(seconds)
