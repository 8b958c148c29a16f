"""`nbstream demo`: a program that writes a CSV file, and a voila page that shows it live."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from nbstream.commands.page import add_page
from nbstream.commands.voila import Address, child, require_voila, serve_notebook
from nbstream.errors import NbstreamError

__all__ = ["add_arguments", "find_notebook", "run"]

add_arguments = add_page


def run(**address: Any) -> None:
    """Write `streaming_data.csv` in a temporary folder and serve the dashboard until interrupted.

    Raises
    ------
    DependencyError
        If voila is not installed.
    NbstreamError
        If the notebook is not found, or voila ends or does not answer.
    """
    require_voila("The demo")
    notebook = find_notebook()
    with tempfile.TemporaryDirectory(prefix="nbstream-demo-") as folder:
        data = str(Path(folder) / "streaming_data.csv")
        writer = [sys.executable, "-m", "nbstream", "generate", "--anomalies", "--past", "300"]
        writer += ["--file", data]
        with child(writer):
            environment = {"NBSTREAM_DEMO_FILE": data}
            serve_notebook(notebook, environment, Address(**address))


def find_notebook() -> Path:
    """Return the dashboard's notebook: in the present folder, in this checkout, else as installed."""
    package = Path(__file__).parent.parent
    places = (Path.cwd() / "notebooks", package.parent / "notebooks", package)
    for folder in places:
        notebook = folder / "dashboard.ipynb"
        if notebook.is_file():
            return notebook
    msg = f"dashboard.ipynb is in none of {', '.join(map(str, places))}. Install nbstream again."
    raise NbstreamError(msg)
