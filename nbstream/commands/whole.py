"""What is read to its end before one looks at it: a file as it is now, a recording, what is piped in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nbstream.commands.opening import open_source
from nbstream.commands.watching import raise_failure
from nbstream.errors import ConfigurationError, SourceError
from nbstream.readings.buffer import Buffer
from nbstream.recording.replay import Replay
from nbstream.sources import ParquetSource, StdinSource
from nbstream.sources.files.file_source import FileSource

if TYPE_CHECKING:
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.readings.batch import Batch
    from nbstream.sources import Source

__all__ = ["open_whole", "read_to_end"]

CAPACITY = 5_000_000
"""Readings of a channel that are held: a file whose times are elapsed seconds may bring so many at once."""
CAPACITY_OF_ALL = 50_000_000
"""And where all must be held in the end."""
LOOK_EVERY = 0.02


def open_whole(target: str | None, *, holds_all: bool = False, **reading: Any) -> Source:
    """Return a source that ends where what it reads ends.

    Parameters
    ----------
    target
        A file, a recording, or "-".
    holds_all
        Whether all readings must be held in the end.
    **reading
        As for `open_source`.

    Raises
    ------
    ConfigurationError
        If it is something that goes on.
    """
    capacity = CAPACITY_OF_ALL if holds_all else CAPACITY
    buffer = Buffer(capacity, timezone=reading.get("timezone"))
    source = open_source(target, (), buffer=buffer, **reading)
    if isinstance(source, FileSource):
        source._read_once()
    elif not isinstance(source, (ParquetSource, Replay, StdinSource)):
        source.close()
        message = f"{target!r} has no end. Give a file, or record it first: nbstream record."
        raise ConfigurationError(message)
    return source


def read_to_end(source: Source, analyzer: Analyzer) -> None:
    """Start a source and return when everything that it brought was taken in.

    Each batch is analysed before the next is read, so that nothing is evicted unseen.

    Raises
    ------
    SourceError
        If it has failed, or brought so much at once that not all of it could be looked at.
    """
    most = 0

    def take_in(batch: Batch) -> None:
        nonlocal most
        most = max(most, len(batch))
        if not analyzer.is_closed:
            analyzer.update()

    source._add_tap(take_in)
    source.start()
    while source.is_running:
        time.sleep(LOOK_EVERY)
    analyzer.update()
    raise_failure(source)
    if most > source.buffer.capacity:
        message = (
            f"{source.name!r} brought {most:,} readings at once, and only {source.buffer.capacity:,} could "
            "be looked at. Cut it into several files."
        )
        raise SourceError(message, source=source.name)
