"""Stopping a source, so that one whose thread goes on is no success."""

from __future__ import annotations

import time

from nbstream.sources import Source, SourceState

STOP_WITHIN = 1.0
SLACK = 1.0
"""Seconds that a busy machine may take longer, counted in looks: one that stands still looks at nothing."""
PERIOD = 0.002


def stops_at_once(source: Source) -> None:
    """Stop a source; its thread must have ended within a second, and not just been given up."""
    thread = source._thread
    assert thread is not None
    source.stop(STOP_WITHIN)
    assert source.state is SourceState.STOPPED
    for _ in range(round(SLACK / PERIOD)):
        if not thread.is_alive():
            return
        time.sleep(PERIOD)
    assert not thread.is_alive(), source.status
