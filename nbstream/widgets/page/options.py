"""Options that nobody knows: the error names the nearest one that there is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["refuse_unknown"]


def refuse_unknown(where: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise TypeError at the first of the given options that is not known to `where`."""
    for option in given:
        if option not in known:
            near = difflib.get_close_matches(option, known, n=1)
            hint = (
                f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(sorted(known))}."
            )
            message = f"{where} has no option {option!r}. {hint}"
            raise TypeError(message)
