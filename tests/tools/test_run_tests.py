"""tools/run_tests.py runs the tests in three parts, and tells truly how they came out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import run_tests

pytestmark = pytest.mark.timeout(300)  # each starts Python many times

SCRIPT = Path(run_tests.__file__)
TESTS = """
import os, pytest

def test_plain(): pass

def test_wrong(): assert False

@pytest.mark.skip
def test_not_here(): pass

@pytest.mark.ui
@pytest.mark.alone
def test_page(): assert "PYTEST_XDIST_WORKER" not in os.environ

@pytest.mark.ui
@pytest.mark.smoke
def test_other_page(): assert "PYTEST_XDIST_WORKER" in os.environ
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a few tests, two of which want a browser."""
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    ui\n    smoke\n    alone\n")
    return tmp_path


def run(project: Path, *arguments: str) -> tuple[int, list[str]]:
    """Return the exit status and the last words of pytest and of the script."""
    command = [sys.executable, SCRIPT, *arguments]
    env = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    # The others take their time.
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist,pytest_randomly"}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("==")]
    return done.returncode, [line.strip("= ") for line in lines if " in " in line]


def test_the_parts_are_summed_up(project: Path) -> None:
    """The others run though a test of the first failed; the status and the last line tell of all."""
    status, said = run(project)
    assert status == 1
    assert len(said) == 4
    assert said[-1].startswith("1 failed, 3 passed, 1 skipped in ")
    assert said[-1].endswith("all parts")


@pytest.mark.parametrize(
    ("arguments", "status", "last"),
    [
        (("-m", "smoke"), 0, "1 passed"),
        (("-k", "nothing"), 5, "0 passed"),
        (("-xv", "-n", "0", "-k", "wrong or page"), 1, "1 failed"),
    ],
)
def test_takes_what_pytest_takes(
    project: Path, arguments: tuple[str, ...], status: int, last: str
) -> None:
    """A selection holds for each part; one without any test is no failure, unless they all are."""
    found, said = run(project, *arguments)
    assert found == status
    assert last in said[-1]
