"""What holds for every source: life cycle, counters, back-off, events."""

from __future__ import annotations

import random
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import numpy as np
import pytest

from nbstream.errors import (
    ClosedError,
    ConfigurationError,
    ConnectError,
    DependencyError,
    ParseError,
    RefusedError,
)
from nbstream.readings.batch import Batch
from nbstream.readings.buffer import Buffer
from nbstream.sources import (
    CallableSource,
    Counters,
    CsvSource,
    IterableSource,
    ProcessSource,
    RandomSource,
    Source,
    SourceState,
    running_sources,
)
from nbstream.testing import FakeClock
from tests.sources.stopping import stops_at_once
from tests.wait import wait_until


class ScriptedSource(Source):
    """Does what its script says, one step for each call of `_run`."""

    kind = "scripted"

    def __init__(self, *script: Any, **options: Any) -> None:
        super().__init__(**options)
        self.script = list(script)
        self.n_runs = 0

    def _run(self) -> None:
        self.n_runs += 1
        step = self.script.pop(0) if self.script else self._wait_for_ever
        if isinstance(step, BaseException):
            raise step
        step()

    def _wait_for_ever(self) -> None:
        self._set_state(SourceState.RUNNING)
        while not self._wait(60):
            pass


def batch(*times: int) -> Batch:
    """Return a batch with one reading at each of some times in ns."""
    return Batch(np.array(times, np.int64), {"value": np.arange(len(times), dtype=np.float64)})


def texts(source: Source) -> list[str]:
    """Return the texts of the events of a source's buffer."""
    return [event.text for event in source.buffer.events]


def make_each(tmp_path: Any) -> list[Source]:
    """Return one source of every exported kind that runs for a while."""
    return [
        RandomSource(interval=0.01, seed=1),
        CallableSource(lambda: 1.0, interval=0.01),
        IterableSource(iter(lambda: 1.0, None), interval=0.01),
        CsvSource(tmp_path / "missing.csv", poll_interval=0.01),
        ProcessSource(["sleep", "60"]),
    ]


def test_every_source_starts_stops_restarts_and_closes(tmp_path: Any) -> None:
    """Start is idempotent, stop joins, a second start goes on, close is final."""
    for source in make_each(tmp_path):
        assert source.state is SourceState.IDLE
        assert source.status == "not started"
        source.stop()
        assert source.state is SourceState.IDLE
        assert source.start() is source
        assert source.start() is source
        assert source in running_sources()
        assert sum(t.name == f"nbstream-{source.name}" for t in threading.enumerate()) == 1
        source.stop()
        source.stop()
        assert source.state is SourceState.STOPPED
        assert source not in running_sources()
        source.start()
        assert source.state in (SourceState.CONNECTING, SourceState.RUNNING)
        assert source.name in repr(source)
        source.close()
        source.close()
        with pytest.raises(ClosedError, match="was closed"):
            source.start()


def test_with_starts_and_closes() -> None:
    """A source in a with block runs inside it and is closed after it."""
    with RandomSource(interval=0.01) as source:
        wait_until(lambda: source.counters().accepted)
    assert not source.is_running
    with pytest.raises(ClosedError):
        source.start()


def test_close_keeps_a_given_buffer_and_closes_its_own() -> None:
    """A buffer belongs to who made it."""
    given = Buffer()
    with RandomSource(interval=0.01, buffer=given):
        wait_until(lambda: len(given))
    given.append(None, other=1.0)
    with RandomSource(interval=0.01) as source:
        pass
    with pytest.raises(ClosedError):
        source.buffer.append(None, value=1.0)


def test_units_are_those_of_the_buffer() -> None:
    """Units of a source can be asked from its buffer."""
    source = RandomSource(units={"value": "°C"})
    assert source.buffer.units == {"value": "°C"}
    assert source.units == {"value": "°C"}


def test_stop_from_its_own_thread_does_not_hang() -> None:
    """A source may be stopped by what it calls."""
    source = CallableSource(lambda: source.stop(), interval=0.01)
    source.start()
    wait_until(lambda: source.state is SourceState.STOPPED)


def test_close_from_its_own_thread_is_no_failure() -> None:
    """A source may be closed by what it calls."""

    def close() -> float:
        source.close()
        return 1.0

    source = CallableSource(close, interval=0.01)
    source.start()
    wait_until(lambda: not source.is_running)
    assert source.state is SourceState.STOPPED


def test_an_exception_becomes_a_state() -> None:
    """Nothing escapes the thread: an unknown error is FAILED, shown and kept."""
    source = ScriptedSource(ValueError("no good")).start()
    wait_until(lambda: source.state is SourceState.FAILED)
    assert source.status == "failed: ValueError: no good"
    assert isinstance(source.last_error, ValueError)
    wait_until(lambda: texts(source) == ["scripted: failed: ValueError: no good"])
    source.start()
    wait_until(lambda: source.state is SourceState.RUNNING)
    assert source.last_error is None
    source.close()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (PermissionError(13, "Permission denied", "x.csv"), "permission denied: x.csv"),
        (IsADirectoryError(21, "Is a directory", "x"), "is a directory: x"),
        (ParseError("Column 't' is odd."), "Column 't' is odd."),
        (RefusedError("401 Unauthorized"), "401 Unauthorized"),
        (ConfigurationError("'qos' must be 0, 1 or 2."), "'qos' must be 0, 1 or 2."),
        (SystemExit(3), "SystemExit: 3"),
    ],
)
def test_permanent_errors_are_not_tried_again(error: BaseException, status: str) -> None:
    """What will not get better by itself fails at once and says why."""
    source = ScriptedSource(error).start()
    wait_until(lambda: source.state is SourceState.FAILED)
    assert source.status == f"failed: {status}"
    assert source.n_runs == 1
    assert source.counters().reconnects == 0


@pytest.mark.parametrize(
    ("error", "is_final"),
    [
        (PermissionError(13, "Permission denied", "x.csv"), False),
        (ParseError("Column 't' is odd."), False),
        (ValueError("no good"), False),
        (TimeoutError("no answer"), False),
        (RefusedError("401 Unauthorized"), False),
        (MemoryError(), False),
        (IsADirectoryError(21, "Is a directory", "x"), True),
        (NotADirectoryError(20, "Not a directory", "x"), True),
        (ClosedError("closed"), True),
        (DependencyError("needs x"), True),
        (ConfigurationError("'qos' must be 0, 1 or 2."), True),
        (SystemExit(3), True),
    ],
)
def test_after_the_first_reading_errors_are_tried_again(
    error: BaseException, is_final: bool
) -> None:
    """What worked once may work again, but for what no other try can mend."""

    def deliver_and_fail() -> None:
        source._emit(batch(1))
        raise error

    def deliver() -> None:
        source._emit(batch(2))

    source = ImpatientSource(deliver_and_fail, deliver)
    source._supervise()
    assert source.state is (SourceState.FAILED if is_final else SourceState.ENDED)
    assert source.counters().accepted == (1 if is_final else 2)
    assert source.counters().reconnects == (0 if is_final else 1)
    assert (source.last_error is not None) == is_final
    assert ("scripted: works again" in texts(source)) == (not is_final)


def test_a_generator_that_raised_is_over() -> None:
    """It cannot be asked again, so its error is final, whatever it delivered."""

    def raising() -> Iterator[float]:
        yield 1.0
        raise OSError(5, "Input/output error")

    with IterableSource(raising()) as source:
        wait_until(lambda: source.state is SourceState.FAILED)
        assert source.status == "failed: input/output error"
        assert source.counters().accepted == 1


@pytest.mark.parametrize(("line", "state"), [("print(1)", "RECONNECTING"), ("", "FAILED")])
def test_a_program_that_ends_at_once(line: str, state: str) -> None:
    """Started again and again, it is given up only if it never delivered."""
    command = [sys.executable, "-S", "-c", f"{line}\nraise SystemExit(3)"]
    with ProcessSource(command, restart=True, random=AtLastForLong()) as source:
        wait_until(lambda: source.counters().reconnects >= 2, 15)
        wait_until(lambda: source.state is SourceState[state], 15)
        if state == "RECONNECTING":
            wait_until(lambda: source.counters().accepted >= 5, 15)
        wait_until(lambda: "exited with 3" in source.status, 15)


class AtLastForLong(random.Random):
    """Waits at the sixth time only, but then so long that everybody sees it."""

    n_waits = 0

    def uniform(self, a: float, b: float) -> float:
        """Return the least, and at last a minute."""
        self.n_waits += 1
        return a if self.n_waits < 6 else 60.0


class ZeroRandom(random.Random):
    """Never waits."""

    def uniform(self, a: float, b: float) -> float:
        """Return the least."""
        return a


class ImpatientSource(ScriptedSource):
    """Notes how long it should have waited, and in which status, instead of waiting."""

    def __init__(self, *script: Any, **options: Any) -> None:
        self.waits: list[tuple[float | None, str]] = []
        super().__init__(*script, **options)

    def _wait(self, seconds: float | None) -> bool:
        self.waits.append((seconds, self.status))
        return False


def test_restartable_errors_back_off_with_full_jitter() -> None:
    """Delays are uniform below 0.5 s doubling to 30 s, and each try counts."""
    jitter = random.Random(7)
    delays = [jitter.uniform(0, min(30.0, 0.5 * 2**i)) for i in range(9)]
    errors = [ConnectError("refused")] * len(delays)
    source = ImpatientSource(*errors, lambda: None, random=random.Random(7))
    source._supervise()
    assert source.waits == [
        (delay, f"reconnecting in {delay:.0f} s (attempt {i}): refused")
        for i, delay in enumerate(delays, 1)
    ]
    assert source.counters().reconnects == len(delays)
    assert texts(source) == ["scripted: refused", "scripted: ended"]
    assert source.state is SourceState.ENDED


def test_only_a_minute_of_data_resets_the_back_off() -> None:
    """A source that connects and fails at once waits longer and longer."""
    clock = FakeClock()

    def short() -> None:
        source._emit(batch(clock.wall_ns()))
        raise OSError("gone")

    def long() -> None:
        source._emit(batch(clock.wall_ns()))
        clock.advance(61)
        source._emit(batch(clock.wall_ns()))
        raise OSError("gone")

    source = ImpatientSource(short, short, long, lambda: None, clock=clock)
    source._supervise()
    attempts = [status.partition("(")[2].partition(")")[0] for _, status in source.waits]
    assert attempts == ["attempt 1", "attempt 2", "attempt 1"]


def test_an_hour_of_a_quiet_connection_is_health_too() -> None:
    """A connection that lasted a minute resets the back-off, and makes a refusal worth another try."""
    clock = FakeClock()

    def quiet(seconds: float, error: Exception) -> Any:
        def run() -> None:
            source._connected()
            clock.advance(seconds)
            raise error

        return run

    gone, refused = ConnectError("gone"), RefusedError("401 Unauthorized")
    steps = [quiet(1, gone), quiet(1, gone), quiet(3600, gone), refused, lambda: None]
    source = ImpatientSource(*steps, clock=clock)
    source._supervise()
    attempts = [status.partition("(")[2].partition(")")[0] for _, status in source.waits]
    assert attempts == ["attempt 1", "attempt 2", "attempt 1", "attempt 2"]
    assert source.state is SourceState.ENDED


def test_a_refusal_of_an_accepted_connection_is_final_at_first() -> None:
    """A server that accepts and then says no at once (1008) is not asked again and again."""

    def accepted_and_refused() -> None:
        source._connected()
        raise RefusedError("1008 policy violation")

    source = ImpatientSource(accepted_and_refused)
    source._supervise()
    assert source.status == "failed: 1008 policy violation"


def test_a_server_that_asks_for_time_is_given_it() -> None:
    """Retry-After is the least that is waited, for an hour at most, and the status says so."""
    asked = [ConnectError("429", retry_after=n) for n in (120.0, 1e9, float("nan"), -1.0)]
    source = ImpatientSource(*asked, lambda: None, random=ZeroRandom())
    source._supervise()
    assert [seconds for seconds, _ in source.waits] == [120.0, 3600.0, 0.0, 0.0]
    assert source.waits[0][1] == "reconnecting in 120 s, as it was asked to (attempt 1): 429"
    assert "asked" not in source.waits[2][1]


class Answered(Exception):
    """What requests, httpx and aiohttp raise of an answer: with it, or with its headers."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__("429 Too Many Requests")
        vars(self).update(attributes)


HEADERS = {"Retry-After": "90"}


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Answered(response=types.SimpleNamespace(headers=HEADERS)), 90.0),
        (Answered(response=types.SimpleNamespace(headers={})), 0.0),
        (Answered(response=None, headers=HEADERS), 90.0),
        (Answered(headers=["Retry-After"]), 0.0),
        (HTTPError("http://x", 429, "Too Many Requests", HEADERS, None), 90.0),  # type: ignore[arg-type]
        (ConnectError("busy", retry_after=7.0), 7.0),
    ],
)
def test_what_a_function_raises_may_ask_for_time_too(error: Exception, seconds: float) -> None:
    """Retry-After is kept where a function asks a server itself, and the status says so."""

    def ask() -> float:
        raise error

    source = CallableSource(ask, interval=2.0, random=ZeroRandom())  # type: ignore[arg-type]
    assert next(source._call_again_and_again(source._loop)) == max(0.0, seconds - 2.0)
    assert source.status.startswith(f"waiting {seconds:.0f} s, as it was asked to") == (seconds > 0)
    source.close()
    if isinstance(error, HTTPError):
        error.close()


def test_a_connection_without_data_is_never_called_live() -> None:
    """The state is RUNNING; the status says for how long nothing has come."""
    clock = FakeClock()
    source = ScriptedSource(clock=clock)
    source._connected()
    assert source.status == "connected"
    clock.advance(12)
    assert source.state is SourceState.RUNNING
    assert source.status == "connected, no data for 12 s"
    source._emit(batch(clock.wall_ns()))
    assert source.status == "reading"
    clock.advance(4)
    assert source.status == "reading"
    clock.advance(3)
    assert source.status == "connected, no data for 7 s"
    source._disconnected()
    assert source.status == "reading"


def test_stop_wakes_a_source_that_backs_off() -> None:
    """Stopping does not wait for the next try."""
    source = ScriptedSource(ConnectError("refused"), clock=FakeClock()).start()
    wait_until(lambda: source.state is SourceState.RECONNECTING)
    stops_at_once(source)
    assert source.n_runs == 1


def test_counters_add_up_while_they_are_read() -> None:
    """Received is accepted + rejected + late + dropped at any moment, from any thread."""
    ready = threading.Event()

    def work() -> None:
        for i in range(2_000):
            source._emit(batch(i, i + 1, i - 5), 4)
            source._reject(2, "x")
            source._drop(1, "too long")
        ready.set()

    source = ScriptedSource(work)
    wrong: list[Counters] = []
    source.start()
    while not ready.is_set():
        c = source.counters()
        if c.received != c.accepted + c.rejected + c.late + c.dropped:
            wrong.append(c)
    source.close()
    assert not wrong
    assert source.counters().received == 2_000 * 7
    assert source.counters().late == 2_000


def test_a_clock_that_jumps_back_is_told_and_counted() -> None:
    """Twenty late rows in order are a jump: they are accepted after all and the sums stay right."""
    source = ScriptedSource()
    source._emit(batch(*range(1_000, 1_010)))
    for i in range(30):
        source._emit(batch(i))
    assert source.counters()[:4] == (40, 40, 0, 0)
    assert any("went back" in text for text in texts(source))


def test_readings_from_the_future_are_told_once() -> None:
    """A device whose clock or zone is wrong is named, with how wrong it is; its readings are kept."""
    clock = FakeClock()
    source = ScriptedSource(clock=clock)
    source._emit(batch(clock.wall_ns() + 5 * 10**9))
    assert texts(source) == []
    for hours in (2, 3):
        source._emit(batch(clock.wall_ns() + hours * 3600 * 10**9))
    (said,) = texts(source)
    assert "2 h ahead of this machine's clock" in said
    assert source.counters().accepted == 3


def test_readings_of_years_ago_are_told_once() -> None:
    """A device whose clock was never set is told as one that is ahead is."""
    clock = FakeClock()
    source = ScriptedSource(clock=clock)
    for second in (5, 6):
        source._emit(batch(clock.wall_ns() - 56 * 365 * 86_400 * 10**9 + second * 10**9))
    source._emit(batch(clock.wall_ns() - 200 * 86_400 * 10**9))
    (said,) = texts(source)
    assert "56 years behind this machine's clock" in said
    assert said.partition(": ")[2] in source.notes


def test_too_many_channels_are_dropped_and_told() -> None:
    """Channels beyond the buffer's bound are an event, and rows of nothing else are dropped."""
    source = ScriptedSource(buffer=Buffer(max_channels=1))
    source._emit(batch(1))
    source._emit(Batch(np.array([2]), {"other": np.array([1.0])}))
    assert source.counters() == (2, 1, 0, 0, 1, 0)
    assert texts(source)[-1] == "scripted: more than 1 channels; some left out"


def test_each_kind_of_event_is_told_once() -> None:
    """A flood of bad readings is one event; the first example is kept."""
    source = ScriptedSource()
    for example in ("n/a", "oops", "<b>x</b>"):
        source._reject(1, example)
    assert texts(source) == ["scripted: cannot be read: n/a"]
    assert source.notes == ("cannot be read: n/a",)
    assert source.counters().rejected == 3


def test_a_closed_buffer_ends_the_source() -> None:
    """A source whose buffer was closed says so and ends."""
    buffer = Buffer()
    source = RandomSource(interval=0.01, buffer=buffer).start()
    wait_until(lambda: len(buffer))
    buffer.close()
    wait_until(lambda: source.state is SourceState.FAILED)
    assert "closed" in source.status


def test_a_running_source_that_is_collected_warns() -> None:
    """Who forgets to stop a source is told."""
    source = RandomSource(interval=0.01).start()
    with pytest.warns(ResourceWarning, match="never stopped"):
        source.__del__()
    source.stop()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source.__del__()


def test_a_source_nobody_holds_goes_on() -> None:
    """The buffer of a running source keeps filling without a reference to the source."""
    buffer = Buffer()
    RandomSource(interval=0.005, buffer=buffer, name="forgotten").start()
    n = len(buffer)
    wait_until(lambda: len(buffer) > n + 5)
    for source in running_sources():
        if source.name == "forgotten":
            source.close()


def test_start_and_stop_from_many_threads() -> None:
    """Any order of start and stop from any thread ends without a deadlock or a second thread."""
    source = RandomSource(interval=0.001, name="toggled")
    errors: list[BaseException] = []

    def toggle(seed: int) -> None:
        choose = random.Random(seed)
        try:
            for _ in range(50):
                (source.start if choose.random() < 0.5 else source.stop)()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=toggle, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(15)
    assert not any(thread.is_alive() for thread in threads)
    assert not errors
    source.start()
    n = source.counters().accepted
    wait_until(lambda: source.counters().accepted > n)
    assert sum("toggled" in thread.name for thread in threading.enumerate()) == 1
    source.close()


def test_two_sources_on_one_channel_are_told() -> None:
    """Mixed readings of two sources are said in the notes and the feed, once, and only while both run."""
    buffer = Buffer()
    first = RandomSource(interval=0.01, buffer=buffer, name="first").start()
    wait_until(lambda: len(buffer))
    second = RandomSource(interval=0.01, buffer=buffer, name="second").start()
    other = CallableSource(lambda: {"other": 1.0}, 0.01, buffer=buffer, name="other").start()
    text = "two sources write to channel 'value': 'first' and 'second'"
    wait_until(lambda: text in second.notes)
    wait_until(lambda: "other" in buffer.channels)
    assert other.notes == ()
    wait_until(lambda: [event.text for event in buffer.events] == [text])
    first.stop()
    second.stop()
    second.start()
    n = second.counters().accepted
    wait_until(lambda: second.counters().accepted > n)
    assert [event.text for event in buffer.events] == [text]
    for source in (first, second, other):
        source.close()
