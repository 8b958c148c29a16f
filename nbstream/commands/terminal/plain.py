"""Statistics as lines of text, where nothing can be drawn over: a file, a pipe, a simple terminal."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import TYPE_CHECKING, Any

from nbstream.commands.exits import say
from nbstream.commands.news import News
from nbstream.readings.zone import iso_utc, local_datetime
from nbstream.text.naming import short_name, shortened
from nbstream.widgets.keep.ticks import compact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.analysis.traits import Snapshot, Statistics
    from nbstream.sources import Source

__all__ = ["COLUMNS", "looks", "statistics_cells", "write_json", "write_text"]

COLUMNS = ("last", "mean", "std", "min", "max", "rate", "count")
COLUMN = 10
LONGEST_NAME = 30
LOOK_EVERY = 0.05


def write_text(source: Source, analyzer: Analyzer, every: float) -> None:
    """Write a line of statistics for each channel, every so many seconds, until the source has ended."""
    width = 0
    news = News(analyzer)
    for _ in looks(source, analyzer, every):
        snapshot = analyzer.snapshot()
        names = {name: _named(analyzer, name) for name in snapshot}
        wanted = max([len("channel"), *map(len, names.values())])
        if names and wanted > width:
            width = wanted
            print("time      ", "channel".ljust(width), *(f"{name:>{COLUMN}}" for name in COLUMNS))
        for name, found in snapshot.items():
            print(
                _time(analyzer, name),
                names[name].ljust(width),
                *(f"{cell:>{COLUMN}}" for cell in statistics_cells(found, COLUMN)),
            )
        sys.stdout.flush()
        for item in news:
            say(item.text)


def write_json(source: Source, analyzer: Analyzer, every: float) -> None:
    """Write lines of JSON: the statistics of all channels at each look, and what happened."""
    news = News(analyzer)
    for _ in looks(source, analyzer, every):
        for item in news:
            print(json.dumps(item.facts))
        print(json.dumps(_facts(analyzer.snapshot(), analyzer.buffer.units)), flush=True)


def looks(
    source: Source,
    analyzer: Analyzer,
    every: Callable[[], float] | float,
    *,
    always: bool = False,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[bool]:
    """Yield every so many seconds, and once when the source has ended (True).

    What had come by then is taken in before.

    Parameters
    ----------
    source, analyzer
        What is looked at.
    every
        Seconds; a function is asked before each pause.
    always
        Whether to yield although nothing came.
    wait
        Waits so many seconds; what it returns is true if one shall look at once.
    """
    seen = -1
    is_last = not source.is_running
    while True:
        analyzer.update()
        accepted = source.counters().accepted
        if always or is_last or accepted != seen:
            seen = accepted
            yield is_last
        if is_last:
            return
        is_last = _has_ended(source, every if isinstance(every, float) else every(), wait)


def _has_ended(source: Source, within: float, wait: Callable[[float], object]) -> bool:
    """Return whether a source ends within so many seconds, which are waited for else."""
    until = time.monotonic() + within
    while source.is_running:
        left = until - time.monotonic()
        if left <= 0:
            return False
        if wait(min(LOOK_EVERY, left)):
            return False
    return True


def _named(analyzer: Analyzer, name: str) -> str:
    unit = analyzer.buffer.units.get(name)
    return short_name(name, LONGEST_NAME) + (f" [{short_name(unit, COLUMN)}]" if unit else "")


def _time(analyzer: Analyzer, name: str) -> str:
    ns = analyzer.buffer.channel(name).last_time_ns
    if ns is None:
        return " " * 10
    return f"{local_datetime(ns, analyzer.buffer.timezone):%H:%M:%S}.{ns // 10**8 % 10}"


def statistics_cells(found: Statistics, width: int) -> list[str]:
    """Return what stands in the columns, each of at most so many signs."""
    spread = found.max / 2 - found.min / 2  # halves, lest the difference be no number any more
    numbers = (found.last, found.mean, found.std, found.min, found.max)
    cells = [compact(number, spread, width) for number in numbers]
    if found.label:
        cells[0] = shortened(found.label, width)
    return [*cells, compact(found.rate, found.rate, width), compact(found.count, 0.0, width)]


def _facts(snapshot: Snapshot, units: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": "statistics",
        "time": None if snapshot.time_ns is None else iso_utc(snapshot.time_ns),
        "window": str(snapshot.window),
        "channels": {
            name: _numbers(found) | ({"unit": units[name]} if units.get(name) else {})
            for name, found in snapshot.items()
        },
    }


def _numbers(found: Statistics) -> dict[str, Any]:
    numbers = {name: getattr(found, name) for name in COLUMNS}
    facts = {name: number if math.isfinite(number) else None for name, number in numbers.items()}
    return facts | ({"last": found.label} if found.label else {})
