"""One source for many pages: what it brings is kept in a file that each page's kernel follows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nbstream.alerts.log.export import write_atomically
from nbstream.commands.rows import json_rows

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from nbstream.readings.batch import Batch
    from nbstream.sources import Source

__all__ = ["Spool", "words_beside"]

MAX_BYTES = 32 * 2**20
"""Then another file is begun; a page that comes later begins with what this one holds."""


class Spool:
    """Writes what a source brings as lines of JSON, and begins another file when one is large.

    Parameters
    ----------
    source
        Not started yet.
    path
        The file that pages follow; the one before is kept beside it, so that nobody misses its end.
    max_bytes
        Of a file.

    Notes
    -----
    Thread safety: lines are written on the source's thread.
    """

    def __init__(self, source: Source, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._source, self._path, self._max_bytes = source, path, max_bytes
        self._file = path.open("w", encoding="ascii", newline="\n")
        self._n_words = 0

    def __enter__(self) -> Spool:
        """Begin."""
        self._source._add_tap(self._take)
        self._source.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the source and close the file."""
        self._source.close()
        self._file.close()

    def _take(self, batch: Batch) -> None:
        if self._file.closed:
            return
        words = self._source.buffer._store.labels
        if len(words) != self._n_words:  # told before the first of them can be read
            self._n_words = len(words)
            write_atomically(words_beside(self._path), json.dumps(list(words)))
        self._file.writelines(f"{line}\n" for line in json_rows(batch, words))
        self._file.flush()
        if self._file.tell() > self._max_bytes:
            self._file.close()
            self._path.replace(self._path.with_suffix(".before"))
            self._file = self._path.open("w", encoding="ascii", newline="\n")


def words_beside(path: Path) -> Path:
    """Return the file that names the channels of words of a spool: as JSON, "OFF" could be a 0 too."""
    return path.with_suffix(".words.json")
