"""Tests of the alert feed and the health line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.sources import IterableSource
from nbstream.widgets.panels.alert_feed import AlertFeed, held_text
from tests.wait import wait_until
from tests.widgets.fake_page import FakePage

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T0 = 1_782_907_200.0  # 2026-07-01 12:00:00 UTC


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    """Yield an analyzer of an empty buffer."""
    analyzer = Analyzer(Buffer(timezone="UTC"))
    yield analyzer
    analyzer.close()


@pytest.fixture
def feed(analyzer: Analyzer, page: FakePage) -> Iterator[AlertFeed]:
    """Yield a feed whose link is stepped by hand."""
    feed = AlertFeed(analyzer, **page.options)
    yield feed
    feed.close()


def extend(analyzer: Analyzer, *values: float, start: float = 0.0, channel: str = "x") -> None:
    """Add readings, one a second, and wait until they are in."""
    analyzer.buffer.extend([T0 + start + i for i in range(len(values))], {channel: values})
    analyzer.update()


def test_an_empty_feed_names_the_rules(feed: AlertFeed, page: FakePage, analyzer: Analyzer) -> None:
    """Before anything fires the page can say what is watched."""
    analyzer.alert("value > 90")
    analyzer.alert("value < 5", name="too low")
    state = page.show(feed)
    assert (state["items"], state["older"], state["firing"]) == ([], 0, 0)
    assert (state["rules"], state["nRules"]) == (["value > 90", "too low"], 2)


def test_incidents_come_newest_first_and_firing_ones_on_top(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """What fires is above what is over, each part newest first, with time, severity and reason."""
    analyzer.alert("value > 90", severity="critical")
    analyzer.alert("value < 5", name="too low")
    extend(analyzer, 50, 93, 50, 95, 50, 1, 1)
    extend(analyzer, 99, start=20)  # recovers the second, fires the first again
    extend(analyzer, 2, start=30)
    items = page.show(feed)["items"]
    assert [(item["state"], item["time"]) for item in items] == [
        ("firing", "12:00:30"),
        ("resolved", "12:00:20"),
        ("resolved", "12:00:05"),
        ("resolved", "12:00:03"),
        ("resolved", "12:00:01"),
    ]
    assert items[0]["title"] == "too low"
    assert items[0]["severity"] == "warning"
    assert items[-1]["text"].startswith("x 93 > 90 since 12:00:01")
    assert items[-1]["lasted"] == 1.0
    assert items[-1]["title"] == ""  # the reason says the condition
    assert items[0]["full"] == "2026-07-01 12:00:30.000 UTC"


def test_an_old_incident_that_still_fires_stays_on_top_of_a_storm(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """The newest 50 are listed, the others counted, and what fires is never among the others."""
    analyzer.alert("value > 0", name="always", severity="critical")
    analyzer.alert("value > 90", name="storm")
    extend(analyzer, *([95, 50] * 100))
    state = page.show(feed)
    assert len(state["items"]) == 50
    assert state["older"] == 101 - 50
    assert state["items"][0]["title"] == "always"
    assert {item["title"] for item in state["items"][1:]} == {"storm"}


def test_events_are_listed_between_incidents(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """What happened to the data stands in the feed too, without passwords; equal ones are apart."""
    analyzer.buffer.note("cannot open https://ann:secret@host/")
    events = analyzer.buffer.events
    events.append(events[0])
    items = page.show(feed)["items"]
    assert [item["text"] for item in items] == ["cannot open https://***@host/"] * 2
    assert items[0]["kind"] == "event"
    assert items[0]["key"] != items[1]["key"]


def test_anomalies_are_listed_in_groups(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """What a detector flags within a minute is one item with the strangest reading, without actions."""
    analyzer.detect("threshold", above=90)
    extend(analyzer, 91, 50, 99, 95)
    extend(analyzer, 92, start=600)
    items = page.show(feed)["items"]
    assert [(item["kind"], item["title"], item["time"]) for item in items] == [
        ("anomaly", "threshold", "12:10:00"),
        ("anomaly", "threshold", "12:00:00"),
    ]
    assert items[0]["text"].startswith("x 92: 92 > 90")
    assert items[1]["text"].startswith("3 readings in 3 s, the strangest: x 99: 99 > 90")


def test_anomalies_do_not_crowd_out_alerts(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """Of many groups the newest 20 are listed, and the others counted."""
    analyzer.detect("threshold", above=90)
    analyzer.alert("value < 5")
    extend(analyzer, 1, 50)
    for k in range(30):
        extend(analyzer, 95, start=100 + 61 * k)
    state = page.show(feed)
    assert [item["kind"] for item in state["items"]] == ["anomaly"] * 20 + ["incident"]
    assert state["older"] == 10


def test_times_of_another_day_have_a_date(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """The time of day is enough for today's data."""
    analyzer.alert("value > 90")
    extend(analyzer, 93, 50)
    extend(analyzer, 93, 50, start=86_400)
    times = [item["time"] for item in page.show(feed)["items"]]
    assert times == ["12:00:00", "07-01 12:00:00"]


def test_health_of_a_buffer(feed: AlertFeed, page: FakePage, analyzer: Analyzer) -> None:
    """A buffer counts what it received and what was missing."""
    extend(analyzer, 1, math.nan, 3)
    health = page.show(feed)["health"]
    assert health["counters"] == {"received": 3}
    assert (health["missing"], health["shown"], health["source"]) == (1, None, None)
    assert health["newest"] == (T0 + 2) * 1000
    assert health["zone"] == "UTC"


def test_health_of_a_source(page: FakePage) -> None:
    """A source's counters, state, error and notes are shown, and the chart's points."""
    source = IterableSource([1.0, "n/a", 3.0], name="sensor").start()
    analyzer = Analyzer(source)
    chart: Any = SimpleNamespace(shown=77)
    feed = AlertFeed(analyzer, chart, **page.options)
    try:
        wait_until(lambda: not source.is_running, message="the source to end")
        health = page.show(feed)["health"]
        counters = health["counters"]
        assert (counters["received"], counters["accepted"], counters["rejected"]) == (3, 2, 1)
        assert health["shown"] == 77
        assert health["source"]["name"] == "sensor"
        assert health["source"]["state"] == "ENDED"
        assert any("n/a" in note for note in health["notes"])
    finally:
        feed.close()
        analyzer.close()
        source.close()


def test_what_the_buffer_no_longer_holds_is_said(page: FakePage) -> None:
    """A window that is not fully held says so, in the window's own words."""
    buffer = Buffer(capacity=100, max_bytes=1600, timezone="UTC")
    buffer.extend([T0 + i for i in range(500)], x=[1.0] * 500)
    for window, text in (
        ("1h", "holds 99 s of 1h"),
        ("60s", ""),
        ("all", "holds the newest 99 s"),
        (400, "holds 100 of 400 readings"),
    ):
        analyzer = Analyzer(buffer, window=window)
        analyzer.update()
        assert held_text(analyzer) == text
        analyzer.close()


def test_a_closed_buffer_does_not_break_the_feed(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """Yield a feed whose buffer was closed goes on showing what is known."""
    extend(analyzer, 1, 2)
    page.show(feed)
    analyzer.buffer.close()
    page.step()
    assert page.show(feed)["health"]["counters"] == {"received": 0}


# What a page may do.


@pytest.fixture
def hot(analyzer: Analyzer, feed: AlertFeed, page: FakePage) -> int:
    """Let a rule with an odd name fire, show the feed, and return the incident's number."""
    analyzer.alerts._clock = page.clock
    analyzer.alert("value > 90", name="[hot]*")
    extend(analyzer, 50, 93)
    page.show(feed)
    return analyzer.alerts.newest(1)[0].number


def item_of(page: FakePage) -> dict[str, Any]:
    """Return the newest item as a page that comes now sees it."""
    assert isinstance(page.panel, AlertFeed)
    page.step()
    return page.show(page.panel)["items"][0]


def test_a_page_acknowledges_an_incident(page: FakePage, analyzer: Analyzer, hot: int) -> None:
    """The page is named as who, its reason is one plain line, and a second one is told of the first."""
    assert not page.ask(kind="acknowledge", incident=hot, why="pump\n\u202eis off ")
    note = analyzer.alerts.newest(1)[0].acknowledged
    assert note is not None
    assert (note.who, note.why) == ("page", "pump is off")
    assert item_of(page)["acknowledged"] == {
        "who": "page",
        "why": "pump is off",
        "time": "12:00:01",
    }
    assert "already, by page" in page.ask(kind="acknowledge", incident=hot)


@pytest.mark.parametrize(
    ("span", "until"),
    [
        ("5min", "12:05:01"),
        ("1h", "13:00:01"),
        ("tomorrow", "07-02 06:00:00"),
    ],
)
def test_a_page_snoozes_the_rule_of_an_incident(
    page: FakePage, analyzer: Analyzer, hot: int, span: str, until: str
) -> None:
    """The rule is silenced by its literal name on the incident's channel, and the page can end it."""
    assert not page.ask(kind="snooze", incident=hot, **{"for": span})
    page.step()
    assert isinstance(page.panel, AlertFeed)
    state = page.show(page.panel)
    (silence,) = state["silences"]
    assert (silence["text"], silence["until"]) == ("“[hot]*” on “x”", until)
    assert state["items"][0]["silenced"]
    now = page.clock.wall_ns()
    assert not analyzer.alerts.is_silenced("h", "x", now)
    assert not page.ask(kind="end_silence", silence=silence["id"])
    assert analyzer.alerts.silences == ()
    assert "ended already" in page.ask(kind="end_silence", silence=silence["id"])
    assert not item_of(page)["silenced"]


def test_snoozing_again_replaces_the_silence(page: FakePage, analyzer: Analyzer, hot: int) -> None:
    """A page that clicks often adds no silences; those of others stay."""
    analyzer.alerts.silence("[hot]*", for_="2h", who="ann")
    for span in ("1h", "5min", "5min"):
        assert not page.ask(kind="snooze", incident=hot, **{"for": span})
        page.step(1)
    assert sorted(silence.who for silence in analyzer.alerts.silences) == ["ann", "page"]


def test_tomorrow_is_in_the_zone_of_the_data(page: FakePage) -> None:
    """Six in the morning is meant where the data come from, also across a change of the clocks."""
    page.clock.step_wall((datetime(2026, 10, 24, 23, tzinfo=UTC) - EPOCH).total_seconds() - T0)
    with Analyzer(Buffer(timezone="Europe/Berlin")) as analyzer:
        analyzer.alerts._clock = page.clock
        analyzer.alert("value > 90")
        extend(analyzer, 93)
        feed = AlertFeed(analyzer, **page.options)
        page.show(feed)
        assert not page.ask(kind="snooze", incident=1, **{"for": "tomorrow"})
        (silence,) = analyzer.alerts.silences
        feed.close()
    # At 23:00 UTC it is the 25th in Berlin, so tomorrow is the 26th, in winter time.
    assert silence.until_ns == (datetime(2026, 10, 26, 5, tzinfo=UTC) - EPOCH).total_seconds() * 1e9


def test_silences_of_patterns_are_said_as_patterns(
    page: FakePage, analyzer: Analyzer, hot: int
) -> None:
    """Who wrote the silence and why stand beside it, as plain text; only so many are listed."""
    log = analyzer.alerts
    log.silence("temp*", for_="1h", who="ann\n", why="x" * 500)
    log.silence(for_="1h")
    assert isinstance(page.panel, AlertFeed)
    page.step()
    newest, older = page.show(page.panel)["silences"]
    assert newest["text"] == "all rules"
    assert (older["text"], older["who"], len(older["why"])) == ("rules temp*", "ann", 200)
    for _ in range(50):
        page.clock.advance(0.001)
        log.silence(for_="1h")
    page.step()
    state = page.show(page.panel)
    assert (len(state["silences"]), state["nSilences"]) == (20, 52)


def test_an_incident_that_is_gone_cannot_be_handled(
    page: FakePage, analyzer: Analyzer, hot: int
) -> None:
    """Over, dropped from the log, its rule closed, the analyzer closed: the page is told which."""
    assert "no longer in the log" in page.ask(kind="acknowledge", incident=99)
    assert "no longer in the log" in page.ask(kind="snooze", incident=-1, **{"for": "1h"})
    analyzer.rules[0].close()
    assert "over: rule closed" in page.ask(kind="acknowledge", incident=hot)
    assert "over: rule closed" in page.ask(kind="snooze", incident=hot, **{"for": "1h"})
    analyzer.close()
    assert "analyzer was closed" in page.ask(kind="acknowledge", incident=hot)
    assert analyzer.alerts.silences == ()


@pytest.mark.parametrize(
    "command",
    [
        {"kind": "acknowledge", "incident": "1"},
        {"kind": "acknowledge", "incident": True},
        {"kind": "acknowledge", "incident": 1.0},
        {"kind": "acknowledge", "incident": None},
        {"kind": "acknowledge", "incident": 1, "why": 7},
        {"kind": "acknowledge", "incident": 1, "why": None},
        {"kind": "acknowledge", "incident": 1, "why": "x" * 201},
        {"kind": "snooze", "incident": 1},
        {"kind": "snooze", "incident": 1, "for": "99999d"},
        {"kind": "snooze", "incident": 1, "for": ["1h"]},
        {"kind": "snooze", "rule": "*", "for": "1h"},
        {"kind": "end_silence", "silence": "1"},
        {"kind": "end_silence", "silence": True},
        {"kind": "end_silence"},
        {"kind": "listen", "value": "yes"},
        {"kind": "listen", "value": True, "client": ""},
        {"kind": "listen", "value": True, "client": "x" * 65},
        {"kind": "listen", "value": True, "client": ["a"]},
        {"kind": "silence", "rule": "*", "for": "1h"},
        {"kind": "subscribe", "url": "http://example.org/"},
    ],
)
def test_what_a_page_sends_is_checked(
    page: FakePage, feed: AlertFeed, analyzer: Analyzer, hot: int, command: dict[str, Any]
) -> None:
    """A command with a wrong or missing part does nothing, and is counted."""
    before = (feed.n_ignored, len(page.sent), analyzer.alerts.version)
    page.say({"client": "a", "request": 1, **command})
    assert (feed.n_ignored - 1, len(page.sent), analyzer.alerts.version) == before
    assert feed._bell is not None
    assert feed._bell.n_listeners == 0


def test_a_full_list_of_silences_is_said(
    page: FakePage, analyzer: Analyzer, hot: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the log reaches the page in its words."""
    monkeypatch.setattr("nbstream.alerts.log.alert_log.MAX_SILENCES", 1)
    analyzer.alerts.silence("other", for_="1h")
    assert "silences already" in page.ask(kind="snooze", incident=hot, **{"for": "1h"})


def test_flapping_past_and_escalated_incidents_are_said(
    page: FakePage, feed: AlertFeed, analyzer: Analyzer
) -> None:
    """The flags of an incident reach the page, and the text tells when it became graver."""
    analyzer.alert("value > 90", levels={"critical": "value > 97"})
    extend(analyzer, 93, 99)
    item = page.show(feed)["items"][0]
    assert "critical since 12:00:01 (x 99)" in item["text"]
    assert (item["severity"], item["past"], item["flapping"]) == ("critical", False, False)
    assert item["graver"] == ""
    entry = analyzer.alerts.entry(item["number"])
    assert entry is not None
    analyzer.alerts.mark(entry, is_past=True, is_flapping=True)
    item = item_of(page)
    assert (item["past"], item["flapping"]) == (True, True)


def test_a_long_reason_does_not_hide_an_escalation(
    page: FakePage, feed: AlertFeed, analyzer: Analyzer
) -> None:
    """A unit may be long; that the incident became graver is said all the same."""
    analyzer.buffer.units["x"] = "millimetres of mercury " * 20
    analyzer.alert("value > 90", levels={"critical": "value > 97"})
    extend(analyzer, 93, 99)
    item = page.show(feed)["items"][0]
    assert len(item["text"]) == 300
    assert item["graver"] == "critical since 12:00:01"
