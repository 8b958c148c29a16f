"""As much of Thrift's compact protocol as headers of pages and a small footer need.

https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BINARY",
    "I32",
    "I64",
    "STRUCT",
    "number_field",
    "read_struct",
    "skip_field",
    "text_field",
    "varint",
    "wrapped",
]

TRUE, FALSE, I8, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
MOST_DEEP = 32


def read_struct(data: bytes, at: int, deep: int = 0) -> tuple[dict[int, Any], int]:
    """Return the fields of a struct by their numbers, and where it ends.

    Raises
    ------
    IndexError
        If the data end before it does.
    ValueError
        If it is none.
    """
    found: dict[int, Any] = {}
    field = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return found, at
        if head >> 4:
            field += head >> 4
        else:
            field, at = _signed(data, at)
        found[field], at = _value(data, at, head & 15, deep)


def skip_field(data: bytes, at: int, kind: int) -> int:
    """Return where the value of a field ends."""
    return _value(data, at, kind, 0)[1]


def _value(data: bytes, at: int, kind: int, deep: int) -> tuple[Any, int]:
    if deep > MOST_DEEP:
        message = "nested too deeply"
        raise ValueError(message)
    if kind in (TRUE, FALSE):
        return kind == TRUE, at
    if kind == I8:
        return data[at], at + 1
    if kind in (I16, I32, I64):
        return _signed(data, at)
    if kind == DOUBLE:
        if at + 8 > len(data):
            raise IndexError
        return struct.unpack("<d", data[at : at + 8])[0], at + 8
    if kind == BINARY:
        n, at = _unsigned(data, at)
        if at + n > len(data):
            raise IndexError
        return data[at : at + n], at + n
    if kind in (LIST, SET):
        head = data[at]
        n, at = (head >> 4, at + 1) if head >> 4 < 15 else _unsigned(data, at + 1)
        found = []
        for _ in range(n):
            value, at = _element(data, at, head & 15, deep + 1)
            found.append(value)
        return found, at
    if kind == STRUCT:
        return read_struct(data, at, deep + 1)
    message = f"no field of type {kind} is known"
    raise ValueError(message)


def _element(data: bytes, at: int, kind: int, deep: int) -> tuple[Any, int]:
    """Return an element of a list, where a boolean takes a byte."""
    if kind in (TRUE, FALSE):
        return data[at] == TRUE, at + 1
    return _value(data, at, kind, deep)


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    found = shift = 0
    while True:
        byte = data[at]
        at += 1
        found |= (byte & 127) << shift
        if byte < 128:
            return found, at
        shift += 7
        if shift > 63:
            message = "a number has no end"
            raise ValueError(message)


def _signed(data: bytes, at: int) -> tuple[int, int]:
    found, at = _unsigned(data, at)
    return (found >> 1) ^ -(found & 1), at


def varint(number: int) -> bytes:
    """Return a number that is not negative."""
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    found.append(number)
    return bytes(found)


def number_field(field: int, before: int, number: int, kind: int) -> bytes:
    """Return a field with a number that is not negative, after the field with the number `before`."""
    return bytes([(field - before) << 4 | kind]) + varint(number << 1)


def text_field(text: str | bytes) -> bytes:
    """Return a text, without the head of its field."""
    data = text.encode() if isinstance(text, str) else text
    return varint(len(data)) + data


def wrapped(structs: Sequence[bytes]) -> bytes:
    """Return structs as a list, without the head of its field."""
    n = len(structs)
    head = bytes([n << 4 | STRUCT]) if n < 15 else bytes([0xF0 | STRUCT]) + varint(n)
    return head + b"".join(structs)
