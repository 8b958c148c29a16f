"""HTTP, against real servers: pages that change, refuse and hang, and streams of events that break off."""

from __future__ import annotations

import itertools
import json
import threading
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.errors import RefusedError
from nbstream.sources import HttpSource, SourceState
from nbstream.sources.network.events import EventReader
from nbstream.sources.network.prometheus import Rates, read_exposition
from tests.counterparts.http import Request, serve
from tests.counterparts.node_exporter import NodeExporter
from tests.counterparts.ports import HOST, free_port
from tests.sources.stopping import stops_at_once
from tests.wait import wait_until

SOON = 10.0
FAST = 0.02


def reads(url: str, **options: Any) -> HttpSource:
    """Return a source that is started and asks often."""
    return HttpSource(url, **{"interval": FAST, **options}).start()


def values(source: HttpSource) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def come(source: HttpSource, expected: dict[str, list[float]]) -> None:
    """Wait until a source has read these, and no others."""
    wait_until(lambda: values(source) == expected, SOON, lambda: f"{values(source)} {source!r}")


def becomes(source: HttpSource, state: SourceState) -> None:
    """Wait for a state."""
    wait_until(lambda: source.state is state, SOON, lambda: repr(source))


def test_a_page_is_asked_again_and_again() -> None:
    """Each answer is a reading; nested values and numbers in quotes are read."""
    answers = iter(range(10**6))
    with (
        serve(lambda r: r.say(json.dumps({"a": {"x": f"{next(answers)}"}}))) as url,
        reads(url, path="a") as source,
    ):
        wait_until(lambda: len(values(source).get("x", [])) >= 3, SOON, lambda: repr(source))
        assert values(source)["x"][:3] == [0.0, 1.0, 2.0]


def test_rows_that_come_again_are_read_once() -> None:
    """A list of objects with times is a table that grows; each row is one reading."""
    rows: list[dict[str, Any]] = []

    def answer(request: Request) -> None:
        second = len(rows)
        rows.append({"ts": 1_782_907_200 + second, "v": {"x": second}})
        request.say(json.dumps({"rows": rows[-3:]}))

    with serve(answer) as url, reads(url, path="rows") as source:
        wait_until(lambda: len(values(source).get("v.x", [])) >= 5, SOON, lambda: repr(source))
        assert values(source)["v.x"][:5] == [0.0, 1.0, 2.0, 3.0, 4.0]
        assert source.counters().late == 0


def test_a_table_is_read_row_by_row() -> None:
    """CSV with semicolons and decimal commas; what an earlier answer had is left out."""
    text = "time;temp\n2026-07-01 12:00:00;21,5\n2026-07-01 12:00:01;21,6\n"
    with serve(lambda r: r.say(text, "text/csv")) as url, reads(url) as source:
        come(source, {"temp": [21.5, 21.6]})
        wait_until(
            lambda: any("came again" in n for n in source.notes), SOON, lambda: f"{source.notes}"
        )
        come(source, {"temp": [21.5, 21.6]})


def test_nothing_new_costs_nothing() -> None:
    """A server that says what it has is asked whether it has something else."""
    asked: list[str | None] = []

    def answer(request: Request) -> None:
        asked.append(request.headers["If-None-Match"])
        if asked[-1] == '"1"':
            request.send_response(304)
            request.end_headers()
        else:
            request.say('{"x": 1}', ETag='"1"')

    with serve(answer) as url, reads(url) as source:
        wait_until(lambda: asked[:3] == [None, '"1"', '"1"'], SOON)
        come(source, {"x": [1.0]})
        assert source.state is SourceState.RUNNING


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_final_at_first(status: int) -> None:
    """Before an answer ever succeeded it ends the source; no text shows the token."""
    with (
        serve(lambda r: r.say("no", status=status)) as url,
        reads(f"{url}?token=open-sesame", auth=("me", "hush-hush")) as source,
    ):
        becomes(source, SourceState.FAILED)
        assert isinstance(source.last_error, RefusedError)
        assert str(status) in source.status
        seen = f"{source!r}{source.notes}{source.last_error!r}{source.status}"
        assert "open-sesame" not in seen
        assert "hush-hush" not in seen


def test_a_server_that_is_down_for_a_while() -> None:
    """After a success every error is tried again: 500, no answer at all, 401."""
    statuses = iter([200, 500, 401])

    def answer(request: Request) -> None:
        status = next(statuses, 200)
        request.say('{"x": 1}', status=status)

    with serve(answer) as url, reads(url) as source:
        wait_until(lambda: source.counters().reconnects >= 2, 20, lambda: repr(source))
        wait_until(lambda: source.counters().accepted >= 2, SOON, lambda: repr(source))
        becomes(source, SourceState.RUNNING)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("n_good", [0, 1])
def test_a_server_that_is_busy_says_when_to_come_back(status: int, n_good: int) -> None:
    """Retry-After is kept, whether an answer has ever succeeded or not, and nothing is asked meanwhile."""
    asked: list[None] = []

    def answer(request: Request) -> None:
        asked.append(None)
        if len(asked) <= n_good:
            request.say('{"x": 1}')
        else:
            request.say("", status=status, Retry_After="70")

    with serve(answer) as url, reads(url) as source:
        wait_until(lambda: "in 70 s" in source.status, SOON, lambda: repr(source))
        assert f"{status}" in source.status
        assert source.state is SourceState.RECONNECTING
        assert len(asked) == n_good + 1
        assert source.counters().accepted == n_good


def test_a_server_that_was_busy_is_asked_again() -> None:
    """A 429 loses nothing but the time that it asked for."""
    answers = iter([(429, "0"), (429, "soon"), (429, "Wed, 21 Oct 2015 07:28:00 GMT")])

    def answer(request: Request) -> None:
        status, after = next(answers, (200, ""))
        request.say('{"x": 1}', status=status, **({"Retry_After": after} if after else {}))

    with serve(answer) as url, reads(url) as source:
        wait_until(lambda: source.counters().accepted >= 2, SOON, lambda: repr(source))
        assert source.counters().reconnects >= 3
        becomes(source, SourceState.RUNNING)


def test_a_server_that_never_answers() -> None:
    """It is given up after `timeout`; a stop is heard before that."""
    let_go = threading.Event()
    with serve(lambda r: let_go.wait(3 * SOON) and None) as url:
        with reads(url, timeout=0.1) as source:
            wait_until(lambda: "no answer" in source.status, SOON, lambda: repr(source))
        with reads(url, timeout=60.0) as source:
            wait_until(lambda: "connecting" in source.status, SOON, lambda: repr(source))
            stops_at_once(source)
        let_go.set()


def test_an_answer_that_is_too_long_is_dropped() -> None:
    """It is counted, and not kept in memory."""
    with (
        serve(lambda r: r.say(b"[" + b"1," * 10_000 + b"1]")) as url,
        reads(url, max_message_bytes=1000) as source,
    ):
        wait_until(lambda: source.counters().dropped >= 2, SOON, lambda: repr(source))
        assert not source.buffer.channels


def test_no_json_is_told() -> None:
    """A page for people in the place of numbers looks unhealthy, with its first line."""
    with (
        serve(lambda r: r.say("<html>Please log in</html>", "text/html")) as url,
        reads(url, form="json") as source,
    ):
        becomes(source, SourceState.UNREADABLE)


def test_a_page_in_the_place_of_a_table_is_counted() -> None:
    """An error in JSON or a page for people is no table without rows; the next table repeats nothing."""
    rows = "time,x\n" + "".join(f"{1_782_907_200 + i},{i}\n" for i in range(3))
    bodies = itertools.chain(
        [rows, '{"error": "busy"}', "<html>\nbusy</html>\n", ""], itertools.repeat(rows)
    )
    with serve(lambda r: r.say(next(bodies), "text/csv")) as url, reads(url) as source:
        wait_until(lambda: source.counters().rejected >= 3, SOON, lambda: repr(source))
        wait_until(lambda: any("came again" in note for note in source.notes), SOON)
        assert values(source) == {"x": [0.0, 1.0, 2.0]}
        assert source.counters()[:5] == (6, 3, 3, 0, 0)


def test_events_are_read_as_they_come() -> None:
    """A stream is asked for once; events may lie across pieces, and some be left out by name."""

    def answer(request: Request) -> None:
        request.stream(
            ": hello\n\n",
            'data: {"x": 1}\n\nda',
            'ta: {"x":\ndata: 2}\n\n',
            "event: other\ndata: 9\n\n",
            'data: {"x": 3}\r\n\r\n',
        )
        stop.wait(3 * SOON)

    stop = threading.Event()
    with serve(answer) as url, reads(url, events="message") as source:
        come(source, {"x": [1.0, 2.0, 3.0]})
        stop.set()


def test_a_stream_goes_on_where_it_broke_off() -> None:
    """After a break in the middle of an event the server is told the id of the last whole one."""
    asked: list[str | None] = []

    def answer(request: Request) -> None:
        asked.append(request.headers["Last-Event-ID"])
        last = int(asked[-1] or 0)
        request.stream(
            "retry: 10\n\n", f'id: {last + 1}\ndata: {{"x": {last + 1}}}\n\n', 'id: 99\ndata: {"x'
        )

    with serve(answer) as url:
        with reads(url) as source:
            wait_until(
                lambda: values(source).get("x", [])[:3] == [1.0, 2.0, 3.0],
                SOON,
                lambda: f"{source!r}",
            )
            assert asked[:3] == [None, "1", "2"]
            source.stop()
            position = source.position
        with HttpSource(url).start(position=position) as later:
            wait_until(lambda: later.counters().accepted >= 1, SOON)
            assert values(later)["x"][0] == float(position["id"]) + 1


def test_a_line_of_events_that_does_not_end_is_not_kept() -> None:
    """It is counted while it still goes on, its event is left out, and the next is read."""
    piece = b"x" * 2**16
    n_sent = 0
    begins, is_over, stop = threading.Event(), threading.Event(), threading.Event()

    def answer(request: Request) -> None:
        nonlocal n_sent
        request.stream('data: {"x": 1}\n\n')
        begins.wait(3 * SOON)
        request.stream_on("data: 2\ndata: ")
        while not is_over.is_set() or n_sent < 2**25:
            request.wfile.write(piece)
            n_sent += len(piece)
        request.stream_on('\ndata: 3\n\ndata: {"x": 4}\n\n')
        stop.wait(3 * SOON)

    with serve(answer) as url, reads(url) as source:
        come(source, {"x": [1.0]})  # and all libraries are loaded, which takes memory too
        tracemalloc.start()
        try:
            begins.set()
            wait_until(lambda: source.counters().dropped == 1, SOON, lambda: repr(source))
            assert any("event longer than" in note for note in source.notes)
            is_over.set()
            come(source, {"x": [1.0, 4.0]})
            wait_until(lambda: source.counters()[:5] == (3, 2, 0, 0, 1), SOON)
            assert source.state is SourceState.RUNNING
            assert n_sent >= 2**25
            assert tracemalloc.get_traced_memory()[1] < 2**23
        finally:
            tracemalloc.stop()
            stop.set()


def test_a_stream_that_is_silent_is_stopped_at_once() -> None:
    """Nothing may come for long; a stop ends the wait."""
    stop = threading.Event()

    def answer(request: Request) -> None:
        request.stream(": hello\n\n")
        stop.wait(3 * SOON)

    with serve(answer) as url, reads(url, timeout=0.5) as source:
        becomes(source, SourceState.RUNNING)
        stops_at_once(source)
        stop.set()


def test_a_real_exporter_is_read() -> None:
    """Of a machine's exporter the metrics that are wanted become channels; counters are rates."""
    with (
        NodeExporter() as exporter,
        # What lies between its look and ours counts as idle too: it must be little beside the interval.
        reads(
            exporter.url, channels=["node_load*", "node_cpu_seconds_total"], interval=0.2
        ) as source,
    ):
        wait_until(lambda: "node_load1" in source.buffer.channels, SOON, lambda: repr(source))
        idle = 'node_cpu_seconds_total{cpu="0",mode="idle"}'
        wait_until(lambda: idle in source.buffer.channels, SOON, lambda: repr(source))
        assert not source.counters().rejected
        assert all(0 <= rate < 100 for rate in values(source)[idle])
        assert any("change per second" in note for note in source.notes)


def test_exposition() -> None:
    """Labels with quotes and commas, times, infinities; what is no sample is returned."""
    text = (
        "# HELP a b\n# TYPE a counter\n"
        'a{l="x,\\"y}"} 3 1782907200000\n'
        "b +Inf\nc NaN\nd 1e3\nnot a sample\n"
        '# TYPE h histogram\nh_bucket{le="1"} 4\nh_created 1.7e9\n'
    )
    samples, odd = read_exposition(text)
    assert [(s.series, s.is_counter) for s in samples] == [
        ('a{l="x,\\"y}"}', True),
        ("b", False),
        ("c", False),
        ("d", False),
        ('h_bucket{le="1"}', True),
    ]
    assert samples[0].time_ns == 1_782_907_200_000_000_000
    assert odd == ["not a sample"]
    assert [s.metric for s in read_exposition(text, ["h*"])[0]] == ["h_bucket"]


def test_a_counter_that_begins_anew_gives_no_spike() -> None:
    """A process that was started again counts from zero: it has grown by what it counts now."""
    rates = Rates("rate")
    found = []
    for second, value in enumerate([100, 110, 120, 5, 15]):
        samples, _ = read_exposition(f"# TYPE a counter\na {value}\n")
        found.append(rates.read(samples, second * 10**9).get("a"))
    assert found == [None, 10.0, 10.0, 5.0, 10.0]


def test_event_reader_by_the_standard() -> None:
    """Byte order mark, comments, ids, lines that end in any way, fields without a value."""
    reader = EventReader(100)
    stream = "\ufeffdata: a\rdata\rid: 7\r\n\r\n:x\nevent: e\ndata:b\nretry: 20\n\n".encode()
    for size in (1, 3, len(stream)):
        reader = EventReader(100)
        events = [e for i in range(0, len(stream), size) for e in reader.feed(stream[i : i + size])]
        assert events == ["a\n", "b"]
        assert (reader.last_id, reader.retry) == ("7", 0.02)
    assert reader.feed(b"data: " + b"x" * 200 + b"\n\ndata: c\n\n") == ["c"]
    assert reader.take_too_long() == 1


@pytest.mark.parametrize("size", [1, 1000])
def test_events_of_other_names_are_left_out(size: int) -> None:
    """One without a name is called "message", and the ids of all count."""
    stream = b"data: a\n\ndata: a\n\ndata: a\n\nevent: e\nid: 7\ndata: b\n\n"
    for kinds, wanted in (({"e"}, ["b"]), ({"message"}, ["a"] * 3), (None, ["a", "a", "a", "b"])):
        reader = EventReader(100, kinds)
        pieces = (stream[i : i + size] for i in range(0, len(stream), size))
        assert [text for piece in pieces for text in reader.feed(piece)] == wanted
        assert reader.last_id == "7"


def test_an_event_with_a_line_that_is_too_long_is_left_out_as_a_whole() -> None:
    """What stands around the line is no event, and it is counted once."""
    stream = b"id: 1\ndata: a\ndata: " + b"x" * 200 + b"\ndata: b\n\ndata: c\n\n"
    for size in (1, 50, len(stream)):
        reader = EventReader(100)
        events = [e for i in range(0, len(stream), size) for e in reader.feed(stream[i : i + size])]
        assert events == ["c"]
        assert (reader.last_id, reader.take_too_long()) == ("1", 1)


def test_an_event_of_empty_lines_that_does_not_end_is_left_out() -> None:
    """Lines without a character fill the memory as well."""
    reader = EventReader(100)
    for _ in range(100):
        assert not reader.feed(b"data:\n" * 100)
    assert reader.take_too_long() == 1
    assert reader._data == []
    assert reader.feed(b"\ndata: c\n\n") == ["c"]


LINES = st.lists(
    st.sampled_from(
        [b"data: a", b"data: a", b"", b"", b"data:b", b"data:  c", b"id: 7", b"event: e", b":", b"data",
         b"data: \xff", b"data: \r", b"data: " + b"x" * 30, b"data: " + b"x" * 90]
    ),
    max_size=12,
)  # fmt: skip


@given(LINES, st.sampled_from([b"\n", b"\n", b"\r\n"]), st.integers(1, 60))
def test_events_are_the_same_in_pieces_of_any_size(
    lines: list[bytes], end: bytes, size: int
) -> None:
    """Many events that come at once are those that come byte by byte."""
    stream = b"data: 0" + end * 2 + end.join(lines) + end * 2
    ways = []
    for step in (1, size, len(stream)):
        reader = EventReader(60)
        events = [e for i in range(0, len(stream), step) for e in reader.feed(stream[i : i + step])]
        ways.append((events, reader.last_id, reader.take_too_long()))
    assert ways[0] == ways[1] == ways[2]


def test_what_cannot_be_is_told_at_once() -> None:
    """A wrong address or form is an error where it was written."""
    with pytest.raises(ValueError, match="begins with http://"):
        HttpSource("ftp://x")
    with pytest.raises(ValueError, match="'form' must be one of"):
        HttpSource(f"http://{HOST}:{free_port()}", form="xml")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "expected", "told"),
    [
        (
            {"took": 1, "hits": {"hits": [{"_source": {"@timestamp": 1_782_907_200, "cpu": 0.5}}]}},
            {"_source.cpu": [0.5]},
            "the list of readings at 'hits.hits'. Pass path=…",
        ),
        (
            [["time_tag", "speed"], ["2026-07-01 12:00:00.000", "401.2"]],
            {"speed": [401.2]},
            "the list of readings that came. Pass path=…",
        ),
        (
            {
                "name": "x",
                "created_at": "2015-01-01T00:00:00Z",
                "updated_at": "2026-07-01T12:00:00Z",
                "n": 7,
            },
            {"n": [7.0]},
            "'updated_at' is the time",
        ),
        (
            {
                "status": "success",
                "data": {
                    "resultType": "matrix",
                    "result": [
                        {
                            "metric": {"__name__": "up", "job": "a"},
                            "values": [[1_782_907_200.5, "1"], [1_782_907_201.5, "0"]],
                        },
                        {
                            "metric": {"__name__": "up", "job": "b"},
                            "values": [[1_782_907_201.5, "1"]],
                        },
                    ],
                },
            },
            {'up{job="a"}': [1.0, 0.0], 'up{job="b"}': [1.0]},
            "came again",
        ),
    ],
    ids=["a search", "rows below names", "an object that changes", "a query of Prometheus"],
)
def test_services_answers_are_read_as_they_mean_them(
    answer: Any, expected: dict[str, list[float]], told: str
) -> None:
    """Asked again and again, each reading is there once, at its own time, and a note says what was found."""
    asked: list[Request] = []

    def say(request: Request) -> None:
        asked.append(request)
        request.say(json.dumps(answer))

    with serve(say) as url, reads(url) as source:
        wait_until(
            lambda: any(told in note for note in source.notes), SOON, lambda: f"{source.notes}"
        )
        wait_until(lambda: len(asked) > 5, SOON)
        come(source, expected)
        assert source.buffer.to_pandas().index[0].year == 2026
        assert not any("arrival" in note for note in source.notes)


def test_a_value_names_the_channels_of_a_list() -> None:
    """A house's states: a note says how to tell them apart, `pivot` does it, and nothing comes twice."""
    states = [
        {"entity_id": f"sensor.{name}", "value": f"{i}", "last_updated": "2026-07-01T12:00:00Z"}
        for i, name in enumerate(("attic", "cellar"))
    ]
    with serve(lambda r: r.say(json.dumps(states))) as url:
        with reads(url) as source:
            told = "pivot='entity_id' makes a channel of each that it names"
            wait_until(lambda: told in source.notes, SOON, lambda: f"{source.notes}")
        with reads(url, pivot="entity_id") as source:
            told = "had nothing new"
            wait_until(
                lambda: any(told in n for n in source.notes), SOON, lambda: f"{source.notes}"
            )
            assert values(source) == {"sensor.attic": [0.0], "sensor.cellar": [1.0]}


def test_lines_of_json_are_read_though_the_server_calls_them_json() -> None:
    """As many do."""
    with serve(lambda r: r.say('{"x": 1}\n{"x": 2}\n')) as url, reads(url, interval=30.0) as source:
        come(source, {"x": [1.0, 2.0]})


def test_a_web_page_is_not_taken_for_numbers() -> None:
    """The page of a login, or of an error, says what it is."""
    page = (
        "<!DOCTYPE html><html><head><title>Log in</title></head><body>temp=21.5 503</body></html>"
    )
    with serve(lambda r: r.say(page, "text/html")) as url, reads(url) as source:
        told = "cannot be read: a web page, not data: Log in"
        wait_until(lambda: told in source.notes, SOON, lambda: f"{source.notes}")
        assert values(source) == {}


def test_a_bomb_of_gzip_costs_itself() -> None:
    """Half a megabyte that becomes 512: it is given up soon, and the next answer is read."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([packer.compress(bytes(2**20)) for _ in range(512)]) + packer.flush()
    n = itertools.count()

    def answer(request: Request) -> None:
        if next(n) == 1:
            request.say(bomb, Content_Encoding="gzip")
        else:
            request.say('{"x": 1}')

    tracemalloc.start()
    try:
        with serve(answer) as url, reads(url) as source:
            wait_until(lambda: source.counters().accepted >= 3, SOON, lambda: repr(source))
            assert source.counters().dropped == 1
            assert any("answer longer than" in note for note in source.notes)
        assert tracemalloc.get_traced_memory()[1] < 2**28
    finally:
        tracemalloc.stop()
