"""The spectrum: what Python reads, what its page is told, what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.batch import FloatArray
from nbstream.readings.buffer import Buffer
from nbstream.widgets.plots.spectrum import MAX_POINTS, Spectrum
from tests.widgets.fake_page import FakePage


def rng() -> np.random.Generator:
    """Return random numbers that are the same for each test, in whatever order they run."""
    return np.random.default_rng(5)


@pytest.fixture
def buffer() -> Buffer:
    """Return a buffer without readings."""
    return Buffer(timezone="UTC")


@pytest.fixture
def make(buffer: Buffer, page: FakePage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what makes spectra of all that the buffer holds; they are closed at the end."""
    for name, stand_in in page.options.items():
        monkeypatch.setattr(Spectrum, f"_{name}", stand_in)
    made = []
    with Analyzer(buffer, "all") as analyzer:

        def make(*arguments: Any, **options: Any) -> Spectrum:
            made.append(Spectrum(analyzer, *arguments, **options))
            return made[-1]

        yield make
        for spectrum in made:
            spectrum.close()


def hum(n: int) -> tuple[FloatArray, FloatArray]:
    """Return times of 100 readings a second, and a sine of 5 Hz and amplitude 2."""
    times = np.arange(n) / 100.0
    return times, 2 * np.sin(2 * np.pi * 5 * times)


def fill(buffer: Buffer, n: int, **others: FloatArray) -> None:
    """Put a sine into the buffer, as channel "x"."""
    times, values = hum(n)
    buffer.extend(times, x=values, **others)


@pytest.mark.parametrize("segment", [200, 2.0, "2s", timedelta(seconds=2)])
def test_a_segment_is_readings_or_seconds(segment: Any, buffer: Buffer, make: Any) -> None:
    """An int counts readings, everything else is a duration."""
    fill(buffer, 1000)
    spectrum = make(segment=segment)
    assert spectrum.frequencies[:3].tolist() == pytest.approx([0, 0.5, 1])
    assert len(spectrum.power) == 101


def test_amplitude_is_that_of_a_sine(buffer: Buffer, make: Any) -> None:
    """A sine of amplitude 2 has 2 at its frequency, and is the peak."""
    fill(buffer, 1000)
    spectrum = make(segment=200, scale="amplitude")
    assert spectrum.power[10] == pytest.approx(2)
    assert spectrum.peak.frequency == pytest.approx(5)
    assert spectrum.peak.value == pytest.approx(2, rel=0.01)


def test_density_has_the_variance_as_its_area(buffer: Buffer, make: Any) -> None:
    """The sum of the density times the step is the variance of a sine, 2."""
    fill(buffer, 1000)
    spectrum = make(segment=200)
    step = spectrum.frequencies[1]
    assert spectrum.power.sum() * step == pytest.approx(2)


def test_a_page_sees_points_segments_and_the_peak(
    buffer: Buffer, page: FakePage, make: Any
) -> None:
    """The state says how it was computed; the points begin above 0 Hz."""
    buffer.units["x"] = "V"
    fill(buffer, 1000)
    state = page.show(make(segment=200, title="Hum", y="log", log_x=True))
    (row,) = state["rows"]
    (series,) = row["series"]
    assert (state["title"], state["scale"], state["y"], state["logX"]) == (
        "Hum",
        "density",
        "log",
        True,
    )
    assert (row["unit"], series["segments"], series["length"]) == ("V", 9, 200)
    assert (series["resampled"], series["leftOut"], series["group"]) == (0, 0, 1)
    assert series["step"] == pytest.approx(0.5)
    assert len(series["power"]) == 100
    assert np.argmax(series["power"]) == 9
    assert series["peak"][0] == pytest.approx(5)


def test_nothing_is_sent_before_a_new_segment(buffer: Buffer, page: FakePage, make: Any) -> None:
    """Readings that fill no segment change nothing; those that do are told."""
    times, values = hum(1000)
    buffer.extend(times[:400], x=values[:400])
    page.show(make(segment=200))
    buffer.extend(times[400:450], x=values[400:450])
    assert all("state" not in message for message in page.step())
    buffer.extend(times[450:], x=values[450:])
    (told,) = [message["state"] for message in page.step() if "state" in message]
    assert told["rows"][0]["series"][0]["segments"] == 9


def test_many_frequencies_are_shown_in_groups_by_their_highest(
    buffer: Buffer, page: FakePage, make: Any
) -> None:
    """A page gets so many points at most, and no peak is lost; Python has them all."""
    fill(buffer, 40_000)
    spectrum = make(segment=20_000)
    (series,) = page.show(spectrum)["rows"][0]["series"]
    assert len(spectrum.power) == 10_001
    assert len(series["power"]) <= MAX_POINTS
    assert series["group"] == 5
    assert max(series["power"]) == pytest.approx(spectrum.power.max(), rel=1e-3)


def test_says_how_many_readings_it_waits_for(buffer: Buffer, page: FakePage, make: Any) -> None:
    """Before a segment is full it says how many there are."""
    spectrum = make(segment=200)
    assert page.show(spectrum)["waiting"] == "waiting for buffer.append(…)"
    assert (len(spectrum.frequencies), len(spectrum.power), spectrum.peak) == (0, 0, None)
    fill(buffer, 150)
    (told,) = [message["state"] for message in page.step() if "state" in message]
    (series,) = told["rows"][0]["series"]
    assert (told["waiting"], series["length"], series["readings"]) == ("", 200, 150)


@pytest.mark.parametrize("values", [[1e308, -1e308] * 40, [1e-308] * 80, [np.nan] * 80, [3.0] * 80])
def test_any_readings_make_a_state(
    values: list[float], buffer: Buffer, page: FakePage, make: Any
) -> None:
    """What is huge, tiny, flat or missing is shown as strict JSON."""
    buffer.extend(np.arange(float(len(values))), x=values)
    for y in ("db", "log", "linear"):
        assert len(page.show(make(y=y, scale="amplitude"))["rows"]) == 1


def test_the_frame_has_a_row_for_each_frequency(buffer: Buffer, make: Any) -> None:
    """Channels follow each other, each with its own frequencies."""
    fill(buffer, 1000, y=rng().normal(0, 1, 1000))
    frame = make(segment=100).to_frame()
    assert list(frame.columns) == ["channel", "frequency", "power"]
    assert frame.groupby("channel").size().to_dict() == {"x": 51, "y": 51}


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"segment": 4}, ValueError, "'segment' must be 8 to 65536 readings (got 4)."),
        ({"segment": 0.0}, ValueError, "'segment' must be > 0 (got 0.0)."),
        ({"scale": "power"}, ValueError, "'scale' must be 'density' or 'amplitude' (got 'power')."),
        ({"y": 3}, TypeError, "'y' must be 'db', 'log' or 'linear' (got 3)."),
        ({"log_x": "yes"}, TypeError, "'log_x' must be True or False (got 'yes')."),
    ],
)
def test_refuses_what_it_cannot_take(
    options: dict[str, Any], error: type[Exception], text: str, make: Any
) -> None:
    """Errors say what was wrong and what was given."""
    with pytest.raises(error, match=re.escape(text)):
        make(**options)


@pytest.mark.parametrize("y", ["db", "log", "linear"])
def test_the_notebook_keeps_a_picture_and_a_table(y: str, buffer: Buffer, make: Any) -> None:
    """What is kept has a PNG, the peak in a table, and when it was recorded."""
    fill(buffer, 1000, y=rng().normal(0, 1, 1000))
    kept = make(y=y, segment=200)._kept("mark")
    assert kept.keys() == {"image/png", "text/html", "text/plain"}
    assert re.search(r"^x +5 Hz +", kept["text/plain"], re.MULTILINE)
    assert sum(map(len, kept.values())) < 150_000


@pytest.mark.parametrize("values", [[1e308, -1e308] * 40, [3.0] * 80, [np.nan] * 80])
def test_any_readings_are_kept(values: list[float], buffer: Buffer, make: Any) -> None:
    """What is huge, flat or missing leaves a picture or words."""
    buffer.extend(np.arange(float(len(values))), x=values)
    for scale in ("density", "amplitude"):
        assert "text/html" in make(scale=scale)._kept("mark")
