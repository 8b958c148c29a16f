"""Webhooks against real servers that answer, refuse, hang, redirect, flood and dribble."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from nbstream.alerts.notifiers import DeliveryError, Dispatcher, WebhookNotifier, verify_signature
from nbstream.alerts.notifiers.webhook import retry_after
from nbstream.errors import CallbackError, DependencyError
from nbstream.runtime.clock import SystemClock
from tests.alerts.notifiers.clocks import PausingClock
from tests.alerts.notifiers.incidents import a_notification
from tests.alerts.notifiers.servers import (
    Answer,
    http_server,
    trusting_context,
)
from tests.counterparts.ports import refusing_port
from tests.wait import wait_until

STOP = threading.Event()


def a_webhook(url: Any, **options: Any) -> tuple[WebhookNotifier, PausingClock]:
    """Return a webhook that pauses as long as it may, on a clock that takes no time."""
    clock = PausingClock()
    options = {"clock": clock, "random": lambda: 1.0, **options}
    return WebhookNotifier(url, **options), clock


def failure_of(notifier: WebhookNotifier, **facts: Any) -> str:
    """Return what is said when a delivery fails."""
    with pytest.raises(DeliveryError) as caught:
        notifier.send([a_notification(**facts)], STOP)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert caught.value.notifier == notifier.name
    return str(caught.value)


def test_json_arrives() -> None:
    """One POST with all fields, and the headers that were given."""
    with http_server() as server:
        notifier, _ = a_webhook(server.url + "hook", headers={"X-Team": "pumps"})
        notifier.send([a_notification()], STOP)
    (request,) = server.requests
    assert request.path == "/hook"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-team"] == "pumps"
    assert request.headers["user-agent"] == "nbstream"
    assert "x-nbstream-signature" not in request.headers
    record = json.loads(request.body)
    assert record["fired"] == "2026-07-01T12:00:03.000000001Z"
    assert (record["kind"], record["version"], record["resolved"]) == ("fired", 1, None)


def test_user_and_password_of_the_url_are_basic_authentication() -> None:
    """They are in no path and no query."""
    with http_server() as server:
        a_webhook(server.url.replace("//", "//ann:secret@"))[0].send([a_notification()], STOP)
    assert server.requests[0].headers["authorization"] == "Basic YW5uOnNlY3JldA=="


def test_a_signature_can_be_verified() -> None:
    """What the receiver gets passes verify_signature, and nothing else does."""
    with http_server() as server:
        notifier, clock = a_webhook(server.url, secret=lambda: "key")
        notifier.send([a_notification()], STOP)
    (request,) = server.requests
    facts = {
        "timestamp": request.headers["x-nbstream-timestamp"],
        "signature": request.headers["x-nbstream-signature"],
        "now": clock.wall_ns() / 1e9,
    }
    assert verify_signature("key", request.body, **facts)
    assert not verify_signature("kex", request.body, **facts)
    assert not verify_signature("key", request.body + b" ", **facts)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_what_may_pass_is_tried_again(status: int) -> None:
    """An answer of 5xx or 429, then success."""
    with http_server(Answer(status), Answer(200)) as server:
        notifier, clock = a_webhook(server.url, secret="key")
        notifier.send([a_notification()], STOP)
    assert len(server.requests) == 2
    assert server.requests[0].body == server.requests[1].body
    assert clock.pauses == [0.5]


def test_pauses_grow_and_have_full_jitter() -> None:
    """Each pause is drawn from 0 to a limit that doubles up to 10 s."""
    with http_server(Answer(500)) as server:
        notifier, clock = a_webhook(server.url, retries=7, give_up_after=100)
        assert "500 (attempt 8, given up)" in failure_of(notifier).replace("answered ", "")
        assert clock.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
        drawn = iter([0.1, 0.5, 0.0])
        notifier, clock = a_webhook(server.url, random=lambda: next(drawn))
        failure_of(notifier)
        assert clock.pauses == [0.05, 0.5, 0.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_other_refusals_are_not_tried_again(status: int) -> None:
    """The server's words are in the error."""
    with http_server(Answer(status, body=b"no_service\r\n")) as server:
        notifier, clock = a_webhook(server.url)
        text = failure_of(notifier)
    assert text == (
        f"The notifier {notifier.name!r} could not deliver: "
        f"the server answered {status} ('no_service')."
    )
    assert len(server.requests) == 1
    assert clock.pauses == []


def test_redirects_are_not_followed() -> None:
    """A redirect could lead the secrets elsewhere."""
    with http_server() as target, http_server(Answer(302, {"Location": target.url})) as server:
        text = failure_of(a_webhook(server.url)[0])
    assert "302, a redirect, which is not followed" in text
    assert len(server.requests) == 1
    assert target.requests == []


def test_nobody_listens() -> None:
    """A refused connection is tried again, then given up."""
    with refusing_port() as port:
        notifier, clock = a_webhook(f"http://127.0.0.1:{port}/", retries=2)
        assert "ConnectError" in failure_of(notifier)
    assert len(clock.pauses) == 2


def test_a_connection_that_breaks_is_tried_again() -> None:
    """The server hangs up without an answer, then answers."""
    with http_server(Answer(does="hangs up"), Answer(200)) as server:
        a_webhook(server.url)[0].send([a_notification()], STOP)
    assert len(server.requests) == 2


@pytest.mark.parametrize("does", ["hangs", "dribbles"])
def test_a_server_that_takes_for_ever_is_left(does: str) -> None:
    """An attempt ends after 'timeout', whatever trickles in; the next one succeeds."""

    def give_time() -> float:
        notifier._timeout = 20.0
        return 1.0

    with http_server(Answer(does=does), Answer(200)) as server:
        notifier, _ = a_webhook(server.url, timeout=0.3, random=give_time)
        notifier.send([a_notification()], STOP)
    assert len(server.requests) >= 2


def test_all_attempts_together_are_bounded() -> None:
    """give_up_after cuts the last attempt short."""
    with http_server(Answer(does="hangs")) as server:
        notifier = WebhookNotifier(server.url, timeout=60.0, retries=9, give_up_after=0.2)
        start = time.monotonic()
        assert "no answer within 0.2 s (attempt 1, given up)" in failure_of(notifier)
        assert time.monotonic() - start < 20.0


def test_an_endless_answer_is_not_read() -> None:
    """Of an error's body the beginning is read, of a success nothing."""
    with http_server(Answer(404, does="floods"), Answer(200, does="floods")) as server:
        notifier, _ = a_webhook(server.url)
        assert "answered 404 ('xxx" in failure_of(notifier)
        notifier.send([a_notification()], STOP)


def test_retry_after_is_honoured() -> None:
    """A 429 with Retry-After is tried again no sooner."""
    with http_server(Answer(429, {"Retry-After": "7"}), Answer(200)) as server:
        notifier, clock = a_webhook(server.url)
        notifier.send([a_notification()], STOP)
    assert clock.pauses == [7.0]
    assert len(server.requests) == 2


def test_a_long_retry_after_holds_the_next_notification() -> None:
    """What doesn't fit into give_up_after fails now, and the notifier waits before the next one."""
    with http_server(Answer(429, {"Retry-After": "100"})) as server:
        notifier, clock = a_webhook(server.url)
        assert "asked to wait 100 s (attempt 1, given up)" in failure_of(notifier)
    assert clock.pauses == []
    assert notifier.hold() == 100.0
    clock.advance(99.0)
    assert notifier.hold() == 1.0
    clock.advance(2.0)
    assert notifier.hold() == 0.0


def test_retry_after_is_read_as_the_standard_says() -> None:
    """Seconds or a date; at most ten minutes are believed, nonsense says nothing."""
    now = 1_782_907_200.0
    assert retry_after("7", now) == 7.0
    assert retry_after("0", now) == 0.0
    assert retry_after("9" * 500, now) == 600.0
    later = format_datetime(datetime.fromtimestamp(now + 60, UTC), usegmt=True)
    assert retry_after(later, now) == 60.0
    assert retry_after(later, now + 100) == 0.0
    for nothing in (None, "", "soon", "-5", "1.5", "²", "Wed, 99 Foo 2026 00:00:00 GMT"):
        assert retry_after(nothing, now) is None


def test_closing_ends_the_pause_between_attempts() -> None:
    """A dispatcher that is closed does not wait for retries."""
    with http_server(Answer(500)) as server:
        notifier = WebhookNotifier(server.url, random=lambda: 1.0, retries=99, give_up_after=600)
        dispatcher = Dispatcher([notifier])
        dispatcher(a_notification())
        wait_until(lambda: server.requests)
        dispatcher.close(timeout=0.1)
        wait_until(lambda: dispatcher.counters().failed == 1)
    assert "then closed" in str(dispatcher.last_error)


def test_one_notification_at_a_time() -> None:
    """The next request begins when the last one was answered."""
    with http_server(Answer(200, does="waits"), Answer(200)) as server:
        with Dispatcher([WebhookNotifier(server.url)]) as dispatcher:
            for number in range(20):
                dispatcher(a_notification(number=number))
            wait_until(lambda: server.requests)
            dispatcher(a_notification("resolved", number=5))
            server.released.set()
            wait_until(lambda: dispatcher.counters().pending == 0)
    bodies = [json.loads(request.body) for request in server.requests]
    assert [body["number"] for body in bodies] == list(range(20))
    assert bodies[5]["kind"] == "resolved"
    assert dispatcher.counters().superseded == 1


def test_certificates_are_checked() -> None:
    """A certificate of an unknown authority ends it at once; with that authority it works."""
    with http_server(tls=True) as server:
        notifier, clock = a_webhook(server.url)
        assert "the certificate is not valid (self" in failure_of(notifier)
        assert clock.pauses == []
        a_webhook(server.url, ssl_context=trusting_context())[0].send([a_notification()], STOP)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/canary",
        "file:///etc/canary",
        "//example.com/canary",
        "https:///canary",
        "https://example.com:canary/",
        "https://[canary/",
        "https://example.com/canary\r\nX-Evil: 1",
        "https://example.com/can ary",
        "canary",
        "",
    ],
)
def test_urls_that_are_none_are_refused(url: str) -> None:
    """Only http and https; the message does not repeat the URL."""
    with pytest.raises(ValueError, match="'url'") as caught:
        WebhookNotifier(url)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"headers": {"X Y": "canary"}}, "HTTP header names"),
        ({"headers": {"X-A:canary": "b"}}, "HTTP header names"),
        ({"headers": {"Content-Length": "3"}}, "must not hold 'Content-Length'"),
        ({"body": "xml"}, "'body' must be one of 'json'"),
        ({"body": {"a": "{txt}"}}, "unknown field 'txt'. Did you mean 'text'"),
        ({"body": "ntfy"}, "must end with an ntfy topic"),
        ({"timeout": 0}, "'timeout' must be a number of seconds > 0"),
        ({"timeout": float("nan")}, "'timeout'"),
        ({"give_up_after": float("inf")}, "'give_up_after'"),
        ({"retries": -1}, "'retries' must be >= 0"),
        ({"secret": ""}, "'secret' must not be empty"),
        ({"secret": "env:NBSTREAM_TEST_UNSET"}, "'NBSTREAM_TEST_UNSET'\\) is not set"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], message: str) -> None:
    """What could never work is an error at once, without secrets in it."""
    with pytest.raises(ValueError, match=message) as caught:
        WebhookNotifier("https://example.com/", **options)
    assert "canary" not in str(caught.value)


def test_secrets_are_read_at_each_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is renewed meanwhile is used; one that is gone is said."""
    with http_server() as server:
        monkeypatch.setenv("NBSTREAM_TEST_URL", server.url)
        monkeypatch.setenv("NBSTREAM_TEST_TOKEN", "one")
        notifier, _ = a_webhook(
            "env:NBSTREAM_TEST_URL", headers={"X-Token": "env:NBSTREAM_TEST_TOKEN"}
        )
        notifier.send([a_notification()], STOP)
        monkeypatch.setenv("NBSTREAM_TEST_TOKEN", "two")
        notifier.send([a_notification()], STOP)
        monkeypatch.setenv("NBSTREAM_TEST_TOKEN", "two\r\nX-Evil: 1")
        assert "must be printable ASCII" in failure_of(notifier)
        monkeypatch.delenv("NBSTREAM_TEST_TOKEN")
        assert "(environment variable 'NBSTREAM_TEST_TOKEN') is not set" in failure_of(notifier)
    assert [request.headers["x-token"] for request in server.requests] == ["one", "two"]


def test_a_body_function_that_fails_is_named() -> None:
    """The user's error is the cause, and nothing is sent."""

    def broken(notification: Any) -> Mapping[str, Any]:
        raise KeyError("unit")

    with http_server() as server, pytest.raises(CallbackError, match="'broken' failed") as caught:
        a_webhook(server.url, body=broken)[0].send([a_notification()], STOP)
    assert isinstance(caught.value.__cause__, KeyError)
    assert server.requests == []


def test_without_httpx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"pip install \"nbstream\[notify\]\""):
        WebhookNotifier("https://example.com/")


def test_ntfy_gets_its_topic_at_the_root() -> None:
    """The topic moves from the path into the JSON, so that any name can be sent."""
    with http_server() as server:
        notifier, _ = a_webhook(server.url + "my-topic", body="ntfy")
        notifier.send([a_notification(severity="critical", channel="Průtok\n4")], STOP)
    (request,) = server.requests
    assert request.path == "/"
    assert json.loads(request.body) == {
        "topic": "my-topic",
        "title": "Alert: too hot on Průtok 4 (critical)",
        "message": "too hot: temperature 93 > 90 °C since 12:00:00",
        "priority": 5,
        "tags": ["warning", "critical"],
    }


def test_clocks_of_the_system_are_the_default() -> None:
    """Without a clock of a test it measures real time."""
    notifier = WebhookNotifier("https://example.com/")
    assert isinstance(notifier._clock, SystemClock)
    assert notifier.hold() == 0.0
