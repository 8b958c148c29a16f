"""What is said about a source: its state and what became of its readings."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["Counters", "SourceState"]


class SourceState(Enum):
    """Where a source is in its life; whether its data are fresh is another question."""

    IDLE = "idle"
    """Made, and not started."""
    CONNECTING = "connecting"
    """Started, and not yet at its readings; also: waiting for a file that is missing."""
    RUNNING = "running"
    """Reading, or ready to read as soon as there is something."""
    UNREADABLE = "unreadable"
    """Reading, but nothing that comes can be read; `last_error` says why and what to do. The next
    reading that can be read ends it."""
    RECONNECTING = "reconnecting"
    """It failed and tries again by itself."""
    ENDED = "ended"
    """There is nothing more to read."""
    STOPPED = "stopped"
    """`stop()` ended it; `start()` goes on."""
    FAILED = "failed"
    """It cannot go on; `last_error` says why. `start()` tries once more."""


class Counters(NamedTuple):
    """What became of the readings so far; received == accepted + rejected + late + dropped."""

    received: int = 0
    """Readings (rows, lines) that came in."""
    accepted: int = 0
    """Readings that went into the buffer."""
    rejected: int = 0
    """Readings without a number or time that can be read."""
    late: int = 0
    """Readings older than the newest of their channel, left out."""
    dropped: int = 0
    """Readings given up for another reason: a line that is too long, an abandoned call."""
    reconnects: int = 0
    """Times that it tried again after a failure."""
