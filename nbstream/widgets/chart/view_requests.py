"""What views ask for beside the window, live: the points of a span, and all of the buffer at a glance."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nbstream.widgets.page.messages import is_int, is_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.widgets.chart.chart_feed import ChartFeed
    from nbstream.widgets.chart.overview import Overview
    from nbstream.widgets.page.link import Payload, Pump

__all__ = ["ViewRequests"]

LATEST_MS = 8e15
"""JavaScript's years, in epoch ms."""
MOST_MS = 9.2e12
"""What int64 ns can hold, in ms."""
MAX_WAITING = 50
MAX_CLIENT = 64
REST = 0.02
"""Seconds between two parts of a buffer that is read: time for frames, and for the rest of the kernel."""


class Span(NamedTuple):
    """A span that a view shows or is about to, and the width for which its points are made, all in ms."""

    request: int
    begin: float
    end: float
    width: float


class ViewRequests:
    """Answers views on the pump's thread, beside a main thread that may be busy.

    Of each view the newest request of each kind counts. All of a large buffer is read in parts, between which
    frames go out; a view that asks for it has what is there at once, and the rest when it was read.

    Parameters
    ----------
    feed, overview
        Make the points and the bins.
    send
        Sends a message to all pages.
    width_px
        Returns the width of the widest view in device pixels.
    pump
        On whose thread the answers are made.

    Notes
    -----
    Thread safety: `take` from any thread.
    """

    def __init__(
        self,
        feed: ChartFeed,
        overview: Overview,
        send: Callable[..., Any],
        width_px: Callable[[], int],
        pump: Pump,
    ) -> None:
        self._feed = feed
        self._overview = overview
        self._send = send
        self._width_px = width_px
        self._pump = pump
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, Literal["history", "overview"]], Span | None] = {}
        self._reading_for: set[str] = set()
        self._is_closed = False

    def take(self, message: dict[str, Any]) -> bool:
        """Take a request of a view; return whether it was one."""
        kind, client = message.get("kind"), message.get("client")
        if kind not in ("history", "overview") or not isinstance(client, str):
            return False
        span = _read_span(message) if kind == "history" else None
        if (kind == "history" and span is None) or len(client) > MAX_CLIENT:
            return False
        with self._lock:
            if (client, kind) not in self._waiting and len(self._waiting) >= MAX_WAITING:
                return False
            self._waiting[client, kind] = span
        self._pump.post(self._answer)
        return True

    def close(self) -> None:
        """Read nothing more."""
        self._is_closed = True
        self._pump.remove(self)

    def step(self, now: float) -> float | None:
        """Read on in a large buffer, and tell the views that wait for all of it; the pump calls it."""
        payload = self._overview.payload(self._feed.names)
        if self._overview.is_behind and not self._is_closed:
            return REST
        self._pump.remove(self)
        for client in self._reading_for:
            self._send({"kind": "overview", "to": client, **payload.content}, payload.buffers)
        self._reading_for.clear()
        return None

    def _answer(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                (client, kind), span = self._waiting.popitem()
            payload, more = self._made(client, span)
            self._send({"kind": kind, "to": client, **more, **payload.content}, payload.buffers)

    def _made(self, client: str, span: Span | None) -> tuple[Payload, dict[str, Any]]:
        if span is None:
            payload = self._overview.payload(self._feed.names)
            if self._overview.is_behind and not self._is_closed:
                if not self._reading_for:
                    self._pump.add(self)
                self._reading_for.add(client)
            return payload, {}
        begin_ns, end_ns, width_ns = (
            round(min(max(ms, -MOST_MS), MOST_MS) * 1e6) for ms in span[1:]
        )
        payload = self._feed.history(begin_ns, end_ns, self._width_px(), width_ns)
        return payload, {"request": span.request}


def _read_span(message: dict[str, Any]) -> Span | None:
    """Return the span that a page asks for, None if it makes no sense."""
    request: Any = message.get("request")
    low: Any = message.get("from")
    high: Any = message.get("to")
    if not (is_int(request) and is_number(low, LATEST_MS) and is_number(high, LATEST_MS)):
        return None
    width: Any = message.get("span", high - low)
    if not (low < high and is_number(width, 3 * LATEST_MS) and width > 0):
        return None
    return Span(request, low, high, width)
