"""Files elsewhere, as fsspec's own memory is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.errors import DependencyError
from nbstream.sources import CsvSource, JsonLinesSource, SourceState
from nbstream.sources.base import Source
from nbstream.sources.files import remote
from nbstream.sources.files.remote import is_remote, name_of
from tests.wait import wait_until

fsspec = pytest.importorskip("fsspec")
URL = "memory://logs/x.jsonl"


def lines(first: int, stop: int) -> bytes:
    """Return lines of JSON with the numbers from `first` to before `stop`."""
    items = ({"ts": 1_782_907_200 + i, "x": i} for i in range(first, stop))
    return "".join(json.dumps(item) + "\n" for item in items).encode()


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The file system, empty and looked at often."""
    monkeypatch.setattr(remote, "LOOK_EVERY", 0.0)
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    yield memory
    memory.store.clear()


def wait_for(source: Source, n: int) -> None:
    """Wait until a source has read the numbers up to `n`, each once."""

    def found() -> list[float]:
        return source.buffer.channel("x").rows(0).values.tolist()

    wait_until(lambda: found() == list(range(n)), 8, lambda: f"{n}, have {found()}, {source!r}")


def test_a_file_elsewhere_is_followed(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added is fetched, in pieces; what is there already is not fetched again."""
    monkeypatch.setattr(remote, "FETCHED_BYTES", 200)
    fetched = []
    cat = memory.cat_file

    def cat_file(path: str, start: Any = None, end: Any = None) -> bytes:
        fetched.append((start, end))
        return bytes(cat(path, start=start, end=end))

    with JsonLinesSource(URL, poll_interval=0.01) as source:
        wait_until(lambda: source.status.startswith("waiting for x.jsonl"))
        monkeypatch.setattr(type(memory), "cat_file", staticmethod(cat_file))
        memory.pipe_file("/logs/x.jsonl", lines(0, 30))
        wait_for(source, 30)
        memory.pipe_file("/logs/x.jsonl", lines(0, 40))
        wait_for(source, 40)
        assert all(end - start <= 1024 for start, end in fetched)
        assert [start for start, _ in fetched].count(
            0
        ) <= 8  # the first piece, and looks back to it
        memory.rm("/logs/x.jsonl")
        wait_until(lambda: source.state is SourceState.CONNECTING)
        memory.pipe_file("/logs/x.jsonl", lines(40, 45))
        wait_for(source, 45)
        copy = source._tail._copy  # type: ignore[union-attr]
        assert copy.exists()
    assert not copy.exists()


def test_a_table_elsewhere_may_be_written_anew(memory: Any) -> None:
    """As one here; the kind of file system and its options do not matter."""
    memory.pipe_file("/x.csv", b"ts,x\n1782907200,0\n1782907201,1\n")
    with CsvSource("memory://x.csv", poll_interval=0.01, storage_options={}) as source:
        wait_for(source, 2)
        memory.pipe_file("/x.csv", b"ts,x\n1782907201,1\n1782907202,2\n")
        wait_for(source, 3)


def test_what_is_behind_may_raise_anything(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again."""
    memory.pipe_file("/logs/x.jsonl", lines(0, 3))

    class OddError(Exception):
        """An error of some library."""

    def info(path: str) -> Any:
        message = "no credentials"
        raise OddError(message)

    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "info", staticmethod(info))
        source = JsonLinesSource(URL, poll_interval=0.01).start()
        wait_until(lambda: source.state is SourceState.RECONNECTING)
        assert "OddError: no credentials" in source.status
    wait_for(source, 3)
    source.close()


def test_without_the_library_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it; what fsspec itself lacks, as it says it."""
    with pytest.raises(DependencyError, match="nowhere:// cannot be opened: Protocol not known"):
        JsonLinesSource("nowhere://x.jsonl")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(DependencyError, match=r"s3:// needs the .fsspec. .*nbstream\[remote\]"):
        JsonLinesSource("s3://bucket/x.jsonl")


def test_what_is_elsewhere() -> None:
    """An address, but for one of a file here."""
    assert is_remote("s3://bucket/a.csv")
    assert not is_remote("file:///a.csv")
    assert not is_remote("/tmp/a.csv")
    assert not is_remote("C:\\a.csv")
    assert name_of("https://host/a/b.csv?x=1").name == "b.csv"
    assert name_of("memory://x.csv").suffix == ".csv"


@pytest.mark.parametrize("piece", [200, 8 * 2**20])
def test_a_later_source_goes_on_where_one_stopped(
    memory: Any, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """Whatever pieces it is fetched in: no reading is lost and none comes twice."""
    monkeypatch.setattr(remote, "FETCHED_BYTES", piece)
    memory.pipe_file("/logs/x.jsonl", lines(0, 100))
    with JsonLinesSource(URL, poll_interval=0.001) as source:
        wait_for(source, 100)
        wait_until(lambda: (source.position or {}).get("offset") == len(lines(0, 100)))
        position = json.loads(json.dumps(source.position))
    memory.pipe_file("/logs/x.jsonl", lines(0, 105))
    with JsonLinesSource(URL, poll_interval=0.001).start(position) as source:
        wait_until(lambda: source.counters().accepted >= 5, message=lambda: repr(source))
        wait_until(lambda: source.position["offset"] == len(lines(0, 105)))
        assert source.buffer.to_pandas()["x"].tolist() == list(range(100, 105))
        assert not source.buffer.events
