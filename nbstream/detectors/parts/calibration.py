"""A limit that keeps `false_alarms` on a channel's own data: from the peaks of the score so far."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.wording import MANY_SIGMAS, short, sigmas

if TYPE_CHECKING:
    from nbstream.detectors.parts.false_alarms import FalseAlarms
    from nbstream.detectors.parts.run_lengths import RunLengths
    from nbstream.readings.batch import FloatArray, IntArray

__all__ = ["Calibration"]

PRIOR = 32.0  # peaks that the theory counts for, to begin with
FEWEST_PEAKS = 24
MOST_PEAKS = 64
FIRST_LOG = math.log(32)
MOST_TOGETHER = 6
SPANS_TO_TELL = 4
GENERATION = 16  # run lengths


class Calibration:
    """Finds the limit that a detector's score exceeds once in so many readings.

    To begin with it is that of independent normal readings. Where the score stays above a threshold u for
    some readings in a row, the largest of them is a peak; the peaks of as many readings as are remembered
    tell how often u is exceeded and how fast the tail falls beyond. Both are estimated on the scale of the
    logarithm of the theory's run length, on which the tail is exponential with scale 1 where the theory
    holds; a few peaks as the theory expects them are counted in. u rises, so that the 128 largest peaks
    count: of 16 run lengths, once so many were seen, they lie just below the limit.

    A peak beyond the limit counts as one that is at the limit or larger, so that a fault is one alarm more
    and nothing else.

    Parameters
    ----------
    run_lengths
        The theory's.
    wanted
        What was asked for.
    interval_ns
        Between readings.
    apart
        Alarms that are not more than so many readings apart, or a 16th of the run length, are one.
    """

    def __init__(
        self, run_lengths: RunLengths, wanted: FalseAlarms, interval_ns: float, *, apart: int = 1
    ) -> None:
        run_length = wanted.run_length(interval_ns)
        self._wanted = wanted
        self._run_lengths = run_lengths
        self._apart = max(1, min(apart, int(run_length / 16)))
        self._since_alarm = self._apart  # readings
        self._n_together = 0  # alarms
        self._log = math.log(run_length)
        # Some are near each other by chance.
        lasting = run_lengths.lasting(self._log)
        self._usual_together = lasting * (1 + self._apart / run_length)
        self._generation = max(1024, math.ceil(GENERATION * run_length))
        first = min(FIRST_LOG, self._log - 1.5)
        self._least = run_lengths.score_of(max(first, 0.5))
        self._n_seen = 0
        self._next_look = 0
        self._old = _Peaks(self._least)
        self._new = _Peaks(self._least)
        self._look()

    @property
    def room(self) -> int:
        """How many readings may be taken in at once, before the limit is another."""
        return self._next_look - self._n_seen

    def take(self, score: FloatArray) -> None:
        """Take in the scores of readings that were judged, `room` of them at most."""
        self._n_seen += len(score)
        beyond = np.flatnonzero(score > self.limit)
        if len(beyond):
            score = self._firsts(score, beyond)
        else:
            self._since_alarm += len(score)
        self._new.take(score, self.limit)
        if self._n_seen == self._next_look:
            self._look()

    def _firsts(self, score: FloatArray, beyond: IntArray) -> FloatArray:
        """Return the scores without alarms that belong to the one before; count how many belong together."""
        steps = np.diff(beyond, prepend=-1 - self._since_alarm)
        is_first = steps > self._apart
        begins = np.maximum.accumulate(
            np.where(is_first, np.arange(len(beyond)), -self._n_together)
        )
        ranks = np.arange(len(beyond)) - begins
        self._new.n_alarms += int(np.count_nonzero(is_first))
        self._new.n_flagged += int(np.count_nonzero(ranks < MOST_TOGETHER))
        longest = min(int(ranks.max()) + 1, MOST_TOGETHER)
        self._new.longest = max(self._new.longest, longest)
        self._since_alarm = len(score) - 1 - int(beyond[-1])
        self._n_together = int(ranks[-1]) + 1
        score = score.copy()
        score[beyond[~is_first]] = -np.inf
        return score

    def _look(self) -> None:
        self._new.trim()
        if self._new.n_seen >= self._generation:
            self._old, self._new = self._new, self._new.successor(self._least)
        self._next_look = self._n_seen + int(min(max(128, self._n_seen // 8), 4096))
        log = self._wanted_log()
        self.limit = self._run_lengths.score_of(log)
        """Of the score, until `room` more readings were taken in."""
        self.rather = self._rather()
        """How often it alarms, where that is much more often: "about 34/day in data such as these"."""
        rather = f", {self.rather}" if self.rather else ""
        self.asked = f"for {self._wanted.text}{rather}"
        """What the limit is for: "for 1/day", and what comes instead."""
        limit = sigmas(self.limit) if self.limit <= MANY_SIGMAS else short(self.limit)
        self.words = f" (limit {limit} {self.asked})"
        """How a reason tells the limit."""

    def _rather(self) -> str:
        n_asked = (self._old.n_seen + self._new.n_seen) / math.exp(self._log)
        n_flagged = self._old.n_flagged + self._new.n_flagged
        if n_asked < SPANS_TO_TELL or n_flagged < 2 * n_asked + 3 * math.sqrt(n_asked):
            return ""
        return f"about {self._wanted.times(n_flagged / n_asked)} in data such as these"

    def _wanted_log(self) -> float:
        """Return the theory's logarithmic run length of a limit that keeps what was asked for."""
        old, new = self._old, self._new
        n_seen = old.n_seen + new.n_seen
        if not n_seen:
            return self._log
        # Few that are near the limit tell more of it than many: the tail may be bent.
        n_spans = n_seen / math.exp(self._log)
        most = int(min(max(2 * n_spans, FEWEST_PEAKS), MOST_PEAKS))
        peaks = np.concatenate((old.peaks, new.peaks), axis=1)
        threshold = _below(peaks[0], most, max(old.threshold, new.threshold))
        peaks = peaks[:, peaks[0] > threshold]
        logs = self._run_lengths.log_of(np.append(peaks, [[threshold], [threshold]], axis=1))
        u = float(logs[0, -1])
        excess = np.minimum(logs[0, :-1], logs[1, :-1]) - u
        is_whole = logs[0, :-1] < logs[1, :-1]
        prior = PRIOR / (1 + 2 * n_spans)
        n_whole = prior + int(np.count_nonzero(is_whole))
        scale = (prior + float(np.maximum(excess, 0.0).sum())) / n_whole
        # Of as many readings as bring so many peaks in theory, but few beside what was seen.
        n_theory = min(PRIOR * math.exp(u), 1024 + n_seen / 16)
        rate = (n_theory * math.exp(-u) + peaks.shape[1]) / (n_theory + n_seen)
        # Without the longest, which may have been a fault.
        n_flagged = old.n_flagged + new.n_flagged - max(old.longest, new.longest)
        together = (2 + n_flagged) / max(2, 1 + old.n_alarms + new.n_alarms)
        longer = max(1.0, together / self._usual_together)
        # Alarms last longer where the tail is heavy, and it is heavier then than what is fitted to it.
        rarer = self._log + math.log(rate * longer**2)
        if rarer < 0.0:  # what is at u comes too often, what is beyond too rarely
            return u
        # The scale comes from so many peaks: the predictive tail is a Pareto one.
        return u + scale * n_whole * math.expm1(rarer / n_whole)


class _Peaks:
    """The largest peaks of a stretch of readings, each with the limit of its time."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self.n_seen = 0
        self.n_alarms = self.n_flagged = 0
        self.longest = 0  # alarm, in flagged readings that belong together
        self.peaks: FloatArray = np.empty((2, 0))
        self._open = -math.inf

    def successor(self, threshold: float) -> _Peaks:
        """Return what the next stretch begins with; a peak that is going on moves there."""
        following = _Peaks(threshold)
        following._open, self._open = self._open, -math.inf
        return following

    def take(self, score: FloatArray, limit: float) -> None:
        self.n_seen += int(np.count_nonzero(score == score))
        is_above = score > self.threshold
        rows = np.flatnonzero(is_above)
        if not len(rows):
            self._close(limit)
            return
        begins: IntArray = rows[np.concatenate(([True], rows[1:] != rows[:-1] + 1))]
        if begins[0] > 0:
            self._close(limit)
        found = np.maximum.reduceat(np.where(is_above, score, -np.inf), begins)
        found[0] = max(float(found[0]), self._open)
        self._open = -math.inf
        if is_above[-1]:
            self._open = float(found[-1])
            found = found[:-1]
        self._add(found, limit)

    def _close(self, limit: float) -> None:
        if self._open > -math.inf:
            found, self._open = np.array([self._open]), -math.inf
            self._add(found, limit)

    def _add(self, found: FloatArray, limit: float) -> None:
        self.peaks = np.append(self.peaks, [found, np.full(len(found), limit)], axis=1)

    def trim(self) -> None:
        """Forget all but the largest peaks, where there are more than twice as many."""
        if self.peaks.shape[1] > 2 * MOST_PEAKS:
            self.threshold = _below(self.peaks[0], MOST_PEAKS, self.threshold)
            self.peaks = self.peaks[:, self.peaks[0] > self.threshold]
            if self.peaks.shape[1] > 2 * MOST_PEAKS:  # most are equal
                self.threshold = float(np.sort(self.peaks[0])[-MOST_PEAKS])
                self.peaks = self.peaks[:, self.peaks[0] > self.threshold]


def _below(scores: FloatArray, n: int, least: float) -> float:
    """Return the largest of the scores, or `least`, that `n` of them or more are beyond."""
    if len(scores) <= n:
        return least
    under = scores[scores < np.partition(scores, -n)[-n]]
    return max(float(under.max()), least) if len(under) else least
