"""The two roads of the scripts to a page: files of the Jupyter server, or pieces by message.

A page loads the scripts from the server it came from, as it loads every extension of it: no kernel is
asked, so a busy one keeps nobody waiting, and the browser keeps them over reloads. For that each script is
laid, once, into a folder where Jupyter servers look for the files of extensions. Where there is no such
server (VS Code, Colab), or it runs on another machine than the kernel, the page asks the kernel. On both
roads they go as gzip, which a page unpacks itself: Jupyter servers compress nothing.
"""

from __future__ import annotations

import logging
import os
import struct
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.alerts.notifiers.voila import is_voila_kernel
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.page.allowance import Allowance
from nbstream.widgets.page.assets import HAVE_CHARTS, Script, is_script_name, script
from nbstream.widgets.page.buffers import LAST_HEARD, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["SCRIPTS", "Scripts", "lay_out"]

logger = logging.getLogger(__name__)

FOLDER = Path("labextensions", "nbstream", "static")
"""Below a data folder of Jupyter. It has no package.json, so no page loads anything from it by itself."""
KEPT = 3
"""Files kept of each script: other versions of nbstream and plotly may be at work beside this one."""
AGAIN = 30.0
"""Seconds in which a script is sent once at most, all pages and requests together."""
PUSH_AGAIN = 300.0


def lay_out(found: Script, folders: Iterable[Path]) -> bool:
    """Lay a script into the first of `folders` that can be written; return whether it lies in one."""
    for folder in folders:
        path = folder / FOLDER / f"{found.file_name}.gz"
        try:
            if _holds(path, found.data):
                os.utime(path)
            else:
                _write(path, found.packed)
            _remove_old(path, found.name)
        except OSError:
            logger.debug("A script could not be laid into %s.", folder, exc_info=True)
        else:
            return True
    return False


def _holds(path: Path, data: bytes) -> bool:
    """Return whether a gzip file is there and ends as that of `data`: by its checksum and its length."""
    try:
        with path.open("rb") as file:
            file.seek(-8, os.SEEK_END)
            return file.read() == struct.pack("<II", zlib.crc32(data), len(data))
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".gz", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _remove_old(path: Path, name: str) -> None:
    others = [other for other in path.parent.glob(f"{name}-*.js*") if other != path]
    others.sort(key=lambda other: other.stat().st_mtime, reverse=True)
    for other in others[KEPT - 1 :]:
        with suppress(OSError):
            other.unlink()


def _data_folders() -> list[Path]:
    """Return where Jupyter servers of this user and of this environment look for files."""
    from jupyter_core.paths import jupyter_data_dir

    folders = [Path(sys.prefix, "share", "jupyter")]
    with suppress(RuntimeError):  # an account without a home
        folders.insert(0, Path(jupyter_data_dir()))
    return folders


class Scripts:
    """Lays the scripts out, and sends them to pages that ask or cannot ask.

    Parameters
    ----------
    clock
        Injectable.

    Notes
    -----
    Thread safety: any method, from any thread.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._allowances: dict[tuple[str, bool], Allowance] = {}
        self._pushed_at = -PUSH_AGAIN
        self._lies: dict[str, bool] = {}
        self._was_asked = False
        self.n_pieces = 0

    @property
    def n_refused(self) -> int:
        """Requests that were not answered, because the script had just been sent."""
        return sum(allowance.n_refused for allowance in self._allowances.values())

    def are_served(self, view: str) -> bool:
        """Lay the scripts of a view out if need be; return whether they lie where servers find them."""
        if not MAIN.has_loop or not _has_server():
            return False
        for name in self._names(view):
            if name not in self._lies:
                self._lies[name] = lay_out(script(name), _data_folders())
        return all(self._lies[name] for name in self._names(view))

    def answer(self, send: Callable[..., Any], message: Any) -> bool:
        """Send a page the pieces that it asks for; return whether `message` asked for any.

        One of another version of nbstream is told that what it asks for isn't here.
        """
        if not isinstance(message, dict) or message.get("kind") != "need":
            return False
        name: Any = message.get("name")
        if name not in ("app", "plotly"):
            return False
        found = script(name)
        numbers = _pieces(message.get("pieces"), found)
        file: Any = message.get("file")
        if file != found.file_name and is_script_name(file):
            send({"kind": "asset", "file": file, "gone": True})
            return True
        if file != found.file_name or not numbers:
            return False
        self._was_asked = True
        is_text = message.get("text") is True
        if self._allowance(found, is_text=is_text).take(len(numbers)):
            is_packed = message.get("unpacks") is True
            self._send(send, found, numbers, is_packed=is_packed, is_text=is_text)
        return True

    def push(self, send: Callable[..., Any], view: str) -> None:
        """Send a page our own script unasked, because a busy kernel hears nobody ask.

        Nothing is sent where the page will have it from the server. plotly's bundle, which only a figure with
        more than live lines needs, waits until the kernel is free.
        """
        if not self._was_asked and self.are_served(view):
            return
        now = self._clock.monotonic()
        found = script("app")
        is_text = LAST_HEARD.is_text
        is_due = now - self._pushed_at >= PUSH_AGAIN
        if is_due and self._allowance(found, is_text=is_text).take(found.n_pieces):
            self._pushed_at = now
            self._send(send, found, range(found.n_pieces), is_packed=True, is_text=is_text)

    def _names(self, view: str) -> tuple[Any, ...]:
        return ("app", "plotly") if view in HAVE_CHARTS else ("app",)

    def _allowance(self, found: Script, *, is_text: bool) -> Allowance:
        return self._allowances.setdefault(
            (found.name, is_text), Allowance(found.n_pieces, AGAIN, self._clock)
        )

    def _send(
        self,
        send: Callable[..., Any],
        found: Script,
        numbers: Iterable[int],
        *,
        is_packed: bool,
        is_text: bool,
    ) -> None:
        for number in numbers:
            content = {"kind": "asset", "file": found.file_name, "piece": number}
            piece = found.piece(number, is_packed=is_packed)
            if is_text:
                send(as_text(content, [piece]))
            else:
                send(content, [piece])
            self.n_pieces += 1


def _pieces(wanted: Any, found: Script) -> list[int]:
    """Return the numbers of the pieces that a page asks for; all if it says nothing of them."""
    if wanted is None:
        return list(range(found.n_pieces))
    if not isinstance(wanted, list) or len(wanted) > found.n_pieces:
        return []
    return sorted({n for n in wanted if type(n) is int and 0 <= n < found.n_pieces})


def _has_server() -> bool:
    """Return whether a Jupyter server on this machine, whose pages these are, started this kernel."""
    # VS Code names its sessions so; its pages load nothing from the server.
    return is_voila_kernel() or "-jvsc-" not in os.environ.get("JPY_SESSION_NAME", "-jvsc-")


SCRIPTS = Scripts()
