"""Sessions of Shiny for Python, with shinywidgets.

A comm of shinywidgets sends by the session of the context that it is called in, after that session's next
flush. On a thread of ours there is neither. So it is given a stand-in for the session, which has the
session's event loop send at once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

from nbstream.runtime.hosts.host import Host

__all__ = ["ShinyHost", "present"]


class ShinyHost(Host):
    """A visitor's session.

    Parameters
    ----------
    session
        The outermost one, of no module of the app.
    loop
        Its event loop.
    session_context
        Shiny's context in which a session is the current one.
    """

    name = "Shiny"
    opens_all = True

    def __init__(
        self, session: Any, loop: asyncio.AbstractEventLoop, session_context: Callable[[Any], Any]
    ) -> None:
        self._session = session
        self._session_context = session_context
        self._stand_in = _SendsAtOnce(session, loop)

    @property
    def visit(self) -> tuple[Hashable, ...]:
        """The session's id."""
        return self.name, str(self._session.id)

    def when_over(self, end: Callable[[], object]) -> None:
        """Call `end` when the session has ended."""

        def when_ended() -> None:
            with self._session_context(self._session):
                end()

        self._session.on_ended(when_ended)

    def send(self, send: Callable[[], object]) -> None:
        """Call `send`; what it sends goes out on the session's loop."""
        with self._session_context(self._stand_in):
            send()


class _SendsAtOnce:
    """What a comm asks of a session, done on its loop without waiting for a flush."""

    def __init__(self, session: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._session = session
        self._loop = loop

    def on_flushed(self, send: Callable[[], Coroutine[Any, Any, None]], once: bool = True) -> None:
        """Run `send` on the loop; a session that has ended gets nothing."""
        coroutine = send()
        try:
            asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:  # the loop was closed
            coroutine.close()

    on_flush = on_flushed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def present() -> Host | None:
    """Return the session that the caller serves; None outside of one."""
    shiny: Any = sys.modules.get("shiny.session")
    session = None if shiny is None else shiny.get_current_session()
    if session is None or session.is_stub_session():
        return None
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # a thread that was given the context
        return None
    return ShinyHost(session.root_scope(), loop, shiny.session_context)
