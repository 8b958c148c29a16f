"""The parts of a condition, and what each says of a batch of readings.

A comparison with an unknown number (NaN) is neither true nor false, and `and`, `or`, `not` follow Kleene's
logic of three values: so a truth is a pair of columns, where it is certainly true and certainly false.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, pairwise
from operator import add, eq, ge, gt, le, lt, mul, ne, sub, truediv
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.readings.batch import BoolArray, FloatArray

__all__ = [
    "PRECEDING", "STALE", "VALUE", "ZSCORE",
    "Arithmetic", "Both", "Call", "Channel", "Columns", "Comparison", "Either", "Extents", "Judging",
    "Limit", "Negative", "Node", "Not", "Number", "NumberNode", "Range", "Rate", "Score", "Series",
    "Stale", "Statistic", "Truth", "TruthNode", "Value", "Variable", "ZScore",
    "exact_number", "near_number", "numbers_compared", "short_number", "unlike_equals", "variables",
]  # fmt: skip


class Truth(NamedTuple):
    """Where something is certainly true, and where it is certainly false; unknown in neither."""

    true: BoolArray
    false: BoolArray


class Columns(Protocol):
    """What conditions are told of a batch."""

    def column(self, variable: Variable) -> FloatArray:
        """Return a variable's numbers, one per reading, NaN where it is not known."""


class Extents(Protocol):
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
class Variable(NumberNode):
    """A column of the batch; each kind is a class of its own."""

    def numbers(self, columns: Columns) -> FloatArray:
        """Return its column."""
        return columns.column(self)


@dataclass(frozen=True, slots=True)
class Value(Variable):
    """The reading."""

    text: ClassVar[str] = "value"


@dataclass(frozen=True, slots=True)
class ZScore(Variable):
    """The reading against the analyzer's window before it."""

    text: ClassVar[str] = "zscore"


@dataclass(frozen=True, slots=True)
class Channel(Variable):
    """Another channel's reading, the last one at or before this time."""

    name: str
    is_plain: bool = field(default=True, compare=False)

    @property
    def text(self) -> str:
        """As it is written."""
        return self.name if self.is_plain else f"channel({quoted(self.name)})"


@dataclass(frozen=True, slots=True)
class Score(Variable):
    """A detector's score of the rule's channel."""

    name: str

    @property
    def text(self) -> str:
        """As it is written."""
        return f"score({quoted(self.name)})"


@dataclass(frozen=True, slots=True)
class Rate(Variable):
    """Change per second between the last two readings of a channel; None is the rule's own."""

    channel: Channel | None = None

    @property
    def text(self) -> str:
        """As it is written."""
        return f"rate_of({'value' if self.channel is None else self.channel.text})"


@dataclass(frozen=True, slots=True)
class Statistic(Variable):
    """A statistic of a window of the rule's channel; None is the analyzer's window."""

    name: str
    window: str | None = None

    @property
    def text(self) -> str:
        """As it is written."""
        return self.name if self.window is None else f"{self.name}({quoted(self.window)})"


@dataclass(frozen=True, slots=True)
class Stale(Variable, TruthNode):
    """Whether the rule's channel is stale: 1 or 0 as a column."""

    text: ClassVar[str] = "stale"

    def truth(self, columns: Columns) -> Truth:
        """Return where it is stale."""
        column = columns.column(self)
        return Truth(column > 0, column <= 0)

    def describe(self, columns: Columns, sense: bool) -> str:
        """Return what it says of the only reading of `columns`."""
        return "stale" if sense else "not stale"


@dataclass(frozen=True, slots=True)
class Preceding(Variable):
    """How many readings are in the analyzer's window before the reading: what its zscore is measured by."""

    text: ClassVar[str] = "readings before"
    """For people; conditions can't name it."""


VALUE, ZSCORE, STALE, PRECEDING = Value(), ZScore(), Stale(), Preceding()


@dataclass(frozen=True, slots=True)
class Negative(NumberNode):
    """Minus a number."""

    operand: NumberNode
    precedence: ClassVar[int] = 8

    @property
    def text(self) -> str:
        """As it is written."""
        return f"-{_inside(self.operand, 9)}"

    def numbers(self, columns: Columns) -> FloatArray:
        """Return its column."""
        return -self.operand.numbers(columns)


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
        left = _inside(self.left, self.precedence)
        return f"{left} {self.operator} {_inside(self.right, self.precedence + 1)}"

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


_ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": truediv}
_COMPARE = {">": gt, ">=": ge, "<": lt, "<=": le, "==": eq, "!=": ne}
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


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


@dataclass(frozen=True, slots=True)
class Comparison(TruthNode):
    """Numbers and the comparisons between neighbours, as ``10 < value < 90``."""

    operands: tuple[NumberNode, ...]
    operators: tuple[str, ...]
    limit: Limit | None = field(init=False, compare=False, repr=False)
    precedence: ClassVar[int] = 5

    def __post_init__(self) -> None:
        """Find `limit`."""
        limit = None
        left, right, operator = self.operands[0], self.operands[1], self.operators[0]
        if len(self.operands) == 2 and operator in _MIRRORED:
            if isinstance(left, Number):
                left, right, operator = right, left, _MIRRORED[operator]
            is_absolute = isinstance(left, Call) and left.function == "abs"
            of = left.arguments[0] if isinstance(left, Call) and is_absolute else left
            if isinstance(of, Variable) and isinstance(right, Number):
                limit = Limit(of, is_absolute, operator, (right.number,))
        object.__setattr__(self, "limit", limit)

    @property
    def text(self) -> str:
        """As it is written."""
        rest = (
            f" {operator} {_inside(operand, 6)}"
            for operator, operand in zip(self.operators, self.operands[1:], strict=True)
        )
        return _inside(self.operands[0], 6) + "".join(rest)

    def truth(self, columns: Columns) -> Truth:
        """Return where all of it holds, and where one of its comparisons doesn't."""
        numbers = [operand.numbers(columns) for operand in self.operands]
        return reduce(_and, map(_compare, self.operators, numbers, numbers[1:]))

    def margin(self, columns: Columns) -> FloatArray | None:
        """Return how far its first comparison is beyond its limit."""
        if self.operators[0] in ("==", "!="):
            return None
        left, right = (operand.numbers(columns) for operand in self.operands[:2])
        return left - right if self.operators[0][0] == ">" else right - left

    def describe(self, columns: Columns, sense: bool) -> str:
        """Return it with its numbers, as it is (or, not `sense`, as it isn't)."""
        numbers = [float(operand.numbers(columns)[0]) for operand in self.operands]
        if any(math.isinf(number) for number in numbers):
            return unlike_equals(columns)
        if not sense:
            # Of a chain only what is wrong is told.
            for i, operator in enumerate(self.operators):
                if not _COMPARE[operator](numbers[i], numbers[i + 1]):
                    pair = slice(i, i + 2)
                    return _compared(self.operands[pair], (_OPPOSITE[operator],), numbers[pair])
        return _compared(self.operands, self.operators, numbers)


@dataclass(frozen=True, slots=True)
class Range(TruthNode):
    """``outside(10, 90)`` or ``inside(10, 90)``: the reading against two limits."""

    operator: str
    low: float
    high: float

    @property
    def text(self) -> str:
        """As it is written."""
        return f"{self.operator}({exact_number(self.low)}, {exact_number(self.high)})"

    def truth(self, columns: Columns) -> Truth:
        """Return where the reading is there."""
        values = columns.column(VALUE)
        outside = (values < self.low) | (values > self.high)
        inside = (values >= self.low) & (values <= self.high)
        return Truth(outside, inside) if self.operator == "outside" else Truth(inside, outside)

    @property
    def limit(self) -> Limit:
        """What it says."""
        return Limit(VALUE, False, self.operator, (self.low, self.high))

    def margin(self, columns: Columns) -> FloatArray | None:
        """Return how far beyond the nearer limit the reading is."""
        values = columns.column(VALUE)
        beyond = np.maximum(self.low - values, values - self.high)
        return beyond if self.operator == "outside" else -beyond

    def describe(self, columns: Columns, sense: bool) -> str:
        """Return it with the reading."""
        number = exact_number(float(columns.column(VALUE)[0]))
        where = self.operator if sense else "inside" if self.operator == "outside" else "outside"
        return f"value {number} {where} {exact_number(self.low)} … {exact_number(self.high)}"


@dataclass(frozen=True, slots=True)
class Not(TruthNode):
    """What isn't so."""

    operand: TruthNode
    precedence: ClassVar[int] = 4

    @property
    def text(self) -> str:
        """As it is written."""
        return f"not {_inside(self.operand, 4)}"

    def truth(self, columns: Columns) -> Truth:
        """Return true and false exchanged."""
        true, false = self.operand.truth(columns)
        return Truth(false, true)

    def margin(self, columns: Columns) -> FloatArray | None:
        """Return the other way round."""
        margin = self.operand.margin(columns)
        return None if margin is None else -margin

    def describe(self, columns: Columns, sense: bool) -> str:
        """Return why what it denies is wrong."""
        return self.operand.describe(columns, not sense)


@dataclass(frozen=True, slots=True)
class Series(TruthNode):
    """Several conditions with one word between them."""

    operands: tuple[TruthNode, ...]
    word: ClassVar[str]

    @property
    def text(self) -> str:
        """As it is written."""
        inner = self.precedence + 1
        return f" {self.word} ".join(_inside(operand, inner) for operand in self.operands)

    def margin(self, columns: Columns) -> FloatArray | None:
        """Return that of the first part that has one."""
        margins = (operand.margin(columns) for operand in self.operands)
        return next((margin for margin in margins if margin is not None), None)

    def describe(self, columns: Columns, sense: bool) -> str:
        """Return all parts where it takes all of them; else those that hold, or are wrong."""
        takes_all = sense == (self.word == "and")
        told = [o for o in self.operands if takes_all or o.truth(columns)[not sense][0]]
        joined: list[str] = []
        for operand in told:
            text = operand.describe(columns, sense)
            is_long = isinstance(operand, (Series, Not)) and (" and " in text or " or " in text)
            joined.append(f"({text})" if is_long and len(told) > 1 else text)
        return (" and " if takes_all else " or ").join(joined)


@dataclass(frozen=True, slots=True)
class Both(Series):
    """All of several conditions: ``and``."""

    precedence: ClassVar[int] = 3
    word: ClassVar[str] = "and"

    def truth(self, columns: Columns) -> Truth:
        """Return where all are true, and where one is false."""
        return reduce(_and, [operand.truth(columns) for operand in self.operands])

    def may_hold(self, extents: Extents) -> bool:
        """Return whether all of its parts can."""
        return all(operand.may_hold(extents) for operand in self.operands)


@dataclass(frozen=True, slots=True)
class Either(Series):
    """One of several conditions: ``or``."""

    precedence: ClassVar[int] = 2
    word: ClassVar[str] = "or"

    def truth(self, columns: Columns) -> Truth:
        """Return where one is true, and where all are false."""
        return reduce(_or, [operand.truth(columns) for operand in self.operands])

    def may_hold(self, extents: Extents) -> bool:
        """Return whether any of its parts can."""
        return any(operand.may_hold(extents) for operand in self.operands)


def variables(node: Node) -> Iterator[Variable]:
    """Return every variable below a node, in the order of the text."""
    match node:
        case Variable():
            yield node
        case Range():
            yield VALUE
        case Negative() | Not():
            yield from variables(node.operand)
        case Arithmetic():
            yield from variables(node.left)
            yield from variables(node.right)
        case Call():
            for argument in node.arguments:
                yield from variables(argument)
        case Comparison() | Series():
            for operand in node.operands:
                yield from variables(operand)
        case Number():
            pass


def numbers_compared(node: Node) -> tuple[float, ...] | None:
    """Return the numbers that variables below a node are compared with; None if that is not all it does."""
    match node:
        case Range():
            return node.low, node.high
        case Number():
            return (node.number,)
        case Not():
            return numbers_compared(node.operand)
        case Call(function="abs", arguments=(Variable(),)):
            return ()
        case Variable() if not isinstance(node, Stale):
            return ()
        case Comparison() | Series():
            parts = [numbers_compared(operand) for operand in node.operands]
            known = [part for part in parts if part is not None]
            return tuple(chain.from_iterable(known)) if len(known) == len(parts) else None
    return None


def _inside(node: Node, precedence: int) -> str:
    return node.text if node.precedence >= precedence else f"({node.text})"


def _compare(operator: str, left: FloatArray, right: FloatArray) -> Truth:
    """Return where a comparison holds, and where its opposite does; of NaN neither."""
    true, false = _COMPARE[operator](left, right), _COMPARE[_OPPOSITE[operator]](left, right)
    if operator in ("==", "!="):
        known = (left == left) & (right == right)
        true, false = true & known, false & known
    return Truth(true, false)


def _and(a: Truth, b: Truth) -> Truth:
    return Truth(a.true & b.true, a.false | b.false)


def _or(a: Truth, b: Truth) -> Truth:
    return Truth(a.true | b.true, a.false & b.false)


def _compared(
    operands: tuple[NumberNode, ...], operators: tuple[str, ...], numbers: list[float]
) -> str:
    """Return a comparison with its numbers, shortened never so far that it becomes wrong."""
    texts: list[str] = []
    apart = [abs(a - b) for a, b in pairwise(numbers) if a != b]
    distance = min(apart, default=0.0)
    for digits in (None, *range(6, 18)):
        texts = [
            exact_number(n) if isinstance(o, Number) else _shortened(n, digits, distance)
            for o, n in zip(operands, numbers, strict=True)
        ]
        short = [float(text) for text in texts]
        if _results(operators, short) == _results(operators, numbers):
            break
    words = [
        text if isinstance(o, Number) else f"{o.text} {text}"
        for o, text in zip(operands, texts, strict=True)
    ]
    rest = (f" {operator} {word}" for operator, word in zip(operators, words[1:], strict=True))
    return words[0] + "".join(rest)


def _shortened(number: float, digits: int | None, distance: float) -> str:
    return near_number(number, distance) if digits is None else short_number(number, digits)


def _results(operators: tuple[str, ...], numbers: list[float]) -> list[bool]:
    compared = zip(operators, numbers, numbers[1:], strict=False)
    return [_COMPARE[operator](left, right) for operator, left, right in compared]


def unlike_equals(columns: Columns) -> str:
    """Return what is said of an endless zscore, of the only reading of `columns`."""
    n = float(columns.column(PRECEDING)[0])
    return f"unlike {n:,.0f} equal readings" if n > 0 else "unlike the equal readings before"


def quoted(text: str) -> str:
    """Return text in the quotes that it doesn't contain."""
    return f"'{text}'" if '"' in text else f'"{text}"'


def short_number(number: float, digits: int = 6) -> str:
    """Return a number for people: a whole one in full, others with `digits` significant digits."""
    number = float(number)
    if math.isfinite(number) and not (number.is_integer() and abs(number) < 1e15):
        number = float(f"{number:.{digits}g}")
    return exact_number(number)


def near_number(number: float, distance: float) -> str:
    """Return a number for people: three digits, and two of its distance from what it is compared with.

    Examples
    --------
    >>> (
    ...     near_number(93.18273645, 3.18),
    ...     near_number(101325.372, 0.372),
    ...     near_number(0.0123456, 0.002),
    ... )
    ('93.2', '101325.37', '0.0123')
    """
    if not (0 < distance < math.inf) or abs(number) >= 1e15:
        return short_number(number)
    decimals = max(0, 1 - math.floor(math.log10(distance)))
    if number:
        decimals = max(decimals, 2 - math.floor(math.log10(abs(number))))
    return exact_number(round(float(number), decimals))


def exact_number(number: float) -> str:
    """Return the shortest text that is read back as exactly this number."""
    return repr(number + 0.0).removesuffix(".0")  # + 0.0 makes -0.0 plain
