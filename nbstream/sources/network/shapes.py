"""Messages of a form that came before: read without asking again what each of their values is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from nbstream.readings.batch import as_number
from nbstream.sources.times.names import key_rank
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from nbstream.sources.gathering import Row
    from nbstream.sources.items import ItemReader

__all__ = ["Shapes", "quick_time"]

MAX_SHAPES = 1000
MAX_TEXTS = 1000


class Shape(NamedTuple):
    """What the values of a JSON object are, by its keys."""

    numbers: tuple[tuple[str, str], ...]
    """Keys, and names of their channels."""
    time_key: str
    """"" is none."""
    texts: tuple[tuple[str, str], ...]
    """Keys of text that is left out, and names that their channels would have."""


class Shapes:
    """Remembers the forms of flat JSON objects, and reads further ones ten times faster.

    What it gives is what its `ItemReader` would; where that is not sure it gives nothing.

    Parameters
    ----------
    reader
        Reads what has no known form.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, reader: ItemReader) -> None:
        self._reader = reader
        self._shapes: dict[tuple[str, tuple[str, ...], str], Shape] = {}
        self._texts: set[str] = set()

    def read(self, item: dict[str, Any]) -> Row | None:
        """Return the reading in an object whose form is known, None if it isn't."""
        reader = self._reader
        shape = self._shapes.get(self._form(item))
        if shape is None:
            return None
        values: dict[str, float] = {}
        for key, name in shape.numbers:
            value = item[key]
            kind = value.__class__
            if kind is float:
                values[name] = value if value - value == 0.0 else math.nan
            elif kind is int:
                try:
                    values[name] = float(value)
                except OverflowError:
                    return None
            else:
                number = as_number(value)
                if number is None:
                    return None
                values[name] = number
        for key, _ in shape.texts:
            value = item[key]
            if value.__class__ is not str or value not in self._texts:
                return None
        when: int | None
        if shape.time_key:
            when = quick_time(item[shape.time_key])
            if when is None:
                when = reader.times.read(item[shape.time_key])
            if when is None:
                return None
            reader.time_key = shape.time_key
        else:
            when = reader.times.now_ns()
        if shape.texts:
            reader.n_bad_cells += len(shape.texts)
            key, name = shape.texts[0]
            reader.bad_cell = reader.bad_cell or (name, shorten(item[key], 40))
        return when, values

    def knows(self, item: dict[str, Any]) -> bool:
        """Return whether the form of an object is known."""
        return self._form(item) in self._shapes

    def learn(self, item: dict[str, Any], row: Row, n_bad_cells: int) -> None:
        """Remember the form of an object, and what its reading was.

        Parameters
        ----------
        item
            The object.
        row
            What its `ItemReader` read in it.
        n_bad_cells
            How many of its values were left out because they are no numbers.
        """
        reader = self._reader
        pivot = item.get(reader.pivot) if reader.pivot else None
        names = row[1]
        numbers, texts, time_key = [], [], ""
        may_be_time = False
        for key, value in item.items():
            if not (reader.is_read(key) or key in (reader.time_name, reader.time_key)):
                may_be_time = may_be_time or isinstance(value, str) or key_rank(key) is not None
                continue
            if reader.pivot and key == reader.pivot:
                continue
            name = reader.channel(key, pivot)
            if key in reader.states or name in reader.states:
                return
            if name in names:
                numbers.append((key, name))
            elif key == reader.time_key and not time_key:
                time_key = key
            elif value.__class__ is str:
                texts.append((key, name))
                if len(self._texts) >= MAX_TEXTS:
                    self._texts.clear()
                self._texts.add(value)
            else:
                return
        if len(texts) != n_bad_cells or len(numbers) != len(names):
            return
        if not time_key and reader.time_name is None and (texts or may_be_time):
            return  # one of them might be a time the next time
        if len(self._shapes) >= MAX_SHAPES:
            self._shapes.clear()
        self._shapes[self._form(item)] = Shape(tuple(numbers), time_key, tuple(texts))

    def _form(self, item: dict[str, Any]) -> tuple[str, tuple[str, ...], str]:
        """Return what all objects of one form have in common: prefix, keys, and what names the channels."""
        reader = self._reader
        pivot = str(item.get(reader.pivot)) if reader.pivot else ""
        return reader.prefix, tuple(item), pivot


def quick_time(value: Any) -> int | None:
    """Return a number that surely counts seconds or milliseconds since 1970 as ns, exactly; else None.

    Examples
    --------
    >>> quick_time(1_782_907_200), quick_time(1_782_907_200_123), quick_time(1_782_907_200.1)
    (1782907200000000000, 1782907200123000000, 1782907200100000000)
    >>> quick_time(21.5) is None, quick_time("12:00") is None
    (True, True)
    """
    kind = value.__class__
    if kind is int:
        if 1_000_000_000 <= value < 4_000_000_000:
            return int(value) * 1_000_000_000
        if 1_000_000_000_000 <= value < 4_000_000_000_000:
            return int(value) * 1_000_000
    elif kind is float and 1e9 <= value < 4e9:
        whole, _, fraction = repr(value).partition(".")
        return int(whole) * 1_000_000_000 + int(f"{fraction:0<9}")
    return None
