"""Notebooks that run without a browser keep what their charts show, and become pages that show it."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, LatexExporter, MarkdownExporter

CELLS = (
    "import nbstream as ns\n"
    "buffer = ns.Buffer(timezone='UTC')\n"
    "chart = ns.LiveChart(buffer, window='60s', title='Pumps')\n"
    "chart",
    "buffer.extend([1_782_907_200.0 + i for i in range(60)], value=[float(i) for i in range(60)])\n"
    "chart.keep()\n",
    "chart.close()",
)


@pytest.fixture(scope="module")
def notebook() -> Any:
    """A notebook that was run from top to bottom."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    # JupyterLab saves no state of widgets either, unless told to.
    NotebookClient(notebook, timeout=60, kernel_name="python3", store_widget_state=False).execute()
    return notebook


def test_the_cell_keeps_what_was_shown_at_the_end(notebook: Any) -> None:
    """keep() and close() renew the output of the cell above, which was displayed without any reading."""
    kept, live = notebook.cells[0].outputs
    assert set(kept.data) == {"image/png", "text/html", "text/plain"}
    assert kept.data["text/plain"].splitlines()[-1].split()[:4] == ["value", "59", "s", "60"]
    assert "image/png" not in live.data
    assert notebook.cells[1].outputs == []


@pytest.mark.parametrize(
    ("exporter", "picture"),
    [
        (HTMLExporter, 'src="data:image/png;base64,'),
        (MarkdownExporter, "<img"),
        (LatexExporter, "png"),
    ],
)
def test_it_becomes_a_page(notebook: Any, exporter: Any, picture: str) -> None:
    """The picture is in what nbconvert makes of it, pages and papers."""
    text, _ = exporter().from_notebook_node(notebook)
    assert picture in text


def test_a_page_has_the_table(notebook: Any) -> None:
    """The HTML has the picture once, with the table."""
    html, _ = HTMLExporter().from_notebook_node(notebook)
    assert html.count("<figure") == html.count("<table") == 1
    assert "not live" in html
