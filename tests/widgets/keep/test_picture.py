"""The picture: lines are where the readings are, in their colour, and a cell with it stays small."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nbstream.widgets.keep.canvas import AREA, WIDTH, blended, hex_color
from nbstream.widgets.keep.picture import draw, fitting
from nbstream.widgets.keep.record import Axis
from tests.widgets.keep.scenes import COLORS, START, drawn, is_color, record

NAN = float("nan")
BLUE, RUST = COLORS[:2]


def columns(ink: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Return the columns that hold ink below the legend."""
    return np.flatnonzero(ink[40:].any(axis=0))


def test_the_line_is_where_the_readings_are() -> None:
    """A ramp goes from the foot on the left to the top on the right, in the channel's colour."""
    ink = is_color(drawn(record({"x": np.arange(61.0)})), BLUE)
    found = columns(ink)
    middles = [40 + np.flatnonzero(ink[40:, column]).mean() for column in found]
    assert found[-1] - found[0] > 0.85 * WIDTH
    assert np.polyfit(found, middles, 1)[0] < -0.2
    straight = np.polyval(np.polyfit(found, middles, 1), found)
    assert np.abs(middles - straight).max() < 3


def test_a_line_breaks_where_readings_are_missing() -> None:
    """No ink stands where a third of the readings is missing."""
    values = np.r_[np.ones(20), np.full(20, NAN), np.ones(20)]
    found = columns(is_color(drawn(record({"x": values})), BLUE))
    assert np.diff(found).max() > 0.25 * WIDTH


def test_a_lone_reading_is_a_dot() -> None:
    """One reading is seen."""
    assert is_color(drawn(record({"x": [5.0]}))[40:], BLUE).sum() > 8


def test_thresholds_and_incidents_are_drawn() -> None:
    """A rule's limit is a line across the plot, an incident a tinted band behind the data."""
    values = np.r_[np.zeros(30), np.full(15, 9.0), np.zeros(15)]
    picture = drawn(record({"x": values}, rules=("value > 5",)), scale=2.0)
    line = is_color(picture, "#b45309").sum(axis=1)
    assert line.max() > 0.4 * picture.shape[1]
    band = is_color(picture, "#f4e6dc", within=6).any(axis=0)
    assert 0.2 < band.mean() < 0.32


def test_units_have_axes_of_their_own() -> None:
    """One unit is a row, a second stands on the right, more have a row each."""
    readings = {"t": np.arange(60.0), "h": 60 - np.arange(60.0), "p": 101_325 + np.arange(60.0)}
    heights = []
    for units in ({}, {"t": "°C", "h": "%", "p": "%"}, {"t": "°C", "h": "%", "p": "Pa"}):
        picture = drawn(record(readings, units=units))
        assert not units or all(is_color(picture[40:], color).any() for color in COLORS[:3])
        heights.append(len(picture))
    assert heights[0] < heights[1] < heights[2] - 100
    right = is_color(
        drawn(record({"t": [1.0, 2.0], "h": [5.0, 9.0]}, units={"t": "°C", "h": "%"})), RUST
    )
    assert right[40:, -50:].any()


@pytest.mark.parametrize(
    "values",
    [
        [],
        [NAN, NAN],
        [1e308, -1e308, 1e-308],
        [1.7976931348623157e308],
        [1e308, 1e308],
        [5e-324, 0.0],
        [0.0, 0.0],
        [1.0, 1.0 + 2**-52],
        [float("inf"), 1.0],
    ],
)
@pytest.mark.parametrize("window", ["60s", "all", 2])
def test_any_readings_have_a_picture(values: list[float], window: object) -> None:
    """Nothing, missing, huge, tiny and equal readings are drawn without a warning."""
    picture = drawn(record({"x": values} if values else {}, window=window, rules=("value > 1",)))
    assert picture.shape[1] == WIDTH
    assert (picture.max(axis=2) > 240).mean() > 0.8  # the plate, or an incident's tint


def test_any_name_has_a_picture() -> None:
    """Names of any kind widen nothing: HTML, right to left, emoji, 1,000 characters."""
    names = ["<b>&amp;", "\u202eabc", "🙂 温度 درجة", "n" * 1000, "a\nb\x00c", "%{y}"]
    picture = drawn(record({name: [1.0, 2.0] for name in names}, units={"a\nb\x00c": "<i>°C"}))
    assert picture.shape[1] == WIDTH
    assert len(picture) < 600


def test_times_at_the_ends_of_time() -> None:
    """Readings of 1700 and 2261 have axes too."""
    for time in (-8.5e9, 9.2e9):
        assert len(drawn(record({"x": [1.0, 2.0]}, np.array([time, time + 1.0])))) > 200


def test_a_dash_tells_lines_apart() -> None:
    """A dashed line has less ink than a solid one, dense or not."""
    from dataclasses import replace

    for n in (60, 5000):
        solid = record({"x": np.sin(np.arange(n) / n * 9)}, np.linspace(1.7e9, 1.7e9 + 59, n))
        dashed = replace(solid, channels=(replace(solid.channels[0], dash="dash"),))
        inks = [is_color(drawn(of)[40:], BLUE).sum() for of in (solid, dashed)]
        assert 0.4 < inks[1] / inks[0] < 0.85


def test_it_is_as_fine_as_fits() -> None:
    """A picture fits the bytes that there are, and has three pixels for two where they suffice."""
    rng = np.random.default_rng(1)
    noisy = record(
        {f"c{i}": i + rng.normal(0, 3, 20_000) for i in range(16)}, 1.7e9 + np.arange(2e4) / 400
    )
    small = fitting(noisy, 30_000)
    assert len(small) <= 30_000
    assert Image.open(io.BytesIO(small)).width < 1.5 * WIDTH
    calm = fitting(record({"x": [1.0, 2.0]}), 50_000)
    assert Image.open(io.BytesIO(calm)).width == 1.5 * WIDTH
    assert Image.open(io.BytesIO(calm)).mode == "P"


def test_colors_of_any_kind() -> None:
    """Names and short forms of colours are known, anything else is the ink of text."""
    assert [hex_color(c) for c in ("red", "#0f0", "rgb(1, 2, 3)", "nonsense")] == [
        "#ff0000", "#00ff00", "#010203", "#1f2933",
    ]  # fmt: skip


def test_the_plate_is_white() -> None:
    """The picture is opaque and its edge white, so that it can be read on a dark page."""
    image = Image.open(io.BytesIO(draw(record({"x": [1.0, 2.0]}))))
    assert "transparency" not in image.info
    picture = np.asarray(image.convert("RGB"))
    assert (picture[0] == 255).all()
    assert (picture[:, 0] == 255).all()


def ink_of(**look: object) -> np.ndarray:  # type: ignore[type-arg]
    """Return the picture of 0, 1, 1, 0 … with another look."""
    values = np.arange(60) // 15 % 2.0
    plain = record({"x": values})
    return drawn(replace(plain, channels=(replace(plain.channels[0], **look),)))[40:]


def test_steps_are_upright() -> None:
    """A stepped line goes up within a pixel of the time of its reading."""
    heights = [
        [np.ptp(np.flatnonzero(column)) for column in is_color(picture, BLUE).T if column.any()]
        for picture in (ink_of(), ink_of(is_stepped=True))
    ]
    assert max(heights[1]) > 200
    assert max(heights[0]) < 200


def test_areas_are_filled_down_to_zero() -> None:
    """A little of the line's colour lies between it and zero."""
    area = is_color(ink_of(has_fill=True), blended(BLUE, AREA), 6)
    assert 0.2 < area.mean() < 0.5
    assert not is_color(ink_of(), blended(BLUE, AREA), 6).any()


def test_markers_are_dots() -> None:
    """Readings without a line are dots, on one too if that is chosen or they are far apart."""
    modes = ("markers", "lines", "lines+markers", None)
    inks = [int(is_color(ink_of(mode=mode), BLUE).sum()) for mode in modes]
    assert 60 * 8 < inks[0] < inks[1] < inks[2] == inks[3]
    dense = record({"x": np.sin(np.arange(600) / 60)}, START + np.arange(600) / 10)
    lines = replace(dense, channels=(replace(dense.channels[0], mode="lines"),))
    assert (drawn(dense) == drawn(lines)).all()


def test_a_line_comes_in_from_outside_of_the_picture() -> None:
    """It begins at the left edge where the reading before the window leads to it."""
    times = START + np.arange(0.0, 70.0, 7.0)
    picture = drawn(record({"x": times - START}, times, window="30s"))
    ink = is_color(picture, BLUE)[60:].any(axis=0)
    edge = is_color(picture, "#9aa5b1")[60:].sum(axis=0).argmax()
    assert 0 <= np.flatnonzero(ink)[0] - edge < 4


def test_rows_are_those_of_the_chart() -> None:
    """Axes have the channels, ranges and scale that they are given; the others stand by their units."""
    plain = record({"a": 10 ** (np.arange(60.0) / 10), "b": np.ones(60)})
    together, apart = (Axis("", (0, 1)),), [(Axis("", (number,)),) for number in (0, 1)]
    assert len(drawn(replace(plain, rows=(together,)))) < len(
        drawn(replace(plain, rows=tuple(apart)))
    )
    logarithmic = replace(plain, rows=((Axis("", (0,), is_log=True),),))
    ink = is_color(drawn(logarithmic), BLUE)[60:]
    middles = [np.flatnonzero(column).mean() for column in ink.T if column.any()]
    assert np.ptp(np.diff(middles[5:-5])) < 2.5  # a straight line
