"""Items of several parts in the order of their times, as far as it can be known."""

from __future__ import annotations

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence

    from nbstream.readings.batch import IntArray

__all__ = ["Merge"]

T = TypeVar("T")
Key = TypeVar("Key", bound="Hashable")
_Run: TypeAlias = "tuple[IntArray, Sequence[T]]"
"""Items of a part and their times, each at least that of the one before."""

PATIENCE = 1.0
"""Seconds for which items wait for a part that has more and brings none."""
MANY = 60_000
"""Items of one part that may wait; then it shall bring no more for a while.

An answer of Kafka has a MiB of one partition after the other, which may be 20,000 short messages. To pause
a partition costs what the library has fetched of it, so a few answers must have room.
"""


class Merge(Generic[Key, T]):
    """Puts items of parts, each in an order of its own, into one order by their times.

    An item goes out when each other part has brought a later one, or is at its end. So what was written
    long ago is read in its order, and nothing waits where all are read up to their ends. Parts are
    partitions of a topic, or what workers of a cluster read.

    Notes
    -----
    An item whose time is before one of its own part goes out right behind that.

    Thread safety: none.
    """

    def __init__(self) -> None:
        self._waiting: dict[Key, deque[_Run[T]]] = {}
        self._newest: dict[Key, int] = {}
        self._given_up: set[Key] = set()
        self._since: float | None = None

    def __len__(self) -> int:
        """Return how many wait."""
        return sum(map(self._n_of, self._waiting))

    def _n_of(self, part: Key) -> int:
        return sum(len(items) for _, items in self._waiting.get(part, ()))

    def add(self, part: Key, times: Sequence[int] | IntArray, items: Sequence[T]) -> None:
        """Take items of a part, and the time of each."""
        if not len(items):
            return
        self._given_up.discard(part)
        newest = np.maximum.accumulate(np.array(times, np.int64))
        if part in self._newest:
            np.maximum(newest, self._newest[part], out=newest)
        self._newest[part] = int(newest[-1])
        self._waiting.setdefault(part, deque()).append((newest, items))

    def take(self, unfinished: Collection[Key], now: float) -> list[T]:
        """Return what can go out.

        Parameters
        ----------
        unfinished
            Parts that have more than they brought.
        now
            Seconds of a monotonic clock.
        """
        held = {key for key, waiting in self._waiting.items() if waiting}
        silent = [key for key in unfinished if key not in held and key not in self._given_up]
        if silent and held:
            if self._since is None:
                self._since = now
            if now - self._since < PATIENCE:
                return []
            self._given_up.update(silent)
        self._since = None
        ends = [int(self._waiting[key][-1][0][-1]) for key in unfinished if key in held]
        limit = min(ends, default=2**63 - 1)
        found = [run for key in self._waiting for run in self._until(key, limit)]
        if len(found) <= 1:
            return list(found[0][1]) if found else []
        order = np.argsort(np.concatenate([times for times, _ in found]), kind="stable")
        together = list(chain(*(items for _, items in found)))
        return list(map(together.__getitem__, order.tolist()))

    def _until(self, part: Key, limit: int) -> list[_Run[T]]:
        """Return what waits of a part up to a time, and let it wait no more."""
        waiting = self._waiting[part]
        found: list[_Run[T]] = []
        while waiting and waiting[0][0][0] <= limit:
            times, items = waiting.popleft()
            n = int(np.searchsorted(times, limit, "right"))
            found.append((times[:n], items[:n]))
            if n < len(items):
                waiting.appendleft((times[n:], items[n:]))
                break
        return found

    def overfull(self) -> list[Key]:
        """Return the parts of which too many items wait."""
        return [key for key in self._waiting if self._n_of(key) >= MANY]

    def has_room(self, part: Key) -> bool:
        """Return whether a part that was held up may bring more."""
        return self._n_of(part) < MANY // 4

    def forget(self, part: Key) -> None:
        """Drop what waits of a part."""
        self._waiting.pop(part, None)
        self._newest.pop(part, None)
        self._given_up.discard(part)
