"""Options that nobody knows: the error names the nearest one that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["refuse_unknown"]


def refuse_unknown(where: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise TypeError at the first of the given options that is not known to `where`."""
    for option in given:
        if option not in known:
            message = f"{where} has no option {option!r}. {did_you_mean(option, sorted(known))}"
            raise TypeError(message)
