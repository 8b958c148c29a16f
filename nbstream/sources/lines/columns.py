"""Many lines that look alike but for their numbers, as columns: what reading them one by one finds.

Three kinds of lines are read so: nothing but a number; an object of JSON; rows and named numbers of a
`LineForm`, which is learned from the first line that looks so, once that was read like any other. A line of
no such kind ends a run of lines alike and is read by itself, for it may change what lines below it mean.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from nbstream.sources.frames import ONE_CHANNEL
from nbstream.sources.gathering import Alike
from nbstream.sources.item_columns import ColumnReader, plain_numbers
from nbstream.sources.item_times import may_begin_with_time
from nbstream.sources.json_text import fast_loads
from nbstream.sources.lines.format import LONGEST_QUANTITY, are_as_read
from nbstream.sources.times.names import key_rank
from nbstream.sources.times.patterns import MISSING_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.sources.gathering import Row
    from nbstream.sources.items import ItemReader
    from nbstream.sources.lines.format import LineReader
    from nbstream.sources.tables import Table

Values: TypeAlias = "dict[str, FloatArray]"

__all__ = ["MANY_LINES", "LineColumns", "LineForm", "Run"]

MANY_LINES = 100
"""Of fewer lines that came together each is read by itself."""
FEW = 8
"""A shorter run is not worth it."""
FEWEST_LOOKED, MOST_LOOKED, NUMBERS_LOOKED = 32, 1024, 8
"""So many lines are looked at together, more the longer the runs are; of numbers so many times as many. Far
more are slower, for they don't fit into the caches."""
MAX_FORMS = 16
MAX_ALONE = 10_000

_OF_NUMBERS = b"0123456789+-.eE \t"
_ONE_NUMBER = re.compile(
    r"\s*(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|NaN|NAN)\s*", re.ASCII
)
_SLOT = r"[+-]?[0-9]{1,7}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?"
"""A number of a form; one of more digits may be a time, and its line is read by itself."""
_COMMA_SLOT = rf"(?:{_SLOT}|[+-]?[0-9]{{1,7}},[0-9]{{1,7}})"
_NAMED = re.compile(rf"[:=] *({_SLOT})")
_PREFIX = r"(?!some |full )(?:[A-Za-z_.\[\]]+ +(?:- +)?){0,4}"
_NAME = r"(?:[^\W\d]\w* ?=|[^\W\d]\w*(?: (?:[^\W\d]\w*|[0-9]{1,2})){0,2} ?:) *"
_UNIT = r"(?: ?(?:%|°[CF]?|[^\W\d_]{1,6}(?:/[^\W\d_]{1,4})?))?"
_FIRST = re.compile(_PREFIX + _NAME)
_BETWEEN = re.compile(rf"{_UNIT}(?:[,;] {{0,2}}|\t| {{1,3}}){_NAME}")
_WITHOUT_UNIT = re.compile(r"(?:[,;] {0,2}|\t| {1,3})[^\W\d]\w* ?[:=] *|[,;]? *")
_LAST = re.compile(rf"{_UNIT}[,;]? *")
_PROBES = ("5", "1234567", "-5.25", "12.5e-05")
LONGEST_LINE, MAX_SLOTS = 1000, 50


class Run(NamedTuple):
    """Lines that were read together."""

    pieces: list[Alike]
    left: list[int]
    """Places of those among them that must be read one by one, each at the time of `when`."""
    stop: int
    """The place after the last of them."""
    when: TimeArray
    """When each line was read, from the first of the run on."""


class LineForm(NamedTuple):
    """How lines look that name the same channels, their numbers left open."""

    pattern: re.Pattern[str]
    """Of a whole line; it has a group for each number."""
    channels: tuple[str, ...]
    has_commas: bool
    is_timed: bool
    """Whether the first group is the time in front."""

    def find_all(self, lines: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the texts of the numbers in each line that has this form."""
        found = re.findall(f"^{self.pattern.pattern}$", "\n".join(lines), re.MULTILINE)
        return found if self.pattern.groups > 1 else [(text,) for text in found]

    def numbers(self, column: Sequence[str]) -> FloatArray:
        """Return one column of what the groups matched."""
        try:
            return np.array(list(map(float, column)), np.float64)
        except ValueError:  # with commas for points
            return np.array([float(cell.replace(",", ".")) for cell in column], np.float64)

    @classmethod
    def of(cls, line: str, row: Row, reader: LineReader) -> LineForm | None:
        """Return the form of a line that was read as a row; None if it can't be told from this one."""
        channels = tuple(row[1])
        if len(line) > LONGEST_LINE or any(
            key_rank(name.rpartition(".")[2]) is not None for name in channels
        ):
            return None
        front, rest = "", line
        if may_begin_with_time(line):
            if not reader.times.is_cut_alike(line):
                return None
            end, start, looks = reader.times.front
            shown = re.escape(looks[:end]).replace("0", "[0-9]")
            front, rest = f"({shown}){re.escape(looks[end:start])}", line[start:]
        found = None
        if not reader.tables.may_tell_apart:
            found = _row_of(rest, may_have_comma=bool(reader.comma_note), is_timed=bool(front))
        if found is None and reader.tables.header is None:
            found = _named_of(rest)
        if found is None or found[1] != list(row[1].values()) or len(channels) > MAX_SLOTS:
            return None
        around, _, slot = found
        pattern = re.compile(front + f"({slot})".join(around))
        return cls(pattern, channels, "," in rest, bool(front))


def _row_of(
    line: str, *, may_have_comma: bool, is_timed: bool
) -> tuple[list[str], list[float], str] | None:
    """Return patterns of what stands around the numbers of a row, these, and how they are written."""
    mark = next((mark for mark in "\t;," if mark in line), " ")
    cells = [cell.strip(" ") for cell in line.split(None if mark == " " else mark)]
    slot = _COMMA_SLOT if may_have_comma and mark in "\t;" else _SLOT
    if len(cells) < 2 - is_timed or not all(re.fullmatch(slot, cell) for cell in cells):
        return None
    between = " +" if mark == " " else f"{mark} *"
    around = ["" if is_timed else " *", *[between] * (len(cells) - 1), " *"]
    return around, [float(cell.replace(",", ".")) for cell in cells], slot


def _named_of(line: str) -> tuple[list[str], list[float], str] | None:
    """Return the same of numbers that stand behind names."""
    parts: list[str] = []
    numbers: list[float] = []
    end = 0
    for match in _NAMED.finditer(line):
        parts.append(line[end : match.start(1)])
        numbers.append(float(match[1]))
        end = match.end()
    last = line[end:]
    if not numbers or not _FIRST.fullmatch(parts[0]) or not _LAST.fullmatch(last):
        return None
    if not all(map(_BETWEEN.fullmatch, parts[1:])):
        return None
    behind = zip(numbers, [*parts[1:], last], strict=True)
    if not all(number or _WITHOUT_UNIT.fullmatch(text) for number, text in behind):
        return None  # zero is the same in every unit
    if any(may_begin_with_time("".join(f"{part}{n}" for part in parts)) for n in _PROBES):
        return None
    around = [_with_any_space(part) for part in parts]
    return [*around, f"{re.escape(last.rstrip(' '))} *"], numbers, _SLOT


def _with_any_space(text: str) -> str:
    """Return a pattern of text before a number, which may have been filled up with spaces."""
    stem = text.rstrip(" ")
    return re.escape(stem) + (" +" if stem != text else "")


def _objects_of(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Return the objects of JSON that lines hold, up to the first that holds something else."""
    loads, items = fast_loads(), list[dict[str, Any]]()
    with contextlib.suppress(ValueError, RecursionError):
        items = list(map(loads, lines))
    if set(map(type, items)) == {dict}:
        return items
    items = []
    with contextlib.suppress(ValueError, RecursionError):
        for line in lines:
            item = loads(line)
            if item.__class__ is not dict:
                break
            items.append(item)
    return items


OfForm: TypeAlias = "tuple[LineForm, Sequence[int], list[tuple[str, ...]]]"
"""A form, the places of its lines, and the texts of their numbers."""


class LineColumns:
    """Reads lines as columns where many alike come one after the other.

    Parameters
    ----------
    reader
        Reads the other lines, and knows headers, units and channels.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, reader: ItemReader) -> None:
        self.reader = reader
        self._columns = ColumnReader(reader)
        self._forms: list[LineForm] = []
        self._forms_hold_for: Any = None
        self._n_looked = FEWEST_LOOKED
        self._has_looked = False
        """Whether lines alike were looked for from the newest line on."""
        self.n_alone = 0
        """So many lines are to be read one by one before lines alike are looked for again."""
        self._next_alone = 0

    def read(self, lines: Sequence[str], start: int) -> Run | None:
        """Return what could be read together from the line at a place on, None if nothing could.

        Parameters
        ----------
        lines
            None of them blank.
        """
        self._has_looked = False
        if self.n_alone:
            self.n_alone -= 1
            return None
        state = self.reader.lines.state
        if state is None:
            self._rest()
            return None
        is_number = _ONE_NUMBER.fullmatch(lines[start]) is not None
        n_looked = self._n_looked * (NUMBERS_LOOKED if is_number else 1)
        some = lines[start : start + n_looked]
        if len(some) < FEW:
            return None
        self._has_looked = True
        if state != self._forms_hold_for:
            self._forms, self._forms_hold_for = [], state
        before = self.reader.times.now_ns()
        if some[0][:1] == "{":
            run = self._objects(some, start, before)
        elif is_number:
            run = self._numbers(some, start, before)
        else:
            run = self._of_forms(some, start, before)
        if run is not None:
            self._next_alone = 0
            n = (run.stop - start) * 2 // (NUMBERS_LOOKED if is_number else 1)
            if run.stop == len(lines):  # the end of what came says nothing of how long runs are
                n = max(n, self._n_looked)
            self._n_looked = min(max(n, FEWEST_LOOKED), MOST_LOOKED)
        return run

    def learn(self, line: str, found: Sequence[Row | Table]) -> None:
        """Take the form of a line that was read by itself, if lines like it can be read together."""
        if not self._has_looked:
            return
        row = found[0] if len(found) == 1 else None
        state = self.reader.lines.state
        is_full = len(self._forms) >= MAX_FORMS
        if isinstance(row, tuple) and row[1] and state is not None and not is_full:
            if state != self._forms_hold_for:
                self._forms, self._forms_hold_for = [], state
            if all(map(self.reader.knows, row[1])):
                form = LineForm.of(line, row, self.reader.lines)
                if form is not None and form not in self._forms:
                    self._forms.append(form)
                    return
        if is_full:  # with forms that are gone, perhaps
            self._forms = []
        self._rest()

    def _rest(self) -> None:
        """Let some lines be read by themselves, more each time until lines alike are found."""
        self.n_alone = self._next_alone
        self._next_alone = min(2 * self._next_alone + 1, MAX_ALONE)

    @contextlib.contextmanager
    def at(self, ns: int) -> Iterator[None]:
        """Read lines as of a moment."""
        times = self.reader.times
        now_ns, times.now_ns = times.now_ns, lambda: ns
        try:
            yield
        finally:
            times.now_ns = now_ns

    # The three kinds.

    def _numbers(self, lines: Sequence[str], start: int, before: int) -> Run | None:
        """Read lines that are nothing but a number, up to the first that is not."""
        numbers = None
        if max(map(len, lines)) <= LONGEST_QUANTITY:
            if not "".join(lines).encode().translate(None, _OF_NUMBERS):
                numbers = plain_numbers(lines)
            if numbers is None:
                lines = list(itertools.takewhile(_ONE_NUMBER.fullmatch, lines))
                numbers = plain_numbers(lines)
        if numbers is None or len(lines) < FEW:
            return None
        self.reader.has_room(ONE_CHANNEL)
        n = len(lines)
        when = self._times(before, n)
        piece = Alike(np.arange(start, start + n), when, {ONE_CHANNEL: numbers})
        return Run([piece], [], start + n, when)

    def _objects(self, lines: Sequence[str], start: int, before: int) -> Run | None:
        """Read lines that are objects of JSON, up to the first that is not."""
        if not are_as_read(lines):
            return None
        items = _objects_of(lines)
        n = len(items)
        if n < FEW:
            return None
        when = self._times(before, n)
        pieces, left = self._columns.read(items, np.arange(n), when)
        moved = [dataclasses.replace(piece, places=piece.places + start) for piece in pieces]
        return Run(moved, (left + start).tolist(), start + n, when)

    def _of_forms(self, lines: Sequence[str], start: int, before: int) -> Run | None:
        """Read lines of the forms that are known, up to the first that has none."""
        if not self._forms or not are_as_read(lines):
            return None
        n, by_form = self._all_of_one_form(lines) or self._by_form(lines)
        if n < FEW:
            return None
        when = self._times(before, n)
        if not self._read_fronts(by_form, when):
            return None
        pieces = []
        for form, places, cells in by_form:
            columns = list(zip(*cells, strict=True))[form.is_timed :]
            values = dict(zip(form.channels, map(form.numbers, columns), strict=True))
            some = np.array(places, np.int64)
            pieces.append(Alike(some + start, when[some], values))
            if form.has_commas:
                self.reader.lines.pass_commas(len(places))
        return Run(pieces, [], start + n, when)

    def _read_fronts(self, by_form: list[OfForm], when: TimeArray) -> bool:
        """Put the times that stand in front of lines into `when`; return whether all could be read."""
        fronts: list[tuple[int, str]] = []
        for form, places, cells in by_form:
            if form.is_timed:
                fronts += ((place, texts[0]) for place, texts in zip(places, cells, strict=True))
        if not fronts:
            return True
        fronts.sort()  # an hour that comes twice is told by what came before
        places, texts = zip(*fronts, strict=True)
        times = self._columns.time_texts(list(texts))
        if times is None or (times == MISSING_TIME).any():
            return False
        when[list(places)] = times
        return True

    def _all_of_one_form(self, lines: Sequence[str]) -> tuple[int, list[OfForm]] | None:
        """Return what `_by_form` does, some twice as fast; None if lines have more forms than one."""
        for form in self._forms:
            if form.pattern.fullmatch(lines[0]) and form.pattern.fullmatch(lines[-1]):
                cells = form.find_all(lines)
                if len(cells) == len(lines):
                    return len(lines), [(form, range(len(lines)), cells)]
        return None

    def _by_form(self, lines: Sequence[str]) -> tuple[int, list[OfForm]]:
        """Return how many lines have forms that are known, and of each form their places and cells."""
        found: list[tuple[LineForm, list[int], list[tuple[str, ...]]]]
        found = [(form, [], []) for form in self._forms]
        for n, line in enumerate(lines):
            for form, places, cells in found:
                match = form.pattern.fullmatch(line)
                if match is not None:
                    places.append(n)
                    cells.append(match.groups())
                    break
            else:
                break
        else:
            n = len(lines)
        return n, [some for some in found if some[1]]

    def _times(self, before: int, n: int) -> TimeArray:
        """Return when each of `n` lines was read, between a time before and now."""
        took = max(0, self.reader.times.now_ns() - before)
        times: TimeArray = before + np.arange(n, dtype=np.int64) * took // n
        return times
