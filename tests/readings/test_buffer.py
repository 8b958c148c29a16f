"""The buffer: what goes in comes out, bounded, in order, from any thread."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.errors import ClosedError
from nbstream.readings.batch import Batch, FloatArray, TimeArray
from nbstream.readings.buffer import Buffer
from nbstream.readings.window import Window
from tests.strategies import EPOCH_NS, NS, batch_sizes, cut_into, readings

Column = tuple[TimeArray, FloatArray]
DURATIONS = st.integers(1, 30).map(lambda s: Window(duration_ns=s * NS))
COUNTS = st.integers(1, 50).map(lambda n: Window(readings=n))
WINDOWS = st.one_of(DURATIONS, COUNTS, st.just(Window()))


def at(n: int, *, interval: float = 1.0, start: int = EPOCH_NS) -> TimeArray:
    """Return `n` times, `interval` seconds apart."""
    return start + (np.arange(n) * interval * NS).astype(np.int64)


@given(readings(odd=True), batch_sizes(), st.integers(1, 100))
def test_what_is_appended_is_what_is_extended(
    column: Column, sizes: list[int], capacity: int
) -> None:
    """One by one, in batches or at once: the buffer is the same."""
    times, numbers = column
    single, batches, once = (Buffer(capacity, timezone="UTC") for _ in range(3))
    for t, v in zip(times.tolist(), numbers.tolist(), strict=True):
        single.append(t, x=v, unit="ns")
    for part in cut_into(len(times), sizes):
        batches.extend(times[part].view("M8[ns]"), x=numbers[part])
    if len(times):
        once.extend(times, x=numbers, unit="ns")
    expected = np.where(np.isfinite(numbers), numbers, np.nan)[-capacity:]
    for buffer in (single, batches, once):
        if not len(times):
            assert len(buffer) == 0
            continue
        rows = buffer.channel("x").rows(0)
        assert rows.times.tolist() == times[-capacity:].tolist()
        np.testing.assert_array_equal(rows.values, expected)
        assert rows.start == max(0, len(times) - capacity) == buffer.n_evicted
        assert buffer.n_added == len(times)
        assert buffer.channel("x").missing == int((~np.isfinite(numbers)).sum())
        assert buffer.newest_ns == times[-1]
        assert len(buffer) == min(len(times), capacity)


@given(readings(), WINDOWS, st.integers(1, 250))
def test_windows_are_those_of_pandas(column: Column, window: Window, capacity: int) -> None:
    """The rows of a window are those over which pandas' rolling computes at the newest reading."""
    times, numbers = column
    if not len(times):
        return
    buffer = Buffer(capacity)
    buffer.extend(times, x=numbers, unit="ns")
    start, stop = buffer.channel("x").window_rows(window)
    assert stop == len(times)
    series = pd.Series(1.0, index=pd.DatetimeIndex(times.view("M8[ns]")))
    if window.duration_ns is not None:
        expected = int(series.rolling(pd.Timedelta(window.duration_ns)).count().iloc[-1])
    else:
        expected = min(window.readings or len(times), len(times))
    assert stop - start == min(expected, capacity)
    if window.duration_ns is not None and expected == capacity < len(times):
        return  # a reading of the same time may have been evicted: it cannot know, and says no
    assert buffer.channel("x").covers(window) == (expected <= capacity)


@given(
    readings(max_size=60), readings(max_size=60), readings(max_size=60), st.just(None) | DURATIONS
)
def test_to_pandas_joins_channels_of_different_rates(
    a: Column, b: Column, c: Column, window: Window | None
) -> None:
    """Readings stand at their times, repeated times stay apart, and nothing is lost or invented."""
    buffer = Buffer(timezone="Europe/Prague")
    columns = {"a": a, "b": b, "c": c}
    for name, (times, numbers) in columns.items():
        if len(times):
            buffer.extend(times, {name: numbers}, unit="ns")
    frame = buffer.to_pandas("all" if window is None else window)
    assert list(frame.columns) == list(buffer.channels)
    assert frame.index.name == "time"
    assert str(frame.index.tz) == "Europe/Prague"
    assert frame.index.is_monotonic_increasing
    index = frame.index.as_unit("ns").asi8
    newest = buffer.newest_ns
    expected_rows: dict[int, int] = {}
    for name in buffer.channels:
        times, numbers = columns[name]
        if window is not None and window.duration_ns is not None and newest is not None:
            inside = times > newest - window.duration_ns
            times, numbers = times[inside], numbers[inside]
        present = numbers == numbers
        held = frame[name].to_numpy()
        np.testing.assert_array_equal(held[held == held], numbers[present])
        assert index[held == held].tolist() == times[present].tolist()
        for time, n in zip(*np.unique(times, return_counts=True), strict=True):
            expected_rows[int(time)] = max(expected_rows.get(int(time), 0), int(n))
    assert dict(
        zip(*(part.tolist() for part in np.unique(index, return_counts=True)), strict=True)
    ) == (expected_rows)


def test_to_pandas_without_readings() -> None:
    """An empty buffer gives an empty frame with the index that it will have."""
    frame = Buffer(timezone="UTC").to_pandas()
    assert frame.shape == (0, 0)
    assert frame.index.name == "time"
    assert str(frame.index.tz) == "UTC"


@pytest.mark.parametrize("channels", [("x",), ("x", "y")])
def test_to_pandas_ascends_after_a_jump_of_the_clock(channels: tuple[str, ...]) -> None:
    """The index ascends, as promised, also when the clock was set back."""
    buffer = Buffer(timezone="UTC")
    for start in (EPOCH_NS, EPOCH_NS - 3600 * NS):
        for i, name in enumerate(channels):
            buffer.extend(at(25 + i, start=start), {name: np.arange(25.0 + i)}, unit="ns")
    frame = buffer.to_pandas()
    assert frame.index.is_monotonic_increasing
    assert frame["x"].count() == 50


def test_a_channel_without_readings_is_no_trouble() -> None:
    """An empty batch makes a channel that has nothing, and every question about it has an answer."""
    buffer = Buffer(timezone="UTC")
    buffer.extend([], x=[])
    assert buffer.channels == ("x",)
    assert len(buffer) == 0
    assert buffer.newest_ns is None
    assert buffer.latest() == {}
    for window in (Window(), Window(readings=5), Window(duration_ns=60 * NS)):
        assert buffer.channel("x").window_rows(window) == (0, 0)
        assert buffer.channel("x").covers(window)
        assert buffer.to_pandas(window).shape == (0, 1)


def test_windows_at_the_ends_of_time() -> None:
    """A window that reaches beyond the year 1677 begins with the first reading."""
    buffer = Buffer()
    buffer.append(-9_200_000_000, x=1.0)
    buffer.append(-9_100_000_000, x=2.0)
    assert buffer.channel("x").window_rows(Window(duration_ns=2**61)) == (0, 2)
    assert buffer.channel("x").row_at(-(2**70)) == 0
    assert buffer.channel("x").row_at(2**70) == 2
    buffer._store.need("test", Window(duration_ns=2**61))
    buffer.append(-9_000_000_000, x=3.0)


def test_late_rows_are_left_out_and_counted() -> None:
    """A row older than its channel's newest is late; what is on time beside it is taken."""
    buffer = Buffer()
    assert buffer.extend_batch(Batch(at(10), {"x": np.arange(10.0)})) == (10, 0)
    late_and_on_time = at(5) + np.array([0, 0, 0, 7, 8]) * NS
    assert buffer.extend_batch(Batch(late_and_on_time, {"x": np.arange(5.0)})) == (2, 3)
    assert buffer.extend_batch(Batch(at(2), {"y": np.arange(2.0)})) == (2, 0)
    buffer.append(EPOCH_NS, x=99.0, unit="ns")
    assert 99.0 not in buffer.channel("x").rows(0).values
    assert [event.text for event in buffer.events] == []


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [0, 10, 20]),
        ({"lateness": 5}, [0, 10, 15, 15, 20]),
        ({"lateness": "12s"}, [0, 8, 10, 15, 15, 20]),
        ({"lateness": timedelta(seconds=12)}, [0, 8, 10, 15, 15, 20]),
        ({"late": "insert"}, [-5, 0, 8, 10, 15, 15, 20]),
    ],
)
def test_late_rows_can_be_put_in_their_place(options: dict[str, Any], kept: list[int]) -> None:
    """Within the lateness, or anywhere, late rows count and stand where they belong."""
    buffer = Buffer(**options)
    seconds = np.array([0, 10, 20, 15, 8, -5, 15])
    batch = Batch(EPOCH_NS + seconds * NS, {"x": np.arange(7.0)})
    assert buffer.extend_batch(batch) == (len(kept), 7 - len(kept))
    rows = buffer.channel("x").rows(0)
    assert ((rows.times - EPOCH_NS) // NS).tolist() == kept
    again = Buffer(**options)
    for second, value in zip(seconds.tolist(), range(7), strict=True):
        again.append(EPOCH_NS + second * NS, x=float(value), unit="ns")
    np.testing.assert_array_equal(again.channel("x").rows(0).values, rows.values)
    if 15 in kept:
        assert rows.values[kept.index(15) : kept.index(20)].tolist() == [3.0, 6.0]
    assert (buffer.channel("x").revision > 0) == (len(kept) > 3)


def test_a_cursor_follows_late_rows() -> None:
    """A reader's place moves with the rows, and it hears from where on they are not what they were."""
    buffer = Buffer(late="insert")
    buffer.extend(at(10), x=np.arange(10.0), unit="ns")
    cursor = buffer.channel("x").cursor()
    assert len(buffer.channel("x").read_on(cursor, 8).times) == 8
    assert buffer.channel("x").take_change(cursor) is None
    late = EPOCH_NS + np.array([25, 45, 85]) * (NS // 10)
    buffer.extend(late, x=[0.0, 0.0, 0.0], unit="ns")
    assert buffer.channel("x").take_change(cursor) == (3, late[0], late[1])
    assert buffer.channel("x").take_change(cursor) is None
    assert cursor.row == 10
    assert buffer.channel("x").read_on(cursor, 100).values.tolist() == [8.0, 0.0, 9.0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"late": "keep"}, "'late' must be 'drop' or 'insert'"),
        ({"lateness": -1}, "'lateness' must be >= 0"),
        ({"lateness": "soon"}, "'lateness' must be a duration"),
    ],
)
def test_wrong_lateness_is_refused(options: dict[str, Any], said: str) -> None:
    """The error says which argument and what it may be."""
    with pytest.raises(ValueError, match=said):
        Buffer(**options)


def test_a_clock_that_was_set_back_starts_a_segment() -> None:
    """Twenty late rows in order are taken after all, an event says so, and windows begin there."""
    buffer = Buffer()
    buffer.extend(at(10), x=np.arange(10.0), unit="ns")
    back = at(30, start=EPOCH_NS - 1000 * NS)
    taken = [buffer.extend_batch(Batch(back[i : i + 1], {"x": np.array([i])})) for i in range(30)]
    assert taken[:19] == [(0, 1)] * 19
    assert taken[19] == (20, -19)
    assert taken[20:] == [(1, 0)] * 10
    assert sum(a for a, _ in taken) == 30
    assert sum(late for _, late in taken) == 0
    assert buffer.channel("x").segment == 10
    assert buffer.channel("x").window_rows(Window(readings=1000)) == (10, 40)
    assert buffer.channel("x").window_rows(Window(duration_ns=5 * NS)) == (35, 40)
    assert len(buffer.events) == 1
    assert "the clock of 'x' went back" in buffer.events[0].text


def test_the_ring_grows_for_who_needs_it() -> None:
    """A window that needs more rows than the capacity gets them, as far as `max_bytes` allows."""
    buffer = Buffer(10, max_bytes=16 * 1000)
    buffer._store.need("a", Window(readings=300))
    for part in cut_into(2000, [7, 130]):
        buffer.extend(at(2000)[part], x=np.arange(2000.0)[part], unit="ns")
    assert len(buffer) >= 300
    assert buffer.channel("x").covers(Window(readings=300))
    buffer._store.need("b", Window(duration_ns=5000 * NS))
    for t in at(1000, start=EPOCH_NS + 3000 * NS).tolist():
        buffer.append(t, x=0.0, unit="ns")
    assert len(buffer) == 1000
    assert not buffer.channel("x").covers(Window(duration_ns=5000 * NS))
    buffer._store.need("a", None)
    buffer._store.need("b", None)
    buffer.extend(at(500, start=EPOCH_NS + 10_000 * NS), x=np.zeros(500), unit="ns")
    assert len(buffer) == 1000


@pytest.mark.parametrize("window", [Window(readings=200), Window(duration_ns=200 * NS)])
def test_a_big_batch_alone_is_no_need(window: Window) -> None:
    """A ring that holds the window keeps its capacity, however much comes at once."""
    buffer = Buffer(1000)
    buffer._store.need("a", window)
    for batch in (at(1000), at(10_000, start=EPOCH_NS + 1000 * NS)):
        buffer.extend(batch, x=np.zeros(len(batch)), unit="ns")
    assert len(buffer) == 1000
    assert buffer.channel("x").covers(window)


@settings(max_examples=20)
@given(st.integers(1, 30), st.integers(1, 3000), batch_sizes(300), st.sampled_from([0.5, 1.0, 3.0]))
def test_growth_holds_every_window(
    capacity: int, needed: int, sizes: list[int], interval: float
) -> None:
    """Within `max_bytes`, a needed window is covered at every step, whatever the batches are."""
    buffer = Buffer(capacity)
    windows = [Window(readings=needed), Window(duration_ns=round(needed * interval * NS))]
    for i, window in enumerate(windows):
        buffer._store.need(i, window)
    times = at(3000, interval=interval)
    for part in cut_into(3000, sizes):
        buffer.extend(times[part], x=times[part] / 1e9, unit="ns")
        n = min(part.stop, needed)
        for window in windows:
            start, stop = buffer.channel("x").window_rows(window)
            assert stop - start == n


def test_more_channels_than_allowed() -> None:
    """One channel too many is refused by name; a source's batch loses only that channel."""
    buffer = Buffer(max_channels=2)
    buffer.append(0, a=1.0, b=2.0)
    with pytest.raises(ValueError, match="'c' would be one more"):
        buffer.append(1, c=3.0)
    with pytest.raises(ValueError, match="max_channels"):
        buffer.extend([1.0], c=[3.0])
    assert buffer.extend_batch(Batch(at(1), {"a": np.ones(1), "c": np.ones(1)})) == (1, 0)
    assert buffer.channels == ("a", "b")
    assert buffer.refused_channels == {"c"}


def test_a_refused_reading_leaves_no_trace() -> None:
    """A reading with one bad value, or one channel too many, is not taken in part."""
    buffer = Buffer(max_channels=2)
    with pytest.raises(TypeError, match="'b' must be given a number"):
        buffer.append(0, a=1.0, b="2_0")
    with pytest.raises(ValueError, match="one more"):
        buffer.append(0, a=1.0, b="two", c=3.0)
    with pytest.raises(ValueError, match="one more"):
        buffer.append(0, a=1.0, b=2.0, c=3.0)
    with pytest.raises(ValueError, match="one more"):
        buffer.extend([0.0], a=[1.0], b=[2.0], c=[3.0])
    with pytest.raises(ValueError, match="must hold numbers"):
        buffer.extend([0.0], a=[1.0], b=["2_0"])
    assert len(buffer) == 0
    assert buffer.labels == {}


@pytest.mark.parametrize(
    "value",
    [
        *("1_000", "0x10", b"1 2", "\u0661"),
        *([1.0], object(), 1j, {}, np.array([1.0, 2.0]), np.array([])),
        *(np.datetime64("2026-07-01", "ns"), np.timedelta64(1, "s"), pd.Timestamp(0)),
    ],
)
def test_values_that_are_no_number(value: Any) -> None:
    """A value that is no number is a TypeError that names the channel."""
    with pytest.raises(TypeError, match="Channel 'x' must be given a number"):
        Buffer().append(0, x=value)


class Tensor:
    """Holds numbers as a tensor does: it has a shape, and `item` if it holds one."""

    def __init__(self, *numbers: float) -> None:
        self.shape = (len(numbers),)
        self.numbers = numbers

    def item(self) -> float:
        """Return the only number."""
        (number,) = self.numbers
        return number


class Scalar:
    """Holds a number as a tensor of no dimension does."""

    def __float__(self) -> float:
        """Return it."""
        return 0.5


@pytest.mark.parametrize(
    "value",
    [
        *(
            "0.5",
            " +5e-1\n",
            b"0.5",
            Decimal("0.5"),
            Fraction(1, 2),
            np.float16(0.5),
            np.array(0.5),
        ),
        *(np.array([[0.5]]), Scalar(), Tensor(0.5), pd.Series([0.5])),
    ],
)
def test_values_that_are_numbers(value: Any) -> None:
    """Whatever stands for one number is one: a tensor, an array of one element, text."""
    buffer = Buffer()
    buffer.append(0, x=value)
    assert buffer.channel("x").last_value == 0.5


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda b: b.append(0.3), "append(None, value=0.3)"),
        (lambda b: b.append("2026-07-01"), "append(None, value=…)"),
        (lambda b: b.append({"loss": 0.3}), "append(None, {…})"),
        (lambda b: b.append(None, 0.3), "append(time, value=…)"),
        (lambda b: b.extend([1, 2, 3]), "extend(times, value=[…])"),
        (lambda b: b.extend(np.arange(3)), "extend(times, value=[…])"),
        (lambda b: b.extend(pd.DataFrame({"a": [1]})), "extend(frame.index, frame)"),
        (lambda b: b.extend([1, 2], [3, 4]), "extend(time, value=…)"),
    ],
)
def test_a_value_without_a_channel_is_refused(call: Any, advice: str) -> None:
    """A value in the time's place would add nothing: the error shows the call that adds it."""
    buffer = Buffer()
    with pytest.raises(TypeError, match=re.escape(advice)):
        call(buffer)
    assert len(buffer) == 0
    buffer.append(None, value=0.3)
    buffer.append(None, {"value": 0.3})
    frame = pd.DataFrame({"value": [0.3]}, index=pd.DatetimeIndex(["2026-07-01"]))
    buffer.extend(frame.index, frame)
    assert buffer.channels == ("value",)


@pytest.mark.parametrize(
    "value",
    [
        *(None, float("nan"), float("inf"), np.float32("-inf"), pd.NA, np.ma.masked, "", "nan"),
        *("null", "-inf", 10**400, "1e999"),
    ],
)
def test_values_that_are_missing(value: Any) -> None:
    """None, NaN and infinities are missing readings: counted, and not the latest."""
    buffer = Buffer(timezone="UTC")
    buffer.append(0, x=1)
    buffer.append(1, x=value)
    assert buffer.channel("x").missing == 1
    assert buffer.latest() == {"x": (pd.Timestamp(0, tz="UTC"), 1.0)}
    assert buffer.channel("x").last_value == 1.0


def test_names_that_are_no_identifiers() -> None:
    """Names go in by a mapping, as they are."""
    buffer = Buffer()
    buffer.append(0, {"temp °C": 1.0, "a\nb": 2.0}, x=3.0)
    buffer.extend([1.0], {"temp °C": [1.0], 0: [4.0]})
    assert buffer.channels == ("temp °C", "a\nb", "x", "0")
    buffer.append(None, {"time": 1.0, "values": 2.0, "self": 3.0, "unit": 4.0})
    assert set(buffer.channels) > {"time", "values", "self", "unit"}


def test_naive_times_are_in_the_buffers_zone() -> None:
    """Times without a zone are read, and all times returned, in `timezone`."""
    buffer = Buffer(timezone="Europe/Prague")
    buffer.append("2026-07-01 14:00", x=1.0)
    buffer.append(datetime(2026, 7, 1, 14, 0, 1), x=2.0)
    buffer.extend([pd.Timestamp("2026-07-01 14:00:02")], x=[3.0])
    buffer.append(datetime(2026, 7, 1, 12, 0, 3, tzinfo=UTC), x=4.0)
    assert buffer.channel("x").rows(0).times.tolist() == at(4).tolist()
    newest, _ = buffer.latest()["x"]
    assert newest.isoformat() == "2026-07-01T14:00:03+02:00"
    assert buffer.to_pandas("2s").index[0].isoformat() == "2026-07-01T14:00:02+02:00"


@pytest.mark.parametrize(
    ("capacity", "error"),
    [(0, ValueError), (-1, ValueError), (1.5, TypeError), (True, TypeError), ("1", TypeError)],
)
def test_capacities_that_are_none(capacity: Any, error: type[Exception]) -> None:
    """A capacity is a whole number of at least one."""
    with pytest.raises(error, match="'capacity' must be"):
        Buffer(capacity)


def test_a_closed_buffer_takes_nothing() -> None:
    """After close() readings are gone, adding raises ClosedError, and closing again does nothing."""
    buffer = Buffer()
    buffer.append(0, x=1.0)
    buffer.close()
    buffer.close()
    assert len(buffer) == 0
    assert buffer.channels == ()
    for add in (
        lambda: buffer.append(0, x=1.0),
        lambda: buffer.extend([0.0], x=[1.0]),
        lambda: buffer.extend_batch(Batch(at(1), {"x": np.ones(1)})),
    ):
        with pytest.raises(ClosedError, match="The buffer was closed"):
            add()


def test_subscribers_are_woken() -> None:
    """Every way to add readings, a note and close() set the events that subscribed."""
    buffer, event = Buffer(), threading.Event()
    buffer.subscribe(event)
    for action in (
        lambda: buffer.append(0, x=1.0),
        lambda: buffer.extend([1.0], x=[1.0]),
        lambda: buffer.extend_batch(Batch(at(1), {"x": np.ones(1)})),
        lambda: buffer.note("hello"),
        buffer.close,
    ):
        event.clear()
        action()
        assert event.is_set()
    event.clear()
    buffer.unsubscribe(event)
    buffer.note("again")
    assert not event.is_set()


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns so often that every gap between two statements is found."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
@pytest.mark.parametrize("capacity", [1, 37, 1000])
def test_readers_beside_a_feeder(capacity: int) -> None:
    """Eight readers see whole batches in order while one thread feeds: no torn row, no negative length."""
    buffer = Buffer(capacity)
    buffer.extend([], a=[], b=[])
    errors: list[BaseException] = []
    stop = threading.Event()
    n_batches = 1500

    def feed() -> None:
        row = 0
        try:
            for i in range(n_batches):
                size = (1, 3, 50, 2 * capacity)[i % 4]
                rows = np.arange(row, row + size, dtype=np.int64)
                buffer.extend(rows * 1000, a=rows.astype(float), b=-rows.astype(float), unit="ns")
                row += size
                buffer.append(row * 1000, a=float(row), b=-float(row), unit="ns")
                row += 1
        except BaseException as error:
            errors.append(error)
        finally:
            stop.set()

    def read() -> None:
        newest, end = 0, 0
        try:
            while not stop.is_set():
                assert 0 <= len(buffer) <= capacity
                now = buffer.newest_ns
                assert now is None or now >= newest
                newest = now or newest
                low, high = buffer.channel("a").span()
                assert 0 <= high - low <= capacity
                assert high >= end
                end = high
                rows = buffer.channel("a").rows(low)
                assert (rows.times == rows.values * 1000).all()
                assert (rows.values == rows.start + np.arange(len(rows.values))).all()
                start, stop_row = buffer.channel("b").window_rows(Window(readings=10))
                assert 0 <= stop_row - start <= 10
                assert buffer.n_evicted >= 0
        except BaseException as error:
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(8)]
    feeder = threading.Thread(target=feed)
    for thread in (*readers, feeder):
        thread.start()
    feeder.join()
    for thread in readers:
        thread.join()
    assert not errors, errors[0]
    assert buffer.n_added == 2 * (buffer.channel("a").span()[1])
    assert buffer.n_evicted + 2 * len(buffer) == buffer.n_added


def test_marks_are_notes_at_a_time() -> None:
    """What somebody did is kept with its time, told with the events, and wakes up who listens."""
    buffer = Buffer(timezone="UTC")
    woken = threading.Event()
    buffer.subscribe(woken)
    buffer.mark(" pump on ", "2026-07-01T12:00:00")
    assert woken.is_set()
    assert [(mark.time_ns, mark.text) for mark in buffer.marks] == [
        (1_782_907_200 * 10**9, "pump on")
    ]
    assert buffer.events[-1] == buffer.marks[-1]
    assert buffer.mark("now").time_ns > 1_782_907_200 * 10**9
    for wrong in ("", "  ", None):
        with pytest.raises(ValueError, match="must say something"):
            buffer.mark(wrong)  # type: ignore[arg-type]
