"""The parts of what a DaskSource reads: each has its place, its poll, and its failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Part"]


@dataclass(slots=True)
class Part:
    """One part of what is read, and how it goes."""

    number: int
    given: Any
    """What the function is given, or the future."""
    name: str
    """What errors call it."""
    position: Any = None
    due: float = 0.0
    """When the next poll may begin, by the monotonic clock."""
    future: Any = None
    """Of the poll that is under way."""
    asked: float = 0.0
    """When it began."""
    worker: str = ""
    """That answered last."""
    n_failed: int = 0
    """In a row."""
    failure: str = ""
    is_over: bool = False
    has_answered: bool = False
    newest: dict[str, tuple[int, float]] = field(default_factory=dict)
    """By channel the time of its newest reading, and when that came."""

    @property
    def is_unfinished(self) -> bool:
        """Whether it will bring more, as far as is known; one that fails is waited for by nobody."""
        return not (self.is_over or self.n_failed)
