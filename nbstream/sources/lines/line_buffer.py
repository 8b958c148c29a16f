"""Bytes that come in pieces, cut into lines."""

from __future__ import annotations

__all__ = ["LineBuffer"]


class LineBuffer:
    """Cuts bytes into lines; the bytes of a line that is too long are not kept.

    A carriage return ends a line too: that is how programs write over what they wrote before.

    Parameters
    ----------
    max_line_bytes
        Longer lines are dropped and counted in `n_too_long`.
    """

    def __init__(self, max_line_bytes: int) -> None:
        self.max_line_bytes = max_line_bytes
        self.n_too_long = 0
        self._rest = bytearray()
        self._in_long_line = False
        self._after_return = False

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes; return the lines that became whole, without their ends."""
        if self._after_return and data[:1] == b"\n":
            data = data[1:]  # the other half of an end that came in two pieces
            self._after_return = False
        if data:
            self._after_return = data[-1:] == b"\r"
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if self._in_long_line:
            _, newline, data = data.partition(b"\n")
            self._in_long_line = not newline
        *whole, rest = data.split(b"\n")
        if whole:
            whole[0] = bytes(self._rest) + whole[0]
            self._rest.clear()
        self._rest += rest
        if len(self._rest) > self.max_line_bytes:
            self._rest.clear()
            self._in_long_line = True
            self.n_too_long += 1
        if (
            len(data) <= self.max_line_bytes
            and len(whole[0] if whole else b"") <= self.max_line_bytes
        ):
            return whole
        lines = [line for line in whole if len(line) <= self.max_line_bytes]
        self.n_too_long += len(whole) - len(lines)
        return lines

    @property
    def rest(self) -> bytes:
        """What came after the last end of a line."""
        return bytes(self._rest)

    @property
    def n_held(self) -> int:
        """Bytes that came after the last end of a line."""
        return len(self._rest)

    def skip_line(self) -> None:
        """Leave out what comes before the next end of a line."""
        self._in_long_line = True

    def finish(self) -> list[bytes]:
        """Return the last line if it has no end."""
        rest = bytes(self._rest)
        self._rest.clear()
        return [rest] if rest else []
