"""What is there as a whole and is played: a table, a Parquet file, a recording."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.recording import Replay
from nbstream.sources import DataFrameSource, ParquetSource, Source
from nbstream.testing import SourceHarness
from tests.recording.brought import BringSource
from tests.sources.harnesses.folder import BREAKS, NEVER_GONE, Folder

N = 1000
START_NS = 1_782_907_200 * 10**9
STEP_NS = 1_000_000
AS_A_WHOLE = "What it plays is there as a whole, and was read when it was recorded or made."
EXEMPTIONS = {
    "poison message": AS_A_WHOLE,
    **dict.fromkeys(BREAKS, NEVER_GONE),
}


class FrameHarness(SourceHarness):
    """A table of a thousand rows, a millisecond apart."""

    kind: ClassVar[type[Source]] = DataFrameSource
    exemptions: ClassVar = EXEMPTIONS

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        times = pd.to_datetime(START_NS + STEP_NS * np.arange(N), utc=True)
        frame = pd.DataFrame({"time": times, "value": np.arange(N)})
        return DataFrameSource(frame, **options)

    def start(self) -> None:
        """Let it be there."""
        return

    def feed(self, first: int, n: int) -> None:
        """Say nothing: the rows come as time goes on."""
        return


class ParquetHarness(Folder, FrameHarness):
    """The same table as a Parquet file."""

    kind = ParquetSource
    exemptions: ClassVar = {
        **EXEMPTIONS,
        "poison message": "Of a file that is damaged the row groups are played that can be read.",
    }

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return ParquetSource(self.path.with_suffix(".parquet"), speed=1, **options)

    def start(self) -> None:
        """Write it."""
        pytest.importorskip("pyarrow")
        times = pd.to_datetime(START_NS + STEP_NS * np.arange(N), utc=True)
        frame = pd.DataFrame({"time": times, "value": np.arange(N)})
        frame.to_parquet(self.path.with_suffix(".parquet"), row_group_size=300)


class ReplayHarness(Folder, FrameHarness):
    """A recording of as many, which is played step by step."""

    kind = Replay
    label: ClassVar = "`nbstream.replay`"

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        replay = ns.replay(self.path.with_suffix(".parquet"), **options)
        replay.pause()
        self._replays.append(replay)
        return replay

    def feed(self, first: int, n: int) -> None:
        """Let readings be played."""
        for replay in self._replays:
            replay.step(n=n)

    def __init__(self) -> None:
        super().__init__()
        self._replays: list[Replay] = []

    def start(self) -> None:
        """Record it."""
        pytest.importorskip("pyarrow")
        with BringSource() as source, source.record(self.path.with_suffix(".parquet")):
            values = {"value": np.arange(N, dtype=np.float64)}
            source._emit(Batch(START_NS + STEP_NS * np.arange(N), values))


HARNESSES = (FrameHarness, ParquetHarness, ReplayHarness)
