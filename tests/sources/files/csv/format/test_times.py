"""Where the times of a table stand, whoever wrote it, and what is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nbstream.errors import ParseError
from nbstream.sources.files.csv.format.options import CsvOptions
from nbstream.sources.files.csv.format.times import FoundTimes, find_times
from nbstream.sources.times.patterns import MISSING_TIME, NAIVE

NS = 1_000_000_000


def table(text: str) -> tuple[list[str], list[list[str]]]:
    """Return the header and the rows of a text."""
    delimiter = ";" if ";" in text else "," if "," in text else " "
    rows = [line.split(delimiter) for line in text.strip().split("\n")]
    return rows[0], rows[1:]


def find(text: str, *, is_final: bool = True, **options: object) -> FoundTimes | None:
    """Return what is found in a table with a header."""
    names, rows = table(text)
    return find_times(names, rows, CsvOptions(**options), is_final=is_final)  # type: ignore[arg-type]


def times(text: str, **options: object) -> tuple[str, list[str]]:
    """Return the names of the columns that hold times, and what they read, as UTC if they say so."""
    found = find(text, **options)
    assert found is not None
    names, rows = table(text)
    if found.form is None:
        return "", []
    shown = []
    for row in rows:
        wall, offset = found.form.read_cells([row[c] for c in found.columns])
        if wall == MISSING_TIME:
            shown.append("none")
            continue
        ns = wall if offset == NAIVE else wall - offset
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1000)
        shown.append(f"{when:%Y-%m-%d %H:%M:%S}" + ("" if offset == NAIVE else "Z"))
    return " ".join(names[c] for c in found.columns), shown


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("Date,Time,x\n2026-07-01,12:00:00,1\n2026-07-01,12:00:01,2", "Date Time", "12:00:01"),
        ("Datum;Zeit;x\n01.07.2026;12:00;1\n01.07.2026;12:30;2", "Datum Zeit", "12:30:00"),
        ("fecha,hora,x\n13/07/2026,12:00,1\n01/07/2026,12:30,2", "fecha hora", "12:30:00"),
        ("日付,時刻,x\n2026/07/01,12:00:00,5\n2026/07/01,12:00:01,5", "日付 時刻", "12:00:01"),
        ("Time,Date,x\n12:00:00,07/13/2026,1\n12:00:01,07/01/2026,1", "Time Date", "12:00:01"),
        ("x,when,clock\n1,1 Jul 2026,3:05 PM\n1,1 Jul 2026,3:06 PM", "when clock", "15:06:00"),
        (
            "Date,Time,AM/PM,x\n7/13/2026,3:05,AM,1\n7/1/2026,3:06,PM,1",
            "Date Time AM/PM",
            "15:06:00",
        ),
        ("date,time,x\n20260701,115959,1\n20260701,120000,2", "date time", "12:00:00"),
        ("date,time,x\n20260701,95959,1\n20260701,120000,2", "date time", "12:00:00"),
        ("date,time,x\n010726,120000.00,1\n010726,120001.00,2", "date time", "12:00:01"),
        ("date,time,x\n260701,0,1\n260701,120001,2", "date time", "12:00:01"),
        ("Date,Time,x\n01.07.26,12.30,1\n01.07.26,12.31,2", "Date Time", "12:31:00"),
        (
            "Date,Hour,Minute,x\n2026-07-01,12,5,1\n2026-07-01,12,6,2",
            "Date Hour Minute",
            "12:06:00",
        ),
        ("Date,Hour,x\n2026-07-01,12,1\n2026-07-01,13,2", "Date Hour", "13:00:00"),
        (
            "Jahr;Monat;Tag;Stunde;x\n2026;7;1;12;1\n2026;7;1;13;2",
            "Jahr Monat Tag Stunde",
            "13:00:00",
        ),
        ("YY MM DD hh mm v\n2026 07 01 12 50 3\n2026 07 01 13 00 1", "YY MM DD hh mm", "13:00:00"),
        ("year,doy,hhmm,x\n2026,182,1200,1\n2026,182,1201,2", "year doy hhmm", "12:01:00"),
        ("date,time,x\n46204,0.5,1\n46204,0.75,2", "date time", "18:00:00"),
        ("day,tod,x\n1782864000,12:00:00,1\n1782864000,12:00:01,2", "day tod", "12:00:01"),
        (
            "Date,Time,x\n2026-07-01 00:00:00,12:00:00,1\n2026-07-01 00:00:00,12:00:01,2",
            "Date Time",
            "12:00:01",
        ),
        (
            "Date,Time,TZ,x\n2026-07-01,14:00,CEST,1\n2026-07-01,14:01,CEST,2",
            "Date Time TZ",
            "12:01:00Z",
        ),
    ],
)
def test_dates_and_times_of_day_in_several_columns(text: str, columns: str, expected: str) -> None:
    """They are joined, whatever their names, order and form; nothing is silently midnight."""
    found = times(text)
    assert found[0] == columns
    assert found[1][-1] == f"2026-07-01 {expected}"


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("Zeitstempel;T\n2026-07-01 12:00:00;21.5", "Zeitstempel", "2026-07-01 12:00:00"),
        ("recorded_at,t\n2026-07-01T12:00:00Z,1782907200", "recorded_at", "2026-07-01 12:00:00Z"),
        ("x,ts,y\n1,1782907200,3", "ts", "2026-07-01 12:00:00Z"),
        ("unix,x\n1782907200123,3", "unix", "2026-07-01 12:00:00Z"),
        ("date,ts,x\n2026-07-01,1782907200,3", "ts", "2026-07-01 12:00:00Z"),
        ("date,t,x\n2026-07-01,1482907200,3", "date", "2026-07-01 00:00:00"),
        ("time,value\n20260701120000,1", "time", "2026-07-01 12:00:00"),
        ("time,value\n2020081324,1", "time", "2020-08-14 00:00:00"),
        ("time,value\n46204.5,1\n46204.50001,2", "time", "2026-07-01 12:00:00"),
        ("date,value\n46204,1\n46205,2", "date", "2026-07-02 00:00:00"),
        ("datenum,x\n740164.5,3\n740164.75,3", "datenum", "2026-07-01 18:00:00"),
        (
            "id,start_date,timestamp\n1,2020-01-01 00:00:00,2026-07-01 12:00:00",
            "timestamp",
            "2026-07-01 12:00:00",
        ),
        ("time,value\nJul  1 12:00:00,3", "time", "2000-07-01 12:00:00"),
        ("time,value\n260713 120000,3", "time", "2026-07-13 12:00:00"),
        ("time,value\n20260701-12:00:00.5,3", "time", "2026-07-01 12:00:00"),
        ("ts,value\n5,1\n6,1\n1782907200,3", "ts", "2026-07-01 12:00:00Z"),
        ("JD,value\n2461223.0,1\n2461223.5,3", "JD", "2026-07-02 00:00:00Z"),
        ("MJD,value\n61222.5,1\n61222.75,3", "MJD", "2026-07-01 18:00:00Z"),
        ("fecha;value\n1 de julio de 2026 12:00;1", "fecha", "2026-07-01 12:00:00"),
        (
            "time,value\nJuly 1st 2026 12:00:00,1\nJuly 2nd 2026 12:00,1",
            "time",
            "2026-07-02 12:00:00",
        ),
        ("time,value\n2026-W27-3,1\n2026-W27-4,1", "time", "2026-07-02 00:00:00"),
        ("x,value\n12:00:01,3\n12:00:02,3", "x", "1970-01-01 12:00:02"),
        ("Time,value\n00:01.5,1\n01:02.0,2", "Time", "1970-01-01 00:01:02Z"),
        ("Time(dd/mm/yyyy),x\n02/07/2026 12:00,1", "Time(dd/mm/yyyy)", "2026-07-02 12:00:00"),
        ("Time(mm/dd/yyyy),x\n07/02/2026 12:00 PM,1", "Time(mm/dd/yyyy)", "2026-07-02 12:00:00"),
        ("@timestamp;count\nJul 1, 2026 @ 12:00:00.000;1", "@timestamp", "2026-07-01 12:00:00"),
        ("month,value\n2026-07,3", "month", "2026-07-01 00:00:00"),
        ("year,value\n2025,3\n2026,4", "year", "2026-01-01 00:00:00"),
        ("time,value\n07-13 12:00:01.5,3", "time", "2000-07-13 12:00:01"),
        ("elapsed,value\n0:00:00,3\n0:01:00,3", "elapsed", "1970-01-01 00:01:00Z"),
        ("time,value\n0 days 00:00:00,3\n1 days 00:01:00.5,3", "time", "1970-01-02 00:01:00Z"),
        ("zeit;value\n46204,5;3\n46204,75;3", "zeit", "2026-07-01 18:00:00"),
        ("uhrzeit,value\n12:00:01,3", "uhrzeit", "1970-01-01 12:00:01"),
    ],
)
def test_one_column(text: str, columns: str, expected: str) -> None:
    """Readable dates win over numbers, plausible numbers over dates alone."""
    found = times(text)
    assert found[0] == columns
    assert found[1][-1] == expected


@pytest.mark.parametrize(
    "text",
    [
        "T,rF\n21.5,40\n21.6,41",
        "t,h\n21.5,40\n21.6,41\n21.7,42\n21.8,43",
        "time,seq\n0.042,1\n0.040,2\n0.044,3",
        "date,x\n3,1\n2,5",
        "bytes,x\n1782907200,1\n1782907100,1",
        "x,counter\n3,1782907200\n4,1782907300",
        "data,x\n1,1\n2,5",
        "min,max\n1,2\n3,4",
        "version,x\n1.2.3,4\n1.2.4,5",
        "host,x\n10.0.0.1,3\n10.0.0.2,4",
        "ratio,x\n16:9,3\n4:3,4",
        "score,x\n21:15,3\n14:30,4",
        "firmware,x\n2.10.2026,3\n2.10.2026,4",
        "sku,x\n2026-07,3\n2026-08,4",
        "uptime,x\n12:00 up 3 days,3\n12:01 up 3 days,4",
        "mac,x\naa:bb:cc,3\naa:bb:cd,4",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Numbers that can't be times, and text that isn't one, are left alone."""
    found = find(text)
    assert found is not None
    assert found.columns == ()


@pytest.mark.parametrize(
    ("text", "unit", "is_said"),
    [
        ("Timestamp_ms;x\n1459334;1\n1460334;2", "ms", True),
        ("time,x\n1459334,1\n1460334,2", "ms", False),
        ("time,x\n0,1\n60,2\n120,3", "s", False),
        ("time,x\n0.0,1\n0.5,2\n1.0,3", "s", False),
        ("t,x\n0,1\n1,2\n2,3", "s", False),
        ("Time [s],x\n12.5,1\n13.5,2\n14.5,3", "s", True),
        ("Time (min);x\n0;1\n5;2", "min", True),
        ("Time (s),CH1\n-0.001,1\n-0.0005,2\n0,3", "s", True),
        ("Second,Volt\n0,1\n1e-4,2\n2e-4,3", "s", True),
        ("elapsed_us;x\n100;1\n200;2", "us", True),
        (
            "millis,x\n5000,1\n6000,2\n0,3\n1000,4\n"
            + "".join(f"{i}000,5\n" for i in range(2, 20)),
            "ms",
            True,
        ),
    ],
)
def test_the_seconds_of_a_run(text: str, unit: str, is_said: bool) -> None:
    """A column called time that grows as seconds or milliseconds of a run do is elapsed time."""
    found = find(text)
    assert found is not None
    assert found.form is not None
    assert (found.form.kind, found.form.scale.name) == ("elapsed", unit)
    assert ("pass unit=" in found.note) != is_said
    said = find(text, unit="s")
    assert said is not None
    assert said.form is not None
    assert (said.form.kind, said.form.scale.name) == ("elapsed", "s")


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("time,value\n01/02/2026 10:00,1", "time_format='%d/%m/%Y %H:%M'"),
        ("Date,Time,x\n01/02/2026,10:00,1", "time=['Date', 'Time'] and time_format="),
        ("Time,Date,x\n10:00 PM,01/02/26,1", "time=['Date', 'Time'] and time_format="),
        ("time,value\n2026-07-01 12:00:00 CST,1", "timezone='America/Chicago'"),
        ("time,value\n2026-07-01 12:00:00 QZT,1", "time_format='%Y-%m-%d %H:%M:%S QZT'"),
        ("time,value\nyesterday,1", "time=False"),
        ("time,value\nyesterday,1", "as for datetime.strptime, time='…' for another column, or"),
        ("x,y\n2026-07-01@25:00,1", "time_format='…'"),
        ("Date,Time,x\n13.07.26,25.30,1\n13.07.26,12.31,2", "time='Date'"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, advice: str) -> None:
    """What looks like times by name or content is never given the time of loading silently."""
    with pytest.raises(ParseError, match=re.escape(advice)) as caught:
        find(text)
    for said in re.findall(r"time_format='(%[^…']+)'", str(caught.value)):
        columns = re.search(r"time=(\[[^\]]*\])", str(caught.value))
        names = re.findall("'([^']+)'", columns[1]) if columns else []
        found = find(text, time_format=said, **({"time": tuple(names)} if names else {}))
        assert found is not None
        assert found.columns
        assert times(text, time_format=said)[1]
    for said in re.findall(r"timezone='([^…']+)'", str(caught.value)):
        assert times(text, zone=ZoneInfo(said))[1][0].endswith("Z")


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("2026 7 1 12 0 5 21.5\n2026 7 1 12 1 5 21.5", 6, "12:01:05"),
        ("2026 7 1 12 1 21.5\n2026 7 1 12 2 21.5", 5, "12:02:00"),
        ("2026-07-01,12:00:00,5", 2, "12:00:00"),
        ("x,20260701120001,5", 1, "12:00:01"),
        ("1782907200,5", 1, "12:00:00"),
        ("2026-07-01 12:00:00,123,23.5\n2026-07-01 12:00:01,007,23.5", 2, "12:00:01"),
        ("2026-07-01 12:00:00,123,23.5\n2026-07-01 12:00:01,107,23.5", 1, "12:00:01"),
        (
            "$GPRMC,120000.00,A,4807.038,N,01131.000,E,022.4,084.4,010726,003.1,W*6A\n"
            "$GPRMC,120001.00,A,4807.038,N,01131.000,E,022.4,084.4,010726,003.1,W*6A",
            2,
            "12:00:01",
        ),
    ],
)
def test_tables_without_names(text: str, columns: int, expected: str) -> None:
    """Times are found by what they look like alone."""
    delimiter = "," if "," in text else " "
    rows = [line.split(delimiter) for line in text.split("\n")]
    names = [f"c{i + 1}" for i in range(len(rows[0]))]
    found = find_times(names, rows, CsvOptions(), has_header=False, is_final=True)
    assert found is not None
    assert found.form is not None
    assert len(found.columns) == columns
    wall, _ = found.form.read_cells([rows[-1][c] for c in found.columns])
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=wall // 1000)
    assert f"{when:%Y-%m-%d %H:%M:%S}" == f"2026-07-01 {expected}"


def test_a_format_that_does_not_read() -> None:
    """The error names the format that was given, and one that reads."""
    text = "time,value\n2026-07-01 12:00:00,1"
    with pytest.raises(
        ParseError, match=r"by time_format='%d/%m/%Y'.*Pass time_format='%Y-%m-%d %H"
    ):
        find(text, time_format="%d/%m/%Y")
    with pytest.raises(ParseError, match=r"Pass unit='s'.*time_format='elapsed'"):
        find("x,y\n5,1\n3,2", time=("x",))
    assert times("x,y\n5,1\n3,2", time=("x",), time_format="elapsed")[0] == "x"


def test_time_false_asks_for_the_time_of_arrival() -> None:
    """What the errors advise for columns that are no times works."""
    found = find("time,value\nyesterday,1", time=())
    assert found is not None
    assert found.columns == ()
    assert times("Date,Time,x\n13.07.26,25.30,1\n13.07.26,12.31,2", time=("Date",))[0] == "Date"


def test_few_rows_are_waited_for() -> None:
    """What one row can't tell isn't decided while more may come."""
    assert find("time,value\nstart,1", is_final=False) is None
    found = find("a,b\n1,2", is_final=False)
    assert found is not None


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("Time (UTC)", 0),
        ("timestamp_utc", 0),
        ("Date Time, GMT+02:00", 7200),
        ("Zeit [UTC-3]", -10800),
        ("(PDH-CSV 4.0) (W. Europe Daylight Time)(-120)", 7200),
        ("Time", None),
        ("utilization time", None),
    ],
)
def test_the_zone_of_a_header(name: str, offset: int | None) -> None:
    """A zone in the name of a column counts, also when the user named one for times without."""
    text = f"{name};x\n2026-07-13 12:00:00;1"
    found = find(text)
    assert found is not None
    assert found.form is not None
    zone = found.form.zone
    seconds = None if zone is None else round((zone.utcoffset(None) or timedelta()).total_seconds())
    assert seconds == offset
    asked = find(text, zone=ZoneInfo("Europe/Berlin"))
    assert asked is not None
    assert asked.form is not None
    assert asked.form.zone == zone
    assert find("Time (UTC);x\n2026-07-13 12:00:00+02:00;1").form.zone is None  # type: ignore[union-attr]


def test_columns_that_were_asked_for() -> None:
    """Several columns are joined in the order given, by a format or by what they hold."""
    text = "a,b,c\n12:00:01,1,01/02/26"
    assert times(text, time=(2, 0), time_format="%d/%m/%y %H:%M:%S")[1] == ["2026-02-01 12:00:01"]
    text = "a,b,c\n12:00:01,1,2026-02-01"
    assert times(text, time=("c", "a"))[1] == ["2026-02-01 12:00:01"]
    assert times("a,b\n1782907200,3", time=("a",))[1] == ["2026-07-01 12:00:00Z"]
    assert times("a,b\n5,3", time=("a",), unit="s")[1] == ["1970-01-01 00:00:05Z"]


@pytest.mark.parametrize("name", ["t", "temps", "year"])
def test_a_number_that_is_too_large_is_no_time(name: str) -> None:
    """A cell that no float can hold is a missing reading, in a column that may count time too."""
    cells = [str(100 + i) for i in range(14)]
    cells[6] = "1e400"
    found = find("\n".join([f"{name},x", *(f"{cell},5" for cell in cells)]))
    assert found is not None
    assert found.columns == ()
