"""Programs: their output becomes readings, and nothing of them is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from nbstream.errors import ParseError
from nbstream.sources import ProcessSource, SourceState
from nbstream.testing import FakeClock
from tests.wait import wait_until

AT_ONCE = 15.0  # a Python that starts on a busy machine


def python(code: str) -> list[str]:
    """Return the command that runs code."""
    return [sys.executable, "-c", code]


def printing(text: str, *, to: str = "stdout") -> list[str]:
    """Return the command of a program that writes text and ends."""
    return python(f"import sys; sys.{to}.write({text!r})")


@contextlib.contextmanager
def run(command: list[str], **options: Any) -> Iterator[ProcessSource]:
    """Give a source whose program has ended."""
    with ProcessSource(command, **options) as source:
        wait_until(lambda: not source.is_running, AT_ONCE, lambda: f"{source!r} to end")
        yield source


def numbers(source: ProcessSource, channel: str) -> list[float]:
    """Return the values of a channel."""
    return source.buffer.channel(channel).rows(0).values.tolist()


def test_lines_become_readings() -> None:
    """Headers name channels, units are kept, every line is counted."""
    with run(printing("Temp Hum\n21.5 40\n21.6 41\nTemp Hum\n21.7 42\n")) as source:
        assert numbers(source, "Temp") == [21.5, 21.6, 21.7]
        assert source.counters()[:4] == (3, 3, 0, 0)
        assert source.state is SourceState.ENDED
        assert any("'Temp Hum'" in note and "parse=" in note for note in source.notes)
    with run(printing("Temp: 21.5 C\n")) as source:
        assert source.buffer.units == {"Temp": "C"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Temp: 21,5 C\n", "'21,5' is 21.5"),
        ("21,5;40,2\n", "'21,5' is 21.5"),
        ("21,5 40,2\n", "'21,5' is 21.5"),
        ("1782907200.5 23.5\n", "the number in front of a line is its time (unit s)"),
        ("12:00:00 temp=23.5\n", "its time (format %H:%M:%S, of the day of now)"),
        ("Jul  1 12:00:00 temp=23.5\n", "of the year of now"),
        ('{"ts": 1782907200, "temp": 23.5}\n', "'ts' is the time of a reading"),
        ("temp hum\n23.5 40\n", "'temp hum'"),
    ],
)
def test_what_is_guessed_is_said(text: str, words: str) -> None:
    """Beside it stands the option that says it otherwise, which works."""
    with run(printing(text)) as source:
        said = [note for note in source.notes if words in note]
        assert len(said) == 1
        assert said[0].endswith("Pass parse=… to say what a line means.")
    with run(printing(text), parse=lambda line: len(line)) as source:
        assert numbers(source, "value")
        assert not source.notes


@pytest.mark.parametrize("text", ["1,2\n", "a=1,234\n", "load: 1, 2\n", "1,200 MiB, 3 s\n" * 2])
def test_a_comma_that_is_no_point_is_not_called_one(text: str) -> None:
    """Nor one between thousands."""
    with run(printing(text)) as source:
        assert not [note for note in source.notes if "," in note.split(". Pass")[0]]


def test_rows_that_tables_have_too_many_of_are_counted() -> None:
    """They are dropped, not lost: received is accepted, rejected, late and dropped."""
    rows = "".join(f"disk{i:02} {i} {i}\n" for i in range(50))
    with run(printing("Device reads writes\n" + rows)) as source:
        counters = source.counters()
        assert (counters.received, counters.accepted, counters.dropped) == (50, 20, 30)
        assert any(note.startswith("30 rows of tables left out") for note in source.notes)


def test_carriage_returns_end_lines() -> None:
    """Progress that is written over itself is a reading each time, also as Windows ends lines."""
    with run(printing("loss=3\rloss=2\r\nloss=1\r\r\nloss=0")) as source:
        assert numbers(source, "loss") == [3.0, 2.0, 1.0, 0.0]


def test_a_line_without_readings_is_counted_and_shown_once() -> None:
    """The first one stands in the notes; what can be read beside it is read."""
    with run(printing("what? 1.2.3\nagain? 1.2.3\n5\n")) as source:
        assert source.counters()[:3] == (3, 1, 2)
        assert source.state is SourceState.ENDED
        assert "cannot be read: what? 1.2.3" in source.notes


def test_a_cell_that_is_no_number_costs_a_cell() -> None:
    """The rest of the line is read; how many there were stands in the notes."""
    with run(printing("a=1 b=x\na=2 b=y\n")) as source:
        assert numbers(source, "a") == [1.0, 2.0]
        assert "values that are no numbers: 2, first 'b': 'x'" in source.notes
        assert sum("no numbers" in event.text for event in source.buffer.events) == 1


@pytest.mark.parametrize("text", ["?\n", "hello world\nfoo bar\n", "x\n" * 50])
def test_output_that_cannot_be_read_fails(text: str) -> None:
    """A program that ended well has failed for us; the sentence has an example and what to do."""
    with run(printing(text)) as source:
        assert source.state is SourceState.FAILED
        assert isinstance(source.last_error, ParseError)
        assert f"first: {text.partition(chr(10))[0]!r}" in source.status
        assert "parse=" in source.status
        assert source.counters().rejected == text.count("\n")


def test_the_advice_to_parse_works() -> None:
    """What could not be read is read with the option that the error names."""
    command = printing("<<5>>\n<<6>>\n")
    with run(command) as source:
        assert "Pass parse=" in source.status
    with run(command, parse=lambda line: line.strip("<>")) as source:
        assert numbers(source, "value") == [5.0, 6.0]


def test_running_output_that_cannot_be_read_looks_unhealthy_until_it_can(tmp_path: Path) -> None:
    """The state says so while all is rejected, and is well again with the first reading."""
    gate = python(
        "import os, sys, time\n"
        "for i in range(9): print('?!')\n"
        "while not os.path.exists(sys.argv[1]): time.sleep(0.01)\n"
        "print(5); time.sleep(60)"
    )
    path = tmp_path / "gate"
    with ProcessSource([*gate, path]) as source:
        wait_until(lambda: source.state is SourceState.UNREADABLE, AT_ONCE)
        assert "Nothing could be read yet (first: '?!'). Pass parse=" in source.status
        path.touch()
        wait_until(lambda: source.state is SourceState.RUNNING, AT_ONCE)
        wait_until(lambda: source.last_error is None, AT_ONCE)


def test_output_on_the_standard_error_is_offered() -> None:
    """A program that reports there says nothing on its output: the status tells, and how to read it."""
    clock = FakeClock()
    code = "import sys, time; print('loss=5', file=sys.stderr, flush=True); time.sleep(60)"
    with ProcessSource(python(code), clock=clock) as source:
        wait_until(lambda: source.stderr, AT_ONCE)
        clock.advance(3)
        assert "stderr='merge'" in source.status
        assert source.status.endswith("loss=5")
    with run(printing("loss=5\nloss=4\r", to="stderr")) as source:
        assert source.status.endswith("(stderr='merge' reads that): loss=4)")
    with run(printing("loss=5\nloss=4\r", to="stderr"), stderr="merge") as source:
        assert numbers(source, "loss") == [5.0, 4.0]
        assert source.stderr == ("loss=5", "loss=4")


def test_lines_of_both_streams_do_not_mix() -> None:
    """Half a line of one is not joined with the other's."""
    code = (
        "import sys\n"
        "for i in range(50):\n"
        "    print('o=', end='', flush=True); print('e=', end='', file=sys.stderr, flush=True)\n"
        "    print(i, flush=True); print(i, file=sys.stderr, flush=True)"
    )
    with run(python(code), stderr="merge") as source:
        assert numbers(source, "o") == numbers(source, "e") == [float(i) for i in range(50)]


def test_stderr_is_keep_or_merge() -> None:
    """Another word is refused."""
    with pytest.raises(ValueError, match=r"'stderr' must be 'keep' or 'merge' \(got 'both'\)"):
        ProcessSource(["true"], stderr="both")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "state", "words"),
    [
        (python("import sys; print(1); sys.exit(3)"), SourceState.FAILED, "exited with 3"),
        (python("print(1); import os; os.abort()"), SourceState.FAILED, "killed by SIGABRT"),
        (["no-such-program-here"], SourceState.FAILED, "not found: no-such-program-here"),
        (python("print(1)"), SourceState.ENDED, "ended (exit 0)"),
    ],
)
def test_how_a_program_ends(command: list[str], state: SourceState, words: str) -> None:
    """The exit status becomes a state and a sentence."""
    with run(command) as source:
        assert source.state is state
        assert words in source.status


def test_a_program_that_is_stopped_is_started_again() -> None:
    """`start()` after `stop()` runs it anew, with headers of its own."""
    code = "import time; print('a b'); print('1 2', flush=True); time.sleep(60)"
    with ProcessSource(python(code)) as source:
        for n in (1, 2):
            wait_until(lambda n=n: source.counters().accepted == n, AT_ONCE)
            source.stop()
            source.start()
        assert source.buffer.channels == ("a", "b")


# Nothing is left behind.

HOLDER = """
import sys, time
from nbstream.sources import ProcessSource
source = ProcessSource(sys.argv[1:]).start()
while source.pid is None: time.sleep(0.01)
print(source.pid, source._guard.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    """Return whether a process runs, and is no zombie."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "command",
    [
        ["sleep", "1000"],
        ["sh", "-c", "sleep 1000 & sleep 1001; true"],
        ["sh", "-c", "trap '' TERM; sleep 1000 & while :; do sleep 1; done"],
    ],
    ids=["silent", "with children", "deaf to SIGTERM"],
)
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM"])
def test_a_silent_program_ends_with_the_process_that_reads_it(command: list[str], how: str) -> None:
    """However that dies: the whole group is ended, and so is the shell that watched over it."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *command], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        group, watcher = map(int, holder.stdout.readline().split())
        n_expected = 1 if command[0] == "sleep" else 3
        wait_until(lambda: len(members_of(group)) >= min(n_expected, 2), AT_ONCE)
        holder.send_signal(getattr(signal, how))
        holder.wait(AT_ONCE)
        wait_until(lambda: not members_of(group), 10, lambda: f"{members_of(group)} to end")
        wait_until(lambda: not alive(watcher), 10, "the watcher to end")
    finally:
        holder.kill()
        holder.communicate()


def members_of(group: int) -> list[int]:
    """Return the living processes of a group."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and alive(process.pid):
                found.append(process.pid)
        except ProcessLookupError:
            continue
    return found


def children() -> list[psutil.Process]:
    """Return the child processes of this one."""
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize(
    "end", [lambda source: source.stop(), lambda source: source.close()], ids=["stop", "close"]
)
def test_a_stop_leaves_no_process(end: Callable[[ProcessSource], None]) -> None:
    """Neither the program nor the shell that watches, nor a zombie of either."""
    before = {process.pid for process in children()}
    source = ProcessSource(["sh", "-c", "sleep 1000 & sleep 1001"]).start()
    wait_until(lambda: source.pid, AT_ONCE)
    end(source)
    wait_until(lambda: {process.pid for process in children()} <= before)
    source.close()


def test_a_program_that_ended_leaves_no_watcher() -> None:
    """Also one that could not be started."""
    before = {process.pid for process in children()}
    for command in (["true"], ["no-such-program-here"]):
        with run(command):
            assert {process.pid for process in children()} <= before
