"""Who looks at a widget: the views that said hello, and those that a busy kernel may not have heard."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Literal

from nbstream.widgets.page.buffers import LAST_HEARD, LastHeard

__all__ = ["Audience", "Client"]

UNACKED = 3.0
"""Frames go out for so long (s) beyond the newest acknowledgement."""
EVICT_AFTER = 10.0
"""A page that was silent for so long (s) while it could be heard is gone."""
UNHEARD_FOR = 120.0
"""A view may take so long (s) from its display to its hello, for its scripts come over a slow line."""
LAG_MAX_MS = 3_600_000
MAX_CLIENTS = 200
MAX_WIDTH_PX = 8192

Kind = Literal["hello", "ack", "visible", "bye"]


@dataclass(slots=True)
class Client:
    """One view of the widget in one browser page."""

    heard_at: float
    is_visible: bool = True
    wants_snapshot: bool = True
    has_begun: bool = False
    """Whether it was sent a snapshot."""
    width_px: int = 1000
    has_acked: bool = False
    lag_ms: float = 0.0
    speaks_aside: bool = False
    """Whether its messages are handled beside a busy main thread, on a subshell of the kernel."""
    is_text: bool = False
    """Whether buffers don't reach it, so that they go as text."""


class Audience:
    """The views of one widget.

    What a page says waits with the main thread while a cell runs, unless the kernel hears pages on a
    subshell. So silence means that a page is gone only where it could have been heard.

    Parameters
    ----------
    last_heard
        Of all audiences; injectable.

    Notes
    -----
    Thread safety: any method, from any thread; `look` from one thread at a time.
    """

    def __init__(self, last_heard: LastHeard = LAST_HEARD) -> None:
        self._last_heard = last_heard
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}
        self._acked_at = 0.0
        self._displayed_at: float | None = None
        self._is_busy = False
        self.n_ignored = 0
        self.n_acks = 0

    @property
    def n_visible(self) -> int:
        """Views that are looked at now."""
        with self._lock:
            return len(self._visible())

    @property
    def n_following(self) -> int:
        """Views that are looked at and were sent what a frame goes on from."""
        with self._lock:
            return sum(not client.wants_snapshot for client in self._visible())

    @property
    def width_px(self) -> int:
        """Width of the widest visible view in device pixels."""
        with self._lock:
            return max((client.width_px for client in self._visible()), default=1000)

    @property
    def lag_ms(self) -> float:
        """Lag of the visible view that keeps up best."""
        with self._lock:
            return min((client.lag_ms for client in self._visible()), default=0.0)

    @property
    def is_deaf(self) -> bool:
        """Whether no view can be heard now, so that silence says nothing."""
        with self._lock:
            return self._is_deaf()

    @property
    def may_be_unheard(self) -> bool:
        """Whether the widget was displayed and no view has said hello since."""
        with self._lock:
            return self._displayed_at is not None

    @property
    def is_text(self) -> bool:
        """Whether buffers must go as text, for a view that they don't reach or may not reach."""
        with self._lock:
            if self._clients:
                return any(client.is_text for client in self._clients.values())
            return self._displayed_at is not None and self._last_heard.is_text

    def displayed(self, now: float) -> None:
        """Expect a view that has not been heard yet."""
        with self._lock:
            self._displayed_at = now

    def clear(self) -> None:
        """Forget all views."""
        with self._lock:
            self._clients.clear()
            self._displayed_at = None

    def hear(self, message: dict[str, Any], now: float) -> bool:
        """Take in a message of a page; return whether it came from a view that counts."""
        kind: Kind = message["kind"]
        name = message.get("client")
        if not isinstance(name, str) or not 0 < len(name) <= 64:
            self.n_ignored += 1
            return False
        with self._lock:
            if kind == "bye":
                return self._clients.pop(name, None) is not None
            client = self._clients.get(name)
            if client is None:
                if kind == "visible":
                    self.n_ignored += 1
                    return False
                if len(self._clients) >= MAX_CLIENTS:
                    self._make_room()
                # An unknown page that acknowledges was evicted while it slept: it needs a snapshot.
                client = self._clients[name] = Client(now)
            client.heard_at = now
            client.speaks_aside = threading.current_thread() is not threading.main_thread()
            self._hear(client, kind, message, now)
        return True

    def look(self, now: float, *, is_busy: bool) -> None:
        """Take in that time goes on, and whether the main thread is busy: who was silent too long is gone."""
        with self._lock:
            if self._is_busy and not is_busy:
                # What the views said meanwhile is heard only now: nobody was silent.
                self._acked_at = now
                for client in self._clients.values():
                    client.heard_at = now
            self._is_busy = is_busy
            for name, client in list(self._clients.items()):
                can_be_heard = not is_busy or client.speaks_aside
                if can_be_heard and now - client.heard_at > EVICT_AFTER:
                    del self._clients[name]
            if self._displayed_at is not None and not is_busy:
                if now - self._displayed_at > UNHEARD_FOR:
                    self._displayed_at = None

    def newcomers(self) -> list[str]:
        """Return the views that wait for a snapshot: the visible ones, and those that have never had one.

        So a view below the edge of the screen shows something, in its own size, before anybody scrolls there.
        """
        with self._lock:
            waiting = [
                (name, client) for name, client in self._clients.items() if client.wants_snapshot
            ]
            return [name for name, client in waiting if client.is_visible or not client.has_begun]

    def welcomed(self, names: list[str]) -> None:
        """Take in that these views were sent a snapshot."""
        with self._lock:
            for name in names:
                if name in self._clients:
                    self._clients[name].wants_snapshot = False
                    self._clients[name].has_begun = True

    def keeps_up(self, now: float) -> bool:
        """Return whether the views follow, or cannot say that they do."""
        with self._lock:
            return self._is_deaf() or now - self._acked_at <= UNACKED

    def _make_room(self) -> None:
        """Let the view go that was heard longest ago; one that never acknowledged a frame goes first.

        So nobody can take all places: who is looked at acknowledges every two seconds, and one that was let
        go comes back by that.
        """
        oldest = min(self._clients.items(), key=lambda item: (item[1].has_acked, item[1].heard_at))
        del self._clients[oldest[0]]
        self.n_ignored += 1

    def _visible(self) -> list[Client]:
        return [client for client in self._clients.values() if client.is_visible]

    def _is_deaf(self) -> bool:
        return self._is_busy and not any(client.speaks_aside for client in self._visible())

    def _hear(self, client: Client, kind: Kind, message: dict[str, Any], now: float) -> None:
        if kind == "hello":
            self._displayed_at = None
            client.wants_snapshot = True
            client.is_text = message.get("text") is True
            self._last_heard.note(is_text=client.is_text)
            client.is_visible = message.get("visible") is not False
            client.width_px = int(_number(message.get("width"), 1000, 100, MAX_WIDTH_PX))
            self._acked_at = now
        elif kind == "ack":
            client.has_acked = True
            self.n_acks += 1
            client.lag_ms = _number(message.get("lag"), 0, 0, LAG_MAX_MS)
            self._acked_at = now
        else:
            is_visible = message.get("visible") is not False
            if is_visible and not client.is_visible:
                client.wants_snapshot = True
                self._acked_at = now
            client.is_visible = is_visible


def _number(value: Any, default: float, low: float, high: float) -> float:
    """Return what a page sent as a number within bounds, `default` if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return default
    return float(min(max(value, low), high))  # bounded first: an int may be too large for a float
