"""Why PostgreSQL can't be connected to, in one sentence: its library says it in several lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbstream.errors import ConnectError, RefusedError
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["error_of_libpq"]

_FAILED = re.compile(r"connection to server (?:at|on socket) (\"[^\n]*?) failed: ([^\n]+)")
_SOCKET = re.compile(r"\"(/[^\"]*)\"")
FINAL = ("password authentication failed", "no pg_hba.conf entry")


def error_of_libpq(text: str, url: URL, source: str) -> ConnectError | None:
    """Return what a failed attempt to connect means, None if the text tells of something else.

    Parameters
    ----------
    text
        Of the driver's error; of several attempts the last one counts.
    url
        Of the database.
    source
        The source's name.
    """
    failed = _FAILED.findall(text)
    tried, why = failed[-1] if failed else ("", text)
    path = _SOCKET.match(tried)
    where = path[1] if path else f"{url.host or 'localhost'}:{url.port or 5432}"
    said = why.removeprefix("FATAL:").strip()
    if said != why:
        is_final = any(reason in said for reason in FINAL)
        kind = RefusedError if is_final else ConnectError
        return kind(f"PostgreSQL at {where} refused: {shorten(said, 150)}", source=source)
    if "refused" in why or "No such file" in why:
        advice = "Start PostgreSQL there, or name its host and port in the address."
        return ConnectError(f"connection refused: {where}. {advice}", source=source)
    if "resolve host" in why or "translate host name" in why:
        advice = "Name another in the address."
        return ConnectError(f"host not found: {where}. {advice}", source=source)
    if "timeout expired" in why:
        advice = "Is PostgreSQL there, and does a firewall let you through?"
        return ConnectError(f"no answer from {where}. {advice}", source=source)
    if not failed:
        return None
    return ConnectError(f"no connection to {where}: {shorten(why, 150)}", source=source)
