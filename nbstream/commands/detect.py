"""`nbstream detect`: the strange readings of a file, each with its reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbstream.commands.arguments import add_json, add_reading
from nbstream.commands.exits import FOUND, say
from nbstream.commands.news import facts_of_anomaly
from nbstream.commands.watching import watching
from nbstream.commands.whole import open_whole, read_to_end
from nbstream.readings.zone import local_datetime
from nbstream.text.naming import printable, short_name

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from nbstream.analysis.anomaly_log import Anomaly

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file and the detectors."""
    parser.add_argument(
        "target", metavar="FILE", help="a table, lines, a recording; - is what is piped in"
    )
    parser.add_argument(
        "-d", "--detector", dest="detectors", metavar="NAME", action="append", default=[],
        help='of docs/detectors, such as "spike"; several may be given; the default one if none is',
    )  # fmt: skip
    parser.add_argument(
        "--fail", dest="fails", action="store_true", help="exit with 3 if any reading is strange"
    )
    add_reading(parser)
    add_json(parser, "write a line of JSON for each")


def run(
    target: str, *, detectors: Sequence[str], fails: bool, as_json: bool, **reading: Any
) -> int:
    """Print the strange readings of each channel of numbers, oldest first."""
    source = open_whole(target, holds_all=True, **reading)
    with watching(source, window="all", is_started=False) as analyzer:
        read_to_end(source, analyzer)
        buffer, log = analyzer.buffer, analyzer.anomalies
        names = [name for name in analyzer.channels if name not in buffer.labels]
        for name in names:
            for detector in detectors or ["default"]:
                analyzer.detect(detector, name)
        analyzer.update()
        found = sorted(log.after(0), key=lambda anomaly: anomaly.time_ns)
        for anomaly in found:
            print(json.dumps(facts_of_anomaly(anomaly)) if as_json else _line(anomaly, buffer))
        n_readings = source.counters().accepted
        say(f"{log.n_found:,} of {n_readings:,} readings are strange.")
        if log.n_found > len(found):
            say(f"The newest {len(found):,} of them are listed.")
    return FOUND if fails and log.n_found else 0


def _line(anomaly: Anomaly, buffer: Any) -> str:
    when = local_datetime(anomaly.time_ns, buffer.timezone)
    name = short_name(anomaly.channel)
    return printable(f"{when:%Y-%m-%d %H:%M:%S}  {name}  {anomaly.value:g}  {anomaly.reason}")
