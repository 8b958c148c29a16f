"""Options that nobody knows: the error names the nearest one that there is."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from nbstream.text.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["options_of", "refuse_options"]


def options_of(kind: type[Any]) -> frozenset[str]:
    """Return the keyword options of a kind of source, its base classes' included."""
    found: set[str] = set()
    for cls in kind.__mro__:
        if "__init__" not in cls.__dict__ or cls is object:
            continue
        parameters = list(inspect.signature(cls.__dict__["__init__"]).parameters.values())[1:]
        found |= {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return frozenset(found)


def refuse_options(kind: type[Any], given: Iterable[str]) -> None:
    """Raise an error for options that a kind of source doesn't have.

    Raises
    ------
    TypeError
        If there are any.
    """
    for option in given:
        near = did_you_mean(option, sorted(options_of(kind)))
        message = f"{kind.__name__} has no option {option!r}. {near}"
        raise TypeError(message)
