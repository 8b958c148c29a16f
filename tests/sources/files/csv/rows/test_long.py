"""Tables with a row for each value."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.files.csv.format.test_discover import settled
from tests.sources.files.csv.test_source import reading, said, wait_said
from tests.wait import wait_until

HOME = (
    "entity_id,state,last_changed\n"
    "sensor.temp,unavailable,2026-07-01T12:00:00.000Z\n"
    "binary_sensor.door,on,2026-07-01T12:00:01.000Z\n"
    "sensor.temp,21.5,2026-07-01T12:00:02.000Z\n"
    "sun.sun,above_horizon,2026-07-01T12:00:03.000Z\n"
    "sensor.temp,21.6,2026-07-01T12:00:04.000Z\n"
    "binary_sensor.door,off,2026-07-01T12:00:05.000Z\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "history.csv"


def columns(found: dict[str, list[float | None]]) -> dict[str, list[float]]:
    """Return readings without the gaps that a common table has."""
    return {name: [x for x in xs if x is not None] for name, xs in found.items()}


def test_it_is_offered(path: Path) -> None:
    """A column of names beside a column of values is told with the option that splits it."""
    with reading(path, HOME) as source:
        settled(source, 6)
        assert "pivot='entity_id' makes a channel of each" in "\n".join(source.notes)


SAR = (
    "Linux 6.1.0 (box) \t07/01/2026 \t_x86_64_\t(2 CPU)\n\n"
    "12:00:01          DEV       tps     %util\n"
    "12:00:02          sda      1.00      0.10\n"
    "12:00:02          sdb      2.00      0.20\n\n"
    "12:00:02          DEV       tps     %util\n"
    "12:00:03          sda      3.00      0.10\n"
    "12:00:03          sdb      4.00      0.20\n"
)


@pytest.mark.parametrize(
    ("text", "pivot", "channels"),
    [
        (SAR, "DEV", {"sda tps": [1, 3], "sdb tps": [2, 4]}),
        (
            SAR.replace("DEV", "CPU").replace("sda", "all").replace("sdb", "  0"),
            "CPU",
            {"all tps": [1, 3], "CPU 0 tps": [2, 4]},
        ),
        (
            "time,sensor_id,value\n1782907200,1,20\n1782907200,2,30\n1782907201,1,21\n",
            "sensor_id",
            {"sensor_id 1": [20, 21], "sensor_id 2": [30]},
        ),
        (
            "time,room,temp\n1782907200,bath,20\n1782907200,hall,30\n1782907201,bath,21\n"
            "1782907201,hall,31\n",
            "room",
            {"bath": [20, 21], "hall": [30, 31]},
        ),
    ],
)
def test_rows_of_one_time_that_a_column_tells_apart(
    path: Path, text: str, pivot: str, channels: dict[str, list[float]]
) -> None:
    """The column is offered whatever it is called, and what is offered makes channels."""
    with reading(path, text) as source:
        wait_said(source, f"pivot={pivot!r} makes a channel of each")
        wait_said(source, "(2 so far)")
    with reading(path, text, pivot=pivot) as source:
        wait_until(lambda: source.counters().received > 2, 5, lambda: source.status)
        found = columns(settled(source, 3))
        assert {name: found.get(name) for name in channels} == channels
        assert source.counters().rejected == 0


@pytest.mark.parametrize(
    "text",
    [
        "time,note,v\n1782907200,a,1\n1782907201,b,2\n1782907202,a,3\n1782907203,b,4\n",
        "time,cpu,v\n1782907200,10,1\n1782907201,20,2\n1782907202,10,3\n",
        "time,v,w\n1782907200,1,5\n1782907200,2,5\n1782907201,1,6\n1782907201,2,6\n",
    ],
)
def test_other_columns_are_not_offered(path: Path, text: str) -> None:
    """Words beside readings at times of their own and readings that repeat tell no rows apart."""
    with reading(path, text, states=[]) as source:
        settled(source, 3)
        assert "pivot=" not in said(source)


def test_home_assistant(path: Path) -> None:
    """Each name is a channel; a switch is 1 and 0 beside names that are numbers; text is refused."""
    with reading(path, HOME, pivot="entity_id", timezone="UTC") as source:
        assert columns(settled(source, 6)) == {
            "binary_sensor.door": [1.0, 0.0],
            "sensor.temp": [21.5, 21.6],
        }
        assert source.counters().rejected == 2  # the sun, and what was unavailable
        wait_said(source, "above_horizon")
        assert source.state.name == "RUNNING"


@pytest.mark.parametrize(
    ("text", "pivot", "expected"),
    [
        (
            "time,metric,value\n1782907200,cpu,1\n1782907200,mem,2\n1782907201,cpu,3\n",
            "metric",
            {"cpu": [1, 3], "mem": [2]},
        ),
        (
            "time,host,load,users\n1782907200,a,1,5\n1782907200,b,2,6\n",
            "host",
            {"a load": [1], "a users": [5], "b load": [2], "b users": [6]},
        ),
        (
            "#group,false,false,false,false,false\n#datatype,string,long,dateTime:RFC3339,double,string\n"
            "#default,_result,,,,\n,result,table,_time,_value,_field\n"
            ",,0,2026-07-01T12:00:00Z,21.5,temp\n,,1,2026-07-01T12:00:00Z,40,hum\n",
            "_field",
            {"temp": [21.5], "hum": [40]},
        ),
        (
            "time;sensor;value\n1782907200;a;1,5 °C\n1782907201;b;40 %\n1782907202;a;2,5 °C\n",
            "sensor",
            {"a": [1.5, 2.5], "b": [40]},
        ),
    ],
)
def test_other_long_tables(
    path: Path, text: str, pivot: str, expected: dict[str, list[float]]
) -> None:
    """Databases and loggers write them with other names."""
    n_rows = text.count("\n") - 1 - text.count("#")
    with reading(path, text, pivot=pivot) as source:
        assert columns(settled(source, n_rows)) == expected
        assert source.counters().rejected == 0


def test_units_of_names(path: Path) -> None:
    """Each name has the unit of its own cells."""
    text = "time,sensor,value\n1782907200,a,1 °C\n1782907201,b,40 %\n"
    with reading(path, text, pivot="sensor") as source:
        settled(source, 2)
        wait_until(lambda: source.buffer.units.get("b") == "%", 5, "the units")
        assert source.buffer.units["a"] == "°C"


def test_a_history_that_is_written_anew_gives_each_reading_once(path: Path) -> None:
    """Rows that were read before are passed over, name by name."""
    with reading(path, HOME, pivot="entity_id") as source:
        settled(source, 6)
        path.write_text(HOME + "sensor.temp,21.7,2026-07-01T12:00:06.000Z\n")
        wait_until(
            lambda: columns(settled(source, 6))["sensor.temp"][-1] == 21.7, 5, lambda: said(source)
        )
        assert columns(settled(source, 6))["sensor.temp"] == [21.5, 21.6, 21.7]


def test_a_missing_column_of_names_is_an_error(path: Path) -> None:
    """The error lists the columns that there are."""
    with reading(path, HOME, pivot="sensor") as source:
        wait_until(lambda: source.state.name == "FAILED", 5, lambda: source.status)
        assert "needs a 'sensor' column; found ['entity_id', 'state'" in source.status
        assert "Pass pivot=" in source.status
