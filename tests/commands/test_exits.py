"""How commands end before they have begun, and where they have no output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.commands.running import NBSTREAM, has_ended
from tests.wait import wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and shells are POSIX'")


@pytest.mark.parametrize("module", ["numpy", "traitlets", "nbstream.commands.arguments"])
def test_ctrl_c_while_it_loads_shows_no_traceback(module: str) -> None:
    """Whatever is loaded when it comes; Python itself says what it has loaded."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-X",
            "importtime",
            *NBSTREAM[1:],
            "watch",
            "--plain",
            "--",
            "sleep",
            "60",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process, process.stderr as errors:
        assert any(line.endswith(f" {module}\n") for line in errors)
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in errors.read()
    assert process.returncode in (130, -signal.SIGINT)


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&-"])
def test_an_output_that_is_closed_is_none(closed: str, tmp_path: Path) -> None:
    """What it would have written goes nowhere; a file that it writes doesn't take the output's place."""
    (tmp_path / "x.csv").write_text("x\n1\n2\n")
    nbstream = f'"{sys.executable}" -m nbstream'
    script = (
        f"{nbstream} record x.csv --for 0.2 -o run.csv {closed} && "
        f"{nbstream} check --on x.csv -a 'x > 5' {closed}"
    )
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "run.csv").read_text().startswith("time,")


STUBBORN = """
import signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""
COMMAND = f"""
import sys
from pathlib import Path
from nbstream.commands.exits import ended_well
from nbstream.commands.voila import child

def command():
    with child([sys.executable, "-c", {STUBBORN!r}], log=Path("log")) as program:
        print(program.pid, flush=True)
        program.wait()

sys.exit(ended_well(command))
"""


def test_a_second_ctrl_c_ends_at_once_what_was_started_too(tmp_path: Path) -> None:
    """A program that hears nobody would take ten seconds, twice."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        program = psutil.Process(int(process.stdout.readline()))
        wait_until(lambda: (tmp_path / "log").read_text() == "ready\n", 15, "the program")

        def is_over() -> bool:
            process.send_signal(signal.SIGINT)
            return process.poll() is not None

        wait_until(is_over, 5, "the end", period=0.1)
    assert process.returncode == -signal.SIGINT
    wait_until(lambda: has_ended(program), 5, "the end of the program")


# However long this machine takes between two signals, they are as near as those of `timeout`.
PATIENT = """
import sys
from nbstream.commands import cli, exits
exits.SAME = 600.0
sys.exit(cli.main())
"""


def test_a_signal_that_comes_twice_is_one(tmp_path: Path) -> None:
    """`timeout` sends it to the program and to its group: what was recorded is whole nevertheless."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PATIENT,
            "record",
            "-o",
            "run.csv",
            "--",
            "sh",
            "-c",
            "echo 1; exec sleep 60",
        ],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = tmp_path / "run.csv.part" / "events.jsonl"
    wait_until(lambda: journal.exists() and '"batch"' in journal.read_text(), 15, "a reading")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=100)
    assert process.returncode == 143, told
    assert (tmp_path / "run.csv").read_text().startswith("time,")
