"""Statistics of a window as reactive Python values, and the rules that watch the readings."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from traitlets import HasTraits, TraitType
from traitlets.utils.bunch import Bunch

from nbstream import ownership
from nbstream.alerts import Alerting, AlertLog, BufferTable, RuleBook
from nbstream.buffer import Buffer
from nbstream.errors import CallbackError, ClosedError
from nbstream.main_thread import MAIN
from nbstream.sources import Source, SourceState
from nbstream.statistics import trailing_zscores
from nbstream.summary import BlockPyramid, Summary
from nbstream.window import Window, WindowLike

if TYPE_CHECKING:
    import pandas as pd

    from nbstream.buffer import Rows
    from nbstream.readings import FloatArray, TimeArray

__all__ = ["STATISTICS", "Analyzer", "ChannelStatistics", "Snapshot", "Statistics"]

logger = logging.getLogger(__name__)

NAN = float("nan")
UPDATE_INTERVAL = 0.1
"""Seconds between two updates of the analyzer thread, at least: 10 a second, as often as is notified."""
NOTIFY_INTERVAL = 0.1
"""Seconds between two change notifications, at least: 10 a second."""
TICK_INTERVAL = 1.0
"""Seconds between two looks of the rules at the clock."""
CHUNK = 262_144
"""Rows read from the buffer at a time."""

SILENT_STATES = (SourceState.IDLE, SourceState.ENDED, SourceState.STOPPED)
"""States of a source in which no reading is expected."""

STATISTICS = ("count", "last", "mean", "std", "min", "max", "median", "rate")


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of one channel over the window; NaN where there is no reading."""

    count: int = 0
    """Readings in the window that are not missing."""
    last: float = NAN
    """Newest reading of the channel (not only of the window)."""
    mean: float = NAN
    std: float = NAN
    """Sample standard deviation (ddof = 1, as pandas)."""
    min: float = NAN
    max: float = NAN
    rate: float = NAN
    """Readings per second of event time: (count − 1) / (newest time − oldest time)."""


@dataclass(frozen=True)
class Snapshot(Mapping[str, Statistics]):
    """The statistics of all channels at one moment.

    Parameters
    ----------
    window
        The window they were computed over.
    time_ns
        The newest time in the buffer, ns since the epoch; None before the first reading.
    channels
        Statistics by channel; the snapshot itself is a mapping of these.
    """

    window: Window
    time_ns: int | None
    channels: dict[str, Statistics]

    def __getitem__(self, channel: str) -> Statistics:
        """Return the statistics of one channel."""
        return self.channels[channel]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the channels."""
        return iter(self.channels)

    def __len__(self) -> int:
        """Return the number of channels."""
        return len(self.channels)


class Statistic(TraitType[Any, Any]):
    """A read-only trait whose value is computed elsewhere; reading it gives the newest at once."""

    def __init__(self, help: str) -> None:
        super().__init__(NAN, read_only=True, help=help)

    def get(self, obj: HasTraits, cls: type[Any] | None = None) -> Any:
        """Return the newest computed value."""
        assert self.name is not None
        return obj._statistic(self.name)  # type: ignore[attr-defined]


class WindowTrait(TraitType[Any, Any]):
    """A window, set from any thread: it counts at once, observers are notified on the main thread."""

    def set(self, obj: Any, value: Any) -> None:
        """Take a window, or raise ValueError or TypeError."""
        window = Window.parse(value)
        obj._apply_window(window)
        store = super().set
        MAIN.run(lambda: store(obj, _plain(window)))

    def get(self, obj: Any, cls: type[Any] | None = None) -> Any:
        """Return the window as text, or as a number of readings."""
        return _plain(obj._window)


def _plain(window: Window) -> str | int:
    return str(window) if window.readings is None else window.readings


class ChannelStatistics(HasTraits):
    """The statistics of one channel, as traits that can be read and observed.

    Notes
    -----
    Reading a trait gives the newest computed value, at once and from any thread. Changes are notified
    on the main thread, at most 10 times a second; from NaN to NaN is no change.

    Thread safety: reading, from any thread; observe on the main thread.
    """

    count = Statistic(help="Readings in the window that are not missing.")
    last = Statistic(help="The newest reading.")
    mean = Statistic(help="Arithmetic mean.")
    std = Statistic(help="Sample standard deviation (ddof = 1); NaN for fewer than two readings.")
    min = Statistic(help="Smallest reading.")
    max = Statistic(help="Largest reading.")
    median = Statistic(help="Median, exact; computed when it is read or somebody observes it.")
    rate = Statistic(help="Readings per second of event time.")

    def __init__(self, analyzer: Analyzer | None, name: str | None) -> None:
        super().__init__()
        self._analyzer = analyzer
        self._name = name
        self._notified: dict[str, Any] = {}

    def __repr__(self) -> str:
        """Return the channel's name and statistics."""
        values = ", ".join(f"{s}={getattr(self, s):.6g}" for s in STATISTICS)
        return f"<statistics of {self._name!r}: {values}>"

    def _statistic(self, statistic: str) -> Any:
        if self._analyzer is None or self._name is None:
            return 0 if statistic == "count" else NAN
        return self._analyzer._statistic_of(self._name, statistic)

    def _notify(self) -> None:
        """Notify observers of what changed since the last time; on the main thread."""
        for statistic in STATISTICS:
            if not self.has_observers(statistic):
                continue
            old = self._notified.get(statistic, 0 if statistic == "count" else NAN)
            new = getattr(self, statistic)
            if new == old or (new != new and old != old):
                continue
            self._notified[statistic] = new
            self.notify_change(Bunch(name=statistic, old=old, new=new, owner=self, type="change"))

    def has_observers(self, statistic: str) -> bool:
        """Return whether somebody observes this statistic."""
        notifiers: dict[Any, dict[Any, list[Any]]] = self._trait_notifiers
        return any(
            observers
            for name in (statistic, traitlets.All)
            for observers in notifiers.get(name, {}).values()
        )


@dataclass
class _Channel:
    """What the analyzer keeps of one channel."""

    pyramid: BlockPyramid
    statistics: Statistics = field(default_factory=Statistics)
    window_rows: tuple[int, int] = (0, 0)
    covered: bool = True
    median: tuple[tuple[int, int], float] | None = None


class Analyzer(Alerting, ChannelStatistics):
    """Statistics over a window that slides with the readings, and rules that watch every one of them.

    Parameters
    ----------
    source_or_buffer
        A Source (it is not started) or a Buffer.
    window
        "60s", "5min", a timedelta, a number of readings, or "all".
    name
        A name; a second analyzer with the same explicit name replaces the first.

    Notes
    -----
    The traits `count`, `last`, `mean`, `std`, `min`, `max`, `median` and `rate` are those of the first
    channel; `channel(name)` has the others'. They are computed on raw readings, on a thread that runs
    from construction to `close()`.

    Thread safety: any method from any thread; observers are called on the main thread.

    Examples
    --------
    >>> buffer = Buffer()
    >>> analyzer = Analyzer(buffer, window="10s")
    >>> buffer.extend([0.0, 1.0, 2.0], x=[1.0, 2.0, 6.0])
    >>> analyzer.update()
    >>> analyzer.mean, analyzer.rate
    (3.0, 1.0)
    >>> analyzer.close()
    """

    window = WindowTrait(help='The window: "60s", a number of readings, or "all".')

    def __init__(
        self,
        source_or_buffer: Source | Buffer,
        window: WindowLike = "60s",
        *,
        name: str | None = None,
    ) -> None:
        if isinstance(source_or_buffer, Source):
            source, buffer = source_or_buffer, source_or_buffer.buffer
        elif isinstance(source_or_buffer, Buffer):
            source, buffer = None, source_or_buffer
        else:
            msg = f"Analyzer needs a Source or a Buffer (got {type(source_or_buffer).__name__})."
            raise TypeError(msg)
        super().__init__(None, None)
        self._window = Window.parse(window)
        self._analyzer = self
        self.explicit_name = name
        self.source: Source | None = source
        self.buffer: Buffer = buffer
        self.alerts = AlertLog(timezone=buffer.timezone)
        self.last_error: Exception | None = None
        self.is_replaced = False
        self._book = RuleBook(buffer)
        self._channels: dict[str, _Channel] = {}
        self._views: dict[str, ChannelStatistics] = {}
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._notify_due = 0.0
        self._tick_due = 0.0
        self._notify_posted = False
        self._is_dirty = False
        self.window = window
        buffer.subscribe(self._wake)
        ownership.replace_named(self, name)
        ownership.adopt(self)
        self._thread = threading.Thread(target=self._run, name="nbstream-analyzer", daemon=True)
        self._wake.set()
        self._thread.start()

    def __repr__(self) -> str:
        """Return the window and the channels."""
        return f"<Analyzer of {list(self.channels)} over {self._window.label}>"

    def __enter__(self) -> Analyzer:
        """Return the analyzer; leaving the block closes it."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the analyzer."""
        self.close()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.buffer.channels

    @property
    def parsed_window(self) -> Window:
        """The window, taken apart."""
        return self._window

    @property
    def covered(self) -> bool:
        """Whether the buffer still holds everything that belongs in the window, for all channels."""
        return all(channel.covered for channel in list(self._channels.values()))

    @property
    def is_closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed.is_set()

    def channel(self, name: str) -> ChannelStatistics:
        """Return the statistics of one channel; they are NaN until it has readings.

        Raises
        ------
        TypeError
            If `name` is not a str.
        """
        if not isinstance(name, str):
            msg = f"A channel's name must be a str (got {name!r})."
            raise TypeError(msg)
        with self._lock:
            view = self._views.get(name)
            if view is None:
                view = self._views[name] = ChannelStatistics(self, name)
            return view

    def snapshot(self) -> Snapshot:
        """Return the newest computed statistics of all channels, of one moment."""
        with self._lock:
            return Snapshot(
                self._window,
                self.buffer.newest_ns,
                {name: channel.statistics for name, channel in self._channels.items()},
            )

    def to_pandas(self, window: WindowLike | None = None) -> pd.DataFrame:
        """Return the readings in the window as a DataFrame (see `Buffer.to_pandas`)."""
        return self.buffer.to_pandas(self._window if window is None else window)

    def update(self) -> None:
        """Take in everything that was added to the buffer before the call; safe beside the thread.

        Raises
        ------
        ClosedError
            If the analyzer was closed.
        """
        self._require_open()
        self._update(force=True)
        self._wake.set()  # people are told of incidents on the analyzer's own thread
        if MAIN.is_current or not MAIN.has_loop:
            self._notify_all()

    def close(self) -> None:
        """End the analyzer and its rules; what it was given goes on."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._wake.set()
        self.buffer.unsubscribe(self._wake)
        self.buffer.need(self, None)
        if threading.current_thread() is not self._thread:
            self._thread.join(5.0)
        self._book.close()
        ownership.forget(self)

    def _replaced(self) -> None:
        self.is_replaced = True
        self.close()

    def _apply_window(self, window: Window) -> None:
        self._window = window
        self.buffer.need(self, window)
        with self._lock:
            for name, channel in self._channels.items():
                self._refresh(name, channel)
        self._is_dirty = True
        self._wake.set()

    # The thread.

    def _run(self) -> None:
        while not self._closed.is_set():
            self._wake.wait(TICK_INTERVAL if self._book.has_rules else None)
            self._wake.clear()
            started = time.monotonic()
            try:
                self._update()
                self._let_time_go_on(started)
                self._book.deliver()
            except Exception as error:
                self.last_error = error
                logger.exception("The analyzer could not take in readings.")
            self._post_notification()
            rest = UPDATE_INTERVAL - (time.monotonic() - started)
            if rest > 0:
                self._closed.wait(rest)

    def _let_time_go_on(self, now: float) -> None:
        """Show the rules about once a second that time goes on, also where no reading comes."""
        if now >= self._tick_due:
            self._tick_due = now + TICK_INTERVAL
            state = None if self.source is None else self.source.state
            self._book.tick(expects_data=state not in SILENT_STATES)

    def _update(self, *, force: bool = False) -> None:
        with self._lock:
            changed = False
            for name in self.buffer.channels:
                channel = self._channels.get(name)
                if channel is None:
                    first, _ = self.buffer.span(name)
                    channel = self._channels[name] = _Channel(BlockPyramid(first))
                    changed = True
                changed |= self._take_in(name, channel)
            self._is_dirty |= changed
            if changed or force:
                for name, channel in self._channels.items():
                    self._refresh(name, channel)

    def _take_in(self, name: str, channel: _Channel) -> bool:
        """Add a channel's new rows to its summaries and show them to the rules."""
        first, end = self.buffer.span(name)
        if channel.pyramid.end < first:  # more came between two looks than the buffer holds
            self.buffer.note(
                f"{first - channel.pyramid.end:,} readings of {name!r} were evicted unseen"
            )
            channel.pyramid = BlockPyramid(first)
        changed = channel.pyramid.end < end
        while channel.pyramid.end < end:
            start = channel.pyramid.end
            stop = min(start + CHUNK, end)
            rows = self.buffer.rows(name, start, stop)
            if rows.start > start:
                return self._take_in(name, channel)
            channel.pyramid.extend(rows.values)
            if self._book.watching(name):
                self._book.take_in(self._table(name, rows))
        return changed

    def _taken_in(self) -> dict[str, int]:
        return {name: channel.pyramid.end for name, channel in self._channels.items()}

    def _table(self, channel: str, rows: Rows) -> BufferTable:
        start, times, values = rows
        pyramid = self._channels[channel].pyramid
        return BufferTable(
            self.buffer,
            channel,
            start,
            times,
            values,
            pyramid=pyramid,
            window=self._window,
            zscores=lambda: self._zscores(channel, pyramid, start, times),
        )

    def _zscores(
        self, name: str, pyramid: BlockPyramid, start: int, times: TimeArray
    ) -> FloatArray:
        scores = np.full(len(times), NAN)
        first, _ = self.buffer.span(name)
        # Rows before a jump of the clock that came with the same batch have no window to speak of.
        skip = max(self.buffer.segment(name), first) - start
        skip = min(max(skip, 0), len(times))
        if skip == len(times):
            return scores
        rows = start + np.arange(skip, len(times))
        segment = max(self.buffer.segment(name), first)
        if self._window.duration_ns is not None:
            starts = self.buffer.rows_after(name, times[skip:] - self._window.duration_ns)
        elif self._window.readings is not None:
            starts = np.maximum(rows - self._window.readings, segment)
        else:
            starts = np.full(len(rows), segment)
        starts = np.minimum(starts, rows)
        scores[skip:] = trailing_zscores(
            starts, start + skip, pyramid, lambda a, b: self.buffer.rows(name, a, b).values
        )
        return scores

    def _refresh(self, name: str, channel: _Channel) -> None:
        """Compute a channel's statistics anew."""
        start, stop = self.buffer.window_rows(name, self._window)
        stop = min(stop, channel.pyramid.end)
        start = min(start, stop)
        last = self.buffer.last_value(name)

        def read(a: int, b: int) -> FloatArray:
            return self.buffer.rows(name, a, b).values

        summary = channel.pyramid.query(start, stop, read)
        channel.window_rows = (start, stop)
        channel.covered = self.buffer.covers(name, self._window)
        channel.pyramid.forget_before(self.buffer.span(name)[0])
        channel.statistics = Statistics(
            count=summary.n,
            last=last,
            mean=summary.mean,
            std=summary.std,
            min=summary.min,
            max=summary.max,
            rate=self._rate(name, start, stop, summary),
        )

    def _rate(self, name: str, start: int, stop: int, summary: Summary) -> float:
        if summary.n < 2:
            return NAN
        oldest = self._time_of_first_present(name, start, stop, 1)
        newest = self._time_of_first_present(name, stop - 1, start - 1, -1)
        span = (newest - oldest) / 1e9
        return (summary.n - 1) / span if span > 0 else NAN

    def _time_of_first_present(self, name: str, row: int, end: int, step: int) -> int:
        """Return the time of the first row that is not missing, going by blocks from `row` to `end`."""
        while (end - row) * step > 0:
            n = min(64, abs(end - row))
            low = row if step > 0 else row - n + 1
            rows = self.buffer.rows(name, low, low + n)
            present = np.flatnonzero(rows.values == rows.values)
            if len(present):
                return int(rows.times[present[0 if step > 0 else -1]])
            row += step * n
        return 0

    def _statistic(self, statistic: str) -> Any:
        channels = self.buffer.channels
        if not channels:
            return 0 if statistic == "count" else NAN
        return self._statistic_of(channels[0], statistic)

    def _statistic_of(self, name: str, statistic: str) -> Any:
        channel = self._channels.get(name)
        if channel is None:
            return 0 if statistic == "count" else NAN
        if statistic == "median":
            return self._median(name, channel)
        return getattr(channel.statistics, statistic)

    def _median(self, name: str, channel: _Channel) -> float:
        rows = channel.window_rows
        cached = channel.median
        if cached is not None and cached[0] == rows:
            return cached[1]
        values = self.buffer.rows(name, *rows).values
        values = values[values == values]
        median = float(np.median(values)) if len(values) else NAN
        channel.median = (rows, median)
        return median

    # Notifications.

    def _post_notification(self) -> None:
        if not self._is_dirty or self._notify_posted or self._closed.is_set():
            return
        now = time.monotonic()
        if now < self._notify_due:
            self._wake.set()  # come back, so that the last change of a burst is notified too
            return
        self._notify_due = now + NOTIFY_INTERVAL
        self._is_dirty = False
        if MAIN.has_loop:
            self._notify_posted = True
            MAIN.post(self._notify_posted_change)
        else:
            self._notify_all()

    def _notify_posted_change(self) -> None:
        self._notify_posted = False
        self._notify_all()

    def _notify_all(self) -> None:
        for statistics in (self, *list(self._views.values())):
            try:
                statistics._notify()
            except Exception as error:
                callback = f"an observer of {statistics!r}"
                self.last_error = CallbackError(f"{callback} failed: {error!r}", callback=callback)
                self.last_error.__cause__ = error
                logger.exception("%s failed.", callback)

    def _require_open(self) -> None:
        if self._closed.is_set():
            reason = "was replaced by a later run of its cell" if self.is_replaced else "was closed"
            msg = f"The analyzer {reason}. Make a new one."
            raise ClosedError(msg)
