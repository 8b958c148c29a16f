"""Databases: a file, and a server behind a bad network."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import Any, ClassVar

import pytest

from nbstream.sources import Source, SqlSource
from nbstream.testing import Cuts
from tests.counterparts.ports import HOST
from tests.counterparts.postgres import Postgres
from tests.counterparts.proxy import Proxy
from tests.sources.harnesses.bad_network import BehindBadNetwork
from tests.sources.harnesses.folder import ONE_MACHINE, Folder
from tests.sources.stand_ins import Library
from tests.sources.stand_ins.sql import creating

TABLE = "CREATE TABLE IF NOT EXISTS readings (id {} PRIMARY KEY, value TEXT)"
INTERVAL = 0.01


class SqliteHarness(Folder):
    """A file of SQLite, which is replaced by a copy, deleted and made again."""

    kind: ClassVar[type[Source]] = SqlSource
    exemptions: ClassVar = {"half-open": ONE_MACHINE}
    n_cuts = 60

    def __init__(self) -> None:
        pytest.importorskip("sqlalchemy")
        super().__init__()

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return SqlSource(f"sqlite:///{self.path}", "readings", interval=INTERVAL, **options)

    def start(self) -> None:
        """Let it be there."""
        made = self.folder / "new"
        with closing(sqlite3.connect(made)) as connection, connection:
            connection.execute(TABLE.format("INTEGER"))
        os.replace(made, self.path)

    def kill(self) -> None:
        """Let it be gone."""
        self.path.unlink()

    def cut(self) -> None:
        """Put a copy in its place."""
        os.replace(shutil.copy(self.path, self.folder / "new"), self.path)

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        source = SqlSource(f"sqlite:///{self.path}", "readings", interval=INTERVAL, **options)
        engine = creating(cuts, source._sql, self.path)
        source._sql = Library(source._sql, create_engine=engine)  # type: ignore[assignment]
        return source

    def _add(self, texts: list[str]) -> None:
        rows = [(text,) for text in texts]
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.executemany("INSERT INTO readings (value) VALUES (?)", rows)

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self._add([str(i) for i in range(first, first + n)])

    def poison(self) -> None:
        """Say what is no number."""
        self._add(["broken"])


class PostgresHarness(BehindBadNetwork):
    """A PostgreSQL behind a bad network."""

    kind: ClassVar[type[Source]] = SqlSource
    label: ClassVar = '`SqlSource("postgresql://…")`'
    exemptions: ClassVar = {}
    n_cuts = 60
    secret = "cAnary7Bird9"

    def __init__(self) -> None:
        self._library = pytest.importorskip("psycopg")
        pytest.importorskip("sqlalchemy")
        self._server = Postgres()
        self._proxy = Proxy(self._server.port)
        self._writer: Any = None

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        url = f"postgresql://postgres:{self.secret}@{HOST}:{self._proxy.port}/postgres"
        return SqlSource(url, "readings", interval=INTERVAL, **options)

    def start(self) -> None:
        """Let it be there."""
        self._server.start()
        address = self._server.url().replace("+psycopg", "")
        self._writer = self._library.connect(address, autocommit=True)
        self._writer.execute(TABLE.format("SERIAL"))

    def kill(self) -> None:
        """Let it be gone."""
        self._writer.close()
        self._server.kill()

    def cut(self) -> None:
        """Cut the connection."""
        self._proxy.cut(0)

    def _add(self, texts: list[str]) -> None:
        statement = "INSERT INTO readings (value) SELECT unnest(%s::text[])"
        self._writer.execute(statement, (texts,))

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self._add([str(i) for i in range(first, first + n)])

    def poison(self) -> None:
        """Say what is no number."""
        self._add(["broken"])

    def close(self) -> None:
        """End it."""
        self._proxy.close()
        if self._writer is not None:
            self._writer.close()
        self._server.close()


HARNESSES = (SqliteHarness, PostgresHarness)
