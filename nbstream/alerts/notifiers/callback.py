"""A function of the user's, called on the main thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from nbstream.alerts.notifiers.base import Notifier
from nbstream.alerts.notifiers.message import plain
from nbstream.alerts.notifiers.retry import DeliveryError
from nbstream.errors import CallbackError
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.main_thread import MAIN
from nbstream.runtime.turns import current_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nbstream.alerts.log.incident import Notification

__all__ = ["CallbackNotifier"]

SLOW_SECONDS = 1.0
POLL_SECONDS = 0.05


class CallbackNotifier(Notifier):
    """Calls a function with each notification.

    The next call waits until the last one has returned, so a busy cell never piles them up. An error
    of the function is reported as CallbackError; after `max_errors` in a row it is called no more
    until `enable()`.

    Parameters
    ----------
    function
        Called with the notification (`kind` and `incident`); what it returns is ignored.
    name
        For messages; None is the function's name.
    max_errors
        Errors in a row after which it is off.
    min_severity, kinds
        As of `Notifier`.
    clock
        Measures how long a call takes; one of more than 1 s is reported once.

    Raises
    ------
    TypeError
        If `function` cannot be called.
    ValueError
        If `max_errors` is < 1, or `min_severity` or one of `kinds` is unknown.

    Notes
    -----
    Thread safety: any thread. In a kernel the function runs on the main thread, between cells; in a
    plain script, which has no loop there, on a thread of its own.

    Examples
    --------
    >>> notifier = CallbackNotifier(print, min_severity="warning")
    >>> notifier
    <CallbackNotifier 'print': on>
    """

    def __init__(
        self,
        function: Callable[[Notification], Any],
        *,
        name: str | None = None,
        max_errors: int = 5,
        min_severity: str = "info",
        kinds: Iterable[str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if not callable(function):
            message = f"'function' must be callable (got {type(function).__name__})."
            raise TypeError(message)
        if max_errors < 1:
            message = f"'max_errors' must be >= 1 (got {max_errors!r})."
            raise ValueError(message)
        name = name or str(getattr(function, "__name__", type(function).__name__))
        super().__init__(name=name, min_severity=min_severity, kinds=kinds)
        self._function = function
        self._max_errors = max_errors
        self._clock = clock
        self._n_errors = 0
        self._call: _Call | None = None

    @property
    def off_reason(self) -> str | None:
        """Why it calls nothing, as a sentence; None while it is on."""
        if self._n_errors < self._max_errors:
            return None
        return (
            f"The callback {self.name!r} failed {self._n_errors} times in a row and is off. "
            f"Repair it and call enable()."
        )

    @property
    def is_busy_here(self) -> bool:
        """Whether the function runs on the calling thread right now."""
        call = self._call
        return super().is_busy_here or (
            call is not None and call.running_on == threading.get_ident()
        )

    def enable(self) -> None:
        """Call the function again, after it was switched off for its errors."""
        self._n_errors = 0

    def deliver(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        """Post a call to the main thread and wait for its end."""
        for notification in notifications:
            call = self._call = _Call(self._function, notification, self._clock)
            try:
                if current_turns() is None:
                    MAIN.post(call)
                else:  # the loop that would make it waits for the end of this turn
                    call()
                while not call.done.wait(POLL_SECONDS):
                    if stop.is_set() and call.cancel():
                        message = (
                            f"The callback {self.name!r} was not called: the main thread is busy."
                        )
                        raise DeliveryError(message, notifier=self.name)
            finally:
                self._call = None
            self._judge(call, notification)

    def hurry(self) -> None:
        """Make the call here and now if this is the main thread, which would not come to it."""
        call = self._call
        if call is not None and MAIN.is_current:
            call()

    def _judge(self, call: _Call, notification: Notification) -> None:
        rule = plain(notification.incident.rule, 80)
        if call.seconds > SLOW_SECONDS and self.warning is None:
            message = (
                f"The callback {self.name!r} took {call.seconds:.1f} s for {rule!r}, and charts stood "
                f"still meanwhile. Let it start a thread for what takes long."
            )
            self.warning = CallbackError(message, callback=self.name)
        if call.error is None:
            self._n_errors = 0
            return
        self._n_errors += 1
        message = (
            f"The callback {self.name!r} failed for {rule!r} ({notification.kind}): {call.error!r}"
        )
        raise CallbackError(message, callback=self.name) from call.error


class _Call:
    """One call of the function, made once, by whoever comes first."""

    def __init__(
        self, function: Callable[[Notification], Any], notification: Notification, clock: Clock
    ) -> None:
        self.done = threading.Event()
        self.error: BaseException | None = None
        self.seconds = 0.0
        self.running_on: int | None = None
        self._function = function
        self._notification = notification
        self._clock = clock
        self._is_taken = threading.Lock()

    def __call__(self) -> None:
        if not self._is_taken.acquire(blocking=False):
            return
        self.running_on = threading.get_ident()
        start = self._clock.monotonic()
        try:
            self._function(self._notification)
        except (Exception, SystemExit) as error:
            self.error = error
        finally:
            self.seconds = self._clock.monotonic() - start
            self.running_on = None
            self.done.set()

    def cancel(self) -> bool:
        """Return whether it will never be made: nobody had begun."""
        return self._is_taken.acquire(blocking=False)
