"""Where the parts of a table in Parquet are: a file, a folder of them, a pattern, here or elsewhere."""

from __future__ import annotations

import glob
import importlib
import os
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from nbstream.errors import ConfigurationError, ConnectError, DependencyError
from nbstream.sources.files.part_names import in_order
from nbstream.sources.files.remote import is_remote, require_fsspec
from nbstream.sources.wording import explain

__all__ = [
    "GONE",
    "SUFFIXES",
    "Place",
    "Stamp",
    "need_parquet",
    "open_parquet",
    "places_of",
    "stamp_of",
]

SUFFIXES = frozenset({".parquet", ".pq", ".parq"})
MAGIC = b"PAR1"
BUFFER_BYTES = 2**16
"""What is read of a column at a time. Else pyarrow holds all pages of a row group while a file is open."""


Stamp = tuple[int, int, int]
"""What tells a file from another under its name, and from what it was: its number, size and last change."""
GONE: Stamp = (0, 0, 0)


def stamp_of(file: str | int) -> Stamp:
    """Return the stamp of a path or a descriptor, `GONE` if there is none."""
    try:
        found = os.stat(file)
    except OSError:
        return GONE
    return found.st_ino, found.st_size, found.st_mtime_ns


class Place(NamedTuple):
    """A file of a table."""

    path: str
    keys: dict[str, str]
    """What the folders around it say, as in ``device=a/part-0.parquet``."""
    fs: Any = None
    """The file system of fsspec; None is this machine's."""

    @property
    def name(self) -> str:
        """The last part of its path, for people."""
        return PurePosixPath(self.path.replace(os.sep, "/")).name

    @property
    def stamp(self) -> Stamp | None:
        """Its file's by now; None of what is elsewhere, of which nothing is known."""
        return stamp_of(self.path) if self.fs is None else None


def need_parquet(what: str) -> Any:
    """Return pyarrow.parquet.

    Raises
    ------
    DependencyError
        If it is not installed.
    """
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        message = f"{what} needs the 'pyarrow' package: pip install \"nbstream[record]\"."
        raise DependencyError(message) from error


def places_of(path: str, storage_options: dict[str, Any] | None = None) -> list[Place]:
    """Return the files that a path means, in the order of their names.

    Parameters
    ----------
    path
        A file, a folder with such files at any depth, or a pattern; here, or an address for fsspec.
    storage_options
        What fsspec needs.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ConnectError
        If what is elsewhere cannot be reached.
    DependencyError
        If fsspec, or the library that it needs, is missing.
    """
    if is_remote(path):
        return _elsewhere(path, storage_options or {})
    base = str(Path(path).expanduser())
    if os.path.isdir(base):
        found = [
            str(file)
            for file in Path(base).rglob("*")
            if _is_part(os.path.relpath(file, base)) and file.is_file()
        ]
    elif glob.has_magic(base) and not os.path.exists(base):
        found = [name for name in glob.glob(base, recursive=True) if os.path.isfile(name)]
    else:
        os.stat(base)
        found = [base]
    if not found:
        message = f"There is no Parquet file in {path!r}."
        raise FileNotFoundError(message)
    return [Place(name, _keys(name.replace(os.sep, "/"))) for name in in_order(found)]


def _elsewhere(url: str, options: dict[str, Any]) -> list[Place]:
    require_fsspec(url.partition("://")[0])
    try:
        fs, base = importlib.import_module("fsspec.core").url_to_fs(url, **options)
        fs.invalidate_cache()
        if glob.has_magic(base):
            found = [str(name) for name in fs.glob(base)]
        elif fs.isdir(base):
            names = [str(name) for name in fs.find(base)]
            found = [name for name in names if _is_part(os.path.relpath(name, base))]
        else:
            fs.info(base)
            found = [base]
    except (OSError, ImportError):
        raise
    except Exception as error:  # of whatever library is behind it
        raise ConnectError(explain(error)) from error
    if not found:
        message = f"There is no Parquet file in {url!r}."
        raise FileNotFoundError(message)
    return [Place(name, _keys(name), fs) for name in in_order(found)]


def _is_part(name: str) -> bool:
    """Return whether a file in a folder is one of the table: not ``_SUCCESS``, not what is being written."""
    parts = PurePosixPath(name.replace(os.sep, "/")).parts
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not any(
        part.startswith((".", "_")) for part in parts
    )


def _keys(path: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in PurePosixPath(path).parts[:-1])
    return {name: value for name, mark, value in pairs if mark and name}


def open_parquet(place: Place) -> Any:
    """Return a file as pyarrow's ParquetFile, whose pages are compared with their checksums.

    Raises
    ------
    ConnectError
        If it begins as one and has no end: it is being written, or was cut.
    ConfigurationError
        If it is none.
    OSError
        If it cannot be read.
    """
    pq = need_parquet("A Parquet file")
    invalid = importlib.import_module("pyarrow").ArrowException
    try:
        # Not mapped into memory: a file that gets shorter would end the kernel.
        source = place.path if place.fs is None else place.fs.open(place.path, "rb")
        how = {} if place.fs is not None else {"buffer_size": BUFFER_BYTES, "pre_buffer": False}
        return pq.ParquetFile(source, page_checksum_verification=True, **how)
    except invalid as error:
        with open(place.path, "rb") if place.fs is None else place.fs.open(place.path) as file:
            begin = file.read(len(MAGIC))
        if MAGIC.startswith(begin):
            message = f"{place.name!r} has no end (yet): it is being written, or was cut."
            raise ConnectError(message) from error
        message = f"{place.name!r} is no Parquet file: {explain(error)}"
        raise ConfigurationError(message) from error
