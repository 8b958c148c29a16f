"""What a chart shows at one moment, taken down: the readings of its window, what they come to, the rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nbstream.readings.window import Window
from nbstream.readings.zone import local_datetime, offset_ms, zone_label
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.summaries.bins import bin_points, step_bits
from nbstream.text.naming import short_names, shortened
from nbstream.widgets.chart.channel_line import rows_with_gaps
from nbstream.widgets.chart.lanes import is_told_on_change, labels_of, runs_only
from nbstream.widgets.chart.thresholds import thresholds
from nbstream.widgets.keep.canvas import hex_color
from nbstream.widgets.page.messages import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.window import WindowLike
    from nbstream.runtime.clock import Clock
    from nbstream.widgets.chart.lanes import Label

__all__ = [
    "MAX_LINES",
    "Axis",
    "Band",
    "Channel",
    "Line",
    "Record",
    "Rows",
    "Shape",
    "Subject",
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
    is_stepped: bool = False
    """Whether a reading holds until the next one comes."""
    has_fill: bool = False
    """Whether the area down to zero has its colour."""
    mode: str | None = None
    """"lines", "markers" or "lines+markers"; None is a line."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A line or an area across a row that somebody put into the figure."""

    x: tuple[int | None, int | None]
    """From when to when, ns; None reaches to the edge."""
    y: tuple[float | None, float | None]
    """From which value to which; None reaches to the edge."""
    color: str | None
    """Of the line, or of the outline, as "#rrggbb"; None is no line."""
    fill: str | None
    """Of the area, on the white plate; None for a line."""
    width: float
    dash: str
    text: str
    """Beside it."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A y axis of a chart."""

    title: str
    """"" is none."""
    channels: tuple[int, ...]
    """Numbers of the channels that are drawn on it."""
    ends: tuple[float | None, float | None] = (None, None)
    """Where it ends, None where the readings decide."""
    least: tuple[float | None, float | None] = (None, None)
    """How far it reaches at least."""
    is_log: bool = False
    """Whether it is logarithmic."""
    shapes: tuple[Shape, ...] = ()
    """Lines and areas that somebody put into its row."""


Rows = tuple[tuple[Axis, ...], ...]
"""Of a chart from the top down, each with its left and its right axis."""


class Subject(NamedTuple):
    """How a chart looks, of which a record is taken."""

    traces: Sequence[Trace]
    """The channels that are shown."""
    title: str = ""
    """As it is shown; "" is none."""
    rows: Rows = ()
    """Where the traces are drawn, by their numbers. Those that are in none of them are drawn by their units:
    two in one row, more in a row each."""


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
    is_stepped: bool = False
    """As a trace has it, as the next two."""
    has_fill: bool = False
    mode: str | None = None
    label: str = ""
    """The newest word of a channel of words; "" for numbers."""
    states: Line | None = None
    """The codes of such a channel; None for numbers."""
    labels: Mapping[float, Label] = field(default_factory=dict)
    """What the codes are."""
    until_ns: int | None = None
    """Up to when a state goes on that is told only when it changes; None for one that is told again."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """The limit of a rule."""

    value: float
    """In the unit of its channels."""
    channels: tuple[int, ...]
    """Numbers of the channels whose axes it is on."""
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
    rows: Rows
    """Where they are drawn; lanes stand below."""
    thresholds: tuple[Threshold, ...]
    """Of all rules that compare readings, or a level of theirs, with numbers."""
    bands: tuple[Band, ...]
    """Oldest first."""
    waiting: str
    """What is waited for; "" once there are readings."""


def take(
    analyzer: Analyzer,
    subject: Subject,
    *,
    window: WindowLike | None = None,
    span: tuple[int, int] | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Record:
    """Take down what a chart shows now.

    Parameters
    ----------
    analyzer
        Whose readings, rules and window.
    subject
        How the chart looks.
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
    traces, title, rows = subject
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
    inside = [
        i
        for i in incidents
        if i.breached_ns <= to_ns and (i.resolved_ns is None or i.resolved_ns >= from_ns)
    ]
    channels = tuple(
        _channel(
            analyzer,
            trace,
            buffer.channel(trace.channel).seen_rows(parsed, span),
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
        title=plain_text(title, MAX_TITLE),
        window=parsed.label if span is None else f"{(to_ns - from_ns) / 1e9:.6g}s",
        from_ns=from_ns,
        to_ns=to_ns,
        offset_ns=offset_ms(buffer.timezone, max(at_ns, FIRST_NS)) * 1_000_000,
        zone=zone_label(buffer.timezone, max(at_ns, FIRST_NS)),
        said=said_of(now_ns, buffer.timezone),
        channels=channels,
        n_left_out=len(traces) - len(shown),
        rows=_arranged(channels, rows),
        thresholds=_thresholds(analyzer, tuple(trace.channel for trace in shown)),
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
    seen: tuple[int, int],
    name: str,
    unit: str,
    n_incidents: int,
) -> Channel:
    held = analyzer.buffer.channel(trace.channel)
    start, stop = seen
    # With the reading before and the one after it, to which a line leads.
    around, gaps = rows_with_gaps(held, max(start - 1, 0), stop + 1)
    rows = slice(max(start - around.start, 0), max(stop - around.start, 0))
    times, values = around.times[rows], around.values[rows]
    span_ns = int(np.ptp(times)) if len(times) else 0
    bits = step_bits(max(span_ns, 1), BINS)
    are_states = held.labels is not None
    points = bin_points(around.times, around.values, bits, gaps, are_states=are_states)
    values = values[~np.isnan(values)]
    nan = float("nan")
    found = Channel(
        name=name,
        unit=unit,
        color=hex_color(trace.color),
        dash=trace.dash,
        line=Line(*points),
        from_ns=int(times[0]) if len(values) else None,
        to_ns=int(times[-1]) if len(values) else None,
        count=len(values),
        last=float(values[-1]) if len(values) else nan,
        mean=_mean(values),
        min=float(values.min()) if len(values) else nan,
        max=float(values.max()) if len(values) else nan,
        n_incidents=n_incidents,
        is_stepped=trace.is_stepped,
        has_fill=trace.has_fill,
        mode=trace.mode,
    )
    if held.is_archived and len(values):  # the points that draw it, not all of its readings
        found = replace(found, count=held.count(start, stop), mean=nan)
    return _of_words(found, analyzer.buffer, trace.channel) if are_states else found


def _of_words(found: Channel, buffer: Buffer, name: str) -> Channel:
    """Return what was taken of a channel of words, of whose codes a mean says nothing."""
    table = buffer._store.labels[name]
    codes = np.unique(found.line.values)
    nan = float("nan")
    return replace(
        found,
        unit="",
        dash="solid",
        line=Line(found.line.times[:0], found.line.values[:0]),
        last=nan,
        mean=nan,
        min=nan,
        max=nan,
        label=plain_text(table.text(found.last), MAX_NAME) if found.count else "",
        states=Line(*runs_only(found.line.times, found.line.values)),
        labels=labels_of(buffer, name, codes),
        until_ns=buffer.newest_ns if is_told_on_change(buffer, name) else None,
    )


def _arranged(channels: Sequence[Channel], rows: Rows) -> Rows:
    """Return the rows of channels of numbers, with rows by unit for those that are in none of them."""
    left = {number: None for number, channel in enumerate(channels) if channel.states is None}
    placed = []
    for row in rows:
        axes = tuple(
            replace(axis, channels=tuple(number for number in axis.channels if number in left))
            for axis in row
        )
        placed.append(tuple(axis for axis in axes if axis.channels))
        for axis in axes:
            for number in axis.channels:
                left.pop(number, None)
    by_unit: dict[str, list[int]] = {}
    for number in left:
        by_unit.setdefault(channels[number].unit, []).append(number)
    axes = tuple(Axis(unit, tuple(numbers)) for unit, numbers in by_unit.items())
    more = [axes] if len(axes) <= 2 else [(axis,) for axis in axes]
    return tuple(row for row in (*placed, *more) if row)


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


def _thresholds(analyzer: Analyzer, channels: tuple[str, ...]) -> tuple[Threshold, ...]:
    return tuple(
        Threshold(line.value, tuple(line.channels), line.severity, shortened(line.text, MAX_NAME))
        for line in thresholds(analyzer.rules, channels, analyzer.buffer)
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
