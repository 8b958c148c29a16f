"""A source made of another."""

from __future__ import annotations

from typing import Any, ClassVar

from nbstream.sources import Source
from nbstream.sources.transforms.steps import Keep
from nbstream.sources.transforms.transform import Transform
from tests.sources.harnesses.python import CallableHarness


class TransformHarness(CallableHarness):
    """The same function behind a chain of transforms."""

    kind = Transform
    exemptions: ClassVar = {"half-open": "It is what the source is that it is made of."}

    def make(self, **options: Any) -> Source:
        """Return a chain."""
        buffer = options.pop("buffer", None)
        source = super().make(**options).rename(value="x").where("x >= 0")
        if buffer is not None:
            return Transform([source], Keep(), buffer=buffer)
        return source.map(lambda reading: {"x": reading["x"]})


HARNESSES = (TransformHarness,)
