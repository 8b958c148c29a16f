"""Files of JSON lines: nested fields, words, bad lines, and what may happen to a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbstream.sources import JsonLinesSource, SourceState
from nbstream.sources.json_text import fast_loads
from tests.wait import wait_until

START = 1_782_907_200


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file that is not there yet."""
    return tmp_path / "data.jsonl"


@pytest.fixture(params=["orjson", "json"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Read with either library."""
    if request.param == "orjson":
        pytest.importorskip("orjson")
    else:
        monkeypatch.setitem(sys.modules, "orjson", None)
    fast_loads.cache_clear()
    yield str(request.param)
    fast_loads.cache_clear()


def lines_of(*items: Any) -> str:
    """Return items as lines of JSON."""
    return "".join(json.dumps(item) + "\n" for item in items)


def read(path: Path, text: str, n: int, **options: Any) -> JsonLinesSource:
    """Return a source that has read a file of `n` readings, and is stopped."""
    path.write_text(text, "utf-8")
    with JsonLinesSource(path, poll_interval=0.01, timezone="UTC", **options) as source:
        wait_until(lambda: source.counters().received >= n, message=lambda: str(source.counters()))
        source.stop()
        source.kept = {c: source.buffer.channel(c).rows(0) for c in source.buffer.channels}  # type: ignore[attr-defined]
        source.words = dict(source.buffer.labels)  # type: ignore[attr-defined]
    return source


def values(source: Any, channel: str) -> list[Any]:
    """Return the values of a channel, None where one is missing."""
    return [None if x != x else x for x in source.kept[channel].values.tolist()]


def seconds(source: Any, channel: str) -> list[float]:
    """Return the times of a channel in seconds after `START`."""
    return [ns / 1e9 - START for ns in source.kept[channel].times.tolist()]


@pytest.mark.parametrize("n", [3, 300], ids=["few", "many"])
def test_nested_fields_are_channels_at_the_times_of_their_own(path: Path, n: int) -> None:
    """Numbers in quotes are numbers, booleans 0 and 1, null a missing reading."""
    items = [
        {"ts": START + i, "d": {"temp": i, "hum": f"{i}.5"}, "ok": i % 2 == 0, "xs": [i, None]}
        for i in range(n)
    ]
    source = read(path, lines_of(*items), n)
    assert values(source, "d.temp") == list(range(n))
    assert values(source, "d.hum") == [i + 0.5 for i in range(n)]
    assert values(source, "ok")[:2] == [1, 0]
    assert values(source, "xs[1]") == [None] * n
    assert seconds(source, "d.temp") == list(range(n))
    assert source.counters()[:3] == (n, n, 0)
    assert source.notes == ("'ts' is the time of a reading. Pass time='…' to say it otherwise.",)


def test_the_time_that_is_named_counts(path: Path) -> None:
    """Also one that is nested; a line without it is rejected, and says so."""
    items = [{"time": START, "meta": {"at": START + 9 + i}, "x": i} for i in range(20)]
    source = read(path, lines_of(*items, {"time": START, "x": 1}), 21, time="meta.at")
    assert seconds(source, "x") == [9.0 + i for i in range(20)]
    assert source.counters()[:3] == (21, 20, 1)
    assert "cannot be read: There is no time under 'meta.at'." in source.notes


@pytest.mark.parametrize("n", [2, 40])
def test_lines_without_a_time_have_that_of_their_arrival(path: Path, n: int) -> None:
    """A note says so, unless it is what was asked for."""
    told = "no time found: readings have the time at which they were read"
    assert told in read(path, lines_of(*[{"x": 1}] * n), n).notes
    path.unlink()
    assert read(path, lines_of(*[{"ts": START, "x": 1}] * n), n, time=False).notes == ()
    path.unlink()
    assert told not in read(path, lines_of(*[{"at": START, "x": 1}] * n), n, time="at").notes


@pytest.mark.parametrize("n", [2, 40])
def test_words_are_channels_where_they_are_asked_for(path: Path, n: int) -> None:
    """Others are left out, and a note counts them, shows the first and says what to pass."""
    items = [{"ts": START + i, "mode": "RUN" if i % 2 else "IDLE", "x": i} for i in range(n)]
    source = read(path, lines_of(*items), n, states=["mode"])
    assert source.words["mode"] == ("IDLE", "RUN")  # type: ignore[attr-defined]
    assert values(source, "mode") == [i % 2 for i in range(n)]
    path.unlink()
    source = read(path, lines_of(*items), n)
    assert list(source.kept) == ["x"]  # type: ignore[attr-defined]
    note = f"values that are no numbers: {n}, first 'mode': 'IDLE'; states=['mode'] reads words"
    assert note in source.notes


@pytest.mark.parametrize("n", [2, 40])
def test_a_text_may_name_the_channels(path: Path, n: int) -> None:
    """The value beside it has no name of its own."""
    items = [{"ts": START + i, "sensor": "ab"[i % 2], "value": i, "rssi": -i} for i in range(n)]
    source = read(path, lines_of(*items, {"ts": START, "value": 5}), n + 1, pivot="sensor")
    assert sorted(source.kept) == ["a", "a.rssi", "b", "b.rssi"]  # type: ignore[attr-defined]
    assert values(source, "b") == list(range(1, n, 2))
    assert source.counters().rejected == 1


def test_readings_may_stand_deeper(path: Path) -> None:
    """In an object or a list at a place that is named; what lacks it is rejected."""
    items = [{"data": {"points": [{"t": START + 2 * i, "x": i}, {"t": START + 2 * i + 1, "x": -i}]}}
             for i in range(10)]  # fmt: skip
    source = read(path, lines_of(*items, {"x": 1}), 21, at="data.points")
    assert len(values(source, "x")) == 20
    assert seconds(source, "x") == list(range(20))
    assert source.counters().rejected == 1
    path.unlink()
    items = [{"at": START + i, "r": [[0], {"x": i}]} for i in range(3)]
    source = read(path, lines_of(*items), 3, at="r[1]", time="at")
    assert seconds(source, "x") == [0, 1, 2]


@pytest.mark.parametrize("bad", ['{"ts": 1, "x": 2', "oops 5", "]", "3,4", '"x=5"', '{"x": 5}}'])
def test_a_bad_line_costs_itself(path: Path, bad: str) -> None:
    """Half a reading is none: no number is taken out of a line that was cut."""
    items = [{"ts": START + i, "x": i} for i in range(50)]
    text = lines_of(*items[:20]) + f"{bad}\n" + lines_of(*items[20:])
    source = read(path, text, 51)
    assert values(source, "x") == list(range(50))
    assert list(source.kept) == ["x"]  # type: ignore[attr-defined]
    assert source.counters()[:3] == (51, 50, 1)


def test_what_python_writes_is_read(path: Path) -> None:
    """NaN and infinities, several objects in a line, a comma behind it, a number too large for a float."""
    text = (
        f'{{"ts": {START}, "x": NaN}}\n{{"ts": {START + 1}, "x": 1e999}},\n'
        f'{{"ts": {START + 2}, "x": 1}}{{"ts": {START + 3}, "x": 2}}\n'
    )
    source = read(path, text, 4)
    assert values(source, "x") == [None, None, 1, 2]


def test_fields_come_and_go(path: Path) -> None:
    """Each channel has the readings that name it, in order."""
    items = [{"ts": START + i, "a": i, **({"b": i} if i % 3 == 0 else {})} for i in range(99)]
    source = read(path, lines_of(*items), 99)
    assert values(source, "a") == list(range(99))
    assert values(source, "b") == list(range(0, 99, 3))
    assert source.counters()[:3] == (99, 99, 0)


def test_lines_may_have_any_ends_and_encoding(path: Path) -> None:
    """A byte order mark, carriage returns, blank lines, UTF-16, bytes that are no UTF-8."""
    text = f'{{"ts": {START}, "ü": 1}}\r\n\r\n{{"ts": {START + 1}, "ü": 2}}\r\n'
    for i, encoding in enumerate(("utf-8-sig", "utf-16", "cp1252")):
        file = path.with_name(f"{i}.jsonl")
        file.write_bytes(text.encode(encoding))
        with JsonLinesSource(file, poll_interval=0.01) as source:
            wait_until(lambda: source.counters().accepted == 2, message=encoding)
            assert source.buffer.channels == ("ü",)


def test_a_line_that_is_too_long_is_dropped(path: Path) -> None:
    """It is counted, and the next one is read."""
    source = read(path, lines_of({"x": "y" * 500}, {"ts": START, "x": 1}), 2, max_line_bytes=200)
    assert values(source, "x") == [1]
    assert source.counters().dropped == 1


def test_a_file_is_followed_through_rotation_truncation_and_rewrites(path: Path) -> None:
    """As a CSV file is: each line is read once."""

    def items(a: int, b: int) -> str:
        return lines_of(*({"ts": START + i, "x": i} for i in range(a, b)))

    path.write_text(items(0, 20))
    with JsonLinesSource(path, poll_interval=0.01) as source:

        def has(n: int) -> None:
            wait_until(
                lambda: source.buffer.channels and
                source.buffer.channel("x").rows(0).values.tolist() == list(range(n)),
                8, lambda: f"{n} readings, have {source.counters()}",
            )  # fmt: skip

        has(20)
        with path.open("a") as file:
            file.write(items(20, 30)[:-9])
            file.flush()
            has(29)
            file.write(items(20, 30)[-9:])
        has(30)
        path.rename(path.with_suffix(".1"))
        path.write_text(items(30, 50))
        has(50)
        path.write_text(items(40, 60))  # one that keeps its last lines
        has(60)
        path.write_text("")
        wait_until(lambda: path.stat().st_size == 0)
        path.write_text(items(60, 62))
        has(62)
        assert source.counters().late == 0


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "many lines"])
def test_a_list_of_readings_is_read_whole(tmp_path: Path, indent: int | None) -> None:
    """Written anew with more of them, it gives the new ones."""
    path = tmp_path / "data.json"
    readings = [{"time": f"2026-07-01T12:00:0{i}", "temp": i} for i in range(4)]
    path.write_text(json.dumps(readings[:2], indent=indent) + "\n")
    with JsonLinesSource(path, timezone="UTC", poll_interval=0.01) as source:
        wait_until(lambda: source.counters().accepted == 2)
        path.write_text(json.dumps(readings, indent=indent) + "\n")
        wait_until(lambda: source.counters().accepted == 4)
        assert source.counters().late == 0


def test_objects_over_several_lines_are_read(path: Path) -> None:
    """As jq prints them."""
    text = "".join(json.dumps({"ts": START + i, "x": i}, indent=2) + "\n" for i in range(5))
    source = read(path, text, 5)
    assert values(source, "x") == list(range(5))


def test_only_what_is_added_can_be_read(path: Path) -> None:
    """With from_start=False what is there is passed over; stop and start go on where reading stopped."""
    path.write_text(lines_of({"ts": START, "x": 1}))
    with JsonLinesSource(path, from_start=False, poll_interval=0.01) as source:
        wait_until(lambda: source.status == "waiting for the first line")
        source.stop()
        with path.open("a") as file:
            file.write(lines_of({"ts": START + 1, "x": 2}))
        source.start()
        wait_until(lambda: source.counters().accepted == 1)
        assert source.buffer.channel("x").rows(0).values.tolist() == [2.0]


def test_nothing_readable_looks_unhealthy(path: Path) -> None:
    """The sentence says what to do."""
    path.write_text('{"level": "INFO"}\n' * 9)
    with JsonLinesSource(path, poll_interval=0.01) as source:
        wait_until(lambda: source.state is SourceState.UNREADABLE)
        assert "Pass time='…', channels=[…] or at='…'" in source.status


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": True}, "'time' is a name"),
        ({"channels": [1]}, "'channels' must be given names (got 1)."),
        ({"states": ["a", None]}, "'states' must be given names (got None)."),
        ({"at": "a..b"}, "'at' must be such as 'data.rows[0]' (got 'a..b')."),
    ],
)
def test_options_that_cannot_be_what_they_are_are_refused(
    path: Path, options: Any, message: str
) -> None:
    """The message says which one it is."""
    with pytest.raises((TypeError, ValueError)) as caught:
        JsonLinesSource(path, **options)
    assert message in str(caught.value)


def test_channels_include_what_is_nested_in_them(path: Path) -> None:
    """A name stands for itself and for what is below it, not for others that begin alike."""
    items = [{"data": {"a": 1}, "x": [2], "data_2": 3, "y": 4}] * 9
    source = read(path, lines_of(*items), 9, channels=["data", "x"])
    assert list(source.kept) == ["data.a", "x[0]"]  # type: ignore[attr-defined]


def test_what_docker_writes_is_what_its_program_said(path: Path) -> None:
    """At Docker's time, unless the program says its own; text is read as a program's output is."""
    said = [
        "GET /x took {0}ms status=200",
        '{{"took": {0}, "time": 178290720{0}.5}}',
        '{{"took": {0}}}',
        "",
        "hm",
    ]
    items = [
        {"log": said[i % 5].format(i) + "\n", "stream": "stdout", "time": f"2026-07-01T12:00:0{i}Z"}
        for i in range(10)
    ]
    source = read(path, lines_of(*items), 7)
    assert values(source, "status") == [200, 200]
    assert seconds(source, "status") == [0, 5]
    assert values(source, "took") == [1, 2, 6, 7]
    assert seconds(source, "took") == [1.5, 2, 6.5, 7]
    assert source.counters().accepted == 6


def test_record_separators_are_no_part_of_an_object(path: Path) -> None:
    """RFC 7464 puts one in front of each."""
    text = "".join("\x1e" + json.dumps({"ts": START + i, "x": i}) + "\n" for i in range(20))
    assert values(read(path, text, 20), "x") == list(range(20))


@pytest.mark.usefixtures("impatient")
def test_readings_may_stand_in_a_document(path: Path) -> None:
    """As transformers keeps the history of a training."""
    history = [{"loss": 1 / (i + 1), "step": i} for i in range(5)]
    text = json.dumps({"epoch": 3, "log_history": history}, indent=2)
    source = read(path.with_suffix(".json"), text, 5, at="log_history")
    assert values(source, "step") == list(range(5))
    assert list(source.kept) == ["loss", "step"]  # type: ignore[attr-defined]
