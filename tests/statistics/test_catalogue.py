"""The catalogue: every statistic against numpy and pandas, names, units, the users' own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream import statistics
from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.statistics import Sample, base
from tests.strategies import NS, readings

NAN = float("nan")
PARAMETERS = {
    "quantile": "(0.9)",
    "time_above": "(0.5)",
    "time_below": "(0.5)",
    "correlation": "(y)",
}


def sample_of(times: TimeArray, values: FloatArray, **others: FloatArray) -> Sample:
    """Return a sample of readings whose times begin at 0."""
    seconds = (times - times[0]) / NS if len(times) else times
    return Sample.of(seconds, values, **others)


@pytest.fixture(autouse=True)
def no_user_statistics() -> Iterator[None]:
    """Forget what a test put into the catalogue."""
    yield
    base._users.clear()


@given(readings())
def test_statistics_are_those_of_pandas(drawn: tuple[TimeArray, FloatArray]) -> None:
    """What pandas has, is the same."""
    times, values = drawn
    sample, held = sample_of(times, values), pd.Series(values).dropna()
    largest = max(1.0, held.abs().max()) if len(held) else 1.0
    expected = {
        "count": held.count(),
        "missing": len(values) - held.count(),
        "first": held.iloc[0] if len(held) else NAN,
        "last": held.iloc[-1] if len(held) else NAN,
        "min": held.min(),
        "max": held.max(),
        "ptp": held.max() - held.min(),
        "sum": held.sum(),
        "mean": held.mean(),
        "median": held.median(),
        "p90": held.quantile(0.9),
        "p0": held.min(),
        "p100": held.max(),
        "iqr": held.quantile(0.75) - held.quantile(0.25),
        "std": held.std(),
        "var": held.var(),
        "rms": np.sqrt((held**2).mean()),
        "mad": (held - held.median()).abs().median(),
    }
    for name, value in expected.items():
        found = statistics.find(name)(sample)
        assert found == pytest.approx(value, rel=1e-9, abs=1e-9 * largest, nan_ok=True), name


@given(readings())
def test_shape_is_that_of_pandas(drawn: tuple[TimeArray, FloatArray]) -> None:
    """Skewness and kurtosis are corrected for bias as pandas does."""
    times, values = drawn
    held = pd.Series(values).dropna()
    if len(held) and not held.std() > 1e-3 * held.abs().max():
        return
    sample = sample_of(times, values)
    for name, value in (("skewness", held.skew()), ("kurtosis", held.kurt())):
        found = statistics.find(name)(sample)
        assert found == pytest.approx(value, rel=1e-8, abs=1e-8, nan_ok=True)


@given(readings(), st.sampled_from([-1.0, 0.0, 0.5]))
def test_times_are_those_of_a_plain_loop(drawn: tuple[TimeArray, FloatArray], limit: float) -> None:
    """What is weighted by time is a sum over the readings, one after the other."""
    times, values = drawn
    sample = sample_of(times, values)
    present = values == values
    seconds, held = (times[present] - times[0]) / NS if len(times) else times, values[present]
    above = below = area = total = 0.0
    for i in range(len(held) - 1):
        duration = seconds[i + 1] - seconds[i]
        above += duration * (held[i] > limit)
        below += duration * (held[i] < limit)
        area, total = area + held[i] * duration, total + duration
    if len(held):
        mean = area / total if total else held.mean()
    else:
        above = below = mean = NAN
    for name, value in (
        (f"time_above({limit})", above),
        (f"time_below({limit})", below),
        ("time_weighted_mean", mean),
        ("interval", np.diff(seconds).mean() if len(held) > 1 else NAN),
        ("jitter", np.diff(seconds).std(ddof=1) if len(held) > 2 else NAN),
        ("rate", (len(held) - 1) / total if total else NAN),
    ):
        found = statistics.find(name)(sample)
        assert found == pytest.approx(value, rel=1e-9, abs=1e-6, nan_ok=True), name


@given(readings())
def test_slope_and_correlation_are_those_of_numpy(drawn: tuple[TimeArray, FloatArray]) -> None:
    """They are those of least squares and of Pearson on the pairs that are whole."""
    times, values = drawn
    seconds = (times - times[0]) / NS if len(times) else times.astype(float)
    other = np.cos(seconds)
    sample = sample_of(times, values, y=other)
    present = values == values
    x, t, y = values[present], seconds[present], other[present]
    slope = correlation = NAN
    if len(x) > 1 and t[-1] > t[0]:
        slope = ((t - t.mean()) * (x - x.mean())).sum() / ((t - t.mean()) ** 2).sum()
    if len(x) > 1 and np.ptp(x) > 1e-6 and np.ptp(y) > 1e-6:
        correlation = np.corrcoef(x, y)[0, 1]
        assert statistics.find("correlation(y)")(sample) == pytest.approx(correlation, abs=1e-9)
    found = statistics.find("slope")(sample)
    assert found == pytest.approx(slope, rel=1e-6, abs=1e-6, nan_ok=True)


def test_vectors() -> None:
    """Small cases computed by hand."""
    sample = Sample.of([0, 1, 2, 3, 10], [1.0, -1.0, NAN, 0.0, 2.0], y=[2.0, 4.0, 5.0, NAN, 1.0])
    for name, value in (
        ("zero_crossings", 2),
        ("zero_crossings(1.5)", 1),
        ("time_since_last", 0.0),
        ("cv", np.std([1, -1, 0, 2], ddof=1) / 0.5),
        ("autocorrelation(0)", 1.0),
        ("autocorrelation(1)", ((0.5 * -1.5) + (-0.5 * 1.5)) / 5.0),
        ("correlation(y)", np.corrcoef([1, -1, 2], [2, 4, 1])[0, 1]),
    ):
        assert statistics.find(name)(sample) == pytest.approx(value), name
    counts, edges = statistics.find("histogram(3)")(sample)
    assert counts.tolist() == [1, 1, 2]
    assert edges.tolist() == [-1.0, 0.0, 1.0, 2.0]


@pytest.mark.parametrize("irregular", [False, True])
@pytest.mark.parametrize("hertz", [0.5, 3.0, 7.77])
def test_dominant_frequency_is_that_of_the_sine(hertz: float, irregular: bool) -> None:
    """A sine on a slope with noise has its own frequency, within half a bin."""
    rng = np.random.default_rng(4)
    seconds = np.arange(2000) / 50 + (rng.uniform(0, 0.01, 2000) if irregular else 0.0)
    values = 1e6 + seconds * 0.2 + np.sin(2 * np.pi * hertz * seconds) + rng.normal(0, 0.3, 2000)
    found = statistics.DominantFrequency()(Sample.of(seconds, values))
    assert abs(found - hertz) <= 0.5 / (seconds[-1] - seconds[0])


@pytest.mark.parametrize("name", statistics.names())
@pytest.mark.parametrize(
    "column", [[], [NAN], [NAN, NAN], [3.0], [3.0, NAN], [2.0, 2.0], [1e308, -1e308, 1e308]]
)
def test_every_statistic_of_odd_samples(name: str, column: list[float]) -> None:
    """Too few readings give NaN (or 0 where something is counted), extremes no warning."""
    seconds = np.arange(len(column), dtype=float)
    statistic = statistics.find(name + PARAMETERS.get(name, ""))
    sample = Sample.of(seconds, column, y=seconds)
    if name == "histogram" and len(column) == 3:
        with pytest.raises(ValueError, match="too far apart"):
            statistic(sample)
        return
    value = statistic(sample)
    if not np.isfinite(column).any() and statistic.is_number:
        counted = {"count": 0, "sum": 0, "zero_crossings": 0, "missing": len(column)}
        assert value == pytest.approx(counted.get(name, NAN), nan_ok=True)


@pytest.mark.parametrize("name", statistics.names())
def test_a_statistic_is_named_and_explained(name: str) -> None:
    """Its text is read back, equal ones are equal, and its docstring says what it costs."""
    statistic = statistics.find(name + PARAMETERS.get(name, ""))
    assert statistics.find(str(statistic)) == statistic
    assert hash(statistics.find(str(statistic))) == hash(statistic)
    assert "cost" in (type(statistic).__doc__ or "").lower() or "as time" in type(statistic).__doc__


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("mean", "°C"),
        ("var", "°C²"),
        ("slope", "°C/s"),
        ("rate", "1/s"),
        ("jitter", "s"),
        ("cv", ""),
    ],
)
def test_units_follow_from_that_of_the_readings(name: str, unit: str) -> None:
    """Each statistic knows its unit."""
    assert statistics.find(name).unit_of("°C") == unit


def test_percentiles_are_rounded_once() -> None:
    """The number in the name is the quantile exactly, in either direction."""
    for text, q in (("p99.9", 0.999), ("p29", 0.29), ("p0.1", 0.001), ("p100", 1.0)):
        assert statistics.find(text) == statistics.quantile(q)
        assert str(statistics.quantile(q)) == text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("meen", "Did you mean 'mean'"),
        ("Median", "Did you mean 'median'"),
        ("p9x", "Did you mean 'p99'"),
        ("whatever", "There are autocorrelation, "),
        ("p101", "between 0 and 1"),
        ("quantile(x)", "between 0 and 1"),
        ("time_above", r"Write 'time_above\(limit\)'"),
        ("mean(3)", "takes no parameters"),
        ("autocorrelation(-1)", "'lag' must be a whole number"),
        ("histogram(0)", "'bins' must be a whole number"),
        ("time_above(high)", "'limit' must be a number"),
    ],
)
def test_wrong_names_are_explained(wrong: str, said: str) -> None:
    """The error names the nearest statistic, or what is wrong with a parameter."""
    with pytest.raises(ValueError, match=said):
        statistics.find(wrong)


def test_what_is_no_name_is_refused() -> None:
    """Anything but a name or a statistic is a TypeError."""
    with pytest.raises(TypeError, match="must be a name"):
        statistics.find(3)  # type: ignore[arg-type]


def test_users_add_their_own() -> None:
    """A decorated function is in the catalogue, can be called, and knows its unit."""

    @statistics.statistic(unit="squared")
    def power(sample: Sample) -> float:
        return sample.n * sample.summary.mean**2

    sample = Sample.of([0, 1], [1.0, 3.0])
    assert power(sample) == statistics.find("power")(sample) == 8.0
    assert power.unit_of("V") == "V²"
    assert (power.name, power.unit, str(power)) == ("power", "squared", "power")
    assert "power" in statistics.names()


def test_names_are_taken_once() -> None:
    """A name of the catalogue cannot be taken; one's own only at the same place, or when asked."""

    def define(replace: bool = False) -> None:
        @statistics.statistic(replace=replace)
        def spread(sample: Sample) -> float:
            return sample.n

    define()
    define()  # the cell runs again
    with pytest.raises(ValueError, match="'spread' already"):
        statistics.statistic(lambda sample: 0.0, name="spread")
    statistics.statistic(lambda sample: 7.0, name="spread", replace=True)
    assert statistics.find("spread")(Sample.of([], [])) == 7.0
    for name in ("mean", "p99"):
        with pytest.raises(ValueError, match="already"):
            statistics.statistic(lambda sample: 0.0, name=name, replace=True)
    with pytest.raises(ValueError, match="must be an identifier"):
        statistics.statistic(lambda sample: 0.0)
    with pytest.raises(ValueError, match="'unit' must be one of"):
        statistics.statistic(lambda sample: 0.0, name="x", unit="metres")  # type: ignore[arg-type]


def test_a_sample_of_wrong_shapes_is_refused() -> None:
    """Times and values have one shape."""
    with pytest.raises(ValueError, match="'values' must have the shape"):
        Sample.of([0.0, 1.0], [1.0])


def test_importing_loads_neither_pandas_nor_scipy() -> None:
    """The catalogue needs numpy only."""
    code = "import sys, nbstream.statistics; print({'pandas', 'scipy'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_the_page_lists_all() -> None:
    """docs/statistics.md has a row for each statistic, with its unit."""
    text = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")
    for name in statistics.names():
        assert f"| `{name}" in text, name
