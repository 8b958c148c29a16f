"""Snapshots: when a rule fires, what was before it and what comes after it goes into a file."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbstream.alerts import Rule
from nbstream.readings.window import Window, parse_duration
from nbstream.recording.converting import folder_of
from nbstream.recording.recording import TURNED_OVER, Recording
from nbstream.recording.row_feed import RowFeed
from nbstream.runtime.turns import Wait
from nbstream.sources.wording import explain
from nbstream.text.redaction import disarm

if TYPE_CHECKING:
    from datetime import timedelta
    from os import PathLike

    from nbstream.readings.buffer import Buffer
    from nbstream.recording.recording import _File
    from nbstream.runtime.turns import Life
    from nbstream.sources import Source

__all__ = ["Snapshots"]

LOOK_INTERVAL = 0.25
"""Seconds between two looks at the rule."""


class Snapshots(Recording):
    """Writes a file each time that a rule fires: ``run-0001.parquet``, ``run-0002.parquet`` and so on.

    Parameters
    ----------
    source, path, **options
        As for `Recording`.
    on
        The rule. While a file is being written, a further firing makes it longer.
    before
        How much before the firing is written, in the readings' time: seconds, "5min" or a timedelta. The
        buffer grows so that it holds so much.
    after
        How much after it, by this machine's clock.

    Raises
    ------
    TypeError
        If `on` is no rule.
    ValueError
        As for `Recording`, or if a duration cannot be read.

    Notes
    -----
    The past comes from the buffer, which knows no times of arrival: a replay takes the readings' own.

    Thread safety: any method from any thread.
    """

    def __init__(
        self,
        source: Source | Buffer,
        path: str | PathLike[str],
        *,
        on: Rule,
        before: str | float | timedelta = 0,
        after: str | float | timedelta = 0,
        **options: Any,
    ) -> None:
        if not isinstance(on, Rule):
            msg = f"'on' must be a rule, as analyzer.alert returns it (got {type(on).__name__})."
            raise TypeError(msg)
        self._rule = on
        self._before_ns = parse_duration(before, name="before")
        self._after = parse_duration(after, name="after") / 1e9
        self._known = max((i.number for i in on._log.incidents), default=0) if on._log else 0
        super().__init__(source, path, **options)

    def _begin(self) -> None:
        if self._before_ns:
            self.buffer._store.need(self, Window.parse(f"{self._before_ns / 1e9}s"))

    def _end_taking(self) -> None:
        self.buffer._store.need(self, None)

    def _record(self) -> Life:
        until = 0.0
        while not self._stop.is_set():
            yield Wait(LOOK_INTERVAL, self._backlog.wake)
            self._backlog.wake.clear()
            fired_ns = self._fired()
            if fired_ns is not None:
                until = self._clock.monotonic() + self._after
                if self._file is None:
                    try:
                        self._open_snapshot(fired_ns - self._before_ns)
                    except OSError as error:
                        self._give_up(error)
            file = self._file
            if file is None:
                continue
            try:
                self._write_out(file)
                if self._clock.monotonic() >= until:
                    self._finish(file)
            except OSError as error:
                self._give_up(error)
        if self._file is not None:
            self._write_out(self._file)

    def _finish(self, file: _File) -> None:
        """Make a file whole."""
        self._end(file)
        self._convert(file)
        self._let_go(file)

    def _let_go(self, file: _File) -> None:
        with self._lock:
            self._n_bytes_before += file.parts.n_bytes
            self._file = self._feed = None

    def _give_up(self, error: OSError) -> None:
        """Say that a snapshot is not whole; the next firing is tried again, for there may be room then."""
        file = self._file
        disarm(error)
        with self._lock:
            self._last_error = error
        self._tell(f"stopped: {explain(error)}")
        if file is not None:
            with suppress(OSError):
                file.parts.close()
            self._let_go(file)

    def _convert(self, file: _File) -> None:
        n_whole = len(self._paths)
        super()._convert(file)
        if len(self._paths) > n_whole:
            self._last_error = None

    def _fail(self, error: Exception, what: str = "") -> None:
        if not what or self._stop.is_set():
            super()._fail(error, what)
            return
        # The parts of this one stay; the next has a file of its own.
        disarm(error)
        with self._lock:
            self._last_error = error
        self._tell(f"{what}: {explain(error)}")

    def _fired(self) -> int | None:
        """Return when the rule fired first since the last look, event time; None if it did not."""
        log = self._rule._log
        if log is None:
            return None
        new = [
            incident
            for incident in log.incidents
            if incident.number > self._known and incident.rule == self._rule.name
        ]
        if not new:
            return None
        self._known = max(incident.number for incident in new)
        return min((i.fired_ns for i in new if not i.is_past), default=None)

    def _open_snapshot(self, from_ns: int) -> None:
        file = self._new_file()
        self._surroundings.begin_again()
        self._feed = RowFeed(self.buffer, self._clock.wall_ns, from_ns)
        if self._feed.is_past_cut:
            file.parts.event("gap", readings=None, why=f"of the past, {TURNED_OVER}")
            self._tell_once(f"lacks some of the past: {TURNED_OVER}")
        with self._lock:
            self._file = file

    def _new_file(self) -> _File:
        number = 1
        while True:
            path = self._places.numbered(number)
            if not path.exists() and not folder_of(path).exists():
                with suppress(FileExistsError):  # that of another rule, this very moment
                    return self._open_file(path)
            number += 1
