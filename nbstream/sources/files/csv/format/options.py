"""What can be said about a text table, checked."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING

from nbstream.readings.batch import NS_PER_UNIT, TimeUnit
from nbstream.sources.files.csv.format.cells import SPACES
from nbstream.sources.number_cells import THOUSANDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

__all__ = ["CsvOptions"]


@dataclass(frozen=True)
class CsvOptions:
    """What the user said about the file; None is to be found out.

    Parameters
    ----------
    time
        Names or numbers (from 0) of the columns of times; () for the time of arrival.
    channels
        Names of the columns to read.
    unit
        Of a time that is a number: "s", "ms", "us", "ns".
    time_format
        As for `datetime.strptime`.
    delimiter
        One character, or two spaces: runs of at least two.
    decimal
        "." or ",".
    thousands
        One of `THOUSANDS`.
    header
        Number of the line with the names, from 1; the names themselves; None if there are none;
        True is to be found out.
    units_row
        Number of the line with the units; False if there is none.
    skip
        Lines to pass over at the start.
    comment
        What comment lines begin with; "" if there are none.
    pivot
        Name of the column whose texts name the channels.
    zone
        Of times that name none.
    states
        Names of the columns that are channels of words; None is to be found out.

    Raises
    ------
    ValueError
        If one cannot be what it is.
    """

    time: tuple[str | int, ...] | None = None
    channels: tuple[str, ...] | None = None
    unit: TimeUnit | None = None
    time_format: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    header: int | tuple[str, ...] | bool | None = True
    units_row: int | bool | None = None
    skip: int = 0
    comment: str | None = None
    pivot: str | None = None
    zone: tzinfo | None = None
    states: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        self._check("unit", self.unit in (None, *NS_PER_UNIT), "'s', 'ms', 'us' or 'ns'")
        self._check("decimal", self.decimal in (None, ".", ","), "'.' or ','")
        self._check("delimiter", self._may_separate(), "one character such as ';'")
        if self.delimiter is not None and self.delimiter == self.decimal:
            message = f"'delimiter' and 'decimal' must differ (got {self.delimiter!r} for both)."
            raise ValueError(message)
        are_known = self.thousands in (None, *THOUSANDS)
        self._check("thousands", are_known, "',', '.', ' ', \"'\" or '' for none")
        if self.thousands and self.thousands == (self.decimal or "."):
            message = (
                f"'thousands' and 'decimal' must differ (got {self.thousands!r} for both). "
                "Pass both, as in decimal=',', thousands='.'."
            )
            raise ValueError(message)
        headers = "the number of a line, from 1, a list of names, or None if there are no names"
        self._check("header", _is_line_number(self.header) or self._has_names(), headers)
        has_units = self.units_row is not None and self.units_row is not False
        are_units = not has_units or _is_line_number(self.units_row)
        self._check("units_row", are_units, "the number of a line, from 1, or False")
        may_skip = _is_line_number(self.skip) or (self.skip == 0 and self.skip is not False)
        self._check("skip", may_skip, "a number of lines")
        self._check("comment", isinstance(self.comment, (str, NoneType)), "a str")
        self._check("pivot", isinstance(self.pivot, (str, NoneType)), "a str")

    def _check(self, name: str, is_right: bool, rule: str) -> None:
        if not is_right:
            message = f"{name!r} must be {rule} (got {getattr(self, name)!r})."
            raise ValueError(message)

    def _may_separate(self) -> bool:
        delimiter = self.delimiter
        if delimiter is None or delimiter in SPACES:
            return True
        text = str(delimiter)
        return len(text) == 1 and text.isascii() and text not in '"\r\n.+-0123456789'

    def _has_names(self) -> bool:
        names = self.header
        if not isinstance(names, tuple):
            return names in (None, True)
        return len(names) > 0 and all(isinstance(name, str) for name in names)

    @property
    def asked(self) -> frozenset[str]:
        """Names that the header must have."""
        names = (*(self.time or ()), self.pivot, *(self.channels or ()), *(self.states or ()))
        return frozenset(name for name in names if isinstance(name, str))


def _is_line_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def as_names(header: int | Sequence[str] | bool | None) -> int | tuple[str, ...] | bool | None:
    """Return 'header' with its names as a tuple."""
    is_plain = header is None or isinstance(header, (int, str))
    return header if is_plain else tuple(header)  # type: ignore[return-value, arg-type]
