"""What pages are told of channels of words."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import numpy as np
import pytest

from nbstream import Buffer, LiveChart
from nbstream.summaries.bins import MIXED
from nbstream.widgets.panels.cards import Cards

START = 1_782_907_200


@pytest.fixture
def buffer() -> Buffer:
    """A number and a state each second, with a silence of ten."""
    buffer = Buffer(timezone="UTC")
    times = np.array([i for i in range(60) if not 40 <= i < 50], float)
    states = ["IDLE" if i < 30 else "RUN" for i in times]
    buffer.extend(START + times, value=times, state=states)
    return buffer


def points_of(payload: Any, channel: int) -> tuple[list[float], list[float]]:
    """Return the times (s since the start) and codes of one line of a payload."""
    numbers = np.frombuffer(payload.buffers[0], np.float64)
    for number, n, _ in payload.content["lines"]:
        if number == channel:
            times, values = numbers[:n] / 1e3 - START, numbers[n : 2 * n]
            return times.tolist(), [None if v != v else v for v in values.tolist()]
        numbers = numbers[2 * n :]
    raise AssertionError(channel)


def test_a_lane_is_runs_with_their_labels(buffer: Buffer) -> None:
    """A snapshot has where states begin and end, blank in a silence, and the labels of its codes."""
    with closing(LiveChart(buffer, window="2min")) as chart:
        chart._feed.frame()
        snapshot = chart._feed.snapshot()
        times, codes = points_of(snapshot, 1)
        assert codes == [0, 0, 1, 1, None, 1, 1]
        assert times == [0, 29, 30, 39, 50, 50, 59]
        assert snapshot.content["labels"] == {"1": [[0, "IDLE", 0], [1, "RUN", 1]]}
        assert snapshot.content["meta"]["lanes"] == {"1": False}
        figure = snapshot.content["meta"]["figure"]
        assert figure["lines"][1]["lane"] is True
        assert [axis["channels"] for row in figure["rows"] for axis in row["axes"]] == [[0]]


def test_labels_go_once_until_the_next_snapshot(buffer: Buffer) -> None:
    """A frame tells only labels that pages don't know."""
    with closing(LiveChart(buffer, window="2min")) as chart:
        chart._feed.frame()
        chart._feed.snapshot()
        buffer.append(START + 60, value=1.0, state="RUN")
        frame = chart._feed.frame()
        assert frame is not None
        assert "labels" not in frame.content
        buffer.append(START + 61, value=1.0, state="<b>\u202eERROR</b>\n" + "x" * 10_000)
        frame = chart._feed.frame()
        assert frame is not None
        ((code, text, shade),) = frame.content["labels"]["1"]
        assert (code, shade, len(text)) == (2, 2, 80)
        assert text.startswith("<b>ERROR</b> xx")


def test_looking_back_has_its_labels(buffer: Buffer) -> None:
    """An answer to one page needs nothing before it, and says where states change too fast to be seen."""
    n = 2000
    buffer.extend(START + 60 + np.arange(n) / 100, state=[f"S{i % 7}" for i in range(n)])
    with closing(LiveChart(buffer, window="2min")) as chart:
        begin = START * 10**9
        answer = chart._feed.history(begin, begin + 80 * 10**9, 100)
        _, codes = points_of(answer, 1)
        assert MIXED in codes
        assert len(codes) < 400
        told = {code for code, _, _ in answer.content["labels"]["1"]}
        assert told == {code for code in codes if code is not None and code >= 0}


def test_a_state_that_is_told_when_it_changes_has_no_gaps() -> None:
    """A door that is open for hours and closed for seconds was never silent."""
    buffer = Buffer(timezone="UTC")
    times = np.cumsum([1.0, 2.0] * 10 + [4000.0, 3.0, 9000.0, 2.0] + [1.0, 2.0] * 10)
    buffer.extend(START + times, door=["open", "closed"] * 22)
    with closing(LiveChart(buffer, window="all")) as chart:
        chart._feed.frame()
        snapshot = chart._feed.snapshot()
        assert snapshot.content["meta"]["lanes"] == {"0": True}
        assert None not in points_of(snapshot, 0)[1]


def test_little_frames_have_labels_too(buffer: Buffer) -> None:
    """Where there is little room, labels are short, and fit."""
    for i in range(30):
        buffer.append(START + 60 + i, value=1.0, state=f"{i} is a state with a long label " * 3)
    with closing(LiveChart(buffer, window="2min")) as chart:
        payload = chart._feed.little(1300, whole=True)
        assert payload is not None
        assert len(str(payload.content)) + sum(map(len, payload.buffers)) < 2000


def test_hiding_a_lane_hides_it_for_everybody(buffer: Buffer) -> None:
    """A lane has no trace; the chart remembers."""
    with closing(LiveChart(buffer, window="2min")) as chart:
        chart._show_lane(1, False)
        chart._sync()
        assert chart._described["lines"][1]["visible"] is False
        chart._show_lane(1, True)
        chart._sync()
        assert chart._described["lines"][1]["visible"] is True


def test_cards_show_the_word(buffer: Buffer) -> None:
    """The table of channels has the label in place of numbers."""
    with closing(LiveChart(buffer)) as chart:
        chart.analyzer.update()
        cards = Cards(chart.analyzer)
        try:
            channel = cards._state()["channels"][1]
        finally:
            cards.close()
        assert channel["label"] == "RUN"
        assert channel["scale"] == [None] * 5


def test_a_filled_line_is_told(buffer: Buffer) -> None:
    """fill="tozeroy" of a trace is drawn by the page."""
    with closing(LiveChart(buffer)) as chart:
        assert "fill" not in chart._described["lines"][0]
        chart.data[0].fill = "tozeroy"
        chart._sync()
        assert chart._described["lines"][0]["fill"] is True
