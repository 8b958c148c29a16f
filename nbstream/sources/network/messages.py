"""What came over a connection, a message at a time: JSON, text or numbers become readings."""

from __future__ import annotations

import codecs
import dataclasses
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.errors import CallbackError, ConnectError, DependencyError
from nbstream.sources.frames import ONE_CHANNEL, is_table
from nbstream.sources.item_columns import ColumnReader
from nbstream.sources.json_text import decode_json, fast_loads
from nbstream.sources.lines.literals import read_literal
from nbstream.sources.network.records import find_records
from nbstream.sources.network.shapes import Shapes
from nbstream.sources.number_cells import is_placeholder, switch
from nbstream.sources.tables import Table
from nbstream.sources.wording import explain, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nbstream.readings.batch import BoolArray, IntArray, TimeArray
    from nbstream.sources.gathering import Alike, Row
    from nbstream.sources.item_parts import Step
    from nbstream.sources.items import ItemReader
    from nbstream.sources.network.records import Records

__all__ = ["Message", "MessageColumns", "MessageReader", "TooLongError"]

_JSON_BEGINS = frozenset('{["-0123456789tfn')
_UNIT = r"([ \u00a0]*[^\W\d]{1,8}|[ \u00a0]*[%°][^\W\d]?)?"
_COMMA = re.compile(rf"([+-]?[0-9]+),([0-9]+){_UNIT}")
_GROUPS = re.compile(rf"[+-]?[0-9]{{1,3}}(?:(?:,[0-9]{{3}})+\.|(?:\.[0-9]{{3}})+,)[0-9]+{_UNIT}")
"""Thousands apart and a decimal mark, with which they are one number: 1,234.5 and 1.234,5."""
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_STATE = re.compile(r"[^\W\d]+(?:[ _-][^\W\d]+){0,3}")
LONGEST_STATE = 40
MAX_REMEMBERED = 2000
AT_ONCE = 256
"""Payloads that are decoded without a look at each; one that is no JSON costs these a second look."""
_TEXTS = frozenset({bytes, str})
_LONG = frozenset({bytes, str, bytearray, memoryview})


class Message(NamedTuple):
    """One message, as a library gave it."""

    payload: Any
    """bytes or str, or what was decoded already."""
    name: str = ""
    """What it belongs to (a topic, a stream): its channels have names that begin with it."""
    time_ns: int | None = None
    """When it was sent, as the other side says; None is now."""


class MessageColumns:
    """Many messages as columns: a tuple for each of thousands costs more than to decode them.

    Parameters
    ----------
    payloads, names, sent
        As in `Message`; times may be an array of int64.
    """

    __slots__ = ("names", "payloads", "sent")

    def __init__(
        self,
        payloads: Sequence[Any],
        names: Sequence[str] | None = None,
        sent: Sequence[int | None] | TimeArray | None = None,
    ) -> None:
        self.payloads = payloads
        self.names = ("",) * len(payloads) if names is None else names
        self.sent = (None,) * len(payloads) if sent is None else sent

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.payloads)

    @classmethod
    def of(cls, messages: Iterable[Any]) -> MessageColumns:
        """Return messages, or bare payloads, as columns."""
        if isinstance(messages, cls):
            return messages
        given = list(messages)
        if Message not in set(map(type, given)):
            return cls(given)
        whole = [m if m.__class__ is Message else Message(m) for m in given]
        return cls(*zip(*whole, strict=True))

    def __iter__(self) -> Iterator[Message]:
        """Yield each as a message."""
        return map(Message._make, zip(self.payloads, self.names, self.sent, strict=True))


class TooLongError(ValueError):
    """A message is longer than allowed."""


def follow(item: Any, path: tuple[Step, ...]) -> Any:
    """Return what stands at the steps of a path.

    Raises
    ------
    ValueError
        If there is nothing.
    """
    for step in path:
        try:
            item = item[step]
        except (LookupError, TypeError):
            where = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path)
            message = f"There is nothing at {where.lstrip('.')!r}: {shorten(item)}"
            raise ValueError(message) from None
    return item


class MessageReader:
    """Reads messages; what was guessed is remembered by its `ItemReader`.

    Parameters
    ----------
    reader
        Reads what a message holds.
    path
        Steps to what holds the readings, as `as_path` gives them.
    parse
        Takes a payload as it came and returns a reading in any form of `nbstream.sources.items`, or None for
        none; None reads JSON and text.
    max_bytes
        Longer messages are refused.

    Notes
    -----
    Thread safety: none.
    """

    many = 50
    """Messages of one name are read as columns from so many on: fewer are quicker read one by one."""

    def __init__(
        self,
        reader: ItemReader,
        *,
        path: tuple[Step, ...] = (),
        parse: Callable[[Any], Any] | None = None,
        max_bytes: int = 2**20,
    ) -> None:
        self.reader = reader
        self.path = path
        self.parse = parse
        self.max_bytes = max_bytes
        self._shapes = Shapes(reader)
        self.n_again = 0
        """Readings of a thing that is asked for again and again, that had been read before."""
        self._before: dict[tuple[str, ...], Row] = {}
        self._columns = ColumnReader(reader, is_plain=lambda item: self.unwrapped(item) is item)
        self._worded: set[str] = set()
        """Names that had a word before any number; a number that comes later is a channel beside it."""

    def read_alike(
        self, payloads: Sequence[Any], names: Sequence[str], came: TimeArray
    ) -> tuple[list[Alike], Iterable[int]]:
        """Return what could be read as columns, as `read` would, and the places of what is left to it.

        Parameters
        ----------
        payloads, names
            Of messages; objects of JSON that have the same names are read here.
        came
            Times of messages that name none.
        """
        everything = range(len(payloads))
        is_asked = self.reader.tables.from_function
        if len(payloads) < self.many or self.parse is not None or is_asked:
            return [], everything
        items, is_object = self._objects(payloads)
        is_left = np.ones(len(payloads), np.bool_)
        pieces: list[Alike] = []
        for name, some in _places_by_name(names, np.flatnonzero(is_object)):
            if len(some) >= self.many:
                self.reader.prefix = name
                found, left = self._columns.read(items, some, came)
                is_left[some] = False
                is_left[left] = True
                pieces += found
        return pieces, np.flatnonzero(is_left).tolist()

    def _objects(self, payloads: Sequence[Any]) -> tuple[list[Any], BoolArray]:
        """Return what payloads hold, None where that is neither JSON nor decoded, and which are objects."""
        items: list[Any] = []
        for first in range(0, len(payloads), AT_ONCE):
            some = payloads[first : first + AT_ONCE]
            items += self._decoded_all(some) or map(self._object, some)
        if self.path:
            items = [None if item is None else self._followed(item) for item in items]
        if set(map(type, items)) == {dict}:
            return items, np.ones(len(items), np.bool_)
        return items, np.array([item.__class__ is dict for item in items])

    def _decoded_all(self, payloads: Sequence[Any]) -> list[Any] | None:
        """Return what payloads of JSON hold; None if any is something else, or too long."""
        if not _TEXTS.issuperset(map(type, payloads)) or max(map(len, payloads)) > self.max_bytes:
            return None
        try:
            return list(map(fast_loads(), payloads))
        except (ValueError, RecursionError):
            return None

    def _object(self, payload: Any) -> Any:
        if payload.__class__ not in _TEXTS:
            return payload
        try:
            return fast_loads()(payload) if len(payload) <= self.max_bytes else None
        except (ValueError, RecursionError):
            return None

    def _followed(self, item: Any) -> Any:
        try:
            return follow(item, self.path)
        except ValueError:
            return None

    def read(self, message: Message) -> Iterable[list[Row | Table] | str]:
        """Return readings, and what cannot be read, each piece of a message by itself.

        Raises
        ------
        TooLongError
            If it is longer than allowed.
        ValueError, TypeError
            If nothing in it can be read.
        CallbackError
            If `parse` raised.
        ConnectError
            If it raised that, to say that the connection is of no use.
        """
        payload, self.reader.prefix, _ = message
        if payload.__class__ in _LONG and len(payload) > self.max_bytes:
            text = f"message longer than {self.max_bytes:,} bytes"
            raise TooLongError(text)
        if self.parse is not None:
            item = self._call_parse(payload)
            if item is None:
                return ()
        else:
            item = self._decoded(payload)
            if self.path and not is_table(item):
                item = follow(item, self.path)
            item = self.unwrapped(item)
        if item.__class__ is list and len(item) > 1 and all(isinstance(x, dict) for x in item):
            return self._read_each(item)
        return (self._read(item),)

    def unwrapped(self, item: Any) -> Any:
        """Return the rows in a document that wraps them, anything else as it is."""
        if item.__class__ is dict:
            if self._shapes.knows(item) or not any(
                value.__class__ is dict or value.__class__ is list for value in item.values()
            ):
                return item
        elif item.__class__ is not list or not item or item[0].__class__ is not list:
            return item
        named = self.reader.time_name
        if named is False:
            return item
        found = find_records(item, self.reader.times, named)
        if found.paths:
            self.reader.records_note = _about_records(found)
        return item if found.rows is None else found.rows

    def _read_each(self, rows: list[Any]) -> Iterator[list[Row | Table] | str]:
        for row in rows:
            try:
                yield self._read(row)
            except (ValueError, TypeError) as error:
                yield str(error)

    def _read(self, item: Any) -> list[Row | Table]:
        is_object = item.__class__ is dict
        if is_object:
            row = self._shapes.read(item)
            if row is not None:
                return [] if self._is_again(row) else [row]
        prefix, n_bad_cells = self.reader.prefix, self.reader.n_bad_cells
        if item is None:
            message = "(an empty message)"
            raise ValueError(message)
        if isinstance(item, str):
            item = self._read_text(prefix or ONE_CHANNEL, item)
        elif prefix in self._worded and isinstance(item, (int, float)):
            self.reader.prefix = f"{prefix}.{ONE_CHANNEL}"
        found = self.reader.read(item)
        if self.reader.tables.from_function:
            found = [piece for piece in found if not self._is_again(piece)]
        if is_object and len(found) == 1 and isinstance(found[0], tuple):
            self._shapes.learn(item, found[0], self.reader.n_bad_cells - n_bad_cells)
        if prefix and any(isinstance(piece, Table) for piece in found):
            return [_renamed(p, prefix) if isinstance(p, Table) else p for p in found]
        return found

    def _is_again(self, piece: Row | Table) -> bool:
        """Return whether an answer is the one before: an object with its own time, and the same values."""
        reader = self.reader
        if not (reader.tables.from_function and reader.time_key) or isinstance(piece, Table):
            return False
        names = tuple(piece[1])
        is_same = self._before.get(names) == piece
        if is_same:
            self.n_again += 1
        elif len(self._before) < MAX_REMEMBERED or names in self._before:
            self._before[names] = piece
        return is_same

    def _read_text(self, name: str, text: str) -> Any:
        """Return what a payload of text says where it is one value: a number, a switch, a word."""
        reader = self.reader
        if name in reader.states or name in self._worded:
            code = reader.code(name, text)
            return text if code is None else code
        number = switch(text)
        comma = None if number is not None else _COMMA.fullmatch(text)
        is_one = number is None and (comma or _GROUPS.fullmatch(text)) is not None
        if is_one and not reader.knows(f"{name}.c1"):
            number = reader.number(name, text)
            if number is None and comma and reader.knows(name):  # "21,125" after "21,5"
                number = reader.number(name, f"{comma[1]}.{comma[2]}{comma[3] or ''}")
        if number is None and reader.prefix and _is_state(text) and not reader.knows(name):
            self._worded.add(name)
            return self._read_text(name, text)
        return text if number is None else number

    def _decoded(self, payload: Any) -> Any:
        if isinstance(payload, (bytearray, memoryview)):
            payload = bytes(payload)
        if not isinstance(payload, (str, bytes)):
            return payload
        text = payload.strip()
        if not text:
            return None
        first = text[:1] if isinstance(text, str) else text[:1].decode("latin-1")
        if first in _JSON_BEGINS:
            try:
                return decode_json(text)
            except ValueError as error:
                printed = read_literal(_as_text(text)) if first in "{[" else None
                if printed is not None:
                    return printed
                if first in "{[" and b"\n" not in _as_bytes(text):
                    message = f"{error}: {shorten(text)}"
                    raise ValueError(message) from None
        return _as_text(text).strip() or None

    def _call_parse(self, payload: Any) -> Any:
        assert self.parse is not None
        try:
            return self.parse(payload)
        except (DependencyError, ConnectError):
            raise
        except Exception as error:
            name = getattr(self.parse, "__name__", "parse")
            message = f"{name} raised {explain(error)}"
            raise CallbackError(message, callback=name) from error


def _places_by_name(names: Sequence[str], places: IntArray) -> Iterable[tuple[str, IntArray]]:
    """Return each name of messages and those of some places that have it."""
    if len(set(names)) == 1:
        return [(names[0], places)]
    found: dict[str, list[int]] = {}
    for place in places.tolist():
        found.setdefault(names[place], []).append(place)
    return [(name, np.array(some, np.int64)) for name, some in found.items()]


def _about_records(found: Records) -> str:
    """Return what is read of a document, or could be, for people."""
    if found.rows is not None:
        path = found.paths[0]
        return f"what is read is the list of readings {f'at {path!r}' if path else 'that came'}"
    paths = " or ".join(f"path={path!r}" for path in found.paths[:5])
    return f"there are lists of readings that have their own times: {paths} reads one"


def _about_binary(payload: bytes) -> str:
    """Return what can be done with bytes that are no text."""
    if payload[:2] == b"\x1f\x8b":
        return f"{len(payload):,} bytes of gzip: parse=gzip.decompress unpacks them"
    shown = payload[:8].hex(" ") + (" …" if len(payload) > 8 else "")
    return f"no text but {len(payload):,} bytes ({shown}): parse=… unpacks them"


def _is_state(text: str) -> bool:
    """Return whether a payload is a word or a few, and neither a number nor the lack of one."""
    is_short = len(text) <= LONGEST_STATE
    return is_short and _STATE.fullmatch(text) is not None and not is_placeholder(text)


def _as_text(text: str | bytes) -> str:
    """Return a payload as text: UTF-8, UTF-16 by its mark, or what Western devices send.

    Raises
    ------
    ValueError
        If it is no text.
    """
    if isinstance(text, str):
        return text
    if text[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return text.decode("utf-16", "replace")
    if _BINARY.search(text):
        raise ValueError(_about_binary(text))
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _as_bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else text


def _renamed(table: Table, prefix: str) -> Table:
    values = {f"{prefix}.{name}": column for name, column in table.values.items()}
    return dataclasses.replace(table, values=values)
