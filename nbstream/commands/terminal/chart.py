"""A chart of the window as lines of signs: panels of channels above one axis of time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.commands.terminal.canvas import BLANK, Canvas, Cell
from nbstream.readings.zone import offset_ms, zone_label
from nbstream.summaries.bins import bin_points, step_bits
from nbstream.text.naming import short_name
from nbstream.widgets.chart.arrangement import arrange
from nbstream.widgets.chart.channel_line import rows_with_gaps
from nbstream.widgets.chart.scales import Scales
from nbstream.widgets.chart.thresholds import rule_limits
from nbstream.widgets.keep.ticks import fitted, free_labels, time_ticks, value_ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["QUIET", "Chart", "channel_style"]

QUIET = "dim"
"""The style of axes."""
STYLES = ("cyan", "yellow", "green", "magenta", "blue", "red", "white", "bright_black")
LIMITS = {"info": "blue", "warning": "yellow", "critical": "red"}
LEAST_PANEL = 5
"""Lines of a panel, its title included."""
LEAST_PLOT = 12
"""Columns of a plot; in a terminal with fewer left there are no labels beside it."""
MOST_PANELS = 6
TITLE_GAP = 2
LABEL_COLUMNS = 14
"""Between two labels of the axis of time, at least."""

ALONE_NS = 5 * 10**8
"""How much is seen before and after a reading that is the only one."""

Line = list[Cell]


class _Drawn(NamedTuple):
    """The points of a channel."""

    times: TimeArray
    values: FloatArray
    style: str


def channel_style(number: int) -> str:
    """Return the colour of a channel, as terminals name it."""
    return STYLES[number % len(STYLES)]


class Chart:
    """Draws the window of an analyzer again and again.

    Parameters
    ----------
    analyzer
        Of which it shows the channels that hold numbers, each unit or magnitude in a panel of its own.
    has_unicode
        False draws with ASCII.

    Notes
    -----
    Thread safety: one thread draws.
    """

    def __init__(self, analyzer: Analyzer, *, has_unicode: bool = True) -> None:
        self._analyzer = analyzer
        self._has_unicode = has_unicode
        self._scales = Scales()

    def lines(self, width: int, height: int, only: str | None = None) -> list[Line]:
        """Return at most `height` lines of `width` signs at most; none before the first reading.

        `only` is a channel that is shown without the others, if it holds numbers.
        """
        buffer = self._analyzer.buffer
        names = list(self._analyzer.channels)
        words = buffer.labels
        numbers = [name for name in names if name not in words]
        style = {name: channel_style(names.index(name)) for name in numbers}
        if only in numbers:
            names = numbers = [only]
        if not numbers or height < LEAST_PANEL:
            return []
        rows = arrange(names, buffer.units, lanes=words, scales=self._scales.among(buffer, numbers))
        panels = [[names[n] for n in axis.channels] for row in rows for axis in row]
        panels.sort(
            key=lambda panel: not self._limits(panel)
        )  # what is watched, if not all can be seen
        most = min(MOST_PANELS, max(1, (height - 1) // LEAST_PANEL))
        panels, left_out = panels[:most], sum(map(len, panels[most:]))
        span = self._span(numbers)
        if span is None:
            return []
        lines: list[Line] = []
        margin = self._margin(panels, span, width)
        for i, panel in enumerate(panels):
            n = (height - 1) * (i + 1) // len(panels) - (height - 1) * i // len(panels)
            more = f"  … and {left_out} more" if left_out and i == len(panels) - 1 else ""
            lines.append(self._title(panel, style, width, more))
            lines += self._panel(panel, style, span, width, n - 1, margin)
        lines.append(self._time_axis(span, width, margin))
        return lines

    def _span(self, names: Sequence[str]) -> tuple[int, int] | None:
        """Return the times of the left and the right edge, in ns: the window, or what there is of it."""
        first_ns, last_ns = [], []
        for name in names:
            held = self._analyzer.buffer.channel(name)
            start, stop = held.window_rows(self._analyzer.parsed_window)
            if stop > start:
                rows = held.rows(start, start + 1).times, held.rows(stop - 1, stop).times
                first_ns += rows[0].tolist()
                last_ns += rows[1].tolist()
        if not first_ns:
            return None
        first, last = min(first_ns), max(last_ns)
        return (first, last) if first < last else (first - ALONE_NS, last + ALONE_NS)

    def _drawn(self, name: str, style: str, span: tuple[int, int], n_columns: int) -> _Drawn:
        held = self._analyzer.buffer.channel(name)
        rows, gaps = rows_with_gaps(held, *held.span_rows(*span))
        bits = step_bits(span[1] - span[0], n_columns)
        return _Drawn(*bin_points(rows.times, rows.values, bits, gaps), style)

    def _ends(self, drawn: Sequence[_Drawn], names: Sequence[str]) -> tuple[float, float]:
        """Return the values at the lower and the upper edge: those of the readings, and of near limits."""
        values = np.concatenate([one.values for one in drawn])
        values = values[np.isfinite(values)]
        if len(values):
            low, high = float(values.min()), float(values.max())
            room = high - low or abs(high) or 1.0
            near = [v for v, _ in self._limits(names) if low - room <= v <= high + room]
            values = np.array([low, high, *near])
        return fitted(values)

    def _limits(self, names: Sequence[str]) -> list[tuple[float, str]]:
        """Return the limits of rules about these channels, and their styles."""
        buffer = self._analyzer.buffer
        return [
            (limit.value, LIMITS.get(limit.severity, "red"))
            for rule in self._analyzer.rules
            if any(rule.watches(name, buffer.measured, buffer.labels) for name in names)
            for limit in rule_limits(rule)
        ]

    def _margin(self, panels: Sequence[Sequence[str]], span: tuple[int, int], width: int) -> int:
        """Return how many columns the labels of the value axes take."""
        widest = 0
        for panel in panels:
            drawn = [self._drawn(name, BLANK, span, width) for name in panel]
            ticks = value_ticks(*self._ends(drawn, panel), 3)
            widest = max([widest, *(len(tick.label) for tick in ticks)])
        return widest + 2 if width - widest - 2 >= LEAST_PLOT else 0

    def _title(self, names: Sequence[str], style: dict[str, str], width: int, more: str) -> Line:
        units = self._analyzer.buffer.units
        line: Line = []
        for name in names:
            unit = f" [{units[name]}]" if units.get(name) else ""
            text = short_name(name, 24) + unit
            if len(line) + len(text) + TITLE_GAP > width - len(more):
                break
            line += [Cell(sign, style[name]) for sign in text + " " * TITLE_GAP]
        return (line + [Cell(sign, QUIET) for sign in more])[:width]

    def _panel(
        self,
        names: Sequence[str],
        style: dict[str, str],
        span: tuple[int, int],
        width: int,
        height: int,
        margin: int,
    ) -> list[Line]:
        canvas = Canvas(width - margin, height, has_unicode=self._has_unicode)
        drawn = [self._drawn(name, style[name], span, canvas.width) for name in names]
        low, high = self._ends(drawn, names)

        def row_of(values: FloatArray) -> FloatArray:
            # Halves, for the difference of two large numbers may be no number any more.
            share = (values / 2 - low / 2) / (high / 2 - low / 2)
            rows: FloatArray = (1 - share) * (canvas.height - 1)
            return rows

        for value, limit_style in self._limits(names):
            canvas.across(float(np.clip(row_of(np.array(value)), -1, canvas.height)), limit_style)
        for one in drawn:
            x = (one.times - span[0]) / (span[1] - span[0]) * (canvas.width - 1)
            canvas.line(x, row_of(one.values), one.style)
        labels: dict[int, str] = {}
        for tick in value_ticks(low, high, max(2, height // 2)):
            row = math.floor(float(row_of(np.array(tick.at))) / canvas.height * height)
            labels.setdefault(row, tick.label)
        return [
            [*self._label(labels.get(row, ""), margin), *cells]
            for row, cells in enumerate(canvas.rows())
        ]

    def _label(self, text: str, margin: int) -> Line:
        if not margin:
            return []
        edge = ("┤" if text else "│") if self._has_unicode else ("+" if text else "|")
        return [Cell(sign, QUIET) for sign in f"{text[: margin - 2]:>{margin - 2}} {edge}"]

    def _time_axis(self, span: tuple[int, int], width: int, margin: int) -> Line:
        zone = self._analyzer.buffer.timezone
        offset_ns = offset_ms(zone, span[1]) * 10**6
        n = width - margin
        ticks = time_ticks(*span, offset_ns, max(1, n // LABEL_COLUMNS))
        places = [(tick.at - span[0]) / (span[1] - span[0]) * (n - 1) for tick in ticks]
        widths = [float(len(tick.label)) for tick in ticks]
        zone_text = zone_label(zone, span[1])
        line = [" "] * width
        last = width - len(zone_text) - 1
        line[last + 1 :] = zone_text[:width]
        for tick, place, is_free in zip(ticks, places, free_labels(places, widths, 2), strict=True):
            start = margin + max(0, round(place - len(tick.label) / 2))
            if is_free and start + len(tick.label) <= last:
                line[start : start + len(tick.label)] = tick.label
        return [Cell(sign, QUIET) for sign in line[:width]]
