"""The ring of one channel against a plain list, row by row."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream.readings.ring
from nbstream.readings.ring import MOVED_AT_ONCE, ROWS_THAT_MAKE_A_JUMP, Cursor, Ring
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
    times = [ns for ns, _ in model.rows]
    backs = [r for r in range(model.first + 1, len(times)) if times[r] < times[r - 1]]
    for row in range(model.first, len(times), 5):
        expected = max((back for back in backs if back <= row), default=0)
        assert ring.segment_at(row) == (model.segment if row >= model.segment else expected)
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


class LateModel:
    """What a ring that puts late rows in should hold: a plain sorted list, one reading after the other."""

    def __init__(self, capacity: int, lateness: int) -> None:
        self.capacity = capacity
        self.lateness = lateness
        self.rows: list[Step] = []
        self.newest = -(2**63)
        self.evicted: int | None = None
        self.n_dropped = 0

    def add(self, ns: int, value: float) -> None:
        """Put one reading in after those of equal time, or drop it."""
        is_held = self.evicted is None or ns >= self.evicted
        if not (ns >= self.newest - self.lateness and is_held):
            self.n_dropped += 1
            return
        self.rows.insert(bisect_right(self.rows, ns, key=lambda row: row[0]), (ns, value))
        self.newest = max(self.newest, ns)
        if len(self.rows) > self.capacity:
            self.evicted = self.rows.pop(0)[0]


class Mirror:
    """A reader that keeps a copy of what it has read, by row number, and follows changes."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.cursor = Cursor(ring.first)
        ring.cursors.add(self.cursor)
        self.rows: dict[int, Step] = {}
        self.shown: list[Step] = []

    def read(self) -> None:
        """Repair what changed, then read on."""
        change, self.cursor.change = self.cursor.change, None
        start = max(self.cursor.row, self.ring.first)
        if change is not None:
            self._copy(max(change.row, self.ring.first), start)
        self._copy(start, self.ring.end)
        self.shown += [self.rows[row] for row in range(start, self.ring.end)]
        self.cursor.row = self.ring.end

    def _copy(self, start: int, stop: int) -> None:
        times, column = self.ring.rows(start, stop)
        steps = zip(times.tolist(), column.tolist(), strict=True)
        self.rows |= dict(zip(range(start, stop), steps, strict=True))


@settings(max_examples=150)
@given(
    st.lists(st.integers(-6, 3), max_size=60),
    st.integers(1, 40),
    st.sampled_from([1, 3, 5, 2**62]),
    batch_sizes(15),
    st.sampled_from([1, 2, 5, MOVED_AT_ONCE]),
    st.data(),
)
def test_late_rows_are_put_where_they_belong(
    steps: list[int],
    capacity: int,
    lateness: int,
    sizes: list[int],
    moved_at_once: int,
    data: st.DataObject,
) -> None:
    """The ring holds what a sorted list holds, in any batches, and readers can follow."""
    with mock.patch.object(nbstream.readings.ring, "MOVED_AT_ONCE", moved_at_once):
        check_late_rows(steps, capacity, lateness, sizes, data)


def check_late_rows(
    steps: list[int], capacity: int, lateness: int, sizes: list[int], data: st.DataObject
) -> None:
    """Compare a ring with its model, batch by batch."""
    # Fewer rows too late at a time than would make a jump of the clock.
    times = np.maximum(np.cumsum(steps), 0) if len(steps) else np.empty(0, np.int64)
    column = np.arange(len(times), dtype=float)
    column[column % 5 == 3] = np.nan
    ring, model = Ring(capacity, lateness), LateModel(capacity, lateness)
    mirror = Mirror(ring)
    for part in cut_into(len(times), sizes):
        n, _ = ring.extend(times[part].astype(np.int64), column[part])
        n_dropped = model.n_dropped
        for ns, value in zip(times[part].tolist(), column[part].tolist(), strict=True):
            model.add(ns, value)
        if ring.segment:
            return
        assert part.stop - part.start - n <= model.n_dropped - n_dropped
        assert len(ring) == len(model.rows)
        found_times, found = ring.rows(ring.first, ring.end)
        assert found_times.tolist() == [ns for ns, _ in model.rows]
        np.testing.assert_array_equal(found, [value for _, value in model.rows])
        assert ring.newest_ns == model.newest
        present = [row for row in model.rows if row[1] == row[1]]
        if present:
            assert ring.last_reading == present[-1]
        if data.draw(st.booleans()):
            mirror.read()
            rows = [mirror.rows[row] for row in range(ring.first, ring.end)]
            np.testing.assert_array_equal(rows, np.array(model.rows).reshape(-1, 2))
    shown = [value for _, value in mirror.shown if value == value]
    assert len(set(shown)) == len(shown)


@pytest.mark.parametrize("moved_at_once", [7, 100, MOVED_AT_ONCE])
def test_late_rows_wrap_around(monkeypatch: pytest.MonkeyPatch, moved_at_once: int) -> None:
    """Rows are put in across the end of the ring's arrays, while the oldest are evicted."""
    monkeypatch.setattr("nbstream.readings.ring.MOVED_AT_ONCE", moved_at_once)
    ring = Ring(1000, 2**62)
    rng = np.random.default_rng(4)
    held: list[int] = []
    for step in range(200):
        times = step * 50 + rng.integers(-400, 50, 40)
        ring.extend(times, np.zeros(40))
        held = sorted([*held, *times.tolist()])[-1000:]
        assert ring.rows(ring.first, ring.end)[0].tolist() == held
        assert ring.end - ring.first == len(held)


def test_a_jump_beyond_the_lateness_is_still_a_jump() -> None:
    """Twenty ordered rows beyond the lateness begin a new segment; late rows find their place in it."""
    ring = Ring(1000, 10)
    ring.extend(np.arange(500, 600), np.zeros(100))
    assert ring.extend(np.arange(100, 130), np.zeros(30)) == (30, True)
    assert ring.segment == 100
    assert ring.extend(np.array([120, 119, 131, 110, 95, 125]), np.arange(6.0)) == (4, False)
    times, _ = ring.rows(100, ring.end)
    expected = [*range(100, 120), 119, 120, 120, *range(121, 126), 125, *range(126, 130), 131]
    assert times.tolist() == expected


def test_runs_beyond_the_lateness_in_one_batch() -> None:
    """After a jump in the middle of a batch the rest of it belongs to the new segment."""
    ring = Ring(1000, 3)
    ring.extend(np.arange(500, 510), np.zeros(10))
    batch = np.array([511, 509, *range(30), 28, 31, 5, 32])
    assert ring.extend(batch, np.zeros(len(batch))) == (len(batch) - 1, True)
    times, _ = ring.rows(ring.segment, ring.end)
    assert times.tolist() == [*range(29), 28, 29, 31, 32]


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.integers(1, 40), st.integers(0, 3)),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([1, 5, 40, 2**62]),
    batch_sizes(50),
    st.integers(0, 2**32),
)
def test_batches_make_no_difference_to_late_rows(
    runs: list[tuple[int, int, int]], lateness: int, sizes: list[int], seed: int
) -> None:
    """With jumps of the clock and late rows among each other, batches hold what single rows hold."""
    rng = np.random.default_rng(seed)
    times = np.concatenate(
        [start + np.arange(n) + rng.integers(-jitter, jitter + 1, n) for start, n, jitter in runs]
    )
    column = np.arange(len(times), dtype=float)
    whole, single = Ring(1000, lateness), Ring(1000, lateness)
    accepted = [0, 0]
    for part in cut_into(len(times), sizes):
        accepted[0] += whole.extend(times[part], column[part])[0]
        for i in range(part.start, part.stop):
            accepted[1] += single.extend(times[i : i + 1], column[i : i + 1])[0]
        for a, b in zip(
            whole.rows(whole.first, whole.end), single.rows(single.first, single.end), strict=True
        ):
            np.testing.assert_array_equal(a, b)
        assert whole.newest_ns == single.newest_ns
        assert whole.end - max(whole.segment, whole.first) == single.end - max(
            single.segment, single.first
        )
        assert whole.last_reading == single.last_reading
        assert accepted[0] == accepted[1]
