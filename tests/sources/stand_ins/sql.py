"""A database behind the library SQLAlchemy: a file of SQLite whose connections are cut."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from nbstream.testing import Cuts
from tests.sources.stand_ins import be_silent


def creating(cuts: Cuts, library: Any, path: Path) -> Callable[..., Any]:
    """Return what stands in for `create_engine`: each question for rows asks `cuts`.

    Parameters
    ----------
    cuts
        Says what comes.
    library
        The real one.
    path
        The database, whose table of readings gets what is said.
    """

    def lost(error: Exception) -> Exception:
        inner = sqlite3.OperationalError(f"the connection was lost: {error}")
        return library.exc.OperationalError("", {}, inner)  # type: ignore[no-any-return]

    def ask(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "LIMIT" not in statement:
            return
        try:
            number = cuts.read()
        except ConnectionResetError as error:
            raise lost(error) from error
        if number is None:
            be_silent()
            return
        with closing(sqlite3.connect(path)) as writer, writer:
            writer.execute("PRAGMA synchronous = OFF")
            writer.execute("INSERT INTO readings (value) VALUES (?)", (number,))

    def create_engine(url: str, **options: Any) -> Any:
        try:
            cuts.connect()
        except ConnectionRefusedError as error:
            raise lost(error) from error
        engine = library.create_engine(url, **options)
        library.event.listen(engine, "before_cursor_execute", ask)
        return engine

    return create_engine
