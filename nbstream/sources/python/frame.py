"""A DataFrame whose rows come again with the pauses that lie between their times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.readings.batch import Batch
from nbstream.sources.frames import is_columns, is_table
from nbstream.sources.item_times import ItemTimes
from nbstream.sources.playing import Player
from nbstream.sources.table_rows import in_order
from nbstream.sources.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["DataFrameSource"]


class DataFrameSource(Player):
    """Plays the rows of a table that is there as a whole, as if they came now.

    Parameters
    ----------
    frame
        A frame of pandas, polars or pyarrow, or a dict of columns, with times.
    speed
        How many times faster than its times say; None is as fast as possible.
    time
        The column of times; None finds it.
    channels
        The columns to read; None is all that hold numbers.
    live
        Whether times are moved so that the first row is of now (and pauses are shorter by `speed`), as rules
        about silence want it; False leaves them as they are.
    loop
        Whether to begin again at the end, until stopped; with times that go on.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    TypeError
        If `frame` is no table.
    ValueError
        If it has no rows, times or numbers, or `speed` is not > 0.

    Notes
    -----
    `stop()` and `start()` go on where it stopped. ``watch(frame)`` shows a table as a whole instead.

    Thread safety: any thread.
    """

    kind = "frame"

    def __init__(
        self,
        frame: Any,
        speed: float | None = 1.0,
        time: str | None = None,
        channels: Sequence[str] | None = None,
        *,
        live: bool = False,
        loop: bool = False,
        **options: Any,
    ) -> None:
        if not (is_table(frame) or is_columns(frame)):
            message = f"'frame' must be a table with times (got {type(frame).__name__})."
            raise TypeError(message)
        super().__init__(speed=speed, live=live, loop=loop, **options)
        times = ItemTimes(self._clock.wall_ns, self.timezone)
        given = read_table(frame, times, time=time, channels=channels, is_whole=True)
        table = in_order(given)
        if table.times is None or not len(table) or not table.values:
            what = "rows" if not len(given) else "times" if table.times is None else "numbers"
            message = (
                f"The {type(frame).__name__} has no {what}; its columns are {list(given.names)}."
            )
            raise ValueError(message)
        self._times, self._values = table.times, table.values
        if table.not_numeric:
            self._note("text", f"not numeric: {', '.join(map(repr, table.not_numeric[:20]))}")

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._times)

    def _pieces(self, after_ns: int | None) -> Iterator[Sequence[Batch]]:
        start = 0 if after_ns is None else int(self._times.searchsorted(after_ns, "right"))
        values = {name: column[start:] for name, column in self._values.items()}
        yield [Batch(self._times[start:], values)]
