"""Server-sent events: a stream of text in which an empty line ends an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.sources.lines.line_buffer import LineBuffer

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["EventReader"]

END, DATA = "\n\n", "data: "
END_BYTES, NEXT_BYTES = END.encode(), (END + DATA).encode()


class EventReader:
    """Reads a stream of events, by section 9.2.6 of the HTML standard.

    Parameters
    ----------
    max_bytes
        Longer events, and those with a longer line, are left out as a whole, and counted.
    kinds
        Names of the events that are wanted, "message" for those that have none; None is all.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, max_bytes: int, kinds: Collection[str] | None = None) -> None:
        self.last_id = ""
        """Of the newest event that had one: what a server wants to be told to go on there."""
        self.retry: float | None = None
        """Seconds after which a server wants to be asked again; None if it didn't say."""
        self._max_bytes, self._kinds = max_bytes, kinds
        self._lines = LineBuffer(max_bytes)
        self._n_too_long = 0
        self._is_first = True
        self._id = ""
        self._begin()

    def _begin(self) -> None:
        self._data: list[str] = []
        self._n_bytes = 0
        self._kind = ""
        self._is_too_long = False

    def take_too_long(self) -> int:
        """Return how many events were too long since the last time; one that goes on still is one."""
        n, self._n_too_long = self._n_too_long, 0
        return n

    def feed(self, data: bytes) -> list[str]:
        """Add bytes; return the data of the events that became whole."""
        start = data.find(END_BYTES) + len(END_BYTES)
        stop = data.rfind(END_BYTES) + len(END_BYTES)
        if start >= stop:
            return self._feed_lines(data)
        # Behind the end of the event that had begun there are whole ones.
        events = self._feed_lines(data[:start])
        events += self._feed_whole(data[start:stop])
        return events + self._feed_lines(data[stop:])

    def _feed_whole(self, data: bytes) -> list[str]:
        """Add whole events: at once where each is one line of data, which is some ten times as fast."""
        n = data.count(END_BYTES)
        is_plain = data.startswith(DATA.encode()) and data.count(NEXT_BYTES) == n - 1
        if not is_plain or data.count(b"\n") != 2 * n or b"\r" in data:
            return self._feed_lines(data)
        texts = data.decode("utf-8", "replace")[len(DATA) : -len(END)].split(END + DATA)
        if max(map(len, texts)) * 4 + len(DATA) > self._max_bytes:
            return self._feed_lines(data)
        self.last_id = self._id
        return texts if self._is_wanted("message") else []

    def _is_wanted(self, kind: str) -> bool:
        return self._kinds is None or kind in self._kinds

    def _feed_lines(self, data: bytes) -> list[str]:
        if self._lines.n_held + len(data) > self._max_bytes:
            # Line by line, to know which event one that is too long belongs to.
            return [event for line in data.splitlines(True) for event in self._feed_part(line)]
        return self._feed_part(data)

    def _feed_part(self, data: bytes) -> list[str]:
        events: list[str] = []
        lines = self._lines.feed(data)
        if self._lines.n_too_long:
            self._lines.n_too_long = 0
            self._leave_out()
        for line in lines:
            if self._is_first:
                self._is_first = False
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line:
                self._field(line.decode("utf-8", "replace"))
                continue
            self.last_id = self._id  # an event that breaks off doesn't count
            if self._data and not self._is_too_long and self._is_wanted(self._kind or "message"):
                events.append("\n".join(self._data))
            self._begin()
        return events

    def _leave_out(self) -> None:
        """Count the event that has begun as too long, once, and keep nothing of it."""
        self._n_too_long += not self._is_too_long
        self._is_too_long = True
        self._data.clear()

    def _field(self, line: str) -> None:
        name, _, text = line.partition(":")
        text = text.removeprefix(" ")
        if name == "data":
            self._n_bytes += len(text) + 1  # an empty line is kept, too
            if self._n_bytes > self._max_bytes:
                self._leave_out()
            elif not self._is_too_long:
                self._data.append(text)
        elif name == "event":
            self._kind = text
        elif name == "id" and "\0" not in text:
            self._id = text
        elif name == "retry" and text.isdecimal() and text.isascii():
            self.retry = int(text[:9]) / 1000
