"""The link between a widget in the kernel and every page that shows it.

A `Link` numbers frames and paces them; a page says hello, acknowledges now and then, and says when it is
hidden. Frames reach all pages of the kernel (a comm is a broadcast); a page that misses a number says
hello again and gets a snapshot, which needs nothing before it. Nothing is sent while nobody looks.

The messages, all small JSON with numbers in binary buffers:

=========  =========================================================  ==========================
from page  ``hello``     client, visible, width (device px)           on render, gap, 3 s silence
           ``ack``       client, seq, lag (ms)                        every 2 s, sooner under lag
           ``visible``   client, visible                              tab or cell hidden or shown
           ``bye``       client                                       the view is removed
           ``listen``    client, value (bool)                         feed out of sight, every 25 s
to page    ``frame``     seq, now (kernel clock, ms), busy (s), …     10–20 a second
           ``snapshot``  as frame, and ``to``: the client it is for   after hello
           ``told``      the newest notifications (see bell.py)       to whom listens
=========  =========================================================  ==========================

Beside these a page asks for scripts (``need``, answered by ``asset``), and sends commands of the widget's own
with a ``request`` number, answered by a ``reply`` with that number; ``listen`` is one of them.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nbstream.clock import SYSTEM_CLOCK, Clock
from nbstream.main_thread import MAIN, MainThread
from nbstream.redaction import log_exception

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FrameFeed", "Link", "Payload", "Pump", "Stepped"]

logger = logging.getLogger(__name__)

SILENT_INTERVAL = 1.0
"""A visible page hears something at least this often (s), so that silence means a broken link."""
UNACKED = 3.0
"""Frames go out for so long (s) beyond the newest acknowledgement."""
EVICT_AFTER = 10.0
"""A page that was silent for so long (s) while the main thread was free is gone."""
BUSY_AFTER = 1.0
"""The main thread counts as busy when its loop has not run for so long (s): acks wait with it."""
BUSY_INTERVAL = 0.2
LONG_BUSY_AFTER = 30.0
LONG_BUSY_INTERVAL = 2.0
LAG_MS = 250.0
SLOWEST_INTERVAL = 1.0
MAX_CLIENTS = 50
MAX_WIDTH_PX = 8192


@dataclass(slots=True)
class Payload:
    """What a frame carries: a JSON part and binary buffers (fresh copies, never written again)."""

    content: dict[str, Any]
    buffers: list[Any] = field(default_factory=list)


class FrameFeed(Protocol):
    """Where a link gets its frames from; called on the pump's thread only."""

    def frame(self) -> Payload | None:
        """Return what changed since the last frame, or None if nothing did."""
        ...

    def keep_alive(self) -> Payload:
        """Return what a frame carries when nothing changed."""
        ...

    def snapshot(self) -> Payload:
        """Return everything as of the last frame."""
        ...


class Stepped(Protocol):
    """What a pump drives."""

    def step(self, now: float) -> float | None:
        """Do what is due; return the seconds until something may be due, None for "when woken"."""
        ...


@dataclass(slots=True)
class Client:
    """One view of the widget in one browser page."""

    heard_at: float
    is_visible: bool = True
    wants_snapshot: bool = True
    width_px: int = 1000
    lag_ms: float = 0.0


class Link:
    """Feeds the pages that show one widget.

    Parameters
    ----------
    send
        Sends a message to all pages: ``send(content, buffers)``.
    feed
        Where frames come from.
    interval
        Seconds between two frames of a page that keeps up.
    clock, main
        Clocks and main thread, injectable.

    Notes
    -----
    Thread safety: `receive` from any thread, late or twice; `step` from one thread at a time (the pump's).
    """

    def __init__(
        self,
        send: Any,
        feed: FrameFeed,
        *,
        interval: float = 1 / 15,
        clock: Clock = SYSTEM_CLOCK,
        main: MainThread = MAIN,
    ) -> None:
        self._send = send
        self.feed = feed
        self._base_interval = interval
        self._interval = interval
        self._clock = clock
        self._main = main
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}
        self._seq = 0
        self._acked_at = 0.0
        self._sent_at = -1e9
        self._due = 0.0
        self._pump: Pump | None = None
        self.n_frames = 0
        self.n_ignored = 0

    @property
    def n_visible(self) -> int:
        """Pages that look at the widget now."""
        with self._lock:
            return sum(c.is_visible for c in self._clients.values())

    @property
    def width_px(self) -> int:
        """Width of the widest visible view in device pixels."""
        with self._lock:
            return max((c.width_px for c in self._clients.values() if c.is_visible), default=1000)

    def open(self, pump: Pump) -> None:
        """Let `pump` drive this link from now on."""
        self._pump = pump
        pump.add(self)

    def close(self) -> None:
        """Send nothing more."""
        if self._pump is not None:
            self._pump.remove(self)
        with self._lock:
            self._clients.clear()

    def receive(self, message: Any) -> bool:
        """Take in a message of a page; return whether it was one of the link's. Anything else is ignored."""
        if not isinstance(message, dict):
            return False
        kind, name = message.get("kind"), message.get("client")
        if kind not in ("hello", "ack", "visible", "bye"):
            return False
        if not isinstance(name, str) or not 0 < len(name) <= 64:
            self.n_ignored += 1
            return True
        now = self._clock.monotonic()
        with self._lock:
            client = self._clients.get(name)
            if kind == "bye":
                self._clients.pop(name, None)
                return True
            if client is None:
                if kind == "visible" or len(self._clients) >= MAX_CLIENTS:
                    self.n_ignored += 1
                    return True
                # An unknown page that acknowledges was evicted while it slept: it needs a snapshot.
                client = self._clients[name] = Client(now)
            client.heard_at = now
            self._hear(client, kind, message, now)
        if self._pump is not None:
            self._pump.wake()
        return True

    def step(self, now: float) -> float | None:
        """Send what is due; return the seconds until something may be due, None for "when a page speaks"."""
        busy_for = self._main.busy_for()
        with self._lock:
            if busy_for < BUSY_AFTER:
                for name, client in list(self._clients.items()):
                    if now - client.heard_at > EVICT_AFTER:
                        del self._clients[name]
            newcomers = [n for n, c in self._clients.items() if c.is_visible and c.wants_snapshot]
            is_watched = any(c.is_visible for c in self._clients.values())
            interval = self._pace(busy_for)
            self._may_send = busy_for >= BUSY_AFTER or now - self._acked_at <= UNACKED
        if not is_watched:
            return None
        if newcomers:
            self._send_frame(now, busy_for, self.feed.frame())
            self._send_snapshot(newcomers, busy_for)
            self._due = _next_due(now, interval)
        elif now >= self._due and self._may_send:
            payload = self.feed.frame()
            if payload is None and now - self._sent_at >= SILENT_INTERVAL:
                payload = self.feed.keep_alive()
            self._send_frame(now, busy_for, payload)
            self._due = _next_due(now, interval)
        return max(0.001, self._due - now)

    def _hear(
        self,
        client: Client,
        kind: Literal["hello", "ack", "visible"],
        message: dict[str, Any],
        now: float,
    ) -> None:
        if kind == "hello":
            client.wants_snapshot = True
            client.is_visible = message.get("visible") is not False
            client.width_px = int(_number(message.get("width"), 1000, 100, MAX_WIDTH_PX))
            self._acked_at = now
        elif kind == "ack":
            client.lag_ms = _number(message.get("lag"), 0, 0, 3_600_000)
            self._acked_at = now
        else:
            is_visible = message.get("visible") is not False
            if is_visible and not client.is_visible:
                client.wants_snapshot = True
                self._acked_at = now
            client.is_visible = is_visible

    def _pace(self, busy_for: float) -> float:
        """Return the seconds between frames as things are."""
        if busy_for >= LONG_BUSY_AFTER:
            return LONG_BUSY_INTERVAL
        lag = min((c.lag_ms for c in self._clients.values() if c.is_visible), default=0.0)
        if lag > LAG_MS:
            self._interval = min(self._interval * 1.25, SLOWEST_INTERVAL)
        else:
            self._interval = max(self._interval * 0.95, self._base_interval)
        return max(self._interval, BUSY_INTERVAL) if busy_for >= BUSY_AFTER else self._interval

    def _send_frame(self, now: float, busy_for: float, payload: Payload | None) -> None:
        if payload is None:
            return
        self._seq += 1
        self._sent_at = now
        self.n_frames += 1
        self._deliver("frame", payload, busy_for, None)

    def _send_snapshot(self, names: list[str], busy_for: float) -> None:
        payload = self.feed.snapshot()
        self._sent_at = self._clock.monotonic()
        self._deliver("snapshot", payload, busy_for, names)
        with self._lock:
            for name in names:
                if name in self._clients:
                    self._clients[name].wants_snapshot = False

    def _deliver(self, kind: str, payload: Payload, busy_for: float, to: list[str] | None) -> None:
        content = {
            "kind": kind,
            "seq": self._seq,  # an int: ipykernel 7.4 keeps every string "id" that it sends for ever
            "now": self._clock.wall_ns() / 1e6,
            "busy": round(busy_for, 1) if busy_for >= BUSY_AFTER else 0,
            **payload.content,
        }
        if to is not None:
            content["to"] = to
        try:
            self._send(content, payload.buffers)
        except Exception:  # the comm was closed by the other side: the kernel goes on
            logger.debug("A frame could not be sent.", exc_info=True)


def _next_due(now: float, interval: float) -> float:
    """Return the next multiple of the interval that is not too near.

    Frames are as even as the machine lets them be, and the panels of a page say the same at the same time.
    """
    due = (now // interval + 1) * interval
    return due if due - now >= 0.5 * interval else due + interval


class Pump:
    """The thread that drives the links and bells of this process; it sleeps while nobody looks.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._driven: tuple[Stepped, ...] = ()
        self._jobs: deque[Callable[[], None]] = deque(maxlen=1000)
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, driven: Stepped) -> None:
        """Drive `driven`, starting the thread if need be."""
        with self._lock:
            self._driven = (*self._driven, driven)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nbstream-link", daemon=True)
                self._thread.start()
        self._wake.set()

    def remove(self, driven: Stepped) -> None:
        """Drive `driven` no more; the thread ends with the last one."""
        with self._lock:
            self._driven = tuple(other for other in self._driven if other is not driven)
        self._wake.set()

    def wake(self) -> None:
        """Look at what is driven now."""
        self._wake.set()

    def post(self, job: Callable[[], None]) -> None:
        """Run `job` on the pump's thread soon."""
        self._jobs.append(job)
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.clear()
            with self._lock:
                all_driven = self._driven
                if not all_driven:
                    self._thread = None
                    return
            while self._jobs:
                self._run_job(self._jobs.popleft())
            delays = [self._step(driven) for driven in all_driven]
            waits = [delay for delay in delays if delay is not None]
            self._clock.wait(self._wake, min(waits, default=None))

    def _run_job(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception:
            log_exception(logger, "A message of a page could not be answered.")

    def _step(self, driven: Stepped) -> float | None:
        try:
            return driven.step(self._clock.monotonic())
        except Exception:
            log_exception(logger, "A link failed; it is tried again.")
            return 1.0


def _number(value: Any, default: float, low: float, high: float) -> float:
    """Return what a page sent as a number within bounds, `default` if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return default
    return float(min(max(value, low), high))  # bounded first: an int may be too large for a float


PUMP = Pump()
