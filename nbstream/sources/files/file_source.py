"""What sources share that follow a file: looking at it again and again, and what was lost of it."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.sources.base import Source
from nbstream.sources.files.tail import FileTail, Piece
from nbstream.sources.state import SourceState
from nbstream.sources.wording import positive_seconds, shorten

if TYPE_CHECKING:
    import os

__all__ = ["FileSource"]


class FileSource(Source):
    """A source that follows a file; a kind of it reads in `_take` what each look at the file gave.

    Parameters
    ----------
    path
        The file. While it is missing the state is CONNECTING.
    from_start
        False reads only what is added to a file that exists.
    poll_interval
        Seconds between two looks at the file.
    max_line_bytes
        Longer lines are dropped and counted.
    encoding
        Of the file, as Python names it; None finds it.
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
        **options: Any,
    ) -> None:
        self.path = Path(path)
        self.poll_interval = positive_seconds(poll_interval, "poll_interval")
        self._new_tail = partial(
            FileTail,
            self.path,
            from_start=from_start,
            max_line_bytes=max_line_bytes,
            encoding=encoding,
        )
        self._tail = self._new_tail()
        options["name"] = options.get("name") or shorten(self.path.name)
        super().__init__(**options)

    def _free(self) -> None:
        self._tail.close()

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                piece = self._tail.poll()
                self._take(piece)
                if not piece.has_more and self._wait(self.poll_interval):
                    return
        finally:
            self._tail.close()

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
