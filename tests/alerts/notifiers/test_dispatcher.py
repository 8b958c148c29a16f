"""The dispatcher never holds up who calls it, loses nothing silently, and says each thing once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.alerts.notifiers import (
    CallbackNotifier,
    Dispatcher,
    Notifier,
    WebhookNotifier,
    connect,
)
from nbstream.alerts.notifiers.message import KINDS, SEVERITIES
from nbstream.runtime.turns import are_taken, take_turns
from nbstream.testing import FakeClock
from tests.alerts.notifiers.incidents import ANotification, a_notification
from tests.wait import wait_until


class Recorder(Notifier):
    """Keeps what it is sent; waits at a gate while that is shut."""

    def __init__(self, name: str = "recorder", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.sent: list[list[ANotification]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.error: Exception | None = None

    @property
    def numbers(self) -> list[int]:
        """The numbers of the incidents, in the order in which they were sent."""
        return [notification.incident.number for batch in self.sent for notification in batch]

    def deliver(self, notifications: Sequence[Any], stop: threading.Event) -> None:
        """Wait at the gate, raise the error if there is one, else keep them."""
        self.entered.set()
        while not self.gate.wait(0.005):
            if stop.is_set():
                raise RuntimeError("closed")
        if self.error is not None:
            raise self.error
        self.sent.append(list(notifications))


@contextmanager
def held(*notifiers: Recorder, capacity: int = 256) -> Iterator[Dispatcher]:
    """Give a dispatcher whose recorders have shut gates and hold one notification each."""
    for notifier in notifiers:
        notifier.gate.clear()
    dispatcher = Dispatcher(notifiers, capacity=capacity)
    try:
        dispatcher(a_notification(number=0, severity="critical"))
        for notifier in notifiers:
            assert notifier.entered.wait(20)
        yield dispatcher
    finally:
        for notifier in notifiers:
            notifier.gate.set()
        dispatcher.close()


def is_balanced(dispatcher: Dispatcher) -> bool:
    """Return whether received is the sum of what became of them."""
    received, *became = dispatcher.counters()
    return received == sum(became)


def test_notifications_arrive_in_order() -> None:
    """Every notifier is told of everything, oldest first."""
    recorders = [Recorder("a"), Recorder("b")]
    with Dispatcher(recorders) as dispatcher:
        for number in range(10):
            dispatcher(a_notification(number=number))
    for recorder in recorders:
        assert recorder.numbers == list(range(10))
        assert dispatcher.counters(recorder).delivered == 10
    assert dispatcher.counters() == (20, 20, 0, 0, 0, 0, 0, 0)
    assert dispatcher.notifiers == tuple(recorders)
    assert repr(dispatcher) == "<Dispatcher of 2 notifiers: 20 delivered, 0 failed, 0 dropped>"


def test_a_dispatcher_without_notifiers_does_nothing() -> None:
    """Nobody to tell is no error."""
    with Dispatcher([]) as dispatcher:
        dispatcher(a_notification())
    assert dispatcher.counters() == (0,) * 8
    assert dispatcher.last_error is None


def test_a_hanging_notifier_holds_up_neither_the_caller_nor_others() -> None:
    """While one hangs, calls return and another notifier delivers."""
    slow, quick = Recorder("slow"), Recorder("quick")
    slow.gate.clear()
    with Dispatcher([slow, quick]) as dispatcher:
        dispatcher(a_notification(number=1))
        assert slow.entered.wait(20)
        dispatcher(a_notification(number=2))
        wait_until(lambda: quick.numbers == [1, 2])
        assert dispatcher.counters(slow).pending == 2
        slow.gate.set()


def test_severity_and_kind_choose() -> None:
    """A notifier gets its kinds from its severity on; the rest is counted."""
    recorder = Recorder(min_severity="warning", kinds=["fired", "resolved"])
    with Dispatcher([recorder]) as dispatcher:
        for i, kind in enumerate(KINDS):
            for j, severity in enumerate(SEVERITIES):
                dispatcher(a_notification(kind, severity=severity, number=10 * i + j))
    assert recorder.numbers == [1, 2, 21, 22]
    assert dispatcher.counters().filtered == 17
    assert (recorder.min_severity, recorder.kinds) == ("warning", {"fired", "resolved"})


def test_an_unknown_severity_is_not_filtered() -> None:
    """What is not understood counts as grave."""
    recorder = Recorder(min_severity="critical")
    with Dispatcher([recorder]) as dispatcher:
        dispatcher(a_notification(severity="apocalyptic"))
    assert len(recorder.sent) == 1


def test_in_a_long_queue_the_newest_state_of_an_incident_wins() -> None:
    """Beyond 16 waiting notifications, one that has a successor is not sent any more."""
    recorder = Recorder()
    with held(recorder) as dispatcher:
        for number in range(1, 17):
            dispatcher(a_notification(number=number))
        dispatcher(a_notification("resolved", number=3))
        dispatcher(a_notification(number=17))
        assert dispatcher.counters().superseded == 1
    assert recorder.numbers == list(range(18))
    assert recorder.sent[3][0].kind == "resolved"


def test_what_has_no_number_gives_way_to_its_own_kind_only() -> None:
    """Silence of one channel replaces nothing of another, and no error of a rule."""
    recorder = Recorder()
    with held(recorder) as dispatcher:
        for number in range(1, 17):
            dispatcher(a_notification(number=number))
        dispatcher(a_notification("no_data", number=0, channel="a"))
        dispatcher(a_notification("no_data", number=0, channel="b"))
        dispatcher(a_notification("error", number=0, channel="a"))
        dispatcher(a_notification("data_back", number=0, channel="a"))
        assert dispatcher.counters().superseded == 1
    kinds = [(batch[0].kind, batch[0].incident.channel) for batch in recorder.sent[17:]]
    assert kinds == [("data_back", "a"), ("no_data", "b"), ("error", "a")]


def test_in_a_short_queue_every_state_is_sent() -> None:
    """A receiver that pairs beginnings and ends gets both."""
    recorder = Recorder()
    with held(recorder) as dispatcher:
        dispatcher(a_notification(number=1))
        dispatcher(a_notification("resolved", number=1))
    assert [batch[0].kind for batch in recorder.sent] == ["fired", "fired", "resolved"]


def test_a_full_queue_drops_the_least_severe_first(caplog: pytest.LogCaptureFixture) -> None:
    """Of equal severity the oldest goes; it is counted, and said once."""
    recorder = Recorder()
    with held(recorder, capacity=3) as dispatcher:
        for number, severity in enumerate(
            ["critical", "info", "info", "critical", "critical", "info"]
        ):
            dispatcher(a_notification(number=number + 1, severity=severity))
        assert dispatcher.counters().dropped == 3
        assert dispatcher.notes == ("3 notifications of 'recorder' were dropped.",)
    assert recorder.numbers == [0, 1, 4, 5]
    assert [record.message for record in caplog.records] == [
        "The notifier 'recorder' is too slow: 3 notifications wait, and others are dropped."
    ]
    assert is_balanced(dispatcher)


def test_errors_are_said_once_until_recovered(caplog: pytest.LogCaptureFixture) -> None:
    """Failures are counted, the last one is kept; a success clears it."""
    caplog.set_level(logging.INFO)
    recorder = Recorder()
    recorder.error = RuntimeError("no line")
    with Dispatcher([recorder]) as dispatcher:
        for _ in range(3):
            dispatcher(a_notification())
        wait_until(lambda: dispatcher.counters().failed == 3)
        assert dispatcher.last_error is recorder.error
        assert dispatcher.notes == ("no line",)
        recorder.error = None
        dispatcher(a_notification())
        wait_until(lambda: dispatcher.counters().delivered == 1)
        assert dispatcher.last_error is None
        assert dispatcher.notes == ()
    assert [record.message for record in caplog.records] == [
        "no line",
        "The notifier 'recorder' delivers again.",
    ]


def test_nothing_is_raised_into_the_caller() -> None:
    """A notifier whose filter fails is an error of that notifier only."""

    class Broken(Recorder):
        def accepts(self, notification: Any) -> bool:
            raise RuntimeError("broken filter")

    broken, recorder = Broken(), Recorder()
    with Dispatcher([broken, recorder]) as dispatcher:
        dispatcher(a_notification())
        assert str(dispatcher.last_error) == "broken filter"
    assert len(recorder.sent) == 1
    assert is_balanced(dispatcher)


def refuse(thread: threading.Thread) -> None:
    """Fail as a thread does of which there may be no more."""
    raise RuntimeError("can't start new thread")


def test_without_threads_it_delivers_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes waits for the next turn; closing delivers the rest, and waits for no group."""
    monkeypatch.setattr(threading.Thread, "start", refuse)
    told: list[int] = []
    grouped = Recorder()
    grouped.group_wait = 3600.0
    notifiers = [lambda notification: told.append(notification.incident.number), grouped]
    with Dispatcher(notifiers) as dispatcher:
        dispatcher(a_notification(number=1))
        assert told == []
        take_turns()
        assert told == [1]
        dispatcher(a_notification(number=2))
        assert grouped.numbers == []
    assert (told, grouped.numbers) == ([1, 2], [1, 2])
    assert is_balanced(dispatcher)
    assert not are_taken()


def test_a_notifier_that_waits_for_others_needs_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so in a sentence; what it was for is counted as dropped at the end."""
    monkeypatch.setattr(threading.Thread, "start", refuse)
    webhook = WebhookNotifier("https://127.0.0.1:9/hook", name="ops")
    with Dispatcher([webhook]) as dispatcher:
        dispatcher(a_notification())
        take_turns()
        text = "The notifier 'ops' needs a thread, and none can be started here."
        assert str(dispatcher.last_error) == text
        assert text in dispatcher.notes
    assert is_balanced(dispatcher)
    assert not are_taken()


def test_no_thread_for_a_notifier_is_no_error_of_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine out of threads delivers with the next notification that finds one."""
    recorder = Recorder()
    start = threading.Thread.start
    with Dispatcher([recorder]) as dispatcher:
        monkeypatch.setattr(threading.Thread, "start", refuse)
        dispatcher(a_notification(number=1))
        monkeypatch.setattr(threading.Thread, "start", start)
        dispatcher(a_notification(number=2))
        wait_until(lambda: recorder.numbers == [1, 2])


def test_close_delivers_what_waits() -> None:
    """Nothing is lost at an orderly end, and nothing is taken in afterwards."""
    recorder = Recorder()
    dispatcher = Dispatcher([recorder])
    for number in range(5):
        dispatcher(a_notification(number=number))
    dispatcher.close()
    assert recorder.numbers == [0, 1, 2, 3, 4]
    dispatcher(a_notification(number=5))
    dispatcher.close()
    assert dispatcher.is_closed
    assert dispatcher.counters().dropped == 1
    assert is_balanced(dispatcher)


def test_close_gives_up_in_time() -> None:
    """What a hanging notifier has not delivered in time is dropped, and its thread ends."""
    recorder = Recorder()
    recorder.gate.clear()
    dispatcher = Dispatcher([recorder])
    for number in range(5):
        dispatcher(a_notification(number=number))
    assert recorder.entered.wait(20)
    dispatcher.close(timeout=0.05)
    assert dispatcher.counters().dropped == 4
    wait_until(lambda: dispatcher.counters().failed == 1)
    assert is_balanced(dispatcher)


def test_groups_go_together() -> None:
    """What comes within group_wait is one delivery, of max_group at most."""
    clock = FakeClock()
    recorder = Recorder()
    recorder.group_wait, recorder.max_group = 10.0, 3
    with Dispatcher([recorder], clock=clock) as dispatcher:
        for number in range(4):
            dispatcher(a_notification(number=number))
        assert recorder.sent == []
        wait_until(lambda: clock.advance(5.0) or recorder.sent)
        assert [len(batch) for batch in recorder.sent] == [3]
        dispatcher(a_notification(number=4))
    assert recorder.numbers == [0, 1, 2, 3, 4]
    assert [len(batch) for batch in recorder.sent] == [3, 2]


def test_a_hold_is_waited_for() -> None:
    """A notifier that was asked to wait is left alone until then."""
    clock = FakeClock()
    recorder = Recorder()
    recorder.hold = lambda: 30.0 - clock.monotonic()  # type: ignore[method-assign]
    with Dispatcher([recorder], clock=clock) as dispatcher:
        dispatcher(a_notification())
        clock.advance(29.0)
        assert not recorder.entered.wait(0.05)
        wait_until(lambda: clock.advance(1.0) or recorder.sent)


def test_a_log_is_connected_and_left() -> None:
    """`connect` subscribes, `close` ends the subscription."""

    class Log:
        def __init__(self) -> None:
            self.subscribers: list[Callable[[Any], object]] = []

        def subscribe(self, callback: Callable[[Any], object]) -> Callable[[], None]:
            self.subscribers.append(callback)
            return lambda: self.subscribers.remove(callback)

    log, seen = Log(), list[Any]()
    recorder = Recorder()
    dispatcher = connect(log, recorder, seen.append)
    assert log.subscribers == [dispatcher]
    log.subscribers[0](a_notification())
    dispatcher.close()
    assert (recorder.numbers, len(seen), log.subscribers) == ([1], 1, [])
    assert isinstance(dispatcher.notifiers[1], CallbackNotifier)


@pytest.mark.parametrize("wrong", ["https://example.com/canary", None, 3, Recorder])
def test_what_is_no_notifier_is_refused(wrong: Any) -> None:
    """A URL is not taken for a notifier, and not repeated, for it may hold a token."""
    with pytest.raises(TypeError, match="must be a Notifier or a function") as caught:
        Dispatcher([wrong])
    assert "canary" not in str(caught.value)


def test_bad_arguments_are_refused() -> None:
    """Messages say what is possible."""
    with pytest.raises(ValueError, match="'capacity' must be >= 1"):
        Dispatcher([], capacity=0)
    with pytest.raises(ValueError, match="'min_severity' must be one of 'info'"):
        Recorder(min_severity="high")
    with pytest.raises(ValueError, match="'kinds' may hold 'fired'.*got 'fire'"):
        Recorder(kinds="fire")


def test_one_notifier_may_serve_two_dispatchers() -> None:
    """Its deliveries take turns."""
    recorder = Recorder()
    with held(recorder) as first, Dispatcher([recorder]) as second:
        second(a_notification(number=1))
        assert first.counters().pending == second.counters().pending == 1
        recorder.gate.set()
        wait_until(lambda: recorder.numbers == [0, 1])


@given(
    numbers=st.lists(st.integers(1, 12), max_size=80),
    severities=st.lists(st.sampled_from(SEVERITIES), min_size=80, max_size=80),
    capacity=st.integers(1, 40),
)
def test_every_notification_is_accounted_for(
    numbers: list[int], severities: list[str], capacity: int
) -> None:
    """Whatever comes, the counters add up, the queue is bounded, and an incident's newest state wins."""
    recorder = Recorder()
    with held(recorder, capacity=capacity) as dispatcher:
        for number, severity in zip(numbers, severities, strict=False):
            dispatcher(a_notification(number=number, severity=severity))
            assert is_balanced(dispatcher)
            assert dispatcher.counters().pending <= capacity + 1
    counters = dispatcher.counters()
    assert is_balanced(dispatcher)
    assert counters.pending == 0
    assert counters.delivered == len(recorder.numbers)
    if not counters.dropped and numbers:
        assert set(recorder.numbers) == {0, *numbers}


def test_many_threads_may_notify() -> None:
    """Several analyzers may share a dispatcher; every notification is counted."""
    recorder = Recorder()
    errors: list[Exception] = []
    with Dispatcher([recorder], capacity=10_000) as dispatcher:

        def work(thread: int) -> None:
            try:
                for number in range(200):
                    dispatcher(a_notification(number=1_000 * thread + number))
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert len(set(recorder.numbers)) == dispatcher.counters().delivered == 800


def test_an_idle_dispatcher_has_no_thread() -> None:
    """A dispatcher that nobody closes costs nothing: its threads end with their work."""
    recorder = Recorder()
    dispatcher = Dispatcher([recorder])
    dispatcher(a_notification())
    wait_until(
        lambda: not [t for t in threading.enumerate() if t.name.startswith("nbstream notifier")]
    )
    assert dispatcher.counters().delivered == 1
