"""Kinds of settings: how each is read from what people give, written to a file, and shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nbstream.alerts.conditions.condition import Condition
from nbstream.alerts.severity import MAX_TEXT, SEVERITIES, checked_text, one_of
from nbstream.readings.window import format_duration, parse_duration

__all__ = ["Choice", "ConditionKind", "Duration", "Flag", "Kind", "Levels", "Name", "is_text"]

NS = 1_000_000_000
# Beyond this, sums of a time and a duration would leave int64.
MAX_DURATION_NS = 2**62


def is_text(value: Any) -> bool:
    """Return whether a value of a file is a text that is short enough."""
    return isinstance(value, str) and len(value) <= MAX_TEXT


class Kind:
    """What settings of one kind have in common.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    def read(self, given: Any, name: str, channels: Collection[str] | None) -> Any:
        """Return what is kept of what people give.

        Parameters
        ----------
        given
            An argument of `Rule`, or what `write` returned.
        name
            The argument's, for errors.
        channels
            Names of the channels that conditions may speak of; None is any.

        Raises
        ------
        ValueError
            If it cannot be read.
        TypeError
            If it is of a wrong type.
        """
        raise NotImplementedError

    def write(self, kept: Any) -> Any:
        """Return what `read` reads back, of str, bool, None and dicts of these only."""
        return kept

    def is_written(self, value: Any) -> bool:
        """Return whether a value of a file may be what `write` returned."""
        return is_text(value)

    def show(self, kept: Any) -> Any:
        """Return it as an attribute of a rule."""
        return kept


class ConditionKind(Kind):
    """A condition, as `Condition.parse` reads it."""

    def read(self, given: Any, name: str, channels: Collection[str] | None) -> Condition:
        """Return the condition."""
        return Condition.parse(given, channels)

    def write(self, kept: Condition) -> str:
        """Return its text."""
        return kept.text


class Levels(Kind):
    """Conditions by severity; kept by the severity's rank, ascending."""

    def read(
        self, given: Any, name: str, channels: Collection[str] | None
    ) -> tuple[tuple[int, Condition], ...]:
        """Return pairs of a rank and a condition; None is none."""
        if not given:
            return ()
        if not isinstance(given, Mapping):
            message = (
                f"{name!r} must give conditions by severity, such as "
                f"{{'critical': 'value > 95'}} (got {given!r:.80})."
            )
            raise TypeError(message)
        read = [
            (SEVERITIES.index(one_of(severity, SEVERITIES, name)), Condition.parse(text, channels))
            for severity, text in given.items()
        ]
        return tuple(sorted(read, key=lambda level: level[0]))

    def write(self, kept: tuple[tuple[int, Condition], ...]) -> dict[str, str]:
        """Return texts by severity."""
        return {SEVERITIES[rank]: level.text for rank, level in kept}

    def is_written(self, value: Any) -> bool:
        """Return whether it is such a dict."""
        return isinstance(value, dict) and len(value) <= 3 and all(map(is_text, value.values()))

    def show(self, kept: tuple[tuple[int, Condition], ...]) -> dict[str, Condition]:
        """Return conditions by severity."""
        return {SEVERITIES[rank]: level for rank, level in kept}


@dataclass(frozen=True, slots=True)
class Duration(Kind):
    """Seconds or "3s"; kept in ns, shown in seconds."""

    is_positive: bool = False
    """Whether it must be > 0."""

    def read(self, given: Any, name: str, channels: Collection[str] | None) -> int:
        """Return nanoseconds."""
        ns = parse_duration(given, name=name)
        if ns >= MAX_DURATION_NS:
            message = f"{name!r} is too long (got {given!r})."
            raise ValueError(message)
        if self.is_positive and ns == 0:
            message = f"{name!r} must be > 0 (got {given!r})."
            raise ValueError(message)
        return ns

    def write(self, kept: int) -> str:
        """Return it as "90s"."""
        return format_duration(kept)

    def show(self, kept: int) -> float:
        """Return seconds."""
        return kept / NS


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of some words."""

    allowed: tuple[str, ...]

    def read(self, given: Any, name: str, channels: Collection[str] | None) -> str:
        """Return the word."""
        return str(one_of(given, self.allowed, name))


class Flag(Kind):
    """True or False."""

    def read(self, given: Any, name: str, channels: Collection[str] | None) -> bool:
        """Return it."""
        if not isinstance(given, bool):
            message = f"{name!r} must be True or False (got {given!r:.80})."
            raise TypeError(message)
        return given

    def is_written(self, value: Any) -> bool:
        """Return whether it is a bool."""
        return isinstance(value, bool)


class Name(Kind):
    """A word for people; an empty one is none."""

    def read(self, given: Any, name: str, channels: Collection[str] | None) -> str | None:
        """Return the word, or None."""
        return checked_text(given, name) or None
