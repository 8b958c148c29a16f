"""Reading items as columns finds what reading them one by one does."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nbstream.sources.gathering import Row, gather, gather_pieces
from nbstream.sources.item_columns import ColumnReader
from nbstream.sources.items import ItemReader
from tests.sources.item_reading import NOW_NS

Found = tuple[dict[str, list[tuple[int, str]]], int, tuple[str, str] | None]
PLAIN = st.one_of(st.floats(-9, 9), st.integers(-(2**70), 2**70), st.booleans(), st.none())
CELLS = st.one_of(
    PLAIN, st.sampled_from(["1.5", "1_0", "45 %", "on", "n/a", "RUN", "x" * 30, "٣", "1e999"])
)
TIMES = st.sampled_from(
    [1782907200, 1782907200.1234567, 1782907200123, 1782907200123456789, "2026-07-01T12:00:00Z",
     "2026-07-01 12:00:00,5", "2026-07-01T12:00:00.123+02:00", "01.07.2026 12:00", "12:00", "x", 21.5, None]
)  # fmt: skip
ITEM = st.fixed_dictionaries(
    {"temp": CELLS},
    optional={
        "ts": TIMES, "time": TIMES, "mode": CELLS, "in": st.fixed_dictionaries({"a": PLAIN, "b": CELLS}),
        "xs": st.lists(PLAIN, max_size=2),
    },
)  # fmt: skip


def found_in(rows: list[Row] | None, reader: ItemReader, gathered: Any = None) -> Found:
    """Return readings by channel as comparable text, and what was no number."""
    batches = gather(rows) if rows is not None else gathered
    channels = {
        name: list(zip(batch.times.tolist(), map(repr, values.tolist()), strict=True))
        for batch, _ in batches
        for name, values in batch.values.items()
    }
    return channels, reader.n_bad_cells, reader.bad_cell if not reader.n_bad_cells else None


def new_reader(options: dict[str, Any]) -> ItemReader:
    """Return a reader whose clock stands."""
    reader = ItemReader(lambda: NOW_NS, UTC)
    for name, value in options.items():
        setattr(reader, name, value)
    return reader


def one_by_one(items: list[Any], options: dict[str, Any]) -> Found:
    """Return what reading items one by one finds."""
    reader, rows = new_reader(options), []
    for item in items:
        try:
            rows += reader.read(item)
        except (ValueError, TypeError):
            continue
    return found_in(rows, reader)  # type: ignore[arg-type]


def as_columns(items: list[Any], options: dict[str, Any]) -> tuple[Found, int]:
    """Return what reading them as columns finds, and how many were left for the slow way."""
    reader = new_reader(options)
    pieces, left = ColumnReader(reader).read(items, np.arange(len(items)))
    rows = []
    for place in left.tolist():
        try:
            rows += [(place, row) for row in reader.read(items[place])]
        except (ValueError, TypeError):
            continue
    return found_in(None, reader, gather_pieces(pieces, rows)), len(left)  # type: ignore[arg-type]


OPTIONS = st.sampled_from([
    {}, {"time_name": "ts"}, {"time_name": False, "only": frozenset({"temp", "in"})}, {"pivot": "mode"},
])  # fmt: skip


def without_missing(found: Found) -> Found:
    """Return what was found without missing readings, which may differ before the first number."""
    channels = {n: [x for x in rows if x[1] != "nan"] for n, rows in found[0].items()}
    return {n: rows for n, rows in channels.items() if rows}, found[1], found[2]


@given(st.lists(ITEM, max_size=3), st.integers(1, 12), OPTIONS)
def test_what_is_found_does_not_depend_on_the_way(
    some: list[Any], n: int, options: dict[str, Any]
) -> None:
    """Whatever comes, times, values and what counts as no number are those of the slow way."""
    shapes = {tuple(item) for item in some}
    assume(len(shapes) < 2 or "45 %" not in str(some))  # of two shapes either may name the unit
    items = some * n
    found, expected = as_columns(items, options)[0], one_by_one(items, options)
    assert without_missing(found) == without_missing(expected)
    if len(shapes) == 1:
        assert found == expected


@pytest.mark.parametrize(
    "item",
    [
        {"ts": 1782907200, "temp": 1.5, "ok": True, "in": {"a": [1, None]}},
        {"ts": "2026-07-01T12:00:00Z", "level": "INFO", "msg": "m" * 30, "temp": "1.5"},
        {"time": "2026-07-01 12:00:00.123", "temp": 5, "t": 21.5},
        {"temp": 1.5},
    ],
    ids=["epoch", "ISO", "without a zone", "no time"],
)
def test_usual_items_are_read_as_columns(item: dict[str, Any]) -> None:
    """None of them is left for the slow way, also where two kinds of them take turns."""
    items = [item, {**item, "more": 1.0}] * 10
    found, n_left = as_columns(items, {})
    assert n_left == 0
    assert found == one_by_one(items, {})
    assert len(found[0]["temp"]) == 20


@pytest.mark.parametrize("n_names", [3, 7])
def test_fields_that_are_there_or_not_are_all_found(n_names: int) -> None:
    """Of items of more shapes than are told apart none loses a field, nor raises, whichever is first."""
    names = [f"c{i}" for i in range(n_names)]
    items = [
        {"x": float(k), **{name: 1.0 for i, name in enumerate(names) if k >> i & 1}}
        for k in range(2**n_names)
    ] * 2
    for some in (items, items[::-1], [{"y": 1.0}, *items]):
        found, _ = as_columns(some, {})
        expected = one_by_one(some, {})
        assert found[0].keys() == {"x", *names, *some[0]}
        assert without_missing(found) == without_missing(expected)
