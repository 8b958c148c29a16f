"""When sentences of a GPS receiver (NMEA) in a file were written.

Some have a date, some the time of day alone, and some neither; those go with the one before.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from nbstream.sources.times.patterns import MISSING_TIME, wall_ns

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GpsTimes"]

NS = 1_000_000_000
DAY_NS = 86_400 * NS
MAX_WAITING = 4
"""So many readings wait for the first date; then it is that of the file's last change."""
_CLOCK = r"([0-9]{2})([0-9]{2})([0-9]{2}(?:\.[0-9]+)?)"
_DATED = re.compile(rf"\$..RMC,{_CLOCK},A,(?:[^,]*,){{6}}([0-9]{{2}})([0-9]{{2}})([0-9]{{2}}),.*")
_UNDATED = re.compile(rf"\$..(?:GGA,{_CLOCK},|GLL,(?:[^,]*,){{4}}{_CLOCK},).*")


class Sentence(NamedTuple):
    """What a sentence told, and at what time of a day."""

    line: str
    values: dict[str, str]
    clock_ns: int


class GpsTimes:
    """Gives readings of sentences their times, the date from one that has it.

    Parameters
    ----------
    last_ns
        Says about when the newest line was written.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, last_ns: Callable[[], int]) -> None:
        self._last_ns = last_ns
        self._newest_ns: int | None = None
        self.waiting: list[Sentence] = []
        """Those that came before the first date."""

    def timed(self, line: str, values: dict[str, str]) -> list[tuple[dict[str, str], int | None]]:
        """Return the readings that are sure now, each with its time in ns UTC, None if it can't be told.

        Parameters
        ----------
        line
            A sentence.
        values
            What it says.
        """
        if (match := _DATED.fullmatch(line)) is not None:
            day, month, year = (int(match[i]) for i in (4, 5, 6))
            midnight = wall_ns(2000 + year, month, day, 0, 0, 0)
            if midnight != MISSING_TIME:
                self._newest_ns = midnight + _clock_ns(match[1], match[2], match[3])
                return [*self._released(), (values, self._newest_ns)]
        match = _UNDATED.fullmatch(line)
        if match is not None:
            clock_ns = _clock_ns(*[part for part in match.groups() if part is not None])
        elif self.waiting:
            clock_ns = self.waiting[-1].clock_ns
        else:  # it goes with the one before
            return [(values, self._newest_ns)]
        if self._newest_ns is None:
            self.waiting.append(Sentence(line, values, clock_ns))
            if len(self.waiting) <= MAX_WAITING:
                return []
            self._newest_ns = self._last_ns()
            return self._released()
        self._newest_ns = _near(self._newest_ns, clock_ns)
        return [(values, self._newest_ns)]

    def _released(self) -> list[tuple[dict[str, str], int | None]]:
        """Return those that waited, now that the day is known."""
        waited, self.waiting = self.waiting, []
        assert self._newest_ns is not None
        return [(kept.values, _near(self._newest_ns, kept.clock_ns)) for kept in waited]


def _clock_ns(hour: str, minute: str, second: str) -> int:
    return (int(hour) * 60 + int(minute)) * 60 * NS + round(float(second) * 1000) * 1_000_000


def _near(ns: int, clock_ns: int) -> int:
    """Return the time of day that is nearest to a time."""
    at = datetime.fromtimestamp(ns // NS, UTC)
    midnight = wall_ns(at.year, at.month, at.day, 0, 0, 0)
    return min((midnight + clock_ns + d * DAY_NS for d in (-1, 0, 1)), key=lambda t: abs(t - ns))
