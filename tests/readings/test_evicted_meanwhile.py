"""Between any two looks at a buffer a fast source may have replaced everything that it held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.readings.channel_rows import ChannelRows, Rows
from nbstream.readings.window import Window
from nbstream.testing import FakeClock
from nbstream.widgets.chart.chart_feed import ChartFeed
from nbstream.widgets.panels.alert_feed import held_text
from nbstream.widgets.panels.rule_editor import Draft, try_out

START = 1_782_907_200.0
CAPACITY = 50
PARAMETERS = {"correlation": "y", "quantile": "0.9", "time_above": "0", "time_below": "0"}


class HastyRows(ChannelRows):
    """The rows of a channel of a hasty buffer."""

    def __init__(self, buffer: HastyBuffer, name: str) -> None:
        super().__init__(buffer._store, name)
        self._buffer = buffer

    def span(self) -> tuple[int, int]:
        """Return the rows held before."""
        return self._then_replaced(super().span())

    @property
    def segment(self) -> int:
        """Return the row of the last jump."""
        return self._then_replaced(super().segment)

    def row_at(self, ns: int) -> int:
        """Return a row among those held before."""
        return self._then_replaced(super().row_at(ns))

    def window_rows(self, window: Window, **as_of: Any) -> tuple[int, int]:
        """Return rows among those held before."""
        return self._then_replaced(super().window_rows(window, **as_of))

    def rows(self, start: int, stop: int | None = None) -> Rows:
        """Return what is held of these rows."""
        return self._then_replaced(super().rows(start, stop))

    def _then_replaced(self, found: Any) -> Any:
        if self._buffer.is_hasty and self._buffer.looks.random() < 1 / 3:
            self._buffer.replace_all()
        return found


class HastyBuffer(ns.Buffer):
    """A buffer whose readings are all replaced after one look in three, once `is_hasty`."""

    is_hasty = False
    looks = np.random.default_rng()

    def channel(self, name: str) -> ChannelRows:
        """Return hasty rows."""
        return HastyRows(self, name)

    def replace_all(self) -> None:
        """Add as many readings as are held, some of them late."""
        times = START + np.arange(self.n_added, self.n_added + CAPACITY) / 10
        late_first = np.roll(times, 3)
        values = np.arange(CAPACITY) % 7.0
        self.extend(late_first, x=values, y=-values)


@pytest.fixture
def hasty() -> HastyBuffer:
    """Return a buffer that is full and not yet hasty."""
    buffer = HastyBuffer(timezone="UTC", capacity=CAPACITY, max_bytes=1, late="insert")
    buffer.replace_all()
    return buffer


@pytest.fixture
def analyzer(hasty: HastyBuffer) -> Iterator[ns.Analyzer]:
    """Yield an analyzer that has taken in what is held."""
    with ns.Analyzer(hasty, window="5s", windows=["all", 20]) as analyzer:
        analyzer.update()
        yield analyzer
        hasty.is_hasty = False
        assert analyzer.last_error is None


def test_statistics(hasty: HastyBuffer, analyzer: ns.Analyzer) -> None:
    """Every statistic takes what is left."""
    names = ns.statistics.names()
    full = [f"{name}({PARAMETERS[name]})" if name in PARAMETERS else name for name in names]
    hasty.is_hasty = True
    for _ in range(3):
        analyzer.update()
        for name in full:
            for window in ("5s", "all", 20):
                analyzer.statistic(name, window, channel="x")


def test_tables_rules_and_detectors(hasty: HastyBuffer, analyzer: ns.Analyzer) -> None:
    """What takes in readings one after the other goes on with what is left."""
    table = analyzer.stepped("1s", ["count", "mean"])
    rule = analyzer.alert("abs(zscore) > 3 or mean('3s') > y", channel="x")
    analyzer.detect("zscore", channel="x")
    hasty.is_hasty = True
    for _ in range(100):
        analyzer.update()
    hasty.is_hasty = False
    assert table.last_error is None
    assert table.to_pandas().index.is_monotonic_increasing
    assert rule.state is not ns.alerts.RuleState.ERROR


def test_page(hasty: HastyBuffer, analyzer: ns.Analyzer) -> None:
    """What a page is sent is made from what is left."""
    feed = ChartFeed(analyzer, dict, lambda: 500)
    draft = Draft.read({"condition": "value > 5"}, analyzer, None)
    clock = FakeClock()
    begin = int(START * 1e9)
    for window in ("5s", 40, "all") * 20:
        analyzer.window = window
        hasty.is_hasty = True
        feed.frame()
        assert feed.snapshot().content["total"] > 0
        feed.points()
        feed.history(begin, begin + 5 * 10**9, 500)
        tried = try_out(draft, analyzer, None, clock)
        assert tried is not None
        assert "n" in tried
        held_text(analyzer)
        assert hasty.channel("x").last_time_ns is not None
        hasty.is_hasty = False
