"""How the one file is laid out, as pyarrow's own metadata say: small, and damage is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbstream.recording.parquet_file import ROW_GROUP, SAMPLE, choose_encoding
from tests.recording.brought import BringSource

pytest.importorskip("pyarrow")

import pyarrow.parquet as pq

TIMES = ("time", "arrival")
N = 80_000


def rounded(n: int) -> list[float]:
    """Return what a thermometer says, in tenths."""
    steps = np.random.default_rng(1).normal(scale=0.2, size=n)
    values: list[float] = np.round(21 + np.cumsum(steps), 1).tolist()
    return values


def noise(n: int) -> list[float]:
    """Return numbers of which each has all its digits."""
    values: list[float] = np.random.default_rng(2).normal(size=n).tolist()
    return values


def columns_of(path: Path) -> dict[str, Any]:
    """Return the metadata of the columns of the first row group."""
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    return {column.path_in_schema: column for column in columns}


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of two channels that come together, and one that comes late."""
    path = tmp_path_factory.mktemp("wide") / "run.parquet"
    with BringSource() as source, source.record(path):
        source.bring(list(range(N)), rounded=rounded(N), noise=noise(N))
        source.bring(list(range(N, 3 * N)), rounded=rounded(2 * N), late=noise(2 * N))
    return path


def test_times_are_differences_and_nothing_has_a_dictionary(wide: Path) -> None:
    """Times are DELTA_BINARY_PACKED, and take less than a bit each where they are even."""
    columns = columns_of(wide)
    assert list(columns) == [*TIMES, "rounded", "noise", "late"]
    for name, column in columns.items():
        assert not column.has_dictionary_page, name
        assert not any("DICTIONARY" in encoding for encoding in column.encodings), name
    for name in TIMES:
        assert set(columns[name].encodings) == {"RLE", "DELTA_BINARY_PACKED"}
        assert columns[name].total_compressed_size < 3 * N / 8


def test_the_encoding_of_a_channel_is_that_which_its_values_compress_best_in(wide: Path) -> None:
    """Rounded readings are plain, noise is split into its bytes, also that of a channel that comes late."""
    columns = columns_of(wide)
    assert set(columns["rounded"].encodings) == {"RLE", "PLAIN"}
    for name in ("noise", "late"):
        assert set(columns[name].encodings) == {"RLE", "BYTE_STREAM_SPLIT"}
    for values in (rounded(N), noise(N)):
        encoding, codec = choose_encoding(np.array(values))
        other = {"PLAIN": "BYTE_STREAM_SPLIT", "BYTE_STREAM_SPLIT": "PLAIN"}[encoding]
        sizes = [size_as(wide.parent, values, how, codec) for how in (encoding, other)]
        assert sizes[0] < sizes[1]


def size_as(folder: Path, values: list[float], encoding: str, codec: str) -> int:
    """Return the bytes that a column takes."""
    import pyarrow as pa

    path = folder / "alone.parquet"
    options = {"use_dictionary": False, "column_encoding": {"x": encoding}, "compression": codec}
    pq.write_table(pa.table({"x": values}), path, **options)
    size: int = columns_of(path)["x"].total_compressed_size
    return size


def test_a_sample_decides(tmp_path: Path) -> None:
    """Of a channel the first 16,384 values are tried, whatever follows."""
    assert SAMPLE == 16_384
    with BringSource() as source, source.record(tmp_path / "run.parquet"):
        begins = {"rounded": rounded(SAMPLE) + noise(N), "noise": noise(SAMPLE) + rounded(N)}
        source.bring(list(range(SAMPLE + N)), **begins)
    columns = columns_of(tmp_path / "run.parquet")
    assert set(columns["rounded"].encodings) == {"RLE", "PLAIN"}
    assert set(columns["noise"].encodings) == {"RLE", "BYTE_STREAM_SPLIT"}


def test_of_a_long_file_only_the_names_are_a_dictionary(tmp_path: Path) -> None:
    """Many channels that report alone: their names are numbers, times and values are as in a wide file."""
    values = noise(4000)
    with BringSource() as source, source.record(tmp_path / "run.parquet"):
        for number, value in enumerate(values):
            source.bring([number], **{f"topic{number % 200}": [value]})
    columns = columns_of(tmp_path / "run.parquet")
    assert list(columns) == [*TIMES, "channel", "value"]
    with_one = [name for name, column in columns.items() if column.has_dictionary_page]
    assert with_one == ["channel"]
    assert set(columns["time"].encodings) == {"RLE", "DELTA_BINARY_PACKED"}
    assert set(columns["value"].encodings) == {"RLE", "BYTE_STREAM_SPLIT"}
    assert columns["channel"].total_compressed_size < 2 * len(values)


def test_row_groups_are_bounded(wide: Path) -> None:
    """What is read of a long recording at once is a piece of it."""
    metadata = pq.read_metadata(wide)
    groups = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert sum(groups) == 3 * N
    assert max(groups) <= ROW_GROUP


@pytest.mark.parametrize("name", [*TIMES, "rounded", "noise", "late"])
def test_a_flipped_bit_in_a_page_is_found(wide: Path, tmp_path: Path, name: str) -> None:
    """Pages have checksums: other tools find damage too, in each column, and the others can be read."""
    columns = columns_of(wide)
    path = tmp_path / "damaged.parquet"
    content = bytearray(wide.read_bytes())
    column = columns[name]
    content[column.data_page_offset + column.total_compressed_size - 2] ^= 4
    path.write_bytes(content)
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        with pytest.raises(OSError, match="(?i)checksum"):
            file.read(columns=[name])
        file.read(columns=[other for other in columns if other != name])
