"""Limits from how often a detector may alarm without a cause: "1/day"."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from nbstream.detectors.parts.wording import short
from nbstream.readings.window import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray

__all__ = ["LEAST_TO_LEARN", "FalseAlarms", "cusum_limit", "ewma_arl", "ewma_limit", "normal_limit"]

LEAST_TO_LEARN = 100
_EXACT_UP_TO = 1e10
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """How often a detector may alarm while nothing is wrong, if readings are independent and normal.

    Parameters
    ----------
    text
        As the user wrote it.
    mean_ns
        Mean time between two false alarms.
    """

    text: str
    mean_ns: float

    @classmethod
    def parse(cls, given: str | None) -> FalseAlarms | None:
        """Read "1/day", "2/h", "1/30d"; None stays None.

        Raises
        ------
        ValueError
            If it says anything else.
        TypeError
            If it is not a str.
        """
        if given is None:
            return None
        if not isinstance(given, str):
            message = f"'false_alarms' must be text such as '1/day' (got {given!r})."
            raise TypeError(message)
        number, slash, per = given.partition("/")
        try:
            n = float(number)
            per = per.strip()
            ns = parse_duration(per if per[:1].isdigit() else f"1{per}", name="false_alarms")
        except ValueError:
            n, ns = math.nan, 0
        if not (slash and 0 < n < math.inf and ns > 0):
            message = f"'false_alarms' must be a number per time such as '1/day' (got {given!r})."
            raise ValueError(message)
        return cls(given, ns / n)

    def times(self, ratio: float) -> str:
        """Return how often it is if it is so many times as often: "34/day"."""
        number, _, per = self.text.partition("/")
        return f"{short(float(number) * ratio, 2)}/{per.strip()}"

    def run_length(self, interval_ns: float) -> float:
        """Return the number of readings, `interval_ns` apart, between two false alarms; at least 2."""
        return max(2.0, self.mean_ns / max(interval_ns, 1.0))

    def n_to_learn(self, interval_ns: float) -> int:
        """Return from how many readings a chart must learn mean and sigma, 100 at least.

        A mean that is off by a few hundredths of sigma multiplies false alarms, the more the rarer they
        are: those of a CUSUM on average by exp(2b² / n), where b is about log(run length). 6·log² readings
        keep that below 1.4.
        """
        return max(LEAST_TO_LEARN, math.ceil(6 * math.log(self.run_length(interval_ns)) ** 2))


def normal_limit(run_length: float) -> float:
    """Return the |z| that a normal reading exceeds once in `run_length` readings.

    Examples
    --------
    >>> round(normal_limit(370.4), 3)
    3.0
    """
    return -_NORMAL.inv_cdf(0.5 / run_length)


def cusum_limit(run_length: float, k: float) -> float:
    """Return the h at which a two-sided CUSUM alarms once in `run_length` readings.

    Notes
    -----
    Siegmund's approximation of one side, (exp(2kb) − 2kb − 1) / 2k² with b = h + 1.166; two sides alarm
    twice as often. Good to a few percent for run lengths above 50. Never below 0.1.

    Examples
    --------
    >>> round(cusum_limit(465.4, 0.5), 2)
    4.99
    """

    def arl(h: float) -> float:
        b = h + 1.166
        return (math.expm1(2 * k * b) - 2 * k * b) / (2 * k * k) / 2

    return _solve(arl, run_length, 0.1)


@lru_cache(maxsize=64)
def ewma_limit(run_length: float, weight: float) -> float:
    """Return the L at which an EWMA chart alarms once in `run_length` readings.

    Notes
    -----
    `ewma_arl`, up to a run length of 10¹⁰. Beyond, where float64 can't solve it, its logarithm goes on as
    L²/2 + c·log L + d, which is how the tail of a stationary process goes; c and d are fitted to the last
    stretch that was solved. Never below 0.1.

    Examples
    --------
    >>> round(ewma_limit(559.9, 0.2), 2)
    3.0
    """
    if run_length <= _EXACT_UP_TO:
        return _solve(lambda limit: ewma_arl(limit, weight), run_length, 0.1)
    high = _solve(lambda limit: ewma_arl(limit, weight), _EXACT_UP_TO, 0.1)
    low = high - 1.0
    rest = [math.log(ewma_arl(limit, weight)) - limit * limit / 2 for limit in (low, high)]
    c = (rest[1] - rest[0]) / math.log(high / low)
    d = rest[1] - c * math.log(high)
    return _solve(lambda x: x * x / 2 + c * math.log(x) + d, math.log(run_length), high)


def ewma_arl(limit: float, weight: float) -> float:
    """Return after how many readings a two-sided EWMA chart alarms on average while nothing is wrong.

    Notes
    -----
    The integral equation of Crowder (1987) for constant limits, by Gauss and Legendre's quadrature.
    """
    edge = limit * math.sqrt(weight / (2 - weight))
    n = 41 + 4 * math.ceil(edge / weight)
    nodes, weights = _quadrature(min(448, 64 * math.ceil(n / 64)))
    y = edge * nodes
    distance = (y[None, :] - (1 - weight) * y[:, None]) / weight
    kernel = np.exp(-distance * distance / 2) * (edge * weights / weight / math.sqrt(2 * math.pi))
    run_lengths = np.linalg.solve(np.eye(len(y)) - kernel, np.ones(len(y)))
    return float(run_lengths[len(y) // 2])


def _solve(function: Callable[[float], float], wanted: float, low: float) -> float:
    """Return where an ascending function reaches a value, or `low` if it is beyond it from there on."""
    high = low + 1.0
    while function(high) < wanted and high < 200:
        high += 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < wanted else (low, middle)
    return high


@lru_cache(maxsize=8)
def _quadrature(n: int) -> tuple[FloatArray, FloatArray]:
    from numpy.polynomial.legendre import leggauss

    nodes, weights = leggauss(n)
    return nodes, weights
