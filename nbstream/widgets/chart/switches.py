"""Which channels are switches: all that they brought so far is 0 or 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.readings.buffer import Buffer

__all__ = ["Switches"]

ENOUGH = 3
"""Readings before a channel is taken for a switch."""
AT_ONCE = 100_000
"""Rows of a channel that are looked at in one call, so that none takes long."""


class Switches:
    """Finds channels of zeros and ones, and looks at each row once.

    Notes
    -----
    A channel that brought another number once is none for good.

    Thread safety: any thread; two at once look at some rows twice.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int]] = {}
        """By channel the next row to look at, and how many zeros and ones there were."""
        self._others: set[str] = set()

    def among(self, buffer: Buffer, names: Iterable[str]) -> frozenset[str]:
        """Return which of these channels are switches as far as is known now."""
        return frozenset(name for name in names if self._is_switch(buffer, name))

    def _is_switch(self, buffer: Buffer, name: str) -> bool:
        if name in self._others:
            return False
        row, n = self._seen.get(name, (0, 0))
        rows = buffer.channel(name)
        if rows.is_archived:
            return rows.is_switch
        first, end = rows.span()
        row = max(row, first)
        if row < end:
            values = rows.rows(row, min(end, row + AT_ONCE)).values
            present = values[values == values]
            if not ((present == 0) | (present == 1)).all():
                self._others.add(name)
                return False
            row, n = row + len(values), n + len(present)
            self._seen[name] = row, n
        return n >= ENOUGH
