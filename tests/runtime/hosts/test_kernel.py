"""Widgets in a real kernel whose subshells come and go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from nbstream.runtime.hosts import kernel as host_module

MAKE_CHART = """
import nbstream as ns
buffer = ns.Buffer()
buffer.append(None, value=1.0)
chart = ns.LiveChart(buffer)
print(chart.model_id)
"""
TIMEOUT = 30.0


class Page:
    """What a browser page does with the comm of a widget.

    Parameters
    ----------
    client
        Connected to the kernel.
    """

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        self.comm_id = self.execute(MAKE_CHART)

    def execute(self, code: str) -> str:
        """Run code and return what it printed, stripped."""
        printed: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=60, output_hook=hear)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed).strip()

    def control(self, kind: str, **content: Any) -> dict[str, Any]:
        """Send a request on the control channel and return the content of its reply."""
        message = self.client.session.msg(kind, content)
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=TIMEOUT)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return dict(reply["content"])

    def new_subshell(self) -> str | None:
        """Return the name of a new subshell; None where the kernel has only its main shell."""
        reply = self.client.kernel_info(reply=True, timeout=TIMEOUT)
        if "kernel subshells" not in reply["content"].get("supported_features", []):
            return None
        return str(self.control("create_subshell_request")["subshell_id"])

    def end_subshell(self, subshell: str | None) -> None:
        """End a subshell."""
        if subshell is not None:
            reply = self.control("delete_subshell_request", subshell_id=subshell)
            assert reply["status"] == "ok"

    def send(self, content: dict[str, Any], subshell: str | None) -> None:
        """Send a custom message to the widget by way of a subshell, or of the main shell."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": self.comm_id, "data": data})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)

    def hears(self, kind: str) -> bool:
        """Return whether the widget says something of this kind within some seconds."""
        deadline = time.monotonic() + TIMEOUT
        while (left := deadline - time.monotonic()) > 0:
            message = self.client.get_iopub_msg(timeout=left)
            if message["msg_type"] == "comm_msg":
                content = message["content"]["data"].get("content")
                if isinstance(content, dict) and content.get("kind") == kind:
                    return True
        return False


@pytest.fixture
def page() -> Iterator[Page]:
    """Start a kernel with a chart, and the page that looks at it."""
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Page(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.timeout(120)
def test_a_subshell_that_ended_makes_no_widget_deaf(page: Page) -> None:
    """A chart that sent frames while another comm's subshell was at work hears its pages after that."""
    ended = page.new_subshell()
    page.send({"kind": "hello", "client": "first", "visible": True}, ended)
    assert page.hears("snapshot")
    page.end_subshell(ended)
    page.execute("")
    alive = page.new_subshell()
    for shell in (None, alive):
        page.send({"kind": "window", "value": "5min", "request": 1}, shell)
        assert page.hears("reply")


def test_what_comes_meanwhile_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame goes out with the parent that was looked at, though a subshell works meanwhile."""
    of_main, of_subshell = {"header": {"subshell_id": None}}, {"header": {"subshell_id": "a"}}
    newest = {"parent": of_main}
    variable: ContextVar[dict[str, Any]] = ContextVar("shell_parent")

    def get_parent(_channel: str) -> dict[str, Any]:
        return variable.get(newest["parent"])

    kernel = SimpleNamespace(_shell_parent=variable, get_parent=get_parent)
    monkeypatch.setattr(host_module, "shell", lambda: SimpleNamespace(kernel=kernel))
    answered = []

    def send() -> None:
        newest["parent"] = of_subshell
        answered.append(get_parent("shell"))

    host_module.KernelHost().send(send)
    host_module.KernelHost().send(send)
    assert answered == [of_main, {}]
