"""Files on a share of the network: handles get stale, sizes are known late, nothing notifies."""

from __future__ import annotations

import errno
import io
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import nbstream as ns
from tests.sources.test_base import ZeroRandom
from tests.wait import wait_until

HEADER = "timestamp,value\n"
N = 60


class Share:
    """What a client sees of a file: as much of it as it knows of, and now and then nothing at all."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.known_bytes: int | None = None
        """How long it takes the file to be; None is as long as it is."""
        self.stale_every = 0
        """Each so manieth look fails, as when the server was restarted; 0 is none."""
        self.n_stale = 0
        self._calls = itertools.count(1)
        share = self

        class Seen(io.FileIO):
            def read(self, size: int | None = -1) -> Any:
                share.look()
                known = share.known_bytes  # another thread changes it
                if known is None:
                    return super().read(-1 if size is None else size)
                left = max(0, known - self.tell())
                return super().read(left if size is None or size < 0 else min(size, left))

        self._stat: Callable[..., os.stat_result] = os.stat
        self._fstat: Callable[..., os.stat_result] = os.fstat
        monkeypatch.setattr("nbstream.sources.files.tail.io.FileIO", Seen)
        monkeypatch.setattr(
            "nbstream.sources.files.tail.os.stat", lambda *a, **k: self.seen(self._stat(*a, **k))
        )
        monkeypatch.setattr(
            "nbstream.sources.files.tail.os.fstat", lambda *a: self.seen(self._fstat(*a))
        )

    def look(self) -> None:
        """Fail now and then."""
        every = self.stale_every
        if every and next(self._calls) % every == 0:
            self.n_stale += 1
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(self.path))

    def seen(self, there: os.stat_result) -> Any:
        """Return what is known of a file."""
        if there.st_ino != self._stat(self.path).st_ino:
            return there
        self.look()
        known = self.known_bytes
        if known is None:
            return there
        fields = {name: getattr(there, name) for name in dir(there) if name.startswith("st_")}
        return SimpleNamespace(**{**fields, "st_size": min(there.st_size, known)})


@pytest.fixture
def share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Share]:
    """A file on a share, with a header."""
    path = tmp_path / "x.csv"
    path.write_text(HEADER)
    found = Share(path, monkeypatch)
    yield found
    found.stale_every, found.known_bytes = 0, None


def rows(first: int, n: int) -> str:
    """Return rows of a second each."""
    return "".join(f"2026-07-01 12:00:{i:02d},{i}\n" for i in range(first, first + n))


def held(source: ns.Source) -> list[float]:
    """Return the readings."""
    if "value" not in source.buffer.channels:
        return []
    return [float(value) for value in source.buffer.channel("value").rows(0).values]


def test_handles_that_get_stale_cost_no_reading(share: Share) -> None:
    """Each seventh look at the file fails: nothing is lost, nothing comes twice, and its end is told."""
    with ns.CsvSource(share.path, poll_interval=0.005, random=ZeroRandom()) as source:
        share.stale_every = 7
        for i in range(N):
            with share.path.open("a") as file:
                file.write(rows(i, 1))
            wait_until(lambda i=i: held(source)[-1:] == [float(i)], 10, lambda: repr(source))  # type: ignore[misc]
        share.stale_every = 0
        assert share.n_stale >= 5
        assert held(source) == [float(i) for i in range(N)]
        assert source.counters()[:5] == (N, N, 0, 0, 0)
        wait_until(lambda: "works again" in str([e.text for e in source.buffer.events]))


def test_a_size_that_is_known_late_brings_readings_late(share: Share) -> None:
    """A line that is seen by half is not read by half; what comes late is not taken for a new file."""
    share.known_bytes = len(HEADER)
    with ns.CsvSource(share.path, poll_interval=0.005) as source:
        with share.path.open("a") as file:
            file.write(rows(0, N))
        size = share.path.stat().st_size
        for known in range(share.known_bytes, size + 1, 37):
            share.known_bytes = known
            n = (known - len(HEADER)) // len(rows(0, 1))
            wait_until(lambda n=n: len(held(source)) >= n - 10, 10, lambda: repr(source))  # type: ignore[misc]
        share.known_bytes = None
        wait_until(lambda: len(held(source)) == N, 10, lambda: repr(source))
        assert held(source) == [float(i) for i in range(N)]
        assert not [
            e for e in source.buffer.events if "truncated" in e.text or "replaced" in e.text
        ]
