"""Tests of the dashboard: what it makes, what it ends, and what takes its place."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import anywidget
import ipywidgets
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.errors import ClosedError, WrongThreadError
from nbstream.readings.buffer import Buffer
from nbstream.runtime import ownership
from nbstream.runtime.main_thread import MainThread
from nbstream.sources import RandomSource
from nbstream.widgets import dashboard as dashboard_module
from nbstream.widgets.dashboard import Dashboard
from tests.conftest import open_widgets, our_threads
from tests.wait import wait_until


def test_has_title_row_chart_table_rules_and_feed_of_one_analyzer() -> None:
    """The parts are public, and those of one widget that any host of anywidgets takes."""
    with Analyzer(Buffer()) as analyzer:
        dashboard = Dashboard(analyzer, title="Boiler")
        parts = (
            dashboard.controls,
            dashboard.chart,
            dashboard.cards,
            dashboard.rules,
            dashboard.feed,
        )
        assert all(part.analyzer is analyzer for part in parts)
        assert dashboard.source is None
        assert isinstance(dashboard, anywidget.AnyWidget)
        assert not isinstance(dashboard, ipywidgets.Box)
        dashboard.close()


def test_close_ends_what_it_made_and_nothing_else() -> None:
    """Its own analyzer ends with it; source and analyzer that it was given go on."""
    with RandomSource(interval=60) as source:
        dashboard = Dashboard(source)
        analyzer = dashboard.analyzer
        assert dashboard.source is source
        dashboard.close()
        dashboard.close()
        assert analyzer.is_closed
        assert source.is_running
        with Analyzer(source) as given:
            Dashboard(given).close()
            assert not given.is_closed


def test_does_not_start_its_source() -> None:
    """Only watch starts what it makes."""
    source = RandomSource()
    dashboard = Dashboard(source)
    assert not source.is_running
    dashboard.close()
    source.close()


def test_close_leaves_no_widget_and_no_thread() -> None:
    """Every widget and thread that it made is gone, layouts included."""
    widgets, threads = open_widgets().keys(), our_threads()
    dashboard = Dashboard(Buffer())
    dashboard.close()
    assert open_widgets().keys() == widgets
    for thread in our_threads() - threads:
        thread.join(20.0)
        assert not thread.is_alive()
    assert dashboard not in ownership.living()


def test_the_window_is_the_analyzers_unless_it_is_given() -> None:
    """None leaves an analyzer's window alone."""
    with Analyzer(Buffer(), window="5min") as analyzer:
        dashboard = Dashboard(analyzer)
        assert analyzer.window == "5min"
        dashboard.close()
        dashboard = Dashboard(analyzer, window=100)
        assert analyzer.window == 100
        dashboard.close()


def test_options_go_to_the_chart() -> None:
    """What LiveChart knows, a dashboard takes."""
    dashboard = Dashboard(Buffer(), height=250)
    assert dashboard.chart.layout.height == 250
    dashboard.close()


def test_an_unknown_option_names_the_nearest() -> None:
    """A typo is an error at once, before anything is made."""
    before = our_threads()
    with pytest.raises(TypeError, match=r"Dashboard has no option 'hieght'. Did you mean 'height'"):
        Dashboard(Buffer(), hieght=250)
    wait_until(lambda: our_threads() <= before)


def test_needs_something_that_has_readings() -> None:
    """A path is refused with the way to watch it."""
    with pytest.raises(TypeError, match=r"got str; watch\(\) takes a path"):
        Dashboard("data.csv")  # type: ignore[arg-type]


def test_a_bad_window_leaves_nothing_behind() -> None:
    """What was made before the error is ended."""
    before = our_threads()
    with pytest.raises(ValueError, match="window"):
        Dashboard(Buffer(), window="soon")
    wait_until(lambda: our_threads() <= before)


def test_an_equal_name_replaces_and_leaves_a_word() -> None:
    """The older dashboard ends and says "replaced" where it stood."""
    buffer = Buffer()
    old = Dashboard(buffer, name="boiler")
    new = Dashboard(buffer, name="boiler")
    assert old.analyzer.is_closed
    assert "replaced" in old.get_state()["_over"]
    assert repr(old) == "<Dashboard, replaced>"
    assert not new.analyzer.is_closed
    old.close()
    new.close()


def test_only_so_many_replaced_dashboards_keep_their_word() -> None:
    """Boxes of replaced dashboards don't pile up."""
    before = len(open_widgets())
    dashboards = [Dashboard(Buffer(), name="boiler") for _ in range(25)]
    assert sum(not d.is_closed for d in dashboards) == dashboard_module.MAX_REPLACED + 1
    for dashboard in dashboards:
        dashboard.close()
    dashboard_module._replaced_boxes.clear()
    assert len(open_widgets()) == before


def test_a_cell_that_runs_again_ends_what_it_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run's first widget ends the first run's dashboard."""
    run = ("cell", "first run")
    monkeypatch.setattr(ownership, "_running_request", lambda: run)
    old = Dashboard(Buffer())
    run = ("cell", "second run")
    new = Dashboard(Buffer())
    assert old.analyzer.is_closed
    assert "replaced" in old.get_state()["_over"]
    assert not new.analyzer.is_closed
    old.close()
    new.close()
    ownership._cells.pop("cell")


@pytest.mark.parametrize("how", ["close", "_replaced"])
def test_one_that_has_ended_holds_no_widgets(how: str) -> None:
    """Kept in a list, a dashboard that has ended costs next to nothing; what it says of itself stays."""
    dashboard = Dashboard(Buffer())
    parts = [
        weakref.ref(part)
        for part in (dashboard.controls, dashboard.cards, dashboard.chart, dashboard.feed)
    ]
    getattr(dashboard, how)()

    def are_gone() -> bool:
        gc.collect()
        return all(part() is None for part in parts)

    wait_until(are_gone, 5, lambda: f"these to go: {[part() for part in parts]}")
    assert dashboard.analyzer.is_closed
    with pytest.raises(ClosedError, match="has no chart any more"):
        _ = dashboard.chart
    dashboard.close()


def test_pages_write_no_traits() -> None:
    """A page cannot write what the widget is made of; that it tried is counted."""
    dashboard = Dashboard(Buffer())
    before = dashboard.get_state()
    dashboard.set_state({"_esm": "alert()", "_over": "gone"})
    assert dashboard.get_state() == before
    assert dashboard.n_ignored == 1
    dashboard.close()


def test_made_on_another_thread_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel a dashboard is made on the main thread."""
    monkeypatch.setattr(MainThread, "has_loop", True)
    errors: list[Exception] = []

    def make() -> None:
        try:
            Dashboard(Buffer())
        except WrongThreadError as error:
            errors.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    assert len(errors) == 1


@pytest.mark.parametrize(
    "data", [None, 5, {}, {"method": 5}, {"method": "update"}, {"method": "update", "state": 5}]
)
def test_malformed_messages_are_ignored(data: object, caplog: pytest.LogCaptureFixture) -> None:
    """A page can raise nothing at the widget around the parts."""
    with Analyzer(Buffer()) as analyzer:
        dashboard = Dashboard(analyzer)
        dashboard._handle_msg({"content": {"data": data}, "buffers": []})
        assert not caplog.records
        dashboard.close()


def _say(dashboard: Dashboard, message: object) -> None:
    data = {"method": "custom", "content": message}
    dashboard._handle_msg({"content": {"data": data}, "buffers": []})


def test_messages_of_the_parts_go_by_the_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each carries the name of its part, both ways; no part has a model of its own until it is displayed."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Dashboard, "send", lambda self, content, buffers=None: sent.append(content))
    with Analyzer(Buffer()) as analyzer:
        before = open_widgets().keys()
        dashboard = Dashboard(analyzer)
        made = [
            type(widget).__name__ for key, widget in open_widgets().items() if key not in before
        ]
        assert "Dashboard" in made
        assert not {"LiveChart", "Cards", "Controls", "AlertFeed"} & set(made)
        _say(dashboard, {"part": "chart", "kind": "hello", "client": "a", "visible": True})
        wait_until(lambda: any(m["kind"] == "snapshot" for m in sent), 5, "the chart's snapshot")
        assert {m["part"] for m in sent} == {"chart"}
        assert dashboard.chart.n_views == 1
        assert dashboard.chart.model_id in open_widgets()  # asked for: now it has one
        dashboard.close()


def test_messages_for_no_part_are_counted() -> None:
    """What names no part, or one that there is not, changes nothing."""
    with Analyzer(Buffer()) as analyzer:
        dashboard = Dashboard(analyzer)
        for message in ({"part": "engine"}, {"part": ["chart"]}, {}, [], "chart"):
            _say(dashboard, message)
        _say(dashboard, {"part": "cards", "kind": "nonsense"})
        assert dashboard.cards.n_ignored == 1
        assert dashboard.n_ignored == 6
        dashboard.close()
