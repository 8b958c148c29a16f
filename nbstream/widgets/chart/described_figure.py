"""A figure that keeps the traces of a buffer's channels, and a description of itself for pages."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.chart.arrangement import ChosenRows, arrange, read_rows
from nbstream.widgets.chart.channel_traces import ChannelTraces, applied
from nbstream.widgets.chart.copies import static_copy
from nbstream.widgets.chart.figure import Figure, describe
from nbstream.widgets.chart.quiet_figure import QuietFigure
from nbstream.widgets.chart.scales import Scales
from nbstream.widgets.chart.settings import read_switch, read_y
from nbstream.widgets.chart.switches import Switches
from nbstream.widgets.chart.thresholds import thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.window import Window
    from nbstream.widgets.chart.channel_traces import Plan
    from nbstream.widgets.chart.chart_feed import ChartFeed
    from nbstream.widgets.chart.settings import YLike
    from nbstream.widgets.chart.thresholds import Threshold

__all__ = ["DescribedFigure"]

DESCRIBED_EVERY = 0.05
"""Seconds between two descriptions of a figure that is changed all the time."""
FORESEEN_AFTER = 0.15
"""A main thread that has not come for so long (s) may be busy for hours."""


class DescribedFigure(QuietFigure):
    """Says in words of the page what is to be drawn: `figure.describe` of what it is now.

    Parameters
    ----------
    layout
        That it begins with.
    rows, y, log
        Which channels stand together, and how the y axes are, as a LiveChart takes them.

    Notes
    -----
    A subclass says what it shows by `_show_channels`, and gives `_described` to its pages.

    Thread safety: main thread, but for `_look_for_changes` and `_described`.
    """

    def __init__(self, layout: dict[str, Any], *, rows: Any, y: Any, log: Any) -> None:
        self._shown: tuple[Analyzer, ChartFeed] | None = None
        self._rows: ChosenRows = read_rows(rows)
        self._rows_before: ChosenRows = None
        """What was chosen before each channel got a row."""
        self._is_log = read_switch(log, "log")
        self._y = read_y(y, is_log=self._is_log)
        self._hidden_lanes: set[int] = set()
        """Numbers of channels of words that somebody hid: they have no trace that could say so."""
        self._switches = Switches()
        self._scales = Scales()
        self._described: dict[str, Any] = {}
        self._described_at = -DESCRIBED_EVERY
        self._synced: tuple[Any, ...] = ()
        self._foreseen: tuple[Any, ...] = ()
        self._n_described = 0
        self._lock = threading.Lock()
        self._sync_posted: float | None = None
        self._is_syncing = False
        super().__init__(layout)
        self._traces = ChannelTraces()

    @property
    def rows(self) -> ChosenRows:
        """Which channels stand together, from the top down, or "each"; None leaves it to their units."""
        return self._rows

    @rows.setter
    def rows(self, rows: Iterable[Iterable[str]] | None) -> None:
        chosen = read_rows(rows)
        if chosen == "each" and self._rows != "each":
            self._rows_before = self._rows
        self._rows = chosen
        self._figure_changed()

    @property
    def y(self) -> YLike:
        """How the y axes choose their range: "fit", "expand", or its ends."""
        return self._y

    @y.setter
    def y(self, y: YLike) -> None:
        self._y = read_y(y, is_log=self._is_log)
        self._figure_changed()

    @property
    def log(self) -> bool:
        """Whether the y axes are logarithmic; ends of `y` that such an axis can't have are dropped."""
        return self._is_log

    @log.setter
    def log(self, log: bool) -> None:
        self._is_log = read_switch(log, "log")
        self._figure_changed()

    def _show_channels(self, analyzer: Analyzer, feed: ChartFeed) -> None:
        """Keep a trace for each channel of a feed from now on."""
        self._shown = analyzer, feed
        self._sync()

    def _show_no_more(self) -> None:
        """Stay as it is."""
        self._shown = None

    def _look_for_changes(self) -> None:
        """Take in channels, units and rules that changed; called on the pump's thread.

        The traces are the main thread's, which a cell may keep busy. Where it is long in coming the figure is
        described as it will be then: a chart and the loop that fills it may be one cell.
        """
        if self._shown is None:
            return
        wanted = self._wanted(*self._shown)
        if wanted == self._synced:
            return
        self._sync_soon()
        posted = self._sync_posted
        is_late = posted is not None and time.monotonic() - posted >= FORESEEN_AFTER
        if is_late and wanted != self._foreseen:
            # The cell may change the figure meanwhile: then with the next frame.
            with suppress(RuntimeError, LookupError):
                self._foresee(wanted, *self._shown)

    def _foresee(self, wanted: tuple[Any, ...], analyzer: Analyzer, feed: ChartFeed) -> None:
        n_described = self._n_described
        plan = self._plan(wanted)
        data, layout = applied(plan, self._data, self._layout_obj._props)
        described = self._describe_as(data, layout, plan.legends, wanted, analyzer, feed)
        with self._lock:
            if self._n_described == n_described:
                self._described, self._foreseen = described, wanted

    def _figure_changed(self) -> None:
        """Describe the figure anew: at once, so that a loop in a cell is seen too, but not all the time."""
        if self._shown is None or self._is_syncing:
            return
        is_due = time.monotonic() - self._described_at >= DESCRIBED_EVERY
        if is_due and MAIN.is_current:
            self._sync()
        else:
            self._sync_soon()

    def _sync_soon(self) -> None:
        if self._sync_posted is None:
            self._sync_posted = time.monotonic()
            MAIN.post(self._sync)

    def _sync(self) -> None:
        """Keep the traces of the channels and describe the figure; main thread."""
        self._sync_posted = None
        if self._shown is None:
            return
        analyzer, feed = self._shown
        wanted = self._wanted(analyzer, feed)
        if wanted != self._synced:
            self._is_syncing = True
            try:
                self._traces.keep(self, self._plan(wanted))
            finally:
                self._is_syncing = False
        described = self._describe_as(
            self._data, self._layout_obj._props, self._traces.legends, wanted, analyzer, feed
        )
        with self._lock:
            self._n_described += 1
            self._synced, self._foreseen = wanted, ()
            is_new = described != self._described
            if is_new:
                self._described = described
        if is_new:
            self._description_changed()
        self._described_at = time.monotonic()

    def _plan(self, wanted: tuple[Any, ...]) -> Plan:
        names, units, _, _, (rows, is_log), lanes, _, scales = wanted
        arranged = arrange(names, units, rows, lanes, scales)
        layout = self._layout_obj._props
        return self._traces.plan(self._data, layout, names, units, arranged, is_log=is_log)

    def _describe_as(
        self,
        data: Sequence[dict[str, Any]],
        layout: dict[str, Any],
        legends: dict[str, str],
        wanted: tuple[Any, ...],
        analyzer: Analyzer,
        feed: ChartFeed,
    ) -> dict[str, Any]:
        names, units, _, offset, _, lanes, switches, _ = wanted
        return describe(
            Figure(
                data=data,
                layout=layout,
                names=[shown["name"] for shown in feed.shown[: len(names)]],
                legends=[legends[name] for name in names],
                lanes={
                    n: n not in self._hidden_lanes for n, name in enumerate(names) if name in lanes
                },
                switches=frozenset(n for n, name in enumerate(names) if name in switches),
                units=[units.get(name) or "" for name in names],
                thresholds=self._thresholds(analyzer, feed),
                y=self._y,
                offset_ms=offset,
            )
        )

    def _description_changed(self) -> None:
        """Take in that the description is another now."""

    def _wanted(self, analyzer: Analyzer, feed: ChartFeed) -> tuple[Any, ...]:
        """Return what the traces are made of, to compare it with what it was."""
        units = dict(analyzer.buffer.units)
        rules = tuple((id(rule), rule.version) for rule in analyzer.rules)
        names = feed.names
        lanes = frozenset(analyzer.buffer._store.labels.keys() & names)
        look = self._rows, self._is_log
        switches = self._switches.among(analyzer.buffer, [n for n in names if n not in lanes])
        scales = self._scales_of(
            [n for n in names if n not in lanes and not units.get(n)], analyzer
        )
        return names, units, rules, feed.zone["offset"], look, lanes, switches, scales

    def _scales_of(self, names: list[str], analyzer: Analyzer) -> dict[str, int]:
        """Return the scales of channels without units, where nobody chose rows, ends or a logarithm."""
        is_open = self._rows is None and not self._is_log and isinstance(self._y, str)
        return self._scales.among(analyzer.buffer, names) if is_open else {}

    def _thresholds(self, analyzer: Analyzer, feed: ChartFeed) -> list[Threshold]:
        return thresholds(analyzer.rules, feed.names, analyzer.buffer)

    def _copy(
        self,
        analyzer: Analyzer,
        feed: ChartFeed,
        window: Window,
        span: tuple[int, int] | None = None,
    ) -> dict[str, Any]:
        """Return the figure with the points of a window, or of a span (ns), in its live traces."""
        self._sync()
        names, *_, lanes, switches, _ = self._wanted(analyzer, feed)
        return static_copy(
            self._data,
            self._layout_obj._props,
            feed.points(window, span),
            feed.names,
            self._thresholds(analyzer, feed),
            self._y,
            analyzer,
            window,
            span,
            lanes=lanes - {names[number] for number in self._hidden_lanes},
            switches=switches,
        )
