"""The end of things with threads: all are told first, one wait for all, and nobody is held up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nbstream as ns
from nbstream.runtime import ending, ownership
from nbstream.runtime.main_thread import MainThread
from tests.wait import wait_until

MANY = 12
ONE_WAIT = 5.0
"""More than one wait of half a second takes on a busy machine, less than one for each of so many things."""


class Stuck:
    """A function that does not return until the test lets it."""

    def __init__(self, release: threading.Event) -> None:
        self.entered = threading.Event()
        self._release = release

    def __call__(self, *_: Any) -> float:
        """Wait for the end of the test."""
        self.entered.set()
        self._release.wait(30)
        return 1.0


@pytest.fixture
def make_stuck() -> Iterator[Callable[[], Stuck]]:
    """Make functions that are stuck until the test has ended."""
    release = threading.Event()
    yield lambda: Stuck(release)
    release.set()


def hanging_source(stuck: Stuck, **options: Any) -> ns.CallableSource:
    """Return a source that is in a call which does not return."""
    source = ns.CallableSource(stuck, interval=0.01, **options).start()
    assert stuck.entered.wait(20)
    return source


def seconds_of(action: Callable[[], Any]) -> float:
    """Return how long an action takes."""
    began = time.monotonic()
    action()
    return time.monotonic() - began


def test_closing_a_hanging_source_takes_half_a_second(make_stuck: Any) -> None:
    """It is given up, says so, and what it returns later is dropped."""
    stuck = make_stuck()
    source = hanging_source(stuck, buffer=ns.Buffer())
    assert seconds_of(source.close) < ONE_WAIT
    assert source.status == "stopped (what does not end was given up)"
    assert not source.is_running
    stuck._release.set()
    wait_until(lambda: source.counters().dropped == 1)
    assert len(source.buffer) == 0
    source.close()


def test_stop_waits_as_long_as_it_is_asked_to(make_stuck: Any) -> None:
    """The timeout is the caller's; a call that returns in time is taken in."""
    stuck = make_stuck()
    source = hanging_source(stuck)

    def return_late() -> None:
        wait_until(source._stop.is_set)
        threading.Event().wait(1.2 * ending.GRACE)
        stuck._release.set()

    late = threading.Thread(target=return_late)
    late.start()
    source.stop(timeout=30)
    late.join()
    assert source.counters().accepted == 1
    assert source.status == "stopped"
    source.close()


@pytest.mark.parametrize("is_kernel", [False, True], ids=["script", "kernel"])
def test_stop_all_waits_once_for_all(
    make_stuck: Any, is_kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many hanging sources are one wait, and one that is well ends with them."""
    monkeypatch.setattr(MainThread, "has_loop", is_kernel)
    hanging = [hanging_source(make_stuck()) for _ in range(MANY)]
    well = ns.RandomSource(interval=0.01).start()
    its_thread = well._thread
    assert its_thread is not None
    assert seconds_of(ns.stop_all) < ONE_WAIT
    assert all("given up" in source.status for source in hanging)
    wait_until(lambda: not its_thread.is_alive())
    assert not well.is_running
    for source in (*hanging, well):
        source.close()


def test_a_source_that_was_given_up_starts_again(make_stuck: Any) -> None:
    """Stopped is not closed: the next call is made by a new thread."""
    stuck = make_stuck()
    source = hanging_source(stuck)
    source.stop(timeout=0)
    stuck._release.set()
    source.start()
    wait_until(lambda: source.counters().accepted > 0)
    source.close()


@pytest.mark.parametrize("is_kernel", [False, True], ids=["script", "kernel"])
def test_dashboards_of_hanging_sources_close_in_one_wait(
    make_stuck: Any, is_kernel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dashboard with a source, and stop_all with many of them, take one wait each."""
    dashboards = []
    for _ in range(1 + MANY):
        stuck = make_stuck()
        dashboards.append(ns.watch(stuck, interval=0.01))
        assert stuck.entered.wait(20)
    monkeypatch.setattr(MainThread, "has_loop", is_kernel)
    assert seconds_of(dashboards.pop().close) < ONE_WAIT
    assert seconds_of(ns.stop_all) < ONE_WAIT
    assert all(dashboard.is_closed for dashboard in dashboards)


def test_a_cell_that_runs_again_does_not_wait_for_each(
    make_stuck: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cell made before ends in one wait, however much of it hangs."""
    run = ("hanging cell", "first run")
    monkeypatch.setattr(ownership, "_running_request", lambda: run)
    old = []
    for _ in range(MANY):
        stuck = make_stuck()
        old.append(ns.watch(stuck, interval=0.01))
        assert stuck.entered.wait(20)
    run = ("hanging cell", "second run")
    began = time.monotonic()
    new = ns.watch(ns.Buffer())
    assert time.monotonic() - began < ONE_WAIT
    assert all(dashboard.analyzer.is_closed for dashboard in old)
    for dashboard in (*old, new):
        dashboard.close()
    ownership._cells.pop("hanging cell")


def test_an_analyzer_whose_subscriber_hangs_closes(make_stuck: Any) -> None:
    """A function of the user's that hangs on the analyzer's thread holds nobody up."""
    stuck = make_stuck()
    buffer = ns.Buffer()
    analyzers = [ns.Analyzer(buffer) for _ in range(MANY)]
    for analyzer in analyzers:
        analyzer.alert("value > 1")
        analyzer.alerts.subscribe(stuck)
    buffer.append(None, value=2.0)
    wait_until(lambda: all(analyzer.alerts.n_fired for analyzer in analyzers))
    assert stuck.entered.wait(20)
    assert seconds_of(lambda: ending.close_all(analyzers)) < ONE_WAIT
    assert all(analyzer.is_closed for analyzer in analyzers)


def test_an_analyzer_whose_detector_hangs_closes(make_stuck: Any) -> None:
    """A detector of the user's that hangs holds nobody up."""
    stuck = make_stuck()

    class Hanging(ns.detectors.Detector):
        """Never returns from its first batch."""

        name = "hanging"

        def _update(self, times: Any, values: Any) -> Any:
            stuck()
            return super()._update(times, values)

        def reset(self) -> None:
            """Do nothing."""

    buffer = ns.Buffer()
    analyzer = ns.Analyzer(buffer)
    analyzer.detect(Hanging(), means_of=None)
    buffer.append(None, value=2.0)
    assert stuck.entered.wait(20)
    assert seconds_of(analyzer.close) < ONE_WAIT


def test_a_notifier_that_hangs_does_not_hold_a_notebook_up(
    make_stuck: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a cell the last word goes on being delivered after the close has returned."""
    stuck = make_stuck()
    buffer = ns.Buffer()
    analyzer = ns.Analyzer(buffer)
    analyzer.alert("value > 1")
    dispatcher = analyzer.notify(stuck)
    buffer.append(None, value=2.0)
    assert stuck.entered.wait(20)
    monkeypatch.setattr(MainThread, "has_loop", True)
    assert seconds_of(analyzer.close) < ONE_WAIT
    assert dispatcher.is_closed
    assert dispatcher.counters().pending > 0
    stuck._release.set()
    wait_until(lambda: dispatcher.counters().pending == 0)
    assert dispatcher.counters().dropped == 0
    assert dispatcher.counters().delivered > 0


def test_stop_all_from_another_thread_of_a_kernel(
    make_stuck: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources stop at once, and widgets are closed by the main thread."""
    posted: list[Callable[[], Any]] = []
    dashboard = ns.watch(lambda: 1.0, interval=0.01)
    hanging = hanging_source(make_stuck())
    monkeypatch.setattr(MainThread, "has_loop", True)
    monkeypatch.setattr(MainThread, "post", lambda self, function: posted.append(function))
    thread = threading.Thread(target=ns.stop_all)
    began = time.monotonic()
    thread.start()
    thread.join(30)
    assert time.monotonic() - began < ONE_WAIT
    source = dashboard.source
    assert source is not None
    assert not source.is_running
    assert not hanging.is_running
    assert not dashboard.is_closed
    for function in posted:
        function()
    assert dashboard.is_closed
    hanging.close()


def test_what_fails_to_close_does_not_keep_the_others_open() -> None:
    """All are closed, and then the first error is raised; an interrupt is no exception to that."""
    closed = []

    class Thing:
        def __init__(self, error: BaseException | None) -> None:
            self.error = error

        def _signal_end(self) -> None:
            if isinstance(self.error, ValueError):
                raise self.error

        def close(self) -> None:
            closed.append(self)
            if self.error is not None:
                raise self.error

    things = [Thing(None), Thing(KeyboardInterrupt()), Thing(ValueError("no")), Thing(None)]
    with pytest.raises(KeyboardInterrupt):
        ending.close_all(things)
    assert closed == things


def test_an_interrupt_while_closing_leaves_nothing_half_closed(
    make_stuck: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop button during a close ends the wait; analyzer, source and buffer are closed all the same."""
    stuck = make_stuck()
    dashboard = ns.watch(stuck, interval=0.01)
    assert stuck.entered.wait(20)
    source, analyzer = dashboard.source, dashboard.analyzer
    assert source is not None

    def interrupted(self: threading.Thread, timeout: float | None = None) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "join", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dashboard.close()
    assert dashboard.is_closed
    assert analyzer.is_closed
    assert analyzer not in ownership.living()
    with pytest.raises(ns.ClosedError):
        source.start()
    with pytest.raises(ns.ClosedError):
        source.buffer.append(None, value=1.0)
