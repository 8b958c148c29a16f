"""What others send, however bad it is: each source of messages or lines makes the same of it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbstream.sources import JsonLinesSource, Source, SourceState
from tests.sources.harnesses import (
    HARNESSES,
    files,
    http,
    kafka,
    label_of,
    mqtt,
    process,
    redis,
    serial,
    stdin,
    tcp,
    websocket,
)
from tests.wait import wait_until

SENDERS = (
    tcp.TcpHarness,
    websocket.WebSocketHarness,
    mqtt.MqttHarness,
    redis.RedisHarness,
    redis.PublishHarness,
    http.EventsHarness,
    http.LinesHarness,
    kafka.KafkaHarness,
    files.LinesHarness,
    files.JsonHarness,
    stdin.StdinHarness,
    serial.SerialHarness,
    process.ProcessHarness,
)
ELSEWHERE = {
    "CsvSource": "Its cells are in tests/sources/files/csv and tests/sources/test_number_forms.py.",
    "LogSource": "Its pattern says what counts; lines and their numbers are those of LinesSource.",
    "HttpSource": "A page is one document; what services answer is in tests/sources/network/test_http.py.",
    "SqlSource": "Rows have cells, not messages; odd ones are in tests/sources/network/test_sql.py.",
    "ParquetSource": "Its columns have types; odd ones are in tests/sources/files/parquet.",
    "DataFrameSource": "Its columns have types; odd ones are in tests/sources/test_tables.py.",
    "CallableSource": "What Python hands over is in tests/sources/test_items.py.",
    "IterableSource": "What Python hands over is in tests/sources/test_items.py.",
    "TrainingSource": "What Python hands over is in tests/sources/python/test_training.py.",
    "Transform": "It takes what another source has read.",
    "Replay": "It plays what another source has read.",
    "RandomSource": "It makes its numbers itself.",
    "DaskSource": "What a part hands over is in tests/cluster/test_dask_source.py.",
    "SystemSource": "It measures this machine itself.",
}
"""Kinds of sources that are sent no messages or lines, and where what they are given is tested."""
EACH = pytest.mark.parametrize("kind", SENDERS, ids=lambda kind: label_of(kind).replace("`", ""))
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
SOON = 10.0


@contextlib.contextmanager
def talking(kind: Any) -> Iterator[tuple[Any, Source]]:
    """Give a harness whose other side is there, and a source that listens to it."""
    harness = kind()
    try:
        harness.start()
        with harness.make() as source:
            wait_until(lambda: source.state is SourceState.RUNNING, SOON, lambda: repr(source))
            yield harness, source
    finally:
        harness.close()


def values(source: Source, channel: str) -> list[Any]:
    """Return what a channel holds, None where it has no value."""
    if channel not in source.buffer.channels:
        return []
    found = source.buffer.channel(channel).rows(0).values.tolist()
    return [x if x == x else None for x in found]


def test_each_kind_is_sent_bad_messages_or_says_where_else() -> None:
    """No kind of source is forgotten."""
    sent = {kind.kind.__name__ for kind in SENDERS}
    assert sent | ELSEWHERE.keys() == {harness.kind.__name__ for harness in HARNESSES}
    assert sent & ELSEWHERE.keys() == {"HttpSource"}  # pages beside lines and events


@EACH
def test_odd_messages(kind: Any) -> None:
    """Commas, words, booleans, nothing, too much, nested and broken JSON: each message costs itself."""
    said = [
        {"comma": "21,5"},
        {"comma": "22,75"},
        {"thousands": "1,234.5"},
        {"either": "1,234", "beside": 1},
        {"yes": True},
        {"yes": False},
        {"mode": "RUN", "also": 1},
        {"a": {"b": [1, 2], "c": {"d": 3}}},
        {"unit": "21.5 °C"},
        {"none": None, "w": 1},
        {"w": float("nan"), "v": 1},
        {"quoted": "1e3"},
    ]
    bad = ["<html>busy</html>", '{"x": ', '{"a":' * 900 + "1" + "}" * 900, "{}"]
    with talking(kind) as (harness, source):
        harness.say([*map(json.dumps, said), '{"huge": 1e999, "v": 2}', *bad, '{"x": 7}'])
        wait_until(lambda: values(source, "x") == [7.0], SOON, lambda: repr(source))
        expected = {
            "comma": [21.5, 22.75], "beside": [1.0], "yes": [1.0, 0.0], "also": [1.0], "a.b[0]": [1.0],
            "a.b[1]": [2.0], "a.c.d": [3.0], "unit": [21.5], "w": [1.0, None], "v": [1.0, 2.0],
            "quoted": [1000.0], "thousands": [1234.5],
        }  # fmt: skip
        assert {name: values(source, name) for name in expected} == expected
        assert "either" not in source.buffer.channels
        assert source.buffer.units["unit"] == "°C"
        wait_until(lambda: source.counters().accepted == len(said) + 2, SOON)
        source.stop()  # a line of words might be the header of what follows until then
        counters = source.counters()
        assert (counters.rejected, counters.late, counters.dropped) == (len(bad), 0, 0)
        assert any("first 'either': '1,234'" in note for note in source.notes), source.notes
        assert any("'1,234.5' is 1234.5" in note for note in source.notes), source.notes
        assert any("'22,75' is 22.75" in note for note in source.notes), source.notes
        assert any("cannot be read" in note for note in source.notes), source.notes


@EACH
def test_ten_thousand_channels(kind: Any) -> None:
    """The first 200 are kept, the rest is counted, and what is known goes on."""
    parts = [{f"c{i}": 1 for i in range(first, first + 2000)} for first in range(0, 10_000, 2000)]
    with talking(kind) as (harness, source):
        harness.say([json.dumps(part, separators=(",", ":")) for part in parts])
        harness.say(['{"late": 1}', '{"c0": 2}'])
        wait_until(lambda: values(source, "c0") == [1.0, 2.0], SOON, lambda: repr(source))
        wait_until(lambda: len(source.buffer.channels) == 200, SOON)  # they come apart from c0
        told = "9,801 channels left out, as 'c1000': the buffer holds 200"
        wait_until(lambda: told in source.notes, SOON, lambda: f"{source.notes}")
        wait_until(lambda: source.counters()[:5] == (7, 2, 0, 0, 5), SOON, lambda: repr(source))


@EACH
def test_a_message_of_megabytes(kind: Any) -> None:
    """It is dropped and counted, and what comes after it is read."""
    with talking(kind) as (harness, source):
        harness.say(['{"x": 1}'])
        wait_until(lambda: values(source, "x") == [1.0], SOON, lambda: repr(source))
        harness.say(['{"x": "' + "a" * 3 * 2**20 + '"}'])
        wait_until(lambda: source.counters().dropped == 1, SOON, lambda: repr(source))
        assert any("longer than" in note for note in source.notes), source.notes
        wait_until(lambda: source.state is SourceState.RUNNING, SOON, lambda: repr(source))
        harness.say(['{"x": 2}'])
        wait_until(lambda: values(source, "x") == [1.0, 2.0], SOON, lambda: repr(source))


@EACH
def test_a_clock_that_is_wrong(kind: Any) -> None:
    """A device that is hours ahead is told, and its readings are kept at the times that it names."""
    now = int(time.time())
    with talking(kind) as (harness, source):
        harness.say([f'{{"ts": {now + 3 * 3600 + i}, "x": {i}}}' for i in range(3)])
        wait_until(lambda: values(source, "x") == [0.0, 1.0, 2.0], SOON, lambda: repr(source))
        wait_until(lambda: any("3 h ahead of" in note for note in source.notes), SOON)
        assert source.buffer.channel("x").rows(0).times[0] == (now + 3 * 3600) * 10**9


@pytest.mark.timeout(240)
def test_a_million_tiny_messages(tmp_path: Path) -> None:
    """Each is counted; the buffer holds what it may hold."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"x":1}\n' * 1_000_000)
    with JsonLinesSource(path) as source:
        wait_until(lambda: source.counters().accepted == 1_000_000, 60, lambda: repr(source))
        assert len(source.buffer) <= 1_000_000
