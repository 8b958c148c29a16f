"""Two hosts in one process: a kernel whose cell has a chart and starts a Panel server with another."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from playwright.sync_api import Browser, expect

from tests.counterparts.ports import HOST, free_port
from tests.hosts.test_servers import LIVE_MS, WHY_NOT
from tests.wait import wait_until

IMPORTED = """
import marimo._runtime.context.types, panel as pn, shiny.session, solara.server.kernel_context
"""
MAKE = """
pn.extension()
import time
import nbstream as ns

source = ns.CallableSource(time.time, interval=0.05).start()
analyzer = ns.Analyzer(source)
chart = ns.LiveChart(analyzer)
made = []
print(chart.model_id)

def app():
    made.append(ns.LiveChart(analyzer, height=200))
    return pn.Column(made[-1])

server = pn.serve(app, port={port}, address="{host}", show=False)
"""


class Kernel:
    """A kernel, and the page that it would have."""

    def __init__(self) -> None:
        self.manager = KernelManager()
        self.manager.start_kernel()
        self.client: BlockingKernelClient = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, code: str) -> str:
        """Run code and return what it printed."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                printed.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=90, output_hook=hear)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed).strip()

    def say(self, comm: str, content: dict[str, Any]) -> None:
        """Send a widget what a page says."""
        data = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", data))

    def frames_of(self, comm: str, n: int) -> int:
        """Wait for so many frames of a widget; return how many messages other widgets sent meanwhile."""
        n_others, ends = 0, time.monotonic() + 60
        while n:
            message = self.client.get_iopub_msg(timeout=max(0.1, ends - time.monotonic()))
            if message["msg_type"] != "comm_msg":
                continue
            if message["content"]["comm_id"] != comm:
                n_others += 1
            elif message["content"]["data"].get("content", {}).get("kind") in ("snapshot", "frame"):
                n -= 1
        return n_others

    def close(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """Start a kernel."""
    running = Kernel()
    yield running
    running.close()


@pytest.mark.skipif(not importlib.util.find_spec("panel"), reason=WHY_NOT)
def test_each_widget_has_its_own_door(kernel: Kernel, chromium: Browser) -> None:
    """Each goes to its own pages and to no other's, while marimo, Shiny and Solara are loaded and rest."""
    port = free_port()
    comm = kernel.run(IMPORTED + MAKE.format(host=HOST, port=port)).splitlines()[0]
    assert kernel.run("print(chart._host.name)") == "ipykernel"
    kernel.say(comm, {"kind": "hello", "client": "a", "visible": True, "width": 800})
    kernel.frames_of(comm, 3)
    page = chromium.new_context(viewport={"width": 1000, "height": 800}).new_page()
    page.goto(f"http://{HOST}:{port}/")
    expect(page.locator(".nbs-badge-text")).to_have_text("live", timeout=LIVE_MS)
    canvas = page.locator(".nbs-chart canvas").first
    drawn = canvas.evaluate("canvas => canvas.toDataURL()")
    wait_until(
        lambda: canvas.evaluate("canvas => canvas.toDataURL()") != drawn, 20, "the line to move"
    )
    assert kernel.run("print(*[made._host.name for made in made])") == "Panel"
    kernel.say(comm, {"kind": "hello", "client": "a", "visible": True, "width": 800})
    assert kernel.frames_of(comm, 20) == 0, "what is Panel's goes by no comm of the kernel"
    assert kernel.run("print(chart._host.name)") == "ipykernel"
    page.context.close()
