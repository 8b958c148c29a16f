"""Whether readings should be coming now, so that a view lets time go on where none come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.readings.intervals import SHORTEST_SILENCE_NS
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.sources.state import SourceState

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer

__all__ = ["HISTORIC_NS", "Delivery"]

DELIVERING = {
    SourceState.CONNECTING,
    SourceState.RUNNING,
    SourceState.UNREADABLE,
    SourceState.RECONNECTING,
}
HISTORIC_NS = 86_400 * 10**9
"""Readings that are older when they come are of another day: a replay, or a file of long ago."""


class Delivery:
    """Judges whether an analyzer's readings are of now, and more of them should come.

    A source should deliver while it runs, connects or tries again. Nobody says so of a buffer: one is
    taken to be filled until its newest reading has left the view, so that a loop that has ended leaves its
    line on the screen. Readings of another day are historic: between them time does not go on.

    Parameters
    ----------
    analyzer
        Whose readings.
    clock
        Injectable.

    Notes
    -----
    Thread safety: none; the feed of one chart owns it.
    """

    def __init__(self, analyzer: Analyzer, clock: Clock = SYSTEM_CLOCK) -> None:
        self._analyzer = analyzer
        self._clock = clock
        self._n: int | None = None
        self._came_ns = 0
        self._is_historic = False

    def is_due(self, span_ns: int, stale_after: float | None) -> bool:
        """Return whether readings should be coming.

        Parameters
        ----------
        span_ns
            Width of the view.
        stale_after
            Seconds of silence after which they are stale; None is not known.
        """
        self._look()
        source = self._analyzer.source
        if self._analyzer.buffer._is_archive:
            return False
        if source is not None:
            return source.state in DELIVERING and not self._is_historic
        if not self._n:
            return True
        silence_ns = round(self._clock.monotonic() * 1e9) - self._came_ns
        patience_ns = max(SHORTEST_SILENCE_NS, span_ns, round((stale_after or 0.0) * 1e9))
        return silence_ns < patience_ns and not self._is_historic

    def _look(self) -> None:
        """Note when readings came, and how old they were then."""
        buffer = self._analyzer.buffer
        n, newest_ns = buffer.n_added, buffer.newest_ns
        if n == self._n or newest_ns is None:
            return
        age_ns = self._clock.wall_ns() - newest_ns
        is_first, self._n = self._n is None, n
        self._is_historic = abs(age_ns) > HISTORIC_NS
        self._came_ns = round(self._clock.monotonic() * 1e9)
        if is_first and age_ns > 0:  # nobody looked when they came
            self._came_ns -= age_ns
