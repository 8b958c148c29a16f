"""The notebooks run from top to bottom, and are kept without outputs."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SOURCES = FOLDER / "06_sources.ipynb"
N_SOURCES = 21
"""Charts of the notebook of sources, those that lack something included."""


def test_there_are_notebooks() -> None:
    """The tutorial and the dashboard are there."""
    assert [path.stem for path in NOTEBOOKS] == [
        "01_quickstart",
        "02_csv_and_dashboard",
        "03_your_own_source",
        "04_reading_a_live_chart",
        "05_detect_and_alert",
        "06_sources",
        "07_record_and_replay",
        "dashboard",
    ]


def run(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell, none of which may raise or say a word on stderr."""
    NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    said = [
        output["text"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream" and output["name"] == "stderr"
    ]
    assert said == []


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path != SOURCES], ids=lambda path: path.stem
)
def test_it_runs(path: Path, tmp_path: Path) -> None:
    """Every cell runs without an error or a word on stderr."""
    run(nbformat.read(shutil.copy(path, tmp_path), as_version=4), tmp_path)


HAVE_READINGS = """
for title, source in sources.items():
    for _ in range(1200):
        if source.counters().accepted >= 2:
            break
        time.sleep(0.05)
    assert source.counters().accepted >= 2, (title, source.status, source.notes)
    assert source.counters().rejected == 0, (title, source.notes)
print(*sources, sep=", ")
"""
END_ALL = """
import psutil
end()
assert not folder.exists()
for thread in threading.enumerate():
    if thread.name.startswith("nbstream") and thread.is_alive():
        thread.join(50)
        assert not thread.is_alive(), thread
_, alive = psutil.wait_procs(psutil.Process().children(recursive=True), timeout=50)
assert not alive, alive
"""


@pytest.mark.timeout(400)
def test_the_notebook_of_sources_runs_and_ends(tmp_path: Path) -> None:
    """Each source reads what its other side sends; `end()` leaves no thread, program or file."""
    notebook = nbformat.read(SOURCES, as_version=4)
    notebook.cells += [nbformat.v4.new_code_cell(text) for text in (HAVE_READINGS, END_ALL)]
    run(notebook, tmp_path)
    shown = "".join(output["text"] for output in notebook.cells[-2].outputs)
    said = str([cell.get("outputs") for cell in notebook.cells])
    assert shown.count(",") + 1 + said.count("This chart needs") == N_SOURCES, shown


@pytest.mark.timeout(400)
def test_the_dashboard_has_readings_where_nobody_writes_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened by itself, as on Binder, the page of the demo makes its own data."""
    monkeypatch.delenv("NBSTREAM_DEMO_FILE", raising=False)
    notebook = nbformat.read(FOLDER / "dashboard.ipynb", as_version=4)
    waits = 'await dashboard.analyzer.wait_for("value > 0", timeout="60s")'
    notebook.cells.append(nbformat.v4.new_code_cell(waits))
    run(notebook, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(400)
def test_the_notebook_of_sources_says_what_is_missing(tmp_path: Path) -> None:
    """A cell whose library or server is not here says so in a sentence, and the others go on."""
    notebook = nbformat.read(SOURCES, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    needy = [cell for cell in code if "if is_here(" in cell.source]
    hide = "importlib.util.find_spec = lambda name: None\nos.environ['PATH'] = ''"
    notebook.cells = [code[0], nbformat.v4.new_code_cell(hide), *needy]
    notebook.cells.insert(2, next(cell for cell in code if "pages = {}" in cell.source))
    run(notebook, tmp_path)
    for cell in needy:
        # A kernel may send one print in two pieces.
        assert {output.get("name") for output in cell.outputs} == {"stdout"}, cell.outputs
        text = "".join(output["text"] for output in cell.outputs)
        assert text.startswith("This chart needs pip install '")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_has_no_outputs(path: Path) -> None:
    """What is in git has no outputs and no execution counts."""
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
