"""Writers that do anything to a file while it is read: each reading comes once, none is lost."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import nbstream as ns
from nbstream.sources.files import tail
from nbstream.testing import FakeClock

HEADER = "time,value\n"
QUIET_LOOKS = 8
SECONDS_BETWEEN_LOOKS = 0.25


def line(i: int) -> str:
    """Return the row of reading `i`."""
    return f"2026-07-01 {12 + i // 3600:02}:{i // 60 % 60:02}:{i % 60:02},{i}\n"


class Writers(RuleBasedStateMachine):
    """A file, what a writer did to it, and what a source made of it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "log.csv"
        self.now = 0.0
        fake = SimpleNamespace(monotonic=lambda: self.now, time_ns=time.time_ns)
        self.patch = mock.patch.object(tail, "time", fake)
        self.patch.start()
        self.clock = FakeClock()
        self.source = ns.CsvSource(self.path, timezone="UTC", clock=self.clock)
        self.n_written = 0
        self.rows: list[int] = []  # in the file now, whole
        self.begun: list[int] = []  # a row of which a part is in the file
        self.half = ""  # and the rest of it
        self.expected: set[int] = set()
        self.is_moved = False  # since the last look

    def teardown(self) -> None:
        """Let go of everything."""
        self.source.close()
        self.patch.stop()
        shutil.rmtree(self.folder)

    def new_rows(self, n: int) -> list[int]:
        """Return the next readings."""
        self.n_written += n
        return list(range(self.n_written - n, self.n_written))

    def write(self, rows: list[int], *, how: str, path: Path | None = None) -> None:
        """Write rows, behind a header if the file is made anew."""
        with (path or self.path).open(how) as file:
            file.write(HEADER * (how != "a") + "".join(map(line, rows)))

    def write_anew(self, rows: list[int]) -> None:
        """Take note of what the file holds from now on."""
        self.rows, self.begun, self.half = rows, [], ""

    def look(self) -> None:
        """Let the source read all that is there, and time go by."""
        n_quiet = 0
        while n_quiet < QUIET_LOOKS:
            piece = self.source._tail.poll()
            self.source._take(piece)
            n_quiet = 0 if piece.has_more else n_quiet + 1
            self.now += SECONDS_BETWEEN_LOOKS
            self.clock.advance(SECONDS_BETWEEN_LOOKS)
        self.expected.update(self.rows)
        self.is_moved = False

    @initialize(n=st.integers(0, 5))
    def begin(self, n: int) -> None:
        """Make the file, with or without rows."""
        rows = self.new_rows(n)
        self.write(rows, how="w")
        self.write_anew(rows)
        self.look()

    @rule(n=st.integers(1, 6))
    def append(self, n: int) -> None:
        """Add rows; one that was begun is finished first."""
        with self.path.open("a") as file:
            file.write(self.half)
        rows = [*self.begun, *self.new_rows(n)]
        self.write(rows[len(self.begun) :], how="a")
        self.write_anew([*self.rows, *rows])

    @precondition(lambda self: not self.half)
    @rule(n=st.integers(1, 18))
    def append_a_half(self, n: int) -> None:
        """Begin a row."""
        self.begun = self.new_rows(1)
        text = line(*self.begun)
        with self.path.open("a") as file:
            file.write(text[:n])
        self.half = text[n:]

    @rule(n=st.integers(0, 4))
    def truncate(self, n: int) -> None:
        """Begin the file anew in its place; what nobody read is gone."""
        rows = self.new_rows(n)
        self.write(rows, how="w")
        self.write_anew(rows)

    @rule(n_kept=st.integers(0, 8), n=st.integers(0, 4))
    def keep_the_last(self, n_kept: int, n: int) -> None:
        """Write the last rows and new ones over the file."""
        rows = [*self.rows[len(self.rows) - min(n_kept, len(self.rows)) :], *self.new_rows(n)]
        self.write(rows, how="w")
        self.write_anew(rows)

    @precondition(lambda self: not self.is_moved)
    @rule(n_kept=st.integers(0, 8), n=st.integers(0, 4))
    def replace(self, n_kept: int, n: int) -> None:
        """Put another file in the place; what was added to the old one is read all the same."""
        self.expected.update(self.rows)
        rows = [*self.rows[len(self.rows) - min(n_kept, len(self.rows)) :], *self.new_rows(n)]
        other = self.folder / "other.csv"
        self.write(rows, how="w", path=other)
        other.replace(self.path)
        self.write_anew(rows)
        self.is_moved = True

    @precondition(lambda self: not self.is_moved)
    @rule(n=st.integers(0, 4))
    def rotate(self, n: int) -> None:
        """Give the file another name and make a new one."""
        self.expected.update(self.rows)
        self.path.rename(self.folder / f"log.{self.n_written}")
        rows = self.new_rows(n)
        self.write(rows, how="w")
        self.write_anew(rows)
        self.is_moved = True

    @rule()
    def read(self) -> None:
        """Look at the file, and compare."""
        self.look()
        found = self.source.buffer.channel("value").rows(0) if self.source.buffer.channels else None
        values = [] if found is None else [int(x) for x in found.values]
        assert values == sorted(self.expected)
        assert self.source.counters().rejected == 0

    @invariant()
    def nothing_is_counted_twice(self) -> None:
        """What was received is what was accepted."""
        counters = self.source.counters()
        assert counters.received == counters.accepted + counters.dropped


TestWriters = Writers.TestCase
TestWriters.settings = settings(
    max_examples=40, stateful_step_count=15, deadline=None, derandomize=True
)
