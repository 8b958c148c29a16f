"""What footers say of a stretch, which is drawn until more is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbstream.recording.archive.sketches import Sketch
from nbstream.sources.files.parquet.table import Group

if TYPE_CHECKING:
    from nbstream.recording.archive.layout import Span
    from nbstream.sources.files.parquet.table import ParquetTable, Stretch

__all__ = ["footer_sketch"]


def footer_sketch(table: ParquetTable, stretch: Stretch, span: Span, name: str) -> Sketch | None:
    """Return the smallest and largest value of a channel as a line of a few points; None if none is known."""
    ends = [table.value_ends(Group(stretch.file, n, 0), name) for n in stretch.groups]
    known = [one for one in ends if one is not None]
    if not known:
        return None
    low, high = min(a for a, _ in known), max(b for _, b in known)
    first, last = span
    quarter, n = (last - first) // 4, stretch.n_rows
    times = np.array([first, first + quarter, last - quarter, last], np.int64)
    values = np.array([(low + high) / 2, low, high, (low + high) / 2])
    counts = np.array([n, 0, 0, 0], np.int64)
    return Sketch(times, values, counts, (last - first) // max(1, n - 1), last - first)
