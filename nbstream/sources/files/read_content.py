"""What was read of a file, kept to tell whether it is still what the file begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HEAD_BYTES", "ReadContent"]

HEAD_BYTES = 1024
FOOT_BYTES = 1024
REMEMBERED_BYTES = 4 * 2**20
COMPARED_BYTES = 2**20


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

    def begin_at(self, offset: int, head: bytes) -> None:
        """Know only how the file begins, and go on at `offset`."""
        self.offset, self.head, self.all = offset, head[:HEAD_BYTES], None

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
