"""What a cell shows of sources, buffers, analyzers, rules, logs, detectors and recordings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.lib.pretty import pretty

import nbstream as ns
from nbstream import detectors
from nbstream.text.sheet import MOST_ROWS
from tests.text.test_sheet import Tags
from tests.wait import wait_until

EVIL = "<b>hall 4</b> & \u202e'"
START = 1_782_907_200
LONG = (
    "a rule with a name that no table of a notebook has ever shown as a whole before it was cut off"
)


@pytest.fixture
def analyzer() -> Iterator[ns.Analyzer]:
    """An analyzer of two channels of 60 readings, one of them with a wicked name, and a rule that fires."""
    buffer = ns.Buffer(timezone="UTC")
    analyzer = ns.Analyzer(buffer, window="all")
    analyzer.alert("value > 40", channel=EVIL, name=LONG)
    times = START + np.arange(60.0)
    buffer.units[EVIL] = "°C"
    buffer.extend(times, {EVIL: np.arange(60.0), "x": np.ones(60)})
    analyzer.update()
    yield analyzer
    analyzer.close()


def seen(thing: Any) -> str:
    """Return what a cell shows of a thing: text, which is in its HTML too, word by word."""
    text, found = pretty(thing), Tags(thing._repr_html_())
    html = found.text.replace(" · ", "\n")
    assert set(found.tags) <= {"div", "strong", "span", "table", "thead", "tbody", "tr", "th", "td"}
    for word in text.replace(" · ", " ").split():
        assert word.rstrip(":") in html
    assert "\u202e" not in text + html
    return text


def test_a_buffer_shows_its_newest_readings(analyzer: ns.Analyzer) -> None:
    """By channel, with unit and time."""
    lines = seen(analyzer.buffer).splitlines()
    assert lines[:2] == ["Buffer", "60 rows of 2 channels · times in UTC"]
    assert lines[3].split() == ["<b>hall", "4</b>", "&", "'", "59", "°C", "2026-07-01", "12:00:59"]


def test_an_analyzer_shows_statistics(analyzer: ns.Analyzer) -> None:
    """Of each channel over the window, and what watches them."""
    text = seen(analyzer)
    assert text.startswith("Analyzer: over all\n1 rule · 1 firing")
    assert text.splitlines()[-1].split() == ["x", "60", "1", "1", "0", "1", "1", "1"]
    assert seen(analyzer.snapshot()).splitlines()[1:] == text.splitlines()[2:]
    assert "29.5" in seen(analyzer.snapshot()[EVIL])
    assert seen(analyzer.channel("x")).splitlines()[2].split()[-2] == "1"


def test_a_rule_and_a_log_show_whole_reasons(analyzer: ns.Analyzer) -> None:
    """A name of a hundred characters, and the whole sentence."""
    (incident,) = analyzer.alerts.incidents
    assert incident.reason.replace("\u202e", "") in seen(analyzer.alerts)
    assert LONG in seen(analyzer.alerts)
    assert "firing" in seen(analyzer.rules[0]).splitlines()[0]
    assert "41 > 40" in seen(analyzer.rules[0])
    assert "60 readings" in seen(analyzer.preview("value > 30", "all", channel=EVIL))


def test_detectors_say_what_they_do(analyzer: ns.Analyzer) -> None:
    """Parameters of a detector, what a run waits for, anomalies with their reasons."""
    assert "false_alarms" in seen(detectors.create("cusum"))
    run = analyzer.detect("threshold", channel="x", above=2.0)
    analyzer.buffer.append(START + 60, {"x": 5.0})
    analyzer.update()
    assert seen(run).startswith("ThresholdDetector(")
    assert "1 flagged" in seen(run)
    (anomaly,) = analyzer.anomalies.newest(1)
    assert anomaly.reason in seen(analyzer.anomalies)


def test_a_source_and_a_recording(tmp_path: Path) -> None:
    """What it is doing, what became of the readings, what was noticed."""
    path = tmp_path / "x.csv"
    path.write_text(
        "time,temp\n" + "".join(f"{START + i},{i}\n" for i in range(5)) + f"{START + 5},5,2,3\n"
    )
    with ns.CsvSource(path) as source:
        recording = source.record(tmp_path / "y.csv")
        wait_until(lambda: source.counters().received >= 6, 10.0, "the readings")
        lines = seen(source).splitlines()
        assert lines[0].startswith("CsvSource 'x.csv': ")
        assert lines[1].startswith("6 received · ")
        assert "rows with more cells than columns" in lines[1]
        assert seen(recording).startswith("Recording 'y.csv': recording")
        recording.stop()


def test_of_many_channels_some_are_shown() -> None:
    """How many more there are is said."""
    buffer = ns.Buffer()
    buffer.extend([START], {f"c{i:02}": [1.0] for i in range(MOST_ROWS + 5)})
    assert seen(buffer).splitlines()[-1] == "and 5 more channels"
