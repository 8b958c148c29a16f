"""Parquet files of anybody, played as a source."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nbstream as ns
from nbstream.sources import ParquetSource, SourceState
from nbstream.testing import FakeClock
from tests.wait import wait_moving, wait_until

START = 1_782_907_200
NS = 10**9
TIMES = pd.date_range("2026-07-01 12:00", periods=5, freq="1s", tz="UTC")
FRAME = pd.DataFrame({"time": TIMES, "a": [0.0, 1, 2, 3, 4], "b": [5, 6, 7, 8, 9]})


def played(path: Any, **options: Any) -> ParquetSource:
    """Return a source that has played a file to its end."""
    source = ParquetSource(path, timezone="UTC", **options).start()
    wait_until(lambda: not source.is_running, message=lambda: source.status)
    return source


def values(source: ns.Source, channel: str) -> list[float]:
    """Return what a channel holds."""
    return source.buffer.channel(channel).rows(0).values.tolist()


def seconds(source: ns.Source, channel: str) -> list[float]:
    """Return the times that a channel holds, in seconds from the start."""
    return ((source.buffer.channel(channel).rows(0).times - START * NS) / NS).tolist()


def write(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    """Write columns as a file."""
    pq.write_table(pa.table(columns), path, **options)
    return path


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_timestamps_of_any_unit_and_zone(tmp_path: Path, unit: str, zone: str | None) -> None:
    """Times without a zone are by the clock of the source's."""
    when = pa.array([START, START + 1], pa.int64()).cast(pa.timestamp("s"))
    when = when.cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    source = played(write(tmp_path / "x.parquet", {"when": when, "x": [1.0, 2.0]}))
    assert seconds(source, "x") == [0, 1]
    source.close()


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("time", [START, START + 1]),
        ("ts", [START * 1000, START * 1000 + 1000]),
        ("t", [float(START), START + 1.0]),
        ("open_time", [START * 1000, START * 1000 + 1000]),
        ("timestamp", [str(START), str(START + 1)]),
        ("time", ["2026-07-01T12:00:00Z", "2026-07-01T12:00:01Z"]),
        ("time", ["2026-07-01 12:00:00", "2026-07-01 12:00:01"]),
        ("Zeit", ["01.07.2026 12:00:00", "13.07.2026 12:00:01"]),
        ("measured_at", ["2026-07-01T14:00:00+02:00", "2026-07-01T14:00:01+02:00"]),
        ("time", pa.array([Decimal(START), Decimal(START + 1)])),
        ("time", pa.array([START, START + 1], pa.uint64())),
        ("time", pa.array(["2026-07-01T12:00:00", "2026-07-01T12:00:01"]).dictionary_encode()),
    ],
)
def test_times_in_other_forms(tmp_path: Path, name: str, cells: Any) -> None:
    """Numbers since 1970 of any unit and type, and texts as in CSV."""
    source = played(write(tmp_path / "x.parquet", {"x": [1.0, 2.0], name: cells}))
    assert seconds(source, "x")[0] == 0
    assert seconds(source, "x")[1] in (1, 12 * 86_400 + 1)
    assert source.buffer.channels == ("x",)
    source.close()


def test_dates_with_and_without_a_time_of_day(tmp_path: Path) -> None:
    """A column of times of day beside a column of dates belongs to it."""
    days = pa.array([dt.date(2026, 7, 1)] * 2)
    of_day = pa.array([dt.time(12, 0, 0), dt.time(12, 0, 1)], pa.time32("s"))
    both = played(write(tmp_path / "x.parquet", {"date": days, "time": of_day, "x": [1, 2]}))
    assert seconds(both, "x") == [0, 1]
    alone = played(write(tmp_path / "y.parquet", {"date": days, "x": [1, 2]}))
    assert seconds(alone, "x") == [-12 * 3600] * 2
    both.close()
    alone.close()


def test_seconds_of_a_run(tmp_path: Path) -> None:
    """They end at the last change of the file, and a note says so."""
    path = write(tmp_path / "x.parquet", {"time": [0.0, 0.5, 1.0], "x": [1, 2, 3]})
    source = played(path)
    times = source.buffer.channel("x").rows(0).times
    assert times[-1] == path.stat().st_mtime_ns
    assert np.diff(times).tolist() == [NS // 2] * 2
    assert any("counts from an unknown start" in note for note in source.notes)
    source.close()


def test_a_frame_of_pandas_with_an_index_of_times(tmp_path: Path) -> None:
    """The index is the time, whatever it is called; an index of numbers is no channel."""
    FRAME.set_index("time").rename_axis(None).to_parquet(tmp_path / "x.parquet")
    source = played(tmp_path / "x.parquet")
    assert seconds(source, "a") == [0, 1, 2, 3, 4]
    FRAME[FRAME.a > 1].to_parquet(tmp_path / "y.parquet")
    other = played(tmp_path / "y.parquet")
    assert other.buffer.channels == ("a", "b")
    source.close()
    other.close()


def test_what_columns_hold(tmp_path: Path) -> None:
    """Numbers of any type; categories are words, texts of numbers numbers; what is left out is told."""
    columns = {
        "time": TIMES[:3],
        "flag": [True, False, None],
        "price": pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal128(10, 2)),
        "half": pa.array(np.array([0.5, 1.5, 2.5], np.float16)),
        "large": pa.array([1, 2**63, 3], pa.uint64()),
        "mode": pa.array(["RUN", None, "IDLE"]).dictionary_encode(),
        "text": ["1.5", " 2", ""],
        "words": ["a", "b", "c"],
        "took": pa.array([1500, 2500, None], pa.duration("ms")),
        "nested": [{"x": 1, "deep": {"y": 2.5}}, None, {"x": 3, "deep": None}],
        "list": [[1], [2], [3]],
        "nothing": pa.nulls(3),
        "written": TIMES[:3],
        "inf": [np.inf, 1.0, np.nan],
    }
    source = played(write(tmp_path / "x.parquet", columns))
    assert values(source, "flag") == [1, 0]
    assert values(source, "price") == [1.25, -3.5]
    assert values(source, "half") == [0.5, 1.5, 2.5]
    assert values(source, "large") == [1, 2.0**63, 3]
    assert source.buffer.labels["mode"] == ("RUN", "IDLE")
    assert values(source, "text")[:2] == [1.5, 2]
    assert values(source, "took") == [1.5, 2.5]
    assert values(source, "nested.x") == [1, 3]
    assert values(source, "nested.deep.y") == [2.5]
    assert str(values(source, "inf")) == "[nan, 1.0, nan]"
    assert seconds(source, "price") == [0, 2]
    assert not {"words", "list", "nothing", "written"} & set(source.buffer.channels)
    said = " / ".join(source.notes)
    for part in (
        "not numeric, left out: 'words'; states=['words'] reads words",
        "'list'",
        "'written'",
    ):
        assert part in said
    source.close()
    source = played(tmp_path / "x.parquet", states="words", channels=["words", "nested"])
    assert source.buffer.labels["words"] == ("a", "b", "c")
    assert {*source.buffer.channels} == {"words", "nested.x", "nested.deep.y"}
    source.close()


def test_null_is_no_reading_and_nan_one_that_is_missing(tmp_path: Path) -> None:
    """Channels that take turns in a wide table keep their lines whole."""
    x = pa.array([1.0, None, 3.0, None], from_pandas=False)
    y = pa.array([None, np.nan, None, 4.0], from_pandas=False)
    source = played(write(tmp_path / "x.parquet", {"time": TIMES[:4], "x": x, "y": y}))
    assert values(source, "x") == [1, 3]
    assert seconds(source, "x") == [0, 2]
    assert str(values(source, "y")) == "[nan, 4.0]"
    source.close()


def test_rows_that_do_not_lie_in_order(tmp_path: Path) -> None:
    """They come in it, however they lie in row groups; none is late."""
    rng = np.random.default_rng(1)
    order = rng.permutation(1000)
    when = pa.array((START + order) * NS).cast(pa.timestamp("ns", "UTC"))
    source = played(write(tmp_path / "x.parquet", {"time": when, "x": order}, row_group_size=70))
    assert values(source, "x") == list(range(1000))
    assert source.counters()[:4] == (1000, 1000, 0, 0)
    source.close()
    n = 300_000
    shifted = np.roll(np.arange(n), 140_000)  # within one group, behind its first batch
    when = pa.array(START * NS + shifted * 1000).cast(pa.timestamp("ns", "UTC"))
    path = write(tmp_path / "y.parquet", {"time": when, "x": shifted})
    source = played(path)
    assert np.array_equal(source.buffer.channel("x").rows(0).values, np.arange(n))
    source.close()


def test_rows_without_a_time_are_counted(tmp_path: Path) -> None:
    """Times that ns cannot hold are none either."""
    when = pa.array([START, None, 10**11, START + 1], pa.int64()).cast(pa.timestamp("s", "UTC"))
    source = played(write(tmp_path / "x.parquet", {"time": when, "x": [1, 2, 3, 4]}))
    assert values(source, "x") == [1, 4]
    assert source.counters().rejected == 2
    source.close()


def test_folders_and_patterns(tmp_path: Path) -> None:
    """The keys of folders name channels, unless they are parts of dates; what others left there is none."""
    for device in "ab":
        for day in (1, 2):
            folder = tmp_path / "data" / f"device={device}" / f"day={day}"
            folder.mkdir(parents=True)
            frame = FRAME.assign(time=TIMES + pd.Timedelta(days=day))[["time", "a"]]
            frame.to_parquet(folder / "part-0.parquet", row_group_size=2)
    (tmp_path / "data" / "_SUCCESS").touch()
    (tmp_path / "data" / ".part-1.parquet").write_bytes(b"x")
    source = played(tmp_path / "data")
    assert set(source.buffer.channels) == {"a.a", "b.a"}
    assert values(source, "b.a") == [0, 1, 2, 3, 4] * 2
    source.close()
    source = played(tmp_path / "data" / "device=a" / "**" / "*.parquet")
    assert source.buffer.channels == ("a",)
    assert values(source, "a") == [0, 1, 2, 3, 4] * 2
    source.close()


def test_a_column_that_names_the_channels(tmp_path: Path) -> None:
    """A long table is one of several channels; rows of equal time are those of different ones."""
    frame = pl.DataFrame(
        {
            "time": [TIMES[0], TIMES[0], TIMES[1], TIMES[1]],
            "sensor": ["p", "q", "p", "q"],
            "value": [1.0, 2.0, 3.0, 4.0],
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    source = played(tmp_path / "x.parquet", pivot="sensor")
    assert values(source, "p") == [1, 3]
    assert values(source, "q") == [2, 4]
    source.close()


def test_files_of_different_columns(tmp_path: Path) -> None:
    """A column that a later file brings is a channel too."""
    FRAME[["time", "a"]].to_parquet(tmp_path / "p1.parquet")
    FRAME.assign(time=TIMES + pd.Timedelta("10s")).to_parquet(tmp_path / "p2.parquet")
    source = played(tmp_path / "p*.parquet")
    assert values(source, "a") == [0, 1, 2, 3, 4] * 2
    assert values(source, "b") == [5, 6, 7, 8, 9]
    source.close()


def test_columns_of_one_name_are_told(tmp_path: Path) -> None:
    """They can't be told apart, and the others are read."""
    table = pa.Table.from_arrays(
        [pa.array(TIMES), pa.array([1] * 5), pa.array([2] * 5), pa.array([3] * 5)],
        names=["time", "x", "x", "y"],
    )
    pq.write_table(table, tmp_path / "x.parquet")
    source = played(tmp_path / "x.parquet")
    assert source.buffer.channels == ("y",), source.status
    assert source.notes == ("several columns have one name, and are not read: 'x'",)
    source.close()


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"a": [1.0], "b": ["x"]}, {}, "has no column of times; its columns are ['a', 'b']"),
        ({"a": [1.0]}, {"time": "when"}, "has no column 'when'; it has ['a']"),
        ({"a": [1.0], "b": [2.0]}, {"time": "a"}, "The numbers in column 'a' are no times"),
        ({"a": [[1]], "b": [2.0]}, {"time": "a"}, "The column 'a' of 'x.parquet' holds no times"),
        (
            {"time": TIMES, "b": list("vwxyz")},
            {},
            "no column of numbers; its columns are ['time', 'b']. states",
        ),
        ({"time": TIMES, "a": [1] * 5}, {"channels": ["c"]}, "has no column 'c'"),
        ({"time": TIMES, "a": [1] * 5}, {"pivot": "c"}, "has no column 'c'"),
        (
            {"time": TIMES[:0], "a": pa.array([], pa.int8())},
            {},
            "has no rows; its columns are ['time', 'a']",
        ),
        (
            {"time": ["01/02/2026", "03/04/2026"], "a": [1, 2]},
            {},
            "Day and month cannot be told apart",
        ),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, columns: dict[str, Any], options: Any, message: str
) -> None:
    """The message names the columns that there are."""
    source = played(write(tmp_path / "x.parquet", columns), **options)
    assert source.state is SourceState.FAILED
    assert message in source.status
    source.close()


def test_what_is_no_parquet_file(tmp_path: Path) -> None:
    """One that is being written is tried again; text is not."""
    path = tmp_path / "x.parquet"
    path.write_text("time,a\n1,2\n")
    source = played(path)
    assert source.state is SourceState.FAILED
    assert "is no Parquet file" in source.status
    source.close()
    FRAME.to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    clock = FakeClock()
    source = ParquetSource(path, clock=clock).start()  # type: ignore[arg-type]
    wait_until(lambda: source.state is SourceState.RECONNECTING)
    assert "it is being written, or was cut" in source.status
    path.write_bytes(whole)
    wait_moving(clock, lambda: source.state is SourceState.ENDED)
    assert values(source, "a") == [0, 1, 2, 3, 4]
    source.close()


def test_a_damaged_row_group_costs_itself(tmp_path: Path) -> None:
    """The rows of the others come, and a note says which are missing."""
    path = tmp_path / "x.parquet"
    columns = {"time": TIMES.repeat(200), "a": np.arange(1000.0)}
    write(path, columns, row_group_size=100, write_page_checksum=True, compression="none")
    data = bytearray(path.read_bytes())
    place = pq.read_metadata(path).row_group(4).column(1).data_page_offset
    data[place + 60 : place + 90] = b"\x00" * 30
    path.write_bytes(data)
    source = played(path)
    assert values(source, "a") == [x for x in range(1000) if not 400 <= x < 500]
    assert source.counters().dropped == 100
    assert any("row group 5 of 'x.parquet' cannot be read" in note for note in source.notes)
    source.close()


def test_it_may_be_played_at_its_own_pace_and_resumed(tmp_path: Path) -> None:
    """`position` is one that a later source goes on from."""
    FRAME.to_parquet(tmp_path / "x.parquet", row_group_size=2)
    clock = FakeClock()
    source = ParquetSource(tmp_path / "x.parquet", speed=1, clock=clock)  # type: ignore[arg-type]
    source.start()
    wait_until(lambda: values(source, "a") == [0])
    clock.advance(0.9)
    assert values(source, "a") == [0]
    wait_moving(clock, lambda: values(source, "a") == [0, 1])
    source.stop()
    position = source.position
    source.close()
    other = ParquetSource(tmp_path / "x.parquet").start(position)
    wait_until(lambda: not other.is_running)
    assert values(other, "a") == [2, 3, 4]
    other.close()


def test_a_file_elsewhere() -> None:
    """By fsspec, a folder too; one that is not there is waited for."""
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/data/x.parquet", FRAME.to_parquet())
    for url in ("memory://data/x.parquet", "memory://data", "memory://data/*.parquet"):
        source = played(url)
        assert values(source, "b") == [5, 6, 7, 8, 9], url
        source.close()
    memory.rm("/data", recursive=True)
    source = ParquetSource("memory://data/x.parquet").start()
    wait_until(lambda: source.state is SourceState.RECONNECTING)
    source.close()
