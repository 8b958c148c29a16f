"""`nbstream record`: what comes, with its times, in a file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nbstream.commands.arguments import add_source, condition, duration
from nbstream.commands.exits import say
from nbstream.commands.opening import open_source
from nbstream.commands.watching import raise_failure, watching
from nbstream.errors import NbstreamError
from nbstream.recording.state import RecordingState

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from nbstream.sources import Source

__all__ = ["add_arguments", "run"]

LOOK_EVERY = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the source, the file and for how long."""
    add_source(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True,
        help="ends with .parquet (needs nbstream[record]) or .csv",
    )  # fmt: skip
    parser.add_argument(
        "--for", dest="seconds", metavar="DURATION", type=duration,
        help='"10min"; without it until the source ends, or Ctrl-C',
    )  # fmt: skip
    parser.add_argument(
        "--on", metavar="CONDITION", type=condition,
        help="record only around the times at which it holds, a file for each",
    )  # fmt: skip
    for name, word in (("before", "before"), ("after", "after")):
        parser.add_argument(
            f"--{name}", metavar="DURATION", type=duration, help=f"how much {word} that, with --on"
        )
    parser.add_argument("--overwrite", action="store_true", help="FILE may be there already")


def run(
    target: str | None,
    program: Sequence[str],
    *,
    output: str,
    seconds: float | None,
    on: str | None,
    before: float | None,
    after: float | None,
    overwrite: bool,
    **reading: Any,
) -> None:
    """Record until the source ends, the time is over, or Ctrl-C; the file is whole in any case."""
    source = open_source(target, program, **reading)
    with watching(source, is_started=False) as analyzer:
        rule = None if on is None else analyzer.alert(on)
        with source.record(
            output, on=rule, before=before, after=after, overwrite=overwrite
        ) as recording:
            source.start()
            say(f"Recording {source.name} into {output}; Ctrl-C ends it.")
            try:
                _wait(source, recording, seconds)
            finally:
                source.stop()
                analyzer.update()
                recording.stop()
                _tell(recording)
        raise_failure(source)


def _wait(source: Source, recording: Any, seconds: float | None) -> None:
    until = None if seconds is None else time.monotonic() + seconds
    while source.is_running and recording.state is not RecordingState.FAILED:
        if until is not None and time.monotonic() >= until:
            return
        time.sleep(LOOK_EVERY)


def _tell(recording: Any) -> None:
    """Say what was written.

    Raises
    ------
    NbstreamError
        If that failed.
    """
    if recording.state is RecordingState.FAILED:
        message = f"The recording failed: {recording.status}."
        raise NbstreamError(message)
    for path in recording.paths:
        print(path)
    counters = recording.counters()
    say(f"{counters.written:,} readings written.")
    if recording.missing:
        say(recording.missing)
