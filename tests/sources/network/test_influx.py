"""Answers of InfluxDB, in the forms of its documentation ("Annotated CSV", "Query with the HTTP API")."""

from __future__ import annotations

import json
from typing import Any

import pytest

import nbstream as ns
from nbstream.sources.item_times import ItemTimes
from nbstream.sources.network.influx import frame_of_flux, frame_of_influxql
from nbstream.testing import FakeClock
from tests.counterparts.http import Request, serve
from tests.wait import wait_until

pytest.importorskip("httpx")
ANNOTATIONS = """\
#group,false,false,true,true,false,false,true,true,true,true
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string,string
#default,mean,,,,,,,,,
"""
HEADER = ",result,table,_start,_stop,_time,_value,_field,_measurement,host,region\n"
SPAN = "2022-12-31T05:41:24Z,2023-01-31T05:41:24.001Z"
ROWS = f"""\
,,0,{SPAN},2023-01-01T00:52:00Z,15.43,mem,m,A,east
,,1,{SPAN},2023-01-01T00:52:00Z,59.25,mem,m,B,east
,,2,{SPAN},2023-01-01T00:52:10.000000007Z,52.62,mem,m,C,east
"""
MEM = {"m A east mem": [15.43], "m B east mem": [59.25], "m C east mem": [52.62]}
OTHER = f"""\
#group,false,false,true,true,false,false,true,true
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,boolean,string,string
#default,_result,,,,,,,door
,result,table,_start,_stop,_time,_value,_field,_measurement
,,3,{SPAN},2023-01-01T00:52:00Z,true,open,
,,3,{SPAN},2023-01-01T00:53:00Z,false,open,
"""
PIVOTED = f"""\
#group,false,false,true,true,false,true,true,false,false
#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,string,string,double,long
#default,_result,,,,,,,,
,result,table,_start,_stop,_time,_measurement,room,hum,temp
,,0,{SPAN},2023-01-01T00:52:00Z,air,7,40.5,21
,,0,{SPAN},2023-01-01T00:52:10Z,air,7,,22
"""
TIMES = ItemTimes(FakeClock().wall_ns, ns.Buffer(timezone="UTC").timezone)
SERIES: dict[str, Any] = {
    "statement_id": 0,
    "series": [
        {
            "name": "cpu_load_short",
            "columns": ["time", "value"],
            "values": [["2015-01-29T21:55:43.702900257Z", 2], ["2015-06-11T20:46:02Z", 0.64]],
        }
    ],
}


def held(frame: Any) -> dict[str, list[float]]:
    """Return the numbers of a table by channel."""
    return {name: frame[name].dropna().tolist() for name in frame}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ANNOTATIONS + HEADER + ROWS, MEM),
        (HEADER + ROWS, MEM),
        ((HEADER + ROWS).replace("\n", "\r\n") + "\r\n", MEM),
        (f"{ANNOTATIONS}{HEADER}{ROWS}\n{OTHER}\n", MEM | {"door open": [1.0, 0.0]}),
        (ANNOTATIONS + HEADER + ROWS + OTHER, MEM | {"door open": [1.0, 0.0]}),
        (PIVOTED, {"air 7 hum": [40.5], "air 7 temp": [21.0, 22.0]}),
        (HEADER, {}),
        ("", {}),
    ],
    ids=["annotated", "bare", "Windows", "two", "two without a line between", "pivot", "none", "empty"],
)  # fmt: skip
def test_flux(text: str, expected: dict[str, list[float]]) -> None:
    """Each series is a channel by measurement, tags and field; each value has its own time, to the ns."""
    frame = frame_of_flux(text, TIMES)
    assert held(frame) == expected
    if "m C east mem" in frame:
        assert frame["m C east mem"].dropna().index[0].value % 1000 == 7


def test_influxql() -> None:
    """Series with tags, times as text or as numbers, missing values."""
    tagged = {
        "series": [
            {
                "name": "cpu", "tags": {"host": host}, "columns": ["time", "mean", "n"],
                "values": [[1782907200000, 2, None]],
            }
            for host in "ab"
        ]
    }  # fmt: skip
    frame = frame_of_influxql({"results": [SERIES, tagged]}, TIMES)
    assert frame is not None
    assert held(frame).pop("cpu_load_short value") == [2.0, 0.64]
    assert frame[["cpu a mean", "cpu b mean"]].dropna().values.tolist() == [[2, 2]]
    assert frame.index[0].isoformat() == "2015-01-29T21:55:43.702900257+00:00"
    assert frame.index[-1].year == 2026


@pytest.mark.parametrize(
    "item", [3, [], {}, {"results": []}, {"results": [{"series": [{"columns": ["a"]}]}]}]
)
def test_what_is_something_else_is_left_to_others(item: Any) -> None:
    """An object may have results without being InfluxDB's."""
    assert frame_of_influxql(item, TIMES) is None


def test_an_error_is_told() -> None:
    """Both forms tell one within an answer that succeeded."""
    with pytest.raises(ValueError, match="retention policy not found"):
        frame_of_influxql({"results": [{"error": "retention policy not found"}]}, TIMES)
    text = "#datatype,string,string\n,error,reference\n,Failed to parse query,897\n"
    with pytest.raises(ValueError, match="Failed to parse query"):
        frame_of_flux(text, TIMES)


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (ANNOTATIONS + HEADER + ROWS, "text/csv; charset=utf-8", MEM),
        (HEADER + ROWS, "application/csv", MEM),
        (json.dumps({"results": [SERIES]}), "application/json", {"cpu_load_short value": [2.0, 0.64]}),
    ],
)  # fmt: skip
def test_a_server_is_asked_again_and_again(
    body: str, kind: str, expected: dict[str, list[float]]
) -> None:
    """Rows that came before are left out."""
    asked: list[bytes] = []

    def say(request: Request) -> None:
        asked.append(request.body)
        request.say(body, kind)

    query = 'from(bucket: "lab") |> range(start: -1m)'
    with (
        serve(say) as url,
        ns.HttpSource(url, method="POST", content=query, interval=0.01) as source,
    ):
        wait_until(lambda: len(asked) > 4)
        assert held(source.buffer.to_pandas()) == expected
        assert source.counters().reconnects == 0
        assert asked[0] == query.encode()
