"""A source of Parquet files: their rows, played in the order of their times."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from nbstream.sources.files.parquet.places import need_parquet, places_of
from nbstream.sources.files.parquet.sorted_rows import rows_in_order
from nbstream.sources.files.parquet.table import Group, ParquetTable
from nbstream.sources.files.remote import is_remote, name_of
from nbstream.sources.item_times import ItemTimes
from nbstream.sources.playing import Player
from nbstream.sources.state import SourceState
from nbstream.sources.wording import explain, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbstream.readings.batch import Batch

__all__ = ["ParquetSource"]


class ParquetSource(Player):
    """Plays the rows of a Parquet file, or of many, in the order of their times.

    Parameters
    ----------
    path
        A file, a folder with such files at any depth (``device=a/part-0.parquet``), a pattern, or the address
        of one elsewhere, for fsspec.
    speed
        How many times faster than its times say; None is as fast as possible.
    time
        The column of times; None finds it: dates, numbers since 1970, texts, or seconds of a run.
    channels
        The columns to read, or what they are in; None is all that hold numbers or categories.
    states
        Columns of texts that are words, such as "RUN".
    pivot
        The column, or the key of folders, whose texts begin the names of channels. None is the keys of
        folders that have several values and are no dates.
    live
        Whether times are moved so that the first row is of now, and pauses are shorter by `speed`.
    loop
        Whether to begin again at the end, until stopped; with times that go on.
    storage_options
        What fsspec needs for files elsewhere.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    ValueError
        If `speed` is not > 0.

    Notes
    -----
    A cell of null is no reading of its channel, NaN one that is missing. A recording is replayed as it came
    by `nbstream.replay`.

    Thread safety: any thread.
    """

    kind = "parquet"

    def __init__(
        self,
        path: str | os.PathLike[str],
        speed: float | None = None,
        time: str | None = None,
        channels: Sequence[str] | None = None,
        *,
        states: str | Sequence[str] = (),
        pivot: str | None = None,
        live: bool = False,
        loop: bool = False,
        storage_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.path = os.fspath(path)
        options["name"] = options.get("name") or shorten(name_of(self.path).name)
        super().__init__(speed=speed, live=live, loop=loop, **options)
        self._how: dict[str, Any] = {
            "time": time,
            "channels": None if channels is None else _names(channels),
            "states": _names(states),
            "pivot": pivot,
        }
        self._storage_options = dict(storage_options or {})
        self._told: set[tuple[Any, ...]] = set()

    @property
    def position(self) -> dict[str, int] | None:
        """The time of the newest rows that were played, in ns since 1970; None before the first."""
        return None if self._played_ns is None else {"time_ns": self._played_ns}

    def _go_to(self, position: Any) -> None:
        try:
            self._played_ns = int(position["time_ns"])
        except (TypeError, KeyError, ValueError):
            super()._go_to(position)

    def _pieces(self, after_ns: int | None) -> Iterator[Sequence[Batch]]:
        need_parquet("ParquetSource")
        verb = "fetching" if is_remote(self.path) else "opening"
        self._set_state(SourceState.CONNECTING, f"{verb} {self.name}")
        table = ParquetTable(
            places_of(self.path, self._storage_options),
            ItemTimes(self._clock.wall_ns, self.timezone),
            self.buffer._store.labels_for,
            **self._how,
        )
        try:
            for kind, text in table.notes.items():
                self._note(kind, text)
            for channel, unit in table.units.items():
                self.buffer.units.setdefault(channel, unit)
            yield from rows_in_order(
                table,
                after_ns,
                damaged=lambda group, error: self._tell_damage(table, group, error),
                without_time=self._count_timeless,
                tell=lambda text: self._note_once("order", text),
            )
        finally:
            table.close()

    def _tell_damage(self, table: ParquetTable, group: Group, error: Exception) -> None:
        place = table.places[group.file]
        key = place.path, group.number
        if key not in self._told:
            self._told.add(key)
            where = f"row group {group.number + 1} of {place.name!r}"
            self._drop(group.n_rows, f"{where} cannot be read: {explain(error)}")

    def _count_timeless(self, n: int) -> None:
        self._reject(n, f"rows without a time, first {n:,}")


def _names(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
