"""docs/local_sources.md says what is so: its examples run, on small files of the names that they have."""

from __future__ import annotations

import gzip
import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbstream as ns
from nbstream.widgets.watch import _open

pytest.importorskip("pyarrow")
TEXT = (Path(__file__).parents[2] / "docs" / "local_sources.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
ELSEWHERE = ("s3://", "sftp://")


class Framework:
    """Takes what a framework's model or trainer takes."""

    def fit(self, *arguments: Any, callbacks: list[Any]) -> None:
        """Do nothing with the callbacks."""
        assert callbacks


def write_files(folder: Path) -> None:
    """Write the files that the page names."""
    frame = pd.DataFrame(
        {
            "time": pd.date_range("2026-07-01", periods=5, freq="s"),
            "temp": [1.0, 2.0, 3.0, 4.0, 5.0],
            "sensor": list("aabba"),
            "mode": list("xyxyx"),
        }
    )
    (folder / "data").mkdir()
    for name in ("x.parquet", "long.parquet", "run.parquet", "data/part-0.parquet"):
        frame.to_parquet(folder / name)
    (folder / "day-1.csv").write_text(frame.to_csv(index=False))
    (folder / "logs").mkdir()
    (folder / "logs" / "metrics.csv").write_text("step,loss\n0,1.5\n1,1.25\n")
    (folder / "app.log").write_text("12:00:00 INFO took 5ms\n")
    (folder / "app.log.2.gz").write_bytes(gzip.compress(b"11:00:00 INFO took 4ms\n", mtime=0))
    (folder / "events.jsonl").write_text('{"meta": {"ts": 1782907200}, "mode": "on", "x": 1}\n')
    (folder / "points.ndjson").write_text('{"data": {"points": [{"position": 1}]}}\n')
    (folder / "sensors.jsonl").write_text(json.dumps({"sensor": "t1", "value": 21.5}) + "\n")
    for name in ("monday", "tuesday"):
        with ns.TrainingSource() as run, run.record(folder / f"{name}.parquet"):
            run.log(loss=1.0, step=0)
            run.log(loss=0.5, step=1)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block, one after the other; only lines with what is elsewhere are left out."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    made: list[Any] = []

    def make(what: Any, interval: float = 1.0, **options: Any) -> None:
        made.append(_open(what, options, wait=False, interval=interval))

    def draw(*runs: Any, **options: Any) -> None:
        made.extend((ns_chart(*runs, **options), *(r for r in runs if isinstance(r, ns.Source))))

    def look(*where: Any, **options: Any) -> ns.LiveChart:
        made.append(ns_open(*where, **options))
        return made[-1]

    ns_chart, ns_open = ns.TrainingChart, ns.open
    monkeypatch.setattr(ns, "watch", make)
    monkeypatch.setattr(ns, "TrainingChart", draw)
    monkeypatch.setattr(ns, "open", look)
    frame = pd.read_parquet("x.parquet")
    names: dict[str, Any] = {"ns": ns, "frame": frame, "x": 0, "y": 0, "model": Framework()}
    names |= {"train": lambda step: math.exp(-step), "trainer": Framework()}
    names |= {"Trainer": lambda callbacks: callbacks}
    try:
        for block in BLOCKS:
            lines = [line for line in block.splitlines() if not any(e in line for e in ELSEWHERE)]
            exec("\n".join(lines), names)
    finally:
        for one in made:
            one.close()
    assert len(BLOCKS) == 9
    assert len([one for one in made if isinstance(one, ns.Source)]) >= 8
