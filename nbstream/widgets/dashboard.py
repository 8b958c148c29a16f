"""The dashboard: title row, chart, table of channels, rules and alert feed of one analyzer."""

from __future__ import annotations

import functools
import inspect
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from nbstream.analysis.analyzer import Analyzer
from nbstream.analysis.as_analyzer import as_analyzer
from nbstream.errors import ClosedError
from nbstream.readings.buffer import Buffer
from nbstream.runtime import ending, ownership
from nbstream.runtime.main_thread import MAIN
from nbstream.sources import Source
from nbstream.widgets.chart.live_chart import LiveChart
from nbstream.widgets.page.assets import loader, stub
from nbstream.widgets.page.messages import DistrustsPages
from nbstream.widgets.page.options import refuse_unknown
from nbstream.widgets.page.scripts import SCRIPTS
from nbstream.widgets.page.sending import SendsFromThreads
from nbstream.widgets.panels.alert_feed import AlertFeed
from nbstream.widgets.panels.cards import STANDARD, Cards
from nbstream.widgets.panels.controls import Controls
from nbstream.widgets.panels.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta
    from os import PathLike

    from nbstream.alerts import Rule
    from nbstream.readings.window import WindowLike
    from nbstream.recording.recording import Recording
    from nbstream.statistics import StatisticLike

__all__ = ["Dashboard", "chart_options"]

REPLACED = "replaced: this dashboard was ended by a later run. The newer one shows the data."
MAX_REPLACED = 10

_replaced_boxes: deque[Dashboard] = deque()


class Dashboard(SendsFromThreads, DistrustsPages, anywidget.AnyWidget):
    """Everything about one stream of readings on one page.

    Parameters
    ----------
    x
        A Source (it is not started), a Buffer, or an Analyzer.
    title
        The heading; None is the source's name.
    window
        Of the statistics and of the chart: "60s", 1000 readings, "all"; None is "60s", or the window
        that an Analyzer has.
    name
        A second dashboard with the same explicit name replaces the first.
    statistics
        What the cards show: names such as "last", "p99" or "time_above(90)" (see `Cards`).
    **options
        Further options of LiveChart.

    Raises
    ------
    TypeError
        If `x` is something else, or an option is unknown.
    ValueError
        If a statistic is unknown or no number, or there are more than 12.
    WrongThreadError
        If made off the main thread of a kernel.

    Notes
    -----
    It is one widget: its parts are drawn by one page side, and their messages go by its comm, so any host of
    anywidgets takes it. Each part can also be displayed by itself.

    An analyzer that it was not given is its own, and ends with it. Once it has ended, it holds no widgets
    any more, wherever it is kept.

    Thread safety: make and close it on the main thread.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    _loader = traitlets.Unicode().tag(sync=True)
    _over = traitlets.Unicode().tag(sync=True)
    """What stands in its place once a later run has ended it; "" before."""
    _begins = traitlets.Dict().tag(sync=True)
    """The chart's, for its first moment on a page."""

    _is_closed = True  # until it is made: ipywidgets closes what is collected, half-made or not
    _is_replaced = False

    def __init__(
        self,
        x: Source | Buffer | Analyzer,
        *,
        title: str | None = None,
        window: WindowLike | None = None,
        name: str | None = None,
        statistics: StatisticLike | Iterable[StatisticLike] = STANDARD,
        **options: Any,
    ) -> None:
        MAIN.require("Making a dashboard")
        own = {"title", "window", "name", "statistics"}
        refuse_unknown("Dashboard", options, {*chart_options(), *own})
        if not isinstance(x, (Source, Buffer, Analyzer)):
            raise _not_shown(x)
        self.explicit_name = name
        self._n_ignored = 0
        self._owns: list[Any] = []
        self._parts: dict[str, Any] = {}
        try:
            self._build(x, title, window, statistics, options)
        except BaseException:
            self._end_parts()
            raise
        ownership.replace_named(self, name)
        ownership.adopt(self)

    def _build(
        self,
        x: Source | Buffer | Analyzer,
        title: str | None,
        window: WindowLike | None,
        statistics: StatisticLike | Iterable[StatisticLike],
        options: dict[str, Any],
    ) -> None:
        self.analyzer, is_new = as_analyzer(x, window)
        if is_new:
            self._own(self.analyzer)
        beside: dict[str, Any] = {"legend": False, "toolbar": "tools"}
        chart = self._own(LiveChart(self.analyzer, **beside | options))
        chart._keeper.title = title or ("" if self.source is None else self.source.name)
        self._parts = {
            "controls": self._own(Controls(self.analyzer, chart, title=title)),
            "chart": chart,
            "cards": self._own(Cards(self.analyzer, statistics, chart)),
            "rules": self._own(Rules(self.analyzer)),
            "feed": self._own(AlertFeed(self.analyzer, chart)),
        }
        self._find_host()
        text = loader("dashboard", is_served=SCRIPTS.are_served("dashboard"))
        super().__init__(_esm=stub(text), _loader=text)
        self._is_closed = False
        self._begins = chart._begins
        chart.observe(self._take_beginning, "_begins")
        for name, part in self._parts.items():
            part._join(functools.partial(self._carry, name))
        self.on_msg(self._route)

    def _take_beginning(self, change: Any) -> None:
        if not self._is_closed:
            self._begins = change["new"]

    def _carry(self, name: str, content: dict[str, Any], buffers: Any) -> None:
        """Send a message of a part to the pages that have the dashboard."""
        if not self._is_closed:
            self.send({**content, "part": name}, buffers)

    def _route(self, _: Any, message: Any, buffers: Any) -> None:
        """Give a message of a page to the part that it is for."""
        name = message.get("part") if isinstance(message, dict) else None
        part = self._parts.get(name) if isinstance(name, str) else None
        if part is not None:
            part._receive(message, buffers)
        elif not SCRIPTS.answer(self.send, message):
            self._ignore()

    def __repr__(self) -> str:
        """Return what the dashboard shows, in one line."""
        if self._is_closed or self._is_replaced:
            return f"<Dashboard, {'replaced' if self._is_replaced else 'closed'}>"
        return f"<Dashboard of {list(self.analyzer.channels)} over {self.analyzer.parsed_window.label}>"

    def __str__(self) -> str:
        """Return what it shows as a table of text, for where there is no page."""
        if self._is_closed or self._is_replaced:
            return repr(self)
        return replace(self.analyzer._sheet(), title=repr(self)[1:-1], state="").as_text()

    @property
    def source(self) -> Source | None:
        """The source, None for a buffer."""
        return self.analyzer.source

    @property
    def chart(self) -> LiveChart:
        """The chart; ClosedError once the dashboard has ended, for then it is let go."""
        part: LiveChart = self._part("chart")
        return part

    @property
    def cards(self) -> Cards:
        """The table of channels and their statistics; ClosedError once the dashboard has ended."""
        part: Cards = self._part("cards")
        return part

    @property
    def controls(self) -> Controls:
        """Title, window and pause; ClosedError once the dashboard has ended."""
        part: Controls = self._part("controls")
        return part

    @property
    def rules(self) -> Rules:
        """The rules and detectors as rows; ClosedError once the dashboard has ended."""
        part: Rules = self._part("rules")
        return part

    @property
    def feed(self) -> AlertFeed:
        """Alerts, events and the health of the data; ClosedError once the dashboard has ended."""
        part: AlertFeed = self._part("feed")
        return part

    def _part(self, name: str) -> Any:
        if name not in self._parts:
            how = "replaced by a later run of its cell" if self._is_replaced else "closed"
            msg = f"The dashboard was {how} and has no {name} any more."
            raise ClosedError(msg)
        return self._parts[name]

    @property
    def is_closed(self) -> bool:
        """Whether `close()` was called."""
        return self._is_closed

    def close(self) -> None:
        """Remove the dashboard from its pages and end what it made; what it was given goes on.

        Raises
        ------
        WrongThreadError
            If called off the main thread of a kernel.
        """
        if self._is_closed:
            return
        MAIN.require("Closing a dashboard")
        self._is_closed = True
        try:
            self._end_parts()
        finally:
            layout = self.layout
            super().close()
            layout.close()
            ownership.forget(self)

    def keep(self) -> None:
        """Renew the picture and the table that the notebook keeps of the dashboard (see `LiveChart.keep`).

        Raises
        ------
        ClosedError
            If the dashboard has ended.
        """
        self.chart.keep()

    def _repr_mimebundle_(self, *arguments: Any, **keywords: Any) -> Any:
        self.chart._keeper.display()
        for part in self._parts.values():
            part.displayed()
        bundle: Any = super()._repr_mimebundle_(*arguments, **keywords)
        if not MAIN.has_loop:  # a terminal's IPython shows the text
            data, metadata = bundle
            return {**data, "text/plain": str(self)}, metadata
        return bundle

    def set_state(self, sync_data: Any) -> None:
        """Ignore a page that writes traits."""
        self._ignore()

    @property
    def n_ignored(self) -> int:
        """Messages of pages that made no sense, or were too many; those to its parts, too."""
        return self._n_ignored + sum(int(part.n_ignored) for part in self._parts.values())

    def _ignore(self) -> None:
        self._n_ignored += 1

    def record(
        self,
        path: str | PathLike[str],
        *,
        on: Rule | None = None,
        before: str | float | timedelta | None = None,
        after: str | float | timedelta | None = None,
        max_bytes: int | None = None,
        max_age: str | float | timedelta | None = None,
        max_backlog: int = 64 * 2**20,
        overwrite: bool = False,
    ) -> Recording:
        """Write what comes from now on into a file, with the rules and incidents, until its `stop()`.

        Parameters
        ----------
        path, on, before, after, max_bytes, max_age, max_backlog, overwrite
            As for `Source.record`.

        Returns
        -------
        Recording
            It goes on when the dashboard is closed.

        Raises
        ------
        ClosedError
            If the dashboard has ended; and what `Source.record` raises.
        """
        from nbstream.recording.door import record

        self._part("chart")
        return record(
            self.source or self.analyzer.buffer,
            path,
            analyzer=self.analyzer,
            on=on,
            before=before,
            after=after,
            max_bytes=max_bytes,
            max_age=max_age,
            max_backlog=max_backlog,
            overwrite=overwrite,
        )

    def own(self, *things: Any) -> None:
        """Close `things` when the dashboard closes, after its own parts, the last one first."""
        self._owns[:0] = things

    def _own(self, part: Any) -> Any:
        self._owns.append(part)
        return part

    def _end_parts(self) -> None:
        owned, self._owns = self._owns, []
        self._parts = {}
        ending.close_all(reversed(owned))

    def _signal_end(self) -> None:
        """Tell what it owns to end, and wait for nothing."""
        with ending.together(self._owns):
            return

    def _replaced(self) -> None:
        """End what it made and leave a word in its place; only so many empty boxes stay open."""
        if self._is_closed or self._is_replaced:
            return
        self._is_replaced = True
        self.chart._keeper.close(keep=False)
        self._over = REPLACED
        _replaced_boxes.append(self)
        try:
            self._end_parts()
        finally:
            ownership.forget(self)
        while len(_replaced_boxes) > MAX_REPLACED:
            _replaced_boxes.popleft().close()


def _not_shown(x: object) -> TypeError:
    given = f"got {type(x).__name__}; watch() takes a path, a command or a DataFrame"
    return TypeError(f"Dashboard needs a Source, a Buffer or an Analyzer ({given}).")


def chart_options() -> frozenset[str]:
    """Return the names of LiveChart's options."""
    parameters = inspect.signature(LiveChart.__init__).parameters.values()
    return frozenset(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)
