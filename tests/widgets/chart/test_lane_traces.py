"""Channels of words in copies of a chart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.widgets.chart.look import PALETTE
from nbstream.widgets.keep.canvas import blended
from nbstream.widgets.keep.lanes import FAINT

START = 1_782_907_200.0


@pytest.fixture
def buffer() -> ns.Buffer:
    """A minute of a ramp, of a pump's state, and of a door that was opened an hour before."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.append(START - 3600, door="open")
    states = ["IDLE"] * 20 + ["<b>RUN"] * 20 + ["IDLE"] * 20
    buffer.extend(START + np.arange(60.0), value=np.arange(60.0), pump=states)
    return buffer


@pytest.fixture
def chart(buffer: ns.Buffer) -> Iterator[ns.LiveChart]:
    """A chart of the last half minute."""
    chart = ns.LiveChart(buffer, window="30s")
    yield chart
    chart.close()


def lanes(figure: Any) -> dict[str, Any]:
    """Return the traces of a figure that are lanes, by their names."""
    return {trace.name: trace for trace in figure.data if trace.type == "bar"}


def test_a_lane_is_a_row_of_bars(chart: ns.LiveChart) -> None:
    """Each state is a bar from when to when it lasted, with its label and the colour it has on the page."""
    found = lanes(chart.to_figure())
    assert list(found) == ["door", "pump"]
    pump = found["pump"]
    assert list(pump.text) == ["&lt;b&gt;RUN", "IDLE"]
    assert [str(begin)[11:19] for begin in pump.base] == ["12:00:29", "12:00:40"]
    np.testing.assert_allclose(pump.x, [11_000, 19_000], atol=20)
    shades = [chart.analyzer.buffer._store.shade(label) for label in ("<b>RUN", "IDLE")]
    assert list(pump.marker.color) == [PALETTE[shade] for shade in shades]
    assert pump.hovertext[0] == "&lt;b&gt;RUN<br>12:00:29 – 12:00:40"


def test_a_state_that_holds_on_is_faint(chart: ns.LiveChart) -> None:
    """One that was told before the window fills it."""
    door = lanes(chart.to_figure())["door"]
    assert sum(door.x) == pytest.approx(30_000, abs=50)
    assert door.marker.color[-1] == blended(PALETTE[0], FAINT)
    assert set(door.text) == {"open"}


def test_axes_make_room_for_lanes(chart: ns.LiveChart) -> None:
    """The lanes stand below, on an axis of their own, and the time axis below them."""
    layout = chart.to_figure().layout
    lane = lanes(chart.to_figure())["pump"].yaxis
    axis = layout[f"yaxis{lane[1:]}"]
    assert axis.domain[1] < layout.yaxis.domain[0] < 0.5
    assert layout.xaxis.anchor == lane
    assert list(axis.ticktext) == ["door", "pump"]
    assert layout.height == chart.layout.height


def test_a_hidden_lane_stays_hidden(chart: ns.LiveChart) -> None:
    """What somebody hid on the page is not in copies."""
    chart._show_lane(0, False)
    assert list(lanes(chart.to_figure())) == ["pump"]


def test_many_lanes_make_the_figure_higher() -> None:
    """Thirty channels of words are thirty lanes that can be read; alone they have all the room."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(9.0), {f"c{i}": [f"s{i}"] * 9 for i in range(30)})
    chart = ns.LiveChart(buffer, window="30s")
    alone = chart.to_figure()
    assert len(lanes(alone)) == 30
    assert alone.layout.yaxis.domain == (0, 1)
    buffer.extend(START + np.arange(9.0), x=np.arange(9.0))
    assert chart.to_figure().layout.height >= alone.layout.height + 100
    assert chart.layout.height == 380
    chart.close()


def test_copies_with_lanes_are_json(chart: ns.LiveChart) -> None:
    """`to_html` and `write_image` have them too."""
    assert "RUN" in chart.to_html(include_plotlyjs=False)
    traces = json.loads(chart.to_figure().to_json())["data"]
    assert [trace["type"] for trace in traces] == ["scatter", "bar", "bar"]


def test_a_span_of_the_past_has_the_states_of_then(chart: ns.LiveChart) -> None:
    """A view that looks back saves what it shows."""
    span = (int((START + 5) * 1e9), int((START + 15) * 1e9))
    figure = chart._static(None, span)
    pump = next(trace for trace in figure["data"] if trace["name"] == "pump")
    assert pump["text"] == ["IDLE"]
    assert sum(pump["x"]) == pytest.approx(10_000, abs=20)


def test_one_reading_is_seen() -> None:
    """A state that was told once, just now, is a bar at the right end."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.append(START, pump="RUN")
    chart = ns.LiveChart(buffer, window="60s")
    (pump,) = lanes(chart.to_figure()).values()
    assert list(pump.x) == [60.0]
    assert list(pump.base) == [np.datetime64("2026-07-01T11:59:59.940", "us")]
    chart.close()
