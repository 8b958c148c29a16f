"""What the rows of a table have in common, by which they are told from the lines above them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.cells import is_blank, is_names, is_time_like, is_value
from nbstream.sources.number_cells import number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Body", "are_halves", "is_stamped_header", "value_share"]

ABSENT = "MM"
"""What weather services write for a missing number, and others for the name of a month."""
_DATE = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{2,4}")
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}")


def value_share(cells: Sequence[str]) -> float:
    """Return how many of the cells that are not empty look like values, from 0 to 1."""
    given = [cell for cell in cells if not is_blank(cell)]
    return sum(map(is_value, given)) / len(given) if given else 0.0


@dataclass
class Body:
    """What the rows of a table have in common."""

    rows: list[list[str]]
    n_columns: int
    kinds: list[str]
    """Per column "time", "number" or "text": what most of its cells look like."""

    @classmethod
    def of(cls, rows: list[list[str]]) -> Body:
        """Return what most rows with a value have in common.

        If in doubt it is that of rows for whose cells there are names, then of the later ones.
        """
        weights: dict[int, float] = {}
        last = {}
        for i, cells in enumerate(rows):
            weights[len(cells)] = weights.get(len(cells), 0.0) + value_share(cells) ** 2
            last[len(cells)] = i
        n_names = next((len(cells) for cells in rows if len(cells) > 1 and is_names(cells)), 0)
        n_columns = _before_grown(rows) or max(
            weights, key=lambda n: (weights[n], n == n_names, last[n])
        )
        alike = [c for c in rows if len(c) == n_columns]
        kinds = []
        for column in range(n_columns):
            cells = [row[column] for row in alike if not is_blank(row[column])]
            n_values = sum(map(is_value, cells))
            # Names, units and other text may stand above a short table.
            is_valued = n_values > 0 and (2 * n_values >= len(cells) - 4 or n_values > 4)
            values = [cell for cell in cells if is_value(cell)]
            n_times = sum(number(cell) is None and is_time_like(cell) for cell in values)
            kind = "time" if is_valued and 2 * n_times > n_values else "number"
            kinds.append(kind if is_valued else "text")
        return cls(rows, n_columns, kinds)

    def is_row(self, cells: Sequence[str]) -> bool:
        """Return whether cells are a row beyond doubt: values stand where values should be."""
        if len(cells) < min(2, self.n_columns) or 2 * len(cells) < self.n_columns:
            return False
        there = list(zip(self.kinds, cells, strict=False))
        times = [cell for kind, cell in there if kind == "time"]
        if times and not all(map(is_blank, times)):
            is_timed = any(number(c) is None and is_time_like(c) for c in times)
            is_timed = is_timed and all(is_value(c) or is_blank(c) for c in times)
            return is_timed and not is_stamped_header(cells, self)
        numbers = [cell for kind, cell in there if kind == "number"]
        are_all = all(is_value(c) or is_blank(c) or c == ABSENT for c in numbers)
        return any(map(is_value, numbers)) and are_all


def _before_grown(rows: Sequence[Sequence[str]]) -> int:
    """Return how many columns a table has whose header comes again further down with more, else 0.

    Its writer was restarted with another sensor; the reader of rows takes up what was added.
    """
    names = rows[0]
    if len(rows) < 3 or len(names) < 2 or len(rows[1]) != len(names) or not is_names(names):
        return 0
    is_timed = any(number(cell) is None and is_time_like(cell) for cell in rows[1])
    grown = (row for row in rows[2:] if row[0] == names[0] and len(row) > len(names))
    return len(names) if is_timed and any(map(is_names, grown)) else 0


def is_stamped_header(cells: Sequence[str], body: Body) -> bool:
    """Return whether cells are names but for the time, as `sar` writes them."""
    there = list(zip(body.kinds, cells, strict=False))
    texts = [cell for kind, cell in there if kind == "number"]
    has_a_time = sum(kind == "time" for kind, _ in there) == 1
    if not has_a_time or not 1 < len(set(texts)) == len(texts):
        return False
    return not any(is_value(cell) or is_blank(cell) for cell in texts)


def are_halves(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Return whether a column and the one behind it hold dates and times of day."""
    pairs = [(row[column], row[column + 1]) for row in rows]
    return bool(pairs) and all(_DATE.fullmatch(a) and _CLOCK.match(b) for a, b in pairs)
