"""What names tell of files that are parts of one log: which there are, their order, whose parts they are."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.sources.files.packed import PACKED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["base_of", "has_parts", "in_order", "is_packed", "newest_of"]

MOST_DIGITS = 5
"""Of the number of a part; a date has more."""
ROTATED = re.compile(r"(.*?[^0-9._-])[._-][0-9][0-9._:T-]*")
_COUNTED = re.compile(r"(.*\D)\.([0-9]{1,5})")
_ENDING = r"(\.[A-Za-z][^./\\]*)"
_INNER = (
    re.compile(r"(.+)\.([0-9]{1,5})" + _ENDING),
    re.compile(r"(.*?[^0-9._-])[._-]([0-9][0-9._:T-]{5,})" + _ENDING),
)
"""A number, or a date, in front of the ending, as logrotate's option `extension` puts it."""


def has_parts(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a pattern of several files, or one that is packed."""
    text = os.fspath(path)
    return is_packed(text) or (glob.has_magic(text) and not os.path.exists(text))


def in_order(paths: list[str], among: Collection[str] = ()) -> list[str]:
    """Return parts of a log in the order in which they were written, as their names tell.

    Parameters
    ----------
    paths
        Of the parts.
    among
        Others that there are: x.1.log is older than x.2.log, unless there is x.log.

    Examples
    --------
    >>> in_order(["app.log", "app.log.0", "app.log.10.gz", "app.log.2"])
    ['app.log.10.gz', 'app.log.2', 'app.log.0', 'app.log']
    >>> in_order(["day-10.csv", "day-9.csv", "x.log", "x.log-20260701"])
    ['day-9.csv', 'day-10.csv', 'x.log-20260701', 'x.log']
    >>> in_order(["x.1.log", "x.10.log.gz", "x.log", "x_2.1.log", "x_2.2.log"])
    ['x.10.log.gz', 'x.1.log', 'x.log', 'x_2.1.log', 'x_2.2.log']
    >>> in_order(["x.log", "x_2.1.log", "x_2.2.log", "x_2.log", "x-2026-07-01.log"])
    ['x-2026-07-01.log', 'x.log', 'x_2.2.log', 'x_2.1.log', 'x_2.log']
    """
    known = {*paths, *among}
    return sorted(paths, key=lambda path: _key(path, known))


def _key(path: str, known: Collection[str]) -> tuple[list[tuple[int, int, str]], int, bool]:
    """Return what sorts a path: numbers by size, a name behind those that it begins, packed copies last."""
    base = path.removesuffix(PACKED)
    inner = _inner(base, known.__contains__)
    if inner is not None:
        is_date = len(inner[2]) > MOST_DIGITS
        base = f"{inner[1]}.{inner[2]}{inner[3]}" if is_date else f"{inner[1]}{inner[3]}.{inner[2]}"
    rotated = _COUNTED.fullmatch(base)
    if rotated is not None:
        base = rotated[1]
    words = re.findall(r"([0-9]+)|([^0-9]+)", base)
    parts = [(0, int(number), "") if number else (1, 0, word) for number, word in words]
    last = parts[-1][2] if parts and parts[-1][2] else ""
    if last:
        parts[-1] = 1, 0, f"{last}\uffff"
    else:
        parts.append((1, 0, "\uffff"))
    number = -1 - int(rotated[2]) if rotated is not None else 0
    return parts, number, is_packed(path)


def _inner(name: str, is_there: Callable[[str], bool]) -> re.Match[str] | None:
    """Return a name's start, number and ending, if there is the log that start and ending name."""
    found = (pattern.fullmatch(name) for pattern in _INNER)
    return next((match for match in found if match and is_there(match[1] + match[3])), None)


def is_packed(name: str) -> bool:
    """Return whether a file is packed, as its name tells."""
    return name.endswith(PACKED)


def newest_of(path: str | os.PathLike[str]) -> Path | None:
    """Return the file that matches a pattern and was written last, None if there is none."""
    files = [name for name in glob.glob(os.fspath(path)) if os.path.isfile(name)]
    return Path(max(files, key=os.path.getmtime)) if files else None


def base_of(name: str) -> str:
    """Return the name of the log of which a file is a part that was rotated; of others their own.

    x.1.log is a part of x.log only where there is one.

    Examples
    --------
    >>> [base_of(name) for name in ("x.log.2.gz", "x.log-20260701", "x.log", "day-9.csv")]
    ['x.log', 'x.log', 'x.log', 'day-9.csv']
    """
    name = name.removesuffix(PACKED)
    inner = _inner(name, os.path.exists)
    if inner is not None:
        return inner[1] + inner[3]
    rotated = ROTATED.fullmatch(name)
    return name if rotated is None else rotated[1]
