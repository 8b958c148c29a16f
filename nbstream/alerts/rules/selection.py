"""Which channels a rule is for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbstream.expressions.tree import Channel, Rate
from nbstream.readings.batch import channel_name

if TYPE_CHECKING:
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
    """A name, "*" for all, several names, or None for the first."""
    named: str | None
    """The first channel of a condition that speaks of others' readings only, if it does."""

    @classmethod
    def read(cls, channel: Any, condition: Condition) -> Selection:
        """Return what `Rule(condition, channel=channel)` watches.

        Raises
        ------
        TypeError
            If `channel` is no name, nor several, nor None.
        """
        return cls(_names(channel), _named_in(condition))

    @property
    def text(self) -> str | None:
        """The name or "*"; several as "a, b"."""
        return ", ".join(self.given) if isinstance(self.given, tuple) else self.given

    def awaited(self, channels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the channels that are watched or waited for, of all that there are in order."""
        if isinstance(self.given, tuple):
            return self.given
        if self.given == "*":
            return channels
        name = self.given or self.named or next(iter(channels), None)
        return () if name is None else (name,)

    def takes(self, channel: str) -> bool:
        """Return whether readings of a channel may be meant."""
        if isinstance(self.given, tuple):
            return channel in self.given
        return self.given in (None, "*", channel)


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
        if not isinstance(of, Channel):
            return None
        names.append(of.name)
    return names[0] if names else None
