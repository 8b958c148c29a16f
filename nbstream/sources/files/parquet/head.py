"""The first rows of a table in Parquet, by which its columns are known."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nbstream.errors import ConfigurationError
from nbstream.sources.files.parquet.columns import flattened

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["head_of"]

HEAD_ROWS = 2000
TRIED_GROUPS = 8


def head_of(files: Iterable[Any], name: str) -> Any:
    """Return the first rows of files, a flat Table of pyarrow with the columns of all of them.

    Parameters
    ----------
    files
        That were opened by pyarrow.
    name
        Of the table, for messages.

    Raises
    ------
    ConfigurationError
        If there are none.
    OSError
        If a file's first row groups cannot be read.
    """
    pa = importlib.import_module("pyarrow")
    found: Any = None
    known: set[tuple[str, ...]] = set()
    for file in files:
        names = tuple(file.schema_arrow.names)
        if names in known or (found is not None and set(names) <= set(found.column_names)):
            continue
        batch = _first_rows(file)
        if batch is None:
            head = flattened(file.schema_arrow.empty_table())
        else:
            known.add(names)
            head = flattened(pa.Table.from_batches([batch]))
        found = head if found is None or not len(found) else _with_columns_of(found, head)
    if found is None or not len(found):
        columns = [] if found is None else found.column_names
        message = f"{name!r} has no rows; its columns are {columns}."
        raise ConfigurationError(message)
    return found


def _with_columns_of(found: Any, other: Any) -> Any:
    """Return a Table with the columns that only another one has, filled up with missing cells."""
    pa = importlib.import_module("pyarrow")
    n = len(found)
    for name in other.column_names:
        if name not in found.column_names:
            more = other[name].slice(0, n)
            blank = pa.nulls(n - len(more), more.type)
            found = found.append_column(name, pa.chunked_array([*more.chunks, blank], more.type))
    return found


def _first_rows(file: Any) -> Any:
    """Return the first rows that can be read, None if there is none.

    Raises
    ------
    OSError
        If none of the first row groups can be read.
    """
    pa = importlib.import_module("pyarrow")
    problem: Exception | None = None
    metadata = file.metadata
    filled = [n for n in range(metadata.num_row_groups) if metadata.row_group(n).num_rows]
    for number in filled[:TRIED_GROUPS]:
        try:
            return next(file.iter_batches(HEAD_ROWS, [number], use_threads=False))
        except (pa.ArrowException, OSError) as error:
            problem = error
    if problem is not None:
        raise problem
    return None
