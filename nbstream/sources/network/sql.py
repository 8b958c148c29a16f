"""New rows of a table in a database, asked for again and again."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import parse_qsl, quote, urlencode

from nbstream.errors import ConfigurationError, ConnectError, DependencyError
from nbstream.readings.window import parse_duration
from nbstream.sources.addresses import options_of_url
from nbstream.sources.network.message_source import READ_TIMEOUT, load_extra
from nbstream.sources.network.network_source import NetworkSource
from nbstream.sources.network.sql_columns import RowColumns
from nbstream.sources.network.sql_session import (
    SqlSession,
    file_of,
    is_locked,
    is_no_table,
    options_for,
    with_driver,
)
from nbstream.sources.network.sql_words import error_of_libpq
from nbstream.sources.tables import read_table
from nbstream.sources.wording import explain, positive_seconds, shorten
from nbstream.text.naming import distinct
from nbstream.text.nearest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from sqlalchemy import Connection, Select

__all__ = ["SqlSource"]

LOCKED_FOR = 2.0
"""Seconds for which a locked file is asked again before people are told."""
ROWS_AT_ONCE = 10_000
BACKLOG = 100_000
GUESSES = ("id", "rowid")
OPTIONS = {"table": str, "by": str, "time": str, "interval": float, "pivot": str, "backlog": int}
NOWHERE = object()
TYPING_ERROR = 0.8
"""How like one of ours an option must be that is none; SQLite's "timeout" is no "time"."""


class SqlSource(NetworkSource[SqlSession]):
    """Reads the rows that are added to a table.

    Parameters
    ----------
    url
        The database, as SQLAlchemy names it: "sqlite:///data.db", "postgresql://user:password@host/name",
        "mysql+pymysql://…", "duckdb:///…". Its driver is the user's to install; its password is shown
        nowhere.
    table
        The table or view, as "readings" or "schema.readings".
    query
        A SELECT in the place of a table, without ORDER BY and LIMIT.
    by
        The column that grows: new rows are those where it is larger than before. None is the primary key if
        it is one column, "id", or `time`.
    time
        The column of times; None finds it.
    channels
        The columns to read; None is all that hold numbers, or texts that say some ("21,5", "3 °C", "on").
    pivot
        The column that names what a row is about, in tables of (time, device, value): each of its values
        becomes a channel.
    key
        What makes a row the same row when it is read again because of `overlap`; None is the whole row.
    overlap
        How far behind the newest row it is looked for rows that were committed late: a number, or for a
        column of times a duration such as "10s". Rows that were read already are known by `key`.
    backlog
        How many of the rows that are there already are read, the newest ones; None is all, 0 is none.
    interval
        Seconds between two questions.
    **options
        As for every `Source`: buffer, name, units, timezone (of times that name none), na_values, clock.

    Raises
    ------
    DependencyError
        If SQLAlchemy is missing: ``pip install "nbstream[sql]"``, or the driver of the database.
    TypeError
        If `url` is an engine of SQLAlchemy, or something else that is no text.
    ValueError
        If there is neither `table` nor `query`, or an option can't be.

    Notes
    -----
    It only reads, in a transaction that ends with each question, so that it holds no lock. Rows come in the
    order of `by`, whatever order the query has. Rows that are changed later, or are added below the largest
    value of `by`, are not seen but for `overlap`. `position` is the largest value. A file that is not there
    is waited for, and not made; a table that was emptied or made anew is read from its beginning.

    Thread safety: any thread.
    """

    kind = "sql"
    advice = "Pass time=… and channels=… to say which columns to read."
    _otherwise_of: ClassVar = dict.fromkeys(
        ("comma", "groups"), "Cast the column in query=… to say it otherwise."
    )

    def __init__(
        self,
        url: str,
        table: str | None = None,
        *,
        query: str | None = None,
        by: str | None = None,
        time: str | None = None,
        channels: Sequence[str] | str | None = None,
        pivot: str | None = None,
        key: Sequence[str] | str | None = None,
        overlap: float | str | timedelta | None = None,
        backlog: int | None = BACKLOG,
        interval: float = 1.0,
        **options: Any,
    ) -> None:
        self._sql = load_extra("sqlalchemy", "sql", "SqlSource")
        if (table is None) == (query is None):
            message = "Give a 'table' or a 'query', one of both."
            raise ValueError(message)
        if not isinstance(url, str):
            message = (
                f"'url' must be the address of a database (got {url!r:.80}). An engine says its own by "
                "engine.url.render_as_string(hide_password=False)."
            )
            raise TypeError(message)
        self.table, self.query = table, query
        self.by, self.time, self.pivot = by, time, pivot
        self.interval = positive_seconds(interval, "interval")
        self._url = with_driver(url)
        self._columns = [channels] if isinstance(channels, str) else channels
        self._key = [key] if isinstance(key, str) else key
        self._overlap = overlap
        self._backlog = backlog
        self._last: Any = NOWHERE
        self._seen: dict[Any, Any] = {}
        """Rows within the overlap: the value of `by` of each, by its key."""
        self._due = 0.0
        self._is_another = False
        """Whether the table may be another one than that whose rows were read."""
        self._last_row: str | None = None
        """The newest row that was read, as the driver gave it."""
        self._page: Sequence[Any] = ()
        self._file: tuple[int, int] | None = None
        self._locked_since: float | None = None
        try:
            self._parsed = self._sql.engine.make_url(self._url)
        except self._sql.exc.ArgumentError as error:
            message = (
                "A database is named such as 'sqlite:///data.db' or 'postgresql://user@host/name'."
            )
            raise ValueError(message) from error
        self.target = (
            self._parsed.render_as_string(hide_password=True).partition("://")[2] or "memory"
        )
        options["name"] = options.get("name") or shorten(table or "query")
        super().__init__(**options)
        self._row_columns = RowColumns(self._reader, pivot, self._columns, self.buffer.max_channels)
        self._hide_url(url)
        self._hide(self._parsed.password)

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address: ``sqlite:///x.db?table=readings&by=id``.

        Parameters
        ----------
        url
            Behind its question mark `table`, `by`, `time`, `interval`, `pivot` and `backlog` may stand; what
            else stands there is the driver's.
        **options
            Further options of the source.

        Raises
        ------
        ValueError
            If it names no table, or an option looks like one of these and is none.
        """
        start, _, query = url.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        ours = [pair for pair in pairs if pair[0] in OPTIONS]
        rest = [pair for pair in pairs if pair[0] not in OPTIONS]
        for name, _ in rest:
            if nearest(name, OPTIONS, cutoff=TYPING_ERROR):
                near = did_you_mean(name, OPTIONS)
                message = f"An address of a database takes no {name!r}. {near}"
                raise ValueError(message)
        _, found = options_of_url(f"x://x?{urlencode(ours, quote_via=quote)}", OPTIONS)
        return cls(f"{start}?{urlencode(rest)}" if rest else start, **{**found, **options})

    @property
    def position(self) -> Any:
        """The largest value of `by` that was read, as ``{"after": …}``; None before the first row."""
        if self._last is NOWHERE:
            return None
        last = self._last
        return {"time": last.isoformat()} if isinstance(last, date) else {"after": last}

    def _go_to(self, position: Any) -> None:
        try:
            ((name, value),) = dict(position).items()
            last = {"after": value}[name] if name != "time" else datetime.fromisoformat(value)
        except (TypeError, ValueError, KeyError) as error:
            message = f"'position' must be what a source of rows said (got {position!r:.80})."
            raise ValueError(message) from error
        self._last, self._last_row = last, None
        self._seen.clear()

    # The connection.

    def _connect(self) -> SqlSession:
        self._due = self._clock.monotonic()
        self._locked_since = None
        self._look_at_file()
        try:
            engine = self._sql.create_engine(
                self._url, poolclass=self._sql.pool.NullPool, connect_args=options_for(self._parsed)
            )
        except ModuleNotFoundError as error:
            message = f"The database needs the {error.name!r} package: pip install {error.name}"
            raise DependencyError(message) from error
        connection = engine.connect()
        session = SqlSession(engine, connection, connection.connection.dbapi_connection)
        try:
            if self.by is None:
                self.by = self._find_by(session)
            self._look_for_beginning(session.connection)
        except BaseException:
            self._disconnect(session)
            raise
        return session

    def _look_at_file(self) -> None:
        """Raise where the file of the database is not there; remember which one it is."""
        path = file_of(self._parsed)
        if path is None:
            return
        try:
            found = os.stat(path)
        except FileNotFoundError as error:
            self._is_another = self._file is not None
            message = f"there is no file {path} now"
            raise ConnectError(message, source=self.name) from error
        file = found.st_dev, found.st_ino
        before, self._file = self._file, file
        if before is not None and before != file:
            self._is_another = True
            message = "the file was replaced by another"
            raise ConnectError(message, source=self.name)

    def _look_for_beginning(self, connection: Connection) -> None:
        """Begin anew if the table that is there now is not the one whose rows were read."""
        if self._last is NOWHERE:
            return
        by = self._sql.column(self.by)
        newest = connection.execute(
            self._sql.select(self._sql.func.max(by)).select_from(self._rows())
        )
        largest = newest.scalar()
        connection.rollback()
        if largest is None or (self._is_another and not self._has_last_row(connection, largest)):
            text = "the table was emptied or made anew; it is read from its beginning"
            self._note("anew", text)
            self._tell(text)
            self._last, self._backlog = NOWHERE, None
            self._seen.clear()
        self._is_another = False

    def _has_last_row(self, connection: Connection, largest: Any) -> bool:
        """Return whether the newest row that was read is in the table; without one, whether it may be."""
        if self._last_row is None:
            return not _is_below(largest, self._last)
        rows = self._all_columns().where(self._sql.column(self.by) == self._last)
        found = connection.execute(rows).cursor.fetchall()
        connection.rollback()
        return self._last_row in map(repr, found)

    def _disconnect(self, client: SqlSession) -> None:
        client.close()

    def _wake(self, client: SqlSession) -> None:
        client.break_off()

    def _find_by(self, session: SqlSession) -> str:
        """Return the column that grows."""
        if self.table is not None:
            key, columns = self._known_columns(session.connection)
            for column in (*(key if len(key) == 1 else ()), *GUESSES, self.time):
                if column in columns:
                    return str(column)
        elif self.time is not None:
            return self.time
        message = "Which column grows? Say it by by=…, as by='id' or by='time'."
        raise ConfigurationError(message, source=self.name)

    def _known_columns(self, connection: Connection) -> tuple[list[str], set[str]]:
        """Return the columns of the table's key, and all its columns."""
        schema, _, name = (self.table or "").rpartition(".")
        try:
            inspector = self._sql.inspect(connection)
            key = inspector.get_pk_constraint(name, schema or None)["constrained_columns"]
            columns = {
                str(column["name"]) for column in inspector.get_columns(name, schema or None)
            }
        except self._sql.exc.NoSuchTableError:
            raise
        except (self._sql.exc.SQLAlchemyError, NotImplementedError):
            # There are dialects that can be read, but not asked what there is (DuckDB's, in new versions).
            connection.rollback()
            columns = set(connection.execute(self._all_columns().limit(0)).keys())
            key = []
        connection.rollback()
        return key, columns

    # Rows.

    def _read(self, client: SqlSession) -> Iterable[Any] | None:
        left = self._due - self._clock.monotonic()
        if left > 0:
            self._wait(min(left, READ_TIMEOUT))
            return []
        self._look_at_file()
        frame = self._ask(client)
        if frame is None:
            self._wait(READ_TIMEOUT)
            return []
        limit = self._limit()
        if len(frame) < limit:
            now = self._clock.monotonic()
            self._due = max(self._due + self.interval, now)
        self._gave_sign()
        fresh = self._fresh(self._whole(frame, limit))
        if len(fresh):
            self._take(fresh)
        return []

    def _ask(self, session: SqlSession) -> pd.DataFrame | None:
        """Return the next rows; None while somebody else holds the file of SQLite."""
        try:
            with self._patience(session):
                frame = self._next_rows(session.connection)
        except self._sql.exc.OperationalError as error:
            now = self._clock.monotonic()
            since = self._locked_since = self._locked_since or now
            if not is_locked(error.orig) or now - since >= LOCKED_FOR:
                raise
            session.connection.rollback()
            return None
        self._locked_since = None
        return frame

    @contextlib.contextmanager
    def _patience(self, session: SqlSession) -> Iterator[None]:
        """Break off a question that is not answered within `reconnect_after`."""
        if self.reconnect_after is None or session.socket is None:
            yield
            return
        timer = threading.Timer(self.reconnect_after, session.break_off)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _next_rows(self, connection: Connection) -> pd.DataFrame:
        import pandas as pd

        result = connection.execute(self._statement())
        rows = result.cursor.fetchall()  # tuples: a Row costs 20 times more
        self._page = rows
        columns: list[str] = []
        for name in result.keys():
            columns.append(distinct(name, columns))  # those of a join may be called alike
        frame = pd.DataFrame.from_records(rows, columns=columns, coerce_float=True)
        connection.rollback()
        if self.by not in frame:
            message = f"There is no column {self.by!r}; there are {', '.join(map(str, frame))}."
            raise ConfigurationError(message, source=self.name)
        return frame.iloc[::-1] if self._last is NOWHERE and self._backlog is not None else frame

    def _limit(self) -> int:
        """Return how many rows a question asks for: beside new ones, those within the overlap come again."""
        if self._last is NOWHERE and self._backlog is not None:
            return max(1, self._backlog)
        return ROWS_AT_ONCE + len(self._seen)

    def _whole(self, frame: pd.DataFrame, limit: int) -> pd.DataFrame:
        """Return a full page without its last value of `by`: more rows may have it than fit on the page."""
        is_backlog = self._last is NOWHERE and self._backlog is not None
        if len(frame) < limit or is_backlog:
            return frame
        is_last = frame[self.by] == frame[self.by].iloc[-1]
        return frame if is_last.all() else frame[~is_last]

    def _rows(self) -> Any:
        sql = self._sql
        if self.table is None:
            return sql.text(f"({self.query}) AS nbstream_rows")
        schema, _, name = self.table.rpartition(".")
        return sql.table(name, schema=schema or None)

    def _all_columns(self) -> Select[Any]:
        chosen: Select[Any] = self._sql.select(self._sql.text("*")).select_from(self._rows())
        return chosen

    def _statement(self) -> Select[Any]:
        by = self._sql.column(self.by)
        statement = self._all_columns().limit(self._limit())
        if self._last is not NOWHERE:
            return statement.where(by > self._from()).order_by(by)
        statement = statement.where(by.is_not(None))
        return statement.order_by(by if self._backlog is None else by.desc())

    def _from(self) -> Any:
        """Return the value beyond which rows are asked for."""
        if self._overlap is None:
            return self._last
        if isinstance(self._last, date):
            return self._last - timedelta(
                microseconds=parse_duration(self._overlap, name="overlap") / 1000
            )
        if isinstance(self._last, (int, float)) and isinstance(self._overlap, (int, float)):
            return self._last - self._overlap
        message = f"An overlap of {self._overlap!r} can't be taken from {self._last!r} in column {self.by!r}."
        raise ConfigurationError(message, source=self.name)

    def _fresh(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows that were not read before, and remember the newest."""
        if not len(frame):
            return frame
        values = frame[self.by].tolist()
        first = self._last is NOWHERE
        self._last_row = repr(self._page[frame.index[-1]])
        largest = max(value for value in values if value == value)
        largest = largest.to_pydatetime() if hasattr(largest, "to_pydatetime") else largest
        self._last = largest if first else max(self._last, largest)
        if first and self._backlog == 0:
            return frame.iloc[:0]
        if self._overlap is None:
            return frame
        columns = frame[self._key] if self._key is not None else frame
        keys = list(columns.itertuples(index=False, name=None))
        is_new = [key not in self._seen for key in keys]
        self._seen.update(zip(keys, values, strict=True))
        edge = self._from()
        self._seen = {key: value for key, value in self._seen.items() if value > edge}
        return frame[is_new]

    def _take(self, frame: pd.DataFrame) -> None:
        columns = self._row_columns
        pieces = columns.pieces(frame, no_channels=(self.by, self.time, self.pivot))
        if columns.n_left_out:
            text = f"more than {self.buffer.max_channels} channels; some left out"
            self._drop(columns.n_left_out, text)
            columns.n_left_out = 0
        if columns.n_nameless:
            self._reject(columns.n_nameless, f"no {self.pivot!r} that names what the row is about")
            columns.n_nameless = 0
        tables = []
        for piece in pieces:
            channels = None if self._columns is None or self.pivot is not None else self._columns
            table = read_table(piece, self._reader.times, time=self.time, channels=channels)
            if self.time != self.by and channels is None:
                table.values.pop(str(self.by), None)  # a number of a row is no reading
            self._reader.count_bad_cells_of(table)
            tables.append(table)
        self._hand_over(tables)
        self._say_if_nothing_is_readable()

    def _translate(self, error: Exception) -> Exception:
        exc = self._sql.exc
        if isinstance(error, (exc.ArgumentError, exc.NoSuchModuleError, exc.CompileError)):
            return ConfigurationError(explain(error), source=self.name)
        if isinstance(error, exc.DBAPIError):
            self._is_another = self._is_another or is_no_table(error.orig)
            if self._parsed.get_backend_name() == "postgresql":
                known = error_of_libpq(str(error.orig), self._parsed, self.name)
                if known is not None:
                    return known
            return ConnectError(shorten(error.orig, 200), source=self.name)
        if isinstance(error, exc.NoSuchTableError):
            return ConnectError(f"there is no table {self.table!r} now", source=self.name)
        return super()._translate(error)


def _is_below(value: Any, other: Any) -> bool:
    try:
        return bool(value < other)
    except TypeError:
        return True
