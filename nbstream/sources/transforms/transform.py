"""A source that is made of others: it runs on their threads, and has a buffer of its own."""

from __future__ import annotations

import threading
from functools import partial
from operator import add
from typing import TYPE_CHECKING, Any, Self

from nbstream.errors import ClosedError
from nbstream.readings.batch import Batch
from nbstream.sources.base import Source
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.transforms.playing_on import PlayingOn
from nbstream.sources.transforms.steps import Keep
from nbstream.sources.wording import explain
from nbstream.text.naming import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from nbstream.readings.batch import FloatArray
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.labels import Labels
    from nbstream.sources.transforms.steps import Step

__all__ = ["Transform", "merge"]

WORST_FIRST = (
    SourceState.FAILED,
    SourceState.RECONNECTING,
    SourceState.UNREADABLE,
    SourceState.CONNECTING,
    SourceState.RUNNING,
    SourceState.ENDED,
    SourceState.STOPPED,
    SourceState.IDLE,
)


class Transform(PlayingOn, Source):
    """A source that is made of others, as `Source.map`, `rename`, `where` … and `merge` return it.

    It starts the sources that it is made of, and stops those that it started. State, position, errors and
    notes are theirs too; readings that they rejected count here. Its buffer is its own: what was in theirs
    before it started is not in it. Of a replay, or what is made of one, `pause`, `resume`, `step`, `seek` and
    `speed` are passed on.

    Parameters
    ----------
    parents
        What it is made of.
    step
        What is done with their batches.
    buffer
        Where the readings go; None makes a new one.
    name
        For people; None is that of the first.

    Notes
    -----
    Thread safety: any thread; the step runs on the threads of the sources, one at a time.
    """

    kind = "transform"

    def __init__(
        self,
        parents: Sequence[Source],
        step: Step,
        *,
        buffer: Buffer | None = None,
        name: str | None = None,
    ) -> None:
        first = parents[0]
        timezone: tzinfo | None = first.timezone if buffer is None else None
        super().__init__(
            buffer=buffer, name=name or first.name, timezone=timezone, clock=first._clock
        )
        self._parents = tuple(parents)
        self._step = step
        self._taps_of = [partial(self._follow, parent) for parent in self._parents]
        self._started: list[Source] = []
        self._is_attached = False
        self._was_started = False
        self._step_lock = threading.RLock()
        self._names: dict[tuple[int, str], str] = {}
        self._owners: dict[str, int] = {}

    # The life of a source.

    def start(self, position: Any = None) -> Self:
        """Start the sources that it is made of; `position` is what `position` said."""
        places = self._places(position)
        with self._lock:
            if self._closed:
                message = f"The source {self.name!r} was closed. Make a new one."
                raise ClosedError(message)
            self._refuse_while_running(position)
            is_new, was_started = not self._is_attached, self._was_started
            self._attach()
            self._was_started = True
        begun: list[Source] = []
        try:
            for parent, place in zip(self._parents, places, strict=True):
                if not parent.is_running or place is not None:
                    parent.start(place)
                    begun.append(parent)
        except Exception:
            if is_new:
                self._detach()
                self._was_started = was_started
            for parent in begun:
                parent.stop()
            raise
        self._started += [parent for parent in begun if parent not in self._started]
        return self

    def _refuse_while_running(self, position: Any) -> None:
        for parent, place in zip(self._parents, self._places(position), strict=True):
            parent._refuse_while_running(place)

    def _places(self, position: Any) -> list[Any]:
        """Return where each of the sources begins, None where it goes on."""
        n = len(self._parents)
        if n == 1 or position is None:
            return [position] * n
        if not isinstance(position, (list, tuple)) or len(position) != n:
            message = (
                f"'position' must be a list of {n}, one for each source (got {position!r:.80})."
            )
            raise ValueError(message)
        return list(position)

    def stop(self, timeout: float | None = 5.0) -> None:
        """Stop the sources that it started; others go on, without it."""
        self._detach()
        for parent in self._started:
            parent.stop(timeout)

    def _start(self) -> None:
        self.start()

    def _signal_end(self) -> None:
        for parent in self._started:
            parent._signal_end()

    def _free(self) -> None:
        self._detach()

    def _run(self) -> None:
        return  # it has no thread

    def _attach(self) -> None:
        if not self._is_attached:
            self._is_attached = True
            for parent, tap in zip(self._parents, self._taps_of, strict=True):
                parent._add_tap(tap)
                parent._followers = (*parent._followers, self)

    def _detach(self) -> None:
        with self._lock:
            if self._is_attached:
                self._is_attached = False
                self._since_ns = self._clock.wall_ns()
                for parent, tap in zip(self._parents, self._taps_of, strict=True):
                    parent._remove_tap(tap)
                    parent._followers = tuple(f for f in parent._followers if f is not self)

    # What can be asked.

    @property
    def _speaker(self) -> Source:
        """The source whose state is the worst."""
        return min(self._parents, key=lambda parent: WORST_FIRST.index(parent.state))

    @property
    def state(self) -> SourceState:
        """The worst state of the sources that it is made of."""
        if not self._was_started:
            return SourceState.IDLE
        return self._speaker.state if self._is_attached else SourceState.STOPPED

    @property
    def status(self) -> str:
        """What the source whose state is the worst says."""
        if not self._was_started:
            return "not started"
        if not self._is_attached:
            return SourceState.STOPPED.value
        speaker = self._speaker
        return speaker.status if len(self._parents) == 1 else f"{speaker.name}: {speaker.status}"

    @property
    def since(self) -> datetime:
        """When the source whose state is the worst came into it."""
        return self._speaker.since if self._is_attached else super().since

    @property
    def reason(self) -> str:
        """Why the source whose state is the worst is in it; of several its name stands before it."""
        speaker = self._speaker
        if not self._is_attached or not speaker.reason or len(self._parents) == 1:
            return speaker.reason if self._is_attached else ""
        return f"{speaker.name}: {speaker.reason}"

    @property
    def is_running(self) -> bool:
        """Whether one of the sources runs, and is followed."""
        return self._is_attached and any(parent.is_running for parent in self._parents)

    @property
    def last_error(self) -> Exception | None:
        """What is wrong with one of them."""
        errors = (parent.last_error for parent in self._parents)
        return next((error for error in errors if error is not None), self._last_error)

    @property
    def notes(self) -> tuple[str, ...]:
        """Their notes, and its own."""
        theirs = (note for parent in self._parents for note in parent.notes)
        own = (self._step.note,) if self._step.note else ()
        return tuple(dict.fromkeys((*theirs, *super().notes, *own)))

    @property
    def position(self) -> Any:
        """Where reading goes on: that of the source, of several a list."""
        places = [parent.position for parent in self._parents]
        if len(places) == 1:
            return places[0]
        return places if any(place is not None for place in places) else None

    @property
    def own_interval(self) -> float | None:
        """Seconds between two readings where one source sets the pace, and none are left out."""
        is_same = len(self._parents) == 1 and isinstance(self._step, Keep)
        return self._parents[0].own_interval if is_same else None

    def counters(self) -> Counters:
        """Return how many readings came out, those that were rejected before included."""
        rejected = reconnects = 0
        for parent in self._parents:
            counters = parent.counters()
            rejected += counters.rejected
            reconnects += counters.reconnects
        before = Counters(received=rejected, rejected=rejected, reconnects=reconnects)
        return Counters(*map(add, self._counters, before))

    # What comes.

    @property
    def _is_abandoned(self) -> bool:
        return not self._is_attached

    def _follow(self, parent: Source, batch: Batch) -> None:
        """Take a batch of a source, on its thread."""
        with self._step_lock:
            try:
                self._pass_on(self._step.apply(self._named(parent, batch)))
            except ClosedError:
                self._detach()
            except Exception as error:
                self._reject(len(batch), explain(error))

    def _pass_on(self, batches: Iterable[Batch]) -> None:
        step = self._step
        for batch in batches:
            if len(batch) and batch.values:
                self._emit(batch)
        if step.n_rejected:
            self._reject(step.n_rejected, step.problem)
            self._report("step", step.problem)
        if step.n_dropped:
            self._drop(step.n_dropped, step.problem)
        step.n_rejected = step.n_dropped = 0

    def _named(self, parent: Source, batch: Batch) -> Batch:
        """Return a batch with names that no other source has, after telling the buffer of new ones."""
        i = self._parents.index(parent)
        labels = parent.buffer._store.labels
        values = {}
        for name, column in batch.values.items():
            known = self._names.get((i, name))
            if known is None:
                known = self._meet(i, name)
            theirs = labels.get(name)
            values[known] = column if theirs is None else self._take_words(theirs, known, column)
        return Batch(batch.times, values)

    def _meet(self, i: int, name: str) -> str:
        """Return the name for a channel that was not seen before."""
        parent = self._parents[i]
        known = name
        if self._owners.get(name, i) != i:
            known = distinct(f"{parent.name}.{name}", self._owners)
            self._note(f"name {known}", f"{name!r} of {parent.name!r} is {known!r} here")
        if len(self._owners) < 10 * self.buffer.max_channels:
            self._owners[known] = i
            self._names[i, name] = known
        unit = parent.buffer.units.get(name)
        if unit is not None:
            self.buffer.units.setdefault(self._step.name_of(known), unit)
        return known

    def _take_words(self, theirs: Labels, known: str, codes: FloatArray) -> FloatArray:
        """Return the codes of words in this buffer's own table."""
        own = self.buffer._store.labels_for(self._step.name_of(known))
        if own is None:
            return codes
        if known not in self._step.labels:
            self._step.labels = {**self._step.labels, known: own}
        return own.codes(theirs.text(code) or None for code in codes.tolist())

    def _hear(self, text: str) -> None:
        self.buffer.note(text)
        for follower in self._followers:
            follower._hear(text)

    def _end(self) -> None:
        """Hand over what was kept, once all sources have ended."""
        if any(parent.state is not SourceState.ENDED for parent in self._parents):
            return
        self._finish_step()
        for follower in self._followers:
            follower._end()

    def _begin_elsewhere(self) -> None:
        """Hand over what was kept: what comes next has other times, earlier ones perhaps."""
        self._finish_step()
        for follower in self._followers:
            follower._begin_elsewhere()

    def _finish_step(self) -> None:
        with self._step_lock:
            self._pass_on(self._step.finish())


def merge(*sources: Source, name: str | None = None) -> Transform:
    """Return a source of the readings of several sources.

    Parameters
    ----------
    *sources
        They are started and stopped by it, unless they run already.
    name
        For people; None joins theirs.

    Returns
    -------
    Transform
        Of a channel that several have, the first that comes keeps the name, and others have their source's
        before it: "pump.value"; a note says so.

    Raises
    ------
    TypeError
        If something is no source, or there is none.

    Examples
    --------
    >>> import nbstream as ns
    >>> a, b = ns.IterableSource([{"x": 1.0}]), ns.IterableSource([{"y": 2.0}])
    >>> with ns.merge(a, b) as both:
    ...     while both.is_running:
    ...         pass
    ...     sorted(both.buffer.channels)
    ['x', 'y']
    """
    if not sources or not all(isinstance(source, Source) for source in sources):
        message = (
            f"merge needs sources (got {', '.join(type(s).__name__ for s in sources) or 'none'})."
        )
        raise TypeError(message)
    if len(set(map(id, sources))) < len(sources):
        message = "merge needs different sources: one of them is given twice."
        raise ValueError(message)
    joined = name or " + ".join(dict.fromkeys(source.name for source in sources))
    return Transform(sources, Keep(), name=joined)
