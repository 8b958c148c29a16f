"""Follow a file that is elsewhere (s3://, sftp://, https://, memory://), by fsspec."""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nbstream.errors import ConnectError, DependencyError
from nbstream.sources.files.tail import FileTail, Piece
from nbstream.sources.wording import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbstream.sources.files.read_content import Place, Position

__all__ = ["RemoteTail", "is_remote", "name_of", "require_fsspec"]

LOOK_EVERY = 2.0  # seconds: a look is a request, which may cost money
FETCHED_BYTES = 8 * 2**20
COMPARED_BYTES = 1024
CHANGES = (
    "mtime",
    "LastModified",
    "last_modified",
    "updated",
    "modified",
    "ETag",
    "etag",
    "created",
)
"""What a file system may call that which changes with a file."""


def is_remote(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is the address of a file elsewhere."""
    scheme, mark, _ = os.fspath(path).partition("://")
    return bool(mark) and scheme.isalnum() and scheme.lower() != "file"


def name_of(url: str) -> Path:
    """Return the path in an address, by which its kind is told."""
    parts = urlsplit(url)
    return Path(parts.path or parts.netloc)


class RemoteTail:
    """Reads the lines that are added to a file elsewhere, as `FileTail` those of one that is here.

    What is new is fetched into a temporary file, which is followed, and rewritten where the other one was.

    Parameters
    ----------
    url
        The address.
    storage_options
        What fsspec needs to open it, such as keys.
    from_start, max_line_bytes, encoding
        As for `FileTail`.

    Raises
    ------
    DependencyError
        If fsspec, or the library that it needs for such addresses, is missing.

    Notes
    -----
    Thread safety: none; one thread polls.
    """

    def __init__(
        self,
        url: str,
        *,
        storage_options: Mapping[str, Any] | None = None,
        from_start: bool = True,
        max_line_bytes: int = 2**20,
        encoding: str | None = None,
    ) -> None:
        require_fsspec(url.partition("://")[0])
        self._url = url
        self._options = dict(storage_options or {})
        self._fs: Any = None
        self._there = ""
        handle, made = tempfile.mkstemp(prefix="nbstream-", suffix=".fetched")
        os.close(handle)
        os.unlink(made)
        self._copy = Path(made)
        self._made_by = os.getpid()
        self.tail = FileTail(
            self._copy, from_start=from_start, max_line_bytes=max_line_bytes, encoding=encoding
        )
        self.max_line_bytes = max_line_bytes
        self._stamp: tuple[Any, ...] = ()
        self._looked_at = -LOOK_EVERY
        self._changed_ns: int | None = None

    @property
    def head(self) -> bytes:
        """The first bytes of the file."""
        return self.tail.head

    @property
    def encoding_note(self) -> str:
        """What was guessed about the encoding."""
        return self.tail.encoding_note

    @property
    def n_waiting(self) -> int:
        """Bytes of a half line at the end."""
        return self.tail.n_waiting

    @property
    def place(self) -> Place | Position:
        """Where the next poll goes on."""
        return self.tail.place

    def resume(self, position: Any) -> None:
        """Begin there at the first poll, as `FileTail.resume`."""
        self.tail.resume(position)

    def last_change_ns(self, now_ns: int) -> int:
        """Return when it was fetched last."""
        return self.tail.last_change_ns(now_ns)

    def may_pass(self, error: Exception) -> bool:
        """Return whether an error may be over in a moment."""
        return self.tail.may_pass(error)

    def take_half_line(self) -> None:
        """Go on behind the half line."""
        self.tail.take_half_line()

    def take_rest(self) -> Piece:
        """Return the half line at the end of a file that is finished as a whole one."""
        return self.tail.take_rest()

    def close(self) -> None:
        """Let go of what was opened; the next poll goes on where this one stopped."""
        self.tail.close()
        self._fs = None

    def free(self) -> None:
        """Let go of it for good, and of what was fetched."""
        self.close()
        if self._made_by == os.getpid():  # and not by what was forked
            with suppress(OSError):
                self._copy.unlink()

    def __del__(self) -> None:
        if hasattr(self, "tail"):
            self.free()

    def poll(self) -> Piece:
        """Return what is new, as `FileTail.poll`.

        Raises
        ------
        ConnectError, OSError
            If the file cannot be reached.
        """
        now = time.monotonic()
        has_more = False
        if now - self._looked_at >= LOOK_EVERY:
            has_more = self._fetch()
            self._looked_at = now if not has_more else -LOOK_EVERY
        if has_more and self._copy.stat().st_size < self.tail.place.offset:
            return Piece(has_more=True)  # where it goes on is not fetched yet
        piece = self.tail.poll()
        piece.has_more = piece.has_more or has_more
        return piece

    def _fetch(self) -> bool:
        """Fetch what is new; return whether there is more."""
        try:
            return self._fetch_new()
        except FileNotFoundError:
            self._stamp = ()
            with suppress(FileNotFoundError):
                self._copy.unlink()
            return False
        except (OSError, ImportError):
            raise
        except Exception as error:  # of whatever library is behind it
            self._fs = None
            raise ConnectError(explain(error)) from error

    def _fetch_new(self) -> bool:
        if self._fs is None:
            fsspec = importlib.import_module("fsspec.core")
            self._fs, self._there = fsspec.url_to_fs(self._url, **self._options)
        self._fs.invalidate_cache()
        info = self._fs.info(self._there)
        size = info.get("size")
        stamp = (size, *(str(info[key]) for key in CHANGES if key in info))
        have = self._copy.stat().st_size if self._copy.exists() else -1
        if stamp == self._stamp and size is not None and have == size:
            return False
        if size is None:  # a web server that does not say it
            self._rewrite(self._fs.cat_file(self._there), have)
        elif have < 0 or size < have or not self._is_as_before(have):
            self._rewrite(
                self._fs.cat_file(self._there, start=0, end=min(size, FETCHED_BYTES)), have
            )
        elif size > have:
            new = self._fs.cat_file(self._there, start=have, end=min(size, have + FETCHED_BYTES))
            with self._copy.open("ab") as file:
                file.write(new)
        self._stamp = stamp
        return size is not None and 0 <= self._copy.stat().st_size < size

    def _is_as_before(self, have: int) -> bool:
        """Return whether the end of what was fetched still stands there."""
        start = max(0, have - COMPARED_BYTES)
        if start == have:
            return True
        with self._copy.open("rb") as file:
            file.seek(start)
            known = file.read()
        return bool(self._fs.cat_file(self._there, start=start, end=have) == known)

    def _rewrite(self, data: bytes, have: int) -> None:
        if have >= 0 and self._copy.read_bytes() == data:
            return
        with self._copy.open("wb") as file:
            file.write(data)


def require_fsspec(scheme: str) -> None:
    """Raise an error if what opens such addresses is missing."""
    try:
        fsspec = importlib.import_module("fsspec")
    except ImportError:
        message = f"{scheme}:// needs the 'fsspec' package: pip install \"nbstream[remote]\""
        raise DependencyError(message) from None
    try:
        fsspec.get_filesystem_class(scheme)
    except (ImportError, ValueError) as error:
        message = f"{scheme}:// cannot be opened: {error}"
        raise DependencyError(message) from None
