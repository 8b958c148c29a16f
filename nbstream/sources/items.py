"""What users hand over, one item at a time: a number, a dict, a pair with a time, a table, text.

============================================  ===============================================
a number; anything that `float` takes         channel "value"
a dict, a dataclass, a namedtuple             a channel a key; nested ones as "outer.inner"
a row of three or more numbers                channels c1, c2 …
(time, any of these)                          the same, at that time
a list of dicts or of (time, …)               one reading each
a frame, a series, an array of two dimensions  a reading a row, a channel a column
text                                          lines, read as a program's output is
============================================  ===============================================

A key called time, timestamp, date, t … is the time if its value can be one.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import (
    AsyncIterator,
    Callable,
    Iterator,
    Mapping,
    MappingView,
    Sequence,
    Set,
)
from datetime import date, time
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nbstream.readings.batch import as_number, channel_name
from nbstream.sources.frames import ONE_CHANNEL, as_array, is_array, is_labelled, is_table
from nbstream.sources.item_parts import (
    duration_of,
    flatten,
    may_be_date,
    named_values,
    object_in,
    quantity_of,
    unpack_texts,
)
from nbstream.sources.item_times import ItemTimes, is_clock
from nbstream.sources.lines.format import LineReader
from nbstream.sources.number_cells import is_placeholder, plain_quantity, switch
from nbstream.sources.table_rows import TableRows
from nbstream.sources.tables import Table, is_timed_columns, read_table
from nbstream.sources.times.names import key_rank
from nbstream.sources.wording import shorten
from nbstream.text.units import convert

if TYPE_CHECKING:
    from datetime import tzinfo

    from nbstream.readings.labels import Labels
    from nbstream.sources.gathering import Row

__all__ = ["ONE_CHANNEL", "ItemReader"]

MAX_DEPTH = 8
MAX_REMEMBERED = 2000
MAX_LEFT_OUT = 100_000
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})(?![0-9,.])")
_GROUPS = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,}|(?:\.[0-9]{3})+,[0-9]+)(?![0-9,.])"
)
"""Thousands apart that can be nothing else: 1,234.5 and 1,234,567 and 1.234,5."""
NEAR_NS = 86_400 * 10**9
FORMS = "a number, a dict, a table, text, or (time, number or dict)"


class ItemReader:
    """Reads items, and remembers what they have in common: units, headers, rows that were there.

    Parameters
    ----------
    now_ns
        Gives the time of a reading that has none.
    timezone
        Of times that name none.
    from_function
        Whether a function gives the items, so that a table may be the one before, grown.
    last_ns
        Says about when the newest line happened; None is now.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(
        self,
        now_ns: Callable[[], int],
        timezone: tzinfo,
        *,
        from_function: bool = False,
        last_ns: Callable[[], int] | None = None,
    ) -> None:
        self.times = ItemTimes(now_ns, timezone, last_ns=last_ns)
        self.lines = LineReader(self.times)
        self.tables = TableRows(from_function=from_function)
        self.units: dict[str, str] = {}
        """The unit that a channel's values carried first; later ones are converted to it."""
        self.n_bad_cells = 0
        """Values that were no numbers, in readings that had others."""
        self.bad_cell: tuple[str, str] | None = None
        """Channel and text of the first of them."""
        self.groups_note = ""
        """A number whose thousands stood apart, for people."""
        self.records_note = ""
        """Where in a document readings were found, for people."""
        self.time_key = ""
        """The name under which the newest reading had its time, "" if under none."""
        self.rejected: list[str] = []
        """Lines of the last text that could not be read, while others could."""
        self.time_name: str | Literal[False] | None = None
        """Under which name a reading has its time; None finds it, False is the time at which it came."""
        self.only: frozenset[str] | None = None
        """Names to read, with whatever is nested in them; None is all."""
        self.states: frozenset[str] = frozenset()
        """Names whose values are words, each a channel of words."""
        self.labels_for: Callable[[str], Labels | None] = _no_labels
        """Gives the label table of a channel."""
        self.prefix = ""
        """What the items that come belong to, such as a topic: names of their channels begin with it."""
        self.pivot = ""
        """Under which name a text stands that names the channels; "" if none does."""
        self.max_channels = 0
        """How many channels there may be; 0 is any number."""
        self.left_out: set[str] = set()
        """Names of further ones, as many as are remembered."""
        self._known: set[str] = set()

    def read(self, item: Any) -> list[Row | Table]:
        """Return the readings in an item, one or more.

        Raises
        ------
        TypeError, ValueError
            If there is none; the message says why, and which form would do.
        """
        if item.__class__ is float and not self.prefix:
            return [(self.times.now_ns(), {ONE_CHANNEL: item if math.isfinite(item) else math.nan})]
        if isinstance(item, (str, bytes, bytearray, memoryview)):
            return self._text(item)
        if is_table(item) or (isinstance(item, dict) and is_timed_columns(item, self.times)):
            return [self._table(item)]
        if isinstance(item, Sequence) and not isinstance(item, (list, tuple)):
            item = item if hasattr(item, "keys") else list(item)  # a deque, a range, an array
        if isinstance(item, (list, tuple)) and named_values(item) is None:
            return self._sequence(item)
        return [self._row(item)]

    def read_at(self, item: Any, when_ns: int) -> Row:
        """Return the reading in a number or a mapping, at a time that is known.

        Raises
        ------
        TypeError, ValueError
            If there is none.
        """
        return self._row(item, when_ns)

    def read_line(self, line: str) -> list[Row | Table]:
        """Return the readings of a line of text, none if it is a header or blank.

        Raises
        ------
        ValueError
            If nothing in it can be read.
        """
        found: list[Row | Table] = []
        for item, when in self.lines.read(line):
            if isinstance(item, list):
                found += self._sequence_of_line(item, when)
            else:
                found.append(self._row(item, when))
        return found

    def guesses(self) -> dict[str, str]:
        """Return what was guessed so far, by kind, for people."""
        stamp = self.lines.stamps.example
        guesses = {
            "header": self.lines.tables.note,
            "comma": self.lines.comma_note,
            "groups": self.groups_note,
            "front": self.times.front_note,
            "stamp": f"{stamp!r} above lines is their time" if stamp else "",
            "records": self.records_note,
            "key": f"{self.time_key!r} is the time of a reading" if self.time_key else "",
        }
        return {kind: text for kind, text in guesses.items() if text}

    # Texts.

    def _sequence_of_line(self, item: list[Any], when: int | None) -> list[Row | Table]:
        """Return the readings of a list that stands in a line: a row, as the cells of a line are one."""
        is_row = all(as_number(cell) is not None for cell in item) and len(item) > 1
        if is_row and (when is not None or not self._is_time_in_front(item)):
            return [self._mapping({f"c{i + 1}": cell for i, cell in enumerate(item)}, when)]
        return self._sequence(item)

    def _text(self, item: str | bytes | bytearray | memoryview) -> list[Row | Table]:
        text = item if isinstance(item, str) else bytes(item).decode("utf-8", "replace")
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].lstrip()[0] in "{[":
            try:
                return self.read(json.loads(text))
            except (ValueError, TypeError, RecursionError):
                pass
        found: list[Row | Table] = []
        self.rejected = []
        for line in lines:
            try:
                found += self.read_line(line)
            except (ValueError, TypeError) as error:
                if len(lines) == 1:
                    raise
                self.rejected.append(f"{error}")
        if not found and self.rejected:
            raise ValueError(self.rejected[0])
        return found

    # Rows.

    def _row(self, item: Any, when: int | None = None) -> Row:
        if isinstance(item, (list, tuple)) and len(item) == 1 and named_values(item) is None:
            item = item[0]
        name = self.prefix or ONE_CHANNEL
        number = None if is_labelled(item) else self.number(name, item)
        if number is not None:
            return self._at(when), {name: number} if self.has_room(name) else {}
        named = named_values(item)
        if named is not None:
            return self._mapping(named, when)
        if is_array(item) and len(item.shape) == 1 and item.shape[0] > 1:
            return self._numbers(as_array(item).tolist(), when)
        if isinstance(item, (list, tuple)) and item:
            return self._numbers(item, when)
        in_text = object_in(item)
        if in_text is not None:
            return self._mapping(in_text, when)
        message = f"A reading is {FORMS} (got {_shown(item)}).{_instead(item)}"
        raise TypeError(message)

    def _at(self, when: int | None) -> int:
        return self.lines.stamps.now_ns() if when is None else when

    def _numbers(self, items: Sequence[Any], when: int | None) -> Row:
        if when is None and len(items) > 2 and self._is_time_in_front(items):
            when, items = self.times.read(items[0]), items[1:]
        return self._mapping({f"c{i + 1}": value for i, value in enumerate(items)}, when)

    def _is_time_in_front(self, items: Sequence[Any]) -> bool:
        """Return whether a row begins with its time: a date, or a number that is about now."""
        ns = self.times.read(items[0])
        if ns is None:
            return False
        return as_number(items[0]) is None or abs(ns - self.times.now_ns()) < NEAR_NS

    def _mapping(self, item: Mapping[Any, Any], when: int | None = None) -> Row:
        leaves: dict[str, Any] = {}
        given_when = when
        if "__REALTIME_TIMESTAMP" in item:  # journald: what it knows of the sender is no reading
            item = {k: v for k, v in item.items() if k[:1] != "_" or "REALTIME" in k}
        flatten(item, "", leaves, MAX_DEPTH)
        if when is None:
            when = self.take_time(leaves)
        pivot = leaves.pop(self.pivot, None) if self.pivot else None
        if self.pivot and pivot is None:
            message = f"There is no {self.pivot!r} that names its channel in {_shown(dict(item))}."
            raise ValueError(message)
        values: dict[str, float] = {}
        n_left_out, is_told = len(self.left_out), False
        n_bad_cells = self.n_bad_cells
        for key, value in leaves.items():
            if self.only is not None and not self.is_read(key):
                continue
            name = self.channel(key, pivot)
            is_state = bool(self.states) and (key in self.states or name in self.states)
            number = self.code(name, value) if is_state else self.number(name, value)
            if number is None:
                if self.is_no_value(key, value):
                    is_told = True
                else:
                    self.count_bad_cells(1, key, value)
                if name not in self._known:
                    continue
                number = math.nan
            elif not self.has_room(name):
                n_left_out = -1
                continue
            else:
                is_told = True
            values[name] = number
        if not (values and is_told) and n_left_out == len(self.left_out):
            unpacked = unpack_texts(item)
            if unpacked is not None:
                self.n_bad_cells = n_bad_cells
                return self._mapping(unpacked, given_when)
            message = f"Nothing in {_shown(dict(item))} is a number."
            raise ValueError(message)
        return self._at(when), values

    def is_read(self, key: str) -> bool:
        """Return whether a value of this name is one of those that are read."""
        if self.only is None or key in self.only:
            return True
        return any(key.startswith(f"{name}.") or key.startswith(f"{name}[") for name in self.only)

    def channel(self, key: str, pivot: Any = None) -> str:
        """Return the name of a value's channel, `pivot` being the text that names it."""
        name = channel_name(key)
        if pivot is not None:
            name = f"{pivot}" if key == ONE_CHANNEL else f"{pivot}.{key}"
        return f"{self.prefix}.{name}" if self.prefix else name

    def is_no_value(self, key: str, value: Any) -> bool:
        """Return whether a value that is no number never was meant for one: a time, or "n/a"."""
        if isinstance(value, str) and is_placeholder(value.strip()):
            return True
        return key_rank(key) is not None and self.times.read(value) is not None

    def count_bad_cells(self, n: int, key: str, first: Any) -> None:
        """Count values that should be numbers and are none."""
        self.n_bad_cells += n
        self.bad_cell = self.bad_cell or (self.channel(key), shorten(first, 40))

    def knows(self, channel: str) -> bool:
        """Return whether a channel has had a number."""
        return channel in self._known

    def has_room(self, name: str) -> bool:
        """Return whether there may be a channel of this name, and remember it."""
        if name in self._known:
            return True
        if self.max_channels and len(self._known) >= self.max_channels:
            if len(self.left_out) < MAX_LEFT_OUT:
                self.left_out.add(name)
            return False
        if len(self._known) < MAX_REMEMBERED:
            self._known.add(name)
        return True

    def code(self, name: str, value: Any) -> float | None:
        """Return the code of a word in a channel; None if it is none, or the channel holds numbers."""
        if value is None:
            return math.nan
        labels = self.labels_for(name) if isinstance(value, (str, bool, int)) else None
        return None if labels is None else float(labels.codes([str(value)])[0])

    def take_time(self, leaves: dict[str, Any]) -> int | None:
        """Return the time among named values and take it out, None if there is none.

        Raises
        ------
        ValueError
            If it should stand under a name and doesn't.
        """
        if self.time_name is False:
            return None
        if self.time_name is not None:
            ns = self.times.read_named(leaves.pop(self.time_name, None))
            if ns is None:
                message = f"There is no time under {self.time_name!r}."
                raise ValueError(message)
            self.time_key = self.time_name
            return ns
        ranked = []
        for key in leaves:
            rank = key_rank(key.rpartition(".")[2])
            if rank is not None:
                ranked.append((rank, key))
        keys = [key for _, key in sorted(ranked)]
        if (
            self.tables.from_function and len(keys) > 1
        ):  # of a thing that is asked for again and again
            keys.sort(key=lambda key: "created" in key)
        joined = self._join_date(keys, leaves)
        if joined is not None:
            return joined
        for key in keys:
            ns = self.times.read(leaves[key])
            if ns is not None:
                self.time_key = key
                del leaves[key]
                return ns
        for key, value in leaves.items():
            if may_be_date(value):
                ns = self.times.read(value)
                if ns is not None:
                    self.time_key = key
                    del leaves[key]
                    return ns
        return None

    def _join_date(self, keys: list[str], leaves: dict[str, Any]) -> int | None:
        """Take out a date and a time of day that two keys hold, and return the time they make."""
        kinds = (str, date, time)
        texts = {key: str(leaves[key]).strip() for key in keys if isinstance(leaves[key], kinds)}
        clocks = [key for key, text in texts.items() if is_clock(text)]
        for clock in clocks[:1]:
            for key, text in texts.items():
                ns = None if key in clocks else self.times.read(f"{text} {texts[clock]}")
                if ns is not None:
                    del leaves[key], leaves[clock]
                    return ns
        return None

    def number(self, channel: str, value: Any) -> float | None:
        """Return a value as float in the channel's unit, None if it is no number."""
        number = as_number(value)
        if number is not None:
            return number
        if isinstance(value, (str, bytes, bytearray)):
            text = (value if isinstance(value, str) else value.decode("utf-8", "replace")).strip()
            found = plain_quantity(text) or duration_of(text) or self._with_marks(text)
            if found is None:
                return switch(text)
        else:
            if isinstance(value, Enum):
                return self.number(channel, value.value)
            found = quantity_of(value)
            if found is None:
                return None
        return self._in_unit(channel, *found)

    def _with_marks(self, text: str) -> tuple[float, str] | None:
        """Return the quantity in a text whose commas and points can only mean one thing."""
        groups = _GROUPS.match(text)
        if groups is not None:
            decimal = "," if groups[0].find(",") > groups[0].find(".") >= 0 else "."
            plain = groups[0].replace("," if decimal == "." else ".", "").replace(",", ".")
            found = plain_quantity(plain + text[groups.end() :])
            if found is not None:
                self.groups_note = f"{groups[0]!r} is {plain}"
            return found
        match = _DECIMAL_COMMA.match(text)
        found = plain_quantity(text.replace(",", ".", 1)) if match is not None else None
        if found is not None and match is not None:
            self.lines.comma_note = f"{match[0]!r} is {match[0].replace(',', '.')}"
        return found

    def _in_unit(self, channel: str, number: float, unit: str) -> float | None:
        """Return a number in the unit that a channel has, None if it is of another kind."""
        known = self.units.get(channel)
        if known is None and channel in self._known:
            known = ""  # its values came without a unit so far
        if known is None:
            if len(self.units) < MAX_REMEMBERED:
                self.units[channel] = unit
            return number
        for mine, other in ((unit, known), (f"{unit}B", known), (unit, f"{known}B")):
            converted = convert(number, mine, other)
            if converted is not None:
                return converted
        return convert(number, f"{unit}B", "B") if not known else None

    # Several.

    def _sequence(self, items: list[Any] | tuple[Any, ...]) -> list[Row | Table]:
        if not items:
            return []
        if len(items) == 1:
            return self.read(items[0])
        if all(_is_reading_with_time(item) for item in items):
            return list(itertools.chain.from_iterable(map(self.read, items)))
        if all(isinstance(item, (list, tuple)) for item in items):
            array = _regular(items)
            if array is not None:
                return [self._table(array)]
        return [self._pair(items) if len(items) == 2 else self._numbers(items, None)]

    def _pair(self, items: list[Any] | tuple[Any, ...]) -> Any:
        first, second = items
        when = self.times.now_ns() if first is None else self.times.read(first)
        if when is not None:
            return self._row(second, when)
        raise ValueError(_advice_for_pair(first, second))

    def _table(self, item: Any) -> Table:
        table = self.tables.new(read_table(item, self.times))
        self.count_bad_cells_of(table)
        return table

    def count_bad_cells_of(self, table: Table) -> None:
        """Count the cells of a table that should be numbers and are none."""
        self.n_bad_cells += table.n_bad_cells
        self.bad_cell = self.bad_cell or table.bad_cell


def _no_labels(_name: str) -> Labels | None:
    return None


def _is_reading_with_time(item: Any) -> bool:
    """Return whether an element of a list is a reading of its own: it has names, or a time in front."""
    if named_values(item) is not None:
        return True
    if not isinstance(item, (list, tuple)) or len(item) < 2:
        return False
    return may_be_date(item[0]) or (len(item) == 2 and not isinstance(item[1], (int, float, str)))


def _regular(items: Sequence[Any]) -> Any:
    """Return sequences of numbers, all of one length, as an array of two dimensions, or None."""
    try:
        array = np.array(items, np.float64)
    except (TypeError, ValueError):
        return None
    return array if array.ndim == 2 else None


def _instead(item: Any) -> str:
    """Return what to do with a thing that is no reading but leads to one, "" if that is not known."""
    if isinstance(item, (Iterator, AsyncIterator)):
        return " It gives readings itself: watch it, not the function that returns it."
    if isinstance(item, type) or callable(item):
        return " Call it."
    if isinstance(item, (Set, MappingView)):
        return " Give a list or a dict."
    return " Give vars(x)." if hasattr(item, "__dict__") else ""


def _advice_for_pair(first: Any, second: Any) -> str:
    if all(isinstance(x, (tuple, list)) and len(x) == 2 for x in (first, second)):
        return f"Pairs of names and values are no reading. Give a dict: dict([{first!r:.40}, …])."
    if isinstance(first, str) and as_number(first) is None:
        form = f"{{{first!r:.40}: {second!r:.40}}}"
    else:
        form = f"{{'a': {first!r:.40}, 'b': {second!r:.40}}}"
    return (
        f"({first!r:.40}, {second!r:.40}) is no time with its value, and has no names. "
        f"Give a dict: {form}."
    )


def _shown(item: Any) -> str:
    return shorten(repr(item))
