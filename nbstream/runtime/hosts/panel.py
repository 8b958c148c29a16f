"""Sessions of a Panel server. A document of Bokeh takes changes in its own ticks only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from typing import Any

from nbstream.runtime.hosts.host import Host

__all__ = ["PanelHost", "present"]


class PanelHost(Host):
    """A visitor's session.

    Parameters
    ----------
    document
        Bokeh's, of that session.
    """

    name = "Panel"
    opens_all = True

    def __init__(self, document: Any) -> None:
        self._document = document

    @property
    def visit(self) -> tuple[Hashable, ...]:
        """The session's id."""
        return self.name, str(self._document.session_context.id)

    def when_over(self, end: Callable[[], object]) -> None:
        """Call `end` when the session is destroyed: some 30 s after its page has gone."""

        def destroyed(session_context: Any) -> None:
            end()

        self._document.on_session_destroyed(destroyed)

    def send(self, send: Callable[[], object]) -> None:
        """Call `send` in the document's next tick."""
        context = self._document.session_context
        if context is not None and not context.destroyed:
            self._document.add_next_tick_callback(send)


def present() -> Host | None:
    """Return the session that the caller serves; None outside of one."""
    module: Any = sys.modules.get("panel.io.state")
    document = None if module is None else module.state.curdoc
    if document is None or document.session_context is None:
        return None
    return PanelHost(document)
