"""Widgets where there is no page: a plain script, IPython in a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAKE = """
import nbstream as ns
buffer = ns.Buffer(timezone="UTC")
for i in range(10): buffer.append(float(i), a=float(i), b=-2.0 * i)

dashboard = ns.watch(buffer)
chart = ns.LiveChart(dashboard.analyzer)
plot = ns.Histogram(dashboard.analyzer)
"""
END = "\nns.stop_all()\n"
# A process has to load all of it, beside whatever else runs.
pytestmark = pytest.mark.timeout(180)
TABLE = [["channel", "count", "last"], ["a", "10", "9"], ["b", "10", "−18"]]


def run(arguments: list[str], text: str, folder: Path) -> str:
    """Run a program that reads `text`, in a home of its own; return what it prints."""
    environment = os.environ | {
        "HOME": str(folder),
        "IPYTHONDIR": str(folder),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONWARNINGS": "error::RuntimeWarning",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        input=text,
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=160,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


def tables(printed: str) -> list[list[list[str]]]:
    """Return the first three columns of each table of statistics that was printed."""
    lines = [line.split()[:3] for line in printed.splitlines()]
    return [lines[i : i + 3] for i, line in enumerate(lines) if line == TABLE[0]]


def test_a_script_prints_tables_of_text(tmp_path: Path) -> None:
    """A dashboard is its statistics, a chart its newest readings; one that has ended says so."""
    shown = """
from IPython.display import display
for show in (print, display):
    for widget in (dashboard, chart, plot): show(widget)
dashboard.close()
print(dashboard)
"""
    printed = run(["-"], MAKE + shown + END, tmp_path)
    assert tables(printed) == [TABLE, TABLE]
    assert printed.count("Dashboard of ['a', 'b'] over 60s") == 2
    assert printed.count("b = -18 at 1970-01-01 00:00:09") == 2
    assert printed.count("<Histogram: a, b>") == 2
    assert printed.splitlines()[-1] == "<Dashboard, closed>"


def test_ipython_in_a_terminal_shows_tables_of_text(tmp_path: Path) -> None:
    """As the last line of a cell, too."""
    shell = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"]
    cells = f"{MAKE}\ndashboard\ndisplay(dashboard)\nchart\nplot{END}exit\n"
    printed = run(shell, cells, tmp_path)
    assert tables(printed) == [TABLE, TABLE]
    assert "b = -18 at 1970-01-01 00:00:09" in printed
    assert "<Histogram: a, b>" in printed
