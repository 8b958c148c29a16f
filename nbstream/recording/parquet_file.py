"""One Parquet file of a whole recording: how it is written, checked, and read again for replays."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.errors import ParseError
from nbstream.recording.description import KEY, Description
from nbstream.recording.encodings import need_pyarrow
from nbstream.recording.files import SummedFile, Written
from nbstream.recording.pieces import LongPiece, Piece, WidePiece, as_long, as_wide
from nbstream.text.naming import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from nbstream.readings.batch import FloatArray

__all__ = ["ROW_GROUP", "ParquetRecording", "choose_encoding", "is_better_long", "write_parquet"]

ROW_GROUP = 131_072
SAMPLE = 16_384
"""Values of a channel that are compressed both ways."""
READ_ROWS = 65_536


def is_better_long(n_rows: int, n_values: int, n_channels: int) -> bool:
    """Return whether most cells of a wide table would be empty."""
    return n_channels > 1 and n_rows * n_channels > 4 * n_values


def choose_encoding(values: FloatArray) -> tuple[str, str]:
    """Return how a channel is best written: its encoding and compression, by trying both on a sample.

    Splitting the bytes of each value helps numbers with many digits, and spoils rounded ones.
    """
    pa = need_pyarrow("A recording as Parquet")
    sample = np.ascontiguousarray(values[:SAMPLE])
    split = np.ascontiguousarray(sample.view(np.uint8).reshape(-1, 8).T)

    def size(data: Any, codec: str) -> int:
        return len(pa.Codec(codec).compress(pa.py_buffer(data)))

    plain, zstd, lz4 = size(sample, "zstd"), size(split, "zstd"), size(split, "lz4_raw")
    if plain <= zstd:
        return "PLAIN", "zstd"
    return "BYTE_STREAM_SPLIT", "lz4" if lz4 <= 1.05 * zstd else "zstd"


def write_parquet(
    path: Path,
    found: Iterable[list[Piece]],
    description: Description,
    complete: Callable[[], Description] | None = None,
) -> Written:
    """Write rounds of pieces as one Parquet file, and return what the file should be.

    Parameters
    ----------
    path
        The file; what is there is overwritten.
    found
        As `rounds` yields them.
    description
        Its `channels`, and `is_long`, say what the columns are.
    complete
        Asked for the description that goes into the footer when all was read; None is `description`.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    need_pyarrow("A recording as Parquet")
    import pyarrow.parquet as pq

    writer: Any = None
    columns = _column_names(description)
    n_rows = 0
    file = SummedFile(path)
    try:
        for table in _tables(found, description, columns):
            if writer is None:
                writer = pq.ParquetWriter(file, table.schema, **_options(table, columns))
            writer.write_table(table, row_group_size=ROW_GROUP)
            n_rows += table.num_rows
        last = replace(description if complete is None else complete(), columns=columns)
        if writer is None:
            empty = _table([], description, columns)
            writer = pq.ParquetWriter(file, empty.schema, **_options(empty, columns))
        writer.add_key_value_metadata({KEY: last.to_json()})
        writer.close()
        file.close()
    except BaseException:
        if writer is not None:
            with suppress(Exception):
                writer.close()
        with suppress(OSError):
            file.close()
        path.unlink(missing_ok=True)
        raise
    return file.written(n_rows)


def _column_names(description: Description) -> dict[str, str]:
    """Return the names of our own columns, others where a channel has one of them."""
    own = ["time", "arrival", *(("channel", "value") if description.is_long else ())]
    taken = () if description.is_long else description.channels
    return {name: distinct(name, taken, "{}_{}") for name in own}


def _tables(
    found: Iterable[list[Piece]], description: Description, columns: dict[str, str]
) -> Iterator[Any]:
    """Yield tables of at least a row group each, but for the last."""
    held: list[list[Piece]] = []
    n = 0
    for pieces in found:
        held.append(pieces)
        n += sum(map(len, pieces))
        if n >= ROW_GROUP:
            yield _table(held, description, columns)
            held, n = [], 0
    if n:
        yield _table(held, description, columns)


def _table(held: list[list[Piece]], description: Description, columns: dict[str, str]) -> Any:
    pa = need_pyarrow("A recording as Parquet")
    when = pa.timestamp("ns", tz="UTC")
    fields = [
        pa.field(columns["time"], when, nullable=False),
        pa.field(columns["arrival"], when, nullable=False),
    ]
    if description.is_long:
        fields += [
            pa.field(columns["channel"], pa.string(), nullable=False),
            pa.field(columns["value"], pa.float64(), nullable=False),
        ]
    else:
        fields += [pa.field(name, pa.float64()) for name in description.channels]
    schema = pa.schema(fields)
    tables = [_one(pieces, description, schema) for pieces in held]
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _one(pieces: list[Piece], description: Description, schema: Any) -> Any:
    pa = need_pyarrow("A recording as Parquet")
    when = schema.field(0).type
    if description.is_long:
        codes = {name: code for code, name in enumerate(description.channels)}
        arrivals, times, channels, values = as_long(pieces, codes)
        names = pa.DictionaryArray.from_arrays(
            pa.array(channels), pa.array(description.channels, pa.string())
        ).cast(pa.string())
        arrays = [pa.array(times, when), pa.array(arrivals, when), names, pa.array(values)]
    else:
        arrivals, times, columns = as_wide(pieces, description.channels)
        arrays = [pa.array(times, when), pa.array(arrivals, when)]
        arrays += [pa.array(values, mask=mask) for values, mask in columns.values()]
    return pa.Table.from_arrays(arrays, schema=schema)


def _options(table: Any, columns: dict[str, str]) -> dict[str, Any]:
    times = (columns["time"], columns["arrival"])
    encodings = dict.fromkeys(times, "DELTA_BINARY_PACKED")
    compressions = dict.fromkeys(times, "zstd")
    dictionaries = []
    for name in table.column_names:
        if name in times:
            continue
        if name == columns.get("channel"):
            dictionaries.append(name)  # names are few: their numbers are all that is written
            compressions[name] = "zstd"
            continue
        values = table[name].drop_null().slice(0, SAMPLE).to_numpy()
        encodings[name], compressions[name] = choose_encoding(values)
    return {
        "use_dictionary": dictionaries or False,
        "column_encoding": encodings,
        "compression": compressions,
        "write_page_checksum": True,
        "write_statistics": True,
    }


def _begins_as_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


class ParquetRecording:
    """A Parquet file that a recording became.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    ParseError
        If it is none, or of no recording.
    OSError
        If it cannot be read.
    DependencyError
        If pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        pa = need_pyarrow("A recording as Parquet")
        import pyarrow.parquet as pq

        self.path = path
        try:
            self.file = pq.ParquetFile(path, page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            if getattr(error, "errno", None) is not None:
                raise  # the system's; Arrow's own have no number
            is_other = isinstance(error, pa.ArrowInvalid)
            what = "is no Parquet file" if is_other else "is damaged where it says what is in it"
            msg = f"{str(path)!r} {what}: {str(error).strip()}"
            if is_other and path.suffix.lower() == ".csv":
                msg = f"{str(path)!r} is no recording as Parquet. nbstream.watch(path) reads CSV files."
            elif is_other and _begins_as_parquet(path):
                msg = f"{str(path)!r} is cut off, or is still being written: its end is missing."
            raise ParseError(msg) from error
        text = (self.file.metadata.metadata or {}).get(KEY)
        if text is None:
            self.file.close()
            advice = "nbstream.open(path) shows it."
            msg = f"{str(path)!r} is a Parquet file, and no recording of nbstream. {advice}"
            raise ParseError(msg)
        try:
            self.description = Description.from_json(text)
        except ValueError as error:
            self.file.close()
            msg = f"{str(path)!r}: {error}"
            raise ParseError(msg) from error
        self.n_rows: int = self.file.metadata.num_rows
        self.lost: list[dict[str, Any]] = []

    @property
    def n_values(self) -> int:
        """Readings of all channels."""
        if self.description.is_long:
            return self.n_rows
        metadata, schema = self.file.metadata, self.file.schema_arrow
        columns = [schema.get_field_index(name) for name in self.description.channels]
        n = self.n_rows * len(columns)
        for group in range(metadata.num_row_groups):
            for column in columns:
                statistics = metadata.row_group(group).column(column).statistics
                n -= statistics.null_count if statistics is not None else 0
        return n

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def streams(self, row_groups: list[int] | None = None) -> list[Iterator[Piece]]:
        """Return the readings in order of arrival, as one part; None is all row groups."""
        return [self._pieces(row_groups)]

    def _pieces(self, row_groups: list[int] | None) -> Iterator[Piece]:
        pa = need_pyarrow("A recording as Parquet")
        metadata = self.file.metadata
        n_groups = metadata.num_row_groups
        self.lost = []
        for group in range(n_groups) if row_groups is None else row_groups:
            n = metadata.row_group(group).num_rows
            found = self.file.iter_batches(READ_ROWS, row_groups=[group], use_threads=False)
            try:
                for batch in found:
                    n -= batch.num_rows
                    if self.description.is_long:
                        yield self._long(batch)
                    else:
                        yield from self._wide(batch, self.description.channels)
            except (pa.ArrowException, OSError):
                sound = self._sound_channels(group)
                for batch in self._last_rows(group, n, sound):
                    yield from self._wide(batch, sound)
                self._lose(n, sound, f"row group {group + 1} of {n_groups} is damaged")

    def _sound_channels(self, group: int) -> tuple[str, ...]:
        """Return the channels that can be read in a damaged row group: none where its times can't be."""
        if self.description.is_long or not self._is_sound(group, self._own_columns):
            return ()
        return tuple(name for name in self.description.channels if self._is_sound(group, [name]))

    @property
    def _own_columns(self) -> list[str]:
        return [self.description.columns[name] for name in ("time", "arrival")]

    def _is_sound(self, group: int, columns: list[str]) -> bool:
        pa = need_pyarrow("A recording as Parquet")
        try:
            self.file.read_row_group(group, columns=columns, use_threads=False)
        except (pa.ArrowException, OSError):
            return False
        return True

    def _last_rows(self, group: int, n: int, channels: tuple[str, ...]) -> Iterator[Any]:
        """Yield the last rows of a row group, of some channels."""
        if not channels:
            return
        columns = [*self._own_columns, *channels]
        table = self.file.read_row_group(group, columns=columns, use_threads=False)
        yield from table.slice(table.num_rows - n).combine_chunks().to_batches()

    def _lose(self, n: int, sound: tuple[str, ...], why: str) -> None:
        """Count what is missing of the last rows of a row group."""
        names = self.description.channels
        lost = [name for name in names if name not in sound]
        readings = n * (1 if self.description.is_long else len(lost))
        if sound:
            of = ", ".join(map(repr, lost[:3])) + (", …" if len(lost) > 3 else "")
            why = f"{of}: {why}"
        self.lost.append({"readings": readings, "why": why})

    def _column(self, batch: Any, name: str) -> Any:
        return batch.column(batch.schema.get_field_index(self.description.columns[name]))

    def _times(self, batch: Any) -> Any:
        pa = need_pyarrow("A recording as Parquet")
        return [
            self._column(batch, name).cast(pa.int64()).to_numpy() for name in ("arrival", "time")
        ]

    def _long(self, batch: Any) -> LongPiece:
        arrivals, times = self._times(batch)
        names = self.description.channels
        coded = self._column(batch, "channel").dictionary_encode()
        code_of = {name: code for code, name in enumerate(names)}
        own = np.array([code_of[name] for name in coded.dictionary.to_pylist()], np.int32)
        codes = own[coded.indices.to_numpy()]
        return LongPiece(arrivals, times, codes, self._column(batch, "value").to_numpy(), names)

    def _wide(self, batch: Any, names: Sequence[str]) -> Iterator[WidePiece]:
        arrivals, times = self._times(batch)
        arrays = [batch.column(batch.schema.get_field_index(name)) for name in names]
        if not any(array.null_count for array in arrays):
            columns = {name: array.to_numpy() for name, array in zip(names, arrays, strict=True)}
            yield WidePiece(arrivals, times, columns)
            return
        there = np.array([array.is_valid().to_numpy(zero_copy_only=False) for array in arrays])
        values = [array.to_numpy(zero_copy_only=False) for array in arrays]
        changes = np.flatnonzero((there[:, 1:] != there[:, :-1]).any(axis=0)) + 1
        bounds = [0, *changes.tolist(), len(arrivals)]
        for start, stop in pairwise(bounds):
            columns = {
                name: column[start:stop]
                for name, column, is_there in zip(names, values, there[:, start], strict=True)
                if is_there
            }
            if columns:
                yield WidePiece(arrivals[start:stop], times[start:stop], columns)

    def row_groups_from(self, ns: int) -> list[int]:
        """Return the row groups from the first on that has a time ≥ `ns`."""
        metadata = self.file.metadata
        column = self.file.schema_arrow.get_field_index(self.description.columns["time"])
        for i in range(metadata.num_row_groups):
            statistics = metadata.row_group(i).column(column).statistics
            if statistics is None or not statistics.has_min_max or statistics.max_raw >= ns:
                return list(range(i, metadata.num_row_groups))
        return []

    def check(self, n_rows: int, tell: Callable[[int], object] = lambda _: None) -> None:
        """Read all of it, and compare its checksums; tell how many rows were read so far.

        Raises
        ------
        ParseError
            If it is not what was written.
        """
        n = 0
        for piece in self._pieces(None):
            n += len(piece)
            tell(n)
        if n != n_rows or self.n_rows != n_rows or self.lost:
            msg = f"{str(self.path)!r} has {n} rows of {n_rows} that were written."
            raise ParseError(msg)
