"""Pages of any source: a notebook of one cell, and one source for the kernels of all visitors."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import psutil
import pytest

import nbstream as ns
from nbstream.commands.cli import main
from nbstream.commands.page import SETTINGS, dashboard
from nbstream.commands.rows import json_rows
from nbstream.commands.spool import Spool, words_beside
from nbstream.readings.batch import Batch
from tests.commands.running import NBSTREAM, address_of, has_ended
from tests.recording.brought import BringSource
from tests.wait import wait_until


def test_all_kernels_follow_one_source(tmp_path: Path) -> None:
    """What a source brings is found by who reads the spool: numbers, words and times, over several files."""
    path = tmp_path / "readings.jsonl"
    source = BringSource()
    with Spool(source, path, max_bytes=20_000):
        table = source.buffer._store.labels_for("state")
        assert table is not None
        for n in range(500):
            source.bring([n], x=[float(n)], state=[table.code("OFF" if n % 2 else "RUN")])
    assert path.with_suffix(".before").exists()
    words = json.loads(words_beside(path).read_text())
    with ns.JsonLinesSource(path, time="time", states=words) as follower:
        wait_until(lambda: follower.buffer.latest().get("x", (None, None))[1] == 499, 10)
        newest = follower.buffer.latest()
    assert newest["state"][1] == "OFF"
    assert newest["x"][0].timestamp() == 1_782_907_699


def test_a_reading_that_is_missing_is_left_out() -> None:
    """A row without any value is no line."""
    nan = float("nan")
    batch = Batch(
        np.array([0, 10**9, 1]), {"a": np.array([1.0, nan, nan]), "b": np.array([nan, nan, 2.0])}
    )
    assert [json.loads(line) for line in json_rows(batch, {})] == [
        {"time": "1970-01-01T00:00:00.000000000Z", "a": 1.0},
        {"time": "1970-01-01T00:00:00.000000001Z", "b": 2.0},
    ]


def test_the_cell_of_a_page_shows_what_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, with its window, alerts, rules and title."""
    data = tmp_path / "data.csv"
    data.write_text("time,value\n1782907200,95\n1782907201,2\n")
    rules = tmp_path / "rules.json"
    with ns.Analyzer(ns.Buffer()) as analyzer:
        analyzer.alert("value < 3", name="low")
        analyzer.save_rules(rules)
    settings = {
        "what": str(data), "options": {"timezone": "UTC"}, "title": "mine", "window": "5min",
        "alerts": ["value > 90"], "detect": True, "rules": str(rules),
    }  # fmt: skip
    monkeypatch.setenv(SETTINGS, json.dumps(settings))
    shown = dashboard()
    try:
        analyzer = shown.analyzer
        wait_until(lambda: len(analyzer.alerts) == 2, 10, "both alerts")
        assert analyzer.window == "5min"
        assert [rule.name for rule in analyzer.rules] == ["value > 90", "low"]
        assert len(analyzer.detections) == 1
    finally:
        shown.close()


def words_of(process: psutil.Process) -> list[str]:
    """Return a program and its arguments, none of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def test_a_notebook_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is started."""
    pytest.importorskip("voila")
    assert main(["serve", "nowhere.ipynb"]) == 1
    assert "There is no notebook 'nowhere.ipynb'." in capsys.readouterr().err


def test_without_voila_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each command that needs it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for command in (["serve", "x.csv"], ["watch", "x.csv", "--browser"], ["demo"]):
        assert main(command) == 1
        assert 'pip install "nbstream[lab]"' in capsys.readouterr().err


def test_an_address_that_is_taken_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before voila starts, and without its traceback."""
    pytest.importorskip("voila")
    data = tmp_path / "data.csv"
    data.write_text("time,value\n1782907200,95\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["serve", str(data), "--port", str(port), "--no-browser"]) == 1
    said = capsys.readouterr().err
    assert f"nbstream: No page can be served at 127.0.0.1:{port}: " in said
    assert "Traceback" not in said


@pytest.mark.timeout(400)
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to another program there")
def test_a_program_runs_once_for_all_pages() -> None:
    """Two visitors have a kernel each, and the program that they look at is one; Ctrl-C ends all."""
    pytest.importorskip("voila")
    code = (
        "import itertools, time\nfor n in itertools.count():\n print(n, flush=True); time.sleep(.1)"
    )
    process = subprocess.Popen(
        [
            *NBSTREAM,
            "watch",
            "--browser",
            "--no-browser",
            "--port",
            "0",
            "--",
            sys.executable,
            "-c",
            code,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        address = address_of(process)
        for _ in range(2):
            with urllib.request.urlopen(address, timeout=150) as response:
                assert b"widget-view" in response.read()
        started = psutil.Process(process.pid).children(recursive=True)
        words = [words_of(p) for p in started]
        assert len([them for them in words if code in them and "watch" not in them]) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(150) == 130
        wait_until(lambda: all(map(has_ended, started)), 15, f"the end of {started}")
    finally:
        process.kill()
        process.communicate()
