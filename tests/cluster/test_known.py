"""What the notebook says of readings that it never had is what one machine says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.analysis.analyzer import Analyzer
from nbstream.cluster import known as known_module
from nbstream.cluster.known import KnownChannel
from nbstream.cluster.steps import summarize_steps
from nbstream.readings.batch import Batch
from nbstream.readings.buffer import Buffer
from nbstream.readings.window import Window
from nbstream.statistics import Sample, find
from nbstream.summaries.histogram import RELATIVE_ERROR
from tests.cluster.test_steps import STEP, cases

BEGIN = 1_790_000_000 * 10**9
EXACT = ("count", "missing", "min", "max", "first", "last", "ptp")
MERGED = ("mean", "std", "var", "rms", "sum", "rate", "interval")
HIGHER = ("skewness", "kurtosis", "slope")


def given_out(
    times: np.ndarray, values: np.ndarray, rng: np.random.Generator, n_parts: int
) -> KnownChannel:
    """Return what the notebook knows of readings of several parts, of which each is polled some times."""
    buffer = Buffer(timezone="UTC", late="insert", capacity=100_000)
    known = KnownChannel(buffer.channel("x"), STEP)
    of_part = rng.integers(0, n_parts, len(times))
    polls = [
        some
        for part in range(n_parts)
        for some in np.array_split(np.flatnonzero(of_part == part), int(rng.integers(1, 6)))
    ]
    rng.shuffle(polls)  # type: ignore[arg-type]
    for rows in polls:
        steps = summarize_steps(times[rows], values[rows], STEP, moments=True, reference=math.nan)
        known.add(steps)
        buffer.extend_batch(Batch(steps.times, {"x": steps.values}))
        if rng.random() < 0.3:
            _ = known.sample(Window.parse("all")).summary
    return known


def alone(times: np.ndarray, values: np.ndarray) -> Sample:
    """Return the same readings on one machine."""
    values = np.where(np.isinf(values), np.nan, values)
    known: Sample = Sample.of([], [])
    source = known._source
    source._times, source._values = times, values  # type: ignore[attr-defined]
    return Sample(source, 0, len(times))


def same_statistics(found: Sample, wanted: Sample) -> None:
    """Compare all that summaries answer."""
    spread = max(wanted.summary.std, 0.0) if wanted.n > 1 else 0.0
    for name in EXACT:
        a, b = found.take(find(name)), wanted.take(find(name))
        assert a == b or (a != a and b != b), name
    for name in MERGED:
        a, b = found.take(find(name)), wanted.take(find(name))
        slack = 1e-9 * spread if name == "mean" else 0.0
        if name == "sum":
            slack = 1e-9 * wanted.n * max(abs(wanted.summary.max), abs(wanted.summary.min))
        assert a == pytest.approx(b, rel=1e-9, abs=slack, nan_ok=True), name
    for name in HIGHER:
        a, b = found.take(find(name)), wanted.take(find(name))
        slack = 1e-9 * spread / max(wanted.span, 1e-9) if name == "slope" else 1e-9
        assert a == pytest.approx(b, rel=1e-9, abs=slack * 10, nan_ok=True), name


@settings(max_examples=25)
@given(cases(), st.integers(1, 5), st.integers(0, 2**32))
def test_statistics_are_those_of_one_machine(
    readings: tuple[np.ndarray, np.ndarray], n_parts: int, seed: int
) -> None:
    """Over all readings, and over windows of whole steps, whoever read what and when: to 1e-9."""
    times, values = readings
    rng = np.random.default_rng(seed)
    known = given_out(times, values, rng, n_parts)
    same_statistics(known.sample(Window.parse("all")), alone(times, values))
    first, last = times[0] // STEP, times[-1] // STEP
    a, b = sorted(rng.integers(first, last + 2, 2).tolist())
    inside = slice(*times.searchsorted([a * STEP, b * STEP]))
    same_statistics(known.sample_between(a * STEP, b * STEP), alone(times[inside], values[inside]))
    window = Window.parse(f"{rng.integers(1, last - first + 2) * STEP / 1e9}s")
    begin = (times[-1] - window.duration_ns) // STEP + 1
    inside = slice(int(times.searchsorted(begin * STEP)), None)
    same_statistics(known.sample(window, int(times[-1])), alone(times[inside], values[inside]))


@settings(max_examples=15)
@given(cases(), st.integers(1, 4), st.integers(0, 2**32))
def test_quantiles_are_near_those_of_one_machine(
    readings: tuple[np.ndarray, np.ndarray], n_parts: int, seed: int
) -> None:
    """Exact where all readings are held, else within what a histogram's buckets allow."""
    times, values = readings
    found = given_out(times, values, np.random.default_rng(seed), n_parts).sample(
        Window.parse("all")
    )
    present = values[np.isfinite(values)]
    for q in (0.0, 0.05, 0.5, 0.9, 1.0):
        if not len(present):
            assert math.isnan(found.quantile(q))
            continue
        below, above = (np.quantile(present, q, method=m) for m in ("lower", "higher"))
        reach = RELATIVE_ERROR * (present.max() - present.min()) + 1e-9 * abs(present).max()
        assert below - reach <= found.quantile(q) <= above + reach
    if len(present):
        wanted = np.median(np.abs(present - np.median(present)))
        assert found.mad() == pytest.approx(
            wanted, rel=0.05, abs=3 * RELATIVE_ERROR * np.ptp(present) + 1e-9 * abs(present).max()
        )


def test_what_needs_every_reading_is_nan_where_they_are_elsewhere() -> None:
    """And no wrong number; where a step has few readings all are held, and it is there."""
    rng = np.random.default_rng(1)
    times = np.arange(5000) * 50_000
    many = given_out(times, rng.normal(size=5000), rng, 2).sample(Window.parse("all"))
    assert math.isnan(many.take(find("time_above(0)")))
    assert math.isnan(many.take(find("jitter")))
    few = given_out(times * 400, rng.normal(size=5000), rng, 2).sample(Window.parse("all"))
    assert 0 < few.take(find("time_above(0)")) < 100
    assert few.take(find("median")) == np.median(few.values)


def test_old_steps_are_forgotten_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a channel is bounded: the newest steps stay."""
    monkeypatch.setattr(known_module, "MAX_STEPS", 2000)
    rng = np.random.default_rng(2)
    times = np.arange(9000) * STEP
    values = rng.normal(size=9000)
    buffer = Buffer(timezone="UTC")
    known = KnownChannel(buffer.channel("x"), STEP)
    for rows in np.array_split(np.arange(9000), 90):
        known.add(summarize_steps(times[rows], values[rows], STEP, moments=True))
        found = known.sample(Window.parse("all"))
        n = found.n
        assert found.summary.mean == pytest.approx(values[: rows[-1] + 1][-n:].mean(), abs=1e-12)
    assert 2000 <= n <= 2500
    assert known.n_forgotten == 9000 - n


def test_histograms_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of older steps are put together; quantiles over all are what they were."""
    monkeypatch.setattr(known_module, "MAX_COUNTS", 20_000)
    rng = np.random.default_rng(3)
    buffer = Buffer(timezone="UTC", capacity=1000)
    known = KnownChannel(buffer.channel("x"), STEP)
    values = rng.normal(size=(300, 1000))
    for k, some in enumerate(values):
        known.add(summarize_steps(k * STEP + np.arange(1000) * 1000, some, STEP, reference=0.0))
    [chunks] = known._histograms.values()
    assert sum(len(chunk.codes) for chunk in chunks) < 20_000 + known_module.CHUNKS * 1000
    found = known.sample(Window.parse("all"))
    assert found.quantile(0.9) == pytest.approx(np.quantile(values, 0.9), rel=0.01)


def test_rules_ask_for_statistics_of_all_readings() -> None:
    """The mean of what is drawn is another: extremes are drawn of each step, however rare they are."""
    rng = np.random.default_rng(4)
    buffer = Buffer(timezone="UTC", late="insert")
    known = buffer._known["x"] = KnownChannel(buffer.channel("x"), STEP)
    with Analyzer(buffer, window="10s") as analyzer:
        for condition in (
            'mean("2s") > 1', 'mean("2s") > 0.09', 'std("2s") > 5', 'count("2s") > 15000',
            'p99("2s") > 50', "x > 99", "rate > 9000", "zscore > 20",
        ):  # fmt: skip
            analyzer.alert(condition)
        for k in range(100):
            values = rng.normal(0, 0.01, 1000)
            values[500] = 100
            steps = summarize_steps(
                BEGIN + k * STEP + np.arange(1000) * 100_000, values, STEP, reference=0.0
            )
            known.add(steps)
            buffer.extend_batch(Batch(steps.times, {"x": steps.values}))
            analyzer.update()
        drawn = buffer.channel("x").rows(0).values
        assert drawn.mean() > 20
        fired = {str(incident.condition) for incident in analyzer.alerts.incidents}
    assert fired == {
        'mean("2s") > 0.09',
        'count("2s") > 15000',
        "x > 99",
        "rate > 9000",
        "zscore > 20",
    }
