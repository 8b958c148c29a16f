"""The rows of a table in Parquet in the order of their times, however its groups lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import Batch
from nbstream.sources.files.parquet.table import AT_ONCE
from nbstream.sources.files.parquet.times import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nbstream.readings.batch import TimeArray
    from nbstream.sources.files.parquet.table import Group, ParquetTable

__all__ = ["merged", "rows_in_order"]

MAX_HELD = 100_000_000
"""Values that are held so that groups which overlap are merged."""
LATEST = 2**63 - 1


def rows_in_order(
    table: ParquetTable,
    after_ns: int | None,
    *,
    damaged: Callable[[Group, Exception], object],
    without_time: Callable[[int], object],
    tell: Callable[[str], object],
) -> Iterator[list[Batch]]:
    """Yield the rows with times later than `after_ns`, piece by piece, as `Player` takes them.

    Groups are read in the order of their first times; what overlaps is held until nothing before it can
    come any more.

    Parameters
    ----------
    table
        What is read.
    after_ns
        None is all rows.
    damaged
        Told of a group that cannot be read; it is left out.
    without_time
        Told how many rows have no time.
    tell
        Told in words what people should know of the order.
    """
    import pyarrow as pa

    spans: list[tuple[int, int, Group]] = []
    for group, ends in zip(table.groups, table.ends(), strict=True):
        if ends is None:
            try:
                times = table.times(group)
            except (pa.ArrowException, OSError) as error:
                damaged(group, error)
                continue
            times = times[times != MISSING]
            if not len(times):
                without_time(group.n_rows)
                continue
            spans.append((int(times.min()), int(times.max()), group))
        else:
            spans.append((*ends, group))
    order = sorted(spans, key=lambda span: span[:2])
    if [span[2] for span in order] != [span[2] for span in spans]:
        tell("the row groups do not lie in the order of time: they are played in it")
    held: list[Batch] = []
    for i, (_, last_ns, group) in enumerate(order):
        next_ns = order[i + 1][0] if i + 1 < len(order) else LATEST
        if after_ns is not None and last_ns <= after_ns:
            continue
        try:
            for some, bound_ns in _group(table, group, without_time):
                held += _later(some, after_ns)
                n_held = sum(len(batch) * len(batch.values) for batch in held)
                limit_ns = min(bound_ns, next_ns)
                if n_held > MAX_HELD:
                    tell("rows lie too far out of order to be sorted: some come late")
                    limit_ns = bound_ns
                piece, held = _cut(held, limit_ns)
                if piece:
                    yield piece
        except (pa.ArrowException, OSError) as error:
            damaged(group, error)
    piece, _ = _cut(held, LATEST)
    if piece:
        yield piece


def _group(
    table: ParquetTable, group: Group, without_time: Callable[[int], object]
) -> Iterator[tuple[list[Batch], int]]:
    """Yield the rows of a group, and the time before which nothing follows in it."""
    is_sorted = group.n_rows > AT_ONCE and _ascends(table.times(group))
    held: list[Batch] = []
    for batches, n_without in table.rows(group):
        if n_without:
            without_time(n_without)
        held += batches
        if is_sorted and held:
            yield held, max(int(batch.times[-1]) for batch in held if len(batch))
            held = []
    yield held, LATEST


def _ascends(times: TimeArray) -> bool:
    return bool((times[1:] >= times[:-1]).all())


def _later(batches: Sequence[Batch], after_ns: int | None) -> list[Batch]:
    if after_ns is None:
        return [batch for batch in batches if len(batch)]
    found = []
    for batch in batches:
        rows = batch.times > after_ns
        if rows.any():
            found.append(_rows(batch, rows))
    return found


def _cut(held: list[Batch], limit_ns: int) -> tuple[list[Batch], list[Batch]]:
    """Return what is before a time as a piece in order, and what is left."""
    if limit_ns == LATEST:
        return merged(held), []
    before, left = [], []
    for batch in held:
        rows = batch.times < limit_ns
        if rows.all():
            before.append(batch)
        elif rows.any():
            before.append(_rows(batch, rows))
            left.append(_rows(batch, ~rows))
        else:
            left.append(batch)
    return merged(before), left


def merged(batches: list[Batch]) -> list[Batch]:
    """Return batches in which no channel comes twice, each in order of time."""
    named: dict[tuple[str, ...], list[Batch]] = {}
    for batch in batches:
        named.setdefault(tuple(batch.values), []).append(batch)
    n_names = sum(map(len, named))
    if n_names != len(set().union(*named) if named else ()):
        named = {}
        for batch in batches:
            for name, values in batch.values.items():
                named.setdefault((name,), []).append(Batch(batch.times, {name: values}))
    found: list[Batch] = []
    for one in (_sorted(_joined(group)) for group in named.values()):
        for other in found:
            if len(one) == len(other) and np.array_equal(one.times, other.times):
                other.values.update(one.values)
                break
        else:
            found.append(Batch(one.times, dict(one.values)))
    return found


def _joined(batches: list[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    times = np.concatenate([batch.times for batch in batches])
    values = {
        name: np.concatenate([batch.values[name] for batch in batches])
        for name in batches[0].values
    }
    return Batch(times, values)


def _sorted(batch: Batch) -> Batch:
    if _ascends(batch.times):
        return batch
    return _rows(batch, np.argsort(batch.times, kind="stable"))


def _rows(batch: Batch, rows: Any) -> Batch:
    return Batch(batch.times[rows], {name: values[rows] for name, values in batch.values.items()})
