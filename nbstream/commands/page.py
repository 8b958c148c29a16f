"""A page of any source: a notebook of one cell, which voila serves."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.commands.opening import open_source
from nbstream.commands.rows import TIME
from nbstream.commands.spool import Spool, words_beside
from nbstream.commands.voila import LOCAL, Address, require_voila, serve_notebook
from nbstream.sources.files.file_source import FileSource

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from nbstream.widgets.dashboard import Dashboard

__all__ = ["add_page", "dashboard", "serve_source"]

SETTINGS = "NBSTREAM_PAGE"
"""The variable of the environment that tells a page's kernel what to show."""
CELL = "from nbstream.commands.page import dashboard\n\ndashboard()"


def add_page(parser: argparse.ArgumentParser) -> None:
    """Add where a page is served."""
    parser.add_argument(
        "--port", type=int, help="of the page; 8866 if that is free, 0 takes any free one"
    )
    parser.add_argument(
        "--host", metavar="ADDRESS", default=LOCAL,
        help=f"that the page is served at; {LOCAL} (only this machine) if it is not said. "
        "Whoever reaches it sees the page: there is no password",
    )  # fmt: skip
    parser.add_argument(
        "--no-browser", dest="opens_browser", action="store_false",
        help="only print the page's address",
    )  # fmt: skip


def serve_source(
    target: str | None,
    program: Sequence[str],
    reading: Mapping[str, Any],
    analysis: Mapping[str, Any],
    address: Address,
) -> None:
    """Serve a page of a source until interrupted; each visitor has a kernel, all see one source.

    Files are followed by each kernel. Anything else is read once, here, and the kernels follow what it
    brought, so that a program runs once and a device is opened once, however many look.

    Parameters
    ----------
    target, program, reading
        The arguments of the source.
    analysis
        Window, alerts, rules and detectors.
    address
        Where the page is served.
    """
    require_voila("A page")
    source = open_source(target, program, **reading)
    with tempfile.TemporaryDirectory(prefix="nbstream-page-") as name:
        folder = Path(name)
        notebook = folder / "nbstream.ipynb"
        notebook.write_text(json.dumps(_notebook()), "utf-8")
        settings = {"title": source.name, **_plain(analysis)}
        if isinstance(source, FileSource) and target is not None:
            source.close()
            options = {k: v for k, v in reading.items() if v is not None}
            settings |= {"what": _absolute(target), "options": options}
            serve_notebook(notebook, {SETTINGS: json.dumps(settings)}, address)
            return
        spool = folder / "readings.jsonl"
        options = {TIME: TIME, "units": dict(source.units), "wait": True}
        settings |= {"what": str(spool), "options": options}
        with Spool(source, spool):
            serve_notebook(notebook, {SETTINGS: json.dumps(settings)}, address)


def dashboard() -> Dashboard:
    """Return the dashboard that the page's settings ask for; in the kernel of the page."""
    from nbstream.widgets.watch import watch

    settings = json.loads(os.environ[SETTINGS])
    words = words_beside(Path(settings["what"]))
    if words.is_file():
        settings["options"]["states"] = json.loads(words.read_text("utf-8"))
    shown = watch(
        settings["what"],
        window=settings["window"],
        alerts=settings["alerts"],
        detect=settings["detect"],
        title=settings["title"],
        **settings["options"],
    )
    if settings["rules"] is not None:
        shown.analyzer.load_rules(settings["rules"])
    return shown


def _plain(analysis: Mapping[str, Any]) -> dict[str, Any]:
    window, rules = analysis["window"], analysis["rules"]
    return {
        "window": None if window is None else window.readings or str(window),
        "alerts": list(analysis["alerts"]),
        "detect": analysis["detect"],
        "rules": None if rules is None else str(Path(rules).absolute()),
    }


def _absolute(target: str) -> str:
    """Return a path that is the same in the folder of a page's kernel."""
    return target if "://" in target else str(Path(target).expanduser().absolute())


def _notebook() -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": "code", "id": "page", "metadata": {}, "source": CELL,
        "execution_count": None, "outputs": [],
    }  # fmt: skip
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
