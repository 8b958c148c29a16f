"""Tests of the incidents that a chart tells its pages."""

from __future__ import annotations

import json

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.testing import FakeClock
from nbstream.widgets.chart.incidents import MAX_BANDS, IncidentBands

START = 1_782_907_200.0


def test_each_has_its_channel_span_severity_and_reason() -> None:
    """An incident that is over has an end, one that fires has none; other channels' are left out."""
    buffer, clock = Buffer(timezone="UTC"), FakeClock()
    with Analyzer(buffer) as analyzer:
        analyzer.alert("value > 90", channel="*", severity="critical")
        buffer.extend(
            [START + i for i in range(4)], a=[1, 95, 96, 1], b=[1, 1, 1, 99], c=[1, 99, 1, 1]
        )
        analyzer.update()
        bands = IncidentBands(analyzer.alerts, clock).read(("b", "a"))
        assert [band[:5] for band in bands] == [
            [1, (START + 1) * 1e3, (START + 3) * 1e3, "critical", "value > 90"],
            [0, (START + 3) * 1e3, None, "critical", "value > 90"],
        ]
        assert "> 90 since" in bands[0][5]
        json.dumps(bands, allow_nan=False)


def test_a_storm_is_read_once_a_second_and_only_the_newest_are_told() -> None:
    """However often a log changes, a chart's pages get a list at most once a second."""
    buffer, clock = Buffer(timezone="UTC"), FakeClock()
    with Analyzer(buffer) as analyzer:
        analyzer.alert("value > 90")
        reader = IncidentBands(analyzer.alerts, clock)
        assert reader.read(("a",)) == []
        n = 0
        for _ in range(3):
            buffer.extend([START + n + i for i in range(200)], a=[1, 99] * 100)
            n += 200
            analyzer.update()
            assert reader.read(("a",)) == []
        clock.advance(1.0)
        bands = reader.read(("a",))
        assert len(bands) == MAX_BANDS
        assert bands[-1][1] == (START + n - 1) * 1e3
        assert reader.read(("a",)) is bands
