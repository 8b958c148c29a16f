"""Visitors of one process, as a test lets them come and go."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from nbstream.runtime.hosts import Host

__all__ = ["Serve", "Visit"]


class Visit(Host):
    """A session that a test ends."""

    def __init__(self, name: str, cell: str | None = None) -> None:
        self._visit: tuple[Hashable, ...] = ("test", name, *([cell] if cell else []))
        self._ends: list[Callable[[], object]] = []

    @property
    def visit(self) -> tuple[Hashable, ...]:
        """Who it is, and in which cell."""
        return self._visit

    def when_over(self, end: Callable[[], object]) -> None:
        """Call `end` at `leave`."""
        self._ends.append(end)

    def leave(self) -> None:
        """End the session."""
        while self._ends:
            self._ends.pop()()


Serve = Callable[[Visit], None]
"""What makes the test the code of one visitor after the other."""
