"""The end of a process: nothing hangs, nothing is said."""

from __future__ import annotations

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
        message_id = client.execute("print('in the loop', flush=True)\nwhile True: pass")
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
