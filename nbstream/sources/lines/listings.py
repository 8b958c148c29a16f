"""Lines of programs that list: files, hops of a route, what a transfer has done, how long something took."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbstream.sources.lines.known import KnownLine

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_listed", "without_uptime"]

_PATH = r"\S*/\S*|\S+\.[A-Za-z]\w{0,5}|total"
_DAY = (
    r"(?:[A-Z][a-z]{2} +[0-9]{1,2} +[0-9:]{4,5}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{5,18}(?: [+-][0-9]{4})?)"
)
_FILE = re.compile(
    r"([dlbcps-])[rwxsStT-]{9}[.+@]?\s+[0-9]+\s+\S+\s+\S+\s+([0-9.,]+[KMGTPE]?|[0-9]+, +[0-9]+)\s+"
    rf"{_DAY}\s+(\S.*)"
)
_WORDS = re.compile(rf"([0-9]+)\s+([0-9]+)\s+([0-9]+)\s+({_PATH})")
_HOP = re.compile(r"[0-9]+\.\s*(?:\|--)?\s+(\S+)\s+([0-9.]+)%((?:\s+[0-9.]+){6})")
_HOP_NAMES = ("Snt", "Last", "Avg", "Best", "Wrst", "StDev")
_TOOK = re.compile(r"(real|user|sys)\s+([0-9]+)m([0-9]+)[.,]([0-9]+)s")
_CLOCK = r"[0-9]+:[0-9]{2}:[0-9]{2}"
_RSYNC = re.compile(rf"([0-9,]+)\s+([0-9]{{1,3}})%\s+([0-9.]+[kMGT]?B/s)\s+{_CLOCK}(?:\s+\(.*\))?")
_PIPED = re.compile(
    rf"([0-9.]+ ?[kKMGT]?i?B) {_CLOCK} \[ ?([0-9.]+ ?[kKMGT]?i?B/s)\](?: +([0-9]{{1,3}})%)?.*"
)
_UPTIME = re.compile(r"\[ *[0-9]{1,8}\.[0-9]{6}\] +(?=\S)")  # of more digits it is a time


def read_listed(line: str) -> KnownLine | None:
    r"""Return what a line of `ls -l`, `wc`, `mtr -r`, `time`, `rsync --progress` or `pv` says, or None.

    Examples
    --------
    >>> read_listed("-rw-r--r-- 1 ada ada 4.0K Nov 29 21:50 run.log").values
    {'run.log': '4.0K'}
    >>> read_listed("real\t1m0.204s").values
    {'real': '60.204 s'}
    """
    for pattern, say in _FORMS:
        match = pattern.fullmatch(line)
        if match is not None:
            return say(match)
    return None


def without_uptime(line: str) -> str:
    """Return a line without how long the machine had been up, as the kernel's log has it in front."""
    return _UPTIME.sub("", line, count=1) if line[:1] == "[" and _UPTIME.match(line) else line


def _file(match: re.Match[str]) -> KnownLine:
    """Return the size of a file; a folder, a link or a device has none that says anything."""
    return KnownLine({match[3]: match[2]} if match[1] == "-" else {})


def _words(match: re.Match[str]) -> KnownLine:
    names = (f"{match[4]} {what}" for what in ("lines", "words", "bytes"))
    return KnownLine(dict(zip(names, match.groups(), strict=False)))


def _hop(match: re.Match[str]) -> KnownLine:
    cells = zip(_HOP_NAMES, match[3].split(), strict=True)
    return KnownLine(
        {f"{match[1]} Loss%": match[2], **{f"{match[1]} {name}": cell for name, cell in cells}}
    )


def _took(match: re.Match[str]) -> KnownLine:
    return KnownLine({match[1]: f"{60 * int(match[2]) + int(match[3])}.{match[4]} s"})


def _rsync(match: re.Match[str]) -> KnownLine:
    return KnownLine(
        {"bytes": match[1].replace(",", ""), "done": f"{match[2]} %", "speed": match[3]}
    )


def _piped(match: re.Match[str]) -> KnownLine:
    done = {"done": f"{match[3]} %"} if match[3] else {}
    return KnownLine({"passed": match[1], "speed": match[2], **done})


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], KnownLine]], ...] = (
    (_FILE, _file),
    (_WORDS, _words),
    (_HOP, _hop),
    (_TOOK, _took),
    (_RSYNC, _rsync),
    (_PIPED, _piped),
)
