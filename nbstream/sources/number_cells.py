"""What number a cell of text stands for: strict numbers, other conventions, quantities and switches.

=============================================  ==================================
``21.5``  ``-1e-3``  ``1.5D+02``  ``21,5``     `number`, by the decimal separator
``1,234.5``  ``1.234,5``  ``1 234,5``  ``1'234.5``  `number`, by the thousands separator
``45 %``  ``21.5 °C``  ``$3.50``  ``12 kB/s``  `quantity`: a number and its unit
``on``  ``off``  ``true``  ``closed``          `switch`: 1 or 0
empty, ``nan``, ``inf``, ``1.#QNAN``           a missing reading
``n/a``  ``---``  ``unavailable``              a placeholder: no number, and no text either
=============================================  ==================================

`nbstream.sources.number_forms` puts them together for the cells of one column.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from nbstream.text.units import ALIKE, CURRENCIES, UNSCALED, is_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "THOUSANDS", "are_switches", "figures_of", "is_missing", "is_placeholder", "number",
    "plain_quantity", "quantity", "switch",
]  # fmt: skip

THOUSANDS = ("", ",", ".", " ", "'")
"""What may separate thousands; " " stands for every kind of space."""

_FORTRAN = re.compile(r"([+-]?[0-9]*\.?[0-9]+)[dD]([+-][0-9]{2,3})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MISSING = frozenset(
    {"", "nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}
    | {f"{sign}1.#{word}" for sign in ("", "-") for word in ("inf", "ind", "qnan", "snan")}
)
"""As Python and C write them; the last ones are of Windows."""
_PLACEHOLDERS = frozenset(
    "n/a n/e na #n/a [n/a] [not_supported] null none nil unknown unavailable undefined missing invalid "
    "error err ? . * - -- --- ---- -.- --.- --.-- – — #value! #div/0! #ref! #num! nodata no_data "
    "no_value bad \\n".split()
) | {"no data", "no value", "not available", "[not supported]"}
_GROUPED = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3})+)((?:\.[0-9]*)?)")
_LAKH = re.compile(r"([+-]?)([0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3})((?:\.[0-9]*)?)")

_FIGURES = r"(?:[0-9][0-9.,' ]*[0-9]|[0-9]+|[.,][0-9]+)[.,]?(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(
    rf"([+-]?) ?([A-Z]{{0,2}}[{CURRENCIES}]|[A-Z]{{3}} |kr\.? |Rs\.? |zł )? ?([+-]?{_FIGURES})"
    r" ?([^\s0-9+\-.,][^,;]{0,23})?"
)
_EXPONENT = re.compile("[eE]")
_UNIT = re.compile(r"/?(?:[^\W\d_]|[°µμΩ%‰×″])[^\s:=]{0,15}")
_ONES = {"on": "off", "true": "false", "yes": "no", "open": "closed", "enabled": "disabled"}
_SWITCH = {**dict.fromkeys(_ONES, 1.0), **dict.fromkeys(_ONES.values(), 0.0)}
_PAIRS = {word: one for one, zero in _ONES.items() for word in (one, zero)}


def number(cell: str, decimal: str = ".", thousands: str = "") -> float | None:
    """Return a cell as float, NaN where the reading is missing, None where it is no number.

    Parameters
    ----------
    cell
        Text without space around it. Only ASCII digits count. Empty, "nan" and "inf" are missing
        readings.
    decimal
        "." or ",".
    thousands
        What may separate groups of three digits, one of `THOUSANDS`; "" accepts none.

    Examples
    --------
    >>> number("21.5"), number("1.234,5", ",", "."), number("1 234", ".", " "), number("1_000")
    (21.5, 1234.5, 1234.0, None)
    """
    text = cell if cell.isascii() else cell.translate(ALIKE)
    if decimal != ".":
        if thousands:
            text = _ungrouped(text, decimal, thousands)
        elif "." in text:
            return None
        text = text.replace(decimal, ".")
    elif thousands:
        text = _ungrouped(text, decimal, thousands)
    if _NUMBER.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else math.nan
    if match := _FORTRAN.fullmatch(text):
        return number(f"{match[1]}e{match[2]}")
    return math.nan if cell.lower() in _MISSING else None


def _ungrouped(text: str, decimal: str, thousands: str) -> str:
    """Return a number without its thousands separators; what it is not stays as it is."""
    if thousands not in text:
        return text if decimal == "." or "." not in text else ""
    swapped = text if decimal == "." else text.replace(".", "\0").replace(",", ".")
    mark = "\0" if thousands == "." else thousands
    swapped = swapped.replace(mark, ",")
    match = _GROUPED.fullmatch(swapped)
    if match is None and thousands == ",":
        match = _LAKH.fullmatch(swapped)
    if match is None:
        return ""
    plain = match[1] + match[2].replace(",", "") + match[3]
    return plain if decimal == "." else plain.replace(".", decimal)


def is_missing(cell: str) -> bool:
    """Return whether a cell stands for a missing reading: it is empty, nan or inf."""
    return cell.lower() in _MISSING


def is_placeholder(cell: str) -> bool:
    """Return whether a cell says that there is no reading, in a word that is no number.

    Examples
    --------
    >>> is_placeholder("[N/A]"), is_placeholder("---"), is_placeholder("abc")
    (True, True, False)
    """
    return cell.lower() in _PLACEHOLDERS


def quantity(cell: str, decimal: str = ".", thousands: str = "") -> tuple[float, str] | None:
    """Return a cell as a number and its unit, "" if it has none; None if it is neither.

    Parameters
    ----------
    cell
        Text without space around it: "45 %", "21.5°C", "-$3.50", "(3.50)", "3,50-", "EUR 12".
    decimal, thousands
        As for `number`.

    Examples
    --------
    >>> (
    ...     quantity("45 %"),
    ...     quantity("1 200,5 kB/s", ",", " "),
    ...     quantity("-$3.50"),
    ...     quantity("3rd 4th"),
    ... )
    ((45.0, '%'), (1200.5, 'kB/s'), (-3.5, '$'), None)
    """
    value = number(cell, decimal, thousands)
    if value is not None:
        return value, ""
    text = cell.translate(ALIKE)
    is_negative = (text[:1], text[-1:]) == ("(", ")") or (text[:1].isdecimal() and text[-1:] == "-")
    if is_negative:
        text = text.strip("()-").strip()
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    sign, currency, figures, unit = match[1], (match[2] or "").strip(), match[3], match[4] or ""
    has_sign = bool(sign) or figures[0] in "+-"
    if (currency and unit) or (has_sign and is_negative) or (sign and figures[0] in "+-"):
        return None
    if unit and not _UNIT.fullmatch(unit) and unit not in UNSCALED and unit not in CURRENCIES:
        return None
    value = number(figures, decimal, thousands)
    if value is None or math.isnan(value):
        return None
    if is_negative or sign == "-":
        value = -value
    return value, currency or unit


@lru_cache(maxsize=2048)
def plain_quantity(text: str) -> tuple[float, str] | None:
    """Return what `quantity` does for text of which nothing is known: no names such as "3C01".

    Parameters
    ----------
    text
        A unit that is not known must stand apart from its number, or be a rate.

    Examples
    --------
    >>> plain_quantity("45%"), plain_quantity("7 turns"), plain_quantity("3C01")
    ((45.0, '%'), (7.0, 'turns'), None)
    """
    found = quantity(text)
    if found is None or not found[1] or is_unit(found[1]) or "/" in found[1]:
        return found
    is_apart = text.endswith(f" {found[1]}") and not any(c.isdigit() for c in found[1])
    return found if is_apart else None


def switch(cell: str) -> float | None:
    """Return 1 for on, true, yes, open or enabled, 0 for their opposites, None for other text.

    Examples
    --------
    >>> switch("On"), switch("FALSE"), switch("ajar")
    (1.0, 0.0, None)
    """
    return _SWITCH.get(cell.lower())


def are_switches(cells: Iterable[str]) -> bool:
    """Return whether cells are the two words of one switch, or one of them.

    Examples
    --------
    >>> are_switches(["on", "Off"]), are_switches(["on", "closed"])
    (True, False)
    """
    words = {_PAIRS.get(cell.lower()) for cell in cells}
    return len(words) == 1 and None not in words


def figures_of(cell: str) -> str | None:
    """Return the digits and separators of the number in a cell, None if there is no number.

    Examples
    --------
    >>> figures_of("-1.234,5 kB"), figures_of("2.5e-3"), figures_of("on")
    ('1.234,5', '2.5', None)
    """
    match = _QUANTITY.fullmatch(cell.translate(ALIKE).strip("() ").rstrip("-"))
    return None if match is None else _EXPONENT.split(match[3].lstrip("+-"))[0].strip()
