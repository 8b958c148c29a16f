"""A broker that speaks Kafka's protocol, behind a bad network."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from nbstream.sources import KafkaSource, Source, SourceState
from nbstream.sources.network.kafka import source as module
from nbstream.testing import Cuts
from tests.counterparts.kafka import Tansu, make_topic
from tests.counterparts.ports import HOST
from tests.counterparts.proxy import Proxy
from tests.sources.harnesses.bad_network import BehindBadNetwork
from tests.sources.stand_ins import Library
from tests.sources.stand_ins.kafka import StandInConsumer, StandInIds
from tests.wait import wait_until

TOPIC = "value"


class KafkaHarness(BehindBadNetwork):
    """A Tansu behind a bad network; it forgets all when it is killed."""

    kind: ClassVar[type[Source]] = KafkaSource
    exemptions: ClassVar = {}
    n_cuts = 20
    patience = 10.0

    def __init__(self) -> None:
        self._library = pytest.importorskip("confluent_kafka")
        self._broker = Tansu()
        self._proxy = Proxy(self._broker.port)
        self._broker.advertised_port = self._proxy.port
        self._sources: list[Source] = []
        self._producer: Any = None
        self._patch = pytest.MonkeyPatch()

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        source = KafkaSource(TOPIC, brokers=f"{HOST}:{self._proxy.port}", **options)
        self._sources.append(source)
        return source

    def start(self) -> None:
        """Let it be there, with its topic."""
        self._broker.start()
        make_topic(f"{HOST}:{self._proxy.port}", TOPIC)
        self._connect()

    def _connect(self) -> None:
        address = f"{HOST}:{self._proxy.port}"
        settings: dict[str, Any] = {"bootstrap.servers": address, "log_level": 0, "linger.ms": 0}
        settings["message.max.bytes"] = 10 * 2**20
        self._producer = self._library.Producer(settings)

    def kill(self) -> None:
        """Let it be gone."""
        self._producer = None
        self._broker.kill()

    def cut(self) -> None:
        """Cut the connection, wait until the source has seen it, and let the writer connect anew."""
        super().cut()
        self._connect()

    def say(self, payloads: list[str]) -> None:
        """Say messages, each as it is."""
        for source in self._sources:
            wait_until(lambda s=source: s.state is SourceState.RUNNING, 10)  # type: ignore[misc]
        for payload in payloads:
            self._producer.produce(TOPIC, payload, partition=0)
        assert self._producer.flush(10) == 0

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self.say([str(i) for i in range(first, first + n)])

    def poison(self) -> None:
        """Say nonsense."""
        self.say(['{"value": '])

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        self._patch.setattr(module, "TopicIds", StandInIds)
        source = KafkaSource(TOPIC, brokers="host:9092", **options)
        library = source._kafka

        def make(settings: dict[str, Any], **_: Any) -> StandInConsumer:
            return StandInConsumer(cuts, library, settings)

        source._kafka = Library(library, Consumer=make)  # type: ignore[assignment]
        return source

    def close(self) -> None:
        """End it."""
        self._patch.undo()
        self._producer = None
        self._proxy.close()
        self._broker.close()


HARNESSES = (KafkaHarness,)
