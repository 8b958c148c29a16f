"""Every statistic of a sliding window against two passes in extended precision, within its stated error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.readings.window import Window
from tests.strategies import EPOCH_NS, batch_sizes, cut_into

WINDOWS: list[str | int] = ["20s", 3000, "all"]


@dataclass
class Exact:
    """Some readings, in extended precision, and the statistics that follow from their definition."""

    times: TimeArray
    values: FloatArray

    def __post_init__(self) -> None:
        present = self.values == self.values
        self.x = self.values[present].astype(np.longdouble)
        self.t = (self.times[present] - self.times[0]).astype(np.longdouble) / 10**9
        self.n = len(self.x)
        self.dx = self.x - self.x.mean()
        self.dt = self.t - self.t.mean()
        self.m2 = (self.dx**2).sum()
        self.std = float(np.sqrt(self.m2 / (self.n - 1)))
        self.largest = float(np.abs(self.x).max())

    def expected(self) -> dict[str, tuple[float, float]]:
        """Return by name the exact value, and how far the found one may lie from it."""
        n, dx, std = self.n, self.dx, self.std
        largest, mean = self.largest, float(self.x.mean())
        g1 = float((dx**3).mean() / (self.m2 / n) ** 1.5)
        g2 = float((dx**4).mean() / (self.m2 / n) ** 2 - 3)
        skewness = np.sqrt(n * (n - 1)) / (n - 2) * g1
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6)
        rms = float(np.sqrt((self.x**2).mean()))
        t2 = (self.dt**2).sum()
        slope = float((self.dt * dx).sum() / t2)
        whole = np.where(self.values == self.values, self.values - self.x.mean(), 0.0)
        lagged = float((whole[:-2] * whole[2:]).sum() / self.m2)
        seconds = np.diff(self.t)
        held = np.diff(self.t, append=(self.times[-1] - self.times[0]) / np.longdouble(10**9))
        weighted = float((self.x * held).sum() / held.sum())
        return {
            "count": (n, 0),
            "missing": (len(self.values) - n, 0),
            "min": (float(self.x.min()), 0),
            "max": (float(self.x.max()), 0),
            "first": (float(self.x[0]), 0),
            "last": (float(self.x[-1]), 0),
            "mean": (mean, min(1e-15 * 4 * largest, 1e-9 * max(abs(mean), std))),
            "sum": (float(self.x.sum()), 1e-15 * 4 * n * largest),
            "ptp": (float(self.x.max() - self.x.min()), 2.0**-52 * largest),
            "std": (std, 1e-9 * std),
            "var": (std**2, 1e-9 * std**2),
            "cv": (std / abs(mean), 1e-9 * std / abs(mean) * max(1, std / abs(mean))),
            "rms": (rms, 1e-14 * rms),
            "slope": (slope, 1e-9 * float(np.sqrt(self.m2 / t2))),
            "skewness": (skewness, 1e-9 * max(1, abs(skewness))),
            "kurtosis": (kurtosis, 1e-9 * max(1, abs(kurtosis))),
            "autocorrelation(2)": (lagged, 1e-9),
            "rate": (float((n - 1) / self.t[-1]) if self.t[0] == 0 else np.nan, 1e-9),
            "interval": (float(seconds.mean()), 1e-15),
            "jitter": (float(seconds.std(ddof=1)), 1e-9 * float(seconds.mean())),
            "median": (float(np.median(self.x)), 2.0**-52 * largest),
            "time_weighted_mean": (weighted, 1e-12 * largest),
        }


@settings(max_examples=8)
@given(
    st.integers(0, 2**32),
    st.sampled_from([0.0, 1.0, -1e6]),
    st.sampled_from([0.0, 0.01, 0.5]),
    st.sampled_from([0.0, 0.1]),
    st.sampled_from([4000, 1_000_000]),
    batch_sizes(4000, mostly=1500),
)
def test_every_statistic_is_within_its_error(
    seed: int, mean: float, missing: float, late: float, capacity: int, sizes: list[int]
) -> None:
    """At every step, with eviction, missing and late readings, whatever the batches."""
    rng = np.random.default_rng(seed)
    n = 12_000
    times = EPOCH_NS + rng.integers(0, 20_000_000, n).cumsum()
    values = mean + rng.gamma(0.7, 1.0, n) + np.cumsum(rng.normal(0, 0.02, n))
    values[rng.random(n) < missing] = np.nan
    arrival = (times + np.where(rng.random(n) < late, rng.integers(0, 10**10, n), 0)).argsort()
    buffer = ns.Buffer(capacity=capacity, max_bytes=16 * capacity, late="insert")
    with ns.Analyzer(buffer, windows=WINDOWS) as analyzer:
        for part in cut_into(n, sizes):
            rows = arrival[part]
            buffer.extend(times[rows].view("M8[ns]"), x=values[rows])
            analyzer.update()
            for window in WINDOWS:
                start, stop = buffer.channel("x").window_rows(Window.parse(window))
                _, held_times, held = buffer.channel("x").rows(start, stop)
                if np.count_nonzero(held == held) < 10:
                    continue
                for name, (value, error) in Exact(held_times, held).expected().items():
                    if name == "time_weighted_mean" and window == "20s":
                        continue  # the value before the window counts too
                    if name == "rate" and held[0] != held[0]:
                        continue
                    found = analyzer.statistic(name, window)
                    assert abs(found - value) <= error * (1 + 1e-6), (name, window)


@pytest.mark.parametrize("offset", [1e7, 1e8, 1e9])
def test_beyond_the_promise_the_error_grows_slowly(offset: float) -> None:
    """With |mean| / std of 1e9 the deviation still has six digits: nothing is subtracted."""
    x = offset + np.random.default_rng(3).normal(size=131_072)
    buffer = ns.Buffer()
    with ns.Analyzer(buffer, window="all") as analyzer:
        buffer.extend(np.arange(len(x)) / 100, x=x)
        analyzer.update()
        exact = float(x.astype(np.longdouble).std(ddof=1))
        assert analyzer.std == pytest.approx(exact, rel=1e-6)
