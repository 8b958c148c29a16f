"""From which lines of a file its format is found: few, however long the file or its lines are."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["first_lines", "telling_lines"]

SAMPLE_LINES, FEW_LINES = 200, 30
SAMPLE_BYTES = 2**16
MANY_LINES = 200_000
"""So many are looked at to tell day from month."""
MAX_DATES = 800

_DATE = re.compile(rb"(?<![0-9])[0-9]{1,4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{2,4}(?![0-9])")


def first_lines(data: bytes) -> list[str]:
    """Return the first lines; few rows of a wide table tell as much as many of a narrow one."""
    lines = data.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]
    sizes = accumulate(map(len, lines))
    found = zip(lines, sizes, strict=True)
    return _texts(
        [line for i, (line, size) in enumerate(found) if i < FEW_LINES or size < SAMPLE_BYTES]
    )


def telling_lines(data: bytes) -> list[str]:
    """Return the first lines and, of those behind, one for each date that none before it held."""
    lines = data.split(b"\n", MANY_LINES)[:MANY_LINES]
    found, seen = lines[:SAMPLE_LINES], set[bytes]()
    for line in lines[SAMPLE_LINES:]:
        match = _DATE.search(line)
        if match is not None and match[0] not in seen and len(seen) < MAX_DATES:
            seen.add(match[0])
            found.append(line)
    if not seen:  # dates are written otherwise
        found += lines[SAMPLE_LINES :: len(lines) // MAX_DATES + 1]
    return _texts(found)


def _texts(lines: Sequence[bytes]) -> list[str]:
    return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
