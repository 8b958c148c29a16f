"""tools/find_chromium.py finds the browser that the tests drive."""

from __future__ import annotations

import platform
import stat
from pathlib import Path

import pytest

from tools import apt, find_chromium


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make this a Linux machine without any browser; return its only directory of commands."""
    monkeypatch.delenv(find_chromium.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(find_chromium, "downloaded", lambda: None)
    return tmp_path


def make_browser(path: Path, exit_code: int = 0) -> Path:
    """Write a script that answers `--version` with `exit_code`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {exit_code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_variable_goes_first(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NBSTREAM_CHROMIUM wins over an installed browser."""
    make_browser(bare_machine / "chromium")
    mine = make_browser(bare_machine / "mine" / "browser")
    monkeypatch.setenv(find_chromium.VARIABLE, str(mine))
    assert find_chromium.find() == str(mine)


def test_wrong_variable_is_an_error(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variable that names no file is reported, not passed over."""
    make_browser(bare_machine / "chromium")
    monkeypatch.setenv(find_chromium.VARIABLE, "nowhere")
    assert find_chromium.main([]) == 1
    assert "names no file (got 'nowhere')" in capsys.readouterr().err


@pytest.mark.parametrize("command", find_chromium.COMMANDS)
def test_finds_installed_command(
    bare_machine: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the usual commands is found and printed alone on a line."""
    path = make_browser(bare_machine / command)
    assert find_chromium.main([]) == 0
    assert capsys.readouterr().out == f"{path}\n"


def test_passes_over_a_command_that_does_not_run(bare_machine: Path) -> None:
    """A placeholder that only tells what to install is no browser."""
    make_browser(bare_machine / "chromium", exit_code=1)
    real = make_browser(bare_machine / "google-chrome")
    assert find_chromium.find() == str(real)


def test_finds_mac_application(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application in the user's own folder counts on macOS."""
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(Path, "home", lambda: bare_machine)
    application = make_browser(bare_machine / "Applications" / find_chromium.MAC_APPLICATIONS[0])
    assert find_chromium.find() == str(application)


def test_says_what_to_install(bare_machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a browser the exit code is 1 and the message names the ways out."""
    assert find_chromium.main([]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "playwright install chromium" in captured.err


def test_install_prefers_the_system_package(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Root on Debian gets the package; the lists are only fetched when the first try fails."""
    calls = []
    monkeypatch.setattr(apt, "POLICY", bare_machine / "policy")

    def run(command: list[str]) -> bool:
        calls.append(command[:2])
        if len(calls) == 3:
            make_browser(bare_machine / "chromium")
        return len(calls) > 1

    monkeypatch.setattr(apt, "run", run)
    monkeypatch.setattr(apt, "is_usable", lambda: True)
    monkeypatch.setattr(find_chromium, "has_debian_package", lambda: True)
    assert find_chromium.main(["--install"]) == 0
    assert calls == [["apt-get", "install"], ["apt-get", "update"], ["apt-get", "install"]]
    assert capsys.readouterr().out == f"{bare_machine / 'chromium'}\n"


def test_install_falls_back_to_playwright(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without apt-get the download of playwright is tried, and its failure is not success."""
    calls: list[list[str]] = []

    def run(command: list[str]) -> bool:
        calls.append(command[1:])
        return False

    monkeypatch.setattr(apt, "run", run)
    monkeypatch.setattr(apt, "is_usable", lambda: False)
    assert find_chromium.main(["--install"]) == 1
    assert calls == [["-m", "playwright", "install", "chromium"]]
