"""nbstream in Pyodide, under Node: Python as it runs in JupyterLite, where there are no threads at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.install_pyodide import READY

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDER = Path(os.environ.get("NBSTREAM_PYODIDE", ROOT / ".venv-pyodide"))

APART = ("ssl", "sqlite3", "lzma", "_hashlib")
"""Modules of the standard library that Pyodide loads when they are asked for."""


def test_it_can_be_imported_without_what_pyodide_has_apart() -> None:
    """Nor psutil, pyarrow or another extra."""
    code = f"""
import sys

for name in {(*APART, "psutil", "pyarrow", "httpx", "websockets", "orjson", "ipykernel")}:
    sys.modules[name] = None
import nbstream as ns

ns.LiveChart(ns.Buffer()).close()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=50)


@pytest.mark.skipif(
    not (FOLDER / READY).is_file(), reason="Pyodide is not here: make test-pyodide installs it"
)
@pytest.mark.timeout(400)  # plotly is imported by an interpreter that is interpreted
def test_everything_goes_by_the_event_loop() -> None:
    """Import, statistics, a rule, a chart's frames, a file that grows, `watch`, and other sources."""
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(HERE / "run.mjs"), str(FOLDER), str(ROOT), "tests.pyodide.session"],
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["thread"] == "can't start new thread"
    assert found["analyse_and_show"] == [101, "Europe/Berlin"]
    assert found["follow_a_file"] == ["STOPPED", [1.0, 2.0]]
    assert found["watch"] == "STOPPED"
    assert found["read_others"] == ["items.value", "value", "y"]
    assert found["record"] == [["fired"], "FINISHED", 2]
    assert "needs a thread, and none can be started here" in found["refuse"]
