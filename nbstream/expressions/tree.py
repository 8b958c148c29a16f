"""What is asked of a whole condition: its variables, and the numbers they are compared with."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from nbstream.expressions.arithmetic import Arithmetic, Call, Negative, Number
from nbstream.expressions.comparisons import Comparison, Range, WordTest
from nbstream.expressions.logic import Not, Series
from nbstream.expressions.variables import VALUE, Stale, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbstream.expressions.nodes import Node

__all__ = ["numbers_compared", "variables"]


def variables(node: Node) -> Iterator[Variable]:
    """Return every variable below a node, in the order of the text."""
    match node:
        case Variable():
            yield node
        case Range():
            yield VALUE
        case WordTest():
            yield node.subject
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
