"""The chart of a terminal: panels, axes, limits, and what it is in a narrow one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nbstream import Analyzer, Buffer
from nbstream.commands.terminal.chart import Chart

START = 1_782_907_200


@pytest.fixture
def buffer() -> Buffer:
    """Return a minute of three channels of different sizes."""
    buffer = Buffer(timezone="UTC")
    t = np.arange(60.0)
    buffer.units["temperature"] = "°C"
    buffer.extend(START + t, temperature=20 + t / 60, pressure=101_325 + t, ratio=np.sin(t / 5))
    return buffer


@pytest.fixture
def analyzer(buffer: Buffer) -> Iterator[Analyzer]:
    """Return its analyzer."""
    with Analyzer(buffer, window="all") as analyzer:
        analyzer.update()
        yield analyzer


def text(chart: Chart, width: int, height: int) -> list[str]:
    """Return the lines of a chart without their styles."""
    return ["".join(cell.sign for cell in line) for line in chart.lines(width, height)]


def test_channels_of_other_sizes_have_panels_of_their_own(analyzer: Analyzer) -> None:
    """Each with its title and labels; the time stands below all of them, with its zone."""
    lines = text(Chart(analyzer), 80, 24)
    assert len(lines) == 24
    titles = [line.strip() for line in lines if "┤" not in line and "│" not in line]
    assert "temperature [°C]" in titles
    assert any("12:00:30" in line and line.endswith("UTC") for line in lines)
    assert any("101,340 ┤" in line for line in lines)


@pytest.mark.parametrize("width", [8, 20, 40, 80, 200])
@pytest.mark.parametrize("height", [1, 4, 5, 9, 24, 60])
@pytest.mark.parametrize("has_unicode", [True, False])
def test_it_fits(analyzer: Analyzer, width: int, height: int, has_unicode: bool) -> None:
    """No line is longer than the terminal is wide, and without Unicode axes and lines are ASCII."""
    lines = text(Chart(analyzer, has_unicode=has_unicode), width, height)
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)
    if not has_unicode:
        assert all(line.replace("°", "").replace("…", "").isascii() for line in lines)


def test_what_is_watched_is_seen_first(analyzer: Analyzer) -> None:
    """In a low terminal the panel of a rule stands, and the others are counted."""
    analyzer.alert("ratio > 0.9")
    lines = text(Chart(analyzer), 60, 9)
    assert lines[0].startswith("ratio")
    assert "and 2 more" in lines[0]


def test_a_limit_is_a_line(analyzer: Analyzer) -> None:
    """One near the readings widens the axis, one far away does not."""
    analyzer.alert("ratio > 1.5", severity="critical")
    analyzer.alert("ratio > 1000", severity="critical")
    lines = Chart(analyzer).lines(60, 9)
    assert any(cell.style == "red" for line in lines for cell in line)
    assert all("1,000" not in line for line in text(Chart(analyzer), 60, 9))


def test_without_numbers_there_is_none() -> None:
    """No reading, words only, or nothing but gaps."""
    buffer = Buffer(timezone="UTC")
    with Analyzer(buffer, window="all") as analyzer:
        assert text(Chart(analyzer), 80, 24) == []
        buffer.append(START, state="RUN")
        analyzer.update()
        assert text(Chart(analyzer), 80, 24) == []
        buffer.append(START, x=float("nan"))
        analyzer.update()
        assert len(text(Chart(analyzer), 80, 24)) == 24


def test_one_reading_stands_in_the_middle() -> None:
    """With a second around it."""
    buffer = Buffer(timezone="UTC")
    buffer.append(START, x=5.0)
    with Analyzer(buffer, window="all") as analyzer:
        analyzer.update()
        lines = text(Chart(analyzer), 60, 12)
    (row,) = [line for line in lines if any("⠁" <= sign <= "⣿" for sign in line)]
    assert abs(next(i for i, sign in enumerate(row) if "⠁" <= sign <= "⣿") - 33) < 4
    assert any("12:00:00" in line for line in lines)
