"""What every notifier has: a name, what it is for, one delivery at a time."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NoReturn

from nbstream.alerts.notifiers.message import KINDS, severity_rank
from nbstream.alerts.notifiers.retry import DeliveryError, Failure
from nbstream.alerts.notifiers.secret import Secret, SecretLike
from nbstream.alerts.notifiers.voila import is_voila_kernel
from nbstream.alerts.severity import SEVERITIES, one_of
from nbstream.errors import CallbackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.alerts.log.incident import Notification

__all__ = ["Notifier", "RemoteNotifier"]


class Notifier(ABC):
    """Tells somebody about notifications; subclasses write `deliver`.

    Parameters
    ----------
    name
        For messages and counters.
    min_severity
        The least severity that it is for: "info" (all), "warning" or "critical".
    kinds
        What it is for, of "fired", "escalated", "resolved", "no_data", "data_back", "error" and
        "flapping"; None is all of them.

    Raises
    ------
    ValueError
        If `min_severity` or one of `kinds` is unknown.

    Notes
    -----
    Thread safety: any thread; deliveries take turns.
    """

    group_wait: float = 0.0
    """Seconds to wait for more after the first notification, so that they go together."""
    max_group: int = 1
    """Notifications of one delivery, at most."""
    warning: Exception | None = None
    """What is not well though the last delivery succeeded."""

    needs_thread: ClassVar[bool] = False
    """Whether a delivery waits for another machine, so that it can't be made between two cells."""

    def __init__(
        self, *, name: str, min_severity: str = "info", kinds: Iterable[str] | None = None
    ) -> None:
        one_of(min_severity, SEVERITIES, "min_severity")
        if isinstance(kinds, str):
            kinds = (kinds,)
        chosen = KINDS if kinds is None else tuple(kinds)
        for kind in chosen:
            if kind not in KINDS:
                message = f"'kinds' may hold {', '.join(map(repr, KINDS))} (got {kind!r})."
                raise ValueError(message)
        self.name = name
        self._min_severity = min_severity
        self._kinds = frozenset(chosen)
        self._turn = threading.Lock()
        self._delivering_thread: int | None = None

    def __repr__(self) -> str:
        """Return the class, the name and whether it is on."""
        return f"<{type(self).__name__} {self.name!r}: {'off' if self.off_reason else 'on'}>"

    @property
    def min_severity(self) -> str:
        """The least severity that it is for."""
        return self._min_severity

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of notifications that it is for."""
        return self._kinds

    @property
    def off_reason(self) -> str | None:
        """Why it delivers nothing, as a sentence; None while it is on."""
        return None

    @property
    def is_busy_here(self) -> bool:
        """Whether a delivery runs on the calling thread right now."""
        return self._delivering_thread == threading.get_ident()

    def accepts(self, notification: Notification) -> bool:
        """Return whether it is for this notification; quick, never blocks."""
        rank = severity_rank(notification.incident.severity)
        return notification.kind in self._kinds and rank >= severity_rank(self._min_severity)

    def send(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        """Deliver, one call at a time, and return when that is done.

        Parameters
        ----------
        notifications
            At least one, oldest first.
        stop
            Set when it is no longer wanted; a delivery then ends as soon as it can.

        Raises
        ------
        Exception
            If it failed; a DeliveryError or CallbackError of the notifiers here.
        """
        with self._turn:
            self._delivering_thread = threading.get_ident()
            try:
                self.deliver(notifications, stop)
            finally:
                self._delivering_thread = None

    @abstractmethod
    def deliver(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        """Deliver, as `send` says; never called twice at once."""

    def hold(self) -> float:
        """Return the seconds to wait before the next delivery, because somebody asked for that."""
        return 0.0

    def hurry(self) -> None:
        """Do at once what waits for the main thread; called by a dispatcher that is being closed."""
        return


class RemoteNotifier(Notifier):
    """A notifier whose messages leave this machine, with the secrets that this takes.

    Parameters
    ----------
    name, min_severity, kinds
        As of `Notifier`.
    allow_voila
        Whether it is on in the kernel of a voila page, too: there each visitor has one of their
        own, and each would send.

    Notes
    -----
    It cannot be pickled or copied, for it holds secrets.

    Thread safety: any thread; deliveries take turns.
    """

    needs_thread = True

    def __init__(
        self,
        *,
        name: str,
        min_severity: str = "info",
        kinds: Iterable[str] | None = None,
        allow_voila: bool = False,
    ) -> None:
        super().__init__(name=name, min_severity=min_severity, kinds=kinds)
        self._is_off = is_voila_kernel() and not allow_voila

    @property
    def off_reason(self) -> str | None:
        """Why it delivers nothing, as a sentence; None while it is on."""
        if not self._is_off:
            return None
        return (
            f"The notifier {self.name!r} is off in this voila kernel, because every visitor has one. "
            f"Notify from a notebook or script, or pass allow_voila=True."
        )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = f"A {type(self).__name__} holds secrets and cannot be pickled or copied."
        raise TypeError(message)

    def deliver(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        """Deliver; whatever goes wrong becomes a DeliveryError without secrets."""
        problem = None
        try:
            self._deliver(notifications, stop)
        except (DeliveryError, CallbackError):  # written here, and the user's own
            raise
        except Exception as error:
            problem = type(error).__name__
        if problem:  # raised here, so that the other exception is not its context
            message = f"The notifier {self.name!r} failed with {problem}."
            raise DeliveryError(message, notifier=self.name)

    def _kept(self, secret: SecretLike, name: str) -> Secret:
        """Return what holds a secret, which need not exist while the notifier is off."""
        return Secret(secret, name=name, must_exist=not self._is_off)

    def _raise(self, failure: Failure | None) -> None:
        """Raise what a delivery failed with, if it failed."""
        if failure is not None:
            message = f"The notifier {self.name!r} could not deliver: {failure.text}."
            raise DeliveryError(message, notifier=self.name, is_transient=failure.is_transient)

    @abstractmethod
    def _deliver(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        """Deliver; errors with secrets in them may leave it."""
