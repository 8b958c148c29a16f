"""Stopping a source, so that one that had to be abandoned is no success."""

from __future__ import annotations

from nbstream.sources import Source, SourceState
from nbstream.sources.base import GIVEN_UP

STOP_WITHIN = 1.0


def stops_at_once(source: Source) -> None:
    """Stop a source; its thread must have ended within a second, rather than been given up."""
    source.stop(STOP_WITHIN)
    assert source.state is SourceState.STOPPED
    assert GIVEN_UP not in source.status, source.status
