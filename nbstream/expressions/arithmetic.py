"""Numbers that were written, and what is reckoned of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add, mul, sub, truediv
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nbstream.expressions.nodes import Columns, NumberNode, inside
from nbstream.text.numbers import exact_number

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = ["Arithmetic", "Call", "Negative", "Number"]


@dataclass(frozen=True, slots=True)
class Number(NumberNode):
    """A number that was written."""

    number: float
    precedence: ClassVar[int] = 8

    @property
    def text(self) -> str:
        """As it is written."""
        return exact_number(self.number)

    def numbers(self, columns: Columns) -> FloatArray:
        """Return it as a column that fits any other."""
        return np.array([self.number])


@dataclass(frozen=True, slots=True)
class Negative(NumberNode):
    """Minus a number."""

    operand: NumberNode
    precedence: ClassVar[int] = 8

    @property
    def text(self) -> str:
        """As it is written."""
        return f"-{inside(self.operand, 9)}"

    def numbers(self, columns: Columns) -> FloatArray:
        """Return its column."""
        return -self.operand.numbers(columns)


_ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": truediv}


@dataclass(frozen=True, slots=True)
class Arithmetic(NumberNode):
    """Two numbers and + − * or / between them."""

    operator: str
    left: NumberNode
    right: NumberNode

    @property
    def precedence(self) -> int:
        """How tightly it binds."""
        return 6 if self.operator in "+-" else 7

    @property
    def text(self) -> str:
        """As it is written."""
        left = inside(self.left, self.precedence)
        return f"{left} {self.operator} {inside(self.right, self.precedence + 1)}"

    def numbers(self, columns: Columns) -> FloatArray:
        """Return its column; what has no finite answer is not known, unless one of its numbers is endless."""
        left, right = self.left.numbers(columns), self.right.numbers(columns)
        result = _ARITHMETIC[self.operator](left, right)
        is_known = np.isfinite(result)
        if not is_known.all():
            is_known |= np.isinf(left) | np.isinf(right)
        return np.where(is_known, result, np.nan)


@dataclass(frozen=True, slots=True)
class Call(NumberNode):
    """abs of one number, min or max of two; unknown if one of them is."""

    function: str
    arguments: tuple[NumberNode, ...]

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.function}({', '.join(argument.text for argument in self.arguments)})"

    def numbers(self, columns: Columns) -> FloatArray:
        """Return its column."""
        first = self.arguments[0].numbers(columns)
        if self.function == "abs":
            return np.abs(first)
        second = self.arguments[1].numbers(columns)
        return np.minimum(first, second) if self.function == "min" else np.maximum(first, second)
