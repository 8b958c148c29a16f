"""Files that are being packed while they are looked at, and large ones: what is new, and a quick stop."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from pathlib import Path

import pytest

from nbstream.sources import LinesSource
from nbstream.sources.files import packed, parts
from nbstream.sources.files.parts import PartsTail
from tests.wait import wait_until

LINE = "2026-07-01 12:00:00 reading {}\n"


def lines(first: int, stop: int) -> str:
    """Return lines with the numbers from `first` to before `stop`."""
    return "".join(LINE.format(i) for i in range(first, stop))


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are looked for whenever nothing came."""
    monkeypatch.setattr(parts, "LOOK_AFTER", 0.0)


def read(tail: PartsTail) -> str:
    """Look often enough to read all that is new."""
    pieces = [tail.poll() for _ in range(20)]
    return b"".join(piece.lines for piece in pieces if not piece.is_sample).decode()


@pytest.mark.parametrize("n_packed", [0, 5, 200, 1000])
@pytest.mark.parametrize("beside", ["app.log.1", "app.log"])
@pytest.mark.parametrize("pattern", ["*.gz", "app.log*"])
def test_lines_of_a_log_that_is_being_packed_are_old(
    pattern: str, beside: str, n_packed: int, tmp_path: Path
) -> None:
    """With `from_start=False`; those that came to it since are new, and read once."""
    plain, path = tmp_path / beside, tmp_path / "app.log.1.gz"
    plain.write_text(lines(0, 500))
    path.write_bytes(gzip.compress(plain.read_bytes())[:n_packed])
    tail = PartsTail(tmp_path / pattern, from_start=False)
    found = read(tail)
    with plain.open("a") as file:
        file.write(lines(500, 503))
    found += read(tail)
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    found += read(tail)
    tail.free()
    assert found == lines(500, 503)


def test_a_later_source_knows_what_was_being_packed(tmp_path: Path) -> None:
    """By the position of the one before."""
    plain, path = tmp_path / "app.log.1", tmp_path / "app.log.1.gz"
    plain.write_text(lines(0, 500))
    path.write_bytes(gzip.compress(plain.read_bytes())[:200])
    tail = PartsTail(tmp_path / "*.gz", from_start=False)
    assert read(tail) == ""
    place = tail.place
    tail.free()
    assert place is not None
    tail = PartsTail(tmp_path / "*.gz", from_start=False)
    tail.resume(json.loads(json.dumps(place.as_json())))
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert read(tail) == ""
    tail.free()


def test_lines_that_are_packed_while_they_come_are_new_from_the_first_look_on(
    tmp_path: Path,
) -> None:
    """Nothing stands beside such a file: its program packs what it writes. A half line is read whole."""
    packer = zlib.compressobj(wbits=31)
    old = lines(0, 300) + LINE.format(300)[:20]
    begun = packer.compress(old.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
    path = tmp_path / "app.log.gz"
    path.write_bytes(begun)
    tail = PartsTail(path, from_start=False)
    assert read(tail) == ""
    rest = LINE.format(300)[20:] + lines(301, 310)
    path.write_bytes(begun + packer.compress(rest.encode()) + packer.flush())
    assert read(tail) == lines(300, 310)
    tail.free()


def test_another_packed_file_of_the_name_is_new(tmp_path: Path) -> None:
    """What was being packed has another by then."""
    plain, path = tmp_path / "app.log.1", tmp_path / "app.log.1.gz"
    plain.write_text(lines(0, 500))
    path.write_bytes(gzip.compress(plain.read_bytes())[:200])
    tail = PartsTail(tmp_path / "app.log.*", from_start=False)
    assert read(tail) == ""
    path.write_bytes(gzip.compress(plain.read_bytes()))
    path.rename(tmp_path / "app.log.2.gz")
    plain.unlink()
    path.write_bytes(gzip.compress(lines(500, 600).encode()))
    assert read(tail) == lines(500, 600)
    tail.free()


def test_stop_does_not_wait_for_a_large_file_to_be_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up, nothing of it stays, and the next start begins it anew: all is read, and once."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    n_blocks = 64
    block = b"".join(b"x=%d\n" % i for i in range(1000))
    path = tmp_path / "x.log.gz"
    path.write_bytes(gzip.compress(block, 1) * n_blocks)
    source = LinesSource(path, poll_interval=0.01)
    chunk, reads, is_slow = packed._read_of, list[bool](), True

    def read_slowly(file: gzip.GzipFile, *, is_whole: bool) -> bytes:
        reads.append(source._stop.is_set())
        if is_slow:
            source._stop.wait(50)  # a disk that is as slow as can be
        return chunk(file, is_whole=is_whole)

    monkeypatch.setattr(packed, "_read_of", read_slowly)
    with source:
        wait_until(lambda: reads)
        source.stop()
        assert reads == [False]  # that of which `stop` found it in the middle
        assert not source.is_running
        assert os.listdir(folder) == []
        is_slow = False
        source.start()
        wait_until(lambda: source.counters().accepted == 1000 * n_blocks, 15, lambda: repr(source))
