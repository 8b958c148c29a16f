"""Tables as people's programs write them, read end to end."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.errors import ParseError
from nbstream.runtime.turns import live
from nbstream.sources.files.csv.format.discover import discover
from nbstream.sources.files.csv.format.options import CsvOptions
from nbstream.sources.files.csv.rows.rows import RowReader
from nbstream.sources.times.partial import WholeTimes
from nbstream.sources.times.wall_time import WallTimes
from nbstream.testing import FakeClock
from tests.sources.files.csv.test_source import reading, said, wait_said
from tests.wait import wait_until

SEPARATORS = [",", ";", "\t", "|", " ", "  ", ", "]
CELLS = [
    "time", "a", "b", "", "1", "2.5", "1,5", "2026-07-01", "12:00:00", "2026-07-01 12:00:00", "---",
    "n/a", "on", "off", "°C", "[V]", "Avg", "#", "# x", '"', '"x"', "x y", "45 %", "sep=;", "TOA5",
    "---|---", "1.234,5", "%", "//", "=", "é", "\x00", "\x1f", "1e400", "nan", "$3",
]  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "data.csv"


def settled(source: ns.CsvSource, n_rows: int) -> dict[str, list[float | None]]:
    """Wait for so many rows; return the values by channel, None where a reading is missing."""
    wait_until(
        lambda: source.counters().received >= n_rows,
        5,
        lambda: f"{source.counters()} {source.status} {said(source)}",
    )
    frame = source.buffer.to_pandas()
    return {name: [None if math.isnan(x) else x for x in frame[name].tolist()] for name in frame}


def read(path: Path, text: str, n_rows: int, **options: object) -> dict[str, list[float | None]]:
    """Return what a file holds."""
    with reading(path, text, **{"timezone": "UTC", **options}) as source:
        return settled(source, n_rows)


def at(second: int) -> str:
    """Return a time, so many seconds after noon."""
    return f"2026-07-01 12:00:{second:02d}"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("time;v\n{0};21,5\n{1};21,7\n", [21.5, 21.7]),
        ("time;v\n{0};21\n{1};21,7\n", [21.0, 21.7]),
        ("time\tv\n{0}\t21,5\n{1}\t1.021,7\n", [21.5, 1021.7]),
        ('time,v\n{0},"21,5"\n{1},"21,7"\n', [21.5, 21.7]),
        ('time,v\n{0},"1,234.5"\n{1},"998"\n', [1234.5, 998.0]),
        ('time,v\n{0},"1,234"\n{1},"2,345"\n', [1234.0, 2345.0]),
        ("time;v\n{0};1.234,5\n{1};7,0\n", [1234.5, 7.0]),
        ("time;v\n{0};1 234,5\n{1};7,0\n", [1234.5, 7.0]),
        ("time;v\n{0};1\u00a0234,5\n{1};7,0\n", [1234.5, 7.0]),
        ("time,v\n{0},1'234.5\n{1},7.0\n", [1234.5, 7.0]),
        ("time;v;w\n{0};1,234;0,5\n{1};7,000;0,6\n", [1.234, 7.0]),
        ("time,v\n{0},45 %\n{1},46 %\n", [45.0, 46.0]),
        ("time,v\n{0},21.5 °C\n{1},21.6 °C\n", [21.5, 21.6]),
        ("time;v\n{0};21,5 °C\n{1};21,6 °C\n", [21.5, 21.6]),
        ("time,v\n{0},$3.50\n{1},-$1.50\n", [3.5, -1.5]),
        ("time,v\n{0},900 kB/s\n{1},1.2 MB/s\n", [900.0, 1200.0]),
        ("time,v\n{0},on\n{1},off\n", [1.0, 0.0]),
        ("time,v\n{0},True\n{1},False\n", [1.0, 0.0]),
        ("time,v\n{0},open\n{1},closed\n", [1.0, 0.0]),
        ("time|v\n{0}|1\n{1}|2\n", [1.0, 2.0]),
        ("| time | v |\n|---|---|\n| {0} | 1 |\n| {1} | 2 |\n", [1.0, 2.0]),
        (" time                | v\n---------------------+----\n {0} | 1\n {1} | 2\n", [1.0, 2.0]),
        ("time                   v\n{0}   1\n{1}  20\n", [1.0, 20.0]),
        ("time   v\n1782907200  1\n1782907201    2\n", [1.0, 2.0]),
        ("# comment\ntime,v\n{0},1\n# restarted\n{1},2\n", [1.0, 2.0]),
        ("time,v\ns,C\n{0},1\n{1},2\n", [1.0, 2.0]),
        ("time,v,\n{0},1,\n{1},2,\n", [1.0, 2.0]),
        ('"time","v"\n"{0}","1"\n"{1}","2"\n', [1.0, 2.0]),
        ('"time", "v"\n"{0}", "1"\n"{1}", "2"\n', [1.0, 2.0]),
    ],
)
def test_numbers_as_people_write_them(path: Path, text: str, values: list[float]) -> None:
    """Delimiters, separators, units and words are found without an option; nothing is rejected."""
    with reading(path, text.format(at(0), at(1)), timezone="UTC") as source:
        assert settled(source, 2)["v"] == values
        assert source.counters().rejected == 0


@pytest.mark.parametrize(
    ("text", "n_rows", "expected"),
    [
        ("time,a,a,b\n{0},1,2,3\n", 1, {"a": [1], "a_2": [2], "b": [3]}),
        ("time,a,a_2,a\n{0},1,2,3\n", 1, {"a": [1], "a_2": [2], "a_3": [3]}),
        (",time,value\n0,{0},5\n1,{1},6\n", 2, {"c1": [0, 1], "value": [5, 6]}),
        ("1782907200 52.1\n1782907201 50.9\n", 2, {"value": [52.1, 50.9]}),
        ("{0},1,2\n{1},3,4\n", 2, {"c2": [1, 3], "c3": [2, 4]}),
        ("a\n1\n2\n", 2, {"a": [1, 2]}),
        ("time,way,v\n{0},on,1\n{1},ajar,2\n", 2, {"v": [1, 2]}),
        ("time,fan,v\n{0},[N/A],1\n{1},[N/A],2\n", 2, {"v": [1, 2]}),
        ("time,id,v\n{0},12ab,1\n{1},34cd,2\n", 2, {"v": [1, 2]}),
    ],
)
def test_channels(path: Path, text: str, n_rows: int, expected: dict[str, list[float]]) -> None:
    """Names that come twice are numbered, text is no channel, a first row without names is read."""
    assert read(path, text.format(at(0), at(1)), n_rows) == expected


def test_units_become_the_channels_units(path: Path) -> None:
    """Of a line of units, of cells, of brackets behind a name; what the user says stands."""
    text = "time,a,b,c,d (V)\nTS,°C,%,,\n{0},1,2,3 kB/s,4\n{1},1,2,3 kB/s,4\n"
    with reading(path, text.format(at(0), at(1)), units={"b": "percent"}) as source:
        settled(source, 2)
        units = source.buffer.units
        assert (units["a"], units["b"], units["c"], units["d (V)"]) == (
            "°C",
            "percent",
            "kB/s",
            "V",
        )
    logger = (
        '"#","Date Time, GMT+00:00","Temp, °F (LGR S/N: 1)","RH, %"\n1,07/13/26 12:00:00,70,45\n'
    )
    with reading(path, logger) as source:
        settled(source, 1)
        assert source.buffer.units == {"Temp, °F (LGR S/N: 1)": "°F", "RH, %": "%"}


@pytest.mark.parametrize("silence", ["---", "", "no fix", "n/a", "unavailable", "Warming up"])
@pytest.mark.parametrize("n_silent", [1, 30, 250])
def test_a_column_that_was_silent_is_a_channel_once_numbers_come(
    path: Path, silence: str, n_silent: int
) -> None:
    """Text or blanks in the first rows don't decide for ever."""
    rows = "".join(f"{1782907200 + i},{silence},21.5\n" for i in range(n_silent))
    with reading(path, "time,gps,temp\n" + rows) as source:
        settled(source, n_silent)
        assert source.buffer.channels == ("temp",)
        with path.open("a") as file:
            file.write("".join(f"{1782908200 + i},{48.1 + i},21.5\n" for i in range(5)))
        found = settled(source, n_silent + 5)["gps"]
        assert found[-5:] == [48.1, 49.1, 50.1, 51.1, 52.1]
        wait_said(source, "'gps' read from now on")
        assert source.counters().rejected == 0


def test_a_silent_switch_becomes_a_channel(path: Path) -> None:
    """Words of a column that held nothing are judged too."""
    rows = "".join(f"{1782907200 + i},,1\n" for i in range(30))
    with reading(path, "time,door,v\n" + rows) as source:
        settled(source, 30)
        with path.open("a") as file:
            file.write("1782908200,on,1\n1782908201,off,1\n")
        assert settled(source, 32)["door"][-2:] == [1.0, 0.0]


def test_free_text_is_no_channel_because_of_one_number(path: Path) -> None:
    """A column of many different texts needs several numbers in a row."""
    rows = "".join(f"{1782907200 + i},message {chr(97 + i % 26)},1\n" for i in range(60))
    with reading(path, "time,message,v\n" + rows) as source:
        settled(source, 60)
        with path.open("a") as file:
            file.write("1782908200,404,1\n1782908201,not found,1\n")
        settled(source, 62)
        assert source.buffer.channels == ("v",)
        with path.open("a") as file:
            file.write("".join(f"{1782908300 + i},{i},1\n" for i in range(30)))
        assert settled(source, 92)["message"][-3:] == [27.0, 28.0, 29.0]


def test_metadata_that_comes_before_its_table_is_no_table(path: Path) -> None:
    """A head that looks like a row of two is not read as one while the file is being written."""
    with reading(path, "Station,North\nSerial,123\n") as source:
        wait_until(lambda: "waiting for" in source.status, 5, lambda: source.status)
        with path.open("a") as file:
            file.write(f"\ntime,a,b\n{at(0)},1,2\n")
        assert settled(source, 1) == {"a": [1.0], "b": [2.0]}


GUESSED = [
    ("# x\ntime,v\n{0},1\n{1},2\n", "header=2", {"header": 2}),
    ("time;v\n{0};1,5\n{1};2,5\n", "decimal='.' if not", {"decimal": "."}),
    ("time;v\n{0};1.234,5\n{1};2,5\n", "thousands='' if not", {"thousands": ""}),
    ("time|v\n{0}|1\n{1}|2\n", "delimiter='|'", {"delimiter": "|"}),
    ("time v w\n1 2 3\n4 5 6\n", "delimiter=' '", {"delimiter": " "}),
    ("{0},1\n{1},2\n", "header=['c1', 'value']", {"header": ["c1", "value"]}),
    ("time,v\ns,V\n{0},1\n{1},2\n", "a line of units: s, V", {"units_row": 2}),
    (
        "time,name,v\n{0},a,1\n{1},b,2\n",
        "pivot='name' makes a channel of each",
        {"pivot": "name"},
    ),
]


@pytest.mark.parametrize(("text", "note", "options"), GUESSED)
def test_what_is_guessed_is_said_and_can_be_said(
    path: Path, text: str, note: str, options: dict[str, object]
) -> None:
    """Each note names the option, and the option works."""
    with reading(path, text.format(at(0), at(1))) as source:
        settled(source, 2)
        assert note in "\n".join(source.notes)
    with reading(path, text.format(at(0), at(1)), **options) as source:
        settled(source, 2)
        assert note not in "\n".join(source.notes)


def test_options_say_what_cannot_be_guessed(path: Path) -> None:
    """Names that are numbers, a table below another, units, comments, thousands."""
    years = f"time,1960,1961\n{at(0)},1,2\n"
    assert read(path, years, 1) == {"1960": [1], "1961": [2]}
    assert read(path, "1960,1961\n1,2\n3,4\n", 2, header=1) == {"1960": [1, 3], "1961": [2, 4]}
    assert read(path, "1,2\n3,4\n5,6\n", 2, skip=1, header=["a", "b"]) == {"a": [3, 5], "b": [4, 6]}
    assert read(path, "a,b\n1,2\nREM 5,6\n3,4\n", 2, comment="REM")["a"] == [1, 3]
    assert read(path, "a;b\n1,234;2\n3;4\n", 2, thousands=",")["a"] == [1234, 3]
    assert read(path, "a;b\n1,234;2\n3;4\n", 2, decimal=",")["a"] == [1.234, 3]
    assert read(path, "1,2\n3,4\n", 2, header=None) == {"c1": [1, 3], "c2": [2, 4]}


def test_repeated_heads_are_no_rows(path: Path) -> None:
    """`vmstat` and `sar` write their head again and again."""
    head = "procs -----memory---- --swap--\n r  b   swpd   free   si   so\n"
    row = " 1  0      0 123456    0    0\n"
    with reading(path, head + row * 3 + head + row * 2) as source:
        assert settled(source, 5)["free"] == [123456.0] * 5
        assert source.counters().rejected == 0


def test_a_head_that_holds_the_time_may_come_again(path: Path) -> None:
    """`sar` writes its names with the time of the moment, each time another one."""
    head = "12:{0}:01          CPU     %user     %idle\n"
    row = "12:{0}:01          all      1.25      98.7\n"
    text = "Linux 6.1 (host) \t07/01/26 \t_x86_64_\t(4 CPU)\n\n" + head.format("00")
    text += row.format("10") + row.format("20") + "\n" + head.format("20") + row.format("30")
    with reading(path, text) as source:
        assert settled(source, 3) == {"%user": [1.25] * 3, "%idle": [98.7] * 3}
        assert source.counters().rejected == 0
        assert "not a number" not in said(source)


def test_identifiers_are_no_channel_though_some_are_numbers(path: Path) -> None:
    """A column of many different texts, some of which happen to be digits, is left alone."""
    rows = "".join(f"{1782907200 + i},{i * 7919 % 1000003:x},{i}\n" for i in range(300))
    with reading(path, "time,trace,v\n" + rows) as source:
        settled(source, 300)
        assert source.buffer.channels == ("v",)
        wait_said(source, "not numeric: 'trace'")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(CELLS), max_size=5), max_size=12), st.sampled_from(SEPARATORS)
)
def test_any_text_is_a_table_or_none(lines: list[list[str]], separator: str) -> None:
    """Whatever stands in a file, the only error says what to do."""
    texts = [separator.join(cells) for cells in lines]
    fmt, said = None, "Pass"
    try:
        fmt = discover(texts, CsvOptions(), is_final=True)
    except ParseError as error:
        said = str(error)
    assert "pass" in said.lower()
    if fmt is None:
        return
    assert len(fmt.columns) == len(fmt.roles) == len(set(fmt.columns))
    whole = None
    if fmt.form is not None:
        whole = WholeTimes(fmt.form, WallTimes(UTC), lambda: 0)
    reader = RowReader(fmt, whole)
    body = "".join(f"{text}\n" for text in texts[fmt.first_row :]).encode()
    rows = reader.read(body, 0)
    assert reader.fast_fault is None
    are_told = rows.header_at is not None or rows.n_rows >= 1
    assert are_told or all(map(fmt.is_passed_over, texts[fmt.first_row :]))


def test_names_that_are_not_there_are_told(path: Path) -> None:
    """A file without names can't have the channels that were asked for: how to name them is said."""
    with reading(path, "1,2\n3,4\n5,6\n", channels=["temp"]) as source:
        wait_until(lambda: source.state.name == "FAILED", 8, lambda: source.status)
        assert (
            "needs a 'temp' column; found ['c1', 'c2']. Pass channels=[…] of these" in source.status
        )
        assert "header=" in source.status
    named = read(path, "1,2\n3,4\n5,6\n", 3, channels=["temp"], header=["temp", "hum"])
    assert named == {"temp": [1, 3, 5]}


def test_rows_as_a_whole_go_on_after_a_rotation_with_a_head(path: Path) -> None:
    """A new file that begins with the same head goes on in the same channels."""
    head = '"TOA5","77"\n"TIMESTAMP","temp"\n"TS","C"\n"","Avg"\n'
    with reading(path, head + f'"{at(0)}",1\n"{at(1)}",2\n', timezone="UTC") as source:
        assert settled(source, 2)["temp"] == [1.0, 2.0]
        path.rename(path.with_suffix(".old"))
        path.write_text(head + f'"{at(2)}",3\n')
        assert settled(source, 3)["temp"] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("from_start", [True, False])
def test_only_a_head_waits(path: Path, from_start: bool) -> None:
    """Comments, names and units alone wait for the first row, and name it."""
    with reading(path, "# logger\ntime,temp\ns,C\n", from_start=from_start) as source:
        wait_until(lambda: "waiting for the first row" in source.status, 5, lambda: source.status)
        with path.open("a") as file:
            file.write("1782907200,21.5\n")
        assert settled(source, 1) == {"temp": [21.5]}
        assert source.buffer.units["temp"] == "C"


def test_columns_of_the_same_name_are_told(path: Path) -> None:
    """Which column got another name is said, and the names that are given instead count."""
    text = f"time,temp,hum,temp\n{at(1)},1,2,3\n{at(2)},1,2,3\n"
    with reading(path, text) as source:
        wait_said(source, "columns of the same name are numbered: 'temp_2' is another 'temp'")
    names = ["time", "in", "hum", "out"]
    assert read(path, text, 2, header=names) == {"in": [1, 1], "hum": [2, 2], "out": [3, 3]}


def seconds_of(work: Callable[[], object]) -> float:
    """Return the processor time of some work, without what the collector makes of a long test run."""
    gc.disable()
    try:
        start = time.thread_time()
        work()
        return time.thread_time() - start
    finally:
        gc.enable()


def effort_of(source: ns.CsvSource) -> float:
    """Return how many times as long as this machine needs for 100,000 numbers it takes to read a file."""
    number = min(seconds_of(lambda: sum(map(float, ["21.5"] * 100_000))) for _ in range(5))
    return seconds_of(lambda: live(source._run(), lambda pause: True)) / number


@pytest.mark.parametrize(("n_columns", "n_rows"), [(320, 200), (1000, 100)])
def test_a_wide_table_takes_no_longer_to_find(path: Path, n_columns: int, n_rows: int) -> None:
    """Few of its rows are enough; all of them are read."""
    rng = np.random.default_rng(1)
    names = ",".join(f"ch{i}" for i in range(n_columns))
    rows = [",".join(f"{x:.4f}" for x in rng.normal(20, 5, n_columns)) for _ in range(n_rows)]
    text = "".join(f"2026-07-01 12:{i // 60:02}:{i % 60:02},{row}\n" for i, row in enumerate(rows))
    path.write_text(f"time,{names}\n{text}")
    source = ns.CsvSource(path, timezone="Europe/Prague", clock=FakeClock())
    effort = effort_of(source)
    assert source.counters().received == n_rows
    assert effort < 150  # 35 by itself; 600 when all rows were looked at, each column as times
    source.close()


@pytest.mark.parametrize("form", ["{day:02}/07/2026 12:00:{second:02}", "{day:02}072026120000"])
def test_day_and_month_of_a_long_file_take_no_longer_to_tell(path: Path, form: str) -> None:
    """The first row of each date is enough, the last of many thousands too."""
    days = [1] * 20_000 + [13] * (1 if "/" in form else 300)
    rows = "".join(f"{form.format(day=day, second=i % 60)},{i}\n" for i, day in enumerate(days))
    path.write_text(f"time,v\n{rows}")
    source = ns.CsvSource(path, timezone="UTC", clock=FakeClock())
    assert effort_of(source) < 60  # 4 by itself; 250 when all rows are looked at
    assert str(source.buffer.to_pandas().index[-1])[:10] == "2026-07-13"
    source.close()
