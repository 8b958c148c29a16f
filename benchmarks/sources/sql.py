"""Tables of databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import nbstream as ns
from benchmarks.sources.counterparts import running
from benchmarks.sources.measuring import read_by, timed
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import HOST, START_MS
from tests.counterparts.postgres import Postgres


def sql(folder: Path) -> Iterator[Race]:
    """Yield the races over databases."""
    import sqlalchemy

    n = 200_000

    def bare(url: str) -> Callable[[], int]:
        def read() -> int:
            engine = sqlalchemy.create_engine(url)
            last, came = 0, 0
            text = sqlalchemy.text(
                "SELECT * FROM readings WHERE id > :last ORDER BY id LIMIT 10000"
            )
            with engine.connect() as connection:
                while came < n:
                    result = connection.execute(text, {"last": last})
                    assert result.cursor is not None
                    ids, _times, *values = zip(*result.cursor.fetchall(), strict=True)
                    for column in values:
                        np.array(column, np.float64)
                    last = ids[-1]
                    came += len(ids)
            engine.dispose()
            return came

        return read

    def race(label: str, url: str) -> Race:
        return Race(
            label,
            None,
            lambda: timed(bare(url)),
            lambda: read_by(lambda b: ns.SqlSource(url, "readings", backlog=None, buffer=b), n),
        )

    path = folder / "readings.db"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "CREATE TABLE readings (id INTEGER PRIMARY KEY, time TEXT, temp REAL, hum REAL)"
        )
        connection.executemany(
            "INSERT INTO readings VALUES (?, ?, ?, ?)",
            ((i, _moment(i).isoformat(" "), 20 + i % 7, 40 + i % 11) for i in range(1, n + 1)),
        )
    connection.close()
    yield race("SQLite, text times; SQLAlchemy's raw cursor", f"sqlite:///{path}")
    with running(Postgres) as server:
        if server is None:
            return
        import psycopg

        address = f"host={HOST} port={server.port} user=postgres dbname=postgres"
        with psycopg.connect(address) as into:
            into.execute(
                "CREATE TABLE readings (id bigint PRIMARY KEY, time timestamptz, "
                "temp double precision, hum double precision)"
            )
            with into.cursor().copy("COPY readings FROM STDIN") as copy:
                for i in range(1, n + 1):
                    copy.write_row((i, _moment(i), 20 + i % 7, 40 + i % 11))
        yield race("PostgreSQL, timestamptz; SQLAlchemy's raw cursor", server.url())


def _moment(number: int) -> datetime:
    return datetime.fromtimestamp((START_MS + number) / 1000, UTC)
