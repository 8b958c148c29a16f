"""Filters of many channels over a block of steps at once, as products with small matrices."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from nbstream.readings.batch import BoolArray, FloatArray, IntArray

__all__ = ["BLOCK", "as_normal", "filled", "from_normal", "prediction_errors", "smoothed"]

BLOCK = 256
"""Steps that are judged by one state of a model; it learns after them."""
PART = 64
"""Steps that a matrix filters at once."""

Scalar = TypeVar("Scalar", bound=np.generic)


@lru_cache(maxsize=64)
def _powers(weight: float) -> tuple[FloatArray, FloatArray]:
    """Return (1 − weight)^k for k from 0 to `PART`, and the matrix that smooths so many values."""
    powers = np.power(1.0 - weight, np.arange(PART + 1.0))
    age = np.arange(PART)[:, None] - np.arange(PART)[None, :]
    matrix = np.where(age >= 0, weight * powers[np.maximum(age, 0)], 0.0)
    return powers, matrix


def prediction_errors(values: FloatArray, weight: float) -> FloatArray:
    """Return how far each value is from the exponential mean of those before it, which begins at 0.

    Along the first axis of a shape (n, p).
    """
    if weight == 0:
        return values
    level = np.zeros(values.shape[1])
    smooth = smoothed(values, weight, level)
    return values - np.concatenate((level[None, :], smooth[:-1]))


def smoothed(values: FloatArray, weight: float, before: FloatArray) -> FloatArray:
    """Return the exponential mean at each value along the first axis, shape (n, p).

    `before` is the one before the first, shape (p,).
    """
    powers, matrix = _powers(weight)
    found = np.empty_like(values)
    for low in range(0, len(values), PART):
        part = values[low : low + PART]
        n = len(part)
        here = found[low : low + n]
        np.matmul(matrix[:n, :n], part, out=here)
        here += powers[1 : n + 1, None] * before
        before = here[-1]
    return found


def filled(
    values: np.ndarray[Any, np.dtype[Scalar]],
    present: BoolArray,
    before: np.ndarray[Any, np.dtype[Scalar]],
) -> np.ndarray[Any, np.dtype[Scalar]]:
    """Return values with the newest present one in the place of others; `before` holds those of the past."""
    n = len(values)
    index: IntArray = np.where(present, np.arange(1, n + 1)[:, None], 0)
    np.maximum.accumulate(index, axis=0, out=index)
    return np.take_along_axis(np.concatenate((before[None, :], values)), index, axis=0)


def as_normal(values: FloatArray, degrees: float) -> FloatArray:
    """Return χ² values as those of a standard normal variable that are as rare.

    Notes
    -----
    The cube root of Wilson and Hilferty (1931); good to a few hundredths up to 5.
    """
    variance = 2.0 / (9.0 * degrees)
    result: FloatArray = (np.cbrt(values / degrees) - (1.0 - variance)) / math.sqrt(variance)
    return result


def from_normal(z: float, degrees: float) -> float:
    """Return the χ² value that is as rare as `z`; the inverse of `as_normal`, 0 at least.

    Examples
    --------
    >>> round(float(as_normal(np.array([from_normal(5.0, 8)]), 8)[0]), 6)
    5.0
    """
    variance = 2.0 / (9.0 * degrees)
    return float(degrees * max(0.0, 1.0 - variance + z * math.sqrt(variance)) ** 3)
