"""How parts are laid out while a recording grows: Arrow that other tools read, and small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nbstream.readings.batch import Batch
from nbstream.recording import Recording
from nbstream.recording.encodings import ArrowEncoding
from nbstream.testing import FakeClock
from tests.recording.brought import START, BringSource, flush

pytest.importorskip("pyarrow")

import pyarrow.ipc as ipc

LZ4, ZSTD = bytes.fromhex("04224d18"), bytes.fromhex("28b52ffd")
"""What their frames begin with."""


def test_a_part_is_an_arrow_stream_compressed_with_lz4(tmp_path: Path) -> None:
    """Pyarrow reads it, while it grows and when it was ended; what repeats takes little of it."""
    n = 10_000
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", clock=FakeClock())
        source.bring(list(range(n)), a=[21.5] * n, b=[0.0] * n)
        flush(recording)
        part = tmp_path / "run.parquet.part" / "0000.arrow"
        content = part.read_bytes()
        ended = content + ArrowEncoding.ending
        for data in (content, ended):
            with ipc.open_stream(data) as stream:
                batch = stream.read_next_batch()
        recording.stop()
    assert batch.schema.names == ["arrival", "time", "a", "b"]
    assert {str(batch.schema.field(name).type) for name in ("arrival", "time")} == {
        "timestamp[ns, tz=UTC]"
    }
    assert batch.column("a").to_pylist() == [21.5] * n
    assert content.count(LZ4) == 4  # one frame a column
    assert ZSTD not in content
    assert len(content) < batch.nbytes / 3


def test_200_topics_that_report_alone_take_little_each(tmp_path: Path) -> None:
    """A reading of full precision takes at most 30 bytes, the journal's included; wide it would be 1,633."""
    clock, rng = FakeClock(), np.random.default_rng(1)
    n = 0
    with BringSource() as source:
        recording = Recording(source, tmp_path / "run.parquet", clock=clock)
        for second in range(10):
            for topic in range(200):
                at = START + second * 10**9 + topic * 5_000_000 + int(rng.integers(1_000_000))
                source._emit(Batch(np.array([at]), {f"plant/{topic}": rng.normal(size=1)}))
                n += 1
            clock.advance(1)
            flush(recording)
        folder = tmp_path / "run.parquet.part"
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        n_bytes = recording.counters().n_bytes
        recording.stop()
    assert sorted(sizes) == ["0000.arrow", "0001.arrow", "events.jsonl"]
    assert sum(sizes.values()) == n_bytes
    assert n_bytes / n < 30
