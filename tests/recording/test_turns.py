"""Where no thread can be started a recording is written in turns, and replayed in turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import nbstream as ns
from nbstream.recording.state import RecordingState
from nbstream.runtime.turns import are_taken, take_turns
from tests.recording.brought import BringSource

PATIENCE = 60.0


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let no thread be started; nothing takes turns after the test."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    yield
    assert not are_taken()


def until(holds: Callable[[], Any]) -> None:
    """Take turns until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        take_turns()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_recording_is_written_in_turns(tmp_path: Path, suffix: str) -> None:
    """Readings are written while they come; `stop` makes the file whole, and it can be replayed."""
    path = tmp_path / f"run{suffix}"
    with BringSource() as source:
        recording = source.record(path)
        source.bring([0, 1], x=[1.0, 2.0])
        until(lambda: recording.counters().written == 2)
        source.bring([2], x=[3.0])
        recording.stop()
    assert recording.state is RecordingState.FINISHED
    assert recording.counters().written == 3
    play = ns.CsvSource if suffix == ".csv" else partial(ns.replay, speed=None)
    with play(path) as again:
        until(lambda: again.counters().accepted == 3)
        assert again.buffer.to_pandas()["x"].tolist() == [1.0, 2.0, 3.0]


def test_several_files_become_whole(tmp_path: Path) -> None:
    """A file that is full is converted at once, and the next one goes on."""
    with BringSource() as source:
        recording = source.record(tmp_path / "run.csv", max_bytes=1)
        source.bring([0], x=[1.0])
        until(lambda: len(recording.paths) == 1)
        source.bring([1], x=[2.0])
        recording.stop()
    assert [path.is_file() for path in recording.paths] == [True, True]


def test_a_replay_steps_in_turns(tmp_path: Path) -> None:
    """`step` returns when the reading is in the buffer; `seek` and `resume` go on."""
    path = tmp_path / "run.parquet"
    with BringSource() as source, source.record(path):
        source.bring([0, 1, 2, 3], x=[1.0, 2.0, 3.0, 4.0])
    with ns.replay(path, speed=None) as replay:
        replay.pause()
        replay.step()
        assert replay.buffer.to_pandas()["x"].tolist() == [1.0]
        replay.step(n=2)
        assert replay.buffer.to_pandas()["x"].tolist() == [1.0, 2.0, 3.0]
        replay.resume()
        until(lambda: replay.state is ns.SourceState.ENDED)
        assert replay.buffer.n_added == 4


def test_what_surrounds_an_incident_is_written_in_turns(tmp_path: Path) -> None:
    """A rule that fires has a file of its own; `update` of the analyzer drives rule and recording."""
    with BringSource() as source, ns.Analyzer(source) as analyzer:
        rule = analyzer.alert("value > 90")
        recording = source.record(tmp_path / "fault.csv", on=rule, before="10s", after=0)
        source.bring([0, 1], value=[1.0, 95.0])
        deadline = time.monotonic() + PATIENCE
        while not recording.paths:
            assert time.monotonic() < deadline
            analyzer.update()
        recording.stop()
    [path] = recording.paths
    assert [float(line.split(",")[-2]) for line in path.read_text().split()[1:]] == [1.0, 95.0]
