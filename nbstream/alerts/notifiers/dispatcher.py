"""From the analyzer's thread to the notifiers: bounded queues that never hold the analyzer up."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, Self

from nbstream.alerts.notifiers.base import Notifier
from nbstream.alerts.notifiers.callback import CallbackNotifier
from nbstream.alerts.notifiers.notifier_queue import NotifierCounters, NotifierQueue
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.ownership import OfCell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nbstream.alerts.log.incident import Notification

__all__ = ["Dispatcher", "NotifierCounters", "connect"]

CAPACITY = 256
CLOSE_TIMEOUT = 5.0


class Subscribable(Protocol):
    """What `connect` needs of a log."""

    def subscribe(self, callback: Callable[[Any], object]) -> object:
        """Call `callback` with each notification; what it returns, if callable, ends that."""
        ...


class Dispatcher:
    """Hands notifications to notifiers, each on a thread of its own, so that none waits for another.

    A thread lives as long as there is something to deliver. Each notifier's queue is bounded: once 16
    wait, a newer notification replaces the waiting one of its incident; when it is full, the oldest of
    the least severity is dropped. Everything is counted, and nothing is raised into the caller. An
    error, a loss, and that a notifier is off are logged once, until it is well again.

    Parameters
    ----------
    notifiers
        `Notifier` objects; a function is taken as ``CallbackNotifier(function)``.
    capacity
        Notifications that wait for one notifier, at most.
    clock
        For the waiting of groups.
    tell
        Called with each sentence that is logged, on any thread: an analyzer's feed shows it.

    Raises
    ------
    TypeError
        If one of `notifiers` is neither a Notifier nor callable.
    ValueError
        If `capacity` is < 1.

    Notes
    -----
    Thread safety: any method, from any thread. Cost: a call takes some microseconds and no I/O.

    Examples
    --------
    >>> from nbstream.alerts.notifiers import LoggingNotifier
    >>> dispatcher = Dispatcher([LoggingNotifier(min_severity="critical")])
    >>> dispatcher
    <Dispatcher of 1 notifier: 0 delivered, 0 failed, 0 dropped>
    >>> dispatcher.close()
    """

    def __init__(
        self,
        notifiers: Iterable[Notifier | Callable[[Notification], Any]],
        *,
        capacity: int = CAPACITY,
        clock: Clock = SYSTEM_CLOCK,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        if capacity < 1:
            message = f"'capacity' must be >= 1 (got {capacity!r})."
            raise ValueError(message)
        self._queues = tuple(
            NotifierQueue(_as_notifier(given), capacity, clock, tell) for given in notifiers
        )
        self._unsubscribe: Callable[[], object] | None = None
        self._of_cell: OfCell | None = None
        self.is_closed = False
        """Whether `close` was called."""

    def __call__(self, notification: Notification) -> None:
        """Queue a notification for every notifier that is for it; never blocks, never raises."""
        for queue in self._queues:
            queue.put(notification)

    def __repr__(self) -> str:
        """Return the class, how many notifiers, and the counters that matter."""
        n, counters = len(self._queues), self.counters()
        return (
            f"<Dispatcher of {n} notifier{'' if n == 1 else 's'}: {counters.delivered:,} delivered, "
            f"{counters.failed:,} failed, {counters.dropped:,} dropped>"
        )

    def __enter__(self) -> Self:
        """Return the dispatcher."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()

    @property
    def notifiers(self) -> tuple[Notifier, ...]:
        """The notifiers, in the order in which they were given."""
        return tuple(queue.notifier for queue in self._queues)

    @property
    def last_error(self) -> Exception | None:
        """What is wrong with a notifier; None while all are well."""
        errors = [queue.error for queue in self._queues if queue.error is not None]
        warnings = [w for queue in self._queues if (w := queue.notifier.warning) is not None]
        return next(iter(errors + warnings), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is wrong, off or lost now, in one sentence each."""
        return tuple(note for queue in self._queues for note in queue.notes())

    def counters(self, notifier: Notifier | None = None) -> NotifierCounters:
        """Return what became of the notifications.

        Parameters
        ----------
        notifier
            One of `notifiers`; None is all together.
        """
        queues = [queue for queue in self._queues if notifier is None or queue.notifier is notifier]
        columns = zip(*(queue.counters() for queue in queues), strict=True)
        return NotifierCounters(*(sum(column) for column in columns))

    def close(self, timeout: float = CLOSE_TIMEOUT) -> None:
        """Deliver what waits, without waiting for groups to fill, and take in nothing more.

        Parameters
        ----------
        timeout
            Seconds to wait at most; what is not delivered then is dropped, and counted. Called by a
            callback, this does not wait for that callback.
        """
        self.retire()
        self.finish(timeout)

    def finish(self, timeout: float, *, goes_on: bool = False) -> None:
        """Wait until all is delivered; drop what is not.

        Parameters
        ----------
        timeout
            Seconds to wait at most.
        goes_on
            Whether what is not delivered then has `CLOSE_TIMEOUT` more, in the background.
        """
        # Time here is the real one: it is about threads.
        deadline = SYSTEM_CLOCK.monotonic() + timeout
        late = [queue for queue in self._queues if not queue.join(deadline)]
        if late and goes_on:
            thread = threading.Thread(
                target=self.finish, args=(CLOSE_TIMEOUT,), name="nbstream notifiers", daemon=True
            )
            with suppress(RuntimeError):  # no thread can be started
                thread.start()
                return
        for queue in self._queues:
            queue.stop()

    def adopt(self) -> None:
        """Retire when the running notebook cell runs again."""
        self._of_cell = OfCell(self.retire)

    def retire(self) -> None:
        """Take in nothing more, and return at once; what waits is still delivered."""
        self.is_closed = True
        if self._of_cell is not None:
            self._of_cell.forget()
        unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe is not None:
            unsubscribe()
        for queue in self._queues:
            queue.drain()


def connect(
    log: Subscribable,
    *notifiers: Notifier | Callable[[Notification], Any],
    capacity: int = CAPACITY,
    tell: Callable[[str], object] | None = None,
) -> Dispatcher:
    """Have `notifiers` told of everything that happens in `log`.

    Parameters
    ----------
    log
        The alert log of an analyzer.
    notifiers
        `Notifier` objects, or functions to call with each notification.
    capacity
        Notifications that wait for one notifier, at most.
    tell
        Called with what is wrong with a notifier, and that it is well again.

    Returns
    -------
    Dispatcher
        Whoever calls this closes it, which also ends the subscription.

    Raises
    ------
    TypeError
        If one of `notifiers` is neither a Notifier nor callable.
    ValueError
        If `capacity` is < 1.
    """
    dispatcher = Dispatcher(notifiers, capacity=capacity, tell=tell)
    unsubscribe = log.subscribe(dispatcher)
    if callable(unsubscribe):
        dispatcher._unsubscribe = unsubscribe
    return dispatcher


def _as_notifier(given: Any) -> Notifier:
    if isinstance(given, Notifier):
        return given
    if callable(given) and not isinstance(given, type):
        return CallbackNotifier(given)
    message = f"A notifier must be a Notifier or a function (got {type(given).__name__})."
    raise TypeError(message)
