"""Which source the arguments of a command name, and how its errors advise."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbstream as ns
from nbstream.commands.opening import as_typed, open_source
from nbstream.errors import ConfigurationError


@pytest.mark.parametrize(
    ("in_python", "typed"),
    [
        (
            "Unpack it: watch(['xz', '-dc', 'my log.csv.xz']).",
            "nbstream watch -- xz -dc 'my log.csv.xz'.",
        ),
        ("such as its newest: watch('/tmp/a b.csv')", "nbstream watch '/tmp/a b.csv'"),
        (
            "If it is a command, pass a list: watch(['ls', '-l']).",
            "If it is a program: nbstream watch -- ls -l.",
        ),
        ("Pass wait=True to wait for it.", "With --wait it waits for it."),
        ("The window is all; window= says it otherwise.", "-w says it otherwise."),
        ("Nothing could be read. Pass parse=… to say what a line means.", "Nothing could be read."),
    ],
)
def test_advice_is_what_one_types(in_python: str, typed: str) -> None:
    """What people are told to write in Python, they are told to type in a shell."""
    said = as_typed(in_python)
    assert said.endswith(typed)
    assert "watch(" not in said


def test_options_reach_the_source(tmp_path: Path) -> None:
    """A table's columns and zone; what a source has no use for is refused with the option's name."""
    path = tmp_path / "data.csv"
    path.write_text("when,a,b\n2026-07-01 12:00:00,1,2\n")
    with open_source(str(path), (), time="when", channels=["b"], timezone="UTC") as source:
        assert isinstance(source, ns.CsvSource)
        assert f"{source.timezone}" == "UTC"
    with pytest.raises(ConfigurationError, match="--channels is for tables"):
        open_source(None, ["ls"], channels=["b"])
    with pytest.raises(ConfigurationError, match="not both"):
        open_source(str(path), ["ls"])


def test_a_home_folder_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the shell left ~ as it is, as behind an equals sign."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "data.csv").write_text("time,x\n")
    with open_source("~/data.csv", ()) as source:
        assert source.name == "data.csv"
