"""Follow several files as one: those that match a pattern, one after the other, packed ones too."""

from __future__ import annotations

import glob
import io
import os
import stat
import time
import zlib
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.sources.files.packed import (
    PACKED,
    GivenUpError,
    PackedCopies,
    PackedCopy,
    TooLargeError,
    end_of,
    stamp_of,
    unpacked,
)
from nbstream.sources.files.part_names import base_of, in_order, is_packed
from nbstream.sources.files.parts_place import PartsPlace
from nbstream.sources.files.parts_read import LEAST_KNOWN, PartsRead
from nbstream.sources.files.read_content import read_of
from nbstream.sources.files.tail import FileTail, Piece, identity_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from nbstream.sources.files.packed import Stamp
    from nbstream.sources.files.read_content import Place, Position

__all__ = ["PartsTail", "never"]

MAX_PARTS = 1000
"""Files that are followed at once; those that were silent longest are let go."""
QUIET_AFTER, SELDOM = 10.0, 2.0
"""After so many seconds without news a file is looked at no more often than that."""
LOOK_AFTER = 0.002
"""Seconds for each file that is there before files are looked for that are new."""
UNPACKED_FOR = 5.0
"""Seconds after its end for which a file that was unpacked is kept: its last line may have no end."""
MAX_LISTINGS = 10
"""Times that the names of files are listed at once, until two listings agree."""


def never() -> bool:
    """Return that nothing is given up."""
    return False


class PartsTail:
    """Reads the lines of all files that match a pattern, as `FileTail` reads those of one.

    A file is read to its end before the next one begins, in the order of `in_order`; then all are
    followed. A file that is new, renamed or packed by gzip is known again by its content: what was read of
    it under another name is not read again.

    Parameters
    ----------
    path
        A pattern of `glob`, or a file whose name ends with .gz.
    from_start, max_line_bytes, encoding
        As for `FileTail`; files that come later are read from their start.

    Notes
    -----
    A packed file is unpacked into a temporary one. Thread safety: none; one thread polls.
    """

    def __init__(
        self,
        path: Path,
        *,
        from_start: bool = True,
        max_line_bytes: int = 2**20,
        encoding: str | None = None,
    ) -> None:
        self.path = path
        self.max_line_bytes = max_line_bytes
        self._encoding = encoding
        self._from_start = from_start
        self._is_first_look = True
        self._parts: dict[str, _Part] = {}
        self._refused: dict[str, Stamp] = {}  # packed files that are not whole
        self._copies = PackedCopies()
        self._read = PartsRead()
        self._places: dict[str, Place | Position] = {}  # of the others, as of their last news
        self._now: _Part | None = None
        self._looked_at = float("-inf")
        self._is_any_there = False
        self.is_stopping: Callable[[], bool] = never
        """Asked while a file is unpacked; what was begun is given up then, and done anew by a later poll."""

    @property
    def head(self) -> bytes:
        """The first bytes of the file that was read last."""
        return b"" if self._now is None else self._now.tail.head

    @property
    def encoding_note(self) -> str:
        """What was guessed about the encoding of that file."""
        return "" if self._now is None else self._now.tail.encoding_note

    @property
    def n_waiting(self) -> int:
        """Bytes of a half line at the end of that file."""
        return 0 if self._now is None else self._now.tail.n_waiting

    @property
    def place(self) -> PartsPlace | None:
        """Where the next poll goes on in each of the files, None before there is one."""
        self._keep_place()
        return self._read.place_with(self._places)

    def _keep_place(self) -> None:
        now = self._now
        if now is not None and self._parts.get(now.name) is now:
            self._places[now.name] = now.tail.place

    def resume(self, position: Any) -> None:
        """Begin there at the first poll, in files that still hold what was read before.

        Files that are new are read from their start.

        Raises
        ------
        ValueError
            If it is not what `place` says for JSON.
        """
        self._read.resume(PartsPlace.of(position))
        self._from_start = True

    def last_change_ns(self, now_ns: int) -> int:
        """Return when that file was written last."""
        return now_ns if self._now is None else self._now.last_change_ns(now_ns)

    def may_pass(self, error: Exception) -> bool:
        """Return whether an error may be over in a moment."""
        return self._now is not None and self._now.tail.may_pass(error)

    def take_half_line(self) -> None:
        """Go on behind the half line of that file."""
        if self._now is not None:
            self._now.tail.take_half_line()

    def take_rest(self) -> Piece:
        """Return the half line at the end of the newest file, which is finished, as a whole one."""
        return Piece() if self._now is None else self._now.tail.take_rest()

    def close(self) -> None:
        """Let go of the files; the next poll goes on where this one stopped."""
        for part in self._parts.values():
            part.tail.close()

    def free(self) -> None:
        """Let go of the files for good, and of what was unpacked."""
        for part in self._parts.values():
            part.remove()

    def __del__(self) -> None:
        self.free()

    def poll(self) -> Piece:
        """Return what is new in one of the files, as `FileTail.poll`."""
        now = time.monotonic()
        for part in list(self._parts.values()):
            if self._parts.get(part.name) is not part or now < part.next_look:
                continue  # it was let go meanwhile, another may have its name
            if not part.is_packed and part.tail.is_displaced and self._follow_renames():
                return Piece(has_more=True)
            before = part.tail.place
            piece = part.tail.poll()
            if part.tail.place.offset < before.offset:
                self._settle_copies(part.tail, before.offset)
                self._read.remember(before, part.name)
                self._places[part.name] = part.tail.place
                self._look_for_new(now)  # what was left of it goes on under another name
            if piece.is_missing:
                piece.event = ""
            is_new_half = bool(piece.half_line) and piece.half_line != part.half_line
            part.half_line = piece.half_line
            if piece.lines or piece.has_more or piece.event or piece.n_too_long or is_new_half:
                self._keep_place()
                self._now = part
                part.heard_at, part.next_look, part.is_quiet = now, 0.0, False
                piece.is_missing, piece.has_more = False, True
                return piece
            part.is_quiet = True
            if piece.is_missing and not part.is_packed and self._follow_renames():
                return Piece(has_more=True)
            if piece.is_missing:
                self._look_for_new(now)  # a packed copy of it is known again as long as it is open
            if piece.is_missing or part.is_done(now):
                self._drop(part, is_gone=piece.is_missing)
            elif now - part.heard_at > QUIET_AFTER:
                part.next_look = now + SELDOM
        event, has_more = "", False
        if now - self._looked_at >= LOOK_AFTER * len(self._parts):
            event, has_more = self._look_for_new(now)
        is_missing = not self._parts and not self._is_any_there
        return Piece(is_missing=is_missing, has_more=has_more, event=event)

    def _follow_renames(self) -> bool:
        """Let each part have the name that its file has now; return whether one was renamed.

        A part whose file is gone, and whose name another has, is read to its end under a name that is none.
        """
        identities = {part.tail.identity for part in self._parts.values()} - {None}
        holders = self._plain_files()
        named = {identity: name for name, identity in holders.items()}
        renamed = False
        parts: dict[str, _Part] = {}
        for part in self._parts.values():
            identity = part.tail.identity
            name = part.name if part.is_packed or identity is None else named.get(identity, "")
            if not name:
                is_taken = holders.get(part.name) in identities
                name = part.name
                while is_taken and name in self._parts:
                    name = f"{name}.gone"
            if name != part.name:
                renamed = True
                part.name, part.tail.path = name, Path(name)
            parts[name] = part
        if renamed:
            self._parts = {name: parts[name] for name in in_order(list(parts))}
            self._places = {name: part.tail.place for name, part in self._parts.items()}
        return renamed

    def _plain_files(self) -> dict[str, tuple[int, int]]:
        """Return the files that have names now, as of one moment, for a rotation may be going on.

        None that is packed: it may have the number of a file that is gone, but is none that was renamed.
        """
        before: dict[str, tuple[int, int]] = {}
        for _ in range(MAX_LISTINGS):
            listed = self._listed().items()
            now = {name: identity for name, identity in listed if not is_packed(name)}
            if now == before:
                break
            before = now
        return now

    def _look_for_new(self, now: float) -> tuple[str, bool]:
        """Begin to follow files that are new; return what is wrong with one, and if there are any.

        While names change, for files are rotated, what was begun is forgotten, and all are looked at again.
        """
        is_first, self._is_first_look = self._is_first_look, False
        self._looked_at = now
        self._drop_packed_ones_replaced()
        for n_left in reversed(range(MAX_LISTINGS)):
            listed = self._listed()
            kept = _Kept(self)
            event = ""
            new = in_order([name for name in listed if name not in self._parts], self._parts)
            for name in sorted(
                new, key=_may_be_copy
            ):  # a log before its copies, which are known so
                try:
                    event = self._add(name, now, is_first=is_first) or event
                except FileNotFoundError:
                    pass
                except GivenUpError:
                    kept.restore(self)
                    self._is_first_look = is_first
                    return "", False
            if not n_left or kept.is_as(self) or self._listed() == listed:
                break
            kept.restore(self)
        self._is_any_there = bool(listed)
        n_new = len(self._parts.keys() - kept.parts.keys())
        while len(self._parts) > MAX_PARTS:
            self._drop(min(self._parts.values(), key=lambda part: part.heard_at), is_gone=False)
        if n_new:  # older ones first
            order = in_order(list(self._parts))
            self._parts = {name: self._parts[name] for name in order}
        return event, n_new > 0

    def _listed(self) -> dict[str, tuple[int, int]]:
        """Return the files that have names, and what they are known by."""
        found = {}
        for name in glob.glob(str(self.path)):
            with suppress(OSError):
                there = os.stat(name)
                if stat.S_ISREG(there.st_mode):
                    found[name] = identity_of(there)
        return found

    def _drop_packed_ones_replaced(self) -> None:
        """Let go of packed files whose names others have now."""
        for part in [part for part in self._parts.values() if part.is_packed and part.is_quiet]:
            with suppress(FileNotFoundError):
                if part.stamp != stamp_of(part.name):
                    self._drop(part, is_gone=True)

    def _add(self, name: str, now: float, *, is_first: bool) -> str:
        """Begin to follow a file unless all of it was read; return what is wrong with it, if anything is."""
        stamp = stamp_of(name)
        copy = self._copies.get(name, stamp)
        if copy is not None:
            if copy.tail.begins_with(copy.end):
                return ""
            self._settle_copies(copy.tail, copy.tail.place.offset)
        if self._refused.get(name) == stamp or any(
            part.stamp == stamp and part.name == name for part in self._parts.values()
        ):
            return ""
        path = Path(name)
        if is_packed(name):
            try:
                path = unpacked(name, self.is_stopping)
            except TooLargeError as error:
                self._refused[name] = stamp
                return f"{os.path.basename(name)} is left out: {error}"
            except (OSError, EOFError, zlib.error) as error:
                self._refused[name] = stamp
                if is_first and not self._from_start:
                    self._leave_unfinished(name)
                is_begun = stamp_of(name)[1] > 0
                why = f"{os.path.basename(name)} cannot be unpacked (yet): {error}"
                return why if is_begun else ""
            self._refused[name] = stamp
        elif any(part.tail.holds(path) for part in self._parts.values()):
            return ""  # whoever followed it under its name before reads it to its end
        base = base_of(name)
        if base not in {name, *self._parts} and base in self._refused:
            with suppress(
                FileNotFoundError
            ):  # a log that was read is followed, for this may be a copy of it
                self._begin(
                    base, Path(base), now, stamp_of(base), is_first=is_first, is_wanted=True
                )
        if self._is_copy(name, path, stamp, is_first=is_first):
            if is_packed(name):
                path.unlink()
        else:
            self._begin(name, path, now, stamp, is_first=is_first)
        return ""

    def _leave_unfinished(self, name: str) -> None:
        """Leave out of a file that is being packed what stands beside it, else what it holds already."""
        path = unpacked(name, self.is_stopping, is_whole=False)
        end = end_of(path)
        path.unlink()
        for other in (name.removesuffix(PACKED), base_of(name)):
            with suppress(OSError), io.FileIO(other, "rb") as file:
                if end.is_in(os.fstat(file.fileno()).st_size, partial(read_of, file)):
                    if other not in self._parts:
                        self._read.remember(end_of(Path(other)), other)
                    return
        self._read.leave(name, end)

    def _begin(
        self,
        name: str,
        path: Path,
        now: float,
        stamp: Stamp,
        *,
        is_first: bool,
        is_wanted: bool = False,
    ) -> None:
        """Follow a file from where it was read to, unless all of it was and it is not wanted."""
        file = io.FileIO(path, "rb")
        size = os.fstat(file.fileno()).st_size
        places = {part.name: part.tail.place for part in self._parts.values()}
        known = self._read.find(name, size, cache(partial(read_of, file)), places)
        is_read = known is not None and known.offset >= size and not is_wanted
        if is_read or (is_packed(name) and is_first and not self._from_start):
            file.close()
            if known is not None and is_read:
                self._read.leave(name, known)
            elif is_packed(name):
                self._read.leave(
                    name, end_of(path)
                )  # it is known again under another name, or later
            if is_packed(name):
                path.unlink()
            else:
                self._refused[name] = stamp
            return
        tail = FileTail(
            path,
            from_start=self._from_start or not is_first or is_packed(name),
            max_line_bytes=self.max_line_bytes,
            encoding=self._encoding,
        )
        tail.take(file)
        if known is not None:
            tail.resume(known)
            self._read.forget(known, name)
        else:
            self._read.lose_name(name)
        part = _Part(name, tail, now, stamp, is_packed=is_packed(name))
        self._parts[name], self._places[name] = part, part.tail.place

    def _is_copy(self, name: str, path: Path, stamp: Stamp, *, is_first: bool) -> bool:
        """Return whether a file holds all that another one does, and is read to there in any case.

        One that is plain is a copy of a log only if its name says so, then also while it has no byte.
        """
        end, base = end_of(path), base_of(name)
        for part in self._parts.values():
            if is_packed(name):
                is_near = part.name == name.removesuffix(PACKED) or (
                    base_of(part.name) == base and not is_first
                )
                may_be = end.offset >= LEAST_KNOWN or (is_near and end.offset)
            else:
                is_near = part.name == base != name
                may_be = is_near and (end.offset >= LEAST_KNOWN or not (end.offset and is_first))
            if may_be and part.tail.begins_with(end):
                self._refused.pop(name, None)
                self._read.lose_name(name)
                self._copies.add(PackedCopy(name, stamp, end, part.tail))
                return True
        return False

    def _settle_copies(self, tail: FileTail, offset: int) -> None:
        """Have packed copies of a file done with that was read up to an offset, or read them from there."""
        for copy in self._copies.take_of(tail):
            with suppress(FileNotFoundError):
                if copy.end.offset <= offset and stamp_of(copy.name) == copy.stamp:
                    self._refused[copy.name] = copy.stamp
                    self._read.leave(copy.name, copy.end)

    def _drop(self, part: _Part, *, is_gone: bool) -> None:
        self._settle_copies(part.tail, part.tail.place.offset)
        if is_gone:
            self._read.remember(part.tail.place, part.name)
        else:
            self._read.leave(part.name, part.tail.place)
        part.remove()
        if self._parts.get(part.name) is part:
            del self._parts[part.name]
            self._places.pop(part.name, None)


def _may_be_copy(name: str) -> tuple[bool, bool]:
    return is_packed(name), base_of(name) != name


class _Kept:
    """What was known of the files before they were looked at."""

    def __init__(self, of: PartsTail) -> None:
        self.parts = dict(of._parts)
        self._places, self._refused = dict(of._places), dict(of._refused)
        self._read = of._read.copy()

    def is_as(self, of: PartsTail) -> bool:
        """Return whether nothing has changed since."""
        return self.parts.keys() == of._parts.keys() and self._refused == of._refused

    def restore(self, of: PartsTail) -> None:
        """Let it be as it was, and let go of the files that were begun since."""
        for name in of._parts.keys() - self.parts.keys():
            of._parts[name].remove()
        of._parts, of._places = self.parts, self._places
        of._refused, of._read = self._refused, self._read


class _Part:
    """One of the files."""

    def __init__(
        self, name: str, tail: FileTail, now: float, stamp: Stamp, *, is_packed: bool
    ) -> None:
        self.name = name
        self.tail = tail
        self.stamp = stamp
        self.is_packed = is_packed
        self._made_by = os.getpid()
        self.heard_at = now
        self.next_look = 0.0
        self.half_line = b""
        self.is_quiet = False

    def is_done(self, now: float) -> bool:
        """Return whether nothing more can come."""
        return self.is_packed and now - self.heard_at > UNPACKED_FOR

    def last_change_ns(self, now_ns: int) -> int:
        """Return when the file was written last."""
        with suppress(OSError):
            return min(os.stat(self.name).st_mtime_ns, now_ns)
        return now_ns

    def remove(self) -> None:
        """Let go of the file, and of what it was unpacked into."""
        self.tail.close()
        if self.is_packed and self._made_by == os.getpid():  # and not by what was forked
            with suppress(OSError):
                self.tail.path.unlink()
