"""Many items of the same names at once: what reading them one by one finds, some ten times as fast."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.errors import ParseError
from nbstream.sources.files.csv.rows.fast_times import Layout, read_texts
from nbstream.sources.gathering import Alike
from nbstream.sources.item_parts import may_be_date
from nbstream.sources.items import MAX_DEPTH
from nbstream.sources.times.forms import SMALLEST, TimeForm, find_time_form
from nbstream.sources.times.names import key_rank
from nbstream.sources.times.patterns import NAIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nbstream.readings.batch import FloatArray, IntArray, TimeArray
    from nbstream.sources.items import ItemReader

__all__ = ["ColumnReader", "plain_numbers"]

FEW = 8
"""So many items are not worth it."""
MAX_SHAPES = 64
SAMPLE_TEXTS = 20
LONGEST_WORD = 20
"""Characters of what is read beside quantities: on, off, n/a …; no currency has four letters."""
SCALARS = frozenset((float, int, bool, type(None)))


class _IrregularError(Exception):
    """Some items must be read one by one."""


class ColumnReader:
    """Reads mappings that have the same names, as columns.

    Parameters
    ----------
    reader
        Knows the channels, units and times, and reads what is left one by one.
    is_plain
        Whether the first of some items of the same names is a reading, and not something around readings;
        None if all are.

    Notes
    -----
    Where names come and go, a channel's first number or unit may be that of a later item.

    Thread safety: none.
    """

    def __init__(
        self, reader: ItemReader, *, is_plain: Callable[[dict[str, Any]], bool] | None = None
    ) -> None:
        self._reader = reader
        self._is_plain = is_plain
        self._form: tuple[TimeForm, tuple[Layout, ...]] | None = None

    def read(
        self, items: Sequence[Any], places: IntArray, came: TimeArray | None = None
    ) -> tuple[list[Alike], IntArray]:
        """Return what could be read at once, and the places of what is left.

        Parameters
        ----------
        items
            Mappings and whatever else came; the rest is left.
        places
            Of those of them that are to be read.
        came
            Times of items that name none, by place; None is now.
        """
        found: list[Alike] = []
        left: list[IntArray] = []
        for some in self._shapes(items, places):
            try:
                if len(some) < FEW:
                    raise _IrregularError
                is_all = len(some) == len(items)
                chosen = items if is_all else [items[i] for i in some.tolist()]
                found.append(self._alike(chosen, some, came))
            except _IrregularError:
                left.append(some)
        return found, np.sort(np.concatenate(left)) if left else places[:0]

    def _shapes(self, items: Sequence[Any], places: IntArray) -> Iterable[IntArray]:
        """Return places by the names of their items, those of items without names as they are."""
        pivot = self._reader.pivot
        some = items if len(places) == len(items) else [items[i] for i in places.tolist()]
        if not pivot and set(map(type, some)) == {dict} and len(set(map(len, some))) == 1:
            names = set().union(*some)
            if len(names) == len(some[0]):
                return [places]
        by_shape: dict[Any, list[int]] = {}
        for i in places.tolist():
            item = items[i]
            shape = tuple(item) if item.__class__ is dict else None
            if pivot and shape is not None:
                name = item.get(pivot)
                shape = (*shape, name if isinstance(name, (str, int, float)) else None)
            by_shape.setdefault(shape, []).append(i)
        if len(by_shape) > MAX_SHAPES and not pivot:
            return [places[i : i + 1] for i in range(len(places))]  # each is read by itself
        return [np.array(some, np.int64) for some in by_shape.values()]

    def _alike(
        self, items: Sequence[dict[str, Any]], places: IntArray, came: TimeArray | None
    ) -> Alike:
        """Return items of the same names as columns."""
        first = items[0]
        if first.__class__ is not dict or "__REALTIME_TIMESTAMP" in first:
            raise _IrregularError
        if self._is_plain is not None and not self._is_plain(first):
            raise _IrregularError
        if all(isinstance(value, list) for value in first.values()):  # perhaps a table
            raise _IrregularError
        columns: dict[str, list[Any]] = {}
        for key in first:
            _spread(key, list(map(itemgetter(key), items)), columns, MAX_DEPTH)
        reader = self._reader
        times = self._times(columns)
        pivot = columns.pop(reader.pivot, [None])[0] if reader.pivot else None
        if reader.pivot and pivot is None:
            raise _IrregularError
        values: dict[str, FloatArray] = {}
        bad: list[tuple[str, list[Any]]] = []
        is_poor = np.ones(len(items), np.bool_)  # without any number
        for key, column in columns.items():
            if not reader.is_read(key):
                continue
            name = reader.channel(key, pivot)
            is_word = bool(reader.states) and (key in reader.states or name in reader.states)
            read = self._codes if is_word else self._numbers
            numbers, others, is_other = read(name, column)
            is_poor &= is_other
            if others:
                bad.append((key, others))
                if len(others) == len(column) and not reader.knows(name):
                    continue
                if not reader.knows(name):  # a channel from its first number on
                    raise _IrregularError
            values[name] = numbers
        if not values or is_poor.any():
            raise _IrregularError
        values = {name: numbers for name, numbers in values.items() if reader.has_room(name)}
        for key, others in bad:
            for cell, n in Counter(others).items():
                if _is_prose(cell) or not reader.is_no_value(key, cell):
                    reader.count_bad_cells(n, key, cell)
        if times is None:
            now = reader.times.now_ns()
            times = np.full(len(items), now, np.int64) if came is None else came[places]
        return Alike(places, times, values)

    # Times.

    def _times(self, columns: dict[str, list[Any]]) -> TimeArray | None:
        """Return the times among columns and take them out, None if there are none."""
        reader = self._reader
        named = reader.time_name
        if named is False:
            return None
        leaves = {key: column[0] for key, column in columns.items()}
        if named is None:
            when = reader.take_time(leaves)
            taken = columns.keys() - leaves.keys()
            if len(taken) > 1:
                raise _IrregularError
            self._refuse_other_times(columns, taken)
            if when is None:
                return None
            key = taken.pop()
        else:
            key = str(named)
            if key not in columns:
                raise _IrregularError
        times = self._read_times(columns.pop(key))
        reader.time_key = key
        return times

    def _refuse_other_times(self, columns: dict[str, list[Any]], taken: set[str]) -> None:
        """Raise an error if items may have their times elsewhere than the first one has."""
        ranks = {key: key_rank(key.rpartition(".")[2]) for key in columns}
        best = min((ranks[key] for key in taken if ranks[key] is not None), default=None)  # type: ignore[type-var]
        for key, column in columns.items():
            rank = ranks[key]
            if key in taken or (best is not None and (rank is None or rank >= best)):
                continue
            if rank is not None:
                numbers = plain_numbers(column)
                if numbers is None or np.nanmax(numbers, initial=0) >= SMALLEST:
                    raise _IrregularError
            elif any(map(may_be_date, column)):
                raise _IrregularError

    def _read_times(self, column: list[Any]) -> TimeArray:
        kinds = set(map(type, column))
        times: TimeArray | None = None
        if kinds <= {int, float}:
            times = self._reader.times.numbers(_array(column))
        elif kinds == {str}:
            times = self.time_texts(column)
        if times is None or (times == np.iinfo(np.int64).min).any():
            raise _IrregularError
        return times

    def time_texts(self, texts: list[str]) -> TimeArray | None:
        """Return texts as times if the year comes first, so that none can be mistaken for another."""
        if self._form is None:
            self._form = self._find_form(texts)
        for _ in range(2):
            if self._form is None:
                return None
            wall, offsets, is_odd = read_texts(texts, *self._form)
            if not is_odd.any():
                break
            self._form = self._find_form(texts)
        else:
            return None
        is_naive = offsets == NAIVE
        if is_naive.all():
            return self._reader.times.wall_times.to_utc(wall)
        if is_naive.any():
            return None
        utc: TimeArray = wall - offsets
        return utc

    def _find_form(self, texts: list[str]) -> tuple[TimeForm, tuple[Layout, ...]] | None:
        try:
            form = find_time_form([text.strip() for text in texts[:SAMPLE_TEXTS]])
        except ParseError:
            return None
        if form is None or form.lacks or form.zone or not form.pattern.startswith("%Y"):
            return None
        layouts = Layout.of_parts(form)
        return (form, layouts) if len(layouts) == 1 else None

    # Values.

    def _numbers(self, name: str, column: list[Any]) -> tuple[FloatArray, list[Any], Any]:
        """Return values as numbers, those that are none, and which they are."""
        numbers = plain_numbers(column)
        if numbers is not None:
            return numbers, [], False
        number = self._reader.number
        kinds = set(map(type, column))
        if not kinds <= SCALARS | {str}:
            raise _IrregularError
        if kinds == {str} and all(map(_is_prose, column)):
            return np.full(len(column), np.nan), column, True
        # Words come again and again; in the order in which they came, for a unit is the first one's.
        of_cell = {
            cell: number(name, cell) for cell in dict.fromkeys(column) if cell.__class__ is str
        }
        found = [of_cell[c] if c.__class__ is str else number(name, c) for c in column]
        others = [cell for cell, value in zip(column, found, strict=True) if value is None]
        is_other = np.fromiter((value is None for value in found), np.bool_, len(found))
        return np.array(found, np.float64), others, is_other

    def _codes(self, name: str, column: list[Any]) -> tuple[FloatArray, list[Any], Any]:
        """Return words as codes, what is none, and which they are."""
        code, known = self._reader.code, dict[Any, float | None]()
        found: list[float | None] = []
        for cell in column:
            if cell.__class__ is not str and cell.__class__ not in SCALARS:
                raise _IrregularError
            key = cell if cell.__class__ is str else (cell.__class__, cell)
            if key not in known:
                known[key] = code(name, cell)
            found.append(known[key])
        others = [cell for cell, value in zip(column, found, strict=True) if value is None]
        is_other = np.fromiter((value is None for value in found), np.bool_, len(found))
        return np.array(found, np.float64), others, is_other


def _is_prose(cell: Any) -> bool:
    """Return whether a value is surely text: longer than any word that says something, and no quantity."""
    return cell.__class__ is str and len(cell) > LONGEST_WORD and cell[:4].isalpha()


def _spread(name: str, column: list[Any], columns: dict[str, list[Any]], depth: int) -> None:
    """Put a column into `columns`, one of mappings or lists as a column for each of their values."""
    cls = column[0].__class__
    if cls is not dict and cls is not list:
        columns[name] = column
        return
    if not depth or set(map(type, column)) != {cls} or len(set(map(len, column))) != 1:
        raise _IrregularError
    try:
        if cls is dict:
            for key in column[0]:
                _spread(f"{name}.{key}", list(map(itemgetter(key), column)), columns, depth - 1)
        else:
            for i in range(len(column[0])):
                _spread(f"{name}[{i}]", list(map(itemgetter(i), column)), columns, depth - 1)
    except KeyError as error:
        raise _IrregularError from error


def _array(numbers: list[Any]) -> Any:
    """Return numbers as int64 if all are, else as float64."""
    try:
        array = np.array(numbers)
    except (ValueError, OverflowError) as error:
        raise _IrregularError from error
    return array if array.dtype == np.int64 else array.astype(np.float64)


def plain_numbers(column: Sequence[Any]) -> FloatArray | None:
    """Return values as float64, None if there may be other texts among them than plain numbers."""
    kinds = set(map(type, column))
    if not kinds <= SCALARS:
        if kinds != {str}:
            return None
        joined = "".join(column)
        if not joined.isascii() or "_" in joined:  # which float takes, and we don't
            return None
    try:
        found = np.array(list(map(float, column)) if kinds == {str} else column, np.float64)
    except (ValueError, OverflowError):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        total = found.sum()
    return found if np.isfinite(total) else np.where(np.isinf(found), np.nan, found)
