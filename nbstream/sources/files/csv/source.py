"""A growing file of comma-separated (or other) values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.errors import ParseError
from nbstream.readings.batch import NS_PER_UNIT, Batch, TimeUnit
from nbstream.readings.zone import zone_label
from nbstream.sources.files.csv.format.options import CsvOptions, as_names
from nbstream.sources.files.csv.intake import Intake
from nbstream.sources.files.csv.pending import PendingLines
from nbstream.sources.files.csv.refused import Refused
from nbstream.sources.files.csv.rows.long import LongReader
from nbstream.sources.files.csv.rows.rows import ParsedRows, RowReader
from nbstream.sources.files.csv.suspects import Suspects
from nbstream.sources.files.encoding import other_format
from nbstream.sources.files.file_source import FileSource
from nbstream.sources.files.tail import Piece
from nbstream.sources.number_cells import number
from nbstream.sources.state import SourceState
from nbstream.sources.times.forms import text_form
from nbstream.sources.times.partial import WholeTimes
from nbstream.sources.times.wall_time import WallTimes
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from datetime import tzinfo

    from nbstream.runtime.turns import Life
    from nbstream.sources.files.csv.format.format import CsvFormat

__all__ = ["CsvSource"]

TOLD_EVERY = 60.0  # seconds
MAX_BAD_CHANNELS = 10
"""Channels with cells that are no numbers are told one by one; further ones together."""
RESTART_TOLD_AFTER = 2.0  # seconds; a file that is written anew again and again is no event
NO_ROWS = Batch(np.empty(0, np.int64), {})


class CsvSource(FileSource):
    """Reads the rows of a text table, those that are there and those that are added.

    Parameters
    ----------
    path
        The file. While it is missing the state is CONNECTING.
    time
        Name of the column of times, or its number from 0; several, as in ``["Date", "Time"]``, are
        read together. None finds them, by what they hold and by their names (time, Datum, fecha …):
        dates with a time of day first, in one column or two, then numbers that are times of 1990 to
        2099, then dates or times of day alone, then seconds that grow as those of a run do. False
        asks for the time at which each row was read, which a file without times gets too. `notes`
        say what was found. What looks like times and can't be read is an error.
    channels
        Names of the columns to read; None reads every column of numbers.
    states
        Names of the columns of words to read ("RUN", "IDLE"), each a channel of words, of whatever texts;
        () is none. None finds those of a few words that come again, or that are called as states are
        (status, mode …), unless `channels` or `pivot` says what the channels are; a number among
        them is a missing reading.
    timezone
        Zone of times that name none: an IANA name, a tzinfo, or None for the local zone.
    from_start
        False reads only what is added to a file that exists.
    unit
        Of times that are numbers: "s", "ms", "us" or "ns"; None infers it from their size.
    time_format
        Of times, as for `datetime.strptime`; needed if day and month could be mixed up. For several
        columns, of their texts with a space between. Seconds, their fraction and the zone may be
        left out or be there: ``%z`` reads +01, +0100, Z, UTC and Europe/Berlin. Other ways to count
        have names: "excel", "matlab" and "julian" days, .NET's "ticks", Windows' "filetime", and
        "elapsed" for the seconds (or `unit`) of a run.
    delimiter
        One character, or "  " for runs of spaces between cells that may hold one; None finds it
        among comma, semicolon, tab, pipe and spaces.
    decimal
        "." or ","; None finds it.
    thousands
        What separates thousands: ",", ".", " ", "'" or "" for nothing; None finds it.
    header
        Number of the line that names the columns, from 1; or the names themselves; or None if there
        are none, for channels c1, c2 … by position. True finds it within 100 lines and 64 KB.
    units_row
        Number of the line of units, from 1; False if there is none; None finds it below the names.
    skip
        Lines to pass over at the start.
    comment
        What lines begin with that are no rows; "" if there are none. None finds it, "#" else.
    pivot
        Name of the column whose texts name the channels, where each row is the value of one.
    encoding
        Of the file, as Python names it, such as "cp1252", "latin-1" or "utf-16"; None finds UTF-8,
        UTF-16 and UTF-32, and reads what is none of these as cp1252. `notes` say so.
    poll_interval
        Seconds between two looks at the file.
    max_line_bytes
        Longer lines are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, na_values, clock.

    Raises
    ------
    ValueError
        If an option cannot be what it is.

    Notes
    -----
    A row is read when its end has come: a newline, a carriage return or both. A last line without
    one is read when the file has not grown for three seconds, if it has all its cells.

    The table begins below comments, metadata, titles and blank lines. Lines of units below the names
    give the channels' units, those of how values were made (Avg, Smp) are passed over, names that
    come twice are numbered (a, a_2). A file without names has channels c1, c2 … by position, or
    "value" if there is only one.

    Cells may be hexadecimal ("0x1F"), have a decimal comma, separated thousands and a unit ("45 %",
    "$3.50"; 1.2 MB/s beside kB/s is converted). Words such as on and off, true and false are 1 and 0 in
    a column that holds nothing else. Decimal commas in a file of commas make one number of two cells
    where each name has two. A column of text or blanks is a channel from its first number on, one of many
    different texts from the tenth number in a row on.

    A cell that is no number is a missing reading if another cell of its row is one; else the row
    counts as rejected. Empty, "nan" and "inf" are missing readings. Numbers such as -999 that stand far
    from a channel's others are told, and are missing readings if `na_values` names them. While no row
    can be read, the state is UNREADABLE.

    A file that is written anew with rows that were read before (a log that keeps its last rows, a
    table saved again and again) gives each reading once: rows are known again by their time and
    values, or by the longest overlap if there is no time column. A value of the past that is
    changed afterwards is counted as dropped. A table whose newest row comes first is read to its
    end and put in order. `notes` say both.

    Times of day without a date are of the day on which the file changed last, and roll over at
    midnight; dates without a year likewise. Elapsed time is put so that the newest row that is
    there at first is at the file's last change. Day and month that may be swapped are told by the
    rows that are there; if none does within two seconds, the error says what to pass.

    `stop()` and `start()` go on where reading stopped. See `nbstream.sources.files.tail.FileTail` for what
    may happen to the file.

    Thread safety: any thread.
    """

    kind = "csv"

    def __init__(
        self,
        path: str | os.PathLike[str],
        time: str | int | Sequence[str | int] | bool | None = None,
        channels: Sequence[str] | str | None = None,
        timezone: str | tzinfo | None = None,
        from_start: bool = True,
        *,
        states: Sequence[str] | str | None = None,
        unit: TimeUnit | None = None,
        time_format: str | None = None,
        delimiter: str | None = None,
        decimal: str | None = None,
        thousands: str | None = None,
        header: int | Sequence[str] | bool | None = True,
        units_row: int | bool | None = None,
        skip: int = 0,
        comment: str | None = None,
        pivot: str | None = None,
        encoding: str | None = None,
        poll_interval: float = 0.25,
        max_line_bytes: int = 2**20,
        **options: Any,
    ) -> None:
        super().__init__(
            path,
            from_start=from_start,
            poll_interval=poll_interval,
            max_line_bytes=max_line_bytes,
            encoding=encoding,
            timezone=timezone,
            **options,
        )
        if time_format is not None:
            text_form(time_format)
        self._options = CsvOptions(
            time=_as_columns(time),
            channels=_as_channels(channels),
            states=_as_channels(states),
            unit=unit,
            time_format=time_format,
            delimiter=delimiter,
            decimal=decimal,
            thousands=thousands,
            header=as_names(header),
            units_row=units_row,
            skip=skip,
            comment=comment,
            pivot=pivot,
            zone=None if timezone is None else self.timezone,
        )
        self._zone_word = "zone" if timezone is not None else "local zone"
        self._wall_times = WallTimes(self.timezone, may_go_down=True)
        self._reader: RowReader | None = None
        self._whole_times: WholeTimes | None = None
        self._long: LongReader | None = None
        self._pending = PendingLines(self._options)
        self._skipped = b""
        self._has_half_line = False
        self._refused = Refused()
        self._suspects = Suspects() if self._stand_ins is None else None
        self._bad_cells: dict[str, tuple[str, int]] = {}
        self._intake = Intake()
        self._restart = ""  # what happened to the file, until it is known if its rows are new
        self._restarted_at = 0.0
        self._n_repeated = 0
        self._told: dict[str, tuple[int, float]] = {}  # how often, and when last
        self._n_runs = 0
        self._is_catching_up = False
        self._guesses: tuple[str, ...] = ()  # kinds of notes

    def _run(self) -> Life:
        try:
            yield from super()._run()
        except ParseError as error:
            error.source = self.name
            self._begin_anew()
            raise

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._reader = None
        self._pending = PendingLines(self._options)
        self._intake.begin_again(goes_on=False)

    @property
    def _is_all_handed_over(self) -> bool:
        return self._reader is not None and not (self._pending.lines or self._intake.is_holding)

    def _compare_clocks(self, newest_ns: int) -> None:
        if not self._is_catching_up:  # the newest row is still to come
            super()._compare_clocks(newest_ns)

    def _take(self, piece: Piece) -> None:
        self._is_catching_up = piece.has_more
        self._take_event(piece)
        self._drop_lost(piece)
        if piece.n_nul:
            taken_out = "NUL bytes taken out (the file was cut while its writer went on)"
            self._note_once("nul", taken_out)
        lines = piece.lines
        if piece.at_start and (other := other_format(self._tail.head)):
            message = f"{str(self.path)!r} is {other}"
            raise ParseError(message, source=self.name)
        self._skipped = piece.skipped or self._skipped
        if self._tail.encoding_note not in {"", self._notes.get("encoding")}:
            self._note("encoding", self._tail.encoding_note)
            self._tell(self._tail.encoding_note)
        if piece.at_start and lines:
            self._begin_file(lines, is_sample=piece.is_sample)
            lines = b""
        self._take_lines(lines)
        if not piece.lines and not piece.has_more:
            if not self._read_half_line(piece.half_line):
                self._settle()
        self._say_state(piece)

    def _finish(self) -> None:
        super()._finish()
        self._settle_pending()
        self._settle()
        self._say_state(Piece())

    def _settle(self) -> None:
        """Hand over what was held until the file's end was reached."""
        if self._intake.is_holding:
            self._hand_over_all(self._intake.settle())

    def _take_lines(self, lines: bytes) -> None:
        if self._reader is None:
            self._pending.lines += lines
        elif lines:
            self._read(lines)
        while self._pending.lines and self._find_format(has_more=self._is_catching_up):
            pass

    def _take_event(self, piece: Piece) -> None:
        if piece.at_start and piece.lines:
            self._intake.begin_file()
        if piece.is_again:
            self._settle_pending()
            self._settle()
            self._intake.begin_again(goes_on=piece.goes_on)
            if self._whole_times is not None:
                self._whole_times.begin_again()
            self._restart, self._restarted_at = piece.event, self._clock.monotonic()
        elif piece.event:
            self._tell_now_and_then(piece.event)
        if self._restart and self._clock.monotonic() - self._restarted_at > RESTART_TOLD_AFTER:
            self._tell_restart()

    def _settle_pending(self) -> None:
        """Read rows whose format would be surer with more of them: their file is written anew."""
        pending = self._pending
        if pending.lines and pending.has_rows and not pending.is_sample:
            try:
                self._find_format(has_more=False, is_final=True)
            except ParseError as error:
                self._reject(pending.lines.count(b"\n"), str(error))

    def _tell_restart(self) -> None:
        restart, self._restart = self._restart, ""
        if restart:
            self._tell_now_and_then(restart)

    def _tell_now_and_then(self, text: str) -> None:
        """Record an event of a kind that may happen with each reading: then it becomes a note."""
        n, told_at = self._told.get(text, (0, -math.inf))
        now = self._clock.monotonic()
        if now - told_at >= TOLD_EVERY:
            told_at = now
            self._tell(text)
        self._told[text] = n + 1, told_at
        if n:
            self._note(f"told {text}", f"{n + 1:,} times: {text}")

    def _say_state(self, piece: Piece) -> None:
        if piece.is_missing:
            self._wait_for_file()
            return
        unreadable = self._refused.error(None if self._reader is None else self._reader.fmt)
        if unreadable is not None:
            self._set_unreadable(unreadable)
            return
        awaited = self._awaited()
        self._set_state(SourceState.RUNNING, f"waiting for {awaited}" if awaited else "")
        self._is_well()

    def _awaited(self) -> str:
        """Return what must come before the next reading, "" if nothing but its row."""
        if self._counters.received:
            return "the end of the last line" if self._has_half_line else ""
        if self._tail.n_waiting:
            return "the end of the first line"
        if self._pending.has_rows:
            return "rows that tell what its times are"
        has_begun = self._tail.head
        return "the first row after the header" if has_begun else "the first row of an empty file"

    def _read_half_line(self, half: bytes) -> bool:
        """Read the last line of a file that has stood still without its end, if it is whole."""
        self._has_half_line = bool(half)
        if not half:
            return False
        fmt = self._reader.fmt if self._reader is not None else None
        if fmt is None and self._pending.has_header is None:
            fmt = self._pending.find_settled(half)
        cells = [] if fmt is None else fmt.cells(half.decode("utf-8", "replace"))
        if fmt is None or len(cells) != len(fmt.columns) or not cells[-1]:
            return False
        self._has_half_line = False
        self._tail.take_half_line()
        self._note_once("half", "the last line was read though it has no end")
        self._take_lines(half + b"\n")
        return True

    # The format.

    def _begin_file(self, lines: bytes, *, is_sample: bool) -> None:
        """Start with a file that may have another format than the one before."""
        reader = self._reader
        if reader is not None:
            first = lines.split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r")
            if reader.fmt.is_row(first):
                self._read(lines)  # it goes on without a header
                return
            self._pending.previous = reader.fmt
            self._reader = None
        self._pending.begin(lines, is_sample=is_sample)

    def _find_format(self, *, has_more: bool, is_final: bool = False) -> bool:
        """Find the format of the pending lines and read them; return False if they are too few."""
        pending, now = self._pending, self._clock.monotonic()
        fmt = pending.find_format(now, has_more=has_more, is_final=is_final)
        if fmt is None:
            return False
        if pending.previous is not None:
            self._tell_changes(pending.previous, fmt)
            pending.previous = None
        self._whole_times = None
        if fmt.form is not None:
            self._whole_times = WholeTimes(fmt.form, self._wall_times, self._last_change_ns)
        if fmt.pivot is not None:
            self._reader = self._long = LongReader(fmt, self._whole_times, self._long)
        else:
            labels_for = self.buffer._store.labels_for
            self._reader = RowReader(fmt, self._whole_times, labels_for=labels_for)
        self._note_format(fmt)
        if pending.is_sample:
            self._note_skipped()
        self._read(pending.take(fmt))
        return True

    def _note_skipped(self) -> None:
        """Remember the last rows that were there at the start, in case they are written anew."""
        lines, self._skipped = self._skipped, b""
        assert self._reader is not None
        while lines:
            rows = self._reader.read(lines, self._clock.wall_ns())
            if rows.batch is not None:
                self._intake.skip(rows.batch)
            lines = rows.after.partition(b"\n")[2]

    def _tell_changes(self, old: CsvFormat, new: CsvFormat) -> None:
        before, after = dict.fromkeys(old.columns), dict.fromkeys(new.columns)
        changes = [f"+{name}" for name in after if name not in before]
        changes += [f"−{name}" for name in before if name not in after]
        if changes:
            self._tell_now_and_then(f"columns changed: {', '.join(changes)}")

    def _note_format(self, fmt: CsvFormat) -> None:
        text, form = fmt.describe_time(), fmt.form
        is_count = form is not None and form.kind == "number" and form.scale.name in NS_PER_UNIT
        if form is not None and is_count and self._options.unit is None:
            self._note("unit", f"unit of {fmt.columns[fmt.time_columns[0]]!r}: {form.scale.name}")
        elif form is not None and form.is_naive:
            zone = self.timezone if form.zone is None else form.zone
            word = self._zone_word if form.zone is None else "zone"
            text += f", {word} {zone_label(zone, self._clock.wall_ns())}"
        self._note("time", f"{text}; {fmt.time_note}" if fmt.time_note else text)
        for kind in self._guesses:
            self._notes.pop(kind, None)
        self._guesses = tuple(fmt.notes)
        for kind, text in fmt.notes.items():
            self._note(kind, text)
        self._take_units(fmt)
        self._note_text_columns(fmt)

    def _take_units(self, fmt: CsvFormat) -> None:
        """Give the buffer the units that the file tells; what the user said stands."""
        for channel, unit in fmt.units.items():
            if channel not in self.units:
                self.buffer.units[channel] = unit

    def _note_text_columns(self, fmt: CsvFormat) -> None:
        told = (
            ("words", "words", fmt.words, "; states=[] leaves them out"),
            (
                "text",
                "not numeric",
                fmt.texts,
                f"; states={[*fmt.words, *fmt.texts[:1]]!r} reads words",
            ),
            ("silent", "no number yet", fmt.silent, ""),
        )
        for kind, what, names, hint in told:
            if names:
                self._note(kind, f"{what}: {', '.join(map(repr, names))}{hint}")
            else:
                self._notes.pop(kind, None)

    # The rows.

    def _read(self, lines: bytes) -> None:
        while lines and self._reader is not None:
            fmt = self._reader.fmt
            channels, texts, n_units = fmt.channels, fmt.texts, len(fmt.units)
            rows = self._reader.read(lines, self._clock.wall_ns())
            turned = [name for name in fmt.channels if name not in channels]
            if turned:
                self._tell(f"numbers came: {', '.join(map(repr, turned))} read from now on")
            if turned or fmt.texts != texts:
                self._note_text_columns(fmt)
            if len(fmt.units) != n_units:
                self._take_units(fmt)
            self._hand_over(rows)
            n_runs = 0 if self._whole_times is None else self._whole_times.n_restarts
            if n_runs > self._n_runs:
                self._tell("the count of elapsed time began again: a new run")
            self._n_runs = n_runs
            words = fmt.words
            fmt.look_again(lines)
            if fmt.words != words:
                new = ", ".join(repr(name) for name in fmt.words if name not in words)
                self._tell(f"words came: {new} read from now on")
                self._note_text_columns(fmt)
            lines = rows.after
            if rows.header_at is not None:
                lines = self._pass_header(lines)

    def _hand_over(self, rows: ParsedRows) -> None:
        batch = rows.batch if rows.batch is not None else NO_ROWS
        n_rejected = rows.n_rows - len(batch) - self._intake.n_rejected_again(rows.rejected_keys)
        self._refused.add(n_rejected, len(batch), rows.rejected)
        if n_rejected:
            self._emit(NO_ROWS, n_rejected)
        if len(batch) and self._reader is not None:
            has_times = bool(self._reader.fmt.time_columns)
            self._hand_over_all(self._intake.take(batch, has_times=has_times))
        if rows.rejected and n_rejected:
            self._note_once("rejected", f"row left out: {shorten(rows.rejected)}")
        for channel, (text, n) in rows.bad_cells.items():
            self._note_bad_cells(channel, text, n)
        if rows.n_short:
            self._note_once("short", "rows with fewer cells than columns: the rest is missing")
        if rows.n_long:
            self._note_once("long", "rows with more cells than columns: the rest is left out")
        if rows.n_replaced:
            self._note_once("utf8", "bytes that are not UTF-8 were replaced")

    def _note_bad_cells(self, channel: str, text: str, n: int) -> None:
        """Count cells that are no numbers, and tell the first of each channel."""
        if channel not in self._bad_cells and len(self._bad_cells) >= MAX_BAD_CHANNELS:
            channel = ""
        first, before = self._bad_cells.get(channel, (text, 0))
        self._bad_cells[channel] = first, before + n
        hint = ""
        if self._options.decimal == "." and number(first, ",") is not None:
            hint = " (a decimal comma? Pass decimal=',')"
        what = "word" if channel in self.buffer.labels else "number"
        said = f"not a {what} in {channel!r}" if channel else "not a number in other channels"
        said = f"{said}: {shorten(first)!r}{hint}"
        if not before:
            self._report(f"cell {channel}", said)
        count = f"; {before + n:,} such cells" if before + n > 1 else ""
        self._note(f"cell {channel}", said + count)

    def _hand_over_all(self, batches: Sequence[Batch]) -> None:
        intake = self._intake
        n_times, n_repeated = intake.n_times_anew, intake.n_repeated
        if n_repeated:
            times = "" if n_times < 2 else f" {n_times:,} times"
            were = "1 row already read was"
            were = were if n_repeated == 1 else f"{n_repeated:,} rows already read were"
            text = f"the file was written anew{times}; {were} passed over"
            self._note_once("anew", text)
            self._note("anew", text)
        for reason, n in intake.take_lost().items():
            self._drop(n, reason)
        if intake.has_newest_first:
            self._note_once("order", "newest row first: read to the end, then put in order of time")
        if n_repeated != self._n_repeated:
            self._restart, self._n_repeated = "", n_repeated
        elif batches:
            self._tell_restart()
        for batch in batches:
            for part in [batch] if self._long is None else self._long.split(batch):
                self._note_suspects(part)  # first: who sees the number finds the word about it
                self._emit(part)

    def _note_suspects(self, batch: Batch) -> None:
        """Tell of numbers that look as if they stood for a missing reading, the first time at once."""
        if self._suspects is not None and (said := self._suspects.look(batch, self.buffer.labels)):
            self._note("suspects", said)
            self._report("suspects", said)

    def _pass_header(self, lines: bytes) -> bytes:
        """Deal with a header line in the middle of a file; return the lines that are left."""
        assert self._reader is not None
        fmt = self._reader.fmt
        first, _, rest = lines.partition(b"\n")
        cells = fmt.cells(first.decode("utf-8", "replace").rstrip("\r"))
        if tuple(cells) == fmt.header:
            self._tell_now_and_then("the header came again: the writer was restarted")
            return rest
        self._reader, self._pending.previous = None, fmt
        self._pending.begin(lines, has_header=True)
        return b""


def _as_channels(channels: Sequence[str] | str | None) -> tuple[str, ...] | None:
    if channels is None:
        return None
    return (channels,) if isinstance(channels, str) else tuple(channels)


def _as_columns(time: Any) -> tuple[str | int, ...] | None:
    """Return 'time' as the columns it names, () for none, None if they are to be found."""
    if time is None or time is True:
        return None
    if time is False:
        return ()
    columns = (time,) if isinstance(time, (str, int)) else tuple(time)
    if not columns or not all(isinstance(column, (str, int)) for column in columns):
        message = f"'time' must be a column's name or number, or several (got {time!r})."
        raise ValueError(message)
    return columns
