"""`nbstream serve`: a notebook, or a page of any source, for many people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.commands.arguments import add_analysis, add_source, parted
from nbstream.commands.exits import say
from nbstream.commands.page import add_page, serve_source
from nbstream.commands.voila import Address, require_voila, serve_notebook

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is served, what is computed of it and where."""
    add_source(parser, "a notebook (.ipynb), ")
    add_analysis(parser)
    add_page(parser)


def run(
    target: str | None,
    program: Sequence[str],
    *,
    port: int | None,
    host: str,
    opens_browser: bool,
    **given: Any,
) -> None:
    """Serve a page until Ctrl-C."""
    address = Address(port, host, opens_browser)
    say("Each visitor has a kernel of their own, which ends 2 minutes after the page was closed.")
    if target is not None and target.endswith(".ipynb"):
        require_voila("A page")
        notebook = Path(target)
        if not notebook.is_file():
            message = f"There is no notebook {target!r}."
            raise FileNotFoundError(message)
        serve_notebook(notebook, {}, address)
        return
    analysis, reading = parted(given)
    serve_source(target, program, reading, analysis, address)
