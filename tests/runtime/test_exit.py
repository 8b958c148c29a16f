"""The end of a process: nothing hangs, nothing is said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager

from tests.wait import wait_until

SCRIPT = """
import nbstream as ns
source = ns.RandomSource(interval=0.01).start()
analyzer = ns.Analyzer(source, window="1s")
chart = ns.LiveChart(analyzer)
while analyzer.count < 3:
    analyzer.update()
print("running")
"""


@pytest.mark.timeout(60)
def test_a_script_that_ends_with_everything_running() -> None:
    """A plain script with a running source, analyzer and chart ends by itself, without a traceback."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", SCRIPT],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "running\n", "")


@pytest.mark.timeout(90)
def test_a_kernel_that_is_shut_down(tmp_path: Path) -> None:
    """A kernel with everything running ends by itself when it is asked to."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=40)
        reply = client.execute_interactive(SCRIPT, timeout=30, output_hook=lambda message: None)
        assert reply["content"]["status"] == "ok", reply["content"]
        client.shutdown()
        process = manager.provisioner.process  # type: ignore[union-attr]
        wait_until(lambda: process.poll() is not None, 15, "the kernel to end by itself")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.mark.timeout(90)
def test_an_interrupt_leaves_sources_running(tmp_path: Path) -> None:
    """The stop button interrupts the cell; source and analyzer go on."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=40)
        client.execute_interactive(SCRIPT, timeout=30, output_hook=lambda message: None)
        loop = "print('in the loop', flush=True)\nwhile True: pass"
        message_id = client.execute(loop, stop_on_error=False)
        wait_until(
            lambda: client.get_iopub_msg(timeout=30)["content"].get("text") == "in the loop\n",
            20,
            "the loop to begin",
        )
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=20))["parent_header"]["msg_id"] != message_id:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        check = "assert source.state is ns.SourceState.RUNNING and not analyzer.is_closed\nns.stop_all()"
        reply = client.execute_interactive(check, timeout=20, output_hook=lambda message: None)
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


HANGING = """
import threading
import nbstream as ns
from nbstream.runtime import ending
# Whatever waits for longer than half a second takes a minute now.
ending.PATIENCE = 60.0
ns.Source.stop.__defaults__ = (60.0,)
entered = threading.Barrier(4)
def hang(*_):
    entered.wait(40)
    threading.Event().wait()
sources = [ns.CallableSource(hang, interval=0.01).start() for _ in range(2)]
analyzer = ns.Analyzer(ns.Buffer())
analyzer.alert("value > 1")
analyzer.notify(hang)
analyzer.buffer.append(None, value=2.0)
entered.wait(40)
print("hanging", flush=True)
"""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("last", ["", "sources[0].close()"], ids=["running", "one closed"])
def test_a_script_that_ends_while_everything_hangs(last: str) -> None:
    """Sources and a notifier that are stuck in a call don't keep a script from ending within a second."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::ResourceWarning", "-c", HANGING + last],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "hanging\n"
        process.wait(30)
        assert (process.returncode, process.stderr.read()) == (0, "")


FORKING = """
import gzip, os, sys, threading, time
from pathlib import Path
import nbstream as ns
from nbstream.sources.files import parts

parts.UNPACKED_FOR = 600.0  # as long as the test, however slow it is
folder = Path(sys.argv[1])
(folder / "a.csv.gz").write_bytes(gzip.compress(b"time,a\\n2026-07-01 12:00:00,1\\n"))
packed = ns.CsvSource(folder / "a*.csv.gz").start()
program = ns.ProcessSource([sys.executable, "-c", '''
import itertools, time
for n in itertools.count():
    print(n, flush=True)
    time.sleep(0.005)
''']).start()
recording = program.record(folder / "run.csv")

def wait(is_so):
    deadline = time.monotonic() + 40
    while not is_so():
        assert time.monotonic() < deadline, (program, packed, recording)
        time.sleep(0.01)

def square(n):
    return n * n

wait(lambda: program.counters().accepted >= 3 and packed.counters().accepted)
pid, unpacked = program.pid, sorted(folder.glob("nbstream-*.part"))
assert pid and len(unpacked) == 1, (pid, unpacked)
"""
FORKS = {
    "sys.exit": """
child = os.fork()
if not child:
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
    "stop_all": """
child = os.fork()
if not child:
    assert not program.is_running and program.pid is None
    assert "forked" in program.status, program.status
    assert not ns.sources.base.running_sources()
    ns.stop_all()
    for one in (recording, program, packed):
        one.close()
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
    "deleted": """
child = os.fork()
if not child:
    import gc
    del program, packed, recording
    ns.sources.base._running.clear()
    gc.collect()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
    "pool": """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
    assert list(pool.map(square, range(8))) == [n * n for n in range(8)]
""",
    "while secrets are looked for": """
import signal
from nbstream.text import redaction
is_held, is_over = threading.Event(), threading.Event()
def look():
    with redaction._known_lock:
        is_held.set()
        is_over.wait(40)
looking = threading.Thread(target=look)
looking.start()
assert is_held.wait(40)
child = os.fork()
if not child:
    assert "forked" in program.status, program.status
    assert redaction.redact("token=abc") == "token=***"
    os._exit(0)
is_over.set()
looking.join()
ended = []
try:
    wait(lambda: ended.extend(os.waitpid(child, os.WNOHANG)) or any(ended))
finally:
    if not any(ended):
        os.kill(child, signal.SIGKILL)
assert ended[-2:] == [child, 0], ended
""",
    "starts its own": """
child = os.fork()
if not child:
    with ns.ProcessSource([sys.executable, "-c", "print(7)"]) as own:
        wait(lambda: own.state is ns.SourceState.ENDED)
        assert own.buffer.to_pandas().iloc[0, 0] == 7
    for one in (program, packed):  # a program and a file of its own
        one.start()
    n = program.counters().accepted
    wait(lambda: program.counters().accepted > n and program.pid not in (None, pid))
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
""",
}
AFTER_FORK = """
n = program.counters().accepted
wait(lambda: program.counters().accepted >= n + 20)
assert (program.pid, program.state) == (pid, ns.SourceState.RUNNING), program
assert sorted(folder.glob("nbstream-*.part")) == unpacked
with recording:
    pass
assert recording.state.value == "finished" and not recording.counters().dropped, recording
program.stop()
rows = (folder / "run.csv").read_text().splitlines()[1:]
found = [float(row.split(",")[1]) for row in rows]
assert found == [found[0] + i for i in range(len(found))] and len(found) >= 20, found
packed.close()
assert not list(folder.glob("nbstream-*.part"))
print("whole")
"""


@pytest.mark.timeout(120)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.parametrize("how", FORKS)
def test_a_forked_child_leaves_its_parent_alone(how: str, tmp_path: Path) -> None:
    """However it ends: the parent's program lives on, its source reads, its recording and files are whole."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING + FORKS[how] + AFTER_FORK, str(tmp_path)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "whole\n", ""), done.stderr
