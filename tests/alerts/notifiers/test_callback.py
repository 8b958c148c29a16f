"""Functions of the user's: called on the main thread, one at a time, and never fatal."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from nbstream.alerts.notifiers import CallbackNotifier, Dispatcher
from nbstream.errors import CallbackError
from nbstream.runtime.main_thread import MAIN
from nbstream.testing import FakeClock
from tests.alerts.notifiers.incidents import a_notification
from tests.wait import wait_until


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], Any]]:
    """Functions posted to a main thread that is busy, as in a kernel with a running cell."""
    functions: list[Callable[[], Any]] = []
    monkeypatch.setattr(type(MAIN), "post", lambda self, function: functions.append(function))
    return functions


def test_it_is_called_with_the_notification() -> None:
    """Kind and incident are what the function gets."""
    seen: list[Any] = []
    with Dispatcher([seen.append]) as dispatcher:
        dispatcher(a_notification("resolved", number=7))
    assert [(n.kind, n.incident.number) for n in seen] == [("resolved", 7)]


def test_it_is_called_on_the_main_thread(posted: list[Callable[[], Any]]) -> None:
    """Calls are posted one at a time, so a busy cell does not pile them up."""
    threads: list[threading.Thread] = []
    with Dispatcher([lambda n: threads.append(threading.current_thread())]) as dispatcher:
        for number in range(3):
            dispatcher(a_notification(number=number))
        for n in range(1, 4):
            wait_until(lambda n=n: len(posted) == n)
            assert dispatcher.counters().pending == 4 - n
            posted[-1]()
            assert len(threads) == n
        wait_until(lambda: dispatcher.counters().delivered == 3)
    assert set(threads) == {threading.main_thread()}


def test_an_error_is_a_callback_error() -> None:
    """It names the callback and the alert, and keeps the cause."""

    def explode(notification: Any) -> None:
        raise ZeroDivisionError("by zero")

    with Dispatcher([explode]) as dispatcher:
        dispatcher(a_notification())
        error = wait_until(lambda: dispatcher.last_error)
    assert isinstance(error, CallbackError)
    assert str(error) == (
        "The callback 'explode' failed for 'too hot' (fired): ZeroDivisionError('by zero')"
    )
    assert error.callback == "explode"
    assert isinstance(error.__cause__, ZeroDivisionError)


def test_leaving_the_program_is_an_error_too() -> None:
    """exit() in a callback ends neither the thread nor the kernel."""

    def leave(notification: Any) -> None:
        raise SystemExit(1)

    with Dispatcher([leave]) as dispatcher:
        dispatcher(a_notification())
        wait_until(lambda: dispatcher.counters().failed == 1)
        dispatcher(a_notification())
        wait_until(lambda: dispatcher.counters().failed == 2)


def test_too_many_errors_in_a_row_switch_it_off(caplog: pytest.LogCaptureFixture) -> None:
    """After max_errors it is called no more, says so once, and enable() brings it back."""
    calls: list[int] = []

    def flaky(notification: Any) -> None:
        calls.append(notification.incident.number)
        if notification.incident.severity == "critical":
            raise RuntimeError("broken")

    notifier = CallbackNotifier(flaky, max_errors=2)
    with Dispatcher([notifier]) as dispatcher:
        for number, severity in enumerate(["critical", "info", "critical", "critical"]):
            dispatcher(a_notification(number=number, severity=severity))
        wait_until(lambda: notifier.off_reason)
        dispatcher(a_notification(number=4))
        dispatcher(a_notification(number=5))
        assert dispatcher.counters().off == 2
        assert repr(notifier) == "<CallbackNotifier 'flaky': off>"
        off = (
            "The callback 'flaky' failed 2 times in a row and is off. Repair it and call enable()."
        )
        wait_until(lambda: off in [record.message for record in caplog.records])
        assert off in dispatcher.notes
        notifier.enable()
        dispatcher(a_notification(number=6, severity="info"))
        wait_until(lambda: dispatcher.counters().delivered == 2)
        assert dispatcher.notes == ()
    assert calls == [0, 1, 2, 3, 6]
    assert [record.message for record in caplog.records].count(off) == 1


def test_what_waits_for_a_callback_that_went_off_is_counted(
    posted: list[Callable[[], Any]],
) -> None:
    """Notifications in the queue of a callback that is switched off are not lost silently."""

    def explode(notification: Any) -> None:
        raise RuntimeError("broken")

    with Dispatcher([CallbackNotifier(explode, max_errors=1)]) as dispatcher:
        for number in range(4):
            dispatcher(a_notification(number=number))
        wait_until(lambda: posted)
        posted[0]()
        wait_until(lambda: dispatcher.counters().off == 3)
    assert dispatcher.counters().failed == 1


def test_a_slow_callback_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    """More than a second on the main thread is said once, and the call still counts."""
    clock = FakeClock()
    notifier = CallbackNotifier(lambda n: clock.advance(1.5), name="sleepy", clock=clock)
    with Dispatcher([notifier]) as dispatcher:
        for number in range(3):
            dispatcher(a_notification(number=number))
        wait_until(lambda: dispatcher.counters().delivered == 3)
        assert isinstance(dispatcher.last_error, CallbackError)
    messages = [record.message for record in caplog.records]
    assert len(messages) == 1
    assert messages[0].startswith("The callback 'sleepy' took 1.5 s for 'too hot'")


def test_closing_on_the_main_thread_makes_the_calls_itself(
    posted: list[Callable[[], Any]],
) -> None:
    """close() in a cell does not wait for calls that could only be made after it."""
    seen: list[int] = []
    dispatcher = Dispatcher([lambda n: seen.append(n.incident.number)])
    for number in range(3):
        dispatcher(a_notification(number=number))
    dispatcher.close()
    assert seen == [0, 1, 2]
    for function in posted:
        function()
    assert seen == [0, 1, 2]


def test_a_call_that_was_given_up_is_not_made_later(posted: list[Callable[[], Any]]) -> None:
    """When the main thread stays busy beyond close's timeout, the call counts as failed."""
    seen: list[Any] = []
    dispatcher = Dispatcher([seen.append])
    dispatcher(a_notification())
    wait_until(lambda: posted)
    closer = threading.Thread(target=dispatcher.close, args=(0.05,))
    closer.start()
    closer.join()
    wait_until(lambda: dispatcher.counters().failed == 1)
    posted[0]()
    assert seen == []


def test_a_callback_may_close_the_dispatcher() -> None:
    """It does not wait for itself."""
    closed = threading.Event()

    def close(notification: Any) -> None:
        dispatcher.close(timeout=60)
        closed.set()

    dispatcher = Dispatcher([close])
    dispatcher(a_notification())
    assert closed.wait(20)


def test_a_posted_callback_may_close_the_dispatcher(posted: list[Callable[[], Any]]) -> None:
    """On the main thread it does not wait for itself either."""
    dispatcher = Dispatcher([lambda n: dispatcher.close(timeout=60)])
    dispatcher(a_notification())
    wait_until(lambda: posted)
    posted[0]()
    wait_until(lambda: dispatcher.counters().delivered == 1)


def test_bad_arguments_are_refused() -> None:
    """What cannot be called, or never switches off, is an error at once."""
    with pytest.raises(TypeError, match="'function' must be callable"):
        CallbackNotifier("print")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'max_errors' must be >= 1"):
        CallbackNotifier(print, max_errors=0)
