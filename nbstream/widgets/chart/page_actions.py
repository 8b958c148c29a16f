"""What people do with a chart on a page: click or hide a line, select, mark, ask for tables, bands, gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from plotly.callbacks import InputDeviceState, Points

from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.chart.copies import wall_clock
from nbstream.widgets.chart.figure import live_number
from nbstream.widgets.chart.selection import Selection, read_span
from nbstream.widgets.page.messages import is_int, is_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.widgets.chart.chart_feed import ChartFeed
    from nbstream.widgets.chart.live_chart import LiveChart
    from nbstream.widgets.page.inbox import Action

__all__ = ["PageActions"]

MAX_MARK = 200
MAX_GAP = 1e9
"""Seconds."""
READING_MS = 9.2e12
"""The years that readings can have, in epoch ms: int64 ns."""


class PageActions:
    """The commands of a chart's page about its lines and readings.

    Parameters
    ----------
    chart
        What is acted on.
    feed
        Numbers the lines of the chart, as its pages do.

    Attributes
    ----------
    selection
        The span that was selected last, or None.

    Notes
    -----
    Thread safety: the actions are read on any thread, and done on the main thread.
    """

    def __init__(self, chart: LiveChart, feed: ChartFeed) -> None:
        self._chart = chart
        self._feed = feed
        self.selection: Selection | None = None

    def actions(self) -> dict[str, Action]:
        """Return the commands by their kind."""
        return {
            "click": self._click,
            "show": self._show,
            "select": self._select,
            "mark": self._mark,
            "table": self._table,
            "band": self._band,
            "gap": self._gap,
            "rows": self._each_row,
        }

    def _gap(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Return what has lines break at other pauses, for everybody: seconds, "never" or None."""
        gap: Any = message.get("value")
        if not (gap in (None, "never") or (is_number(gap, MAX_GAP) and gap > 0)):
            return None

        def choose() -> None:
            self._chart.gap = gap

        return choose

    def _band(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Return what shows the bands or hides them, for everybody."""
        is_shown: Any = message.get("value")
        if not isinstance(is_shown, bool):
            return None
        return lambda: self._chart._show_band(is_shown)

    def _each_row(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Return what gives each channel a row, or the rows that there were before, for everybody."""
        is_each: Any = message.get("value")
        if not isinstance(is_each, bool):
            return None
        return lambda: self._chart._show_each_row(is_each)

    def _show(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Return what shows a line or hides it, for everybody: the "visible" of its trace."""
        channel: Any = message.get("channel")
        is_shown: Any = message.get("value")
        if not is_int(channel) or not isinstance(is_shown, bool):
            return None
        chart, number = self._chart, int(channel)
        if number in chart._lanes:
            return lambda: chart._show_lane(number, is_shown)
        trace = next((t for t in chart.data if live_number(t._props) == number), None)
        if trace is None:
            return None

        def show() -> None:
            trace.visible = True if is_shown else "legendonly"

        return show

    def _table(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Return what shows a table in the place of the plot, or the plot again, for everybody."""
        is_table: Any = message.get("value")
        if not isinstance(is_table, bool):
            return None

        def show() -> None:
            self._chart.show_table = is_table

        return show

    def _mark(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        text: Any = message.get("text")
        time: Any = message.get("time")
        is_valid = isinstance(text, str) and text.strip() and len(text) <= MAX_MARK
        if not is_valid or not is_number(time, READING_MS):
            return None
        return lambda: self._chart.mark(text, np.datetime64(round(time * 1e6), "ns"))

    def _select(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Return what takes the span that somebody selected, or lets it go, and says what it comes to."""
        low: Any = message.get("from")
        high: Any = message.get("to")
        if low is None and high is None:
            return lambda: self._take_selection(None)
        if not (is_number(low, READING_MS) and is_number(high, READING_MS)):
            return None
        return lambda: self._take_selection((float(low), float(high)))

    def _take_selection(self, span: tuple[float, float] | None) -> dict[str, Any] | None:
        if span is None:
            self.selection = None
            return None
        self.selection = read_span(*span, self._feed.names, self._chart.analyzer.buffer)
        return self.selection.for_page()

    def _click(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        channel: Any = message.get("channel")
        time: Any = message.get("time")
        value: Any = message.get("value")
        is_reading = is_number(time, READING_MS) and is_number(value)
        if not is_int(channel) or not is_reading:
            return None
        # Posted: what a callback raises is the user's to see, not the page's.
        return lambda: MAIN.post(lambda: self._dispatch_click(channel, time, value))

    def _dispatch_click(self, channel: int, time_ms: float, value: float) -> None:
        for index, trace in enumerate(self._chart.data):
            if live_number(trace._props) == channel:
                when = wall_clock(np.array([round(time_ms * 1e6)]), self._chart.analyzer.buffer)[0]
                points = Points(
                    point_inds=[0],
                    xs=[str(when)],
                    ys=[value],
                    trace_name=trace.name,
                    trace_index=index,
                )
                trace._dispatch_on_click(points, InputDeviceState())
