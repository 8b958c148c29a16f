"""What sources of items share: reading them, counting what is no number, saying when nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.errors import CallbackError, ParseError
from nbstream.sources.base import Source
from nbstream.sources.items import ItemReader, Row, batches
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.tables import Table
from nbstream.sources.wording import explain, shorten
from nbstream.text.redaction import disarm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["ItemSource", "LineSource"]

MANY_REJECTED = 5
PATIENCE = 2.0


class ItemSource(Source):
    """A source of items or lines, which `ItemReader` reads.

    Parameters
    ----------
    **options
        As for every `Source`.
    """

    advice = ""
    """What to do when nothing can be read."""
    otherwise = "Give (time, {'temp': 21.5}) to say it otherwise."
    """How to say what was guessed."""
    from_function = False
    """Whether a function gives the items."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._reader = self._new_reader()
        self._rejected_since: float | None = None
        self._example = ""
        self._n_left_out = 0

    def _new_reader(self) -> ItemReader:
        return ItemReader(self._clock.wall_ns, self.timezone, from_function=self.from_function)

    # What a subclass uses.

    def _hand_over(self, found: Iterable[Row | Table]) -> None:
        """Put readings into the buffer, and tell what was found out about them."""
        rows: list[Row] = []
        for piece in found:
            if isinstance(piece, Table):
                self._emit_rows(rows)
                rows = []
                self._emit_table(piece)
            else:
                rows.append(piece)
        self._emit_rows(rows)
        for line in (*self._reader.rejected, *self._reader.lines.passed):
            self._reject(1, line)
        self._reader.rejected.clear()
        self._reader.lines.passed.clear()
        self._note_reader()

    def _emit_rows(self, rows: list[Row]) -> None:
        for batch in batches(rows):
            self._emit(batch)

    def _emit_table(self, table: Table) -> None:
        if table.not_numeric:
            self._note("text", f"not numeric: {', '.join(map(repr, table.not_numeric[:20]))}")
        if table.has_time_column:
            self._note("time", f"time column {table.time_name!r}")
        n = len(table)
        if not table.values:
            if n:
                self._reject(n, f"no numeric column among {list(table.not_numeric)}")
            return
        batch = table.batch(self._clock.wall_ns())
        self._emit(batch, n)

    def _reject(self, n: int, example: str) -> None:
        super()._reject(n, example)
        self._example = self._example or example
        if self._rejected_since is None:
            self._rejected_since = self._clock.monotonic()

    def _note_reader(self) -> None:
        reader = self._reader
        if reader.n_bad_cells and reader.bad_cell is not None:
            channel, text = reader.bad_cell
            first = f"first {channel!r}: {text!r}"
            self._note("cell", f"values that are no numbers: {reader.n_bad_cells:,}, {first}")
            self._report("cell", f"values that are no numbers are left out, {first}")
        for kind, text in reader.guesses().items():
            self._note(kind, f"{text}. {self.otherwise}")
        left_out = reader.lines.tables.n_left_out
        if left_out > self._n_left_out:
            n = left_out - self._n_left_out
            self._count(Counters(received=n, dropped=n))
            self._n_left_out = left_out
            text = "rows of tables left out: there are too many (processes, devices)"
            self._note("rows", f"{left_out:,} {text}. {self.advice}")
            self._report("rows", f"{text}. {self.advice}")
        if reader.tables.n_known:
            n = reader.tables.n_known
            self._note("known", f"{n:,} rows came again in a later table and are left out")
        for channel, unit in reader.units.items():
            if unit and channel in self.buffer.channels:
                self.buffer.units.setdefault(channel, unit)

    def _say_if_nothing_is_readable(self) -> None:
        """Look unhealthy while all that came was rejected."""
        counters = self._counters
        if counters.accepted or not counters.rejected or self._rejected_since is None:
            return
        waited = self._clock.monotonic() - self._rejected_since
        if counters.rejected < MANY_REJECTED and waited < PATIENCE:
            return
        if self._state in (SourceState.RUNNING, SourceState.CONNECTING):
            self._set_unreadable(self._nothing_readable("yet"))

    def _nothing_readable(self, so_far: str = "") -> ParseError:
        first = f"first: {shorten(self._example)!r}"
        message = f"{f'Nothing could be read {so_far}'.strip()} ({first}). {self.advice}"
        return ParseError(message.strip(), source=self.name)


class LineSource(ItemSource):
    """A source of lines, each read by a function of the user's or as `ItemReader` reads lines.

    Parameters
    ----------
    parse
        Takes a line (str, without its end) and returns a reading, or None for none; None reads the
        forms of `nbstream.sources.lines.format`.
    **options
        As for every `Source`.

    Raises
    ------
    TypeError
        If `parse` is no function.
    """

    advice = otherwise = "Pass parse=… to say what a line means."

    def __init__(self, parse: Callable[[str], Any] | None, **options: Any) -> None:
        given: Any = parse
        if given is not None and not callable(given):
            message = f"'parse' must be a function of a line (got {type(parse).__name__})."
            raise TypeError(message)
        super().__init__(**options)
        self.parse = parse

    # What a subclass uses.

    def _read_lines(self, lines: Iterable[bytes]) -> None:
        """Put the readings of some lines into the buffer; a line that cannot be read costs itself."""
        found: list[Row | Table] = []
        for line in lines:
            text = line.decode("utf-8", "replace")
            if not text.strip():
                continue
            try:
                if self.parse is None:
                    found += self._reader.read_line(text)
                else:
                    item = self._call_parse(self.parse, text)
                    found += [] if item is None else self._reader.read(item)
            except CallbackError as error:
                disarm(error)
                self._last_error = error
                self._report("error", str(error))
                self._reject(1, text)
            except Exception as error:
                self._reject(1, text if self.parse is None else f"{text} ({error})")
        self._hand_over(found)

    def _call_parse(self, parse: Callable[[str], Any], text: str) -> Any:
        try:
            return parse(text)
        except Exception as error:
            name = getattr(parse, "__name__", "parse")
            message = f"{name} raised {explain(error)}"
            raise CallbackError(message, callback=name) from error
