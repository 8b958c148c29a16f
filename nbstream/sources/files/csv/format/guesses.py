"""What people are told of a format that was guessed, and how to say it otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.readings.batch import channel_name
from nbstream.sources.files.csv.format.cells import SPACES
from nbstream.sources.files.csv.format.format import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.csv.format.format import CsvFormat
    from nbstream.sources.files.csv.format.options import CsvOptions

__all__ = ["note_guesses"]


def note_guesses(
    fmt: CsvFormat, names: Sequence[str], columns: Sequence[Sequence[str]], options: CsvOptions
) -> None:
    """Say what was guessed, and how to say it otherwise."""
    if options.delimiter is None and fmt.delimiter != ",":
        what = "runs of spaces" if fmt.delimiter in SPACES else repr(fmt.delimiter)
        fmt.notes["delimiter"] = f"cells are separated by {what} (delimiter={fmt.delimiter!r})"
    numbers = fmt.of_role(Role.NUMBER)
    forms = {fmt.columns[i]: fmt.forms[i] for i in numbers}
    with_comma = {fmt.columns[i] for i in numbers if any("," in cell for cell in columns[i])}
    commas = [n for n, form in forms.items() if form.decimal == "," and n in with_comma]
    grouped = [name for name, form in forms.items() if form.thousands]
    switches = [name for name, form in forms.items() if form.is_switch]
    if commas and options.decimal is None:
        fmt.notes["decimal"] = f"decimal comma in {_named(commas)} (decimal='.' if not)"
    if grouped and options.thousands is None:
        fmt.notes["thousands"] = f"separated thousands in {_named(grouped)} (thousands='' if not)"
    if switches:
        fmt.notes["switch"] = f"words such as on and off in {_named(switches)} are 1 and 0"
    carried = [f"{name!r} in {form.unit}" for name, form in forms.items() if form.unit]
    if carried:
        fmt.notes["cell units"] = f"units in cells: {', '.join(carried[:5])}"
    if fmt.cut_from is not None:
        how = "decimal commas separate cells too (decimal='.' if not)"
        fmt.notes["cut"] = f"two cells make one number: {how}"
    if fmt.header is None and options.header is True:
        fmt.notes["names"] = (
            f"no line of names: columns are {_named(fmt.columns)} "
            f"(header={list(fmt.columns)} names them)"
        )
        return
    doubled = [f"{new!r} is another {old!r}" for old, new in _numbered(names, fmt.columns)]
    if doubled:
        fmt.notes["doubled"] = (
            f"columns of the same name are numbered: {_first(doubled)} (header=[…] names them)"
        )


def _named(names: Sequence[str]) -> str:
    return _first([repr(name) for name in names])


def _first(texts: Sequence[str]) -> str:
    """Return the first of some texts for people, and how many more there are."""
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return ", ".join(texts[:3]) + more


def _numbered(names: Sequence[str], columns: Sequence[str]) -> list[tuple[str, str]]:
    """Return names that came before, and what their columns are called instead."""
    pairs = [(channel_name(n.strip()), c) for n, c in zip(names, columns, strict=True) if n.strip()]
    return [(name, column) for name, column in pairs if name != column]
