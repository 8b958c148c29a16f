"""The numbers that a condition compares readings with, as limits on the axis of a channel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from nbstream.expressions.arithmetic import Arithmetic, Call, Negative, Number
from nbstream.expressions.comparisons import MIRRORED, Comparison, Range
from nbstream.expressions.logic import Not, Series
from nbstream.expressions.nodes import Node, TruthNode
from nbstream.expressions.variables import Channel, Statistic, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AxisLimit", "axis_limits", "moved"]

LEVELS = frozenset(["mean", "min", "max", "median"])
"""Statistics that are a place on the axis of their readings, as quantiles are ("p95"); a spread is none."""


@dataclass(frozen=True, slots=True)
class AxisLimit:
    """A number that a reading, or a level of a window of readings, is compared with."""

    channel: str | None
    """Whose readings; None is the channel that the condition is about."""
    value: float
    text: str
    """The comparison that it is of: "temperature > 24"."""
    is_of_window: bool
    """Whether a statistic is compared, not each reading."""
    place: int
    """Which of the condition's numbers it is, in the order of the text."""
    is_mirrored: bool = False
    """Whether it is the number with the other sign: the lower limit of "abs(value) > 3"."""


def axis_limits(tree: TruthNode) -> list[AxisLimit]:
    """Return the limits of a condition that are places on the axis of a channel, in the order of its text.

    Sums of channels, rates, zscores and scores have another scale: their limits are no such places.

    Examples
    --------
    >>> from nbstream.expressions.parsing import read_condition
    >>> found = axis_limits(read_condition("18 < temperature <= 24 and rate_of(pressure) > 2"))
    >>> [(limit.channel, limit.value, limit.text) for limit in found]
    [('temperature', 18.0, 'temperature > 18'), ('temperature', 24.0, 'temperature <= 24')]
    """
    return list(_limits(tree, count()))


def moved(tree: TruthNode, limit: AxisLimit, value: float) -> TruthNode:
    """Return a condition that compares with another number where one of its limits is."""
    node = _replaced(tree, count(), limit.place, -value if limit.is_mirrored else value)
    assert isinstance(node, TruthNode)
    return node


def _limits(node: Node, places: Iterator[int]) -> Iterator[AxisLimit]:
    match node:
        case Range():
            for value in (node.low, node.high):
                yield AxisLimit(None, value, node.text, False, next(places))
        case Comparison():
            numbers = [_first_place(operand, places) for operand in node.operands]
            for i, operator in enumerate(node.operators):
                left, right = node.operands[i : i + 2]
                if isinstance(right, Number):
                    yield from _compared(left, operator, right, numbers[i + 1])
                elif isinstance(left, Number) and operator in MIRRORED:
                    yield from _compared(right, MIRRORED[operator], left, numbers[i])
        case Not():
            yield from _limits(node.operand, places)
        case Series():
            for operand in node.operands:
                yield from _limits(operand, places)


def _compared(subject: Node, operator: str, number: Number, place: int) -> Iterator[AxisLimit]:
    is_absolute = isinstance(subject, Call) and subject.function == "abs"
    of = subject.arguments[0] if isinstance(subject, Call) and is_absolute else subject
    is_of_window = isinstance(of, Statistic)
    is_level = isinstance(of, Statistic) and (of.name in LEVELS or of.name[1:].isdecimal())
    if operator not in MIRRORED or not (isinstance(of, (Value, Channel)) or is_level):
        return
    channel = of.name if isinstance(of, Channel) else None
    text = f"{subject.text} {operator} {number.text}"
    yield AxisLimit(channel, number.number, text, is_of_window, place)
    if is_absolute and number.number:
        yield AxisLimit(channel, -number.number, text, is_of_window, place, is_mirrored=True)


def _first_place(node: Node, places: Iterator[int]) -> int:
    """Return the place of a number; all below `node` have had theirs then."""
    found = [next(places) for _ in range(_n_numbers(node))]
    return found[0] if found else -1


def _n_numbers(node: Node) -> int:
    match node:
        case Number():
            return 1
        case Negative():
            return _n_numbers(node.operand)
        case Arithmetic():
            return _n_numbers(node.left) + _n_numbers(node.right)
        case Call():
            return sum(map(_n_numbers, node.arguments))
    return 0


def _replaced(node: Node, places: Iterator[int], place: int, number: float) -> Node:
    """Return a copy in which the number at a place is another."""

    def inside(child: Any) -> Any:
        return _replaced(child, places, place, number)

    match node:
        case Number():
            return replace(node, number=number) if next(places) == place else node
        case Range():
            low = number if next(places) == place else node.low
            high = number if next(places) == place else node.high
            return replace(node, low=low, high=high)
        case Negative() | Not():
            return replace(node, operand=inside(node.operand))
        case Arithmetic():
            return replace(node, left=inside(node.left), right=inside(node.right))
        case Call():
            return replace(node, arguments=tuple(map(inside, node.arguments)))
        case Comparison():
            return replace(node, operands=tuple(map(inside, node.operands)))
        case Series():
            return replace(node, operands=tuple(map(inside, node.operands)))
    return node
