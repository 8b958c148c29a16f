"""Readings that workers of Dask read and summarise; the notebook merges what they say."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbstream.cluster.drawing import Drawing
from nbstream.cluster.given import (
    n_arguments,
    parts_of_function,
    parts_of_futures,
    require_client,
)
from nbstream.cluster.talk import Stopped, Talk
from nbstream.cluster.worker import Answer, Failure, Plan, poll, summarize
from nbstream.cluster.workers import Workers
from nbstream.errors import CallbackError, ConnectError, ParseError
from nbstream.readings.batch import Batch
from nbstream.readings.buffer import Buffer
from nbstream.readings.window import parse_duration
from nbstream.sources.base import Source
from nbstream.sources.network.message_source import load_extra
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.wording import explain, positive_seconds, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import timedelta

    from nbstream.cluster.parts import Part
    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["DaskSource"]

LEAST_STEP_NS = 100_000
"""Shorter steps than 0.1 ms have no room in what is counted for quantiles."""
LOOK_EVERY = 1.0
"""Seconds between two looks at which workers there are."""
AHEAD = 2
"""Polls that are under way for each thread of the workers: one that runs, and the next one."""
LOOK_FOR_LATE = 0.25
"""Seconds between two looks whether readings have waited long enough for those of other parts."""


class DaskSource(Source):
    """Lets workers of Dask read and summarise, each its part; the notebook merges what they say.

    Parameters
    ----------
    client
        A `distributed.Client`; it stays open.
    futures_or_function
        Futures (or delayed objects) that stand for readings, in the order of their times: each is summarised
        where it is, once. Or a function that workers call again and again: ``read()``, ``read(part)``, or
        ``read(part, position)``, which returns (readings, next position). It returns readings in any form
        that other sources take but text; quickest are (times, values), arrays of int64 ns or datetime64 and
        of numbers, or (times, {channel: values}). None is nothing new; StopIteration ends the part.
    parts
        What the function is given, one after the other: names of files, hosts, partitions. A number n is
        0 … n − 1. Each is polled by itself, and by one worker at a time.
    interval
        Seconds between two polls of a part, at least; 0 asks again as soon as the answer was merged.
    step
        Length of the steps that are summarised, aligned to absolute time: "100ms", seconds or a timedelta.
        Up to 64 readings of an answer and step come one by one; of more the first, smallest, largest and last
        are drawn.
    moments
        Whether workers compute what skewness, kurtosis and slope need, some 20 to 50 ns a reading.
    quantiles
        Whether they count what quantiles need, some 2 to 7 ns a reading.
    means
        Whether the mean of each step is a channel too, "temp.mean" of "temp": for detectors, which judge
        what they see, and of a channel that is drawn by its extremes see those.
    **options
        As for every `Source`: buffer, name, units, timezone, clock. Naive times are in the worker's local
        zone where no zone is given. Without a buffer one is made that puts late readings in their place.

    Raises
    ------
    TypeError
        If there is no such client or function, or the function can't be sent to workers.
    ValueError
        If the step or the interval is not possible, or there are no parts.

    Notes
    -----
    A part has one poll under way at most, and its next one begins when its answer was merged; so a notebook
    that is busy slows the workers down, and nothing piles up. A worker that dies is counted in
    `n_workers_lost`, and its polls are done by others, from the position that was merged last: nothing is
    lost or read twice. A function without a position has to remember by other means how far it was.

    Workers need the same version of nbstream. Those that have another, or none, are given nothing to do,
    which is said at once; if there are no others, the source has FAILED.

    Thread safety: any thread. The function is called on workers, on many at the same time.
    """

    kind = "dask"

    def __init__(
        self,
        client: Any,
        futures_or_function: Callable[..., Any] | Iterable[Any],
        *,
        parts: Iterable[Any] | int | None = None,
        interval: float = 0.1,
        step: str | float | timedelta = 0.1,
        moments: bool = False,
        quantiles: bool = True,
        means: bool = False,
        **options: Any,
    ) -> None:
        load_extra("distributed", "cluster", "DaskSource")
        require_client(client)
        self.client = client
        self.function: Callable[..., Any] | None
        if callable(futures_or_function):
            self.function = futures_or_function
            self._parts = parts_of_function(futures_or_function, parts)
            n_given = n_arguments(futures_or_function, has_parts=parts is not None)
            options["name"] = options.get("name") or shorten(
                getattr(futures_or_function, "__name__", "") or self.kind
            )
        else:
            self.function = None
            self._parts = parts_of_futures(client, futures_or_function, parts)
            n_given = 0
        if interval:
            interval = positive_seconds(interval, "interval")
        step_ns = parse_duration(step, name="step")
        if not step_ns >= LEAST_STEP_NS:
            message = f"'step' must be at least 0.1 ms (got {step!r})."
            raise ValueError(message)
        is_own_buffer = options.get("buffer") is None
        if is_own_buffer:
            options["buffer"] = Buffer(timezone=options.get("timezone"), late="insert")
        super().__init__(**options)
        self._owns_buffer = is_own_buffer
        self.interval = float(interval)
        self._plan = Plan(step_ns, self.timezone, n_given, moments, quantiles)
        self._talk = Talk(client, lambda: self._is_stopping)
        self._workers = Workers(self._talk)
        self._drawing = Drawing(
            self.buffer,
            step_ns,
            self._draw,
            one_after_other=self.function is None,
            with_means=bool(means),
        )
        self._n_polls = 0
        self._worker_seconds = 0.0
        self._look_due = 0.0

    # What can be asked.

    @property
    def position(self) -> Any:
        """Where each part goes on, a list; None if the function takes no position."""
        if self._plan.n_arguments < 2:
            return None
        return [part.position for part in self._parts]

    @property
    def n_workers_lost(self) -> int:
        """Workers that were there and are no more."""
        return self._workers.n_lost

    @property
    def n_polls(self) -> int:
        """Answers of workers that were merged."""
        return self._n_polls

    @property
    def worker_seconds(self) -> float:
        """Seconds of CPU time that workers took to read and summarise what was merged."""
        return self._worker_seconds

    @property
    def workers(self) -> tuple[str, ...]:
        """Addresses of the workers that are given something to do."""
        return self._workers.given_work

    @property
    def status(self) -> str:
        """What the source is doing now, in one short sentence for people."""
        if self._state is SourceState.RUNNING and not self._detail:
            oldest = min(
                (part.asked for part in self._parts if part.future is not None), default=None
            )
            seconds = 0.0 if oldest is None else self._clock.monotonic() - oldest
            if seconds >= 5.0:
                return f"{self._progress()}, no answer for {seconds:.0f} s"
            return self._progress()
        return super().status

    def _progress(self) -> str:
        n, n_over = len(self._parts), sum(part.is_over for part in self._parts)
        parts = f"{n_over} of {n} parts" if self.function is None else f"{n} part{'s' * (n > 1)}"
        n_workers = len(self.workers)
        return f"reading {parts} with {n_workers} worker{'s' * (n_workers != 1)}"

    # The life of a source.

    def _go_to(self, position: Any) -> None:
        if self._plan.n_arguments < 2:
            super()._go_to(position)
        if not isinstance(position, (list, tuple)) or len(position) != len(self._parts):
            n = len(self._parts)
            message = f"A position is a list with one for each of {n} parts (got {position!r:.80})."
            raise ValueError(message)
        self._forget_polls()
        for part, its in zip(self._parts, position, strict=True):
            part.position, part.is_over = its, False

    def _free(self) -> None:
        self._forget_polls()
        self._talk.let_go()

    def _forget_polls(self) -> None:
        for part in self._parts:
            future, part.future = part.future, None
            if future is not None:
                with suppress(Exception):
                    future.release()  # the scheduler forgets a poll that nobody waits for

    def _interrupt(self) -> None:
        self._talk.wake()

    def _run(self) -> None:
        talk = self._talk
        for part in self._parts:
            if part.future is not None:  # what was under way as it stopped may have read something
                talk.tell_when_done(part.future)
        try:
            self._look_at_workers()
            self._connected()
            while not self._is_stopping and not all(part.is_over for part in self._parts):
                now = self._clock.monotonic()
                if now >= self._look_due:
                    self._look_at_workers()
                self._submit(now)
                self._merge(talk.done(self._until_due(now)))
                self._draw_ready()
        except Stopped:
            return
        finally:
            self._draw_ready(is_last=True)

    def _until_due(self, now: float) -> float:
        """Return for how many seconds nothing has to be done, unless an answer comes."""
        dues = [self._look_due]
        if self._room > 0:
            dues += [p.due for p in self._parts if p.future is None and not p.is_over]
        if len(self._drawing):
            dues.append(now + LOOK_FOR_LATE)
        return max(0.0, min(dues) - now)

    @property
    def _n_under_way(self) -> int:
        return sum(part.future is not None for part in self._parts)

    @property
    def _room(self) -> int:
        """How many more polls may be under way; ≤ 0 is none."""
        return AHEAD * max(self._workers.n_threads, 1) - self._n_under_way

    def _submit(self, now: float) -> None:
        """Begin polls that are due, those that wait longest first."""
        due = [
            part
            for part in self._parts
            if part.future is None and not part.is_over and part.due <= now
        ]
        due.sort(key=lambda part: part.due)
        workers = self.workers if self._workers.are_some_left_out else None
        for part in due[: max(self._room, 0)]:
            part.asked = now
            if self.function is None:
                part.future = self._talk.submit(summarize, part.given, self._plan, workers=workers)
            else:
                part.future = self._talk.submit(
                    poll, self.function, part.given, part.position, self._plan, workers=workers
                )

    def _merge(self, futures: Collection[Any]) -> None:
        """Merge the answers of polls that are over."""
        parts = {id(part.future): part for part in self._parts if part.future is not None}
        # One that was under way while the source stopped is told of twice.
        ours = [
            future for future in {id(one): one for one in futures}.values() if id(future) in parts
        ]
        for future, answer in zip(ours, self._talk.results(ours), strict=True):
            if self._is_stopping:
                return
            part = parts[id(future)]
            part.future = None
            if isinstance(answer, Answer):
                self._take(part, answer)
            else:
                self._lose(part, answer)

    def _take(self, part: Part, answer: Answer) -> None:
        now = self._clock.monotonic()
        self._n_polls += 1
        self._worker_seconds += answer.cpu
        part.worker, part.has_answered = answer.worker, True
        part.due = max(part.asked + self.interval, now) if self.interval else now
        part.position = answer.position
        if answer.failure is not None:
            self._refuse(part, answer.failure, now)
        else:
            self._hand_over(part, answer)
            self._works_again(part)
        part.is_over = answer.is_over and (answer.failure is None or self.function is None)
        for i, text in enumerate(answer.notes):
            self._note(f"part {i}", text)

    # What comes.

    def _hand_over(self, part: Part, answer: Answer) -> None:
        """Merge what was summarised and count all of it, and draw what need not wait for other parts."""
        if not answer.steps:
            return
        self._learn_references(answer)
        self._count(Counters(answer.n_rows, answer.n_rows))
        if answer.n_rows:
            self._has_data()
        self._drawing.take(part, answer.steps, self._clock.monotonic())

    def _draw_ready(self, *, is_last: bool = False) -> None:
        self._drawing.draw_ready(self._parts, self._clock.monotonic(), is_last=is_last)

    def _draw(self, name: str, times: TimeArray, values: FloatArray) -> None:
        """Put readings into the buffer that were counted already; of those what is late or has no place."""
        before = self._counters
        self._emit(Batch(times, {name: values}))
        came = [now - then for now, then in zip(self._counters, before, strict=True)]
        received, accepted, _, late, dropped, _ = came
        self._count(Counters(-received, -accepted - late - dropped))

    def _learn_references(self, answer: Answer) -> None:
        """Let all workers code distances of a channel from the same number."""
        known = self._plan.references
        new = {
            name: steps.histograms.reference
            for name, steps in answer.steps.items()
            if name not in known
            and steps.histograms is not None
            and steps.histograms.reference == steps.histograms.reference
        }
        if new:
            self._plan = replace(self._plan, references={**known, **new})

    # What goes wrong.

    def _refuse(self, part: Part, failure: Failure, now: float) -> None:
        """Count what a function raised, or returned instead of readings."""
        text = f"part {part.name}: {failure.text}"
        if not failure.is_raised:
            self._reject(1, text)
            if not self._has_delivered:
                self._set_unreadable(
                    ParseError(f"Nothing can be read so far. {text}", source=self.name)
                )
            return
        self._count(Counters(received=1, rejected=1))
        error = CallbackError(f"{self.name} raised {failure.text}", callback=self.name)
        self._fail_part(
            part, text, error, max(self._backoff(part.n_failed), failure.retry_after), now
        )

    def _lose(self, part: Part, error: Exception) -> None:
        """Take that a poll brought no answer: its worker died again and again, or could not begin it."""
        if isinstance(error, ModuleNotFoundError) and "nbstream" in str(error):
            self._look_due = 0.0
        text = f"part {part.name}: {explain(error)}"
        if self.function is None and not isinstance(error, ConnectError):
            self._reject(1, text)
            part.is_over = True
            return
        now = self._clock.monotonic()
        self._fail_part(
            part, text, ConnectError(text, source=self.name), self._backoff(part.n_failed), now
        )

    def _fail_part(self, part: Part, text: str, error: Exception, delay: float, now: float) -> None:
        if not part.n_failed:
            self._count(Counters(reconnects=1))
        part.n_failed += 1
        part.failure = text
        part.due = max(part.due, now + delay)
        if all(other.n_failed or other.is_over for other in self._parts):
            self._set_state(SourceState.RECONNECTING, str(error), error)
            self._report("error", str(error))
        else:
            self._tell_failing()

    def _works_again(self, part: Part) -> None:
        was_failing, part.n_failed, part.failure = part.n_failed, 0, ""
        if was_failing:
            self._has_data()
            self._tell_failing()

    def _tell_failing(self) -> None:
        failing = [part.failure for part in self._parts if part.n_failed]
        if failing:
            text = f"{len(failing)} of {len(self._parts)} parts fail, as {failing[0]}"
            self._note("failing", text)
            self._report("error", text)
        else:
            self._forget_note("failing")

    # Workers.

    def _look_at_workers(self) -> None:
        """Learn which workers there are, and tell what has changed."""
        self._look_due = self._clock.monotonic() + LOOK_EVERY
        workers = self._workers
        seen = workers.look()
        if seen.gone:
            self._note("gone", workers.words_of_lost)
            self._tell(seen.gone)
        for text in seen.wrong_clocks:
            self._note("clock", text)
            self._report("clock", text)
        if workers.ahead_ns != self._plan.ahead_ns:
            self._plan = replace(self._plan, ahead_ns=dict(workers.ahead_ns))
        if seen.are_others:
            self._tell_left_out()
        workers.require_some(self.name)

    def _tell_left_out(self) -> None:
        text = self._workers.words_of_left_out
        if text:
            self._note("version", text)
            self._report("version", text)
        else:
            self._forget_note("version")
