"""A channel is known by its whole name, from the buffer to the page; only what people read is shortened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.statistics import Correlation
from nbstream.text.naming import MAX_NAME_LENGTH, short_name, short_names
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.panels.cards import Cards
from nbstream.widgets.panels.rules import Rules
from tests.wait import wait_until
from tests.widgets.fake_page import FakePage

START = 1_782_907_200.0
LONG = "factory/hall 4/line 2/press 17/hydraulics/main cylinder/upper chamber/oil/temperature/"
PAIRS = {
    "alike in 79 characters": ("n" * 79 + "a", "n" * 79 + "b"),
    "alike in 80 characters": ("n" * 80 + "a", "n" * 80 + "b"),
    "different in the middle": (LONG + "a" + LONG, LONG + "b" + LONG),
    "as long as may be": ("m" * 998 + "0a", "m" * 998 + "0b"),
    "case": ("Temp", "temp"),
    "space": ("temp", " temp"),
    "spaces": ("a b", "a  b"),
    "a tab": ("a b", "a\tb"),
    "a line": ("a b", "a\nb"),
    "composed or not": ("\u00e9", "e\u0301"),
    "what is not seen": ("temp", "te\u200bmp"),
    "the other direction": ("temp", "\u202etemp"),
    "a zero byte": ("a\0b", "a\0c"),
    "compatible letters": ("\ufb01t", "fit"),
    "shortened by hand": ("n" * 200, short_name("n" * 200)),
    "TeX": ("$x$", "$y$"),
}


@pytest.fixture(params=list(PAIRS.values()), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Two names that somebody takes for one."""
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def analyzer(pair: tuple[str, str]) -> Iterator[ns.Analyzer]:
    """An analyzer of a buffer that holds both channels: ones, and twos that end with a nine."""
    buffer = ns.Buffer(timezone="UTC")
    one, two = pair
    buffer.extend(START + np.arange(50.0), {one: np.ones(50), two: np.full(50, 2.0)})
    buffer.units.update({one: "A", two: "V"})
    with ns.Analyzer(buffer, window="60s") as analyzer:
        yield analyzer


def test_buffer_statistics_and_tables(analyzer: ns.Analyzer, pair: tuple[str, str]) -> None:
    """Each channel has its own readings, by append, extend and batch."""
    one, two = pair
    buffer = analyzer.buffer
    buffer.append(START + 60, {one: 5.0, two: 6.0})
    buffer.append(START + 61, **{one: 7.0, two: 8.0})
    buffer.extend_batch(
        Batch(np.array([round((START + 62) * 1e9)]), {one: np.ones(1), two: np.zeros(1)})
    )
    assert buffer.channels == pair
    assert buffer.to_pandas()[one].tolist()[-4:] == [1, 5, 7, 1]
    assert buffer.to_pandas()[two].tolist()[-4:] == [2, 6, 8, 0]
    assert buffer.latest()[two][1] == 0
    analyzer.update()
    assert analyzer.channel(one).max == 7
    assert analyzer.channel(two).max == 8
    assert analyzer.statistic("min", channel=two) == 0


def test_rules_and_their_files(
    analyzer: ns.Analyzer, pair: tuple[str, str], tmp_path: Path
) -> None:
    """A rule watches the channel that it names, also after a file; its incident names it."""
    one, two = pair
    rule = analyzer.alert("value > 8", channel=two, name="high")
    several = analyzer.alert("value > 1e9", channel=list(pair), name="both")
    analyzer.save_rules(tmp_path / "rules.json")
    rule.close()
    several.close()
    rule, several = analyzer.load_rules(tmp_path / "rules.json")
    assert rule.selected == two
    assert several.selected == pair
    analyzer.buffer.append(START + 60, {one: 9.0, two: 3.0})
    analyzer.buffer.append(START + 61, {one: 1.0, two: 9.0})
    analyzer.update()
    [incident] = analyzer.alerts.newest(10)
    assert incident.channel == two
    assert incident.breached_ns == round((START + 61) * 1e9)
    assert f"{short_name(two)} 9 " in incident.reason or "9 V" in incident.reason
    assert set(several.states) == set(pair)
    analyzer.alerts.silence("high", one, for_="1h")
    assert not analyzer.alerts.is_silenced("high", two, incident.breached_ns)


def test_scores_have_their_own_channels(analyzer: ns.Analyzer, pair: tuple[str, str]) -> None:
    """A detector on each gives a score of each, though two names may be as long as a name can be."""
    runs = [analyzer.detect("threshold", channel=name, above=5) for name in pair]
    analyzer.buffer.append(START + 60, {pair[0]: 1.0, pair[1]: 9.0})
    analyzer.update()
    assert [run.score_channel.startswith(run.channel or "-") for run in runs] == [True, True]
    assert {run.score_channel for run in runs} == analyzer.buffer.derived
    assert [anomaly.channel for anomaly in analyzer.anomalies.after(0)] == [pair[1]]
    assert analyzer.buffer.latest()[runs[1].score_channel][1] > 0


def test_the_chart_has_a_line_and_an_entry_each(
    analyzer: ns.Analyzer, pair: tuple[str, str]
) -> None:
    """The legend and the values at the cursor tell one from the other."""
    chart = ns.LiveChart(analyzer, channels=[pair[1], pair[0]])
    first, second = chart.data
    assert first.name != second.name
    assert first.name.endswith(" (A)")
    assert second.name.endswith(" (V)")
    assert max(len(first.name), len(second.name)) < 60
    assert [trace.y[0] for trace in chart.to_figure().data] == [1, 2]
    payload = ChartFeed(analyzer, dict, lambda: 800).frame()
    assert payload is not None
    told = payload.content["meta"]["channels"]
    assert told[0]["name"] != told[1]["name"]
    assert [unit["unit"] for unit in told] == ["A", "V"]
    json.dumps(payload.content, ensure_ascii=False).encode()
    only = ns.LiveChart(analyzer, channels=pair[1])
    assert [trace.y[0] for trace in only.to_figure().data] == [2]
    for widget in (chart, only):
        widget.close()


def test_panels_tell_them_apart(
    analyzer: ns.Analyzer, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cards have a row each; the rules show them shortened and are answered with the whole name."""
    page = FakePage(monkeypatch)
    cards, panel = Cards(analyzer, **page.options), Rules(analyzer, **page.options)
    analyzer.update()
    rows = page.show(cards)["channels"]
    assert rows[0]["name"] != rows[1]["name"]
    assert [row["scale"][0] for row in rows] == [1, 2]
    shown = page.show(panel)["channels"]
    assert [entry["name"] for entry in shown] == list(pair)
    assert shown[0]["label"] != shown[1]["label"]
    assert page.ask(kind="add", operator=">", value=5.0, channel=pair[1]) == ""
    [rule] = analyzer.rules
    assert rule.selected == pair[1]
    assert page.show(panel)["rules"][0]["entries"]["channel"] == pair[1]
    assert page.ask(kind="detect", name="stuck", channel=pair[1]) == ""
    assert [run.channel for run in analyzer.detections] == [pair[1]]
    two = [Correlation(channel=name) for name in pair]
    cards.statistics = two
    assert len(set(cards.statistics)) == 2
    assert [card.statistic for card in cards._cards] == two
    for widget in (cards, panel):
        widget.close()


@pytest.mark.parametrize(
    ("name", "why"),
    [("x" * 10_000, "at most 1,000 characters (got 10,000"), ("\ud800", "UTF-8")],
)
def test_a_name_that_cannot_be_is_refused_where_it_is_seen(name: str, why: str) -> None:
    """By append and extend it raises; of a batch it is counted, and an event says why."""
    buffer = ns.Buffer(timezone="UTC")
    for add in (
        lambda: buffer.append(START, {name: 1.0, "x": 1.0}),
        lambda: buffer.append(START, **{name: 1.0}),
        lambda: buffer.extend([START], {name: [1.0]}),
    ):
        with pytest.raises(ValueError, match="name") as raised:
            add()
        assert why in str(raised.value)
        assert len(str(raised.value)) < 250
    assert buffer.channels == ()
    rows: list[Any] = [{name: 1.0, "x": 2.0}, {name + "y": 1.0}]
    with ns.IterableSource(iter(rows), buffer=buffer) as source:
        wait_until(lambda: source.state is ns.SourceState.ENDED, 10, "the end")
        assert buffer.channels == ("x",)
        assert buffer.refused_channels == {name, name + "y"}
        assert source.counters().accepted == 1
        assert source.counters().dropped == 1
        assert any(why in event.text for event in buffer.events)


@given(st.text(max_size=300), st.integers(8, 90))
def test_a_shortened_name_shows_its_begin_and_end(name: str, length: int) -> None:
    """It is one printable line that is never empty nor longer than asked for; short ones stay whole."""
    shown = short_name(name, length)
    assert 0 < len(shown) <= max(length, len("(no name)"))
    assert shown.isprintable()
    plain = short_name(name, 10_000)
    if len(plain) <= length:
        assert shown == plain
    else:
        begin, end = shown.split("…", 1) if plain.count("…") == 0 else (shown[:1], shown[-1:])
        assert plain.startswith(begin)
        assert plain.endswith(end)


@given(st.lists(st.text("ab \t\u0301\u200b", max_size=30), unique=True), st.integers(12, 40))
def test_names_beside_each_other_look_different(names: list[str], length: int) -> None:
    """No two are shown alike, and none longer than asked for."""
    shown = short_names(names, length)
    assert list(shown) == names
    assert all(len(text) <= length for text in shown.values())


def test_later_names_change_nothing_about_earlier_ones() -> None:
    """A legend entry that is made once stays right when more channels come."""
    names = [*PAIRS["alike in 80 characters"], *PAIRS["spaces"], *PAIRS["composed or not"]]
    for n in range(len(names)):
        assert list(short_names(names[:n]).items()) == list(short_names(names).items())[:n]
    assert len(set(short_names(names).values())) == len(names)
    assert MAX_NAME_LENGTH == 1000
