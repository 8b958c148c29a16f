"""TrainingChart: the metrics of a training over its steps, several runs over each other, live."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.analysis.analyzer import Analyzer
from nbstream.analysis.traits import require_name
from nbstream.readings.buffer import Buffer
from nbstream.recording.opening import batches_from, open_recordings, told_of
from nbstream.sources import Source, SourceState
from nbstream.summaries.step_line import FURTHEST
from nbstream.text.naming import short_name
from nbstream.widgets.chart.look import PALETTE
from nbstream.widgets.chart.settings import read_switch
from nbstream.widgets.keep.canvas import hex_color
from nbstream.widgets.keep.plot_picture import PlotLine, PlotRow
from nbstream.widgets.page.messages import is_number, plain_text
from nbstream.widgets.plots.training_points import DrawnLine, TailFeed, as_lists
from nbstream.widgets.plots.training_runs import Run, TrainingRuns, metric_of
from nbstream.widgets.plots.window_plot import WindowPlot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from nbstream.readings.batch import Batch, FloatArray
    from nbstream.summaries.step_line import StepLine
    from nbstream.widgets.page.inbox import Action
    from nbstream.widgets.page.panel import StateFeed

__all__ = ["TrainingChart"]

MAX_SHOWN = 8
"""Runs that are drawn, the newest: there are so many colours."""
MAX_ROWS = 6
"""Metrics that are drawn where none was chosen."""
MAX_CHOSEN = 20
POINTS = 16_384
"""Points of all lines together, about."""
MOST, LEAST = 1024, 128
"""Points of a line, at most and, however many lines there are, at least."""
UNREAD = 65_536
"""Readings that may wait while nobody looks, before they leave the buffer."""
ROW_HEIGHT, ONE_HEIGHT = 190, 280
TRAIN = "train"
"""The part of a metric that names none, where others do."""
DASHES = ("solid", "dash", "dot", "dashdot")
NEWEST = 1000
"""The window of the analyzer that is made where none was given: no statistic of it is shown."""
BLANK = ("csv", "frame")
"""Kinds of sources where a missing reading is a cell that was left empty."""


class _Row(NamedTuple):
    """Lines of one metric."""

    metric: str
    parts: list[str]
    lines: list[tuple[Run, str, str, StepLine]]
    """Each a run, the name of the metric within it, the part, and the line."""


class _Look(NamedTuple):
    """How a line looks, and what it is called."""

    name: str
    part: str
    palette: int
    dash: str


class TrainingChart(WindowPlot):
    """The metrics of trainings over their steps: a row for each metric, runs over each other by colour.

    Parameters
    ----------
    *runs
        What holds runs: TrainingSources or other sources with a channel of steps, buffers, analyzers; or
        recordings by their names ("run.parquet", "run-*.parquet"), which are read as a whole.
    x
        The channel that is the x axis, as it is called within a run: "epoch", "tokens". None is "step", of
        runs without steps "epoch", and without these the number of the reading.
    metrics
        Names of the metrics that are shown, as "loss", which is "val_loss" too; None is the first 6, losses
        before others.
    log
        Whether the y axes are logarithmic.
    title
        Stands above it.
    height
        CSS px of the plots with their axes; None goes by how many there are.

    Raises
    ------
    TypeError
        If there are no runs, or an argument is of another type.
    ValueError
        If a number is out of range.
    FileNotFoundError
        If there is no such recording.
    ParseError
        If a file is no recording.

    Notes
    -----
    A line is the mean of the readings of some steps, on a band from the smallest to the largest; up to
    16,384 steps each stands for itself, and is seen so once a view is near. What leaves the buffer stays on
    the line. NaN is a gap, and counted.

    Steps that go back to where a run began are another run ("run 2"), or the next epoch if the loop counts
    its steps anew in each and logs the epoch too. Steps that go back to somewhere within are a checkpoint:
    the line goes on from there, and what it had beyond stays as a faint one. A metric that is logged
    without a step has the one before it.

    Thread safety: make and close it on the main thread; what it holds can be read from any.

    Examples
    --------
    >>> from nbstream import TrainingSource
    >>> live = TrainingSource()
    >>> for run in ("a", "b"):
    ...     for step in range(3):
    ...         live.log(loss=1 / (step + 1), step=step, run=run)
    >>> live.stop()
    >>> chart = TrainingChart(live)
    >>> chart.to_frame().groupby("run")["mean"].count().to_dict()
    {'a': 3, 'b': 3}
    >>> chart.close()
    >>> live.close()
    """

    _view = "training"

    def __init__(
        self,
        *runs: Source | Buffer | Analyzer | str | os.PathLike[str],
        x: str | None = None,
        metrics: str | Iterable[str] | None = None,
        log: bool = False,
        title: str | None = None,
        height: int | None = None,
    ) -> None:
        _check_runs(runs)
        self._metrics = _read_metrics(metrics)
        self._log = read_switch(log, "log")
        self._is_tall = height is None
        self._runs = TrainingRuns(None if x is None else require_name(x))
        self._live: list[tuple[Any, Buffer]] = []
        self._lost: list[str] = []
        self._n_waiting = 0
        self._most_waiting = UNREAD
        self._drawn: dict[StepLine, DrawnLine] = {}
        self._given = runs
        for thing, name in zip(runs, _names(runs), strict=True):
            self._open(thing, name)
        home = next((thing for thing in runs if not isinstance(thing, (str, os.PathLike))), None)
        self._own: Analyzer | None = None
        if isinstance(home, Analyzer):
            analyzer = home
        else:
            analyzer = self._own = Analyzer(home or Buffer(), NEWEST)
        try:
            super().__init__(analyzer, title=title, height=ONE_HEIGHT if height is None else height)
        except BaseException:
            if self._own is not None:
                self._own.close()
            raise
        for source in self._sources():
            source._add_tap(self._tapped)

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the metrics that runs have, as they have them."""
        with self._lock:
            self._advance()
            return tuple(self._runs.metrics)

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs, in the order in which they began."""
        with self._lock:
            self._advance()
            return tuple(run.name for run in self._runs.runs)

    def to_frame(self) -> pd.DataFrame:
        """Return the lines of all runs and metrics, a row for each bin of steps.

        Returns
        -------
        DataFrame
            Columns "run", "metric", "x" (mean step of the bin), "mean", "min", "max" (NaN where all readings
            of a bin are missing), "n" and "missing" (readings).
        """
        import pandas as pd

        names = ("x", "mean", "min", "max", "n", "missing")
        columns: dict[str, list[Any]] = {name: [] for name in ("run", "metric", *names)}
        with self._lock:
            self._advance()
            for run in self._runs.runs:
                for metric, line in run.lines.items():
                    points = line.points(2**62)
                    columns["run"] += [run.name] * len(points.x)
                    columns["metric"] += [metric] * len(points.x)
                    for name, values in zip(names, points[:-1], strict=True):
                        columns[name] += values.tolist()
        return pd.DataFrame(columns)

    def _open(self, thing: Any, name: str) -> None:
        if not isinstance(thing, (str, os.PathLike)):
            source = thing.source if isinstance(thing, Analyzer) else thing
            buffer = thing if isinstance(thing, Buffer) else thing.buffer
            has_blanks = isinstance(source, Source) and source.kind in BLANK
            self._most_waiting = min(self._most_waiting, buffer.capacity // 4)
            self._live.append((self._runs.add(name, has_blanks=has_blanks), buffer))
            return
        for recording in open_recordings(thing):
            try:
                has_blanks = recording.description.source.get("kind") in BLANK
                origin = self._runs.add(name, has_blanks=has_blanks)
                origin.read_recording(recording, batches_from(recording))
                if lost := told_of(recording.lost):
                    self._lost.append(f"{name or Path(thing).name}: {lost}")
            finally:
                recording.close()

    def _sources(self) -> list[Source]:
        found = []
        for thing in self._given:
            source = thing.source if isinstance(thing, Analyzer) else thing
            if isinstance(source, Source):
                found.append(source)
        return found

    def _tapped(self, batch: Batch) -> None:
        """Read on while nobody looks, so that what leaves the buffer is on the lines."""
        self._n_waiting += len(batch)
        if self._n_waiting > self._most_waiting and self._lock.acquire(blocking=False):
            try:
                self._advance()
            finally:
                self._lock.release()

    def _advance(self) -> None:
        """Take in what is new; called under the lock."""
        self._n_waiting = 0
        for origin, buffer in self._live:
            origin.read_buffer(buffer)

    def _end(self, *, keep: bool) -> None:
        was_open = not self.is_closed
        super()._end(keep=keep)
        if was_open:
            for source in self._sources():
                source._remove_tap(self._tapped)
            if self._own is not None:
                self._own.close()

    # The page.

    def _new_feed(self) -> StateFeed:
        return TailFeed(self._read)

    def _actions(self) -> dict[str, Action]:
        return super()._actions() | {"detail": self._detail}

    def _detail(self, message: dict[str, Any]) -> Callable[[], dict[str, Any]] | None:
        """Answer a view that looks at some steps with all that is known of them."""
        low: Any = message.get("low")
        high: Any = message.get("high")
        if not (is_number(low, FURTHEST) and is_number(high, FURTHEST) and low < high):
            return None

        def answer() -> dict[str, Any]:
            with self._lock:
                self._advance()
                rows, _ = self._chosen_rows()
                most = _most_points(rows)
                found = {}
                for row in rows:
                    for run, name, _, line in row.lines:
                        points = line.points_within(low, high, most)
                        lists = as_lists(points)
                        found[self._id(run, name)] = {"points": lists, "width": points.width}
                return {"lines": found}

        return answer

    def _id(self, run: Run, name: str) -> str:
        return f"{self._runs.runs.index(run)} {name}"

    def _chosen_rows(self) -> tuple[list[_Row], int]:
        """Return the rows that are shown, and how many more metrics there are."""
        runs = self._runs.runs[-MAX_SHOWN:]
        rows: dict[str, _Row] = {}
        for run in runs:
            for name, line in run.lines.items():
                metric = metric_of(name)
                if self._metrics is None or self._metrics & {name, metric.name}:
                    row = rows.setdefault(metric.name, _Row(metric.name, [], []))
                    if metric.part not in row.parts:
                        row.parts.append(metric.part)
                    row.lines.append((run, name, metric.part, line))
        for row in rows.values():
            row.parts.sort(
                key=lambda part: ("", "train").index(part) if part in ("", "train") else 2
            )
        found = sorted(rows.values(), key=lambda row: "loss" not in row.metric.lower())
        most = MAX_ROWS if self._metrics is None else MAX_CHOSEN
        return found[:most], max(0, len(found) - most)

    def _state(self) -> dict[str, Any]:
        with self._lock:
            self._advance()
            found, n_more = self._chosen_rows()
            most, looks = _most_points(found), self._looks(found)
            height = self._height
            if self._is_tall and len(found) > 1:
                height = ROW_HEIGHT * len(found)
            return {
                "title": self._title,
                "height": height,
                "rows": [self._row(row, looks, most) for row in found],
                "x": " or ".join(plain_text(axis, 40) for axis in self._runs.axes),
                "log": self._log,
                "facts": self._facts(found),
                "waiting": "" if found else self._waiting(),
                "more": n_more,
            }

    def _looks(self, rows: list[_Row]) -> dict[StepLine, _Look]:
        """Return how each line looks: runs by colour and parts by dash; parts by colour of one run."""
        runs = self._runs.runs
        parts = list(dict.fromkeys(p or TRAIN for row in rows for p in row.parts))
        is_by_part = len(runs) == 1 and len(parts) > 1
        parts.sort(key=lambda part: part != TRAIN)
        looks = {}
        for row in rows:
            for run, _, part, line in row.lines:
                dash = DASHES[row.parts.index(part) % len(DASHES)]
                if is_by_part:
                    shown = part or TRAIN
                    is_twice = part == TRAIN and "" in row.parts
                    place = parts.index(shown) % MAX_SHOWN
                    looks[line] = _Look(shown, "", place, dash if is_twice else DASHES[0])
                else:
                    looks[line] = _Look(run.name, part, runs.index(run) % MAX_SHOWN, dash)
        return looks

    def _row(self, row: _Row, looks: dict[StepLine, _Look], most: int) -> dict[str, Any]:
        series = []
        for run, name, _, line in row.lines:
            look = looks[line]
            drawn = self._drawn.setdefault(line, DrawnLine(line))
            drawn.renew(most)
            series.append(
                {
                    "id": self._id(run, name),
                    "name": plain_text(look.name, 60),
                    "part": plain_text(look.part, 30),
                    "palette": look.palette,
                    "dash": look.dash,
                    "from": 0,
                    "points": drawn.lists,
                    "before": drawn.before,
                    "width": drawn.width,
                    "missing": drawn.marks,
                    "newest": _short(line.newest),
                }
            )
        only = row.lines[0][1] if len({name for _, name, _, _ in row.lines}) == 1 else row.metric
        return {"metric": plain_text(short_name(only, 60), 60), "series": series}

    def _facts(self, rows: list[_Row]) -> list[str]:
        found = []
        axis = self._runs.axes[0]
        lines = [(run, name, line) for row in rows for run, name, _, line in row.lines]
        newest = max((line.newest for _, _, line in lines), default=-np.inf)
        if np.isfinite(newest):
            found.append(f"{axis} {_number(newest)}")
        n_runs = len(self._runs.runs)
        is_one = n_runs == 1
        if n_runs > MAX_SHOWN:
            found.append(f"the newest {MAX_SHOWN} of {n_runs} runs")

        def of(run: Run) -> str:
            return "" if is_one else f" ({plain_text(run.name, 30)})"

        missing = [x for x in lines if x[2].n_missing]
        for run, name, line in missing[:2]:
            points = line.points(2**62)
            first = float(points.x[np.flatnonzero(points.missing)[0]])
            if points.width > 1:
                first = first // points.width * points.width
            where = f"{axis} {_number(first)}"
            how = f"from {where} on" if line.n_missing > 1 else f"at {where}"
            found.append(f"{line.n_missing:,} NaN in {plain_text(name, 30)}{of(run)}, {how}")
        if len(missing) > 2:
            found.append(f"NaN in {len(missing) - 2} more lines")
        seen = set()
        for run, _, line in lines:
            if line.went_back is None or id(run) in seen:
                continue
            seen.add(id(run))
            back = tuple(map(_number, line.went_back))
            times = f", the last of {line.n_back} times" if line.n_back > 1 else ""
            found.append(f"went back from {axis} {back[0]} to {back[1]}{of(run)}{times}")
        n_unread = sum(origin.n_unread for origin in self._runs.origins)
        if n_unread:
            found.append(f"without {n_unread:,} readings that the buffer no longer held")
        return [*found[:6], *self._lost[:2]]

    def _waiting(self) -> str:
        found = self._runs.metrics
        if self._metrics is not None and found:
            there = ", ".join(repr(short_name(name, 30)) for name in found[:4])
            wanted = short_name(min(self._metrics), 40)
            return f"waiting for metric {wanted!r}; there is {there}"
        for source in self._sources():
            if source.kind == "training" and source.state is SourceState.IDLE:
                return "waiting for log(…)"
            return plain_text(source.status, 200)
        return "waiting for buffer.append(…)" if self._live else "the recordings hold no metrics"

    # What the notebook keeps.

    def _span(self) -> str:
        with self._lock:
            return "; ".join(self._facts(self._chosen_rows()[0])) or "no steps yet"

    def _summary(self) -> str:
        names = [short_name(name, 20) for name in self.channels[:3]]
        return ", ".join(names) or "no readings yet"

    def _recorded(self) -> tuple[list[PlotRow], list[str], list[tuple[str, list[str]]]]:
        self._advance()
        axis = " or ".join(self._runs.axes)
        columns = ["run", "metric", axis, "last", "least", "greatest", "NaN"]
        rows, cells = [], []
        chosen = self._chosen_rows()[0]
        looks = self._looks(chosen)
        for row in chosen:
            lines = []
            for run, name, _, line in row.lines:
                look = looks[line]
                color = hex_color(PALETTE[look.palette])
                points = line.points(MOST)
                low, high = (
                    (np.nanmin, np.nanmax) if np.isfinite(points.mean).any() else (_none, _none)
                )
                told = [
                    _number(line.newest),
                    *map(_worded, (line.last, low(points.low), high(points.high))),
                ]
                cells.append((color, [run.name, name, *told, f"{line.n_missing:,}"]))
                mean = np.where((points.mean > 0) | (not self._log), points.mean, np.nan)
                if np.isfinite(mean).any():
                    lines.append(
                        PlotLine(f"{look.name} {look.part}".rstrip(), color, points.x, mean)
                    )
            if lines:
                rows.append(PlotRow(lines, axis, short_name(row.metric, 80), is_log_y=self._log))
        return rows, columns, cells


def _most_points(rows: list[_Row]) -> int:
    """Return how many points a line may have."""
    n_lines = sum(len(row.lines) for row in rows) or 1
    return max(LEAST, min(MOST, POINTS // n_lines))


def _short(value: float) -> float | None:
    return float(f"{value:.9g}") if np.isfinite(value) else None


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.6g}"


def _worded(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else "–"


def _none(values: FloatArray) -> float:
    return float("nan")


def _names(runs: tuple[Any, ...]) -> list[str]:
    """Return what the runs of each are called by, "" where there is just one."""
    if len(runs) == 1:
        return [""]
    names: list[str] = []
    for thing in runs:
        if isinstance(thing, (str, os.PathLike)):
            name = Path(thing).stem
        else:
            source = thing.source if isinstance(thing, Analyzer) else thing
            name = source.name if isinstance(source, Source) else "buffer"
        names.append(name)
    return [
        f"{name} {names[: i + 1].count(name)}" if names.count(name) > 1 else name
        for i, name in enumerate(names)
    ]


def _check_runs(runs: tuple[Any, ...]) -> None:
    wanted = "TrainingChart needs sources, buffers, analyzers or names of recordings"
    if not runs:
        message = f"{wanted} (got none)."
        raise TypeError(message)
    for thing in runs:
        if not isinstance(thing, (Source, Buffer, Analyzer, str, os.PathLike)):
            message = f"{wanted} (got {type(thing).__name__})."
            raise TypeError(message)


def _read_metrics(metrics: Any) -> frozenset[str] | None:
    if metrics is None:
        return None
    names = [metrics] if isinstance(metrics, str) else metrics
    try:
        found = frozenset(require_name(name) for name in names)
    except TypeError:
        message = f"'metrics' must be the name of a metric, or several (got {metrics!r:.100})."
        raise TypeError(message) from None
    if not 0 < len(found) <= MAX_CHOSEN:
        message = f"'metrics' must name 1 to {MAX_CHOSEN} metrics (got {len(found)})."
        raise ValueError(message)
    return found
