"""How far a source is behind the ends of its topics."""

from __future__ import annotations

from typing import NamedTuple

from nbstream.readings.window import rough_duration

__all__ = ["Lag"]


class Lag(NamedTuple):
    """How far a source is behind the ends of its topics."""

    messages: int
    """That are there and were not read yet."""
    seconds: float
    """How old the last message is that was read, 0.0 if there are none behind it."""

    def __str__(self) -> str:
        """Return it for people."""
        age = rough_duration(round(self.seconds * 1e9))
        return f"{self.messages:,} messages behind ({age})"
