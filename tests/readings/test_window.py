"""Windows and durations: what people write is read, written back, or refused with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.readings.window import Window, format_duration, parse_duration
from tests.strategies import NS


@pytest.mark.parametrize(
    ("window", "ns"),
    [
        ("60s", 60 * NS),
        ("5min", 300 * NS),
        ("5m", 300 * NS),
        ("1h30min", 5400 * NS),
        (" 1 h 30 min ", 5400 * NS),
        ("500ms", NS // 2),
        ("1.5s", 3 * NS // 2),
        (".5s", NS // 2),
        ("2 Days", 2 * 86400 * NS),
        ("10 SECONDS", 10 * NS),
        (timedelta(minutes=5), 300 * NS),
        (timedelta(microseconds=1), 1000),
        (pd.Timedelta("60s"), 60 * NS),
        (pd.Timedelta(1, unit="ns"), 1),
        (np.timedelta64(60, "s"), 60 * NS),
    ],
)
def test_durations(window: Any, ns: int) -> None:
    """A duration, however it is given, is its nanoseconds."""
    assert Window.parse(window) == Window(duration_ns=ns)


@pytest.mark.parametrize("window", [1000, "1000", " 1000 ", np.int64(1000)])
def test_numbers_of_readings(window: Any) -> None:
    """A whole number counts readings."""
    assert Window.parse(window) == Window(readings=1000)
    assert Window.parse(window).label == "1,000 readings"


@pytest.mark.parametrize("window", ["all", "ALL", " all "])
def test_all(window: str) -> None:
    """The word "all" is everything that is held."""
    assert Window.parse(window) == Window()
    assert str(Window.parse(window)) == Window.parse(window).label == "all"


@pytest.mark.parametrize(
    "window", ["0s", 0, -5, "0", timedelta(0), timedelta(seconds=-1), 2**62, "100000d", 2**80]
)
def test_windows_that_are_too_short_or_too_long(window: Any) -> None:
    """Zero, less, and more than int64 can add are refused, and the message shows what was given."""
    with pytest.raises(ValueError, match="'window' (must be|is too long)"):
        Window.parse(window)


@pytest.mark.parametrize(
    "window", ["", "s", "60", "-60s", "60x", "60s!", "1e3s", "5 5s", "5s5", "nan", "٣s?", "1..5s"]
)
def test_text_that_is_no_window(window: str) -> None:
    """What cannot be read is refused with an example of what can."""
    if window == "60":
        assert Window.parse(window).readings == 60
        return
    with pytest.raises(ValueError, match="'window' must be a duration such as '60s'"):
        Window.parse(window)


@pytest.mark.parametrize("window", [None, True, 1.5, 60.0, [], {"a": 1}, b"60s"])
def test_types_that_are_no_window(window: Any) -> None:
    """A float is neither seconds nor readings, a bool is nothing."""
    with pytest.raises(TypeError, match="'window' must be"):
        Window.parse(window)


@given(st.integers(1, 2**62 - 1))
def test_what_is_written_is_read_back(ns: int) -> None:
    """The text of a window gives the same window again, to the nanosecond."""
    assert parse_duration(format_duration(ns), name="window") == ns
    window = Window(duration_ns=ns)
    assert Window.parse(str(window)) == window


@given(st.integers(1, 2**62 - 1))
def test_readings_are_read_back(readings: int) -> None:
    """The text of a number of readings gives the same window again."""
    window = Window(readings=readings)
    assert Window.parse(str(window)) == window


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (60, "60s"),
        (90, "90s"),
        (120, "120s"),
        (300, "5min"),
        (3600, "1h"),
        (5400, "90min"),
        (86400, "1d"),
    ],
)
def test_names_that_people_use(seconds: int, text: str) -> None:
    """Short windows stay in seconds, long ones take the largest whole unit."""
    assert format_duration(seconds * NS) == text


@pytest.mark.parametrize(
    ("duration", "ns"),
    [(3, 3 * NS), (0, 0), (0.25, NS // 4), ("3s", 3 * NS), (timedelta(seconds=3), 3 * NS)],
)
def test_durations_may_be_seconds_or_zero(duration: Any, ns: int) -> None:
    """Where a duration is asked for, a plain number is seconds, and zero is allowed."""
    assert parse_duration(duration, name="for_") == ns


@pytest.mark.parametrize(
    "duration", [-1, -0.5, float("nan"), float("inf"), timedelta(seconds=-1), "x", ""]
)
def test_durations_that_are_refused(duration: Any) -> None:
    """The message begins with the name of the argument."""
    with pytest.raises(ValueError, match="^'for_' must be"):
        parse_duration(duration, name="for_")


@pytest.mark.parametrize("duration", [None, True, []])
def test_types_that_are_no_duration(duration: Any) -> None:
    """Other types raise TypeError."""
    with pytest.raises(TypeError, match="^'for_' must be"):
        parse_duration(duration, name="for_")


@pytest.mark.parametrize("window", [np.timedelta64("NaT"), pd.NaT, pd.Timedelta("NaT")])
def test_a_missing_duration_is_refused(window: Any) -> None:
    """NaT is no window."""
    with pytest.raises((ValueError, TypeError), match="'window' must be"):
        Window.parse(window)


@pytest.mark.parametrize("text", ["9" * 400 + "d", "1e9", "99999999999999d", 1e300, -1e300])
def test_durations_beyond_all_clocks_are_refused(text: str | float) -> None:
    """A duration that no clock can measure is an error with its name, not an overflow."""
    with pytest.raises(ValueError, match="'for_' must be|'for_' is too long"):
        parse_duration(text, name="for_")
