"""Rows out of the middle of a row group are those that pyarrow reads from its beginning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nbstream.sources.files.parquet.pages import Pages
from nbstream.sources.files.parquet.places import stamp_of
from nbstream.sources.files.parquet.thrift import number_field, read_struct, varint, wrapped

N = 30_000
FLAT = ["time", "x", "whole", "switch", "word", "outer.inner", "a.b"]


def table() -> pa.Table:
    """Return columns of many kinds."""
    rng = np.random.default_rng(1)
    whole = pa.array(rng.integers(0, 50, N), mask=rng.random(N) < 0.1)
    inner = pa.StructArray.from_arrays([whole], ["inner"])
    return pa.table(
        {
            "time": pa.array(np.arange(N) * 10**6).cast(pa.timestamp("ns", "UTC")),
            "x": rng.normal(size=N),
            "whole": whole,
            "switch": rng.random(N) < 0.5,
            "word": pa.array(np.array(["a", "bb", "ccc"])[rng.integers(0, 3, N)]),
            "outer": inner,
            "a.b": rng.normal(size=N).astype(np.float32),
            "list": pa.array([[1, 2]] * N),
        }
    )


@pytest.fixture
def opened() -> Iterator[Any]:
    """Open the pages of a file that pyarrow has open."""
    made: list[tuple[Pages, Any]] = []

    def open_one(path: Path) -> tuple[Pages, Any]:
        file = pq.ParquetFile(path, pre_buffer=False)
        made.append((Pages(str(path), file, stamp_of(str(path))), file))
        return made[-1]

    yield open_one
    for pages, file in made:
        pages.close()
        file.close(force=True)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "brotli", "zstd", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("is_dictionary", [True, False])
def test_it_is_what_pyarrow_reads(
    tmp_path: Path, opened: Any, compression: str, version: str, is_dictionary: bool
) -> None:
    """Whatever the pages hold, and at both ends."""
    path = tmp_path / "x.parquet"
    pq.write_table(
        table(),
        path,
        row_group_size=20_000,
        data_page_size=10_000,
        compression=compression,
        data_page_version=version,
        use_dictionary=is_dictionary,
        write_page_checksum=is_dictionary,
    )
    pages, file = opened(path)
    for group, start, stop in (
        (0, 0, 1),
        (0, 0, 20_000),
        (0, 19_999, 20_000),
        (1, 3, 7_777),
        (0, 8_192, 9_000),
    ):
        found = pages.read(group, FLAT, start, stop)
        whole = file.read_row_group(group, FLAT).flatten().select(FLAT)
        assert found.schema.equals(whole.schema)
        assert found.to_pylist() == whole.slice(start, stop - start).to_pylist()
    assert pages.read(0, ["list.list.element"], 0, 5) is None


def test_a_damaged_page_is_no_matter_beside_it(tmp_path: Path, opened: Any) -> None:
    """What lies in other pages is read; what lies in it is an error, not numbers."""
    path = tmp_path / "x.parquet"
    pq.write_table(
        table().select(["x"]),
        path,
        data_page_size=8_000,
        use_dictionary=False,
        compression="none",
        write_page_checksum=True,
    )
    about = pq.read_metadata(path).row_group(0).column(0)
    data = bytearray(path.read_bytes())
    middle = about.data_page_offset + about.total_compressed_size // 2
    data[middle : middle + 4] = b"\x01\x02\x03\x04"
    path.write_bytes(data)
    pages, _ = opened(path)
    assert len(pages.read(0, ["x"], 0, 5_000)) == 5_000
    assert len(pages.read(0, ["x"], 25_000, N)) == 5_000
    with pytest.raises(OSError, match=r"(?i)crc|checksum"):
        pages.read(0, ["x"], 10_000, 20_000)


def test_pages_of_another_file_are_not_read(tmp_path: Path, opened: Any) -> None:
    """A file of the same form that takes the place has pages where the other one's footer says."""
    path, other = tmp_path / "x.parquet", tmp_path / "y.parquet"
    pq.write_table(pa.table({"x": np.arange(N)}), path, data_page_size=8_000, compression="none")
    pq.write_table(pa.table({"x": -np.arange(N)}), other, data_page_size=8_000, compression="none")
    pages, _ = opened(path)
    other.replace(path)
    with pytest.raises(OSError, match="is another than it was"):
        pages.read(0, ["x"], 10_000, 20_000)


def test_what_is_closed_stays_closed(tmp_path: Path, opened: Any) -> None:
    """A question that comes too late opens nothing, so that no descriptor is left."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"x": np.arange(N)}), path)
    pages, _ = opened(path)
    assert len(pages.read(0, ["x"], 10, 20)) == 10
    for _ in range(2):
        pages.close()
        with pytest.raises(OSError, match="is closed"):
            pages.read(0, ["x"], 10, 20)
        assert pages._fd < 0


@pytest.mark.parametrize("how", ["flipped", "cut", "random"])
def test_headers_that_are_damaged(how: str) -> None:
    """Whatever stands there, only the errors come that callers know."""
    rng = np.random.default_rng(6)
    double = bytes([0x17]) + np.float64(1.5).tobytes()
    inner = number_field(1, 0, 300, 5) + double + b"\x18\x03abc" + b"\x19\x25\x02\x04\x11" + b"\0"
    whole = b"\x1c" + inner + b"\x19" + wrapped([inner] * 20) + b"\x17" + bytes(8) + b"\0"
    assert read_struct(whole, 0)[1] == len(whole)
    for _ in range(5_000):
        data = bytearray(whole)
        if how == "random":
            data = bytearray(rng.bytes(40))
        for at in rng.integers(0, len(data), int(rng.integers(1, 4))):
            data[at] ^= 1 << int(rng.integers(0, 8))
        if how == "cut":
            del data[int(rng.integers(0, len(data))) :]
        with suppress(IndexError, ValueError):
            read_struct(bytes(data), 0)


def test_pages_whose_headers_are_damaged(tmp_path: Path, opened: Any) -> None:
    """It ends, and only the errors come that callers know; never fewer rows."""
    path = tmp_path / "x.parquet"
    pq.write_table(
        pa.table({"x": np.arange(2_000) % 50}),
        path,
        data_page_size=500,
        write_batch_size=100,
        compression="none",
        data_page_version="2.0",
    )
    about = pq.read_metadata(path).row_group(0).column(0)
    begin, whole = about.dictionary_page_offset, path.read_bytes()
    rng = np.random.default_rng(7)
    n_refused = 0
    for number in range(400):
        data = bytearray(whole)
        for at in rng.integers(0, 30 if number % 2 else about.total_compressed_size, 2):
            data[begin + at] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(data)
        pages, _ = opened(path)
        try:
            found = pages.read(0, ["x"], 900, 1_300)
        except (pa.ArrowException, OSError, ValueError):
            n_refused += 1
        else:
            assert found is None or len(found) == 400
        pages.close()
    assert n_refused


def test_a_header_that_leads_back_has_an_end(
    tmp_path: Path, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sizes and rows that are no numbers, or negative, are none."""
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"x": np.arange(N)}), path)
    for header in (
        {1: 2, 3: -10},
        {1: 0, 3: -10, 5: {1: 5, 2: 0}},
        {1: 0, 3: 10, 5: {1: -5, 2: 0}},
        {1: 0, 3: float("inf"), 5: {1: 5, 2: 0}},
        {1: 0, 3: 10, 5: {1: float("nan"), 2: 0}},
        {1: 0, 3: 10, 5: b"abc"},
        {1: 0, 3: True, 5: [1, 2, 3]},
        {},
    ):
        pages, _ = opened(path)
        monkeypatch.setattr(pages, "_header", lambda at, end, header=header: (header, 10))
        assert pages.read(0, ["x"], 10, 20) is None


def test_fields_of_thrift() -> None:
    """What is written is read again; what has no end is an error."""
    data = number_field(1, 0, 300, 5) + number_field(9, 1, 2**40, 6) + b"\0"
    assert read_struct(data, 0) == ({1: 300, 9: 2**40}, len(data))
    inner = b"\x19" + wrapped([data] * 20) + b"\0"
    assert read_struct(inner, 0)[0][1] == [{1: 300, 9: 2**40}] * 20
    assert varint(128) == b"\x80\x01"
    for n in range(len(inner)):
        with pytest.raises(IndexError):
            read_struct(inner[:n], 0)
    with pytest.raises(ValueError, match="a number has no end"):
        read_struct(b"\x15" + b"\xff" * 12, 0)
    with pytest.raises(ValueError, match="nested too deeply"):
        read_struct(b"\x1c" * 100, 0)
