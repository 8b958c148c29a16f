"""The polling helper of the tests."""

from __future__ import annotations

import pytest

from tests.wait import wait_until


def test_returns_the_first_true_value() -> None:
    """The value of the predicate comes back, so that a test can go on with it."""
    values = iter([0, None, "", "ready", "later"])
    assert wait_until(lambda: next(values), timeout=5) == "ready"


def test_asks_once_more_at_the_end() -> None:
    """Even without any time left the predicate is asked."""
    assert wait_until(lambda: True, timeout=0)


def test_names_what_it_waited_for() -> None:
    """The message says what did not happen and how things stood."""
    with pytest.raises(AssertionError, match=r"Waited 0.06 s in vain for 3 rows \(last: False\)"):
        wait_until(lambda: False, timeout=0.02, message=lambda: f"{1 + 2} rows")
