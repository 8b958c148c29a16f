"""What sources share that follow a file: looking at it again and again, and what was lost of it."""

from __future__ import annotations

import os
from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.errors import ConfigurationError
from nbstream.sources.base import Source
from nbstream.sources.files.part_names import has_parts
from nbstream.sources.files.parts import PartsTail, never
from nbstream.sources.files.remote import RemoteTail, is_remote, name_of
from nbstream.sources.files.tail import FileTail, Piece
from nbstream.sources.state import SourceState
from nbstream.sources.wording import positive_seconds, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbstream.runtime.turns import Life
    from nbstream.sources.files.parts_place import PartsPlace
    from nbstream.sources.files.read_content import Place, Position

__all__ = ["FileSource"]


class FileSource(Source):
    """A source that follows a file; a kind of it reads in `_take` what each look at the file gave.

    Parameters
    ----------
    path
        The file, or a pattern of several ("app.log*"), read one after the other and then followed together;
        those whose names end with .gz are unpacked; or the address of one elsewhere, for fsspec. While there
        is none the state is CONNECTING.
    from_start
        False reads only what is added to a file that exists.
    poll_interval
        Seconds between two looks at the file.
    max_line_bytes
        Longer lines are dropped and counted.
    encoding
        Of the file, as Python names it; None finds it.
    storage_options
        What fsspec needs for a file elsewhere ("s3://…", "sftp://…"), such as keys.
    **options
        As for every `Source`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        from_start: bool,
        poll_interval: float,
        max_line_bytes: int,
        encoding: str | None = None,
        storage_options: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.path = name_of(os.fspath(path)) if is_remote(path) else Path(path)
        self.poll_interval = positive_seconds(poll_interval, "poll_interval")
        how: dict[str, Any] = {
            "from_start": from_start, "max_line_bytes": max_line_bytes, "encoding": encoding,
        }  # fmt: skip
        self._new_tail: Callable[[], FileTail | PartsTail | RemoteTail]
        if is_remote(path):
            url = os.fspath(path)
            self._new_tail = partial(RemoteTail, url, storage_options=storage_options, **how)
        else:
            self._new_tail = partial(PartsTail if has_parts(path) else FileTail, self.path, **how)
        self._tail = self._new_tail()
        self._place: Place | Position | PartsPlace | None = None
        self._is_finished = False
        options["name"] = options.get("name") or shorten(self.path.name)
        super().__init__(**options)

    @property
    def position(self) -> dict[str, Any] | None:
        """Byte offset of the next line, and what the file is known by; None before its first line.

        Of several files ("day-*.csv", "x.csv.gz") these for each of them, the last thousand at most.
        """
        place = self._place
        return None if place is None else place.as_json()

    def _read_once(self) -> None:
        """Take the file for finished: the source ends where the file does; called before it starts."""
        self._is_finished = True

    def _go_to(self, position: Any) -> None:
        tail = self._new_tail()
        tail.resume(position)
        self._begin_anew()
        self._tail, self._place = tail, tail.place

    def _begin_anew(self) -> None:
        """Forget what was read."""
        self._tail.free()
        self._tail, self._place = self._new_tail(), None

    @property
    def _is_all_handed_over(self) -> bool:
        """Whether all that was read is in the buffer, or counted as left out."""
        return True

    def _free(self) -> None:
        self._tail.free()

    def _forget_parent(self) -> None:
        super()._forget_parent()
        self._tail.close()  # processes that share an open file share their place in it

    def _run(self) -> Life:
        try:
            while not self._is_stopping:
                self._lend(lambda: self._is_stopping)
                self._take(piece := self._tail.poll())
                if self._is_all_handed_over and not self._is_abandoned:
                    self._place = self._tail.place
                if self._is_finished and self._is_at_end(piece):
                    self._finish()
                    if self._state is SourceState.UNREADABLE and self._last_error is not None:
                        raise self._last_error
                    self._set_state(SourceState.ENDED)
                    return
                if (yield None if piece.has_more else self.poll_interval):
                    return
        finally:
            self._lend(never)
            self._tail.close()

    @property
    def _needs_thread(self) -> bool:
        return isinstance(self._tail, RemoteTail)  # fsspec has an event loop on a thread

    def _is_at_end(self, piece: Piece) -> bool:
        """Return whether a look at a finished file found nothing more."""
        if piece.is_missing:
            message = f"There is no file {str(self.path)!r}."
            raise ConfigurationError(message)
        return not (piece.lines or piece.has_more or piece.event)

    def _finish(self) -> None:
        """Read what waits for more of a finished file: its last line without an end, rows in doubt."""
        rest = self._tail.take_rest()
        if rest.lines:
            self._take(rest)
            self._take(Piece())

    def _lend(self, is_stopping: Callable[[], bool]) -> None:
        if isinstance(self._tail, PartsTail):
            self._tail.is_stopping = is_stopping

    def _is_final(self, error: Exception) -> bool:
        return not self._tail.may_pass(error) and super()._is_final(error)

    @abstractmethod
    def _take(self, piece: Piece) -> None:
        """Read what is new in the file, and say what the source does now."""

    # What a subclass uses.

    def _last_change_ns(self) -> int:
        """Return when the file changed last, now if there is none."""
        return self._tail.last_change_ns(self._clock.wall_ns())

    def _drop_lost(self, piece: Piece) -> None:
        """Count the lines that are too long or were cut."""
        if piece.n_too_long:
            self._drop(piece.n_too_long, f"line longer than {self._tail.max_line_bytes:,} bytes")
        if piece.n_cut:
            self._drop(piece.n_cut, "half a line: its rest came too late or never")

    def _wait_for_file(self) -> None:
        """Say that there is no file."""
        self._set_state(SourceState.CONNECTING, f"waiting for {self.path.name}")
