"""tools/install_servers.py brings the servers of the tests, or says which are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import apt, install_servers


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Make this a machine without any server; return its only folder of programs."""
    monkeypatch.setattr(install_servers, "FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(install_servers, "POSTGRES", tmp_path / "postgresql")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(apt, "POLICY", tmp_path / "policy")
    return tmp_path


def put(path: Path) -> None:
    """Make a program that does nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)


def test_installs_what_is_missing(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root on Debian only the packages that are not there are asked for, their services kept off."""
    put(bare_machine / "mosquitto")
    put(bare_machine / "postgresql" / "15" / "bin" / "initdb")
    calls: list[list[str]] = []

    def run(command: list[str]) -> bool:
        assert "101" in apt.POLICY.read_text()
        calls.append(command)
        return True

    monkeypatch.setattr(apt, "is_usable", lambda: True)
    monkeypatch.setattr(apt, "run", run)
    assert install_servers.main() == 0
    assert [call[-2:] for call in calls] == [["redis-server", "prometheus-node-exporter"]]
    assert not apt.POLICY.exists()


def test_names_what_is_missing(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing can be installed each missing server is named, and that is no failure."""
    put(bare_machine / "redis-server")
    monkeypatch.setattr(apt, "is_usable", lambda: False)
    assert install_servers.main() == 0
    said = capsys.readouterr().err
    assert "mosquitto" in said
    assert "redis-server" not in said
