"""Functions, generators and loops of this kernel."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

from nbstream.sources import CallableSource, IterableSource, RandomSource, Source, TrainingSource
from nbstream.testing import SourceHarness
from tests.sources.harnesses.folder import BREAKS, NEVER_GONE, NO_MESSAGES, ONE_MACHINE
from tests.sources.harnesses.tcp import TcpHarness


class CallableHarness(SourceHarness):
    """A function that gives what is there, or raises."""

    kind: ClassVar[type[Source]] = CallableSource
    exemptions: ClassVar = {
        "half-open": "A call that does not return can't be given up: the status says for how long."
    }

    def __init__(self) -> None:
        self.waiting: deque[Any] = deque()
        self.error: Exception | None = None
        self.is_there = True

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return CallableSource(self.call, interval=0.001, **options)

    def call(self) -> Any:
        """Return the next reading."""
        error, self.error = self.error, None
        if error is not None or not self.is_there:
            raise error or ConnectionRefusedError(111, "Connection refused")
        return self.waiting.popleft() if self.waiting else None

    def start(self) -> None:
        """Let it be there."""
        self.is_there = True

    def kill(self) -> None:
        """Let it be gone."""
        self.is_there = False

    def cut(self) -> None:
        """Cut the connection."""
        self.error = ConnectionResetError(104, "Connection reset")

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self.waiting.extend(range(first, first + n))

    def poison(self) -> None:
        """Say nonsense."""
        self.waiting.append(object())


class IterableHarness(CallableHarness):
    """A generator over what is there."""

    kind = IterableSource
    exemptions: ClassVar = {
        "half-open": ONE_MACHINE,
        **dict.fromkeys(
            (
                "first connect fails",
                "killed and restarted",
                "lossy through a reconnect",
                "many cuts",
            ),
            "A generator that raised is over: Python has no way to go on with it.",
        ),
        "stop while connecting": NEVER_GONE,
    }

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return IterableSource(self.items(), interval=0.001, **options)

    def items(self) -> Iterator[Any]:
        """Yield readings for ever."""
        while True:
            yield self.call()


class GeneratorHarness(TcpHarness):
    """A server, and an asynchronous function that connects to it and yields what comes."""

    kind: ClassVar[type[Source]] = IterableSource
    label = "`IterableSource` of a function"

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return IterableSource(self.lines, **options)

    async def lines(self) -> AsyncIterator[bytes | None]:
        """Yield None once it is connected, and lines until it is no more."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(b"subscribe\n")
            yield None
            while line := await reader.readline():
                yield line
            raise ConnectionResetError(104, "Connection reset")
        finally:
            writer.close()


class TrainingHarness(SourceHarness):
    """A loop that logs."""

    kind: ClassVar[type[Source]] = TrainingSource
    exemptions: ClassVar = dict.fromkeys(BREAKS, NEVER_GONE)

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        self.live = TrainingSource(**options)
        return self.live

    def start(self) -> None:
        """Let it be there."""
        return

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        for number in range(first, first + n):
            self.live.log(value=number)

    def poison(self) -> None:
        """Say what is no number."""
        self.live.log(value=object())


class RandomHarness(SourceHarness):
    """Nobody: the numbers are made here."""

    kind: ClassVar[type[Source]] = RandomSource
    exemptions: ClassVar = {
        **dict.fromkeys(
            ("sequential 1,000", "batches", "stop and start", "poison message"), NO_MESSAGES
        ),
        **dict.fromkeys(BREAKS, NEVER_GONE),
    }

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        options.pop("random", None)
        return RandomSource(interval=0.001, **options)

    def start(self) -> None:
        """Let it be there."""
        return

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        raise NotImplementedError


HARNESSES = (
    CallableHarness,
    IterableHarness,
    GeneratorHarness,
    TrainingHarness,
    RandomHarness,
)
