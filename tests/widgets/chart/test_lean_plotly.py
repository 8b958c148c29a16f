"""What a chart imports of plotly, and what it leaves for later."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A process has to load all of it, beside whatever else runs.
pytestmark = pytest.mark.timeout(120)
MAKE = "import sys\nimport nbstream as ns\nchart = ns.LiveChart(ns.Buffer())\n"


def output_of(code: str) -> list[str]:
    """Return the lines that a Python of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=110
    )
    return done.stdout.splitlines()


def test_a_chart_needs_no_nbformat_until_a_figure_is_shown() -> None:
    """A chart is made without nbformat and jsonschema; plotly's renderers find nbformat when they ask."""
    said = output_of(
        MAKE
        + "print(*({'nbformat', 'jsonschema'} & set(sys.modules)), sep=' ')\n"
        + "from plotly.io import _renderers\n"
        + "import nbformat\n"
        + "print(_renderers.nbformat.__version__ == nbformat.__version__)\n"
        + "from _plotly_utils.optional_imports import get_module\n"
        + "print(get_module('nbformat') is nbformat)\n"
    )
    assert said == ["", "True", "True"]


def test_a_plotly_that_is_there_already_is_left_alone() -> None:
    """Who imported plotly first has it as it is."""
    said = output_of(
        "import plotly.graph_objects\nimport plotly.io._renderers as r\nhas = r.nbformat\n"
        + MAKE
        + "print(r.nbformat is has)\n"
    )
    assert said == ["True"]
