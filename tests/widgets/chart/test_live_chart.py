"""LiveChart without a page: the figure, what a page may do to it, and its end."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.chart.plotly_figure import legend_texts
from nbstream.widgets.page.assets import script
from tests.conftest import open_widgets
from tests.wait import wait_until

START = 1_782_907_200.0


@pytest.fixture
def buffer() -> ns.Buffer:
    """A minute of a ramp, in UTC."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(60.0), value=np.arange(60.0))
    return buffer


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What charts send to their pages."""
    sent: list[dict[str, Any]] = []

    def send(_: ns.LiveChart, content: dict[str, Any], buffers: Any = None) -> None:
        sent.append(content)

    monkeypatch.setattr(ns.LiveChart, "send", send)
    return sent


@pytest.fixture
def chart(buffer: ns.Buffer, sent: list[dict[str, Any]]) -> Iterator[ns.LiveChart]:
    """A chart of the ramp."""
    chart = ns.LiveChart(buffer, window="30s")
    yield chart
    chart.close()


def say(chart: ns.LiveChart, message: Any, buffers: Any = ()) -> None:
    """Send a message of a page to the kernel, as the comm hands it over."""
    data = {"method": "custom", "content": message}
    chart._handle_msg({"content": {"data": data}, "buffers": list(buffers)})


def heard(sent: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """Return the newest message of a kind, once the pump's thread has sent one."""
    return wait_until(lambda: [m for m in sent if m["kind"] == kind], message=kind)[-1]


def test_it_is_a_figure_widget(chart: ns.LiveChart) -> None:
    """Figure methods work; the live trace holds no points."""
    assert isinstance(chart, go.FigureWidget)
    chart.update_layout(title_text="Mine")
    chart.add_hline(y=3)
    chart.add_scatter(x=[1], y=[2], name="mine")
    assert [trace.name for trace in chart.data] == ["value", "mine"]
    assert chart.data[0].y == (None,)


def test_new_channels_become_traces(chart: ns.LiveChart, buffer: ns.Buffer) -> None:
    """A channel that appears later gets a trace with its name and unit."""
    buffer.units["temp"] = "°C"
    buffer.append(START + 60, temp=20.0)
    figure = chart.to_figure()
    assert [trace.name for trace in figure.data] == ["value", "temp (°C)"]
    assert list(figure.data[1].y) == [20.0]


def test_a_unit_that_a_name_says_stands_once() -> None:
    """The legend shows a channel's unit unless its name ends with it."""
    units = {"temp": "°C", "hum [%]": "%", "rain (mm)": "mm", "wind, m/s": "m/s", "plain": ""}
    assert list(legend_texts(units, units).values()) == [
        "temp (°C)", "hum [%]", "rain (mm)", "wind, m/s", "plain",
    ]  # fmt: skip


def test_threshold_lines_follow_the_rules(chart: ns.LiveChart) -> None:
    """A rule's limits are lines; they move with it, go with it, and leave the user's shapes alone."""
    chart.add_hline(y=7)
    rule = chart.analyzer.alert("value > 40")
    chart.analyzer.alert("outside(5, 50)", severity="critical")
    chart.analyzer.alert("abs(zscore) > 4")
    assert sorted(shape.y0 for shape in chart.to_figure().layout.shapes) == [5, 7, 40, 50]
    rule.limits = (45,)
    assert sorted(shape.y0 for shape in chart.to_figure().layout.shapes) == [5, 7, 45, 50]
    rule.close()
    assert sorted(shape.y0 for shape in chart.to_figure().layout.shapes) == [5, 7, 50]


def test_each_level_of_a_rule_has_a_line_of_its_severity(
    chart: ns.LiveChart, sent: list[dict[str, Any]]
) -> None:
    """Where a rule escalates is seen before it does; long names are short, and in the theme's ink."""
    levels = {"critical": "value > 50", "info": "abs(zscore) > 2"}
    chart.analyzer.alert("value > 40", name="hot " * 20, levels=levels)
    base, level = chart.to_figure().layout.shapes
    assert [(shape.y0, shape.label.text) for shape in (base, level)] == [
        (40, "hot hot hot hot hot …hot hot hot hot hot"),
        (50, "critical: value &gt; 50"),
    ]
    assert (base.line.color, level.line.color) == ("#a85b00", "#c62a2a")
    assert base.label.font.color is None
    say(chart, {"kind": "hello", "client": "me"})
    thresholds = heard(sent, "snapshot")["meta"]["figure"]["thresholds"]
    assert [(t["value"], t["severity"], t["limit"]) for t in thresholds] == [
        (40, "warning", 0),
        (50, "critical", 1),
    ]


def test_names_from_data_are_text(buffer: ns.Buffer) -> None:
    """Tags, links and templates in names never reach plotly as such."""
    buffer.append(START + 60, {"<a href='%'>x</a> %{y} &amp;": 1.0})
    chart = ns.LiveChart(buffer, title="<b>t</b>")
    assert chart.data[1].name == "&lt;a href='%'&gt;x&lt;/a&gt; %\u200b{y} &amp;amp;"
    assert chart.layout.title.text == "&lt;b&gt;t&lt;/b&gt;"
    assert chart._kept().title == "<b>t</b>"
    chart.close()


def test_a_page_that_is_loaded_anew_gets_the_present_figure(
    chart: ns.LiveChart, sent: list[dict[str, Any]]
) -> None:
    """What it draws is of now, not of the first display."""
    chart._repr_mimebundle_()
    chart.update_layout(title_text="Later")
    chart.data[0].line.color = "red"
    say(chart, {"kind": "hello", "client": "me"})
    figure = heard(sent, "snapshot")["meta"]["figure"]
    assert figure["title"] == "Later"
    assert figure["lines"][0]["color"] == "red"


def test_a_change_of_the_figure_reaches_pages_by_a_frame(
    chart: ns.LiveChart, sent: list[dict[str, Any]]
) -> None:
    """It is described when it changes, and sent once."""
    say(chart, {"kind": "hello", "client": "me"})
    heard(sent, "snapshot")
    sent.clear()
    chart.update_layout(title_text="Later")

    def titles() -> list[str]:
        return [m["meta"]["figure"]["title"] for m in sent if "figure" in m.get("meta", {})]

    wait_until(titles, message="a frame with the figure")
    assert titles() == ["Later"]


def test_a_page_may_write_nothing(chart: ns.LiveChart) -> None:
    """A page cannot change a trait, nor the figure as plotly's own page does; each attempt is counted."""
    before = {name: getattr(chart, name) for name in ("_esm", "_loader")}
    layout = chart.to_dict()["layout"]
    states: list[Any] = [
        {"_esm": "evil", "_loader": "evil"},
        {"_js2py_relayout": {"relayout_data": {"title.text": "evil"}, "source_view_id": "v"}},
        {"_js2py_restyle": {"style_data": {"name": ["x"]}, "style_traces": [0]}},
        {"_widget_layout": {}, "_view_name": "x", "_view_count": 3},
        {},
    ]
    ignored = chart.n_ignored
    for state in states:
        update = {"method": "update", "state": state}
        chart._handle_msg({"content": {"data": update}, "buffers": []})
    assert chart.n_ignored == ignored + len(states)
    assert {name: getattr(chart, name) for name in before} == before
    assert chart.to_dict()["layout"] == layout
    assert chart.data[0].name == "value"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=8,
)
HOSTILE = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(
            [
                "hello",
                "ack",
                "visible",
                "bye",
                "history",
                "pause",
                "click",
                "window",
                "need",
                "show",
                "table",
                "x",
            ]
        )
        | JSON,
        **dict.fromkeys(
            "client visible width lag seq from to request paused channel time value name".split(),
            JSON,
        ),
    },
)


def test_hostile_messages_are_ignored() -> None:
    """Whatever a page sends, nothing is raised."""
    chart = ns.LiveChart(ns.Buffer())

    @settings(max_examples=300, deadline=None)
    @given(message=HOSTILE | JSON)
    def send(message: Any) -> None:
        chart._inbox.receive(chart, message, [])  # ipywidgets would log what this raises

    try:
        send()
    finally:
        chart.close()


def test_hostile_messages_are_counted(chart: ns.LiveChart) -> None:
    """What cannot be understood is counted, so that it can be noticed."""
    before = chart.n_ignored
    for message in (
        None,
        {"kind": "evil"},
        {"kind": "history", "from": "x"},
        {"kind": "window", "value": "x"},
    ):
        say(chart, message)
    assert chart.n_ignored == before + 4
    assert chart.analyzer.window == "30s"


def test_a_flood_of_requests_costs_little(
    monkeypatch: pytest.MonkeyPatch, buffer: ns.Buffer
) -> None:
    """Five hundred requests for plotly's script cost one script, and each page's messages are rationed."""
    sent: list[int] = []

    def send(_: ns.LiveChart, content: dict[str, Any], buffers: Any = None) -> None:
        sent.append(sum(len(part) for part in buffers or ()))

    monkeypatch.setattr(ns.LiveChart, "send", send)
    chart = ns.LiveChart(buffer)
    bundle = script("plotly")
    need = {"kind": "need", "name": "plotly", "file": bundle.file_name}
    for message in (need, {"kind": "show", "request": 1}, {"kind": "history"}):
        for _ in range(500):
            say(chart, message)
    assert sum(sent) <= len(bundle.data)
    assert len(sent) < 300
    assert chart.n_ignored > 1000
    chart.close()


RAW: list[Any] = [
    None,
    5,
    {},
    {"method": ["update"]},
    {"method": "update", "state": 5},
    {"method": "update", "state": {}, "buffer_paths": 5},
    {"method": "custom"},
    {"method": "update", "state": {"x": 1}, "buffer_paths": [["x"]]},
]


@pytest.mark.parametrize("data", RAW)
def test_raw_messages_that_are_malformed_are_counted(
    chart: ns.LiveChart, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """They are ignored: ipywidgets would show each as a traceback in some cell."""
    before = chart.n_ignored
    layout = chart.to_dict()["layout"]
    chart._handle_msg({"content": {"data": data}, "buffers": []})
    assert chart.n_ignored == before + 1
    assert not caplog.records
    assert chart.to_dict()["layout"] == layout


def test_a_line_is_shown_and_hidden_from_a_page(
    chart: ns.LiveChart, sent: list[dict[str, Any]]
) -> None:
    """The legend of one page hides a line on all of them, and code that observes its trace hears of it."""
    heard_by_code: list[Any] = []
    chart.data[0].on_change(lambda trace, visible: heard_by_code.append(visible), "visible")
    for is_shown in (False, True):
        say(chart, {"kind": "show", "channel": 0, "value": is_shown, "request": 1})
        assert chart._described["lines"][0]["visible"] is is_shown
    assert heard_by_code == ["legendonly", True]
    assert [(m["kind"], m["error"]) for m in sent] == [("reply", ""), ("reply", "")]


@pytest.mark.parametrize(
    ("channel", "value"),
    [(1, True), (-1, True), ("0", True), (False, True), (None, True), (0, 1), (0, "legendonly")],
)
def test_a_line_that_is_not_there_is_not_shown(
    chart: ns.LiveChart, channel: Any, value: Any
) -> None:
    """A number of no channel, or what is no yes or no, is ignored and counted."""
    before = chart.n_ignored
    say(chart, {"kind": "show", "channel": channel, "value": value, "request": 1})
    assert chart.n_ignored == before + 1
    assert chart.data[0].visible is None


def test_a_callback_of_the_user_that_fails_is_shown(
    chart: ns.LiveChart, caplog: pytest.LogCaptureFixture
) -> None:
    """What a callback raises at a page's command is the user's to see."""

    def broken(*_: Any) -> None:
        raise RuntimeError("mine")

    chart.data[0].on_change(broken, "visible")
    say(chart, {"kind": "show", "channel": 0, "value": False, "request": 1})
    (record,) = caplog.records
    assert "RuntimeError: mine" in record.getMessage()


def test_a_page_that_asks_for_the_state_gets_it(
    chart: ns.LiveChart, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every widget's page may."""
    asked: list[bool] = []
    monkeypatch.setattr(chart, "send_state", lambda: asked.append(True))
    chart._handle_msg({"content": {"data": {"method": "request_state"}}, "buffers": []})
    assert asked == [True]


@pytest.mark.parametrize(
    ("time", "value"),
    [(7e15, 1.0), (-9.3e12, 1.0), (True, 1.0), (1e12, True), (1e12, float("nan"))],
)
def test_a_click_on_no_reading_is_ignored(
    chart: ns.LiveChart, caplog: pytest.LogCaptureFixture, time: Any, value: Any
) -> None:
    """A time that no reading can have, or no number, calls nothing and fails nowhere."""
    clicked: list[Any] = []
    chart.data[0].on_click(lambda *given: clicked.append(given))
    before = chart.n_ignored
    say(chart, {"kind": "click", "channel": 0, "time": time, "value": value, "request": 1})
    assert (clicked, chart.n_ignored, caplog.records) == ([], before + 1, [])


def test_history_is_answered_for_its_client(
    chart: ns.LiveChart, sent: list[dict[str, Any]]
) -> None:
    """A view that looks back gets the points of its span, with a neighbour on either side."""
    span = {"from": (START + 10) * 1e3, "to": (START + 20) * 1e3}
    say(chart, {"kind": "history", "client": "me", **span, "request": 3})
    message = heard(sent, "history")
    assert (message["to"], message["request"]) == ("me", 3)
    assert message["lines"] == [[0, 12, None]]


def test_a_click_reaches_on_click(chart: ns.LiveChart) -> None:
    """A click on a live line calls the trace's on_click with the reading."""
    clicked = []
    chart.data[0].on_click(lambda trace, points, state: clicked.append((points.xs, points.ys)))
    say(chart, {"kind": "click", "channel": 0, "time": START * 1e3, "value": 7.0, "request": 1})
    assert clicked == [(["2026-07-01T12:00:00.000000"], [7.0])]


def test_window_and_pause(chart: ns.LiveChart) -> None:
    """A page chooses the window; Python pauses all views, a page only its own."""
    say(chart, {"kind": "window", "value": "5min", "request": 1})
    assert chart.analyzer.window == "5min"
    say(chart, {"kind": "pause", "value": True, "request": 2})
    assert not chart.is_paused
    chart.pause()
    assert chart.is_paused
    chart.resume()
    assert not chart.is_paused


def test_a_table_in_the_place_of_the_plot(chart: ns.LiveChart) -> None:
    """A page asks for it, and Python; what is neither True nor False is refused."""
    say(chart, {"kind": "table", "value": True, "request": 1})
    assert chart.show_table
    assert chart._describe()["table"] is True
    before = chart.n_ignored
    say(chart, {"kind": "table", "value": "yes", "request": 2})
    assert (chart.show_table, chart.n_ignored) == (True, before + 1)
    chart.show_table = False
    assert chart._describe()["table"] is False
    with pytest.raises(TypeError, match="'show_table' must be True or False"):
        chart.show_table = 1  # type: ignore[assignment]


def test_a_command_is_answered(chart: ns.LiveChart, sent: list[dict[str, Any]]) -> None:
    """A page hears by the number of its request whether it was done, and what was wrong with it."""
    say(chart, {"kind": "window", "value": "never", "request": 7})
    say(chart, {"kind": "window", "value": 100, "request": 8})
    assert [(m["kind"], m["request"], "window" in m["error"]) for m in sent] == [
        ("reply", 7, True),
        ("reply", 8, False),
    ]
    assert chart.analyzer.window == 100


def test_unknown_option_names_the_nearest() -> None:
    """A misspelt option is an error that says what was meant."""
    with pytest.raises(TypeError, match="Did you mean 'height'"):
        ns.LiveChart(ns.Buffer(), heihgt=3)


def test_wrong_thread_is_refused(monkeypatch: pytest.MonkeyPatch, chart: ns.LiveChart) -> None:
    """In a kernel, a chart is made and closed on the main thread only."""
    monkeypatch.setattr(type(MAIN), "has_loop", property(lambda self: True))
    errors: list[BaseException] = []

    def make() -> None:
        for attempt in (lambda: ns.LiveChart(chart.analyzer), chart.close):
            try:
                attempt()
            except ns.WrongThreadError as error:
                errors.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert len(errors) == 2


def test_close_ends_and_frees(buffer: ns.Buffer) -> None:
    """A closed chart ends its own analyzer, leaves no widget and no thread, and can be collected."""
    before = open_widgets()
    chart = ns.LiveChart(buffer)
    analyzer = chart.analyzer
    chart.close()
    chart.close()
    assert analyzer.is_closed
    assert open_widgets().keys() == before.keys()
    gone = weakref.ref(chart)
    del chart, analyzer

    def is_collected() -> bool:
        gc.collect()
        return gone() is None

    wait_until(
        is_collected, message="the chart to be collected when the pump's thread has let it go"
    )


def test_an_analyzer_that_was_given_goes_on(buffer: ns.Buffer) -> None:
    """The chart ends what it made, nothing it was given."""
    with ns.Analyzer(buffer) as analyzer:
        ns.LiveChart(analyzer, window="5s").close()
        assert not analyzer.is_closed
        assert analyzer.window == "5s"


def test_equal_names_replace(buffer: ns.Buffer) -> None:
    """A second chart of the same explicit name ends the first."""
    first = ns.LiveChart(buffer, name="mine")
    second = ns.LiveChart(buffer, name="mine")
    assert first.is_closed
    assert not second.is_closed
    second.close()


def test_text_fallback_names_the_latest_readings(chart: ns.LiveChart) -> None:
    """A notebook without a front end shows the channels and their last values."""
    text = chart._repr_mimebundle_()["text/plain"]
    assert "value = 59 at 2026-07-01 12:00:59" in text


def test_a_page_takes_no_memory_with_a_window() -> None:
    """A page may look at any window; the buffer does not grow for it."""
    buffer = ns.Buffer(capacity=100)
    chart = ns.LiveChart(buffer)
    say(chart, {"kind": "window", "value": "365d", "request": 1})
    for start in range(0, 1000, 50):
        buffer.extend(np.arange(start, start + 50), x=np.ones(50))
    assert chart.analyzer.window == "365d"
    assert len(buffer) == 100
    chart.close()
