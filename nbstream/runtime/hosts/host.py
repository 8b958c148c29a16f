"""What nbstream needs of a host, and the host that there is when there is none: plain Python."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext

__all__ = ["PYTHON", "Host"]


class Host:
    """Where a widget is shown, as seen from where it was made.

    This one is plain Python: what is sent goes nowhere or by whatever way ipywidgets finds, and nothing ends
    before the process.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    name = "Python"
    opens_all = False
    """Whether a page gets a model of each widget that is made, not just of those that are shown."""

    @property
    def visit(self) -> tuple[Hashable, ...] | None:
        """What ends together: the kind of host, the visitor's session, its cell if it has any; or None."""
        return None

    def when_over(self, end: Callable[[], object]) -> None:
        """Call `end` once, when the visit is over."""

    def send(self, send: Callable[[], object]) -> None:
        """Call `send`, which hands a message to the widget's comm, where the comm takes it; maybe later."""
        send()

    def outside(self) -> AbstractContextManager[object]:
        """Return a context in which threads can be started that are none of the visit's."""
        return nullcontext()


PYTHON = Host()
