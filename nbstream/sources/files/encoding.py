"""What bytes a file is made of: text in UTF-8 or another encoding, or no text at all."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Decoder", "other_format"]

UTF8_BOM = b"\xef\xbb\xbf"
# UTF-32's little-endian mark begins with UTF-16's.
MARKS = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
WIDTHS = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
FALLBACK = "cp1252"
LOOKED_AT = 64
UNPACK = "Unpack it first."
CONVERT = "Save it as CSV."
OTHER_FORMATS = {
    b"PK\x03\x04": ("a zip or Excel file", CONVERT),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", CONVERT),
    b"\x1f\x8b": ("compressed (gzip)", UNPACK),
    b"BZh": ("compressed (bzip2)", UNPACK),
    b"\xfd7zXZ": ("compressed (xz)", UNPACK),
    b"\x28\xb5\x2f\xfd": ("compressed (zstd)", UNPACK),
    b"PAR1": ("a Parquet file", CONVERT),
    b"ARROW1": ("an Arrow file", CONVERT),
    b"\x89HDF": ("an HDF5 file", CONVERT),
    b"\x93NUMPY": ("a numpy file", CONVERT),
    b"SQLite format 3": ("an SQLite database", CONVERT),
    b"%PDF-": ("a PDF", CONVERT),
}


def _checked_encoding(name: str | None) -> str | None:
    """Return the name of an encoding as Python spells it.

    Raises
    ------
    ValueError
        If Python knows no such encoding, or if it writes digits and line ends otherwise than ASCII
        and isn't UTF-16 or UTF-32.
    """
    if name is None:
        return None
    try:
        known = codecs.lookup(name).name
        is_ascii = "0,\n".encode(known) in {b"0,\n", UTF8_BOM + b"0,\n"}
    except (LookupError, TypeError, UnicodeError):
        known, is_ascii = "", False
    if not is_ascii and not known.startswith(("utf-16", "utf-32")):
        message = f"'encoding' must be a text encoding such as 'cp1252' or 'utf-16' (got {name!r})."
        raise ValueError(message)
    return "utf-8" if known == "utf-8-sig" else known


def other_format(head: bytes) -> str:
    """Return what a file is that begins so, and what to do, "" if it may be text."""
    for magic, (what, advice) in OTHER_FORMATS.items():
        if head.startswith(magic):
            return f"{what}, not a text file of values. {advice}"
    return ""


class Decoder:
    """Finds the lines of a file in its own encoding, and makes UTF-8 of them.

    Parameters
    ----------
    said
        The encoding; None finds it.
    """

    def __init__(self, said: str | None = None) -> None:
        self._said = _checked_encoding(said)
        self._is_utf8 = False
        self.name = "utf-8" if said is None else self._wide_or(self._said or "utf-8")
        self.note = ""
        """What was guessed, for people."""

    def begin(self, head: bytes) -> None:
        """Find the encoding by the first bytes of a file."""
        self._is_utf8 = False
        self.note = ""
        mark = next((name for bom, name in MARKS if head.startswith(bom)), None)
        if self._said is not None:
            is_open = self._said in {"utf-16", "utf-32"}
            is_mine = mark is not None and mark.startswith(self._said)
            self.name = mark if is_open and is_mine and mark else self._wide_or(self._said)
            return
        self.name = mark or _by_zeros(head) or "utf-8"
        if self.name != "utf-8":
            why = "byte order mark" if mark else "zero bytes"
            self.note = f"encoding {_spelled(self.name)}, by its {why}"

    @staticmethod
    def _wide_or(name: str) -> str:
        return f"{name}-le" if name in {"utf-16", "utf-32"} else name

    @property
    def width(self) -> int:
        """Bytes of a code unit."""
        return WIDTHS.get(self.name, 1)

    def end_of_lines(self, data: bytes) -> int:
        """Return where the last whole line of `data` ends; 0 if there is none."""
        if self.width == 1:
            return max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        return max(self._ends(data), default=0)

    def end_of_line(self, data: bytes) -> int:
        """Return where the first line of `data` ends; 0 if it does not."""
        return next(self._ends(data), 0)

    def _ends(self, data: bytes) -> Iterator[int]:
        """Return where newlines and carriage returns end that are whole code units."""
        signs = b"|".join(re.escape(sign.encode(self.name)) for sign in "\n\r")
        found = re.finditer(signs, data)
        return (match.end() for match in found if match.start() % self.width == 0)

    def to_utf8(self, data: bytes) -> bytes:
        """Return text as UTF-8, its lines ended by newlines, without byte order marks."""
        if self.width > 1 or (self.name != "utf-8" and not data.isascii()):
            data = data.decode(self.name, "replace").encode()
        elif self._said is None and not data.isascii():
            data = self._guessed(data)
        if UTF8_BOM in data:
            data = data.replace(UTF8_BOM, b"")
        if b"\r" in data and _has_lone_return(data):
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _guessed(self, data: bytes) -> bytes:
        try:
            data.decode()
        except UnicodeDecodeError:
            if self._is_utf8 or _is_mostly_utf8(data):
                return data  # some bytes are broken
            self.note = f"not UTF-8: read as {FALLBACK} (Western); encoding='…' says another"
            return data.decode(FALLBACK, "replace").encode()
        self._is_utf8 = True
        return data


def _has_lone_return(data: bytes) -> bool:
    """Return whether a carriage return stands without a newline behind it."""
    found = np.frombuffer(data, np.uint8)
    is_lone = (found[:-1] == ord("\r")) & (found[1:] != ord("\n"))
    return data.endswith(b"\r") or bool(is_lone.any())


def _by_zeros(head: bytes) -> str | None:
    """Return the encoding of text that has no mark and a zero in every second byte."""
    head = head[:LOOKED_AT]
    even, odd = head[::2], head[1::2]
    if len(odd) < 2 or head.startswith(b"\0\0"):
        return None
    if any(even) and not any(odd):
        return "utf-16-le"
    return "utf-16-be" if any(odd) and not any(even) else None


def _is_mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", "replace")
    n_broken = text.count("\ufffd")
    n_whole = sum(not c.isascii() for c in text) - n_broken
    return n_whole >= max(1, n_broken)


def _spelled(name: str) -> str:
    return f"{name[:6].upper()} {'little' if name.endswith('le') else 'big'}-endian"
