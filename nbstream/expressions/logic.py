"""Conditions made of conditions: and, or, not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, ClassVar

from nbstream.expressions.nodes import Columns, Extents, Truth, TruthNode, inside

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = ["Both", "Either", "Not", "Series"]


@dataclass(frozen=True, slots=True)
class Not(TruthNode):
    """What isn't so."""

    operand: TruthNode
    precedence: ClassVar[int] = 4

    @property
    def text(self) -> str:
        """As it is written."""
        return f"not {inside(self.operand, 4)}"

    def truth(self, columns: Columns) -> Truth:
        """Return true and false exchanged."""
        return ~self.operand.truth(columns)

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
        return f" {self.word} ".join(inside(operand, inner) for operand in self.operands)

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
        return reduce(and_, [operand.truth(columns) for operand in self.operands])

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
        return reduce(or_, [operand.truth(columns) for operand in self.operands])

    def may_hold(self, extents: Extents) -> bool:
        """Return whether any of its parts can."""
        return any(operand.may_hold(extents) for operand in self.operands)
