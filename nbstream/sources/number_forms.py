"""How the cells of a column are written as numbers: found from some of them, then read by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nbstream.sources.number_cells import (
    are_switches,
    figures_of,
    is_missing,
    is_placeholder,
    number,
    quantity,
    switch,
)
from nbstream.sources.times.scan import lasted_s
from nbstream.text.units import MULTIPLIERS, convert, is_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["PLAIN", "NumberForm", "find_form"]

FEW_CELLS = 3
"""From so many cells on, all with the same unit, a unit that nobody knows is believed."""

KELVIN_TESLA_GAUSS = frozenset("KTG")
"""What thousands and more are too, where some cells have no such letter, or another."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How the cells of one column are read as numbers.

    Parameters
    ----------
    decimal, thousands
        As for `nbstream.sources.number_cells.number`.
    unit
        What the cells carry; one of the same kind is converted to it. "": cells carry nothing but k, M and
        the like, which is multiplied. None: cells carry no unit.
    is_switch
        Whether the cells are words such as on and off.
    is_duration
        Whether the cells are minutes and seconds, "1:23.4", which are read in seconds.
    is_hex
        Whether the cells are hexadecimal, "0x1F".
    """

    decimal: str = "."
    thousands: str = ""
    unit: str | None = None
    is_switch: bool = False
    is_duration: bool = False
    is_hex: bool = False

    def read(self, cell: str) -> float | None:
        """Return a cell as float, NaN where the reading is missing, None where it is no number.

        Parameters
        ----------
        cell
            Text without space around it.
        """
        if self.is_switch:
            value = switch(cell)
            return value if value is not None else number(cell, self.decimal)
        if self.is_duration and (seconds := lasted_s(cell)) is not None:
            return seconds
        if self.is_hex and _HEX.fullmatch(cell):
            return float(int(cell, 16))
        value = number(cell, self.decimal, self.thousands)
        is_marked = cell[:1] == "(" or cell[-1:] == "-"  # negative, as accountants write it
        if value is not None or (self.unit is None and not is_marked):
            return value
        found = quantity(cell, self.decimal, self.thousands)
        return None if found is None else convert(found[0], found[1], self.unit or "")


_HEX = re.compile(r"0[xX][0-9A-Fa-f]{1,16}")

PLAIN = NumberForm()
"""Numbers as programs write them."""


class _Votes(NamedTuple):
    """What cells say about separators; each is a number of cells."""

    decimal_comma: int = 0
    decimal_point: int = 0
    comma_groups: int = 0
    point_groups: int = 0
    space_groups: int = 0
    quote_groups: int = 0
    comma_or_groups: int = 0
    """Three digits after one comma: 1,234."""
    point_or_groups: int = 0
    short: int = 0
    """Whole numbers of at most three digits."""
    long: int = 0
    """Whole numbers of more, without a separator."""


def find_form(
    cells: Sequence[str],
    decimal: str | None = None,
    thousands: str | None = None,
    *,
    others: Iterable[str] = (),
    prefers_comma: bool = False,
) -> NumberForm | None:
    """Return how the cells of a column are read as numbers, None if they hold none.

    Parameters
    ----------
    cells
        Of one column, without space around them.
    decimal, thousands
        What is known; None is to be found out.
    others
        Cells of the file's other columns, which decide what these leave open.
    prefers_comma
        Whether "1,234" is 1.234 where nothing else decides.

    Examples
    --------
    >>> find_form(["21,5", "22"])
    NumberForm(decimal=',', thousands='', unit=None, is_switch=False, is_duration=False, is_hex=False)
    >>> find_form(["1,234.5"]).read("1,234.5"), find_form(["on", "off"]).read("on")
    (1234.5, 1.0)
    """
    texts = [c for c in cells if not is_missing(c) and not is_placeholder(c)]
    if not texts:
        return None
    if all(map(_HEX.fullmatch, texts)):
        return NumberForm(decimal or ".", is_hex=True)
    if are_switches(texts):
        return NumberForm(decimal or ".", is_switch=True)
    decimal, thousands = _separators(texts, decimal, thousands, others, prefers_comma)
    found = [q for q in (quantity(c, decimal, thousands) for c in texts) if q is not None]
    form = NumberForm(decimal, thousands, _unit_of(found, len(texts)))
    n_read = sum(form.read(c) is not None for c in texts)
    if form.unit is not None and 2 * n_read < len(texts):  # labels, one of which ends like a unit
        form = NumberForm(decimal, thousands)
        n_read = sum(form.read(c) is not None for c in texts)
    return form if n_read else None


def _unit_of(found: Sequence[tuple[float, str]], n_texts: int) -> str | None:
    """Return the unit of a column, None if its cells carry none that can be believed."""
    units = [unit for _, unit in found]
    carried = [unit for unit in units if unit]
    if not carried:
        return None
    if MULTIPLIERS.keys() >= set(carried):
        is_unit_itself = len(set(carried)) == 1 and carried[0] in KELVIN_TESLA_GAUSS
        return carried[0] if is_unit_itself and all(unit or not x for x, unit in found) else ""
    first = carried[0]
    if is_unit(first):
        return first
    is_only = all(unit == first for unit in units) and len(units) == n_texts
    return first if is_only and n_texts >= FEW_CELLS else None


def _separators(
    cells: Sequence[str],
    decimal: str | None,
    thousands: str | None,
    others: Iterable[str],
    prefers_comma: bool,
) -> tuple[str, str]:
    """Return the decimal and the thousands separator of cells."""
    votes = _count_votes(cells)
    if decimal is None:
        decimal = _decimal(votes)
    if decimal is None:
        decimal = _decimal(_count_votes_once(tuple(others)))
    if decimal is None:
        is_grouped = votes.short and not votes.long
        decimal = "," if votes.comma_or_groups and prefers_comma and not is_grouped else "."
    if thousands is not None:
        return decimal, thousands
    if decimal == ".":
        marks = [(votes.comma_groups + votes.comma_or_groups, ",")]
    else:
        marks = [(votes.point_groups + votes.point_or_groups, ".")]
    marks += [(votes.space_groups, " "), (votes.quote_groups, "'")]
    n, mark = max(marks)
    return decimal, mark if n else ""


def _decimal(votes: _Votes) -> str | None:
    """Return the decimal separator that votes make sure of."""
    comma, point = votes.decimal_comma, votes.decimal_point
    if comma or point:
        return "," if comma > point else "."
    if votes.point_groups or votes.comma_groups:
        return "," if votes.point_groups > votes.comma_groups else "."
    return None


def _count_votes(cells: Iterable[str]) -> _Votes:
    votes = [_vote(figures) for figures in map(figures_of, cells) if figures is not None]
    return _Votes(*map(sum, zip(*votes, strict=True)))


# The same cells are asked about for each column of a wide table.
_count_votes_once = lru_cache(maxsize=2)(_count_votes)


def _vote(figures: str) -> _Votes:
    """Return what one number says; `figures` are its digits and separators."""
    marks = [c for c in figures if not c.isdigit()]
    if not marks:
        return _Votes(short=1) if len(figures) <= 3 else _Votes(long=1)
    kinds = list(dict.fromkeys(marks))
    last = marks[-1]
    if len(kinds) > 2 or (len(kinds) == 2 and marks.count(last) > 1):
        return _Votes()
    if len(kinds) == 2:
        group, decimal = kinds
        if decimal not in ",." or not number(figures, decimal, group):
            return _Votes()
        decimals = {"decimal_comma" if decimal == "," else "decimal_point": 1}
        return _group_vote(group)._replace(**decimals)
    if last in " '":
        return _group_vote(last) if number(figures, ".", last) is not None else _Votes()
    head, _, tail = figures.rpartition(last)
    if len(marks) > 1:
        decimal = "." if last == "," else ","
        return _group_vote(last) if number(figures, decimal, last) is not None else _Votes()
    is_sure = len(tail) != 3 or not 1 <= len(head) <= 3 or head.startswith("0")
    if last == ",":
        return _Votes(decimal_comma=1) if is_sure else _Votes(comma_or_groups=1)
    return _Votes(decimal_point=1) if is_sure else _Votes(point_or_groups=1)


def _group_vote(mark: str) -> _Votes:
    names = {",": "comma", ".": "point", " ": "space", "'": "quote"}
    return _Votes(**{f"{names[mark]}_groups": 1})
