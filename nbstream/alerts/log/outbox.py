"""Who is told of notifications, in which order and on which thread."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from nbstream.errors import CallbackError
from nbstream.text.redaction import disarm, log_exception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nbstream.alerts.log.incident import Notification

__all__ = ["Outbox"]

logger = logging.getLogger(__name__)


class Outbox:
    """Tells subscribers of what was posted: in that order, on one thread at a time.

    Notes
    -----
    Thread safety: any thread. Subscribers are called without a lock; they may post and publish again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscribers: tuple[Callable[[Notification], object], ...] = ()
        self._waiting: deque[Notification] = deque()
        self._publisher: int | None = None
        self.n_notified = 0
        """Notifications that went to subscribers."""
        self.n_failed = 0
        """Calls of a subscriber that raised."""
        self.last_error: CallbackError | None = None
        """What a subscriber raised last."""

    @property
    def n_subscribers(self) -> int:
        """Who is told."""
        return len(self._subscribers)

    def subscribe(self, callback: Callable[[Notification], object]) -> Callable[[], None]:
        """Tell `callback` of everything; return what ends that."""
        with self._lock:
            self._subscribers = (*self._subscribers, callback)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(s for s in self._subscribers if s is not callback)

        return unsubscribe

    def post(self, notifications: Iterable[Notification]) -> None:
        """Put notifications in, for `publish`; it calls nobody, so locks may be held."""
        self._waiting.extend(notifications)

    def publish(self) -> None:
        """Tell of what was posted. If another thread is about to, it tells of this, too."""
        me = threading.get_ident()
        with self._lock:
            is_first = self._publisher is None
            if is_first:
                self._publisher = me
            elif self._publisher != me:
                return
        try:
            while True:
                with self._lock:
                    if not self._waiting:
                        if is_first:
                            self._publisher = None
                        return
                    notification = self._waiting.popleft()
                    self.n_notified += 1
                    subscribers = self._subscribers
                self._tell(notification, subscribers)
        except BaseException:  # an interrupt in a subscriber: the next call goes on
            if is_first:
                self._publisher = None
            raise

    def _tell(
        self, notification: Notification, subscribers: tuple[Callable[[Notification], object], ...]
    ) -> None:
        for callback in subscribers:
            try:
                callback(notification)
            except Exception as error:
                name = getattr(callback, "__qualname__", repr(callback))
                text = f"The subscriber {name} failed at {notification.text!r}: {error!r}"
                self.last_error = CallbackError(text, callback=name)
                self.last_error.__cause__ = disarm(error)
                with self._lock:
                    self.n_failed += 1
                log_exception(logger, "The subscriber %s of an alert log failed.", name)
