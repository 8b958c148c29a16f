"""Channels without units share an axis as long as none is a flat line on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.readings.buffer import Buffer
from nbstream.widgets.chart.scales import FAR, Scales, family

START = 1_782_907_200.0


def filled(n: int = 5, **values: float | Sequence[float]) -> Buffer:
    """Return a buffer of channels, each with a value or one for each reading."""
    buffer = ns.Buffer(timezone="UTC")
    for name, value in values.items():
        of = np.broadcast_to(np.asarray(value, float), (n,))
        buffer.extend(START + np.arange(float(n)), {name: of})
    return buffer


def together(**values: float | Sequence[float]) -> list[set[str]]:
    """Return which channels share a scale, the largest first."""
    found = Scales().among(filled(**values), list(values))
    return [{n for n, at in found.items() if at == i} for i in sorted(set(found.values()))]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"temp": 21, "hum": 48, "pressure": 1013}, [{"pressure"}, {"hum", "temp"}]),
        ({"temp": 21, "light": 400, "p": 101_325}, [{"p"}, {"light"}, {"temp"}]),
        ({"open": 101, "high": 103, "volume": 2e6}, [{"volume"}, {"open", "high"}]),
        ({"loss": 0.02, "accuracy": 0.9, "lr": 1e-5}, [{"accuracy"}, {"loss"}, {"lr"}]),
        ({"U": 230, "I": 4}, []),  # letters may well be x and y
        ({"cpu0": 0.5, "cpu1": 98}, []),
        ({"acc_x": 0.02, "acc_y": 0.01, "acc_z": 9.8}, []),
        ({"room temp": -1, "oven temp": 210}, []),
        ({"temp": 21, "hum": 48}, []),
        ({"c1": 21, "c2": 1013}, [{"c2"}, {"c1"}]),  # of columns without names nobody knows
        ({"temp": -40, "power": -4000}, [{"power"}, {"temp"}]),
        ({"temp": 21, "errors": 0}, []),
        ({"vibration": 0.03, "current": 1.2, "alarm": 0}, [{"current", "alarm"}, {"vibration"}]),
        ({"alarm": 0, "errors": 0}, []),
        ({"temp": 21, "rain": [0, 0, 0, 0.2, 0], "p": 1013}, [{"p"}, {"temp", "rain"}]),
        ({"temp": 21, "glitch": [20, 20, 1e9, 21, 20]}, []),
        ({"temp": 21, "broken": np.nan}, []),
        ({"temp": 21, "broken": np.inf}, []),
    ],
)
def test_what_shares_an_axis(values: dict[str, Any], expected: list[set[str]]) -> None:
    """Values of another order of magnitude have another scale, but for channels of one kind."""
    assert together(**values) == expected


def test_the_border() -> None:
    """Ten times as large is another scale, a little less is the same."""
    assert len(together(low=1, high=FAR)) == 2
    assert together(low=1, high=FAR - 0.001) == []


def test_it_is_decided_once() -> None:
    """What the values become later moves no line to another axis; a new channel finds its place."""
    scales, buffer = Scales(), filled(3, temp=20, pressure=1000)
    names = ["temp", "pressure"]
    assert scales.among(buffer, names) == {"temp": 1, "pressure": 0}
    buffer.extend(START + np.arange(3.0, 203.0), temp=np.full(200, 1000.0))
    assert scales.among(buffer, names) == {"temp": 1, "pressure": 0}
    buffer.extend(START + np.arange(203.0, 206.0), hum=[40.0, 50.0, 60.0])
    assert scales.among(buffer, [*names, "hum"]) == {"temp": 1, "pressure": 0, "hum": 1}


def test_a_new_channel_moves_no_other() -> None:
    """Though it lies between two that share an axis, or is larger than all."""
    scales, buffer = Scales(), filled(pressure=1000, humidity=50, temp=8)
    names = ["pressure", "humidity", "temp"]
    before = scales.among(buffer, names)
    assert before == {"pressure": 0, "humidity": 1, "temp": 1}
    for name, value in {"flow": 90, "steps": 1e6, "power": 5000}.items():
        buffer.extend(START + np.arange(5.0), {name: np.full(5, value)})
        names.append(name)
        found = scales.among(buffer, names)
        assert {name: found[name] for name in before} == before
    assert [found[name] for name in ("flow", "steps", "power")] == [2, 3, 0]


def test_little_is_known_of_the_first_readings() -> None:
    """Two readings decide nothing; what grows within the first 64 may still part, and nothing later."""
    scales, buffer = Scales(), filled(2, temp=20, total=900)
    assert scales.among(buffer, ["temp", "total"]) == {}
    scales, buffer = Scales(), filled(5, temp=20, total=10)
    assert scales.among(buffer, ["temp", "total"]) == {}
    buffer.extend(START + np.arange(5.0, 65.0), temp=np.full(60, 20.0), total=np.arange(60) * 20.0)
    assert scales.among(buffer, ["temp", "total"]) == {"temp": 1, "total": 0}
    scales, buffer = Scales(), filled(64, temp=20, total=10)
    assert scales.among(buffer, ["temp", "total"]) == {}
    buffer.extend(START + np.arange(64.0, 164.0), temp=np.full(100, 20.0), total=np.full(100, 1e6))
    assert scales.among(buffer, ["temp", "total"]) == {}


@pytest.mark.parametrize("n", [3, 63, 64, 1000, 10_000])
def test_what_swings_around_zero(n: int) -> None:
    """A slow wave is as large as its swing, also where it begins or ends near zero."""
    wave = 2 * np.sin(np.arange(n) / max(n, 1000) * 3 * 2 * np.pi)
    scales, buffer = Scales(), filled(n, wave=wave, level=9, p=1013)
    found = scales.among(buffer, ["wave", "level", "p"])
    assert found["level"] == found["wave"] == 1


@pytest.fixture
def chart() -> Iterator[ns.LiveChart]:
    """A chart of a sensor whose file has no units."""
    chart = ns.LiveChart(filled(temp=21, hum=48, pressure=101_325))
    yield chart
    chart.close()


def told(chart: ns.LiveChart) -> list[list[tuple[str, list[int]]]]:
    """Return titles and channels of the axes by row, as a page is told."""
    chart._feed.frame()
    chart._sync()
    return [
        [(axis["title"], axis["channels"]) for axis in row["axes"]]
        for row in chart._described["rows"]
    ]


ONE: list[list[tuple[str, list[int]]]] = [[("", [0, 1, 2])]]
TWO = [[("temp, hum", [0, 1]), ("pressure", [2])]]


def test_a_chart_has_an_axis_for_each_scale(chart: ns.LiveChart) -> None:
    """They are called by their channels, and what somebody chose comes first."""
    assert told(chart) == TWO
    chart.log = True
    assert told(chart) == ONE
    chart.log = False
    assert told(chart) == TWO
    chart.y = (0, 100)
    assert told(chart) == ONE
    chart.y = (0, None)
    assert told(chart) == ONE
    chart.y = "expand"
    assert told(chart) == TWO
    chart.rows = [["temp", "hum", "pressure"]]
    assert told(chart) == ONE
    chart.rows = None
    assert told(chart) == TWO


def test_units_come_first(chart: ns.LiveChart) -> None:
    """Channels with units stand by them; only those without are parted by their scales."""
    chart.analyzer.buffer.units["hum"] = "%"
    assert told(chart) == [[("temp", [0])], [("%", [1])], [("pressure", [2])]]
    chart.analyzer.buffer.units["pressure"] = "Pa"
    assert told(chart) == [[("", [0])], [("%", [1])], [("Pa", [2])]]


def test_too_many_scales_are_one() -> None:
    """More than six axes would have no room."""
    values = dict(
        zip(("one", "two", "three", "four", "five", "six", "seven"), range(7), strict=True)
    )
    chart = ns.LiveChart(filled(**{name: 100.0**power for name, power in values.items()}))
    assert told(chart) == [[("", list(range(7)))]]
    chart.close()


def test_a_picture_has_what_came_last(chart: ns.LiveChart, tmp_path: Any) -> None:
    """Also in a script, where nothing ran since the readings came."""
    chart.to_svg(tmp_path / "x.svg")
    text = (tmp_path / "x.svg").read_text("utf-8")
    assert ">temp, hum<" in text
    assert text.count(">pressure<") == 2  # at its line in the legend, and at its axis


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CPU (%)", "cpu"),
        ("PM2.5", "pm"),
        ("温度1", "温度"),
        ("rx_bytes", "bytes"),
        ("%", ""),
        ("x1", ""),
    ],
)
def test_what_names_have_in_common(name: str, kind: str) -> None:
    """Letters of any script make words; numbers and single letters don't."""
    assert family(name) == kind
