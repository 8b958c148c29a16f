"""`nbstream record` and `replay`: what comes is kept, and comes again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nbstream.commands.cli import main
from tests.commands.running import NBSTREAM, left_after_a_line
from tests.commands.test_copying import recorded
from tests.commands.test_watch import POSIX, ran
from tests.recording.brought import Brought, held
from tests.wait import wait_until

pytest.importorskip("pyarrow")

TICKS = (
    "import itertools, time\nfor n in itertools.count():\n print(n, flush=True); time.sleep(.02)"
)


@POSIX
def test_what_is_piped_in_is_kept(tmp_path: Path) -> None:
    """The file's name is the output, the rest is talk; a file that is there is left alone."""
    path = tmp_path / "run.parquet"
    done = ran(["record", "-", "-o", str(path)], "1\n2\n3\n")
    assert (done.returncode, done.stdout) == (0, f"{path}\n")
    assert "3 readings written." in done.stderr
    assert [v for _, values in held(path) for v in values["value"]] == ["1.0", "2.0", "3.0"]
    done = ran(["record", "-", "-o", str(path)], "4\n")
    assert done.returncode == 1
    assert "exists" in done.stderr


@POSIX
def test_ctrl_c_leaves_a_whole_file(tmp_path: Path) -> None:
    """The program ends, and what it brought is one file."""
    path = tmp_path / "run.csv"
    process = subprocess.Popen(
        [*NBSTREAM, "record", "-o", str(path), "--", sys.executable, "-c", TICKS],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    parts = tmp_path / "run.csv.part"
    wait_until(
        lambda: parts.is_dir() and any(f.stat().st_size > 200 for f in parts.glob("0*")),
        20,
        "parts",
    )
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=100)
    assert (process.returncode, out) == (130, f"{path}\n")
    assert "Traceback" not in errors
    assert len(path.read_text().splitlines()) > 2
    assert not parts.exists()


@POSIX
def test_it_ends_after_a_while(tmp_path: Path) -> None:
    """With --for, though the program goes on."""
    path = tmp_path / "run.csv"
    done = ran(["record", "-o", str(path), "--for", "1s", "--", sys.executable, "-c", TICKS])
    assert (done.returncode, done.stdout) == (0, f"{path}\n")


@POSIX
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_said(tmp_path: Path) -> None:
    """In one line."""
    tmp_path.chmod(0o500)
    done = ran(["record", "-", "-o", str(tmp_path / "run.csv")], "1\n")
    assert done.returncode == 1
    assert "ermission denied" in done.stderr.splitlines()[-1]


CAME: Brought = [([0, 1], {"a": [0.0, 1.0]}), ([2], {"b": [2.0]}), ([3, 4], {"a": [3.0, 4.0]})]


def test_a_replay_writes_the_readings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines of JSON, with times and words as they were; a span of it, too."""
    path = recorded(tmp_path / "run.parquet", CAME, ("RUN",))
    assert main(["replay", str(path), "--speed", "max"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == {"time": "2026-07-01T12:00:00.000000000Z", "a": 0.0}
    assert [row.get("a", row.get("b", row.get("state"))) for row in rows] == [0, 1, 2, 3, 4, "RUN"]
    assert main(["replay", str(path), "--speed", "max", "--start", "1s", "--stop", "3s"]) == 0
    assert [json.loads(line).get("a") for line in capsys.readouterr().out.splitlines()] == [1, None]


@POSIX
def test_what_is_replayed_can_be_watched(tmp_path: Path) -> None:
    """`nbstream replay … | nbstream watch -` finds all readings with their times."""
    path = recorded(tmp_path / "run.parquet", CAME)
    replayed = ran(["replay", str(path), "--speed", "max"]).stdout
    done = ran(["watch", "-", "--json", "-w", "all"], replayed)
    channels = json.loads(done.stdout.splitlines()[-1])["channels"]
    assert {name: found["count"] for name, found in channels.items()} == {"a": 4, "b": 1}
    assert channels["a"]["rate"] == 0.75


def test_statistics_and_alerts_of_a_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --plain it is watched instead."""
    path = recorded(tmp_path / "run.parquet", CAME)
    assert main(["replay", str(path), "--speed", "max", "--plain", "-a", "a > 3.5"]) == 0
    out, errors = capsys.readouterr()
    assert out.splitlines()[0].split()[1] == "channel"
    assert "a 4 > 3.5" in errors


@POSIX
def test_who_reads_a_replay_may_go(tmp_path: Path) -> None:
    """As `| head -1` does, though there are more readings than a pipe holds."""
    many = [float(n) for n in range(20_000)]
    path = recorded(tmp_path / "run.parquet", [(many, {"a": many})])
    assert left_after_a_line("replay", str(path), "--speed", "max") == (141, b"")
