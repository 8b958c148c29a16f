"""An analyzer where one, a source or a buffer may be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.analysis.analyzer import Analyzer

if TYPE_CHECKING:
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.window import WindowLike
    from nbstream.sources.base import Source

__all__ = ["as_analyzer"]


def as_analyzer(
    given: Source | Buffer | Analyzer, window: WindowLike | None = None
) -> tuple[Analyzer, bool]:
    """Return an analyzer as it is or a new one of a source or buffer, and whether it is new.

    Parameters
    ----------
    given
        What is to be analysed.
    window
        Of the analyzer, that of a given one too; None leaves it.

    Raises
    ------
    TypeError
        If nothing of the kind was given.
    """
    if not isinstance(given, Analyzer):
        return Analyzer(given, window), True
    if window is not None:
        given.window = window
    return given, False
