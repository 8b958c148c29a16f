"""`nbstream detect`: the strange readings of a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nbstream.commands.cli import main


@pytest.fixture
def data(tmp_path: Path) -> str:
    """Return a table of two channels, of which one has a spike, and of a column of words."""
    noise = np.random.default_rng(1).normal(20, 1, (2, 600)).round(2)
    noise[1, 500] = 90
    path = tmp_path / "data.csv"
    rows = [f"{1_782_907_200 + n},{a},{b},on" for n, (a, b) in enumerate(noise.T.tolist())]
    path.write_text("\n".join(["time,a,b,state", *rows, ""]))
    return str(path)


def test_each_has_its_reason(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A line: when, which channel, the value and why; exit code 0 unless it is to be another."""
    assert main(["detect", data, "--timezone", "UTC"]) == 0
    out, errors = capsys.readouterr()
    assert any(line.startswith("2026-07-01 12:08:20  b  90  ") for line in out.splitlines())
    assert "of 600 readings are strange" in errors
    assert main(["detect", data, "--fail"]) == 3


def test_json_is_a_line_for_each(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the detector that was chosen."""
    assert main(["detect", data, "--json", "-d", "zscore", "-c", "b"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    spike = next(one for one in found if one["value"] == 90)
    assert (spike["channel"], spike["detector"]) == ("b", "zscore")
    assert spike["time"].startswith("2026-07-01T12:08:20")


def test_a_detector_that_is_none_is_refused(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the nearest name."""
    assert main(["detect", data, "-d", "zscor"]) == 1
    assert "'zscore'" in capsys.readouterr().err
