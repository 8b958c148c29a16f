"""What detectors flagged, as a chart marks it: readings flagged one after the other are one run."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbstream.text.naming import short_name
from nbstream.widgets.page.messages import finite, plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nbstream.analysis.anomaly_log import Anomaly

__all__ = ["FlagRuns"]

MAX_RUNS = 500
MAX_REASON = 160
MAX_DETECTOR = 24


@dataclass(slots=True)
class _Run:
    """Flags of one detector on one channel, with no pause between them."""

    strangest: Anomaly
    first_ns: int
    last_ns: int
    detector: int
    n: int = 0


class FlagRuns:
    """Puts flagged readings together that follow each other; the newest runs are held.

    Notes
    -----
    Thread safety: one thread at a time (the pump's).
    """

    def __init__(self) -> None:
        self.detectors: list[str] = []
        """Names in the order of their first flags, as they are shown: each has a shape of its own."""
        self._held: deque[_Run] = deque(maxlen=MAX_RUNS)
        self._open: dict[tuple[str, str], _Run] = {}
        self._numbers: dict[str, int] = {}
        self._newest = 0  # number of the newest that was taken in

    def take(self, anomalies: Iterable[Anomaly], reach_ns: Callable[[str], int]) -> dict[int, _Run]:
        """Take in flags, oldest first; return the runs that are new or longer now.

        Parameters
        ----------
        anomalies
            That were not taken in before. Those of readings that are endless have no place on a chart.
        reach_ns
            Says how far apart flags of one run may be, by the channel.
        """
        changed: dict[int, _Run] = {}
        for anomaly in anomalies:
            n, self._newest = anomaly.number - self._newest, anomaly.number
            if anomaly.value - anomaly.value != 0.0:
                continue
            key = anomaly.channel, anomaly.detector
            run = self._open.get(key)
            time_ns = anomaly.time_ns
            if run is None or not 0 <= time_ns - run.last_ns <= reach_ns(anomaly.channel):
                number = self._number(anomaly.detector)
                run = self._open[key] = _Run(anomaly, time_ns, time_ns, number)
                self._held.append(run)
            run.n += n  # numbers are left out where a storm was only counted, up to here
            run.last_ns = time_ns
            if anomaly.score > run.strangest.score:
                run.strangest = anomaly
            changed[id(run)] = run
        return changed

    def told(
        self, numbers: Mapping[str, int], runs: Iterable[_Run] | None = None
    ) -> list[list[Any]]:
        """Return runs as marks.js takes them, in the order of their beginnings.

        Each is channel number, first and last time (epoch ms), time and value of the strangest reading,
        number of the detector, how many were flagged, score (None is endless) and reason.
        """
        found = [
            [
                numbers[run.strangest.channel],
                run.first_ns / 1e6,
                run.last_ns / 1e6,
                run.strangest.time_ns / 1e6,
                run.strangest.value,
                run.detector,
                run.n,
                finite(run.strangest.score),
                plain_text(run.strangest.reason, MAX_REASON),
            ]
            for run in (tuple(self._held) if runs is None else runs)
            if run.strangest.channel in numbers
        ]
        return sorted(found, key=lambda mark: mark[1])

    def _number(self, detector: str) -> int:
        number = self._numbers.get(detector)
        if number is None:
            number = self._numbers[detector] = len(self.detectors)
            self.detectors.append(short_name(detector, MAX_DETECTOR))
        return number
