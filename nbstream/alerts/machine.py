"""The states of a rule: found for whole batches, as if the readings had come one by one."""

from __future__ import annotations

import math
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from nbstream.alerts.expression import Condition
    from nbstream.readings import FloatArray, TimeArray

__all__ = ["Episode", "Moment", "RuleState", "StateMachine"]


class RuleState(Enum):
    """Where a rule stands."""

    OK = "ok"
    """The condition doesn't hold, or the incident was cleared."""

    PENDING = "pending"
    """The condition holds, but not yet for as long as `for_` says."""

    FIRING = "firing"
    """An incident is open: the condition held long enough and was not cleared since."""


class Moment(NamedTuple):
    """A reading at which something happened."""

    time_ns: int
    """Its time."""
    value: float
    """The reading."""
    variable_value: float
    """What the condition compares: the reading or its zscore."""


class Episode(NamedTuple):
    """What a batch changed about one incident."""

    breach: Moment | None
    """The first breach; None if the incident was open already."""
    fired_ns: int
    """When it fired."""
    peak: float
    """The reading farthest beyond the limit since the breach."""
    cleared: Moment | None
    """The reading that ended it; None while it is open."""


class StateMachine:
    """OK, PENDING and FIRING of one rule, in event time.

    Parameters
    ----------
    condition
        Breached where it holds. OK → PENDING at the first breach, PENDING → OK at the first reading
        where it doesn't hold, PENDING → FIRING at the first breach that is `for_ns` or more later.
    clear
        FIRING → OK at the first reading where it holds. It never holds together with `condition`.
    for_ns
        Nanoseconds; 0 fires at the breach.

    Notes
    -----
    NaN is no information: such readings are skipped. Where time goes back (the clock was set), a
    pending rule counts anew from there.

    Thread safety: none; `Rule` holds its lock.
    """

    def __init__(self, condition: Condition, clear: Condition, for_ns: int) -> None:
        self.condition = condition
        self.clear = clear
        self.for_ns = for_ns
        self.state = RuleState.OK
        self.since_ns: int | None = None
        self._breach = Moment(0, math.nan, math.nan)
        self._fired_ns = 0
        self._last_ns = 0
        self._peak = math.nan
        self._severity = -math.inf

    def step(
        self, times: TimeArray, values: FloatArray, variable_values: FloatArray
    ) -> list[Episode]:
        """Take in a batch and return what it changed about incidents, in order.

        Parameters
        ----------
        times
            int64 ns, shape (n,), ascending.
        values, variable_values
            float64, shape (n,): the readings, and what `condition` compares.
        """
        if not len(times) == len(values) == len(variable_values):
            lengths = f"{len(times)}, {len(values)} and {len(variable_values)}"
            message = f"Times, values and variable values differ in length (got {lengths})."
            raise ValueError(message)
        # The two common cases, nothing breached and nothing cleared, cost a comparison each.
        if self.state is RuleState.OK:
            if not self.condition.holds(variable_values).any():
                return []
        elif self.state is RuleState.FIRING and not self.clear.holds(variable_values).any():
            has_new_peak = self._raise_peak(values, self.condition.severity_of(variable_values))
            return [Episode(None, self._fired_ns, self._peak, None)] if has_new_peak else []
        is_known = ~np.isnan(variable_values)
        if not is_known.all():
            times, values = times[is_known], values[is_known]
            variable_values = variable_values[is_known]
        if self.for_ns == 0:
            return self._walk(times, values, variable_values)
        # A clock that was set back cuts the batch.
        cuts = [0, *(np.flatnonzero(times[1:] < times[:-1]) + 1).tolist(), len(times)]
        episodes = []
        for start, stop in pairwise(cuts):
            piece = slice(start, stop)
            episodes += self._walk(times[piece], values[piece], variable_values[piece])
        return episodes

    def _walk(
        self, times: TimeArray, values: FloatArray, variable_values: FloatArray
    ) -> list[Episode]:
        """Take in readings without NaN, whose times ascend if `for_ns` matters."""
        n = len(times)
        if n == 0:
            return []

        def moment(i: int) -> Moment:
            return Moment(int(times[i]), float(values[i]), float(variable_values[i]))

        holds = self.condition.holds(variable_values)
        clears = np.flatnonzero(self.clear.holds(variable_values))
        severities = self.condition.severity_of(variable_values)
        starts, lasts = _runs(holds)
        begun_ns = times[starts]
        is_continued = False
        if self.state is RuleState.PENDING:
            if times[0] < self._last_ns:
                self._breach = self._breach._replace(time_ns=int(times[0]))
                self.since_ns = self._breach.time_ns
            is_continued = bool(holds[0])
            if is_continued:
                begun_ns[0] = self._breach.time_ns
            else:
                self._become(RuleState.OK, int(times[0]))
        self._last_ns = int(times[-1])
        held_ns = times[lasts] - begun_ns
        lasting = np.flatnonzero((held_ns >= self.for_ns) | (self.for_ns == 0))
        lasting_starts = starts[lasting]

        episodes: list[Episode] = []
        breach: Moment | None = None
        position = 0  # nothing before it matters any more
        while True:
            if self.state is RuleState.FIRING:
                k = int(clears.searchsorted(position))
                stop = int(clears[k]) + 1 if k < len(clears) else n
                is_new = self._raise_peak(values[position:stop], severities[position:stop])
                cleared = moment(stop - 1) if k < len(clears) else None
                if breach or is_new or cleared:
                    episodes.append(Episode(breach, self._fired_ns, self._peak, cleared))
                if cleared is None:
                    return episodes
                self._become(RuleState.OK, cleared.time_ns)
                position = stop
            k = int(lasting_starts.searchsorted(position))
            if k == len(lasting_starts):
                break
            run, position = int(lasting[k]), int(lasting_starts[k])
            if not (is_continued and run == 0):
                self._begin(moment(position))
            breach = self._breach
            fires = position
            if self.for_ns:
                due = np.int64(breach.time_ns + self.for_ns)
                fires = int(times.searchsorted(due))
            self._fired_ns = int(times[fires])
            self._become(RuleState.FIRING, self._fired_ns)

        # What is left holds too shortly to fire: it is over, or pending still.
        if len(starts) and starts[-1] >= position:
            start, last = int(starts[-1]), int(lasts[-1])
            if last < n - 1:
                self._become(RuleState.OK, int(times[last + 1]))
            else:
                if not (is_continued and start == 0):
                    self._begin(moment(start))
                self._become(RuleState.PENDING, self._breach.time_ns)
                self._raise_peak(values[start:], severities[start:])
        return episodes

    def _become(self, state: RuleState, since_ns: int) -> None:
        self.state, self.since_ns = state, since_ns

    def _begin(self, breach: Moment) -> None:
        self._breach = breach
        self._peak, self._severity = math.nan, -math.inf

    def _raise_peak(self, values: FloatArray, severities: FloatArray) -> bool:
        """Keep the reading farthest beyond the limit, the earliest of equals; return if new."""
        if not len(values):
            return False
        severity = float(np.fmax.reduce(severities))  # skips NaN
        if not severity > self._severity:
            return False
        self._severity = severity
        self._peak = float(values[int(np.argmax(severities == severity))])
        return True


def _runs(holds: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the first and the last index of every run of True."""
    edges = np.diff(holds.view(np.int8), prepend=np.int8(0), append=np.int8(0))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
