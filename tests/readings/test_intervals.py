"""How often a channel's readings come, and when it is stale: one answer for everybody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.alerts import AlertLog, Rule, RuleBook, RuleState
from nbstream.alerts.conditions.table import Table
from nbstream.readings.batch import Batch
from nbstream.readings.intervals import silence_ns, silences_ns, usual_interval_ns
from nbstream.testing import FakeClock
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.panels.alert_feed import AlertFeed
from nbstream.widgets.panels.cards import Cards
from tests.wait import wait_until

NS = 10**9
NAN = float("nan")


def stale_after(times: Any, values: Any = None) -> float | None:
    """Return what everybody says of a channel with readings at these seconds."""
    buffer = ns.Buffer(timezone="UTC")
    times = np.asarray(times, np.float64)
    buffer.extend(times, x=np.ones(len(times)) if values is None else values)
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        chart = ChartFeed(analyzer, dict, lambda: 500)
        chart.frame()
        feed, cards = AlertFeed(analyzer), Cards(analyzer)
        said = {
            cards._state()["channels"][0]["staleAfter"],
            chart.snapshot().content["meta"]["stale"],
            feed._state()["health"]["staleAfter"],
            buffer.stale_after("x"),
        }
        feed.close()
        cards.close()
    (answer,) = said
    rule = Rule("stale", channel="x", log=AlertLog(timezone="UTC"))
    clock = FakeClock()
    book = RuleBook(buffer, clock)
    book.add(rule)
    book.tick()
    waited = 0.0
    while rule.state is RuleState.OK and waited < (answer or 10_000) + 60:
        step = 0.1 if (answer or 1e9) - waited < 2 else max((answer or 10_000) - waited - 1, 0.1)
        clock.advance(step)
        waited += step
        book.tick()
    if answer is None:
        assert rule.state is RuleState.OK
    else:
        assert waited == pytest.approx(answer, abs=0.25)
    return answer


REGULAR = np.arange(300.0)


@pytest.mark.parametrize(
    ("times", "values", "expected"),
    [
        ([0.0], None, None),
        ([0.0, 6.0], None, None),
        ([0.0, 0.0, 0.0, 0.0], None, None),
        ([0.0, 0.0, 6.0, 6.0], None, None),
        ([0.0, 6.0, 12.0], None, 60.0),
        (REGULAR, None, 10.0),
        (REGULAR / 100, None, 2.0),
        (np.repeat(REGULAR, 3), None, 10.0),  # a time in whole seconds
        (np.repeat(np.arange(8.0), 1000), None, 10.0),
        (np.repeat(np.arange(3.0), 40_000), None, 10.0),
        (np.concatenate((REGULAR, 300 + np.arange(1, 6) * 10.0)), None, 100.0),  # slowed down
        (np.concatenate((REGULAR / 1000, 1 + np.arange(1, 5) * 60.0)), None, 600.0),  # a burst
        (np.concatenate((np.arange(40) * 60.0, 2400 + REGULAR)), None, 10.0),  # became faster
        (np.concatenate((REGULAR, REGULAR + 7200)), None, 10.0),  # stopped for two hours
        (np.arange(5) * 3600.0, None, 36_000.0),
        (REGULAR[:121], np.where(REGULAR[:121] % 30 == 0, 1.0, NAN), 300.0),  # mostly missing
        (REGULAR[:30], np.full(30, NAN), None),
        (4e9 + REGULAR, None, 10.0),  # in the future
        (np.concatenate((REGULAR, REGULAR - 5000)), None, 10.0),  # the clock was set back
    ],
)
def test_everybody_says_the_same(times: Any, values: Any, expected: float | None) -> None:
    """Chart, cards, health line and rules agree on when a channel is stale."""
    assert stale_after(times, values) == expected


def test_the_interval_follows_the_newest_readings() -> None:
    """What is asked between batches is what is asked once at the end, whoever asks."""
    rng = np.random.default_rng(4)
    steps = rng.choice([0.0, 0.0, 1.0, 1.0, 5.0, 60.0], 4000, p=[0.2, 0.2, 0.3, 0.1, 0.1, 0.1])
    times, values = steps.cumsum(), np.where(rng.random(4000) < 0.2, NAN, 1.0)
    asked, never = ns.Buffer(capacity=500), ns.Buffer(capacity=500)
    for piece in np.split(np.arange(4000), np.sort(rng.choice(4000, 150, replace=False))):
        for buffer in (asked, never):
            buffer.extend(times[piece], x=values[piece])
        if len(piece):
            _ = asked.channel("x").interval_ns
            present = times[: piece[-1] + 1][values[: piece[-1] + 1] == 1.0]
            expected = usual_interval_ns((present * NS).astype(np.int64))
            assert asked.channel("x").interval_ns == expected
    assert never.channel("x").interval_ns == asked.channel("x").interval_ns


def test_late_readings_that_are_put_in_count() -> None:
    """The intervals are those of the times in order, also where readings came late."""
    buffer = ns.Buffer(late="insert")
    buffer.extend(np.arange(0, 100, 10.0), x=np.ones(10))
    assert buffer.channel("x").interval_ns == 10 * NS
    buffer.extend(np.arange(5, 95, 10.0), x=np.ones(9))
    assert buffer.channel("x").interval_ns == 5 * NS


def test_silence_is_ten_intervals_and_two_seconds_at_least() -> None:
    """The rule as numbers."""
    assert [silence_ns(n) for n in (None, 0, NS // 10, NS, 60 * NS)] == [
        *(None, 2 * NS, 2 * NS, 10 * NS, 600 * NS)
    ]


def test_of_several_channels_the_most_frequent_one_counts_while_it_lives() -> None:
    """A chart with an hourly channel says soon that a fast one is silent; what ended doesn't count."""
    buffer = ns.Buffer()
    buffer.extend(np.arange(100) * 60.0, slow=np.ones(100))
    assert buffer.stale_after("slow") == 600.0
    buffer.extend(5000 + np.arange(940.0), fast=np.ones(940))
    assert buffer.stale_after("slow", "fast") == 10.0
    buffer.extend(5940 + np.arange(1, 5) * 60.0, slow=np.ones(4))
    assert buffer.stale_after("slow", "fast") == 600.0
    assert buffer.stale_after() is None


class Paced(ns.Source):
    """A source that itself sets the pace, driven by hand."""

    own_interval = 6.0

    def _run(self) -> None:
        self._wait(None)

    def bring(self, second: float, **values: float) -> None:
        """Hand over one reading."""
        columns = {name: np.array([value]) for name, value in values.items()}
        self._emit(Batch(np.array([round(second * NS)]), columns))


def test_a_source_that_sets_the_pace_says_how_long_silence_is_usual() -> None:
    """One reading is enough, and the channel's own interval counts once it is known."""
    source = Paced()
    source.bring(0, x=1.0)
    assert source.buffer.stale_after("x") == 60.0
    for second in (20, 40, 60):
        source.bring(second, x=1.0)
    assert source.buffer.stale_after("x") == 200.0
    source.close()


def test_a_channel_that_is_left_out_is_slower_than_its_source() -> None:
    """What others overtake, comes later, or comes as NaN has no known interval before three times."""
    source = Paced()
    source.bring(0, temp=20.0, battery=3.7, gps=NAN)
    source.bring(6, temp=20.0, gps=NAN, door=1.0)
    buffer = source.buffer
    assert [buffer.stale_after(name) for name in buffer.channels] == [60.0, None, None, None]
    for hour in (1, 2):
        source.bring(3600 * hour, temp=20.0, battery=3.7)
    assert buffer.stale_after("battery") == 36_000.0
    source.close()


def test_sources_on_one_buffer_keep_their_own_pace() -> None:
    """Two programs that share a buffer don't set each other's interval."""
    buffer = ns.Buffer()
    slow, fast = Paced(buffer=buffer), ns.CallableSource(lambda: {"fast": 1.0}, 0.05, buffer=buffer)
    slow.bring(0, slow=1.0)
    fast.start()
    wait_until(lambda: "fast" in buffer.channels)
    fast.stop()
    assert buffer.stale_after("slow") == 60.0
    assert buffer.stale_after("fast") == 2.0
    fast.close()
    slow.close()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ns.CallableSource(lambda: 1.0, interval=6), 6),
        (ns.RandomSource(interval=0.5), 0.5),
        (ns.IterableSource([1.0], interval=60), 60),
        (ns.IterableSource([1.0]), None),
        (ns.CsvSource("x.csv"), None),
    ],
)
def test_which_sources_set_the_pace(source: ns.Source, expected: float | None) -> None:
    """Those that are told an interval."""
    assert source.own_interval == expected
    source.close()


class Watch:
    """A rule on a buffer with a clock that is moved by hand."""

    def __init__(self, own_interval: float | None = None, **options: Any) -> None:
        self.clock, self.buffer = FakeClock(), ns.Buffer()
        self.log = AlertLog(timezone="UTC", clock=self.clock)
        self.told: list[str] = []
        self.log.subscribe(lambda n: self.told.append(n.kind))
        self.rule = Rule("value > 90", log=self.log, clock=self.clock, **options)
        self.book = RuleBook(self.buffer, self.clock, own_interval=own_interval)
        self.book.add(self.rule)

    def run(self, seconds: int, **every: int) -> None:
        """Let seconds go by in which channels come at so many seconds each."""
        for _ in range(seconds):
            second = round(self.clock.monotonic())
            for name, period in every.items():
                if second % period == 0:
                    times = np.array([self.clock.wall_ns()])
                    self.buffer.extend(times.view("M8[ns]"), {name: [1.0]})
                    self.book.take_in(Table(times, np.ones(1), channel=name))
            self.clock.advance(1)
            self.book.tick()
            self.book.deliver()


@pytest.mark.parametrize("policy", ["alert", "nodata", "ok", "keep"])
@pytest.mark.parametrize("every", [{"x": 6}, {"x": 1, "slow": 600}, {"x": 40, "slow": 100}])
def test_a_regular_channel_is_never_silent(policy: Any, every: dict[str, int]) -> None:
    """Nothing is told of channels that come as they always do, from the first reading on."""
    watch = Watch(channel="*", no_data=policy)
    watch.run(2000, **every)
    assert (watch.told, watch.rule.state) == ([], RuleState.OK)
    watch.run(800)
    assert watch.told == {"alert": ["fired"], "nodata": ["no_data"]}.get(policy, [])


def test_a_given_time_of_silence_needs_no_interval() -> None:
    """`no_data_after` holds from the first reading on."""
    watch = Watch(no_data="alert", no_data_after="20s")
    watch.run(1, x=1)
    watch.run(18)
    assert watch.told == []
    watch.run(2)
    assert watch.told == ["fired"]


def test_a_channel_that_never_came_is_waited_for_as_for_others() -> None:
    """The source's own interval says for how long, else that of the slowest channel."""
    watch = Watch(own_interval=6.0, channel="nothing", no_data="alert")
    watch.run(59)
    assert watch.told == []
    watch.run(2)
    assert watch.told == ["fired"]
    watch = Watch(channel="nothing", no_data="alert")
    watch.run(100)
    assert watch.told == []
    watch.run(30, x=5)
    assert watch.told == ["fired"]


def test_many_intervals_are_judged_as_one_is() -> None:
    """`silences_ns` says of each interval what `silence_ns` does, and −1 where none is known."""
    intervals = [0, NS // 10, NS // 5, NS, 600 * NS]
    found = silences_ns(np.array([-1, *intervals]))
    assert found.tolist() == [-1, *map(silence_ns, intervals)]
