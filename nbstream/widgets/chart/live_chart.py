"""LiveChart: a plotly FigureWidget whose lines are fed by binary frames and drawn at the screen's pace."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
import traitlets
from plotly.callbacks import InputDeviceState, Points
from plotly.serializers import custom_serializers

from nbstream.analysis.as_analyzer import as_analyzer
from nbstream.readings.window import Window
from nbstream.readings.zone import offset_ms
from nbstream.runtime import ownership
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.runtime.main_thread import MAIN
from nbstream.text.naming import short_name
from nbstream.widgets.chart.chart_feed import SPAN_OF_ALL_NS, ChartFeed
from nbstream.widgets.chart.figure import (
    COLORWAY,
    OWN_SHAPE,
    base_layout,
    drawn_limits,
    legend_texts,
    mark_lone,
    plotly_text,
    threshold_shapes,
)
from nbstream.widgets.chart.modebar import UPLOADING, StaticFigure, StaysOnPage, page_config
from nbstream.widgets.chart.plotly_reports import is_refusal, taken
from nbstream.widgets.keep.export import write_csv, write_png, write_svg
from nbstream.widgets.keep.output import Keeper, Subject
from nbstream.widgets.keep.record import Trace
from nbstream.widgets.page.assets import loader, stub, stylesheet
from nbstream.widgets.page.commands import WINDOW_CHOICES, pause_command, window_command
from nbstream.widgets.page.inbox import Action, Inbox
from nbstream.widgets.page.link import PUMP, Link
from nbstream.widgets.page.messages import DistrustsPages, is_int, is_number
from nbstream.widgets.page.options import refuse_unknown
from nbstream.widgets.page.scripts import SCRIPTS
from nbstream.widgets.page.subshell import AnswersOnMainShell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.window import WindowLike
    from nbstream.sources import Source

__all__ = ["LiveChart"]

logger = logging.getLogger(__name__)

OPTIONS = ("window", "title", "height", "channels", "toolbar", "name", "layout")
SECOND_NS = 10**9
LATEST_MS = 8e15
"""Plotly's years, in epoch ms …"""
READING_MS = 9.2e12
"""… and those that readings can have: int64 ns."""
FIRST_NS = -9_200_000_000_000_000_000
"""The oldest time that has a wall clock in every zone."""


class LiveChart(AnswersOnMainShell, DistrustsPages, StaysOnPage, go.FigureWidget):
    """A chart that scrolls with its data; every method and trait of a plotly FigureWidget works on it.

    Parameters
    ----------
    source_or_analyzer
        A Source, a Buffer or an Analyzer.
    window
        Width of the view while it follows, and span of the statistics; None leaves an analyzer's as it
        is, and is "60s" else.
    title
        Of the chart.
    height
        In pixels.
    channels
        Names of the channels to show, such as those of scores ("value.zscore"), also if they come later;
        None is all that hold readings.
    toolbar
        Whether the chart shows its own pause button and window choice.
    name
        A second chart with the same explicit name replaces the first.
    layout
        More of plotly's layout, as for `update_layout`.

    Notes
    -----
    The live lines hold no points in `data`; `to_figure()`, `to_dict()`, `to_html()` and `write_image()` hold
    those of the present window.

    Thread safety: create, change and close it on the main thread; readings may come from any thread.
    """

    _esm = property(lambda self: stub(self._loader))
    _loader = traitlets.Unicode().tag(sync=True)
    _css = stylesheet()
    _ended: str | None = "never opened"

    def __init__(
        self,
        source_or_analyzer: Source | Buffer | Analyzer,
        window: WindowLike | None = None,
        *,
        title: str | None = None,
        height: int = 380,
        channels: Iterable[str] | None = None,
        toolbar: bool = True,
        name: str | None = None,
        layout: dict[str, Any] | None = None,
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self).__name__, unknown, OPTIONS)
        MAIN.require("Creating a LiveChart")
        analyzer, owns_analyzer = as_analyzer(source_or_analyzer, window)
        super().__init__(layout=base_layout(title, height, _first_ends(analyzer)))
        if layout:
            self.update_layout(layout)
        self._choose_buttons(None, self.layout.modebar)
        self.layout.on_change(self._choose_buttons, "modebar")
        self._explicit_name = name
        self._analyzer = analyzer
        self._owns_analyzer = owns_analyzer
        self._has_toolbar = toolbar
        self._is_paused = False
        self._ended: str | None = None
        self._synced: tuple[Any, ...] = ()
        self._sync_posted = False
        self._requests: dict[str, dict[str, Any]] = {}
        self._link = Link(self.send, _NO_FEED, push=lambda: SCRIPTS.push(self.send, "chart"))
        self._feed = ChartFeed(
            analyzer,
            self._describe,
            lambda: self._link.width_px,
            None if channels is None else frozenset(_as_names(channels)),
        )
        self._link.feed = self._feed
        self._inbox = Inbox(self, self._link, self._actions, take=self._take_history)
        self._keeper = Keeper(analyzer, self._kept, tell=lambda content: self.send(content))
        self._sync()
        ownership.replace_named(self, name)
        ownership.adopt(self)
        self._link.open(PUMP)

    @traitlets.default("_loader")
    def _present_loader(self) -> str:  # not before a chart is made are the scripts laid out
        return loader("chart", is_served=SCRIPTS.are_served("chart"))

    def __repr__(self) -> str:
        """Return what is shown, without the figure's contents."""
        names = [short_name(name) for name in self._feed.names]
        return f"<LiveChart of {names} over {self._analyzer.parsed_window.label}>"

    @property
    def analyzer(self) -> Analyzer:
        """Whose readings are shown."""
        return self._analyzer

    @property
    def source(self) -> Source | None:
        """Where the readings come from; None for a buffer."""
        return self._analyzer.source

    @property
    def explicit_name(self) -> str | None:
        """The name that was given, or None."""
        return self._explicit_name

    @property
    def is_paused(self) -> bool:
        """Whether the views stand still; the data never does."""
        return self._is_paused

    @property
    def is_closed(self) -> bool:
        """Whether `close()` was called."""
        return self._ended is not None

    @property
    def n_views(self) -> int:
        """Views that look at the chart now."""
        return self._link.n_visible

    @property
    def shown(self) -> int:
        """Points that draw the window at present; each stands for one reading or more."""
        return self._feed.n_points

    @property
    def n_frames(self) -> int:
        """Frames sent so far."""
        return self._link.n_frames

    @property
    def n_ignored(self) -> int:
        """Messages of pages that made no sense, or were too many."""
        return self._inbox.n_ignored + self._link.n_ignored

    def pause(self) -> None:
        """Let all views stand still; readings are taken in as before."""
        self._is_paused = True
        PUMP.wake()

    def resume(self) -> None:
        """Let all views follow the newest readings again."""
        self._is_paused = False
        PUMP.wake()

    def to_figure(self, window: WindowLike | None = None) -> go.Figure:
        """Return a plain plotly Figure of the present window, with all drawn points.

        Parameters
        ----------
        window
            Another window; None is the chart's.
        """
        return StaticFigure(self._static(window), skip_invalid=True)

    def to_dict(self) -> dict[str, Any]:
        """Return the figure of the present window as a dict (what `to_html` and `write_image` use)."""
        figure = self._static(None)
        figure.setdefault("layout", {})
        return figure

    def to_csv(self, path: str | PathLike[str], window: WindowLike | None = None) -> None:
        """Write the readings of the channels that are shown as CSV, a column each.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced.
        window
            Another window; None is the chart's.

        Raises
        ------
        ValueError
            If `window` cannot be read, or is not > 0.
        OSError
            If the file cannot be written.
        """
        write_csv(self._analyzer, [trace.channel for trace in self._kept().traces], path, window)

    def to_png(self, path: str | PathLike[str], window: WindowLike | None = None) -> None:
        """Write a picture of what is shown, drawn without a browser: 880 px wide, two pixels for each.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced.
        window
            Another window; None is the chart's.

        Raises
        ------
        ValueError
            If `window` cannot be read, or is not > 0.
        OSError
            If the file cannot be written.
        """
        kept = self._kept()
        write_png(self._analyzer, kept.traces, kept.title, path, window)

    def to_svg(self, path: str | PathLike[str], window: WindowLike | None = None) -> None:
        """Write what is shown as SVG, for papers and the web, drawn without a browser.

        Parameters
        ----------
        path
            Of the file; one that is there is replaced.
        window
            Another window; None is the chart's.

        Raises
        ------
        ValueError
            If `window` cannot be read, or is not > 0.
        OSError
            If the file cannot be written.
        """
        kept = self._kept()
        write_svg(self._analyzer, kept.traces, kept.title, path, window)

    def keep(self) -> None:
        """Renew the picture and the table that the notebook keeps of the chart, in each cell that shows it.

        They are what a saved notebook shows where no kernel makes the chart live: reopened, as HTML, on
        GitHub. Renewed by themselves when the source ends, at `close()`, and at most every 5 min.

        Notes
        -----
        Thread safety: any thread. Cost: about 0.2 s, a second for 16 channels of a million readings.
        """
        self._keeper.keep()

    def _kept(self) -> Subject:
        """Return how the chart looks, for a picture of it."""
        drawn = {trace.meta: trace for trace in self.data}
        traces = []
        for number, name in enumerate(self._feed.names):
            trace = drawn.get(f"nbs-{number}")
            if trace is None or trace.visible not in (False, "legendonly"):
                color = None if trace is None else trace.line.color
                traces.append(Trace(name, color or COLORWAY[number % len(COLORWAY)]))
        return Subject(traces, self.layout.title.text or "")

    def close(self) -> None:
        """End the chart, and the analyzer if the chart made it."""
        if self._ended is None:
            self._end("closed")

    def _signal_end(self) -> None:
        """Tell an analyzer of its own to end, and wait for nothing."""
        if self._owns_analyzer:
            self._analyzer._signal_end()

    def _replaced(self) -> None:
        if self._ended is None:
            self._end("replaced by a later run of the cell")

    def _end(self, reason: str) -> None:
        MAIN.require("Closing a LiveChart")
        self._keeper.close(keep=reason == "closed")
        self._ended = reason
        try:
            self.send({"kind": "ended", "reason": reason})
        except Exception:  # the comm was closed by the other side
            logger.debug("The end of a chart could not be sent.", exc_info=True)
        self._link.close()
        try:
            if self._owns_analyzer:
                self._analyzer.close()
        finally:
            ownership.forget(self)
            super().close()

    # State that a page restores from, and what it may write.

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return the widget's state; the figure in it is the present one."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        # FigureWidget keeps copies made when it was displayed; a page that is reloaded would show those.
        if getattr(self, "_layout_obj", None) is not None:
            present = {"_widget_data": self._data, "_widget_layout": self._layout_obj._props}
            for name in present.keys() & state.keys():
                state[name] = custom_serializers["to_json"](copy.deepcopy(present[name]), self)
        return state

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page may write; anything else is ignored."""
        reports = taken(sync_data)
        if len(reports) < len(sync_data):
            self._ignore()
        try:
            super().set_state(reports)
        except Exception as error:
            if not is_refusal(error):
                raise
            self._ignore()

    def _ignore(self) -> None:
        self._inbox.ignore()

    def displayed(self) -> None:
        """Expect a new view of the chart; what displays it calls this on the main thread."""
        self._link.displayed()

    def _repr_mimebundle_(self, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        self._sync()
        self._keeper.display()
        self.displayed()
        bundle = dict(super()._repr_mimebundle_(*arguments, **keywords))
        bundle["text/plain"] = self._summary()
        return bundle

    def _summary(self) -> str:
        latest = self._analyzer.buffer.latest()
        values = [
            f"{short_name(name)} = {value:g} at {time:%Y-%m-%d %H:%M:%S}"
            for name, (time, value) in latest.items()
            if name in self._feed.names
        ]
        return "\n".join([repr(self)[1:-1], *values])

    # Messages of a page.

    def _actions(self) -> dict[str, Action]:
        return {
            "window": window_command(self._analyzer),
            "pause": pause_command(self),
            "figure": lambda _: self._send_figure,
            "kept": lambda _: self._keeper.latest,
            "click": self._click,
        }

    def _send_figure(self) -> None:
        """Give a page the figure as it is now, before it begins to take in changes of it."""
        self._sync()
        self.send_state(["_widget_data", "_widget_layout"])

    def _take_history(self, message: dict[str, Any]) -> bool:
        """Note the span that a view looks back at; it is answered beside a busy main thread."""
        if message.get("kind") != "history":
            return False
        client: Any = message.get("client")
        low: Any = message.get("from")
        high: Any = message.get("to")
        number: Any = message.get("request")
        is_valid = (
            isinstance(client, str)
            and len(client) <= 64
            and is_int(number)
            and is_number(low, LATEST_MS)
            and is_number(high, LATEST_MS)
            and low < high
            and (client in self._requests or len(self._requests) < 50)
        )
        if not is_valid:
            return False
        self._requests[client] = {"from": low, "to": high, "request": number}
        PUMP.post(self._answer_requests)
        return True

    def _answer_requests(self) -> None:
        """Send views that look back their points; on the pump's thread."""
        while self._requests:
            client, wanted = self._requests.popitem()
            payload = self._feed.history(
                int(wanted["from"] * 1e6), int(wanted["to"] * 1e6), self._link.width_px
            )
            content = {
                "kind": "history",
                "to": client,
                "request": wanted["request"],
                **payload.content,
            }
            self.send(content, payload.buffers)

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
        for index, trace in enumerate(self.data):
            if trace.meta == f"nbs-{channel}":
                buffer = self._analyzer.buffer
                when = _wall_clock(np.array([round(time_ms * 1e6)]), buffer)[0]
                points = Points(
                    point_inds=[0],
                    xs=[str(when)],
                    ys=[value],
                    trace_name=trace.name,
                    trace_index=index,
                )
                trace._dispatch_on_click(points, InputDeviceState())

    # The figure.

    def _describe(self) -> dict[str, Any]:
        """Return what a page must know beside the points; called on the pump's thread for each frame."""
        wanted = self._wanted()
        if wanted != self._synced and not self._sync_posted:
            self._sync_posted = True
            MAIN.post(self._sync)
        source = self._analyzer.source
        return {
            "chart": self.model_id,
            "paused": self._is_paused,
            "toolbar": self._has_toolbar,
            "choices": list(WINDOW_CHOICES),
            "limits": [limit for rule in self._analyzer.rules for limit in drawn_limits(rule)],
            "source": None if source is None else source.state.name,
            "sentence": "waiting for buffer.append(…)" if source is None else source.status,
        }

    def _choose_buttons(self, _: Any, modebar: Any) -> None:
        self._config = page_config(modebar)

    def _wanted(self) -> tuple[Any, ...]:
        units = dict(self._analyzer.buffer.units)
        rules = tuple((id(rule), rule.version) for rule in self._analyzer.rules)
        return self._feed.names, units, rules, self._feed.zone["label"]

    def _sync(self) -> None:
        """Give the figure a trace per channel, a line per threshold and the zone on its axis; main thread."""
        self._sync_posted = False
        if self._ended is not None:
            return
        wanted = self._wanted()
        if wanted == self._synced:
            return
        channels, units, _, zone = wanted
        before, self._synced = self._synced, wanted
        known = {trace.meta for trace in self.data}
        legends = legend_texts(channels, units)
        new = [
            go.Scatter(
                # One point without a value: plotly leaves a trace without points out of its legend.
                x=[None],
                y=[None],
                name=legends[name],
                meta=f"nbs-{number}",
                hoverinfo="skip",
                line={"width": 1.5, "simplify": False},  # the points are few enough as they are
            )
            for number, name in enumerate(channels)
            if f"nbs-{number}" not in known
        ]
        if new:
            self.add_traces(new)
        if not before or before[3] != zone:
            self.layout.xaxis.title.text = plotly_text(zone)
        if len(channels) == 1 and channels[0] in units and self.layout.yaxis.title.text is None:
            self.layout.yaxis.title.text = plotly_text(units[channels[0]])
        self._sync_thresholds()

    def _sync_thresholds(self) -> None:
        shapes = [s for s in self.layout.shapes if not (s.name or "").startswith(OWN_SHAPE)]
        own = [shape for rule in self._analyzer.rules for shape in threshold_shapes(rule)]
        if own or len(shapes) != len(self.layout.shapes):
            self.layout.shapes = (*shapes, *own)

    def _static(self, window: WindowLike | None) -> dict[str, Any]:
        """Return the figure with the points of a window in its live traces."""
        self._sync()
        data = copy.deepcopy(self._data)
        layout = copy.deepcopy(self._layout_obj._props)
        parsed = self._analyzer.parsed_window if window is None else Window.parse(window)
        points = self._feed.points(parsed)
        names = {f"nbs-{number}": name for number, name in enumerate(self._feed.names)}
        for trace in data:
            name = names.get(trace.get("meta"))
            if name is not None and name in points:
                times, values = points[name]
                trace["x"] = _wall_clock(times, self._analyzer.buffer)
                trace["y"] = values
                trace.pop("hoverinfo", None)
                mark_lone(trace)
        span = self._span(parsed, [times for times, _ in points.values()])
        if span is not None:
            layout.setdefault("xaxis", {})["range"] = _ends(*span, self._analyzer.buffer)
        modebar = layout.setdefault("modebar", {})
        removed = modebar.get("remove") or ()
        modebar["remove"] = [*([removed] if isinstance(removed, str) else removed), *UPLOADING]
        return {"data": data, "layout": layout}

    def _span(self, window: Window, drawn: list[TimeArray]) -> tuple[int, int] | None:
        """Return from when to when a copy shows its readings, None without any."""
        drawn = [times for times in drawn if len(times)]
        newest = self._analyzer.buffer.newest_ns
        if not drawn or newest is None:
            return None
        if window.duration_ns is not None:
            return newest - window.duration_ns, newest
        first = min(int(times.min()) for times in drawn)
        last = max(int(times.max()) for times in drawn)
        return (first, last) if first < last else (first - SECOND_NS, last + SECOND_NS)


class _NoFeed:
    """Stands in until a chart's own feed is made."""

    def frame(self) -> None:
        return None

    keep_alive = snapshot = frame

    def little(self, max_bytes: int, *, whole: bool) -> None:
        return None


_NO_FEED: Any = _NoFeed()


def _wall_clock(times: TimeArray, buffer: Buffer) -> Any:
    """Return times as the display zone's wall clock, which is what plotly's date axis shows."""
    offset_ns = offset_ms(buffer.timezone, buffer.newest_ns or 0) * 1_000_000
    return (times + offset_ns).view("M8[ns]").astype("M8[us]")


def _ends(from_ns: int, to_ns: int, buffer: Buffer) -> list[str]:
    """Return the ends of a time axis as plotly takes them."""
    ends = np.array([max(from_ns, FIRST_NS), to_ns])
    return [str(end) for end in _wall_clock(ends, buffer)]


def _first_ends(analyzer: Analyzer) -> list[str]:
    """Return what the time axis shows before the first frame: the window, as the first frame will."""
    newest_ns = analyzer.buffer.newest_ns
    to_ns = SYSTEM_CLOCK.wall_ns() if newest_ns is None else newest_ns
    return _ends(
        to_ns - (analyzer.parsed_window.duration_ns or SPAN_OF_ALL_NS), to_ns, analyzer.buffer
    )


def _as_names(channels: Iterable[str]) -> list[str]:
    names = [channels] if isinstance(channels, str) else list(channels)
    for name in names:
        if not isinstance(name, str):
            msg = f"'channels' must be names of channels (got {name!r})."
            raise TypeError(msg)
    return names
