"""Measure sources: how fast they read, beside their library's own bare loop, and what they cost.

`python -m benchmarks.sources` prints tables; `--only mqtt` those whose name has the word. Messages come
from programs of their own (`benchmarks.sources.senders`) and from real servers on free ports of 127.0.0.1,
which end with this; what is not installed is named. A bare loop receives and decodes, and keeps nothing.
Rates are the best of some rounds; CPU is this process's. Nothing is judged.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks.sources.events import events
from benchmarks.sources.files import files
from benchmarks.sources.idle import idle
from benchmarks.sources.kafka import kafka
from benchmarks.sources.latency import latency
from benchmarks.sources.lines import lines
from benchmarks.sources.logging_calls import logging_calls
from benchmarks.sources.many import many
from benchmarks.sources.mqtt import mqtt
from benchmarks.sources.process import process
from benchmarks.sources.racing import HEADER, show
from benchmarks.sources.redis import redis
from benchmarks.sources.serial import serial
from benchmarks.sources.sql import sql
from benchmarks.sources.streamz_reading import has_streamz
from benchmarks.sources.websocket import websocket

RACES = {
    "files": files,
    "process": process,
    "lines": lines,
    "serial": serial,
    "websocket": websocket,
    "events": events,
    "mqtt": mqtt,
    "redis": redis,
    "kafka": kafka,
    "sql": sql,
}
COSTS = {
    "costs: calls": logging_calls,
    "costs: many": many,
    "costs: idle": idle,
    "costs: latency": latency,
}
"""What sources cost that have little to do."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Measure sources beside bare loops.")
    names = ", ".join([*RACES, *COSTS])
    parser.add_argument("--only", default="", help=f"a word in the names of what to run: {names}")
    parser.add_argument(
        "--seconds", type=float, default=4.0, help="how long each idle source is watched"
    )
    arguments = parser.parse_args()
    races = [group for name, group in RACES.items() if arguments.only in name]
    costs = [measure for name, measure in COSTS.items() if arguments.only in name]
    if not races and not costs:
        parser.error(f"nothing is called so: {arguments.only!r}; there are {names}")
    folder = Path(tempfile.mkdtemp(prefix="nbstream-sources-"))
    peer = f"streamz {version('streamz')}" if has_streamz() else "no streamz"
    print(f"sources on {os.cpu_count()} cores, Python {sys.version.split()[0]}, {peer}")
    try:
        if races:
            print(HEADER)
        for group in races:
            for race in group(folder):
                show(race)
        for measure in costs:
            measure(folder, arguments.seconds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
