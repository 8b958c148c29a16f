"""What a chart shows at one moment."""

from __future__ import annotations

import numpy as np
import pytest

from nbstream.testing import FakeClock
from nbstream.widgets.keep.record import MAX_LINES
from tests.widgets.keep.scenes import START, record

NAN = float("nan")


def test_statistics_are_those_of_the_window() -> None:
    """Count, last, mean, min and max are of the readings in the window that are not missing."""
    (channel,) = record({"x": [*range(100), NAN]}, window="10s").channels
    assert (channel.count, channel.last, channel.min, channel.max) == (9, 99.0, 91.0, 99.0)
    assert channel.mean == 95.0


def test_the_mean_of_huge_numbers_is_a_number() -> None:
    """A mean is finite where the sum is not."""
    (channel,) = record({"x": [1.5e308, 1.5e308, 1.2e308]}).channels
    assert channel.mean == pytest.approx(1.4e308)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Prague", "recorded 2026-11-28 15:04:05 UTC+1, not live"),
        ("Asia/Kolkata", "recorded 2026-11-28 19:34:05 UTC+5:30, not live"),
        ("America/New_York", "recorded 2026-11-28 09:04:05 UTC-5, not live"),
        ("UTC", "recorded 2026-11-28 14:04:05 UTC, not live"),
    ],
)
def test_it_says_when_it_was_taken(zone: str, said: str) -> None:
    """The time is told on the wall clock of the source's zone, and that this is not live."""
    clock = FakeClock()
    at_ns = int(np.datetime64("2026-11-28T14:04:05", "ns").astype(np.int64))
    clock.advance((at_ns - clock.wall_ns()) / 1e9)
    assert record({}, zone=zone, clock=clock).said == said


def test_incidents_of_the_span_are_taken() -> None:
    """Each incident that reaches into the window is a band and counts for its channel; others are none."""
    values = np.zeros(200)
    values[10:20] = values[150:160] = values[195:] = 9.0
    found = record({"x": values, "y": values * 0}, window="60s", rules=("value > 5",))
    assert [(b.to_ns - b.from_ns) / 1e9 for b in found.bands] == [10.0, 4.0]
    assert [channel.n_incidents for channel in found.channels] == [2, 0]
    assert [(t.value, t.severity) for t in found.thresholds] == [(5.0, "warning")]


def test_a_time_axis_is_never_empty() -> None:
    """One reading, none, or a count window of equal times have an axis with a span."""
    for window in ("60s", 5, "all"):
        assert (
            record({"x": [1.0]}, window=window).to_ns > record({"x": [1.0]}, window=window).from_ns
        )
    empty = record({})
    assert empty.to_ns > empty.from_ns
    assert empty.waiting == "no readings"
    assert not record({"x": [1.0]}).waiting
    same = record({"x": [1.0, 2.0]}, [START, START], window="all")
    assert same.to_ns > same.from_ns


def test_names_and_titles_are_plain() -> None:
    """Directions and line breaks are gone, long names are shortened; a title is what the page shows."""
    name = "\u202eevil\n" + "y" * 300 + "end"
    found = record({name: [1.0]}, title="Hall\n<4> & \u202e5")
    assert found.channels[0].name.startswith("evil y")
    assert found.channels[0].name.endswith("yend")
    assert len(found.channels[0].name) == 40
    assert found.title == "Hall <4> & 5"


def test_many_channels_are_counted() -> None:
    """Beyond the most that are shown channels are told by their number."""
    found = record({f"c{i}": [1.0] for i in range(MAX_LINES + 3)})
    assert len(found.channels) == MAX_LINES
    assert found.n_left_out == 3
