"""The queue and the thread of one notifier."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from nbstream.alerts.notifiers.message import severity_rank
from nbstream.alerts.notifiers.retry import DeliveryError
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.turns import Turns, Wait, live, waiting
from nbstream.text.redaction import disarm, redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts.log.incident import Notification
    from nbstream.alerts.notifiers.base import Notifier
    from nbstream.runtime.turns import Life

__all__ = ["NotifierCounters", "NotifierQueue"]

logger = logging.getLogger(__name__)

LONG_QUEUE = 16
"""From this length on, a waiting notification gives way to a newer one of its incident."""
POLL_SECONDS = 0.02


class NotifierCounters(NamedTuple):
    """What became of notifications; received is the sum of the others, all notifiers together."""

    received: int = 0
    """Notifications, counted once for each notifier."""
    delivered: int = 0
    """Delivered, as far as the notifier can know."""
    filtered: int = 0
    """Not of the severity or kind that the notifier is for."""
    off: int = 0
    """Came while the notifier was off: in a voila kernel, or after too many errors."""
    superseded: int = 0
    """Gave way in a long queue to a newer notification of the same incident."""
    dropped: int = 0
    """Given up because the queue was full or the dispatcher was closed."""
    failed: int = 0
    """The notifier could not deliver them."""
    pending: int = 0
    """Waiting, or being delivered now."""


class NotifierQueue:
    """Takes in notifications for one notifier and delivers them on a thread of its own.

    The thread lives as long as there is something to deliver or to say. Where none can be started a notifier
    that needs none delivers in turns.

    Parameters
    ----------
    notifier
        Who is told.
    capacity
        Notifications that wait, at most.
    clock
        For the waiting of groups.
    tell
        Called with each sentence that is logged, for people; None is nobody.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    def __init__(
        self,
        notifier: Notifier,
        capacity: int,
        clock: Clock,
        tell: Callable[[str], object] | None = None,
    ) -> None:
        self.notifier = notifier
        self.error: Exception | None = None
        self._capacity = capacity
        self._clock = clock
        self._queue: deque[Notification] = deque()
        self._n_in_flight = 0
        self._counts = dict.fromkeys(NotifierCounters._fields[:-1], 0)
        self._tell = tell
        self._sayings: list[tuple[int, str]] = []
        self._has_said: set[str] = set()
        self._thread: threading.Thread | None = None
        self._turns: Turns | None = None
        self._lock = threading.Condition()
        self._draining = threading.Event()
        self._stopped = threading.Event()

    # On the analyzer's thread.

    def put(self, notification: Notification) -> None:
        """Queue a notification, if the notifier is for it and on."""
        with self._lock:
            self._counts["received"] += 1
            if self._draining.is_set():
                self._counts["dropped"] += 1
                return
            try:
                outcome = self._sorted_in(notification)
            except Exception as error:  # a notifier of the user's own
                self._counts["failed"] += 1
                self._note_error(error)
            else:
                if outcome:
                    self._counts[outcome] += 1
            self._wake_thread()

    def _sorted_in(self, notification: Notification) -> str | None:
        """Queue it, and return which counter something goes to, if not to the queue alone."""
        off_reason = self.notifier.off_reason
        if off_reason is not None:
            self._say_once("off", off_reason)
            return "off"
        self._has_said.discard("off")
        if not self.notifier.accepts(notification):
            return "filtered"
        queue = self._queue
        if len(queue) >= LONG_QUEUE:
            number, subject = notification.incident.number, _subject(notification)
            for i, waiting in enumerate(queue):
                if waiting.incident.number == number and _subject(waiting) == subject:
                    queue[i] = notification
                    return "superseded"
        queue.append(notification)
        if len(queue) <= self._capacity:
            return None
        least = min(range(len(queue)), key=lambda i: severity_rank(queue[i].incident.severity))
        del queue[least]
        self._say_once(
            "dropped",
            f"The notifier {self.notifier.name!r} is too slow: {self._capacity:,} notifications wait, "
            f"and others are dropped.",
        )
        return "dropped"

    def _wake_thread(self) -> None:
        if self._thread is not None or not (self._queue or self._sayings):
            return
        name = f"nbstream notifier {self.notifier.name}"
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread = thread
        try:
            thread.start()
        except RuntimeError:  # too many threads, or none at all, or the interpreter ends
            self._thread = None
            self._take_turns()
        else:
            self._end_turns()

    def _take_turns(self) -> None:
        if self.notifier.needs_thread:
            name = self.notifier.name
            text = f"The notifier {name!r} needs a thread, and none can be started here."
            self.error = DeliveryError(text, notifier=name)
        elif self._turns is None:
            self._turns = Turns(self._life(), self._draining, self._clock)

    def _end_turns(self) -> None:
        """Leave the rest to a thread, which can be had again."""
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.forget()

    # On the notifier's thread, or in turns.

    def _run(self) -> None:
        live(self._life(), waiting(self._draining, self._clock))

    def _life(self) -> Life:
        while True:
            with self._lock:
                sayings, self._sayings = self._sayings, []
                if not self._queue and not sayings:
                    self._thread = self._turns = None
                    self._has_said.discard("dropped")
                    self._lock.notify_all()
                    return
            for level, saying in sayings:
                self._say(level, saying)
            yield from self._deliver_next()

    def _say(self, level: int, text: str) -> None:
        logger.log(level, "%s", text)
        if self._tell is not None:
            name = repr(self.notifier.name)
            try:
                self._tell(text if name in text else f"The notifier {name} failed: {text}")
            except Exception:  # who is told is gone
                logger.debug("Nobody could be told of %r.", self.notifier.name, exc_info=True)

    def _deliver_next(self) -> Life:
        error: Exception | None = None
        n = 0
        try:
            pause = max(self.notifier.group_wait, self.notifier.hold())
            if self._queue and pause > 0:
                yield Wait(pause, self._draining)
            batch = self._take(self.notifier.max_group)
            n = len(batch)
            if batch:
                self.notifier.send(batch, self._stopped)
        except Exception as raised:
            error = raised
        with self._lock:
            self._n_in_flight = 0
            self._counts["failed" if error else "delivered"] += n
            if error is not None:
                self._note_error(error)
            elif n:
                if "error" in self._has_said:
                    self._has_said.discard("error")
                    text = f"The notifier {self.notifier.name!r} delivers again."
                    self._sayings.append((logging.INFO, text))
                self.error = None
            self._note_state()

    def _take(self, n: int) -> list[Notification]:
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(max(n, 1), len(self._queue)))]
            self._n_in_flight = len(batch)
            return batch

    def _note_error(self, error: Exception) -> None:
        disarm(error)
        self.error = error
        self._say_once("error", redact(error) or type(error).__name__)

    def _note_state(self) -> None:
        off_reason = self.notifier.off_reason
        if off_reason is not None:
            self._say_once("off", off_reason)
            self._counts["off"] += len(self._queue)
            self._queue.clear()
        warning = self.notifier.warning
        if warning is not None:
            self._say_once("warning", str(warning))

    def _say_once(self, topic: str, text: str) -> None:
        if topic not in self._has_said:
            self._has_said.add(topic)
            self._sayings.append((logging.WARNING, text))

    # On any thread.

    def counters(self) -> NotifierCounters:
        """Return what became of the notifications."""
        with self._lock:
            return NotifierCounters(**self._counts, pending=len(self._queue) + self._n_in_flight)

    def notes(self) -> list[str]:
        """Return what is wrong, off or lost now, in sentences."""
        with self._lock:
            texts = [str(self.error)] if self.error is not None else []
            texts += [text for text in (self.notifier.off_reason,) if text]
            texts += [str(self.notifier.warning)] if self.notifier.warning is not None else []
            n = self._counts["dropped"]
            texts += [f"{n:,} notifications of {self.notifier.name!r} were dropped."] if n else []
            return texts

    def drain(self) -> None:
        """Take in nothing more, and wait for no group."""
        with self._lock:
            self._draining.set()
            self._wake_thread()

    def join(self, deadline: float) -> bool:
        """Wait until the queue is empty, unless the waiting thread is the one that empties it.

        Returns
        -------
        bool
            Whether nothing is left to wait for.
        """
        turns = self._turns
        if turns is not None:
            turns.join(max(0.0, deadline - SYSTEM_CLOCK.monotonic()))
            return self._turns is None or turns.is_current
        while True:
            self.notifier.hurry()
            with self._lock:
                left = deadline - SYSTEM_CLOCK.monotonic()
                is_own = self._thread is threading.current_thread()
                if self._thread is None or is_own or self.notifier.is_busy_here:
                    return True
                if left <= 0:
                    return False
                self._lock.wait(min(left, POLL_SECONDS))

    def stop(self) -> None:
        """Give up what still waits."""
        with self._lock:
            self._stopped.set()
            self._counts["dropped"] += len(self._queue)
            self._queue.clear()
            self._end_turns()


def _subject(notification: Notification) -> tuple[object, ...]:
    """Return what a notification is about; silence and errors have no incident number of their own."""
    incident = notification.incident
    return (incident.number, incident.rule, incident.channel, notification.kind == "error")
