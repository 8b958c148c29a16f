"""A chart with statistics and alerts that fills a terminal, drawn by rich."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from nbstream.commands.news import Item, News
from nbstream.commands.terminal.chart import QUIET, Chart, channel_style
from nbstream.commands.terminal.choices import HELP, Choices
from nbstream.commands.terminal.keys import pressed_keys
from nbstream.commands.terminal.plain import COLUMNS, looks, statistics_cells
from nbstream.errors import DependencyError
from nbstream.readings.window import rough_duration
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.sources import SourceState
from nbstream.text.naming import printable, short_name

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.commands.terminal.abilities import Abilities
    from nbstream.sources import Source

__all__ = ["Screen", "has_rich", "show"]

EVERY = 0.2
"""Seconds between two frames; of one that takes long, at least three times as long as it took."""
STATE_STYLES = {
    SourceState.RUNNING: "green",
    SourceState.CONNECTING: "yellow",
    SourceState.RECONNECTING: "yellow",
    SourceState.UNREADABLE: "red",
    SourceState.FAILED: "red",
}
SEVERITY_STYLES = {"info": "blue", "warning": "yellow", "critical": "red"}
MOST_NEWS = 4
LEAST_CHART = 7
"""Lines that are left for a chart; where there are fewer the table goes first."""
NUMBER = 9
"""Columns that a number takes, with the space before it."""
OLD_AFTER_NS = 5 * 10**9
"""A newest reading so old is worth a word while the source runs."""


def has_rich() -> bool:
    """Return whether rich is installed."""
    try:
        import rich  # noqa: F401
    except ImportError:
        return False
    return True


def show(source: Source, analyzer: Analyzer, abilities: Abilities) -> None:
    """Show a source in the terminal until it has ended, and leave the last picture standing.

    Raises
    ------
    DependencyError
        If rich is not installed.
    """
    try:
        from rich.console import Console
        from rich.live import Live
    except ImportError as error:
        message = (
            "A chart in the terminal needs the 'rich' package: pip install \"nbstream[terminal]\"."
        )
        raise DependencyError(message) from error
    console = Console(legacy_windows=False)
    screen = Screen(source, analyzer, has_unicode=abilities.has_unicode)

    def fill(is_filled: bool) -> None:
        console.set_alt_screen(is_filled)
        console.show_cursor(not is_filled)

    try:
        with (
            Live(console=console, screen=True, auto_refresh=False) as live,
            pressed_keys(lambda: fill(False), lambda: fill(True)) as keys,
        ):
            screen.has_keys = keys is not None
            wait = time.sleep if keys is None else keys.wait
            for _ in looks(source, analyzer, screen.pause, always=True, wait=wait):
                began = time.monotonic()
                while keys is not None and (key := keys.take()) is not None:
                    screen.choices.press(key)
                if screen.choices.is_over:
                    return
                live.update(screen.picture(console), refresh=True)
                screen.seconds = time.monotonic() - began
    finally:
        console.print(screen.picture(console, is_last=True))


class Screen:
    """Makes the picture of a moment.

    Parameters
    ----------
    source, analyzer
        What is shown.
    has_unicode
        False shows ASCII.

    Notes
    -----
    Thread safety: one thread draws.
    """

    def __init__(self, source: Source, analyzer: Analyzer, *, has_unicode: bool = True) -> None:
        self._source, self._analyzer = source, analyzer
        self._chart = Chart(analyzer, has_unicode=has_unicode)
        self._has_unicode = has_unicode
        self._unread = News(analyzer)
        self._news: deque[Item] = deque(maxlen=MOST_NEWS)
        self._still: list[Any] = []
        self._look: tuple[Any, ...] = ()
        self.choices = Choices(analyzer)
        """What was chosen by keys."""
        self.has_keys = False
        self.seconds = 0.0
        """How long the newest frame took."""

    def pause(self) -> float:
        """Return how many seconds lie between this frame and the next."""
        return max(EVERY, 3 * self.seconds)

    def picture(self, console: Console, *, is_last: bool = False) -> RenderableType:
        """Return the picture for the size that the terminal has now."""
        from rich.console import Group
        from rich.text import Text

        self._news.extend(self._unread)
        width, height = console.size
        if is_last:
            # The prompt of the shell comes below.
            return Group(self._head(is_last=True), *self._body(width, height - 2, is_last=True))
        look = (width, height, self.choices.channel, self._analyzer.parsed_window)
        if not self.choices.is_paused or look != self._look:
            self._still, self._look = self._body(width, height - 2), look
        body = self._help(width) if self.choices.shows_help else self._still
        body = body[: max(0, height - 2)]
        blank = [Text()] * max(0, height - 2 - len(body))
        return Group(self._head(), *body, *blank, self._foot(width))

    def _body(self, width: int, room: int, *, is_last: bool = False) -> list[Any]:
        """Return the chart, the table and what happened, in so many lines."""
        from rich.text import Text

        news = [self._of_news(item) for item in self._news]
        names = list(self._analyzer.channels)
        n_rows = min(len(names), max(0, room - len(news) - LEAST_CHART - 1), max(3, room // 3))
        table = self._table(names, n_rows, width) if n_rows else []
        room -= len(table) + len(news)
        chart = []
        for line in self._chart.lines(width, room, None if is_last else self.choices.channel):
            text = Text(no_wrap=True, overflow="crop")
            for sign, style in line:
                text.append(sign, style or None)
            chart.append(text)
        if not chart and not is_last:
            chart = [Text(self._awaited(), style=QUIET), *[Text()] * max(0, room - 1)]
        return [*chart, *table, *news]

    def _foot(self, width: int) -> Any:
        from rich.text import Text

        if not self.has_keys:
            words = "Ctrl-C ends it"
        else:
            words = "q quits  ? keys"
            longer = "q quits  space pauses  + - window  Tab channel  ? keys"
            words = longer if len(longer) <= width else words
        return Text(words, style=QUIET, no_wrap=True, overflow="crop")

    def _help(self, width: int) -> list[Any]:
        """Return what keys do."""
        from rich.text import Text

        lines = [Text()]
        for key, words in HELP.items():
            shown = key if self._has_unicode else key.replace("↑ ↓", "Up Down")
            line = Text(f" {shown:<12}", style="bold", no_wrap=True, overflow="crop")
            line.append(words, "not bold")
            lines.append(line)
        return lines

    def _head(self, *, is_last: bool = False) -> Any:
        from rich.text import Text

        source, analyzer = self._source, self._analyzer
        dot = "●" if self._has_unicode else "*"
        head = Text(no_wrap=True, overflow="ellipsis" if self._has_unicode else "crop")
        head.append(f"{dot} ", STATE_STYLES.get(source.state, QUIET))
        head.append(short_name(source.name, 40), "bold")
        head.append(f"  {printable(source.status)}{self._age()}")
        if self.choices.is_paused and not is_last:
            head.append("  paused", "bold yellow")
        head.append(f"  window {analyzer.parsed_window.label}", QUIET)
        n_left_out = source.counters().rejected + source.counters().dropped
        if n_left_out:
            head.append(f"  {n_left_out:,} left out", "yellow")
        firing = len(analyzer.alerts.active)
        if firing:
            head.append(f"  {firing} firing", "bold red")
        return head

    def _age(self) -> str:
        newest_ns = self._analyzer.buffer.newest_ns
        if newest_ns is None or self._source.state is not SourceState.RUNNING:
            return ""
        age_ns = SYSTEM_CLOCK.wall_ns() - newest_ns
        return f", newest {rough_duration(age_ns)} ago" if age_ns > OLD_AFTER_NS else ""

    def _awaited(self) -> str:
        status = printable(self._source.status)
        return "no numbers yet" if status == "reading" else status

    def _table(self, names: list[str], n_rows: int, width: int) -> list[Any]:
        """Return the statistics of the first channels, with as many columns as the width allows."""
        from rich.text import Text

        words = self._analyzer.buffer.labels
        snapshot = self._analyzer.snapshot()
        picked = self.choices.channel
        first = max(0, names.index(picked) - n_rows + 1) if picked in names else 0
        shown = names[first : first + n_rows]
        shown_names = [short_name(name, 24) for name in shown]
        left = max([len("channel"), *map(len, shown_names)])
        n_columns = max(1, min(len(COLUMNS), (width - left) // NUMBER))
        head = "channel".ljust(left) + "".join(f"{c:>{NUMBER}}" for c in COLUMNS[:n_columns])
        lines = [Text(head, style=QUIET, no_wrap=True, overflow="crop")]
        for number, name in enumerate(shown, first):
            line = Text(no_wrap=True, overflow="crop")
            style = QUIET if name in words else channel_style(number)
            style += " reverse" if name == picked else ""
            line.append(shown_names[number - first].ljust(left), style)
            if name in snapshot:
                for cell in statistics_cells(snapshot[name], NUMBER - 1)[:n_columns]:
                    line.append(f"{cell:>{NUMBER}}")
            lines.append(line)
        if len(names) > n_rows:
            lines.append(Text(f"and {len(names) - n_rows} more", style=QUIET))
        return lines

    def _of_news(self, item: Item) -> Any:
        from rich.text import Text

        is_alert = item.kind == "incident"
        style = SEVERITY_STYLES.get(item.severity, "red") if is_alert else QUIET
        return Text(printable(item.text), style=style, no_wrap=True, overflow="ellipsis")
