"""What a chart shows of a file, at any zoom, is what is in it, whoever wrote the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nbstream.recording.archive import archive, layout, summaries
from nbstream.recording.archive.archived_buffer import ArchiveBuffer
from nbstream.recording.archive.opening import open_archive
from nbstream.summaries.bins import step_bits
from tests.wait import wait_until

START = 1_782_907_200 * 10**9
N = 60_000
STEP_NS = 1_000_000
Truth = dict[str, tuple[np.ndarray, np.ndarray]]


@pytest.fixture(autouse=True)
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut files as if they were larger."""
    monkeypatch.setattr(layout, "MOST_ROWS", 8_192)
    monkeypatch.setattr(layout, "LEAST_ROWS", 1_024)
    monkeypatch.setattr(layout, "VALUES", 2**15)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., ArchiveBuffer]]:
    """Open a file, or all in a folder; closed at the end."""
    made: list[ArchiveBuffer] = []

    def open_one(path: Path = tmp_path, **options: Any) -> ArchiveBuffer:
        buffer, _ = open_archive(path, **{"cache": False, "timezone": "UTC", **options})
        made.append(buffer)
        return buffer

    yield open_one
    for buffer in made:
        buffer.close()


def frame(n_channels: int = 2, seed: int = 1) -> pd.DataFrame:
    """Return readings at 1 kHz with two pauses; "c0" has some that are missing."""
    rng = np.random.default_rng(seed)
    times = START + np.arange(N) * STEP_NS
    for at in (N // 3, N - 500):
        times[at:] += 600 * 10**9
    columns = {f"c{i}": np.round(rng.normal(size=N).cumsum(), 3) for i in range(n_channels)}
    columns["c0"][rng.integers(0, N, 9)] = np.nan
    return pd.DataFrame(columns, index=pd.DatetimeIndex(times, tz="UTC", name="time"))


def truth_of(made: pd.DataFrame) -> Truth:
    """Return what pandas has of each channel, in order of time; what it has not is null in a file."""
    there = {str(name): made[name].sort_index(kind="stable").dropna() for name in made}
    return {name: (of.index.as_unit("ns").asi8, of.to_numpy()) for name, of in there.items()}


def check_views(buffer: ArchiveBuffer, truth: Truth, *, n_views: int = 40, seed: int = 2) -> None:
    """Compare views of all sizes with what is there: rows, and what is drawn in bins."""
    rng = np.random.default_rng(seed)
    for name, (times, values) in truth.items():
        held = buffer.channel(name)
        for _ in range(n_views):
            n = int(min(len(times), 10 ** rng.uniform(0.5, np.log10(len(times)) + 0.1)))
            begin = int(rng.integers(0, len(times) - n + 1))
            from_ns, to_ns = int(times[begin]), int(times[begin + n - 1])
            low, high = times.searchsorted(from_ns), times.searchsorted(to_ns, "right")
            rows = held.rows(from_ns, to_ns + 1)
            np.testing.assert_array_equal(rows.times, times[low:high])
            np.testing.assert_array_equal(rows.values, values[low:high])
            check_line(held, times, values, from_ns, to_ns)


def check_line(held: Any, times: np.ndarray, values: np.ndarray, from_ns: int, to_ns: int) -> None:
    """Each bin has its smallest and largest reading; of wide bins, which blocks make, the next one may."""
    bits = step_bits(max(1, to_ns - from_ns), 500)
    got_times, got_values = held.line(from_ns, to_ns, bits, None).points()
    first, last = from_ns >> bits, to_ns >> bits
    inside = (got_times >> bits >= first) & (got_times >> bits <= last) & ~np.isnan(got_values)
    real = (times >> bits >= first) & (times >> bits <= last) & ~np.isnan(values)
    shown = summed(got_times[inside], got_values[inside], bits)
    wanted = summed(times[real], values[real], bits)
    if 1 << bits < 100 * STEP_NS:
        pd.testing.assert_frame_equal(shown, wanted)
        return
    for one, other in ((shown, wanted), (wanted, shown)):
        near = pd.concat([other.set_axis(other.index + by) for by in (-1, 0, 1)])
        inner = one.loc[(one.index > first + 1) & (one.index < last - 1)]
        lows = near["min"].groupby(near.index).min().reindex(inner.index)
        highs = near["max"].groupby(near.index).max().reindex(inner.index)
        assert ((lows <= inner["min"]) & (highs >= inner["max"])).all()


def summed(times: np.ndarray, values: np.ndarray, bits: int) -> pd.DataFrame:
    """Return the extremes of each bin."""
    return pd.Series(values).groupby(times >> bits).agg(["min", "max"])


def write_pandas(made: pd.DataFrame, path: Path) -> None:
    """One row group, as a notebook would."""
    made.to_parquet(path)


def write_polars(made: pd.DataFrame, path: Path) -> None:
    """Row groups as polars makes them."""
    pl.from_pandas(made.reset_index()).write_parquet(path)


def write_arrow(**options: Any) -> Callable[[pd.DataFrame, Path], None]:
    """By pyarrow, as the options say."""
    return lambda made, path: pq.write_table(pa.Table.from_pandas(made), path, **options)


WRITERS = {
    "pandas": write_pandas,
    "polars": write_polars,
    "small groups": write_arrow(row_group_size=100),
    "middling groups": write_arrow(row_group_size=10_000),
    "page index": write_arrow(write_page_index=True, data_page_size=10_000),
    "pages of version 2": write_arrow(data_page_version="2.0", compression="zstd"),
    "plain": write_arrow(use_dictionary=False, compression="none"),
    "split bytes": write_arrow(use_dictionary=False, use_byte_stream_split=["c0", "c1"]),
    "no statistics": write_arrow(write_statistics=False, row_group_size=25_000),
    "ms": write_arrow(coerce_timestamps="ms"),
    "us": write_arrow(coerce_timestamps="us"),
    "int96": write_arrow(use_deprecated_int96_timestamps=True),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("is_sharp", [False, True])
def test_any_writer(
    tmp_path: Path, opened: Callable[..., ArchiveBuffer], writer: str, is_sharp: bool
) -> None:
    """Rows and lines are those of pandas, before the file is summarised and afterwards."""
    made = frame()
    WRITERS[writer](made, tmp_path / "x.parquet")
    buffer = opened()
    if is_sharp or writer in ("no statistics", "int96"):  # they say nothing before
        buffer.archive.start()
        wait_until(lambda: buffer.archive.is_sharp, 20)
    check_views(buffer, truth_of(made), n_views=20)


@pytest.mark.parametrize("n_channels", [1, 60])
def test_few_and_many_channels(
    tmp_path: Path, opened: Callable[..., ArchiveBuffer], n_channels: int
) -> None:
    """Of sixty channels in one row group each is shown as it is."""
    made = frame(n_channels)
    made.to_parquet(tmp_path / "x.parquet")
    check_views(opened(), truth_of(made), n_views=4)


@pytest.mark.parametrize("order", ["shuffled", "backwards", "late", "doubled"])
def test_rows_that_are_not_in_order(
    tmp_path: Path, opened: Callable[..., ArchiveBuffer], order: str
) -> None:
    """They are shown in the order of their times; of equal times in the order of the file."""
    made = frame()
    rng = np.random.default_rng(3)
    places = {
        "shuffled": rng.permutation(N),
        "backwards": np.arange(N)[::-1],
        "late": np.argsort(np.arange(N) + rng.integers(0, 3_000, N), kind="stable"),
        "doubled": np.sort(np.concatenate((np.arange(N), rng.integers(0, N, 9_000)))),
    }[order]
    made = made.iloc[places]
    made["c1"] = np.arange(len(made), dtype=float)
    made.to_parquet(tmp_path / "x.parquet")
    check_views(opened(), truth_of(made), n_views=20)


def test_several_files(tmp_path: Path, opened: Callable[..., ArchiveBuffer]) -> None:
    """Files in a folder are one table, with times that overlap too."""
    made = frame()
    parts = [made.iloc[:25_000], made.iloc[20_000:41_000], made.iloc[41_000:]]
    for i, part in enumerate(parts):
        part.to_parquet(tmp_path / f"{i}.parquet")
    check_views(opened(), truth_of(pd.concat(parts)))


def test_cells_of_many_kinds(tmp_path: Path, opened: Callable[..., ArchiveBuffer]) -> None:
    """Whole numbers, switches, decimals, small floats, numbers that are not there."""
    times = START + np.arange(N) * STEP_NS
    rng = np.random.default_rng(4)
    whole = rng.integers(-(2**40), 2**40, N)
    some = rng.random(N) < 0.7
    table = pa.table(
        {
            "time": pa.array(times).cast(pa.timestamp("ns", "Europe/Berlin")),
            "whole": whole,
            "small": (whole % 100).astype(np.int8),
            "switch": whole % 3 == 0,
            "decimal": pa.array(whole % 1000).cast(pa.decimal128(21, 2)),
            "float": (whole % 1000).astype(np.float32) / 8,
            "some": pa.array(whole, mask=~some),
            "words": pa.array(np.array(["on", "off"])[whole % 2]),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    truth = {
        "whole": (times, whole.astype(float)),
        "small": (times, (whole % 100).astype(float)),
        "switch": (times, (whole % 3 == 0).astype(float)),
        "decimal": (times, (whole % 1000).astype(float)),
        "float": (times, (whole % 1000) / 8),
        "some": (times[some], whole[some].astype(float)),
    }
    buffer = opened()
    assert buffer.channels == tuple(truth)
    check_views(buffer, truth, n_views=8)


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_channel_that_pauses_in_a_row_group(
    tmp_path: Path,
    opened: Callable[..., ArchiveBuffer],
    monkeypatch: pytest.MonkeyPatch,
    is_kept: bool,
) -> None:
    """Where it has no readings nothing stands, whatever the footer says, and no row is read for it."""
    monkeypatch.setattr(summaries, "CACHE_FROM", 0)
    made = frame()
    made.loc[made.index[np.arange(N) % 30_000 >= 12_000], "c1"] = np.nan
    path = tmp_path / "x.parquet"
    made.to_parquet(path, row_group_size=30_000)
    for _ in range(1 + is_kept):
        buffer = opened(path, cache=is_kept)
        buffer.archive.start()
        wait_until(lambda buffer=buffer: buffer.archive.is_sharp, 20)
        assert buffer.archive._summaries.thread is not None
        buffer.archive._summaries.thread.join()
    check_views(buffer, truth_of(made), n_views=20)
    times, _ = truth_of(made)["c1"]
    rows, read = buffer.archive._rows, list[int]()
    monkeypatch.setattr(
        rows, "of", lambda table, i, _of=rows.of: (read.append(i), _of(table, i))[1]
    )
    with monkeypatch.context() as patched:
        patched.setattr(archive, "MAX_RAW", 1_000)  # as if the file were larger
        line = buffer.channel("c1").line(START, int(times[-1]), 33, None)
    got_times, got_values = line.points()
    assert not read
    known = ~np.isnan(got_values)
    assert set(got_times[known]) <= set(times)
    is_break = ~known[:-1] & (got_times[:-1] == got_times[1:])
    assert is_break.sum() == 1
    from_ns, to_ns = (int(made.index.as_unit("ns").asi8[at]) for at in (20_600, 26_000))
    shown, _ = buffer.channel("c1").line(from_ns, to_ns, 12, None).points()
    assert not ((shown > from_ns) & (shown < to_ns)).any()
    assert all(("c1", i) in buffer.archive._summaries._sketches for i in read)


def test_a_channel_of_words(tmp_path: Path, opened: Callable[..., ArchiveBuffer]) -> None:
    """Its states are those of the rows, wherever the view lies in a large row group."""
    made = frame(1)
    modes = np.array(["RUN", "IDLE", "OFF"])[np.arange(N) // 777 % 3]
    made["mode"] = pd.Categorical(modes)
    made.to_parquet(tmp_path / "x.parquet")
    buffer = opened()
    held = buffer.channel("mode")
    times = made.index.as_unit("ns").asi8
    for begin in range(0, N - 2_000, 7_001):
        rows = held.rows(int(times[begin]), int(times[begin + 1_999]) + 1)
        table = buffer._store.labels["mode"]
        assert [table.text(code) for code in rows.values] == modes[begin : begin + 2_000].tolist()


def test_channels_that_a_column_names(tmp_path: Path, opened: Callable[..., ArchiveBuffer]) -> None:
    """A long table in one row group: each channel has its own rows."""
    times = START + np.arange(N) * STEP_NS
    which = np.random.default_rng(5).integers(0, 3, N)
    values = np.arange(N, dtype=float)
    names = np.array(["a", "b", "c"])
    pl.DataFrame(
        {"time": times.view("M8[ns]"), "name": names[which], "value": values}
    ).write_parquet(tmp_path / "x.parquet", row_group_size=N)
    buffer = opened(pivot="name")
    buffer.archive.start()
    wait_until(lambda: buffer.archive.is_sharp, 20)
    truth = {str(name): (times[which == i], values[which == i]) for i, name in enumerate(names)}
    named = {c: truth[c.partition(".")[0]] for c in buffer.channels}
    assert len(named) == 3
    check_views(buffer, named, n_views=10)


def test_a_view_reads_what_it_shows(
    tmp_path: Path, opened: Callable[..., ArchiveBuffer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a row group of a million rows, and no more of it when it moves."""
    made = frame(4)
    made.to_parquet(tmp_path / "x.parquet")
    buffer = opened()
    times = made.index.as_unit("ns").asi8
    read: list[int] = []
    table = buffer.archive.table
    monkeypatch.setattr(
        table,
        "read",
        lambda stretch, *args, _read=table.read, **how: (
            read.append(stretch.n_rows),
            _read(stretch, *args, **how),
        )[1],
    )
    for begin in range(30_000, 31_000, 100):
        for name in buffer.channels:
            line = buffer.channel(name).line(int(times[begin]), int(times[begin + 99]), 15, None)
            assert len(line.points()[0]) >= 100
    assert 0 < sum(read) <= 4 * layout.stretch_rows(4)


def test_no_row_group_is_held_because_a_file_is_open(
    tmp_path: Path, opened: Callable[..., ArchiveBuffer]
) -> None:
    """Left to itself, pyarrow keeps the pages of all columns of the row group that it looked into."""
    made = frame(60)
    made.to_parquet(tmp_path / "x.parquet")
    before = pa.total_allocated_bytes()
    buffer = opened()
    assert len(buffer.channels) == 60
    assert pa.total_allocated_bytes() - before < made.memory_usage().sum() / 10
