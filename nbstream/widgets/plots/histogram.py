"""Histogram: how often which values were in the window, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nbstream.summaries.window_counts import Counted, Part, WindowCounts
from nbstream.text.naming import short_name
from nbstream.widgets.chart.settings import read_switch
from nbstream.widgets.keep.plot_picture import PlotLine, PlotRow
from nbstream.widgets.plots.window_plot import WindowPlot, exact

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import FloatArray

__all__ = ["Histogram"]

MAX_BINS = 1000
QUANTILES = (0.5, 0.95)
MAX_QUANTILES = 5
QUANTILE_INTERVAL = 0.5
"""Seconds between two values of the quantiles, at least."""


class Histogram(WindowPlot):
    """A live histogram of the readings in the analyzer's window.

    Parameters
    ----------
    analyzer
        Whose window is counted; it is not closed with the histogram.
    channel
        Name of a channel, or several; None is all, at most 8. Those of one unit share bins.
    bins
        None chooses them by Freedman's and Diaconis' rule, with edges on round numbers that stay where
        they are while readings come; long tails are counted, and not drawn. "log" are bins of the same width
        on a logarithmic x axis, for positive readings over several powers of ten, such as latencies;
        others are counted below it. A number is how many at most, numbers that ascend are the edges
        themselves.
    density
        Whether bars are shares per unit of the x axis, which have an area of 1, rather than counts.
    log
        Whether the y axis is logarithmic.
    quantiles
        Marked on the x axis; () marks none.
    title
        Stands above it.
    height
        CSS px of the plot with its axes.

    Raises
    ------
    TypeError
        If `analyzer` is none, or an option is of another type.
    ValueError
        If `bins` are no edges, or a number out of range.

    Notes
    -----
    Missing readings, NaN and infinite ones, are in no bin but counted by themselves.

    Thread safety: make and close it on the main thread; what it counted can be read from any.

    Examples
    --------
    >>> from nbstream import Analyzer, Buffer
    >>> buffer = Buffer()
    >>> buffer.extend(range(6), x=[1.0, 2.0, 2.0, 2.0, 3.0, 4.0])
    >>> with Analyzer(buffer, "all") as analyzer:
    ...     histogram = Histogram(analyzer, bins=[1, 2, 3, 5])
    ...     histogram.counts.tolist()
    ...     histogram.close()
    [1, 3, 2]
    """

    _view = "histogram"

    def __init__(
        self,
        analyzer: Analyzer,
        channel: str | Iterable[str] | None = None,
        *,
        bins: int | Iterable[float] | Literal["log"] | None = None,
        density: bool = False,
        log: bool = False,
        quantiles: Iterable[float] = QUANTILES,
        title: str | None = None,
        height: int = 280,
    ) -> None:
        self._bins = _read_bins(bins)
        self._density = read_switch(density, "density")
        self._log = read_switch(log, "log")
        self._quantiles = _read_quantiles(quantiles)
        self._counts: dict[tuple[str, ...], WindowCounts] = {}
        self._marks: dict[str, tuple[Any, list[list[Any]]]] = {}
        self._marks_due = 0.0
        super().__init__(analyzer, channel, title=title, height=height)

    @property
    def edges(self) -> FloatArray:
        """Edges of the first channel's bins, ascending, one more than `counts`; none before a reading."""
        return self._first()[0]

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """Readings of the first channel in each bin now: edge ≤ value < next edge, in the last one ≤."""
        return self._first()[1].counts

    def to_frame(self) -> pd.DataFrame:
        """Return the histogram of all channels that are shown, a row for each bin.

        Returns
        -------
        DataFrame
            Columns "channel", "left" and "right" (edges), "count", and "density": the share of the channel's
            readings per unit. Tails that are in no bin count for the shares.
        """
        import pandas as pd

        columns: dict[str, list[Any]] = {
            name: [] for name in ("channel", "left", "right", "count", "density")
        }
        with self._lock:
            for _, names in self._rows():
                edges, _, found = self._count(names)
                widths = np.diff(edges)
                for name, counted in zip(names, found, strict=True):
                    columns["channel"] += [name] * len(counted.counts)
                    columns["left"] += edges[:-1].tolist()
                    columns["right"] += edges[1:].tolist()
                    columns["count"] += counted.counts.tolist()
                    columns["density"] += (counted.counts / max(1, counted.n) / widths).tolist()
        return pd.DataFrame(columns)

    def _first(self) -> tuple[FloatArray, Counted]:
        with self._lock:
            rows = self._rows()
            if not rows:
                return np.empty(0), Counted(np.empty(0, np.int64), 0, 0, 0)
            edges, _, found = self._count(rows[0][1])
            return edges, found[0]

    def _count(self, names: list[str]) -> tuple[FloatArray, WindowCounts, list[Counted]]:
        """Count the channels of a row as of now; called under the lock."""
        window, buffer = self.analyzer.parsed_window, self.analyzer.buffer
        key = tuple(names)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = WindowCounts(self._bins)

        def part(name: str) -> Part:
            rows = buffer.channel(name)

            def read(start: int, stop: int) -> tuple[int, FloatArray]:
                found = rows.rows(start, stop)
                return found.start, found.values

            return Part(*rows.window_rows(window), rows.revision, read)

        found = counts.slide([part(name) for name in names], self._clock.monotonic())
        edges = np.empty(0) if counts.bins is None else counts.bins.edges
        return edges, counts, found

    # The page.

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "density": self._density, "log": self._log}

    def _described_rows(self) -> list[dict[str, Any]]:
        rows = self._rows()
        self._counts = {
            tuple(names): self._counts[tuple(names)]
            for _, names in rows
            if tuple(names) in self._counts
        }
        now = self._clock.monotonic()
        is_due = now >= self._marks_due
        if is_due:
            self._marks_due = now + QUANTILE_INTERVAL
        return [self._row(unit, names, is_due=is_due) for unit, names in rows]

    def _row(self, unit: str, names: list[str], *, is_due: bool) -> dict[str, Any]:
        edges, counts, found = self._count(names)
        shown = self._shown_names(names)
        bins = counts.bins
        series = []
        for name, counted in zip(names, found, strict=True):
            series.append(
                {
                    "name": shown[name],
                    "palette": self._palette(name),
                    "counts": counted.counts.tolist(),
                    "below": counted.below,
                    "above": counted.above,
                    "missing": counted.missing,
                    "last": exact(self.analyzer.buffer.channel(name).last_value),
                    "quantiles": self._marked(name, counted.n, is_due=is_due),
                }
            )
        return {
            "unit": unit[:20],
            "edges": edges.tolist(),
            "width": None if bins is None else exact(bins.width),
            "decades": None if bins is None else bins.decades,
            "step": 10.0**-bins.decimals
            if bins and bins.is_around and bins.decimals is not None
            else None,
            "series": series,
            "limits": self._limits(names),
        }

    def _marked(self, name: str, n: int, *, is_due: bool) -> list[list[Any]]:
        """Return the names and values of the quantiles, as of half a second ago at most."""
        if n and (is_due or name not in self._marks):
            values = (
                exact(self.analyzer.statistic(label, channel=name)) for label in self._quantiles
            )
            found = zip(self._quantiles, values, strict=True)
            self._marks[name] = n, [[label, value] for label, value in found if value is not None]
        return self._marks[name][1] if n else []

    # What the notebook keeps.

    def _recorded(self) -> tuple[list[PlotRow], list[str], list[tuple[str, list[str]]]]:
        columns = ["name", "readings", "missing", "outside", *self._quantiles]
        rows, cells = [], []
        for unit, names in self._rows():
            edges, _, found = self._count(names)
            shown = self._shown_names(names)
            lines = []
            for name, counted in zip(names, found, strict=True):
                color = self._color(name)
                heights = counted.counts.astype(np.float64)
                if self._density:
                    heights = heights / max(1, counted.n) / np.diff(edges)
                if len(edges):
                    lines.append(PlotLine(shown[name], color, *_outline(edges, heights)))
                quantiles = [self.analyzer.statistic(q, channel=name) for q in self._quantiles]
                told = [f"{value:.6g} {unit}".strip() for value in quantiles]
                n = [counted.n, counted.missing, counted.below + counted.above]
                cells.append((color, [shown[name], *(f"{value:,}" for value in n), *told]))
            if lines:
                title = ", ".join([*(names if len(names) == 1 else []), *([unit] if unit else [])])
                y_title = f"share per {unit or '1'}" if self._density else "readings"
                x_title = short_name(title or " ", 80)
                foot = _foot(lines, is_log=self._log, is_density=self._density)
                is_log_x = isinstance(self._bins, str)
                rows.append(
                    PlotRow(lines, x_title, y_title, foot, True, is_log_x, is_log_y=self._log)
                )
        return rows, columns, cells


def _foot(lines: list[PlotLine], *, is_log: bool, is_density: bool) -> float:
    """Return where bars stand: a logarithmic axis has no zero."""
    if not is_log:
        return 0.0
    heights = np.concatenate([line.y for line in lines])
    least = float(heights[heights > 0].min(initial=1.0))
    return least / 2 if is_density else 0.5


def _outline(edges: FloatArray, heights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the line around bars."""
    return np.repeat(edges, 2), np.concatenate(([0.0], np.repeat(heights, 2), [0.0]))


def _read_bins(bins: Any) -> int | FloatArray | Literal["log"] | None:
    if bins is None or (isinstance(bins, str) and bins == "log"):
        return bins  # type: ignore[return-value]
    if not isinstance(bins, bool) and hasattr(bins, "__index__"):
        if not 1 <= int(bins) <= MAX_BINS:
            message = f"'bins' must be 1 to {MAX_BINS} (got {bins!r:.100})."
            raise ValueError(message)
        return int(bins)
    wanted = "'bins' must be None, 'log', a number of bins or edges that ascend"
    if isinstance(bins, (bool, str, bytes)) or not isinstance(bins, Iterable):
        message = f"{wanted} (got {bins!r:.100})."
        raise TypeError(message)
    edges = np.array(list(bins), np.float64)
    if edges.ndim != 1 or not 2 <= len(edges) <= MAX_BINS + 1:
        message = f"{wanted}, 2 to {MAX_BINS + 1} of them (got {len(edges)})."
        raise ValueError(message)
    if not np.isfinite(edges).all() or not (edges[1:] > edges[:-1]).all():
        message = f"{wanted} (got {edges.tolist()!r:.100})."
        raise ValueError(message)
    return edges


def _read_quantiles(quantiles: Any) -> tuple[str, ...]:
    """Return the names of quantiles, such as "p95"."""
    if isinstance(quantiles, str) or not isinstance(quantiles, Iterable):
        message = f"'quantiles' must be numbers such as (0.5, 0.95) (got {quantiles!r:.100})."
        raise TypeError(message)
    found = []
    for quantile in quantiles:
        if isinstance(quantile, (bool, str)) or not hasattr(quantile, "__float__"):
            message = f"A quantile must be a number between 0 and 1 (got {quantile!r:.100})."
            raise TypeError(message)
        if not 0 < float(quantile) < 1:
            message = f"A quantile must be between 0 and 1 (got {quantile!r:.100})."
            raise ValueError(message)
        found.append(f"p{100 * float(quantile):.10g}")
    if len(found) > MAX_QUANTILES:
        message = f"There is room for {MAX_QUANTILES} quantiles (got {len(found)})."
        raise ValueError(message)
    return tuple(dict.fromkeys(found))
