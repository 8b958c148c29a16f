"""The other side of each kind of source, for `check_source`: a module a kind.

Who writes a source adds a module here, whose `HARNESSES` go into those below. A source that is checked in two
ways has a harness for each, the second with a `label` of its own.
"""

from __future__ import annotations

from typing import Any

from tests.sources.harnesses import (
    dask,
    files,
    http,
    kafka,
    machine,
    mqtt,
    process,
    python,
    redis,
    serial,
    sql,
    stdin,
    tcp,
    transforms,
    websocket,
    whole,
)

HARNESSES = (
    *files.HARNESSES,
    *python.HARNESSES,
    *stdin.HARNESSES,
    *transforms.HARNESSES,
    *process.HARNESSES,
    *machine.HARNESSES,
    *whole.HARNESSES,
    *serial.HARNESSES,
    *tcp.HARNESSES,
    *websocket.HARNESSES,
    *mqtt.HARNESSES,
    *kafka.HARNESSES,
    *redis.HARNESSES,
    *http.HARNESSES,
    *sql.HARNESSES,
    *dask.HARNESSES,
)


def label_of(harness: type[Any]) -> str:
    """Return what docs/sources.md calls the source in its table of exemptions."""
    return str(getattr(harness, "label", f"`{harness.kind.__name__}`"))
