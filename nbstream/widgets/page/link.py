"""The link between a widget in the kernel and every page that shows it.

A `Link` numbers frames and paces them; a page says hello, acknowledges now and then, and says when it is
hidden. Frames reach all pages of the kernel (a comm is a broadcast); a page that misses a number says
hello again and gets a snapshot, which needs nothing before it. Nothing is sent while nobody looks, but for
the first snapshot of each view.

What a page says waits while a cell runs, so a busy kernel does not wait for it: a widget that was
displayed is sent whole frames, which need nothing before them, until a view of it has been heard. A cell
that runs for long may have lost its pages without a sign: then little is sent, and seldom.

The messages, all small JSON with numbers in binary buffers:

=========  =========================================================  ==========================
from page  ``hello``     client, visible, width (device px), …        on render, gap, 3 s silence
           ``ack``       client, lag (ms)                             every 2 s, sooner under lag
           ``visible``   client, visible                              tab or cell hidden or shown
           ``bye``       client                                       the view is removed
           ``listen``    client, value (bool)                         feed out of sight, every 25 s
to page    ``frame``     seq, now (kernel clock, ms), busy (s), …     10–20 a second
           ``snapshot``  as frame, and ``to``: the clients it is for  after hello
           ``told``      the newest notifications (see bell.py)       to whom listens
=========  =========================================================  ==========================

A frame with ``whole`` lets a view begin that has nothing yet; with ``deaf`` no page can be heard at present.
What a view may begin with names its `PROTOCOL`: a page of another version of nbstream says what to do, and
takes nothing of it. A page that gets no buffers says ``text`` in its hello (see buffers.py).
Beside these a page asks for scripts (``need``, answered by ``asset``; see scripts.py), sends commands with a
``request`` number, answered by a ``reply`` with that number (see inbox.py; ``listen`` is one of them), and a
view of a chart that looks back asks for ``history``, which is answered by points in buffers.
"""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.hosts import outside_visits
from nbstream.runtime.main_thread import MAIN, MainThread
from nbstream.runtime.turns import OVER, go_on, start_or_take_turns
from nbstream.text.redaction import log_exception
from nbstream.widgets.page.allowance import Allowance, Turns
from nbstream.widgets.page.audience import Audience
from nbstream.widgets.page.buffers import LAST_HEARD, LastHeard
from nbstream.widgets.page.pacing import SLOWEST_INTERVAL, Pacing

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PROTOCOL", "FrameFeed", "Link", "Paced", "Payload", "Pump"]

logger = logging.getLogger(__name__)

PROTOCOL = 1
"""Of these messages and of what is in them; another number when older pages would not understand them."""
SILENT_INTERVAL = 1.0
"""A visible page hears something at least this often (s), so that silence means a broken link."""
BUSY_AFTER = 1.0
"""The main thread counts as busy when its loop has not run for so long (s): acks wait with it."""
BUSY_INTERVAL = 0.2
WHOLE_INTERVAL = 5.0
"""A busy kernel sends a whole frame so often (s), for views that it could not hear …"""
FIRST_WHOLE_INTERVAL = 0.4
"""… and so often (s) at first, while a view that was displayed has never been heard."""
WHOLE_BYTES = 32_000
LONG_BUSY_AFTER = 30.0
"""From then on (s) pages that nobody can hear may be gone: little is sent, and seldom."""
LITTLE_INTERVAL = 2.0
LITTLE_BYTES = 1300
"""What a little frame holds; with what Jupyter adds around it, 2 KB travel."""
ENVELOPE_BYTES = 700
QUIET_INTERVAL = 10.0
LOOK_INTERVAL = 0.25
"""Between two looks (s) at whether the main thread is busy, while a view may wait unheard."""

LITTLE_AT_ALL = Turns(Allowance(8000, 8.0))
"""Bytes of little frames of all widgets together: 3.6 MB an hour."""


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

    def little(self, max_bytes: int, *, whole: bool) -> Payload | None:
        """Return what is new, or with `whole` all there is, as well as it can be said in so many bytes."""
        ...


class Paced(Protocol):
    """What a pump drives."""

    def step(self, now: float) -> float | None:
        """Do what is due; return the seconds until something may be due, None for "when woken"."""
        ...


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
    push
        Sends the scripts to pages that a busy kernel can't hear asking for them.
    clock, main, turns, last_heard
        Clocks, main thread, whose turn it is to send to pages that nobody hears, and what such a page is
        taken for; injectable.

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
        push: Callable[[], None] = lambda: None,
        clock: Clock = SYSTEM_CLOCK,
        main: MainThread = MAIN,
        turns: Turns = LITTLE_AT_ALL,
        last_heard: LastHeard = LAST_HEARD,
    ) -> None:
        self._send = send
        self.feed = feed
        self._pacing = Pacing(interval)
        self._push = push
        self._clock = clock
        self._main = main
        self._turns = turns
        self._audience = Audience(last_heard)
        self._seq = 0
        self._sent_at = -1e9
        self._whole_at = -1e9
        self._due = 0.0
        self._pump: Pump | None = None
        self.n_frames = 0

    @property
    def n_visible(self) -> int:
        """Pages that look at the widget now."""
        return self._audience.n_visible

    @property
    def n_ignored(self) -> int:
        """Messages that made no sense, or came from more pages than are taken."""
        return self._audience.n_ignored

    @property
    def is_text(self) -> bool:
        """Whether the buffers of messages must go as text."""
        return self._audience.is_text

    @property
    def width_px(self) -> int:
        """Width of the widest visible view in device pixels."""
        return self._audience.width_px

    @property
    def halvings(self) -> int:
        """How often the points of frames are to be halved, for views that lag."""
        return self._pacing.halvings

    def open(self, pump: Pump) -> None:
        """Let `pump` drive this link from now on."""
        self._pump = pump
        self._audience.displayed(self._clock.monotonic())
        pump.add(self)

    def close(self) -> None:
        """Send nothing more."""
        if self._pump is not None:
            self._pump.remove(self)
        self._turns.leave(self)
        self._audience.clear()

    def displayed(self) -> None:
        """Expect a new view, which cannot be heard before the cell has ended."""
        self._audience.displayed(self._clock.monotonic())
        self._main.look()
        if self._pump is not None:
            self._pump.wake()

    def receive(self, message: Any) -> bool:
        """Take in a message of a page; return whether it was one of the link's. Anything else is ignored."""
        if not isinstance(message, dict):
            return False
        if message.get("kind") not in ("hello", "ack", "visible", "bye"):
            return False
        if self._audience.hear(message, self._clock.monotonic()) and self._pump is not None:
            self._pump.wake()
        return True

    def step(self, now: float) -> float | None:
        """Send what is due; return the seconds until something may be due, None for "when a page speaks"."""
        busy_for = self._main.busy_for()
        audience = self._audience
        audience.look(now, is_busy=busy_for >= BUSY_AFTER)
        is_deaf = audience.is_deaf
        newcomers = audience.newcomers()
        is_looked_at = audience.n_visible or (is_deaf and audience.may_be_unheard)
        if not newcomers and not is_looked_at:
            return LOOK_INTERVAL if audience.may_be_unheard else None
        is_long = is_deaf and busy_for >= LONG_BUSY_AFTER
        if not is_long:
            self._due = min(self._due, now + SLOWEST_INTERVAL)
        if newcomers:
            is_awaited = audience.n_following > 0 or audience.may_be_unheard
            self._send_frame(now, busy_for, self.feed.frame(), is_awaited=is_awaited)
            self._send_snapshot(newcomers, busy_for)
            self._due = _next_due(now, self._pace(now, busy_for))
        elif now >= self._due and is_long:
            self._due = self._send_little(now, busy_for)
        elif now >= self._due and audience.keeps_up(now):
            payload = self.feed.frame()
            if payload is None and now - self._sent_at >= SILENT_INTERVAL:
                payload = self.feed.keep_alive()
            self._send_frame(now, busy_for, payload)
            if is_deaf:
                self._send_whole(now, busy_for)
            self._due = _next_due(now, self._pace(now, busy_for))
        return max(0.001, self._due - now)

    def _pace(self, now: float, busy_for: float) -> float:
        """Return the seconds between frames as things are."""
        pacing = self._pacing
        pacing.update(now, self._audience.lag_ms, self._audience.n_acks)
        return max(pacing.interval, BUSY_INTERVAL) if busy_for >= BUSY_AFTER else pacing.interval

    def _send_frame(
        self, now: float, busy_for: float, payload: Payload | None, *, is_awaited: bool = True
    ) -> None:
        """Send a frame; one that nobody awaits is numbered only, so that who wants it after all misses it."""
        if payload is None:
            return
        self._seq += 1
        if not is_awaited:
            return
        self._sent_at = now
        self.n_frames += 1
        self._deliver("frame", payload, busy_for, None)

    def _send_snapshot(self, names: list[str], busy_for: float) -> None:
        payload = self.feed.snapshot()
        self._sent_at = self._clock.monotonic()
        self._deliver("snapshot", payload, busy_for, names)
        self._audience.welcomed(names)

    def _send_whole(self, now: float, busy_for: float) -> None:
        """Let views begin that nobody has heard; the scripts first, where they must come from here."""
        is_new = self._audience.may_be_unheard
        if now - self._whole_at < (FIRST_WHOLE_INTERVAL if is_new else WHOLE_INTERVAL):
            return
        self._whole_at = now
        if is_new:
            self._push()
        payload = self.feed.little(WHOLE_BYTES, whole=True)
        self._send_frame(now, busy_for, payload)

    def _send_little(self, now: float, busy_for: float) -> float:
        """Send views that may be gone what fits; return when to do so again."""
        wait = self._turns.wait(self, LITTLE_BYTES + ENVELOPE_BYTES)
        if wait > 0:
            return now + wait
        is_whole = now - self._whole_at >= WHOLE_INTERVAL
        most = LITTLE_BYTES * 3 // 4 if self.is_text else LITTLE_BYTES
        payload = self.feed.little(most, whole=is_whole)
        if payload is None and now - self._sent_at >= QUIET_INTERVAL:
            payload = self.feed.keep_alive()
        if payload is None:
            self._turns.leave(self)
        else:
            if is_whole:
                self._whole_at = now
            self._turns.take(self, _size(payload, is_text=self.is_text) + ENVELOPE_BYTES)
            self._send_frame(now, busy_for, payload)
        return _next_due(now, LITTLE_INTERVAL)

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
        if to is not None or payload.content.get("whole"):
            content["protocol"] = PROTOCOL
        if self._audience.is_deaf:
            content["deaf"] = True
        try:
            self._send(content, payload.buffers)
        except Exception:  # the comm was closed by the other side: the kernel goes on
            logger.debug("A frame could not be sent.", exc_info=True)


def _size(payload: Payload, *, is_text: bool) -> int:
    """Return the bytes of a payload: its JSON and its buffers, which are a third more as text."""
    n_binary = sum(memoryview(part).nbytes for part in payload.buffers)
    return len(json.dumps(payload.content)) + (4 * n_binary // 3 if is_text else n_binary)


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
        self._driven: tuple[Paced, ...] = ()
        self._jobs: deque[Callable[[], None]] = deque(maxlen=1000)
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, driven: Paced) -> None:
        """Drive `driven`, starting the thread if need be."""
        with self._lock:
            self._driven = (*self._driven, driven)
            if self._thread is None:
                with outside_visits():  # it serves all of them
                    self._thread = threading.Thread(
                        target=self._run, name="nbstream-link", daemon=True
                    )
                    start_or_take_turns(self._thread, self._turn, self._wake)
            go_on()
        self._wake.set()

    def remove(self, driven: Paced) -> None:
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
            wait = self._turn()
            if wait == OVER:
                return
            self._clock.wait(self._wake, wait)

    def _turn(self) -> float | None:
        """Drive all once; return the seconds until something may be due, None for "when woken"."""
        with self._lock:
            all_driven = self._driven
            if not all_driven:
                self._thread = None
                return OVER
        while self._jobs:
            self._run_job(self._jobs.popleft())
        delays = [self._step(driven) for driven in all_driven]
        return min((delay for delay in delays if delay is not None), default=None)

    def _run_job(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception:
            log_exception(logger, "A message of a page could not be answered.")

    def _step(self, driven: Paced) -> float | None:
        try:
            return driven.step(self._clock.monotonic())
        except Exception:
            log_exception(logger, "A link failed; it is tried again.")
            return 1.0


PUMP = Pump()
