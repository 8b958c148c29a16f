"""What could not be delivered stands in the feed, where people look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import nbstream as ns
from nbstream.alerts.notifiers import EmailNotifier, WebhookNotifier
from nbstream.widgets.panels.alert_feed import AlertFeed
from tests.alerts.notifiers.clocks import PausingClock
from tests.alerts.notifiers.servers import Answer, http_server
from tests.counterparts.ports import refusing_port
from tests.wait import wait_until

TOKEN = "tok-3fd1c09ab4e7"
FAST: dict[str, Any] = {"random": lambda: 1.0, "retries": 2}


@pytest.fixture
def analyzer() -> Iterator[ns.Analyzer]:
    """An analyzer with one rule."""
    with ns.Analyzer(ns.Buffer(timezone="UTC")) as analyzer:
        analyzer.alert("value > 90")
        yield analyzer


def fire(analyzer: ns.Analyzer) -> None:
    """Let the rule fire, and recover."""
    analyzer.buffer.append(None, value=95.0)
    analyzer.update()
    analyzer.buffer.append(None, value=1.0)
    analyzer.update()


def told(analyzer: ns.Analyzer) -> list[str]:
    """Return the events that the feed shows, oldest first."""
    feed = AlertFeed(analyzer)
    items = feed._state()["items"]
    feed.close()
    return [item["text"] for item in reversed(items) if item["kind"] == "event"]


def test_a_webhook_that_fails_is_said_once_after_its_retries(analyzer: ns.Analyzer) -> None:
    """And once that it works again; a token in its address is not shown."""
    with http_server(*[Answer(503)] * 6, Answer(200)) as server:
        url = f"{server.url}hook/{TOKEN}?token={TOKEN}"
        dispatcher = analyzer.notify(
            WebhookNotifier(url, name="pager", clock=PausingClock(), **FAST)
        )
        fire(analyzer)
        wait_until(lambda: dispatcher.counters().failed == 2)
        wait_until(lambda: len(told(analyzer)) == 1)
        (text,) = told(analyzer)
        assert text.startswith("The notifier 'pager' could not deliver")
        assert "503" in text
        assert "attempt 3, given up" in text
        fire(analyzer)
        wait_until(lambda: dispatcher.counters().delivered == 2)
        wait_until(lambda: len(told(analyzer)) == 2)
        assert told(analyzer)[1] == "The notifier 'pager' delivers again."
        assert TOKEN not in "".join(told(analyzer))


def test_a_mail_that_fails_is_said(analyzer: ns.Analyzer) -> None:
    """Nobody listens there; the password is not shown."""
    with refusing_port() as port:
        notifier = EmailNotifier(
            "127.0.0.1",
            port=port,
            recipients="ann@example.org",
            group_wait=0.0,
            sender="bot@example.org",
            user="bot",
            password=TOKEN,
            name="mail",
            clock=PausingClock(),
            **FAST,
        )
        dispatcher = analyzer.notify(notifier)
        fire(analyzer)
        wait_until(lambda: dispatcher.counters().failed > 0)
    wait_until(lambda: len(told(analyzer)) == 1)
    (text,) = told(analyzer)
    assert text.startswith("The notifier 'mail' could not deliver: ")
    assert TOKEN not in text


def test_a_function_that_fails_is_named(analyzer: ns.Analyzer) -> None:
    """Also if its error doesn't say who it was, and quotes a secret."""

    class Siren(ns.alerts.notifiers.Notifier):
        def deliver(self, notifications: Any, stop: Any) -> None:
            message = f"no power for https://ann:{TOKEN}@siren.local"
            raise RuntimeError(message)

    analyzer.notify(Siren(name="siren"))
    fire(analyzer)
    wait_until(lambda: len(told(analyzer)) == 1)
    (text,) = told(analyzer)
    assert text.startswith("The notifier 'siren' failed: no power for https://")
    assert TOKEN not in text


def test_whoever_is_told_may_be_gone(analyzer: ns.Analyzer) -> None:
    """Telling in vain is no error of the notifier."""
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        raise ValueError(text)

    class Broken(ns.alerts.notifiers.Notifier):
        def deliver(self, notifications: Any, stop: Any) -> None:
            raise OSError(5, "broken")

    dispatcher = ns.alerts.notifiers.connect(analyzer.alerts, Broken(name="b"), tell=tell)
    fire(analyzer)
    wait_until(lambda: dispatcher.counters().failed == 2)
    assert len(said) == 1
    dispatcher.close()
