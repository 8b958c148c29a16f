"""The frames of a chart: what changed on its lines since the frame before, as numbers in one buffer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.readings.zone import ClockChanges, offset_ms, zone_label
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.summaries.bins import BinnedLine, bin_points, step_bits
from nbstream.text.naming import short_names, shortened
from nbstream.widgets.chart.archived_line import ArchivedLine
from nbstream.widgets.chart.channel_line import ChannelLine, rows_with_gaps
from nbstream.widgets.chart.delivery import Delivery
from nbstream.widgets.chart.figure import terse
from nbstream.widgets.chart.flag_runs import FlagRuns
from nbstream.widgets.chart.incidents import IncidentBands, RecordedIncidents
from nbstream.widgets.chart.lanes import LaneLabels, runs_only
from nbstream.widgets.chart.line_patch import LinePatch, pack_lines
from nbstream.widgets.chart.little import CoarseLines
from nbstream.widgets.chart.std_bands import StdBands
from nbstream.widgets.chart.whole_lines import FEWEST_ROWS, WholeLines
from nbstream.widgets.page.link import Payload
from nbstream.widgets.page.messages import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import tzinfo

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.window import Window

__all__ = ["SPAN_OF_ALL_NS", "ChartFeed"]

BINS_PER_PX = 2
SPAN_OF_ALL_NS = 60 * 10**9
MARK_BITS = 3
RUN_FACTOR = 2.5
"""Flags within 2^3 bins, 4 px, are one run, and so are those within 2.5 usual intervals."""
MAX_REASON = 160
MANY = ("incidents", "markers")
"""What a page is told of but where there is little room."""
LITTLE_LABELS = 250
"""Bytes for the labels of a lane, where there is little room."""
MAX_NAME = 40
PACE_EVERY = 0.5
"""Seconds for which it is not looked again how often readings come, once that is known."""
FIGURE_LEAVES = 400
"""Where the description of a figure leaves fewer bytes for points, it is told in fewer words."""

Points = tuple[TimeArray, FloatArray]


def _whole_line(number: int, line: ChannelLine | ArchivedLine | BinnedLine) -> LinePatch:
    times, values = line.points()
    if line.are_states:
        return LinePatch(number, *runs_only(times, values))
    return LinePatch(number, times, values, counts=line.counts(len(times)))


def _say(payload: Payload, labels: dict[str, Any]) -> Payload:
    """Add what the codes of a payload's lanes mean."""
    if labels:
        payload.content["labels"] = labels
    return payload


class ChartFeed:
    """Makes the frames of one chart from its analyzer's buffer.

    Parameters
    ----------
    analyzer
        Whose window and buffer.
    describe
        Returns what else the page must know (title, pause, source …); sent when it changes.
    width_px
        Returns the width of the widest view in device pixels.
    channels
        Names of the channels that are shown, as far as they are there; None is all that hold readings.
    gap_ns
        How long a pause breaks a line, as `breaks` takes it.
    band
        How many standard deviations the bands around the means reach; None draws none.
    halvings
        Returns how often the points that come are to be halved, for views that lag.

    Notes
    -----
    Thread safety: the link's pump owns it; `points` may be called from any thread.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        describe: Callable[[], dict[str, Any]],
        width_px: Callable[[], int],
        channels: Collection[str] | None = None,
        gap_ns: int | None = None,
        band: float | None = None,
        halvings: Callable[[], int] = lambda: 0,
    ) -> None:
        self.gap_ns = gap_ns
        """What may be chosen anew, from any thread; lines are made anew then."""
        self.band = band
        """How many standard deviations the bands reach, None without; from any thread, too."""
        self._drawn_gap_ns = gap_ns
        self._channels = channels
        self._marked = 0  # number of the newest anomaly that was sent
        self._flags = FlagRuns()
        self._analyzer = analyzer
        self._describe = describe
        self._width_px = width_px
        self._halvings = halvings
        self._halved = 0
        self._lines: dict[str, ChannelLine | ArchivedLine] = {}
        self._bits = 0
        self._sent_meta: dict[str, Any] = {}
        self._labels = LaneLabels(analyzer.buffer)
        self._coarse = CoarseLines(analyzer.buffer)
        self._whole = WholeLines(analyzer.buffer, gap_ns)
        self._delivery = Delivery(analyzer)
        self._std_bands = StdBands(analyzer)
        self._bands: IncidentBands | RecordedIncidents = IncidentBands(
            analyzer.alerts, SYSTEM_CLOCK
        )
        self._named: tuple[Any, list[dict[str, str]]] = (None, [])
        self._zone: tuple[Any, dict[str, Any]] = (None, {})
        self._paced: tuple[tuple[str, ...], float, tuple[float | None, float]] = (
            (),
            0.0,
            (None, 0.0),
        )
        self._clock_changes: tuple[Any, ClockChanges] | None = None
        self.n_points = 0

    @property
    def _buffer(self) -> Buffer:
        return self._analyzer.buffer

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that are shown; new ones only ever come at the end."""
        if self._channels is None:
            return self._buffer.measured
        return tuple(name for name in self._buffer.channels if name in self._channels)

    def show_incidents(self, incidents: RecordedIncidents) -> None:
        """Show incidents of long ago in the place of the analyzer's."""
        self._bands = incidents

    @property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    @property
    def zone(self) -> dict[str, Any]:
        """The display zone's offset and its words at the newest reading, and its offsets before.

        ``before`` has for each time at which clocks were set, epoch ms, the offset until then. Looked up once
        for each second.
        """
        zone, newest_ns = self._buffer.timezone, self._buffer.newest_ns or 0
        key = zone, newest_ns // 10**9
        if key != self._zone[0]:
            at = {
                "offset": offset_ms(zone, newest_ns),
                "label": zone_label(zone, newest_ns),
                "before": self._offsets_before(zone, newest_ns),
            }
            self._zone = key, at
        return self._zone[1]

    def _offsets_before(self, zone: tzinfo, newest_ns: int) -> list[list[float]]:
        if self._clock_changes is None or self._clock_changes[0] is not zone:
            self._clock_changes = zone, ClockChanges(zone)
        held = [self._buffer.channel(name) for name in self._buffer.channels]
        begins = [one.time_at(0) for one in held]
        oldest_ns = min((ns for ns in begins if ns is not None), default=newest_ns)
        changes = self._clock_changes[1].between(oldest_ns, newest_ns)
        return [[at_ns / 1e6, offset] for at_ns, offset in changes]

    def frame(self) -> Payload | None:
        """Return what changed since the last frame, or None."""
        self._coarse.forget()
        span_ns = self._span_ns()
        self._choose_step(span_ns)
        self._halve()
        lines = []
        names = self.names
        for number, name in enumerate(names):
            change = self._advance(number, name, span_ns)
            if change is not None:
                lines.append(change)
        self._whole.advance(names)
        self.n_points = sum(self._lines[name].count_since(span_ns) for name in self._lines)
        meta = self._meta(span_ns)
        changed = {key: value for key, value in meta.items() if self._sent_meta.get(key) != value}
        anomalies = self._analyzer.anomalies.after(self._marked)
        bands = self._new_bands(names, span_ns, meta["band"])
        if not lines and not changed and not anomalies and not bands:
            return None
        payload = pack_lines(lines)
        self._add(payload, changed)
        if bands:
            payload.content["bands"] = [self._std_bands.run, bands]
        _say(payload, self._labels.news(lines, names))
        if anomalies:
            self._marked = anomalies[-1].number
            runs = self._flags.take(anomalies, self._reach_ns)
            payload.content["marks"] = self._flags.told(self._numbers, runs.values())
            payload.content["detectors"] = self._flags.detectors
        self._sent_meta = meta
        return payload

    def _new_bands(
        self, names: tuple[str, ...], span_ns: int, band: float | None
    ) -> list[list[object]]:
        """Return what is new of the bands, which begin when they are asked for."""
        if band is None:
            self._std_bands.forget()
            return []
        self._std_bands.advance(names, span_ns)
        return self._std_bands.news(names)

    def keep_alive(self) -> Payload:
        """Return a frame without news."""
        return self._add(Payload({}), {})

    def snapshot(self) -> Payload:
        """Return all points as of the last frame, and all that a page must know."""
        names = self.names
        lines = [
            _whole_line(number, self._lines[name])
            for number, name in enumerate(names)
            if name in self._lines
        ]
        payload = self._add(pack_lines(lines), self._sent_meta or self._meta(self._span_ns()))
        payload.content["marks"] = self._flags.told(self._numbers)
        payload.content["detectors"] = self._flags.detectors
        bands = self._std_bands.all(names)
        if bands:
            payload.content["bands"] = [self._std_bands.run, bands]
        _say(payload, self._labels.all(lines, names))
        return payload

    def little(self, max_bytes: int, *, whole: bool) -> Payload | None:
        """Return coarse points that fit: of what came since the last frame, or of the window if `whole`."""
        span_ns = self._span_ns()
        meta = self._meta(span_ns) if whole else {}
        for name in MANY:
            meta.pop(name, None)
        said = self._add(Payload({"whole": True} if whole else {}), meta)
        left = max_bytes - len(json.dumps(said.content))
        if whole and left < FIGURE_LEAVES and "figure" in meta:
            meta["figure"] = terse(meta["figure"])
            said = self._add(Payload({"whole": True}), meta)
            left = max_bytes - len(json.dumps(said.content))
        if whole and left < 0:
            return self.little(max_bytes, whole=False)
        oldest = (self._buffer.newest_ns or 0) - span_ns
        starts = {name: oldest if whole else self._sent_until(name, oldest) for name in self.names}
        names = list(starts)
        n_lanes = len(self._buffer._store.labels.keys() & names)
        taken = self._coarse.take(
            starts, left - min(n_lanes * LITTLE_LABELS, left // 2), whole=whole
        )
        lines = pack_lines(taken)
        _say(lines, self._labels.of(taken, names, is_little=True))
        if not lines.content and not whole:
            return None
        if whole:
            self._sent_meta = meta
        return Payload({**said.content, **lines.content}, lines.buffers)

    def _sent_until(self, name: str, oldest: int) -> int:
        """Return from which time on no reading of a channel has gone out in full."""
        line = self._lines.get(name)
        time = None if line is None else line.newest_ns
        return oldest if time is None else max(oldest, time + 1)

    def _reach_ns(self, name: str) -> int:
        """Return how far apart flagged readings of a channel are that are marked as one run."""
        interval_ns = self._buffer.channel(name).interval_ns or 0
        return max(1 << (self._bits + MARK_BITS), int(RUN_FACTOR * interval_ns))

    def points(
        self, window: Window | None = None, span: tuple[int, int] | None = None
    ) -> dict[str, Points]:
        """Return the points that draw the readings in the window, or in a span (ns), by channel.

        Of a channel of words there are those before and after it too: a state lasts until the next one.
        """
        window = window or self._analyzer.parsed_window
        points = {}
        for name in self.names:
            held = self._buffer.channel(name)
            start, stop = held.seen_rows(window, span)
            if held.labels is not None:
                start, stop = max(0, start - 1), stop + 1
            rows, gaps = rows_with_gaps(held, start, stop, self.gap_ns)
            wide = int(np.ptp(rows.times)) if len(rows.times) else 0
            bits = step_bits(max(wide, 1), BINS_PER_PX * self._width_px())
            are_states = held.labels is not None
            points[name] = bin_points(rows.times, rows.values, bits, gaps, are_states=are_states)
        return points

    def history(
        self, from_ns: int, to_ns: int, width_px: int, view_ns: int | None = None
    ) -> Payload:
        """Return the points of a span for one view, with those just outside of it.

        `view_ns` is how much of it the view shows, None all: for that the points are fine enough.
        """
        bits = step_bits(max(1, view_ns or to_ns - from_ns), BINS_PER_PX * width_px)
        lines: list[LinePatch] = []
        names = self.names
        for number, name in enumerate(names):
            held = self._buffer.channel(name)
            if held.is_archived:
                archived = held.line(from_ns, to_ns, bits, self._drawn_gap_ns, view_ns)
                lines.append(_whole_line(number, archived))
                continue
            start, stop = max(held.row_at(from_ns) - 1, 0), held.row_at(to_ns) + 1
            before_ns = held.time_at(start)
            begin_ns = from_ns if before_ns is None else (min(before_ns, from_ns) >> bits) << bits
            start = held.row_at(
                begin_ns
            )  # bins are whole: a page puts them in the place of its own
            line = None
            if stop - start >= FEWEST_ROWS:
                line = self._whole.binned(name, begin_ns, to_ns, bits)
            if line is None:
                rows, gaps = rows_with_gaps(held, start, stop, self._drawn_gap_ns)
                line = BinnedLine(bits, are_states=held.labels is not None)
                line.extend(rows.times, rows.values, gaps)
            lines.append(_whole_line(number, line))
        return _say(pack_lines(lines), self._labels.of(lines, names))

    def _advance(self, number: int, name: str, span_ns: int) -> LinePatch | None:
        """Bin a channel's new rows; return what changed, or None if nothing did."""
        line = self._lines.get(name)
        is_new = line is None or line.is_cut_off
        if line is None or is_new:
            held = self._buffer.channel(name)
            newest = self._buffer.newest_ns or 0
            start = max(held.span()[0], held.row_at(newest - span_ns) - 1)
            kind = ArchivedLine if held.is_archived else ChannelLine
            line = self._lines[name] = kind(
                self._buffer, name, self._bits + self._halved, start, self._drawn_gap_ns
            )
        patch = line.news(number)
        if len(patch.times):
            line.drop_before(int(patch.times[-1]) - 2 * span_ns)
        if is_new:
            return replace(patch, cut_ns=None)
        return None if patch.cut_ns is None else patch

    def _halve(self) -> None:
        """Put what comes from now on into wider bins for views that lag, and into finer ones again."""
        halvings = self._halvings()
        if halvings == self._halved:
            return
        self._halved = halvings
        for line in self._lines.values():
            if not line.are_states:
                line.go_on(self._bits + halvings)

    def _choose_step(self, span_ns: int) -> None:
        """Bin anew when the width of the bins no longer fits the view."""
        bits = step_bits(span_ns, BINS_PER_PX * self._width_px())
        # The span of a count window breathes: there a step too fine or too coarse by one may stay.
        slack = 0 if self._analyzer.parsed_window.duration_ns is not None else 1
        gap_ns = self.gap_ns
        if not self._lines or abs(bits - self._bits) > slack or gap_ns != self._drawn_gap_ns:
            self._bits, self._drawn_gap_ns = bits, gap_ns
            if gap_ns != self._whole.gap_ns:
                self._whole = WholeLines(self._buffer, gap_ns)
            self._coarse.gap_ns = gap_ns
            self._lines.clear()

    def _span_ns(self) -> int:
        """Return the width of a following view in ns of event time."""
        window = self._analyzer.parsed_window
        if window.duration_ns is not None:
            return window.duration_ns
        span = 0
        for name in self.names:
            held = self._buffer.channel(name)
            start, stop = held.window_rows(window)
            oldest_ns = held.time_at(start)
            if stop - start > 1 and oldest_ns is not None:
                span = max(span, (self._buffer.newest_ns or 0) - oldest_ns)
        return span or SPAN_OF_ALL_NS

    def _meta(self, span_ns: int) -> dict[str, Any]:
        names = self.names
        stale_after, interval_ms = self._pace(names)
        return {
            "channels": self.shown,
            "span": span_ns / 1e6,
            "window": str(self._analyzer.parsed_window),
            "fitted": self._analyzer._fitted_window == self._analyzer.parsed_window,
            "zone": self.zone,
            "interval": interval_ms,
            "stale": stale_after,
            "lanes": self._labels.holding(names),
            "delivering": self._delivery.is_due(span_ns, stale_after),
            "band": self.band,
            "incidents": self._bands.read(names),
            "markers": [
                [mark.time_ns / 1e6, plain_text(mark.text, MAX_REASON)]
                for mark in tuple(self._buffer.marks)
            ],
            **self._describe(),
        }

    def _pace(self, names: tuple[str, ...]) -> tuple[float | None, float]:
        """Return from when on channels are stale (s), and the longest usual interval of them (ms).

        Both rest while readings come, and cost a look at each channel, so what is known is good for a while.
        """
        now = SYSTEM_CLOCK.monotonic()
        of, until, known = self._paced
        if of != names or now >= until:
            known = (
                self._buffer.stale_after(*names),
                max((self._interval_ms(name) for name in names), default=0.0),
            )
            self._paced = names, now + (PACE_EVERY if known[0] is not None else 0.0), known
        return known

    @property
    def shown(self) -> list[dict[str, str]]:
        """What a page shows of the channels' names and units, made anew when those change."""
        names = self.names
        key = names, dict(self._buffer.units)
        if key != self._named[0]:
            shown = short_names(names, MAX_NAME).items()
            units = key[1]
            self._named = (
                key,
                [
                    {"name": text, "unit": shortened(units.get(name, ""), 16)}
                    for name, text in shown
                ],
            )
        return self._named[1]

    def _add(self, payload: Payload, meta: dict[str, Any]) -> Payload:
        newest = self._buffer.newest_ns
        payload.content["newest"] = None if newest is None else newest / 1e6
        payload.content["total"] = self._buffer.n_added
        if meta:
            payload.content["meta"] = meta
        return payload

    def _interval_ms(self, name: str) -> float:
        """Return the usual interval of a channel, to two digits so that it rests; 0 if unknown."""
        interval_ns = self._buffer.channel(name).interval_ns
        return 0.0 if interval_ns is None else float(f"{interval_ns / 1e6:.2g}")
