"""How far each channel is behind the others, by the data's own clock."""

from __future__ import annotations

from collections import deque
from heapq import nlargest
from typing import TYPE_CHECKING

from nbstream.readings.intervals import NEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.readings.buffer import Buffer

__all__ = ["Lags"]


class Lags:
    """Knows which channels the others have left behind.

    Notes
    -----
    How far a channel is behind when it brings something is usual: clocks differ. That is the least of the
    last five times, for what comes in a batch with what others had long after is not behind.

    Thread safety: none; the analyzer holds its lock.
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._last: dict[str, int] = {}
        self._lags: dict[str, deque[int]] = {}

    def overtaken(self) -> Iterator[tuple[str, int]]:
        """Yield each channel that has others, and until when these had rows, by its own clock.

        Once for all that came since the last call.
        """
        leaders = self._leaders()
        for channel in self._buffer.measured:
            last_ns = self._buffer.channel(channel).last_time_ns
            others_ns = _newest_but(channel, leaders)
            if last_ns is None or others_ns is None:
                continue
            yield channel, others_ns - self._usual_ns(channel)
            before_ns = self._last.get(channel)
            self._last[channel] = last_ns
            if before_ns not in (None, last_ns):  # at the first reading nothing is usual yet
                lags = self._lags.setdefault(channel, deque(maxlen=NEWEST))
                lags.append(max(others_ns - last_ns, 0))

    def others_went_on_until(self, channel: str) -> int | None:
        """Return until when other channels had rows, by a channel's own clock; None without others."""
        others_ns = _newest_but(channel, self._leaders())
        return None if others_ns is None else others_ns - self._usual_ns(channel)

    def _usual_ns(self, channel: str) -> int:
        return min(self._lags.get(channel, ()), default=0)

    def _leaders(self) -> list[tuple[int, str]]:
        """Return the two latest rows of channels, but not of clocks that are ahead of this machine's."""
        newest_ns = self._buffer.newest_ns
        found = ((self._buffer.channel(c).newest_ns, c) for c in self._buffer.measured)
        known = ((ns, name) for ns, name in found if ns is not None)
        return nlargest(2, (leader for leader in known if leader[0] <= (newest_ns or 0)))


def _newest_but(channel: str, leaders: list[tuple[int, str]]) -> int | None:
    return next((ns for ns, name in leaders if name != channel), None)
