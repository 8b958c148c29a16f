"""Trying again: full jitter, a limit of attempts, a limit of time."""

from __future__ import annotations

import os
import random as random_module
import socket
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbstream.errors import NbstreamError
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

__all__ = ["DeliveryError", "Failure", "Retry"]

FIRST_DELAY = 0.5
LONGEST_DELAY = 10.0


class DeliveryError(NbstreamError):
    """A notification could not be delivered. No secret is in its text, and it has no cause.

    Parameters
    ----------
    message
        What was wrong, what we got, what to do.
    notifier
        Name of the notifier.
    is_transient
        Whether it might have worked at another time.
    """

    def __init__(self, message: str, *, notifier: str, is_transient: bool = False) -> None:
        super().__init__(message)
        self.notifier = notifier
        self.is_transient = is_transient


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed."""

    text: str
    """For people; without secrets."""
    is_transient: bool = False
    """Whether to try again."""
    retry_after: float | None = None
    """Seconds that the other side asked to wait; None if it said nothing."""


class Retry:
    """Runs an attempt until it succeeds, or it is not worth going on.

    The pause before attempt n + 1 is drawn evenly from 0 to min(10 s, 0.5 s · 2ⁿ⁻¹) ("full jitter":
    many clients that failed together do not come back together), and not below what the other side
    asked for.

    Parameters
    ----------
    retries
        Attempts after the first.
    give_up_after
        Seconds after which no attempt begins; an attempt is told how many are left.
    clock
        Measures and waits.
    random
        Returns a number from 0 to 1.

    Raises
    ------
    ValueError
        If `retries` is negative or `give_up_after` is not > 0.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(
        self,
        *,
        retries: int,
        give_up_after: float,
        clock: Clock = SYSTEM_CLOCK,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        if retries < 0:
            message = f"'retries' must be >= 0 (got {retries!r})."
            raise ValueError(message)
        self.retries = int(retries)
        self.give_up_after = positive(give_up_after, "give_up_after")
        self._clock = clock
        self._random = random

    def run(
        self, attempt: Callable[[float], Failure | None], stop: threading.Event
    ) -> Failure | None:
        """Return None once an attempt succeeded, or the last failure.

        Parameters
        ----------
        attempt
            Called with the seconds that are left; returns None, or why it failed.
        stop
            Ends the pause between two attempts, and with it the whole.
        """
        deadline = self._clock.monotonic() + self.give_up_after
        left = self.give_up_after
        n = 0
        while True:
            failure = attempt(left)
            n += 1
            if failure is None or not failure.is_transient:
                return failure
            delay = self._random() * min(LONGEST_DELAY, FIRST_DELAY * 2 ** (n - 1))
            delay = max(delay, failure.retry_after or 0.0)
            left = deadline - self._clock.monotonic() - delay
            if n > self.retries or left <= 0:
                return replace(failure, text=f"{failure.text} (attempt {n}, given up)")
            if self._clock.wait(stop, delay):
                return replace(failure, text=f"{failure.text} (attempt {n}, then closed)")


def failure_of_system(error: OSError) -> Failure:
    """Return what the system says of an error of its own, and nothing that others put into it."""
    if isinstance(error, socket.gaierror):
        return Failure("the server's name cannot be looked up", is_transient=True)
    name = type(error).__name__
    if isinstance(error.errno, int) and error.errno > 0:
        name += f" ({os.strerror(error.errno)})"
    return Failure(name, is_transient=True)


def positive(seconds: float, name: str) -> float:
    """Return `seconds` if it is a number > 0, or raise ValueError."""
    if not 0 < seconds < float("inf"):
        message = f"{name!r} must be a number of seconds > 0 (got {seconds!r})."
        raise ValueError(message)
    return float(seconds)
