"""Keeps widgets reachable in kernels whose subshells come and go.

JupyterLab 4.6 sends the messages of widgets to subshells of the kernel, threads of their own that end
with a page or sooner. ipykernel 7.4 notes for each comm in which subshell it last sent, a guess for a
thread of ours, and takes every later message of every page there; if that subshell has ended, the
message is lost, and the widget is deaf from then on.
"""

from __future__ import annotations

from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AnswersOnMainShell"]


class AnswersOnMainShell:
    """A widget that hears its pages on the kernel's main shell, whichever thread it sends from.

    Notes
    -----
    Thread safety: any thread may send.
    """

    def _send(self, msg: Any, buffers: Any = None) -> None:
        send = super()._send  # type: ignore[misc]
        _outside_subshells(lambda: send(msg, buffers))


def _outside_subshells(function: Callable[[], None]) -> None:
    """Call `function` so that what it sends is no answer to a message of a subshell."""
    kernel: Any = getattr(get_ipython(), "kernel", None)
    parent: Any = getattr(kernel, "_shell_parent", None)
    if isinstance(parent, ContextVar):
        header = kernel.get_parent("shell").get("header", {})
        if header.get("subshell_id") is not None:
            context = copy_context()
            context.run(parent.set, {})
            context.run(function)
            return
    function()
