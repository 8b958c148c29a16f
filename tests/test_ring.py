"""The ring of one channel against a plain list, row by row."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.ring import ROWS_THAT_MAKE_A_JUMP, Ring
from tests.strategies import EPOCH_NS, NS, batch_sizes, cut_into, values

Step = tuple[int, float]


class Model:
    """What a ring should do, one reading after the other, on lists that forget nothing."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.rows: list[Step] = []
        self.first = 0
        self.segment = 0
        self.newest = -(2**63)
        self.late: list[Step] = []
        self.n_jumps = 0

    def add(self, ns: int, value: float) -> None:
        """Add one reading: in order, late, or the one that proves that the clock jumped."""
        if ns >= self.newest:
            self._keep([(ns, value)])
            return
        if self.late and ns < self.late[-1][0]:
            self.late = []
        self.late.append((ns, value))
        if len(self.late) == ROWS_THAT_MAKE_A_JUMP:
            self.segment = len(self.rows)
            self.n_jumps += 1
            self._keep(self.late)

    def _keep(self, rows: list[Step]) -> None:
        self.rows += rows
        self.newest = rows[-1][0]
        self.late = []
        self.first = max(self.first, len(self.rows) - self.capacity)


def check(ring: Ring, model: Model) -> None:
    """Compare everything that a ring says with the model."""
    assert (ring.first, ring.end, ring.segment) == (model.first, len(model.rows), model.segment)
    assert len(ring) == len(model.rows) - model.first <= ring.capacity
    assert ring.evicted == model.first
    assert ring.newest_ns == model.newest
    assert ring.missing == sum(v != v for _, v in model.rows)
    present = [row for row in model.rows if row[1] == row[1]]
    assert ring.last_reading == (present[-1] if present else None)
    times, held = ring.rows(ring.first, ring.end)
    assert times.tolist() == [t for t, _ in model.rows[model.first :]]
    np.testing.assert_array_equal(held, [v for _, v in model.rows[model.first :]])


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Draw readings whose clock mostly goes on, sometimes stands, straggles, or is set back for good."""
    now, result = EPOCH_NS, []
    for kind, n in draw(
        st.lists(
            st.tuples(
                st.sampled_from(["on", "on", "equal", "straggle", "jump"]), st.integers(1, 30)
            ),
            max_size=12,
        )
    ):
        if kind == "jump":
            now -= draw(st.integers(1, 500)) * NS
        for _ in range(n):
            if kind in {"on", "jump"}:
                now += draw(st.integers(0, 2)) * NS
            late = draw(st.integers(0, 30)) * NS if kind == "straggle" else 0
            result.append((now - late, draw(values(odd=False) | st.just(float("nan")))))
    return result


@given(steps(), batch_sizes(), st.integers(1, 60), st.booleans())
def test_a_ring_is_the_model(
    rows: list[Step], sizes: list[int], capacity: int, one_by_one: bool
) -> None:
    """However the readings come, the ring holds what the model holds, under the same row numbers."""
    ring, model = Ring(capacity), Model(capacity)
    accepted = 0
    for part in cut_into(len(rows), sizes):
        batch = rows[part]
        n_jumps, n_rows = model.n_jumps, len(model.rows)
        for row in batch:
            model.add(*row)
        if one_by_one and len(batch) == 1 and batch[0][0] >= ring.newest_ns:
            ring.append(*batch[0])
            n = 1
        else:
            n, jumped = ring.extend(
                np.array([t for t, _ in batch], np.int64), np.array([v for _, v in batch])
            )
            assert jumped == (model.n_jumps > n_jumps)
        accepted += n
        assert n == len(model.rows) - n_rows
        check(ring, model)
    assert accepted == len(model.rows)


@settings(max_examples=15)
@given(st.integers(1, 3000), st.lists(st.integers(1, 2500), min_size=1, max_size=6), st.data())
def test_capacities_and_growth(capacity: int, sizes: list[int], data: st.DataObject) -> None:
    """Rows keep their numbers across wraps, batches larger than the ring, and growth."""
    ring = Ring(capacity)
    n = 0
    for size in sizes:
        times = np.arange(n, n + size, dtype=np.int64)
        ring.extend(times, times / 2)
        n += size
        if data.draw(st.booleans()):
            capacity = max(capacity, data.draw(st.integers(1, 4000)))
            ring.grow(capacity)
        for extra in range(data.draw(st.integers(0, 3))):
            ring.append(n + extra, (n + extra) / 2)
        n = ring.end
        held, held_values = ring.rows(ring.first, ring.end)
        assert (held == np.arange(ring.first, n)).all()
        assert (held_values == held / 2).all()
        assert ring.evicted == ring.first
        assert len(ring) <= ring.capacity == capacity


@given(steps(), st.integers(1, 40), st.lists(st.integers(-600, 60), max_size=10))
def test_rows_at_times(rows: list[Step], capacity: int, offsets: list[int]) -> None:
    """The row at a time is found by bisection in the current segment, also across the wrap."""
    ring, model = Ring(capacity), Model(capacity)
    for row in rows:
        model.add(*row)
        ring.extend(np.array([row[0]]), np.array([row[1]]))
    low = max(model.first, model.segment)
    held = [t for t, _ in model.rows[low:]]
    wanted = np.array([EPOCH_NS + offset * NS for offset in offsets], np.int64)
    assert ring.rows_at(wanted, "left").tolist() == [
        low + bisect_left(held, t) for t in wanted.tolist()
    ]
    assert ring.rows_at(wanted, "right").tolist() == [
        low + bisect_right(held, t) for t in wanted.tolist()
    ]


@pytest.mark.parametrize("ns", [-(2**63), -(2**63) - 1, -(2**64), 2**63 - 1, 2**63, 2**70])
def test_times_beyond_int64_have_a_row_too(ns: int) -> None:
    """A time that no reading can have lies before all rows or after them."""
    ring = Ring(10)
    ring.extend(np.array([1, 2]), np.array([1.0, 2.0]))
    assert ring.row_at(ns, "left") == (0 if ns < 0 else 2)
    assert ring.row_at(ns, "right") == (0 if ns < 0 else 2)


def test_rows_are_copies() -> None:
    """What is returned doesn't change with the ring, and the ring doesn't change with what was given."""
    ring = Ring(4)
    times, given_values = np.array([1, 2, 3]), np.array([1.0, 2.0, 3.0])
    ring.extend(times, given_values)
    held, _ = ring.rows(0, 3)
    times[:] = 9
    ring.extend(np.array([4, 5]), np.array([4.0, 5.0]))
    assert held.tolist() == [1, 2, 3]
    assert ring.rows(1, 5)[0].tolist() == [2, 3, 4, 5]
    empty, _ = ring.rows(2, 2)
    assert len(empty) == 0


def test_huge_values_are_no_surprise() -> None:
    """Values whose sum overflows are present readings, and no warning is given."""
    ring = Ring(10)
    ring.extend(np.array([1, 2, 3, 4]), np.array([1e308, 1e308, -1e308, -1e308]))
    ring.extend(np.array([5, 6]), np.array([1e308, 1e308]))
    assert ring.last_reading == (6, 1e308)
    assert ring.missing == 0


def test_a_held_late_run_is_copied() -> None:
    """Late rows that turn out to be a jump have the values that they had when they came."""
    ring = Ring(100)
    ring.extend(np.array([1000]), np.array([0.0]))
    times, late = np.zeros(1, np.int64), np.zeros(1)
    for i in range(ROWS_THAT_MAKE_A_JUMP):
        times[0], late[0] = i, i
        ring.extend(times, late)
    assert ring.rows(1, 21)[1].tolist() == list(range(20))
    assert ring.segment == 1
