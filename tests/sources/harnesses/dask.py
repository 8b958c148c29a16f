"""A cluster of Dask whose workers are threads of this process, and a function that they call."""

from __future__ import annotations

import itertools
from collections import deque
from contextlib import ExitStack
from typing import Any, ClassVar

import numpy as np

from nbstream.cluster.dask_source import DaskSource
from nbstream.sources import Source
from nbstream.testing import SourceHarness
from tests.cluster.clusters import cluster_here

BEGIN_NS = 1_790_000_000 * 10**9
STEP_NS = 10_000_000


class Said:
    """What a function on a worker finds: it is pickled by its name, so that it can't bring it along."""

    def __init__(self) -> None:
        self.waiting: deque[Any] = deque()
        self.error: Exception | None = None
        self.is_there = True


said: dict[int, Said] = {}
_numbers = itertools.count()


def read(part: int) -> Any:
    """Return what the counterpart has said since the last call."""
    here = said[part]
    error, here.error = here.error, None
    if error is not None or not here.is_there:
        raise error or ConnectionRefusedError(111, "Connection refused")
    numbers = []
    while here.waiting:
        if not isinstance(here.waiting[0], int):
            return numbers_at(numbers) if numbers else here.waiting.popleft()
        numbers.append(here.waiting.popleft())
    return numbers_at(numbers) if numbers else None


def numbers_at(numbers: list[int]) -> Any:
    """Return numbers at times that tell them apart."""
    values = np.array(numbers)
    return BEGIN_NS + values * STEP_NS, values.astype(float)


class DaskHarness(SourceHarness):
    """A function on workers that gives what is there, or raises."""

    kind: ClassVar[type[Source]] = DaskSource
    exemptions: ClassVar = {
        "half-open": "A function that does not return can't be given up: the status says for how long.",
        "many cuts": "It has no connection of its own: Dask's client has one, and mends it.",
    }

    def __init__(self) -> None:
        self.part = next(_numbers)
        self.said = said[self.part] = Said()
        self.stack = ExitStack()
        self.client = self.stack.enter_context(cluster_here(1))

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return DaskSource(self.client, read, parts=[self.part], interval=0.001, **options)

    def start(self) -> None:
        """Let it be there."""
        self.said.is_there = True

    def kill(self) -> None:
        """Let it be gone."""
        self.said.is_there = False

    def cut(self) -> None:
        """Let the next call fail."""
        self.said.error = ConnectionResetError(104, "Connection reset")

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self.said.waiting.extend(range(first, first + n))

    def poison(self) -> None:
        """Say text."""
        self.said.waiting.append("done")

    def close(self) -> None:
        """End the cluster."""
        self.stack.close()
        said.pop(self.part, None)


HARNESSES = (DaskHarness,)
