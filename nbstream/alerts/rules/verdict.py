"""What a rule's conditions say of a batch."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nbstream.alerts.log.incident import Moment
from nbstream.expressions.variables import STALE, VALUE, Statistic
from nbstream.text.naming import short_name
from nbstream.text.numbers import short_number

if TYPE_CHECKING:
    from nbstream.alerts.conditions.condition import Condition
    from nbstream.alerts.conditions.table import Table
    from nbstream.alerts.rules.settings import RuleSettings
    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["Trigger", "Verdicts"]


class Trigger:
    """The conditions of a rule: its own, those of further levels, and the one that clears.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    def __init__(self, settings: RuleSettings) -> None:
        levels = [(settings.rank, settings.condition), *settings.levels]
        self.levels = tuple(sorted(levels, key=lambda level: level[0]))
        self.base_rank = self.levels[0][0]
        """The least severity."""
        self.condition = settings.condition
        self.clear = settings.clear
        self._ends = settings.clear
        if self.clear is None and settings.condition.variable == "value":
            self._ends = settings.condition.opposite
        conditions = [condition for _, condition in self.levels]
        if self.clear is not None:
            conditions.append(self.clear)
        self.is_about_staleness = any(STALE in condition.variables for condition in conditions)
        """Whether time alone can make it fire."""
        compared = [variable for _, condition in self.levels for variable in condition.variables]
        windows = [variable.window for variable in compared if isinstance(variable, Statistic)]
        self.windows = tuple(dict.fromkeys(windows))
        """Windows that must be full before it fires; None is the analyzer's."""

    def may_hold(self, table: Table) -> bool:
        """Return whether a condition can hold for some reading of the table; quick, and never wrong."""
        for _, condition in self.levels:
            if condition.may_hold(table):
                return True
        return False

    def may_move(self, table: Table, margin: float) -> bool:
        """Return whether a reading of the table can end an incident, or reach beyond its peak's margin.

        Quick, and never wrong where it says no.
        """
        extent, condition = table.extent, self.condition
        clear = self._ends
        if len(self.levels) > 1 or clear is None or extent is None:
            return True
        if condition.variable != "value" or condition.is_absolute or condition.operator == "inside":
            return True
        low, high = extent
        worst = max(condition.limits[0] - low, high - condition.limits[-1])
        if condition.operator[0] == ">":
            worst = high - condition.limits[0]
        elif condition.operator[0] == "<":
            worst = condition.limits[0] - low
        return clear.may_hold(table) or worst > margin


class Verdicts:
    """A table as a rule's conditions see it; each column is computed when it is asked for.

    Parameters
    ----------
    trigger
        The conditions.
    table
        The readings.
    silence_ns
        For how long nothing may be known of what must last; None is as long as silence is usual.
    start, stop
        Which of the readings; None is all from there on.
    """

    def __init__(
        self,
        trigger: Trigger,
        table: Table,
        silence_ns: int | None = None,
        start: int = 0,
        stop: int | None = None,
    ) -> None:
        self._trigger = trigger
        self._table = table
        self._silence_ns = silence_ns
        self._start = start
        self._rows = slice(start, stop)
        self.times: TimeArray = table.times[self._rows]
        """Times in ns, shape (n,)."""
        self.values: FloatArray = table.values[self._rows]
        """The readings, of words their codes."""
        self.numbers: FloatArray = table.column(VALUE)[self._rows]
        """The readings that are numbers."""

    @property
    def shortest_silence_ns(self) -> int | None:
        """Times between readings up to this are usual at any rate; None is any time."""
        if self._trigger.is_about_staleness:
            return None  # such a condition judges silence itself
        return self._silence_ns or self._table.shortest_silence_ns

    def usual_silences_ns(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return how long silence was usual after these readings, −1 for unknown; row −1 is before all."""
        if self._silence_ns is not None:
            return np.full(len(rows), self._silence_ns)
        return self._table.usual_silences_ns(rows + self._start)

    @cached_property
    def holds(self) -> BoolArray:
        """Where the condition, or that of a level, holds."""
        holds = self._holds_of(0)
        for i in range(1, len(self._trigger.levels)):
            holds = holds | self._holds_of(i)
        return holds

    @cached_property
    def clears(self) -> BoolArray:
        """Where what ends an incident holds; never where `holds` is true."""
        clear = self._trigger.clear
        if clear is None:
            return self._fails
        clears = self._table.truth_of(clear).true[self._rows]
        return clears & ~self.holds

    @cached_property
    def known(self) -> BoolArray | None:
        """Where anything is known; None is everywhere."""
        known = self.holds | self._fails
        if self._trigger.clear is not None:
            known = known | self.clears
        return None if known.all() else known

    @cached_property
    def margins(self) -> FloatArray:
        """How far beyond the limit of the rule's own condition each reading is; NaN if that is not known."""
        return self._trigger.condition.margin(self._table.part(self._rows))

    @cached_property
    def ranks(self) -> npt.NDArray[np.int8] | None:
        """The gravest severity whose condition holds, −1 for none; None if there is one only."""
        levels = self._trigger.levels
        if len(levels) == 1:
            return None
        ranks = np.full(len(self.times), -1, np.int8)
        for i, (rank, _) in enumerate(levels):
            ranks[self._holds_of(i)] = rank
        return ranks

    def moment(self, row: int) -> Moment:
        """Return what is told of one reading."""
        time_ns, value = int(self.times[row]), float(self.numbers[row])
        compared = self._trigger.condition.compared(self._table.at(self._start + row))
        return Moment(time_ns, value, float(compared[0]), self._parts(row))

    def _parts(self, row: int) -> str:
        trigger, at = self._trigger, self._table.at(self._start + row)
        if not self.holds[row]:
            return self._said_of(trigger.clear or trigger.condition, row)
        if trigger.condition.truth(at).true[0]:
            return self._said_of(trigger.condition, row)
        # Another level's condition holds, not the rule's own.
        held = [c for i, (_, c) in enumerate(trigger.levels) if self._holds_of(i)[row]][-1]
        subject, unit = short_name(self._table.channel), self._table.unit
        value = float(held.compared(at)[0])
        return self._said_of(held, row) or held.describe(value, subject=subject, unit=unit)

    def _said_of(self, condition: Condition, row: int) -> str:
        """Return a condition's parts for one reading; of a zscore alone they say which reading it is."""
        parts = condition.parts(self._table.at(self._start + row))
        if not parts or condition.variable != "zscore":
            return parts
        value, unit = short_number(float(self.numbers[row])), self._table.unit
        return f"{short_name(self._table.channel)} {value}{f' {unit}' if unit else ''}: {parts}"

    @cached_property
    def _fails(self) -> BoolArray:
        """Where all conditions are certainly false."""
        fails = self._table.truth_of(self._trigger.levels[0][1]).false
        for _, condition in self._trigger.levels[1:]:
            fails = fails & self._table.truth_of(condition).false
        return fails[self._rows]

    def _holds_of(self, level: int) -> BoolArray:
        return self._table.truth_of(self._trigger.levels[level][1]).true[self._rows]
