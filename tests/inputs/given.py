"""What a test gives to nbstream, and what a person expects to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["NAN", "Given"]

NAN = float("nan")


@dataclass(frozen=True)
class Given:
    """One input as programs and devices write it."""

    name: str
    """What wrote it."""
    text: str | bytes
    """The file, or what the program prints; str is UTF-8."""
    channels: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Values that must be there, NaN where a reading is missing; others may be beside them."""
    times: Sequence[str] | None = None
    """ISO times in UTC of the first of `channels`; None where readings get the time of arrival."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Units that must be known."""
    says: Sequence[str] = ()
    """What must be told in notes, status or error: each in any case."""
    absent: Sequence[str] = ()
    """Channels that there must not be."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of the source; times without a zone are UTC unless it says otherwise."""
    n_rejected: int = 0
    """Lines that are counted as unreadable."""
    by: Literal["file", "program"] = "file"
    """Whether a file holds it or a program prints it."""

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self.text.encode() if isinstance(self.text, str) else self.text
