"""The end of a process: nothing hangs, nothing is said."""

from __future__ import annotations

import subprocess
import sys
import time
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
            lambda: client.get_iopub_msg(timeout=10)["content"].get("text") == "in the loop\n",
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
entered = threading.Barrier(4)
def hang(*_):
    entered.wait(20)
    threading.Event().wait()
sources = [ns.CallableSource(hang, interval=0.01).start() for _ in range(2)]
analyzer = ns.Analyzer(ns.Buffer())
analyzer.alert("value > 1")
analyzer.notify(hang)
analyzer.buffer.append(None, value=2.0)
entered.wait(20)
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
        began = time.monotonic()
        process.wait(20)
        assert time.monotonic() - began < 4, "half a second of closing, and a busy machine"
        assert (process.returncode, process.stderr.read()) == (0, "")
