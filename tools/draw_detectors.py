"""Draw the pictures of docs/detectors: a series with what the detector flags, and its score below.

`python tools/draw_detectors.py` writes one SVG per detector; `make picture` calls it.
"""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from nbstream.detectors import Detection, create

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "detectors"
START_NS = 1_782_864_000_000_000_000
NS = 1_000_000_000

WIDTH, HEIGHT = 720, 275
SCORE = 260  # below it a second line of text
LEFT, RIGHT, TOP, MIDDLE, BOTTOM = 52, 12, 26, 168, 24
COLORS = {"line": "#3266d6", "ring": "#dc2626", "score": "#8a6d1d", "text": "#666", "grid": "#ccc"}
MAX_POINTS = 1500
MAX_TEXT = 108
SAME_RUN = 16  # pixels between flagged readings of one run, at most

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Scene:
    """A series, made of noise and of what goes wrong in it, and the detector that looks at it."""

    title: str
    make: Callable[[np.random.Generator], Array]
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: Callable[[int], Array] = np.arange
    shown_from: int = 0
    """First reading that is drawn; those before are learnt from."""


def noise(rng: np.random.Generator, n: int = 600, mean: float = 20.0, std: float = 1.0) -> Array:
    """Return normal noise around a level."""
    return rng.normal(mean, std, n)


def with_spikes(rng: np.random.Generator) -> Array:
    """Return noise with three spikes."""
    values = noise(rng)
    values[[180, 330, 500]] += [9, -8, 11]
    return values


def with_shift(rng: np.random.Generator, size: float = 1.2) -> Array:
    """Return noise whose level shifts for good."""
    values = noise(rng)
    values[380:] += size
    return values


def with_late_shift(rng: np.random.Generator) -> Array:
    """Return noise of which enough comes before the shift to learn a limit."""
    values = noise(rng, 1600)
    values[1380:] += 1.2
    return values


def with_trend(rng: np.random.Generator) -> Array:
    """Return noise on a level that a slow wave carries, with two spikes."""
    values: Array = noise(rng) + 12 * np.sin(np.arange(600) / 90)
    values[[210, 470]] += [9, -9]
    return values


def with_rhythm(rng: np.random.Generator) -> Array:
    """Return two weeks of a daily rhythm; a day is missing its peak, and one comes at night."""
    hours = np.arange(24 * 14 * 4) / 4
    values: Array = 20 + 8 * np.sin(2 * np.pi * (hours - 7) / 24) + rng.normal(0, 0.7, len(hours))
    values[960:1000] -= 6
    values[1160:1166] += 12
    return values


def with_hang(rng: np.random.Generator) -> Array:
    """Return noise with a stretch in which the sensor hangs."""
    values = noise(rng)
    values[300:380] = values[300]
    return values


def with_jump(rng: np.random.Generator) -> Array:
    """Return a slow wave with two sudden jumps."""
    values: Array = 20 + 6 * np.sin(np.arange(600) / 80) + rng.normal(0, 0.15, 600)
    values[250:] += 5
    values[430:] -= 5
    return values


def with_heavy_tail(rng: np.random.Generator) -> Array:
    """Return noise with a heavy tail, and two values beyond it."""
    values: Array = 20 + rng.standard_t(4, 3000)
    values[[2500, 2800]] += [25, -22]
    return values


def with_drift(rng: np.random.Generator) -> Array:
    """Return noise with a heavy tail on a level that drifts, and a value beyond it."""
    values: Array = with_heavy_tail(rng) + np.arange(3000) / 100
    return values


def with_pauses(n: int) -> Array:
    """Return times a second apart with two pauses."""
    seconds = np.arange(n, dtype=np.float64)
    seconds[250:] += 40
    seconds[450:] += 15
    return seconds


SCENES = {
    "threshold": Scene("three spikes", with_spikes, {"above": 22.5, "below": 17.0}),
    "rate_of_change": Scene("5 at once", with_jump, {"limit": 2.0}),
    "zscore": Scene("three spikes", with_spikes, {"window": 200}),
    "robust_zscore": Scene("three spikes", with_spikes, {"window": 200, "limit": 4.5}),
    "hampel": Scene("spikes on a wave", with_trend, {"false_alarms": "1/h"}),
    "ewma": Scene("a shift by 1.2 σ", with_late_shift, {"false_alarms": "1/h"}, shown_from=1000),
    "cusum": Scene("a shift by 1.2 σ", with_late_shift, {"false_alarms": "1/h"}, shown_from=1000),
    "page_hinkley": Scene(
        "a shift by 1.2 σ", with_late_shift, {"false_alarms": "1/h"}, shown_from=1000
    ),
    "western_electric": Scene("a shift by 1.2 σ", with_shift, {"mean": 20.0, "sigma": 1.0}),
    "nelson": Scene("a shift by 1.2 σ", with_shift, {"mean": 20.0, "sigma": 1.0}),
    "change_point": Scene("a shift by 4 σ", lambda rng: with_shift(rng, 4.0)),
    "seasonal": Scene(
        "a daily rhythm that fails twice",
        with_rhythm,
        {"period": 86_400, "limit": 5.0},
        lambda n: np.arange(n) * 900.0,
        shown_from=4 * 96,
    ),
    "spot": Scene("a heavy tail, two extremes", with_heavy_tail, {}, shown_from=1500),
    "dspot": Scene("the same on a drifting level", with_drift, {}, shown_from=1500),
    "stuck": Scene("the sensor hangs", with_hang, {"after": 20}),
    "gap": Scene("two pauses", noise, {"factor": 5}, with_pauses),
    "default": Scene(
        "a daily rhythm that fails twice", with_rhythm, {}, lambda n: np.arange(n) * 900.0
    ),
}


@dataclass(frozen=True)
class JointScene:
    """Several channels, and the detector that looks at them together."""

    title: str
    make: Callable[[np.random.Generator], dict[str, Array]]
    parameters: dict[str, Any] = field(default_factory=dict)
    shown_from: int = 900


def with_a_leak(rng: np.random.Generator) -> dict[str, Array]:
    """Return pressure and current of a pump under a load; from step 1,500 on it needs more current."""
    load = np.sin(np.arange(1900) / 90) + rng.normal(size=1900).cumsum() / 40
    pressure = 4 + load + rng.normal(0, 0.1, 1900)
    current = 12 + 2 * load + rng.normal(0, 0.2, 1900)
    current[1500:] += 0.7
    return {"pressure": pressure, "current": current}


def with_a_slip(rng: np.random.Generator) -> dict[str, Array]:
    """Return flow and power of a pump; from step 1,000 on its coupling slips."""
    load = rng.normal(size=1400)
    power = 8 + load + rng.normal(0, 0.4, 1400)
    power[1000:] = 8 + rng.normal(0, 1.1, 400)
    return {"flow": 30 + 3 * load, "power": power}


JOINT_SCENES = {
    "correlation": JointScene("a coupling that slips", with_a_slip, shown_from=700),
    "multivariate": JointScene("a pump that leaks: more current for the pressure", with_a_leak),
}


def draw_joint(name: str, scene: JointScene) -> str:
    """Return the picture of a detector of several channels as SVG."""
    columns = scene.make(np.random.default_rng(5))
    n = len(next(iter(columns.values())))
    detector = create(name, **scene.parameters)
    detection = detector.update(START_NS + np.arange(n) * NS, columns)
    rows = np.arange(scene.shown_from, n)
    x = _scale(np.arange(n, dtype=np.float64), rows[0], rows[-1], LEFT, WIDTH - RIGHT)
    flagged = rows[detection.is_anomaly[rows]]
    height = (MIDDLE - TOP) / len(columns)
    parts: list[str] = [*_head(name, scene.title, repr(detector))]
    for i, (channel, values) in enumerate(columns.items()):
        y = _scaled_to(values, rows, TOP + (i + 1) * height - 6, TOP + i * height + 6)
        parts += [
            _text(4, TOP + (i + 0.5) * height, channel),
            _path(x[rows], y[rows], COLORS["line"]),
        ]
        parts += _marks(x, y, flagged, TOP + i * height, height)
    parts += _below(detection, rows, x, flagged)
    return "\n".join(parts) + "\n"


def _head(name: str, title: str, detector: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(f'{name}: {title}')}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 16, f"{detector} · {title}"),
        _text(4, SCORE - BOTTOM - 20, "score"),
        f'<path d="M{LEFT} {MIDDLE + 12}H{WIDTH - RIGHT}" stroke="{COLORS["grid"]}"/>',
    ]


def draw(name: str, scene: Scene) -> str:
    """Return the picture of one detector as SVG."""
    values = scene.make(np.random.default_rng(5))
    seconds = np.asarray(scene.seconds(len(values)), np.float64)
    detector = create(name, **scene.parameters)
    detection = detector.update((START_NS + seconds * NS).astype(np.int64), values)
    rows = np.arange(scene.shown_from, len(values))
    x = _scale(seconds, seconds[rows[0]], seconds[rows[-1]], LEFT, WIDTH - RIGHT)
    y = _scaled_to(values, rows, MIDDLE, TOP)
    flagged = rows[detection.is_anomaly[rows]]
    parts: list[str] = [
        *_head(name, scene.title, repr(detector)),
        _text(4, MIDDLE - 60, "value"),
        _path(x[rows], y[rows], COLORS["line"]),
        *_marks(x, y, flagged, TOP, MIDDLE - TOP),
        *_below(detection, rows, x, flagged),
    ]
    return "\n".join(parts) + "\n"


def _below(detection: Detection, rows: Array, x: Array, flagged: Array) -> list[str]:
    """Return the score, the first reason, and the end of the picture.

    What is far beyond the limit is cut off, lest it press all else to the ground.
    """
    score = np.where(np.isfinite(detection.score), detection.score, np.nan)
    if len(flagged):
        score = np.minimum(score, 4 * score[flagged].min())
    y = _scaled_to(score, rows, SCORE - BOTTOM, MIDDLE + 26)
    lines = textwrap.wrap(_reason(detection, flagged), MAX_TEXT, max_lines=2, placeholder=" …")
    texts = [_text(LEFT, SCORE - 6 + 15 * i, line) for i, line in enumerate(lines)]
    return [_path(x[rows], y[rows], COLORS["score"]), *texts, "</svg>"]


def _reason(detection: Detection, flagged: Array) -> str:
    if not len(flagged):
        return "nothing is flagged"
    return f"first: {detection.reason(int(flagged[0]))}"


def _scale(given: Array, low: float, high: float, to_low: float, to_high: float) -> Array:
    span = high - low if high > low else 1.0
    return to_low + (given - low) / span * (to_high - to_low)


def _scaled_to(given: Array, rows: Array, to_low: float, to_high: float) -> Array:
    shown = given[rows]
    if not np.isfinite(shown).any():
        return np.full(len(given), np.nan)
    return _scale(given, float(np.nanmin(shown)), float(np.nanmax(shown)), to_low, to_high)


def _path(x: Array, y: Array, color: str) -> str:
    step = max(1, len(x) // MAX_POINTS)
    commands, pen = [], "M"
    for left, top in zip(x[::step].tolist(), y[::step].tolist(), strict=True):
        if top != top:
            pen = "M"
            continue
        commands.append(f"{pen}{left:.1f} {top:.1f}")
        pen = "L"
    return f'<path d="{"".join(commands)}" fill="none" stroke="{color}" stroke-width="1"/>'


def _marks(x: Array, y: Array, rows: Array, top: float, height: float) -> list[str]:
    """Return a ring where each run of flagged readings begins, and a band as long as it lasts."""
    marks: list[str] = []
    begins = np.flatnonzero(np.diff(x[rows], prepend=-math.inf) > SAME_RUN)
    for first, last in zip(begins, [*(begins[1:] - 1), len(rows) - 1], strict=False):
        left, right = float(x[rows[first]]), float(x[rows[last]])
        if right - left > SAME_RUN / 2:
            marks.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{height:.1f}" '
                f'fill="{COLORS["ring"]}" opacity="0.12"/>'
            )
        marks.append(
            f'<circle cx="{left:.1f}" cy="{y[rows[first]]:.1f}" r="4" fill="none" '
            f'stroke="{COLORS["ring"]}" stroke-width="1.5"/>'
        )
    return marks


def _text(x: float, y: float, text: str) -> str:
    return f'<text x="{x}" y="{y}" fill="{COLORS["text"]}">{escape(text)}</text>'


def main() -> None:
    """Write every picture."""
    for name, scene in SCENES.items():
        path = FOLDER / f"{name}.svg"
        path.write_text(draw(name, scene), encoding="utf-8")
        print(path.name, file=sys.stderr)
    for name, joint in JOINT_SCENES.items():
        path = FOLDER / f"{name}.svg"
        path.write_text(draw_joint(name, joint), encoding="utf-8")
        print(path.name, file=sys.stderr)


if __name__ == "__main__":
    main()
