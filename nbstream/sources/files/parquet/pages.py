"""Rows out of the middle of a large row group, of which only the pages are read that hold them.

pyarrow reads a row group from its beginning. Here the pages of some columns become a small file in memory,
with a footer of its own, which pyarrow decodes: a dictionary page and any data pages after it are a column.
"""

from __future__ import annotations

import importlib
import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.sources.files.parquet.columns import flattened
from nbstream.sources.files.parquet.places import stamp_of
from nbstream.sources.files.parquet.thrift import (
    BINARY,
    I32,
    I64,
    STRUCT,
    number_field,
    read_struct,
    skip_field,
    text_field,
    wrapped,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbstream.sources.files.parquet.places import Stamp

__all__ = ["Pages"]

MAGIC = b"PAR1"
HEADER_BYTES, MOST_HEADER_BYTES = 512, 2**20
"""What is read of a page at first to know its header, and at most."""
DATA, DICTIONARY, DATA_V2 = 0, 2, 3
OF_DICTIONARY = 2, 8
"""The encodings of pages that hold places in the dictionary."""
TYPES = {
    name: number
    for number, name in enumerate(
        (
            "BOOLEAN",
            "INT32",
            "INT64",
            "INT96",
            "FLOAT",
            "DOUBLE",
            "BYTE_ARRAY",
            "FIXED_LEN_BYTE_ARRAY",
        )
    )
}
CODECS = {"UNCOMPRESSED": 0, "SNAPPY": 1, "GZIP": 2, "BROTLI": 4, "ZSTD": 6, "LZ4": 7}


class _Column(NamedTuple):
    """Where the pages of a column in a row group are."""

    dictionary: tuple[int, int] | None
    """Offset and size in bytes; None if there is none."""
    first_rows: np.ndarray[Any, Any]
    """Of each data page, and at the end how many rows there are."""
    offsets: np.ndarray[Any, Any]
    """Of each data page, and where the last one ends."""
    need_dictionary: np.ndarray[Any, Any]
    """Whether the values of a page are places in the dictionary."""


class Pages:
    """The pages of one local file.

    Parameters
    ----------
    path
        The file.
    file
        The same file, opened by pyarrow.
    stamp
        What the file was when it was opened: pages are looked for where the footer of that one says.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(self, path: str, file: Any, stamp: Stamp | None) -> None:
        self._path, self._stamp = path, stamp
        self._metadata = file.metadata
        first = self._metadata.row_group(0)
        paths = [first.column(i).path_in_schema for i in range(first.num_columns)]
        self._places = {path: i for i, path in enumerate(paths)}
        self._flat = {
            path
            for path, i in self._places.items()
            if paths.count(path) == 1 and file.schema.column(i).max_repetition_level == 0
        }
        self._lock = threading.Lock()
        self._columns: dict[tuple[int, str], _Column | None] = {}
        self._fd = -1
        self._is_closed = False
        self._head = b""
        self._empty: list[bytes] = []

    def close(self) -> None:
        """Let go of the file, for good."""
        with self._lock:
            self._is_closed = True
            if self._fd >= 0:
                os.close(self._fd)
            self._fd = -1

    def read(self, group: int, paths: Sequence[str], start: int, stop: int) -> Any:
        """Return rows of a row group as pyarrow's Table, None if they can only be read from its beginning.

        Raises
        ------
        ArrowException, OSError
            If a page is damaged, the file is another than it was, or it was let go of.
        """
        pa, pq = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
        with self._lock:
            if self._fd < 0:
                self._fd = self._opened()
            columns = [self._column(group, path) for path in paths]
            if any(column is None for column in columns):
                return None
            blob, footer, firsts = bytearray(MAGIC), [], []
            for path, column in zip(paths, columns, strict=True):
                assert column is not None
                low = int(column.first_rows.searchsorted(start, "right")) - 1
                high = int(column.first_rows.searchsorted(stop))
                dictionary = None
                if column.dictionary and column.need_dictionary[low:high].any():
                    dictionary = len(blob)
                    blob += self._bytes(*column.dictionary)
                begin = int(column.offsets[low])
                data = len(blob)
                blob += self._bytes(begin, int(column.offsets[high]) - begin)
                n = int(column.first_rows[high] - column.first_rows[low])
                firsts.append(int(column.first_rows[low]))
                footer.append(self._row_group(group, path, n, data, dictionary, len(blob)))
        end = self._footer(footer)
        blob += end + len(end).to_bytes(4, "little") + MAGIC
        small = pq.ParquetFile(
            pa.BufferReader(blob), page_checksum_verification=True, pre_buffer=False
        )
        found = None
        for number, (path, first) in enumerate(zip(paths, firsts, strict=True)):
            read = flattened(small.read_row_group(number, [path], use_threads=False))
            cells = read.slice(start - first, stop - start)
            found = cells if found is None else found.append_column(cells.field(0), cells.column(0))
        return found

    def _opened(self) -> int:
        if self._is_closed:
            message = "the file is closed"
            raise OSError(message)
        fd = os.open(self._path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        if stamp_of(fd) == self._stamp:
            return fd
        os.close(fd)
        message = "the file is another than it was when it was opened"
        raise OSError(message)

    def _bytes(self, offset: int, size: int) -> bytes:
        os.lseek(self._fd, offset, os.SEEK_SET)
        found = b""
        while len(found) < size:
            more = os.read(self._fd, size - len(found))
            if not more:
                message = "the file ends within a page"
                raise OSError(message)
            found += more
        return found

    def _column(self, group: int, path: str) -> _Column | None:
        key = group, path
        if key not in self._columns:
            try:
                self._columns[key] = self._found(group, path)
            except (IndexError, KeyError, ValueError, TypeError, OSError):
                self._columns[key] = None
        return self._columns[key]

    def _found(self, group: int, path: str) -> _Column | None:
        about = self._metadata.row_group(group).column(self._places[path])
        if path not in self._flat or about.file_path or about.compression not in CODECS:
            return None
        at = about.data_page_offset
        if about.has_dictionary_page and about.dictionary_page_offset:
            at = min(at, about.dictionary_page_offset)
        end = at + about.total_compressed_size
        if end > os.fstat(self._fd).st_size:
            return None
        dictionary: tuple[int, int] | None = None
        first_rows, offsets, need_dictionary = [0], list[tuple[int, int]](), list[bool]()
        while at < end and first_rows[-1] < about.num_values:
            header, size = self._header(at, end)
            whole = size + _count(header[3])
            if header[1] == DICTIONARY:
                dictionary = at, whole
            elif header[1] in (DATA, DATA_V2):
                if offsets and offsets[-1][1] != at:
                    return None
                of_values = header[5 if header[1] == DATA else 8]
                offsets.append((at, at + whole))
                first_rows.append(first_rows[-1] + _count(of_values[1]))
                need_dictionary.append(of_values[2 if header[1] == DATA else 4] in OF_DICTIONARY)
            else:
                return None
            at += whole
        if first_rows[-1] != about.num_values or at > end:
            return None
        places = np.array([a for a, _ in offsets] + [offsets[-1][1]])
        return _Column(dictionary, np.array(first_rows), places, np.array(need_dictionary))

    def _header(self, at: int, end: int) -> tuple[dict[int, Any], int]:
        """Return the header of a page, and its size."""
        n = HEADER_BYTES
        while True:
            data = self._bytes(at, min(n, end - at))
            try:
                return read_struct(data, 0)
            except IndexError:
                if n >= min(MOST_HEADER_BYTES, end - at):
                    raise
                n *= 16

    # The footer of the file in memory.

    def _row_group(
        self, group: int, path: str, n: int, data: int, dictionary: int | None, end: int
    ) -> bytes:
        """Return a row group in which all columns but one are empty."""
        place = self._places[path]
        about = self._metadata.row_group(group).column(place)
        first = self._metadata.row_group(0)
        if not self._empty:
            self._empty = [
                _chunk(first.column(i), 0, len(MAGIC), None, len(MAGIC))
                for i in range(first.num_columns)
            ]
        # Before 26, pyarrow asks the first column of all how many values the first that is read has.
        counted = _chunk(first.column(0), n, len(MAGIC), None, len(MAGIC))
        chunks = [counted, *self._empty[1:]]
        chunks[place] = _chunk(about, n, data, dictionary, end)
        columns = b"\x19" + wrapped(chunks)
        return columns + number_field(2, 1, end, I64) + number_field(3, 2, n, I64) + b"\0"

    def _footer(self, row_groups: list[bytes]) -> bytes:
        if not self._head:
            self._head = self._schema()
        metadata = self._metadata.metadata or {}
        found = number_field(1, 0, 2, I32) + b"\x19" + self._head
        found += number_field(3, 2, 0, I64) + b"\x19" + wrapped(row_groups)
        if b"ARROW:schema" in metadata:
            pair = bytes([0x10 | BINARY]) + text_field("ARROW:schema")
            pair += bytes([0x10 | BINARY]) + text_field(metadata[b"ARROW:schema"]) + b"\0"
            found += b"\x19" + wrapped([pair])
        else:
            found += b"\x19" + wrapped([])
        by = self._metadata.created_by or ""
        return found + bytes([0x10 | BINARY]) + text_field(by) + b"\0"

    def _schema(self) -> bytes:
        """Return the schema as the file's footer has it."""
        with self._lock:
            size = os.fstat(self._fd).st_size
            n = int.from_bytes(self._bytes(size - 8, 4), "little")
            footer = self._bytes(size - 8 - n, n)
        at, field = 0, 0
        try:
            while True:
                head = footer[at]
                at += 1
                field += head >> 4
                end = skip_field(footer, at, head & 15)
                if field == 2:
                    return footer[at:end]
                at = end
        except IndexError as error:
            message = "the footer is another than it was when the file was opened"
            raise OSError(message) from error


def _count(found: Any) -> int:
    """Return what a header says is a size or how many there are: of a damaged one it may be anything."""
    if type(found) is not int or found < 0:
        message = f"{found!r} is no count"
        raise ValueError(message)
    return found


def _chunk(about: Any, n: int, data: int, dictionary: int | None, end: int) -> bytes:
    """Return what a footer says of a column in a row group."""
    size = end - (data if dictionary is None else dictionary)
    found = number_field(1, 0, TYPES[about.physical_type], I32)
    found += b"\x19\x25\x00\x06"  # encodings: plain and RLE, which readers do not look at
    found += b"\x19\x18" + text_field(about.path_in_schema)
    found += number_field(4, 3, CODECS[about.compression] if n else 0, I32)
    found += number_field(5, 4, n, I64)
    found += number_field(6, 5, size, I64) + number_field(7, 6, size, I64)
    found += number_field(9, 7, data, I64)
    if dictionary is not None:
        found += number_field(11, 9, dictionary, I64)
    return number_field(2, 0, 0, I64) + bytes([0x10 | STRUCT]) + found + b"\0\0"
