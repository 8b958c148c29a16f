"""The log says what happened and why, in words and as a DataFrame, and stays bounded."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
from datetime import UTC
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbstream.alerts import AlertLog, Rule
from nbstream.alerts.conditions.table import Table
from nbstream.analysis.analyzer import Analyzer
from nbstream.expressions.variables import STALE, Statistic
from nbstream.readings.buffer import Buffer

NS = 1_000_000_000
NOON = 1_782_907_200 * NS  # 2026-07-01 12:00:00 UTC
COLUMNS = [
    *("rule", "channel", "severity", "state"),
    *("breached", "fired", "resolved", "peak", "reason"),
    *("acknowledged", "silenced", "past"),
]


def feed(rule: Rule, values: list[float], start: int = 0, **options: str) -> None:
    """Let the rule take in values, one a second from noon on."""
    array = np.array(values)
    rule.evaluate(NOON + (start + np.arange(len(values))) * NS, array, array, **options)


def test_a_rule_about_something_else_than_readings_names_no_peak() -> None:
    """The mean was above its limit: the reading at some moment says nothing of that."""
    analyzer = Analyzer(Buffer(timezone="UTC"))
    analyzer.alert("mean('3') > 60")
    analyzer.buffer.extend(np.arange(6.0), x=[70.0, 70, 70, 10, 10, 10])
    analyzer.update()
    (incident,) = analyzer.alerts.incidents
    assert incident.resolved_ns is not None
    assert "peak" not in incident.reason
    analyzer.close()


def test_reasons_say_why_it_fired_and_why_it_ended() -> None:
    """The reason names value, limit, times in the log's zone and the peak."""
    log = AlertLog(timezone="Europe/Prague")
    rule = Rule("value > 90", clear="value < 85", log=log)
    feed(rule, [80.0, 93.0, 97.0])
    (incident,) = log.active
    assert incident.reason == "value 93 > 90 since 14:00:01"
    assert incident.resolution is None
    feed(rule, [86.0, 84.0], start=3)
    (incident,) = log.incidents
    assert incident.reason == (
        "value 93 > 90 since 14:00:01; cleared by value 84 at 14:00:04, peak 97"
    )
    assert incident.resolution == "value 84 < 85 at 14:00:04"
    assert incident.text == incident.reason
    assert log.active == ()


def test_reasons_name_the_duration_the_channel_and_its_unit() -> None:
    """What is known about the rule and its channel is in the sentence."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", for_="3s", name="too hot", log=log, channel="temperature", unit="°C")
    feed(rule, [93.0, 95.0, 95.0, 95.0])
    (incident,) = log.incidents
    assert incident.reason == "temperature 93 > 90 °C for 3s since 12:00:00"
    assert incident.text == "too hot: temperature 93 > 90 °C for 3s since 12:00:00"
    feed(rule, [70.0], start=4)
    assert log.incidents[0].resolution == "temperature 70 <= 90 °C at 12:00:04"
    assert log.incidents[0].reason.endswith(
        "; cleared by temperature 70 °C at 12:00:04, peak 95 °C"
    )


def test_reasons_of_a_zscore_name_the_reading_too() -> None:
    """A zscore alone would not tell what was read."""
    log = AlertLog(timezone="UTC")
    rule = Rule("abs(zscore) > 4", log=log)
    times = NOON + np.arange(2) * NS
    rule.evaluate(times, np.array([93.0, 50.0]), np.array([-5.2, 0.1]), channel="x", unit="m")
    assert log.incidents[0].reason == (
        "x 93 m: abs(zscore) 5.2 > 4 since 12:00:00; cleared by x 50 m at 12:00:01, peak 93 m"
    )
    assert log.incidents[0].resolution == "x 50 m: abs(zscore) 0.1 <= 4 at 12:00:01"


def test_what_is_not_known_is_not_told() -> None:
    """An incident without a reading that could be a peak, or that made it graver, names none."""
    log = AlertLog(timezone="UTC")
    rule = Rule("stale", levels={"critical": "stale and count > 1"}, log=log)
    nan = np.array([np.nan])
    columns = {STALE: np.ones(1), Statistic("count"): np.zeros(1)}
    rule.take_in(Table(np.array([0]), nan, columns))
    rule.take_in(Table(np.array([NS]), nan, columns | {Statistic("count"): np.full(1, 2.0)}))
    rule.take_in(Table(np.array([2 * NS]), nan, {STALE: np.zeros(1)}))
    assert log.incidents[0].reason == (
        "stale since 00:00:00; critical since 00:00:01; cleared by not stale at 00:00:02"
    )
    feed(Rule("value > 90", log=log), [np.inf, 1.0])
    assert log.incidents[1].reason.endswith(", peak inf")


def test_another_day_is_written_out() -> None:
    """A time on another date than the breach has its date."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", log=log)
    feed(rule, [93.0])
    feed(rule, [84.0], start=86_400)
    assert "since 12:00:00; cleared by value 84 at 2026-07-02 12:00:00" in log.incidents[0].reason


def test_names_are_plain_text() -> None:
    """What data says is neither read as HTML nor changed."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", name="<b>n</b>", channel="<script>{0}%s</script>", log=log)
    feed(rule, [93.0])
    assert log.incidents[0].text.startswith("<b>n</b>: <script>{0}%s</script> 93 > 90")


def test_the_frame_holds_every_column_in_the_log_s_zone() -> None:
    """to_pandas has times in the zone, NaT while firing, and the reasons."""
    log = AlertLog(timezone="Europe/Prague")
    rule = Rule("value > 90", severity="critical", log=log)
    feed(rule, [93.0, 97.0, 80.0, 91.0])
    frame = log.to_pandas()
    assert list(frame.columns) == COLUMNS
    assert frame["state"].tolist() == ["resolved", "firing"]
    assert frame["severity"].tolist() == ["critical"] * 2
    assert frame["channel"].tolist() == ["value"] * 2
    assert frame["breached"][0] == pd.Timestamp("2026-07-01 14:00:00", tz="Europe/Prague")
    assert frame["resolved"][0] == pd.Timestamp("2026-07-01 14:00:02", tz="Europe/Prague")
    assert frame["resolved"].isna().tolist() == [False, True]
    assert frame["peak"].tolist() == [97.0, 91.0]
    assert frame["reason"].tolist() == [incident.reason for incident in log.incidents]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Prague", None, UTC])
def test_an_empty_frame_has_the_same_types(zone: str | None) -> None:
    """Code that reads the frame need not ask whether anything happened yet."""
    empty, full = AlertLog(timezone=zone), AlertLog(timezone=zone)
    feed(Rule("value > 90", log=full), [93.0])
    pd.testing.assert_series_equal(empty.to_pandas().dtypes, full.to_pandas().dtypes)
    assert list(empty.to_pandas().columns) == COLUMNS
    assert str(empty.to_pandas()["resolved"].dtype).startswith("datetime64[ns, ")
    assert empty.to_pandas()["peak"].dtype == np.float64


def test_the_log_is_bounded_and_counts_what_it_dropped() -> None:
    """Beyond maxlen the oldest resolved incident goes; an open one stays."""
    log = AlertLog(maxlen=3, timezone="UTC")
    feed(Rule("value > 90", log=log, name="open"), [93.0])
    flapping = Rule("value > 90", log=log, name="flapping")
    feed(flapping, [93.0, 0.0] * 5, start=1)
    assert [incident.number for incident in log.incidents] == [1, 5, 6]
    assert (len(log), log.n_fired, log.n_dropped, log.maxlen) == (3, 6, 3, 3)
    assert [incident.rule for incident in log.active] == ["open"]
    assert [incident.number for incident in log.newest(2)] == [6, 5]
    assert log.newest(0) == log.newest(-1) == ()
    assert len(log.newest(99)) == 3
    assert repr(log) == "<AlertLog 3 incidents, 1 firing>"


def test_open_incidents_beyond_maxlen_stay_active() -> None:
    """More open incidents than the log holds are all active, and end without harm."""
    log = AlertLog(maxlen=1, timezone="UTC")
    rules = [Rule("value > 90", log=log, name=name) for name in "ab"]
    for rule in rules:
        feed(rule, [93.0])
    assert [incident.rule for incident in log.active] == ["a", "b"]
    assert [incident.rule for incident in log.incidents] == ["b"]
    for rule in rules:
        feed(rule, [80.0], start=1)
        assert rule.error is None
    assert log.active == ()
    assert [incident.state for incident in log.incidents] == ["resolved"]


def test_a_storm_of_incidents_keeps_the_newest() -> None:
    """A rule that flaps with every reading fills the log, never more."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", log=log)
    feed(rule, [93.0, 0.0] * 15_000)
    assert (len(log), log.n_fired, log.n_dropped) == (1_000, 15_000, 14_000)
    assert log.newest(1)[0].number == 15_000


def test_the_version_grows_with_every_change_and_only_then() -> None:
    """A page that polls the version misses nothing and reads nothing twice."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", log=log)
    versions = [log.version]
    for t, value in enumerate([80.0, 93.0, 92.0, 97.0, 80.0]):
        feed(rule, [value], start=t)
        versions.append(log.version)
    assert np.sign(np.diff(versions)).tolist() == [0, 1, 0, 1, 1]


def test_a_log_needs_room_and_a_known_zone() -> None:
    """Bad arguments are refused."""
    with pytest.raises(ValueError, match="'maxlen' must be >= 1"):
        AlertLog(maxlen=0)
    with pytest.raises(ValueError, match="not a known time zone"):
        AlertLog(timezone="Europe/Nowhere")


def test_many_threads_may_write_and_read() -> None:
    """Rules on several threads share a log, and every incident is counted once."""
    log = AlertLog(maxlen=100, timezone="UTC")
    errors: list[Exception] = []

    def work() -> None:
        try:
            rule = Rule("value > 90", log=log)
            for batch in range(50):
                feed(rule, [93.0, 0.0] * 5, start=10 * batch)
                assert len(log.newest(200)) <= 100
                assert len(log.incidents) <= 100
            assert rule.error is None
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (log.n_fired, len(log), log.active) == (1_000, 100, ())


def test_pandas_is_loaded_by_to_pandas_only() -> None:
    """Importing the alerts and using them costs no pandas."""
    code = (
        "import sys; from nbstream.alerts import AlertLog, Rule; import numpy as np;"
        "log = AlertLog(timezone='UTC'); rule = Rule('value > 90', log=log); v = np.array([93.0]);"
        "rule.evaluate(np.array([0]), v, v); log.incidents[0].reason;"
        "assert 'pandas' not in sys.modules and 'plotly' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)


def test_csv_cells_are_never_formulas(tmp_path: Path) -> None:
    """What data or people wrote is text in a spreadsheet too; numbers stay numbers."""
    log = AlertLog(timezone="UTC")
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", 'a,"b"\nc', "plain"]
    for name in names:
        feed(Rule("value < 0", name=name, channel=name, log=log), [-3.5, 1.0])
    log.acknowledge(1, "=who", "@why")
    path = tmp_path / "alerts.csv"
    log.to_csv(path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["rule"] for row in rows] == [
        *(
            "'=1+1",
            "'+1",
            "'-1",
            "'@SUM(A1)",
            "'\t=1",
            "'\r=1",
            "'\n=1",
            "'  =1",
            'a,"b"\nc',
            "plain",
        ),
    ]
    assert {row["peak"] for row in rows} == {"-3.5"}
    assert (rows[0]["acknowledged_by"], rows[0]["acknowledged_why"]) == ("'=who", "'@why")
    assert rows[0]["breached"] == "2026-07-01T12:00:00.000000000Z"
    assert all(cell[:1] not in tuple("=+@\t\r\n") for row in rows for cell in row.values())
    assert [entry.name for entry in tmp_path.iterdir()] == ["alerts.csv"]


def test_json_lines_are_json(tmp_path: Path) -> None:
    """One object per line, unknown numbers null, odd names as they are."""
    log = AlertLog(timezone="UTC")
    feed(Rule("value > 90", name="\ud800\u2028 <b>", log=log), [93.0])
    path = tmp_path / "alerts.jsonl"
    log.to_json_lines(path)
    (line,) = path.read_text(encoding="utf-8").splitlines()
    record = json.loads(line)
    assert record["rule"] == "\ud800\u2028 <b>"
    assert (record["resolved"], record["state"], record["peak"]) == (None, "firing", 93.0)


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """A folder that does not exist is an OSError, and an old file stays whole."""
    log = AlertLog(timezone="UTC")
    path = tmp_path / "alerts.csv"
    path.write_text("old")
    path.chmod(0o600)
    log.to_csv(path)
    assert path.read_text().startswith("number,rule")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileNotFoundError):
        log.to_csv(tmp_path / "none" / "alerts.csv")
