"""What a page is told of a figure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.chart.figure import terse

START = 1_782_907_200.0

Make = Callable[..., ns.LiveChart]


@pytest.fixture
def make() -> Iterator[Make]:
    """Make charts of channels with these units, in a zone two hours ahead of UTC."""
    charts: list[ns.LiveChart] = []

    def make(units: dict[str, str] | None = None, **options: Any) -> ns.LiveChart:
        units = {"a": ""} if units is None else units
        buffer = ns.Buffer(timezone=dt.timezone(dt.timedelta(hours=2)))
        for name in units:
            buffer.extend(START + np.arange(3.0), {name: [1.0, 2.0, 3.0]})
        buffer.units.update({name: unit for name, unit in units.items() if unit})
        charts.append(ns.LiveChart(buffer, **options))
        return charts[-1]

    yield make
    for chart in charts:
        chart.close()


def figure(chart: ns.LiveChart) -> dict[str, Any]:
    """Return `meta.figure` as a page has it."""
    described = chart._feed.snapshot().content["meta"]["figure"]
    told: dict[str, Any] = json.loads(json.dumps(described, allow_nan=False))
    return told


def axes(chart: ns.LiveChart) -> list[list[list[int]]]:
    """Return the channels of each axis, by row."""
    return [[axis["channels"] for axis in row["axes"]] for row in figure(chart)["rows"]]


def test_a_plain_chart(make: Make) -> None:
    """One channel: one row, one axis, one solid line in the first colour, and nothing of plotly's."""
    assert figure(make()) == {
        "title": None,
        "height": 380,
        "rows": [
            {
                "share": 1.0,
                "axes": [
                    {
                        "id": "y",
                        "title": "",
                        "unit": "",
                        "channels": [0],
                        "range": None,
                        "policy": "fit",
                        "soft": [None, None],
                        "log": False,
                    }
                ],
            }
        ],
        "lines": [
            {
                "name": "a",
                "unit": "",
                "palette": 0,
                "color": None,
                "width": 1.5,
                "dash": "solid",
                "mode": None,
                "shape": "linear",
                "markerSize": 6,
                "opacity": 1.0,
                "visible": True,
            }
        ],
        "thresholds": [],
        "shapes": [],
        "guests": None,
    }


def test_an_empty_chart(make: Make) -> None:
    """Before the first reading there is one axis with nothing on it."""
    chart = make({})
    assert axes(chart) == [[[]]]
    assert figure(chart)["lines"] == []


def test_units_have_axes(make: Make) -> None:
    """Two units stand left and right, three below each other; each says its unit."""
    two = figure(make({"t": "°C", "h": "%"}))["rows"]
    assert [[axis["unit"] for axis in row["axes"]] for row in two] == [["°C", "%"]]
    three = figure(make({"t": "°C", "h": "%", "p": "Pa"}))["rows"]
    assert [[axis["title"] for axis in row["axes"]] for row in three] == [["°C"], ["%"], ["Pa"]]
    assert [row["share"] for row in three] == pytest.approx([1 / 3] * 3, abs=1e-3)


def test_a_unit_that_comes_later_moves_channels(make: Make) -> None:
    """A second unit opens an axis on the right, a third rows; what it is called follows."""
    chart = make({"a": "V", "b": "V"})
    assert axes(chart) == [[[0, 1]]]
    chart.analyzer.buffer.units["b"] = "A"
    chart._sync()
    assert axes(chart) == [[[0], [1]]]
    assert chart.data[1].name == "b (A)"
    chart.analyzer.buffer.append(START + 9, c=1.0)
    chart.analyzer.buffer.units["c"] = "W"
    chart._sync()
    assert axes(chart) == [[[0]], [[1]], [[2]]]
    chart.analyzer.buffer.units.update(a="W", b="W")
    chart._sync()
    assert axes(chart) == [[[0, 1, 2]]]


def test_rows_can_be_chosen(make: Make) -> None:
    """At the beginning and later; None gives them back to the units."""
    chart = make({"a": "V", "b": "V", "c": "A"}, rows=[["c"], ["a", "b"]])
    assert chart.rows == (("c",), ("a", "b"))
    assert axes(chart) == [[[2]], [[0, 1]]]
    chart.rows = [["a"], ["b"], ["c"]]
    assert axes(chart) == [[[0]], [[1]], [[2]]]
    chart.rows = None
    assert axes(chart) == [[[0, 1], [2]]]


def test_an_arrangement_of_the_users_own(make: Make) -> None:
    """A trace that is put on another axis of plotly's is drawn there."""
    chart = make({"a": "", "b": ""})
    chart.update_layout(yaxis2={"overlaying": "y", "side": "right", "title": "mine"})
    chart.data[1].yaxis = "y2"
    assert axes(chart) == [[[0], [1]]]
    assert figure(chart)["rows"][0]["axes"][1]["title"] == "mine"
    chart.layout.yaxis.domain = [0.5, 1]
    chart.layout.yaxis2.update(overlaying=None, domain=[0, 0.4])
    assert axes(chart) == [[[0]], [[1]]]
    assert [row["share"] for row in figure(chart)["rows"]] == pytest.approx(
        [5 / 9, 4 / 9], abs=1e-3
    )


def test_what_the_user_called_things_stays(make: Make) -> None:
    """A title of an axis and a name of a line that the user chose outlast new units and channels."""
    chart = make({"a": "V"}, layout={"yaxis": {"title": {"text": "mine"}}})
    chart.data[0].name = "my <b>line</b> &amp;"
    chart.analyzer.buffer.append(START + 9, b=1.0)
    chart.analyzer.buffer.units["a"] = "A"
    chart._sync()
    assert figure(chart)["rows"][0]["axes"][0]["title"] == "mine"
    assert [line["name"] for line in figure(chart)["lines"]] == ["my line &", "b"]
    chart.analyzer.buffer.units["b"] = "W"
    chart._sync()
    chart.layout.yaxis2.title.text = None
    chart.analyzer.buffer.units["b"] = "kW"
    chart._sync()
    assert figure(chart)["rows"][0]["axes"][1]["title"] == ""


def test_a_trace_that_was_taken_away_stays_away(make: Make) -> None:
    """Its channel keeps its number and is drawn nowhere."""
    chart = make({"a": "", "b": ""})
    chart.data = chart.data[1:]
    chart.analyzer.buffer.append(START + 9, c=1.0)
    chart._sync()
    assert [trace.name for trace in chart.data] == ["b", "c"]
    assert [line["visible"] for line in figure(chart)["lines"]] == [False, True, True]
    assert axes(chart) == [[[1, 2]]]


def test_styles_of_a_line(make: Make) -> None:
    """What plotly calls them is what is drawn; a colour of the user's is no colour of the palette."""
    chart = make({"a": "", "b": ""})
    chart.data[0].update(
        line={"color": "red", "width": 3, "dash": "dot", "shape": "hv"},
        mode="lines+markers+text",
        marker={"size": 9, "color": "blue"},
        opacity=0.5,
        visible="legendonly",
    )
    chart.data[1].marker.color = "rgb(1,2,3)"
    first, second = figure(chart)["lines"]
    assert first == {
        "name": "a",
        "unit": "",
        "palette": None,
        "color": "red",
        "width": 3,
        "dash": "dot",
        "mode": "lines+markers",
        "shape": "hv",
        "markerSize": 9,
        "opacity": 0.5,
        "visible": False,
    }
    assert (second["color"], second["palette"]) == ("rgb(1,2,3)", None)
    chart.data[1].marker.color = None
    chart.layout.colorway = ["#111111", "#222222", "#333333"]
    assert figure(chart)["lines"][1]["color"] == "#222222"
    assert chart.data[1].line.color is None
    chart.data[1].mode = "none"
    assert figure(chart)["lines"][1]["mode"] == "none"


def test_the_ninth_channel_is_dashed(make: Make) -> None:
    """Colours come again in the next dash, unless the user chose one."""
    chart = make({f"c{i}": "" for i in range(10)})
    lines = figure(chart)["lines"]
    assert [(line["palette"], line["dash"]) for line in lines[7:]] == [
        (7, "solid"),
        (0, "dash"),
        (1, "dash"),
    ]
    chart.data[8].line.dash = "solid"
    assert figure(chart)["lines"][8]["dash"] == "solid"


def test_texts_are_plain(make: Make) -> None:
    """Tags and entities of plotly's texts are read, those in names from data are shown as they are."""
    chart = make({"<i>a</i> &amp;": "<b>"}, title="<b>t</b>")
    told = figure(chart)
    assert told["title"] == "<b>t</b>"
    assert told["lines"][0]["name"] == "<i>a</i> &amp;"
    assert told["rows"][0]["axes"][0]["title"] == "<b>"
    chart.update_layout(title="<b>Two</b><br>lines &lt; 3")
    assert figure(chart)["title"] == "Two lines < 3"


# Ranges.


def y_axis(chart: ns.LiveChart) -> tuple[Any, Any, Any]:
    """Return range, policy and soft limits of the first axis."""
    axis = figure(chart)["rows"][0]["axes"][0]
    return axis["range"], axis["policy"], axis["soft"]


def test_policies_of_y(make: Make) -> None:
    """As they are given at the beginning, and later."""
    chart = make(y="expand")
    assert y_axis(chart) == (None, "expand", [None, None])
    chart.y = (0, 100)
    assert y_axis(chart) == ([0, 100], "fit", [None, None])
    chart.y = (0, None)
    assert y_axis(chart) == (None, "fit", [0, None])
    chart.y = (None, np.float64(5))
    assert y_axis(chart) == (None, "fit", [None, 5])
    chart.y = "fit"
    assert y_axis(chart) == (None, "fit", [None, None])


def test_a_range_of_the_layout_is_fixed(make: Make) -> None:
    """It comes before the chart's policy; autorange gives it back."""
    chart = make(y="expand")
    chart.layout.yaxis.range = [5, -5]
    assert y_axis(chart) == ([-5, 5], "expand", [None, None])
    chart.layout.yaxis.autorange = True
    assert y_axis(chart) == (None, "expand", [None, None])
    chart.layout.yaxis = {"range": [3, None]}
    assert y_axis(chart) == (None, "expand", [3, None])
    chart.layout.yaxis = {"autorangeoptions": {"include": [7, -1]}, "rangemode": "tozero"}
    assert y_axis(chart) == (None, "expand", [-1, 7])
    chart.layout.yaxis = {"range": ["2026-01-01", "x"]}
    assert y_axis(chart) == (None, "expand", [None, None])


def test_log_axes(make: Make) -> None:
    """Plotly writes their ranges as exponents; nothing at or below 0 is asked for."""
    chart = make({"a": "V", "b": "A"}, log=True, y=(0.1, 1000))
    rows = figure(chart)["rows"]
    assert [axis["log"] for row in rows for axis in row["axes"]] == [True, True]
    assert y_axis(chart)[0] == [0.1, 1000]
    chart.layout.yaxis.range = [-3, 2]
    assert y_axis(chart)[0] == pytest.approx([0.001, 100])
    chart.layout.yaxis.range = [-3000, 2000]
    assert y_axis(chart)[0] == [0.1, 1000]
    chart.log = False
    assert [axis["log"] for axis in figure(chart)["rows"][0]["axes"]] == [False, False]
    chart.layout.yaxis.type = "log"
    assert [axis["log"] for axis in figure(chart)["rows"][0]["axes"]] == [True, False]


# Thresholds.


def test_thresholds_are_on_the_axis_of_their_channel(make: Make) -> None:
    """A rule for all channels has its line on each axis, once; one for a hidden channel has none."""
    chart = make({"a": "V", "b": "A", "c": "V"}, channels=["a", "b", "c"])
    analyzer = chart.analyzer
    analyzer.buffer.append(START + 9, hidden=1.0)
    analyzer.alert("outside(5, 50)", channel="b", name="two limits")
    analyzer.alert("value > 7", channel="*", severity="info")
    analyzer.alert("value > 9", channel="hidden")
    analyzer.alert("abs(zscore) > 3", channel="a")
    chart._sync()
    found = figure(chart)["thresholds"]
    assert [(t["channel"], t["row"], t["axis"], t["value"], t["limit"]) for t in found] == [
        (1, 0, 1, 5, 0),
        (1, 0, 1, 50, 1),
        (None, 0, 0, 7, 0),
        (1, 0, 1, 7, 0),
    ]
    assert found[0]["rule"] == found[0]["text"] == "two limits"
    assert found[2]["severity"] == "info"


def test_a_condition_that_names_its_channels_has_lines_on_their_axes(make: Make) -> None:
    """Each says the part that it is of, unless that is all; a mean's line says that it is of the mean."""
    chart = make({"a": "V", "b": "A", "c": "V"}, channels=["a", "b"])
    analyzer = chart.analyzer
    analyzer.alert("b > 24", clear="b < 20", levels={"critical": "b > 30"}, channel="a")
    analyzer.alert("a > 1 and b < 2 and c > 3", name="both")
    analyzer.alert("mean > 5", channel="a", name="warm")
    analyzer.alert("a - b > 3 or zscore > 2 or std > 1", channel="a")
    chart._sync()
    found = figure(chart)["thresholds"]
    keys = ("channel", "axis", "value", "text", "severity", "limit")
    assert [tuple(t[key] for key in keys) for t in found] == [
        (1, 1, 24, "b > 24", "warning", 0),
        (1, 1, 30, "critical: b > 30", "critical", 1),
        (0, 0, 1, "both: a > 1", "warning", 0),
        (1, 1, 2, "both: b < 2", "warning", 1),
        (0, 0, 5, "warm: mean > 5", "warning", 0),
    ]


def test_a_threshold_that_moves_is_told(make: Make) -> None:
    """With the next frame, without anything else that changes."""
    chart = make()
    rule = chart.analyzer.alert("value > 40")
    chart._feed.frame()
    rule.limits = (45,)
    frames = [chart._feed.frame(), chart._feed.frame()]
    told = [f.content["meta"]["figure"]["thresholds"] for f in frames if f and "meta" in f.content]
    assert [t["value"] for t in told[-1]] == [45]


# Shapes and guests.


def ms(hour: int) -> float:
    """Return a full hour of the chart's zone on the day of its readings in epoch ms."""
    return dt.datetime(2026, 7, 1, hour - 2, tzinfo=dt.UTC).timestamp() * 1e3


def shapes(chart: ns.LiveChart) -> list[tuple[Any, ...]]:
    """Return type, place and ends of the shapes that our canvas draws."""
    keys = ("type", "row", "axis", "x0", "x1", "y0", "y1")
    return [tuple(shape[key] for key in keys) for shape in figure(chart)["shapes"]]


def test_lines_and_areas_across_the_plot(make: Make) -> None:
    """What add_hline and its like make is drawn by our canvas, with its label; plotly is not needed."""
    chart = make()
    chart.add_hline(y=3, line_dash="dash", line_color="green", annotation_text="<b>limit</b>")
    chart.add_hrect(y0=1, y1=2, fillcolor="red", opacity=0.2, line_width=0)
    chart.add_vline(x="2026-07-01 14:00", label={"text": "begin"})
    chart.add_vrect(x0=dt.datetime(2026, 7, 1, 14), x1=np.datetime64("2026-07-01T15:00"))
    assert shapes(chart) == [
        ("line", 0, 0, None, None, 3, 3),
        ("rect", 0, 0, None, None, 1, 2),
        ("line", 0, 0, ms(14), ms(14), None, None),
        ("rect", 0, 0, ms(14), ms(15), None, None),
    ]
    told = figure(chart)
    assert told["guests"] is None
    hline, hrect, vline, _ = told["shapes"]
    assert [hline[key] for key in ("color", "dash", "text", "width", "fill")] == [
        *("green", "dash", "limit", 2, None),
    ]
    assert [hrect[key] for key in ("fill", "opacity", "width")] == ["red", 0.2, 0]
    assert vline["text"] == "begin"


def test_times_of_shapes(make: Make) -> None:
    """A time with a zone is a moment, one without is the wall clock of the chart, a number epoch ms."""
    chart = make()
    for time in (
        pd.Timestamp("2026-07-01 12:00", tz="UTC"),
        dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC),
        "2026-07-01T14:00:00",
        ms(14),
    ):
        chart.add_shape(type="line", x0=time, x1=time, y0=1, y1=2)
    assert shapes(chart) == [("line", 0, 0, ms(14), ms(14), 1, 2)] * 4


def test_shapes_in_rows(make: Make) -> None:
    """A vertical line goes through all rows, with one label; a horizontal one is on its own axis."""
    chart = make({"t": "°C", "h": "%", "p": "Pa"})
    chart.add_vline(x=ms(14), label={"text": "begin"})
    chart.add_shape(type="rect", xref="paper", x0=0, x1=1, yref="y3", y0=5, y1=6)
    assert shapes(chart) == [
        *(("line", row, 0, ms(14), ms(14), None, None) for row in range(3)),
        ("rect", 2, 0, None, None, 5, 6),
    ]
    assert [shape["text"] for shape in figure(chart)["shapes"][:3]] == ["begin", "", ""]


@pytest.mark.parametrize(
    "shape",
    [
        {"type": "circle", "x0": 1, "x1": 2, "y0": 1, "y1": 2},
        {"type": "path", "path": "M 0,0 L 1,1"},
        {"type": "line", "xref": "paper", "x0": 0.2, "x1": 0.8, "y0": 1, "y1": 1},
        {"type": "line", "x0": "no time", "x1": 2, "y0": 1, "y1": 2},
        {"type": "line", "x0": 1, "x1": 2, "y0": float("inf"), "y1": 2},
        {"type": "line", "xref": "x2", "x0": 1, "x1": 2, "y0": 1, "y1": 2},
    ],
)
def test_other_shapes_are_guests(make: Make, shape: dict[str, Any]) -> None:
    """What our canvas has no means for plotly draws, as it is."""
    chart = make()
    chart.add_shape(shape)
    told = figure(chart)
    assert told["shapes"] == []
    assert [guest["type"] for guest in told["guests"]["layout"]["shapes"]] == [shape["type"]]


def test_traces_of_the_user_are_guests(make: Make) -> None:
    """They go to plotly with their axes, as finite JSON, and without what our canvas draws."""
    chart = make({"a": "V", "b": "A"}, title="mine")
    chart.add_hline(y=3)
    chart.add_scatter(
        x=["2026-07-01"] * 3, y=np.array([1.0, np.nan, np.inf]), yaxis="y2", name="own"
    )
    chart.add_annotation(x="2026-07-01", y=2, text="here")
    chart.add_bar(x=[1], y=[float("nan")], visible=False)
    guests = figure(chart)["guests"]
    (trace,) = guests["data"]
    assert (trace["name"], trace["yaxis"]) == ("own", "y2")
    layout = guests["layout"]
    assert layout["shapes"] == []
    assert [note["text"] for note in layout["annotations"]] == ["here"]
    assert layout["yaxis2"]["overlaying"] == "y"
    assert not {"title", "height", "margin"} & layout.keys()
    again = go.Figure(guests, skip_invalid=True).data[0]
    assert again.name == "own"


def test_a_note_beside_no_line_is_a_guest(make: Make) -> None:
    """Only what add_hline and its kind put beside their line becomes its label."""
    chart = make()
    chart.add_hline(y=3, annotation_text="label")
    chart.add_hline(y=4, annotation={"text": "big", "font": {"size": 30}})
    chart.add_annotation(x=0, y=3, text="arrow")
    told = figure(chart)
    assert [shape["text"] for shape in told["shapes"]] == ["label", ""]
    notes = told["guests"]["layout"]["annotations"]
    assert [note["text"] for note in notes] == ["big", "arrow"]


def test_a_guest_on_an_axis_of_its_own_has_that_axis(make: Make) -> None:
    """An axis that only traces of the user's are on is drawn too."""
    chart = make()
    chart.update_layout(yaxis2={"overlaying": "y", "side": "right"})
    chart.add_scatter(x=["2026-07-01"], y=[1], yaxis="y2")
    assert axes(chart) == [[[0], []]]
    assert [axis["id"] for axis in figure(chart)["rows"][0]["axes"]] == ["y", "y2"]


def test_few_words_say_the_same(make: Make) -> None:
    """What a page takes for granted is left out, all else is there."""
    chart = make({"a": "V", "b": "A"}, y="expand")
    chart.data[0].line.width = 3
    short = terse(figure(chart))
    first, second = short["lines"]
    assert first == {"name": "a", "unit": "V", "palette": 0, "width": 3, "visible": True}
    assert second == {"name": "b", "unit": "A", "palette": 1, "visible": True}
    assert short["rows"][0]["axes"][0] == {
        "id": "y",
        "title": "V",
        "unit": "V",
        "channels": [0],
        "range": None,
        "policy": "expand",
    }
    assert short.keys() == figure(chart).keys()


# When it is told.


def test_what_did_not_change_is_not_told_again(make: Make) -> None:
    """The figure goes with the frame after a change, and with no other."""
    chart = make()
    chart._feed.frame()
    chart.analyzer.buffer.append(START + 9, a=1.0)
    frame = chart._feed.frame()
    assert frame is not None
    assert "figure" not in frame.content.get("meta", {})
    same = chart._described
    chart.update_layout(hovermode=False)
    assert chart._described is same
    chart.update_layout(title_text="Later")
    frame = chart._feed.frame()
    assert frame is not None
    assert list(frame.content["meta"]) == ["figure"]


def test_a_loop_in_a_cell_is_seen(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes are told while the main thread is busy, but not each of a thousand; the last one always."""
    chart = make()
    posted: list[Callable[[], Any]] = []
    monkeypatch.setattr(type(MAIN), "post", lambda _, function: posted.append(function))
    n_described = 0
    before = chart._described
    for i in range(1000):
        chart.layout.title.text = str(i)
        n_described += chart._described is not before
        before = chart._described
    assert 1 <= n_described < 500
    assert 1 <= len(posted) <= n_described + 1
    for function in posted:
        function()
    assert chart._described["title"] == "999"


def test_a_batch_is_one_change(make: Make) -> None:
    """What changes together is told together."""
    chart = make()
    with chart.batch_update():
        chart.layout.title.text = "t"
        chart.data[0].line.color = "red"
        assert chart._described["title"] is None
    assert chart._described["title"] == "t"
    assert chart._described["lines"][0]["color"] == "red"


# Evil.

EVIL = [
    "<script>alert(1)</script>",
    "a\nb\u202ec",
    "%{y}<br>",
    "€" * 1000,
    "👩‍👩‍👧" * 100,
    "",
    "\x00",
    "&lt;b&gt;",
]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    names=st.lists(
        st.one_of(st.sampled_from(EVIL), st.text(st.characters(codec="utf-8"), max_size=200)),
        unique=True,
        max_size=5,
    ),
    units=st.lists(st.one_of(st.sampled_from(EVIL), st.text(max_size=50)), min_size=5, max_size=5),
    numbers=st.lists(st.floats(), min_size=2, max_size=2),
)
def test_whatever_comes_is_finite_json_and_short_text(
    make: Make, names: list[str], units: list[str], numbers: list[float]
) -> None:
    """Names, units and numbers of any kind make a description that is small, plain and finite."""
    chart = make(dict(zip(names, units, strict=False)), title=units[0])
    chart.add_hline(y=numbers[0])
    chart.add_vline(x=numbers[1])
    chart.layout.yaxis.range = numbers
    told = figure(chart)
    texts = [told["title"] or "", *(axis["title"] for row in told["rows"] for axis in row["axes"])]
    texts += [text for line in told["lines"] for text in (line["name"], line["unit"])]
    assert all(len(text) <= 200 and (text.isprintable() or not text) for text in texts)
    assert len({line["name"] for line in told["lines"]}) == len(told["lines"])
    figures = sorted(n for row in told["rows"] for axis in row["axes"] for n in axis["channels"])
    assert figures == list(range(len(told["lines"])))


def test_names_that_differ_at_the_end_look_different(make: Make) -> None:
    """Long names are shortened in the middle."""
    names = ["plant " * 150 + end for end in ("one", "two")]
    first, second = (line["name"] for line in figure(make(dict.fromkeys(names, "")))["lines"])
    assert (first[:5], first[-3:], second[-3:]) == ("plant", "one", "two")
    assert len(first) <= 40


@pytest.mark.parametrize("value", [1e308, -1e308, 1e-308, 5e-324, 0.0])
def test_huge_and_tiny_limits(make: Make, value: float) -> None:
    """They stay what they are."""
    chart = make()
    chart.add_hline(y=value)
    chart.analyzer.alert(f"value > {value!r}")
    chart._sync()
    assert figure(chart)["shapes"][0]["y0"] == value
    assert figure(chart)["thresholds"][0]["value"] == value
