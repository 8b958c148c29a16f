"""Where a table begins, how its cells are separated, what its columns are called."""

from __future__ import annotations

import pytest

from nbstream.sources.files.csv.format.find_table import find_table
from nbstream.sources.files.csv.format.header import Table
from nbstream.sources.files.csv.format.options import CsvOptions

ROWS = "2026-07-01 12:00:00,21.5\n2026-07-01 12:00:01,21.6\n"


def find(text: str, **options: object) -> Table:
    """Return the table of a text that has one."""
    table = find_table(text.split("\n")[:-1], CsvOptions(**options))  # type: ignore[arg-type]
    assert table is not None
    return table


@pytest.mark.parametrize(
    ("head", "first_row"),
    [
        ("time,temp\n", 1),
        ("# logger 7\n# site north\ntime,temp\n", 3),
        (";Instrument X\n;Collected at site A\ntime,temp\n", 3),
        ("// logger\ntime,temp\n", 2),
        ("% logger\ntime,temp\n", 2),
        ("StartTime = 2026-07-01 12:00:00\ntime,temp\n", 2),
        ("Device: X\nSerial: 12345\nInterval: 10 s\ntime,temp\n", 4),
        ("Station,North\nSerial,123\n\ntime,temp\n", 4),
        ("Station,North\nSerial,123\ntime,temp\n", 3),
        ("Weather of July\n\ntime,temp\n", 3),
        ("Weather of July,\n,\ntime,temp\n", 3),
        ("sep=,\ntime,temp\n", 2),
        ('"sep=,"\ntime,temp\n', 2),
        ("\n\ntime,temp\n", 3),
        ("# time,temp\n", 1),
        ("#time,temp\n", 1),
        ("%time,temp\n", 1),
        ("time,temp\n\n", 2),
        ("time,temp\n---------\n", 2),
        ("time,temp\nTS,C\n", 2),
        ("time,temp\n,[°C]\n", 2),
        ("time,temp\ndatetime64[ns],float64\n", 2),
    ],
)
def test_the_names_are_found_below_what_stands_above_them(head: str, first_row: int) -> None:
    """Comments, metadata, titles and blank lines are passed over."""
    table = find(head + ROWS)
    assert table.names == ("time", "temp")
    assert table.first_row == first_row
    assert table.delimiter == ","


TOA5 = (
    '"TOA5","77","CR3000","77","Std.22"\n"TIMESTAMP","RECORD","temp","hum","batt"\n'
    '"TS","RN","C","%","V"\n"","","Avg","Avg","Smp"\n'
    '"2026-06-07 13:00:00",1,21.5,40,12.6\n"2026-06-07 13:01:00",2,21.6,"NAN",12.6\n'
)
DAVIS = (
    "\t\tTemp\tHi\tLow\tOut\nDate\tTime\tOut\tTemp\tTemp\tHum\n"
    "01/07/26\t0:30\t18.4\t18.9\t18.4\t77\n01/07/26\t1:00\t18.4\t18.9\t18.4\t77\n"
)
PANDAS = ",temp,temp,hum\n,mean,max,mean\ntime,,,\n2026-07-01,1,2,3\n2026-07-02,1,2,3\n"
RIGOL = (
    "X,CH1,CH2,Start,Increment,\nSequence,Volt,Volt,0.000000e+00,1.000000e-06\n"
    "0,1.2e-1,2.0e-1,,\n1,1.3e-1,2.1e-1,,\n2,1.3e-1,2.1e-1,,\n"
)
TEKTRONIX = (
    "Model,MSO64\nFirmware Version,1.2.3\n\nPoint Format,Y\nHorizontal Units,S\n"
    "Horizontal Scale,4e-05\nSample Interval,3.2e-10\nRecord Length,1000\n\nTIME,CH1,CH2\n"
    "-2.0e-4,0.1,0.2\n-1.9e-4,0.1,0.2\n-1.8e-4,0.1,0.2\n"
)
LABVIEW = (
    "LabVIEW Measurement\t\nWriter_Version\t2\nSeparator\tTab\nDecimal_Separator\t.\n"
    "Date\t2026/07/01\nTime\t12:00:00\n***End_of_Header***\t\n\t\nChannels\t2\t\t\n"
    "Samples\t3\t3\t\nDate\t2026/07/01\t2026/07/01\t\nX0\t0.0\t0.0\t\nDelta_X\t0.1\t0.1\t\n"
    "***End_of_Header***\t\t\t\nX_Value\tVoltage\tVoltage 1\tComment\n"
    "0.0\t1.5\t2.5\n0.1\t1.6\t2.6\n0.2\t1.6\t2.6\n"
)
SAR = (
    "Linux 6.1 (host) \t07/01/26 \t_x86_64_\t(4 CPU)\n\n"
    "12:00:01        CPU     %user     %nice   %system\n"
    "12:10:01        all      1.25      0.00      0.50\n"
    "12:20:01        all      1.25      0.00      0.50\n"
)
VMSTAT = (
    "procs -----------memory---------- ---swap--\n r  b   swpd   free   buff  cache   si   so\n"
    " 1  0      0 123456  12345 123456    0    0\n 1  0      0 123456  12345 123456    0    0\n"
)
VMSTAT_T = (
    "procs ---memory-- --swap-- -----timestamp-----\n r  b   free   si                 UTC\n"
    " 1  0 123456    0 2026-07-01 12:00:00\n 1  0 123457    0 2026-07-01 12:00:01\n"
)
DOCKER = (
    "NAME   CPU %     MEM USAGE / LIMIT     NET I/O\n"
    "web    0.50%     12.5MiB / 1.9GiB      1.2kB / 0B\n"
    "db     1.50%     120MiB / 1.9GiB       1.2kB / 0B\n"
)
HOBO = (
    '"Plot Title: 10234567"\n"#","Date Time, GMT-04:00","Temp, °F (LGR S/N: 10234567)","RH, %"\n'
    "1,07/01/26 12:00:00 PM,70.1,45.2\n2,07/01/26 12:01:00 PM,70.3,45.1\n"
)
FLUX = (
    "#group,false,false,true,true,false,false\n"
    "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,double,string\n#default,_result,,,,,\n"
    ",result,table,_start,_time,_value,_field\n"
    ",,0,2026-07-01T11:00:00Z,2026-07-01T11:30:00Z,21.5,temp\n"
    ",,0,2026-07-01T11:00:00Z,2026-07-01T11:31:00Z,21.6,temp\n"
)


@pytest.mark.parametrize(
    ("text", "names", "first_row", "units"),
    [
        (TOA5, "TIMESTAMP RECORD temp hum batt", 4, {2: "C", 3: "%", 4: "V"}),
        (DAVIS, "Date Time Temp_Out Hi_Temp Low_Temp Out_Hum", 2, {}),
        (PANDAS, "time temp_mean temp_max hum_mean", 3, {}),
        (RIGOL, "X CH1 CH2 Start Increment", 2, {0: "Sequence", 1: "Volt", 2: "Volt"}),
        (TEKTRONIX, "TIME CH1 CH2", 10, {}),
        (LABVIEW, "X_Value Voltage Voltage_1 Comment", 15, {}),
        (SAR, "time CPU %user %nice %system", 3, {}),
        (VMSTAT, "r b swpd free buff cache si so", 2, {}),
        (FLUX, ". result table _start _time _value _field", 4, {}),
        (DOCKER, "NAME CPU_% MEM_USAGE_/_LIMIT NET_I/O", 1, {}),
        (VMSTAT_T, "r b free si date UTC", 2, {}),
        ("time v\n2026-07-01 12:00:00 21.5\n2026-07-01 12:00:01 2\n", "date time v", 1, {}),
        ('"x" "y"\n"1" 0.1 0.2\n"2" 0.3 0.4\n', "row x y", 1, {}),
        ("time;open;high;low;close\n2026-07-01;1;2;3;4\n", "time open high low close", 1, {}),
        ("# t, x\n0.0,1.5\n1.0,1.6\n", "t x", 1, {}),
        ("time,a,b,\n2026-07-01,1,2,\n", "time a b .", 1, {}),
        ("time,a,b\n2026-07-01,1,2,\n2026-07-02,1,2,\n", "time a b .", 1, {}),
        ("door\non\noff\n", "door", 1, {}),
        ("count,mean,50%\n10,2.5,2\n11,2.5,3\n", "count mean 50%", 1, {}),
    ],
)
def test_tables_of_loggers_and_programs(
    text: str, names: str, first_row: int, units: dict[int, str]
) -> None:
    """Names, units and the first row are found as each program writes them."""
    table = find(text)
    expected = tuple("" if n == "." else n.replace("_", " ") for n in names.split())
    assert tuple((n or "").replace("_", " ") for n in table.names or ()) == expected
    assert (table.first_row, table.units) == (first_row, units)


def test_a_name_in_quotes_may_hold_a_comma_and_go_over_two_lines() -> None:
    """What is quoted is one name."""
    assert find(HOBO).names == (
        "#", "Date Time, GMT-04:00", "Temp, °F (LGR S/N: 10234567)", "RH, %",
    )  # fmt: skip
    table = find('time,"Temp\n(C)",hum\n2026-07-01,1,2\n2026-07-02,1,2\n')
    assert table.names == ("time", "Temp (C)", "hum")
    assert table.first_row == 2


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("time|value\n1782907200|1\n", "|"),
        ("1782907200 52.1\n1782907201 50.9\n", " "),
        ("time;temp\n01.07.2026 12:00;21,5\n01.07.2026 12:01;21,7\n", ";"),
        ("time\ttemp\n2026-07-01 12:00:00\t21,5\n", "\t"),
        ("2026-07-01 12:00:00,21.5\n", ","),
        ("a b  c d\n2026-07-01 12:00  21.5 C\n2026-07-01 12:01  21.6 C\n", "  "),
        ("| time | temp |\n|------|-----:|\n| 2026-07-01 12:00 | 21.5 |\n", "|"),
        ("1\n2\n", ","),
        ("time,status,note\n2026-07-01 12:00:00,OK,text 1\n2026-07-01 12:00:01,OK,text 2\n", ","),
        ("time,note\n2026-07-01 12:00:00,text 1\n2026-07-01 12:00:01,text 2\n", ","),
        ("t,a,by,note\n2026-07-01T12:00:00,5,me,run 7 5\n2026-07-01T12:00:01,6,me,run 8 5\n", ","),
        ("t a b\n12:00:00 0,5 1,5\n12:00:01 0,6 1,6\n", " "),
    ],
)
def test_the_delimiter_is_found(text: str, delimiter: str) -> None:
    """It is the one by which lines look alike."""
    assert find(text).delimiter == delimiter


@pytest.mark.parametrize("text", ["1782907200 52.1\n1782907201 50.9\n", "2026-07-01,1\n", "1\n2\n"])
def test_a_first_row_without_names_is_a_row(text: str) -> None:
    """Numbers and times are no names."""
    table = find(text)
    assert table.names is None
    assert table.first_row == 0


@pytest.mark.parametrize("text", ["", "time,temp\n", "# only\n# comments\n", "Station,North\n\n"])
def test_without_a_row_there_is_no_table_yet(text: str) -> None:
    """Names alone wait for what comes below them."""
    assert find_table(text.split("\n"), CsvOptions()) is None


def test_what_is_said_is_not_guessed() -> None:
    """Header, units, comments and lines to skip can be given."""
    text = "a,b\nc,d\ne,f\n1,2\n3,4\n"
    assert find(text, header=1).names == ("a", "b")
    assert find(text, header=1, units_row=2).units == {0: "c", 1: "d"}
    assert find(text, header=2, units_row=3).units == {0: "e", 1: "f"}
    assert find(text, header=None).names is None
    assert find(text, header=None).first_row == 3
    assert find(text, header=("x", "y")).names == ("x", "y")
    assert find("junk 1 2\na,b\n1,2\n", skip=1).names == ("a", "b")
    assert find("REM x\na,b\n1,2\n", comment="REM").names == ("a", "b")
    assert find("#a,b\n1,2\n3,4\n", comment="").names == ("#a", "b")
    assert find("t,x\ns,V\n0,1\n1,2\n", units_row=False).units == {}
    assert find("t;x\n1;2\n", delimiter=";").names == ("t", "x")
    assert find("x,junk\n1960,1961\n5,6\n", channels=("1961",)).names == ("1960", "1961")


def test_what_was_passed_over_is_said() -> None:
    """The line of the names, the units, and lines before a table without names."""
    assert "header=2" in find(TOA5).notes["header"]
    assert "C, %, V" in find(TOA5).notes["units"]
    assert "2 lines" in find("hello there\nagain\n1,2\n3,4\n5,6\n").notes["passed"]


@pytest.mark.parametrize("n_rows", [2, 20])
@pytest.mark.parametrize(
    "row",
    [
        "2026-07-01 12:00:{0:02d},{0}.5,ajar,door,text {0}",
        "2026-07-01T12:00:{0:02d},{0}.5,ajar,text {0}",
        "17829072{0:02d},{0}.5,ajar,door,text {0}",
        "12:00:{0:02d},{0},a b {0},c {0}",
    ],
)
def test_words_and_a_number_may_end_the_rows_of_commas(row: str, n_rows: int) -> None:
    """Though spaces part such rows too, and no line of names tells."""
    table = find_table([row.format(i) for i in range(n_rows)], CsvOptions())
    assert table is not None
    assert (table.delimiter, table.n_columns) == (",", row.count(",") + 1)


@pytest.mark.parametrize("n_rows", [2, 20])
@pytest.mark.parametrize(
    ("row", "n_columns"),
    [
        ("2026-07-01 08:00:{0:02d},1{0:02d} {0}.5 7", 4),
        ("08:00:{0:02d},1{0:02d} {0}.5", 2),
        ("08:00:{0:02d},1{0:02d}  {0}.5  8", 3),
    ],
)
def test_commas_may_stand_before_milliseconds(row: str, n_columns: int, n_rows: int) -> None:
    """Spaces part the cells then."""
    table = find_table([row.format(i) for i in range(n_rows)], CsvOptions())
    assert table is not None
    assert table.delimiter in {" ", "  "}
    assert table.n_columns == n_columns


@pytest.mark.parametrize(
    "row", ["08:00:{0:02d},1{0:02d} mV", "08:00:{0:02d},1{0:02d} 000", "08:00:{0:02d},1{0:02d} , 7"]
)
def test_readings_of_three_digits_are_no_milliseconds(row: str) -> None:
    """Units, thousands and spaces may stand behind them."""
    table = find_table([row.format(i) for i in range(20)], CsvOptions())
    assert table is not None
    assert table.delimiter == ","
