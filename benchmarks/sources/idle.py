"""What sources cost to which nothing comes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbstream as ns
from benchmarks.sources.counterparts import running, sender
from benchmarks.sources.measuring import share_of_core, until
from benchmarks.sources.senders import HOST, TOPIC_NAME
from benchmarks.sources.serial import has_ports, port_of
from tests.counterparts.kafka import Tansu, make_topic
from tests.counterparts.mosquitto import Mosquitto
from tests.counterparts.postgres import Postgres
from tests.counterparts.redis import Redis

Kinds = Iterator[tuple[str, Callable[[], ns.Source]]]


def idle(folder: Path, seconds: float) -> None:
    """Print % of a core for each kind of source."""
    print("  nothing comes, % of a core")
    for kinds in KINDS:
        for label, make in kinds(folder):
            print(f"    {label:<48}{_share(make, seconds):>11.2f}{'< 0.5':>22}", flush=True)


def _share(make: Callable[[], ns.Source], seconds: float) -> float:
    with make() as source:  # which imports the library, and asks for the first time
        until(lambda: source.state is ns.SourceState.RUNNING, 5.0)
        time.sleep(1.5)
    with make() as source:
        until(lambda: source.state is ns.SourceState.RUNNING, 5.0)
        time.sleep(0.5)
        return share_of_core(seconds)


def _files(folder: Path) -> Kinds:
    (folder / "empty.csv").write_text("time,temp\n2026-07-01 12:00:00,1\n")
    (folder / "empty.jsonl").write_text('{"t":1782907200,"temp":1}\n')
    (folder / "empty.log").write_text("12:00:00 temp=1\n")
    yield "CSV", lambda: ns.CsvSource(folder / "empty.csv")
    yield "JSON lines", lambda: ns.JsonLinesSource(folder / "empty.jsonl")
    yield (
        "log",
        lambda: ns.LogSource(folder / "empty.log", r"(?P<time>\S+) temp=(?P<temp>\S+)"),
    )


def _here(_folder: Path) -> Kinds:
    yield "a program", lambda: ns.ProcessSource(["sleep", "600"])
    yield "callable, each second", lambda: ns.CallableSource(lambda: None, interval=1.0)
    yield "system", ns.SystemSource
    yield "training", ns.TrainingSource
    if has_ports():
        with port_of([]) as (name, _):
            yield "a serial port", lambda: ns.SerialSource(name)


def _connections(_folder: Path) -> Kinds:
    with sender("websocket", 0, rate=1.0) as port:
        yield "WebSocket", lambda: ns.WebSocketSource(f"ws://{HOST}:{port}")
    with sender("events", 0, rate=1.0) as port:
        yield "events over HTTP", lambda: ns.HttpSource(f"http://{HOST}:{port}/")
    with sender("answers", 0) as port:
        yield "HTTP, asked each second", lambda: ns.HttpSource(f"http://{HOST}:{port}/")


def _brokers(_folder: Path) -> Kinds:
    with running(Mosquitto) as server:
        if server is not None:
            port = server.port
            yield "MQTT", lambda: ns.MqttSource(TOPIC_NAME, host=HOST, port=port)
    with running(Redis) as server:
        if server is not None:
            url = f"redis://{HOST}:{server.port}/0"
            yield "Redis stream", lambda: ns.RedisSource(url, streams=TOPIC_NAME)
            yield "Redis channel", lambda: ns.RedisSource(url, topics=TOPIC_NAME)
    with running(Tansu) as server:
        for n in (1, 4) if server is not None else ():
            make_topic(server.address, f"quiet-{n}", n)
            yield (
                f"Kafka, partitions: {n}",
                lambda n=n, brokers=server.address: ns.KafkaSource(f"quiet-{n}", brokers=brokers),  # type: ignore[misc]
            )


def _tables(folder: Path) -> Kinds:
    text = "CREATE TABLE readings (id INTEGER PRIMARY KEY, temp REAL)"
    connection = sqlite3.connect(folder / "empty.db")
    connection.execute(text)
    connection.close()
    label = "{}, asked each second"
    yield (
        label.format("SQLite"),
        lambda: ns.SqlSource(f"sqlite:///{folder / 'empty.db'}", "readings"),
    )
    with running(Postgres) as server:
        if server is not None:
            import psycopg

            with psycopg.connect(f"host={HOST} port={server.port} user=postgres") as into:
                into.execute(text)
            yield label.format("PostgreSQL"), lambda: ns.SqlSource(server.url(), "readings")


KINDS = (_files, _here, _connections, _brokers, _tables)
