"""LiveChart: a plotly FigureWidget whose lines are fed by binary frames and drawn at the screen's pace."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

import traitlets

from nbstream.analysis.as_analyzer import as_analyzer
from nbstream.readings.window import Window
from nbstream.runtime import ownership
from nbstream.runtime.main_thread import MAIN
from nbstream.text.naming import short_name
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.chart.described_figure import DescribedFigure
from nbstream.widgets.chart.exports import Exports
from nbstream.widgets.chart.limits import DraggedLimits
from nbstream.widgets.chart.modebar import StaticFigure, StaysOnPage
from nbstream.widgets.chart.overview import Overview
from nbstream.widgets.chart.page_actions import PageActions
from nbstream.widgets.chart.plotly_figure import base_layout
from nbstream.widgets.chart.settings import NEVER_NS, read_band, read_gap, read_switch
from nbstream.widgets.chart.view_files import ViewFiles
from nbstream.widgets.chart.view_requests import ViewRequests
from nbstream.widgets.keep.output import Keeper
from nbstream.widgets.page.assets import loader, stub
from nbstream.widgets.page.commands import WINDOW_CHOICES, window_command
from nbstream.widgets.page.inbox import Action, Inbox
from nbstream.widgets.page.link import PUMP, Link
from nbstream.widgets.page.messages import DistrustsPages
from nbstream.widgets.page.options import refuse_unknown
from nbstream.widgets.page.part import Part
from nbstream.widgets.page.scripts import SCRIPTS
from nbstream.widgets.page.sending import SendsFromThreads

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    import plotly.graph_objects as go

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import TimeLike
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.window import WindowLike
    from nbstream.sources import Source
    from nbstream.widgets.chart.settings import YLike
    from nbstream.widgets.chart.view_files import Span

__all__ = ["LiveChart"]

logger = logging.getLogger(__name__)

OPTIONS = (
    *("window", "title", "height", "channels", "rows", "y", "log", "gap", "band"),
    *("toolbar", "legend", "name", "layout"),
)
MAX_WORD = 40
USUAL_BAND = 2.0
"""Standard deviations of a band that a page asks for, unless it was another before."""


class LiveChart(SendsFromThreads, DistrustsPages, StaysOnPage, Part, Exports, DescribedFigure):
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
    rows
        Which channels stand together, from the top down: ``[["a", "b"], ["c"]]``. None leaves it to their
        units: a second one has its axis on the right, and of more each has a row. Channels without a unit
        share an axis unless some are ten times as large as others, or more, and of another kind by their
        names; this is decided with the first readings. "each" gives every channel a row.
    y
        How the y axes choose their range: "fit" is that of the readings in view, "expand" never shrinks, and
        ``(0, 100)`` is fixed. ``(0, None)`` reaches at least to that end. A range in the `layout` of an axis
        comes first.
    log
        Whether the y axes are logarithmic.
    gap
        Seconds of pause that break a line, or "never"; None breaks it where a pause is long beside those
        around it.
    band
        Standard deviations to both sides of the mean that are drawn as a band around each line of numbers,
        as 2; None draws none. At each time it is of the window that ended there.
    toolbar
        Whether the chart has its own toolbar; "tools" leaves window and pause to what stands beside it.
    legend
        Whether it shows its channels above the plot; a dashboard has a table of them.
    name
        A second chart with the same explicit name replaces the first.
    layout
        More of plotly's layout, as for `update_layout`.

    Notes
    -----
    The live lines hold no points in `data`; `to_figure()`, `to_dict()`, `to_html()` and `write_image()` hold
    those of the present window. Styles of its traces count on the page: ``chart.data[0].line.color``,
    `width` and `dash`; ``line.shape = "hv"`` draws steps, ``mode = "markers"`` points,
    ``fill = "tozeroy"`` the area below. Splines, other fills and error bars are plain lines while live;
    copies such as `to_figure()` have them.

    A band begins with the past of the view, and is sampled as readings come while the chart is seen. Saved
    as PNG it is in the picture; copies such as `to_figure()`, the other files and what a saved notebook
    keeps leave it out.

    Thread safety: create, change and close it on the main thread; readings may come from any thread.
    """

    _esm = property(lambda self: stub(self._loader))
    _loader = traitlets.Unicode().tag(sync=True)
    _begins = traitlets.Dict().tag(sync=True)
    """What a page shows before its first frame, so that nothing jumps when that comes."""
    _ended: str | None = "never opened"

    def __init__(
        self,
        source_or_analyzer: Source | Buffer | Analyzer,
        window: WindowLike | None = None,
        *,
        title: str | None = None,
        height: int = 380,
        channels: Iterable[str] | None = None,
        rows: Iterable[Iterable[str]] | Literal["each"] | None = None,
        y: YLike = "fit",
        log: bool = False,
        gap: float | Literal["never"] | None = None,
        band: float | None = None,
        toolbar: bool | Literal["tools"] = True,
        legend: bool = True,
        name: str | None = None,
        layout: dict[str, Any] | None = None,
        **unknown: Any,
    ) -> None:
        refuse_unknown(type(self).__name__, unknown, OPTIONS)
        MAIN.require("Creating a LiveChart")
        gap_ns = read_gap(gap)
        deviations = read_band(band)
        shown = None if channels is None else frozenset(_as_names(channels))
        super().__init__(base_layout(title, height), rows=rows, y=y, log=log)
        if layout:
            self.update_layout(layout)
        analyzer, owns_analyzer = as_analyzer(source_or_analyzer, window)
        self._explicit_name = name
        self._analyzer = analyzer
        self._owns_analyzer = owns_analyzer
        self._owned: tuple[Any, ...] = ()
        self._has_toolbar = toolbar
        self._has_legend = legend
        self._is_paused = False
        self._shows_table = False
        self._link = Link(self.send, _NO_FEED, push=lambda: SCRIPTS.push(self.send, "chart"))
        self._feed = ChartFeed(
            analyzer,
            self._describe,
            lambda: self._link.width_px,
            shown,
            gap_ns,
            deviations,
            halvings=lambda: self._link.halvings,
        )
        self._usual_band = deviations or USUAL_BAND
        self._link.feed = self._feed
        self._page_actions = PageActions(self, self._feed)
        self._views = ViewRequests(
            self._feed, Overview(analyzer.buffer), self.send, lambda: self._link.width_px, PUMP
        )
        self._files = ViewFiles(self._file_makers(), self.send)
        self._inbox = Inbox(self, self._link, self._actions, take=self._take)
        self._keeper = Keeper(analyzer, self._kept, tell=lambda content: self.send(content))
        self._ended = None
        self._show_channels(analyzer, self._feed)
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

    def __str__(self) -> str:
        """Return the newest reading of each channel as lines of text, for where there is no page."""
        return self._summary()

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
    def selection(self) -> pd.DataFrame | None:
        """Readings of the span that was last selected on a page, as `Buffer.to_pandas`; None without one."""
        selection = self._page_actions.selection
        return None if selection is None else selection.to_pandas()

    @property
    def is_paused(self) -> bool:
        """Whether `pause` lets all views stand still; a page pauses its own view by itself."""
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

    @property
    def gap(self) -> float | Literal["never"] | None:
        """Seconds of pause that break a line, or "never"; None leaves it to the pauses around it."""
        gap_ns = self._feed.gap_ns
        return "never" if gap_ns == NEVER_NS else None if gap_ns is None else gap_ns / 1e9

    @gap.setter
    def gap(self, gap: float | Literal["never"] | None) -> None:
        self._feed.gap_ns = read_gap(gap)
        PUMP.wake()

    @property
    def show_table(self) -> bool:
        """Whether a table of what is in view stands in the place of the plot, in all views."""
        return self._shows_table

    @show_table.setter
    def show_table(self, show_table: bool) -> None:
        self._shows_table = read_switch(show_table, "show_table")
        PUMP.wake()

    @property
    def band(self) -> float | None:
        """Standard deviations to both sides of the mean that are drawn as bands; None without bands."""
        return self._feed.band

    @band.setter
    def band(self, band: float | None) -> None:
        deviations = read_band(band)
        self._usual_band = deviations or self._usual_band
        self._feed.band = deviations
        PUMP.wake()

    def _show_each_row(self, is_shown: bool) -> None:
        self.rows = "each" if is_shown else self._rows_before

    def _show_band(self, is_shown: bool) -> None:
        self.band = self._usual_band if is_shown else None

    def pause(self) -> None:
        """Let all views stand still; readings are taken in as before."""
        self._is_paused = True
        PUMP.wake()

    def resume(self) -> None:
        """Let all views follow the newest readings again."""
        self._is_paused = False
        PUMP.wake()

    def mark(self, text: str, time: TimeLike = None) -> None:
        """Note what somebody did or saw, on this and every other chart of the buffer; see `Buffer.mark`."""
        self._analyzer.buffer.mark(text, time)

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

    def close(self) -> None:
        """End the chart, and the analyzer if the chart made it."""
        if self._ended is None:
            self._end("closed")

    def _own(self, *things: Any) -> None:
        """Close these with the chart, in this order."""
        self._owned = things

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
        self._views.close()
        self._show_no_more()
        try:
            if self._owns_analyzer:
                self._analyzer.close()
            for thing in self._owned:
                thing.close()
        finally:
            ownership.forget(self)
            super().close()

    def set_state(self, sync_data: Any) -> None:
        """Ignore a page that writes traits: what it may change goes by checked messages."""
        self._ignore()

    def _ignore(self) -> None:
        self._inbox.ignore()

    def displayed(self) -> None:
        """Expect a new view of the chart; what displays it calls this on the main thread."""
        self._link.displayed()

    def _repr_mimebundle_(self, *_: Any, **__: Any) -> dict[str, Any]:
        self._sync()
        self._keeper.display()
        self.displayed()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {
            "application/vnd.jupyter.widget-view+json": view,
            "text/plain": self._summary(),
        }

    def _summary(self) -> str:
        latest = self._analyzer.buffer.latest()
        values = [
            f"{short_name(name)} = {_shown(value)} at {time:%Y-%m-%d %H:%M:%S}"
            for name, (time, value) in latest.items()
            if name in self._feed.names
        ]
        return "\n".join([repr(self)[1:-1], *values])

    # Messages of a page.

    def _take(self, message: dict[str, Any]) -> bool:
        """Answer what views ask for beside commands; return whether it was that."""
        return self._views.take(message) or self._files.take(message)

    def _actions(self) -> dict[str, Action]:
        return {
            "window": window_command(self._analyzer),
            "kept": lambda _: self._keeper.latest,
            "keep": lambda _: self.keep,
            "file": self._files.command,
            **self._page_actions.actions(),
            **DraggedLimits(self._analyzer).actions(),
        }

    @property
    def _lanes(self) -> set[int]:
        """The numbers of the channels of words."""
        words = self._analyzer.buffer._store.labels
        return {number for number, name in enumerate(self._feed.names) if name in words}

    def _show_lane(self, number: int, is_shown: bool) -> None:
        """Show or hide the lane of a channel of words, for everybody."""
        change = self._hidden_lanes.discard if is_shown else self._hidden_lanes.add
        change(number)
        self._figure_changed()

    # The figure.

    def _describe(self) -> dict[str, Any]:
        """Return what a page must know beside the points; called on the pump's thread for each frame."""
        self._look_for_changes()
        source = self._analyzer.source
        return {
            "chart": self._page_key,
            "analyzer": f"{id(self._analyzer):x}",
            "paused": self._is_paused,
            "toolbar": self._has_toolbar,
            "legend": self._has_legend,
            "table": self._shows_table,
            "choices": list(WINDOW_CHOICES),
            "usualBand": self._usual_band,
            "eachRow": self._rows == "each",
            "gap": self.gap,
            "figure": self._described,
            "file": self._analyzer.buffer._file_state,
            "source": None if source is None else source.state.name,
            "sentence": "waiting for buffer.append(…)" if source is None else source.status,
        }

    def _description_changed(self) -> None:
        self._begins = {
            "title": self._described["title"],
            "height": self._described["height"],
            "zone": self._feed.zone,
            "toolbar": self._has_toolbar,
            "legend": self._has_legend,
        }

    def _static(self, window: WindowLike | None, span: Span | None = None) -> dict[str, Any]:
        parsed = self._analyzer.parsed_window if window is None else Window.parse(window)
        return self._copy(self._analyzer, self._feed, parsed, span)


class _NoFeed:
    """Stands in until a chart's own feed is made."""

    def frame(self) -> None:
        return None

    keep_alive = snapshot = frame

    def little(self, max_bytes: int, *, whole: bool) -> None:
        return None


_NO_FEED: Any = _NoFeed()


def _shown(value: float | str) -> str:
    return short_name(value, MAX_WORD) if isinstance(value, str) else f"{value:g}"


def _as_names(channels: Iterable[str]) -> list[str]:
    names = [channels] if isinstance(channels, str) else list(channels)
    for name in names:
        if not isinstance(name, str):
            msg = f"'channels' must be names of channels (got {name!r})."
            raise TypeError(msg)
    return names
