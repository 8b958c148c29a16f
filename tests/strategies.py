"""What hypothesis draws for the tests: times, values, batches, windows."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["EPOCH_NS", "NS", "ascending_times", "batch_sizes", "cut_into", "readings", "values"]

NS = 1_000_000_000
EPOCH_NS = 1_782_907_200 * NS
"""2026-07-01 12:00 UTC."""

ODD_VALUES = (np.nan, np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, -1e308, 5e-324)


def values(*, odd: bool = True) -> st.SearchStrategy[float]:
    """Values of a channel: few different ones, so that ties happen; and odd ones."""
    plain = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e3, 1e3))
    return st.one_of(plain, plain, st.sampled_from(ODD_VALUES)) if odd else plain


@st.composite
def ascending_times(
    draw: st.DrawFn, n: int, *, start: int = EPOCH_NS, largest_gap: int = 3 * NS
) -> TimeArray:
    """Draw `n` times in order, some of them equal."""
    gaps = draw(
        st.lists(
            st.one_of(st.just(0), st.just(NS), st.integers(0, largest_gap)), min_size=n, max_size=n
        )
    )
    return start + np.cumsum(np.array(gaps, np.int64), dtype=np.int64)


@st.composite
def readings(
    draw: st.DrawFn, *, max_size: int = 60, odd: bool = False, largest_gap: int = 3 * NS
) -> tuple[TimeArray, FloatArray]:
    """Draw times in order and a value for each, some of them missing."""
    n = draw(st.integers(0, max_size))
    numbers = st.one_of(values(odd=odd), values(odd=odd), st.just(float("nan")))
    column = draw(st.lists(numbers, min_size=n, max_size=n))
    return draw(ascending_times(n, largest_gap=largest_gap)), np.array(column, np.float64)


def batch_sizes(largest: int = 40, *, mostly: int = 1) -> st.SearchStrategy[list[int]]:
    """Sizes of consecutive batches; used in turn until the readings are over.

    The first is at least `mostly`, so that not all of them are tiny.
    """
    sizes = st.lists(st.integers(1, largest), max_size=7)
    return st.tuples(st.integers(mostly, largest), sizes).map(lambda drawn: [drawn[0], *drawn[1]])


def cut_into(n: int, sizes: list[int]) -> list[slice]:
    """Return consecutive slices of `n` readings with the given sizes, in turn."""
    slices, position, i = [], 0, 0
    while position < n:
        stop = min(n, position + sizes[i % len(sizes)])
        slices.append(slice(position, stop))
        position, i = stop, i + 1
    return slices
