"""What text stands for which number: strict numbers, other conventions, quantities and switches.

=============================================  ==================================
``21.5``  ``-1e-3``  ``21,5``                  `number`, by the decimal separator
``1,234.5``  ``1.234,5``  ``1 234,5``  ``1'234.5``  `number`, by the thousands separator
``45 %``  ``21.5 °C``  ``$3.50``  ``12 kB/s``  `quantity`: a number and its unit
``on``  ``off``  ``true``  ``closed``          `switch`: 1 or 0
empty, ``nan``, ``inf``                        a missing reading
``n/a``  ``---``  ``unavailable``              a placeholder: no number, and no text either
=============================================  ==================================

`NumberForm` puts them together for one column, and `find_form` finds it from cells.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "PLAIN",
    "THOUSANDS",
    "NumberForm",
    "base_unit",
    "convert",
    "find_form",
    "is_missing",
    "is_placeholder",
    "is_unit",
    "number",
    "plain_quantity",
    "quantity",
    "switch",
]

THOUSANDS = ("", ",", ".", " ", "'")
"""What may separate thousands; " " stands for every kind of space."""
FEW_CELLS = 3
"""From so many cells on, all with the same unit, a unit that nobody knows is believed."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MISSING = frozenset({"", "nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})
_PLACEHOLDERS = frozenset(
    "n/a n/e na #n/a [n/a] [not_supported] null none nil unknown unavailable undefined missing invalid "
    "error err ? . * - -- --- ---- -.- --.- --.-- – — #value! #div/0! #ref! #num! nodata no_data "
    "no_value bad \\n".split()
) | {"no data", "no value", "not available", "[not supported]"}
_GROUPED = {
    mark: re.compile(rf"([+-]?)([0-9]{{1,3}}(?:{pattern}[0-9]{{3}})+)((?:\.[0-9]*)?)")
    for mark, pattern in ((",", ","), (".", r"\."), (" ", " "), ("'", "'"))
}
_LAKH = re.compile(r"([+-]?)([0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3})((?:\.[0-9]*)?)")
_ALIKE = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "−": "-"})

_CURRENCIES = "$€£¥₹₽₩₺₿"
_FIGURES = r"(?:[0-9][0-9.,' ]*[0-9]|[0-9]+|[.,][0-9]+)[.,]?(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(
    rf"([+-]?) ?([A-Z]{{0,2}}[{_CURRENCIES}]|[A-Z]{{3}} |kr\.? |Rs\.? |zł )? ?([+-]?{_FIGURES})"
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
    text = cell if cell.isascii() else cell.translate(_ALIKE)
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
    return math.nan if cell.lower() in _MISSING else None


def _ungrouped(text: str, decimal: str, thousands: str) -> str:
    """Return a number without its thousands separators; what it is not stays as it is."""
    if thousands not in text:
        return text if decimal == "." or "." not in text else ""
    swapped = text if decimal == "." else text.replace(".", "\0").replace(",", ".")
    mark = "\0" if thousands == "." else thousands
    swapped = swapped.replace(mark, ",")
    match = _GROUPED[","].fullmatch(swapped)
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


# Quantities.


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
    text = cell.translate(_ALIKE)
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
    if unit and not _UNIT.fullmatch(unit) and unit not in _OTHERS and unit not in _CURRENCIES:
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


_PREFIXES = {
    "": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "m": 1e-3, "µ": 1e-6,
    "μ": 1e-6, "u": 1e-6, "n": 1e-9, "p": 1e-12, "c": 1e-2, "d": 1e-1, "h": 1e2,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip
_BASES = frozenset(
    "B b bit bits bps Bps B/s b/s bit/s bits/s bits/sec Bytes bytes bytes/s Bytes/sec "
    "Hz V A W Wh VA VAh var varh Ah Pa bar N Nm N·m J F "
    "H Ω Ohm ohm m g g/l g/L g/m³ g/m3 s l L l/min L/min l/h m/s m/s² m/s2 m/s^2 mol lx lux lm S "
    "S/cm T eV cal Gal Sv Sv/h Bq req/s ops iops IOPS pps W/m² W/m2 W/m^2 V/m T/s".split()
)
_TIMES = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "hr": 3600.0, "d": 86_400.0}
_OTHERS = (
    frozenset(
        "% ‰ %RH %rh %rH % RH °C °F °K °R °Ra °De °N °r ° C F K deg degC deg_C degF deg_F DegC DegF degK Deg "
        "deg/s degrees rad rad/s rpm RPM 1/min r/min 1/s ppm ppb ppt ppmv ppbv pH psi psig psia atm Torr "
        "mbar mmHg inHg inH2O mmH2O kn kt kts knots mph km/h kmh kph km/hr ft ft/s fps in inch inches "
        "mi mile miles yd lb lbs lbf oz gal gpm gal/min cfm CFM cf/m t kg/s kg/h m² m2 m^2 m³ m3 m^3 m³/h "
        "m3/h m^3/h m³/s m3/s cm² cm2 cm³ cm3 km² km2 ha mm/h mm/hr in/hr in/h µg/m³ ug/m3 μg/m³ µg/m3 "
        "VDC VAC ADC AAC %rF %r.F. "
        "kg/m³ kg/m3 g/cm³ g/cm3 mg/m³ mg/m3 mg/l mg/L µS/cm uS/cm µmol/m²/s umol/m^2/s umol/m2/s "
        "umol/s/m^2 MJ/m² MJ/m2 W/m²K kJ/kg dB dBm dBA dB(A) dBV dBu UV UVI NTU FNU PSU FTU count counts "
        "cnt cps cpm ct steps bpm BPM pcs x × ratio gpu GPU px dpi Bytes bytes KB MB GB TB Volts Volt "
        "VOLT VOLTS AMP AMPS "
        "volts Amps Amp amps Watts Watt watts Celsius celsius Fahrenheit Kelvin Pascal hours hour hrs "
        "minutes minute mins seconds second secs days day months month years year yr msec usec nsec "
        "dimensionless unitless percent Percent pct none None - EUR USD GBP CHF JPY ct/kWh €/kWh $/kWh "
        "€/MWh EUR/MWh R$ kr zł Kč Ft lei ℃ ℉ V.A VAr VAR kVAr Var TS RN".split()
    )
    | {
        "mm Hg",
        "in Hg",
        "% RH",
        "% rH",
        "m s-1",
        "W m-2",
        "kg m-3",
        "mol m-2 s-1",
        "deg C",
        "deg F",
    }
    | {"V DC", "V AC", "A DC", "A AC"}
)


@lru_cache(maxsize=1024)
def _scale(unit: str) -> tuple[float, str] | None:
    """Return how many of its base a unit is, and that base; None where no prefix is known."""
    if unit in _TIMES:
        return _TIMES[unit], "s"
    for length in (0, 2, 1):
        prefix, base = unit[:length], unit[length:]
        if prefix in _PREFIXES and base in _BASES:
            return _PREFIXES[prefix], base
    return (_PREFIXES[unit], "") if unit in {"K", "k", "M", "G", "T", "Ki", "Mi", "Gi"} else None


def is_unit(text: str) -> bool:
    """Return whether a text is a unit that is known, in brackets or not.

    Examples
    --------
    >>> is_unit("°C"), is_unit("[kB/s]"), is_unit("temperature")
    (True, True, False)
    """
    text = text.translate(_ALIKE).strip()
    if len(text) > 2 and (text[0], text[-1]) in {("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")}:
        text = text[1:-1].strip()
    return bool(text) and (text in _OTHERS or _scale(text) is not None or text in _CURRENCIES)


def convert(value: float, unit: str, wanted: str) -> float | None:
    """Return a value in another unit of the same kind, None if the two have nothing in common.

    Examples
    --------
    >>> convert(1.5, "MB/s", "kB/s"), convert(1.0, "GiB", "MiB"), convert(20.0, "°C", "°F")
    (1500.0, 1024.0, None)
    """
    if unit in (wanted, ""):
        return value
    mine, other = _scale(unit), _scale(wanted)
    if mine is None or other is None or mine[1] != other[1]:
        return None
    factor = mine[0] / other[0]
    return value * factor if factor >= 1 else value / (other[0] / mine[0])


def base_unit(unit: str) -> str:
    """Return a unit without its prefix, as it is where none is known.

    Examples
    --------
    >>> base_unit("MiB/s"), base_unit("ms"), base_unit("%")
    ('B/s', 's', '%')
    """
    found = _scale(unit)
    return unit if found is None or not found[1] else found[1]


# Switches.


def switch(cell: str) -> float | None:
    """Return 1 for on, true, yes, open or enabled, 0 for their opposites, None for other text.

    Examples
    --------
    >>> switch("On"), switch("FALSE"), switch("ajar")
    (1.0, 0.0, None)
    """
    return _SWITCH.get(cell.lower())


# Columns.


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How the cells of one column are read as numbers.

    Parameters
    ----------
    decimal, thousands
        As for `number`.
    unit
        What the cells carry; one of the same kind is converted to it. None: cells carry no unit.
    is_switch
        Whether the cells are words such as on and off.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str | None = None
    is_switch: bool = False

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
        value = number(cell, self.decimal, self.thousands)
        is_marked = cell[:1] == "(" or cell[-1:] == "-"  # negative, as accountants write it
        if value is not None or (self.unit is None and not is_marked):
            return value
        found = quantity(cell, self.decimal, self.thousands)
        return None if found is None else convert(found[0], found[1], self.unit or "")


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
    NumberForm(decimal=',', thousands='', unit=None, is_switch=False)
    >>> find_form(["1,234.5"]).read("1,234.5"), find_form(["on", "off"]).read("on")
    (1234.5, 1.0)
    """
    texts = [c for c in cells if not is_missing(c) and not is_placeholder(c)]
    if not texts:
        return None
    words = {_PAIRS.get(c.lower()) for c in texts}
    if len(words) == 1 and None not in words:
        return NumberForm(decimal or ".", is_switch=True)
    decimal, thousands = _separators(texts, decimal, thousands, others, prefers_comma)
    found = [q for q in (quantity(c, decimal, thousands) for c in texts) if q is not None]
    form = NumberForm(decimal, thousands, _unit_of([unit for _, unit in found], len(texts)))
    n_read = sum(form.read(c) is not None for c in texts)
    if form.unit is not None and 2 * n_read < len(texts):  # labels, one of which ends like a unit
        form = NumberForm(decimal, thousands)
        n_read = sum(form.read(c) is not None for c in texts)
    return form if n_read else None


def _unit_of(units: Sequence[str], n_texts: int) -> str | None:
    """Return the unit of a column, None if its cells carry none that can be believed."""
    carried = [unit for unit in units if unit]
    if not carried:
        return None
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
    matches = (
        _QUANTITY.fullmatch(cell.translate(_ALIKE).strip("() ").rstrip("-")) for cell in cells
    )
    votes = [_vote(_EXPONENT.split(m[3].lstrip("+-"))[0].strip()) for m in matches if m is not None]
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
        return _group_vote(group)._replace(
            decimal_comma=int(decimal == ","), decimal_point=int(decimal == ".")
        )
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
    if mark == ",":
        return _Votes(comma_groups=1)
    if mark == ".":
        return _Votes(point_groups=1)
    return _Votes(space_groups=1) if mark == " " else _Votes(quote_groups=1)
