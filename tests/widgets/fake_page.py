"""A page that shows a panel, without a browser: it says hello, and keeps what it was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbstream.testing import FakeClock
from nbstream.widgets.page.panel import Panel


class StillPump:
    """A pump that never turns: the test steps the link by hand."""

    def add(self, link: Any) -> None:
        """Take no notice."""

    def remove(self, link: Any) -> None:
        """Take no notice."""

    def wake(self) -> None:
        """Take no notice."""


class FakePage:
    """Shows one panel at a time and records everything that panels send."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = FakeClock()
        self.options: dict[str, Any] = {"clock": self.clock, "pump": StillPump()}
        self.sent: list[dict[str, Any]] = []
        self.panel: Panel | None = None
        self.request = 0

        def send(panel: Panel, content: dict[str, Any], buffers: Any = None) -> None:
            # What cannot travel as strict JSON reaches no page.
            self.sent.append(json.loads(json.dumps(content, allow_nan=False)))

        monkeypatch.setattr(Panel, "send", send)

    def show(self, panel: Panel) -> dict[str, Any]:
        """Render `panel` and return the state in its snapshot."""
        self.panel = panel
        self.say({"kind": "hello", "client": "a", "visible": True, "width": 800})
        return self.step()[-1]["state"]

    def say(self, message: Any, buffers: Any = ()) -> None:
        """Send a message to the kernel, as the comm hands it over."""
        assert self.panel is not None
        data = {"method": "custom", "content": message}
        self.panel._handle_msg({"content": {"data": data}, "buffers": list(buffers)})

    def ask(self, **command: Any) -> str:
        """Send a command and return the error that it is answered with, "" for none."""
        return str(self.answer(**command)["error"])

    def answer(self, **command: Any) -> dict[str, Any]:
        """Send a command and return its whole answer."""
        self.request += 1
        before = len(self.sent)
        self.say({"client": "a", "request": self.request, **command})
        (reply,) = self.sent[before:]
        assert reply["kind"] == "reply"
        assert reply["request"] == self.request
        return reply

    def step(self, seconds: float = 1.0) -> list[dict[str, Any]]:
        """Let time pass and return what was sent then."""
        assert self.panel is not None
        before = len(self.sent)
        self.clock.advance(seconds)
        self.panel._link.step(self.clock.monotonic())
        return self.sent[before:]
