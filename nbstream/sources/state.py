"""The state of a source, and the counters of its readings."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["Counters", "SourceState"]


class SourceState(Enum):
    """What a source is doing; whether a channel is stale depends on its readings, not on this."""

    IDLE = "idle"
    """Made, and not started."""
    CONNECTING = "connecting"
    """Started, before the first reading can be read; waiting for a missing file too."""
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
    """How many readings came in, and how many of them were accepted, rejected, late or dropped.

    received == accepted + rejected + late + dropped, at any time.
    """

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
