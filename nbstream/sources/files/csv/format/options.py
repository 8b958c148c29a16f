"""What can be said about a text table, checked."""

from __future__ import annotations

from dataclasses import dataclass
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

    def __post_init__(self) -> None:
        if self.unit is not None and self.unit not in NS_PER_UNIT:
            message = f"'unit' must be 's', 'ms', 'us' or 'ns' (got {self.unit!r})."
            raise ValueError(message)
        if self.decimal not in {None, ".", ","}:
            message = f"'decimal' must be '.' or ',' (got {self.decimal!r})."
            raise ValueError(message)
        self._check_separators()
        if not _is_line_number(self.header) and not self._has_names():
            message = (
                "'header' must be the number of a line, from 1, a list of names, or None if there "
                f"are no names (got {self.header!r})."
            )
            raise ValueError(message)
        is_none = self.units_row is None or self.units_row is False
        if not (is_none or _is_line_number(self.units_row)):
            message = f"'units_row' must be the number of a line, from 1, or False (got {self.units_row!r})."
            raise ValueError(message)
        if not (_is_line_number(self.skip) or (self.skip == 0 and self.skip is not False)):
            message = f"'skip' must be a number of lines (got {self.skip!r})."
            raise ValueError(message)
        texts: dict[str, object] = {"comment": self.comment, "pivot": self.pivot}
        for name, value in texts.items():
            if value is not None and not isinstance(value, str):
                message = f"{name!r} must be a str (got {value!r})."
                raise ValueError(message)

    def _check_separators(self) -> None:
        delimiter = self.delimiter
        is_character = delimiter in (None, *SPACES) or (
            len(str(delimiter)) == 1 and str(delimiter).isascii()
        )
        if not is_character or delimiter in tuple('"\r\n.+-0123456789'):
            message = f"'delimiter' must be one character such as ';' (got {delimiter!r})."
            raise ValueError(message)
        if delimiter is not None and delimiter == self.decimal:
            message = f"'delimiter' and 'decimal' must differ (got {delimiter!r} for both)."
            raise ValueError(message)
        if self.thousands is not None and self.thousands not in THOUSANDS:
            message = (
                f"'thousands' must be ',', '.', ' ', \"'\" or '' for none (got {self.thousands!r})."
            )
            raise ValueError(message)
        if self.thousands and self.thousands == (self.decimal or "."):
            message = (
                f"'thousands' and 'decimal' must differ (got {self.thousands!r} for both). "
                "Pass both, as in decimal=',', thousands='.'."
            )
            raise ValueError(message)

    def _has_names(self) -> bool:
        names = self.header
        return names in (None, True) or (
            isinstance(names, tuple)
            and len(names) > 0
            and all(isinstance(name, str) for name in names)
        )

    @property
    def asked(self) -> frozenset[str]:
        """Names that the header must have."""
        names = (*(self.time or ()), self.pivot, *(self.channels or ()))
        return frozenset(name for name in names if isinstance(name, str))


def _is_line_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def as_names(header: int | Sequence[str] | bool | None) -> int | tuple[str, ...] | bool | None:
    """Return 'header' with its names as a tuple."""
    is_plain = header is None or isinstance(header, (int, str))
    return header if is_plain else tuple(header)  # type: ignore[return-value, arg-type]
