"""The search for the period: true ones are found, none is feigned, and one that has gone is given up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.detectors.parts.period import (
    MAX_READINGS,
    PeriodFinder,
    find_period,
    same_phase,
)
from nbstream.readings.batch import FloatArray, TimeArray
from tests.detectors.contract import seconds
from tests.strategies import NS


@settings(max_examples=40)
@given(
    st.floats(9, 150),
    st.sampled_from(["sine", "square", "spikes"]),
    st.floats(0, 0.4),
    st.integers(0, 2**32),
)
def test_the_period_is_found(readings: float, shape: str, noise: float, seed: int) -> None:
    """Waves of several shapes, with noise and ten periods, give their period within a hundredth."""
    n = int(12 * readings)
    rng = np.random.default_rng(seed)
    phase = np.arange(n) / readings % 1
    wave = {
        "sine": np.sin(2 * np.pi * phase),
        "square": np.where(phase < 0.5, 1.0, -1.0),
        "spikes": np.sin(2 * np.pi * phase) + 20 * (rng.random(n) < 0.01),
    }[shape]
    found = find_period(seconds(n), wave + noise * rng.normal(size=n))
    assert found is not None
    assert found / NS == pytest.approx(readings, rel=0.02, abs=0.6)


@pytest.mark.parametrize("kind", ["white", "trend", "constant"])
def test_no_period_is_feigned(kind: str) -> None:
    """Noise, a trend and a constant have no period."""
    noise = np.random.default_rng(4).normal(size=2000)
    values = {"white": noise, "trend": np.arange(2000) + noise, "constant": np.ones(2000)}[kind]
    assert find_period(seconds(2000), values) is None


def test_few_readings_or_no_time_have_no_period() -> None:
    """Fewer than 24 readings, or readings of one moment, have no period."""
    assert find_period(seconds(0), np.empty(0)) is None
    assert find_period(seconds(20), np.tile([0.0, 1.0], 10)) is None
    assert find_period(np.zeros(100, np.int64), np.tile([0.0, 1.0], 50)) is None


def half_hours(days: int) -> tuple[TimeArray, FloatArray]:
    """Return times and, in units of days, where they are."""
    row = np.arange(days * 48)
    return row * 1800 * NS, row / 48


@pytest.mark.parametrize("kind", ["quieter weekends", "lower weekends", "office hours"])
def test_a_week_is_found_within_a_daily_rhythm(kind: str) -> None:
    """As soon as three weeks and a look are over, though a day correlates nearly as well."""
    times, day = half_hours(28)
    is_weekend = day % 7 >= 5
    wave = np.sin(2 * np.pi * day)
    values = {
        "quieter weekends": np.where(is_weekend, 0.4, 1.0) * wave,
        "lower weekends": wave - 0.8 * is_weekend,
        "office hours": 1.5 * (~is_weekend & (day % 1 > 0.35) & (day % 1 < 0.75)),
    }[kind] + 0.12 * np.random.default_rng(3).normal(size=len(day))
    found = find_period(times, values, weeks=True)
    assert found is not None
    assert found / (86_400 * NS) == pytest.approx(7, rel=0.01)


@pytest.mark.parametrize("kind", ["white", "integers", "autocorrelated"])
def test_no_week_is_feigned_within_a_daily_rhythm(kind: str) -> None:
    """At none of eight looks, in one of 40 series at most."""
    times, day = half_hours(70)
    n_false = 0
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=len(day))
        if kind == "autocorrelated":
            step, factor = 1, 0.9
            while factor > 1e-17:
                noise[step:] += factor * noise[:-step]
                step, factor = 2 * step, factor * factor
        values = 8 * np.sin(2 * np.pi * day) + noise
        values = np.rint(values / 2) if kind == "integers" else values
        looks = [find_period(times[:n], values[:n], weeks=True) for n in range(1100, len(day), 300)]
        n_false += any(p is not None and p > 5 * 86_400 * NS for p in looks)
    assert n_false <= 1


def test_a_period_that_was_found_is_kept() -> None:
    """A week of noise doesn't end a day, and a change below a sixteenth reading is none."""
    wave = np.sin(np.arange(400) * 2 * np.pi / 20)
    finder = PeriodFinder(100)
    assert finder.look(100, seconds(400), wave)
    assert not finder.look(110, seconds(400), wave)
    assert not finder.look(400, seconds(400), wave)
    assert finder.period == pytest.approx(20 * NS, rel=1e-3)
    noise = np.random.default_rng(1).normal(size=140)
    finder.look(4000, seconds(540), np.append(wave, noise))
    assert finder.period == pytest.approx(20 * NS, rel=1e-2)
    assert finder.given_up is None


@pytest.mark.parametrize("kind", ["noise", "walk", "constant", "other"])
def test_a_period_whose_pattern_is_gone_is_given_up(kind: str) -> None:
    """After 20 periods of something else, or at the look after that; another one takes its place."""
    n, period = 4000, 24
    rng = np.random.default_rng(6)
    values = 5 * np.sin(np.arange(n) * 2 * np.pi / period) + rng.normal(size=n)
    values[1000:] = {
        "noise": 5 * rng.normal(size=n),
        "walk": np.cumsum(rng.normal(size=n)),
        "constant": np.ones(n),
        "other": 5 * np.sin(np.arange(n) * 2 * np.pi / 37) + rng.normal(size=n),
    }[kind][1000:]
    looks = look_on(values, 64)
    before = [found for at, found in looks.items() if 100 <= at <= 1000]
    after = [found for at, found in looks.items() if at > (1000 + 20 * period) * 1.25]
    assert before == pytest.approx([period] * len(before), rel=0.01)
    if kind != "other":
        assert set(after) == {None}
    else:
        assert all(
            found is not None and abs(found / 37 - round(found / 37)) < 0.05 for found in after
        )


def test_what_was_given_up_is_told() -> None:
    """Until another one is found, the finder knows which period it gave up."""
    wave = np.sin(np.arange(400) * 2 * np.pi / 20)
    finder = PeriodFinder(64)
    finder.look(400, seconds(400), wave)
    values = np.append(wave, np.random.default_rng(1).normal(size=400))
    assert finder.look(800, seconds(800), values)
    assert finder.period is None
    assert finder.given_up == pytest.approx(20 * NS, rel=1e-3)


def look_on(values: FloatArray, first: int) -> dict[int, float | None]:
    """Return what period is known, in readings, after each look at more and more of the values."""
    times, finder, known = seconds(len(values)), PeriodFinder(first), {}
    while (n := finder.next_at) <= len(values):
        newest = slice(max(0, n - MAX_READINGS), n)
        finder.look(n, times[newest], values[newest])
        known[n] = None if finder.period is None else finder.period / NS
    return known


def autoregression(rng: np.random.Generator, n: int, memory: float) -> FloatArray:
    """Return readings of which each keeps a part of the one before."""
    noise, values = rng.normal(size=n), np.empty(n)
    values[0] = noise[0] / np.sqrt(1 - memory**2)
    for i in range(1, n):
        values[i] = memory * values[i - 1] + noise[i]
    return values


PATTERNLESS = {
    "integers": lambda rng, n: rng.integers(0, 10, n).astype(float),
    "few integers": lambda rng, n: rng.poisson(0.3, n).astype(float),
    "walk": lambda rng, n: np.cumsum(rng.normal(size=n)),
    "AR(0.9)": lambda rng, n: autoregression(rng, n, 0.9),
    "noise": lambda rng, n: rng.normal(size=n),
    "heavy tails": lambda rng, n: rng.standard_t(3, n),
}


@pytest.mark.parametrize("kind", PATTERNLESS)
def test_no_period_is_feigned_however_often_one_looks(kind: str) -> None:
    """Of 40 series without a pattern one at most is ever taken for periodic, at 20 looks."""
    n_feigned = 0
    for seed in range(40):
        values = PATTERNLESS[kind](np.random.default_rng(seed), 6000)
        n_feigned += any(look_on(values, 64).values())
    assert n_feigned <= 1


def sunspots(rng: np.random.Generator, n_years: int) -> FloatArray:
    """Return a reading a year of cycles of 9 to 14 years, which rise faster than they fall and are ≥ 0."""
    cycles = []
    for _ in range(n_years // 9 + 1):
        length, height = int(rng.integers(9, 15)), rng.uniform(50, 190)
        t = np.arange(length) / length
        rise = rng.uniform(0.3, 0.42)
        shape = np.where(
            t < rise, np.sin(np.pi / 2 * t / rise), np.cos(np.pi / 2 * (t - rise) / (1 - rise))
        )
        cycles.append(np.maximum(height * (shape**2 + 0.06 * rng.normal(size=length)), 0))
    return np.concatenate(cycles)[:n_years]


def el_nino(rng: np.random.Generator, n_months: int) -> FloatArray:
    """Return a reading a month of the sea's temperature: the year, and what lasts for some months."""
    year = 2 * np.pi * np.arange(n_months) / 12
    return (
        23 + 2.5 * np.sin(year) + 0.5 * np.sin(2 * year) + 0.45 * autoregression(rng, n_months, 0.9)
    )


def of_weeks(rng: np.random.Generator, n_hours: int) -> FloatArray:
    """Return a reading an hour of something that has a lower wave on Saturdays and Sundays."""
    t = np.arange(n_hours) / 24
    return np.where(t % 7 < 5, 5.0, 1.5) * np.sin(2 * np.pi * t) + 0.5 * rng.normal(size=n_hours)


def of_days(rng: np.random.Generator, n: int) -> FloatArray:
    """Return a reading each 5 minutes of a daily wave."""
    return 5 * np.sin(2 * np.pi * np.arange(n) / 288) + rng.normal(size=n)


@pytest.mark.parametrize(
    ("make", "period", "at"),
    [(of_days, 288, 921), (of_weeks, 24, 80), (sunspots, 11.5, 64), (el_nino, 12, 64)],
)
def test_true_periods_are_found_early(
    make: Callable[[np.random.Generator, int], FloatArray], period: float, at: int
) -> None:
    """In half of the series or more at the first look that can see three of them, and it is kept."""
    found = [look_on(make(np.random.default_rng(seed), 4 * at), 64) for seed in range(20)]
    early = [looks for looks in found if looks[at] is not None]
    late = [kept for looks in found for n, kept in looks.items() if n > 2.5 * at]
    assert len(early) >= 10
    assert np.median([looks[at] for looks in early]) == pytest.approx(period, rel=0.05)
    assert sum(kept is not None for kept in late) >= 0.85 * len(late)


def test_the_same_phase_is_the_nearest_reading() -> None:
    """Readings one and two periods before are found, and a gap has none."""
    times = np.array([0, 10, 20, 31, 40, 50, 100], np.int64)
    indices, is_there = same_phase(times, np.array([50, 100], np.int64), 20.0, 2)
    assert indices[:, 0].tolist() == [3, 1]
    assert is_there.tolist() == [[True, False], [True, False]]
