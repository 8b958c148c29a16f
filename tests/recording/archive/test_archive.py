"""Files of any size, opened as a chart asks for them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nbstream.errors import ConfigurationError, ConnectError, ParseError
from nbstream.readings.buffer import Buffer
from nbstream.readings.window import Window
from nbstream.recording.archive import layout, watched_files
from nbstream.recording.archive import summaries as summaries_module
from nbstream.recording.archive.archive import TooManyError
from nbstream.recording.archive.archived_buffer import ArchiveBuffer
from nbstream.recording.archive.cache import cache_beside
from nbstream.recording.archive.opening import open_archive
from nbstream.recording.door import record
from nbstream.summaries.bins import BinnedLine
from nbstream.widgets.chart.channel_line import rows_with_gaps
from nbstream.widgets.chart.selection import Selection
from tests.wait import wait_until

START = 1_782_907_200 * 10**9
Open = Callable[..., ArchiveBuffer]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open files that are closed again."""
    made: list[ArchiveBuffer] = []

    def open_one(path: Any, *, sharp: bool = True, **options: Any) -> ArchiveBuffer:
        buffer, _ = open_archive(path, **options)
        made.append(buffer)
        if sharp:
            sharpen(buffer)
        return buffer

    yield open_one
    for buffer in made:
        buffer.close()


def sharpen(buffer: ArchiveBuffer) -> None:
    """Summarise all of a file."""
    buffer.archive.start()
    wait_until(lambda: buffer.archive.is_sharp, 20, lambda: str(buffer.archive.state))


def readings(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return readings at about 1 kHz with three pauses and some missing ones."""
    rng = np.random.default_rng(seed)
    times = START + np.arange(n) * 1_000_000 + rng.integers(0, 50_000, n)
    for at in (n // 3, n // 2 + 7, n - 50):
        times[at:] += 3_600 * 10**9
    values = np.round(rng.normal(size=n).cumsum(), 4)
    values[rng.integers(0, n, 5)] = np.nan
    return times, values


def write(path: Path, times: Any, columns: dict[str, Any], **options: Any) -> Path:
    """Write columns as a file."""
    when = pa.array(times).cast(pa.timestamp("ns", "UTC"))
    arrays = {name: pa.array(v, from_pandas=False) for name, v in columns.items()}
    pq.write_table(pa.table({"time": when, **arrays}), path, **options)
    return path


def drawn_of_buffer(times: Any, values: Any, from_ns: int, to_ns: int, bits: int) -> Any:
    """Return what a buffer's chart draws of a span."""
    buffer = Buffer(capacity=len(times))
    buffer.extend(times.view("M8[ns]"), x=values)
    held = buffer.channel("x")
    from_ns, to_ns = (from_ns >> bits) << bits, to_ns | ((1 << bits) - 1)
    start, stop = max(held.row_at(from_ns) - 1, 0), held.row_at(to_ns + 1) + 1
    rows, gaps = rows_with_gaps(held, start, stop)
    line = BinnedLine(bits)
    line.extend(rows.times, rows.values, gaps)
    return line


def test_what_is_read_is_drawn_as_a_buffer_is(tmp_path: Path, opened: Open) -> None:
    """Point for point, with breaks and missing readings, across row groups."""
    times, values = readings(50_000)
    buffer = opened(write(tmp_path / "x.parquet", times, {"x": values}, row_group_size=7_000))
    rows = buffer.channel("x")
    for low, high in (
        (0, 50_000),
        (100, 400),
        (16_000, 17_500),
        (20_900, 21_100),
        (49_900, 50_000),
    ):
        from_ns, to_ns = int(times[low]), int(times[high - 1])
        expected = drawn_of_buffer(times, values, from_ns, to_ns, 12)
        found = rows.line(from_ns, to_ns, 12, None)
        for a, b in zip(found.points(), expected.points(), strict=True):
            np.testing.assert_array_equal(a, b)
        n = len(found.points()[0])
        np.testing.assert_array_equal(found.counts(n), expected.counts(n))


def test_wide_bins_are_made_of_blocks(tmp_path: Path, opened: Open, monkeypatch: Any) -> None:
    """Each point is a reading, no extreme is lost, lines break where they do, and no row is read."""
    times, values = readings(300_000)
    buffer = opened(write(tmp_path / "x.parquet", times, {"x": values}, row_group_size=70_000))
    monkeypatch.setattr(buffer.archive._rows, "of", None)
    bits = 33
    line = buffer.channel("x").line(int(times[0]), int(times[-1]), bits, None)
    got_times, got_values = line.points()
    known = ~np.isnan(got_values)
    at = times.searchsorted(got_times[known])
    np.testing.assert_array_equal(times[at], got_times[known])
    np.testing.assert_array_equal(values[at], got_values[known])
    assert np.nanmin(got_values) == np.nanmin(values)
    assert np.nanmax(got_values) == np.nanmax(values)
    assert line.counts(len(got_times)).sum() == np.count_nonzero(~np.isnan(values))
    is_break = np.isnan(got_values[:-1]) & (got_times[:-1] == got_times[1:])
    assert is_break.sum() == 3
    expected = drawn_of_buffer(times, values, int(times[0]), int(times[-1]), bits)
    for of in (min, max):
        found, wanted = (extremes(*drawn.points(), bits, of) for drawn in (line, expected))
        both = found.keys() & wanted.keys()
        assert len(both) > 30
        # The others' extreme is that of a block that ends in the next bin.
        assert max(abs(found[key] - wanted[key]) for key in both) < 0.1 * (
            np.nanmax(values) - np.nanmin(values)
        )


def extremes(times: Any, values: Any, bits: int, of: Callable[..., float]) -> dict[int, float]:
    """Return the smallest or largest value of each bin."""
    found: dict[int, list[float]] = {}
    for time, value in zip((times >> bits).tolist(), values.tolist(), strict=True):
        if value == value:
            found.setdefault(time, []).append(value)
    return {key: of(some) for key, some in found.items()}


def test_the_footer_is_the_first_overview(tmp_path: Path, opened: Open) -> None:
    """Before anything is summarised the extremes of row groups are drawn."""
    times, values = readings(200_000)
    path = write(tmp_path / "x.parquet", times, {"x": values}, row_group_size=20_000)
    buffer = opened(path, sharp=False)
    assert buffer.newest_ns == times[-1]
    assert buffer.channel("x").span() == (times[0], times[-1] + 1)
    line = buffer.channel("x").line(int(times[0]), int(times[-1]), 45, None)
    assert np.nanmin(line.points()[1]) == np.nanmin(values)
    assert np.nanmax(line.points()[1]) == np.nanmax(values)
    assert buffer._file_state == ("off", "file", 0)
    before = buffer.archive.version
    sharpen(buffer)
    assert buffer.archive.version > before
    assert buffer._file_state is not None
    assert buffer._file_state[:2] == ("off", "file")


def test_the_share_goes_up_within_a_large_row_group(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Block by block, and all of it is the whole, damaged rows too."""
    monkeypatch.setattr(layout, "MOST_ROWS", 8_192)
    monkeypatch.setattr(summaries_module, "TELL_EVERY", 0.0)
    times, values = readings(60_000)
    path = tmp_path / "x.parquet"
    how = {"use_dictionary": False, "compression": "none", "write_page_checksum": True}
    write(path, times, {"x": values}, row_group_size=50_000, **how)
    data = bytearray(path.read_bytes())
    place = pq.read_metadata(path).row_group(1).column(1).data_page_offset
    data[place + 60 : place + 90] = b"\x01" * 30
    path.write_bytes(data)
    buffer = opened(path, sharp=False)
    told: list[tuple[float, str]] = []
    buffer.archive.tell(
        lambda: told.append((buffer.archive._summaries.share, buffer.archive.state[1])), str
    )
    sharpen(buffer)
    assert buffer.archive._summaries.thread is not None
    buffer.archive._summaries.thread.join(50)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert {8_192 * n / 60_000 for n in range(1, 7)} <= set(shares)
    assert told[0][1] == "file, 14% summarised"
    assert shares[-1] == 1


def test_it_is_asked_as_a_buffer_is(tmp_path: Path, opened: Open) -> None:
    """Channels, windows, the newest readings, copies of a span; of too much it says so."""
    times, values = readings(50_000)
    path = write(
        tmp_path / "x.parquet", times, {"x": values, "y": values * 2}, row_group_size=9_000
    )
    buffer = opened(path)
    assert buffer.channels == buffer.measured == ("x", "y")
    assert buffer.n_added == 100_000
    assert len(buffer) == 50_000
    rows = buffer.channel("x")
    part = rows.rows(int(times[1000]), int(times[2000]))
    np.testing.assert_array_equal(part.values, values[1000:2000])
    np.testing.assert_array_equal(part.times, times[1000:2000])
    assert rows.window_rows(Window.parse("all")) == (times[0], times[-1] + 1)
    start, stop = rows.window_rows(Window.parse("10ms"))
    assert stop - start == 10 * 10**6
    start, stop = rows.window_rows(Window.parse(1000))
    assert rows.count(start, stop) == pytest.approx(1000, rel=0.02)
    assert buffer.latest()["y"][1] == values[~np.isnan(values)][-1] * 2
    frame = buffer.to_pandas("40ms")
    assert list(frame.columns) == ["x", "y"]
    assert len(frame) == np.count_nonzero(times > times[-1] - 40 * 10**6)
    with pytest.raises(TooManyError, match="50,000 readings are too many at once"):
        buffer.archive.readings("x", 0, 2**62, most=1000)


def test_states_switches_and_units_of_a_recording(tmp_path: Path, opened: Open) -> None:
    """Words keep their labels, wide and long recordings their channels, and its description is there."""
    buffer = Buffer(timezone="Europe/Berlin")
    buffer.units["temp"] = "°C"
    recording = record(buffer, tmp_path / "run.parquet")
    for i in range(300):
        buffer.append(START / 1e9 + i, temp=float(i), mode=("RUN", "IDLE")[i // 100 % 2])
        if i % 10 == 0:
            buffer.append(START / 1e9 + i, {f"topic{i % 100}": float(i)})
    wait_until(lambda: recording.counters().received >= 630)
    buffer.mark("pump on", START / 1e9 + 5)
    recording.stop()
    found, description = open_archive(tmp_path / "run.parquet")
    try:
        sharpen(found)
        assert description is not None
        assert found.units == {"temp": "°C"}
        assert str(found.timezone) == "Europe/Berlin"
        assert set(found.channels) == {"temp", "mode", *(f"topic{i}" for i in range(0, 100, 10))}
        assert found.labels["mode"] == ("RUN", "IDLE")
        line = found.channel("mode").line(START, START + 300 * 10**9, 38, None)
        assert {found._store.labels["mode"].text(c) for c in line.points()[1]} >= {"RUN", "IDLE"}
        assert found.channel("topic50").rows(0).values.tolist() == [50, 150, 250]
        assert any(event["text"] == "pump on" for event in description.events)
    finally:
        found.close()


@pytest.mark.parametrize("name", ["shuffled", "overlapping", "int96", "texts", "nulls"])
def test_files_that_are_not_in_order_or_say_little(tmp_path: Path, opened: Open, name: str) -> None:
    """Rows out of order, groups that overlap, times without statistics, channels that take turns."""
    n = 20_000
    times, values = START + np.arange(n) * 10**6, np.arange(n, dtype=float)
    path = tmp_path / "x.parquet"
    if name == "shuffled":
        order = np.random.default_rng(1).permutation(n)
        write(path, times[order], {"x": values[order]}, row_group_size=3_000)
    elif name == "overlapping":
        order = np.concatenate((np.arange(0, n, 2), np.arange(1, n, 2)))
        write(path, times[order], {"x": values[order]}, row_group_size=3_000)
    elif name == "int96":
        frame = pa.table({"time": pa.array(times.view("M8[ns]")), "x": values})
        pq.write_table(frame, path, use_deprecated_int96_timestamps=True, row_group_size=3_000)
    elif name == "texts":
        texts = np.datetime_as_string(times.view("M8[ns]"), timezone="UTC")
        pl.DataFrame({"time": texts, "x": values}).write_parquet(path, row_group_size=3_000)
    else:
        x = pa.array(values, mask=np.arange(n) % 2 == 1)
        y = pa.array(values, mask=np.arange(n) % 2 == 0)
        table = pa.table({"time": pa.array(times).cast(pa.timestamp("ns", "UTC")), "x": x, "y": y})
        pq.write_table(table, path, row_group_size=3_000)
    buffer = opened(path, timezone="UTC")
    found = buffer.channel("x").rows(0)
    expected = slice(0, None, 2) if name == "nulls" else slice(None)
    np.testing.assert_array_equal(found.values, values[expected])
    np.testing.assert_array_equal(found.times, times[expected])
    for bits in (10, 30):
        points = buffer.channel("x").line(int(times[0]), int(times[-1]), bits, None).points()
        assert (np.diff(points[0]) >= 0).all()
        assert (points[1].min(), points[1].max()) == (0, n - 1 - (name == "nulls"))


def test_summaries_are_kept_beside_the_file(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are taken again, words too, unless the file is another, or they are broken."""
    monkeypatch.setattr(summaries_module, "CACHE_FROM", 0)
    times, values = readings(30_000)
    modes = np.array(["RUN", "IDLE"])[np.arange(30_000) // 999 % 2]
    path = write(
        tmp_path / "x.parquet",
        times,
        {"x": values, "m": pd.Categorical(modes)},
        row_group_size=5_000,
    )
    first = opened(path)
    kept = cache_beside(path)
    wait_until(kept.exists)
    line = first.channel("x").line(int(times[0]), int(times[-1]), 34, None).points()

    def is_taken() -> bool:
        buffer, _ = open_archive(path)
        buffer._store.labels_for("m").code("OTHER")  # type: ignore[union-attr]
        monkeypatch.setattr(buffer.archive._summaries, "_summarise", lambda table: iter(()))
        buffer.archive.start()
        thread = buffer.archive._summaries.thread
        assert thread is not None
        thread.join(50)
        found = buffer.archive.is_sharp
        if found:
            again = buffer.channel("x").line(int(times[0]), int(times[-1]), 34, None).points()
            for a, b in zip(line, again, strict=True):
                np.testing.assert_array_equal(a, b)
            words = buffer.channel("m").line(int(times[0]), int(times[-1]), 20, None).points()[1]
            table = buffer._store.labels["m"]
            assert {table.text(code) for code in words if code >= 0} == {"RUN", "IDLE"}
        buffer.close()
        return found

    assert is_taken()
    whole = kept.read_bytes()
    for broken in (b"", whole[:100], whole[: len(whole) // 2], b"\0" * 1000, whole[:-1]):
        kept.write_bytes(broken)
        assert not is_taken()
    kept.write_bytes(whole)
    os.utime(path, ns=(1, 1))
    assert not is_taken()


def test_a_folder_that_cannot_be_written_is_no_matter(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is summarised again the next time."""
    monkeypatch.setattr(summaries_module, "CACHE_FROM", 0)

    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(summaries_module, "write_sketches", refuse)
    times, values = readings(5_000)
    buffer = opened(write(tmp_path / "x.parquet", times, {"x": values}))
    assert buffer._file_state is not None
    assert buffer._file_state[:2] == ("off", "file")
    assert not cache_beside(tmp_path / "x.parquet").exists()


@pytest.mark.parametrize("what", ["replaced", "cut", "gone", "grown"])
def test_a_file_that_becomes_another_says_so(
    tmp_path: Path, opened: Open, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was summarised is still drawn, and its rows are not read any more."""
    times, values = readings(30_000)
    path = write(tmp_path / "x.parquet", times, {"x": values}, row_group_size=5_000)
    buffer = opened(path)
    monkeypatch.setattr(watched_files, "LOOK_EVERY", 0.0)
    if what == "replaced":
        write(tmp_path / "y.parquet", times, {"x": values}).replace(path)
    elif what == "cut":
        os.truncate(path, 1000)
    elif what == "grown":
        with path.open("ab") as file:
            file.write(b"more")
    else:
        path.unlink()
    state = buffer._file_state
    assert state is not None
    assert state[0] == "bad"
    says = {"replaced": "was replaced", "gone": "is gone"}.get(what, "has changed")
    assert state[1] == f"x.parquet {says} since it was opened: open it again"
    assert any(says in event.text for event in buffer.events)
    monkeypatch.setattr(buffer.archive._rows, "read", None)
    assert len(buffer.channel("x").line(int(times[0]), int(times[-1]), 10, None).points()[0]) > 100


@pytest.mark.parametrize("is_small", [False, True])
def test_a_file_that_was_replaced_is_not_copied(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, is_small: bool
) -> None:
    """Nobody gets rows of the file that took its place, nor fewer rows without a word."""
    monkeypatch.setattr(layout, "MOST_ROWS", 8_192)
    times, values = readings(30_000)
    how: dict[str, Any] = {"use_dictionary": False, "compression": "none"}
    if is_small:
        how["row_group_size"] = 5_000
    path = write(tmp_path / "x.parquet", times, {"x": values}, **how)
    buffer = opened(path, sharp=False)
    zoomed = Selection(buffer, ("x",), int(times[9_000]), int(times[12_000]))
    write(tmp_path / "y.parquet", times, {"x": -values}, **how).replace(path)
    for copy in (zoomed.to_pandas, buffer.to_pandas):
        with pytest.raises(ConnectError, match=r"x\.parquet was replaced since .* open it again"):
            copy()
    assert not len(buffer.channel("x").rows(int(times[9_000]), int(times[12_000])).values)


def test_a_file_that_is_replaced_at_once_is_not_summarised(tmp_path: Path, opened: Open) -> None:
    """What took its place is not drawn as if it were the file that was opened."""
    times, values = readings(30_000)
    path = write(tmp_path / "x.parquet", times, {"x": values})
    buffer = opened(path, sharp=False)
    write(tmp_path / "y.parquet", times, {"x": -values}).replace(path)
    buffer.archive.start()
    thread = buffer.archive._summaries.thread
    assert thread is not None
    thread.join(50)
    assert buffer.archive._summaries.of("x", 0) is None
    assert "was replaced" in buffer.archive.trouble


@pytest.mark.parametrize("are_apart", [False, True])
def test_a_damaged_row_group_is_missing_and_told(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, are_apart: bool
) -> None:
    """The others are drawn, those too that are read together with it."""
    if are_apart:
        monkeypatch.setattr(layout, "MOST_ROWS", 1_000)
        monkeypatch.setattr(layout, "LEAST_ROWS", 1_000)
    times, values = np.arange(START, START + 10_000 * 10**6, 10**6), np.arange(10_000.0)
    path = tmp_path / "x.parquet"
    how = {"row_group_size": 1_000, "write_page_checksum": True, "compression": "none"}
    write(path, times, {"x": values}, use_dictionary=False, **how)
    data = bytearray(path.read_bytes())
    place = pq.read_metadata(path).row_group(4).column(1).data_page_offset
    data[place + 60 : place + 90] = b"\x01" * 30
    path.write_bytes(data)
    buffer = opened(path)
    found = buffer.channel("x").rows(0).values
    assert found.tolist() == [x for x in range(10_000) if not 4_000 <= x < 5_000]
    for bits in (20, 27, 30):
        _, drawn = buffer.channel("x").line(START, int(times[-1]), bits, None).points()
        assert (np.nanmin(drawn), np.nanmax(drawn)) == (0, 9_999)
        assert not ((drawn >= 4_000) & (drawn < 5_000)).any()
    state = buffer._file_state
    assert state is not None
    assert state[0] == "wait"
    assert "row group 5 of 'x.parquet' cannot be read" in state[1]
    assert any("1,000 rows are missing" in event.text for event in buffer.events)


def test_who_asks_too_late_opens_nothing(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was closed stays closed, whether rows of it were read before, and nothing is damaged."""
    monkeypatch.setattr(layout, "MOST_ROWS", 8_192)
    times, values = readings(30_000)
    path = write(tmp_path / "x.parquet", times, {"x": values})
    span = int(times[9_000]), int(times[20_000])
    for is_read in (False, True):
        buffer = opened(path, sharp=False)
        rows = buffer.channel("x")
        if is_read:
            assert len(rows.rows(*span).values) == 11_000
        buffer.close()
        rows.rows(*span)
        rows.line(*span, 12, None)
        buffer.latest()
        assert not any(file.path == str(path) for file in psutil.Process().open_files())
        assert buffer.archive.state == ("off", "file")
        assert not buffer.events


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    """The message says why, and no thread or file is left."""
    before = set(threading.enumerate())
    path = tmp_path / "x.parquet"
    with pytest.raises(FileNotFoundError):
        open_archive(path)
    path.write_text("time,x\n")
    with pytest.raises(ConfigurationError, match="is no Parquet file"):
        open_archive(path)
    write(path, [START], {"x": [1.0]})
    path.write_bytes(path.read_bytes()[:80])
    with pytest.raises(ParseError, match="was cut"):
        open_archive(path)
    pq.write_table(pa.table({"a": [1.5]}), path)
    with pytest.raises(ConfigurationError, match=r"no column of times; its columns are \['a'\]"):
        open_archive(path)
    assert set(threading.enumerate()) <= before
