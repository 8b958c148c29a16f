"""Databases, against SQLite and a real PostgreSQL: rows that come late, locks, restarts."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from nbstream.errors import ConfigurationError, RefusedError
from nbstream.sources import SourceState, SqlSource
from nbstream.sources.network import sql as module
from nbstream.sources.network.sql_words import error_of_libpq
from tests.counterparts.ports import free_port
from tests.counterparts.postgres import Postgres
from tests.sources.stopping import stops_at_once
from tests.wait import wait_until

SOON = 10.0
FAST = 0.02
START = 1_782_907_200
TABLE = "CREATE TABLE readings (id INTEGER PRIMARY KEY, time REAL, temp REAL, note TEXT)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with an empty table of readings."""
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    connection.execute(TABLE)
    yield connection
    connection.close()


def url(connection: sqlite3.Connection) -> str:
    """Return the address of a database."""
    ((_, _, path),) = connection.execute("PRAGMA database_list").fetchall()
    return f"sqlite:///{path}"


def add(connection: sqlite3.Connection, *rows: tuple[Any, ...]) -> None:
    """Add rows of seconds since the start, and a temperature."""
    for second, temp in rows:
        connection.execute(
            "INSERT INTO readings (time, temp) VALUES (?, ?)", (START + second, temp)
        )


def reads(address: str, table: str | None = "readings", **options: Any) -> SqlSource:
    """Return a source that is started and asks often."""
    return SqlSource(address, table, **{"interval": FAST, **options}).start()


def values(source: SqlSource) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def come(source: SqlSource, expected: dict[str, list[float]]) -> None:
    """Wait until a source has read these, and no others."""
    wait_until(lambda: values(source) == expected, SOON, lambda: f"{values(source)} {source!r}")


def test_rows_come_as_they_are_added(database: sqlite3.Connection) -> None:
    """What is there, and what comes, each row once, in the order of the key."""
    add(database, (0, 1.0), (1, 2.0))
    with reads(url(database)) as source:
        come(source, {"temp": [1.0, 2.0]})
        add(database, (2, 3.0))
        come(source, {"temp": [1.0, 2.0, 3.0]})
        wait_until(lambda: source.position == {"after": 3}, SOON)
        wait_until(lambda: source.counters().received == 3, SOON)


def test_a_start_goes_on_where_it_stopped(database: sqlite3.Connection) -> None:
    """Rows that were added meanwhile are read, none twice; a position is enough in another kernel."""
    add(database, (0, 1.0))
    with reads(url(database)) as source:
        come(source, {"temp": [1.0]})
        source.stop()
        add(database, (1, 2.0))
        other = SqlSource(url(database), "readings", interval=FAST)
        with other.start(position=source.position):
            come(other, {"temp": [2.0]})
        source.start()
        come(source, {"temp": [1.0, 2.0]})


def test_pages_lose_no_row_of_equal_times(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More rows than one question brings, many with one value of the column that grows."""
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 10)
    add(database, *((i // 4, float(i)) for i in range(101)))
    with reads(url(database), by="time", time="time", backlog=None) as source:
        come(
            source,
            {"id": [float(i + 1) for i in range(101)], "temp": [float(i) for i in range(101)]},
        )


def test_only_the_newest_of_many_rows(database: sqlite3.Connection) -> None:
    """`backlog` says how many of the rows that are there are read; 0 waits for new ones."""
    add(database, *((i, float(i)) for i in range(50)))
    with reads(url(database), backlog=3) as some, reads(url(database), backlog=0) as none:
        come(some, {"temp": [47.0, 48.0, 49.0]})
        wait_until(lambda: none.position == {"after": 50}, SOON)
        add(database, (50, 50.0))
        come(none, {"temp": [50.0]})


def test_a_query_in_any_order(database: sqlite3.Connection) -> None:
    """Of a query the column that grows is told; the order is ours."""
    add(database, (0, 1.0), (1, 2.0))
    query = "SELECT time, temp * 2 AS twice FROM readings ORDER BY temp DESC"
    with reads(url(database), None, query=query, by="time") as source:
        come(source, {"twice": [2.0, 4.0]})


def test_devices_become_channels(database: sqlite3.Connection) -> None:
    """A long table of device and value is a channel a device."""
    database.execute(
        "CREATE TABLE long (id INTEGER PRIMARY KEY, time REAL, device TEXT, value REAL)"
    )
    for i, (device, value) in enumerate([("a", 1.0), ("b", 2.0), ("a", 3.0)]):
        database.execute("INSERT INTO long VALUES (?, ?, ?, ?)", (i, START + i, device, value))
    with reads(url(database), "long", pivot="device") as source:
        come(source, {"a": [1.0, 3.0], "b": [2.0]})


def test_texts_of_things_become_numbers_and_words(database: sqlite3.Connection) -> None:
    """A column of texts, as a house keeps its states, is read for each thing: numbers, units, words."""
    database.execute("CREATE TABLE states (id INTEGER PRIMARY KEY, entity TEXT, state, note TEXT)")
    said = [
        ("attic", "21,5"), ("attic", "22,75"), ("power", "1,234.5"), ("either", "1,234"), ("fan", "on"),
        ("fan", "off"), ("wind", "3.5 m/s"), ("door", "ajar"), ("attic", "unavailable"), ("count", "1e3"),
        ("blob", b"\0\1"), ("long", "a" * 3 * 2**20), ("door", "shut"), ("plain", 7),
    ]  # fmt: skip
    rows = [(*row, "by hand") for row in said]
    database.executemany("INSERT INTO states (entity, state, note) VALUES (?, ?, ?)", rows)
    with reads(url(database), "states", pivot="entity", states=["door"]) as source:
        wait_until(lambda: source.counters().received == len(said), SOON, lambda: repr(source))
        found = {name: found for name, found in values(source).items() if found}
        assert found == {
            "attic": [21.5, 22.75], "power": [1234.5], "fan": [1.0, 0.0], "wind": [3.5], "count": [1000.0],
            "door": ["ajar", "shut"], "plain": [7.0],
        }  # fmt: skip
        assert source.buffer.units["wind"] == "m/s"
        told = "'22,75' is 22.75. Cast the column in query=… to say it otherwise."
        wait_until(lambda: told in source.notes, SOON, lambda: f"{source.notes}")


def test_rows_that_name_no_thing_are_counted(database: sqlite3.Connection) -> None:
    """They are rejected and told, not left out in silence."""
    database.execute("CREATE TABLE long (id INTEGER PRIMARY KEY, device TEXT, value REAL)")
    for row in (("a", 1.0), (None, 2.0), ("a", 3.0)):
        database.execute("INSERT INTO long (device, value) VALUES (?, ?)", row)
    with reads(url(database), "long", pivot="device") as source:
        come(source, {"a": [1.0, 3.0]})
        wait_until(lambda: source.counters()[1:5] == (2, 1, 0, 0), SOON, lambda: repr(source))
        assert any("no 'device' that names" in note for note in source.notes), source.notes


def test_columns_of_a_join_may_be_called_alike(database: sqlite3.Connection) -> None:
    """Each is a channel; the first is the one that is asked for."""
    add(database, (0, 20.5), (1, 21.5))
    query = (
        "SELECT a.id, a.time, a.temp, b.temp, b.note FROM readings a JOIN readings b ON a.id = b.id"
    )
    with reads(url(database), None, query=query, by="id") as source:
        wait_until(lambda: source.counters().accepted == 2, SOON, lambda: repr(source))
        first, second = values(source).values()
        assert first == second == [20.5, 21.5]


def test_words_of_a_column(database: sqlite3.Connection) -> None:
    """`states` names a column of words; numbers beside it are read as ever."""
    add(database, (0, 20.5), (1, 21.5))
    database.execute("UPDATE readings SET note = CASE id WHEN 1 THEN 'RUN' ELSE 'IDLE' END")
    with reads(url(database), states=["note"]) as source:
        wait_until(lambda: source.counters().accepted == 2, SOON, lambda: repr(source))
        assert values(source) == {"temp": [20.5, 21.5], "note": ["RUN", "IDLE"]}


def test_ten_thousand_things(database: sqlite3.Connection) -> None:
    """The first are kept, the rest is counted at once, and what is known goes on."""
    database.execute("CREATE TABLE long (id INTEGER PRIMARY KEY, device TEXT, value REAL)")
    rows = [(f"d{i}", 1.0) for i in range(9_990)]
    with database:
        database.execute("BEGIN")
        database.executemany("INSERT INTO long (device, value) VALUES (?, ?)", rows)
    with reads(url(database), "long", pivot="device") as source:
        wait_until(lambda: source.counters().received == 9_990, 20, lambda: repr(source))
        database.execute("INSERT INTO long (device, value) VALUES ('d0', 2.0)")
        wait_until(lambda: source.counters()[1:5] == (201, 0, 0, 9_790), SOON, lambda: repr(source))
        assert len(source.buffer.channels) == 200
        assert "more than 200 channels; some left out" in source.notes


def test_a_lock_is_waited_for(database: sqlite3.Connection) -> None:
    """A table that somebody else holds is tried again; the state says why."""
    add(database, (0, 1.0))
    database.execute("BEGIN EXCLUSIVE")
    with reads(url(database) + "?timeout=0.05") as source:
        wait_until(lambda: "locked" in source.status, SOON, lambda: repr(source))
        assert source.state is SourceState.RECONNECTING
        database.execute("COMMIT")
        come(source, {"temp": [1.0]})


def test_a_short_lock_is_no_break(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who writes holds the file for a moment; the connection stays, and no row is missed."""
    monkeypatch.setattr(module, "LOCKED_FOR", 60.0)
    add(database, (0, 1.0))
    with reads(url(database)) as source:
        come(source, {"temp": [1.0]})
        database.execute("BEGIN EXCLUSIVE")
        wait_until(lambda: source._locked_since is not None, SOON, lambda: repr(source))
        add(database, (1, 2.0))
        database.execute("COMMIT")
        come(source, {"temp": [1.0, 2.0]})
        assert source.counters().reconnects == 0


def test_a_locked_file_is_stopped_at_once(database: sqlite3.Connection) -> None:
    """A stop does not wait until the lock is gone."""
    add(database, (0, 1.0))
    with reads(url(database)) as source:
        come(source, {"temp": [1.0]})
        database.execute("BEGIN EXCLUSIVE")
        wait_until(lambda: source._locked_since is not None, SOON, lambda: repr(source))
        stops_at_once(source)
        database.execute("COMMIT")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A wrong name says so and leaves no empty database behind; what is made later is read."""
    path = tmp_path / "later.db"
    with reads(f"sqlite:///{path}") as source:
        wait_until(lambda: f"no file {path}" in source.status, SOON, lambda: repr(source))
        assert not path.exists()
        made = tmp_path / "new.db"
        with contextlib.closing(sqlite3.connect(made, isolation_level=None)) as connection:
            connection.execute(TABLE)
            add(connection, (0, 1.0))
        made.rename(path)
        come(source, {"temp": [1.0]})


def test_a_file_that_is_replaced(database: sqlite3.Connection, tmp_path: Path) -> None:
    """A newer copy is read on behind the last row; another database from its beginning, and that is told."""
    add(database, (0, 1.0), (1, 2.0))
    path, copy = tmp_path / "x.db", tmp_path / "copy.db"
    with reads(url(database)) as source:
        come(source, {"temp": [1.0, 2.0]})
        shutil.copy(path, copy)
        with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            add(connection, (2, 3.0))
        copy.replace(path)
        come(source, {"temp": [1.0, 2.0, 3.0]})
        with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute(TABLE)
            add(connection, (3, 4.0))
        copy.replace(path)
        come(source, {"temp": [1.0, 2.0, 3.0, 4.0]})
        assert any("made anew" in note for note in source.notes)


def test_a_table_that_is_made_anew(database: sqlite3.Connection) -> None:
    """Dropped and made again its numbers begin at 1; its rows are read."""
    add(database, (0, 1.0), (1, 2.0))
    with reads(url(database)) as source:
        come(source, {"temp": [1.0, 2.0]})
        database.execute("DROP TABLE readings")
        wait_until(lambda: "no such table" in source.status, SOON, lambda: repr(source))
        database.execute(TABLE)
        add(database, (2, 3.0))
        come(source, {"temp": [1.0, 2.0, 3.0]})


def test_more_rows_within_the_overlap_than_a_page(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that come again fill no page: new ones come at once, and between questions there is a pause."""
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 10)
    add(database, *((i, float(i)) for i in range(30)))
    with reads(url(database), overlap=1000) as source:
        come(source, {"temp": [float(i) for i in range(30)]})
        add(database, (30, 30.0))
        come(source, {"temp": [float(i) for i in range(31)]})
        wait_until(lambda: source._due > source._clock.monotonic(), SOON)


def test_rows_that_come_again_are_known_by_a_key(database: sqlite3.Connection) -> None:
    """With `key` a row that was changed within the overlap is the same row; without one it is another."""
    add(database, (0, 1.0), (1, 2.0))
    address = url(database)
    with reads(address, overlap=10, key="id") as same, reads(address, overlap=10) as other:
        come(same, {"temp": [1.0, 2.0]})
        come(other, {"temp": [1.0, 2.0]})
        database.execute("UPDATE readings SET temp = 5.0 WHERE id = 2")
        wait_until(lambda: other.counters().received == 3, SOON, lambda: repr(other))
        add(database, (2, 3.0))
        come(same, {"temp": [1.0, 2.0, 3.0]})


def test_rows_without_a_value_of_the_column_that_grows(database: sqlite3.Connection) -> None:
    """They have no place in the order, and are left out."""
    database.execute("CREATE TABLE odd (moment TEXT, x REAL)")
    database.execute("INSERT INTO odd VALUES (NULL, 1.0), ('2026-07-01 12:00:00', 2.0)")
    with reads(url(database), "odd", by="moment", time="moment") as source:
        come(source, {"x": [2.0]})


def test_a_table_that_is_not_there_yet(database: sqlite3.Connection) -> None:
    """It is waited for."""
    with reads(url(database), "later", by="id") as source:
        wait_until(lambda: "no such table" in source.status, SOON, lambda: repr(source))
        database.execute("CREATE TABLE later (id INTEGER PRIMARY KEY, time REAL, x REAL)")
        database.execute("INSERT INTO later VALUES (1, ?, 5.0)", (START,))
        wait_until(lambda: values(source) == {"x": [5.0]}, 20, lambda: repr(source))


def test_which_column_grows_must_be_known(database: sqlite3.Connection) -> None:
    """Without a key the error says what to write."""
    database.execute("CREATE TABLE bare (moment REAL, x REAL)")
    with reads(url(database), "bare") as source:
        wait_until(lambda: source.state is SourceState.FAILED, SOON, lambda: repr(source))
        assert isinstance(source.last_error, ConfigurationError)
        assert "by=" in source.status


def test_a_dialect_that_cannot_be_asked_for_columns(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB's fails so with new versions: then the columns of a question say which of them grows."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise sqlalchemy.exc.ProgrammingError("SELECT 1", {}, Exception("no REGCLASS"))

    dialect = type(sqlalchemy.create_engine("sqlite://").dialect)
    monkeypatch.setattr(dialect, "get_pk_constraint", refuse)
    add(database, (0, 1.0))
    with reads(url(database)) as source:
        come(source, {"temp": [1.0]})
        assert source.by == "id"


def test_an_engine_is_no_address(database: sqlite3.Connection) -> None:
    """It says how to get the address from it, and shows no password."""
    engine = sqlalchemy.create_engine(url(database))
    with pytest.raises(TypeError, match=r"got Engine.*render_as_string"):
        SqlSource(engine, "readings")  # type: ignore[arg-type]


def test_an_address_names_it(database: sqlite3.Connection) -> None:
    """Table and column stand behind the question mark, beside what is the driver's."""
    add(database, (0, 1.0))
    with SqlSource.from_url(f"{url(database)}?table=readings&by=id&timeout=1").start() as source:
        come(source, {"temp": [1.0]})
    with pytest.raises(ValueError, match="'table' or a 'query'"):
        SqlSource.from_url("sqlite:///x.db")
    with pytest.raises(ValueError, match="A database is named"):
        SqlSource("x.db", "readings")


def test_no_text_shows_the_password() -> None:
    """Neither the address nor what a driver says of it."""
    with SqlSource("postgresql://me:open-sesame@127.0.0.1:1/x", "readings").start() as source:
        wait_until(lambda: source.last_error is not None, SOON, lambda: repr(source))
        assert "open-sesame" not in f"{source!r}{source.status}{source.last_error!r}{source.notes}"


REFUSED = (
    'connection to server at "{}", port 5433 failed: {}\n\tIs the server running on that host?\n'
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            REFUSED.format("::1", "Connection refused") + REFUSED.format("127.0.0.1", "Connection refused"),
            "connection refused: db:5433. Start PostgreSQL there, or name its host and port in the address.",
        ),
        (
            "failed to resolve host 'db': [Errno -2] Name or service not known",
            "host not found: db:5433. Name another in the address.",
        ),
        (
            REFUSED.format("10.0.0.9", "timeout expired"),
            "no answer from db:5433. Is PostgreSQL there, and does a firewall let you through?",
        ),
        (
            REFUSED.format("10.0.0.9", 'FATAL:  password authentication failed for user "me"'),
            'PostgreSQL at db:5433 refused: password authentication failed for user "me"',
        ),
        (
            REFUSED.format("10.0.0.9", "FATAL:  the database system is starting up"),
            "PostgreSQL at db:5433 refused: the database system is starting up",
        ),
        (REFUSED.format("10.0.0.9", "No route to host"), "no connection to db:5433: No route to host"),
        (
            'connection to server on socket "/run/.s.PGSQL.5433" failed: No such file or directory\n\tIs it?',
            "connection refused: /run/.s.PGSQL.5433. Start PostgreSQL there, or name its host and port in the"
            " address.",
        ),
    ],
)  # fmt: skip
def test_why_postgresql_is_not_reached_is_one_sentence(text: str, told: str) -> None:
    """With host, port and what to do; only what no other try mends is final."""
    url = sqlalchemy.engine.make_url("postgresql://me:open-sesame@db:5433/x")
    error = error_of_libpq(text, url, "readings")
    assert str(error) == told
    assert isinstance(error, RefusedError) == ("password" in text)


class Patient(random.Random):
    """Waits long before the next try."""

    def uniform(self, a: float, b: float) -> float:
        """Return a minute."""
        return 60.0


def test_a_postgresql_that_is_not_there_is_told_in_one_sentence() -> None:
    """And asked again."""
    port = free_port()
    address = f"postgresql://me:open-sesame@127.0.0.1:{port}/x"
    with SqlSource(address, "readings", random=Patient()) as source:
        wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
        told = f"connection refused: 127.0.0.1:{port}. Start PostgreSQL there, or name its host"
        assert f"(attempt 1): {told} and port in the address." in source.status
        assert str(source.last_error).startswith(told)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A database server."""
    pytest.importorskip("psycopg")
    with Postgres() as server:
        yield server


def test_rows_that_are_committed_late_are_found(postgres: Postgres) -> None:
    """`overlap` finds the rows of a transaction that ended after a later one, and reads none twice."""
    import psycopg

    address = postgres.url().replace("+psycopg", "")
    with (
        psycopg.connect(address, autocommit=True) as one,
        psycopg.connect(address) as slow,
        psycopg.connect(address, autocommit=True) as fast,
    ):
        one.execute(
            "CREATE TABLE late (id SERIAL PRIMARY KEY, time timestamptz DEFAULT now(), x float8)"
        )
        slow.execute("INSERT INTO late (x) VALUES (1)")
        fast.execute("INSERT INTO late (x) VALUES (2)")
        options = {"interval": FAST, "channels": "x", "overlap": 100}
        with reads(postgres.url(), "late", **options) as source:
            come(source, {"x": [2.0]})
            slow.commit()
            wait_until(lambda: source.counters().received == 2, SOON, lambda: repr(source))
            fast.execute("INSERT INTO late (x) VALUES (3)")
            wait_until(lambda: source.counters().received == 3, SOON, lambda: repr(source))


def test_a_lock_in_the_server_holds_up_no_stop(postgres: Postgres) -> None:
    """A table that somebody holds lets a question wait; a stop ends it at once."""
    import psycopg

    address = postgres.url().replace("+psycopg", "")
    with psycopg.connect(address) as holder:
        holder.execute("CREATE TABLE held (id SERIAL PRIMARY KEY, x float8)")
        holder.execute("INSERT INTO held (x) VALUES (1)")
        holder.commit()
        with reads(postgres.url(), "held", reconnect_after=30) as source:
            come(source, {"x": [1.0]})
            holder.execute("LOCK TABLE held IN ACCESS EXCLUSIVE MODE")
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            with psycopg.connect(address, autocommit=True) as other:
                wait_until(lambda: other.execute(waiting).fetchone() == (1,), SOON)
            stops_at_once(source)
        holder.rollback()


def test_a_server_that_is_restarted() -> None:
    """The connection is made anew, and rows go on where they stopped."""
    psycopg = pytest.importorskip("psycopg")
    with Postgres() as server:
        address = server.url().replace("+psycopg", "")

        def run(text: str) -> None:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(text)

        run("CREATE TABLE r (id SERIAL PRIMARY KEY, time timestamptz DEFAULT now(), x numeric)")
        run("INSERT INTO r (x) VALUES (1.5)")
        with reads(server.url(), "r") as source:
            come(source, {"x": [1.5]})
            server.stop()
            wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
            server.start()
            run("INSERT INTO r (x) VALUES (2.5)")
            wait_until(lambda: values(source) == {"x": [1.5, 2.5]}, 30, lambda: repr(source))
