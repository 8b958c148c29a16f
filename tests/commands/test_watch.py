"""`nbstream watch` without a page: what is piped in, programs, files; as text and as JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from nbstream.commands.cli import main
from tests.commands.running import NBSTREAM, has_ended, left_after_a_line
from tests.wait import wait_until

POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes and signals are POSIX'")


def ran(arguments: list[str], typed: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line as a program, with something piped into it."""
    return subprocess.run(
        [*NBSTREAM, *arguments], input=typed, capture_output=True, text=True, timeout=150, **options
    )


SEQ = "".join(f"{n}\n" for n in range(1, 101))


@POSIX
def test_what_is_piped_in_is_a_table() -> None:
    """`seq 100 | nbstream watch -` writes the statistics of all hundred, and nothing else to stdout."""
    done = ran(["watch", "-"], SEQ)
    assert done.returncode == 0
    # A look that comes between the hundred and the end has a row of its own.
    head, *_, row = rows = done.stdout.splitlines()
    assert head.split() == ["time", "channel", "last", "mean", "std", "min", "max", "rate", "count"]
    assert row.split()[1:7] == ["value", "100.0", "50.5", "29.0", "1.0", "100.0"]
    assert row.split()[-1] == "100"
    assert {one.split()[1] for one in rows[1:]} == {"value"}


@POSIX
def test_json_is_for_programs() -> None:
    """Each line is an object of a kind; numbers that there are none of are null."""
    done = ran(["watch", "-", "--json", "-a", "value > 90"], "1\n95\n3\n")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    statistics = [line for line in lines if line["kind"] == "statistics"][-1]
    assert statistics["channels"]["value"]["max"] == 95
    incidents = [line for line in lines if line["kind"] == "incident"]
    assert {incident["channel"] for incident in incidents} == {"value"}
    assert [incident["state"] for incident in incidents][-1] == "resolved"


@POSIX
def test_units_are_said() -> None:
    """Beside the name in lines of text, as a key in JSON: 8.6Mi isn't more than 2.4Gi."""
    piped = "Temp: 21.5 °C\nTemp: 22 °C\n"
    assert ran(["watch", "-", "--plain"], piped).stdout.splitlines()[1].split()[1:3] == [
        "Temp",
        "[°C]",
    ]
    last = json.loads(ran(["watch", "-", "--json"], piped).stdout.splitlines()[-1])
    assert last["channels"]["Temp"]["unit"] == "°C"


@POSIX
def test_alerts_are_told_beside_the_table() -> None:
    """What fires is a line on stderr, so that stdout stays a table."""
    done = ran(["watch", "-", "--alert", "value > 90"], SEQ)
    assert "value 91 > 90" in done.stderr
    assert ">" not in done.stdout


@POSIX
def test_a_program_stands_behind_two_dashes() -> None:
    """Its options are its own; its failure is the command's."""
    code = "import sys; print('a=1 b=2'); sys.exit(3 if '-w' in sys.argv else 0)"
    done = ran(["watch", "--plain", "--", sys.executable, "-c", code])
    assert done.returncode == 0
    head, *rows = [line.split()[1] for line in done.stdout.splitlines()]
    assert head == "channel"
    assert rows in (["a", "b"], ["a", "b"] * 2)  # a look may come between the line and the end
    done = ran(["watch", "--plain", "--", "python", "-c", code, "-w"])
    assert done.returncode == 1
    assert done.stderr == "nbstream: 'python' has failed: exited with 3\n"


@POSIX
def test_a_pipe_that_closes_ends_it_quietly() -> None:
    """As `nbstream watch … | head -1` does: no traceback, and the code of SIGPIPE."""
    code, errors = left_after_a_line(
        "watch", "system://", "--interval", "0.05", "--every", "0.05", "--plain"
    )
    assert code == 141
    assert b"Traceback" not in errors


@POSIX
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_ends_as_it_is_asked_to(tmp_path: Path, how: signal.Signals, code: int) -> None:
    """Ctrl-C ends the program that it runs too, without a word."""
    script = tmp_path / "ticks.py"
    script.write_text(
        "import itertools, time\nfor n in itertools.count():\n print(n); time.sleep(.05)\n"
    )
    pid = tmp_path / "pid"
    code_ = f"import os; open({str(pid)!r}, 'w').write(str(os.getpid())); exec(open({str(script)!r}).read())"
    process = subprocess.Popen(
        [*NBSTREAM, "watch", "--every", "0.1", "--plain", "--", sys.executable, "-c", code_],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    for _ in range(2):
        assert process.stdout.readline()
    process.send_signal(how)
    _, errors = process.communicate(timeout=100)
    assert (process.returncode, errors) == (code, b"")

    def is_gone() -> bool:
        try:
            return has_ended(psutil.Process(int(pid.read_text())))
        except psutil.NoSuchProcess:
            return True

    wait_until(is_gone, 10, "the end of the program")


def test_what_is_wrong_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what to type instead, as one types it in a shell."""
    (tmp_path / "data.csv").write_text("time,x\n")
    said = {
        str(tmp_path / "data1.csv"): f"Did you mean {str(tmp_path / 'data.csv')!r}?",
        str(tmp_path / "none.csv"): "With --wait it waits for it.",
        str(tmp_path): f"nbstream watch {tmp_path / 'data.csv'}",
        "ls -l": "If it is a program: nbstream watch -- ls -l",
    }
    for target, words in said.items():
        assert main(["watch", "--plain", target]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("nbstream: ")
        assert words in line
    assert main(["check", "nowhere.json", "--on", str(tmp_path / "data.csv")]) == 1
    assert capsys.readouterr().err == "nbstream: No such file or directory: nowhere.json\n"
    assert main(["watch", "--plain", "--", "no-such-program"]) == 1
    assert "There is no program 'no-such-program'." in capsys.readouterr().err
    assert main(["watch", "--plain", "x.csv", "--", "ls"]) == 1
    assert "not both" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["watch", "-", "-w", "5 parsecs"], "5 parsecs"),
        (["watch", "-", "-a", "value >"], "value >"),
        (["watch", "-", "--terminal", "--json"], "not allowed with"),
        (["info", "x", "--", "ls"], "info runs no program"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_usage(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, before anything is started."""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert words in capsys.readouterr().err


@POSIX
def test_nothing_that_came_is_said() -> None:
    """An input without a line is no error, and not silent; one that is no numbers is an error."""
    done = ran(["watch", "-"], "")
    assert (done.returncode, done.stdout) == (0, "")
    assert "brought no readings" in done.stderr
    done = ran(["watch", "-"], "hello world\nand so on\n")
    assert done.returncode == 1
    assert "Nothing could be read" in done.stderr
