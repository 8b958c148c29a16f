"""Detectors at work on an analyzer's channels."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.analysis.anomaly_log import AnomalyLog
from nbstream.detectors import Detector, ThresholdDetector, create
from tests.wait import wait_until

START = 1_782_907_200.0


@pytest.fixture
def buffer() -> ns.Buffer:
    """An empty buffer in UTC."""
    return ns.Buffer(timezone="UTC")


@pytest.fixture
def analyzer(buffer: ns.Buffer) -> Iterator[ns.Analyzer]:
    """An analyzer of the buffer."""
    with ns.Analyzer(buffer) as analyzer:
        yield analyzer


def fill(buffer: ns.Buffer, values: Any, *, start: float = START, name: str = "value") -> None:
    """Add a reading a second."""
    buffer.extend(start + np.arange(len(values)), {name: np.asarray(values, np.float64)})


def test_scores_are_those_of_the_detector(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """In whatever batches readings come, the score channel is what the detector says of them all."""
    values = np.random.default_rng(1).normal(size=500)
    values[[100, 300]] = 50.0
    run = analyzer.detect("zscore", window=50)
    for part in np.array_split(np.arange(500), 7):
        fill(buffer, values[part], start=START + part[0])
        analyzer.update()
    expected = create("zscore", window=50).update(START + np.arange(500), values)
    scores = buffer.to_pandas()["value.zscore"].to_numpy()
    np.testing.assert_allclose(scores, expected.score)
    assert run.n_flagged == int(expected.is_anomaly.sum())
    assert [a.value for a in analyzer.anomalies.newest(9)].count(50.0) == 2
    assert run.is_warm
    assert run.score_channel == "value.zscore"


def test_one_that_alarms_more_often_than_asked_says_so(
    buffer: ns.Buffer, analyzer: ns.Analyzer
) -> None:
    """In the run, where scores are ever higher; and nothing while it holds what was asked for."""
    run = analyzer.detect("zscore", false_alarms="1/min", window=400)
    values = np.random.default_rng(1).normal(size=3000)
    fill(buffer, values[:300])
    analyzer.update()
    assert run.rather == ""
    fill(buffer, values[300:] * np.exp((np.arange(2700) / 600) ** 2), start=START + 300)
    analyzer.update()
    assert run.rather.endswith("/min in data such as these")
    assert run.rather in repr(run)


def test_one_that_is_not_warm_says_when_it_will_be(
    buffer: ns.Buffer, analyzer: ns.Analyzer
) -> None:
    """In the run and where it is shown, missing readings not counted; nothing once it judges."""
    run = analyzer.detect("default")
    assert run.waits_for == ""
    fill(buffer, [*range(40), np.nan])
    analyzer.update()
    assert run.waits_for == "It judges from reading 97 on; 40 so far."
    assert repr(run).endswith("0 flagged; It judges from reading 97 on; 40 so far.>")
    fill(buffer, range(160), start=START + 41)
    analyzer.update()
    assert run.is_warm
    assert run.waits_for == ""


def test_a_period_that_is_given_up_is_told_once(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """The feed says which, and of what channel."""
    noise = np.random.default_rng(2).normal(size=2000)
    analyzer.detect("seasonal")
    fill(buffer, noise + 5 * np.sin(np.arange(2000) * 2 * np.pi / 24) * (np.arange(2000) < 1000))
    for start in range(0, 200, 100):
        analyzer.update()
        fill(buffer, np.zeros(100), start=START + 2000 + start)
    told = [event.text for event in buffer.events if "gives up" in event.text]
    assert told == ["'seasonal' gives up the period of 24 s of 'value': its pattern is gone"]


def test_reasons_are_in_the_time_zone_of_the_buffer() -> None:
    """A phase of a day is that of the clock on the wall."""
    buffer = ns.Buffer(timezone="Asia/Tokyo")
    with ns.Analyzer(buffer) as analyzer:
        analyzer.detect("seasonal", period="1d")
        values = np.tile(np.arange(24.0), 5)
        values[100] = 99.0
        buffer.extend(START + np.arange(120) * 3600.0, value=values)
        analyzer.update()
        newest = analyzer.anomalies.newest(9)
    reasons = [row.reason for row in newest if row.value == 99.0]
    assert "usual at 01:00 (limit" in reasons[0]


class Costly(ThresholdDetector):
    """A threshold that says it can't take more than 1,000 readings in a second."""

    max_rate = 1_000


def test_slow_detectors_judge_means_where_readings_come_fast(
    buffer: ns.Buffer, analyzer: ns.Analyzer
) -> None:
    """By themselves, and they say so; asked for every reading they judge every reading."""
    by_itself = analyzer.detect(Costly(above=5))
    every_one = analyzer.detect(Costly(above=5), means_of=None)
    always = analyzer.detect("threshold", above=5, means_of="1s")
    values = np.zeros(10_000)
    values[5000] = 9.0  # a spike that means smooth away
    values[7500:] = 8.0
    buffer.extend(START + np.arange(10_000) / 5000, value=values)
    analyzer.update()
    assert (by_itself.block_ns, every_one.block_ns, always.block_ns) == (16_000_000, 0, 10**9)
    assert (every_one.n_flagged, always.n_flagged) == (2501, 0)
    assert 2300 <= by_itself.n_flagged <= 2500
    kinds = {"means of 16 ms" in anomaly.reason for anomaly in analyzer.anomalies.newest(9999)}
    assert kinds == {True, False}
    assert by_itself.detector.max_rate == 1_000


def test_it_sees_what_is_held_already(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """A detector that is added later has judged the readings before it, once each."""
    fill(buffer, [1.0, 9.0, 1.0])
    analyzer.update()
    run = analyzer.detect("threshold", above=5)
    assert run.n_flagged == 1
    fill(buffer, [9.0], start=START + 3)
    analyzer.update()
    assert run.n_flagged == 2
    assert len(buffer.channel("value.threshold").rows(0).times) == 4


def test_a_rule_may_be_about_scores(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """A rule sees the score of each reading at that very reading."""
    analyzer.detect("threshold", above=5)
    rule = analyzer.alert('score("threshold") > 0')
    fill(buffer, [1.0, 9.0, 1.0])
    analyzer.update()
    (incident,) = analyzer.alerts.incidents
    assert incident.breach.value == 9.0
    assert incident.cleared is not None
    assert incident.cleared.time_ns == round((START + 2) * 1e9)
    assert rule.state is ns.alerts.RuleState.OK


def test_scores_are_no_readings(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """Scores are a channel of the buffer, and neither count as readings nor are watched by "*"."""
    analyzer.detect("threshold", above=5)
    rule = analyzer.alert("value < 1000", channel="*")
    fill(buffer, [1.0, 9.0])
    analyzer.update()
    assert buffer.channels == ("value", "value.threshold")
    assert analyzer.channels == buffer.measured == ("value",)
    assert buffer.n_added == 2
    assert list(rule.states) == ["value"]
    assert analyzer.channel("value.threshold").count == 2
    with pytest.raises(ValueError, match="holds scores"):
        analyzer.detect("zscore", channel="value.threshold")


def test_two_of_a_kind_have_channels_of_their_own(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """The same detector twice, and a user's channel of that name, do not mix."""
    fill(buffer, [1.0, 9.0], name="x")
    fill(buffer, [1.0, 9.0], name="x.threshold")
    runs = [analyzer.detect("threshold", channel="x", above=limit) for limit in (5, 10)]
    analyzer.update()
    fill(buffer, [7.0], start=START + 2, name="x")
    analyzer.update()
    assert [run.score_channel for run in runs] == ["x.threshold 2", "x.threshold 3"]
    assert [run.n_flagged for run in runs] == [2, 0]


def test_a_failing_detector_fails_alone(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """What a detector raises is kept and told once; the analyzer goes on."""

    class Broken(Detector):
        def __init__(self) -> None:
            self.name = "broken"  # of the object only: `names()` shall not know it

        def _update(self, times: Any, values: Any) -> Any:
            raise ZeroDivisionError

        def reset(self) -> None:
            pass

    run = analyzer.detect(Broken())
    for i in range(3):
        fill(buffer, [1.0], start=START + i)
        analyzer.update()
    assert isinstance(run.error, ZeroDivisionError)
    assert analyzer.count == 3
    assert sum("broken" in event.text for event in buffer.events) == 1


def test_closing_ends_it(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """A closed detector judges nothing more; its scores and findings stay."""
    run = analyzer.detect(ThresholdDetector(above=5))
    fill(buffer, [9.0])
    analyzer.update()
    run.close()
    run.close()
    fill(buffer, [9.0], start=START + 1)
    analyzer.update()
    assert analyzer.detections == ()
    assert (run.n_flagged, analyzer.anomalies.n_found) == (1, 1)


@pytest.mark.parametrize("ended", ["detector", "analyzer"])
def test_a_detector_that_is_started_again_goes_on_in_its_channel(
    buffer: ns.Buffer, ended: str
) -> None:
    """So that rules and charts of its scores see the one at work; scores that are there stay."""
    with ns.Analyzer(buffer) as first:
        run = first.detect("threshold", above=5)
        fill(buffer, [1.0, 9.0, 1.0])
        first.update()
        if ended == "detector":
            run.close()
            fill(buffer, [8.0], start=START + 3)
            first.update()
    with ns.Analyzer(buffer) as second:
        fill(buffer, [1.0], start=START + 4)
        rule = second.alert('score("threshold") > 0')
        again = second.detect("threshold", above=4)
        fill(buffer, [9.0, 1.0], start=START + 5)
        second.update()
        assert again.score_channel == "value.threshold"
        assert again.n_flagged == 2 + (ended == "detector")
        newest = max(incident.breach.time_ns for incident in second.alerts.incidents)
        assert newest == round((START + 5) * 1e9)
        assert rule.state is ns.alerts.RuleState.OK
    rows, scores = buffer.channel("value").rows(0), buffer.channel("value.threshold").rows(0)
    assert buffer.channels == ("value", "value.threshold")
    np.testing.assert_array_equal(scores.times, rows.times)
    limits = np.where(np.arange(len(rows.times)) < 3, 5, 4)
    np.testing.assert_array_equal(scores.values, rows.values - limits)


def test_no_score_comes_twice_however_often_it_is_started(
    buffer: ns.Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was closed before it had caught up leaves the scores of the one before it."""
    monkeypatch.setattr("nbstream.analysis.detector_runs.CHUNK", 10)
    with ns.Analyzer(buffer) as analyzer:
        fill(buffer, np.arange(100.0))
        analyzer.update()
        for first_look in (9.0, 0.0, 9.0):
            monkeypatch.setattr("nbstream.analysis.detections.FIRST_LOOK", first_look)
            with analyzer._lock:  # the thread would go on
                analyzer.detect("threshold", above=0).close()
        np.testing.assert_array_equal(
            buffer.channel("value.threshold").rows(0).values, np.arange(100.0)
        )


def test_a_storm_of_anomalies_is_bounded(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """A hundred thousand flagged readings are all counted; the newest are kept with their reasons."""
    analyzer.detect("threshold", above=0)
    fill(buffer, np.ones(100_000))
    analyzer.update()
    assert analyzer.anomalies.n_found == 100_000
    newest = analyzer.anomalies.newest(1)[0]
    assert newest.number == 100_000
    assert newest.time_ns == round((START + 99_999) * 1e9)
    assert len(analyzer.anomalies) <= 10_000


def test_the_log_as_a_table() -> None:
    """The log is a DataFrame with times in its zone, also when it is empty."""
    log = AnomalyLog(timezone=ns.Buffer(timezone="Asia/Kolkata").timezone)
    assert log.to_pandas().empty
    log.add([("zscore", "x", 0, 1.0, 5.0, "5 σ above")], 0)
    (row,) = log.to_pandas().itertuples()
    assert row.time.isoformat() == "1970-01-01T05:30:00+05:30"
    assert (row.detector, row.reason) == ("zscore", "5 σ above")
    assert log.after(0) == log.newest(5)
    assert log.after(1) == ()


def test_anomalies_come_in_groups() -> None:
    """Those of one detector and channel that are at most a minute apart are one; the others have theirs."""
    log = AnomalyLog(timezone=ns.Buffer(timezone="UTC").timezone)
    minute = 60 * 10**9
    for at, score, detector in [(0, 5.0, "a"), (1, 9.0, "a"), (1, 7.0, "b"), (2, 6.0, "a")]:
        log.add([(detector, "x", at * minute, 1.0, score, "far")], 0)
    log.add([("a", "x", 4 * minute, 1.0, 5.0, "far")], 999)
    newest, other, oldest = log.groups(5)
    assert (oldest.n, oldest.first.time_ns, oldest.until_ns) == (3, 0, 2 * minute)
    assert oldest.strangest.score == 9.0
    assert (other.first.detector, other.n) == ("b", 1)
    assert (newest.n, log.n_groups, log.n_found) == (1000, 3, 1004)
    assert log.groups(1) == (newest,)


@pytest.mark.parametrize(
    ("given", "parameters", "error"),
    [
        ("zscor", {}, ValueError),
        ("zscore", {"width": 5}, TypeError),
        (3, {}, TypeError),
        (ThresholdDetector(above=1), {"above": 2}, TypeError),
    ],
)
def test_what_cannot_be_is_refused(
    analyzer: ns.Analyzer, given: Any, parameters: dict[str, Any], error: type[Exception]
) -> None:
    """Unknown names and parameters are errors, and nothing is left behind."""
    with pytest.raises(error):
        analyzer.detect(given, **parameters)
    assert analyzer.detections == ()


class Slow(ThresholdDetector):
    """A detector that takes its time for each batch."""

    def _update(self, times: Any, values: Any) -> Any:
        self.pause.wait(0.02)
        return super()._update(times, values)

    pause = threading.Event()


def test_a_slow_detector_catches_up_by_and_by(
    buffer: ns.Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`detect` returns soon however much is held; the analyzer's thread judges the rest, once each."""
    monkeypatch.setattr("nbstream.analysis.detections.FIRST_LOOK", 0.05)
    monkeypatch.setattr("nbstream.analysis.analyzer.DETECT_FOR", 0.05)
    n = 200_000
    fill(buffer, np.arange(n) % 1000)
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        run = analyzer.detect(Slow(above=998))
        assert run.n_behind > 0
        wait_until(lambda: run.n_behind == 0, 15)
        wait_until(lambda: analyzer.channel("value.threshold").count > 0)
        assert run.n_flagged == n // 1000
        np.testing.assert_array_equal(
            buffer.channel("value.threshold").rows(0).times, buffer.channel("value").rows(0).times
        )
        monkeypatch.setattr("nbstream.analysis.detections.FIRST_LOOK", 0.0)
        again = analyzer.detect(Slow(above=998))
        analyzer.update()  # everything that was there is in
        assert again.n_behind == 0


def test_what_is_evicted_before_a_slow_detector_saw_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not behind by what is gone, and says once that it missed some."""
    monkeypatch.setattr("nbstream.analysis.detections.FIRST_LOOK", 0.0)
    monkeypatch.setattr("nbstream.analysis.detector_runs.CHUNK", 100)
    buffer = ns.Buffer(1000, timezone="UTC", max_bytes=1)
    with ns.Analyzer(buffer, window=10) as analyzer:
        fill(buffer, np.zeros(1000))
        analyzer.update()
        with analyzer._lock:
            run = analyzer.detect("threshold", above=5)
            for i in range(1, 4):
                fill(buffer, np.zeros(1000), start=START + 1000 * i)
            assert run.n_behind == 1000
            analyzer.update()
            assert (run.n_behind, run.n_missed) == (0, 2900)
        fill(buffer, np.zeros(5), start=START + 4000)
        analyzer.update()
        assert run.n_missed == 2900
    told = [event.text for event in buffer.events if "judged" in event.text]
    assert told == ["2,900 readings of 'value' were evicted before 'threshold' judged them"]


def test_rules_see_scores_at_once_though_readings_were_evicted() -> None:
    """What is gone before anybody saw it holds up neither the detector nor the rules about it."""
    buffer = ns.Buffer(1000, timezone="UTC", max_bytes=1)
    with ns.Analyzer(buffer, window=10) as analyzer:
        run = analyzer.detect("threshold", above=5)
        rule = analyzer.alert('score("threshold") > 0')
        fill(buffer, np.zeros(10))
        analyzer.update()
        with analyzer._lock:
            fill(buffer, np.zeros(3000), start=START + 10)
            fill(buffer, [9.0], start=START + 3010)
            analyzer.update()
        assert (run.n_missed, run.n_flagged) == (2001, 1)
        assert rule.state is ns.alerts.RuleState.FIRING
        assert len(analyzer.alerts.incidents) == 1


def test_long_names_are_cut_everywhere(buffer: ns.Buffer, analyzer: ns.Analyzer) -> None:
    """A name that a buffer shortens is found by rules, detectors and statistics under its full length."""
    name = "n" * 200
    rule = analyzer.alert("value > 5", channel=name)
    run = analyzer.detect("threshold", channel=name, above=5)
    fill(buffer, [1.0, 9.0], name=name)
    analyzer.update()
    assert rule.state is ns.alerts.RuleState.FIRING
    assert run.n_flagged == 1
    assert analyzer.channel(name).count == 2
    assert analyzer.statistic("max", channel=name) == 9.0
