"""Where a table stands in a text, and what its columns are called."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Table"]


@dataclass
class Table:
    """A table within a text."""

    delimiter: str
    """One character, or one of `nbstream.sources.files.csv.format.cells.SPACES`."""
    names: tuple[str, ...] | None
    """As they are written; None where there are none."""
    n_columns: int
    first_row: int
    """The first line that is a row."""
    units: dict[int, str] = field(default_factory=dict)
    """By column."""
    comment: str | None = None
    """What comment lines begin with; None where there were none."""
    header: tuple[str, ...] | None = None
    """Cells of the line with the names."""
    notes: dict[str, str] = field(default_factory=dict)
    """What was guessed, and how to say it otherwise; by kind."""
    head: frozenset[str] = frozenset()
    """The lines before the first row: where they come again, they are no rows."""
    cut_from: int | None = None
    """The first column whose decimal commas separate cells too, as do those of all behind it."""
