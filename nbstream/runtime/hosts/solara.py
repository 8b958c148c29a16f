"""Visitors of a Solara server: it gives each a kernel of its own, known by the thread."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

from nbstream.runtime.hosts.host import Host

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["SolaraHost", "present"]


class SolaraHost(Host):
    """A visitor's virtual kernel.

    Parameters
    ----------
    context
        Solara's, of that kernel.
    without
        Returns a context in which there is none.
    """

    name = "Solara"

    def __init__(self, context: Any, without: Callable[[], AbstractContextManager[object]]) -> None:
        self._context = context
        self._without = without

    @property
    def visit(self) -> tuple[Hashable, ...]:
        """The kernel's id."""
        return self.name, str(self._context.id)

    def when_over(self, end: Callable[[], object]) -> None:
        """Call `end` when the kernel closes: some time after its last page has gone."""
        self._context.on_close(end)

    def send(self, send: Callable[[], object]) -> None:
        """Call `send` as the visitor's."""
        if not self._context.closed_event.is_set():
            with self._context:
                send()

    def outside(self) -> AbstractContextManager[object]:
        """Return a context of nobody: Solara gives a thread the visitor who starts it, for its whole life."""
        return self._without()


def present() -> Host | None:
    """Return the visitor whom the caller serves; None outside of that."""
    contexts: Any = sys.modules.get("solara.server.kernel_context")
    if contexts is None or not contexts.has_current_context():
        return None
    return SolaraHost(contexts.get_current_context(), contexts.without_context)
