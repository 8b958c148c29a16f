"""What a status code of HTTP, or of the end of a WebSocket, means to a source."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from nbstream.errors import ConnectError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["error_of_close", "error_of_status", "seconds_of_retry_after"]

REFUSALS = frozenset({400, 401, 403, 404, 405, 406, 410, 414, 421, 426, 451})
"""Answers that another try without other credentials, or another address, will not change."""

CLOSES = frozenset({1008, 3000, 3003})
"""A policy that is broken, unauthorized, forbidden: as the registry of RFC 6455 has them."""
PASSING = ("too many", "rate limit", "slow", "timeout", "timed out", "idle", "again")
"""Words of reasons that another try may not meet."""
OWN_CLOSES = 4000
"""Servers' own codes; many add the status code of HTTP."""


def error_of_close(code: int, reason: str, source: str) -> ConnectError:
    """Return the error of a WebSocket that the server closed.

    Parameters
    ----------
    code, reason
        As section 7.4 of RFC 6455 has them.
    source
        Name of the source.

    Examples
    --------
    >>> type(error_of_close(4401, "bad token", "x")).__name__
    'RefusedError'
    >>> type(error_of_close(1008, "Too many requests", "x")).__name__
    'ConnectError'
    """
    text = f"the server closed the connection ({f'{code} {reason}'.strip()})"
    is_refusal = code in CLOSES or code - OWN_CLOSES in REFUSALS
    if is_refusal and not any(word in reason.lower() for word in PASSING):
        return RefusedError(text, source=source)
    return ConnectError(text, source=source)


def error_of_status(status: int, headers: Mapping[str, str], source: str) -> ConnectError:
    """Return the error of an answer that is no success.

    Parameters
    ----------
    status
        As RFC 9110 numbers them.
    headers
        By names in lower case.
    source
        Name of the source.
    """
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "unknown status"
    text = f"the server said {status} {phrase}"
    if status in REFUSALS:
        return RefusedError(text, source=source)
    return ConnectError(
        text, source=source, retry_after=seconds_of_retry_after(headers.get("retry-after"))
    )


def seconds_of_retry_after(text: str | None) -> float | None:
    """Return for how long a server asks to be left alone, None if it doesn't.

    Parameters
    ----------
    text
        Seconds, or a date, as section 10.2.3 of RFC 9110 has it.

    Examples
    --------
    >>> seconds_of_retry_after("120"), seconds_of_retry_after("soon")
    (120.0, None)
    """
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None
