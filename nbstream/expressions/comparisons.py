"""Where a reading, a sum, a word is against its limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from operator import and_, eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from nbstream.expressions.arithmetic import Call, Number
from nbstream.expressions.nodes import Columns, Extents, Limit, NumberNode, Truth, TruthNode, inside
from nbstream.expressions.variables import PRECEDING, VALUE, Variable, Word
from nbstream.text.naming import quoted, short_name, shortened
from nbstream.text.numbers import exact_number, near_number, short_number

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = ["MIRRORED", "Comparison", "Range", "WordTest", "unlike_equals"]


_COMPARE = {">": gt, ">=": ge, "<": lt, "<=": le, "==": eq, "!=": ne}
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
"""What a comparison is when its sides change places."""


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
        if len(self.operands) == 2 and operator in MIRRORED:
            if isinstance(left, Number):
                left, right, operator = right, left, MIRRORED[operator]
            is_absolute = isinstance(left, Call) and left.function == "abs"
            of = left.arguments[0] if isinstance(left, Call) and is_absolute else left
            if isinstance(of, Variable) and isinstance(right, Number):
                limit = Limit(of, is_absolute, operator, (right.number,))
        object.__setattr__(self, "limit", limit)

    @property
    def text(self) -> str:
        """As it is written."""
        rest = (
            f" {operator} {inside(operand, 6)}"
            for operator, operand in zip(self.operators, self.operands[1:], strict=True)
        )
        return inside(self.operands[0], 6) + "".join(rest)

    def truth(self, columns: Columns) -> Truth:
        """Return where all of it holds, and where one of its comparisons doesn't."""
        numbers = [operand.numbers(columns) for operand in self.operands]
        return reduce(and_, map(_compare, self.operators, numbers, numbers[1:]))

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
class WordTest(TruthNode):
    """``state == "RUN"``, ``!=``, ``in ("RUN", "IDLE")`` or ``not in``: a channel's word against others.

    A word that has not come yet is none of the channel's; of a channel of numbers nothing is known.
    """

    subject: Word
    operator: str
    words: tuple[str, ...]
    precedence: ClassVar[int] = 5

    @property
    def text(self) -> str:
        """As it is written."""
        words = ", ".join(map(quoted, self.words))
        is_list = self.operator.endswith("in")
        return f"{self.subject.text} {self.operator} {f'({words})' if is_list else words}"

    def truth(self, columns: Columns) -> Truth:
        """Return where the word is one of these, and where it is another."""
        codes, labels = columns.column(self.subject), columns.labels(self.subject)
        known = codes == codes
        if labels is None:
            return Truth(known & False, known & False)
        is_one = known & False
        for word in self.words:
            code = labels.find(word)
            if code is not None:
                is_one |= codes == code
        is_other = known & ~is_one
        return Truth(is_one, is_other) if self.operator in ("==", "in") else Truth(is_other, is_one)

    def may_hold(self, extents: Extents) -> bool:
        """Return whether it holds for some reading."""
        return bool(self.truth(extents).true.any())

    def describe(self, columns: Columns, sense: bool) -> str:
        """Return which word it was."""
        name = short_name(self.subject.name or columns.channel)
        labels = columns.labels(self.subject)
        word = "" if labels is None else labels.text(float(columns.column(self.subject)[0]))
        said = quoted(shortened(word), "'") if word else "unknown"
        return f"{name} was {said}"


def _compare(operator: str, left: FloatArray, right: FloatArray) -> Truth:
    """Return where a comparison holds, and where its opposite does; of NaN neither."""
    true, false = _COMPARE[operator](left, right), _COMPARE[_OPPOSITE[operator]](left, right)
    if operator in ("==", "!="):
        known = (left == left) & (right == right)
        true, false = true & known, false & known
    return Truth(true, false)


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
