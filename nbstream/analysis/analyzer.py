"""Statistics of a window as reactive Python values, and the rules that watch the readings."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from nbstream.alerts import Alerting, AlertLog, Rule, RuleBook
from nbstream.analysis.anomaly_log import AnomalyLog
from nbstream.analysis.delegation import delegated
from nbstream.analysis.detections import Detections
from nbstream.analysis.intake import Intake
from nbstream.analysis.stepped import Stepped
from nbstream.analysis.traits import (
    STATISTICS,
    ChannelStatistics,
    Snapshot,
    Statistics,
    StatisticsOfChannels,
    WindowStatistics,
    WindowTrait,
    require_name,
)
from nbstream.errors import CallbackError
from nbstream.readings.batch import TimeLike, time_ns
from nbstream.readings.buffer import Buffer, Rows
from nbstream.readings.window import Window, WindowLike, parse_duration
from nbstream.runtime import ending, ownership
from nbstream.runtime.main_thread import MAIN
from nbstream.runtime.turns import OVER, start_or_take_turns, take_turns
from nbstream.sources import Source, SourceState
from nbstream.statistics import Sample, StatisticLike, find
from nbstream.text.redaction import disarm, log_exception
from nbstream.text.sheet import Sheet, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    import pandas as pd

    from nbstream.analysis.detector_runs import DetectorRun

__all__ = ["STATISTICS", "Analyzer", "ChannelStatistics", "Snapshot", "Statistics"]

logger = logging.getLogger(__name__)

NAN = float("nan")
UPDATE_INTERVAL = 0.1
"""Seconds between two updates of the analyzer thread, at least: 10 a second, as often as is notified."""
NOTIFY_INTERVAL = 0.1
"""Seconds between two change notifications, at least: 10 a second."""
TICK_INTERVAL = 1.0
"""Seconds between two looks of the rules at the clock."""
DETECT_FOR = 0.1
"""Seconds that slow detectors may take of an update; what they don't manage they catch up with later."""
MAX_WINDOWS = 32
"""Windows whose statistics are kept."""
STEPPED_STATISTICS = ("count", "mean", "std", "min", "max")
SILENT_STATES = (SourceState.IDLE, SourceState.ENDED, SourceState.STOPPED)
"""States of a source in which no reading is expected."""


class Analyzer(StatisticsOfChannels):
    """Statistics over a window that slides with the readings, and rules that watch every one of them.

    Parameters
    ----------
    source_or_buffer
        A Source (it is not started) or a Buffer.
    window
        "60s", "5min", a timedelta, a number of readings, or "all"; None is the first of `windows`, or
        "60s".
    windows
        Windows whose statistics are kept too, for `over`.
    name
        A name; a second analyzer with the same explicit name replaces the first.

    Notes
    -----
    The traits `count`, `last`, `mean`, `std`, `min`, `max`, `median` and `rate` are those of the first
    channel; `channel(name)` has the others', `over(window)` those of another window, and `statistic(name)`
    is any of the catalogue (`nbstream.statistics`). They are computed on raw readings, on a thread that
    runs from construction to `close()`.

    Thread safety: any method from any thread; observers are called on the main thread.

    Examples
    --------
    >>> buffer = Buffer()
    >>> analyzer = Analyzer(buffer, window="10s")
    >>> buffer.extend([0.0, 1.0, 2.0], x=[1.0, 2.0, 6.0])
    >>> analyzer.update()
    >>> analyzer.mean, analyzer.rate
    (3.0, 1.0)
    >>> analyzer.statistic("p50"), analyzer.statistic("slope", window="2s")
    (2.0, 4.0)
    >>> analyzer.close()
    """

    window = WindowTrait(help='The window: "60s", a number of readings, or "all".')

    def __init__(
        self,
        source_or_buffer: Source | Buffer,
        window: WindowLike | None = None,
        *,
        windows: Sequence[WindowLike] | None = None,
        name: str | None = None,
    ) -> None:
        if isinstance(source_or_buffer, Source):
            source, buffer = source_or_buffer, source_or_buffer.buffer
        elif isinstance(source_or_buffer, Buffer):
            source, buffer = None, source_or_buffer
        else:
            msg = f"Analyzer needs a Source or a Buffer (got {type(source_or_buffer).__name__})."
            raise TypeError(msg)
        super().__init__(self._statistic_of)
        if isinstance(windows, str):
            msg = f"'windows' must be several windows (got {windows!r}). Write [{windows!r}]."
            raise TypeError(msg)
        others = [Window.parse(other) for other in windows or ()]
        if window is None:
            window = others[0] if others else "60s"
        self._intake = Intake(buffer, Window.parse(window))
        self._lock = self._intake.lock
        self.explicit_name = name
        self.source: Source | None = source
        """Where the readings come from; None for a buffer."""
        self.buffer: Buffer = buffer
        """The readings."""
        self.alerts: AlertLog = AlertLog(timezone=buffer.timezone)
        """What fired, and why: a log of incidents."""
        self.last_error: Exception | None = None
        self.is_replaced = False
        own_interval = None if source is None else source.own_interval
        self._book = RuleBook(buffer, own_interval=own_interval)
        self.anomalies: AnomalyLog = AnomalyLog(timezone=buffer.timezone)
        """What detectors flagged."""
        self._over: dict[Window, WindowStatistics] = {}
        self._stepped: tuple[Stepped, ...] = ()
        self._wake, self._closed = self._intake.wake, self._intake.closed
        self._ending = threading.Event()
        self._alerting = Alerting(
            self._intake, self._book, self.alerts, has_source=source is not None
        )
        self._detections = Detections(self._intake, self.anomalies)
        self._notify_due = 0.0
        self._tick_due = 0.0
        self._notify_posted = False
        self._is_dirty = False
        self._looks: tuple[Callable[[], bool], ...] = ()
        self._fitted_window: Window | None = None
        """The window, if nobody has chosen it: it was fitted to how often readings come."""
        self.window = window
        for other in others:
            self.over(other)
        buffer.subscribe(self._wake)
        if source is not None:
            source._add_pause_tap(self._let_past_go_on)
        ownership.replace_named(self, name)
        ownership.adopt(self)
        self._thread = threading.Thread(target=self._run, name="nbstream-analyzer", daemon=True)
        self._wake.set()
        self._turns = start_or_take_turns(self._thread, self._take_turn, self._wake)

    def __repr__(self) -> str:
        """Return the window and the channels."""
        return f"<Analyzer of {list(self.channels)} over {self.parsed_window.label}>"

    def _sheet(self) -> Sheet:
        """Return the statistics of the channels, and what watches them."""
        counts = {
            "rule": len(self.rules),
            "detector": len(self.detections),
            "anomaly": self.anomalies.n_found,
        }
        facts = [counted(n, what) for what, n in counts.items() if n]
        if self.alerts.active:
            facts.append(f"{len(self.alerts.active):,} firing")
        header, rows, more = self.snapshot()._table()
        state = f"over {self.parsed_window.label}" + (", closed" if self.is_closed else "")
        return Sheet("Analyzer", state, facts, header, rows, n_words=1, more=more)

    def __enter__(self) -> Analyzer:
        """Return the analyzer; leaving the block closes it."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the analyzer."""
        self.close()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that hold readings; the buffer has those of scores too."""
        return self.buffer.measured

    @property
    def parsed_window(self) -> Window:
        """The window as a `Window`, with its duration in ns or its number of readings."""
        return self._intake.window

    @property
    def covered(self) -> bool:
        """Whether the buffer still holds everything that belongs in the window, for all channels."""
        return all(channel.covered for channel in list(self._intake.channels.values()))

    @property
    def is_closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed.is_set()

    # What `alerts/alerting.py` and `analysis/detections.py` do, with their docstrings. mypy fears a "self"
    # among keyword arguments of any name.

    alert = delegated("_alerting", Alerting.alert)
    preview = delegated("_alerting", Alerting.preview)  # type: ignore[arg-type]
    wait_for = delegated("_alerting", Alerting.wait_for)
    notify = delegated("_alerting", Alerting.notify)
    save_rules = delegated("_alerting", Alerting.save_rules)
    load_rules = delegated("_alerting", Alerting.load_rules)
    detect = delegated("_detections", Detections.detect)  # type: ignore[arg-type]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are not closed, oldest first."""
        return self._alerting.rules

    @property
    def detections(self) -> tuple[DetectorRun, ...]:
        """The detectors at work, oldest first."""
        return self._detections.runs

    def over(self, window: WindowLike) -> WindowStatistics:
        """Return the statistics over another window; they have the same traits, and `channel(name)` too.

        They are kept up to date from now on. Windows named at construction are from the beginning.

        Raises
        ------
        ValueError
            If `window` cannot be read, or 32 are kept already.
        ClosedError
            If the analyzer was closed.

        Notes
        -----
        Cost: about 0.1 ms per window, channel and update, whatever the window.
        """
        parsed = Window.parse(window)
        with self._lock:
            view = self._over.get(parsed)
            if view is not None:
                return view
            self._intake.require_open()
            if len(self._over) >= MAX_WINDOWS:
                msg = (
                    f"An analyzer keeps {MAX_WINDOWS} windows at most, and {str(parsed)!r} would be "
                    "one more."
                )
                raise ValueError(msg)
            read = partial(self._statistic_of, window=parsed)
            view = WindowStatistics(parsed, read, partial(self._covers, parsed))
            self._over[parsed] = view
            self.buffer._store.need((self, parsed), parsed)
            self._intake.refresh(self._over)
        return view

    def statistic(
        self,
        statistic: StatisticLike,
        window: WindowLike | None = None,
        channel: str | None = None,
        *,
        at: TimeLike = None,
    ) -> Any:
        """Return any statistic of the catalogue, as of the newest update or of an earlier time.

        Parameters
        ----------
        statistic
            A name such as "median", "p99.9", "time_above(90)" or "correlation(pressure)"; or a
            `Statistic`. `nbstream.statistics.names()` has all.
        window
            Any window; None is the analyzer's.
        channel
            None is the first.
        at
            A time at which the window ended, of those readings that are still held; None is the newest.

        Returns
        -------
        float
            NaN where there are too few readings; what else, says the statistic.

        Raises
        ------
        ValueError
            If there is no such statistic, or its parameters, the window or the time cannot be read.

        Notes
        -----
        Thread safety: any thread. Cost: the statistic's docstring; the readings are looked at once for
        all statistics of an update.
        """
        found = find(statistic)
        parsed = self.parsed_window if window is None else Window.parse(window)
        at_ns = None if at is None else time_ns(at, timezone=self.buffer.timezone)
        if channel is not None:
            channel = require_name(channel)
        with self._lock:
            state = self._intake.state_of(channel)
            if state is not None and state.name not in self.buffer.channels:
                state = None  # the buffer was closed
            if state is not None and not state.is_current:
                self._update()
            if state is None:
                sample = Sample.of([], [])
            elif at_ns is None:
                sample = state.sample(parsed)
            else:
                sample = state.sample_at(parsed, at_ns)
            return sample.take(found)

    def stepped(
        self,
        step: str | float | timedelta,
        statistics: Sequence[StatisticLike] = STEPPED_STATISTICS,
        channel: str | None = None,
        *,
        max_rows: int = 100_000,
    ) -> Stepped:
        """Return a table that gets a row of statistics for each whole step of event time.

        Parameters
        ----------
        step
            Length of a step: "1min", seconds or a timedelta. Steps are aligned to absolute time.
        statistics
            One column each.
        channel
            None is the first.
        max_rows
            Rows that are kept; the oldest are dropped.

        Returns
        -------
        Stepped
            `to_pandas()` is the table so far, beginning with the readings that are held already.

        Raises
        ------
        ValueError
            If the step is not > 0, or a statistic is unknown or no number.
        ClosedError
            If the analyzer was closed.
        """
        step_ns = parse_duration(step, name="step")
        if not step_ns > 0:
            msg = f"'step' must be > 0 (got {step!r})."
            raise ValueError(msg)
        if isinstance(statistics, str):
            statistics = [statistics]
        found = tuple(find(statistic) for statistic in statistics)
        for wrong in found:
            if not wrong.is_number:
                msg = f"A column of a table is a number, and {str(wrong)!r} is none."
                raise ValueError(msg)
        if max_rows < 1:
            msg = f"'max_rows' must be >= 1 (got {max_rows!r})."
            raise ValueError(msg)
        self._intake.require_open()
        zone = self.buffer.timezone
        table = Stepped(
            step_ns, found, channel, timezone=zone, max_rows=max_rows, on_close=self._drop_stepped
        )
        with self._lock:
            self._stepped = (*self._stepped, table)
            state = self._intake.state_of(channel)
            if state is not None and state.newest_ns is not None:
                table.advance(state)
        return table

    def snapshot(self) -> Snapshot:
        """Return the newest computed statistics of all channels, of one moment."""
        with self._lock:
            window, channels = self.parsed_window, self._intake.channels.items()
            found = {name: state.statistics.get(window, Statistics()) for name, state in channels}
            return Snapshot(window, self.buffer.newest_ns, found)

    def to_pandas(self, window: WindowLike | None = None) -> pd.DataFrame:
        """Return the readings in the window as a DataFrame (see `Buffer.to_pandas`)."""
        return self.buffer.to_pandas(self.parsed_window if window is None else window)

    def update(self) -> None:
        """Take in everything that was added to the buffer before the call; safe beside the thread.

        Where no thread can be started, sources, recordings and notifiers get a turn too (`Source.update`).

        Raises
        ------
        ClosedError
            If the analyzer was closed.
        """
        self._intake.require_open()
        take_turns()
        self._update(force=True)
        self._wake.set()  # people are told of incidents on the analyzer's own thread
        if self._turns is not None:
            self._turns.take()
        if MAIN.is_current or not MAIN.has_loop:
            self._notify_all()

    def close(self) -> None:
        """End the analyzer and its rules; the source or buffer that it was given is left as it is.

        It waits for its thread half a second at most, and up to 5 s for notifiers that still deliver. In a
        notebook's cell it waits for those half a second too, and they go on by themselves.
        """
        if self._closed.is_set():
            return
        self._closed.set()
        self._signal_end()
        self.buffer.unsubscribe(self._wake)
        if self.source is not None:
            self.source._remove_pause_tap(self._let_past_go_on)
        self.buffer._store.need(self, None)
        for window in list(self._over):
            self.buffer._store.need((self, window), None)
        if self._turns is not None:
            self._turns.forget()
        try:
            if threading.current_thread() is not self._thread and self._thread.is_alive():
                self._thread.join(ending.seconds_left(ending.GRACE))
        finally:
            self._alerting.end()
            for channel in list(self._intake.channels.values()):
                channel.forget()
            ownership.forget(self)

    def _signal_end(self) -> None:
        """Tell the thread to end, and wait for nothing."""
        self._ending.set()
        self._wake.set()

    def _replaced(self) -> None:
        self.is_replaced = True
        self._intake.ended_as = "replaced by a later run of its cell"
        self.close()

    def choose_window(self, window: WindowLike) -> None:
        """Take a window that a page chose: as setting `window`, but the buffer does not grow for it.

        Raises
        ------
        ValueError
            If it cannot be read.
        TypeError
            If it is something else.
        """
        type(self).window.choose(self, window)

    def _apply_window(self, window: Window, *, makes_room: bool) -> None:
        self._intake.window = window
        if window != self._fitted_window:
            self._fitted_window = None
        if makes_room:
            self.buffer._store.need(self, window)
        with self._lock:
            self._intake.refresh(self._over)
        self._is_dirty = True
        self._wake.set()

    # The thread.

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wake.wait(TICK_INTERVAL if self._book.has_rules else None)
            self._wake.clear()
            started = time.monotonic()
            self._do_what_is_due(started)
            rest = UPDATE_INTERVAL - (time.monotonic() - started)
            if rest > 0:
                self._ending.wait(rest)

    def _take_turn(self) -> float | None:
        """Do on the event loop what the thread does where there is one."""
        if self._ending.is_set():
            return OVER
        self._do_what_is_due(time.monotonic())
        return TICK_INTERVAL if self._book.has_rules else None

    def _do_what_is_due(self, started: float) -> None:
        try:
            self._update()
            if self._detections.is_behind:
                self._wake.set()
            self._let_time_go_on(started)
            self._book.deliver()
        except Exception as error:
            disarm(error)
            self.last_error = error
            log_exception(logger, "The analyzer could not take in readings.")
        self._post_notification()

    def _let_time_go_on(self, now: float) -> None:
        """Show the rules about once a second that time goes on, also where no reading comes."""
        if now >= self._tick_due:
            self._tick_due = now + TICK_INTERVAL
            state = None if self.source is None else self.source.state
            self._book.tick(expects_data=state not in SILENT_STATES)

    def _let_past_go_on(self, heard_ns: Mapping[str, int], moments_ns: Sequence[int]) -> None:
        """Show the rules a silence of a recording that no reading's time shows; on its source's thread."""
        if not self._book.has_rules or self._closed.is_set():
            return
        try:
            self._update(force=True)
            for now_ns in moments_ns:
                self._book.let_past_go_on(heard_ns, now_ns)
        except Exception as error:
            disarm(error)
            self.last_error = error
            log_exception(logger, "The rules could not be shown a pause of a recording.")
        self._wake.set()

    def _update(self, *, force: bool = False) -> None:
        intake, seconds = self._intake, float("inf") if force else DETECT_FOR

        def show(channel: str, rows: Rows) -> None:
            # To the detectors before the rules, which may be about scores.
            self._detections.score(channel, rows.start, rows.start + len(rows.times), seconds)
            if self._book.watching(channel):
                for table in intake.tables(channel, rows):
                    self._book.take_in(table)

        with self._lock:
            moment = self.buffer._store.moment()
            changed = intake.take_in(moment.ends, show)
            self._book.overtake()
            changed |= self._detections.catch_up(seconds)
            if changed and self._detections.runs:  # their scores are rows too
                moment = self.buffer._store.moment()
                derived = self.buffer.derived & moment.ends.keys()
                intake.take_in({name: moment.ends[name] for name in derived}, show)
            self._is_dirty |= changed
            if changed or force:
                intake.refresh(self._over, moment)
                for table in self._stepped:
                    state = intake.state_of(table.channel)
                    if state is not None and state.name in moment.ends:
                        table.advance(state)

    def _covers(self, window: Window) -> bool:
        return all(self.buffer.channel(name).covers(window) for name in self.buffer.channels)

    def _statistic_of(self, name: str | None, statistic: str, window: Window | None = None) -> Any:
        channel = self._intake.state_of(name)
        if statistic == "median":
            return NAN if channel is None else self.statistic("median", window, channel.name)
        known = None if channel is None else channel.statistics.get(window or self.parsed_window)
        if statistic == "last" and known is not None and known.label:
            return known.label
        return getattr(known or Statistics(), statistic)

    def _drop_stepped(self, table: Stepped) -> None:
        with self._lock:
            self._stepped = tuple(other for other in self._stepped if other is not table)

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

    def _look_on(self, look: Callable[[], bool]) -> None:
        """Call a function on the main thread after readings, until it is True."""
        self._looks = (*self._looks, look)

    def _notify_all(self) -> None:
        self._looks = tuple(look for look in self._looks if not look())
        views = self._notify_views()
        for over in list(self._over.values()):
            views += over._notify_views()
        for statistics in views:
            try:
                statistics._notify()
            except Exception as error:
                callback = f"an observer of {statistics!r}"
                self.last_error = CallbackError(f"{callback} failed: {error!r}", callback=callback)
                self.last_error.__cause__ = disarm(error)
                log_exception(logger, "%s failed.", callback)
