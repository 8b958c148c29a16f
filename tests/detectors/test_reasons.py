"""Reasons of all detectors over random series: each number in them is true, and so is each word."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

from nbstream.detectors import Detection, Detector, create
from nbstream.readings.batch import FloatArray, TimeArray
from tests.strategies import EPOCH_NS, NS

UNITS = {
    "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "day": 86_400.0, "days": 86_400.0,
    "year": 365.2425 * 86_400, "years": 365.2425 * 86_400,
}  # fmt: skip
NUMBER = r"([-+]?(?:\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|inf))"
SPAN = rf"{NUMBER} ({'|'.join(sorted(UNITS, key=len, reverse=True))})\b"

DETECTORS: dict[str, Callable[[], Detector]] = {
    "change_point": lambda: create("change_point", n_reference=32, limit=3.0),
    "cusum": lambda: create("cusum", warm_up=20, h=3.0),
    "cusum of known mean": lambda: create("cusum", mean=10, sigma=2.0),
    "default": lambda: create("default", limit=3.0),
    "dspot": lambda: create("dspot", n_init=100, depth=20, q=1e-3),
    "ewma": lambda: create("ewma", warm_up=20, limit=2.0),
    "gap": lambda: create("gap", factor=1.5),
    "hampel": lambda: create("hampel", window=9, limit=2.0),
    "nelson": lambda: create("nelson", warm_up=20),
    "page_hinkley": lambda: create("page_hinkley", warm_up=20, threshold=5.0),
    "rate_of_change": lambda: create("rate_of_change", limit=0.7),
    "robust_zscore": lambda: create("robust_zscore", window=64, min_readings=10),
    "robust_zscore of a time": lambda: create("robust_zscore", window="80s", min_readings=10),
    "seasonal": lambda: create("seasonal", limit=2.0),
    "seasonal of a given period": lambda: create("seasonal", period=20, limit=2.0),
    "spot": lambda: create("spot", n_init=100, q=1e-3),
    "stuck": lambda: create("stuck", after=3),
    "threshold": lambda: create("threshold", above=10.01, below=9.99, hysteresis=0.005),
    "western_electric": lambda: create("western_electric", warm_up=20),
    "zscore": lambda: create("zscore", window=64, min_readings=10, limit=2.0),
    "zscore of a time": lambda: create("zscore", window="80s", min_readings=10, limit=2.0),
}


def random_series(seed: int) -> tuple[TimeArray, FloatArray]:
    """Return readings about 10: integers, heavy tails, steps, constants, waves; every fifth is short."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 60)) if seed % 5 == 0 else int(rng.integers(200, 350))
    noise = rng.normal(size=n)
    values = {
        0: noise,
        1: rng.integers(-2, 3, n).astype(float),
        2: rng.standard_t(1.5, n),
        3: np.repeat(rng.normal(0, 5, 8), -(-n // 8))[:n]
        + noise * np.repeat([0.1, 2, 1, 0], -(-n // 4))[:n],
        4: np.where(np.arange(n) < n // 2, 0.0, rng.choice([0.001, 1.0, 1e6])),
        5: 3 * np.sin(np.arange(n) * 2 * np.pi / 20) + 0.3 * noise,
        6: np.round(np.cumsum(noise)),
        7: rng.poisson(0.3, n) * 1.0,
    }[seed // 5 % 8]
    values = values * rng.choice([1.0, 1.0, 1e-3, 1e4]) + rng.choice([10.0, 10.0, 101_325.0])
    values[rng.random(n) < 0.02] = np.nan
    steps = rng.choice([0, NS, NS, 5 * NS], n) if seed % 3 == 0 else np.full(n, NS)
    return EPOCH_NS + np.cumsum(steps), values


@pytest.mark.parametrize("name", DETECTORS)
def test_reasons_are_true(name: str) -> None:
    """Low is not above high, "grown" is more, a ratio is that of its numbers, "above" is above."""
    for seed in range(400):
        times, values = random_series(seed)
        detection = DETECTORS[name]().update(times, values)
        for i in _chosen(detection, seed):
            reason = detection.reason(i)
            for check in CHECKS:
                problem = check(reason, i, times, values, detection)
                assert not problem, f"{problem}: {reason} (series {seed}, reading {i})"


def _chosen(detection: Detection, seed: int) -> list[int]:
    """Return some anomalies, some other readings, the first and the last."""
    rng = np.random.default_rng(seed)
    flagged = np.flatnonzero(detection.is_anomaly)
    some = rng.choice(flagged, min(5, len(flagged)), replace=False).tolist()
    return sorted({*some, *rng.integers(0, len(detection), 4).tolist(), 0, len(detection) - 1})


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _is_quotient(ratio: str, above: float, below: float, rel: float = 0.01) -> bool:
    return abs(_value(ratio) - above / below) <= rel * abs(above / below) + 0.006


def _spans(text: str) -> list[float]:
    return [_value(number) * UNITS[unit] for number, unit in re.findall(SPAN, text)]


def usual_range(reason: str, *_: object) -> str:
    """Above is above the upper end, below is below the lower one, and the ends are in order."""
    between = r"(?: over \d+ readings| in one reading| from the nearest [^,]*,)?"
    pattern = rf"{NUMBER}{between} (above|below) the usual {NUMBER}(?: to {NUMBER})?"
    for number, side, low, high in re.findall(pattern, reason):
        ends = [_value(low), _value(high or low)]
        if ends[0] > ends[1]:
            return "low is above high"
        if not (_value(number) > ends[1] if side == "above" else _value(number) < ends[0]):
            return f"not {side}"
    is_missed = "the usual " in reason and "times" not in reason and not re.search(pattern, reason)
    return "no number" if is_missed else ""


def shift(reason: str, *_: object) -> str:
    """The size of a shift is that of its two numbers, and so is the way."""
    found = re.search(
        rf"shifted (up|down) by {NUMBER} \((.*?) robust σ\), from {NUMBER} to {NUMBER}", reason
    )
    if found:
        way, by, _sigmas, before, after = found.groups()
        size = _value(after) - _value(before)
        if (size > 0) != (way == "up") or not size:
            return f"not {way}"
        return "" if abs(abs(size) - _value(by)) <= 0.06 * abs(size) else "not their difference"
    found = re.search(rf"(grown|shrunk) to {NUMBER} times, from {NUMBER} to {NUMBER}", reason)
    if found:
        way, ratio, before, after = found.groups()
        if (_value(after) > _value(before)) != (way == "grown") or before == after:
            return f"not {way}"
        if (_value(ratio) > 1) != (way == "grown") or _value(ratio) == 1:
            return f"{ratio} times is not {way}"
        size = _value(after) / _value(before)
        return "" if abs(size - _value(ratio)) <= 0.06 * size else "not their ratio"
    return (
        "no shift"
        if "has shifted" in reason or "has grown" in reason or "has shrunk" in reason
        else ""
    )


def rate(reason: str, i: int, _t: object, _v: object, detection: Detection) -> str:
    """A rate is the change by the time; a gap so many times the usual one; a limit is passed."""
    found = re.match(
        rf"(rose|fell) by {NUMBER} in (.*?): {NUMBER} per second, limit {NUMBER}", reason
    )
    if found:
        _, by, took, per_second, limit = found.groups()
        if not _is_quotient(per_second, _value(by), _spans(took)[0]):
            return "not their ratio"
        if (_value(per_second) > _value(limit)) != detection.is_anomaly[i]:
            return "not beyond the limit"
    found = re.match(rf"no reading for (.*?), {NUMBER} times the usual (.*)", reason)
    if found:
        gap, usual = _spans(found[1])[0], _spans(found[3])[0]
        return "" if _is_quotient(found[2], gap, usual) else "not their ratio"
    return ""


def level(reason: str, i: int, _t: object, values: FloatArray, detection: Detection) -> str:
    """So many spreads above, below or at a level: the reading is there, and the score is that."""
    pattern = r"(\S+|more than 100) (?:robust )?σ (above|below|at) the (?:mean|median) (\S+) of"
    found = re.match(pattern, reason)
    if found:
        far, side, middle = found.groups()
        slack = 1e-3 * abs(_value(middle))  # 4 digits
        size = values[i] - _value(middle)
        is_there = {"above": size > -slack, "below": size < slack, "at": abs(size) <= slack}[side]
        if not is_there:
            return f"not {side}"
        if far == "more than 100":
            return "" if detection.score[i] > 100 else "not so many"
        return "" if abs(float(far) - detection.score[i]) <= 0.051 else "not the score"
    found = re.match(r"(\S+) after a constant (\S+) in", reason)
    return "not another" if found and found[1] == found[2] else ""


def behind(reason: str, i: int, _t: object, values: FloatArray, _: object) -> str:
    """No more readings are behind a level than there were before."""
    found = re.search(r"the (?:last ([\d,]+) readings|([\d,]+) usual readings before it)", reason)
    if not found:
        return ""
    n = _value(found[1] or found[2])
    n_before = int(np.count_nonzero(values[: i + 1] == values[: i + 1]))
    return "" if n <= n_before else "more readings than there were"


def comparison(reason: str, *_: object) -> str:
    """What is greater is greater, as it is written."""
    for a, sign, b in re.findall(rf"{NUMBER} ([<>]) {NUMBER}", reason):
        if not (_value(a) > _value(b) if sign == ">" else _value(a) < _value(b)):
            return f"not {sign}"
    found = re.match(rf"{NUMBER} is (above|below|inside) the limit {NUMBER}", reason)
    if found and found[2] != "inside":
        a, side, b = found.groups()
        return "" if (_value(a) > _value(b)) == (side == "above") and a != b else f"not {side}"
    pattern = rf"{NUMBER} has been (above|below) {NUMBER}, and not yet (?:above|below) {NUMBER}"
    found = re.match(pattern, reason)
    if found:
        value, limit, end = _value(found[1]), _value(found[3]), _value(found[4])
        is_between = end <= value <= limit if found[2] == "above" else limit <= value <= end
        return "" if is_between else "not between"
    found = re.match(rf"{NUMBER} is .* robust σ (above|below) the {NUMBER} usual", reason)
    if found:
        a, side, b = found.groups()
        return "" if (_value(a) > _value(b)) == (side == "above") and a != b else f"not {side}"
    return ""


def average(reason: str, i: int, _t: object, _v: object, detection: Detection) -> str:
    """A moving average is on the side that is told; a sum that alarms is above its limit."""
    found = re.match(
        rf"moving average (\S+) is \S+ of its σ (above|below|at) the mean {NUMBER}", reason
    )
    if found:
        a, side, b = _value(found[1]), found[2], _value(found[3])
        return "" if (a > b, a < b, a == b)[("above", "below", "at").index(side)] else f"not {side}"
    found = re.match(rf"cumulative sum {NUMBER} of {NUMBER} σ", reason)
    if found:
        return "alarms" if detection.is_anomaly[i] or _value(found[1]) > _value(found[2]) else ""
    return ""


def chance(reason: str, i: int, _t: object, _v: object, detection: Detection) -> str:
    """One reading in so many is the score as a probability."""
    found = re.search(rf"one reading in (more than a billion|{NUMBER}) is so extreme", reason)
    if not found:
        return ""
    if found[2] is None:
        return "" if detection.score[i] >= 9 else "not so rare"
    is_true = _is_quotient(found[2], float(10 ** detection.score[i]), 1.0, rel=0.05)
    return "" if is_true or _value(found[2]) < 100 else "not the score"


def sameness(reason: str, i: int, times: TimeArray, values: FloatArray, _: object) -> str:
    """Stuck for so many readings and so long is just that."""
    found = re.match(rf"stuck at {NUMBER}: ([\d,]+) readings \((.*?)\) the same", reason)
    if not found:
        return ""
    rows = np.flatnonzero(values == values)
    rows = rows[rows <= i]
    n = int(_value(found[2]))
    since = rows[-n]
    if not (values[rows[-n:]] == values[i]).all() or (
        len(rows) > n and values[rows[-n - 1]] == values[i]
    ):
        return "not the number of equal readings"
    seconds = (times[i] - times[since]) / NS
    return "" if abs(_spans(found[3])[0] - seconds) <= 0.01 * seconds else "not so long"


def warmth(reason: str, i: int, _t: object, values: FloatArray, detection: Detection) -> str:
    """It judges from the reading on that is told, and so many were there."""
    found = re.search(r"judges from reading ([\d,]+) on; ([\d,]+) so far", reason)
    if not found:
        waits = not detection.is_warm[i] and values[i] == values[i]
        return "nothing of when it judges" if waits and "udges " not in reason else ""
    first, so_far = int(_value(found[1])), int(_value(found[2]))
    if "after the shift" in reason:
        return "" if so_far < first else "judges already"
    rows = np.flatnonzero(values == values)
    if so_far != np.count_nonzero(rows <= i):
        return "not so many readings"
    if (
        detection.is_warm[rows[: first - 1]].any()
        or not detection.is_warm[rows[first - 1 : first]].all()
    ):
        return "judges from another reading on"
    return ""


def writing(reason: str, *_: object) -> str:
    """Nobody has to read 4.02e+03d, nan, or a name of a type."""
    is_odd = re.search(r"\bnan\b|np\.|\de[-+]?\d+ ?(?:d|day|h|s|min|year)|\d[dhs]\b", reason)
    return f"has {is_odd[0]!r}" if is_odd else ""


CHECKS = [
    average, behind, chance, comparison, level, rate, sameness, shift, usual_range, warmth, writing,
]  # fmt: skip
