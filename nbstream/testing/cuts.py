"""The other side of a source of which only the cuts are left, for a library that a test replaces."""

from __future__ import annotations

import gc
import os
import sys
import threading
from array import array
from functools import _lru_cache_wrapper
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.testing.clock import HastyClock

__all__ = ["Cuts", "Held", "held", "lasting_growth"]

N_PARTS = 3
"""Of the second half of the cuts: what a process holds is looked at between them."""
REFUSED_EVERY = 5
"""Each connection of so many is refused …"""
LASTS = (0.0, 0.5, 20.0, 90.0, 3600.0, 7.0)
"""… and the others last for so long, in seconds, in turn."""


class Held(NamedTuple):
    """What a process holds at a moment."""

    threads: int
    files: int
    objects: int
    """That the garbage collector knows of, after it has run."""
    blocks: int
    """Of memory that Python has given to objects of any kind, those too that the collector does not know."""
    n_bytes: int
    """That are resident; 0 where the system does not say."""

    def since(self, before: Held) -> Held:
        """Return how much more it is than before."""
        return Held(*(b - a for a, b in zip(before, self, strict=True)))


def held() -> Held:
    """Return what this process holds."""
    for remembering in gc.get_objects():  # what is remembered up to a bound is no leak
        if type(remembering) is _lru_cache_wrapper and _is_ours(
            remembering
        ):  # a dead proxy has no class
            remembering.cache_clear()
    gc.collect()
    n_files = n_bytes = 0
    if os.path.isdir("/proc/self/fd"):
        n_files = len(os.listdir("/proc/self/fd"))
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
        n_bytes = int(pages) * os.sysconf("SC_PAGE_SIZE")
    n_objects = len(gc.get_objects())
    return Held(threading.active_count(), n_files, n_objects, sys.getallocatedblocks(), n_bytes)


def lasting_growth(marks: Sequence[Held]) -> Held:
    """Return what a process gained at least between each two moments, number by number.

    A leak adds something in every part of the time. What is gained once is none: what a library sets up when
    it is first needed, or what a thread of something else in the process just holds.
    """
    parts = [after.since(before) for before, after in pairwise(marks)]
    return Held(*(min(numbers) for numbers in zip(*parts, strict=True)))


def _is_ours(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith("nbstream.")


class Cuts:
    """A server that accepts a connection, or refuses it, says one number, and breaks off: again and again.

    A stand-in for a library asks it, and puts what it answers into the library's own words.

    Parameters
    ----------
    n
        How many connections are refused or cut; the one after them stays.
    clock
        Moved by how long each connection lasts: moments, and hours.

    Notes
    -----
    Thread safety: for the thread, or the loop, that reads.
    """

    def __init__(self, n: int, clock: HastyClock) -> None:
        self.n = n
        self.clock = clock
        self.n_cuts = 0
        self.said = array("q")
        """The numbers, in the order in which they were said."""
        self.held: list[Held] = []
        """What the process held after half of the cuts, and after each third of those that followed."""
        self._n_connections = 0
        self._has_said = False

    def connect(self) -> None:
        """Accept a connection.

        Raises
        ------
        ConnectionRefusedError
            If it is refused.
        """
        self._n_connections += 1
        if self.n_cuts < self.n and self._n_connections % REFUSED_EVERY == 0:
            self._cut()
            raise ConnectionRefusedError(111, "Connection refused")
        self._has_said = False

    def read(self) -> int | None:
        """Return the number of this connection; None once nothing more is said, and nothing is cut.

        Raises
        ------
        ConnectionResetError
            If the connection is cut: its number was said.
        """
        if not self._has_said:
            self._has_said = True
            self.said.append(self.n_cuts)
            return self.n_cuts
        if self.n_cuts >= self.n:
            return None
        self._cut()
        self.clock.advance(LASTS[self.n_cuts % len(LASTS)])
        raise ConnectionResetError(104, "Connection reset by peer")

    def _cut(self) -> None:
        self.n_cuts += 1
        half = self.n - self.n // 2
        if self.n_cuts in {self.n - half * i // N_PARTS for i in range(N_PARTS + 1)}:
            self.held.append(held())
