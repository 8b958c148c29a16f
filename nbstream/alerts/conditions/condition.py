"""Conditions such as ``value > 90``: read into numbers and an operator, never evaluated as code."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import numpy as np

from nbstream.expressions.arithmetic import Call, Number
from nbstream.expressions.comparisons import Comparison, Range, unlike_equals
from nbstream.expressions.limits import axis_limits, moved
from nbstream.expressions.logic import Not
from nbstream.expressions.nodes import Truth, TruthNode
from nbstream.expressions.parsing import MAX_LENGTH, ConditionError, read_condition
from nbstream.expressions.tree import numbers_compared, variables
from nbstream.expressions.variables import VALUE, ZSCORE, Variable
from nbstream.text.numbers import exact_number, near_number, short_number

if TYPE_CHECKING:
    from collections.abc import Collection

    from nbstream.expressions.limits import AxisLimit
    from nbstream.expressions.nodes import Columns, Extents
    from nbstream.expressions.variables import Word
    from nbstream.readings.batch import BoolArray, FloatArray

__all__ = ["Condition", "Formula", "Operator", "VariableName", "short_number"]

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

    operator: Operator = field(compare=False)
    limits: tuple[float, ...] = field(compare=False)
    variable: VariableName = field(default="value", compare=False)
    is_absolute: bool = field(default=False, compare=False)
    tree: TruthNode = field(init=False)
    """What it says; all else follows from that."""
    variables: tuple[Variable, ...] = field(init=False, compare=False)
    """What must be known of a batch to judge it."""

    def __post_init__(self) -> None:
        is_range = self.operator in ("outside", "inside")
        n_limits = 2 if is_range else 1
        if len(self.limits) != n_limits:
            wanted = "two limits" if n_limits == 2 else "one limit"
            message = f"{self.operator!r} needs {wanted} (got {len(self.limits)})."
            raise ValueError(message)
        limits = tuple(_as_limit(limit) for limit in self.limits)
        if is_range and not limits[0] < limits[1]:
            low, high = map(exact_number, limits)
            message = f"The lower limit of {self.operator!r} must come first (got {low}, {high})."
            raise ValueError(message)
        if self.is_absolute and limits[0] < 0:
            message = f"An absolute value is never below 0 (got {exact_number(limits[0])})."
            raise ValueError(message)
        object.__setattr__(self, "limits", limits)
        if is_range:
            self._keep(Range(self.operator, limits[0], limits[1]))
        else:
            variable = ZSCORE if self.variable == "zscore" else VALUE
            subject = Call("abs", (variable,)) if self.is_absolute else variable
            self._keep(Comparison((subject, Number(limits[0])), (self.operator,)))

    def _keep(self, tree: TruthNode) -> None:
        object.__setattr__(self, "tree", tree)
        object.__setattr__(self, "variables", tuple(dict.fromkeys(variables(tree))))

    @classmethod
    def parse(cls, text: str | Condition, channels: Collection[str] | None = None) -> Condition:
        """Return the condition that `text` says.

        Parameters
        ----------
        text
            ``value > 90`` (``>=``, ``<``, ``<=``; ``zscore`` or ``abs(zscore)`` for ``value``; the
            limit may stand left), ``outside(10, 90)``, ``inside(15, 85)``, ``state == "RUN"``, a
            Condition, or a formula of these, such as ``mean("1min") > 70 and pressure - value < 3``;
            docs/alerts.md has all of the language. Numbers are written as 90, -5, 0.5 or 1e3. At most
            500 characters.
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
            found = _simple(tree) or Formula(tree)
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
        return self.tree.text

    def __str__(self) -> str:
        """Return `text`."""
        return self.text

    def __repr__(self) -> str:
        """Return the parsed form for people."""
        return f"{type(self).__name__}({self.text!r})"

    @property
    def subject(self) -> str:
        """What is compared, as it is written: "value", "zscore" or "abs(zscore)"; all of a formula."""
        if not self.limits:
            return self.text
        return f"abs({self.variable})" if self.is_absolute else self.variable

    @property
    def opposite(self) -> Condition:
        """The condition that holds wherever this one doesn't, NaN apart, where neither holds."""
        if self.limits:
            return replace(self, operator=_OPPOSITE[self.operator])
        tree = self.tree.operand if isinstance(self.tree, Not) else Not(self.tree)
        try:
            return _simple(tree) or Formula(tree)
        except ValueError:  # abs(value) > -1 always holds: odd alone, but fair in a formula
            return Formula(tree)

    def with_limits(self, *limits: float) -> Condition:
        """Return the same condition with other limits.

        Raises
        ------
        ValueError
            If there are too few or too many, one is not finite, or two are not ascending.
        TypeError
            If one is not a number.
        """
        if self.limits:
            return replace(self, limits=limits)
        if limits:
            message = f"{self.text!r} has no limits to set. Assign a new condition."
            raise ValueError(message)
        return self

    @property
    def axis_limits(self) -> list[AxisLimit]:
        """Its limits that are places on the axis of a channel, in the order of the text."""
        return axis_limits(self.tree)

    def moved(self, limit: AxisLimit, value: float) -> Condition:
        """Return the same condition with another number for one of its `axis_limits`.

        Raises
        ------
        ValueError
            If there is no such condition: the limits of a range are ascending, say.
        """
        return Condition.parse(moved(self.tree, limit, value).text)

    def holds(self, values: FloatArray) -> BoolArray:
        """Return where the condition holds.

        Parameters
        ----------
        values
            float64, shape (n,), of `variable`; NaN is no information: the condition doesn't hold.
        """
        return self.truth(_Given(values, self._compared)).true

    def recovered(self, values: FloatArray) -> BoolArray:
        """Return where it is certainly false: neither the condition nor NaN."""
        return self.truth(_Given(values, self._compared)).false

    def margin_of(self, values: FloatArray) -> FloatArray:
        """Return how far beyond the limit each value is, by which the peak of an incident is found.

        For "outside" it is the larger of the two distances, with `is_absolute` that of the absolute
        value, of a formula that of its first comparison. Negative on the good side of the limit, NaN at NaN;
        float64, shape (n,).
        """
        return self.margin(_Given(values, self._compared))

    def truth(self, columns: Columns) -> Truth:
        """Return where the condition is certainly true, and where certainly false."""
        n = len(columns.column(self._compared))
        with np.errstate(all="ignore"):
            true, false = self.tree.truth(columns)
        if len(true) == n:
            return Truth(true, false)
        return Truth(np.broadcast_to(true, n), np.broadcast_to(false, n))

    def margin(self, columns: Columns) -> FloatArray:
        """Return `margin_of` each reading of a batch; NaN if nothing has a limit to be beyond."""
        n = len(columns.column(self._compared))
        with np.errstate(all="ignore"):  # beyond float64 is infinitely far
            margin = self.tree.margin(columns)
        return np.full(n, np.nan) if margin is None else np.broadcast_to(margin, n)

    def compared(self, columns: Columns) -> FloatArray:
        """Return what is compared, one number per reading of a batch; of a formula the readings."""
        return columns.column(self._compared)

    def parts(self, columns: Columns) -> str:
        """Return the numbers of a formula's parts, in words; a plain comparison has none.

        Unless they are endless: of a zscore that nothing measures there are words only.
        """
        if self.limits:
            is_endless = self.variable == "zscore" and math.isinf(float(self.compared(columns)[0]))
            return unlike_equals(columns) if is_endless else ""
        with np.errstate(all="ignore"):
            is_true = bool(self.tree.truth(columns).true[0])
            return self.tree.describe(columns, is_true)

    def may_hold(self, table: Extents) -> bool:
        """Return whether the condition can hold for some reading of a table, by the extents of its columns.

        Quick, for rules share the extents, and never wrong where it says no.
        """
        return self.tree.may_hold(table)

    def overlaps(self, other: Condition) -> bool:
        """Return whether some value makes both conditions hold, as far as that can be decided.

        It can if both compare one variable with numbers. Of a formula that does more it is False.
        """
        numbers = [0.0]
        for condition in (self, other):
            compared = numbers_compared(condition.tree)
            if len(condition.variables) != 1 or compared is None:
                return False
            numbers += compared
        # Between two neighbouring numbers neither condition changes: one value of each stretch decides.
        ends = np.array([*numbers, *(-number for number in numbers)], np.float64)
        with np.errstate(over="ignore"):
            points = np.concatenate((ends, np.nextafter(ends, -np.inf), np.nextafter(ends, np.inf)))
        mine, theirs = (c.truth(_Given(points, c.variables[0])).true for c in (self, other))
        return bool((mine & theirs).any())

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
        if not self.limits:
            return self.text  # the numbers of a formula's parts are in the moment's `parts`
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
        is_zscore = self.variable == "zscore"
        near = min(abs(value - limit) for limit in self.limits)
        texts = [] if is_zscore else [near_number(value, near)]
        texts += [short_number(value, digits) for digits in range(4 if is_zscore else 6, 17)]
        for text in texts:
            if self._holds_at(float(text)) == self._holds_at(value):
                return text
        return short_number(value, 17)

    def _holds_at(self, value: float) -> bool:
        return bool(self.holds(np.array([value], np.float64))[0])

    @property
    def _compared(self) -> Variable:
        return self.variables[0] if self.limits else VALUE


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

    def __init__(self, tree: TruthNode) -> None:
        for name, nothing in (("operator", "formula"), ("limits", ()), ("variable", "formula")):
            object.__setattr__(self, name, nothing)
        object.__setattr__(self, "is_absolute", False)
        self._keep(tree)


class _Given:
    """The numbers of one variable as columns; others are not known."""

    channel = "value"

    def __init__(self, numbers: FloatArray, variable: Variable) -> None:
        self._numbers, self._variable = numbers, variable

    def column(self, variable: Variable) -> FloatArray:
        """Return a variable's numbers."""
        known = variable == self._variable
        return self._numbers if known else np.full(len(self._numbers), np.nan)

    def labels(self, variable: Word) -> None:
        """Return nothing: they are numbers."""


def _simple(tree: TruthNode) -> Condition | None:
    """Return a tree as one comparison with limits, or None if it says more."""
    limit = tree.limit if isinstance(tree, (Comparison, Range)) else None
    if limit is None or limit.variable not in (VALUE, ZSCORE):
        return None
    operator, variable = cast("Operator", limit.operator), cast("VariableName", limit.variable.text)
    return Condition(operator, limit.numbers, variable, limit.is_absolute)


def _as_limit(limit: object) -> float:
    if isinstance(limit, (bool, np.bool_)) or not isinstance(limit, (int, float, np.number)):
        message = f"A limit must be a number (got {limit!r})."
        raise TypeError(message)
    number = float(limit)
    if not math.isfinite(number):
        message = f"A limit must be finite (got {number!r})."
        raise ValueError(message)
    return number + 0.0
