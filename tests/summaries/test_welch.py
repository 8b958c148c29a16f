"""Welch's method: powers that are known beforehand, and segments that are computed once."""

from __future__ import annotations

import numpy as np
import pytest

from nbstream.readings.batch import FloatArray, TimeArray
from nbstream.readings.channel_rows import Rows
from nbstream.summaries import welch
from nbstream.summaries.welch import Peak, Spectrum, WindowSpectrum, peak_of, power_of

BEGIN = 1_700_000_000 * 10**9


def rng() -> np.random.Generator:
    """Return random numbers that are the same for each test, in whatever order they run."""
    return np.random.default_rng(11)


def even(n: int, rate: float) -> TimeArray:
    """Return times of n readings, in whole nanoseconds."""
    return BEGIN + np.round(np.arange(n) * 1e9 / rate).astype(np.int64)


def spectrum_of(
    times: TimeArray,
    values: FloatArray,
    segment: float | None = None,
    kept: WindowSpectrum | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
    edition: int = 0,
) -> Spectrum:
    """Return the spectrum of rows, taken in by `kept` if there is one."""

    def read(low: int, high: int) -> Rows:
        low = max(low, 0)
        return Rows(low, times[low:high].copy(), values[low:high].copy())

    window = kept or WindowSpectrum(segment)
    found, is_done = window.slide(start, len(times) if stop is None else stop, edition, read)
    assert is_done
    return found


def by_definition(values: FloatArray, rate: float, n: int) -> FloatArray:
    """Return the density by the formulas of Welch's paper, segment by segment and frequency by frequency."""
    hann = np.sin(np.pi * np.arange(n) / n) ** 2
    found = []
    for start in range(0, len(values) - n + 1, n - n // 2):
        segment = values[start : start + n]
        segment = (segment - segment.mean()) * hann
        turns = np.outer(np.arange(n // 2 + 1), np.arange(n)) / n
        density = np.abs((segment * np.exp(-2j * np.pi * turns)).sum(axis=1)) ** 2
        density /= rate * (hann**2).sum()
        density[1 : (n + 1) // 2] *= 2
        found.append(density)
    mean: FloatArray = np.mean(found, axis=0)
    return mean


@pytest.mark.parametrize("n", [16, 17, 64, 255])
def test_is_welchs_method(n: int) -> None:
    """The density is that of the definition, for even and odd lengths."""
    values = rng().normal(3, 2, 1000)
    found = spectrum_of(even(1000, 250.0), values, n)
    assert found.power * found.density == pytest.approx(by_definition(values, 250.0, n), rel=1e-9)
    assert found.frequencies[-1] == pytest.approx(250.0 * (n // 2) / n)
    assert found.n_segments == (1000 - n) // (n - n // 2) + 1


def test_a_sine_has_its_power_at_its_frequency() -> None:
    """An amplitude of 3 is a power of 4.5, between two frequencies too; the peak says where."""
    for frequency in (50.0, 50.37, 123.456):
        times = even(20_000, 1000.0)
        sine = 3 * np.sin(2 * np.pi * frequency * np.arange(20_000) / 1000)
        found = spectrum_of(times, sine)
        peak = peak_of(found.power, found.step, found.n_segments)
        assert peak is not None
        assert peak.frequency == pytest.approx(frequency, abs=0.1 * found.step)
        assert peak.value == pytest.approx(4.5, rel=0.05)


def test_white_noise_has_its_variance_below_its_density() -> None:
    """The density of noise of variance 4 at 100 Hz is 4/50 everywhere, and its integral is 4 (Parseval)."""
    found = spectrum_of(even(200_000, 100.0), rng().normal(0, 2, 200_000), 256)
    density = (found.power * found.density)[2:-1]
    assert density.mean() == pytest.approx(4 / 50, rel=0.02)
    assert density.max() < 1.3 * density.mean()
    assert (found.power * found.density).sum() * found.step == pytest.approx(4, rel=0.02)


def test_only_new_segments_are_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that slides on has each segment computed once, and ends as one that is computed anew."""
    computed = []

    def count(values: FloatArray) -> FloatArray:
        computed.append(len(values))
        return power_of(values)

    monkeypatch.setattr(welch, "power_of", count)
    times, values = even(4000, 100.0), rng().normal(0, 1, 4000)
    kept = WindowSpectrum(64)
    for stop in range(0, 4001, 37):
        found = spectrum_of(times, values, kept=kept, start=max(0, stop - 1024), stop=stop)
    found = spectrum_of(times, values, kept=kept, start=4000 - 1024)
    assert len(computed) == (4000 - 64) // 32 + 1
    first = next(row for row in range(0, 4000, 32) if row >= 4000 - 1024)
    again = by_definition(values[first:], 100.0, 64)
    assert found.power * found.density == pytest.approx(again, rel=1e-9)


def test_segments_with_gaps_are_left_out() -> None:
    """What lies around a gap is in no segment; what is before and after it is."""
    times = even(2000, 100.0)
    times[1010:] += 10**10
    sine = np.sin(2 * np.pi * 10 * (times - BEGIN) / 1e9)
    found = spectrum_of(times, sine, 100)
    assert found.n_left_out == 1
    assert found.n_segments == 19 + 18
    assert found.power[10] == pytest.approx(0.5, rel=1e-6)
    assert found.n_resampled == 0


def test_uneven_times_are_resampled_to_even_ones() -> None:
    """Readings that come a fifth of an interval early or late have their sine where it is, and it is said."""
    since = np.sort(np.arange(6000) * 0.01 + rng().uniform(-0.002, 0.002, 6000))
    times = BEGIN + (since * 1e9).astype(np.int64)
    found = spectrum_of(times, np.sin(2 * np.pi * 5 * since), 512)
    assert found.n_resampled == found.n_segments > 20
    peak = peak_of(found.power, found.step, found.n_segments)
    assert peak is not None
    assert peak.frequency == pytest.approx(5, abs=0.02)
    assert peak.value == pytest.approx(0.5, rel=0.05)


def test_times_in_whole_milliseconds_are_even() -> None:
    """60 readings a second at 16, 17, 17 ms are taken as they are, and their frequencies are right."""
    times = BEGIN + np.round(np.arange(6000) * 1000 / 60).astype(np.int64) * 10**6
    found = spectrum_of(times, np.sin(2 * np.pi * 20 * np.arange(6000) / 60))
    assert found.n_resampled == 0
    peak = peak_of(found.power, found.step, found.n_segments)
    assert peak is not None
    assert peak.frequency == pytest.approx(20, abs=0.01)


def test_missing_readings_are_bridged() -> None:
    """One reading in fifty that is missing leaves the sine where it is."""
    values = np.sin(2 * np.pi * 5 * np.arange(5000) / 100)
    values[::50] = np.nan
    found = spectrum_of(even(5000, 100.0), values, 256)
    assert found.n_left_out == 0
    peak = peak_of(found.power, found.step, found.n_segments)
    assert peak is not None
    assert peak.frequency == pytest.approx(5, abs=0.05)


def test_equal_times_count_once() -> None:
    """Readings that come twice are no higher rate."""
    times = np.repeat(even(1000, 10.0), 2)
    values = np.repeat(np.sin(2 * np.pi * 2 * np.arange(1000) / 10), 2)
    found = spectrum_of(times, values, 100)
    assert found.step == pytest.approx(0.1)
    assert found.power[20] == pytest.approx(0.5, rel=1e-6)


def test_another_rate_begins_anew() -> None:
    """When readings come twice as often frequencies reach twice as far."""
    times = np.concatenate((even(1000, 10.0), even(1000, 10.0)[-1] + even(3000, 20.0)[1:] - BEGIN))
    values = rng().normal(0, 1, len(times))
    kept = WindowSpectrum(50)
    found = spectrum_of(times, values, kept=kept, stop=1000)
    assert found.frequencies[-1] == pytest.approx(5)
    for stop in range(1100, len(times), 100):
        found = spectrum_of(times, values, kept=kept, start=max(0, stop - 1000), stop=stop)
    assert found.frequencies[-1] == pytest.approx(10)


def test_a_segment_grows_with_the_window() -> None:
    """A power of two that lets seven fit in; it does not shrink for a few readings less."""
    times, values = even(70_000, 100.0), rng().normal(0, 1, 70_000)
    kept = WindowSpectrum()
    lengths = [
        spectrum_of(times, values, kept=kept, stop=n).length for n in (20, 256, 1100, 70_000)
    ]
    assert lengths == [16, 64, 256, 4096]
    assert spectrum_of(times, values, kept=kept, start=60_000).length == 4096
    assert spectrum_of(times, values, kept=kept, start=69_000).length == 128


def test_rows_that_changed_are_computed_again() -> None:
    """With another edition nothing that was computed before is trusted."""
    times = even(400, 100.0)
    kept = WindowSpectrum(100)
    before = spectrum_of(times, np.sin(2 * np.pi * 10 * np.arange(400) / 100), kept=kept)
    other = np.sin(2 * np.pi * 20 * np.arange(400) / 100)
    after = spectrum_of(times, other, kept=kept, edition=1)
    assert (before.power.argmax(), after.power.argmax()) == (10, 20)


@pytest.mark.parametrize("scale", [0.0, 1e-308, 1e-160, 1e200, 1e307])
def test_any_values_end_in_numbers(scale: float) -> None:
    """Values that have no square, and flat ones, raise nothing."""
    found = spectrum_of(even(500, 100.0), rng().normal(0, 1, 500) * scale + scale, 64)
    assert (found.power >= 0).all()
    peak_of(found.power, found.step, found.n_segments)


def test_flat_readings_have_no_power() -> None:
    """Rounding is no signal."""
    assert not spectrum_of(even(500, 100.0), np.full(500, 3.7), 64).power.any()


def test_noise_has_no_peak() -> None:
    """Neither white noise nor a random walk has a peak that stands out."""
    for values in (rng().normal(0, 1, 20_000), rng().normal(0, 1, 20_000).cumsum()):
        found = spectrum_of(even(20_000, 100.0), values, 512)
        assert peak_of(found.power, found.step, found.n_segments) is None
    for seed in range(50):
        once = power_of(np.random.default_rng(seed).normal(0, 1, 4096))
        assert peak_of(once, 1.0, 1) is None
    assert peak_of(np.empty(0), np.nan, 0) is None


def test_a_peak_above_red_noise_is_found() -> None:
    """What stands out of its surroundings is the peak, though the slope beside it is higher."""
    power = 1 / np.arange(1.0, 200.0) ** 2
    power[100] *= 50
    peak = peak_of(power, 0.5, 10)
    assert peak is not None
    assert peak == Peak(pytest.approx(50.0, abs=0.01), pytest.approx(power[100], rel=0.2))


def test_the_lowest_peak_is_found() -> None:
    """A day in two weeks of readings is a peak, though nothing but a slope is left of it."""
    since = np.arange(4032) * 300.0
    found = spectrum_of(
        BEGIN + (since * 1e9).astype(np.int64), np.sin(2 * np.pi * since / 86_400), 512
    )
    peak = peak_of(found.power, found.step, found.n_segments)
    assert peak is not None
    assert 1 / peak.frequency == pytest.approx(86_400, rel=0.05)


def test_work_ends_with_its_budget() -> None:
    """A first look at many readings goes on in the next call."""
    times, values = even(500_000, 1000.0), rng().normal(0, 1, 500_000)

    def read(low: int, high: int) -> Rows:
        return Rows(low, times[low:high].copy(), values[low:high].copy())

    kept = WindowSpectrum(64)
    _, is_done = kept.slide(0, 500_000, 0, lambda a, b: read(max(a, 0), b), 0.0)
    assert not is_done
    assert spectrum_of(times, values, kept=kept).n_segments == 1024


def test_a_window_of_more_segments_says_so() -> None:
    """The newest 1,024 segments are averaged; one that holds no more than those is whole."""
    times, values = even(513 * 64, 1000.0), rng().normal(0, 1, 513 * 64)
    whole = spectrum_of(times, values, 64, start=64 // 2)
    assert (whole.n_segments, whole.is_cut) == (1024, False)
    assert spectrum_of(times, values, 64).is_cut
    assert not spectrum_of(times[:4096], values[:4096], 64).is_cut
