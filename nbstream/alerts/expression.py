"""Conditions such as ``value > 90``: read into numbers and an operator, never evaluated as code."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from nbstream.alerts.parsing import Operator, Variable, fail, read_comparison

if TYPE_CHECKING:
    from nbstream.readings import FloatArray

__all__ = ["Condition", "short_number"]

BoolArray: TypeAlias = npt.NDArray[np.bool_]

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

    `Condition.parse` makes one from text.

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
    variable: Variable = "value"
    is_absolute: bool = False

    def __post_init__(self) -> None:
        n_limits = 2 if self.is_range else 1
        if len(self.limits) != n_limits:
            wanted = "two limits" if n_limits == 2 else "one limit"
            message = f"{self.operator!r} needs {wanted} (got {len(self.limits)})."
            raise ValueError(message)
        limits = tuple(_as_limit(limit) for limit in self.limits)
        if self.is_range and not limits[0] < limits[1]:
            low, high = map(_exact_number, limits)
            message = f"The lower limit of {self.operator!r} must come first (got {low}, {high})."
            raise ValueError(message)
        if self.is_absolute and limits[0] < 0:
            message = f"An absolute value is never below 0 (got {_exact_number(limits[0])})."
            raise ValueError(message)
        object.__setattr__(self, "limits", limits)

    @classmethod
    def parse(cls, text: str | Condition) -> Condition:
        """Return the condition that `text` says.

        Parameters
        ----------
        text
            ``value > 90`` (``>=``, ``<``, ``<=``; ``zscore`` or ``abs(zscore)`` for ``value``; the
            limit may stand left), ``outside(10, 90)``, ``inside(15, 85)``, or a Condition. Numbers
            are written as 90, -5, 0.5 or 1e3. At most 200 characters.

        Raises
        ------
        ValueError
            If it says anything else; the message says what, and what is allowed.
        TypeError
            If it is not a str.
        """
        if isinstance(text, Condition):
            return text
        comparison = read_comparison(text)
        try:
            return cls(*comparison)
        except ValueError as error:
            fail(text, f"is not possible: {str(error).rstrip('.')}")

    @property
    def text(self) -> str:
        """The condition as `parse` reads it back: "value > 90", "outside(10, 90)"."""
        limits = ", ".join(_exact_number(limit) for limit in self.limits)
        if self.is_range:
            return f"{self.operator}({limits})"
        return f"{self.subject} {self.operator} {limits}"

    def __str__(self) -> str:
        """Return `text`."""
        return self.text

    def __repr__(self) -> str:
        """Return the parsed form for people."""
        return f"Condition({self.text!r})"

    @property
    def is_range(self) -> bool:
        """Whether there are two limits."""
        return self.operator in ("outside", "inside")

    @property
    def subject(self) -> str:
        """What is compared, as it is written: "value", "zscore" or "abs(zscore)"."""
        return f"abs({self.variable})" if self.is_absolute else self.variable

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

    def severity_of(self, values: FloatArray) -> FloatArray:
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

    def overlaps(self, other: Condition) -> bool:
        """Return whether some value makes both conditions hold; both are of the same variable."""
        return any(
            _intersect(mine, theirs) for mine in self._intervals() for theirs in other._intervals()
        )

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
        if self.variable == "zscore":
            subject = unit = None
        elif subject and self.is_absolute:
            subject = f"abs({subject})"
        limits = " … ".join(_exact_number(limit) for limit in self.limits)
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


# Lower end, whether it belongs to the interval, upper end, whether that does.
_Interval: TypeAlias = tuple[float, bool, float, bool]


def _intersect(a: _Interval, b: _Interval) -> bool:
    low, low_open = max((a[0], not a[1]), (b[0], not b[1]))
    high, high_closed = min((a[2], a[3]), (b[2], b[3]))
    return low < high or (low == high and not low_open and high_closed)


def short_number(number: float, digits: int = 6) -> str:
    """Return a number for people: a whole one in full, others with `digits` significant digits."""
    number = float(number)
    if math.isfinite(number) and not (number.is_integer() and abs(number) < 1e15):
        number = float(f"{number:.{digits}g}")
    return _exact_number(number)


def _exact_number(number: float) -> str:
    return repr(number + 0.0).removesuffix(".0")  # + 0.0 makes -0.0 plain


def _as_limit(limit: object) -> float:
    if isinstance(limit, (bool, np.bool_)) or not isinstance(limit, (int, float, np.number)):
        message = f"A limit must be a number (got {limit!r})."
        raise TypeError(message)
    number = float(limit)
    if not math.isfinite(number):
        message = f"A limit must be finite (got {number!r})."
        raise ValueError(message)
    return number + 0.0
