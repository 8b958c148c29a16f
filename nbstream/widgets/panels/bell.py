"""Notifications on their way to the pages: the newest few, for those that look elsewhere too."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.main_thread import MAIN, MainThread
from nbstream.text.naming import shortened
from nbstream.widgets.page.link import PUMP, Pump
from nbstream.widgets.page.messages import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts import AlertLog, Incident, Notification

__all__ = ["Bell"]

logger = logging.getLogger(__name__)

MAX_TOLD = 20
RING_INTERVAL = 0.25
"""Seconds between two messages to pages that are out of sight."""
LISTENS_FOR = 150.0
"""Seconds for which a page that is out of sight is told: browsers let it ask again once a minute."""
LOOK_INTERVAL = 1.0
BUSY_AFTER = 1.0
MAX_LISTENERS = 50


class Bell:
    """Keeps the newest notifications of a log, and tells pages that are out of sight of new ones.

    A link sends nothing to a page that nobody looks at, but just there people want to hear of an alert. Such
    a page asks for it from time to time, and is sent one small message for all that is new.

    Parameters
    ----------
    log
        Decides what people are told of.
    send
        Sends a message to all pages.
    clock, pump, main
        Injectable for tests.

    Notes
    -----
    The newest 20 notifications are kept, each with a number, from 1.

    Thread safety: any thread; `step` from one at a time (the pump's). Cost per notification: one lock;
    words are made when a page is sent them, at most four times a second.
    """

    def __init__(
        self,
        log: AlertLog,
        send: Callable[[dict[str, Any]], Any],
        *,
        clock: Clock = SYSTEM_CLOCK,
        pump: Pump = PUMP,
        main: MainThread = MAIN,
    ) -> None:
        self._log = log
        self._send = send
        self._clock = clock
        self._pump = pump
        self._main = main
        self._lock = threading.Lock()
        self._told: deque[tuple[int, Notification]] = deque(maxlen=MAX_TOLD)
        self._n = 0
        self._n_sent = 0
        self._settled_sent: list[str] = []
        self._due = 0.0
        self._is_woken = False
        self._listeners: dict[str, float] = {}
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def n_listeners(self) -> int:
        """Pages out of sight that want to be told."""
        with self._lock:
            return len(self._listeners)

    def open(self) -> None:
        """Hear the log from now on."""
        self._unsubscribe = self._log.subscribe(self._hear)
        self._pump.add(self)

    def close(self) -> None:
        """Hear the log no more; a second call does nothing."""
        if self._unsubscribe is None:
            return
        self._unsubscribe()
        self._unsubscribe = None
        self._pump.remove(self)
        with self._lock:
            self._listeners.clear()

    def state(self) -> dict[str, Any]:
        """Return the number of the newest notification, and the newest 20 in words, oldest first.

        "settled" are those that somebody has acknowledged or silenced: no page need tell of them any more.
        """
        return self._state(self._settled())

    def _state(self, settled: list[str]) -> dict[str, Any]:
        with self._lock:
            newest, told = self._n, tuple(self._told)
        items = [_item(number, notification) for number, notification in told]
        return {"newest": newest, "items": items, "settled": settled}

    def _settled(self) -> list[str]:
        with self._lock:
            numbers = {told.incident.number for _, told in self._told}
        now_ns = self._clock.wall_ns()
        known = [incident for number in numbers if (incident := self._log.find(number)) is not None]
        return sorted(
            _about(incident)
            for incident in known
            if incident.acknowledged is not None
            or self._log.is_silenced(incident.rule, incident.channel, now_ns)
        )

    def listen(self, client: str) -> None:
        """Tell a page that is out of sight for a while; a new one hears at once what is the newest."""
        now = self._clock.monotonic()
        with self._lock:
            is_new = client not in self._listeners
            if is_new and len(self._listeners) >= MAX_LISTENERS:
                del self._listeners[min(self._listeners, key=self._listeners.__getitem__)]
            self._listeners[client] = now
            if is_new:
                self._n_sent = -1
        self._pump.wake()

    def forget(self, client: str) -> None:
        """Tell a page no more: it is looked at again, or closed."""
        with self._lock:
            self._listeners.pop(client, None)

    def step(self, now: float) -> float | None:
        """Send what is due; return the seconds until something may be due, None if nobody listens."""
        is_busy = self._main.busy_for() >= BUSY_AFTER
        settled = self._settled() if self.n_listeners else []
        with self._lock:
            self._is_woken = False
            for client, heard_at in list(self._listeners.items()):
                if is_busy:  # what it asks waits with the main thread
                    self._listeners[client] = now
                elif now - heard_at > LISTENS_FOR:
                    del self._listeners[client]
            if not self._listeners:
                return None
            if self._n_sent == self._n and settled == self._settled_sent:
                return LOOK_INTERVAL
            if now < self._due:
                self._is_woken = True
                return self._due - now
            self._n_sent, self._settled_sent = self._n, settled
            self._due = now + RING_INTERVAL
        try:
            self._send({"kind": "told", "told": self._state(settled)})
        except Exception:  # the comm was closed by the other side: the kernel goes on
            logger.debug("Pages could not be told of an alert.", exc_info=True)
        return LOOK_INTERVAL

    def _hear(self, notification: Notification) -> None:
        with self._lock:
            self._n += 1
            self._told.append((self._n, notification))
            must_wake = bool(self._listeners) and not self._is_woken
            self._is_woken = self._is_woken or must_wake
        if must_wake:
            self._pump.wake()


def _item(number: int, notification: Notification) -> dict[str, Any]:
    incident = notification.incident
    is_named = incident.rule != incident.condition.text
    return {
        "number": number,
        "about": _about(incident),
        "series": _identity(incident.rule, incident.channel),
        "rule": _identity(incident.rule),
        "kind": notification.kind,
        "severity": incident.severity,
        "title": shortened(incident.rule) if is_named else "",
        "text": plain_text(incident.reason, 300),
    }


def _about(incident: Incident) -> str:
    """Return what tells notifications of one incident from those of others."""
    if incident.number:
        return f"incident {incident.number}"
    return f"rule {_identity(incident.rule, incident.channel)}"


def _identity(*names: str) -> str:
    """Return a short text for names of any length; it differs where they do."""
    return hashlib.blake2b("\0".join(names).encode("utf-8", "replace"), digest_size=8).hexdigest()
