"""Copies of a chart that stand still."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
import pytest

import nbstream as ns
from nbstream.widgets.chart.look import PALETTE

START = 1_782_907_200.0


@pytest.fixture
def buffer() -> ns.Buffer:
    """A minute of a ramp, in UTC."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(60.0), value=np.arange(60.0))
    return buffer


@pytest.fixture
def chart(buffer: ns.Buffer) -> Iterator[ns.LiveChart]:
    """A chart of the ramp."""
    chart = ns.LiveChart(buffer, window="30s")
    yield chart
    chart.close()


def test_static_copies_hold_the_window(chart: ns.LiveChart) -> None:
    """to_figure has the window's readings at the zone's wall clock; another window can be asked for."""
    trace = chart.to_figure().data[0]
    np.testing.assert_array_equal(trace.y, np.arange(30.0, 60.0))
    assert str(trace.x[-1])[:19] == "2026-07-01T12:00:59"
    assert len(chart.to_figure("all").data[0].y) == 60
    assert "2026-07-01" in chart.to_html(include_plotlyjs=False)
    assert chart.to_dict()["data"][0]["y"][0] == 30.0


def test_static_copies_show_the_time_of_their_window(chart: ns.LiveChart) -> None:
    """The axis spans the window that is asked for, not the minute in which the chart was made."""

    def shown(figure: go.Figure) -> list[str]:
        return [end[:19].replace("T", " ") for end in figure.layout.xaxis.range]

    assert shown(chart.to_figure()) == ["2026-07-01 12:00:29", "2026-07-01 12:00:59"]
    assert shown(chart.to_figure("10s")) == ["2026-07-01 12:00:49", "2026-07-01 12:00:59"]
    assert shown(chart.to_figure("all")) == ["2026-07-01 12:00:00", "2026-07-01 12:00:59"]
    assert shown(chart.to_figure(1)) == ["2026-07-01 12:00:58", "2026-07-01 12:01:00"]
    assert "2026-07-01T12:00:29" in chart.to_html(include_plotlyjs=False)


def test_static_copies_break_at_gaps(buffer: ns.Buffer) -> None:
    """A hole is a break, a reading between two holes has a marker, and a style of the user's stays."""
    times = START + 100 + np.r_[0:40, 80, 120:160].astype(float)
    buffer.extend(times, value=times)
    chart = ns.LiveChart(buffer, window="160s")
    trace = chart.to_figure().data[0]
    assert np.flatnonzero(np.isnan(trace.y)).tolist() == [40, 42]
    assert trace.mode == "lines+markers"
    assert np.flatnonzero(trace.marker.size).tolist() == [41]
    chart.data[0].mode = "markers"
    assert chart.to_figure().data[0].marker.size is None
    chart.data[0].mode = "lines"
    chart.data[0].marker.size = 9
    assert chart.to_figure().data[0].marker.size[41] == 9
    assert chart.data[0].mode == "lines"
    chart.close()


def test_the_time_axis_has_the_wall_clock_of_the_zone() -> None:
    """Its title says which; a title of the user's stays."""
    buffer = ns.Buffer(timezone="Asia/Kolkata")
    buffer.extend(START + np.arange(60.0), value=np.arange(60.0))
    chart = ns.LiveChart(buffer, window="30s")
    axis = chart.to_figure().layout.xaxis
    ends = [end[:19].replace("T", " ") for end in axis.range]
    assert ends == ["2026-07-01 17:30:29", "2026-07-01 17:30:59"]
    assert axis.title.text == "Asia/Kolkata (UTC+05:30)"
    chart.layout.xaxis.title.text = "mine"
    assert chart.to_figure().layout.xaxis.title.text == "mine"
    chart.close()


def test_a_copy_without_readings_shows_the_window_up_to_now() -> None:
    """Not the year 2000, which plotly would show."""
    chart = ns.LiveChart(ns.Buffer(timezone="UTC"), window="30s")
    low, high = map(np.datetime64, chart.to_figure().layout.xaxis.range)
    assert high - low == np.timedelta64(30, "s")
    assert abs(np.datetime64("now") - high) < np.timedelta64(60, "s")
    chart.close()


def test_a_copy_has_the_rows_and_axes_of_the_page(buffer: ns.Buffer) -> None:
    """Units stand left and right, or in rows below each other with one time axis at the bottom."""
    buffer.extend(START + np.arange(60.0), t=np.ones(60), h=np.ones(60))
    buffer.units.update(t="°C", h="%")
    chart = ns.LiveChart(buffer, rows=[["t", "h"], ["value"]])
    figure = chart.to_figure()
    # A channel's number is its place in the buffer.
    assert [(trace.name, trace.yaxis) for trace in figure.data] == [
        ("value", "y3"),
        ("t (°C)", "y"),
        ("h (%)", "y2"),
    ]
    layout = figure.layout
    assert (layout.yaxis2.overlaying, layout.yaxis2.side) == ("y", "right")
    assert [axis.title.text for axis in (layout.yaxis, layout.yaxis2)] == ["°C", "%"]
    assert layout.yaxis.domain[0] > layout.yaxis3.domain[1]
    assert layout.xaxis.anchor == "y3"
    assert {trace.xaxis for trace in figure.data} <= {None, "x"}
    chart.rows = None
    layout = chart.to_figure().layout
    assert layout.yaxis2.overlaying is None
    assert layout.yaxis.domain[0] > layout.yaxis2.domain[1]
    chart.close()


def test_an_axis_on_the_right_has_the_colour_of_its_line(buffer: ns.Buffer) -> None:
    """As long as it is that of one line; a colour of the user's stays."""
    buffer.append(START + 60, t=1.0)
    buffer.units["t"] = "°C"
    chart = ns.LiveChart(buffer)
    axis = chart.to_figure().layout.yaxis2
    assert axis.tickfont.color == axis.title.font.color == PALETTE[1]
    assert chart.to_figure().layout.yaxis.tickfont.color is None
    chart.layout.yaxis2.tickfont.color = "red"
    assert chart.to_figure().layout.yaxis2.tickfont.color == "red"
    buffer.append(START + 61, u=1.0)
    buffer.units["u"] = "°C"
    assert chart.to_figure().layout.yaxis2.title.font.color is None
    chart.close()


def test_a_vertical_line_goes_through_all_rows(buffer: ns.Buffer) -> None:
    """As it does on the page."""
    buffer.append(START + 60, t=1.0)
    chart = ns.LiveChart(buffer, rows=[["t"], ["value"]])
    chart.add_vline(x="2026-07-01 12:00:30")
    (shape,) = chart.to_figure().layout.shapes
    assert (shape.yref, shape.y0, shape.y1) == ("paper", 0, 1)
    assert chart.layout.shapes[0].yref == "y domain"
    chart.close()


def test_a_copy_has_the_looks_of_the_page(buffer: ns.Buffer) -> None:
    """Each channel its colour and dash, whatever else is in the figure; the chart's own traces have none."""
    for i in range(9):
        buffer.append(START + 60, {f"c{i}": 1.0})
    chart = ns.LiveChart(buffer)
    chart.add_scatter(x=[1], y=[1])
    chart.data[1].line.color = "red"
    chart.data[2].marker.color = "blue"
    data = chart.to_figure().data
    assert data[0].line.color == PALETTE[0]
    assert data[1].line.color == "red"
    assert data[2].line.color is None
    assert (data[8].line.color, data[8].line.dash) == (PALETTE[0], "dash")
    assert chart.data[0].line.color is None
    chart.layout.colorway = ["#010203"]
    assert chart.to_figure().data[9].line.color == "#010203"
    chart.close()


def test_a_copy_has_the_range_of_the_policy(buffer: ns.Buffer) -> None:
    """Fixed, reaching to an end, or of exponents on a log axis; that of the layout comes first."""
    chart = ns.LiveChart(buffer, y=(1, 100))

    def axis() -> go.layout.YAxis:
        return chart.to_figure().layout.yaxis

    assert axis().range == (1, 100)
    chart.log = True
    assert axis().type == "log"
    assert axis().range == (0, 2)
    chart.y = (None, 1000)
    assert axis().range is None
    assert axis().autorangeoptions.include == (1000,)
    chart.layout.yaxis.range = [-1, 1]
    chart.y = (1, 10)
    assert axis().range == (-1, 1)
    chart.y = "expand"
    chart.layout.yaxis.range = None
    assert axis().range is None
    chart.close()


def test_a_copy_has_the_breaks_of_the_chart(buffer: ns.Buffer) -> None:
    """Pauses that break no line on the page break none in a copy."""
    buffer.extend(START + 100 + np.arange(40.0), value=np.arange(40.0))
    chart = ns.LiveChart(buffer, window="160s", gap="never")
    assert not np.isnan(chart.to_figure().data[0].y).any()
    chart.gap = 10
    assert np.isnan(chart.to_figure().data[0].y).sum() == 1
    chart.close()


def test_a_threshold_is_on_the_axis_of_its_channel(buffer: ns.Buffer) -> None:
    """A rule for all has its line on each axis; one for a channel that isn't shown has none."""
    buffer.append(START + 60, t=1.0)
    buffer.units["t"] = "°C"
    chart = ns.LiveChart(buffer)
    chart.analyzer.alert("value > 5", channel="t")
    chart.analyzer.alert("value > 7", channel="*")
    chart.analyzer.alert("value > 9", channel="later")
    shapes = chart.to_figure().layout.shapes
    assert [(shape.yref, shape.y0) for shape in shapes] == [("y2", 5), ("y", 7), ("y2", 7)]
    assert chart.layout.shapes == ()
    chart.close()


def test_switches_are_steps(buffer: ns.Buffer) -> None:
    """A channel of zeros and ones is drawn as steps, as on the page, unless somebody chose otherwise."""
    buffer.extend(START + np.arange(60.0), on=np.arange(60) // 7 % 2)
    chart = ns.LiveChart(buffer, window="30s")
    assert [trace.line.shape for trace in chart.to_figure().data] == [None, "hv"]
    chart.data[1].line.shape = "linear"
    assert chart.to_figure().data[1].line.shape == "linear"
    chart.data[1].line.shape = None
    chart.data[1].mode = "markers"
    assert chart.to_figure().data[1].line.shape is None
    chart.close()


def test_areas_are_as_pale_as_on_the_page(buffer: ns.Buffer) -> None:
    """A colour of the user's stays."""
    chart = ns.LiveChart(buffer, window="30s")
    chart.data[0].fill = "tozeroy"
    red, green, blue = bytes.fromhex(PALETTE[0][1:])
    assert chart.to_figure().data[0].fillcolor == f"rgba({red}, {green}, {blue}, 0.2)"
    chart.data[0].fillcolor = "red"
    assert chart.to_figure().data[0].fillcolor == "red"
    chart.close()
