"""What sources share that take named values out of the lines of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from nbstream.sources.files.lines import LinesSource
from nbstream.sources.gathering import gather_pieces
from nbstream.sources.item_columns import ColumnReader
from nbstream.sources.item_parts import as_names

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from nbstream.sources.items import ItemReader

__all__ = ["NamedLinesSource"]


class NamedLinesSource(LinesSource):
    """A source whose lines hold named values; those that have the same names are read as columns.

    Parameters
    ----------
    path
        The file.
    time
        Name of the time; None finds it, False is the time at which a line was read.
    channels
        Names of the values to read; None reads every one that is a number.
    states
        Names of words to read.
    pivot
        Name of the text that names the channels.
    **options
        As for `LinesSource`.

    Raises
    ------
    TypeError, ValueError
        If an option cannot be what it is.
    """

    otherwise = "Pass time='…' to say it otherwise."
    _otherwise_of: ClassVar[Mapping[str, str]] = {"comma": "", "groups": ""}
    has_states = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        time: str | Literal[False] | None,
        channels: Sequence[str] | str | None,
        states: Sequence[str] | str,
        pivot: str | None = None,
        **options: Any,
    ) -> None:
        given: Any = time
        if given is True or given == "":
            message = f"'time' is a name, None to find it, or False for none (got {time!r})."
            raise ValueError(message)
        self._time = time
        self._only = None if channels is None else as_names(channels, "channels")
        self._states = as_names(states, "states")
        self._pivot = pivot or ""
        super().__init__(path, **options)
        self._columns = ColumnReader(self._reader)

    def _new_reader(self) -> ItemReader:
        reader = super()._new_reader()
        reader.time_name = self._time
        reader.only, reader.states, reader.pivot = self._only, self._states, self._pivot
        reader.labels_for = self.buffer._store.labels_for
        return reader

    # What a subclass uses.

    def _read_items(self, items: list[Any]) -> None:
        """Put what lines hold into the buffer, items of the same names as columns."""
        places = np.arange(len(items), dtype=np.int64)
        found, left = self._columns.read(items, places)
        rows, tables = [], []
        for place in left.tolist():
            try:
                for piece in self._reader.read(items[place]):
                    if isinstance(piece, tuple):
                        rows.append((place, piece))
                    else:
                        tables.append(piece)
            except (ValueError, TypeError) as error:
                self._reject(1, str(error))
        self._emit_gathered(gather_pieces(found, rows))
        if self._time is not False and not self._reader.time_key and self._counters.accepted:
            self._note("arrival", "no time found: readings have the time at which they were read")
        self._hand_over(tables)
