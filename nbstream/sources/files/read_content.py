"""What was read of a file, kept to tell whether it is still what the file begins with."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import io
    from collections.abc import Callable

__all__ = ["FOOT_BYTES", "HEAD_BYTES", "Place", "Position", "ReadContent", "read_of"]

HEAD_BYTES = 1024
FOOT_BYTES = 1024
REMEMBERED_BYTES = 4 * 2**20
COMPARED_BYTES = 2**20


class Position(NamedTuple):
    """Where reading goes on in a file that may be another by then."""

    offset: int
    head: tuple[int, str]
    """Length and hash of the file's first bytes."""
    foot: tuple[int, str]
    """And of those before the offset."""

    @classmethod
    def of(cls, given: Any) -> Position:
        """Return what `as_json` gave.

        Raises
        ------
        ValueError
            If it is something else.
        """
        if isinstance(given, cls):
            return given
        try:
            offset, head, foot = (given[key] for key in ("offset", "head", "foot"))
            found = cls(offset, (head[0], head[1]), (foot[0], foot[1]))
            numbers = (found.offset, found.head[0], found.foot[0])
            is_one = all(type(n) is int and n >= 0 for n in numbers) and set(given) == set(
                cls._fields
            )
        except (TypeError, LookupError):
            is_one = False
        if not is_one:
            message = f"'position' must be what a source of files said (got {given!r:.80})."
            raise ValueError(message)
        return found

    @classmethod
    def at(cls, offset: int, read: Callable[[int, int], bytes]) -> Position:
        """Return the position of a reader that has read a file up to `offset`."""
        head = read(0, min(offset, HEAD_BYTES))
        foot = read(max(0, offset - FOOT_BYTES), offset)
        return cls(offset, (len(head), _hash(head)), (len(foot), _hash(foot)))

    def as_json(self) -> dict[str, Any]:
        """Return what `of` takes."""
        return {"offset": self.offset, "head": [*self.head], "foot": [*self.foot]}

    def is_in(self, size: int, read: Callable[[int, int], bytes]) -> bool:
        """Return whether a file of `size` bytes holds what was read."""
        (n_head, head), (n_foot, foot) = self.head, self.foot
        if size < self.offset or max(n_head, n_foot) > min(self.offset, HEAD_BYTES):
            return False
        return head == _hash(read(0, n_head)) and foot == _hash(
            read(self.offset - n_foot, self.offset)
        )


class Place(NamedTuple):
    """Where reading goes on, and the bytes it is known by."""

    offset: int
    head: bytes
    foot: bytes

    def as_json(self) -> dict[str, Any]:
        """Return it as a small value for JSON, without what stands in the file."""
        head = self.head[: self.offset]
        return {
            "offset": self.offset,
            "head": [len(head), _hash(head)],
            "foot": [len(self.foot), _hash(self.foot)],
        }


def read_of(file: io.FileIO, start: int, stop: int) -> bytes:
    """Return bytes [start, stop) of a file, fewer only at its end: one read may give less than there is."""
    file.seek(start)
    parts = []
    while start < stop and (part := file.read(stop - start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _hash(data: bytes) -> str:
    return hashlib.blake2s(data, digest_size=12).hexdigest()


class ReadContent:
    """The bytes of a file that were read: all of the first 4 MiB, else the first and the last KiB."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Know nothing, at the start of a file."""
        self.offset = 0
        """The first byte that was not read."""
        self.head = b""
        """The first bytes of the file, at most 1 KiB."""
        self._foot = b""  # the last bytes before the offset
        self.all: bytearray | None = bytearray()
        """All that is before the offset; None when it is too much, or was not read."""

    def begin_at(self, offset: int, head: bytes, foot: bytes = b"") -> None:
        """Know only how the file begins, and what is before `offset`, and go on there."""
        self.offset, self.head, self.all = offset, head[:HEAD_BYTES], None
        self._foot = foot[-FOOT_BYTES:]

    @property
    def place(self) -> Place:
        """Where reading goes on, and what it is known by."""
        return Place(self.offset, self.head, self._foot)

    def add(self, data: bytes) -> None:
        """Note that `data` at the offset was dealt with."""
        if len(self.head) < HEAD_BYTES and self.offset <= HEAD_BYTES:
            self.head = (self.head[: self.offset] + data)[:HEAD_BYTES]
        self._foot = (self._foot + data[-FOOT_BYTES:])[-FOOT_BYTES:]
        if self.all is not None:
            if len(self.all) + len(data) > REMEMBERED_BYTES:
                self.all = None
            else:
                self.all += data
        self.offset += len(data)

    def add_hole(self, n: int) -> None:
        """Note that `n` NULs at the offset, a KiB or more, were passed over."""
        self.all, self._foot = None, bytes(FOOT_BYTES)
        self.offset += n

    def cut(self, left: bytes) -> None:
        """Know only what is left of a file that was cut."""
        self.offset, self.all = len(left), bytearray(left)
        self.head, self._foot = left[:HEAD_BYTES], left[-FOOT_BYTES:]

    def is_in(self, read: Callable[[int, int], bytes]) -> bool:
        """Return whether it is still there, as far as a quick look tells; `read` takes start and stop."""
        if self.all is not None and len(self.all) <= COMPARED_BYTES:
            known = [(0, bytes(self.all))]
        else:
            known = [(0, self.head), (self.offset - len(self._foot), self._foot)]
        return all(read(at, at + len(data)) == data for at, data in known)
