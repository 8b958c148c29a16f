"""Files that are written anew: each reading once, whatever way they are written."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.sources.files.csv.intake import Intake
from nbstream.sources.files.csv.read_before import ReadBefore, join
from nbstream.sources.files.tail import Piece
from tests.sources.files.csv.test_source import (
    HEADER,
    reading,
    row,
    said,
    values,
    wait_said,
    wait_values,
)
from tests.wait import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = 10**9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "log.csv"


def rows(start: int, stop: int, *, per_second: int = 1) -> str:
    """Return rows whose values count up."""
    return "".join(row(i // per_second, i) for i in range(start, stop))


def wait_for_a_look(source: ns.CsvSource) -> None:
    """Wait until the source has read all that is there now."""
    poll, has_looked = source._tail.poll, threading.Event()

    def noted() -> Piece:
        piece = poll()
        if not piece.has_more:
            has_looked.set()
        return piece

    source._tail.poll = noted  # type: ignore[method-assign]
    wait_until(has_looked.is_set)


def in_place(source: ns.CsvSource, text: str) -> None:
    """Truncate and write."""
    source.path.write_text(text)


def by_rename(source: ns.CsvSource, text: str) -> None:
    """Write another file and put it in the place of the old one."""
    other = source.path.with_suffix(".tmp")
    other.write_text(text)
    other.replace(source.path)


def by_deletion(source: ns.CsvSource, text: str) -> None:
    """Delete the file and make it again."""
    source.path.unlink()
    source.path.write_text(text)


def with_backup(source: ns.CsvSource, text: str) -> None:
    """Keep the old file under another name, as editors do."""
    source.path.rename(source.path.with_suffix(f".{time.monotonic_ns()}"))
    source.path.write_text(text)


def without_truncation(source: ns.CsvSource, text: str) -> None:
    """Write over the old content, then cut what is left of it."""
    with source.path.open("r+") as file:
        file.write(text)
        file.truncate()


def in_halves(source: ns.CsvSource, text: str) -> None:
    """Write a half, let it be seen, write the rest."""
    with source.path.open("w") as file:
        file.write(text[: len(text) // 2])
        file.flush()
        wait_for_a_look(source)
        file.write(text[len(text) // 2 :])


WAYS = [in_place, by_rename, by_deletion, with_backup, without_truncation, in_halves]


@pytest.mark.parametrize("way", WAYS)
def test_a_log_that_keeps_its_last_rows(
    path: Path, way: Callable[[ns.CsvSource, str], None]
) -> None:
    """Rows that come again are passed over and said, however the file is saved."""
    with reading(path, HEADER + rows(0, 5)) as source:
        wait_values(source, list(range(5)))
        for start in range(1, 4):
            way(source, HEADER + rows(start, start + 5))
            wait_values(source, list(range(start + 5)))
        assert source.counters()[:5] == (8, 8, 0, 0, 0)
        assert "the file was written anew 3 times; 12 rows already read were passed over" in (
            source.notes
        )
        assert "reading it from its start" not in said(source)


@pytest.mark.parametrize("way", WAYS)
def test_equal_times(path: Path, way: Callable[[ns.CsvSource, str], None]) -> None:
    """Several rows a second are told apart by their values, and equal ones are counted."""
    with reading(path, HEADER + rows(0, 5, per_second=2)) as source:
        wait_values(source, list(range(5)))
        for start in range(1, 4):
            way(source, HEADER + rows(start, start + 5, per_second=2))
            wait_values(source, list(range(start + 5)))
        way(source, HEADER + rows(3, 8, per_second=2) + row(3, 7) + row(3, 7))
        wait_values(source, [*range(8), 7, 7])


@pytest.mark.parametrize("late", ["drop", "insert"])
def test_a_buffer_that_takes_late_rows(path: Path, late: str) -> None:
    """Nothing is put in twice where late rows are welcome."""
    options = {"late": "insert"} if late == "insert" else {"lateness": "1min"}
    with reading(path, HEADER + rows(0, 5), buffer=ns.Buffer(**options)) as source:  # type: ignore[arg-type]
        wait_values(source, list(range(5)))
        in_place(source, HEADER + rows(2, 7))
        wait_values(source, list(range(7)))
        in_place(source, HEADER + row(2, 2) + row(3, 3) + row(3, 3.5) + rows(4, 8))
        wait_values(source, [0, 1, 2, 3, 4, 5, 6, 7])
        assert source.counters().dropped == 1


@pytest.mark.parametrize("way", [in_place, by_rename, by_deletion, without_truncation])
def test_no_time_column(path: Path, way: Callable[[ns.CsvSource, str], None]) -> None:
    """Without times the longest overlap counts."""
    with reading(path, "value\n" + "".join(f"{i % 3}\n" for i in range(5))) as source:
        wait_values(source, [0, 1, 2, 0, 1])
        way(source, "value\n" + "".join(f"{i % 3}\n" for i in range(1, 6)))
        wait_values(source, [0, 1, 2, 0, 1, 2])
        way(source, "value\n2\n7\n8\n")
        wait_values(source, [0, 1, 2, 0, 1, 2, 7, 8])
        way(source, "value\n50\n51\n")
        wait_values(source, [0, 1, 2, 0, 1, 2, 7, 8, 50, 51])


def test_no_time_column_and_written_at_every_look(path: Path) -> None:
    """A file that is written anew before the one before was known to be whole is no other case."""
    with reading(path, "value\n" + "".join(f"{i}\n" for i in range(5))) as source:
        wait_values(source, list(range(5)))
        poll = source._tail.poll
        start = 0

        def written_meanwhile() -> Piece:
            nonlocal start
            piece = poll()
            if start < 20 and not piece.has_more:
                start += 1
                path.write_text("value\n" + "".join(f"{i}\n" for i in range(start, start + 5)))
            return piece

        source._tail.poll = written_meanwhile  # type: ignore[method-assign]
        wait_values(source, list(range(25)))


@pytest.mark.parametrize("header", ["", "value\n"])
def test_a_file_that_holds_only_the_newest_value(path: Path, header: str) -> None:
    """Each value is read, also those that came before it was sure what they are."""
    with reading(path, header + "20.5\n") as source:
        for i in range(6):
            wait_for_a_look(source)
            in_place(source, f"{header}{21.5 + i}\n")
        wait_values(source, [20.5 + i for i in range(7)])


def test_no_time_column_and_a_value_changed(path: Path) -> None:
    """A table whose past was corrected goes on at its end; the correction is counted."""
    with reading(path, "value\n" + "".join(f"{i}\n" for i in range(10))) as source:
        wait_values(source, list(range(10)))
        in_place(source, "value\n0\n1\n2.5\n" + "".join(f"{i}\n" for i in range(3, 12)))
        wait_values(source, list(range(12)))
        wait_until(lambda: source.counters().dropped == 1, 5)


def test_no_time_column_and_rotation(path: Path) -> None:
    """A file that is begun after the old one was renamed does not repeat it, even if it is alike."""
    with reading(path, "value\n5\n5\n5\n") as source:
        wait_values(source, [5.0] * 3)
        with_backup(source, "value\n5\n5\n6\n")
        wait_values(source, [5.0, 5.0, 5.0, 5.0, 5.0, 6.0])


def test_rotation_within_a_second(path: Path) -> None:
    """A reading equal to the last one of the renamed file, in the same second, is another one."""
    with reading(path, HEADER + row(1, 5) + row(2, 5)) as source:
        wait_values(source, [5.0, 5.0])
        with_backup(source, HEADER + row(2, 5) + row(3, 5))
        wait_values(source, [5.0, 5.0, 5.0, 5.0])


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "2026-07-01 12:00:00,0.0\n2026-07-01 12:00:01,1.0\n2026-07-01 12:00:02,2.0\n",
        HEADER.replace(",", ";")
        + "2026-07-01 12:00:00;0\n2026-07-01 12:00:01;1e0\n2026-07-01 12:00:02;2\n",
        "value,timestamp\n0,2026-07-01T12:00:00\n1,2026-07-01T12:00:01\n2,2026-07-01T12:00:02\n",
        'timestamp,value\r\n"2026-07-01 12:00:00",0\r\n"2026-07-01 12:00:01",1\r\n'
        '"2026-07-01 12:00:02",2\r\n',
    ],
)
def test_the_same_readings_written_otherwise(path: Path, text: str) -> None:
    """What is compared is what was read, not how it is written."""
    with reading(path, HEADER + rows(0, 2)) as source:
        wait_values(source, [0.0, 1.0])
        in_place(source, text)
        wait_values(source, [0.0, 1.0, 2.0])
        assert source.counters()[:5] == (3, 3, 0, 0, 0)


def test_a_column_is_added(path: Path) -> None:
    """A new column's values are read for rows read before, too; the others' are not read twice."""
    with reading(path, "time,a\n2026-07-01 12:00:00,1\n2026-07-01 12:00:01,2\n") as source:
        wait_values(source, [1.0, 2.0], "a")
        text = (
            "time,a,b\n2026-07-01 12:00:00,1,\n2026-07-01 12:00:01,2,7\n2026-07-01 12:00:02,3,8\n"
        )
        in_place(source, text)
        wait_values(source, [1.0, 2.0, 3.0], "a")
        wait_until(lambda: values(source, "b")[-2:] == [7.0, 8.0], 5)
        in_place(source, text + "2026-07-01 12:00:03,4,9\n")
        wait_values(source, [1.0, 2.0, 3.0, 4.0], "a")
        assert values(source, "b")[-3:] == [7.0, 8.0, 9.0]
        assert source.counters().dropped == 0


def test_a_column_goes_away(path: Path) -> None:
    """Rows are known again by the columns that are left."""
    with reading(path, "time,a,b\n2026-07-01 12:00:00,1,5\n2026-07-01 12:00:01,2,6\n") as source:
        wait_values(source, [1.0, 2.0], "a")
        in_place(source, "time,a\n2026-07-01 12:00:01,2\n2026-07-01 12:00:02,3\n")
        wait_values(source, [1.0, 2.0, 3.0], "a")


def test_a_value_of_the_past_is_changed(path: Path) -> None:
    """The first reading stays, the other one is counted and said; what follows is read right."""
    with reading(path, HEADER + rows(0, 5)) as source:
        wait_values(source, list(range(5)))
        changed = rows(0, 5).replace(":02,2\n", ":02,2000.25\n")
        in_place(source, HEADER + changed + rows(5, 7))
        wait_values(source, list(range(7)))
        assert source.counters().dropped == 1
        wait_said(source, "another value for a time that was read")


def test_a_value_of_the_past_of_a_large_file_is_changed(path: Path) -> None:
    """Where not all can be compared, rows that moved are still not cut in the middle."""
    many = HEADER + "".join(
        f"2026-07-01 {h:02d}:{m:02d}:{s:02d},{s}\n"
        for h in range(15)
        for m in range(60)
        for s in range(60)
    )
    assert len(many) > 2**20
    with reading(path, many) as source:
        wait_until(lambda: source.counters().accepted == 15 * 3600, 10)
        in_place(
            source, many.replace("06:30:30,30", "06:30:30,30.123456") + "2026-07-01 23:00:00,5\n"
        )
        wait_until(lambda: source.counters().accepted == 15 * 3600 + 1, 10, lambda: said(source))
        assert source.counters().rejected == 0
        assert source.counters().dropped == 1


def test_a_touch_is_nothing(path: Path) -> None:
    """The same content written again, or only its date, says and changes nothing."""
    with reading(path, HEADER + rows(0, 3)) as source:
        wait_values(source, [0, 1, 2])
        n_events = len(source.buffer.events)
        for way in (in_place, by_rename, without_truncation, lambda source, _: source.path.touch()):
            way(source, HEADER + rows(0, 3))
        path.write_text(HEADER + rows(0, 4))
        wait_values(source, [0, 1, 2, 3])
        assert len(source.buffer.events) == n_events


@pytest.mark.usefixtures("impatient")
def test_the_end_was_taken_away(path: Path) -> None:
    """Rows that are added to a file that was cut for good are new, whether they look alike or not."""
    with reading(path, "value\n" + "5\n" * 6) as source:
        wait_values(source, [5.0] * 6)
        os.truncate(path, len("value\n5\n5\n"))
        wait_until(lambda: "read before" in said(source), 5)
        with path.open("a") as file:
            file.write("5\n6\n")
        wait_values(source, [*[5.0] * 7, 6.0])


def test_rejected_rows_are_counted_once(path: Path) -> None:
    """A row that cannot be read is not counted again each time the file is written."""
    with reading(path, HEADER + row(0, "oops") + rows(1, 4)) as source:
        wait_values(source, [1, 2, 3])
        for stop in (5, 6):
            in_place(source, HEADER + row(0, "oops") + rows(2, stop))
            wait_values(source, list(range(1, stop)))
        assert source.counters()[:3] == (6, 5, 1)


def test_only_what_is_added_is_read_of_a_log_that_keeps_its_last_rows(path: Path) -> None:
    """With from_start=False rows that stood there at the start are old, also when they come again."""
    with reading(path, HEADER + rows(0, 5), from_start=False) as source:
        wait_until(lambda: "first row" in source.status, 5, lambda: source.status)
        wait_until(lambda: source.notes != (), 5)
        for start in (1, 2):
            in_place(source, HEADER + rows(start, start + 5))
            wait_values(source, list(range(5, start + 5)))


@pytest.mark.parametrize("index", [True, False])
def test_a_frame_written_anew(path: Path, index: bool) -> None:
    """Pandas' to_csv of the last rows, numbered from 0 each time, gives each row once."""
    frame = pd.DataFrame(
        {
            "time": pd.date_range("2026-07-01 12:00", periods=30, freq="s"),
            "x": np.sin(np.arange(30.0)),
        }
    )
    frame.iloc[:10].to_csv(path, index=index)
    with reading(path) as source:
        for start in range(0, 21, 4):
            frame.iloc[start : start + 10].reset_index(drop=True).to_csv(path, index=index)
            wait_values(source, frame["x"].iloc[: start + 10].tolist(), "x")
        assert source.counters().dropped == 0


def test_what_could_not_be_read_and_is_restored(path: Path) -> None:
    """After a file that is no table the old one comes back, and its rows are read once."""
    with reading(path, HEADER + rows(0, 3)) as source:
        wait_values(source, [0, 1, 2])
        path.write_bytes(b"PK\x03\x04" + bytes(100))
        wait_until(lambda: source.state is ns.SourceState.RECONNECTING, 5)
        assert "zip or Excel" in source.status
        path.write_text(HEADER + rows(0, 4))
        wait_values(source, [0, 1, 2, 3])


def test_what_happens_with_each_reading_is_told_once_and_counted(path: Path) -> None:
    """A file that holds only the newest reading, or a header with each row, is no flood of events."""
    with reading(path, HEADER + row(0, 0)) as source:
        wait_values(source, [0])
        for i in range(1, 5):
            by_rename(source, HEADER + row(i, i))
            wait_values(source, list(range(i + 1)))
        for i in range(5, 10):
            with path.open("a") as file:
                file.write(HEADER + row(i, i))
        wait_values(source, list(range(10)))
        assert said(source).count("took the place of the file; reading it from its start") == 2
        assert said(source).count("the header came again") == 2
        assert any(note.startswith("5 times: the header came again") for note in source.notes)


# Newest first.


def newest_first(start: int, stop: int) -> str:
    """Return a table whose newest row comes first."""
    return HEADER + "".join(row(i, i) for i in reversed(range(start, stop)))


def test_newest_row_first(path: Path) -> None:
    """Such a table is read to its end and put in order, and it is said."""
    with reading(path, newest_first(0, 30)) as source:
        wait_values(source, list(range(30)))
        assert source.counters()[:5] == (30, 30, 0, 0, 0)
        assert "newest row first: read to the end, then put in order of time" in source.notes


@pytest.mark.parametrize("way", [in_place, by_rename, in_halves])
@pytest.mark.parametrize("n_at_once", [1, 4])
def test_rows_that_are_put_in_front(
    path: Path, n_at_once: int, way: Callable[[ns.CsvSource, str], None]
) -> None:
    """A table that grows at its top gives its new rows, in order."""
    with reading(path, newest_first(0, 5)) as source:
        wait_values(source, list(range(5)))
        for stop in range(5 + n_at_once, 6 + 3 * n_at_once, n_at_once):
            way(source, newest_first(0, stop))
            wait_values(source, list(range(stop)))
        way(source, newest_first(stop - 4, stop + 2))
        wait_values(source, list(range(stop + 2)))
        assert source.counters().late == 0


def test_newest_row_first_through_a_night_of_25_hours(path: Path) -> None:
    """Quarters of an hour by the clock on the wall: each is there, in order."""
    walls = ["00:30", "00:45"]
    walls += [
        f"{hour}:{minute:02}" for hour in ("01", "02", "02", "03") for minute in range(0, 60, 15)
    ]
    rows = [f"2026-10-25 {wall},{i}\n" for i, wall in enumerate(walls)]
    with reading(
        path, "time,value\n" + "".join(reversed(rows)), timezone="Europe/Prague"
    ) as source:
        wait_values(source, list(range(len(rows))))
        steps = np.diff(source.buffer.channel("value").rows(0).times) / 60e9
        assert (steps == 15).all()


def test_a_straggler_is_not_newest_first(path: Path) -> None:
    """A late row at the beginning does not turn a table round."""
    with reading(path, HEADER + row(3, 3) + row(1, 1) + rows(4, 9)) as source:
        wait_values(source, [3, 4, 5, 6, 7, 8])
        wait_until(lambda: source.counters().late == 1, 5)


def test_equal_times_newest_first(path: Path) -> None:
    """Rows of one second are turned round, too."""
    text = HEADER + "".join(row(i // 2, i) for i in reversed(range(8)))
    with reading(path, text) as source:
        wait_values(source, list(range(8)))


# The memory itself.


def batch(times: list[int], column: list[float]) -> Batch:
    """Return a batch of one channel."""
    return Batch(np.array(times, np.int64) * SECOND, {"value": np.array(column, np.float64)})


@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from([1.0, 2.0, float("nan")])), max_size=40),
    st.integers(1, 12),
    st.lists(st.integers(0, 12), max_size=8),
    st.booleans(),
)
def test_any_log_that_keeps_its_last_rows(
    readings: list[tuple[int, float]], n_kept: int, steps: list[int], has_lasting_memory: bool
) -> None:
    """Whatever the values and however many times are equal, no reading is given twice."""
    times = np.cumsum([step for step, _ in readings]).tolist() if readings else []
    column = [value for _, value in readings]
    intake = Intake(None if has_lasting_memory else ReadBefore(max_bytes=16 * 12))
    given_rows: list[Batch] = []
    end = 0
    for i, step in enumerate([n_kept, *steps]):
        start, end = (
            max(0, end + min(step, n_kept) - n_kept),
            min(len(times), end + min(step, n_kept)),
        )
        if i:
            intake.begin_again(goes_on=False)
        intake.begin_file()
        table = batch(times[start:end], column[start:end])
        if len(table):
            given_rows += intake.take(table, has_times=True) + intake.settle()
    whole = join(given_rows)
    # Rows alike in time and value cannot be told apart: one too few is not seen by anyone.
    expected = dict.fromkeys(zip(times[:end], map(str, column[:end]), strict=True))
    found = list(
        zip((whole.times // SECOND).tolist(), map(str, whole.values.get("value", [])), strict=True)
    )
    assert dict.fromkeys(found) == expected
    assert len(found) <= end


def test_memory_is_bounded() -> None:
    """So much is remembered and no more; older rows are known by their time alone."""
    before = ReadBefore(max_bytes=1600)
    for i in range(0, 1000, 10):
        before.remember(batch(list(range(i, i + 10)), [1.0] * 10))
    assert sum(map(len, before._batches)) <= 110
    before.begin()
    sifted = before.sift(batch(list(range(1005)), [1.0] * 1005))
    assert (sifted.n_repeated, len(sifted.new)) == (1000, 5)


def test_a_copy_of_the_whole_file_by_parts(path: Path, tmp_path: Path) -> None:
    """A copy that grows while it is made, over a file that was read, gives what is new in it."""
    whole = tmp_path / "whole.csv"
    whole.write_text(HEADER + rows(0, 59))
    with reading(path, HEADER + rows(0, 30)) as source:
        wait_values(source, list(range(30)))
        shutil.copyfile(whole, path)
        wait_values(source, list(range(59)))
