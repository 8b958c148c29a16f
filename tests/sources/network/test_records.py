"""Readings are found in what services wrap around them; the documents have the form of well-known ones."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from nbstream.sources.item_times import ItemTimes
from nbstream.sources.network.records import find_records
from tests.sources.network.test_message_source import START_NS

T = START_NS // 10**9
ISO = "2026-07-01T12:00:{:02d}Z"

FOUND: dict[str, tuple[Any, str, list[str]]] = {
    "GeoJSON": (
        {
            "type": "FeatureCollection",
            "metadata": {"generated": T * 1000, "count": 1},
            "features": [
                {
                    "properties": {"mag": 1.2, "time": T * 1000, "updated": T * 1000 + 5},
                    "geometry": {"coordinates": [-116.7, 33.5, 12.1]},
                }
            ],
        },
        "features",
        ["properties", "geometry"],
    ),
    "columns": (
        {"latitude": 52.5, "hourly": {"time": [ISO.format(0), ISO.format(1)], "temp": [5.1, 5.0]}},
        "hourly",
        ["time", "temp"],
    ),
    "a search": (
        {
            "took": 1,
            "hits": {"hits": [{"_id": "a", "_source": {"@timestamp": ISO.format(0), "x": 4}}]},
        },
        "hits.hits",
        ["_id", "_source"],
    ),
    "a channel with its feeds": (
        {
            "channel": {"id": 9, "created_at": ISO.format(0), "updated_at": ISO.format(9)},
            "feeds": [{"created_at": ISO.format(i), "field1": f"{i}"} for i in range(3)],
        },
        "feeds",
        ["created_at", "field1"],
    ),
    "a query's series": (
        {
            "results": [
                {
                    "series": [
                        {"name": "cpu", "columns": ["time", "x"], "values": [[ISO.format(0), 1.5]]}
                    ]
                }
            ]
        },
        "results[0].series[0]",
        ["time", "x"],
    ),
    "rows below their names": (
        [["time_tag", "density"], [ISO.format(0), "3.1"], [ISO.format(1), "3.2"]],
        "",
        ["time_tag", "density"],
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_the_list_of_readings_is_found(name: str) -> None:
    """With where it stands, and a dict for each reading."""
    document, path, names = FOUND[name]
    rows, paths = find_records(document, ItemTimes(lambda: START_NS, UTC))
    assert paths == (path,)
    assert rows is not None
    assert list(rows[0]) == names


NOT_MEANT: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a reading with its receivers": (
        {
            "received_at": ISO.format(0),
            "payload": {"temp": 3},
            "rx": [{"time": ISO.format(0), "rssi": -9}],
        },
        ("rx",),
    ),
    "two lists": (
        {"a": [{"ts": T, "x": 1}], "b": [{"ts": T, "x": 1}]},
        ("a", "b"),
    ),
    "no times": ({"prices": [{"usd": 1}, {"usd": 2}]}, ()),
    "a matrix": ({"time": T, "matrix": [[1, 2], [3, 4]]}, ()),
    "nothing": ([], ()),
    "columns of different lengths": ({"time": [T, T + 1], "x": [1]}, ()),
    "values by name": ({"values": [{"name": "PM1", "value": 12.7}]}, ()),
}


@pytest.mark.parametrize("name", NOT_MEANT)
def test_what_is_not_clear_is_left_as_it_is(name: str) -> None:
    """Where something else says when it was, or there are several, they are only named."""
    document, paths = NOT_MEANT[name]
    assert find_records(document, ItemTimes(lambda: START_NS, UTC)) == (None, paths)


def test_a_name_for_the_time_chooses() -> None:
    """What has no time under that name is no reading."""
    document = {"a": [{"ts": T, "x": 1}], "b": [{"when": T, "x": 1}]}
    assert find_records(document, ItemTimes(lambda: START_NS, UTC), "when").paths == ("b",)
