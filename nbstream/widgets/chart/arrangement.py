"""How the channels of a chart are arranged: in rows above each other, with an axis for each unit."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from nbstream.text.naming import one_line, short_name

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

__all__ = ["Axis", "ChosenRows", "Row", "arrange", "read_rows"]

AXES_A_ROW = 2
MAX_ROWS = 6
"""More rows of their own choice are not readable in the height of a chart."""
MAX_ROWS_GIVEN = 32
MAX_TITLED = 16
"""Characters of each name in the title of an axis that is called by its channels."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A y axis and what is drawn on it."""

    unit: str
    """As the first of its channels has it; "" is none, or several."""
    channels: tuple[int, ...]
    """Numbers of channels."""
    title: str = ""
    """What stands at it; "" is its unit."""


Row = tuple[Axis, ...]
NO_ROWS: tuple[Row, ...] = ((Axis("", ()),),)
ChosenRows: TypeAlias = "tuple[tuple[str, ...], ...] | Literal['each'] | None"
"""Which channels stand together, each by itself, or as their units say."""


def arrange(
    channels: Sequence[str],
    units: Mapping[str, str],
    rows: Sequence[Sequence[str]] | Literal["each"] | None = None,
    lanes: Collection[str] = (),
    scales: Mapping[str, int] | None = None,
) -> tuple[Row, ...]:
    """Return the rows of a chart from the top down, each with its left and its right axis.

    One unit has one axis; of two the second stands on the right; more have a row each. Of more than six
    units two share a row, and of more than twelve the last share one axis. Channels without a unit count
    as channels of one unit, or of one for each of their scales where that makes six units at most.

    Parameters
    ----------
    channels
        Names, in the order of their numbers.
    units
        By channel.
    rows
        Which channels stand together; a third unit in one of them has a row below it. A channel that is in
        none of them goes where its unit has an axis, or into rows below. "each" gives each channel a row, of
        many the last share one. None leaves it to the units.
    lanes
        Channels of words, which have no axis.
    scales
        Numbers of the scales of channels, which count where the units decide; see `Scales`.
    """
    of = [_Unit.of(units.get(name) or "") for name in channels]
    numbers = {name: n for n, name in enumerate(channels) if name not in lanes}
    if rows == "each":
        return _each(list(numbers.values()), channels, of) or NO_ROWS
    if scales and not rows:
        by_scale = _by_scale(numbers, of, scales)
        if len(by_scale) <= MAX_ROWS:
            return tuple(_rows(by_scale))
    given = [
        _by_unit([numbers.pop(name) for name in row if name in numbers], of) for row in rows or ()
    ]
    left = []
    for number in numbers.values():
        place = next((row for row in given if of[number].key in row), None)
        if place is None:
            left.append(number)
        else:
            place[of[number].key].append(number)
    arranged = [row for groups in given for row in _pairs(_axes(groups, of))]
    arranged += _rows(_axes(_by_unit(left, of), of))
    return tuple(arranged) or NO_ROWS


def read_rows(rows: Any) -> ChosenRows:
    """Return rows as they were given to a chart: a list of lists of names, or "each"; None is none.

    Raises
    ------
    TypeError
        If `rows` is something else.
    ValueError
        If a channel stands in two of them, or there are too many.
    """
    if rows is None:
        return None
    if isinstance(rows, str) and rows == "each":
        return "each"
    if isinstance(rows, str) or not isinstance(rows, Iterable):
        raise _not_rows(rows)
    read = []
    for row in rows:
        names = (row,) if isinstance(row, str) else row
        if not isinstance(names, Iterable):
            raise _not_rows(rows)
        read.append(tuple(names))
        if not all(isinstance(name, str) for name in read[-1]):
            raise _not_rows(rows)
    if len(read) > MAX_ROWS_GIVEN:
        message = f"A chart has at most {MAX_ROWS_GIVEN} rows (got {len(read)})."
        raise ValueError(message)
    for name, n in Counter(name for row in read for name in row).items():
        if n > 1:
            message = f"'rows' has channel {name!r:.100} twice. A channel stands in one row."
            raise ValueError(message)
    return tuple(row for row in read if row) or None


def _not_rows(rows: Any) -> TypeError:
    return TypeError(
        f"'rows' must be lists of channels, [['a', 'b'], ['c']], or 'each' (got {rows!r:.100})."
    )


@dataclass(frozen=True, slots=True)
class _Unit:
    text: str
    key: str
    """The same for all ways of writing it."""

    @classmethod
    def of(cls, text: str) -> _Unit:
        return cls(text, one_line(unicodedata.normalize("NFKC", text)))


def _by_unit(numbers: Iterable[int], of: Sequence[_Unit]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for number in numbers:
        groups.setdefault(of[number].key, []).append(number)
    return groups


def _axes(groups: Mapping[str, list[int]], of: Sequence[_Unit]) -> list[Axis]:
    return [Axis(of[numbers[0]].text, tuple(numbers)) for numbers in groups.values()]


def _by_scale(
    numbers: Mapping[str, int], of: Sequence[_Unit], scales: Mapping[str, int]
) -> list[Axis]:
    """Return an axis for each unit, and for each scale of what has no unit, with the names as its title."""
    groups: dict[tuple[str, int], list[str]] = {}
    for name, number in numbers.items():
        unit = of[number].key
        groups.setdefault((unit, 0 if unit else scales.get(name, 0)), []).append(name)
    return [
        Axis(
            of[numbers[names[0]]].text,
            tuple(numbers[name] for name in names),
            "" if unit else ", ".join(short_name(name, MAX_TITLED) for name in names),
        )
        for (unit, _), names in groups.items()
    ]


def _pairs(axes: Sequence[Axis]) -> list[Row]:
    return [tuple(axes[i : i + AXES_A_ROW]) for i in range(0, len(axes), AXES_A_ROW)]


def _each(numbers: list[int], channels: Sequence[str], of: Sequence[_Unit]) -> tuple[Row, ...]:
    """Return a row for each channel, with its name; those that are too many share the last one."""
    n = len(numbers) if len(numbers) <= MAX_ROWS_GIVEN else MAX_ROWS_GIVEN - 1
    rows = [
        (Axis(of[number].text, (number,), _titled(channels[number], of[number].text)),)
        for number in numbers[:n]
    ]
    return (*rows, *([(Axis("", tuple(numbers[n:])),)] if numbers[n:] else []))


def _titled(name: str, unit: str) -> str:
    is_said = not unit or name.endswith((f"({unit})", f"[{unit}]"))
    return short_name(name) if is_said else f"{short_name(name)} ({unit})"


def _rows(axes: list[Axis]) -> list[Row]:
    """Return the rows that axes have when nobody chose any."""
    if len(axes) <= AXES_A_ROW:
        return _pairs(axes)
    if len(axes) <= MAX_ROWS:
        return [(axis,) for axis in axes]
    n = AXES_A_ROW * MAX_ROWS
    if len(axes) > n:
        shared = [number for axis in axes[n - 1 :] for number in axis.channels]
        axes = [*axes[: n - 1], Axis("", tuple(sorted(shared)))]
    return _pairs(axes)
