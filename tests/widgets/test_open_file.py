"""A file of any size is opened in a chart that isn't live."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nbstream as ns
from nbstream.recording.archive import archive as module
from nbstream.recording.archive.archived_buffer import ArchiveBuffer
from nbstream.recording.archive.summaries import Summaries
from nbstream.recording.door import record
from nbstream.recording.recording import Recording
from nbstream.widgets.chart.selection import read_span
from nbstream.widgets.keep.record import take
from tests.wait import wait_until

if TYPE_CHECKING:
    from nbstream.runtime.turns import Life

START = 1_782_907_200 * 10**9
N = 100_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with 100,000 rows, 1 ms apart, and a switch."""
    times = pa.array(START + np.arange(N) * 10**6).cast(pa.timestamp("ns", "UTC"))
    x = np.random.default_rng(1).normal(size=N).cumsum()
    table = pa.table({"time": times, "x": x, "pump": x > 0})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=9_000)
    return tmp_path / "x.parquet"


def sharpened(chart: ns.LiveChart) -> ns.LiveChart:
    """Return a chart when its file is summarised."""
    buffer = chart.analyzer.buffer
    assert isinstance(buffer, ArchiveBuffer)
    wait_until(lambda: buffer.archive.is_sharp)
    return chart


def test_the_chart_shows_all_and_says_that_it_is_a_file(path: Path) -> None:
    """The window is the whole file, nothing is due, and what is drawn stands for every reading."""
    chart = sharpened(ns.open(path))
    frame = chart._feed.frame()
    assert frame is not None
    meta = frame.content["meta"]
    assert meta["file"][:2] == ("off", "file")
    assert meta["delivering"] is False
    assert meta.get("stale") is None
    assert meta["window"] == "all"
    assert meta["span"] == pytest.approx((N - 1) * 1.0)
    assert [c["name"] for c in meta["channels"]] == ["x", "pump"]
    assert frame.content["total"] == 2 * N
    assert chart.layout.title.text == "x.parquet"
    assert chart._feed._lines["x"].counts(10**6).sum() == N
    assert "x = " in chart._summary()
    figure = chart.to_figure()
    assert len(figure.data[0].x) > 1000
    kept = take(chart.analyzer, chart._kept())
    assert kept.channels[0].count == N
    chart.close()


def test_a_view_is_answered_from_the_file(path: Path) -> None:
    """Row by row where it is narrow, and a selection is of the rows themselves."""
    chart = sharpened(ns.open(path, channels=["x"]))
    begin = START + 50_000 * 10**6
    payload = chart._feed.history(begin, begin + 99 * 10**6, 1000)
    assert payload.content["lines"][0][1] in range(99, 103), payload.content
    values = pq.read_table(path)["x"].to_numpy()
    selection = read_span(begin / 1e6, begin / 1e6 + 99, ["x"], chart.analyzer.buffer)
    np.testing.assert_array_equal(selection.to_pandas()["x"], values[50_000:50_100])
    assert selection.statistics()["x"].mean == pytest.approx(values[50_000:50_100].mean())
    csv = chart._csv_of((begin, begin + 99 * 10**6))
    assert csv.count("\n") == 101
    chart.close()


def test_when_more_is_known_the_line_is_sent_anew(path: Path, monkeypatch: Any) -> None:
    """And pages hear of it, so that they ask again for what they show."""
    go_on = threading.Event()
    monkeypatch.setattr(module, "MAX_RAW", 0)
    summarise = Summaries._summarise

    def later(summaries: Summaries, table: Any) -> Life:
        go_on.wait(30)
        yield from summarise(summaries, table)

    monkeypatch.setattr(Summaries, "_summarise", later)
    chart = ns.open(path, cache=False)
    first = chart._feed.frame()
    assert first is not None
    n_rough = chart._feed.n_points
    assert first.content["meta"]["file"][1] == "file, 0% summarised"
    assert chart._feed.frame() is None
    go_on.set()
    sharpened(chart)
    buffer = chart.analyzer.buffer
    wait_until(lambda: buffer.channel("x").version)
    second = chart._feed.frame()
    assert second is not None
    assert second.content["meta"]["file"][1:] == ("file", buffer.channel("x").version)
    assert chart._feed.n_points > n_rough
    chart.close()


def test_a_recording_shows_its_incidents_and_marks(tmp_path: Path) -> None:
    """As they were found then."""
    buffer = ns.Buffer(timezone="UTC")
    analyzer = ns.Analyzer(buffer)
    analyzer.alert("x > 5", severity="critical")
    recording = Recording(buffer, tmp_path / "run.parquet", analyzer=analyzer)
    for i in range(20):
        buffer.append(START / 1e9 + i, x=float(i if i < 15 else 0))
    analyzer.update()
    buffer.mark("pump on", START / 1e9 + 3)
    wait_until(lambda: recording.counters().received >= 20)
    recording.stop()
    analyzer.close()
    chart = sharpened(ns.open(tmp_path / "run.parquet"))
    frame = chart._feed.frame()
    assert frame is not None
    meta = frame.content["meta"]
    (band,) = meta["incidents"]
    assert band[:4] == [0, START / 1e6 + 6000, START / 1e6 + 15_000, "critical"]
    assert meta["markers"] == [[START / 1e6 + 3000, "pump on"]]
    chart.close()


def test_what_a_killed_recording_left_is_shown(tmp_path: Path) -> None:
    """Its parts are played into memory."""
    buffer = ns.Buffer()
    recording = record(buffer, tmp_path / "run.parquet")
    try:
        buffer.append(START / 1e9, x=1.0)
        buffer.append(START / 1e9 + 1, x=2.0)
        # What was received may still wait in memory; a process that is killed leaves what was written.
        wait_until(lambda: recording.counters().written >= 2, message="both readings on the disk")
        shutil.copytree(tmp_path / "run.parquet.part", tmp_path / "left.parquet.part")
    finally:
        recording.stop()
    chart = ns.open(tmp_path / "left.parquet")
    try:
        wait_until(lambda: len(chart.analyzer.buffer) == 2)
    finally:
        chart.close()


def test_the_words_of_an_error_name_what_is_there(tmp_path: Path) -> None:
    """An option that is unknown names the nearest; nothing stays open."""
    with pytest.raises(TypeError, match="heihgt"):
        ns.open(tmp_path / "x.parquet", heihgt=5)
    with pytest.raises(FileNotFoundError):
        ns.open(tmp_path / "x.parquet")
