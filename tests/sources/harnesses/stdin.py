"""What is piped into this process."""

from __future__ import annotations

import os
import sys
from typing import Any, ClassVar

from nbstream.sources import Source, StdinSource
from nbstream.testing import SourceHarness
from tests.sources.harnesses.folder import BREAKS

NO_WAY_BACK = "A pipe that has ended does not come back."


class StdinHarness(SourceHarness):
    """A pipe in the place of this process' standard input."""

    kind: ClassVar[type[Source]] = StdinSource
    exemptions: ClassVar = dict.fromkeys(BREAKS, NO_WAY_BACK)

    def __init__(self) -> None:
        self._before = sys.stdin
        self._end = -1

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return StdinSource(**options)

    def start(self) -> None:
        """Let it be there."""
        read_end, self._end = os.pipe()
        sys.stdin = open(read_end)

    def _write(self, text: str) -> None:
        rest = text.encode()
        while rest:
            rest = rest[os.write(self._end, rest) :]

    def say(self, lines: list[str]) -> None:
        """Say lines, each as it is."""
        self._write("".join(f"{line}\n" for line in lines))

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self._write("".join(f"value={i}\n" for i in range(first, first + n)))

    def poison(self) -> None:
        """Say nonsense."""
        self._write('{"value": \n')

    def close(self) -> None:
        """End it."""
        if self._end >= 0:
            os.close(self._end)
            sys.stdin.close()
        sys.stdin = self._before


HARNESSES = (StdinHarness,)
