"""What somebody may have meant: the nearest of the names that are known."""

from __future__ import annotations

import difflib
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["did_you_mean", "nearest"]

MOST_KNOWN = 1000
LONGEST = 80
"""How many names are compared, and how many characters of the wrong one: a hint must cost little."""


def nearest(
    wrong: str,
    known: Iterable[str],
    *,
    cutoff: float = 0.6,
    synonyms: Mapping[str, str] | None = None,
) -> str | None:
    """Return the known name that is most like `wrong`, whatever its case; None if none is like it.

    Parameters
    ----------
    wrong
        What was written.
    known
        The names that there are.
    cutoff
        How alike they must be, from 0 to 1 (`difflib.SequenceMatcher.ratio`).
    synonyms
        Known names by words in lower case that mean the same and look different.
    """
    if synonyms and wrong.lower() in synonyms:
        return synonyms[wrong.lower()]
    by_lower = {name.lower(): name for name in islice(known, MOST_KNOWN)}
    near = difflib.get_close_matches(wrong[:LONGEST].lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else None


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return a sentence that helps: the nearest name, else all that are known.

    Examples
    --------
    >>> did_you_mean("medain", ["mean", "median"])
    "Did you mean 'median'?"
    >>> did_you_mean("x", ["mean", "median"])
    'There are mean, median.'
    """
    known = list(known)
    near = nearest(wrong, known)
    if near is not None:
        return f"Did you mean {near!r}?"
    return f"There are {', '.join(known)}." if known else "There is none."
