"""The units of the browser half, run by Node's own test runner."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

from nbstream.widgets.page.assets import script

FOLDER = Path(__file__).parent / "js"


def node() -> str:
    """Return a Node: the one on the PATH, else the one that playwright brings."""
    name = "node.exe" if os.name == "nt" else "node"
    bundled = Path(playwright.__file__).parent / "driver" / name
    found = shutil.which("node") or (str(bundled) if bundled.exists() else None)
    if found is None:
        pytest.fail("There is no Node: neither on the PATH nor in the playwright package.")
    return found


@pytest.mark.timeout(500)  # a process for each file
def test_javascript_units() -> None:
    """Every test of tests/js passes."""
    files = sorted(str(path) for path in FOLDER.glob("test_*.mjs"))
    assert files
    done = subprocess.run(
        [node(), "--test", *files], capture_output=True, text=True, timeout=480, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_the_joined_script_is_one_module(tmp_path: Path) -> None:
    """The modules, joined as pages get them, declare no name twice and have no syntax error."""
    path = tmp_path / "app.mjs"
    path.write_bytes(script("app").data)
    done = subprocess.run(
        [node(), "--check", str(path)], capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "import {" not in path.read_text("utf-8")
