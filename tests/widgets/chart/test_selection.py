"""Tests of a selected span."""

from __future__ import annotations

import math
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from nbstream.readings.buffer import Buffer
from nbstream.widgets.chart.selection import Selection, read_span

START = 1_782_907_200
SECOND = 10**9


@pytest.fixture
def buffer() -> Buffer:
    """Return ten seconds of one reading a second, one of them missing, and a channel that is silent."""
    buffer = Buffer(timezone="UTC")
    values = np.arange(10.0) - 3
    values[4] = np.nan
    buffer.extend([START + i for i in range(10)], x=values)
    buffer.append(START + 100, y=1.0)
    return buffer


def test_statistics_are_those_of_the_readings_in_the_span(buffer: Buffer) -> None:
    """Both ends count, missing readings don't; rms is of the values, std has ddof 1."""
    span = Selection(buffer, ("x", "y"), (START + 2) * SECOND, (START + 7) * SECOND)
    stats = span.statistics()
    values = np.array([-1.0, 0.0, 2.0, 3.0, 4.0])
    assert stats["x"].count == 5
    assert (stats["x"].min, stats["x"].max, stats["x"].peak_to_peak) == (-1, 4, 5)
    assert stats["x"].mean == pytest.approx(values.mean())
    assert stats["x"].rms == pytest.approx(math.sqrt((values**2).mean()))
    assert stats["x"].std == pytest.approx(values.std(ddof=1))
    assert stats["x"].interval == 1.0
    assert stats["y"].count == 0
    assert all(math.isnan(value) for value in astuple(stats["y"])[1:])


def test_readings_are_a_table(buffer: Buffer) -> None:
    """The table holds what lies in the span, with the buffer's zone."""
    frame = Selection(buffer, ("x",), (START + 2) * SECOND, (START + 4) * SECOND).to_pandas()
    assert frame["x"].tolist()[:2] == [-1.0, 0.0]
    assert len(frame) == 3
    assert frame.index[0] == pd.Timestamp(START + 2, unit="s", tz="UTC")


def test_a_span_drawn_from_right_to_left_is_the_same(buffer: Buffer) -> None:
    """The ends of a drag come in any order, in milliseconds."""
    span = read_span((START + 7) * 1e3, (START + 2) * 1e3, ["x"], buffer)
    assert (span.begin_ns, span.end_ns) == ((START + 2) * SECOND, (START + 7) * SECOND)


def test_an_offset_costs_no_digits() -> None:
    """Small changes on a large offset keep their spread; nothing is squared before it is centred."""
    buffer = Buffer(timezone="UTC")
    values = 1e9 + np.sin(np.arange(5000.0)) * 1e-3
    buffer.extend([START + i for i in range(5000)], x=values)
    stats = Selection(buffer, ("x",), 0, 2**62).statistics()["x"]
    assert stats.std == pytest.approx(values.std(ddof=1), rel=1e-6)
