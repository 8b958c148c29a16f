"""How often frames go, and with how many points, on a link that is slower than they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nbstream.widgets.page.pacing import MOST_HALVINGS, SLOWEST_INTERVAL, Pacing


class Line:
    """A line that carries so much; what is sent beyond it waits."""

    def __init__(self, capacity: float) -> None:
        self.capacity = capacity
        self.pacing = Pacing(1 / 15)
        self.now = 0.0
        self.waiting = 0.0
        self.lag_ms = 0.0
        self.n_acks = 0

    def run(self, seconds: float, each: Callable[[], None] = lambda: None) -> None:
        """Send a point a second, halved as is wanted; the view tells its lag four times a second."""
        until, told_at = self.now + seconds, self.now
        while self.now < until:
            step = self.pacing.interval
            self.now += step
            self.waiting += step / 2**self.pacing.halvings
            self.waiting = max(0.0, self.waiting - step * self.capacity)
            if self.now - told_at >= 0.25:
                told_at = self.now
                self.lag_ms = 1e3 * self.waiting / self.capacity
                self.n_acks += 1
            self.pacing.update(self.now, self.lag_ms, self.n_acks)
            each()


@pytest.mark.parametrize("capacity", [0.9, 0.6, 0.3, 0.1])
def test_points_are_halved_until_the_line_carries_them(capacity: float) -> None:
    """A line that is too slow for all points is never more than some seconds behind, and soon not at all."""
    line = Line(capacity)
    line.run(30)
    assert line.pacing.halvings > 0
    lags: list[float] = []
    line.run(120, lambda: lags.append(line.lag_ms))
    assert max(lags) < 2000
    # It tries for more now and then, ever more seldom.
    assert sum(lag > 250 for lag in lags) < len(lags) / 10


def test_a_line_that_is_good_again_gets_all_points_back() -> None:
    """Within a minute frames and points are as they were."""
    line = Line(0.2)
    line.run(10)
    assert line.pacing.halvings >= 2
    line.capacity = 10
    line.run(60)
    assert line.pacing.halvings == 0
    assert line.pacing.interval == pytest.approx(1 / 15)


def test_a_hiccup_costs_no_points() -> None:
    """A view that lagged once, as a page does that is being built, keeps all points."""
    pacing = Pacing(1 / 15)
    for number in range(10):
        pacing.update(number / 15, 3000.0 if number < 4 else 0.0, 1 + (number >= 4))
    assert pacing.halvings == 0


def test_what_was_told_once_counts_once() -> None:
    """Points are halved again only when more was heard of the views, and not for ever."""
    pacing = Pacing(1 / 15)
    for number in range(100):
        pacing.update(number, 3000.0, 1)
    assert pacing.halvings == 2
    assert pacing.interval == SLOWEST_INTERVAL
    for number in range(100):
        pacing.update(100 + number, 3000.0, 2 + number)
    assert pacing.halvings == MOST_HALVINGS
