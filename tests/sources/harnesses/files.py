"""Files that grow, are rotated, deleted and made again."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from nbstream.sources import CsvSource, JsonLinesSource, LinesSource, LogSource, Source
from tests.sources.harnesses.folder import ONE_MACHINE, Folder


class CsvHarness(Folder):
    """A file that is written, rotated, deleted and made again."""

    kind: ClassVar[type[Source]] = CsvSource
    exemptions: ClassVar = {"half-open": ONE_MACHINE}
    n_cuts = 200
    header = "timestamp,value\n"

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return CsvSource(self.path, poll_interval=0.002, **options)

    def start(self) -> None:
        """Let it be there."""
        self.path.write_text(self.header)

    def kill(self) -> None:
        """Let it be gone."""
        self.path.unlink()

    def cut(self) -> None:
        """Cut the connection."""
        os.replace(self.path, self.folder / "rotated")
        self.path.write_text(self.header)

    def say(self, lines: list[str]) -> None:
        """Say lines, each as it is."""
        with self.path.open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        with self.path.open("a") as file:
            file.write("".join(self.row(i) for i in range(first, first + n)))

    def row(self, number: int) -> str:
        """Return a line of the file."""
        return f"{1_782_907_200 + number},{number}\n"

    def poison(self) -> None:
        """Say nonsense."""
        with self.path.open("a") as file:
            file.write("no time,no number\n")


class LinesHarness(CsvHarness):
    """The same, lines of text."""

    kind = LinesSource
    header = ""

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return LinesSource(self.path, poll_interval=0.002, **options)

    def row(self, number: int) -> str:
        """Return a line of the file."""
        return f"value={number}\n"


class JsonHarness(CsvHarness):
    """The same, lines of JSON."""

    kind = JsonLinesSource
    header = ""

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return JsonLinesSource(self.path, poll_interval=0.002, **options)

    def row(self, number: int) -> str:
        """Return a line of the file."""
        return f'{{"ts": {1_782_907_200 + number}, "value": {number}}}\n'

    def poison(self) -> None:
        """Say half an object."""
        with self.path.open("a") as file:
            file.write('{"ts": 1782907200, "value": 5\n')


class LogHarness(LinesHarness):
    """The same, of which a pattern takes a part."""

    kind = LogSource

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return LogSource(self.path, r"=(?P<value>\S+)", poll_interval=0.002, **options)

    def poison(self) -> None:
        """Say what matches and is no number."""
        with self.path.open("a") as file:
            file.write("value=many\n")


HARNESSES = (
    CsvHarness,
    LinesHarness,
    JsonHarness,
    LogHarness,
)
