"""What the tests of Kafka share: a producer, a source, and waiting for what it reads."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.sources import KafkaSource, SourceState
from tests.counterparts.kafka import MockKafka, Tansu
from tests.wait import wait_until

SOON = 20.0
Broker = Tansu | MockKafka


def send(
    broker: Broker, topic: str, *values: Any, one_by_one: bool = False, **options: Any
) -> None:
    """Write messages into partition 0, or another."""
    library = pytest.importorskip("confluent_kafka")
    client = library.Producer({"bootstrap.servers": broker.address, "log_level": 0, "linger.ms": 0})
    options.setdefault("partition", 0)
    for value in values:
        payload = value if value is None or isinstance(value, bytes) else str(value).encode()
        client.produce(topic, payload, **options)
        if one_by_one:
            client.flush(10)
    assert client.flush(10) == 0


def reads(broker: Broker, topics: Any, **options: Any) -> KafkaSource:
    """Return a source that reads."""
    source = KafkaSource(topics, brokers=broker.address, **options).start()
    is_connected(source)
    return source


def is_connected(source: KafkaSource) -> None:
    """Wait until a source has its partitions."""
    wait_until(lambda: source.state is SourceState.RUNNING, SOON, lambda: repr(source))


def values(source: KafkaSource) -> dict[str, list[float]]:
    """Return the values by channel."""
    frame = source.buffer.to_pandas()
    return {str(name): frame[name].dropna().tolist() for name in frame.columns}


def come(source: KafkaSource, expected: dict[str, list[float]]) -> None:
    """Wait until a source has read these, and no others."""
    wait_until(
        lambda: values(source) == expected,
        SOON,
        lambda: f"{values(source)} {source!r} {source.notes}",
    )


def says(source: KafkaSource, text: str) -> None:
    """Wait until a note has a text."""
    wait_until(
        lambda: any(text in note for note in source.notes),
        SOON,
        lambda: f"{source!r} {source.notes}",
    )
