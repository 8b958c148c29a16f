"""Notebooks without a page: papermill's run ends, and what nbconvert makes of it shows what was kept."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, expect

pytest.importorskip("papermill", reason="papermill is not installed here: make test-hosts.")

TIMEOUT = 120
CELLS = (
    "import math\nimport nbstream as ns\nbuffer = ns.Buffer()\n"
    "for i in range(200):\n    buffer.append(i, value=math.sin(i / 10))",
    'dashboard = ns.watch(buffer, title="a wave")\ndashboard',
    "ns.stop_all()",
)


def run(directory: Path, *command: str) -> None:
    """Run a Python program to its end."""
    environment = {**os.environ, "JUPYTER_DATA_DIR": str(directory), "HOME": str(directory)}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_papermill_ends_and_nbconvert_shows_what_was_kept(
    tmp_path: Path, chromium: Browser
) -> None:
    """Papermill runs a live dashboard to its end; the page made of it has the picture and the table."""
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    run(tmp_path, "papermill", "saved.ipynb", "done.ipynb", "--no-progress-bar")
    run(tmp_path, "nbconvert", "--to", "html", "done.ipynb")
    context = chromium.new_context()
    page = context.new_page()
    # Its scripts come from CDNs; a file that was sent to somebody must say what it has without them.
    page.route(re.compile(r"^https?:"), lambda route: route.abort())
    page.goto((tmp_path / "done.html").as_uri())
    kept = page.locator(".nbs-kept")
    expect(kept.locator("img")).to_be_visible()
    expect(kept.locator("table")).to_contain_text("value")
    expect(page.locator("body")).not_to_contain_text("waiting for the kernel")
    context.close()
