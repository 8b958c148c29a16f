"""A table in one Parquet file or many: its times, its channels, and its rows group by group."""

from __future__ import annotations

import importlib
import json
import os
import time as _time
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.errors import ConfigurationError
from nbstream.readings.batch import Batch
from nbstream.sources.files.parquet.columns import (
    ChannelColumn,
    channel_columns,
    flattened,
    read_cells,
)
from nbstream.sources.files.parquet.head import head_of
from nbstream.sources.files.parquet.pages import Pages
from nbstream.sources.files.parquet.places import Place, Stamp, open_parquet
from nbstream.sources.files.parquet.row_names import RowNames, joined, plain
from nbstream.sources.files.parquet.times import MISSING, find_times
from nbstream.sources.frames import ONE_CHANNEL
from nbstream.sources.times.names import PART_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray
    from nbstream.readings.labels import Labels
    from nbstream.sources.item_times import ItemTimes

__all__ = ["Group", "ParquetTable", "Stretch"]

AT_ONCE = 131_072
"""Rows that are decoded at a time, of many columns fewer."""
LEAST_ROWS, MOST_VALUES = 8192, 4_000_000
KEY = b"nbstream"
"""Under which the footer of a recording says what is in it."""
OF_DATES = PART_NAMES | {"date", "dt", "day", "week", "quarter"}


class Group(NamedTuple):
    """A row group of one of the files."""

    file: int
    number: int
    n_rows: int


class Stretch(NamedTuple):
    """Rows that follow each other in a file: of one row group, or all of several."""

    file: int
    groups: tuple[int, ...]
    """Numbers of row groups."""
    start: int
    stop: int
    """Rows start ≤ row < stop, from the first row of the first of the groups on."""

    @property
    def n_rows(self) -> int:
        """How many rows it has."""
        return self.stop - self.start


class ParquetTable:
    """Knows what is in the files of a table, and reads it.

    Parameters
    ----------
    places
        Its files.
    times
        Says what is a time, and which zone times have that name none.
    labels_for
        Returns the label table of a channel of words.
    time
        The column of times; None finds it.
    channels
        The columns to read, or what they are in; None is all.
    states
        Columns that hold words.
    pivot
        The column, or the key of folders, whose texts begin the names of channels. None is the keys of
        folders that have several values and are no dates.

    Attributes
    ----------
    notes
        What people should know of it, by kind.
    stamps
        Of its files when they were opened.
    units, zone
        What a recording says of itself.

    Raises
    ------
    ConfigurationError
        If there is no column of times, or what was asked for is not there.
    ConnectError, OSError
        If a file cannot be read, or not yet.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(
        self,
        places: Sequence[Place],
        times: ItemTimes,
        labels_for: Callable[[str], Labels | None],
        *,
        time: str | None = None,
        channels: Sequence[str] | None = None,
        states: Collection[str] = (),
        pivot: str | None = None,
    ) -> None:
        self.places = list(places)
        self.notes: dict[str, str] = {}
        self.files: list[Any] = []
        self._column_places: dict[int, dict[str, int]] = {}
        self._pages: dict[int, Pages] = {}
        self._paths: dict[int, frozenset[str]] = {}
        try:
            # Before: a file that is replaced meanwhile is another than its stamp says, and is noticed.
            self.stamps: list[Stamp | None] = [place.stamp for place in self.places]
            self.files = [open_parquet(place) for place in self.places]
            self._read_description()
            self._find_columns(times, time, channels, frozenset(states), pivot)
            self._row_names = RowNames(self.pivots, self.stored_pivot, labels_for)
        except BaseException:
            self.close()
            raise
        self.groups = [
            Group(i, number, file.metadata.row_group(number).num_rows)
            for i, file in enumerate(self.files)
            for number in range(file.metadata.num_row_groups)
            if file.metadata.row_group(number).num_rows
        ]
        if self.time.is_elapsed:
            self._place_elapsed()

    @property
    def name(self) -> str:
        """For people: that of its only file, or of the first."""
        return self.places[0].name

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(group.n_rows for group in self.groups)

    def close(self) -> None:
        """Let go of the files."""
        for file in self.files:
            file.close(force=True)
        for pages in self._pages.values():
            pages.close()

    # What is in it.

    def _read_description(self) -> None:
        """Take what a recording says of itself, if it is one."""
        metadata = self.files[0].metadata.metadata or {}
        self.described: dict[str, Any] = {}
        if KEY in metadata and len(self.files) == 1:
            try:
                self.described = dict(json.loads(metadata[KEY]))
            except ValueError:
                self.notes["description"] = "what the file says of itself cannot be read"
        self.units: dict[str, str] = dict(self.described.get("units") or {})
        self.zone: str = self.described.get("zone") or ""

    def _find_columns(
        self,
        times: ItemTimes,
        time: str | None,
        channels: Sequence[str] | None,
        states: frozenset[str],
        pivot: str | None,
    ) -> None:
        head = head_of(self.files, self.name)
        own: dict[str, str] = self.described.get("columns") or {}
        index = self._pandas_index()
        self.time = find_times(
            head, times, name=self.name, time=time or own.get("time"), index=index
        )
        keys = self._keys()
        self.pivots = (
            (pivot,)
            if pivot
            else tuple(
                key
                for key, values in keys.items()
                if len(values) > 1 and key.lower() not in OF_DATES and key not in head.column_names
            )
        )
        if self.described.get("is_long"):
            self.pivots = (own.get("channel", "channel"),)
        elif pivot and pivot not in keys and pivot not in head.column_names:
            message = f"{self.name!r} has no column {pivot!r}; it has {head.column_names}."
            raise ConfigurationError(message)
        self.stored_pivot = next((p for p in self.pivots if p in head.column_names), "")
        taken = {self.time.name, self.time.day_time, own.get("arrival", ""), *self.pivots}
        taken |= {name for name in head.column_names if name.startswith("__index_level_")}
        for wanted in channels or ():
            if not any(n == wanted or n.startswith(f"{wanted}.") for n in head.column_names):
                message = f"{self.name!r} has no column {wanted!r}; it has {head.column_names}."
                raise ConfigurationError(message)
        self.columns, self.left_out = channel_columns(head, taken, channels, states)
        if self.described.get("is_long"):
            value = own.get("value", "value")
            self.columns = [ChannelColumn(value, ONE_CHANNEL, "number")]
        if not self.columns:
            message = (
                f"{self.name!r} has no column of numbers; its columns are {head.column_names}."
            )
            if self.left_out.words:
                message += f" states={list(self.left_out.words[:3])!r} reads words."
            if self.left_out.same:
                message += (
                    f" Several are called {self.left_out.same[0]!r}: which is meant is not known."
                )
            raise ConfigurationError(message)
        self.notes |= self.left_out.notes(self.time.name)
        if self.pivots and not self.described:
            said = ", ".join(map(repr, self.pivots))
            self.notes["pivot"] = f"channels are named after what {said} says"

    def _pandas_index(self) -> str:
        """Return the column that was the index of a frame of pandas, "" if there is none."""
        text = (self.files[0].schema_arrow.metadata or {}).get(b"pandas")
        try:
            columns = json.loads(text)["index_columns"] if text else []
        except (ValueError, KeyError, TypeError):
            return ""
        return next((c for c in columns if isinstance(c, str)), "")

    def _keys(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for key, value in chain.from_iterable(place.keys.items() for place in self.places):
            found.setdefault(key, set()).add(value)
        return found

    def _place_elapsed(self) -> None:
        """Put the newest row of a table that counts its time at the last change of its file."""
        ends = [self._stored_ends(group) for group in self.groups]
        tops = [top for _, top in filter(None, ends)]
        place = self.places[-1]
        at_ns = os.stat(place.path).st_mtime_ns if place.fs is None else _time.time_ns()
        newest = float(max(tops)) if len(tops) == len(self.groups) else self._newest_elapsed()
        self.time.place_elapsed(newest, at_ns)
        self.notes["elapsed"] = (
            f"{self.time.name!r} counts from an unknown start; the newest row is put at the last change of "
            "the file"
        )

    def _newest_elapsed(self) -> float:
        pc = importlib.import_module("pyarrow.compute")
        found = -np.inf
        for group in self.groups:
            for batch in self.files[group.file].iter_batches(
                AT_ONCE, [group.number], [self.time.name], use_threads=False
            ):
                top = pc.max(flattened(_as_table(batch))[self.time.name]).as_py()
                found = max(found, float(top)) if top is not None else found
        return float(found)

    # Its rows.

    def _stored_ends(self, group: Group) -> tuple[Any, Any] | None:
        """Return the smallest and largest cell of the column of times, as the footer has them."""
        found = self._statistics(group, self.time.name) if self.time.has_ends else None
        return None if found is None else (found.min_raw, found.max_raw)

    def _statistics(self, group: Group, path: str) -> Any:
        """Return what the footer has of a column in a group, None without its smallest and largest cell."""
        file = self.files[group.file]
        places = self._column_places.get(group.file)
        if places is None:
            first = file.metadata.row_group(0)
            paths = (first.column(i).path_in_schema for i in range(first.num_columns))
            places = self._column_places[group.file] = {path: i for i, path in enumerate(paths)}
        place = places.get(path)
        if place is None:
            return None
        found = file.metadata.row_group(group.number).column(place).statistics
        return found if found is not None and found.has_min_max else None

    @property
    def channels(self) -> list[str]:
        """The channels that are known without reading rows: all but those that a column names."""
        if self.described.get("channels"):
            return list(self.described["channels"])
        if self.stored_pivot:
            return []
        if self.pivots:
            texts = map(self._row_names.text_of, self.places)
            return list(dict.fromkeys(joined(t, c.channel) for t in texts for c in self.columns))
        return [column.channel for column in self.columns]

    @property
    def word_channels(self) -> frozenset[str]:
        """The channels that surely hold words."""
        names = {column.channel for column in self.columns if column.kind == "word"}
        if self.pivots:
            names = {n for n in self.channels if any(n.endswith(f".{name}") for name in names)}
        return frozenset(names | set(self.described.get("labels") or ()))

    @property
    def signature(self) -> list[Any]:
        """What tells one way of reading the same files from another, as plain JSON."""
        return [
            [self.time.name, self.time.day_time, *self.pivots],
            [list(column) for column in self.columns],
            [list(group) for group in self.groups],
        ]

    def value_ends(self, group: Group, channel: str) -> tuple[float, float] | None:
        """Return the smallest and largest value of a channel in a group, if the footer says them."""
        if self.pivots:
            return None
        for column in self.columns:
            if column.channel == channel and column.kind in ("number", "switch"):
                found = self._statistics(group, column.path)
                try:
                    low, high = (float(end) for end in (found.min, found.max)) if found else (1, 0)
                except (TypeError, ValueError):
                    return None
                return (low, high) if low <= high and np.isfinite([low, high]).all() else None
        return None

    def ends(self) -> list[tuple[int, int] | None]:
        """Return for each group the times of its first and last row, None where the footer has none."""
        stored = [self._stored_ends(group) for group in self.groups]
        known = [ends for ends in stored if ends is not None]
        times = iter(self.time.ends(known))
        return [None if ends is None else next(times) for ends in stored]

    def times(self, group: Group) -> TimeArray:
        """Return the times of all rows of a group, as they stand there."""
        names = [name for name in (self.time.name, self.time.day_time) if name]
        found = [
            self._times_of(flattened(_as_table(batch)))
            for batch in self.files[group.file].iter_batches(
                AT_ONCE, [group.number], names, use_threads=False
            )
        ]
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def _times_of(self, table: Any) -> TimeArray:
        cells = plain(table[self.time.name])
        day_time = plain(table[self.time.day_time]) if self.time.day_time else None
        return self.time.ns(cells, day_time)

    def rows(
        self, group: Group, channels: Collection[str] | None = None, *, use_threads: bool = False
    ) -> Iterator[tuple[list[Batch], int]]:
        """Yield the rows of a group, some at a time, as batches of different channels, as they stand there.

        With each how many rows have no time and are left out. A row is in the batches of the channels that it
        has a cell for.
        """
        whole = Stretch(group.file, (group.number,), 0, group.n_rows)
        for _, batches, n_without in self.read(whole, channels, use_threads=use_threads):
            yield batches, n_without

    def read(
        self,
        stretch: Stretch,
        channels: Collection[str] | None = None,
        *,
        at_once: int | None = None,
        use_threads: bool = False,
    ) -> Iterator[tuple[int, list[Batch], int]]:
        """Yield rows as `rows` does, and before them the number of the first one in its stretch.

        Parameters
        ----------
        at_once
            So many rows, or fewer, and none of them before and after a multiple of it; None chooses.
        """
        there = self._paths_in(stretch.file)
        columns = [
            c
            for c in self.columns
            if c.path in there and (channels is None or self.pivots or c.channel in channels)
        ]
        names = dict.fromkeys(
            n
            for n in (
                self.time.name,
                self.time.day_time,
                self.stored_pivot,
                *(c.path for c in columns),
            )
            if n
        )
        place = self.places[stretch.file]
        if at_once is None:
            at_once = max(LEAST_ROWS, min(AT_ONCE, MOST_VALUES // max(1, len(columns))))
        for at, table in self._tables(stretch, [*names], at_once, use_threads=use_threads):
            times = self._times_of(table)
            n_without = int(np.count_nonzero(times == MISSING))
            yield at, self._batches(table, times, columns, place, channels), n_without

    def read_times(self, stretch: Stretch, at_once: int) -> Iterator[tuple[int, TimeArray]]:
        """Yield the times of rows as they stand there, as `read` does."""
        names = [name for name in (self.time.name, self.time.day_time) if name]
        for at, table in self._tables(stretch, names, at_once):
            yield at, self._times_of(table)

    def _tables(
        self, stretch: Stretch, names: list[str], at_once: int, *, use_threads: bool = False
    ) -> Iterator[tuple[int, Any]]:
        """Yield rows as flat Tables, with the number of the first one in the stretch."""
        file = self.files[stretch.file]
        found = self._from_pages(stretch, names)
        if found is not None:
            for at in range(0, len(found), at_once):
                yield at, found.slice(at, at_once)
            return
        row = 0
        for some in file.iter_batches(
            at_once, list(stretch.groups), names, use_threads=use_threads
        ):
            low, high = max(stretch.start, row), min(stretch.stop, row + len(some))
            while low < high:
                at = low - stretch.start
                n = min(high - low, at_once - at % at_once)
                yield at, flattened(_as_table(some.slice(low - row, n)))
                low += n
            row += len(some)
            if row >= stretch.stop:
                return

    def _from_pages(self, stretch: Stretch, names: list[str]) -> Any:
        """Return a part of a row group, None if it is to be read from its beginning on."""
        place, number = self.places[stretch.file], stretch.groups[0]
        if place.fs is not None or len(stretch.groups) > 1:
            return None
        file = self.files[stretch.file]
        if stretch.n_rows == file.metadata.row_group(number).num_rows:
            return None
        pages = self._pages.get(stretch.file)
        if pages is None:
            stamp = self.stamps[stretch.file]
            pages = self._pages[stretch.file] = Pages(place.path, file, stamp)
        return pages.read(number, names, stretch.start, stretch.stop)

    def _paths_in(self, file: int) -> frozenset[str]:
        if file not in self._paths:
            self._paths[file] = frozenset(_leaves(self.files[file].schema_arrow))
        return self._paths[file]

    def _batches(
        self,
        table: Any,
        times: TimeArray,
        columns: list[ChannelColumn],
        place: Place,
        channels: Collection[str] | None,
    ) -> list[Batch]:
        has_time = times != MISSING
        kept = None if has_time.all() else has_time
        found: list[tuple[BoolArray | None, dict[str, FloatArray]]] = []
        for column in columns:
            values, is_there = read_cells(
                plain(table[column.path]), column, self._row_names.labels_of
            )
            if kept is not None:
                is_there = kept if is_there is None else is_there & kept
            for other, of in found:
                if other is is_there or (
                    other is not None and is_there is not None and np.array_equal(other, is_there)
                ):
                    of[column.channel] = values
                    break
            else:
                found.append((is_there, {column.channel: values}))
        named = self._row_names.of(table, place)
        batches = []
        for mask, of in found:
            if mask is not None:
                if not mask.any():
                    continue
                of = {name: values[mask] for name, values in of.items()}
            batch = Batch(times if mask is None else times[mask], of)
            if named is None:
                batches.append(batch)
                continue
            texts, which = named
            batches += self._row_names.apart(batch, texts, which if mask is None else which[mask])
        labels = self.described.get("labels")
        if labels:
            batches = [self._row_names.with_labels(batch, labels) for batch in batches]
        if channels is not None and self.pivots:
            batches = [
                Batch(b.times, kept_values)
                for b in batches
                if (kept_values := {n: v for n, v in b.values.items() if n in channels})
            ]
        return batches


def _leaves(schema: Any) -> list[str]:
    return list(flattened(schema.empty_table()).column_names)


def _as_table(batch: Any) -> Any:
    return importlib.import_module("pyarrow").Table.from_batches([batch])
