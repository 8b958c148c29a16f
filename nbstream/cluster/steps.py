"""What is known of a channel's readings, step by step of event time: made by workers, merged by anyone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from nbstream.cluster.room import PIECE, room
from nbstream.summaries.histogram import codes_of
from nbstream.summaries.moments import merge_moments, time_nodes
from nbstream.summaries.summary import merge_groups, summarize, summarize_segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from nbstream.readings.batch import FloatArray, IntArray, TimeArray
    from nbstream.summaries.pyramid import Nodes

__all__ = [
    "FEW",
    "NONE_NS",
    "Histograms",
    "Steps",
    "merge_histograms",
    "merge_steps",
    "summarize_steps",
]

FEW = 64
"""Readings of a step that are kept as they are; of more the first, smallest, largest and last."""
LONG = 2_048
"""Rows of a piece from which on a call for each is the quickest."""
NONE_NS = np.iinfo(np.int64).max
"""As the first time of a step in which every reading is missing; the last one is its negative."""
N_SUMMARY, N_MOMENTS = 5, 9

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Histograms:
    """How often codes of `SlidingHistogram` occur in steps: three columns, a row for each that does."""

    reference: float
    """From which distances are coded; NaN if nothing was counted."""
    numbers: IntArray
    """Of the steps, ascending."""
    codes: npt.NDArray[np.uint16]
    counts: IntArray


@dataclass(frozen=True, slots=True)
class Steps:
    """Mergeable summaries of one channel's readings, and the readings that are drawn."""

    step_ns: int
    numbers: IntArray
    """Which steps there are, ascending: number k is k·step ≤ time < (k + 1)·step, in ns since the epoch."""
    n_rows: IntArray
    """Readings of each, missing ones too."""
    first_ns: TimeArray
    """Time of the first reading that is not missing, NONE_NS if there is none."""
    last_ns: TimeArray
    """Time of the last one."""
    summaries: Nodes
    """n, mean, m2, min, max (nbstream.summaries.summary), shape (5, steps)."""
    moments: Nodes | None
    """Higher moments, with those of the times (nbstream.summaries.moments), if they were wanted."""
    times: TimeArray
    """Of the readings that are drawn, ascending."""
    values: FloatArray
    histograms: Histograms | None
    """For quantiles, if they were wanted."""

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self.numbers)


def summarize_steps(
    times: TimeArray,
    values: FloatArray,
    step_ns: int,
    *,
    moments: bool = False,
    reference: float | None = None,
) -> Steps:
    """Summarise readings of one channel.

    Parameters
    ----------
    times
        ns since the epoch; they are put in order if they are not.
    values
        NaN and infinity are missing readings.
    step_ns
        Length of a step.
    moments
        Whether higher moments are wanted (9 ns a reading).
    reference
        From which distances are coded for quantiles; NaN takes the middle of these readings, None counts
        nothing.
    """
    if not room().ascends(times):
        order = times.argsort(kind="stable")
        times, values = times[order], values[order]
    numbers, starts = _steps_of(times, step_ns)
    stops = np.append(starts[1:], len(times))[: len(starts)]
    # Values near the end of float64 overflow in their squares, which is no reason to warn.
    with np.errstate(over="ignore", invalid="ignore"):
        pieces, of_step = _pieces(starts, stops)
        nodes, points, values = _summarize_pieces(pieces, values, stops - starts, of_step)
        summaries = _merged_runs(nodes, of_step, len(numbers), N_SUMMARY)
        return Steps(
            step_ns,
            numbers,
            stops - starts,
            *_present_between(times, values, starts, stops, summaries[0]),
            summaries,
            _moments(times, values, pieces, of_step, len(numbers)) if moments else None,
            times[points],
            values[points],
            None if reference is None else _count(numbers, starts, stops, values, reference),
        )


def _steps_of(times: TimeArray, step_ns: int) -> tuple[IntArray, IntArray]:
    """Return the numbers of the steps that occur, and where each begins."""
    if not len(times):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    first, last = int(times[0]) // step_ns, int(times[-1]) // step_ns
    if last - first < len(times) // 8:
        edges = np.arange(first, last + 1) * step_ns
        starts = times.searchsorted(edges, "left")
        is_any = np.diff(starts, append=len(times)) > 0
        return np.arange(first, last + 1)[is_any], starts[is_any]
    numbers = times // step_ns
    starts = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    return numbers[starts], starts


def _pieces(starts: IntArray, stops: IntArray) -> tuple[IntArray, IntArray]:
    """Return steps cut into pieces of at most 65,536 rows: edges, and the place of each piece's step."""
    n_pieces = np.maximum(-(-(stops - starts) // PIECE), 1)
    of_step = np.repeat(np.arange(len(starts)), n_pieces)
    within = np.arange(len(of_step)) - np.repeat(n_pieces.cumsum() - n_pieces, n_pieces)
    edges = starts[of_step] + within * PIECE
    return np.append(edges, stops[-1:]), of_step


def _summarize_pieces(
    edges: IntArray, values: FloatArray, n_rows: IntArray, of_step: IntArray
) -> tuple[Nodes, IntArray, FloatArray]:
    """Return the summary of each piece, the rows that are drawn, and the values without infinity."""
    n = len(edges) - 1
    nodes = np.empty((N_SUMMARY, max(n, 0)))
    points: list[IntArray] = []
    place = 0
    while place < n:
        start = int(edges[place])
        # Long pieces one by one, the others as many together as stay in the cache.
        if edges[place + 1] - start >= LONG:
            end = place + 1
        else:
            end = int(edges.searchsorted(start + PIECE, "right")) - 1
            long = np.flatnonzero(np.diff(edges[place : end + 1]) >= LONG)
            end = place + int(long[0]) if len(long) else end
        part = values[start : edges[end]]
        if len(part) >= LONG and end == place + 1:
            whole = room().summarize(part)
            if whole is not None:
                nodes[:, place] = whole[0]
                points.append(start + whole[1])
                place = end
                continue
        found = _nodes_of(part, edges[place:end] - start)
        if not np.isfinite(found[1:]).all() and np.isinf(part).any():
            values = values.copy()
            part = values[start : edges[end]]
            part[np.isinf(part)] = np.nan
            found = _nodes_of(part, edges[place:end] - start)
        nodes[:, place:end] = found
        cuts = edges[place : end + 1] - start
        is_few = n_rows[of_step[place:end]] <= FEW
        points.append(start + _drawn(part, cuts, found, is_few))
        place = end
    return nodes, np.concatenate(points) if points else np.empty(0, np.int64), values


def _nodes_of(part: FloatArray, starts: IntArray) -> Nodes:
    return summarize(part) if len(starts) == 1 else summarize_segments(part, starts)


def _drawn(
    part: FloatArray, cuts: IntArray, nodes: Nodes, is_few: npt.NDArray[np.bool_]
) -> IntArray:
    """Return the rows of pieces that are drawn: all of a short step, else first, smallest, largest, last."""
    if is_few.all():
        return np.arange(cuts[-1])
    keep = np.zeros(cuts[-1], bool)
    keep[cuts[:-1]] = True
    keep[cuts[1:] - 1] = True
    present = part == part
    is_whole = bool(present.all())
    if len(cuts) == 2:
        if is_whole:
            keep[[part.argmin(), part.argmax()]] = True
            return np.flatnonzero(keep)
        keep[np.argmin(present)] = True
        if nodes[0, 0]:
            keep[[np.argmax(present), len(part) - 1 - np.argmax(present[::-1])]] = True
            keep[[np.nanargmin(part), np.nanargmax(part)]] = True
        return np.flatnonzero(keep)
    lengths = np.diff(cuts)
    for extreme in (nodes[3], nodes[4]):
        keep[_first_in_each(part == np.repeat(extreme, lengths), cuts)] = True
    if not is_whole:
        keep[_first_in_each(~present, cuts)] = True
        keep[_first_in_each(present, cuts)] = True
        mirrored = len(part) - cuts[::-1]
        keep[len(part) - 1 - _first_in_each(present[::-1], mirrored)] = True
    keep |= np.repeat(is_few, lengths)
    return np.flatnonzero(keep)


def _first_in_each(hits: npt.NDArray[np.bool_], cuts: IntArray) -> IntArray:
    """Return the first hit of each segment that has one."""
    places = np.flatnonzero(hits)
    _, first = np.unique(cuts.searchsorted(places, "right"), return_index=True)
    return places[first]


def _merged_runs(nodes: Nodes, group: IntArray, n_groups: int, n_fields: int) -> Nodes:
    """Merge consecutive nodes of one group each; groups ascend, and each has one node at least."""
    if nodes.shape[1] == n_groups:
        return nodes
    starts = group.searchsorted(np.arange(n_groups), "left")
    within = np.arange(len(group)) - starts[group]
    size = int(within.max()) + 1
    # Groups that have fewer are filled up with nodes of no readings.
    table = np.zeros((n_fields, n_groups, size))
    if n_fields == N_SUMMARY:
        table[3], table[4] = np.inf, -np.inf
    table[:, group, within] = nodes
    flat = table.reshape(n_fields, -1)
    return merge_groups(flat, size) if n_fields == N_SUMMARY else merge_moments(flat, size)


def _present_between(
    times: TimeArray, values: FloatArray, starts: IntArray, stops: IntArray, n: FloatArray
) -> tuple[TimeArray, TimeArray]:
    """Return the times of the first and the last reading of each step that are not missing."""
    first, last = times[starts], times[stops - 1]
    for i in np.flatnonzero(n < stops - starts):
        present = np.flatnonzero(values[starts[i] : stops[i]] == values[starts[i] : stops[i]])
        low, high = (present[0], present[-1]) if len(present) else (None, None)
        first[i] = NONE_NS if low is None else times[starts[i] + low]
        last[i] = -NONE_NS if high is None else times[starts[i] + high]
    return first, last


def _moments(
    times: TimeArray, values: FloatArray, edges: IntArray, of_step: IntArray, n_steps: int
) -> Nodes:
    """Return the moments of each step: its pieces, those of one length together."""
    lengths = np.diff(edges)
    nodes = np.empty((N_MOMENTS, len(lengths)))
    for length in np.unique(lengths):
        which = np.flatnonzero(lengths == length)
        at_once = max(1, PIECE // int(length))
        for k in range(0, len(which), at_once):
            some = which[k : k + at_once]
            rows = edges[some][:, None] + np.arange(length)
            nodes[:, some] = time_nodes(times[rows], values[rows])
    return _merged_runs(nodes, of_step, n_steps, N_MOMENTS)


def _count(
    numbers: IntArray, starts: IntArray, stops: IntArray, values: FloatArray, reference: float
) -> Histograms:
    """Return how often each code occurs in each step."""
    if reference != reference:
        some = values[:: max(1, len(values) // 1024)]
        some = some[some == some]
        reference = float(np.median(some)) if len(some) else np.nan
    columns: list[tuple[IntArray, IntArray, IntArray]] = []
    place = 0
    while reference == reference and place < len(starts):
        start, n = int(starts[place]), int(stops[place] - starts[place])
        if n >= LONG:
            codes, counts = room().count(values[start : start + n], reference)
            columns.append((np.full(len(codes), numbers[place]), codes, counts))
            place += 1
            continue
        end = max(place + 1, int(stops.searchsorted(start + PIECE, "right")))
        long = np.flatnonzero(stops[place:end] - starts[place:end] >= LONG)
        end = place + int(long[0]) if len(long) else end
        found = codes_of(values[start : stops[end - 1]], reference)
        steps = np.repeat(np.arange(end - place), stops[place:end] - starts[place:end])
        keys, counts = np.unique((steps << 16) | found, return_counts=True)
        columns.append((numbers[place + (keys >> 16)], keys & 0xFFFF, counts))
        place = end
    of_steps, of_codes, counts = (
        _joined([column[i] for column in columns], np.int64) for i in range(3)
    )
    return Histograms(reference, of_steps, of_codes.astype(np.uint16), counts)


def _joined(parts: Sequence[Any], dtype: type[T]) -> npt.NDArray[T]:
    return np.concatenate(parts) if len(parts) else np.empty(0, dtype)


def merge_steps(parts: Sequence[Steps]) -> Steps:
    """Merge what is known of parts of a channel; which readings were in which part makes no difference.

    Parameters
    ----------
    parts
        At least one, all with steps of the same length. Histograms must have one reference, or be of
        nothing.
    """
    one = parts[0]
    if len(parts) == 1:
        return one
    together = _joined([part.numbers for part in parts], np.int64)
    order = together.argsort(kind="stable")
    numbers, starts = np.unique(together[order], return_index=True)
    group = np.repeat(np.arange(len(numbers)), np.diff(starts, append=len(together)))

    def column(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts], axis=-1)[..., order]

    has_moments = all(part.moments is not None for part in parts)
    times = _joined([part.times for part in parts], np.int64)
    by_time = times.argsort(kind="stable")
    with np.errstate(over="ignore", invalid="ignore"):
        return Steps(
            one.step_ns,
            numbers,
            np.add.reduceat(column("n_rows"), starts),
            np.minimum.reduceat(column("first_ns"), starts),
            np.maximum.reduceat(column("last_ns"), starts),
            _merged_runs(column("summaries"), group, len(numbers), N_SUMMARY),
            _merged_runs(column("moments"), group, len(numbers), N_MOMENTS)
            if has_moments
            else None,
            times[by_time],
            _joined([part.values for part in parts], np.float64)[by_time],
            merge_histograms([part.histograms for part in parts]),
        )


def merge_histograms(parts: Sequence[Histograms | None]) -> Histograms | None:
    """Merge what was counted from one reference; steps of one number become one."""
    held = [part for part in parts if part is not None and len(part.codes)]
    if not held:
        return parts[0]
    keys = _joined([(part.numbers << 16) | part.codes for part in held], np.int64)
    order = keys.argsort(kind="stable")
    keys, starts = np.unique(keys[order], return_index=True)
    counts = np.add.reduceat(_joined([part.counts for part in held], np.int64)[order], starts)
    codes = (keys & 0xFFFF).astype(np.uint16)
    return Histograms(held[0].reference, keys >> 16, codes, counts)
