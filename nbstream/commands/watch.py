"""`nbstream watch`: anything that yields numbers, live in the terminal or on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.commands.arguments import add_analysis, add_source, parted, positive
from nbstream.commands.exits import say
from nbstream.commands.opening import open_source
from nbstream.commands.page import add_page, serve_source
from nbstream.commands.terminal.abilities import abilities_of
from nbstream.commands.terminal.plain import write_json, write_text
from nbstream.commands.terminal.screen import has_rich, show
from nbstream.commands.voila import Address
from nbstream.commands.watching import raise_failure, watching

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from nbstream.sources import Source

__all__ = ["add_arguments", "add_looks", "run", "show_source"]

WITHOUT_RICH = 'For a chart here: pip install "nbstream[terminal]"; --browser opens a page.'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the source, what is computed of it and where it is shown."""
    add_source(parser)
    add_analysis(parser)
    add_looks(parser)
    add_page(parser)


def add_looks(parser: argparse.ArgumentParser, *, has_page: bool = True) -> None:
    """Add where it is shown: on a page, in the terminal, or as text for people or programs."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--terminal", dest="look", action="store_const", const="terminal",
        help='draw in the terminal; needs nbstream[terminal]. What is done if there is a terminal',
    )  # fmt: skip
    if has_page:
        where.add_argument(
            "--browser", dest="look", action="store_const", const="browser",
            help="open a page; needs nbstream[lab]",
        )  # fmt: skip
    where.add_argument(
        "--plain", dest="look", action="store_const", const="plain",
        help="write lines of statistics. What is done if there is no terminal",
    )  # fmt: skip
    where.add_argument(
        "--json", dest="look", action="store_const", const="json",
        help="write lines of JSON: statistics, incidents, strange readings",
    )  # fmt: skip
    parser.add_argument(
        "--every", metavar="SECONDS", type=positive, default=1.0,
        help="between two lines of --plain or --json",
    )  # fmt: skip


def run(
    target: str | None,
    program: Sequence[str],
    *,
    look: str | None,
    every: float,
    port: int | None,
    host: str,
    opens_browser: bool,
    **given: Any,
) -> None:
    """Show a source until it ends or Ctrl-C."""
    analysis, reading = parted(given)
    if look == "browser":
        serve_source(target, program, reading, analysis, Address(port, host, opens_browser))
        return
    show_source(open_source(target, program, **reading), look, every, **analysis)


def show_source(source: Source, look: str | None, every: float, **analysis: Any) -> None:
    """Show a source in the terminal, or write lines of it; None is what suits the output."""
    abilities = abilities_of()
    if look is None:
        look = "terminal" if abilities.is_terminal and has_rich() else "plain"
        if look == "plain" and abilities.is_terminal:
            say(WITHOUT_RICH)
    with watching(source, **analysis) as analyzer:
        if look == "terminal":
            show(source, analyzer, abilities)
        else:
            (write_json if look == "json" else write_text)(source, analyzer, every)
        raise_failure(source)
        if not source.counters().accepted:
            say(f"{source.name!r} brought no readings.")
