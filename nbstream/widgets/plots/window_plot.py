"""What these charts share: which channels they show, in which rows, and what stands beside the data."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from nbstream.analysis.traits import require_name
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.main_thread import MAIN
from nbstream.text.naming import short_name, short_names
from nbstream.widgets.chart.look import PALETTE, look
from nbstream.widgets.chart.thresholds import thresholds
from nbstream.widgets.keep.canvas import hex_color
from nbstream.widgets.keep.output import Keeper, framed, worded
from nbstream.widgets.keep.plot_picture import PlotRow, draw_plot, html_rows, text_rows
from nbstream.widgets.keep.record import said_of
from nbstream.widgets.page.link import PUMP, Pump
from nbstream.widgets.page.messages import plain_text
from nbstream.widgets.page.panel import Panel

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.widgets.page.inbox import Action

__all__ = ["MAX_CHANNELS", "WindowPlot", "exact"]

MAX_CHANNELS = 8
"""Channels that are shown; the others are counted."""
MAX_TITLE = 120
LEAST_HEIGHT, MOST_HEIGHT = 120, 4000
PLOT_INTERVAL = 1 / 8
"""Seconds between two frames."""


class WindowPlot(Panel):
    """Base class of charts of what the readings in an analyzer's window come to.

    Channels of one unit share a row; a channel without unit has a row of its own.

    Parameters
    ----------
    analyzer
        Whose window is shown; it is not closed with the chart.
    channel
        Name of a channel, or several; None is all.
    title
        Stands above it.
    height
        CSS px of the plot with its axes.
    """

    _interval: ClassVar[float] = PLOT_INTERVAL
    _clock: Clock = SYSTEM_CLOCK
    _pump: ClassVar[Pump] = PUMP
    """Tests inject others."""

    _begins = traitlets.Dict().tag(sync=True)
    """What a page shows before its first frame, so that nothing jumps when that comes."""

    def __init__(
        self,
        analyzer: Analyzer,
        channel: str | Iterable[str] | None = None,
        *,
        title: str | None = None,
        height: int = 280,
    ) -> None:
        self._chosen = _read_channels(channel)
        self._title = _read_title(title)
        self._height = _read_height(height)
        self._lock = threading.RLock()
        super().__init__(analyzer, clock=self._clock, pump=self._pump)
        self._keeper = Keeper(
            analyzer,
            draw=self._kept,
            tell=lambda content: self.send(content),
            clock=self._clock,
            pump=self._pump,
        )
        self._begins = {"title": self._title, "height": self._height}

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that are shown and hold readings."""
        present = self.analyzer.channels
        if self._chosen is None:
            return present[:MAX_CHANNELS]
        return tuple(name for name in self._chosen if name in present)

    def keep(self) -> None:
        """Renew the picture and the table that the notebook keeps, in each cell that shows the chart.

        They are what a saved notebook shows where no kernel makes the chart live. Renewed by themselves when
        the source ends, at `close()`, and at most every 5 min.

        Notes
        -----
        Thread safety: any thread. Cost: about 0.1 s.
        """
        self._keeper.keep()

    def close(self) -> None:
        """Remove the chart from its pages, which keep a picture; the analyzer goes on.

        Raises
        ------
        WrongThreadError
            If called off the main thread of a kernel.
        """
        self._end(keep=True)

    def _replaced(self) -> None:
        self._end(keep=False)

    def _end(self, *, keep: bool) -> None:
        if not self.is_closed:
            MAIN.require("Closing a widget")
            self._keeper.close(keep=keep)
            super().close()

    def _repr_mimebundle_(self, *arguments: Any, **keywords: Any) -> Any:
        self._keeper.display()
        return super()._repr_mimebundle_(*arguments, **keywords)

    def _actions(self) -> dict[str, Action]:
        return {"kept": lambda _: self._keeper.latest}

    # What the notebook keeps.

    def _kept(self, mark: str) -> dict[str, str]:
        """Return what is kept, as the data of an output."""
        with self._lock:
            rows, columns, cells = self._recorded()
        kind = type(self).__name__
        said = said_of(self._clock.wall_ns(), self.analyzer.buffer.timezone)
        about = f"{kind} of {self._title or self._summary()}"
        text = f"{self._title or kind}, {said}\n{text_rows(columns, cells)}"
        if not rows:
            waiting = self._waiting() or "nothing to draw yet"
            return worded(text, f"{about}: {waiting}, {said}", mark=mark)
        return framed(
            text,
            f"{about}, {said}",
            f"{kind}, {self._span()}, {said}",
            html_rows(columns, cells),
            lambda room: draw_plot(self._title or "", said, rows, room),
            mark=mark,
        )

    def _span(self) -> str:
        """Return what is shown of the readings, in words."""
        return f"window {self.analyzer.parsed_window.label}"

    def _recorded(self) -> tuple[list[PlotRow], list[str], list[tuple[str, list[str]]]]:
        """Return what is drawn, the columns of the table, and its rows: each a colour and cells."""
        raise NotImplementedError

    def _summary(self) -> str:
        names = [short_name(name, 20) for name in self.channels[:3]]
        return ", ".join(names) or "no readings yet"

    def _color(self, name: str) -> str:
        """Return the colour of a channel on a white plate."""
        return hex_color(PALETTE[look(self._palette(name)).palette])

    def _rows(self) -> list[tuple[str, list[str]]]:
        """Return the rows: each a unit with its channels."""
        units = self.analyzer.buffer.units
        rows: list[tuple[str, list[str]]] = []
        for name in self.channels:
            unit = units.get(name, "")
            row = next((row for row in rows if unit and row[0] == unit), None)
            if row is None:
                rows.append((unit, [name]))
            else:
                row[1].append(name)
        return rows

    def _state(self) -> dict[str, Any]:
        analyzer = self.analyzer
        with self._lock:
            rows = self._described_rows()
        return {
            "title": self._title,
            "height": self._height,
            "window": analyzer.parsed_window.label,
            "rows": rows,
            "waiting": self._waiting(),
            "more": 0 if self._chosen else max(0, len(analyzer.channels) - MAX_CHANNELS),
        }

    def _described_rows(self) -> list[dict[str, Any]]:
        """Return what a page shows in each row; called under the lock."""
        raise NotImplementedError

    def _waiting(self) -> str:
        """Return what it waits for, "" once there is a reading."""
        analyzer = self.analyzer
        if self.channels:
            return ""
        if self._chosen and analyzer.channels:
            there = ", ".join(repr(short_name(name, 30)) for name in analyzer.channels[:4])
            return f"waiting for channel {short_name(self._chosen[0], 40)!r}; there is {there}"
        if analyzer.source is None:
            return "waiting for buffer.append(…)"
        return plain_text(analyzer.source.status, 200)

    def _shown_names(self, names: list[str]) -> dict[str, str]:
        return short_names(names, 60)

    def _palette(self, name: str) -> int:
        """Return the number by which a channel has its colour, here as in charts over time."""
        channels = self.analyzer.channels
        return channels.index(name) if name in channels else 0

    def _limits(self, names: list[str]) -> list[dict[str, Any]]:
        """Return the limits of rules that watch any of the channels."""
        analyzer = self.analyzer
        return [
            {"value": value, "text": plain_text(line.text, 60), "severity": line.severity}
            for line in thresholds(analyzer.rules, names, analyzer.buffer)
            if (value := exact(line.value)) is not None
        ]


def exact(number: float) -> float | None:
    """Return a number with all its digits, None if it is not finite: near readings must be told apart."""
    number = float(number)
    return number if math.isfinite(number) else None


def _read_channels(channel: Any) -> tuple[str, ...] | None:
    if channel is None:
        return None
    names = [channel] if isinstance(channel, str) else channel
    if not isinstance(names, Iterable):
        message = f"'channel' must be the name of a channel, or several (got {channel!r:.100})."
        raise TypeError(message)
    found = tuple(dict.fromkeys(require_name(name) for name in names))
    if not 0 < len(found) <= MAX_CHANNELS:
        message = f"'channel' must name 1 to {MAX_CHANNELS} channels (got {len(found)})."
        raise ValueError(message)
    return found


def _read_title(title: Any) -> str | None:
    if title is None:
        return None
    if not isinstance(title, str):
        message = f"'title' must be text (got {title!r:.100})."
        raise TypeError(message)
    return plain_text(title, MAX_TITLE) or None


def _read_height(height: Any) -> int:
    if isinstance(height, bool) or not hasattr(height, "__index__"):
        message = f"'height' must be a whole number of CSS px (got {height!r:.100})."
        raise TypeError(message)
    if not LEAST_HEIGHT <= int(height) <= MOST_HEIGHT:
        message = f"'height' must be {LEAST_HEIGHT} to {MOST_HEIGHT} px (got {height!r:.100})."
        raise ValueError(message)
    return int(height)
