"""Lanes of words in kept pictures."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import nbstream as ns
from nbstream.summaries.bins import MIXED
from nbstream.widgets.chart.lanes import Label
from nbstream.widgets.chart.look import PALETTE
from nbstream.widgets.keep.canvas import WIDTH, blended
from nbstream.widgets.keep.lanes import FAINT, runs
from nbstream.widgets.keep.record import Record, Subject, take
from nbstream.widgets.keep.svg import draw_svg
from nbstream.widgets.keep.table import text_table
from tests.widgets.keep.scenes import START, drawn, is_color, record, traces

NAN = float("nan")


def blocks(places: list[float], codes: list[float], until: float | None = None) -> list[Any]:
    """Return the runs of a lane of ten columns."""
    found = runs(np.array(places), np.array(codes), 0, 10, until)
    return [(run.code, run.first, run.stop, run.is_faint) for run in found]


def test_a_state_lasts_until_the_next_is_told() -> None:
    """A block ends where the next state begins; the last one where it was told last."""
    assert blocks([0, 3, 6], [0, 1, 1]) == [(0, 0, 3, False), (1, 3, 7, False)]


def test_a_silence_is_blank() -> None:
    """A block ends with the last reading before a NaN."""
    assert blocks([0, 3, 6, 8], [0, 0, NAN, 0]) == [(0, 0, 4, False), (0, 8, 9, False)]


def test_states_within_a_column_are_several() -> None:
    """So are those of a bin that says so; the states around them keep their columns."""
    assert blocks([0, 4.2, 4.6, 5], [0, 1, 2, 0]) == [
        (0, 0, 4, False), (MIXED, 4, 5, False), (0, 5, 6, False),
    ]  # fmt: skip
    assert blocks([0, 2, 3], [0, MIXED, 1]) == [
        (0, 0, 2, False), (MIXED, 2, 3, False), (1, 3, 4, False),
    ]  # fmt: skip


def test_a_state_that_is_told_when_it_changes_goes_on_faint() -> None:
    """Up to the time up to which it is known, within the picture."""
    assert blocks([2], [3], until=7) == [(3, 2, 3, False), (3, 3, 7, True)]
    assert blocks([2], [3], until=1e6) == [(3, 2, 3, False), (3, 3, 10, True)]


def test_what_was_told_before_the_picture_is_in_it() -> None:
    """A state that began before the left edge begins there."""
    assert blocks([-1e6, 4, 1e6], [0, 1, 0]) == [(0, 0, 4, False), (1, 4, 10, False)]


def test_the_newest_state_is_seen() -> None:
    """A state that was told at the right edge only has its last column."""
    assert blocks([10], [0]) == [(0, 9, 10, False)]
    assert blocks([3, 10], [0, 1]) == [(0, 3, 9, False), (1, 9, 10, False)]


def words(**channels: list[Any]) -> Record:
    """Return a record of a minute of words and numbers."""
    return record(channels, START + np.arange(60) + 1)


@pytest.fixture
def states() -> Record:
    """Twenty seconds each of IDLE, RUN and IDLE, and a number."""
    return words(pump=["IDLE"] * 20 + ["RUN"] * 20 + ["IDLE"] * 20, x=[*range(60)])


def test_a_lane_has_the_colours_of_its_labels(states: Record) -> None:
    """Blocks lie below the rows, in the colours that labels have on the page, as wide as they lasted."""
    picture = drawn(states)
    found = [is_color(picture[-90:], color, 4).any(axis=0).mean() for color in PALETTE[:3]]
    assert 0.5 < found[0] / found[1] / 2 < 1.5
    assert 0.2 < found[1] < 0.4
    assert found[2] == 0


def test_words_are_cut_to_the_width_of_their_block() -> None:
    """A label that has no room is shortened, one that has none at all left out."""
    long = "a state whose name is far too long for its block"
    svg = draw_svg(words(pump=["IDLE"] * 2 + [long] * 5 + ["x" * 90] * 53))
    assert ">IDLE<" not in svg
    assert long not in svg
    assert "…" in svg


def test_labels_are_text() -> None:
    """Markup in a label is no markup of the picture's."""
    svg = draw_svg(words(pump=["<b>&"] * 60))
    assert "&lt;b&gt;&amp;" in svg


def test_the_table_has_words(states: Record) -> None:
    """The newest word stands where numbers have their newest value; a mean there is none."""
    (head, pump, _) = text_table(states).splitlines()
    assert pump.split() == ["pump", "59", "s", "60", "IDLE", "–", "–", "–", "0"]
    assert len(head) > 20


def test_a_state_from_before_the_window_is_shown() -> None:
    """A door that was opened an hour ago is open in the picture of the last minute."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.append(START - 3600, door="open")
    buffer.extend(START + np.arange(61), x=np.ones(61))
    with ns.Analyzer(buffer, window="60s") as analyzer:
        found = take(analyzer, Subject(traces(["door", "x"])))
    (door, _) = found.channels
    assert (door.count, door.states is not None) == (0, True)
    faint = is_color(drawn(found), blended(PALETTE[0], FAINT), 4)
    assert faint.any(axis=0).mean() > 0.8
    assert ">open<" in draw_svg(found)


@pytest.mark.parametrize("n", [1, 2, 30, 60])
def test_any_number_of_lanes_has_a_picture(n: int) -> None:
    """Each has its lane up to a bound; more are counted."""
    found = words(**{f"c{i}": [f"s{j % (i + 1)}" for j in range(60)] for i in range(n)})
    svg = draw_svg(found)
    assert svg.count(">c") == min(n, 32)
    assert ("28 more" in svg) == (n == 60)
    assert drawn(found, 0.5).shape[1] == WIDTH // 2


def test_lanes_with_many_labels_are_told_apart() -> None:
    """After eight labels the colours come again with lines in them."""
    assert [Label("", shade).n_stripes for shade in (0, 7, 8, 16, 24)] == [0, 0, 1, 2, 0]
    assert Label("", 9).color == PALETTE[1]


def test_the_svg_is_well_formed(states: Record) -> None:
    """Whatever the labels are."""
    odd = ["\u202e<b>", "🙂 & '\"", "a\x00b", "]]>"] * 15
    for found in (states, words(pump=odd)):
        assert ElementTree.fromstring(draw_svg(found)).tag.endswith("svg")
