"""Conditions such as ``value > 90``: read into numbers and an operator, never evaluated as code."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from nbstream.alerts.conditions.table import Table
from nbstream.expressions.parsing import MAX_LENGTH, ConditionError, read_condition
from nbstream.expressions.tree import (
    STALE,
    VALUE,
    ZSCORE,
    Both,
    Call,
    Comparison,
    Either,
    Not,
    Number,
    Range,
    Stale,
    Truth,
    TruthNode,
    Value,
    Variable,
    ZScore,
    exact_number,
    short_number,
    unlike_equals,
    variables,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from nbstream.expressions.tree import Columns
    from nbstream.readings.batch import FloatArray

__all__ = ["Condition", "Formula", "Operator", "VariableName", "short_number"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]
Operator: TypeAlias = Literal[">", ">=", "<", "<=", "outside", "inside", "formula"]
VariableName: TypeAlias = Literal["value", "zscore", "formula"]

_OPPOSITE: dict[Operator, Operator] = {
    ">": "<=",
    ">=": "<",
    "<": ">=",
    "<=": ">",
    "outside": "inside",
    "inside": "outside",
}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison of a reading, or of its zscore, with one limit or two.

    `Condition.parse` makes one from text; what says more than one such comparison becomes a `Formula`.

    Parameters
    ----------
    operator
        One of ``> >= < <=``, "outside" (below the lower or above the upper limit) or "inside" (its
        opposite, limits included).
    limits
        One finite number, or two ascending ones for "outside" and "inside".
    variable
        What is compared: "value" (the reading) or "zscore".
    is_absolute
        Whether its absolute value is compared.

    Notes
    -----
    Thread safety: immutable, any thread.

    Examples
    --------
    >>> condition = Condition.parse("90 < value")
    >>> condition
    Condition('value > 90')
    >>> condition.holds(np.array([90.0, 93.0, np.nan])).tolist()
    [False, True, False]
    >>> condition.describe(93.0)
    'value 93 > 90'
    """

    operator: Operator
    limits: tuple[float, ...]
    variable: VariableName = "value"
    is_absolute: bool = False

    def __post_init__(self) -> None:
        n_limits = 2 if self.is_range else 1
        if len(self.limits) != n_limits:
            wanted = "two limits" if n_limits == 2 else "one limit"
            message = f"{self.operator!r} needs {wanted} (got {len(self.limits)})."
            raise ValueError(message)
        limits = tuple(_as_limit(limit) for limit in self.limits)
        if self.is_range and not limits[0] < limits[1]:
            low, high = map(exact_number, limits)
            message = f"The lower limit of {self.operator!r} must come first (got {low}, {high})."
            raise ValueError(message)
        if self.is_absolute and limits[0] < 0:
            message = f"An absolute value is never below 0 (got {exact_number(limits[0])})."
            raise ValueError(message)
        object.__setattr__(self, "limits", limits)

    @classmethod
    def parse(cls, text: str | Condition, channels: Collection[str] | None = None) -> Condition:
        """Return the condition that `text` says.

        Parameters
        ----------
        text
            ``value > 90`` (``>=``, ``<``, ``<=``; ``zscore`` or ``abs(zscore)`` for ``value``; the
            limit may stand left), ``outside(10, 90)``, ``inside(15, 85)``, a Condition, or a formula of
            these, such as ``mean("1min") > 70 and pressure - value < 3``; docs/alerts.md has all of the
            language. Numbers are written as 90, -5, 0.5 or 1e3. At most 500 characters.
        channels
            Names of the channels that there are: another name is refused. None is not known.

        Raises
        ------
        ConditionError
            A ValueError, if it says anything else; the message points at the character.
        TypeError
            If it is not a str.
        """
        if isinstance(text, Condition):
            return text
        tree = read_condition(text, channels)
        try:
            found = _simple(tree) or Formula(tree=tree)
        except ValueError as error:
            raise ConditionError(text, f"is not possible: {str(error).rstrip('.')}", 0) from None
        if len(found.text) > MAX_LENGTH:  # it could not be read back, from a file of rules say
            why = (
                f"is longer than {MAX_LENGTH} characters when written in full ({len(found.text):,})"
            )
            raise ConditionError(text, why)
        return found

    @property
    def text(self) -> str:
        """The condition as `parse` reads it back: "value > 90", "outside(10, 90)"."""
        limits = ", ".join(exact_number(limit) for limit in self.limits)
        if self.is_range:
            return f"{self.operator}({limits})"
        return f"{self.subject} {self.operator} {limits}"

    def __str__(self) -> str:
        """Return `text`."""
        return self.text

    def __repr__(self) -> str:
        """Return the parsed form for people."""
        return f"{type(self).__name__}({self.text!r})"

    @property
    def is_range(self) -> bool:
        """Whether there are two limits."""
        return self.operator in ("outside", "inside")

    @property
    def subject(self) -> str:
        """What is compared, as it is written: "value", "zscore" or "abs(zscore)"."""
        return f"abs({self.variable})" if self.is_absolute else self.variable

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What must be known of a batch to judge it."""
        return (ZSCORE,) if self.variable == "zscore" else (VALUE,)

    @property
    def opposite(self) -> Condition:
        """The condition that holds wherever this one doesn't, NaN apart, where neither holds."""
        return replace(self, operator=_OPPOSITE[self.operator])

    def with_limits(self, *limits: float) -> Condition:
        """Return the same condition with other limits.

        Raises
        ------
        ValueError
            If there are too few or too many, one is not finite, or two are not ascending.
        TypeError
            If one is not a number.
        """
        return replace(self, limits=limits)

    def holds(self, values: FloatArray) -> BoolArray:
        """Return where the condition holds.

        Parameters
        ----------
        values
            float64, shape (n,), of `variable`; NaN is no information: the condition doesn't hold.
        """
        if self.is_absolute:
            values = np.abs(values)
        low, high = self.limits[0], self.limits[-1]
        if self.operator == ">":
            return values > low
        if self.operator == ">=":
            return values >= low
        if self.operator == "<":
            return values < low
        if self.operator == "<=":
            return values <= low
        if self.operator == "outside":
            return (values < low) | (values > high)
        return (values >= low) & (values <= high)

    def recovered(self, values: FloatArray) -> BoolArray:
        """Return where the opposite holds: neither the condition nor NaN."""
        return self.opposite.holds(values)

    def margin_of(self, values: FloatArray) -> FloatArray:
        """Return how far beyond the limit each value is, by which the peak of an incident is found.

        For "outside" it is the larger of the two distances, with `is_absolute` that of the absolute
        value. Negative on the good side of the limit, NaN at NaN; float64, shape (n,).
        """
        if self.is_absolute:
            values = np.abs(values)
        low, high = self.limits[0], self.limits[-1]
        with np.errstate(over="ignore"):  # beyond float64 is infinitely far
            if self.operator in (">", ">="):
                return values - low
            if self.operator in ("<", "<="):
                return low - values
            if self.operator == "outside":
                return np.maximum(low - values, values - high)
            return np.minimum(values - low, high - values)

    def truth(self, columns: Columns) -> Truth:
        """Return where the condition is certainly true, and where certainly false."""
        values = columns.column(self.variables[0])
        return Truth(self.holds(values), self.recovered(values))

    def margin(self, columns: Columns) -> FloatArray:
        """Return `margin_of` each reading of a batch."""
        return self.margin_of(columns.column(self.variables[0]))

    def compared(self, columns: Columns) -> FloatArray:
        """Return what is compared, one number per reading of a batch."""
        return columns.column(self.variables[0])

    def parts(self, columns: Columns) -> str:
        """Return the numbers of a formula's parts, in words; a plain comparison has none.

        Unless they are endless: of a zscore that nothing measures there are words only.
        """
        if self.variable == "zscore" and math.isinf(float(self.compared(columns)[0])):
            return unlike_equals(columns)
        return ""

    def may_hold(self, table: Table) -> bool:
        """Return whether the condition can hold for some reading of a table, by the extents of its columns.

        Quick, for rules share the extents, and never wrong where it says no. The ends are known values:
        where no end holds, nothing between does, except inside a range.
        """
        extent = table.extent_of(self.variables[0])
        if extent is None:
            return False
        low, high = extent
        if self.is_absolute:
            nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
            low, high = nearest, max(abs(low), abs(high))
        return self._reaches(low, high)

    def _reaches(self, low: float, high: float) -> bool:
        limit = self.limits[0]
        if self.operator[0] == ">":
            return high > limit or (high == limit and self.operator == ">=")
        if self.operator[0] == "<":
            return low < limit or (low == limit and self.operator == "<=")
        return self.operator == "inside" or low < limit or high > self.limits[1]

    def overlaps(self, other: Condition) -> bool:
        """Return whether some value makes both conditions hold, as far as that can be decided.

        It can if both compare one variable, the same, with numbers. Of a formula that does more it is False.
        """
        if not (isinstance(self, Formula) or isinstance(other, Formula)):
            return any(
                _intersect(mine, theirs)
                for mine in self._intervals()
                for theirs in other._intervals()
            )
        mine, theirs = self._turning_points(), other._turning_points()
        if mine is None or theirs is None or mine[0] != theirs[0]:
            return False
        # Between two neighbouring numbers neither condition changes: one value of each stretch decides.
        ends = np.unique(np.array([*mine[1], *theirs[1], 0.0], np.float64))
        ends = np.unique(np.concatenate((ends, -ends)))
        points = np.concatenate((ends, np.nextafter(ends, -np.inf), np.nextafter(ends, np.inf)))
        table = Table(np.zeros(len(points), np.int64), points, {mine[0]: points})
        return bool((self.truth(table).true & other.truth(table).true).any())

    def describe(self, value: float, *, subject: str | None = None, unit: str | None = None) -> str:
        """Return what makes the condition hold, or not, at one value.

        Parameters
        ----------
        value
            Of `variable`. It is shortened, but never so far that the sentence becomes wrong.
        subject
            Word for `value`, such as the channel's name; ignored for a zscore.
        unit
            Of the limits; ignored for a zscore.

        Examples
        --------
        >>> Condition.parse("outside(10, 90)").describe(5.0, subject="level", unit="cm")
        'level 5 outside 10 … 90 cm'
        >>> Condition.parse("value > 90").describe(90.0000000001)
        'value 90.0000000001 > 90'
        """
        if self.variable == "zscore" and math.isinf(value):
            return "unlike the equal readings before"
        if self.variable == "zscore":
            subject = unit = None
        elif subject and self.is_absolute:
            subject = f"abs({subject})"
        limits = " … ".join(exact_number(limit) for limit in self.limits)
        number = self._telling_number(abs(value) if self.is_absolute else value)
        # A false "value 93 <= 90" must never be said.
        operator = self.operator if self._holds_at(value) else _OPPOSITE[self.operator]
        text = f"{subject or self.subject} {number} {operator} {limits}"
        return f"{text} {unit}" if unit else text

    def _telling_number(self, value: float) -> str:
        for digits in range(4 if self.variable == "zscore" else 6, 17):
            text = short_number(value, digits)
            if self._holds_at(float(text)) == self._holds_at(value):
                return text
        return short_number(value, 17)

    def _holds_at(self, value: float) -> bool:
        return bool(self.holds(np.array([value], np.float64))[0])

    def _turning_points(self) -> tuple[Variable, tuple[float, ...]] | None:
        """Return the only variable and the numbers where the condition may change; None if others."""
        return self.variables[0], self.limits

    def _intervals(self) -> list[_Interval]:
        inf = math.inf
        low, high = self.limits[0], self.limits[-1]
        closed = self.operator in (">=", "<=")
        if self.operator == "outside":
            return [(-inf, False, low, False), (high, False, inf, False)]
        if self.operator == "inside":
            return [(low, True, high, True)]
        if self.operator in (">", ">="):
            above = [(low, closed, inf, False)]
            return [*above, (-inf, False, -low, closed)] if self.is_absolute else above
        return [(-low if self.is_absolute else -inf, closed and self.is_absolute, low, closed)]


@dataclass(frozen=True, slots=True, repr=False)
class Formula(Condition):
    """A condition that says more than one comparison of a reading with limits.

    It has no limits to edit or to draw; assign a new condition to its rule instead.

    Parameters
    ----------
    tree
        What was read.

    Notes
    -----
    Thread safety: immutable, any thread.

    Examples
    --------
    >>> Condition.parse('value > 90 and (mean("60s") > 70 or pressure < 3)')
    Formula('value > 90 and (mean("60s") > 70 or pressure < 3)')
    """

    operator: Operator = "formula"
    limits: tuple[float, ...] = ()
    variable: VariableName = "formula"
    is_absolute: bool = False
    tree: TruthNode = field(default=STALE)

    def __post_init__(self) -> None:
        """Check nothing: the parser did."""

    @property
    def text(self) -> str:
        """The condition as `parse` reads it back."""
        return self.tree.text

    @property
    def subject(self) -> str:
        """The whole text: there is no single thing that is compared."""
        return self.tree.text

    @property
    def variables(self) -> tuple[Variable, ...]:
        """What must be known of a batch to judge it."""
        return tuple(dict.fromkeys(variables(self.tree)))

    @property
    def opposite(self) -> Condition:
        """The condition that is true exactly where this one is false."""
        tree = self.tree.operand if isinstance(self.tree, Not) else Not(self.tree)
        return _plain(tree) or Formula(tree=tree)

    def with_limits(self, *limits: float) -> Condition:
        """Raise ValueError, unless no limits are given."""
        if limits:
            message = f"{self.text!r} has no limits to set. Assign a new condition."
            raise ValueError(message)
        return self

    def holds(self, values: FloatArray) -> BoolArray:
        """Return where it holds for readings alone; what needs more is unknown and doesn't hold."""
        return self.truth(Table(np.zeros(len(values), np.int64), values)).true

    def recovered(self, values: FloatArray) -> BoolArray:
        """Return where it is certainly false for readings alone."""
        return self.truth(Table(np.zeros(len(values), np.int64), values)).false

    def margin_of(self, values: FloatArray) -> FloatArray:
        """Return how far its first comparison is beyond the limit, for readings alone."""
        return self.margin(Table(np.zeros(len(values), np.int64), values))

    def truth(self, columns: Columns) -> Truth:
        """Return where it is certainly true, and where certainly false."""
        n = len(columns.column(VALUE))
        with np.errstate(all="ignore"):
            true, false = self.tree.truth(columns)
        return Truth(np.broadcast_to(true, n), np.broadcast_to(false, n))

    def margin(self, columns: Columns) -> FloatArray:
        """Return how far the first comparison is beyond its limit; NaN if there is none."""
        n = len(columns.column(VALUE))
        with np.errstate(all="ignore"):
            margin = self.tree.margin(columns)
        return np.full(n, np.nan) if margin is None else np.broadcast_to(margin, n)

    def compared(self, columns: Columns) -> FloatArray:
        """Return the readings: a formula compares more than one thing."""
        return columns.column(VALUE)

    def parts(self, columns: Columns) -> str:
        """Return what the formula says with its numbers, for the only reading of `columns`."""
        with np.errstate(all="ignore"):
            is_true = bool(self.tree.truth(columns).true[0])
            return self.tree.describe(columns, is_true)

    def may_hold(self, table: Table) -> bool:
        """Return whether the parts that compare a variable with a number allow the formula to hold."""
        return _tree_may_hold(self.tree, table)

    def describe(self, value: float, *, subject: str | None = None, unit: str | None = None) -> str:
        """Return the text: the numbers of a formula's parts are in the moment's `parts`."""
        return self.text

    def _turning_points(self) -> tuple[Variable, tuple[float, ...]] | None:
        found = self.variables
        if len(found) != 1 or isinstance(found[0], Stale):
            return None
        numbers = _numbers_compared(self.tree)
        return None if numbers is None else (found[0], numbers)


def _numbers_compared(tree: TruthNode) -> tuple[float, ...] | None:
    """Return the numbers that a variable is compared with; None if there is arithmetic."""
    match tree:
        case Range():
            return tree.low, tree.high
        case Not():
            return _numbers_compared(tree.operand)
        case Both() | Either():
            parts = [_numbers_compared(operand) for operand in tree.operands]
            if any(part is None for part in parts):
                return None
            return tuple(chain.from_iterable(cast("Any", parts)))
        case Comparison():
            numbers = []
            for operand in tree.operands:
                if isinstance(operand, Number):
                    numbers.append(operand.number)
                elif isinstance(operand, Call) and operand.function == "abs":
                    if not isinstance(operand.arguments[0], Variable):
                        return None
                elif not isinstance(operand, Variable):
                    return None
            return tuple(numbers)
    return None


def _tree_may_hold(tree: TruthNode, table: Table) -> bool:
    if isinstance(tree, Both):
        return all(_tree_may_hold(operand, table) for operand in tree.operands)
    if isinstance(tree, Either):
        return any(_tree_may_hold(operand, table) for operand in tree.operands)
    plain = _plain(tree)
    if plain is not None:
        return plain.may_hold(table)
    compared = _compared(tree)
    if compared is None:
        return True
    variable, operator, number = compared
    extent = table.extent_of(variable)
    if extent is None:
        return False
    return extent[1] >= number if operator[0] == ">" else extent[0] <= number


@lru_cache(maxsize=4096)
def _compared(tree: TruthNode) -> tuple[Variable, str, float] | None:
    """Return the variable, operator and number that a part of a formula compares; None if it says more."""
    if not isinstance(tree, Comparison) or len(tree.operands) != 2:
        return None
    (left, right), operator = tree.operands, tree.operators[0]
    if operator not in _MIRRORED:
        return None
    if isinstance(left, Number):
        left, right, operator = right, left, _MIRRORED[operator]
    if not isinstance(left, Variable) or not isinstance(right, Number):
        return None
    return left, operator, right.number


@lru_cache(maxsize=4096)
def _plain(tree: TruthNode) -> Condition | None:
    """Return a part of a formula as a comparison with limits, or None if it is not or can't be one."""
    try:
        return _simple(tree)
    except ValueError:  # abs(value) > -1 always holds: odd alone, but fair in a formula
        return None


def _simple(tree: TruthNode) -> Condition | None:
    """Return a tree as one comparison with limits, or None if it says more."""
    if isinstance(tree, Range):
        return Condition(cast("Operator", tree.operator), (tree.low, tree.high))
    if not isinstance(tree, Comparison) or tree.operators[0] not in _MIRRORED:
        return None
    if len(tree.operands) != 2:
        return None
    (left, right), operator = tree.operands, tree.operators[0]
    if isinstance(left, Number):
        left, right, operator = right, left, _MIRRORED[operator]
    is_absolute = isinstance(left, Call) and left.function == "abs"
    subject = left.arguments[0] if isinstance(left, Call) and is_absolute else left
    if not isinstance(right, Number) or not isinstance(subject, (Value, ZScore)):
        return None
    variable: VariableName = "value" if isinstance(subject, Value) else "zscore"
    return Condition(cast("Operator", operator), (right.number,), variable, is_absolute)


# Lower end, whether it belongs to the interval, upper end, whether that does.
_Interval: TypeAlias = tuple[float, bool, float, bool]


def _intersect(a: _Interval, b: _Interval) -> bool:
    low, low_open = max((a[0], not a[1]), (b[0], not b[1]))
    high, high_closed = min((a[2], a[3]), (b[2], b[3]))
    return low < high or (low == high and not low_open and high_closed)


def _as_limit(limit: object) -> float:
    if isinstance(limit, (bool, np.bool_)) or not isinstance(limit, (int, float, np.number)):
        message = f"A limit must be a number (got {limit!r})."
        raise TypeError(message)
    number = float(limit)
    if not math.isfinite(number):
        message = f"A limit must be finite (got {number!r})."
        raise ValueError(message)
    return number + 0.0
