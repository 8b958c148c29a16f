"""Topics of Kafka, of one partition and of several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import nbstream as ns
from benchmarks.sources.counterparts import running, sending
from benchmarks.sources.measuring import decoder, read_by, timed
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import kafka_topic
from benchmarks.sources.streamz_reading import streamz_reads
from tests.counterparts.kafka import Tansu


def kafka(_folder: Path) -> Iterator[Race]:
    """Yield the races over a topic of one partition, and of four."""
    import confluent_kafka

    n = 300_000
    loads = decoder()
    with running(Tansu) as broker:
        if broker is None:
            return

        def bare(n_partitions: int) -> int:
            settings = {"bootstrap.servers": broker.address, "group.id": "bare", "log_level": 0}
            consumer = confluent_kafka.Consumer(settings)
            topic = kafka_topic(n_partitions)
            consumer.assign(
                [confluent_kafka.TopicPartition(topic, one, 0) for one in range(n_partitions)]
            )
            came = 0
            while came < n:
                # `consume` would wait until it has all that it may bring.
                first = consumer.poll(0.25)
                if first is None:
                    continue
                for found in (first, *consumer.consume(10_000, 0)):
                    loads(found.value())
                    came += 1
            consumer.close()
            return came

        def theirs() -> dict[str, Any]:
            """Return settings of a consumer for streamz, whose source reads in a group only."""
            return {
                "bootstrap.servers": broker.address,
                "group.id": token_hex(4),
                "auto.offset.reset": "earliest",
                "log_level": 0,
            }

        def race(n_partitions: int) -> Race:
            process = sending("topic", n, broker.port, rate=n_partitions)
            assert process.wait(120) == 0
            return Race(
                f"Kafka, partitions: {n_partitions}; confluent-kafka, orjson",
                110_000,
                lambda: timed(lambda: bare(n_partitions)),
                lambda: read_by(
                    lambda b: ns.KafkaSource(
                        kafka_topic(n_partitions),
                        brokers=broker.address,
                        start="earliest",
                        buffer=b,
                    ),
                    n,
                ),
                lambda: streamz_reads(
                    lambda stream: stream.from_kafka([kafka_topic(n_partitions)], theirs()),
                    n // 10,
                ),
            )

        yield race(1)
        yield race(4)
