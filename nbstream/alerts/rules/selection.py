"""Which channels a rule is for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbstream.expressions.variables import WORD, Channel, Rate, Word
from nbstream.readings.batch import channel_name

if TYPE_CHECKING:
    from collections.abc import Container

    from nbstream.alerts.conditions.condition import Condition

__all__ = ["Selection"]


@dataclass(frozen=True, slots=True)
class Selection:
    """The channels that a rule watches, of those that there are.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    given: str | tuple[str, ...] | None
    """A name, a pattern ("zone *", or "*" for all), several names, or None for the first."""
    named: str | None
    """The first channel of a condition that speaks of others' readings only, if it does."""
    is_of_words: bool = False
    """Whether the condition compares the reading with words: then "*" and the first are channels of words."""

    @classmethod
    def read(cls, channel: Any, condition: Condition) -> Selection:
        """Return what `Rule(condition, channel=channel)` watches.

        Raises
        ------
        TypeError
            If `channel` is no name, nor several, nor None.
        """
        return cls(_names(channel), _named_in(condition), WORD in condition.variables)

    @property
    def text(self) -> str | None:
        """The name or the pattern; several as "a, b"."""
        return ", ".join(self.given) if isinstance(self.given, tuple) else self.given

    @property
    def is_several(self) -> bool:
        """Whether more than one channel may be watched, each with a state of its own."""
        return isinstance(self.given, tuple) or (self.given is not None and "*" in self.given)

    def awaited(self, channels: tuple[str, ...], words: Container[str]) -> tuple[str, ...]:
        """Return the channels that are watched or waited for, of all that there are in order.

        `words` are those of them that hold words.
        """
        if isinstance(self.given, tuple):
            return self.given
        meant = (name for name in channels if (name in words) == self.is_of_words)
        if self.is_several:
            return tuple(name for name in meant if self.takes(name))
        name = self.given or self.named or next(meant, None)
        return () if name is None else (name,)

    def takes(self, channel: str) -> bool:
        """Return whether readings of a channel may be meant."""
        if isinstance(self.given, tuple):
            return channel in self.given
        if self.given is None or "*" not in self.given:
            return self.given in (None, channel)
        # Only the star means anything: brackets stand around units.
        parts = map(re.escape, self.given.split("*"))
        return re.fullmatch(".*".join(parts), channel, re.DOTALL) is not None


def _names(channel: Any) -> str | tuple[str, ...] | None:
    if channel is None:
        return None
    if isinstance(channel, str):
        return channel_name(channel)
    names = tuple(dict.fromkeys(channel)) if isinstance(channel, Iterable) else ()
    if not names or not all(isinstance(name, str) for name in names):
        message = f"'channel' must be a name, several names, '*' or None (got {channel!r:.80})."
        raise TypeError(message)
    return tuple(dict.fromkeys(map(channel_name, names)))


def _named_in(condition: Condition) -> str | None:
    names = []
    for variable in condition.variables:
        of = variable.channel if isinstance(variable, Rate) else variable
        if not isinstance(of, (Channel, Word)) or of.name is None:
            return None
        names.append(of.name)
    return names[0] if names else None
