"""Kernels of Jupyter, whose subshells come and go.

JupyterLab 4.6 sends the messages of widgets to subshells of the kernel, threads of their own that end
with a page or sooner. ipykernel 7.4 notes for each comm in which subshell it last sent, a guess for a
thread of ours, and takes every later message of every page there; if that subshell has ended, the
message is lost, and the widget is deaf from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

from nbstream.runtime.hosts.host import Host
from nbstream.runtime.main_thread import shell

__all__ = ["KernelHost", "present"]


class KernelHost(Host):
    """A kernel. A widget hears its pages on the main shell, whichever thread it sends from."""

    name = "ipykernel"

    def send(self, send: Callable[[], object]) -> None:
        """Call `send` so that what it sends is no answer to a message of a subshell.

        What it answers is settled here: for a thread of ours the kernel would ask again, and may take a
        message that came meanwhile for it.
        """
        kernel: Any = getattr(shell(), "kernel", None)
        variable: Any = getattr(kernel, "_shell_parent", None)
        if not isinstance(variable, ContextVar):
            send()
            return
        parent = kernel.get_parent("shell")
        is_of_subshell = parent.get("header", {}).get("subshell_id") is not None
        context = copy_context()
        context.run(variable.set, {} if is_of_subshell else parent)
        context.run(send)


_KERNEL = KernelHost()


def present() -> Host | None:
    """Return the kernel that this process is; None elsewhere."""
    return None if getattr(shell(), "kernel", None) is None else _KERNEL
