"""A growing log, of whose lines a regular expression takes what counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from nbstream.errors import ParseError
from nbstream.sources.files.named_lines import NamedLinesSource
from nbstream.sources.state import SourceState
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from nbstream.sources.files.tail import Piece

__all__ = ["LogSource"]

TIME, DATE = "time", "date"
MANY_OTHERS = 5


class LogSource(NamedLinesSource):
    r"""Reads the lines of a log that match a pattern, those that are there and those that are added.

    Parameters
    ----------
    path
        The file. While it is missing the state is CONNECTING.
    pattern
        A regular expression whose named groups are the values, searched for in each line:
        ``r"(?P<time>\S+) .* took (?P<ms>\d+)ms"``.
    time
        Name of the group of the time; None is the group called time, with one called date if there is one, or
        finds it; False asks for the time at which each line was read.
    states
        Names of groups of words ("INFO", "ERROR"), each a channel of words.
    timezone
        Zone of times that name none: an IANA name, a tzinfo, or None for the local zone.
    from_start
        False reads only what is added to a file that exists.
    pivot
        Name of the group whose text names the channels.
    poll_interval
        Seconds between two looks at the file.
    max_line_bytes
        Longer lines are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, na_values, clock.

    Raises
    ------
    ValueError
        If `pattern` is no regular expression, or names no group; or an option cannot be what it is.

    Notes
    -----
    Lines that do not match are no readings: a note counts them. A group that matched nothing has no reading.
    Times of day without a date, and dates without a year, are near the file's last change. See
    `nbstream.sources.files.tail.FileTail` for what may happen to the file.

    Thread safety: any thread.

    Examples
    --------
    >>> source = LogSource("app.log", r"(?P<time>\S+) .* took (?P<ms>\d+)ms", units={"ms": "ms"})
    >>> source.close()
    """

    kind = "log"
    advice = "Name the groups of what counts: (?P<ms>…)."

    def __init__(
        self,
        path: str | os.PathLike[str],
        pattern: str | re.Pattern[str],
        time: str | Literal[False] | None = None,
        states: Sequence[str] | str = (),
        timezone: str | tzinfo | None = None,
        from_start: bool = True,
        *,
        pivot: str | None = None,
        poll_interval: float = 0.25,
        max_line_bytes: int = 2**16,
        **options: Any,
    ) -> None:
        self.pattern = _compiled(pattern)
        names = self.pattern.groupindex
        for name in (*([time] if time else []), *([pivot] if pivot else [])):
            if name not in names:
                message = f"The pattern has no group {name!r}; it has {list(names)}."
                raise ValueError(message)
        if time is None and TIME in names and DATE not in names:
            time = TIME
        super().__init__(
            path,
            time=time,
            channels=None,
            states=states,
            pivot=pivot,
            from_start=from_start,
            poll_interval=poll_interval,
            max_line_bytes=max_line_bytes,
            timezone=timezone,
            **options,
        )
        self._n_others = 0
        self._other = ""
        self._has_matched = False

    def _read_lines(self, lines: Iterable[bytes]) -> None:
        search = self.pattern.search
        items: list[Any] = []
        for line in lines:
            text = line.decode("utf-8", "replace")
            match = search(text)
            if match is not None:
                found = match.groupdict()
                if None in found.values():
                    found = {name: text for name, text in found.items() if text is not None}
                items.append(found)
            elif text.strip():
                self._n_others += 1
                self._other = self._other or text
        self._has_matched = self._has_matched or bool(items)
        if items:
            self._read_items(items)
        if self._n_others:
            others = f"{self._n_others:,} lines do not match the pattern, first: {shorten(self._other)!r}"
            self._note("others", others)

    def _say_state(self, piece: Piece) -> None:
        super()._say_state(piece)
        if not self._has_matched and self._n_others >= MANY_OTHERS:
            if self._state is SourceState.RUNNING:
                message = f"No line matches the pattern yet (first: {shorten(self._other)!r})."
                self._set_unreadable(ParseError(message, source=self.name))


def _compiled(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        found = re.compile(pattern)
    except (re.error, TypeError) as error:
        message = f"'pattern' must be a regular expression (got {pattern!r}: {error})."
        raise ValueError(message) from None
    if not found.groupindex:
        message = (
            f"'pattern' must name what it finds: (?P<ms>\\d+) is channel 'ms' (got {pattern!r})."
        )
        raise ValueError(message)
    return found
