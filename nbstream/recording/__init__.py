"""Recordings: what a source brings, written to a file while it comes, and replayed as it came."""

from __future__ import annotations

from nbstream.recording.recording import Recording
from nbstream.recording.replay import Replay, replay
from nbstream.recording.snapshots import Snapshots
from nbstream.recording.state import RecordingCounters, RecordingState

__all__ = ["Recording", "RecordingCounters", "RecordingState", "Replay", "Snapshots", "replay"]


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
