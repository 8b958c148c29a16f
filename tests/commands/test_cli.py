"""The command line, run as a user does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

from nbstream.commands.cli import main
from tests.commands.running import address_of, has_ended
from tests.wait import wait_until

ROOT = Path(__file__).parents[2]


def test_generate_writes_the_rows(tmp_path: Path) -> None:
    """`nbstream generate --count` writes a file and ends."""
    path = tmp_path / "x.csv"
    assert main(["generate", "--file", str(path), "--count", "3", "--interval", "0.001"]) == 0
    assert len(path.read_text().splitlines()) == 4


def test_errors_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be written is one line on stderr and exit code 1."""
    assert main(["generate", "--file", str(tmp_path), "--count", "1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("nbstream: ")


@pytest.mark.parametrize("arguments", [[], ["x"], ["generate", "--interval", "0"]])
def test_wrong_arguments_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Arguments that make no sense exit with 2 and say why."""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: nbstream" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to another program there")
def test_generate_ends_quietly_on_interrupt(tmp_path: Path) -> None:
    """Ctrl-C ends the writer without a traceback."""
    path = tmp_path / "x.csv"
    process = subprocess.Popen(
        [sys.executable, "-m", "nbstream", "generate", "--file", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    wait_until(lambda: path.exists() and path.read_text().count("\n") >= 2, 15, "a row")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=100)
    assert (process.returncode, output) == (130, b"")


@pytest.mark.timeout(400)
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to another program there")
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_demo_serves_a_page_and_leaves_nothing(how: signal.Signals, code: int) -> None:
    """The demo prints its address, the page answers, and the end leaves no process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nbstream", "demo", "--port", "0", "--no-browser"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = address_of(process)
        with urllib.request.urlopen(address, timeout=150) as response:
            assert b"widget-view" in response.read()
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) >= 3  # the writer, voila, a kernel
        process.send_signal(how)
        assert process.wait(150) == code
        wait_until(lambda: all(map(has_ended, started)), 15, f"the end of {started}")
    finally:
        process.kill()
        process.communicate()
