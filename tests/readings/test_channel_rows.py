"""One channel's rows, also where there are none, and by the names that they had before."""

from __future__ import annotations

import numpy as np
import pytest

from nbstream import Analyzer, Buffer
from nbstream.readings.channel_rows import ChannelRows
from nbstream.readings.earlier_members import OF_CHANNEL, OF_STORE
from nbstream.readings.window import Window
from nbstream.testing import FakeClock
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.panels.alert_feed import AlertFeed, held_text
from nbstream.widgets.panels.cards import Cards
from nbstream.widgets.panels.rule_editor import Draft, try_out

NS = 10**9


def closed() -> Buffer:
    """Return a buffer that had readings."""
    buffer = Buffer(timezone="UTC")
    buffer.extend([0.0, 1.0, 2.0], x=[1.0, float("nan"), 3.0])
    buffer.close()
    return buffer


@pytest.mark.parametrize("buffer", [Buffer(), closed()])
def test_what_is_not_there_has_no_rows(buffer: Buffer) -> None:
    """A channel that is not there yet, or whose buffer was closed, answers and raises nothing."""
    x = buffer.channel("x")
    assert repr(x) == "<rows 0 to 0 of 'x'>"
    assert x.span() == x.window_rows(Window(readings=3)) == (0, 0)
    assert x.window_rows(Window(duration_ns=NS), newest_ns=5 * NS, end=3) == (0, 0)
    assert (x.row_at(NS), x.rows_after(np.array([0, NS])).tolist()) == (0, [0, 0])
    assert len(x.rows(0).times) == len(x.rows(0, 3).values) == 0
    assert (x.segment, x.segment_at(2), x.revision, x.missing) == (0, 0, 0, 0)
    assert (x.time_at(0), x.newest_ns, x.last_time_ns) == (None, None, None)
    assert (x.interval_ns, x.own_interval_ns, buffer.stale_after("x")) == (None, None, None)
    assert np.isnan(x.last_value)
    assert x.covers(Window(duration_ns=NS))
    cursor = x.cursor()
    assert len(x.read_on(cursor).times) == 0
    x.move_to(cursor, NS)
    assert (cursor.row, x.take_change(cursor)) == (0, None)


def test_rows_are_there_as_soon_as_the_channel_is() -> None:
    """Who asked before the first reading need not ask anew; another channel's are its own."""
    buffer = Buffer(timezone="UTC")
    x, y = buffer.channel("x"), buffer.channel("y")
    buffer.extend([0.0, 1.0, 2.0], x=[1.0, 2.0, 3.0])
    assert (x.span(), y.span()) == ((0, 3), (0, 0))
    assert x.rows(1).values.tolist() == [2.0, 3.0]
    assert (x.newest_ns, x.interval_ns) == (2 * NS, NS)


def test_a_view_sees_its_span_or_the_window() -> None:
    """A span's two ends belong to it; without a span it is the window that is seen."""
    buffer = Buffer(timezone="UTC")
    buffer.extend(np.arange(10.0), x=np.arange(10.0))
    x, window = buffer.channel("x"), Window(readings=3)
    assert x.seen_rows(window, None) == x.window_rows(window) == (7, 10)
    assert x.seen_rows(window, (2 * NS, 4 * NS)) == (2, 5)


def test_earlier_names_work_with_a_warning() -> None:
    """What took a channel first is found on its rows; what is not public any more says so."""
    buffer = Buffer(timezone="UTC")
    buffer.extend([0.0, 1.0, 2.0], x=[1.0, 2.0, 3.0])
    with pytest.warns(DeprecationWarning, match=r"Use Buffer\.channel\(…\)\.rows\.") as warned:
        assert buffer.rows("x", 1).values.tolist() == [2.0, 3.0]
    assert warned[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="last_value"):
        assert buffer.last_value("x") == 3.0
    with pytest.warns(DeprecationWarning, match="window_rows"):
        assert buffer.window_rows("x", Window(readings=2), end=2) == (0, 2)
    with pytest.warns(DeprecationWarning, match="not public"):
        assert buffer.moment().ends == {"x": 3}
    for name in OF_CHANNEL:
        assert hasattr(ChannelRows, name)
        with pytest.warns(DeprecationWarning, match=name):
            assert callable(getattr(buffer, name))
    for name in OF_STORE:
        with pytest.warns(DeprecationWarning, match=name):
            getattr(buffer, name)


def test_what_a_buffer_never_had() -> None:
    """It is an AttributeError, and tab completion offers nothing that will be removed."""
    buffer = Buffer()
    with pytest.raises(AttributeError, match="'Buffer' object has no attribute 'sums'"):
        _ = buffer.sums
    assert "channel" in dir(buffer)
    assert not {*dir(buffer)} & {*OF_CHANNEL, *OF_STORE}


def test_everybody_goes_on_when_a_buffer_is_closed() -> None:
    """Statistics, rules, detectors, tables and pages find no rows, and nothing fails."""
    buffer = Buffer(timezone="UTC")
    times = np.arange(100.0)
    buffer.extend(times, x=times, y=times)
    with Analyzer(buffer, windows=["10s", 20]) as analyzer:
        rule = analyzer.alert("mean('1h') > 3 and y > 2", channel="x")
        run, table = analyzer.detect("zscore"), analyzer.stepped("5s")
        draft = Draft.read({"condition": "value > 5"}, analyzer, None)
        chart, feed, cards = (
            ChartFeed(analyzer, dict, lambda: 500),
            AlertFeed(analyzer),
            Cards(analyzer),
        )
        analyzer.update()
        chart.frame()
        buffer.close()
        analyzer.update()
        assert (analyzer.count, analyzer.snapshot()["x"].last) == (0, 99.0)
        analyzer.window = "5s"
        assert np.isnan(analyzer.statistic("p50", channel="x"))
        assert (run.n_behind, run.seconds_behind, rule.waiting) == (0, 0.0, "")
        assert analyzer.preview("value > 3").n_readings == 0
        assert try_out(draft, analyzer, None, FakeClock()) == {
            "n": 0,
            "seconds": 0.0,
            "readings": 0,
            "span": 0.0,
            "isCut": False,
        }
        assert held_text(analyzer) == ""
        chart.frame()
        chart.points()
        chart.history(0, 10 * NS, 500)
        health = feed._state()["health"]
        assert (health["staleAfter"], health["missing"]) == (None, 0)
        assert cards._state()["channels"] == []
        assert len(table) > 0
        feed.close()
        cards.close()
    assert analyzer.last_error is None
