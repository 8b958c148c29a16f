"""Tests of the bell: new notifications reach pages that look elsewhere, each once, few messages for many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from nbstream.alerts import AlertLog, Notification
from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.widgets.panels.alert_feed import NOTHING_TOLD, AlertFeed
from nbstream.widgets.panels.bell import LISTENS_FOR, MAX_LISTENERS, MAX_TOLD, Bell
from tests.wait import wait_until
from tests.widgets.fake_page import FakePage

T0 = 1_782_907_200.0


class FakeMain:
    """A main thread that is busy for as long as the test says."""

    busy = 0.0

    def busy_for(self) -> float:
        """Return that time."""
        return self.busy


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    """Yield an analyzer whose rule fires at each reading above 90."""
    analyzer = Analyzer(Buffer(timezone="UTC"))
    analyzer.alert("value > 90", name="hot")
    yield analyzer
    analyzer.close()


@pytest.fixture
def main() -> FakeMain:
    """Return a main thread."""
    return FakeMain()


@pytest.fixture
def bell(analyzer: Analyzer, page: FakePage, main: Any) -> Iterator[Bell]:
    """Yield a bell that is stepped by hand."""
    bell = Bell(analyzer.alerts, page.sent.append, main=main, **page.options)
    bell.open()
    yield bell
    bell.close()


def notify(log: AlertLog, n: int = 1) -> None:
    """Publish notifications about one incident, as rules do."""
    incident = log.newest(1)[0]
    for _ in range(n):
        log.publish(Notification("fired", incident))


def fire(analyzer: Analyzer) -> None:
    """Let the rule fire, and wait until the log has decided who is told."""
    analyzer.buffer.extend([T0, T0 + 1], x=[50.0, 95.0])
    analyzer.update()

    def is_decided() -> bool:
        counters = analyzer.alerts.counters()
        return counters.notified + counters.muted > 0

    wait_until(is_decided, message="the log to decide")


def step(bell: Bell, page: FakePage, seconds: float = 1.0) -> list[dict[str, Any]]:
    """Let time pass and return what was sent then."""
    before = len(page.sent)
    page.clock.advance(seconds)
    bell.step(page.clock.monotonic())
    return [message["told"] for message in page.sent[before:]]


def test_notifications_have_numbers_and_words(bell: Bell, analyzer: Analyzer) -> None:
    """The state tells what was told of, oldest first, as plain text."""
    fire(analyzer)
    analyzer.rules[0].close()
    state = bell.state()
    assert state["newest"] == 2
    assert [item["number"] for item in state["items"]] == [1, 2]
    assert [item["kind"] for item in state["items"]] == ["fired", "resolved"]
    assert {item["about"] for item in state["items"]} == {"incident 1"}
    assert state["items"][0]["title"] == "hot"
    assert state["items"][0]["text"].startswith("x 95 > 90")


def test_nobody_is_sent_anything_who_did_not_ask(
    bell: Bell, page: FakePage, analyzer: Analyzer
) -> None:
    """Pages that are looked at hear by their link; without listeners the pump sleeps."""
    fire(analyzer)
    assert step(bell, page) == []
    assert bell.step(page.clock.monotonic()) is None


def test_a_page_out_of_sight_hears_the_newest_number_first(
    bell: Bell, page: FakePage, analyzer: Analyzer
) -> None:
    """So it knows what came before it, and is told of what comes after."""
    fire(analyzer)
    bell.listen("a")
    assert [told["newest"] for told in step(bell, page)] == [1]
    assert step(bell, page) == []
    notify(analyzer.alerts)
    assert [told["newest"] for told in step(bell, page)] == [2]
    bell.forget("a")
    notify(analyzer.alerts)
    assert step(bell, page) == []


def test_silenced_incidents_do_not_ring(bell: Bell, page: FakePage, analyzer: Analyzer) -> None:
    """What the log keeps back is no notification."""
    analyzer.alerts.silence("hot", for_="1h")
    bell.listen("a")
    step(bell, page)
    fire(analyzer)
    assert len(analyzer.alerts.active) == 1
    assert step(bell, page) == []


def test_a_storm_is_four_messages_a_second_and_flat(
    bell: Bell, page: FakePage, analyzer: Analyzer
) -> None:
    """10,000 notifications a second leave the newest 20, and the number tells how many there were."""
    fire(analyzer)
    bell.listen("a")
    step(bell, page)
    messages = []
    for _ in range(100):
        notify(analyzer.alerts, 100)
        messages += step(bell, page, 0.01)
    assert 3 <= len(messages) <= 5
    assert all(len(told["items"]) == MAX_TOLD for told in messages)
    messages += step(bell, page)
    assert messages[-1]["newest"] == 10_001
    assert len(bell.state()["items"]) == MAX_TOLD
    assert len(str(messages[-1])) < 20_000


def test_a_page_that_asks_no_more_is_forgotten(bell: Bell, page: FakePage, main: FakeMain) -> None:
    """Its time ends, unless the main thread is busy, with which its asking waits."""
    bell.listen("a")
    main.busy = 100.0
    step(bell, page, 2 * LISTENS_FOR)
    assert bell.n_listeners == 1
    main.busy = 0.0
    step(bell, page, LISTENS_FOR - 1)
    assert bell.n_listeners == 1
    step(bell, page, 2)
    assert bell.n_listeners == 0


def test_only_so_many_pages_listen(bell: Bell, page: FakePage) -> None:
    """The one that asked longest ago makes room."""
    for i in range(MAX_LISTENERS + 10):
        page.clock.advance(0.01)
        bell.listen(f"client {i}")
    assert bell.n_listeners == MAX_LISTENERS
    assert f"client {MAX_LISTENERS + 9}" in bell._listeners
    assert "client 0" not in bell._listeners


def test_notifications_from_many_threads_have_each_a_number(bell: Bell, analyzer: Analyzer) -> None:
    """None is lost and none has the number of another."""
    fire(analyzer)
    threads = [threading.Thread(target=notify, args=(analyzer.alerts, 500)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = bell.state()
    assert state["newest"] == 2001
    assert [item["number"] for item in state["items"]] == list(range(1982, 2002))


def test_a_feed_listens_for_its_pages_and_lets_go(analyzer: Analyzer, page: FakePage) -> None:
    """The page's state has the notifications; closing ends the subscription, twice is once."""
    feed = AlertFeed(analyzer, **page.options)
    bell = feed._bell
    assert bell is not None
    assert page.show(feed)["told"] == NOTHING_TOLD
    assert not page.ask(kind="listen", value=True)
    assert bell.n_listeners == 1
    page.say({"kind": "bye", "client": "a"})
    assert bell.n_listeners == 0
    fire(analyzer)
    assert page.show(feed)["told"]["newest"] == 1
    feed.close()
    feed.close()
    notify(analyzer.alerts)
    assert bell.state()["newest"] == 1
    assert analyzer.alerts.outbox.n_subscribers == 0


def test_a_feed_of_no_analyzer_subscribes_to_nothing(page: FakePage) -> None:
    """A feed that cannot be made leaves nothing behind."""
    wrong: Any = Buffer()
    with pytest.raises(TypeError, match="needs an Analyzer"):
        AlertFeed(wrong, **page.options)


def test_a_rule_that_fails_rings_without_an_incident(bell: Bell, analyzer: Analyzer) -> None:
    """A notification of an incident that is in no log is told of by its rule and channel."""
    fire(analyzer)
    incident = analyzer.alerts.newest(1)[0]
    analyzer.alerts.publish(Notification("error", replace(incident, number=0)))
    (item,) = {item["about"] for item in bell.state()["items"][-1:]}
    assert item == f"rule {bell.state()['items'][-1]['series']}"


def test_a_comm_that_is_closed_does_not_stop_the_bell(
    page: FakePage, analyzer: Analyzer, main: Any
) -> None:
    """What cannot be sent is lost; the next step tries again with what is new."""

    def fail(message: dict[str, Any]) -> None:
        raise RuntimeError("closed")

    bell = Bell(analyzer.alerts, fail, main=main, **page.options)
    bell.open()
    bell.listen("a")
    assert step(bell, page) == []
    fire(analyzer)
    assert step(bell, page) == []
    assert bell.n_listeners == 1
    bell.close()


def test_pages_hear_what_somebody_has_taken_care_of(
    bell: Bell, page: FakePage, analyzer: Analyzer
) -> None:
    """An acknowledgement or a silence is sent once, without a new notification."""
    fire(analyzer)
    bell.listen("page")
    bell.step(0.0)
    assert page.sent[-1]["told"]["settled"] == []
    (incident,) = analyzer.alerts.active
    analyzer.alerts.acknowledge(incident.number, "me")
    bell.step(1.0)
    assert page.sent[-1]["told"]["settled"] == [f"incident {incident.number}"]
    n_sent = len(page.sent)
    bell.step(2.0)
    assert len(page.sent) == n_sent


def test_what_is_silenced_needs_no_toast(bell: Bell, analyzer: Analyzer) -> None:
    """As long as the silence lasts."""
    fire(analyzer)
    silence = analyzer.alerts.silence("hot", for_="1h")
    assert bell.state()["settled"] == ["incident 1"]
    analyzer.alerts.end_silence(silence)
    assert bell.state()["settled"] == []
