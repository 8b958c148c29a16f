"""What conditions can be about: a reading, another channel's, a score, a rate, a statistic, silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from nbstream.expressions.nodes import Columns, NumberNode, Truth, TruthNode
from nbstream.text.naming import quoted

if TYPE_CHECKING:
    from nbstream.readings.batch import FloatArray

__all__ = [
    "PRECEDING",
    "STALE",
    "VALUE",
    "WORD",
    "ZSCORE",
    "Channel",
    "Rate",
    "Score",
    "Stale",
    "Statistic",
    "Value",
    "Variable",
    "Word",
    "ZScore",
]


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
class Word(Variable):
    """The code of a channel's word; None is the rule's own channel."""

    name: str | None = None
    is_plain: bool = field(default=True, compare=False)

    @property
    def text(self) -> str:
        """As it is written."""
        return "value" if self.name is None else Channel(self.name, self.is_plain).text


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


VALUE, ZSCORE, STALE, PRECEDING, WORD = Value(), ZScore(), Stale(), Preceding(), Word()
