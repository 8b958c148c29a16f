"""`nbstream info` on real recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nbstream.commands.cli import main
from tests.commands.test_copying import CAME, PARTS, recorded

pytest.importorskip("pyarrow")


def test_info_says_what_is_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows, values, channels with units and bytes; of parts that nobody stopped too."""
    path = recorded(tmp_path / "run.parquet", CAME)
    assert main(["info", str(path), str(PARTS)]) == 0
    said = capsys.readouterr().out
    assert "5 rows of 2 channels, 5 values" in said
    assert "channels: a (°C), b" in said
    assert "it was killed" in said


def test_rows_are_not_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row of two channels is one row with two values."""
    path = recorded(
        tmp_path / "run.parquet", [([0, 1, 2], {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})]
    )
    assert main(["info", str(path)]) == 0
    assert "3 rows of 2 channels, 6 values" in capsys.readouterr().out


def test_one_channel_is_no_channels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The words fit the number."""
    path = recorded(tmp_path / "run.parquet", CAME[:1])
    assert main(["info", str(path)]) == 0
    assert "2 rows of 1 channel, " in capsys.readouterr().out


def test_json_is_a_line_for_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program finds the same, with times in UTC."""
    path = recorded(tmp_path / "run.parquet", CAME)
    assert main(["info", "--json", str(path), str(PARTS)]) == 0
    facts = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    mine = next(one for one in facts if one["path"] == str(path))
    assert (mine["rows"], mine["values"], mine["channels"]) == (5, 5, ["a", "b"])
    assert mine["stopped"].endswith("Z")
    killed = next(one for one in facts if one["path"] == str(PARTS))
    assert killed["stopped"] is None
