"""What a line of text means: of a program's output, of a log, of what a function returns.

==================================  ============================================
``3.5``  ``21.5 °C``                channel "value"
``1,2`` or ``1 2``                  channels c1, c2 … (comma, semicolon, tab or space)
rows below a line of words          channels by these words, as vmstat and iostat print them
``Mem:  512  256`` below a header   "Mem total", "Mem used": what begins a row names it
``a=1 b=2``  ``Core 0: +45.0°C``    channels a, b; "Core 0"
``3 s, 411 MB/s``                   by the words beside the numbers, if the line comes again
``{"a": 1, "b": {"c": 2}}``         JSON: channels "a", "b.c"; also over many lines
``(21.5, 45)``  ``R(a=1)``          as Python prints values
a web server's log, InfluxDB, Prometheus, collectd, Graphite, NMEA, iperf3, perf, ESPHome …: by
the names they have
==================================  ============================================

A time in front of any of these is the reading's, in whatever form; so is a value named time,
timestamp, date, ts or t that can be a time, and else a line above that is nothing but a time. Escape
sequences for colours are taken out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from nbstream.errors import ParseError
from nbstream.sources.lines.gps import GpsTimes
from nbstream.sources.lines.known import read_count, read_known
from nbstream.sources.lines.listings import read_listed, without_uptime
from nbstream.sources.lines.literals import read_literal
from nbstream.sources.lines.pairs import comma_of_pair, find_listed, find_pairs, find_words
from nbstream.sources.lines.stamps import Stamps
from nbstream.sources.lines.tables import (
    LineTables,
    has_reading,
    places_of_versions,
    split_cells,
)
from nbstream.sources.number_cells import plain_quantity
from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.item_times import ItemTimes

__all__ = [
    "LONGEST_QUANTITY", "LineReader", "TimedItem", "are_as_read", "is_banner", "read_documents", "read_json",
    "strip_escapes",
]  # fmt: skip

MAX_LOOKS = 1000
"""In so many lines that have a comma it is looked for one that stands for a point."""
CLOSING = {"{": "}", "[": "]"}
LONGEST_QUANTITY = 60
MAX_WAITING = 20
MAX_FORMS = 1000
MAX_ROW = 2**16
MAX_DOCUMENT_LINES, MAX_DOCUMENT = 5000, 2**22
MAX_LOOKED = 4000
"""So many characters of prose are looked at."""

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-Za-z]|\x1b[ -/]*[0-~]"
)
_OTHER_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]")
_ASCII_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\r"})
_SUMMARY = re.compile(r"(?i)(?:average|durchschnitt|moyenne|summary)\s*:\s+(?:\S+\s+){2}")
_PLACE = re.compile(
    r"(?<!\S)[\w.<>]+:[\w.<>]+:[0-9]+(?=\s+[-|]\s)"
    r"|(?<![\w./\-])[\w./\-]+\.(?:py|go|rs|c|cc|cpp|h|java|js|ts|cs|kt|rb|php|lua|swift)"
    r":[0-9]+(?::[0-9]+)?\b"
)
"""A place in a program's source, as loggers write it."""
_KINDS_OF_FILES = frozenset("dlbcps-")
_FILE = re.compile(r"[dlbcps-][rwxsStT-]{9}[.+@]?\s+[0-9]+\s")
"""A row of ls -l."""
_UP = re.compile(r"\bup\s+(?:[0-9]+ days?,\s+)?[0-9]{1,2}:[0-9]{2}(?=,)")
_ALIKE = str.maketrans({"℃": "°C", "℉": "°F", "\uff1a": ":", "\uff1d": "="})
_ARROW = re.compile(r"\s*(?:->|=>|>|[-:|]\s)\s*")
_PROGRESS_BEHIND = re.compile(
    r"([0-9.]\s+[0-9]+):\s+[0-9]{1,3}%\s?(?:\|[^|]*\||[\u2500-\u257f ]+)\s*[0-9]+/[0-9]+ .*"
)
_BAR = re.compile(r"\[[=#>.\- ]{3,}\]|\|[#\u2588-\u258f ]{3,}\|")
_DOCUMENT = re.compile(r"\s*[{\[]")
_BANNER = re.compile(
    r"Every [0-9.,]+s: .*|Linux \S+ \(.*\)\s.*CPU\)|#\s?(?:HELP|TYPE|UNIT|EOF)\b.*"
)


class TimedItem(NamedTuple):
    """What a line says: a number's text, or values by channel; and when."""

    item: Any
    when: int | None = None


class LineReader:
    """Reads lines one after the other; headers name what comes below them.

    Parameters
    ----------
    times
        Reads what may be times.

    Notes
    -----
    Thread safety: none.
    """

    def __init__(self, times: ItemTimes) -> None:
        self.times = times
        self.tables = LineTables()
        self.stamps = Stamps(times)
        self.gps = None if times.is_live else GpsTimes(times.last_ns)
        self.comma_note = ""
        """That a comma was taken for a decimal point, for people."""
        self.passed: list[str] = []
        """Lines that were kept back and turned out to say nothing; whoever reads takes them."""
        self._waiting: dict[str, list[tuple[str, TimedItem]]] = {}
        self._is_known: set[str] = set()
        self._versions: set[tuple[int, int]] = set()
        self._document: list[str] = []
        self._n_characters = 0
        self._n_commas = 0

    @property
    def waiting(self) -> str:
        """The newest line that may still turn out to say something, "" if there is none."""
        last = next(reversed(self._waiting.values()), None)
        if self.gps is not None and self.gps.waiting:
            return self.gps.waiting[-1].line
        return self.tables.waiting or (last[-1][0] if last else "")

    @property
    def is_collecting(self) -> bool:
        """Whether the lines so far began a document of JSON that has not ended."""
        return bool(self._document)

    @property
    def state(self) -> tuple[Any, ...] | None:
        """What the meaning of a row depends on beside its text; None while lines are kept back or stamped."""
        if self._document or self.tables.waiting or self.stamps.example:
            return None
        return self.tables.header, len(self._versions), bool(self.comma_note), self.times.front

    def pass_commas(self, n: int) -> None:
        """Count lines that have a comma, and none that stands for a point."""
        if not self.comma_note:
            self._n_commas = min(self._n_commas + n, MAX_LOOKS)

    def finish(self) -> list[str]:
        """Return the lines that were kept back in vain."""
        left = [*self.passed, *self._document, *self.tables.finish()]
        if self.gps is not None:
            left += [kept.line for kept in self.gps.waiting]
            self.gps.waiting = []
        left += [line for kept in self._waiting.values() for line, _ in kept]
        self.passed, self._waiting, self._document = [], {}, []
        return left

    def read(self, line: str) -> list[TimedItem]:
        """Return what a line says; nothing for headers, and for what may yet become one.

        Raises
        ------
        ValueError
            If it says nothing that can be read.
        """
        plain = strip_escapes(line)
        plain = plain if plain.isascii() else plain.translate(_ALIKE)
        found = self._read(_without_bars(plain).rstrip())
        if found and self.tables.waiting:  # a header stands right above its rows
            self.passed += self.tables.finish()
        return found

    def _read(self, line: str) -> list[TimedItem]:
        line = without_uptime(line)
        text = line.strip()
        if self._document or line in {"{", "["}:
            found = self._collect(line)
            if found is not None or self._document:
                return [] if found is None else [TimedItem(found)]
        is_summary = _SUMMARY.match(text) and self.tables.has_header
        if not text or is_summary or is_banner(text) or self.stamps.take(text):
            return []
        listed = read_count(text) or read_listed(text)
        if listed is not None:
            return [TimedItem(listed.values)] if listed.values else []
        if _is_quantity(text):
            return [TimedItem(text)]
        found = _structure(text)
        if found is not None:
            return [TimedItem(found)]
        when, rest = (None, line) if self.tables.has_name_for_front(line) else self._front(line)
        if when is not None:
            text = rest.strip()
            if _is_quantity(text):
                return [TimedItem(self.tables.row(rest, is_timed=True) or text, when)]
            found = _structure(text)
            if found is not None:
                return [TimedItem(found, when)]
        known = read_known(text)
        if known is not None:
            if self.gps is not None and text[0] == "$" and known.values and when is None:
                return [TimedItem(*timed) for timed in self.gps.timed(text, known.values)]
            own = self.times.read(known.time) if known.time else None
            return [TimedItem(known.values, when if own is None else own)] if known.values else []
        return self._words(rest, text, when)

    def _collect(self, line: str) -> Any:
        """Return the JSON document that a line ends, None if it doesn't."""
        is_inside = line[:1].isspace() or line[:1] in {"", "}", "]", "{", "["}
        n_lines = len(self._document)
        if not is_inside or n_lines >= MAX_DOCUMENT_LINES or self._n_characters > MAX_DOCUMENT:
            self.passed += self._document
            self._document.clear()
            return None
        self._n_characters = len(line) + (self._n_characters if n_lines else 0)
        self._document.append(line)
        if line != CLOSING[self._document[0]]:
            return None
        found = read_json("\n".join(self._document))
        if found is None:
            self.passed += self._document
        self._document.clear()
        return [] if found is None else found

    def _front(self, line: str) -> tuple[int | None, str]:
        try:
            front = self.times.take_front(line.strip())
        except ParseError as error:
            message = f"{error} (in {line[:80]!r})"
            raise ValueError(message) from error
        if front is None:
            return None, line
        return front[0], _ARROW.sub("", front[1], count=1) if _ARROW.match(front[1]) else front[1]

    def _words(self, line: str, text: str, when: int | None) -> list[TimedItem]:
        if len(line) > MAX_ROW:
            message = f"a line of {len(line):,} characters that is no JSON: {text[:80]!r}"
            raise ValueError(message)
        if "," in line and not self.comma_note and self._n_commas < MAX_LOOKS:
            self._n_commas += 1
            comma = find_decimal_comma(line)
            self.comma_note = f"{comma!r} is {comma.replace(',', '.')}" if comma else ""
        is_file = text[:1] in _KINDS_OF_FILES and _FILE.match(text) is not None
        if is_file or (self._versions and self._is_of_versions(text)):
            message = f"no numbers in {text[:80]!r}"
            raise ValueError(message)
        if "up " in text:
            line, text = _UP.sub("up", line), _UP.sub("up", text)
        row = self.tables.row(line, is_timed=when is not None)
        if row is not None:
            return [TimedItem(row, when)] if row else []
        text = _PLACE.sub(" ", text[:MAX_LOOKED])
        pairs = find_listed(text) or find_pairs(text)
        if pairs:
            return [TimedItem(pairs, when)]
        start = text.find("{")
        if start > 0 and text.endswith("}"):
            found = _structure(text[start:])
            if isinstance(found, dict):
                topic = text[:start].strip()
                if "/" in topic and " " not in topic:  # as "home/kitchen {…}": of whom it is
                    found = {f"{topic} {name}": value for name, value in found.items()}
                return [TimedItem(found, when)]
        words: dict[str, str] = {}
        is_whole = False
        if has_reading(text):
            words, is_whole = find_words(text)
        elif len(self._versions) < MAX_FORMS:
            self._versions.update(places_of_versions(text))
        if words and is_whole:
            return [TimedItem(words, when)]
        if words:
            when = self.stamps.now_ns() if when is None else when
            return self._again(text, TimedItem(words, when))
        passed = self.tables.words(line)
        if passed == line:
            message = f"no numbers in {text[:80]!r}"
            raise ValueError(message)
        if passed:
            self.passed.append(passed.strip())
        return []

    def _is_of_versions(self, text: str) -> bool:
        """Return whether the numbers of a line stand where other lines like it have versions of programs.

        So "status installed tzdata:all 6.4" tells no reading beside "status installed libc6:amd64 2.36-9".
        """
        words = text.split()
        numbers = [i for i, word in enumerate(words) if has_reading(word)]
        return bool(numbers) and all((i, len(words)) in self._versions for i in numbers)

    def _again(self, text: str, item: TimedItem) -> list[TimedItem]:
        """Return what a line of prose says once it has come twice, but for its numbers."""
        words = re.findall(r"[^\W\d_]+(?:/[^\W\d_]+)*", text)
        form = " ".join(word for word in words if not is_unit(word))[:200]
        if form in self._is_known:
            return [item]
        kept = self._waiting.pop(form, None)
        if kept is not None:
            if len(self._is_known) >= MAX_FORMS:
                self._is_known.clear()
            self._is_known.add(form)
            return [*(earlier for _, earlier in kept), item]
        self._waiting[form] = [(text, item)]
        if len(self._waiting) > MAX_WAITING:
            oldest = next(iter(self._waiting))
            self.passed += [line for line, _ in self._waiting.pop(oldest)]
        return []


def find_decimal_comma(line: str) -> str:
    """Return the first number of a line that is read with a comma for its point, "" if none is."""
    if comma := comma_of_pair(line):
        return comma
    cells, mark = split_cells(line)
    words = zip(map(str.strip, line.split(mark or None)), cells, strict=False)
    return next((word for word, cell in words if word.replace(",", ".") == cell != word), "")


def is_banner(line: str) -> bool:
    """Return whether a line is what programs print above their tables, such as sysstat's first."""
    return _BANNER.fullmatch(line.strip()) is not None


def strip_escapes(text: str) -> str:
    """Return text without escape sequences (colours, cursor, screen) and control characters."""
    return text if text.isprintable() else _OTHER_CONTROLS.sub("", _ESCAPES.sub("", text))


def are_as_read(lines: Sequence[str]) -> bool:
    """Return whether lines are read as they stand, without anything being taken out or replaced before."""
    text = "\n".join(lines)
    if text.isascii():
        data = text.encode()
        if len(data.translate(None, _ASCII_CONTROLS)) != len(data):
            return False
    elif _OTHER_CONTROLS.search(text) or text.translate(_ALIKE) != text:
        return False
    return not (
        ("%" in text and _PROGRESS_BEHIND.search(text))
        or (("|" in text or "[" in text) and _BAR.search(text))
    )


def _without_bars(line: str) -> str:
    if "%" in line:
        line = _PROGRESS_BEHIND.sub(r"\1", line)
    return _BAR.sub(" ", line) if "|" in line or "[" in line else line


def _is_quantity(text: str) -> bool:
    return len(text) <= LONGEST_QUANTITY and plain_quantity(text) is not None


def _structure(text: str) -> Any:
    """Return what a text is in JSON or to Python, None if it is neither."""
    found = read_json(text)
    return read_literal(text) if found is None else found


def read_json(text: str) -> Any:
    """Return the object or list that a text is in JSON, else None."""
    if text.startswith("data: "):  # server-sent events
        text = text[6:]
    if text[0] not in "{[":
        return None
    try:
        found = json.loads(text.rstrip(", "))
    except RecursionError:
        return None
    except ValueError:
        documents, end = read_documents(text) if text.startswith("{") else ([], 0)
        return documents if documents and end == len(text) else None
    return found if isinstance(found, (dict, list)) else None


def read_documents(text: str) -> tuple[list[Any], int]:
    """Return the whole objects and lists that text begins with, in JSON, and where what follows begins."""
    found, position = [], 0
    decoder = json.JSONDecoder()
    while match := _DOCUMENT.match(text, position):
        try:
            item, position = decoder.raw_decode(text, match.end() - 1)
        except (ValueError, RecursionError):
            break
        found.append(item)
    return found, position + len(text[position:]) - len(text[position:].lstrip())
