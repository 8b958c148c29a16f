"""A Redis behind a bad network: its streams, and what is published."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from nbstream.sources import RedisSource, Source, SourceState
from nbstream.testing import Cuts
from tests.counterparts.ports import HOST
from tests.counterparts.proxy import Proxy
from tests.counterparts.redis import Redis
from tests.sources.harnesses.bad_network import BehindBadNetwork
from tests.sources.stand_ins import Library
from tests.sources.stand_ins.redis import StandInRedis
from tests.wait import wait_until


class RedisHarness(BehindBadNetwork):
    """A stream of Redis behind a bad network."""

    kind: ClassVar[type[Source]] = RedisSource
    exemptions: ClassVar = {}
    n_cuts = 60
    secret = "cAnary7Bird9"
    of: ClassVar = {"streams": "value"}

    def __init__(self) -> None:
        self._library = pytest.importorskip("redis")
        self._server = Redis(login=("ann", self.secret))
        self._proxy = Proxy(self._server.port)
        self._sources: list[Source] = []

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        url = f"redis://ann:{self.secret}@{HOST}:{self._proxy.port}/0"
        source = RedisSource(url, **self.of, **options)
        self._sources.append(source)
        return source

    def start(self) -> None:
        """Let it be there."""
        self._server.start()
        self._writer = self._library.Redis(HOST, self._server.port)

    def kill(self) -> None:
        """Let it be gone."""
        self._server.kill()

    def say(self, texts: list[str]) -> None:
        """Say messages, each as it is."""
        for source in self._sources:
            wait_until(lambda s=source: s.state is SourceState.RUNNING, 10)  # type: ignore[misc]
        with self._writer.pipeline(transaction=False) as pipeline:
            for text in texts:
                self._say(pipeline, text)
            pipeline.execute()

    def _say(self, pipeline: Any, text: str) -> None:
        pipeline.xadd("value", {"value": text})

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self.say([str(i) for i in range(first, first + n)])

    def poison(self) -> None:
        """Say nonsense."""
        self.say(['{"value": '])

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        source = RedisSource("redis://host", **self.of, **options)
        library = source._redis

        def make(*_: Any, **__: Any) -> StandInRedis:
            return StandInRedis(cuts, library.exceptions)

        source._redis = Library(library, Redis=SimpleNamespace(from_url=make))  # type: ignore[assignment]
        return source

    def close(self) -> None:
        """End it."""
        self._proxy.close()
        if hasattr(self, "_writer"):
            self._writer.close()
        self._server.close()


class PublishHarness(RedisHarness):
    """The same, of what is published."""

    label: ClassVar = "`RedisSource(topics=…)`"
    of: ClassVar = {"topics": "value"}

    def _say(self, pipeline: Any, text: str) -> None:
        pipeline.publish("value", text)


HARNESSES = (RedisHarness, PublishHarness)
