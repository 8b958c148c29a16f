"""What pages say to a widget: rationed, checked, done on the main thread, and answered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from nbstream.errors import NbstreamError
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.main_thread import MAIN
from nbstream.text.redaction import log_exception, redact
from nbstream.widgets.page.allowance import Allowance
from nbstream.widgets.page.messages import is_int, is_small, plain_text
from nbstream.widgets.page.scripts import SCRIPTS

if TYPE_CHECKING:
    from nbstream.widgets.page.link import Link

__all__ = ["Action", "Inbox"]

logger = logging.getLogger(__name__)

MAX_MESSAGES_PER_S = 200
"""So many pages acknowledge at once, each every two seconds, and have as much again for what people do …"""
MAX_OF_A_PAGE_PER_S = 50
"""… but none of them takes the others' part."""
MAX_PAGES = 1000
"""Pages of which it is remembered how much they said."""

Action: TypeAlias = Callable[[dict[str, Any]], Callable[[], Any] | None]
"""Reads a command of a page and returns what is to be done; if that returns a dict, the page gets it."""


class Inbox:
    """Takes what pages say to a widget: to its link, of the scripts, or a command.

    A command has a ``request`` number, and is answered by a ``reply`` with that number, which says what
    was wrong if anything was. What makes no sense, and what is too much, is counted and not answered.

    Parameters
    ----------
    widget
        Hears its pages; has ``send``, ``on_msg`` and ``is_closed``.
    link
        Of the widget.
    actions
        Returns the commands of a page by their kind.
    take
        Takes what the widget answers in its own way; returns whether it was such a message.
    clock
        Injectable for tests.

    Notes
    -----
    Thread safety: messages of a page may come on any thread; what they ask for is done on the main thread.
    """

    def __init__(
        self,
        widget: Any,
        link: Link,
        actions: Callable[[], dict[str, Action]],
        *,
        take: Callable[[dict[str, Any]], bool] = lambda message: False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._widget = widget
        self._link = link
        self._actions = actions
        self._take = take
        self.allowance = Allowance(MAX_MESSAGES_PER_S, clock=clock)
        self._clock = clock
        self._of_pages: dict[str, Allowance] = {}
        self.n_ignored = 0
        widget.on_msg(self.receive)

    def ignore(self) -> None:
        """Count a message that made no sense."""
        self.n_ignored += 1

    def receive(self, _widget: Any, message: Any, buffers: Any) -> None:
        """Take a message of a page, as ipywidgets hands it over."""
        is_fair = (
            isinstance(message, dict)
            and all(isinstance(message.get(key, ""), str) for key in ("kind", "name"))
            and not buffers
            and is_small(message)
            and self._allowance_of(_page_of(message)).take()
            and self.allowance.take()
        )
        if not is_fair or not (
            SCRIPTS.answer(self._widget.send, message)
            or self._link.receive(message)
            or self._take(message)
            or self._command(message)
        ):
            self.ignore()
        elif message["kind"] == "bye":
            self._of_pages.pop(_page_of(message), None)  # it may be one of thousands

    def _allowance_of(self, name: str) -> Allowance:
        """Return what a page may say yet."""
        known = self._of_pages.get(name)
        if known is not None:
            return known
        if len(self._of_pages) >= MAX_PAGES:
            self._of_pages.clear()  # all pages together have their bound still
        return self._of_pages.setdefault(name, Allowance(MAX_OF_A_PAGE_PER_S, clock=self._clock))

    def _command(self, message: dict[str, Any]) -> bool:
        """Take a command of a page; return whether it was a valid one."""
        action = self._actions().get(message.get("kind", ""))
        request = message.get("request")
        if action is None or not is_int(request):
            return False
        do = action(message)
        if do is None:
            return False
        MAIN.run(lambda: self._answer(request, do))
        return True

    def _answer(self, request: Any, do: Callable[[], Any]) -> None:
        """Do what a page asked for and tell it whether it worked."""
        if self._widget.is_closed:
            return
        error, value = "", None
        try:
            value = do()
        except (ValueError, TypeError, NbstreamError) as problem:
            error = plain_text(redact(problem), 300)
        except Exception as problem:
            log_exception(logger, "A command of a page failed.")
            error = plain_text(redact(f"That failed: {problem!r}"), 300)
        answer = {"value": value} if isinstance(value, dict) else {}
        self._widget.send({"kind": "reply", "request": request, "error": error, **answer})


def _page_of(message: dict[str, Any]) -> str:
    """Return how the page that sent it calls itself; those that give no name share one."""
    name = message.get("client")
    return name if isinstance(name, str) else ""
