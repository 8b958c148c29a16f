"""Arguments that several commands have, and how they are read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, TypeVar

from nbstream.alerts.conditions.condition import Condition
from nbstream.readings.window import Window, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

RECORDING = "a file, the folder of parts that a killed one left, or a pattern (run-*.parquet)"
"""What a recording may be, for help."""
ANALYSIS = ("window", "alerts", "rules", "detect")
"""What `add_analysis` adds."""

__all__ = [
    "RECORDING", "add_analysis", "add_json", "add_reading", "add_source", "add_target", "condition",
    "duration", "names", "parted", "positive", "window",
]  # fmt: skip


def add_source(parser: argparse.ArgumentParser, also: str = "") -> None:
    """Add what names a source and says how it is read; `opening.open_source` takes it.

    `also` is what else a command takes in its place.
    """
    parser.add_argument(
        "target",
        metavar="SOURCE",
        nargs="?",
        help=f'{also}a file that grows, a pattern of several ("*.csv"), - for what is piped in, an address '
        '(mqtt://host/topic), a serial port or "system"; a program and its arguments stand after --',
    )
    parser.set_defaults(program=())
    add_reading(parser)
    parser.add_argument(
        "--interval", metavar="SECONDS", type=positive, default=1.0,
        help="between two questions to what must be asked",
    )  # fmt: skip
    parser.add_argument("--wait", action="store_true", help="wait for a file that is not there yet")


def add_reading(parser: argparse.ArgumentParser) -> None:
    """Add how a table is read."""
    parser.add_argument("--time", metavar="COLUMN", help="the column or key that holds the times")
    parser.add_argument(
        "-c", "--channels", metavar="A,B", type=names, help="read these channels only"
    )
    parser.add_argument(
        "--timezone", metavar="ZONE", help="of times that name none, as Europe/Rome"
    )


def add_analysis(parser: argparse.ArgumentParser) -> None:
    """Add the window, the rules and the detectors; `watching.watching` takes them."""
    parser.add_argument(
        "-w", "--window", type=window,
        help='what statistics are over: "5min", 1000 readings or "all"; as long as suits the readings '
        "if it is not said",
    )  # fmt: skip
    parser.add_argument(
        "-a", "--alert", dest="alerts", metavar="CONDITION", type=condition, action="append", default=[],
        help='tell when it holds: "value > 90"; may be given several times',
    )  # fmt: skip
    parser.add_argument("--rules", metavar="FILE", help="tell what the rules of a saved file tell")
    parser.add_argument(
        "-d", "--detect", action="store_true", help="mark strange readings of the first channel"
    )


def parted(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what `add_analysis` added of some arguments, and the others, which say how a source is read."""
    analysis = {name: given[name] for name in ANALYSIS}
    return analysis, {name: value for name, value in given.items() if name not in analysis}


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the recording that is written."""
    parser.add_argument("target", metavar="FILE", help="ends with .parquet or .csv")
    parser.add_argument("--overwrite", action="store_true", help="FILE may be there already")


def add_json(parser: argparse.ArgumentParser, what: str = "write JSON") -> None:
    """Add the form for programs."""
    parser.add_argument("--json", dest="as_json", action="store_true", help=what)


def names(text: str) -> list[str]:
    """Return names that were given with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]


def positive(text: str) -> float:
    """Return a number > 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        msg = f"must be > 0 (got {text})"
        raise argparse.ArgumentTypeError(msg)
    return number


def duration(text: str) -> float:
    """Return a duration such as "10min" or "30" in seconds."""
    return _read(lambda: parse_duration(float(text) if _is_number(text) else text, name="it")) / 1e9


def window(text: str) -> Window:
    """Return a window."""
    return _read(lambda: Window.parse(text))


def condition(text: str) -> str:
    """Return a condition, as it was written."""
    _read(lambda: Condition.parse(text))
    return text


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _read(read: Callable[[], T]) -> T:
    """Return what is read; what is wrong is told beside the usage."""
    try:
        return read()
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
