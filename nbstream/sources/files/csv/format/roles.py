"""What the columns of a table are for, told from their cells, and their units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbstream.sources.files.csv.format.cells import is_blank
from nbstream.sources.files.csv.format.format import (
    NUMBERS_TO_BE_SURE,
    Role,
    WordsSoFar,
    is_free_text,
)
from nbstream.sources.items import ONE_CHANNEL
from nbstream.sources.number_forms import NumberForm, find_form
from nbstream.sources.times.names import is_duration_name, is_lap_name
from nbstream.sources.times.scan import lasted_s
from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.csv.format.format import CsvFormat
    from nbstream.sources.files.csv.format.header import Table
    from nbstream.sources.files.csv.format.options import CsvOptions

__all__ = ["find_pivot", "find_roles", "find_units", "find_words"]

ENTITY_NAMES = frozenset(
    "entity_id entity metric metric_name name sensor sensor_id sensor_name channel series variable "
    "parameter _field field measurement tag tagname tag_name key item point signal quantity label "
    "device device_id topic symbol host node id dev iface interface cpu disk filesystem gpu index".split()
)
STATE_NAMES = frozenset(
    "state status mode phase flag flags level loglevel severity alarm alert quality result outcome event "
    "condition health activity gear door valve pump power zustand betriebsart modus etat estado modo "
    "stato".split()
)
ROWS_FOR_SEPARATORS = 50
_UNIT_IN_NAME = re.compile(r"[\[(]([^\[\]()]{1,12})[\])]\s*$|,\s*([^\s,()]{1,8})(?=\s*\(|$)")


def find_roles(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    """Find out which columns are numbers and how those are written."""
    others = [i for i in range(len(fmt.roles)) if i not in fmt.time_columns]
    said, prefers_comma = (options.decimal, options.thousands), fmt.delimiter != ","
    all_cells = tuple(cell for i in others for cell in columns[i][:ROWS_FOR_SEPARATORS])
    for i in others:
        form = _durations(names[i], columns[i])
        if form is not None:
            fmt.units[fmt.columns[i]] = "s"
        form = form or find_form(columns[i], *said, others=all_cells, prefers_comma=prefers_comma)
        if form is None:  # what the file's other columns are like
            form = find_form(["0"], *said, others=all_cells)
            assert form is not None
        elif options.channels is None:
            fmt.roles[i] = Role.FREE if _has_stray_numbers(columns[i], form) else Role.NUMBER
        fmt.forms[i] = form
        if options.channels is not None:
            is_asked = names[i] in options.channels or fmt.columns[i] in options.channels
            fmt.roles[i] = Role.NUMBER if is_asked else Role.IGNORED
        elif fmt.roles[i] is Role.TEXT and all(map(is_blank, columns[i])):
            fmt.roles[i] = Role.OPEN
        elif fmt.roles[i] is Role.TEXT and is_free_text(columns[i]):
            fmt.roles[i] = Role.FREE
        if {names[i], fmt.columns[i]} & set(options.states or ()):
            fmt.roles[i] = Role.STATE
    for i in fmt.time_columns:
        fmt.roles[i] = Role.TIME
    if fmt.header is None and options.header is True and len(others) == 1:
        (i,) = others
        fmt.columns = (*fmt.columns[:i], ONE_CHANNEL, *fmt.columns[i + 1 :])


def _durations(name: str, cells: Sequence[str]) -> NumberForm | None:
    """Return the form of a column that holds how long something took, None if it doesn't.

    1:23.4 is no time of day; 0:05:14 may be one, and 5:14 hours and minutes, unless the name says more.
    """
    given = [cell for cell in cells if not is_blank(cell)]
    if not given or not all(lasted_s(cell) is not None for cell in given):
        return None
    is_long = any(cell.count(":") == 2 for cell in given)
    is_exact = any("." in cell and cell.count(":") == 1 for cell in given)
    is_named = is_lap_name(name) or (is_duration_name(name) and is_long)
    return NumberForm(is_duration=True) if is_exact or is_named else None


def _has_stray_numbers(cells: Sequence[str], form: NumberForm) -> bool:
    """Return whether a column is of free text, such as identifiers, some of which are numbers."""
    cells = [cell for cell in cells if not is_blank(cell)]
    texts = [cell for cell in cells if form.read(cell) is None]
    is_mostly_text = 2 * len(texts) > len(cells) and is_free_text(texts)
    return is_mostly_text and any(form.read(c) is None for c in cells[-NUMBERS_TO_BE_SURE:])


def find_units(fmt: CsvFormat, names: Sequence[str], table: Table) -> None:
    """Find the units of channels: in cells, in a line of units, or in brackets behind a name."""
    for i, role in enumerate(fmt.roles):
        if role in (Role.TIME, Role.IGNORED, Role.STATE, Role.WORD):
            continue
        unit = fmt.forms[i].unit or table.units.get(i, "") or _unit_in(names[i])
        if unit:
            fmt.units[fmt.columns[i]] = unit


def _unit_in(name: str) -> str:
    """Return the unit in brackets or behind a comma at the end of a name, "" if there is none."""
    found = _UNIT_IN_NAME.search(name)
    unit = (found[1] or found[2]).strip() if found is not None else ""
    return unit if unit and is_unit(unit) else ""


def find_pivot(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    """Find the column whose texts name the channels, if it was asked for; else offer it."""
    if options.pivot is not None:
        fmt.pivot = list(names).index(options.pivot)
        fmt.roles[fmt.pivot] = Role.IGNORED
        return
    candidates = [i for i in range(len(names)) if _tells_apart(fmt, names[i], i, columns)]
    if candidates:
        column = max(candidates, key=lambda i: _is_entity_name(names[i]))
        n_entities = len({cell for cell in columns[column] if cell})
        fmt.notes["pivot"] = (
            f"rows are of different {names[column]!r} ({n_entities} so far): "
            f"pivot={names[column]!r} makes a channel of each"
        )


def find_words(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    """Find the columns of words, unless it was said what the channels are."""
    if (options.states, options.channels, options.pivot) != (None, None, None):
        return
    for i in fmt.of_role(Role.TEXT):
        if not _is_entity_name(names[i]) and not _tells_apart(fmt, names[i], i, columns):
            parts = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", names[i]).lower())
            fmt.may_be_words[i] = so_far = WordsSoFar(not STATE_NAMES.isdisjoint(parts))
            so_far.see(columns[i])
            fmt.find_word(i)


def _is_entity_name(name: str) -> bool:
    """Return whether a column is called as those are that say whose values a row holds."""
    plain = name.lower()
    return plain in ENTITY_NAMES or plain.endswith(("_id", " id", "name"))


def _tells_apart(fmt: CsvFormat, name: str, column: int, columns: Sequence[Sequence[str]]) -> bool:
    """Return whether a column says whose values a row holds: by its name, or among equal times."""
    cells, role = columns[column], fmt.roles[column]
    entities = {cell for cell in cells if cell}
    is_named = _is_entity_name(name)
    if role in (Role.TEXT, Role.FREE) and is_named:
        return len(entities) > 1 or len(cells) == 1
    are_codes = all(re.fullmatch("[A-Za-z]*[0-9]*|0x[0-9A-Fa-f]+|-", cell) for cell in cells)
    is_number = role is Role.NUMBER and is_named and are_codes
    n_most = len(cells) if is_named else len(cells) / 2
    if not (is_number or role is Role.TEXT) or not 1 < len(entities) <= n_most:
        return False
    if not fmt.time_columns:
        return is_named and 2 * len(entities) <= len(cells)
    times = list(zip(*(columns[c] for c in fmt.time_columns), strict=False))
    is_each_once = len(set(zip(times, cells, strict=False))) == len(times)
    return is_each_once and len(set(times)) < len(times)
