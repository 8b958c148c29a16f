"""In voila each visitor has a kernel; what leaves the machine stays off there."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from nbstream.alerts.notifiers import (
    CallbackNotifier,
    Dispatcher,
    EmailNotifier,
    LoggingNotifier,
    WebhookNotifier,
)
from nbstream.alerts.notifiers.voila import is_voila_kernel
from tests.alerts.notifiers.incidents import a_notification
from tests.alerts.notifiers.servers import http_server
from tests.wait import wait_until


@pytest.mark.parametrize(
    ("environment", "is_voila"),
    [
        ({}, False),
        ({"JUPYTERHUB_USER": "ann", "SCRIPT_NAME": "/"}, False),
        ({"SERVER_SOFTWARE": "gunicorn/20"}, False),
        ({"SERVER_SOFTWARE": "voila/0.5.13"}, True),
        ({"VOILA_PREHEAT": "False", "VOILA_BASE_URL": "/"}, True),
        ({"VOILA_PREHEAT": "True"}, True),
        ({"VOILA_KERNEL_ID": "1"}, True),
        ({"NBSTREAM_VOILA": "1"}, True),
        ({"NBSTREAM_VOILA": "0"}, False),
    ],
)
def test_a_voila_kernel_is_known_by_its_environment(
    environment: dict[str, str], is_voila: bool
) -> None:
    """Every kernel that voila starts is marked, a preheated one too; others can be."""
    assert is_voila_kernel(environment) is is_voila


def a_mail(**options: Any) -> EmailNotifier:
    """Return a notifier that sends mail."""
    return EmailNotifier("127.0.0.1", sender="a@example.com", recipients="b@example.com", **options)


def test_what_leaves_the_machine_is_off_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is sent, everything is counted, and the log has one sentence for each notifier."""
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    with http_server() as server:
        webhook, mail = WebhookNotifier(server.url), a_mail()
        seen: list[Any] = []
        with Dispatcher([webhook, mail, CallbackNotifier(seen.append)]) as dispatcher:
            for _ in range(3):
                dispatcher(a_notification())
        assert server.requests == []
    assert len(seen) == 3
    assert dispatcher.counters(webhook).off == dispatcher.counters(mail).off == 3
    assert len(dispatcher.notes) == 2
    messages = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert sorted(messages) == sorted(dispatcher.notes)
    assert all("is off in this voila kernel, because every visitor has one" in m for m in messages)
    assert dispatcher.last_error is None
    assert "off" in repr(webhook)
    assert "off" in repr(mail)


def test_allow_voila_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for it gets it."""
    monkeypatch.setenv("VOILA_PREHEAT", "False")
    with http_server() as server:
        with Dispatcher([WebhookNotifier(server.url, allow_voila=True)]) as dispatcher:
            dispatcher(a_notification())
            wait_until(lambda: server.requests)
    assert a_mail(allow_voila=True).off_reason is None


def test_a_page_works_without_the_secrets_of_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook that notifies opens as a page where its environment variables are not set."""
    monkeypatch.setenv("VOILA_PREHEAT", "True")
    monkeypatch.delenv("NBSTREAM_TEST_UNSET", raising=False)
    WebhookNotifier("env:NBSTREAM_TEST_UNSET", secret="env:NBSTREAM_TEST_UNSET")
    a_mail(user="ann", password="env:NBSTREAM_TEST_UNSET")


def test_what_stays_on_the_machine_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions and logs work on a page."""
    monkeypatch.setenv("NBSTREAM_VOILA", "1")
    assert CallbackNotifier(print).off_reason is LoggingNotifier().off_reason is None


def test_no_notifier_has_traits() -> None:
    """Nothing of a notifier can be synced to a page or set by one."""
    from traitlets import HasTraits

    for kind in (CallbackNotifier, LoggingNotifier, WebhookNotifier, EmailNotifier, Dispatcher):
        assert not issubclass(kind, HasTraits)
