"""`nbstream check`: rules on a file, for CI."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nbstream as ns
from nbstream.commands.cli import main


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Return a table of 200 rows, of which two are high; its last line has no end."""
    values = [95 if n in (50, 150) else n % 20 for n in range(200)]
    rows = [f"2026-07-01 12:{n // 60:02}:{n % 60:02},{value}" for n, value in enumerate(values)]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["time,value", *rows]))
    return str(path)


@pytest.fixture
def rules(tmp_path: Path) -> str:
    """Return a file of rules, one of which was firing when it was saved."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend([0.0, 1.0], value=[1.0, 99.0])
    with ns.Analyzer(buffer) as analyzer:
        analyzer.update()
        analyzer.alert("value > 90", name="high")
        analyzer.alert("value > 1000", name="impossible")
        analyzer.update()
        path = tmp_path / "rules.json"
        analyzer.save_rules(path)
    assert json.loads(path.read_text())["rules"][0]["open"]
    return str(path)


def test_what_would_have_fired_is_told(
    data: str, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each incident of the file's readings, and exit code 3."""
    assert main(["check", rules, "--on", data]) == 3
    out, errors = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "value 95 > 90 since 12:00:50" in out
    assert "2 rules, 2 incidents, 200 readings" in errors


def test_all_well_is_0(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing fires, nothing is printed."""
    assert main(["check", "--on", data, "-a", "value > 1000"]) == 0
    assert capsys.readouterr().out == ""


def test_json_is_one_document(data: str, rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With each rule and how often it fired."""
    assert main(["check", rules, "--on", data, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["readings"], found["fired"]) == (200, 2)
    assert {rule["name"]: rule["fired"] for rule in found["rules"]} == {"high": 2, "impossible": 0}
    assert [one["state"] for one in found["incidents"]] == ["resolved", "resolved"]


def test_a_rule_that_saw_nothing_is_no_success(
    data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A channel that is not in the file would make every check pass."""
    assert main(["check", "--on", data, "-a", "pressure > 3"]) == 1
    assert "saw no reading; the channels are: value" in capsys.readouterr().err


def test_what_has_no_end_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """As an address; and a check of nothing."""
    assert main(["check", "--on", "system://", "-a", "cpu > 3"]) == 1
    assert "has no end" in capsys.readouterr().err
    assert main(["check", "--on", "x.csv"]) == 1
    assert "Nothing to check" in capsys.readouterr().err


def test_more_readings_than_a_buffer_holds_are_all_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each batch is judged before the next one is read."""
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write("t,value\n")
        file.writelines(f"{n},{99 if n == 5 else 1}\n" for n in range(1_200_000))
    assert main(["check", "--on", str(path), "-a", "value > 90"]) == 3
    assert "1 rule, 1 incident, 1,200,000 readings" in capsys.readouterr().err
