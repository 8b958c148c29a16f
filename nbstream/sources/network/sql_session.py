"""The one connection of a source of rows: how it is made, broken off from another thread, and closed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

__all__ = ["SqlSession", "file_of", "is_locked", "is_no_table", "options_for", "with_driver"]

CONNECT_TIMEOUT = 5
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""Of libpq: a network that fell silent is noticed within half a minute."""
LIBPQ = ("psycopg", "psycopg2")
BUSY_TIMEOUT = 0.25
"""Seconds for which SQLite itself waits for a lock; in that time it hears nothing."""
FILES = ("sqlite", "duckdb")
"""Databases that are a file, which connecting would make."""
NO_TABLE = "42P01"
"""PostgreSQL's number of the error."""


@dataclass(slots=True)
class SqlSession:
    """An engine and its one connection."""

    engine: Engine
    connection: Connection
    raw: Any
    """The driver's connection."""
    socket: socket.socket | None = None
    """The connection's own, once more; None where the driver doesn't tell it."""

    def __post_init__(self) -> None:
        with contextlib.suppress(Exception):
            self.socket = socket.socket(fileno=os.dup(self.raw.fileno()))

    def break_off(self) -> None:
        """End a question from any thread, without waiting: its thread gets an error."""
        with contextlib.suppress(Exception):
            if self.socket is not None:
                self.socket.shutdown(socket.SHUT_RDWR)
            else:
                self.raw.interrupt()

    def close(self) -> None:
        """Close all."""
        try:
            self.connection.close()
        finally:
            if self.socket is not None:
                self.socket.close()
            self.engine.dispose()


def options_for(url: URL) -> dict[str, Any]:
    """Return what a driver is told beside the address."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        return {} if "timeout" in url.query else {"timeout": BUSY_TIMEOUT}
    options: dict[str, Any] = {}
    if backend in {"postgresql", "mysql", "mariadb"}:
        options["connect_timeout"] = CONNECT_TIMEOUT
    if url.get_driver_name() in LIBPQ:
        options |= KEEPALIVE
    return options


def file_of(url: URL) -> str | None:
    """Return the file that a database is; None if it is none, or one that SQLite finds by a URI."""
    path = url.database
    if url.get_backend_name() not in FILES or not path or path.startswith((":", "file:")):
        return None
    return path


def is_locked(error: BaseException | None) -> bool:
    """Return whether an error of SQLite's says that somebody else holds the file."""
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_no_table(error: BaseException | None) -> bool:
    """Return whether a driver's error says that there is no such table."""
    number = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return number == NO_TABLE or "no such table" in str(error)


def with_driver(url: str) -> str:
    """Return an address of PostgreSQL with the driver that is there."""
    scheme = urlsplit(url).scheme
    if scheme not in {"postgresql", "postgres"}:
        return url
    found = importlib.util.find_spec
    has_other = found("psycopg2") is None and found("psycopg") is not None
    rest = url.partition("://")[2]
    return f"postgresql{'+psycopg' if has_other else ''}://{rest}"
