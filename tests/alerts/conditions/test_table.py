"""What conditions see: windows that end at each reading, other channels as of that time, rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.alerts import AlertLog, Rule, RuleState
from nbstream.alerts.conditions.table import BufferTable, Table
from nbstream.alerts.rules.channel_rule import ChannelActivity
from nbstream.expressions.parsing import read_condition
from nbstream.expressions.tree import variables
from nbstream.expressions.variables import Channel, Rate, Score, Statistic
from nbstream.readings.window import Window
from nbstream.summaries.summary import BlockPyramid
from nbstream.summaries.trailing import TrailingWindows
from tests.strategies import EPOCH_NS, NS, batch_sizes, cut_into, readings


def table_of(
    buffer: ns.Buffer, name: str = "x", start: int = 0, window: str = "60s"
) -> BufferTable:
    """Return a channel's rows from `start` on as conditions see them."""
    pyramid = BlockPyramid()
    pyramid.extend(buffer.channel(name).rows(0).values)
    return BufferTable(
        buffer,
        name,
        start,
        *buffer.channel(name).rows(start)[1:],
        pyramid=pyramid,
        window=Window.parse(window),
    )


def filled(times: Any, values: Any) -> ns.Buffer:
    """Return a buffer with these readings of x."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(np.asarray(times).view("M8[ns]"), x=np.asarray(values))
    return buffer


@settings(max_examples=40)
@given(readings(max_size=60), st.sampled_from(["5s", "1s", "7", "all"]))
def test_statistics_of_a_window_are_those_of_pandas(columns: Any, window: str) -> None:
    """Each reading sees mean, std, min, max and count of the window that ends with it."""
    times, values = columns
    if not len(times):
        return
    buffer = filled(times, values)
    held = pd.Series(values, pd.DatetimeIndex(times.view("M8[ns]")))
    span = len(values) if window == "all" else int(window) if window.isdecimal() else window
    if isinstance(span, str) and held.index.has_duplicates:
        # pandas lets equal times see each other; a reading here sees only those before it.
        held.index = pd.DatetimeIndex((times + np.arange(len(times))).view("M8[ns]"))
        buffer = filled(times + np.arange(len(times)), values)
    rolling = held.rolling(span, min_periods=1)
    table = table_of(buffer).partial
    for name in ("mean", "std", "min", "max"):
        found = table.column(Statistic(name, window))
        assert found == pytest.approx(getattr(rolling, name)(), rel=1e-9, abs=1e-6, nan_ok=True)
    counted = held.notna().rolling(span, min_periods=1).sum()
    assert table.column(Statistic("count", window)).tolist() == counted.tolist()


@settings(max_examples=30)
@given(st.integers(0, 5000), st.integers(1, 2500), batch_sizes(400, mostly=50), st.integers(0, 9))
def test_long_windows_merge_blocks_and_ignore_batches(
    first: int, length: int, sizes: list[int], seed: int
) -> None:
    """Windows over several blocks agree with numpy, bit for bit however readings were batched."""
    rng = np.random.default_rng(seed)
    values = 1e6 + rng.normal(size=first + 600)
    values[rng.random(len(values)) < 0.1] = np.nan
    pyramid = BlockPyramid()
    pyramid.extend(values)

    def read(start: int, stop: int) -> Any:
        return values[start:stop]

    ends = np.arange(first, first + 600) + 1
    starts = np.maximum(ends - length, 0)
    whole = TrailingWindows(starts, ends, pyramid, read)
    pieces = [TrailingWindows(starts[p], ends[p], pyramid, read) for p in cut_into(600, sizes)]
    for name in ("mean", "std", "min", "max", "count"):
        found = whole.statistic(name)
        np.testing.assert_array_equal(
            found, np.concatenate([piece.statistic(name) for piece in pieces])
        )
        rolling = pd.Series(values).rolling(length, min_periods=1)
        if name == "count":
            rolling = pd.Series(np.isfinite(values) * 1.0).rolling(length, min_periods=1)
        method = {"count": "sum"}.get(name, name)
        if name == "std":  # pandas subtracts, and drifts
            continue
        assert found == pytest.approx(getattr(rolling, method)()[first:], rel=1e-9, nan_ok=True)
    i = 599
    held = values[starts[i] : ends[i]]
    held = held[held == held]
    if len(held) > 1:
        assert whole.statistic("std")[i] == pytest.approx(held.std(ddof=1), rel=1e-9)


def test_other_channels_are_seen_as_of_the_reading() -> None:
    """The last reading at or before the time counts, missing ones are passed over."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend([2.0, 4.0, 6.0], pressure=[1.0, np.nan, 3.0])
    buffer.extend([1.0, 2.0, 3.0, 5.0, 7.0], x=[0.0] * 5)
    table = table_of(buffer)
    found = table.column(Channel("pressure"))
    np.testing.assert_array_equal(found, [np.nan, 1.0, 1.0, 1.0, 3.0])
    assert np.isnan(table.column(Channel("nothing"))).all()
    assert table.column(Channel("x")).tolist() == [0.0] * 5


def test_a_score_is_a_channel_named_after_the_own() -> None:
    """score("zscore") of x reads the channel x.zscore."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend([1.0, 2.0], **{"x.zscore": [3.0, 5.0]}, x=[0.0, 0.0])
    assert table_of(buffer).column(Score("zscore")).tolist() == [3.0, 5.0]


def test_rates_are_those_of_the_last_two_readings() -> None:
    """Change per second; unknown at the first reading, at equal times and where one is missing."""
    times, values = [0.0, 2.0, 2.0, 4.0, 5.0, 7.0], [1.0, 5.0, 6.0, np.nan, 9.0, 9.0]
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(times, x=values)
    expected = [np.nan, 2.0, np.nan, np.nan, 1.0, 0.0]
    np.testing.assert_array_equal(table_of(buffer).column(Rate()), expected)
    np.testing.assert_array_equal(table_of(buffer, start=4).column(Rate()), expected[4:])
    buffer.extend([0.5, 2.5, 8.0], y=[0.0, 0.0, 0.0])
    found = table_of(buffer, "y").column(Rate(Channel("x")))
    np.testing.assert_array_equal(found, [np.nan, np.nan, 0.0])


def test_readings_per_second_and_quantiles() -> None:
    """Rate is per reading; a median is that of the newest window, for all of the batch."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(np.arange(10) / 2, x=np.arange(10.0))
    table = table_of(buffer).partial
    np.testing.assert_allclose(table.column(Statistic("rate", "60s"))[1:], 2.0)
    assert np.isnan(table.column(Statistic("rate"))[0])
    assert table.column(Statistic("median", "2s")).tolist() == [7.5] * 10
    assert table.column(Statistic("p90", "all")).tolist() == [pytest.approx(8.1)] * 10


@pytest.fixture
def analyzer() -> Iterator[ns.Analyzer]:
    """An analyzer of an empty buffer in UTC."""
    with ns.Analyzer(ns.Buffer(timezone="UTC"), window="60s") as analyzer:
        yield analyzer


CONDITIONS = [
    "zscore > 2",
    "mean('5s') > 0.3 and value > 0.5",
    "std > 1.05",
    "value - mean('20') > 1.5",
    "count('3s') < 25 or rate_of(value) > 40",
    "max('2s') - min('2s') > 4 and pressure > 0.5",
]


@settings(max_examples=12)
@given(batch_sizes(200, mostly=20), st.integers(0, 99))
def test_incidents_do_not_depend_on_batches(sizes: list[int], seed: int) -> None:
    """Rules of windows, rates and other channels find the same incidents in one batch or in many."""
    rng = np.random.default_rng(seed)
    n = 700
    times = (EPOCH_NS + np.arange(n) * NS // 10).view("M8[ns]")
    values, pressure = rng.normal(size=(2, n))
    values[rng.random(n) < 0.05] = np.nan
    found = []
    for pieces in ([slice(0, n)], cut_into(n, sizes)):
        with ns.Analyzer(ns.Buffer(timezone="UTC"), window="10s") as analyzer:
            for text in CONDITIONS:
                analyzer.buffer.extend([], x=[], pressure=[])
                analyzer.alert(text, channel="x", for_="0.2s", keep_firing_for="0.1s", partial=True)
            for piece in pieces:
                analyzer.buffer.extend(times[piece], x=values[piece], pressure=pressure[piece])
                analyzer.update()
            assert [rule.error for rule in analyzer.rules] == [None] * len(CONDITIONS)
            found.append(
                sorted(
                    (i.rule, i.breached_ns, i.fired_ns, i.reason) for i in analyzer.alerts.incidents
                )
            )
    assert found[0] == found[1]
    assert found[0]


@pytest.mark.parametrize("size", [1, 4])
def test_a_peak_is_a_reading_of_which_something_is_known(size: int) -> None:
    """Neither a missing reading is a peak nor one that no condition can judge, whatever the batches."""
    log = AlertLog(timezone="UTC")
    rule = Rule("score('z') > 2", levels={"critical": "value > 4"}, log=log)
    values, scores = np.array([5.0, np.nan, np.nan, 4.5]), np.array([0.0, 1.0, 9.0, 1.5])
    peaks = []
    for start in range(0, 4, size):
        rows = slice(start, start + size)
        rule.take_in(Table(NS * np.arange(4)[rows], values[rows], {Score("z"): scores[rows]}))
        peaks += [incident.peak for incident in log.active]
    assert peaks[-1] == 4.5
    assert set(peaks) <= {5.0, 4.5}


def test_a_rule_that_names_its_channel_watches_it(analyzer: ns.Analyzer) -> None:
    """A condition about another channel by name alone is judged at that channel's readings."""
    analyzer.buffer.extend([1.0], x=[0.0], pressure=[1.0])
    rule = analyzer.alert("pressure > 3")
    analyzer.buffer.extend([2.0], pressure=[4.0])
    analyzer.update()
    assert [(i.channel, i.reason) for i in analyzer.alerts.incidents] == [
        ("pressure", "pressure 4 > 3 since 00:00:02")
    ]
    rule.condition = "value > 3"
    analyzer.buffer.extend([3.0], pressure=[9.0])
    analyzer.update()
    assert analyzer.alerts.active == ()


def test_a_rule_can_be_moved_to_another_channel(analyzer: ns.Analyzer) -> None:
    """It starts again there, with the next reading; a batch of its former channel comes too late."""
    analyzer.buffer.extend([1.0], a=[95.0], b=[95.0])
    analyzer.update()
    rule = analyzer.alert("value > 90", channel="a")
    assert rule.state is RuleState.FIRING
    rule.edit(channel="b", limits=80)
    assert (rule.channel, rule.condition.text, rule.states) == ("b", "value > 80", {})
    rule.take_in(Table(np.array([NS]), np.array([99.0]), channel="a"))
    rule.tick(0, ChannelActivity(10 * NS, NS // 10), channel="a")
    analyzer.update()
    assert rule.states == {}
    analyzer.buffer.extend([2.0], a=[95.0], b=[85.0])
    analyzer.update()
    assert rule.states == {"b": RuleState.FIRING}
    rule.channel = "*"
    analyzer.buffer.extend([3.0], a=[95.0], b=[0.0])
    analyzer.update()
    assert rule.states == {"a": RuleState.FIRING, "b": RuleState.OK}
    assert [(i.channel, i.ended) for i in analyzer.alerts.incidents] == [
        *[("a", "rule changed"), ("b", "rule changed")],
        ("a", None),
    ]


@pytest.mark.parametrize("channel", ["*", ["a", "b", "later"]])
def test_each_channel_has_a_state_of_its_own(analyzer: ns.Analyzer, channel: Any) -> None:
    """One rule over several channels fires for each, also for one that comes later."""
    analyzer.buffer.extend([1.0], a=[95.0], b=[0.0])
    analyzer.update()
    rule = analyzer.alert("value > 90", channel=channel)
    analyzer.buffer.extend([2.0], later=[99.0])
    analyzer.update()
    assert {name: state.name for name, state in rule.states.items()} == {
        **{"a": "FIRING", "b": "OK", "later": "FIRING"}
    }
    assert [incident.channel for incident in analyzer.alerts.active] == ["a", "later"]
    assert rule.state is ns.alerts.RuleState.FIRING
    assert rule.channel == ("*" if channel == "*" else "a, b, later")
    analyzer.buffer.extend([3.0], a=[0.0], later=[0.0])
    analyzer.update()
    assert rule.state is ns.alerts.RuleState.OK


def test_a_wrong_channel_is_refused_with_the_nearest(analyzer: ns.Analyzer) -> None:
    """A typo in a channel's name is found when the rule is made."""
    analyzer.buffer.extend([1.0], x=[0.0], height=[1.0])
    with pytest.raises(ValueError, match="did you mean 'height'"):
        analyzer.alert("value > 3 and hieght > 1")
    assert analyzer.rules == ()
    rule = analyzer.alert("value > 3 and channel('later') > 1")
    with pytest.raises(ValueError, match="unknown name 'later'"):
        rule.condition = "later > 1"
    analyzer.buffer.extend([2.0], later=[1.0])
    rule.condition = "later > 1"


def test_variables_are_found_once_each() -> None:
    """A tree tells all that it needs."""
    tree = read_condition(
        "value > 3 and (abs(a - value) > 1 or not mean('1s') > a) or outside(1, 2)"
    )
    assert [v.text for v in dict.fromkeys(variables(tree))] == ["value", "a", 'mean("1s")']
