"""Tests of the alert feed and the health line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from nbstream.analyzer import Analyzer
from nbstream.buffer import Buffer
from nbstream.sources import IterableSource
from nbstream.widgets.feed import AlertFeed, held_text, redact
from tests.wait import wait_until
from tests.widgets.fake_page import FakePage

T0 = 1_782_907_200.0  # 2026-07-01 12:00:00 UTC


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return a page that records what panels send."""
    return FakePage(monkeypatch)


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("wss://ann:hunter2@host/live", "wss://***@host/live"),
        ("GET /x?api_key=abc123&n=1 failed", "GET /x?api_key=***&n=1 failed"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ('{"password": "a b c", "n": 1}', '{"password": ***, "n": 1}'),
        ("value 93 > 90", "value 93 > 90"),
    ],
)
def test_passwords_are_not_shown(text: str, shown: str) -> None:
    """What follows a telling name, and userinfo in a URL, becomes three stars."""
    assert redact(text) == shown


def test_a_closed_buffer_does_not_break_the_feed(
    feed: AlertFeed, page: FakePage, analyzer: Analyzer
) -> None:
    """Yield a feed whose buffer was closed goes on showing what is known."""
    extend(analyzer, 1, 2)
    page.show(feed)
    analyzer.buffer.close()
    page.step()
    assert page.show(feed)["health"]["counters"] == {"received": 0}
