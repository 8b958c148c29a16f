"""Messages become channels: whatever form they have, each costs itself only."""

from __future__ import annotations

import gzip
import json
import random
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.buffer import Buffer
from nbstream.sources.item_parts import as_path
from nbstream.sources.network.messages import Message
from nbstream.sources.network.network_source import NetworkSource
from nbstream.sources.state import SourceState
from nbstream.testing import FakeClock
from tests.sources.test_item_columns import ITEM

START_NS = 1_782_907_200_000_000_000


class Given(NetworkSource[None]):
    """Reads what a test hands it, without a thread."""

    kind = "given"

    def _connect(self) -> None:
        return

    def _disconnect(self, client: None) -> None:
        return

    def take(self, *messages: Any) -> Given:
        """Read messages as they come over a connection."""
        self._deliver(messages)
        return self


def given(*messages: Any, **options: Any) -> Given:
    """Return a source that has read some messages."""
    return Given(clock=FakeClock(), **{"timezone": "UTC", **options}).take(*messages)


def values(source: Given) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def dumps(**values: Any) -> bytes:
    """Return JSON as it travels."""
    return json.dumps(values).encode()


def test_json_text_and_numbers_are_read() -> None:
    """Payloads are JSON, plain numbers or text, as bytes or str, or decoded already."""
    messages = (b'{"a": 1, "b": {"c": 2}}', "21.5", b"on", '"7"', {"a": 3}, bytearray(b"b.c=4"))
    source = given(*messages)
    assert values(source) == {"a": [1.0, 3.0], "b.c": [2.0, 4.0], "value": [21.5, 1.0, 7.0]}
    assert source.counters().rejected == 0


def test_numbers_in_quotes_are_numbers_and_booleans_are_0_and_1() -> None:
    """Nothing that is a number vanishes because of how it is written."""
    source = given(dumps(price="101.25", open=True, closed=False, n="1e3"))
    assert values(source) == {"price": [101.25], "open": [1.0], "closed": [0.0], "n": [1000.0]}


def test_other_text_is_told_with_its_first_example() -> None:
    """A value that is text is counted and shown, and its message is read."""
    source = given(*[dumps(id="sensor-1", x=i) for i in range(3)])
    assert values(source) == {"x": [0.0, 1.0, 2.0]}
    assert (
        "values that are no numbers: 3, first 'id': 'sensor-1'; states=['id'] reads words"
        in source.notes
    )


def test_words_that_are_asked_for_are_a_channel_of_words() -> None:
    """`states` names values, or whole topics, that hold words."""
    messages = (
        dumps(mode="RUN", x=1),
        dumps(mode="IDLE", x=2),
        dumps(mode=None, x=3),
        Message("playing", "hall/player"),
        Message(b"paused", "hall/player"),
    )
    source = given(*messages, states=["mode", "hall/player"])
    assert source.buffer.labels == {"mode": ("RUN", "IDLE"), "hall/player": ("playing", "paused")}
    assert source.counters().rejected == 0


def test_a_topic_of_words_is_a_channel_of_words() -> None:
    """Without being named; numbers that follow an "init" are a channel beside it, "unavailable" is none."""
    said = {
        "door": (b"ajar", b"wide open", b"ajar"),
        "probe": (b"init", b"21.5", b"22"),
        "lamp": (b"ON", b"OFF"),
        "late": (b"unavailable", b"7", b"broken"),
    }
    source = given(*[Message(text, name) for name, texts in said.items() for text in texts])
    frame = source.buffer.to_pandas()
    assert frame["door"].dropna().tolist() == ["ajar", "wide open", "ajar"]
    assert frame["probe"].dropna().tolist() == ["init"]
    assert frame["probe.value"].dropna().tolist() == [21.5, 22.0]
    assert frame["lamp"].dropna().tolist() == [1.0, 0.0]
    assert frame["late"].dropna().tolist() == [7.0]


@pytest.mark.parametrize("greeting", [b"Welcome", b"connected", b"hello there"])
def test_a_greeting_is_no_channel(greeting: bytes) -> None:
    """What has no topic and says no number is counted."""
    source = given(greeting, b'{"x": 1}', b'{"x": 2}')
    source._finish()
    assert values(source) == {"x": [1.0, 2.0]}
    assert source.counters().rejected == 1


def test_a_payload_of_one_number_may_have_a_decimal_comma() -> None:
    """As in "21,5", told by a note; "3,755" is two numbers, unless the topic had a comma before."""
    said = {"a": ("21,5", "21,05", "21,125"), "b": ("3,755", "3,75"), "c": ("5,5 °C", "5,125 °C")}
    source = given(*[Message(text, name) for name, texts in said.items() for text in texts])
    expected = {"a": [21.5, 21.05, 21.125], "b.c1": [3.0, 3.0], "b.c2": [755.0, 75.0]}
    assert values(source) == {**expected, "c": [5.5, 5.125]}
    assert source.buffer.units == {"c": "°C"}
    assert "'5,5' is 5.5. Pass parse=… to say it otherwise." in source.notes


def test_a_value_may_name_the_channels() -> None:
    """`pivot` is for messages of many sensors; one that doesn't say which is counted."""
    messages = [dumps(sensor=f"s{i % 2}", temp=i, ts=1_782_907_200 + i) for i in range(6)]
    source = given(*[Message(text, "house") for text in messages], pivot="sensor")
    assert values(source) == {"house.s0.temp": [0.0, 2.0, 4.0], "house.s1.temp": [1.0, 3.0, 5.0]}
    assert source.buffer.to_pandas().index[0].value == START_NS
    records = given(
        b'[{"n": "temp", "value": 1}, {"n": "hum", "value": 2}, {"value": 3}]', pivot="n"
    )
    assert values(records) == {"temp": [1.0], "hum": [2.0]}
    assert records.counters().rejected == 1


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (gzip.compress(b"1.5", mtime=0), "bytes of gzip: parse=gzip.decompress"),
        (struct.pack("<f", 21.5), "no text but 4 bytes (00 00 ac 41): parse=… unpacks them"),
    ],
)
def test_bytes_that_are_no_text_say_what_to_do(payload: bytes, told: str) -> None:
    """The note shows how many there are, and how they begin."""
    assert told in given(payload).notes[0]
    assert given(Message(b"21.5 \xb0C", "a")).buffer.units == {"a": "°C"}
    assert values(given('{"t": 1.5}'.encode("utf-16"))) == {"t": [1.5]}


def test_a_message_that_python_printed_is_read() -> None:
    """str(dict) is what many a script publishes."""
    assert values(given(b"{'temp': 21.5, 'ok': True}")) == {"temp": [21.5], "ok": [1.0]}


def test_a_path_leads_into_a_message_and_a_list_is_many_readings() -> None:
    """What lies elsewhere (an answer to a subscription) is rejected with what was missing."""
    rows = [{"t": 1_782_907_200 + i, "x": i} for i in range(3)]
    source = given(dumps(data={"rows": rows}), dumps(result=None), path="data.rows")
    assert values(source) == {"x": [0.0, 1.0, 2.0]}
    assert source.counters().rejected == 1
    assert any("There is nothing at 'data.rows'" in note for note in source.notes)


def test_a_bad_row_of_a_list_costs_itself() -> None:
    """The other rows of its message are read."""
    source = given('[{"x": 1}, {"y": "ajar"}, {"x": 2}]')
    assert values(source)["x"] == [1.0, 2.0]
    assert source.counters().rejected == 1


@pytest.mark.parametrize("path", ["a..b", "", "a[", ".a", "a[x]"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    """The error shows the form."""
    with pytest.raises(ValueError, match=r"'path' must be such as 'data.rows\[0\]'"):
        as_path(path)


def test_the_own_time_of_a_message_is_used_and_a_note_says_so() -> None:
    """A time is found by its name, or named, also where it is nested."""
    source = given(dumps(ts=START_NS // 10**9 - 60, x=1))
    assert source.buffer.newest_ns == START_NS - 60 * 10**9
    assert source.notes[0].startswith("'ts' is the time of a reading. Pass time=…")
    source = given(dumps(meta={"when": "2026-07-01T11:00:00Z"}, ts=5, x=1), time="meta.when")
    assert source.buffer.newest_ns == START_NS - 3600 * 10**9
    assert values(source) == {"ts": [5.0], "x": [1.0]}


def test_without_a_time_of_its_own_the_arrival_counts_and_a_note_says_so() -> None:
    """`time=False` asks for it."""
    for options in ({}, {"time": False}):
        source = given(dumps(x=1, **({"ts": 1.7e9} if options else {})), **options)
        assert source.buffer.newest_ns == START_NS
        assert "times are arrival times. Pass time=… to say it otherwise." in source.notes


@pytest.mark.parametrize(
    ("name", "time"),
    [
        ("time_local", "01/Jul/2026:12:00:00 +0000"),  # nginx
        ("tst", 1_782_907_200),  # OwnTracks
        ("obs_time", 1_782_907_200),
        ("time_stamp", "2026-07-01 12:00:00"),
        ("received_at", "2026-07-01T12:00:00.000000000Z"),  # The Things Network
    ],
)
def test_names_that_services_give_to_a_time(name: str, time: Any) -> None:
    """Each is found without being said."""
    source = given(dumps(**{name: time, "x": 1.5}))
    assert values(source) == {"x": [1.5]}
    assert source.buffer.newest_ns == START_NS
    assert f"{name!r} is the time of a reading. Pass time=… to say it otherwise." in source.notes


def test_a_named_time_that_is_missing_costs_its_message() -> None:
    """Two kinds of times are never mixed."""
    source = given(dumps(when=1.7e9, x=1), dumps(x=2), time="when")
    assert values(source) == {"x": [1.0]}
    assert "cannot be read: There is no time under 'when'." in source.notes


def test_the_time_at_which_a_broker_sent_a_message_is_next_best() -> None:
    """It stands in for the arrival."""
    source = given(Message(dumps(x=1), "", START_NS - 10**9))
    assert source.buffer.newest_ns == START_NS - 10**9
    assert any("times are those at which messages were sent" in note for note in source.notes)


def test_topics_become_names_of_channels() -> None:
    """A plain payload is its topic's channel, values of an object stand below it, each with its own unit."""
    source = given(
        Message("21.5 °C", "home/hall"),
        Message(dumps(temp="70 °F", t=[1, 2]), "home/bath"),
        Message("[[1, 2, 3], [4, 5, 6]]", "table"),
    )
    assert values(source)["home/hall"] == [21.5]
    assert {"home/bath.temp", "home/bath.t[0]", "table.c1"} <= set(source.buffer.channels)
    assert source.buffer.units["home/hall"] == "°C"
    assert source.buffer.units["home/bath.temp"] == "°F"


def test_only_the_channels_that_are_named_are_read() -> None:
    """`channels` picks among the values."""
    assert values(given(dumps(a=1, b=2, c="x"), channels=["a"])) == {"a": [1.0]}


@pytest.mark.parametrize("n_messages", [1, 10_000])
def test_ten_thousand_channels_keep_the_first_and_count_the_rest(n_messages: int) -> None:
    """The buffer's bound holds, whether they come in one message or in many."""
    if n_messages == 1:
        messages = [dumps(**{f"c{i}": i for i in range(10_000)})]
    else:
        messages = [Message("1", f"c{i}") for i in range(10_000)]
    source = given(*messages, buffer=Buffer(max_channels=200))
    assert len(source.buffer.channels) == 200
    assert "9,800 channels left out, as 'c1000': the buffer holds 200" in source.notes
    counters = source.counters()
    assert counters.received == n_messages
    assert counters.dropped == (0 if n_messages == 1 else 9_800)
    assert counters.received == counters.accepted + counters.dropped


def test_a_bad_message_costs_itself() -> None:
    """Broken JSON, deep JSON, other bytes, endless digits and a tombstone: the next message is read."""
    bad = (b"{", b"[" * 100_000, b"\xff\xfe", b"", None, b'{"x": ' + b"9" * 10_000 + b"}", "no")
    source = given(dumps(x=1), *bad, dumps(x=2))
    assert values(source)["x"][::2][:1] == [1.0]
    assert values(source)["x"][-1] == 2.0
    source._finish()
    counters = source.counters()
    assert counters.received == 9
    assert counters.accepted >= 2
    assert counters.accepted + counters.rejected == 9


def test_a_message_that_is_too_long_is_dropped() -> None:
    """It is not even decoded."""
    source = given(dumps(x="y" * 2000), dumps(x=1), max_message_bytes=1000)
    assert source.counters().dropped == 1
    assert "message longer than 1,000 bytes" in source.notes
    assert values(source) == {"x": [1.0]}


def test_nothing_that_can_be_read_looks_unhealthy_and_says_what_to_do() -> None:
    """The state is UNREADABLE until a reading comes."""
    source = given()
    source._connected()
    source.take(*[b"{}"] * 5)
    assert source.state is SourceState.UNREADABLE
    assert "Pass path=… or parse=…" in source.status
    source.take(dumps(x=1))
    assert source.state is SourceState.RUNNING


def test_a_function_of_the_user_reads_payloads() -> None:
    """It takes them as they came; what it raises costs the message, and None is no reading."""
    source = given(b"\x02", b"", b"\x03", parse=lambda payload: payload[0] if payload else None)
    assert values(source) == {"value": [2.0, 3.0]}
    assert source.counters().rejected == 0
    source = given(b"", b"\x03", parse=lambda payload: payload[0])
    assert source.counters()[:3] == (2, 1, 1)
    assert "IndexError" in str(source.last_error)


@pytest.mark.parametrize(
    "options",
    [{"when_full": "wait"}, {"max_queue": 0}, {"reconnect_after": 0}, {"max_message_bytes": True}],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    """At once, with the name of the option."""
    with pytest.raises(ValueError, match=next(iter(options))):
        Given(**options)


FORMS = (
    {"x": 1, "y": 2.5},
    {"ts": 1_782_907_200, "x": 1},
    {"ts": 1_782_907_200_123, "x": 1},
    {"ts": 1_782_907_200.123456, "x": "1.5", "id": "sensor-1"},
    {"ts": "2026-07-01T12:00:00.5Z", "x": None, "ok": True, "y": 1},
    {"t": 5, "x": 2},
    {"x": 10**400, "y": 1},
    {"x": float("nan"), "y": float("inf"), "z": 1},
    {"x": "12 °C", "y": 3},
    {"a": {"b": 1}, "c": [1, 2]},
    {"date": "2026-07-01", "time": "12:00:01", "x": 1},
    {"id": "2026-07-01T12:00:00Z", "x": 1},
    {"id": "ajar", "x": 1},
    {"x": [], "y": 2},
)


@pytest.mark.parametrize("options", [{}, {"channels": ["x"]}, {"channels": ["x"], "pivot": "id"}])
@pytest.mark.parametrize("name", ["", "hall"])
def test_a_form_that_came_before_is_read_as_the_first_time(
    name: str, options: dict[str, Any]
) -> None:
    """The quick way gives what the slow one gives, message for message, notes and counters included."""
    rng = random.Random(7)
    items = [rng.choice(FORMS) for _ in range(400)]
    quick, slow = (Given(clock=FakeClock(), timezone="UTC", **options) for _ in range(2))
    slow._messages._shapes.learn = lambda *_: None  # type: ignore[method-assign]
    for source in (quick, slow):
        for item in items:
            source.take(Message(item, name))
    assert quick._messages._shapes._shapes
    assert quick.counters() == slow.counters()
    assert set(quick.notes) == set(slow.notes)
    for channel in slow.buffer.channels:
        rows = [source.buffer.channel(channel).rows(0) for source in (quick, slow)]
        assert np.array_equal(rows[0].times, rows[1].times), channel
        assert np.array_equal(rows[0].values, rows[1].values, equal_nan=True), channel


ODD = st.sampled_from(
    [b"", "21.5", "on", '{"temp": 1', "temp=4", '{"temp": NaN}', '[{"temp": 1}, {"temp": "x"}]',
     '{"ts": ["2026-07-01T12:00:00Z", "2026-07-01T12:00:01Z"], "temp": [1, 2]}',
     '{"n": 2, "rows": [{"ts": 1782907200, "temp": 1}, {"ts": 1782907201, "temp": 2}]}',
     '{"long": "%s"}' % ("x" * 300), "null", {"temp": 5}, b'{"temp": 6}']
)  # fmt: skip
PAYLOADS = st.one_of(ITEM.map(json.dumps), ITEM.map(lambda item: json.dumps(item).encode()), ODD)
MESSAGES = st.builds(
    Message, PAYLOADS, st.sampled_from(["", "", "a"]), st.sampled_from([None, START_NS])
)
OPTIONS = st.sampled_from([
    {}, {"path": "in"}, {"time": False, "channels": ["temp"]}, {"states": ["mode"]}, {"pivot": "mode"},
    {"time": "ts"}, {"channels": ["temp"]},
])  # fmt: skip


def all_found(source: Given) -> tuple[Any, ...]:
    """Return readings by channel, and what was told of them."""
    buffer = source.buffer
    rows = {name: buffer.channel(name).rows(0) for name in buffer.channels}
    by_channel = {
        name: sorted(zip(some.times.tolist(), map(repr, some.values.tolist()), strict=True))
        for name, some in rows.items()
    }
    counters = source.counters()
    # Of several names of times the newest is told, of several values the first.
    told = [n for n in source.notes if "is the time of a reading" not in n and "first" not in n]
    return by_channel, counters.received, counters.rejected, counters.dropped, told


@settings(deadline=None)
@given_any(st.lists(MESSAGES, max_size=4), st.integers(1, 12), OPTIONS)
def test_what_many_messages_say_does_not_depend_on_the_way(
    some: list[Message], n: int, options: dict[str, Any]
) -> None:
    """Once their channels are known, messages bring the same as columns as they would one by one."""
    ways = []
    for many in (8, 10**9):
        source = Given(clock=FakeClock(), timezone="UTC", max_message_bytes=300, **options)
        source._messages.many = many
        for message in some:
            source.take(message)
        ways.append(all_found(source.take(*some * n)))
        source.close()
    assert ways[0] == ways[1]


def test_messages_without_a_time_keep_their_order_whichever_way_they_are_read() -> None:
    """Of a batch of which a few are no plain objects none is late."""
    source = Given()
    for _ in range(3):
        batch: list[Any] = [dumps(x=i) for i in range(100)]
        batch[10::20] = ["x=7"] * 5
        source.take(*batch, dumps(x=1))
    rows = source.buffer.channel("x").rows(0)
    assert source.counters() == (303, 303, 0, 0, 0, 0)
    assert (np.diff(rows.times) >= 0).all()
    source.close()


def test_thousands_that_stand_apart_are_read_or_counted() -> None:
    """As docs/network_sources.md says."""
    source = given(Message(b'{"price": "1,234.5", "n": "1,234"}', ""))
    assert source.buffer.to_pandas().iloc[-1].to_dict() == {"price": 1234.5}
    assert any("'1,234.5' is 1234.5" in note for note in source.notes)
    assert any("values that are no numbers: 1" in note for note in source.notes)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.5", 1234.5), ("-12,345,678.25", -12345678.25), ("1.234,5", 1234.5), ("1,234.5 kWh", 1234.5),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["", "meter"])
def test_a_message_that_is_a_number_with_thousands_apart_is_one(
    name: str, text: str, number: float
) -> None:
    """A note says so; where a topic had several values before, it is several."""
    source = given(Message(text.encode(), name))
    assert source.buffer.to_pandas().iloc[-1].to_dict() == {name or "value": number}
    assert any(f"is {number:.15g}" in note for note in source.notes), source.notes
    source = given(Message(b"21,99.5,7", "m"), Message(b"21,101.5", "m"))
    assert source.buffer.to_pandas().iloc[-1].to_list()[:2] == [21, 101.5]


def test_each_of_many_that_is_no_json_costs_itself() -> None:
    """What is decoded at once with a payload that can't be is there all the same, in its order."""
    payloads: list[Any] = [dumps(t=1_782_907_200 + i, a=i) for i in range(900)]
    payloads[300] = b"{"
    payloads[310] = b"\xff\xfe"
    payloads[600] = b'{"t": 1782907800, "a": 600, "b": "' + b"x" * 2000 + b'"}'
    payloads[700] = {"t": 1_782_907_900, "a": 700}
    source = given(*payloads, max_message_bytes=1000)
    assert values(source) == {"a": [float(i) for i in range(900) if i not in (300, 310, 600)]}
    counters = source.counters()
    assert (counters.rejected, counters.dropped, counters.late) == (2, 1, 0)


@pytest.mark.parametrize("error", [ns.ConnectError, ns.RefusedError])
def test_parse_may_say_that_the_connection_is_of_no_use(error: type[ns.ConnectError]) -> None:
    """What came before is read; the error goes to who tries again, or doesn't."""

    def parse(payload: str) -> str:
        if payload == "wrong token":
            raise error(payload)
        return payload

    source = Given(clock=FakeClock(), timezone="UTC", parse=parse)
    with pytest.raises(error, match="wrong token"):
        source.take("1", "2", "wrong token", "3")
    assert values(source) == {"value": [1.0, 2.0]}
    source.close()
