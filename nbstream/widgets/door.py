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
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from nbstream.sources import CsvSource, LinesSource, nearest_neighbour
from nbstream.sources.files.kind import holds_tables, reads_as_lines, reads_as_table
from nbstream.text.redaction import redact

__all__ = ["existing_file", "hint_for", "kind_of_file"]

LINES = frozenset({".json", ".jsonl", ".ndjson", ".jsonlines", ".geojsonl"})
LOGS = frozenset({".log", ".out"})
TEXTS = frozenset({"", ".txt", ".text"})
READERS = {
    ".parquet": "pandas.read_parquet({path})",
    ".pq": "pandas.read_parquet({path})",
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
PACKED = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}
DATABASES = frozenset({".db", ".sqlite", ".sqlite3", ".db3"})
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*)://")
_WINDOWS_PORT = re.compile(r"(?:\\\\\.\\)?(COM[0-9]{1,3}):?", re.IGNORECASE)


def kind_of_file(path: Path) -> type[CsvSource] | type[LinesSource]:
    """Return the source for a file: by its name, of logs and texts by how they begin."""
    names = path.suffixes[-1:] or [""]
    if names[0][1:].isdigit() and len(path.suffixes) > 1:  # "app.log.1"
        names = path.suffixes[-2:-1]
    suffix = names[0].lower()
    if suffix in LOGS:
        return CsvSource if reads_as_table(path) else LinesSource
    is_lines = suffix in LINES or (suffix in TEXTS and reads_as_lines(path))
    if is_lines or holds_tables(path):
        return LinesSource
    return CsvSource


def existing_file(path: str | os.PathLike[str], *, wait: bool) -> Path:
    """Return the path of a file to read.

    Raises
    ------
    ValueError
        If it is an address, a device, a pattern or a file of another kind; the message shows the
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
    port = _WINDOWS_PORT.fullmatch(text)
    if port is not None and not found.exists():
        raise ValueError(_serial(port[1]))
    try:
        mode = found.stat().st_mode
    except (OSError, ValueError):
        if text.startswith("/dev/"):
            msg = f"There is no {text!r} now. {_serial(text)}"
            raise ValueError(msg) from None
        if wait and not glob.has_magic(text):
            return found
        raise _missing(text, found) from None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(_directory(text, found))
    if stat.S_ISCHR(mode):
        raise ValueError(_serial(text))
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


def _missing(text: str, found: Path) -> FileNotFoundError | ValueError:
    if glob.has_magic(text):
        return ValueError(_pattern(text))
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


def _pattern(text: str) -> str:
    files = [name for name in glob.glob(os.path.expanduser(text)) if os.path.isfile(name)]
    if not files:
        return f"No file matches {text!r}, and watch takes one path, not a pattern."
    newest = max(files, key=os.path.getmtime)
    return (
        f"watch takes one path, not a pattern; {len(files)} files match {text!r}. "
        f"The newest: watch({newest!r})."
    )


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
    if last in PACKED and suffixes[-2:-1] in (*([s] for s in LINES), *([s] for s in LOGS)):
        return f"{text!r} is compressed. Unpack it: watch([{PACKED[last]!r}, '-dc', {text!r}])."
    if last in PACKED or last == ".zip":
        return f"{text!r} is compressed. Read it first: watch(pandas.read_csv({text!r}))."
    return ""


def _address(text: str, scheme: str) -> str:
    parts = urlsplit(text)
    shown = redact(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    begin = f"watch reads files, not addresses ({shown!r}). "
    if scheme in {"http", "https", "ftp"}:
        if parts.path.lower().endswith((".csv", ".tsv", ".txt")):
            call = f"watch(lambda: pandas.read_csv({shown!r}), interval=5)"
        else:
            call = f"watch(lambda: urllib.request.urlopen({shown!r}, timeout=9).read(), interval=5)"
        return f"{begin}Ask again and again with a function: {call}."
    if scheme in {"mqtt", "mqtts"}:
        topic = text.partition("://")[2].partition("/")[2].partition("?")[0] or "#"
        host = parts.hostname or "localhost"
        port = [] if parts.port is None else ["-p", str(parts.port)]
        command = ["mosquitto_sub", "-h", host, *port, "-t", topic, "-F", "%t %p"]
        return f"{begin}With the program mosquitto_sub installed: watch({command!r})."
    if scheme in {"ws", "wss"}:
        call = f"watch(iter(websocket.create_connection({shown!r}).recv, None))"
        return f"{begin}With the package websocket-client, which JupyterLab brings: {call}."
    if scheme in {"tcp", "telnet"} and parts.hostname:
        command = ["nc", parts.hostname, str(parts.port or 23)]
        return f"{begin}With the program nc installed: watch({command!r})."
    return f"{begin}Give a function that returns a reading, or a program as a list of str."


def _serial(port: str) -> str:
    read = f"watch(iter(serial.Serial({port!r}, 115200).readline, b''))"
    if os.name == "nt":
        return f"{port!r} is a serial port. With the package pyserial installed: {read}."
    flag, name = "-f" if sys.platform == "darwin" else "-F", shlex.quote(port)
    command = ["sh", "-c", f"stty {flag} {name} 115200 raw -echo; exec cat {name}"]
    return (
        f"{port!r} is a device. A serial port is read by watch({command!r}), "
        f"or with the package pyserial installed by {read}."
    )
