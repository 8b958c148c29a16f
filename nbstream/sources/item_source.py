"""What sources of items share: reading them, counting what is no number, saying when nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from nbstream.errors import CallbackError, ParseError
from nbstream.sources.base import Source
from nbstream.sources.gathering import gather, gather_pieces
from nbstream.sources.items import ItemReader
from nbstream.sources.lines.columns import MANY_LINES, LineColumns
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.tables import Table
from nbstream.sources.wording import explain, shorten
from nbstream.text.redaction import disarm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nbstream.sources.gathering import Alike, Gathered, Row

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
    _otherwise_of: ClassVar[Mapping[str, str]] = {"comma": "", "groups": ""}
    """The same for some kinds of guesses."""
    from_function = False
    """Whether a function gives the items."""
    has_states = False
    """Whether there is an option ``states=`` that reads words."""
    _states: frozenset[str] = frozenset()
    """What that option names, set before the reader is made."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._reader = self._new_reader()
        self._rejected_since: float | None = None
        self._example = ""
        self._n_left_out = 0

    def _new_reader(self) -> ItemReader:
        reader = ItemReader(self._clock.wall_ns, self.timezone, from_function=self.from_function)
        if self._states:
            reader.states, reader.labels_for = self._states, self.buffer._store.labels_for
        return reader

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

    def _hand_over_pieces(self, pieces: list[Alike], found: list[tuple[int, Row | Table]]) -> None:
        """Put columns, and what stands at places between theirs, into the buffer."""
        if not pieces:
            self._hand_over(piece for _, piece in found)
            return
        rows: list[tuple[int, Row]] = []
        start = 0
        for place, piece in found:
            if not isinstance(piece, Table):
                rows.append((place, piece))
                continue
            before = [some for some in (p.between(start, place) for p in pieces) if len(some)]
            self._emit_gathered(gather_pieces(before, rows))
            self._emit_table(piece)
            rows, start = [], place
        if start:
            last = int(max(piece.places[-1] for piece in pieces))
            pieces = [some for some in (p.between(start, last + 1) for p in pieces) if len(some)]
        self._emit_gathered(gather_pieces(pieces, rows))
        self._hand_over(())

    def _emit_rows(self, rows: list[Row]) -> None:
        if rows:
            self._emit_gathered(gather(rows))

    def _emit_gathered(self, gathered: Iterable[Gathered]) -> None:
        """Put batches into the buffer; a row whose channels stand in several counts once."""
        for batch, n_again in gathered:
            before = self._counters
            self._name_units(batch.values)
            self._emit(batch)
            if n_again:
                came = [a - b for a, b in zip(self._counters, before, strict=True)]
                accepted = min(n_again, came[1])
                late = min(n_again - accepted, came[3])
                dropped = n_again - accepted - late
                self._count(Counters(-n_again, -accepted, 0, -late, -dropped))

    def _emit_table(self, table: Table) -> None:
        if table.not_numeric:
            self._note("text", f"not numeric: {', '.join(map(repr, table.not_numeric[:20]))}")
        if table.has_time_column:
            self._note("time", f"time column {table.time_name!r}")
        if not table.values:
            if len(table):
                self._reject(len(table), f"no numeric column among {list(table.not_numeric)}")
            return
        unread = table.unread()
        if unread is not None:
            channel, text = table.bad_cell or ("", "")
            self._reject(int(unread.sum()), f"{channel}: {text}")
            table = table.rows(~unread)
        batch = table.batch(self._clock.wall_ns())
        self._name_units(batch.values)
        self._emit(batch)

    def _name_units(self, channels: Iterable[str]) -> None:
        """Say the units that were read before their readings are seen: charts put channels by them."""
        units = self._reader.units
        if units:
            for channel in channels:
                if unit := units.get(channel):
                    self.buffer.units.setdefault(channel, unit)

    def _reject(self, n: int, example: str) -> None:
        super()._reject(n, example)
        self._example = self._example or example
        if self._rejected_since is None:
            self._rejected_since = self._clock.monotonic()

    def _note_reader(self) -> None:
        reader = self._reader
        if reader.n_bad_cells and reader.bad_cell is not None:
            channel, text = reader.bad_cell
            hint = f"; states=[{channel!r}] reads words" if self.has_states else ""
            first = f"first {channel!r}: {text!r}{hint}"
            self._note("cell", f"values that are no numbers: {reader.n_bad_cells:,}, {first}")
            self._report("cell", f"values that are no numbers are left out, {first}")
        for kind, text in reader.guesses().items():
            self._note(kind, f"{text}. {self._otherwise_of.get(kind, self.otherwise)}".strip())
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
    _otherwise_of: ClassVar[Mapping[str, str]] = {}

    def __init__(self, parse: Callable[[str], Any] | None, **options: Any) -> None:
        given: Any = parse
        if given is not None and not callable(given):
            message = f"'parse' must be a function of a line (got {type(parse).__name__})."
            raise TypeError(message)
        super().__init__(**options)
        self.parse = parse
        self._line_columns: LineColumns | None = None

    # What a subclass uses.

    def _read_lines(self, lines: Iterable[bytes]) -> None:
        """Put the readings of some lines into the buffer; a line that cannot be read costs itself.

        Lines alike that come many at once are read as columns.
        """
        whole = b"\n".join(lines).decode("utf-8", "replace")
        texts = list(filter(str.strip, whole.split("\n")))
        if self.parse is not None or len(texts) < MANY_LINES:
            self._hand_over([piece for text in texts for piece in self._read_line(text)])
            return
        if self._line_columns is None or self._line_columns.reader is not self._reader:
            self._line_columns = LineColumns(self._reader)
        columns = self._line_columns
        pieces: list[Alike] = []
        found: list[tuple[int, Row | Table]] = []
        place = 0
        while place < len(texts):
            run = columns.read(texts, place)
            if run is None:
                read = self._read_line(texts[place])
                found += [(place, piece) for piece in read]
                columns.learn(texts[place], read)
                alone = range(place + 1, min(place + 1 + columns.n_alone, len(texts)))
                found += [(n, piece) for n in alone for piece in self._read_line(texts[n])]
                columns.n_alone -= len(alone)
                place = alone.stop
                continue
            for odd in run.left:
                with columns.at(int(run.when[odd - place])):
                    found += [(odd, piece) for piece in self._read_line(texts[odd])]
            pieces += run.pieces
            place = run.stop
        self._hand_over_pieces(pieces, found)

    def _read_line(self, text: str) -> list[Row | Table]:
        """Return what a line says; one that cannot be read is counted."""
        try:
            if self.parse is None:
                return self._reader.read_line(text)
            item = self._call_parse(self.parse, text)
            return [] if item is None else self._reader.read(item)
        except CallbackError as error:
            disarm(error)
            self._last_error = error
            self._report("error", str(error))
            self._reject(1, text)
        except Exception as error:
            self._reject(1, text if self.parse is None else f"{text} ({error})")
        return []

    def _call_parse(self, parse: Callable[[str], Any], text: str) -> Any:
        try:
            return parse(text)
        except Exception as error:
            name = getattr(parse, "__name__", "parse")
            message = f"{name} raised {explain(error)}"
            raise CallbackError(message, callback=name) from error
