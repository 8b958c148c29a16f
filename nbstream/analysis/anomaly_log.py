"""The log of what detectors flagged."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.readings.zone import time_text
from nbstream.text.sheet import MOST_ROWS, InCell, Sheet, and_more, counted

if TYPE_CHECKING:
    from datetime import tzinfo

    import pandas as pd

__all__ = ["Anomaly", "AnomalyGroup", "AnomalyLog"]

MAX_HELD = 10_000
MAX_GROUPS = 1_000
GROUP_NS = 60 * 10**9
"""Anomalies of a detector that are closer belong together."""


class Anomaly(NamedTuple):
    """A reading that a detector flagged."""

    number: int
    """Counts the anomalies of a log, from 1."""
    detector: str
    """The detector's name."""
    channel: str
    """The channel's name."""
    time_ns: int
    """The reading's time, ns since the epoch, UTC."""
    value: float
    """The reading."""
    score: float
    """How strange it is, by the detector's own measure."""
    reason: str
    """Why, in words. Plain text: names come from data and must be escaped where they meet HTML."""


class AnomalyGroup:
    """Anomalies of one detector on one channel that are at most a minute apart, shown as one.

    Notes
    -----
    Thread safety: reading, from any thread.
    """

    def __init__(self, first: Anomaly) -> None:
        self.first = first
        """The oldest of them."""
        self.strangest = first
        """The one of the largest score."""
        self.until_ns = first.time_ns
        """Time of the newest, ns since the epoch, UTC."""
        self.n = 0
        """How many they are."""

    def __repr__(self) -> str:
        """Return how many, by which detector and where."""
        return f"<{self.n:,} anomalies of {self.first.channel!r} by {self.first.detector!r}>"

    def goes_on_at(self, time_ns: int) -> bool:
        """Return whether an anomaly at this time belongs to it."""
        return abs(time_ns - self.until_ns) <= GROUP_NS


class AnomalyLog(InCell):
    """What the detectors of an analyzer flagged; the newest `maxlen` anomalies are held.

    Parameters
    ----------
    maxlen
        Anomalies held; the oldest are dropped first, and stay counted.
    timezone
        Zone of the times in DataFrames.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(self, maxlen: int = MAX_HELD, *, timezone: tzinfo) -> None:
        self._held: deque[Anomaly] = deque(maxlen=maxlen)
        self._timezone = timezone
        self.n_found = 0
        """How many anomalies there were in all, also those that are no longer held."""
        self._groups: deque[AnomalyGroup] = deque(maxlen=MAX_GROUPS)
        self.n_groups = 0
        """How many groups there were in all."""
        # The newest of each detector and channel.
        self._open: dict[tuple[str, str], AnomalyGroup] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Return the class and the number of anomalies."""
        return f"<AnomalyLog {self.n_found:,} anomalies>"

    def _sheet(self) -> Sheet:
        """Return the newest anomalies, each with its whole reason."""
        rows = [
            (time_text(a.time_ns, self._timezone), a.detector, a.channel, a.reason)
            for a in self.newest(MOST_ROWS)
        ]
        header = ("at", "detector", "channel", "reason") if rows else ()
        more = and_more(len(self), len(rows), "anomaly")
        return Sheet("AnomalyLog", counted(self.n_found, "anomaly"), (), header, rows, more=more)

    def __len__(self) -> int:
        """Return the number of anomalies held."""
        return len(self._held)

    def newest(self, n: int) -> tuple[Anomaly, ...]:
        """Return at most `n` anomalies, newest first."""
        with self._lock:
            return tuple(self._held)[: -n - 1 : -1] if n > 0 else ()

    def after(self, number: int) -> tuple[Anomaly, ...]:
        """Return the anomalies held with a larger number than this, oldest first."""
        with self._lock:
            found = [anomaly for anomaly in self._held if anomaly.number > number]
        return tuple(found)

    def to_pandas(self) -> pd.DataFrame:
        """Return the anomalies held, oldest first.

        Returns
        -------
        DataFrame
            Columns detector, channel, time (tz-aware), value, score (float64) and reason.
        """
        import pandas as pd

        with self._lock:
            held = tuple(self._held)
        times = np.array([anomaly.time_ns for anomaly in held], np.int64).view("M8[ns]")
        columns = {
            "detector": pd.Series([anomaly.detector for anomaly in held], dtype="str"),
            "channel": pd.Series([anomaly.channel for anomaly in held], dtype="str"),
            "time": pd.DatetimeIndex(times).tz_localize("UTC").tz_convert(self._timezone),
            "value": np.array([anomaly.value for anomaly in held], np.float64),
            "score": np.array([anomaly.score for anomaly in held], np.float64),
            "reason": pd.Series([anomaly.reason for anomaly in held], dtype="str"),
        }
        return pd.DataFrame(columns)

    def groups(self, n: int) -> tuple[AnomalyGroup, ...]:
        """Return at most `n` groups of anomalies, newest first."""
        with self._lock:
            return tuple(self._groups)[: -n - 1 : -1] if n > 0 else ()

    def add(self, found: list[tuple[Any, ...]], n_more: int) -> None:
        """Record anomalies of one detector and channel (all but their numbers), oldest first. For detectors.

        `n_more` before them are only counted.
        """
        with self._lock:
            self.n_found += n_more
            for facts in found:
                self.n_found += 1
                anomaly = Anomaly(self.n_found, *facts)
                self._held.append(anomaly)
                self._group(anomaly, n_more)
                n_more = 0

    def _group(self, anomaly: Anomaly, n_more: int) -> None:
        """Add an anomaly, and those only counted before it, to the group that goes on, or to a new one."""
        key = anomaly.detector, anomaly.channel
        group = self._open.get(key)
        if group is None or not group.goes_on_at(anomaly.time_ns):
            group = AnomalyGroup(anomaly)
            self._open[key] = group
            self._groups.append(group)
            self.n_groups += 1
        group.n += 1 + n_more
        group.until_ns = anomaly.time_ns
        if anomaly.score > group.strangest.score:
            group.strangest = anomaly
