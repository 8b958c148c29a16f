"""The machine that tests run on: nobody sends what is measured."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from nbstream.sources import Source, SystemSource
from nbstream.testing import SourceHarness
from tests.sources.harnesses.folder import BREAKS, NEVER_GONE

MEASURED = "It measures this machine itself; nobody sends what it reads."


class SystemHarness(SourceHarness):
    """The machine that this runs on."""

    kind: ClassVar[type[Source]] = SystemSource
    exemptions: ClassVar = {
        **dict.fromkeys(
            ("sequential 1,000", "batches", "stop and start", "poison message"), MEASURED
        ),
        **dict.fromkeys(BREAKS, NEVER_GONE),
    }

    def __init__(self) -> None:
        pytest.importorskip("psutil")

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return SystemSource(0.02, **options)

    def start(self) -> None:
        """Let it be there."""
        return

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        raise NotImplementedError


HARNESSES = (SystemHarness,)
