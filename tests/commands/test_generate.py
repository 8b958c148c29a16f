"""The writer of the examples."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from nbstream.commands.generate import generate


def rows(path: Path) -> list[str]:
    """Return the lines of a file."""
    return path.read_text().splitlines()


def values(path: Path) -> list[int]:
    """Return the values of a written file."""
    return [int(line.split(",")[1]) for line in rows(path)[1:]]


def test_rows_are_as_the_readme_says(tmp_path: Path) -> None:
    """A header, then a time to the second and an integer from 1 to 100 a row."""
    path = tmp_path / "x.csv"
    generate(path, count=200, seed=1, sleep=lambda _: None)
    first, *others = rows(path)
    assert first == "timestamp,value"
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+", row) for row in others)
    assert 1 <= min(values(path)) < 10 < 90 < max(values(path)) <= 100


def test_a_seed_repeats_the_values(tmp_path: Path) -> None:
    """Equal seeds write equal values."""
    for name in ("a", "b"):
        generate(tmp_path / name, count=20, seed=7, sleep=lambda _: None)
    assert values(tmp_path / "a") == values(tmp_path / "b")


def test_anomalies_are_spikes(tmp_path: Path) -> None:
    """With anomalies, now and then a value is far out."""
    generate(tmp_path / "x", count=500, seed=1, anomalies=True, sleep=lambda _: None)
    assert 3 < sum(value >= 300 for value in values(tmp_path / "x")) < 40


def test_a_file_with_the_header_is_continued(tmp_path: Path) -> None:
    """A second run adds rows, without a second header."""
    for _ in range(2):
        generate(tmp_path / "x", count=3, sleep=lambda _: None)
    assert len(rows(tmp_path / "x")) == 7


def test_a_new_file_begins_in_the_past(tmp_path: Path) -> None:
    """With `past` there are rows of that time, as far apart as the others, but only in a new file."""
    path = tmp_path / "x"
    for _ in range(2):
        generate(path, count=1, past=60, interval=2, sleep=lambda _: None)
    times = [datetime.fromisoformat(line.split(",")[0]) for line in rows(path)[1:]]
    assert len(times) == 32
    assert {after - before for before, after in pairwise(times[:30])} == {timedelta(seconds=2)}
    assert times[30] - times[0] >= timedelta(seconds=60)


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    """A file with other content is not written to."""
    path = tmp_path / "x"
    path.write_text("my,data\n1,2\n")
    with pytest.raises(ValueError, match="begins with 'my,data'"):
        generate(path, count=1)
    assert path.read_text() == "my,data\n1,2\n"


def test_the_schedule_does_not_drift(tmp_path: Path) -> None:
    """Time spent on writing is taken off the pause; a sleep of the machine makes no burst."""
    now = [0.0]
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds + (100.0 if len(pauses) == 3 else 0.25)

    generate(tmp_path / "x", interval=1.0, count=7, sleep=sleep, monotonic=lambda: now[0])
    assert pauses == [1.0, 0.75, 0.75, 1.0, 0.75]
