"""Which host the caller is in."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from nbstream.runtime.hosts import kernel, marimo, panel, shiny, solara
from nbstream.runtime.hosts.host import PYTHON, Host

__all__ = ["outside_visits", "present"]

logger = logging.getLogger(__name__)

# A server's sessions before a kernel: Panel and Solara can be tried in a notebook.
_HOSTS = (shiny.present, solara.present, panel.present, marimo.present, kernel.present)

_is_outside: ContextVar[bool] = ContextVar("nbstream_outside_visits", default=False)


def present() -> Host:
    """Return the host that the caller is in: a visitor's session, a cell, a kernel, or plain Python.

    What cannot be asked, such as a version that has moved what we look at, is taken as not there.
    """
    if _is_outside.get():
        return PYTHON
    for find in _HOSTS:
        try:
            host = find()
        except Exception:
            logger.debug("%s could not be asked.", find.__module__, exc_info=True)
        else:
            if host is not None:
                return host
    return PYTHON


@contextmanager
def outside_visits() -> Iterator[None]:
    """Make what is made inside the process's, not the present visitor's: for what visitors share."""
    with present().outside():
        token = _is_outside.set(True)
        try:
            yield
        finally:
            _is_outside.reset(token)
