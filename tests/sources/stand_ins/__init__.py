"""What stands in for the libraries of sources when a thousand connections are cut: a module a library.

Each says in its library's own words and errors what `nbstream.testing.Cuts` says.
"""

from __future__ import annotations

import threading
from typing import Any

SILENCE_S = 0.01


def be_silent() -> None:
    """Wait, as a call does to which nobody answers."""
    threading.Event().wait(SILENCE_S)


class Library:
    """A library of which some names are others.

    Parameters
    ----------
    library
        The real one.
    **others
        What stands in its place.
    """

    def __init__(self, library: Any, **others: Any) -> None:
        self._library = library
        self.__dict__.update(others)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)
