"""Which rows are new in tables that come one after the other and repeat each other's rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nbstream.sources.tables import Table

__all__ = ["TableRows", "in_order"]


class TableRows:
    """Finds the new rows of tables that come one after the other and may repeat each other's.

    Parameters
    ----------
    from_function
        Whether a function gives them, so that every row of equal time and values is the same row.
        The tables of an iterable may be pieces of one table, whose rows may well be equal: there
        only a table that has grown, or that repeats two different rows, repeats.

    Notes
    -----
    Thread safety: none. The table before is held.
    """

    def __init__(self, *, from_function: bool) -> None:
        self.from_function = from_function
        self.n_known = 0
        """Rows so far that the table before had."""
        self._before: Table | None = None

    def new(self, table: Table) -> Table:
        """Return the rows of `table` that the one before did not have, in the order of time."""
        table = in_order(table)
        if not len(table) or not table.values:
            return table  # a page for people, say; the one after it may repeat the one before
        before, self._before = self._before, table
        if before is None:
            return table
        if (before.times is None) != (table.times is None):
            return table
        names = [name for name in before.values if name in table.values]
        old: list[Any] = [before.values[name] for name in names]
        new: list[Any] = [table.values[name] for name in names]
        if before.times is not None and table.times is not None:
            old, new = [before.times, *old], [table.times, *new]
        if not old:
            return table
        n_known = self._overlap(old, new, has_times=table.times is not None)
        if n_known:
            fresh = np.arange(n_known, len(table))
        elif self.from_function and table.times is not None:
            fresh = _not_in(old, new)
        else:
            return table
        self.n_known += len(table) - len(fresh)
        return table.rows(fresh)

    def _overlap(self, old: list[Any], new: list[Any], *, has_times: bool) -> int:
        """Return how many rows at the start of the new table are the last ones of the old."""
        n_old, n_new = len(old[0]), len(new[0])
        pairs = list(zip(old, new, strict=True))
        starts = np.flatnonzero(np.logical_and.reduce([_same(a, b[:1]) for a, b in pairs]))
        for start in starts.tolist():
            n = n_old - start
            if n > n_new or not all(bool(_same(a[start:], b[:n]).all()) for a, b in pairs):
                continue
            differ = any(bool(~_same(b[1:n], b[:1]).all()) for b in new)
            if has_times and (self.from_function or start == 0 or differ):
                return n
            if not has_times and start == 0 and differ:
                return n
        return 0


def in_order(table: Table) -> Table:
    """Return the rows in the order of their times, those without one left out."""
    if table.times is None:
        return table
    order = np.flatnonzero(~np.isnat(table.times.view("M8[ns]")))
    order = order[np.argsort(table.times[order], kind="stable")]
    if len(order) == len(table) and bool((np.diff(order) == 1).all()):
        return table
    return table.rows(order)


def _not_in(old: list[Any], new: list[Any]) -> Any:
    """Return the rows of the new table that are not among the old ones; times come first."""
    n_old_times = int(np.searchsorted(new[0], old[0][-1], "right"))
    known = Counter(zip(*(a.tolist() for a in _comparable(old)), strict=True))
    fresh = []
    for row, cells in enumerate(
        zip(*(b[:n_old_times].tolist() for b in _comparable(new)), strict=True)
    ):
        if known[cells] > 0:
            known[cells] -= 1
        else:
            fresh.append(row)
    return np.concatenate([np.array(fresh, np.int64), np.arange(n_old_times, len(new[0]))])


def _comparable(columns: list[Any]) -> list[Any]:
    """Return columns whose missing values are equal to each other."""
    return [c if c.dtype.kind == "i" else np.where(c == c, c, np.inf) for c in columns]


def _same(a: Any, b: Any) -> Any:
    return (a == b) | ((a != a) & (b != b))
