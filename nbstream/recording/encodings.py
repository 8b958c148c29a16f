"""How a part holds its batches: an Arrow IPC stream, or plain arrays where pyarrow is not installed."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nbstream.errors import DependencyError

__all__ = ["ArrowEncoding", "Encoding", "PlainEncoding", "encoding_of", "need_pyarrow"]

Column = npt.NDArray[Any]

LONG_DTYPES = ("i8", "i8", "i4", "f8")


def need_pyarrow(what: str) -> Any:
    """Return pyarrow.

    Raises
    ------
    DependencyError
        If it is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        msg = f"{what} needs the 'pyarrow' package: pip install \"nbstream[record]\"."
        raise DependencyError(msg) from error
    return pa


class Encoding(Protocol):
    """How columns become bytes; the first two are times of arrival and times, of int64."""

    suffix: str

    def header(self, channels: list[str] | None) -> bytes:
        """Return what a part begins with; None is a long part."""
        ...

    def encode(self, columns: list[Column], channels: list[str] | None) -> bytes | memoryview:
        """Return columns of equal length as bytes."""
        ...

    def decode(self, data: bytes, channels: list[str] | None, n: int) -> list[Column]:
        """Return the `n` rows of the columns that `encode` was given.

        Raises
        ------
        ValueError
            If `data` is anything else.
        """
        ...

    ending: bytes
    """What a part ends with."""


def encoding_of(suffix: str) -> Encoding:
    """Return the encoding of part files with a suffix."""
    return ArrowEncoding() if suffix == ArrowEncoding.suffix else PlainEncoding()


class PlainEncoding:
    """Arrays one after the other, little-endian."""

    suffix = ".arrays"
    ending = b""

    def header(self, channels: list[str] | None) -> bytes:
        """Return nothing: the journal says what the columns are."""
        return b""

    def encode(self, columns: list[Column], channels: list[str] | None) -> bytes:
        """Return columns of equal length as bytes."""
        return b"".join(
            column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes()
            for column in columns
        )

    def decode(self, data: bytes, channels: list[str] | None, n: int) -> list[Column]:
        """Return the columns, float64 and int64 by their place."""
        dtypes = LONG_DTYPES if channels is None else ("i8", "i8", *["f8"] * len(channels))
        columns, start = [], 0
        for dtype in dtypes:
            kind = np.dtype(f"<{dtype}")
            columns.append(np.frombuffer(data, kind, n, start))
            start += n * kind.itemsize
        return columns


class ArrowEncoding:
    """An Arrow IPC stream, which other tools can read while it grows; bodies compressed with lz4."""

    suffix = ".arrow"
    ending = b"\xff\xff\xff\xff\x00\x00\x00\x00"

    def __init__(self) -> None:
        self._pa = need_pyarrow("A recording as Parquet")
        import pyarrow.ipc

        # pyarrow loads these when they are first needed, which fails once the interpreter is ending.
        importlib.import_module("pyarrow.parquet")
        self._pa.array(np.zeros(1))
        self._ipc = pyarrow.ipc
        self._options = pyarrow.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        self._headers: dict[tuple[str, ...] | None, tuple[Any, bytes]] = {}

    def _schema(self, channels: list[str] | None) -> tuple[Any, bytes]:
        key = None if channels is None else tuple(channels)
        found = self._headers.get(key)
        if found is None:
            pa = self._pa
            when = pa.timestamp("ns", tz="UTC")
            fields = [("arrival", when), ("time", when)]
            if channels is None:
                fields += [("channel", pa.int32()), ("value", pa.float64())]
            else:
                fields += [(name, pa.float64()) for name in channels]
            schema = pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields])
            found = self._headers[key] = schema, schema.serialize().to_pybytes()
        return found

    def header(self, channels: list[str] | None) -> bytes:
        """Return the schema's message."""
        return self._schema(channels)[1]

    def encode(self, columns: list[Column], channels: list[str] | None) -> memoryview:
        """Return one record batch's message."""
        pa = self._pa
        schema, header = self._schema(channels)
        arrays = [
            pa.Array.from_buffers(
                field.type, len(column), [None, pa.py_buffer(np.ascontiguousarray(column))]
            )
            for field, column in zip(schema, columns, strict=True)
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        sink = pa.BufferOutputStream()
        with self._ipc.new_stream(sink, schema, options=self._options) as writer:
            writer.write_batch(batch)
        return memoryview(sink.getvalue())[len(header) : -len(self.ending)]

    def decode(self, data: bytes, channels: list[str] | None, n: int) -> list[Column]:
        """Return the columns of one record batch's message."""
        pa = self._pa
        try:
            batch = self._ipc.read_record_batch(pa.py_buffer(data), self._schema(channels)[0])
        except (pa.ArrowException, OSError) as error:
            raise ValueError(str(error)) from error
        if batch.num_rows != n:
            msg = f"{batch.num_rows} rows instead of {n}"
            raise ValueError(msg)
        return [
            (column.cast(pa.int64()) if i < 2 else column).to_numpy(zero_copy_only=False)
            for i, column in enumerate(batch.columns)
        ]
