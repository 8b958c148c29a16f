"""Where a library's thread puts what came, and the source's thread takes it: bounded, and counted."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Generic, Literal, TypeAlias, TypeVar, get_args

if TYPE_CHECKING:
    from nbstream.runtime.clock import Clock

__all__ = ["Inbox", "WhenFull", "as_when_full"]

T = TypeVar("T")

WhenFull: TypeAlias = Literal["drop_oldest", "drop_newest", "block"]
"""What happens to messages that come faster than they are read: the oldest or the newest are given up and
counted, or whoever brings them waits."""

MAX_BYTES = 64 * 2**20
"""Bound of what waits, whatever the number of messages."""


def as_when_full(given: str) -> WhenFull:
    """Return a policy as it is.

    Raises
    ------
    ValueError
        If it is none.
    """
    for known in get_args(WhenFull):
        if given == known:
            return known  # type: ignore[no-any-return]
    message = f"'when_full' must be 'drop_oldest', 'drop_newest' or 'block' (got {given!r})."
    raise ValueError(message)


class Inbox(Generic[T]):
    """A bounded queue from any thread to the source's.

    Parameters
    ----------
    max_items
        How many may wait.
    when_full
        What happens to more.
    clock
        Of `take`.
    max_bytes
        How much may wait, by the sizes that `put` is told.

    Notes
    -----
    Thread safety: any thread puts, one takes.
    """

    def __init__(
        self, max_items: int, when_full: WhenFull, clock: Clock, *, max_bytes: int = MAX_BYTES
    ) -> None:
        self.max_items = max_items
        self.max_bytes = max_bytes
        self.when_full = when_full
        self._clock = clock
        self._items: deque[tuple[T, int]] = deque()
        self._n_bytes = 0
        self._n_dropped = 0
        self._error: Exception | None = None
        self._is_closed = False
        self._room = threading.Condition()
        self._has_news = threading.Event()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._items)

    def put(self, item: T, size: int = 0) -> bool:
        """Add an item of `size` bytes; return whether it was taken.

        With "block" it waits for room, at most until the connection is closed.
        """
        with self._room:
            while not self._is_closed and self._is_full(size):
                if self.when_full == "block":
                    self._room.wait()
                elif self.when_full == "drop_newest":
                    self._n_dropped += 1
                    return False
                else:
                    self._n_bytes -= self._items.popleft()[1]
                    self._n_dropped += 1
            if self._is_closed:
                return False
            self._items.append((item, size))
            self._n_bytes += size
        self._has_news.set()
        return True

    def fail(self, error: Exception) -> None:
        """Say that the connection is lost; `take` raises it once it has given what came before."""
        with self._room:
            self._error = self._error or error
        self._has_news.set()

    def take(self, timeout: float | None) -> list[T]:
        """Return what came, after `timeout` seconds at most; none if nothing did.

        Raises
        ------
        Exception
            What `fail` was told.
        """
        self._clock.wait(self._has_news, timeout)
        with self._room:
            self._has_news.clear()
            items = [item for item, _ in self._items]
            self._items.clear()
            self._n_bytes = 0
            if self._error is not None:
                self._has_news.set()
                if not items:
                    raise self._error
            self._room.notify_all()
        return items

    def take_dropped(self) -> int:
        """Return how many were given up since the last time."""
        with self._room:
            n, self._n_dropped = self._n_dropped, 0
        return n

    def wake(self) -> None:
        """End a `take` that waits."""
        self._has_news.set()

    def close(self) -> None:
        """Take no more, and let go of who waits for room."""
        with self._room:
            self._is_closed = True
            self._room.notify_all()
        self._has_news.set()

    def _is_full(self, size: int) -> bool:
        if not self._items:
            return False
        return len(self._items) >= self.max_items or self._n_bytes + size > self.max_bytes
