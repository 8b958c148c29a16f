"""What a recording is doing, and the counters of its readings."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["RecordingCounters", "RecordingState"]


class RecordingState(Enum):
    """What a recording is doing."""

    RECORDING = "recording"
    """It takes what the source brings."""
    CONVERTING = "converting"
    """Stopped; the parts become one file."""
    FINISHED = "finished"
    """The file is whole."""
    FAILED = "failed"
    """It could not go on, and `last_error` says why; what was written can be replayed."""


class RecordingCounters(NamedTuple):
    """Readings of all channels; what is neither written nor dropped waits."""

    received: int = 0
    """That the source brought."""
    written: int = 0
    """That are in the file, or its parts."""
    dropped: int = 0
    """That had no place while the disk was too slow, or came after it had failed."""
    n_gaps: int = 0
    """Times at which readings were dropped."""
    n_bytes: int = 0
    """Written so far, before the conversion."""
