"""CSV files as they are in the wild: growing, rotated, broken."""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

import nbstream as ns
from tests.sources.test_base import ZeroRandom
from tests.wait import wait_until

HEADER = "timestamp,value\n"
State = ns.SourceState


def row(second: int, value: object) -> str:
    """Return one row, so many seconds after noon."""
    return f"2026-07-01 12:00:{second:02d},{value}\n"


@contextmanager
def reading(
    path: Path, content: str | bytes | None = None, **options: object
) -> Iterator[ns.CsvSource]:
    """Write a file and read it with a source that looks often."""
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with ns.CsvSource(path, poll_interval=0.01, **options) as source:  # type: ignore[arg-type]
        yield source
        counters = source.counters()
        assert counters.received == (
            counters.accepted + counters.rejected + counters.late + counters.dropped
        )


def values(source: ns.CsvSource, channel: str = "value") -> list[float]:
    """Return the readings of a channel."""
    frame = source.buffer.to_pandas()
    return frame[channel].tolist() if channel in frame else []


def wait_values(source: ns.CsvSource, expected: list[float], channel: str = "value") -> None:
    """Wait until a channel has exactly these readings."""
    wait_until(
        lambda: values(source, channel) == expected,
        5,
        lambda: f"{expected}, got {values(source, channel)}, {source.state}, {source.status}",
    )


def said(source: ns.CsvSource) -> str:
    """Return all that the source said to people."""
    return "\n".join([*source.notes, *(event.text for event in source.buffer.events)])


def wait_said(source: ns.CsvSource, words: str) -> None:
    """Wait until the source has said something; readings come before what is told of them."""
    wait_until(lambda: words in said(source), 5, lambda: f"{words!r}, got {said(source)}")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "streaming_data.csv"


def test_rows_are_readings(path: Path) -> None:
    """Times in the local zone or the one given, and what was inferred is said."""
    with reading(path, HEADER + row(1, 1) + row(2, 2.5), timezone="Europe/Prague") as source:
        wait_values(source, [1.0, 2.5])
        assert str(source.buffer.to_pandas().index[0]) == "2026-07-01 12:00:01+02:00"
        wait_until(lambda: source.state is State.RUNNING, 5, "the state")
        wait_said(source, "time column 'timestamp'")


def test_rows_that_are_added_are_read(path: Path) -> None:
    """What is appended comes, half a line only when it is complete."""
    with reading(path, HEADER + row(1, 1) + "2026-07-01 12:00:02,4") as source:
        wait_values(source, [1.0])
        with path.open("a") as file:
            file.write("2\n")
        wait_values(source, [1.0, 42.0])


def test_a_missing_file_is_waited_for(path: Path) -> None:
    """Until the file is there the source says that it waits."""
    with reading(path) as source:
        wait_until(lambda: "waiting for streaming_data.csv" in source.status, 5, "the word")
        assert source.state is State.CONNECTING
        path.write_text(HEADER + row(1, 1))
        wait_values(source, [1.0])


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ("", "waiting for the first row of an empty file"),
        (HEADER, "waiting for the first row after the header"),
        (HEADER.strip(), "waiting for the end of the first line"),
    ],
)
def test_an_empty_file_waits_for_its_first_row(path: Path, content: str, status: str) -> None:
    """Empty or header only is no error, and what is waited for is said."""
    with reading(path, content) as source:
        wait_until(lambda: source.status == status, 5, lambda: source.status)
        with path.open("a") as file:
            file.write("\n" if content and not content.endswith("\n") else "")
            file.write(("" if content else HEADER) + row(1, 7))
        wait_values(source, [7.0])


def test_a_directory_fails_at_once(tmp_path: Path) -> None:
    """A directory is no file."""
    with reading(tmp_path) as source:
        wait_until(lambda: source.state is State.FAILED, 5, "the failure")
        assert "is a directory" in source.status


@pytest.mark.skipif(os.name != "posix", reason="modes of files are not enforced there")
def test_permission_denied_fails_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read fails with the reason."""
    path.write_text(HEADER)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("nbstream.sources.files.tail.io.FileIO", refuse)
    with reading(path) as source:
        wait_until(lambda: source.state is State.FAILED, 5, lambda: source.status)
        assert "permission denied" in source.status


def test_permission_lost_for_a_moment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that could be read and is forbidden after its rotation is tried again."""
    forbidden = False

    class Moody(io.FileIO):
        def __init__(self, *args: Any) -> None:
            if forbidden:
                raise PermissionError(13, "Permission denied", str(path))
            super().__init__(*args)

    monkeypatch.setattr("nbstream.sources.files.tail.io.FileIO", Moody)
    with reading(path, HEADER) as source:
        wait_until(lambda: "first row" in source.status, 5, lambda: source.status)
        forbidden = True
        path.rename(path.with_suffix(".1"))
        path.write_text(HEADER + row(1, 1))
        wait_until(lambda: source.state is State.RECONNECTING, 5, lambda: source.status)
        assert "permission denied" in source.status
        forbidden = False
        wait_values(source, [1.0])
        wait_until(lambda: source.state is State.RUNNING, 5, lambda: source.status)
        assert source.last_error is None
        wait_said(source, "works again")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_a_pipe_is_no_file_and_how_to_read_it(path: Path) -> None:
    """What is no file is named, and the advice works."""
    os.mkfifo(path)
    with reading(path) as source:
        wait_until(lambda: source.state is State.FAILED, 5, lambda: source.status)
        advice = re.search(r"Read it with (ProcessSource\(.*\))\.$", source.status)
        assert advice is not None
        assert "but a pipe" in source.status
    with eval(advice[1], {"ProcessSource": ns.ProcessSource}) as process:
        with path.open("w") as pipe:
            pipe.write("1.5\n2.5\n")
        wait_until(lambda: process.counters().accepted == 2, 5)
        assert process.buffer.to_pandas()["value"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("code", [errno.ESTALE, errno.EIO, errno.EMFILE, errno.ENOTCONN])
def test_a_file_system_that_fails_for_a_moment(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A stale handle, a read error, too many open files, a lost mount: it goes on where it was."""
    n_faults = 0

    class Moody(io.FileIO):
        def read(self, *args: Any) -> Any:
            nonlocal n_faults
            if 0 < n_faults < 3:
                n_faults += 1
                raise OSError(code, os.strerror(code), str(path))
            return super().read(*args)

    monkeypatch.setattr("nbstream.sources.files.tail.io.FileIO", Moody)
    with reading(path, HEADER + row(1, 1) + row(2, 2), random=ZeroRandom()) as source:
        wait_values(source, [1.0, 2.0])
        n_faults = 1
        with path.open("a") as file:
            file.write(row(3, 3))
        wait_values(source, [1.0, 2.0, 3.0])
        assert source.counters()[:5] == (3, 3, 0, 0, 0)
        assert source.counters().reconnects == 2
        wait_until(lambda: "works again" in said(source), 5)


def test_a_sparse_file(path: Path) -> None:
    """A hole of 3 GB is passed over, and what stands behind it is read."""
    with path.open("wb") as file:
        file.truncate(3 * 2**30)
        file.seek(0, os.SEEK_END)
        file.write((HEADER + row(1, 1)).encode())
    if path.stat().st_blocks > 10_000:
        pytest.skip("no sparse files there")
    with reading(path) as source:
        wait_until(lambda: values(source) == [1.0], 15, lambda: source.status)


def test_a_directory_in_the_place_of_the_file_is_final(path: Path) -> None:
    """It is a mistake and no moment of a rotation."""
    with reading(path, HEADER + row(1, 1)) as source:
        wait_values(source, [1.0])
        path.unlink()
        path.mkdir()
        wait_until(lambda: source.state is State.FAILED, 5, lambda: source.status)
        assert "is a directory" in source.status


def test_crlf_and_bom(path: Path) -> None:
    """Windows' line ends and byte order mark leave no trace."""
    text = (HEADER + row(1, 1) + row(2, 2)).replace("\n", "\r\n")
    with reading(path, b"\xef\xbb\xbf" + text.encode()) as source:
        wait_values(source, [1.0, 2.0])
        assert source.buffer.channels == ("value",)


def test_invalid_utf8_costs_its_row(path: Path) -> None:
    """A row with bytes that are no UTF-8 in its number is rejected; the rest is read."""
    broken = (HEADER + row(1, 1)).encode() + b"2026-07-01 12:00:02,\xff3\n" + row(3, 3).encode()
    with reading(path, broken) as source:
        wait_values(source, [1.0, 3.0])
        wait_until(lambda: source.counters().rejected == 1, 5, "the count")


def test_compressed_without_a_line_is_named(path: Path) -> None:
    """A file that is no text fails at once, also while no end of a line has come."""
    with reading(path, b"\x1f\x8b\x08" + bytes(range(11, 40))) as source:
        wait_until(lambda: source.state is State.FAILED, 5, "the failure")
        assert "gzip" in source.status


def test_text_in_a_number_column(path: Path) -> None:
    """Text is rejected with its first example; nan, inf and nothing are missing readings."""
    texts = ["1", "n/a", "1_000", "4", "nan", "inf", "", "५", "8"]
    with reading(path, HEADER + "".join(row(i, t) for i, t in enumerate(texts))) as source:
        wait_until(lambda: source.counters().received == len(texts), 5, "all rows")
        found = values(source)
        assert [v for v in found if v == v] == [1.0, 4.0, 8.0]
        assert len(found) == 6
        assert source.counters().rejected == 3
        wait_said(source, "'n/a'")


def test_small_floats(path: Path) -> None:
    """Numbers with exponents, as programs write small ones, are read to the last bit."""
    small = [1.234567890123456e-05, 1e-05, -2.5e-300, 1.5e300, 0.1, 4.9e-324]
    with reading(path, HEADER + "".join(row(i, repr(v)) for i, v in enumerate(small))) as source:
        wait_values(source, small)


def test_truncated(path: Path) -> None:
    """After a truncation the file is read from its start."""
    with reading(path, HEADER + row(1, 1) + row(2, 2)) as source:
        wait_values(source, [1.0, 2.0])
        path.write_text(HEADER + row(3, 3))
        wait_values(source, [1.0, 2.0, 3.0])
        wait_said(source, "truncated")


def test_rotated(path: Path) -> None:
    """After a rename the old file is read to its end, then the new one."""
    with reading(path, HEADER + row(1, 1)) as source:
        wait_values(source, [1.0])
        old = path.rename(path.with_suffix(".1"))
        with old.open("a") as file:
            file.write(row(2, 2))
        path.write_text(HEADER + row(3, 3))
        wait_values(source, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("in_place", [False, True])
def test_replaced_by_another_of_the_same_size(path: Path, in_place: bool) -> None:
    """A file of the same size with other content is noticed."""
    with reading(path, HEADER + row(1, 1) + row(2, 2)) as source:
        wait_values(source, [1.0, 2.0])
        content = HEADER + row(3, 3) + row(4, 4)
        if in_place:
            with path.open("r+") as file:
                file.write(content)
        else:
            other = path.with_suffix(".new")
            other.write_text(content)
            other.replace(path)
        wait_values(source, [1.0, 2.0, 3.0, 4.0])


def test_deleted_and_recreated(path: Path) -> None:
    """A file that is gone is waited for and read again."""
    with reading(path, HEADER + row(1, 1)) as source:
        wait_values(source, [1.0])
        path.unlink()
        wait_until(lambda: "gone" in said(source), 5, "the event")
        path.write_text(HEADER + row(2, 2))
        wait_values(source, [1.0, 2.0])


def test_header_again_and_columns_added(path: Path) -> None:
    """A repeated header is skipped; a new one with more columns adds channels."""
    with reading(path, HEADER + row(1, 1) + HEADER + row(2, 2)) as source:
        wait_values(source, [1.0, 2.0])
        with path.open("a") as file:
            file.write("timestamp,value,temp\n2026-07-01 12:00:03,3,20\n")
        wait_until(lambda: "columns changed: +temp" in said(source), 5, "the event")
        wait_until(lambda: values(source, "temp")[-1:] == [20.0], 5, "the reading")


def test_times_that_go_back(path: Path) -> None:
    """A straggler is late and counted; twenty in order mean that the clock was set back."""
    with reading(path, HEADER + row(5, 5) + row(3, 3) + row(6, 6)) as source:
        wait_values(source, [5.0, 6.0])
        wait_until(lambda: source.counters().late == 1, 5, "the count")
        with path.open("a") as file:
            file.write("".join(f"2026-07-01 11:00:{i:02d},{i}\n" for i in range(25)))
        wait_until(lambda: source.counters().accepted == 27, 5, lambda: str(source.counters()))
        wait_said(source, "clock")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("t,value\n1782907200,1\n", "2026-07-01 12:00:00+00:00"),
        ("t,value\n1782907200500,1\n", "2026-07-01 12:00:00.500000+00:00"),
        ("TS,value\n1782907200000000,1\n", "2026-07-01 12:00:00+00:00"),
        ("date,value\n1782907200000000001,1\n", "2026-07-01 12:00:00.000000001+00:00"),
        ("time;value\n2026-07-01T14:00:00+02:00;1\n", "2026-07-01 12:00:00+00:00"),
        ("x\tDateTime\tvalue\na\t2026-07-01T12:00:00Z\t1\n", "2026-07-01 12:00:00+00:00"),
        ("when,value\n25/12/2026 10:00,1\n", "2026-12-25 10:00:00+00:00"),
        ("2026-07-01 12:00:00,1\n", "2026-07-01 12:00:00+00:00"),
    ],
)
def test_times_and_delimiters(path: Path, text: str, shown: str) -> None:
    """The time column, its unit and format, and the delimiter are found."""
    with reading(path, text, timezone="UTC") as source:
        wait_until(lambda: source.counters().accepted == 1, 5, lambda: source.status + said(source))
        assert str(source.buffer.to_pandas().index[0]) == shown


def test_ambiguous_dates_are_an_error(path: Path) -> None:
    """Day and month that cannot be told apart are not guessed."""
    with reading(path, "time,value\n01/02/2026 10:00,1\n") as source:
        wait_until(lambda: source.state is State.FAILED, 5, "the failure")
        assert "time_format=" in source.status
    with reading(path, time_format="%d/%m/%Y %H:%M", timezone="UTC") as source:
        wait_values(source, [1.0])
        assert source.buffer.to_pandas().index[0].month == 2


def test_no_time_column(path: Path) -> None:
    """Without times readings get their time of arrival, and it is said."""
    with reading(path, "a,b\n1,2\n3,4\n") as source:
        wait_values(source, [1.0, 3.0], "a")
        wait_said(source, "time of arrival")


def test_text_columns_are_left_alone(path: Path) -> None:
    """A column of text is named and makes no channel."""
    with reading(path, "time,label,value\n2026-07-01 12:00:01,abc,5\n") as source:
        wait_values(source, [5.0])
        assert source.buffer.channels == ("value",)
        wait_said(source, "not numeric: 'label'")


def test_an_open_quote_costs_one_line_at_most(path: Path) -> None:
    """An unterminated quote does not swallow what follows."""
    with reading(path, HEADER + '2026-07-01 12:00:01,"5\n' + row(2, 2) + row(3, 3)) as source:
        wait_until(lambda: source.counters().received == 3, 5, "all rows")
        assert values(source)[-2:] == [2.0, 3.0]


def test_from_the_end(path: Path) -> None:
    """With from_start=False only what is added counts, under the names of the header."""
    with reading(path, HEADER + row(1, 1), from_start=False) as source:
        wait_until(lambda: source.state is State.RUNNING, 5, "the start")
        wait_until(lambda: source.status != "", 5, "a word")
        with path.open("a") as file:
            file.write(row(2, 2))
        wait_values(source, [2.0])


def test_a_line_of_300_megabytes(path: Path) -> None:
    """A line without end is dropped and counted, and memory stays flat."""
    with path.open("wb") as file:
        file.write((HEADER + row(1, 1)).encode())
        for _ in range(300):
            file.write(b"x" * 2**20)
        file.write(b"\n" + row(2, 2).encode())
    process = psutil.Process()
    before = process.memory_info().rss
    peak = before

    def is_done() -> bool:
        nonlocal peak
        peak = max(peak, process.memory_info().rss)
        return source.counters().received == 3

    with reading(path) as source:
        wait_until(is_done, 40, "the rows around it")
        wait_values(source, [1.0, 2.0])
        wait_until(lambda: source.counters().dropped == 1, 5, "the count")
    assert peak - before < 60 * 2**20


@pytest.mark.parametrize("check", [ns.CsvSource])
def test_wrong_arguments(check: Callable[..., object], path: Path) -> None:
    """A zone that does not exist is refused when the source is made."""
    with pytest.raises(ValueError, match="not a known time zone"):
        check(path, timezone="Mars/Olympus")


# Forms of time; tests/sources/files/csv/format/test_times.py has what is found, here is what comes of it.


def times(source: ns.CsvSource, fmt: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    """Return when readings happened, in the zone of the source."""
    return [f"{when:{fmt}}" for when in source.buffer.to_pandas().index]


def test_date_and_time_in_two_columns(path: Path) -> None:
    """They are joined and it is said; a row without one of them is rejected, never midnight."""
    text = "Datum;Zeit;CO2\n13.07.2026;01:00;1\n13.07.2026;;2\n13.07.2026;24:00;3\n"
    with reading(path, text) as source:
        wait_values(source, [1.0, 3.0], "CO2")
        assert times(source) == ["2026-07-13 01:00:00", "2026-07-14 00:00:00"]
        wait_said(source, "time columns 'Datum' and 'Zeit', format %d.%m.%Y %H:%M")
        wait_said(source, "no time in 'Datum' and 'Zeit'")
        assert source.counters().rejected == 1
    with reading(path, text, time=["Zeit", "Datum"], time_format="%H:%M %d.%m.%Y") as source:
        wait_values(source, [1.0, 3.0], "CO2")


def test_a_row_that_decides_day_and_month_is_waited_for(path: Path) -> None:
    """Slash dates are read when a row tells which is the day, though it comes late."""
    rows = "".join(f"07/{day:02d}/2026 10:00,{day}\n" for day in range(1, 13))
    with reading(path, "time,value\n" + rows) as source:
        wait_until(lambda: "tell what its times are" in source.status, 5, lambda: source.status)
        with path.open("a") as file:
            file.write("07/13/2026 10:00,13\n")
        wait_values(source, [float(day) for day in range(1, 14)])
        assert times(source)[-1] == "2026-07-13 10:00:00"
    far = "".join(f"07/{1 + i // 60:02d}/2026 {i % 24:02d}:00,{i}\n" for i in range(900))
    with reading(path, "time,value\n" + far) as source:
        wait_until(lambda: source.counters().received == 900, 5, lambda: source.status)
        assert times(source)[-1].startswith("2026-07-15")


def test_rows_that_come_while_a_sample_is_in_doubt(path: Path) -> None:
    """Reading from the end, a row that tells day from month is a reading too."""
    with reading(path, "time,value\n01/07/2026 10:00,1\n", from_start=False) as source:
        wait_until(lambda: source.state is State.RUNNING, 5, lambda: source.status)
        with path.open("a") as file:
            file.write("13/07/2026 10:00,2\n")
        wait_values(source, [2.0])


def test_elapsed_time(path: Path) -> None:
    """millis() is shown as elapsed time that ends when the file was written, and it is said."""
    with reading(path, "millis;temp\n1459334;1\n1460334;2\n") as source:
        wait_values(source, [1.0, 2.0], "temp")
        wait_said(source, "elapsed time in ms")
        newest = source.buffer.to_pandas().index[-1].timestamp()
        assert abs(newest - path.stat().st_mtime) < 1
        with path.open("a") as file:
            file.write("1462334;3\n500;4\n1500;5\n")
        wait_values(source, [1.0, 2.0, 3.0, 4.0, 5.0], "temp")
        steps = source.buffer.to_pandas().index.to_series().diff().dt.total_seconds().tolist()
        assert steps[1:3] == [1.0, 2.0]
        assert steps[4] == 1.0
        wait_said(source, "a new run")


def test_times_of_day(path: Path) -> None:
    """A time of day alone is of today, and goes on over midnight."""
    with reading(path, "time,value\n23:59:58,1\n23:59:59,2\n") as source:
        wait_values(source, [1.0, 2.0])
        with path.open("a") as file:
            file.write("00:00:01,3\n")
        wait_values(source, [1.0, 2.0, 3.0])
        steps = source.buffer.to_pandas().index.to_series().diff().dt.total_seconds().tolist()
        assert steps[1:] == [1.0, 2.0]
        wait_said(source, "no date")


def test_a_clock_that_is_not_set_yet(path: Path) -> None:
    """Numbers among times since 1970 that can't be times cost their rows, not the others."""
    with reading(path, "ts,value\n3,1\n1782907200,2\n1782907201,3\n") as source:
        wait_values(source, [2.0, 3.0])
        wait_until(lambda: source.counters().rejected == 1, 5, "the count")
    with reading(path, "ts,value\n1,1\n2,2\n", unit="s", time_format="s") as source:
        wait_values(source, [1.0, 2.0])
        assert source.buffer.to_pandas().index[0].timestamp() == 1
        wait_until(lambda: "years behind this machine's clock" in said(source), 5, "the word")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("time,value\n2026-07-01 12:00:00 CST,1\n", "timezone='America/Chicago'"),
        ("time,value\nthe 5th,1\n", "time_format="),
        ("x,value\n2026-07-01 12:00:xx,1\n", "time=False"),
    ],
)
def test_times_that_cannot_be_read_are_loud(path: Path, text: str, advice: str) -> None:
    """They fail with what to pass; readings never get the time of loading silently."""
    with reading(path, text) as source:
        wait_until(lambda: source.state is State.FAILED, 5, lambda: source.status)
        assert advice in source.status
        assert source.counters().accepted == 0
    with reading(path, text, time=False) as source:
        wait_values(source, [1.0])
        wait_said(source, "time of arrival")


def test_the_zone_that_times_name(path: Path) -> None:
    """An hour that the clock of a named zone shows twice is read so that time goes on."""
    rows = ("02:30:00", "02:45:00", "02:00:00", "02:15:00", "03:00:00")
    text = "time,value\n" + "".join(
        f"2026-10-25 {t} Europe/Berlin,{i}\n" for i, t in enumerate(rows)
    )
    with reading(path, text, timezone="UTC") as source:
        wait_values(source, [0.0, 1.0, 2.0, 3.0, 4.0])
        assert times(source, "%H:%M") == ["00:30", "00:45", "01:00", "01:15", "02:00"]


@pytest.mark.parametrize("time_format", ["YYYY-MM-DD", "%Q"])
def test_a_wrong_time_format_is_refused_at_once(path: Path, time_format: str) -> None:
    """What isn't a format raises where it is written."""
    with pytest.raises(ValueError, match="time_format"):
        ns.CsvSource(path, time_format=time_format)
    with pytest.raises(ValueError, match="'time'"):
        ns.CsvSource(path, time=[])
