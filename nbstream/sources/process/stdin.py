"""What is piped into a script: ``vmstat 1 | python watch.py``."""

from __future__ import annotations

import os
import select
import stat
import sys
from typing import TYPE_CHECKING, Any

from nbstream.errors import ConfigurationError
from nbstream.sources.item_source import LineSource
from nbstream.sources.lines.line_buffer import LineBuffer
from nbstream.sources.state import SourceState

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["StdinSource"]

READ_BYTES = 2**16
LOOK_EVERY = 0.2
MAX_LINE_BYTES = 2**20


class StdinSource(LineSource):
    """Reads the lines that are piped into this program.

    Parameters
    ----------
    parse
        Takes a line (str, without its end) and returns a reading, or None for none; None reads the forms
        of `nbstream.sources.lines.format`: JSON, "a=1 b=2", tables below their headers and the rest.
    max_line_bytes
        Longer lines are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    TypeError
        If `parse` is no function.

    Notes
    -----
    It fails where nothing is piped in: a terminal, or a notebook, which has no such input. A reading
    without a time gets the time at which its line was read. There is one standard input: two such sources
    share its lines.

    Thread safety: any thread.
    """

    kind = "stdin"
    can_run_again = False

    def __init__(
        self,
        parse: Callable[[str], Any] | None = None,
        *,
        max_line_bytes: int = MAX_LINE_BYTES,
        **options: Any,
    ) -> None:
        super().__init__(parse, **options)
        self._lines = LineBuffer(max_line_bytes)

    def _run(self) -> None:
        number = _piped()
        if not self._counters.received:
            self._set_state(SourceState.RUNNING, "waiting for the first line")
        while not self._is_stopping:
            if os.name == "nt" or select.select([number], [], [], LOOK_EVERY)[0]:
                data = os.read(number, READ_BYTES)
                self._take(self._lines.feed(data) if data else self._lines.finish())
                if not data:
                    self._end()
                    return
            self._say_if_nothing_is_readable()

    def _take(self, lines: list[bytes]) -> None:
        if lines and self._state is SourceState.RUNNING:
            self._set_state(SourceState.RUNNING)
        self._read_lines(lines)
        if self._lines.n_too_long:
            n, self._lines.n_too_long = self._lines.n_too_long, 0
            self._drop(n, f"line longer than {self._lines.max_line_bytes:,} bytes")

    def _end(self) -> None:
        for line in self._reader.lines.finish():
            self._reject(1, line)
        if self._counters.rejected and not self._counters.accepted:
            raise self._nothing_readable()
        self._set_state(SourceState.ENDED)


def _piped() -> int:
    """Return the number of the standard input.

    Raises
    ------
    ConfigurationError
        If nothing is piped in.
    """
    try:
        number = sys.stdin.fileno()
        is_piped = not stat.S_ISCHR(os.fstat(number).st_mode)
    except (AttributeError, OSError, ValueError):
        is_piped = False
    if not is_piped:
        message = "Nothing is piped into this program. Run it as: command | python script.py."
        raise ConfigurationError(message)
    return number
