"""What every part of a condition is, and what it says of a batch of readings.

A comparison with an unknown number (NaN) is neither true nor false, and `and`, `or`, `not` follow Kleene's
logic of three values: so a truth is a pair of columns, where it is certainly true and certainly false.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from nbstream.expressions.variables import Variable, Word
    from nbstream.readings.batch import BoolArray, FloatArray
    from nbstream.readings.labels import Labels

__all__ = [
    "Columns",
    "Extents",
    "Judging",
    "Limit",
    "Node",
    "NumberNode",
    "Truth",
    "TruthNode",
    "inside",
]


class Truth(NamedTuple):
    """Where something is certainly true, and where it is certainly false; unknown in neither."""

    true: BoolArray
    false: BoolArray

    def __and__(self, other: Truth) -> Truth:
        return Truth(self.true & other.true, self.false | other.false)

    def __or__(self, other: Truth) -> Truth:
        return Truth(self.true | other.true, self.false & other.false)

    def __invert__(self) -> Truth:
        return Truth(self.false, self.true)


class Columns(Protocol):
    """What conditions are told of a batch."""

    @property
    def channel(self) -> str:
        """Name of the channel whose readings they are."""

    def column(self, variable: Variable) -> FloatArray:
        """Return a variable's numbers, one per reading, NaN where it is not known."""

    def labels(self, variable: Word) -> Labels | None:
        """Return what the codes of a channel's words mean; None if it holds none."""


class Extents(Columns, Protocol):
    """What is quickly known of a batch."""

    def extent_of(self, variable: Variable) -> tuple[float, float] | None:
        """Return the smallest and the largest of a variable's numbers; None if none is known."""


class Judging(Protocol):
    """A condition: what is true of some columns and false of others."""

    def truth(self, columns: Columns) -> Truth:
        """Return where it is certainly true, and where certainly false."""

    def __hash__(self) -> int:
        """Equal conditions are worked out once for a batch."""


@dataclass(frozen=True, slots=True)
class Node(ABC):
    """A part of a condition, equal to those that say the same."""

    at: int = field(default=0, compare=False, kw_only=True)
    """Index of the character in the text at which it begins."""

    @property
    def precedence(self) -> int:
        """How tightly it binds."""
        return 9

    @property
    @abstractmethod
    def text(self) -> str:
        """As it is written."""


class NumberNode(Node):
    """A part that has a number for each reading."""

    __slots__ = ()

    @abstractmethod
    def numbers(self, columns: Columns) -> FloatArray:
        """Return its column."""


class TruthNode(Node):
    """A part that is true of some readings and false of others."""

    __slots__ = ()

    @property
    def limit(self) -> Limit | None:
        """What it says if it compares one variable, or its absolute value, with numbers; else None."""
        return None

    @abstractmethod
    def truth(self, columns: Columns) -> Truth:
        """Return where it is certainly true, and where certainly false."""

    def may_hold(self, extents: Extents) -> bool:
        """Return whether it can hold for some reading; quick, and never wrong where it says no."""
        return self.limit is None or self.limit.may_hold(extents)

    def margin(self, columns: Columns) -> FloatArray | None:
        """Return how far beyond its limit each reading is; None if there is none to be beyond."""
        return None

    @abstractmethod
    def describe(self, columns: Columns, sense: bool) -> str:
        """Return what it says of the only reading of `columns`, as it is (or, not `sense`, as it isn't)."""


class Limit(NamedTuple):
    """A variable against one number, or two that it is "inside" or "outside" of."""

    variable: Variable
    is_absolute: bool
    operator: str
    numbers: tuple[float, ...]

    def may_hold(self, extents: Extents) -> bool:
        """Return whether it can hold for numbers of an extent.

        The ends are known values: where no end holds, nothing between does, except inside a range.
        """
        extent = extents.extent_of(self.variable)
        if extent is None:
            return False
        low, high = extent
        if self.is_absolute:
            nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
            low, high = nearest, max(abs(low), abs(high))
        operator, number = self.operator, self.numbers[0]
        if operator[0] == ">":
            return high > number or (high == number and operator == ">=")
        if operator[0] == "<":
            return low < number or (low == number and operator == "<=")
        return operator == "inside" or low < number or high > self.numbers[1]


def inside(node: Node, precedence: int) -> str:
    """Return the text of a part of something that binds so tightly, in parentheses where it takes them."""
    return node.text if node.precedence >= precedence else f"({node.text})"
