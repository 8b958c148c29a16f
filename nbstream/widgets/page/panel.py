"""What the dashboard's panels share: a widget whose page shows one small state, newest wins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import anywidget
import traitlets

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.runtime import ownership
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.main_thread import MAIN
from nbstream.sources import Source
from nbstream.text.naming import short_name
from nbstream.widgets.page.assets import loader, stub
from nbstream.widgets.page.inbox import Action, Inbox
from nbstream.widgets.page.link import PUMP, Link, Payload, Pump
from nbstream.widgets.page.messages import DistrustsPages, plain_text
from nbstream.widgets.page.part import Part
from nbstream.widgets.page.scripts import SCRIPTS
from nbstream.widgets.page.sending import SendsFromThreads

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Panel", "StateFeed", "require_analyzer", "source_state"]

PANEL_INTERVAL = 0.25
"""Seconds between two frames of a panel: people read text no faster."""


class StateFeed:
    """A feed of whole states: a frame when the state has changed since the last one.

    Parameters
    ----------
    read
        Returns the state as of now: plain JSON, finite numbers only, made anew at each call.

    Notes
    -----
    Thread safety: one thread at a time (the pump's).
    """

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read
        self._sent: dict[str, Any] | None = None

    def frame(self) -> Payload | None:
        """Return the state if it has changed since the last frame."""
        state = self._read()
        if state == self._sent:
            return None
        self._sent = state
        return Payload({"state": state})

    def keep_alive(self) -> Payload:
        """Return an empty payload: the page keeps what it has."""
        return Payload({})

    def snapshot(self) -> Payload:
        """Return the state of the last frame."""
        if self._sent is None:
            self._sent = self._read()
        return Payload({"state": self._sent})

    def little(self, max_bytes: int, *, whole: bool) -> Payload | None:
        """Return the state if it fits and, unless it is `whole`, has changed."""
        state = self._read()
        if (not whole and state == self._sent) or len(json.dumps(state)) + 20 > max_bytes:
            return None
        self._sent = state
        return Payload({"state": state, **({"whole": True} if whole else {})})


class Panel(SendsFromThreads, DistrustsPages, Part, anywidget.AnyWidget):
    """Base class of the panels: it feeds its pages, and distrusts what they send.

    A kind of panel names its page side in `_view`, says in `_state` what the page shows, and in `_actions`
    what a page may ask for: that is checked there, done on the main thread, and the page is told if it
    failed.

    Parameters
    ----------
    analyzer
        What the panel shows; it is not closed with the panel.
    clock, pump
        Injectable for tests.

    Notes
    -----
    Thread safety: make and close it on the main thread; messages of a page may come on any thread.
    """

    _view: ClassVar[str] = ""
    _interval: ClassVar[float] = PANEL_INTERVAL
    _is_closed = True  # until it is made: ipywidgets closes what is collected, half-made or not

    _esm = traitlets.Unicode().tag(sync=True)
    _loader = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, analyzer: Analyzer, *, clock: Clock = SYSTEM_CLOCK, pump: Pump = PUMP
    ) -> None:
        MAIN.require("Making a widget")
        require_analyzer(analyzer, type(self).__name__)
        self.analyzer = analyzer
        self._clock = clock
        is_served = SCRIPTS.are_served(self._view)
        text = loader(self._view, is_served=is_served)
        super().__init__(_esm=stub(text), _loader=text)
        self._is_closed = False
        self._link = Link(
            self.send,
            self._new_feed(),
            interval=self._interval,
            push=lambda: SCRIPTS.push(self.send, self._view),
            clock=clock,
        )
        self._inbox = Inbox(self, self._link, self._actions, clock=clock)
        self._link.open(pump)
        ownership.adopt(self)

    def __repr__(self) -> str:
        """Return what the panel shows, in one line that a notebook keeps for later."""
        return f"<{type(self).__name__}: {self._summary()}>"

    @property
    def is_closed(self) -> bool:
        """Whether `close()` was called."""
        return self._is_closed

    @property
    def n_ignored(self) -> int:
        """Messages of pages that made no sense, or were too many."""
        return self._inbox.n_ignored + self._link.n_ignored

    def close(self) -> None:
        """Remove the panel from its pages; what it shows goes on.

        Raises
        ------
        WrongThreadError
            If called off the main thread of a kernel.
        """
        if self._is_closed:
            return
        MAIN.require("Closing a widget")
        self._is_closed = True
        self._link.close()
        layout = self.layout
        super().close()
        layout.close()
        ownership.forget(self)

    def displayed(self) -> None:
        """Expect a new view of the panel; what displays it calls this on the main thread."""
        self._link.displayed()

    def _repr_mimebundle_(self, *arguments: Any, **keywords: Any) -> Any:
        self.displayed()
        return super()._repr_mimebundle_(*arguments, **keywords)

    def set_state(self, sync_data: Any) -> None:
        """Ignore a page that writes traits: what it may change goes by checked messages."""
        self._ignore()

    # What a kind of panel writes.

    def _state(self) -> dict[str, Any]:
        """Return what the page shows: JSON with finite numbers; called on the pump's thread."""
        raise NotImplementedError

    def _actions(self) -> dict[str, Action]:
        """Return the commands of a page by their kind.

        Each takes the message, on any thread, and returns what is to be done on the main thread; None if
        the message is not what it should be.
        """
        return {}

    def _new_feed(self) -> StateFeed:
        return StateFeed(self._read)

    def _summary(self) -> str:
        latest = [
            f"{short_name(name, 20)} "
            + (short_name(value, 20) if isinstance(value, str) else f"{value:.6g}")
            for name, (_, value) in list(self.analyzer.buffer.latest().items())[:3]
        ]
        return ", ".join(latest) or "no readings yet"

    # The wire.

    def _read(self) -> dict[str, Any]:
        analyzer = self.analyzer
        ended = "closed" if analyzer.is_closed else None
        return {**self._state(), "ended": "replaced" if analyzer.is_replaced else ended}

    def _may_have_state(self) -> bool:
        return self._inbox.allowance.take()

    def _ignore(self) -> None:
        self._inbox.ignore()


def require_analyzer(analyzer: Any, what: str) -> None:
    """Raise TypeError unless `analyzer` is an Analyzer."""
    if not isinstance(analyzer, Analyzer):
        text = f"{what} needs an Analyzer (got {type(analyzer).__name__})."
        if isinstance(analyzer, (Source, Buffer)):
            text += " Make one: Analyzer(source_or_buffer, window='60s')."
        raise TypeError(text)


def source_state(source: Source | None) -> dict[str, str] | None:
    """Return what a page says about a source; None without one."""
    if source is None:
        return None
    return {
        "name": plain_text(source.name),
        "state": source.state.name,
        "text": plain_text(source.status, 200),
    }
