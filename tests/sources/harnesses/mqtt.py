"""A broker of MQTT behind a bad network."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from nbstream.sources import MqttSource, Source, SourceState
from nbstream.testing import Cuts
from tests.counterparts.mosquitto import Mosquitto
from tests.counterparts.ports import HOST
from tests.counterparts.proxy import Proxy
from tests.sources.harnesses.bad_network import BehindBadNetwork
from tests.sources.stand_ins import Library
from tests.sources.stand_ins.mqtt import StandInClient
from tests.wait import wait_until


class MqttHarness(BehindBadNetwork):
    """A Mosquitto behind a bad network."""

    kind: ClassVar[type[Source]] = MqttSource
    exemptions: ClassVar = {}
    n_cuts = 60
    secret = "cAnary7Bird9"

    def __init__(self) -> None:
        self._publish = pytest.importorskip("paho.mqtt.publish")
        self._broker = Mosquitto()
        self._proxy = Proxy(self._broker.port)
        self._sources: list[Source] = []

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        login = {"username": "ann", "password": self.secret}
        source = MqttSource("value", host=HOST, port=self._proxy.port, **login, **options)
        self._sources.append(source)
        return source

    def start(self) -> None:
        """Let it be there."""
        self._broker.start()

    def kill(self) -> None:
        """Let it be gone."""
        self._broker.kill()

    def say(self, payloads: list[str]) -> None:
        """Say messages, each as it is."""
        for source in self._sources:
            wait_until(lambda s=source: s.state is SourceState.RUNNING, 10)  # type: ignore[misc]
        messages = [{"topic": "value", "payload": payload} for payload in payloads]
        self._publish.multiple(messages, hostname=HOST, port=self._broker.port)

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self.say([str(i) for i in range(first, first + n)])

    def poison(self) -> None:
        """Say nonsense."""
        self.say(['{"value": '])

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        source = MqttSource("value", **options)

        def make(*_: Any, **__: Any) -> StandInClient:
            return StandInClient(cuts, "value")

        source._mqtt = Library(source._mqtt, Client=make)  # type: ignore[assignment]
        return source

    def close(self) -> None:
        """End it."""
        self._proxy.close()
        self._broker.close()


HARNESSES = (MqttHarness,)
