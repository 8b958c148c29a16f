"""What a chart shows at one moment, taken down: the readings of its window, what they come to, the rules."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nbstream.readings.window import Window
from nbstream.readings.zone import local_datetime, offset_ms, zone_label
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.summaries.bins import bin_points, step_bits
from nbstream.text.naming import short_names, shortened
from nbstream.widgets.chart.channel_line import rows_with_gaps
from nbstream.widgets.chart.thresholds import thresholds
from nbstream.widgets.keep.picture import hex_color
from nbstream.widgets.page.messages import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.channel_rows import ChannelRows
    from nbstream.readings.window import WindowLike
    from nbstream.runtime.clock import Clock

__all__ = [
    "MAX_LINES",
    "Band",
    "Channel",
    "Line",
    "Record",
    "Threshold",
    "Trace",
    "said_of",
    "take",
]

MAX_LINES = 64
"""More channels than these are counted, not shown."""
MAX_BANDS = 500
BINS = 800
"""Into so many bins of time readings are put, four points each: about one for a pixel."""
MAX_NAME = 40
MAX_UNIT = 16
MAX_TITLE = 120
SECOND_NS = 10**9
FIRST_NS = -9_200_000_000_000_000_000
"""The oldest time that has a wall clock in every zone."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A channel that a chart shows, and how."""

    channel: str
    """Its whole name."""
    color: str
    """Of its line, such as "#3266d6" or "teal"."""
    dash: str = "solid"
    """"solid", "dash" or "dot"."""


@dataclass(frozen=True, slots=True)
class Line:
    """The points that draw a channel."""

    times: TimeArray
    """ns since the epoch, ascending."""
    values: FloatArray
    """NaN where the line breaks."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What was taken down of one channel."""

    name: str
    """As it is shown."""
    unit: str
    """"" is none."""
    color: str
    """Of its line, as "#rrggbb"."""
    dash: str
    """Of its line."""
    line: Line
    """What draws it."""
    from_ns: int | None
    """Time of its oldest reading in the window; None without any."""
    to_ns: int | None
    """Time of the newest."""
    count: int
    """Readings that are not missing."""
    last: float
    """The newest; NaN without any, as those that follow."""
    mean: float
    """Of the readings in the window."""
    min: float
    """The smallest."""
    max: float
    """The largest."""
    n_incidents: int
    """Incidents in the span that is shown."""
    label: str = ""
    """The newest word of a channel of words; "" for numbers."""
    states: Line | None = None
    """The codes of such a channel; None for numbers."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The limit of a rule."""

    value: float
    """In the unit of its channel."""
    unit: str
    """Of the channels on whose axis it is."""
    severity: str
    """"info", "warning" or "critical"."""
    text: str
    """The rule's name, and what of it this is."""


@dataclass(frozen=True, slots=True)
class Band:
    """The time of an incident."""

    from_ns: int
    """When the condition began to hold."""
    to_ns: int
    """When it ended, or the end of what is shown."""
    severity: str
    """The gravest that it reached."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a chart showed at one moment; immutable."""

    title: str
    """"" is none."""
    window: str
    """In words: "60s", "1,000 readings", "all"."""
    from_ns: int
    """The left end of the time axis."""
    to_ns: int
    """The right end, after `from_ns`."""
    offset_ns: int
    """How far the wall clock of the source's zone is ahead of UTC."""
    zone: str
    """The zone in words."""
    said: str
    """"recorded 2026-11-28 15:04:05 UTC+1, not live"."""
    channels: tuple[Channel, ...]
    """In their order, at most `MAX_LINES`."""
    n_left_out: int
    """Channels beyond those."""
    thresholds: tuple[Threshold, ...]
    """Of all rules that compare readings, or a level of theirs, with numbers."""
    bands: tuple[Band, ...]
    """Oldest first."""
    waiting: str
    """What is waited for; "" once there are readings."""


def take(
    analyzer: Analyzer,
    traces: Sequence[Trace],
    *,
    title: str = "",
    window: WindowLike | None = None,
    span: tuple[int, int] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Record:
    """Take down what a chart shows now.

    Parameters
    ----------
    analyzer
        Whose readings, rules and window.
    traces
        The channels that are shown.
    title
        Of the chart; tags in it are left out.
    window
        Another window; None is the analyzer's.
    span
        From when to when, in ns, instead of a window.
    clock
        Tells when that is.

    Notes
    -----
    Thread safety: any thread. Cost: a copy of the window's readings, one channel after the other; 16 channels
    of a million readings take about a second.
    """
    buffer = analyzer.buffer
    parsed = analyzer.parsed_window if window is None else Window.parse(window)
    now_ns = clock.wall_ns()
    newest_ns = buffer.newest_ns
    at_ns = now_ns if newest_ns is None else newest_ns
    units = {name: shortened(unit, MAX_UNIT) for name, unit in dict(buffer.units).items() if unit}
    names = short_names((trace.channel for trace in traces), MAX_NAME)
    shown = traces[:MAX_LINES]
    incidents = analyzer.alerts.incidents
    from_ns, to_ns = span or _span(analyzer, shown, parsed, at_ns)

    def rows_of(held: ChannelRows) -> tuple[int, int]:
        return held.window_rows(parsed) if span is None else held.span_rows(*span)

    inside = [
        i
        for i in incidents
        if i.breached_ns <= to_ns and (i.resolved_ns is None or i.resolved_ns >= from_ns)
    ]
    channels = tuple(
        _channel(
            analyzer,
            trace,
            rows_of,
            names[trace.channel],
            units.get(trace.channel, ""),
            sum(i.channel == trace.channel for i in inside),
        )
        for trace in shown
    )
    whole = {trace.channel for trace in shown}
    source = analyzer.source
    has_readings = any(channel.count for channel in channels)
    waiting = "" if has_readings else "no readings" if source is None else source.status
    return Record(
        title=plain_text(html.unescape(re.sub(r"<[^<>]*>", " ", title)), MAX_TITLE)
        if title
        else "",
        window=parsed.label if span is None else f"{(to_ns - from_ns) / 1e9:.6g}s",
        from_ns=from_ns,
        to_ns=to_ns,
        offset_ns=offset_ms(buffer.timezone, max(at_ns, FIRST_NS)) * 1_000_000,
        zone=zone_label(buffer.timezone, max(at_ns, FIRST_NS)),
        said=said_of(now_ns, buffer.timezone),
        channels=channels,
        n_left_out=len(traces) - len(shown),
        thresholds=_thresholds(analyzer, tuple(trace.channel for trace in shown), units),
        bands=tuple(
            Band(
                max(i.breached_ns, from_ns),
                to_ns if i.resolved_ns is None else min(i.resolved_ns, to_ns),
                i.severity,
            )
            for i in inside[-MAX_BANDS:]
            if i.channel in whole
        ),
        waiting=plain_text(waiting, 160),
    )


def _channel(
    analyzer: Analyzer,
    trace: Trace,
    rows_of: Callable[[ChannelRows], tuple[int, int]],
    name: str,
    unit: str,
    n_incidents: int,
) -> Channel:
    held = analyzer.buffer.channel(trace.channel)
    rows, gaps = rows_with_gaps(held, *rows_of(held))
    span_ns = int(np.ptp(rows.times)) if len(rows.times) else 0
    points = bin_points(rows.times, rows.values, step_bits(max(span_ns, 1), BINS), gaps)
    is_there = ~np.isnan(rows.values)
    values = rows.values[is_there]
    nan = float("nan")
    labels = held.labels
    if labels is not None:
        newest = labels.text(float(values[-1])) if len(values) else ""
        points = bin_points(
            rows.times, rows.values, step_bits(max(span_ns, 1), BINS), gaps, are_states=True
        )
        return Channel(
            name=name,
            unit="",
            color=hex_color(trace.color),
            dash="solid",
            line=Line(rows.times[:0], rows.values[:0]),
            from_ns=int(rows.times[0]) if len(values) else None,
            to_ns=int(rows.times[-1]) if len(values) else None,
            count=len(values),
            last=nan,
            mean=nan,
            min=nan,
            max=nan,
            n_incidents=n_incidents,
            label=plain_text(newest, MAX_NAME) if newest else "",
            states=Line(*points),
        )
    return Channel(
        name=name,
        unit=unit,
        color=hex_color(trace.color),
        dash=trace.dash,
        line=Line(*points),
        from_ns=int(rows.times[0]) if len(values) else None,
        to_ns=int(rows.times[-1]) if len(values) else None,
        count=len(values),
        last=float(values[-1]) if len(values) else nan,
        mean=_mean(values),
        min=float(values.min()) if len(values) else nan,
        max=float(values.max()) if len(values) else nan,
        n_incidents=n_incidents,
    )


def _mean(values: FloatArray) -> float:
    """Return the mean, also of numbers whose sum is no number any more."""
    if not len(values):
        return float("nan")
    with np.errstate(over="ignore"):
        mean = float(values.mean())
    if not np.isfinite(mean):
        mean = float((values / len(values)).sum())
    return mean


def _span(
    analyzer: Analyzer, traces: Sequence[Trace], window: Window, at_ns: int
) -> tuple[int, int]:
    """Return from when to when the time axis goes."""
    if window.duration_ns is not None:
        return max(at_ns - window.duration_ns, FIRST_NS), at_ns
    oldest, newest = [], []
    for trace in traces:
        held = analyzer.buffer.channel(trace.channel)
        start, stop = held.window_rows(window)
        first, last = held.time_at(start), held.time_at(stop - 1)
        if stop > start and first is not None and last is not None:
            oldest.append(first)
            newest.append(last)
    low, high = min(oldest, default=at_ns), max(newest, default=at_ns)
    return (low, high) if low < high else (low - SECOND_NS, high + SECOND_NS)


def _thresholds(
    analyzer: Analyzer, channels: tuple[str, ...], units: dict[str, str]
) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(line.value, unit, line.severity, shortened(line.text, MAX_NAME))
        for line in thresholds(analyzer.rules, channels, analyzer.channels)
        for unit in dict.fromkeys(units.get(channels[number], "") for number in line.channels)
    )


def said_of(at_ns: int, zone: object) -> str:
    """Return what a record says of itself: that it was recorded then, and is not live."""
    return f"recorded {_wall(at_ns, zone)}, not live"


def _wall(at_ns: int, zone: object) -> str:
    """Return a time as people write it: "2026-11-28 15:04:05 UTC+1"."""
    local = local_datetime(at_ns, zone)  # type: ignore[arg-type]
    minutes = round((local.utcoffset() or local - local).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else ""
    return f"{local:%Y-%m-%d %H:%M:%S} UTC{offset}"
