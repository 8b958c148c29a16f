"""`nbstream doctor`: what is installed, and how fast it is."""

from __future__ import annotations

import json
from importlib import metadata

import pytest

import nbstream as ns
from nbstream.commands import doctor
from nbstream.commands.cli import main


def test_a_program_finds_versions_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    """All that pyproject.toml names, with what is installed; and what a frame takes."""
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["nbstream"] == ns.__version__
    assert found["required"]["numpy"]["version"] == metadata.version("numpy")
    assert found["extras"]["record"]["pyarrow"]["least"]
    assert found["terminal"]["is_terminal"] is False
    assert all(took > 0 for took in found["frame_ms"].values())


def test_what_is_missing_is_told_with_what_brings_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extra is no fault; what nbstream can't go without is, and so is one that is too old."""
    monkeypatch.setattr(
        doctor.metadata,
        "requires",
        lambda _: [
            "numpy>=999.1",
            "no-such>=2.0; extra == 'some'",
            "gone>=1; sys_platform == 'none'",
        ],
    )
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert f"numpy                  {metadata.version('numpy')}, too old: 999.1 or newer" in said
    assert 'missing: pip install "nbstream[some]"' in said
    assert "gone" not in said
