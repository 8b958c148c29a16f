"""How one text table is written: its delimiter, columns, times and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from nbstream.readings.labels import is_word
from nbstream.sources.files.csv.format.cells import (
    cells_of,
    is_blank,
    is_names,
    is_no_word,
    is_rule,
    is_time_like,
)
from nbstream.sources.files.csv.format.commas import join_cut
from nbstream.sources.number_forms import NumberForm, find_form
from nbstream.sources.times.patterns import MISSING_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbstream.sources.times.forms import TimeForm

__all__ = ["NUMBERS_TO_BE_SURE", "CsvFormat", "Role", "is_again", "is_free_text", "is_header"]

TEXTS_TO_BE_FREE = 10
NUMBERS_TO_BE_SURE = 10
MAX_WORD_COLUMNS = 8
"""Channels of words that are found; others have to be asked for."""
MAX_WORDS = 20
MAX_WORD_LENGTH = 40
SAMPLE_LINES = 50
SAMPLE_BYTES = 2**14
DEFAULT_COMMENT = "#"


@dataclass
class WordsSoFar:
    """What came of a column of text: whether it is a few words that come again and again.

    Parameters
    ----------
    is_named
        Whether the column is called as states are: then one word is enough.
    """

    is_named: bool
    different: set[str] = field(default_factory=set)
    n: int = 0
    is_other: bool = False
    """Whether something came that is no word."""

    def see(self, cells: Iterable[str]) -> None:
        """Take in further cells."""
        for cell in cells:
            if is_no_word(cell) or len(self.different) > MAX_WORDS:
                continue
            self.n += 1
            self.different.add(cell)
            self.is_other |= len(cell) > MAX_WORD_LENGTH or not is_word(cell)

    @property
    def are_words(self) -> bool:
        """Whether they are a channel of words."""
        n_different = len(self.different)
        if self.is_other or all(map(is_blank, self.different)):
            return False
        if self.is_named:
            return n_different < TEXTS_TO_BE_FREE
        return 2 <= n_different <= MAX_WORDS and self.n >= 2 * n_different


class Role(Enum):
    """What a column is for."""

    TIME = "time"
    """The time of the reading."""
    NUMBER = "number"
    """A channel."""
    OPEN = "open"
    """Nothing so far: its first cell decides."""
    TEXT = "text"
    """Text so far: a channel from its first number on."""
    FREE = "free text"
    """Many different texts: a channel after several numbers in a row."""
    STATE = "state"
    """A channel of words, as it was asked for."""
    WORD = "word"
    """A channel of words, as was found: a number among them is missing."""
    IGNORED = "ignored"
    """Not among the channels that were asked for."""


@dataclass
class CsvFormat:
    """How a text table is written, as far as it is known; text columns may become channels later."""

    delimiter: str
    """One character, or one of `nbstream.sources.files.csv.format.cells.SPACES`."""
    columns: tuple[str, ...]
    """Channel names of all columns, the time column's included."""
    header: tuple[str, ...] | None
    """Cells of the header line; None if the file has none."""
    time_columns: tuple[int, ...]
    """Those that a time is made of; none if readings get their time of arrival."""
    form: TimeForm | None
    roles: list[Role]
    forms: list[NumberForm]
    """How the cells of each column are read as numbers."""
    units: dict[str, str] = field(default_factory=dict)
    """By channel, as far as the file tells them."""
    first_row: int = 0
    """The line with which rows begin."""
    comment: str | None = None
    """What comment lines begin with; "" if there are none, None if none has come yet."""
    head: frozenset[str] = frozenset()
    """Lines before the first row; they are no rows when they come again."""
    cut_from: int | None = None
    """The first column whose decimal commas separate cells too; None if there is none."""
    pivot: int | None = None
    """The column whose texts name the channels."""
    time_note: str = ""
    """What was guessed about times, and how to say it otherwise."""
    notes: dict[str, str] = field(default_factory=dict)
    """What was guessed and how to say it otherwise, by kind."""
    runs: dict[int, int] = field(default_factory=dict)
    """Numbers in a row, by column of free text."""
    may_be_words: dict[int, WordsSoFar] = field(default_factory=dict)
    """Columns of text that are channels of words once their words come again."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the columns that are numbers, as far as is known."""
        return tuple(self.columns[i] for i in self.of_role(Role.NUMBER))

    @property
    def texts(self) -> tuple[str, ...]:
        """Names of the columns that are not."""
        return tuple(self.columns[i] for i in self.of_role(Role.TEXT, Role.FREE))

    def of_role(self, *roles: Role) -> list[int]:
        """Return the columns, by number, that have one of some roles."""
        return [i for i, role in enumerate(self.roles) if role in roles]

    @property
    def silent(self) -> tuple[str, ...]:
        """Names of the columns that have held nothing so far."""
        is_whole = self.header is not None and len(self.header) == len(self.columns)
        written = self.header if self.header is not None and is_whole else self.columns
        return tuple(self.columns[i] for i in self.of_role(Role.OPEN) if written[i])

    def cells(self, line: str) -> list[str]:
        """Return the cells of a line, without space around them.

        Raises
        ------
        csv.Error
            If a cell is longer than the csv module allows.
        """
        cells = cells_of(line, self.delimiter)
        if self.cut_from is None or len(cells) != 2 * len(self.columns) - self.cut_from:
            return cells
        return join_cut(cells, self.cut_from)

    def judge(self, column: int, cell: str) -> bool:
        """Return whether a column of text is a channel from this cell on.

        Parameters
        ----------
        column
            One whose role is OPEN, TEXT or FREE.
        cell
            Its next one, without space around it.
        """
        if is_blank(cell):
            return False
        form = self.forms[column]
        if form.read(cell) is None:
            found = find_form([cell], form.decimal, form.thousands or None)
            is_open = self.roles[column] is Role.OPEN
            if found is None or ((found.is_switch or found.is_hex) and not is_open):
                self.runs[column] = 0
                if is_open:
                    self.roles[column] = Role.TEXT
                return False
            form = found
        if self.roles[column] is Role.FREE:
            self.runs[column] = self.runs.get(column, 0) + 1
            if self.runs[column] < NUMBERS_TO_BE_SURE:
                return False
        self.roles[column], self.forms[column] = Role.NUMBER, form
        if form.unit:
            self.units.setdefault(self.columns[column], form.unit)
        return True

    def is_row(self, line: str) -> bool:
        """Return whether a line can be a row: it has its cells, a time, and a number."""
        cells = self.cells(line)
        if len(cells) != len(self.columns) or self.is_passed_over(line):
            return False
        if self.form is not None:
            return self.form.read_row(cells, self.time_columns)[0] != MISSING_TIME
        found = zip(self.roles, self.forms, cells, strict=True)
        return any(r is Role.NUMBER and form.read(cell) is not None for r, form, cell in found)

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the columns of words that were found."""
        return tuple(self.columns[i] for i in self.of_role(Role.WORD))

    def look_again(self, lines: bytes) -> None:
        """Find out from lines that were read which columns of text hold words, and which many texts."""
        if Role.TEXT not in self.roles:
            return
        sample = lines[:SAMPLE_BYTES].decode("utf-8", "replace").splitlines()[:SAMPLE_LINES]
        rows = [self.cells(line) for line in sample if '"' not in line]
        for column in self.of_role(Role.TEXT):
            cells = [row[column] for row in rows if column < len(row)]
            if is_free_text(cells):
                self.roles[column] = Role.FREE
            elif column in self.may_be_words:
                self.may_be_words[column].see(cells)
                self.find_word(column)

    def find_word(self, column: int) -> None:
        """Make a column of text a channel of words if what came of it is words that come again."""
        there = len(self.of_role(Role.WORD))
        if there < MAX_WORD_COLUMNS and self.may_be_words[column].are_words:
            self.roles[column] = Role.WORD

    @property
    def no_time(self) -> str:
        """Why a row is refused whose time cannot be read."""
        names = " and ".join(repr(self.columns[column]) for column in self.time_columns)
        return f"no time in {names}"

    def is_comment(self, line: str) -> bool:
        """Return whether a line is a comment; where none has come yet, one with # may be."""
        comment = DEFAULT_COMMENT if self.comment is None else self.comment
        return comment != "" and line.lstrip(' "').startswith(comment)

    def is_passed_over(self, line: str) -> bool:
        """Return whether a line is a comment, a rule or one of the head, and no row."""
        text = line.strip()
        is_drawn = len(self.columns) > 1 and is_rule(text)
        return not text or text in self.head or self.is_comment(text) or is_drawn

    def describe_time(self) -> str:
        """Return in words where times come from."""
        if not self.time_columns or self.form is None:
            return "no time column: readings get their time of arrival"
        names = " and ".join(repr(self.columns[column]) for column in self.time_columns)
        text = f"time column{'s' if len(self.time_columns) > 1 else ''} {names}"
        return f"{text}, {self.form.describe()}"


def is_again(cells: Sequence[str], header: Sequence[str] | None) -> bool:
    """Return whether cells are those of the header, whose first may be another time, as in `sar`."""
    if header is None or list(cells[1:]) != list(header[1:]):
        return False
    return cells[:1] == list(header[:1]) or is_time_like(header[0])


def is_header(cells: Sequence[str], fmt: CsvFormat) -> bool:
    """Return whether the cells of a line are names rather than a row.

    Parameters
    ----------
    cells
        Of one line.
    fmt
        The format so far: a header must share its time column or a channel.
    """
    if fmt.header is None:
        return False
    if tuple(cells) == fmt.header:
        return True
    known = {fmt.columns[column] for column in fmt.time_columns} or set(fmt.channels)
    return bool(known & set(cells)) and is_names(cells)


def is_free_text(cells: Iterable[str]) -> bool:
    """Return whether a column has so many different texts that they are no words for silence."""
    return len({cell for cell in cells if not is_blank(cell)}) >= TEXTS_TO_BE_FREE
