"""How old readings are when the buffer has them, of messages that come at a steady pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import nbstream as ns
from benchmarks.sources.counterparts import command_of, running, sender, sending
from benchmarks.sources.measuring import until
from benchmarks.sources.senders import HOST, TOPIC_NAME, kafka_topic
from benchmarks.sources.serial import has_ports, port_of
from tests.counterparts.kafka import Tansu, make_topic
from tests.counterparts.mosquitto import Mosquitto
from tests.counterparts.redis import Redis

RATE = 100.0
Feed = Callable[[], object]
Kinds = Iterator[tuple[str, Callable[[], ns.Source], Feed | None]]
"""Names, what makes a source, and what begins to send to it once it runs, if that must be told."""


def latency(_folder: Path, seconds: float) -> None:
    """Print the 99th percentile in ms from when a message was sent until the buffer has it."""
    print("  100 messages a second, from sender to buffer, p99 in ms")
    n = int(RATE * seconds)
    for kinds in KINDS:
        for label, make, feed in kinds(n):
            print(f"    {label:<48}{_age(make, feed, n):>11.1f}{'<= 20':>22}", flush=True)


def _age(make: Callable[[], ns.Source], feed: Feed | None, n: int) -> float:
    ages: list[float] = []

    def tap(batch: Any) -> None:
        now = time.time()
        ages.extend(now - sent for sent in batch.values.get("sent", ()))

    source = make()
    source._add_tap(tap)
    with source.start():
        if feed is not None:
            until(lambda: source.state is ns.SourceState.RUNNING)
            feed()
        until(lambda: len(ages) >= n)
    return float(np.percentile(ages, 99) * 1e3) if ages else float("nan")


def _here(n: int) -> Kinds:
    command = command_of("lines", n, rate=RATE)
    yield "a program", lambda: ns.ProcessSource(command), None
    if has_ports():
        with port_of(command) as (name, send):
            yield "a serial port", lambda: ns.SerialSource(name), send


def _connections(n: int) -> Kinds:
    with sender("websocket", n, rate=RATE) as port:
        yield "WebSocket", lambda: ns.WebSocketSource(f"ws://{HOST}:{port}"), None
    with sender("events", n, rate=RATE) as port:
        yield "events over HTTP", lambda: ns.HttpSource(f"http://{HOST}:{port}/"), None


def _brokers(n: int) -> Kinds:
    def through(port: int, kind: str) -> Feed:
        return lambda: sending(kind, n, port, rate=RATE)

    with running(Mosquitto) as server:
        if server is not None:
            port = server.port
            feed = through(port, "mqtt")
            yield "MQTT", lambda: ns.MqttSource(TOPIC_NAME, host=HOST, port=port), feed
    with running(Redis) as server:
        if server is not None:
            url, port = f"redis://{HOST}:{server.port}/0", server.port
            feed = through(port, "entries")
            yield "Redis stream", lambda: ns.RedisSource(url, streams=TOPIC_NAME), feed
            feed = through(port, "publish")
            yield "Redis channel", lambda: ns.RedisSource(url, topics=TOPIC_NAME), feed
    with running(Tansu) as server:
        if server is not None:
            brokers, topic = server.address, kafka_topic(1)
            make_topic(brokers, topic)
            feed = through(server.port, "records")
            # Kafka answers a waiting question when something comes, Tansu after fetch.wait.max.ms only.
            label = "Kafka, of Tansu, which answers late"
            yield label, lambda: ns.KafkaSource(topic, brokers=brokers), feed


KINDS = (_here, _connections, _brokers)
