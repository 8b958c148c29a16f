"""Which workers a cluster has: who is given something to do, who is left out and why, who is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbstream import __version__
from nbstream.errors import ConfigurationError, ConnectError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.cluster.talk import Talk

__all__ = ["Seen", "Workers"]

CLOCK_NS = 500_000_000
"""By how much the clock of a worker may be wrong before that is told and made up for."""
SHOWN = 3
"""Names of workers that a text has."""


class Seen(NamedTuple):
    """What a look found that was not so before, in words for people."""

    gone: str = ""
    wrong_clocks: tuple[str, ...] = ()
    are_others: bool = False
    """Whether they are others than before, and so perhaps other ones are left out."""


class Workers:
    """The workers of a cluster, as a source looks at them now and then.

    Parameters
    ----------
    talk
        How they are asked.

    Notes
    -----
    Thread safety: `look` on the source's thread only, all else on any.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._n_threads: dict[str, int] = {}
        self._left_out: dict[str, str] = {}
        self._n_silent = 0  # that are there and have not said yet which version they have
        self.ahead_ns: dict[str, int] = {}
        """By how much clocks are ahead of the notebook's, where that is much, by address."""
        self.n_lost = 0

    @property
    def given_work(self) -> tuple[str, ...]:
        """Addresses of those that are given something to do."""
        return tuple(worker for worker in self._n_threads.copy() if worker not in self._left_out)

    @property
    def n_threads(self) -> int:
        """Of those that are given something to do, all together."""
        n_threads = self._n_threads.copy()
        return sum(n for worker, n in n_threads.items() if worker not in self._left_out)

    @property
    def are_some_left_out(self) -> bool:
        """Whether there are others, which can't be given anything."""
        return bool(self._left_out)

    @property
    def words_of_left_out(self) -> str:
        """Who is left out and why; "" if nobody is."""
        if not self._left_out:
            return ""
        worker, why = next(iter(self._left_out.items()))
        return (
            f"{len(self._left_out)} of {len(self._n_threads)} workers are given nothing to do, as they "
            f"don't have nbstream {__version__} ({worker}: {why})"
        )

    @property
    def words_of_lost(self) -> str:
        """How many were lost so far."""
        return f"{self.n_lost} worker{'s' * (self.n_lost > 1)} lost; others took over"

    def look(self) -> Seen:
        """Learn which workers there are, and ask new ones for their version and time.

        Raises
        ------
        ConnectError
            If the scheduler does not say.
        """
        now = self._talk.workers()
        gone = self._n_threads.keys() - now.keys()
        for worker in gone:
            del self._n_threads[worker]
            self._left_out.pop(worker, None)
            self.ahead_ns.pop(worker, None)
        self.n_lost += len(gone)
        new = [worker for worker in now if worker not in self._n_threads]
        wrong = []
        for worker, greeting in (self._talk.greet(new) if new else {}).items():
            self._n_threads[worker] = now[worker]
            if greeting.version != __version__:
                has = greeting.trouble or f"it has nbstream {greeting.version}"
                self._left_out[worker] = has
            if abs(greeting.ahead_ns) > CLOCK_NS:
                self.ahead_ns[worker] = greeting.ahead_ns
                wrong.append(_words_of_clock(worker, greeting.ahead_ns))
        self._n_silent = len(now) - len(self._n_threads)
        words = f"worker {_some(gone)} is gone; {len(now)} left" if gone else ""
        return Seen(words, tuple(wrong), bool(gone or new))

    def require_some(self, source: str) -> None:
        """Raise an error unless there is a worker that can be given something to do.

        Raises
        ------
        ConfigurationError
            If there are others only.
        ConnectError
            If there are none, or one has not said yet which version it has.
        """
        if self.given_work:
            return
        if self._n_silent:
            n = self._n_silent
            message = f"{n} worker{'s' * (n > 1)} of the cluster did not answer yet"
            raise ConnectError(message, source=source)
        if not self._left_out:
            message = "the cluster has no workers"
            raise ConnectError(message, source=source)
        worker, why = next(iter(self._left_out.items()))
        message = (
            f"No worker has nbstream {__version__}, as this notebook ({worker}: {why}). "
            "Install the same version on all."
        )
        raise ConfigurationError(message, source=source)


def _words_of_clock(worker: str, ahead_ns: int) -> str:
    where = "ahead of" if ahead_ns > 0 else "behind"
    return f"the clock of worker {worker} is {abs(ahead_ns) / 1e9:.1f} s {where} this machine's"


def _some(workers: Iterable[str]) -> str:
    names = sorted(workers)
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
