"""Runs of a training over their steps: which channels belong together, and where a run begins anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from nbstream.summaries.step_line import StepLine
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray, IntArray, TimeArray
    from nbstream.readings.buffer import Buffer
    from nbstream.recording.opening import Recorded

__all__ = ["Metric", "Origin", "Run", "TrainingRuns", "metric_of"]

STEP, EPOCH = "step", "epoch"
MAX_RUNS = 1000
"""Runs that are told apart; what comes after is of the last one."""
HELD = 4096
"""Steps that are kept for metrics that come after them."""
ROWS_AT_ONCE = 200_000
PHASES = "train|training|val|valid|validation|eval|test|dev"
LEADING = re.compile(rf"({PHASES})[_/.: -](.+)", re.IGNORECASE)
TRAILING = re.compile(rf"(.+)[_/.: -]({PHASES})", re.IGNORECASE)
PER = re.compile(r"(.+)_(step|epoch)", re.IGNORECASE)

Column: TypeAlias = "tuple[TimeArray, FloatArray]"


class Metric(NamedTuple):
    """What a name says: "val_loss" is the loss of the part "val"."""

    name: str
    part: str
    """"" where the name is the metric alone."""


def metric_of(name: str) -> Metric:
    """Return what metric a name is of, and of which part of the training.

    Examples
    --------
    >>> metric_of("val_loss"), metric_of("train_loss_epoch"), metric_of("lr")
    (Metric(name='loss', part='val'), Metric(name='loss', part='train epoch'), Metric(name='lr', part=''))
    """
    found, per = name, ""
    if match := PER.fullmatch(found):
        found, per = match[1], match[2].lower()
    words = ""
    if match := LEADING.fullmatch(found):
        words, found = match[1], match[2]
    elif match := TRAILING.fullmatch(found):
        found, words = match[1], match[2]
    if not words and not per:
        return Metric(name, "")
    part = words.lower()
    return Metric(found, f"{part} epoch".strip() if per == "epoch" else part)


class Run:
    """One run: a line for each of its metrics.

    Parameters
    ----------
    origin
        Where it comes from.
    prefix
        What its channels begin with, "" for nothing.
    number
        Which one of those that were begun under this name, from 1.
    """

    def __init__(self, origin: Origin, prefix: str, number: int) -> None:
        self.origin = origin
        self.prefix = prefix
        self.number = number
        self.lines: dict[str, StepLine] = {}

    @property
    def name(self) -> str:
        """What people call it."""
        base = self.prefix
        if self.origin.name:
            base = f"{self.origin.name} {base}".rstrip()
        is_only = self.number == 1 and self.origin.n_runs(self.prefix) == 1
        text = short_name(base, 40) if base else "run"
        return text if is_only else f"{text} {self.number}"


class _Strand:
    """The channels of one prefix, as they come: run after run."""

    def __init__(self, owner: Origin, prefix: str, axis: str | None) -> None:
        self.owner = owner
        self.prefix = prefix
        self.axis = axis
        self.runs: list[Run] = []
        self._times, self._steps = np.empty(0, np.int64), np.empty(0)
        self._epochs: Column = np.empty(0, np.int64), np.empty(0)
        self._row = 0
        """The number of the first row of steps that is held."""
        self._begins: list[int] = [0]
        """The row of steps at which another run, or another count of steps, begins …"""
        self._numbers: list[int] = [0]
        """… which run it is …"""
        self._offsets: list[float] = [0.0]
        """… and what is added to its steps."""
        self._first = self._most = np.nan
        self._newest = np.nan
        self._gap = 1.0
        self._epoch = np.nan

    def take(
        self, axis: Column | None, epochs: Column | None, metrics: Mapping[str, Column]
    ) -> None:
        """Take in what is new of some channels."""
        if epochs is not None:
            times, values = (
                np.concatenate(p)[-HELD:] for p in zip(self._epochs, epochs, strict=True)
            )
            self._epochs = times, values
        if axis is not None:
            self._take_steps(*axis)
        for metric, (times, values) in metrics.items():
            if not len(times):
                continue
            if self.axis is None:
                line = self._line(0, metric)
                line.add(line.n + np.arange(len(times), dtype=np.float64), values)
                continue
            at = _rows_of(self._times, times)
            steps = (
                np.where(at >= 0, self._steps[at], np.nan) if len(self._steps) else values * np.nan
            )
            has_step = np.isfinite(steps)
            if self.owner.has_blanks:
                has_step &= ~np.isnan(values)
            at, steps, values = at[has_step], steps[has_step], values[has_step]
            place = np.searchsorted(self._begins, self._row + at, "right") - 1
            steps = steps + np.array(self._offsets)[place]
            numbers = np.array(self._numbers)[place]
            cuts = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
            for start, stop in pairwise(cuts):
                if stop > start:
                    line = self._line(int(numbers[start]), metric)
                    line.add(steps[start:stop], values[start:stop])
        n_over = max(0, len(self._times) - HELD)
        self._row += n_over
        self._times, self._steps = self._times[n_over:], self._steps[n_over:]

    def _line(self, number: int, metric: str) -> StepLine:
        while len(self.runs) <= number:
            run = Run(self.owner, self.prefix, len(self.runs) + 1)
            self.runs.append(run)
            self.owner.order.append(run)
        return self.runs[number].lines.setdefault(metric, StepLine())

    def _take_steps(self, times: TimeArray, steps: FloatArray) -> None:
        row = self._row + len(self._times)
        # A row without a step has the one before.
        filled = np.append(self._newest, steps)
        last = np.maximum.accumulate(np.where(np.isfinite(filled), np.arange(len(filled)), 0))
        steps = filled[last][1:]
        self._times = np.concatenate([self._times, times])
        self._steps = np.concatenate([self._steps, steps])
        n_before = int(np.isnan(steps).sum())
        times, steps, row = times[n_before:], steps[n_before:], row + n_before
        if not len(steps):
            return
        if np.isnan(self._first):
            self._first = self._most = float(steps[0])
            self._epoch = self._epoch_at(int(times[0]))
        start = 0
        # Steps that go back to where the run began are another run, or the next epoch of one that counts
        # anew; those that go back to somewhere within are a checkpoint, which each line sees by itself.
        for i in np.flatnonzero(np.diff(steps, prepend=self._newest) < 0).tolist():
            self._see(steps[start:i])
            start = i
            if steps[i] <= self._first < self._most:
                self._begin(row + i, int(times[i]), float(steps[i]))
        self._see(steps[start:])
        self._newest = float(steps[-1])

    def _see(self, steps: FloatArray) -> None:
        if len(steps):
            self._most = max(self._most, float(steps[-1]))
        if len(steps) > 1:
            self._gap = float(steps[-1] - steps[-2]) or self._gap

    def _begin(self, row: int, ns: int, step: float) -> None:
        epoch = self._epoch_at(ns)
        number, offset = self._numbers[-1], 0.0
        if epoch > self._epoch and self.axis != EPOCH:
            offset = self._offsets[-1] + self._most + self._gap - step
        else:
            number = min(number + 1, MAX_RUNS)
        self._begins.append(row)
        self._numbers.append(number)
        self._offsets.append(offset)
        self._first = self._most = step
        self._epoch = epoch

    def _epoch_at(self, ns: int) -> float:
        times, values = self._epochs
        at = int(np.searchsorted(times, ns, "right")) - 1
        return float(values[at]) if at >= 0 else float("nan")


class Origin:
    """What runs come from: a buffer that grows, or a recording.

    Parameters
    ----------
    name
        What its runs are called by, "" where there is no other.
    axes
        What may be the axis, as it is called within a run; the first that there is.
    order
        Runs in the order in which they began, of all origins; new ones are added.
    has_blanks
        Whether a missing reading is a cell that was left empty, rather than NaN.
    """

    def __init__(
        self, name: str, axes: tuple[str, ...], order: list[Run], *, has_blanks: bool = False
    ) -> None:
        self.name = name
        self._axes = axes
        self.order = order
        self.has_blanks = has_blanks
        self._strands: dict[str, _Strand] = {}
        self._known: dict[str, tuple[str, str]] = {}
        self._n_known = -1
        self.rows: dict[str, int] = {}
        """The next row of each channel of a buffer."""
        self.n_unread = 0
        """Readings that were gone from the buffer before they were read."""

    def n_runs(self, prefix: str) -> int:
        """Return how many runs were begun under a name."""
        return len(self._strands[prefix].runs)

    @property
    def strands(self) -> Iterable[_Strand]:
        """What there is of each name."""
        return self._strands.values()

    def read_buffer(self, buffer: Buffer) -> None:
        """Read on in a buffer."""
        channels = [name for name in buffer.measured if name not in buffer.labels]
        self._know(channels)

        def column(name: str) -> Column:
            rows = buffer.channel(name)
            start = self.rows.get(name, 0)
            found = rows.rows(start)
            self.n_unread += found.start - start
            self.rows[name] = found.start + len(found.times)
            return found.times, found.values

        # Metrics before steps: of what comes meanwhile the steps are known first.
        found = {name: column(name) for name in channels if not self._is_axis(name)}
        found |= {name: column(name) for name in channels if self._is_axis(name)}
        self._take(found)

    def read_recording(self, recording: Recorded, batches: Iterable[tuple[int, object]]) -> None:
        """Read a recording as a whole."""
        description = recording.description
        self._know([name for name in description.channels if name not in description.labels])
        for columns in _gathered(batches):
            self._take({name: column for name, column in columns.items() if name in self._known})

    def _is_axis(self, name: str) -> bool:
        return self._known[name][1] in (*self._axes, EPOCH)

    def _know(self, channels: list[str]) -> None:
        """Find out which run each channel is of; a run whose steps come late is read again."""
        if len(channels) == self._n_known:
            return
        self._n_known = len(channels)
        there = set(channels)
        for name in channels:
            prefix, axis = self._place_of(name, there)
            if self._known.get(name, (prefix, ""))[0] != prefix:
                self._forget(self._known[name][0])
            self._known[name] = prefix, name[len(prefix) + 1 :] if prefix else name
            strand = self._strands.get(prefix)
            if strand is not None and strand.axis != axis:
                self._forget(prefix)
                strand = None
            if strand is None:
                self._strands[prefix] = _Strand(self, prefix, axis)

    def _place_of(self, name: str, there: set[str]) -> tuple[str, str | None]:
        """Return the run that a channel is of, "" where none is named, and the run's axis."""
        for prefix in _prefixes(name):
            for axis in self._axes:
                if _joined(prefix, axis) in there:
                    return prefix, axis
        return "", None

    def _forget(self, prefix: str) -> None:
        strand = self._strands.pop(prefix, None)
        if strand is not None:
            gone = set(map(id, strand.runs))
            self.order[:] = [run for run in self.order if id(run) not in gone]
        for name, (of, _) in self._known.items():
            if of == prefix:
                self.rows.pop(name, None)

    def _take(self, columns: Mapping[str, Column]) -> None:
        of: dict[str, dict[str, Column]] = {}
        for name, column in columns.items():
            prefix, metric = self._known[name]
            of.setdefault(prefix, {})[metric] = column
        for prefix, found in of.items():
            strand = self._strands[prefix]
            epochs = found.get(EPOCH)
            axis = None if strand.axis is None else found.get(strand.axis)
            for name in (STEP, EPOCH, *self._axes):
                found.pop(name, None)
            strand.take(axis, epochs, found)


class TrainingRuns:
    """Runs of several origins.

    Parameters
    ----------
    axis
        The channel that is the axis, as it is called within a run: "epoch", "tokens"; None is "step", of
        runs without steps "epoch", and without these the number of the reading.
    """

    def __init__(self, axis: str | None) -> None:
        self._axes = (STEP, EPOCH) if axis is None else (axis,)
        self.runs: list[Run] = []
        """In the order in which they began."""
        self.origins: list[Origin] = []

    def add(self, name: str, *, has_blanks: bool = False) -> Origin:
        """Return a new origin of runs."""
        origin = Origin(name, self._axes, self.runs, has_blanks=has_blanks)
        self.origins.append(origin)
        return origin

    @property
    def axes(self) -> list[str]:
        """What the axes of the runs are, "reading" where there is none."""
        found = [
            strand.axis or "reading" for o in self.origins for strand in o.strands if strand.runs
        ]
        return list(dict.fromkeys(found)) or [self._axes[0]]

    @property
    def metrics(self) -> list[str]:
        """Names of all metrics, as runs have them, in the order in which they came."""
        return list(dict.fromkeys(name for run in self.runs for name in run.lines))


def _rows_of(known: TimeArray, times: TimeArray) -> IntArray:
    """Return for each time the last row of `known` that is not later, −1 for none.

    Where as many rows have the same time in both, they belong together one by one: rows of a table that
    came at once.
    """
    n_before = len(known) - len(times)
    if n_before >= 0 and np.array_equal(known[n_before:], times):
        return np.arange(n_before, len(known))
    at = np.searchsorted(known, times, "right") - 1
    first = np.searchsorted(known, times, "left")
    own = np.searchsorted(times, times, "left")
    n_own = np.searchsorted(times, times, "right") - own
    is_group = (n_own > 1) & (at - first + 1 == n_own)
    return np.where(is_group, first + np.arange(len(times)) - own, at)


def _prefixes(name: str) -> Iterator[str]:
    """Yield what may be the name of a channel's run, longest first."""
    while name:
        name = name.rpartition(".")[0]
        yield name


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _gathered(batches: Iterable[tuple[int, object]]) -> Iterator[dict[str, Column]]:
    """Yield many batches at once, as columns."""
    found: dict[str, list[Column]] = {}
    n = 0

    def joined() -> dict[str, Column]:
        return {
            name: (np.concatenate([t for t, _ in parts]), np.concatenate([v for _, v in parts]))
            for name, parts in found.items()
        }

    for _, batch in batches:
        for name, values in batch.values.items():  # type: ignore[attr-defined]
            found.setdefault(name, []).append((batch.times, values))  # type: ignore[attr-defined]
        n += len(batch)  # type: ignore[arg-type]
        if n >= ROWS_AT_ONCE:
            yield joined()
            found, n = {}, 0
    if found:
        yield joined()
