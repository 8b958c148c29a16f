"""What a text given to `watch` is: a file of a table, a file of lines, or what to write instead."""

from __future__ import annotations

import asyncio
import glob
import inspect
import os
import re
import shlex
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import numpy as np

from nbstream.errors import DependencyError, ParseError
from nbstream.recording.converting import folder_of
from nbstream.recording.parquet_file import ParquetRecording
from nbstream.sources import CsvSource, JsonLinesSource, LinesSource, nearest_neighbour
from nbstream.sources.addresses import SOURCES, scheme_of
from nbstream.sources.files.kind import (
    holds_json,
    holds_tables,
    reads_as_lines,
    reads_as_table,
)
from nbstream.sources.files.parquet.places import SUFFIXES
from nbstream.sources.files.part_names import has_parts, newest_of
from nbstream.sources.files.remote import name_of
from nbstream.text.nearest import did_you_mean, nearest
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from nbstream.sources.files.file_source import FileSource

__all__ = [
    "existing_file",
    "hint_for",
    "is_alone",
    "is_elsewhere",
    "is_parquet",
    "is_recording",
    "is_serial_port",
    "kind_of_file",
]

LINES = frozenset({".json", ".jsonl", ".ndjson", ".jsonlines", ".geojsonl"})
LOGS = frozenset({".log", ".out", ".nmea"})
TEXTS = frozenset({"", ".txt", ".text"})
READERS = {
    ".feather": "pandas.read_feather({path})",
    ".xlsx": "pandas.read_excel({path})",
    ".xls": "pandas.read_excel({path})",
    ".ods": "pandas.read_excel({path})",
    ".h5": "pandas.read_hdf({path})",
    ".hdf5": "pandas.read_hdf({path})",
    ".pkl": "pandas.read_pickle({path})",
    ".pickle": "pandas.read_pickle({path})",
    ".npy": "numpy.load({path})",
}
ELSEWHERE = frozenset(
    "s3 s3a gs gcs az abfs abfss adl sftp ssh ftp hdfs webhdfs webdav smb memory".split()
)
"""Kinds of addresses that fsspec opens, with the library that it needs for them."""
PACKED = {".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
DATABASES = frozenset({".db", ".sqlite", ".sqlite3", ".db3"})
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*)://")
_NUMBERED = re.compile(r"\.[0-9*?\[\]\-]+")
_WINDOWS_PORT = re.compile(r"(?:\\\\\.\\)?(COM[0-9]{1,3}):?", re.IGNORECASE)


def kind_of_file(path: Path) -> type[FileSource]:
    """Return the source for a file, or several: by its name, of logs and texts by how they begin."""
    is_packed = path.suffix.lower() == ".gz"
    suffixes = path.suffixes[:-1] if is_packed else path.suffixes
    if has_parts(path):
        path = newest_of(path) or path
    names = suffixes[-1:] or [""]
    if _NUMBERED.fullmatch(names[0]) and len(suffixes) > 1:  # "app.log.1", "app.log.*"
        names = suffixes[-2:-1]
    suffix = names[0].lower().rstrip("*")
    if suffix in LINES or (suffix in LOGS | TEXTS and holds_json(path)):
        return JsonLinesSource
    if suffix in LOGS:
        return CsvSource if reads_as_table(path) else LinesSource
    if (suffix in TEXTS and reads_as_lines(path)) or holds_tables(path):
        return LinesSource
    return CsvSource


def is_serial_port(text: str) -> bool:
    """Return whether a text is a serial port that is there: a device such as /dev/ttyUSB0, or COM3."""
    if _WINDOWS_PORT.fullmatch(text) is not None and not Path(text).exists():
        return True
    try:
        return text.startswith("/dev/") and stat.S_ISCHR(Path(text).stat().st_mode)
    except OSError:
        return False


def is_elsewhere(text: str) -> bool:
    """Return whether a text is the address of a file that fsspec can open and a source follow."""
    scheme = scheme_of(text)
    suffix = name_of(text).suffix.lower() if scheme in ELSEWHERE else ""
    return suffix in LINES | LOGS | {".csv", ".tsv", ".txt"}


def is_parquet(text: str) -> bool:
    """Return whether a text is a Parquet file, several, or a folder of them, here or elsewhere."""
    scheme = scheme_of(text)
    if scheme and scheme not in ELSEWHERE | {"http", "https", "file"}:
        return False
    name = name_of(text) if scheme else Path(text)
    if name.suffix.lower() in SUFFIXES:
        return True
    if scheme or not os.path.isdir(text):
        return False
    return any(file.suffix.lower() in SUFFIXES for file in Path(text).rglob("*"))


def is_recording(text: str) -> bool:
    """Return whether a path is a recording, or what was left of one."""
    path = Path(text)
    if folder_of(path).is_dir() or path.name.endswith(".part"):
        return True
    try:
        ParquetRecording(path).close()
    except (OSError, ParseError, DependencyError):
        return False
    return True


def is_alone(text: str) -> bool:
    """Return whether a text is the name of a source that needs no address, and of no file."""
    return text == "system" and not os.path.exists(text)


def existing_file(path: str | os.PathLike[str], *, wait: bool) -> Path:
    """Return the path of a file to read.

    Raises
    ------
    ValueError
        If it is an address, a device or a file of another kind; the message shows the
        call that reads it.
    IsADirectoryError
        If it is a directory.
    FileNotFoundError
        If there is no such file and `wait` is False.
    """
    text = os.fspath(path)
    scheme = _SCHEME.match(text)
    if scheme is not None and scheme[1].lower() == "file":
        path = text = unquote(urlsplit(text).path)
    elif scheme is not None:
        raise ValueError(_address(text, scheme[1].lower()))
    if "\n" in text:
        message = (
            "watch takes the path of a file, not its text. "
            "Give the text as lines: watch(io.StringIO(text))."
        )
        raise ValueError(message)
    found = Path(text).expanduser()
    try:
        mode = found.stat().st_mode
    except (OSError, ValueError):
        if text.startswith("/dev/"):
            msg = f"There is no {text!r} now. To wait for a serial port: watch(SerialSource({text!r}))."
            raise ValueError(msg) from None
        if wait or (glob.has_magic(text) and newest_of(found) is not None):
            return found
        raise _missing(text, found) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(_directory(text, found))
    if not stat.S_ISREG(mode):
        message = f"{text!r} is a pipe or device. Read it with a program: watch(['cat', {text!r}])."
        raise ValueError(message)
    other = _other_file(text, found)
    if other:
        raise ValueError(other)
    return found


def hint_for(thing: Any) -> str:
    """Return what to write instead of a thing that cannot be watched, "" if that is not known."""
    if isinstance(thing, asyncio.Queue):
        return " Put its items into a queue.Queue, and give iter(q.get, None)."
    if callable(getattr(thing, "get", None)) and callable(getattr(thing, "put", None)):
        return " Give what it holds: watch(iter(q.get, None)), where q is the queue; None ends it."
    if inspect.isawaitable(thing):
        return " Give the function, not what it returned: watch(f) instead of watch(f())."
    if isinstance(thing, subprocess.Popen):
        return f" Give its output, watch(p.stdout), or the command: watch({thing.args!r})."
    if isinstance(thing, bytes):
        return " A path is text: give os.fsdecode of it."
    if isinstance(thing, (Mapping, float, int, np.number)):
        return " One reading is no stream: give a function that returns it, as watch(lambda: x)."
    return ""


def _missing(text: str, found: Path) -> FileNotFoundError:
    if glob.has_magic(text):
        return FileNotFoundError(f"No file matches {text!r}. Pass wait=True to wait for one.")
    if _looks_like_command(text):
        words = ", ".join(repr(word) for word in shlex.split(text))
        return FileNotFoundError(
            f"There is no file {text!r}. If it is a command, pass a list: watch([{words}])."
        )
    near = nearest_neighbour(found)
    if near is not None:
        return FileNotFoundError(f"There is no file {text!r}. Did you mean {str(near)!r}?")
    return FileNotFoundError(f"There is no file {text!r}. Pass wait=True to wait for it.")


def _looks_like_command(text: str) -> bool:
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    is_name = len(words) == 1 and "." not in text and "/" not in text
    return (len(words) > 1 or is_name) and shutil.which(words[0]) is not None


def _directory(text: str, found: Path) -> str:
    files = [entry for entry in os.scandir(found) if entry.is_file()]
    newest = max(files, key=lambda entry: entry.stat().st_mtime, default=None)
    hint = "" if newest is None else f", such as its newest: watch({newest.path!r})"
    return f"{text!r} is a directory. Give the path of one file{hint}."


def _other_file(text: str, found: Path) -> str:
    suffixes = [suffix.lower() for suffix in found.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last in READERS:
        call = READERS[last].format(path=repr(text))
        return f"{text!r} is no text file. Read it first: watch({call})."
    if last in DATABASES:
        return (
            f"{text!r} is a database. Read a table of it: watch(pandas.read_sql("
            f"'SELECT * FROM …', sqlite3.connect({text!r})))."
        )
    if last in PACKED:
        return f"{text!r} is compressed. Unpack it: watch([{PACKED[last]!r}, '-dc', {text!r}])."
    if last == ".zip":
        return f"{text!r} is compressed. Read it first: watch(pandas.read_csv({text!r}))."
    return ""


def _address(text: str, scheme: str) -> str:
    parts = urlsplit(text)
    shown = redact(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    begin = f"watch reads files, not addresses ({shown!r}). "
    if scheme in {"tcp", "telnet"} and parts.hostname:
        command = ["nc", parts.hostname, str(parts.port or 23)]
        return f"{begin}With the program nc installed: watch({command!r})."
    if nearest(scheme, SOURCES) is not None:
        return f"watch knows no addresses {scheme + '://'!r}. {did_you_mean(scheme, SOURCES)}"
    return f"{begin}Give a function that returns a reading, or a program as a list of str."
