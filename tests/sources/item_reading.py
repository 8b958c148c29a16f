"""What the tests of items and lines share: a clock that stands, and what a reader makes of things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from nbstream.sources.items import ItemReader
from nbstream.sources.tables import Table

NOW = "2026-07-01T12:00:00+00:00"
NOW_NS = int(datetime.fromisoformat(NOW).timestamp()) * 10**9

Readings = list[tuple[str, dict[str, float]]]


def new_reader(*, from_function: bool = False) -> ItemReader:
    """Return a reader whose clock stands at `NOW`, in UTC."""
    return ItemReader(lambda: NOW_NS, UTC, from_function=from_function)


def clock_text(ns: int) -> str:
    """Return "now", or a time as short as it is exact."""
    if ns == NOW_NS:
        return "now"
    return str(np.datetime64(ns, "ns")).removesuffix("." + "0" * 9)


def as_readings(found: list[Any]) -> Readings:
    """Return what a reader found as (time, values), NaN as None."""
    readings: Readings = []
    for piece in found:
        if isinstance(piece, Table):
            batch = piece.batch(NOW_NS)
            rows = [
                (int(ns), {name: float(column[i]) for name, column in batch.values.items()})
                for i, ns in enumerate(batch.times.tolist())
            ]
        else:
            rows = [piece]
        readings += [
            (clock_text(ns), {k: None if v != v else v for k, v in values.items()})  # type: ignore[misc]
            for ns, values in rows
        ]
    return readings


def read(item: Any, reader: ItemReader | None = None) -> Readings:
    """Return the readings of one item."""
    return as_readings((reader or new_reader()).read(item))


def read_lines(text: str, reader: ItemReader | None = None) -> Readings:
    """Return the readings of lines, those that cannot be read left out."""
    reader = reader or new_reader()
    found: list[Any] = []
    for line in text.splitlines():
        try:
            found += reader.read_line(line)
        except ValueError:
            continue
    return as_readings(found)
