"""Detectors of several channels at work: which readings they are shown, and where what they say goes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import nbstream as ns
from nbstream.detectors import MultivariateDetector
from nbstream.readings.batch import FloatArray
from tests.detectors.test_multivariate import pair

START = 1_782_907_200.0
N = 1_000


@pytest.fixture
def buffer() -> ns.Buffer:
    """Return a buffer."""
    return ns.Buffer(timezone="UTC")


@pytest.fixture
def analyzer(buffer: ns.Buffer) -> Iterator[ns.Analyzer]:
    """Yield an analyzer of it."""
    with ns.Analyzer(buffer) as analyzer:
        yield analyzer


@pytest.fixture
def columns() -> dict[str, FloatArray]:
    """Return two channels that move together until reading 800."""
    columns = pair(N)
    columns["Current"][800:] -= 4.0
    return columns


def fill(buffer: ns.Buffer, columns: dict[str, FloatArray], low: int = 0, high: int = N) -> None:
    """Add rows of all channels, a second apart."""
    times = START + np.arange(low, high)
    buffer.extend(times, {name: column[low:high] for name, column in columns.items()})


def test_scores_are_those_of_the_detector(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """In batches, with what was held before; they are a channel, and anomalies have reasons."""
    fill(buffer, columns, 0, 500)
    run = analyzer.detect("multivariate", channels=["Pressure", "Current"])
    for low in range(500, N, 7):
        fill(buffer, columns, low, min(low + 7, N))
        if low % 3 == 0:
            analyzer.update()
    analyzer.update()
    times = (np.arange(N) + START) * 1e9
    expected = MultivariateDetector().update(times.astype(np.int64), columns)
    assert run.score_channel == "multivariate"
    rows = buffer.channel("multivariate").rows(0)
    np.testing.assert_allclose(rows.values, expected.score, equal_nan=True)
    assert run.n_flagged == expected.is_anomaly.sum() > 0
    assert run.is_warm
    assert run.channels == ("Pressure", "Current")
    assert run.error is None
    anomaly = analyzer.anomalies.after(0)[0]
    first = int(expected.is_anomaly.argmax())
    assert anomaly.time_ns == times[first]
    assert anomaly.channel == expected.leader(first)
    assert anomaly.value == columns[anomaly.channel][first]
    assert anomaly.reason == expected.reason(first)
    assert (anomaly.detector, anomaly.score) == (
        "multivariate",
        pytest.approx(float(expected.score[first])),
    )
    assert repr(run) == (
        f"<MultivariateDetector() on ['Pressure', 'Current']: {run.n_flagged} flagged>"
    )


def test_one_that_is_not_warm_says_when_it_will_be(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """In steps, of which the newest may not be over; nothing once it judges."""
    run = analyzer.detect("multivariate")
    fill(buffer, columns, 0, 40)
    analyzer.update()
    assert run.waits_for == "judges from step 401 on; 39 so far"
    assert repr(run).endswith("0 flagged; judges from step 401 on; 39 so far>")
    fill(buffer, columns, 40, 500)
    analyzer.update()
    assert run.is_warm
    assert run.waits_for == ""


def test_all_channels_are_judged_also_those_that_come_later(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """Scores and words are none of them."""
    run = analyzer.detect("multivariate")
    buffer.append(START, state="on")
    fill(buffer, columns, 0, 500)
    analyzer.update()
    late = {"late": np.random.default_rng(1).normal(size=N)}
    fill(buffer, columns | late, 500)
    analyzer.update()
    assert run.channels == ("Pressure", "Current", "late")
    assert run.n_flagged
    assert run.error is None


def test_a_rule_may_be_about_their_score(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """It is a channel like any other."""
    analyzer.detect("multivariate", channels="all")
    analyzer.alert("value > 5", channel="multivariate")
    fill(buffer, columns)
    analyzer.update()
    assert len(analyzer.alerts.incidents) == 1


def test_readings_wait_for_those_of_the_other_channels(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """Sources bring theirs one after the other; the answer is as if they had come together."""
    run = analyzer.detect("multivariate", channels=list(columns))
    times = START + np.arange(N)
    fill(buffer, columns, 0, 390)
    for low in range(390, 450, 2):
        for name, column in columns.items():
            here = slice(low, low + 2)
            buffer.extend(times[here], {name: column[here]})
            analyzer.update()
            assert run.n_behind == 0
    first = {name: column[:450] for name, column in columns.items()}
    expected = MultivariateDetector().update((times[:450] * 1e9).astype(np.int64), first)
    values = buffer.channel("multivariate").rows(0).values
    np.testing.assert_allclose(values, expected.score, rtol=1e-6, atol=1e-9, equal_nan=True)


def test_a_channel_that_vanished_is_not_waited_for(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """The others are judged on, once it is stale."""
    columns["third"] = np.random.default_rng(2).normal(size=N)
    run = analyzer.detect("multivariate")
    fill(buffer, columns, 0, 500)
    analyzer.update()
    del columns["third"]
    fill(buffer, columns, 500)
    analyzer.update()
    assert run.n_flagged
    assert buffer.channel("multivariate").newest_ns == (START + N - 1) * 1e9


def test_clocks_that_differ_make_rounds(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """One channel reads 0.3 s after the other: a step a second, and the fault is found."""
    run = analyzer.detect("multivariate", channels=list(columns))
    for i, (name, column) in enumerate(columns.items()):
        buffer.extend(START + np.arange(N) + 0.3 * i, {name: column})
    analyzer.update()
    scores = buffer.channel("multivariate").rows(0)
    judged = scores.times[~np.isnan(scores.values)]
    assert abs(len(judged) - 600) < 5
    first = analyzer.anomalies.after(0)[0]
    assert START + 800 <= first.time_ns / 1e9 < START + 812
    assert run.error is None


def test_a_clock_that_was_set_back(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """Both go on with the earlier times, and nothing is said of them twice."""
    run = analyzer.detect("multivariate", channels=list(columns))
    fill(buffer, columns, 0, 700)
    buffer.extend(
        START - 5_000 + np.arange(300.0), {name: column[700:] for name, column in columns.items()}
    )
    analyzer.update()
    assert run.error is None
    assert run.n_flagged > 150
    assert run.n_behind == 0


def test_one_that_is_started_again_goes_on_in_its_channel(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """No score comes twice."""
    run = analyzer.detect("multivariate", channels="all")
    fill(buffer, columns, 0, 600)
    analyzer.update()
    run.close()
    assert analyzer.detections == ()
    again = analyzer.detect("multivariate", channels="all")
    fill(buffer, columns, 600)
    analyzer.update()
    assert again.score_channel == "multivariate"
    assert len(buffer.channel("multivariate").rows(0).values) == N
    other = analyzer.detect("multivariate", channels=list(columns))
    analyzer.update()
    assert other.score_channel == "multivariate 2"


def test_a_failing_detector_fails_alone(
    buffer: ns.Buffer, analyzer: ns.Analyzer, columns: dict[str, FloatArray]
) -> None:
    """What goes wrong is kept in `error`, told once, and it watches nothing then."""
    detector = MultivariateDetector()
    detector._judge = None  # type: ignore[assignment]
    run = analyzer.detect(detector)
    fill(buffer, columns)
    analyzer.update()
    assert isinstance(run.error, TypeError)
    assert not run.is_at_work
    assert any("failed" in event.text for event in buffer.events)


def test_what_was_evicted_is_told(columns: dict[str, FloatArray]) -> None:
    """Readings that were gone before they could be judged are counted."""
    buffer = ns.Buffer(capacity=100, timezone="UTC")
    with ns.Analyzer(buffer) as analyzer:
        run = analyzer.detect("multivariate", channels=list(columns))
        fill(buffer, columns, 0, 10)
        analyzer.update()
        with analyzer._intake.lock:
            for low in range(10, N, 10):
                fill(buffer, columns, low, low + 10)
        analyzer.update()
        assert run.n_missed == 2 * (N - 110)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"detector": "multivariat"}, ValueError, "Did you mean 'multivariate'?"),
        (
            {"detector": "multivariate", "channel": "Current"},
            ValueError,
            r"channels=\['Current', …\]",
        ),
        ({"detector": "multivariate", "channels": ["Current"]}, ValueError, "at least two"),
        ({"detector": "multivariate", "channels": "Current"}, ValueError, "several names or 'all'"),
        (
            {"detector": "multivariate", "channels": ["currents", "Pressure"]},
            ValueError,
            "no channel 'currents'. Did you mean 'Current'?",
        ),
        ({"detector": "multivariate", "channels": ["Current", "Current"]}, ValueError, "different"),
        (
            {"detector": "multivariate", "channels": ["Current", "Current.zscore"]},
            ValueError,
            "holds scores",
        ),
        ({"detector": "multivariate", "channels": ["Current", "state"]}, ValueError, "holds words"),
        ({"detector": "multivariate", "means_of": "1s"}, ValueError, "not means of blocks"),
        ({"detector": "multivariate", "wait": 1}, TypeError, "has no parameter 'wait'"),
        ({"detector": "zscore", "channels": "all"}, TypeError, "judges one channel"),
    ],
)
def test_what_cannot_be_is_refused(
    buffer: ns.Buffer,
    analyzer: ns.Analyzer,
    given: dict[str, object],
    error: type[Exception],
    message: str,
) -> None:
    """With what would be right."""
    buffer.append(START, Pressure=1.0, Current=2.0, state="on")
    analyzer.update()
    analyzer.detect("zscore", channel="Current")
    analyzer.update()
    with pytest.raises(error, match=message):
        analyzer.detect(**given)  # type: ignore[arg-type]
    assert len(analyzer.detections) == 1
