"""`nbstream replay`: what was recorded comes again, at its pace."""

from __future__ import annotations

import queue
import sys
from typing import TYPE_CHECKING, Any

from nbstream.commands.arguments import RECORDING, add_analysis, positive
from nbstream.commands.rows import json_rows
from nbstream.commands.terminal.abilities import abilities_of
from nbstream.commands.watch import add_looks, show_source
from nbstream.commands.watching import raise_failure
from nbstream.recording.replay import Replay

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from nbstream.readings.batch import Batch

__all__ = ["add_arguments", "run"]

MOST_WAITING = 16
"""Batches that wait for who reads the output; then the replay waits."""
LOOK_EVERY = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recordings, the pace and where they are shown."""
    parser.add_argument("paths", metavar="RECORDING", nargs="+", help=RECORDING)
    parser.add_argument(
        "--speed", type=_speed, default=1.0,
        help="so many times faster than it was recorded; max is as fast as possible",
    )  # fmt: skip
    when = "a time, or how long after the first reading (10min)"
    parser.add_argument("--start", metavar="WHEN", help=f"begin there: {when}")
    parser.add_argument("--stop", metavar="WHEN", help=f"end there: {when}")
    parser.add_argument("--loop", action="store_true", help="begin again at the end")
    parser.add_argument(
        "--rows", dest="as_rows", action="store_true",
        help="write the readings as lines of JSON, which `nbstream watch -` reads. "
        "What is done if there is no terminal",
    )  # fmt: skip
    add_analysis(parser)
    add_looks(parser, has_page=False)


def run(
    paths: Sequence[str],
    *,
    speed: float | None,
    start: str | None,
    stop: str | None,
    loop: bool,
    as_rows: bool,
    look: str | None,
    every: float,
    **analysis: Any,
) -> None:
    """Play recordings in the terminal, or as lines of readings."""
    source = Replay(list(paths), speed=speed, start=start, stop=stop, loop=loop)
    if as_rows or (look is None and not abilities_of().is_terminal):
        _write_rows(source)
    else:
        show_source(source, look, every, **analysis)


def _write_rows(source: Replay) -> None:
    waiting: queue.Queue[Batch] = queue.Queue(MOST_WAITING)

    def take(batch: Batch) -> None:
        while not source._is_stopping:
            try:
                return waiting.put(batch, timeout=LOOK_EVERY)
            except queue.Full:
                continue

    source._add_tap(take)
    with source:
        while source.is_running or not waiting.empty():
            try:
                batch = waiting.get(timeout=LOOK_EVERY)
            except queue.Empty:
                continue
            sys.stdout.writelines(
                f"{line}\n" for line in json_rows(batch, source.buffer._store.labels)
            )
            sys.stdout.flush()
        raise_failure(source)


def _speed(text: str) -> float | None:
    return None if text == "max" else positive(text)
