"""Whether a source keeps its contract: against a counterpart that is killed, hangs, and says nonsense."""

from __future__ import annotations

import random
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from nbstream.errors import ClosedError
from nbstream.readings.buffer import Buffer
from nbstream.runtime.turns import are_taken, take_turns
from nbstream.sources.state import SourceState
from nbstream.testing.clock import HastyClock
from nbstream.testing.cuts import Cuts, Held, held, lasting_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from nbstream.sources.base import Source
    from nbstream.sources.supervision import SourceThread, SourceTurns

__all__ = ["SOURCE_CHECKS", "SourceHarness", "check_source"]

PATIENCE = 30.0
MOST_PARTS = 6
"""So often real connections are cut and counted while each time seems to leave something behind."""
N_CUTS = 1000
"""Of a stand-in."""
MOST_GROWTH = 6 * 2**20
"""Bytes that the process may have more after each sixth of them, whatever else goes on in it."""
STOP_WITHIN = 1.0
SLACK = 1.0
"""Seconds that a loaded machine may take longer, counted in looks: one that stands still looks at nothing."""
PERIOD = 0.002
DOWN = (
    SourceState.CONNECTING,
    SourceState.RECONNECTING,
    SourceState.UNREADABLE,
    SourceState.ENDED,
    SourceState.FAILED,
)


class SourceHarness(ABC):
    """A source to check, and the other side of it: a server, a file, a function, a stand-in.

    A check makes one, calls `start`, makes sources with `make`, and calls `close` at the end. What a harness
    does not write raises NotImplementedError; then the checks that need it must be named in `exemptions`.
    """

    exemptions: ClassVar[Mapping[str, str]] = {}
    """Checks that make no sense for the source, each with the reason."""
    n_cuts: ClassVar[int] = 1000
    """How often the check of many cuts cuts."""
    may_repeat: ClassVar[bool] = False
    """Whether a reading may come twice after a cut (at least once)."""
    secret: str = ""
    """A password that the source is given and must not show; "" is none."""

    @abstractmethod
    def make(self, **options: Any) -> Source:
        """Return a source of the counterpart, not started.

        It is given `buffer` and `random`, and `reconnect_after` where the connection will be half open.
        """

    @abstractmethod
    def feed(self, first: int, n: int) -> None:
        """Let the counterpart say `n` readings whose values are `first`, `first` + 1 …, on one channel.

        A counterpart that needs somebody to listen waits until the source does.
        """

    def start(self) -> None:
        """Let the counterpart be there, for the first time or again."""
        raise NotImplementedError

    def kill(self) -> None:
        """Let the counterpart be gone at once, as by a crash."""
        raise NotImplementedError

    def cut(self) -> None:
        """Cut the connection; the counterpart can be reached again at once."""
        raise NotImplementedError

    def hang(self) -> None:
        """Let the counterpart say nothing, and leave the connection open."""
        raise NotImplementedError

    def resume(self) -> None:
        """End what `hang` did."""
        raise NotImplementedError

    def poison(self) -> None:
        """Let the counterpart say one message that cannot be read."""
        raise NotImplementedError

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source, not started, whose library is a stand-in that asks `cuts`, not a server.

        Whoever has one gets a thousand cuts under a clock that is moved; without one, only real ones are cut.

        Parameters
        ----------
        cuts
            Its `connect` is called for each new connection, and `read` for what comes over it.
        **options
            As for `make`, and `clock`.
        """
        raise NotImplementedError

    def close(self) -> None:
        """End the counterpart and free what it holds."""
        return

    def numbers(self, buffer: Buffer) -> list[int]:
        """Return the values in the buffer, in the order in which they came."""
        found: list[int] = []
        for name in buffer.measured:
            values = buffer.channel(name).rows(0).values
            found += values[values == values].astype(int).tolist()
        return found


def check_source(
    make_harness: Callable[[], SourceHarness], *, only: Collection[str] | None = None
) -> dict[str, str]:
    """Check that a source keeps the contract of `nbstream.Source`, as its counterpart comes and goes.

    Parameters
    ----------
    make_harness
        Returns a new harness; each check has one of its own.
    only
        Names of checks; None is all of `SOURCE_CHECKS`.

    Returns
    -------
    dict
        What became of each check by its name: "held", or the reason why it is exempt.

    Raises
    ------
    AssertionError
        If something does not hold; the message begins with the name of the check.
    ValueError
        If there is no such check.

    Examples
    --------
    >>> class Harness(SourceHarness):
    ...     def start(self):
    ...         self.waiting = []
    ...
    ...     def feed(self, first, n):
    ...         self.waiting += range(first, first + n)
    ...
    ...     def make(self, **options):
    ...         from nbstream import CallableSource
    ...
    ...         function = lambda: self.waiting.pop(0) if self.waiting else None
    ...         return CallableSource(function, interval=0.001, **options)
    >>> check_source(Harness, only=["open and close", "batches"])
    {'open and close': 'held', 'batches': 'held'}
    """
    names = list(SOURCE_CHECKS if only is None else only)
    results = {}
    for name in names:
        if name not in SOURCE_CHECKS:
            message = f"There is no check {name!r}; there are {', '.join(SOURCE_CHECKS)}."
            raise ValueError(message)
        harness = make_harness()
        unknown = set(harness.exemptions) - set(SOURCE_CHECKS)
        assert not unknown, f"exemptions from checks that there are not: {sorted(unknown)}"
        reason = harness.exemptions.get(name)
        if reason is not None:
            assert len(reason) >= 10, f"{name}: say why it is exempt"
            results[name] = reason
            harness.close()
            continue
        run = _Run(name, harness)
        try:
            harness.start()
            SOURCE_CHECKS[name](run)
            run.look_at_all()
        except NotImplementedError as error:
            message = f"{name}: the harness cannot do what it needs. Say in 'exemptions' why."
            raise AssertionError(message) from error
        finally:
            run.close()
        results[name] = "held"
    return results


class _Run:
    """One check under way: its harness and sources, and what must hold whatever happens."""

    def __init__(self, name: str, harness: SourceHarness) -> None:
        self.name = name
        self.harness = harness
        self.sources: list[Source] = []
        self.shown: list[str] = []

    def make(self, **options: Any) -> Source:
        """Return a new source that waits for nothing before it tries again."""
        options.setdefault("random", _NoWait())
        source = self.harness.make(**options)
        self.sources.append(source)
        return source

    def fail(self, text: str) -> AssertionError:
        """Return an error with what is known of the sources."""
        known = "; ".join(f"{s!r}, {s.counters()}, {s.last_error!r}" for s in self.sources)
        return AssertionError(f"{self.name}: {text} ({known})")

    def until(self, holds: Callable[[], Any], what: str, patience: float = 0.0) -> None:
        """Wait for something, and look at what the sources say meanwhile."""
        patience = max(patience, PATIENCE)
        deadline = time.monotonic() + patience
        while not holds():
            take_turns()
            if time.monotonic() > deadline:
                msg = f"waited {patience:g} s in vain for {what}"
                raise self.fail(msg)
            self.look()
            time.sleep(PERIOD)
        self.look()

    def look(self) -> None:
        """Check what must hold at any moment."""
        secret = self.harness.secret
        for source in self.sources:
            counters = source.counters()
            if counters.received != sum(counters[1:5]):
                msg = "received must be accepted + rejected + late + dropped"
                raise self.fail(msg)
            if secret:
                for text in _texts_of(source):
                    if secret in text:
                        msg = f"a secret is shown: {text.replace(secret, '<SECRET>')}"
                        raise self.fail(msg)

    def look_at_all(self) -> None:
        """Check at the end that stop and close end everything."""
        self.look()
        for source in self.sources:
            self.stop(source)
            source.close()
            self.look()

    def stop(self, source: Source) -> None:
        """Stop a source and check how long it and its thread took."""
        starts = list(_starts_of(source))
        stopping = _Stopping(source)
        if source.is_running and not are_taken():
            stopping.start()
        else:
            stopping.run()
        n_left = round((STOP_WITHIN + SLACK) / PERIOD)
        while stopping.is_alive() or any(start.is_alive() for start in starts):
            if not n_left:
                what = "stop was not over" if stopping.is_alive() else "its thread still ran"
                msg = f"{what} {STOP_WITHIN + SLACK:g} s after it was told to stop"
                raise self.fail(msg)
            n_left -= 1
            time.sleep(PERIOD)
        if stopping.error is not None:
            raise stopping.error
        if source.state not in (
            SourceState.STOPPED,
            SourceState.ENDED,
            SourceState.FAILED,
            SourceState.IDLE,
        ):
            msg = "it must be STOPPED after stop"
            raise self.fail(msg)

    def see(self, source: Source, first: int, n: int) -> None:
        """Feed readings and wait until all have come."""
        self.harness.feed(first, n)
        self.arrived(source, range(first, first + n))

    def arrived(self, source: Source, numbers: Collection[int]) -> None:
        """Wait until readings have come."""
        wanted = set(numbers)
        self.until(
            lambda: wanted <= set(self.harness.numbers(source.buffer)),
            f"{len(wanted)} readings from {min(wanted)} on",
        )

    def no_repeats(self, source: Source) -> None:
        """Check that nothing came twice, unless the source may repeat."""
        twice = [n for n, k in Counter(self.harness.numbers(source.buffer)).items() if k > 1]
        if twice and not self.harness.may_repeat:
            msg = f"readings came twice: {twice[:5]}"
            raise self.fail(msg)

    def close(self) -> None:
        """Free everything, whatever happened."""
        for source in self.sources:
            source.close()
        self.harness.close()


def _starts_of(source: Source) -> Iterator[SourceThread | SourceTurns]:
    """Yield what a source runs by, and those that it started."""
    if source._thread is not None:
        yield source._thread
    for parent in getattr(source, "_started", ()):
        yield from _starts_of(parent)


class _Stopping(threading.Thread):
    """Stops a source, while somebody else looks how long it takes."""

    def __init__(self, source: Source) -> None:
        super().__init__(daemon=True)
        self.error: BaseException | None = None
        self._source = source

    def run(self) -> None:
        try:
            self._source.stop(STOP_WITHIN)
        except BaseException as error:
            self.error = error


class _NoWait(random.Random):
    """Draws the least, so that a back-off takes no time."""

    def uniform(self, a: float, b: float) -> float:
        return a + 0.0002 * (b - a)


def _texts_of(source: Source) -> list[str]:
    texts = [repr(source), source.status, source.reason, *source.notes]
    texts += [event.text for event in source.buffer.events.copy()]
    error: BaseException | None = source.last_error
    while error is not None:
        texts += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    return texts


# The checks.


def _open_and_close(run: _Run) -> None:
    source = run.make()
    assert source.state is SourceState.IDLE, f"{run.name}: a new source is IDLE"
    for _ in range(3):
        assert source.start() is source, f"{run.name}: start returns the source"
        assert source.start() is source, f"{run.name}: start is idempotent"
        own = [t for t in threading.enumerate() if t.name == f"nbstream-{source.name}"]
        assert len(own) == (0 if are_taken() else 1), f"{run.name}: one thread, not {len(own)}"
        run.stop(source)
        run.stop(source)
        run.until(lambda: not source.is_running, "the thread to end")
    source.close()
    source.close()
    try:
        source.start()
    except ClosedError:
        return
    msg = "start after close must raise ClosedError"
    raise run.fail(msg)


def _stop_while_connecting(run: _Run) -> None:
    run.harness.kill()
    source = run.make(random=random.Random(1))
    for _ in range(3):
        source.start()
        run.until(lambda: source.state in DOWN, "a state that says it has no connection")
        run.stop(source)


def _sequential(run: _Run) -> None:
    source = run.make().start()
    for i in range(1000):
        run.harness.feed(i, 1)
    run.arrived(source, range(1000))
    found = list(dict.fromkeys(run.harness.numbers(source.buffer)))
    if found != list(range(1000)):
        msg = "the order must be that in which they were sent"
        raise run.fail(msg)
    run.no_repeats(source)


def _batches(run: _Run) -> None:
    source = run.make().start()
    for first in range(0, 1000, 250):
        run.see(source, first, 250)
    run.no_repeats(source)
    # A reading is in the buffer a moment before it is counted.
    run.until(lambda: source.counters().accepted >= 1000, "1,000 readings counted as accepted")


def _stop_and_start(run: _Run) -> None:
    source = run.make().start()
    run.see(source, 0, 10)
    run.stop(source)
    position = source.position
    source.start()
    run.see(source, 10, 10)
    run.no_repeats(source)
    # What is played at the pace of its times may have been further than what was waited for.
    run.until(
        lambda: source.position is None or source.position != position, "a position that goes on"
    )


def _two_on_one_buffer(run: _Run) -> None:
    buffer = Buffer()
    first, second = run.make(buffer=buffer).start(), run.make(buffer=buffer).start()
    run.until(lambda: first.counters().received or first.state is SourceState.RUNNING, "the first")
    run.until(
        lambda: second.counters().received or second.state is SourceState.RUNNING, "the other"
    )
    run.stop(second)
    second.close()
    buffer.append(None, mine=1.0)  # it is not closed
    first.close()
    buffer.append(None, mine=2.0)


def _first_connect_fails(run: _Run) -> None:
    run.harness.kill()
    source = run.make().start()
    run.until(lambda: source.state in DOWN, "a state that says it has no connection")
    time.sleep(0.05)
    run.look()
    run.harness.start()
    run.see(source, 0, 10)
    run.until(lambda: source.state is SourceState.RUNNING, "RUNNING once readings come")


def _lossy_through_reconnect(run: _Run) -> None:
    source = run.make().start()
    run.see(source, 0, 100)
    for i in range(1, 4):
        run.harness.cut()
        run.see(source, i * 100, 100)
    run.no_repeats(source)


def _killed_and_restarted(run: _Run) -> None:
    source = run.make().start()
    for i in range(3):
        run.see(source, i * 10, 10)
        run.harness.kill()
        run.until(lambda: source.state in DOWN, "a state that says that it is gone")
        run.harness.start()
    run.see(source, 100, 10)
    run.until(lambda: source.state is SourceState.RUNNING, "RUNNING")
    run.no_repeats(source)


def _half_open(run: _Run) -> None:
    source = run.make(reconnect_after=0.3).start()
    run.see(source, 0, 10)
    before = source.counters().reconnects
    run.harness.hang()
    run.until(lambda: source.counters().reconnects > before or source.state in DOWN, "a new try")
    run.harness.resume()
    run.until(lambda: source.state is SourceState.RUNNING, "RUNNING")
    run.see(source, 100, 10)


def _poison(run: _Run) -> None:
    source = run.make().start()
    run.see(source, 0, 10)
    run.harness.poison()
    run.see(source, 10, 10)
    # A reading is in the buffer a moment before what came with it is counted and told.
    run.until(
        lambda: source.counters().rejected + source.counters().dropped,
        "what cannot be read to be counted",
    )
    run.until(lambda: source.state is SourceState.RUNNING, "it to go on")
    run.until(lambda: source.notes or source.buffer.events, "what cannot be read to be told")


def _many_cuts(run: _Run) -> None:
    """Cut real connections, then a thousand of a stand-in, and compare what is held before and after."""
    if type(run.harness).stand_in is not SourceHarness.stand_in:
        _thousand_cuts(run)
    source = run.make().start()
    run.see(source, 0, 1)
    n_seen = 1

    def cut(n: int) -> Held:
        nonlocal n_seen
        for _ in range(n):
            run.harness.cut()
            run.see(source, n_seen, 1)
            n_seen += 1
        now = held()
        # What the log of events gained, which has an end, is no leak.
        return now._replace(objects=now.objects - len(source.buffer.events))

    n_warm = max(3, run.harness.n_cuts // 10)
    n = (run.harness.n_cuts - n_warm) // 2
    marks = [cut(n_warm), cut(n), cut(n)]
    while _is_leak(more := lasting_growth(marks), n):
        # What is under way at one moment and not at another may look like it twice, a leak always does.
        if len(marks) > MOST_PARTS:
            what = f"{more.threads} threads, {more.files} open files and {more.objects:,} objects"
            msg = f"{n} cuts left {what} behind, and as many each time again"
            raise run.fail(msg)
        marks.append(cut(n))


def _is_leak(more: Held, n: int) -> bool:
    return more.threads > 1 or more.files > 2 or more.objects > n // 2 + 50


def _thousand_cuts(run: _Run) -> None:
    """Let connections last for moments and hours, by a clock that is moved, and memory stay as it is."""
    clock = HastyClock()
    cuts = Cuts(N_CUTS, clock)
    source = run.harness.stand_in(cuts, clock=clock, random=random.Random(4))
    run.sources.append(source)
    source.start()
    run.until(lambda: cuts.n_cuts == N_CUTS, f"{N_CUTS} cuts", 8 * PATIENCE)
    run.until(lambda: source.state is SourceState.RUNNING, "RUNNING after all cuts")
    run.arrived(source, cuts.said)
    run.no_repeats(source)
    if source.counters().reconnects < N_CUTS:
        msg = f"{N_CUTS} cuts were {source.counters().reconnects} new tries"
        raise run.fail(msg)
    if clock.waited > 4 * N_CUTS:
        msg = f"it waited {clock.waited:.0f} s, though it was well for an hour again and again"
        raise run.fail(msg)
    run.stop(source)
    more = lasting_growth(cuts.held)
    n = N_CUTS // 2 // (len(cuts.held) - 1)
    if more.threads or more.files > 1 or max(more.objects, more.blocks) > n // 3:
        msg = f"every {n} cuts of a stand-in left {more} behind"
        raise run.fail(msg)
    if more.n_bytes > MOST_GROWTH:
        msg = f"every {n} cuts of a stand-in took {more.n_bytes >> 20} MB of memory"
        raise run.fail(msg)


SOURCE_CHECKS: Mapping[str, Callable[[_Run], None]] = {
    "open and close": _open_and_close,
    "stop while connecting": _stop_while_connecting,
    "sequential 1,000": _sequential,
    "batches": _batches,
    "stop and start": _stop_and_start,
    "two on one buffer": _two_on_one_buffer,
    "first connect fails": _first_connect_fails,
    "lossy through a reconnect": _lossy_through_reconnect,
    "killed and restarted": _killed_and_restarted,
    "half-open": _half_open,
    "poison message": _poison,
    "many cuts": _many_cuts,
}
"""What is checked, by name, in the order of running."""
