"""Rows that are there already, played with the pauses that lie between their times."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import Batch
from nbstream.sources.base import Source
from nbstream.sources.state import SourceState

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from nbstream.runtime.turns import Life, Pause

__all__ = ["Player", "read_speed"]

LEAST_WAIT = 0.02
"""Seconds within which rows that are due come as one batch."""
AT_ONCE = 65_536
"""Rows of a batch, at most, but for those of one time."""
USUAL_STEP_NS = 10**9
"""Between two rounds of rows that have one time only."""


def read_speed(speed: Any) -> float | None:
    """Return how many times faster rows are played, None for as fast as possible.

    Raises
    ------
    ValueError
        If it is no number > 0.
    """
    is_number = isinstance(speed, (int, float)) and not isinstance(speed, bool)
    if speed is not None and not (is_number and 0 < speed < math.inf):
        message = f"'speed' must be > 0, or None for as fast as possible (got {speed!r})."
        raise ValueError(message)
    return None if speed is None else float(speed)


class Player(Source):
    """A source of rows that are there as a whole; a kind of it yields them in `_pieces`.

    Parameters
    ----------
    speed
        How many times faster than their times say; None is as fast as possible.
    live
        Whether times are moved so that the first row is of now, and pauses are shorter by `speed`.
    loop
        Whether to begin again at the end, until stopped; with times that go on.
    **options
        As for every `Source`.

    Raises
    ------
    ValueError
        If `speed` is not > 0.
    """

    def __init__(
        self, *, speed: float | None, live: bool = False, loop: bool = False, **options: Any
    ) -> None:
        self.speed = read_speed(speed)
        self.live = live
        self.loop = loop
        super().__init__(**options)
        self._played_ns: int | None = None
        """All rows up to this time were played in this round."""
        self._first_ns: int | None = None
        self._last_ns = 0
        self._step_ns = USUAL_STEP_NS
        self._shift_ns = 0

    @abstractmethod
    def _pieces(self, after_ns: int | None) -> Iterator[Sequence[Batch]]:
        """Yield the rows with times later than `after_ns`, all for None, piece by piece in order of time.

        The batches of a piece, each in order of time, have different channels and the same span; none of the
        next piece begins before a piece's end.
        """

    def _run(self) -> Life:
        pace = "as fast as possible" if self.speed is None else f"at {self.speed:g} ×"
        playing = f"playing {pace}"
        self._set_state(SourceState.RUNNING, playing)
        while (yield from self._play(playing)):
            if self._is_stopping:
                return
            self._begin_again()
        if not self._is_stopping:
            self._set_state(SourceState.ENDED)
            self._played_ns = self._first_ns = None
            self._shift_ns = 0

    def _play(self, playing: str) -> Generator[Pause, bool, bool]:
        """Play the rows that are left; return whether to go on."""
        speed = self.speed
        anchor: tuple[float, int] | None = None
        for piece in self._pieces(self._played_ns):
            left = [batch for batch in piece if len(batch)]
            while left:
                if self._is_stopping:
                    return True
                oldest_ns = min(int(batch.times[0]) for batch in left)
                if anchor is None:
                    self._set_state(SourceState.RUNNING, playing)
                    anchor = self._clock.monotonic(), oldest_ns
                    self._begin(oldest_ns, left)
                until_ns = min(int(batch.times[min(AT_ONCE, len(batch)) - 1]) for batch in left)
                if speed is not None:
                    seconds = self._clock.monotonic() - anchor[0]
                    until_ns = min(until_ns, anchor[1] + int(seconds * speed * 1e9))
                if until_ns >= oldest_ns:
                    left = self._emit_until(left, until_ns)
                    if (yield None):
                        return True
                    continue
                assert speed is not None
                due = anchor[0] + (oldest_ns - anchor[1]) / 1e9 / speed
                if (yield max(LEAST_WAIT, due - self._clock.monotonic())):
                    return True
        return self.loop and anchor is not None

    def _begin(self, oldest_ns: int, piece: Sequence[Batch]) -> None:
        """Note what a round begins with."""
        if self._first_ns is not None:
            return
        self._first_ns = oldest_ns
        if self.live:
            self._shift_ns = self._clock.wall_ns() - oldest_ns
        steps = np.diff(max(piece, key=len).times)
        self._step_ns = int(np.median(steps[steps > 0])) if (steps > 0).any() else USUAL_STEP_NS

    def _emit_until(self, piece: Sequence[Batch], until_ns: int) -> list[Batch]:
        """Hand over the rows up to a time, and return those that are left."""
        left = []
        for batch in piece:
            n = int(np.searchsorted(batch.times, until_ns, "right"))
            if n:
                self._emit(self._moved(batch, 0, n))
                self._last_ns = max(self._last_ns, int(batch.times[n - 1]))
            if n < len(batch):
                left.append(_part(batch, n, len(batch)))
        if not self._is_abandoned:
            self._played_ns = until_ns
        return left

    def _moved(self, batch: Batch, start: int, stop: int) -> Batch:
        """Return rows with the times at which they are played."""
        found = _part(batch, start, stop)
        times = found.times
        if self.live and self.speed is not None:
            origin = self._first_ns or 0
            times = origin + np.rint((times - origin) / self.speed).astype(np.int64)
        return (
            Batch(times + self._shift_ns, found.values)
            if self._shift_ns
            else Batch(times, found.values)
        )

    def _begin_again(self) -> None:
        """Go back to the first row; times go on after the last one, by the usual step."""
        first_ns = self._first_ns or 0
        self._played_ns = None
        if self.live:
            self._first_ns = None
            return
        self._shift_ns += self._last_ns - first_ns + self._step_ns


def _part(batch: Batch, start: int, stop: int) -> Batch:
    values = {name: column[start:stop] for name, column in batch.values.items()}
    return Batch(batch.times[start:stop], values)
