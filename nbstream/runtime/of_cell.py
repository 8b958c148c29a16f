"""What ends when the notebook cell that made it runs again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.runtime import ownership
from nbstream.runtime.main_thread import MAIN

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OfCell"]


class OfCell:
    """Something that the running cell made: a rule, or a connection to notifiers.

    Parameters
    ----------
    end
        Called when the cell runs again; what earlier runs made ends at once.

    Notes
    -----
    Outside a notebook cell, and on another thread than the main one, nothing ever calls `end`.

    Thread safety: any thread.
    """

    explicit_name = None

    def __init__(self, end: Callable[[], object]) -> None:
        self._replaced = end
        if MAIN.is_current:  # elsewhere there is no telling for which cell it is
            ownership.adopt(self)

    def close(self) -> None:
        """Do nothing: `stop_all` leaves it to the analyzer, which tells of its end."""

    def forget(self) -> None:
        """Leave it alone from now on; it has ended."""
        ownership.forget(self)
