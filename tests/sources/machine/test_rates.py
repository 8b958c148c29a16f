"""Counters of a machine become rates without spikes."""

from __future__ import annotations

import pytest

from nbstream.sources.machine.rates import Rates


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 100}, {"a": 300}, 100.0),
        ({"a": 100, "b": 5}, {"a": 300, "b": 9}, 102.0),
        ({"a": 2**32 - 1}, {"a": 50}, None),
        ({"a": 100, "b": 500}, {"a": 300, "b": 0}, None),
        ({"a": 100}, {"a": 300, "b": 10**15}, 100.0),
        ({"a": 100, "b": 10**15}, {"a": 300}, 100.0),
        ({"a": 100}, {"b": 300}, None),
        ({}, {}, None),
    ],
    ids=["grows", "two", "wraps", "one resets", "one comes", "one goes", "another", "none"],
)
def test_what_cannot_be_told_is_no_rate(
    before: dict[str, float], after: dict[str, float], expected: float | None
) -> None:
    """A counter that is new counts from now on, one that is smaller than before tells nothing."""
    rates = Rates()
    assert rates.of("x", before, 10.0) is None
    assert rates.of("x", after, 12.0) == expected
    grown = {key: n + 4 for key, n in after.items()}
    assert rates.of("x", grown, 14.0) == (2.0 * len(after) or None)


def test_time_that_stands_still_divides_nothing() -> None:
    """Two looks at the same moment give no rate."""
    rates = Rates()
    rates.of("x", {"a": 1}, 1.0)
    assert rates.of("x", {"a": 2}, 1.0) is None
