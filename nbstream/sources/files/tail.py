"""Follow a growing file as bytes: whole lines, through rotation, truncation and replacement."""

from __future__ import annotations

import io
import os
import stat
import time
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.errors import ParseError
from nbstream.sources.files.encoding import Decoder
from nbstream.sources.files.read_content import HEAD_BYTES, Place, Position, ReadContent, read_of

if TYPE_CHECKING:
    from typing import Any

__all__ = ["FileTail", "Piece", "identity_of"]

MAX_LINE_BYTES = 2**20
CHUNK_BYTES = 2**20
LONGEST_UNIT = 4
SAMPLE_BYTES = 2**16
FRESH_NS = 1_000_000_000
SETTLED_AFTER = 1.0  # seconds; so long a program that writes a file anew may pause
BLOCK_BYTES = 4096
STILL_AFTER = 3.0  # seconds
LEAST_HOLE = 1024

# Windows lets nobody rename or delete a file that is open.
KEEP_OPEN = os.name != "nt"


@dataclass(slots=True)
class Piece:
    """What one poll of a file gave."""

    lines: bytes = b""
    """Whole lines as UTF-8, the last one ended by a newline; no NULs."""
    at_start: bool = False
    """Whether `lines` begin at the start of a file: a header may come."""
    is_sample: bool = False
    """Whether `lines` are only to learn the format from, because reading begins at the end."""
    skipped: bytes = b""
    """The last lines before the end at which reading begins, at most 64 KiB."""
    half_line: bytes = b""
    """What stands at the end without an end of line, if nothing has come after it for a while."""
    is_missing: bool = False
    """Whether there is no file now."""
    has_more: bool = False
    """Whether the next poll has something at once."""
    event: str = ""
    """What happened to the file, for people."""
    is_again: bool = False
    """Whether what comes from here on may repeat lines that were read before."""
    goes_on: bool = False
    """Whether it more probably does not: the file before was renamed, or this one was cut."""
    n_too_long: int = 0
    """Lines given up because they are longer than allowed."""
    n_cut: int = 0
    """Half lines that were left when their file was replaced."""
    n_nul: int = 0
    """NUL bytes taken out."""


class FileTail:
    """Reads the lines that are added to a file.

    A line ends with a newline, a carriage return or both. A half line at the end is left alone until
    its end comes, or `take_half_line` takes it. The file may be

    - renamed while another takes its place: the old one is read to its end first, for as long as
      the new one is empty;
    - truncated, deleted and made again, or replaced in place (found by size, by identity, and by
      comparing what was read, all of it up to 1 MiB, else the first and the last 1 KiB): the new
      content is read from its start;
    - written anew as a whole with more at its end, as ``DataFrame.to_csv`` in a loop does: only
      what is new is read, as long as what was read before is at most 4 MiB; else all is read again
      and marked as such.

    Parameters
    ----------
    path
        The file; it need not exist yet.
    from_start
        False begins at the end of a file that exists at the first poll.
    max_line_bytes
        Longer lines are dropped and counted without being held in memory.
    chunk_bytes
        Bytes read at once, at most (more if lines are longer).
    encoding
        Of the file; None finds UTF-8 and, by their first bytes, UTF-16 and UTF-32, and takes what
        is none of these for cp1252.

    Raises
    ------
    ValueError
        If `encoding` is none.

    Notes
    -----
    Thread safety: none; one thread polls. Cost of a poll without news: two stats.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        from_start: bool = True,
        max_line_bytes: int = MAX_LINE_BYTES,
        chunk_bytes: int = CHUNK_BYTES,
        encoding: str | None = None,
    ) -> None:
        self.path = Path(path)
        self._decoder = Decoder(encoding)
        self.max_line_bytes = max_line_bytes
        self.chunk_bytes = chunk_bytes
        self._skip_to_end = not from_start
        self._file: io.FileIO | None = None
        self._identity: tuple[int, int] | None = None
        self._stamp: tuple[int, int] | None = None  # size and time of change at the last full look
        self._was_fresh = False  # when that look was
        self._content = ReadContent()
        self._in_long_line = False
        self._first_half = b""  # what begins the file while its first line has no end
        self._doubt = ""  # why the content may be another one, until that is found out
        self._doubt_size = -1  # and how large it was then
        self._doubt_since = 0.0
        self._had_half_line = False
        self._was_renamed = False
        self._goes_on = False
        self._was_missing = False
        self._size = self._growth = 0  # at the last look, and by how much it had grown then
        self._still_since = time.monotonic()
        self._has_taken_half = False
        self._half_line = b""
        self._resume_at: Position | None = None
        self._has_begun = True  # unless it was opened by somebody else

    @property
    def place(self) -> Place | Position:
        """Where the next poll goes on."""
        return self._resume_at or self._content.place

    def resume(self, position: Any) -> None:
        """Begin there at the first poll, if the file still holds what was read before.

        Raises
        ------
        ValueError
            If it is no `Position`, nor what one says for JSON.
        """
        self._resume_at, self._skip_to_end = Position.of(position), False

    def take(self, file: io.FileIO) -> None:
        """Read a file that was just opened, whatever its name is when the first poll comes."""
        self._file, self._identity = file, identity_of(os.fstat(file.fileno()))
        self._has_begun = False

    @property
    def head(self) -> bytes:
        """The first bytes of the file, at most 1 KiB, as far as they were read."""
        return self._content.head or self._first_half

    @property
    def encoding_note(self) -> str:
        """What was guessed about the encoding, for people; "" if nothing was."""
        return self._decoder.note

    @property
    def n_waiting(self) -> int:
        """Bytes of a half line at the end of the file, as far as the last poll saw."""
        return max(0, (self._stamp[0] if self._stamp else 0) - self._content.offset)

    def last_change_ns(self, now_ns: int) -> int:
        """Return when the file was written last, `now_ns` if there is none or that is earlier."""
        try:
            return min(self.path.stat().st_mtime_ns, now_ns)
        except OSError:
            return now_ns

    def may_pass(self, error: Exception) -> bool:
        """Return whether an error may be over in a moment, for while files are rotated one is forbidden."""
        return isinstance(error, PermissionError) and bool(self.head)

    def holds(self, path: Path) -> bool:
        """Return whether it is that file which is open, whatever its name was."""
        return self._file is not None and identity_of(os.stat(path)) == self._identity

    def begins_with(self, position: Position) -> bool:
        """Return whether the file that it reads holds what a position tells of, be that read or not."""
        try:
            with (
                io.FileIO(self.path, "rb")
                if self._file is None
                else nullcontext(self._file) as file
            ):
                now = os.fstat(file.fileno())
                is_mine = self._identity is None or identity_of(now) == self._identity
                return is_mine and position.is_in(now.st_size, partial(read_of, file))
        except OSError:
            return False

    @property
    def identity(self) -> tuple[int, int] | None:
        """What the file system knows the file by that was opened last."""
        return self._identity

    @property
    def is_displaced(self) -> bool:
        """Whether another file has its name now."""
        if self._identity is None:
            return False
        with suppress(OSError):
            return identity_of(os.stat(self.path)) != self._identity
        return False

    def take_half_line(self) -> None:
        """Go on behind the half line; what may follow on it is given up and counted as cut."""
        self._content.add(self._half_line)
        self._half_line = b""
        self._has_taken_half = True

    def take_rest(self) -> Piece:
        """Go on behind the half line at the end of a file that is finished, and return it as a whole one."""
        offset, size = self._content.offset, self._size
        if self._file is None or self._in_long_line or not 0 < size - offset <= self.max_line_bytes:
            return Piece()
        self._half_line = self._pread(offset, size)
        rest = self._decoder.to_utf8(self._half_line)
        self.take_half_line()
        return Piece(rest + b"\n", at_start=offset == 0) if rest.strip() else Piece()

    def close(self) -> None:
        """Let go of the file; the next poll opens it again and goes on where this one stopped."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._stamp = None

    def free(self) -> None:
        """Let go of it for good."""
        self.close()

    def poll(self) -> Piece:
        """Return what is new since the last poll: at most about `chunk_bytes` of lines.

        Raises
        ------
        OSError
            If the file cannot be opened or read; a missing file is no error.
        ParseError
            If `path` is no regular file.
        """
        there = None
        with suppress(FileNotFoundError):
            there = os.stat(self.path)
            _check_regular(self.path, there)
        if self._file is None and there is None:
            return self._missing(Piece())
        piece = self._read(there)
        self._half_line = b""
        if not (piece.lines or piece.has_more or piece.is_missing):
            self._half_line = self._settled_half_line()
            piece.half_line = self._decoder.to_utf8(self._half_line)
        if not KEEP_OPEN and self._file is not None:
            self._file.close()
            self._file = None
        return piece

    def _read(self, there: os.stat_result | None) -> Piece:
        if self._file is None or not self._has_begun:
            opened = self._open()
            if opened is not None:
                return opened
        assert self._file is not None
        mine = os.fstat(self._file.fileno())
        stamp = (mine.st_size, mine.st_mtime_ns)
        is_mine = there is not None and identity_of(there) == self._identity
        # Its writer has come; nothing more goes into the open one.
        is_replaced = there is not None and there.st_size > 0 and not is_mine
        piece = Piece()
        # A file that changed just now may change again with the same time stamp: it is looked at once more.
        is_fresh = abs(time.time_ns() - mine.st_mtime_ns) < FRESH_NS
        if stamp != self._stamp or self._was_fresh or self._doubt:
            piece = self._look(mine.st_size)
            if not piece.has_more:
                self._stamp, self._was_fresh = stamp, is_fresh
            if piece.lines or piece.has_more or piece.event:
                piece.has_more = piece.has_more or is_replaced
                return piece
        if there is None:
            # The old one stays open: its writer may still add to it.
            return self._missing(piece)
        if is_replaced:
            return self._switch(piece)
        self._was_missing = self._was_missing and not is_mine
        return piece

    def _missing(self, piece: Piece) -> Piece:
        if self._identity and not self._was_missing:
            piece.event = "the file is gone; waiting for it"
        self._skip_to_end = False  # all that comes is new
        self._was_missing = piece.is_missing = True
        return piece

    def _open(self) -> Piece | None:
        """Open the path, unless that was done; return a piece if there is something to say first."""
        before = self._identity
        if self._file is None:
            try:
                self.take(io.FileIO(self.path, "rb"))
            except FileNotFoundError:
                return self._missing(Piece())
        assert self._file is not None
        now = os.fstat(self._file.fileno())
        is_other = before is not None and before != self._identity
        self._has_begun, self._was_missing = True, False
        if self._resume_at is not None:
            position, self._resume_at = self._resume_at, None
            return self._begin_at_position(position, now.st_size)
        if self._skip_to_end:
            self._skip_to_end = False
            return self._begin_at_end(now.st_size)
        if is_other and self._content.offset:
            self._begin_to_doubt("another file took the place of the file", self._was_renamed)
        self._was_renamed = False
        return None

    def _begin_at_end(self, size: int) -> Piece | None:
        if not size:
            return None
        sample = self._pread(0, min(size, SAMPLE_BYTES))
        self._decoder.begin(sample)
        start = max(0, size - self.max_line_bytes)
        start -= start % self._decoder.width
        back = self._pread(start, size)
        end = self._decoder.end_of_lines(back)
        if not end and len(back) == size:
            return None  # one half line, perhaps of the header: read it when it is complete
        offset = start + end if end else size - size % self._decoder.width
        self._in_long_line = not end
        return self._begin_at(offset, sample, back[: offset - start], end)

    def _begin_at_position(self, position: Position, size: int) -> Piece | None:
        if not position.is_in(size, self._pread):
            event = "not the file that was read before; reading it from its start"
            return Piece(event=event, has_more=True)
        offset = position.offset
        if not offset:
            return None
        sample = self._pread(0, min(offset, SAMPLE_BYTES))
        self._decoder.begin(sample)
        back = self._pread(max(0, offset - self.max_line_bytes), offset)
        end = self._decoder.end_of_lines(back)
        self._has_taken_half = end != len(back)
        return self._begin_at(offset, sample, back, end)

    def _begin_at(self, offset: int, sample: bytes, back: bytes, end: int) -> Piece:
        """Go on at an offset; `sample` begins the file, `back` is before it, its last line ends at `end`."""
        self._content.begin_at(offset, sample, back)
        sample = sample[: self._decoder.end_of_lines(sample)]
        first = max(0, end - SAMPLE_BYTES)
        skipped = back[first - first % self._decoder.width : end]
        if len(skipped) < offset:
            skipped = skipped[self._decoder.end_of_line(skipped) :]
        lines = self._decoder.to_utf8(sample).replace(b"\0", b"")
        skipped = self._decoder.to_utf8(skipped)
        return Piece(lines, at_start=True, is_sample=True, skipped=skipped, has_more=True)

    def _look(self, size: int) -> Piece:
        """Read what is new in the file that is open."""
        if size != self._size:
            self._growth, self._size = size - self._size, size
            self._still_since = time.monotonic()
        if size < self._content.offset:
            self._begin_to_doubt("the file was truncated")
        elif not self._doubt and not self._content.is_in(self._pread):
            self._begin_to_doubt("the content of the file was replaced")
        piece = self._verify(size) if self._doubt else None
        return self._take(size, self.chunk_bytes) if piece is None else piece

    def _verify(self, size: int) -> Piece | None:
        """Find out if a file with other content begins with all that was read before.

        Returns None when the next byte to read is at the offset, after all.
        """
        seen = self._content.all
        if seen:
            now = self._pread(0, min(size, len(seen)))
            if now == seen[: len(now)]:
                if len(now) == len(seen):
                    self._doubt = ""
                    return None
                # It repeats what we know: it is being written anew, or it starts alike.
                return self._cut(now) if self._is_settled(size) else Piece()
        elif not size and not self._is_settled(size):
            return Piece()
        return self._restart()

    def _is_settled(self, size: int) -> bool:
        """Return whether a file in doubt has not grown for a while."""
        now = time.monotonic()
        if size != self._doubt_size:
            self._doubt_size, self._doubt_since = size, now
        return now - self._doubt_since >= SETTLED_AFTER

    def _cut(self, now: bytes) -> Piece:
        """Go on at the end of a file that begins as before and is shorter for good."""
        end = self._decoder.end_of_lines(now)
        if not end:
            return self._restart()
        event = f"{self._doubt}; what is left of it was read before"
        self._content.cut(now[:end])
        self._end_doubt()
        return Piece(event=event, has_more=True, is_again=True, goes_on=True)

    def _settled_half_line(self) -> bytes:
        """Return the half line at the end if nothing has come after it for a while.

        A file that grows by whole blocks has a writer that holds back what does not fill one: its
        last line was cut anywhere and stays a half one.
        """
        size = self._size
        is_block = size % BLOCK_BYTES == 0 or self._growth % BLOCK_BYTES == 0
        is_still = time.monotonic() - self._still_since >= STILL_AFTER
        is_short = 0 < size - self._content.offset <= self.max_line_bytes
        if self._doubt or self._in_long_line or is_block or not (is_still and is_short):
            return b""
        return self._pread(self._content.offset, size)

    def _begin_to_doubt(self, why: str, was_renamed: bool = False) -> None:
        if not self._doubt:
            self._doubt = why
            self._doubt_size = -1
            self._goes_on = was_renamed
            self._had_half_line = self.n_waiting > 0

    def _end_doubt(self) -> None:
        self._in_long_line = self._has_taken_half = False
        self._doubt, self._stamp = "", None

    def _restart(self) -> Piece:
        event = f"{self._doubt}; reading it from its start"
        self._content.begin()
        self._end_doubt()
        n_cut = int(self._had_half_line)
        return Piece(event=event, has_more=True, n_cut=n_cut, is_again=True, goes_on=self._goes_on)

    def _switch(self, piece: Piece) -> Piece:
        """Go on with another file that took the path; the open one was read to its end."""
        assert self._file is not None
        mine = os.fstat(self._file.fileno())
        piece.has_more = True
        if (self._stamp or (0,))[0] != mine.st_size:
            return piece  # it grew meanwhile; the next poll reads that first
        piece.n_cut = int(mine.st_size > self._content.offset and not self._doubt)
        self._in_long_line = self._had_half_line = self._was_missing = False
        self._doubt, self._was_renamed = "", mine.st_nlink > 0
        self.close()
        return piece

    def _take(self, size: int, chunk_bytes: int) -> Piece:
        """Hand over whole lines from the offset on."""
        piece = Piece(at_start=self._content.offset == 0)
        want = min(size - self._content.offset, max(chunk_bytes, LONGEST_UNIT))
        data = self._pread(self._content.offset, self._content.offset + want)
        is_more_there = self._content.offset + len(data) < size
        if self._content.offset == 0:
            self._decoder.begin(data)
        if data.startswith(bytes(max(2, self._decoder.width))):
            return self._skip_hole(data)
        if self._has_taken_half and data:
            self._has_taken_half = False
            if self._decoder.end_of_line(data) != self._decoder.width:  # no end of a line
                self._in_long_line = True
                event = "the last line went on after it had been read without its end"
                return Piece(n_cut=1, event=event, has_more=True)
        if self._in_long_line:
            end = self._decoder.end_of_line(data)
            self._in_long_line = not end
            self._content.add(data[: end or len(data) - len(data) % self._decoder.width])
            return Piece(has_more=self._content.offset < size and (is_more_there or bool(end)))
        end = self._decoder.end_of_lines(data)
        if not end:
            if self._content.offset == 0:
                self._first_half = data[:HEAD_BYTES]
            if len(data) > self.max_line_bytes:
                self._in_long_line = True
                self._content.add(data[: len(data) - len(data) % self._decoder.width])
                return Piece(n_too_long=1, has_more=is_more_there)
            if (
                is_more_there and len(data) == want
            ):  # a line longer than a chunk, perhaps not too long
                return self._take(size, self.max_line_bytes + 1)
            return piece
        self._content.add(data[:end])
        text = self._decoder.to_utf8(data[:end])
        lines, piece.n_too_long = _without_long_lines(text, self.max_line_bytes)
        piece.n_nul = lines.count(b"\0")
        piece.lines = lines.replace(b"\0", b"") if piece.n_nul else lines
        piece.has_more = is_more_there
        return piece

    def _skip_hole(self, data: bytes) -> Piece:
        """Pass over NULs that begin a line: after a truncation the writer did not go back."""
        if data == bytes(len(data)):
            self._content.add(data)
            return Piece(n_nul=len(data) + self._leap(), has_more=True)
        n_nul = len(data) - len(data.lstrip(b"\0"))
        n_nul -= n_nul % self._decoder.width
        self._content.add(data[:n_nul])
        return Piece(n_nul=n_nul, has_more=True)

    def _leap(self) -> int:
        """Go to the end of a hole that takes no room on the disk; return how many bytes it has."""
        assert self._file is not None
        if not hasattr(os, "SEEK_DATA"):
            return 0
        try:
            end = os.lseek(self._file.fileno(), self._content.offset, os.SEEK_DATA)
        except OSError:  # nothing but the hole, or a file system that knows none
            return 0
        n = end - self._content.offset
        n -= n % self._decoder.width
        if n <= LEAST_HOLE:
            return 0
        self._content.add_hole(n)
        return n

    def _pread(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop) of the open file, fewer at its end."""
        assert self._file is not None
        return read_of(self._file, start, stop)


def _without_long_lines(lines: bytes, max_line_bytes: int) -> tuple[bytes, int]:
    """Return whole lines without those that are too long, and their number."""
    if len(lines) <= max_line_bytes:
        return lines, 0
    kept, n_too_long, start = [], 0, 0
    while start < len(lines):
        newline = lines.rfind(b"\n", start, start + max_line_bytes + 1)
        if newline < 0:
            n_too_long += 1
            start = lines.find(b"\n", start) + 1
        else:
            kept.append(lines[start : newline + 1])
            start = newline + 1
    return (b"".join(kept), n_too_long) if n_too_long else (lines, 0)


def _check_regular(path: Path, there: os.stat_result) -> None:
    if stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(21, "Is a directory", str(path))
    if not stat.S_ISREG(there.st_mode):
        kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
        kind = kinds.get(stat.S_IFMT(there.st_mode), "a device")
        message = (
            f"{str(path)!r} is not a regular file but {kind}. "
            f"Read it with ProcessSource(['cat', {str(path)!r}])."
        )
        raise ParseError(message)


def identity_of(there: os.stat_result) -> tuple[int, int]:
    """Return what a file system knows a file by, whatever its name."""
    return there.st_dev, there.st_ino
