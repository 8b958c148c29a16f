"""`nbstream doctor`: what is installed and what is missing, what is shown where, how long a frame takes."""

from __future__ import annotations

import importlib.metadata as metadata
import json
import platform
import re
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import nbstream
from nbstream.analysis.analyzer import Analyzer
from nbstream.commands.arguments import add_json
from nbstream.commands.exits import FAILED
from nbstream.commands.terminal.abilities import abilities_of
from nbstream.commands.terminal.chart import Chart
from nbstream.readings.buffer import Buffer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add_arguments", "run"]

REQUIREMENT = re.compile(r"([\w.-]+)\s*(?:\[[^]]*\])?\s*(?:>=([\w.]+))?[^;]*(?:;(.*))?")
EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)['\"]")
POINTS = 1_000
WIDTH_PX = 1_000
TIMES = 20
"""A frame is timed so often, and the middle is told."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the form."""
    add_json(parser, "write one JSON document")


def run(as_json: bool) -> int:
    """Print what there is, and return 1 if something is missing that nbstream can't go without."""
    facts = _facts()
    print(json.dumps(facts, indent=1) if as_json else "\n".join(_told(facts)))
    return 0 if all(found["ok"] for found in facts["required"].values()) else FAILED


def _facts() -> dict[str, Any]:
    required, extras = _packages()
    size = shutil.get_terminal_size()
    abilities = abilities_of()
    return {
        "nbstream": nbstream.__version__,
        "place": str(Path(nbstream.__file__).parent),
        "python": platform.python_version(),
        "interpreter": sys.executable,
        "machine": platform.platform(),
        "required": required,
        "extras": extras,
        "terminal": {
            "is_terminal": abilities.is_terminal,
            "unicode": abilities.has_unicode,
            "columns": size.columns,
            "lines": size.lines,
            "encoding": sys.stdout.encoding,
        },
        "frame_ms": _frames(),
    }


def _packages() -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return what nbstream asks for: what it needs, and by extra what it can use."""
    required: dict[str, Any] = {}
    extras: dict[str, dict[str, Any]] = {}
    for line in metadata.requires("nbstream") or ():
        found = REQUIREMENT.match(line)
        if found is None:
            continue
        name, least, marker = found[1], found[2] or "", found[3] or ""
        extra = EXTRA.search(marker)
        if extra is not None:
            extras.setdefault(extra[1], {})[name] = _package(name, least)
        elif "sys_platform" not in marker or sys.platform in marker:
            required[name] = _package(name, least)
    return required, dict(sorted(extras.items()))


def _package(name: str, least: str) -> dict[str, Any]:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return {"version": None, "least": least, "ok": False}
    return {"version": version, "least": least, "ok": _numbers(version) >= _numbers(least)}


def _numbers(version: str) -> list[int]:
    """Return the numbers that begin a version."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return [int(number) for number in found[0].split(".")] if found else []


def _frames() -> dict[str, float]:
    """Return the milliseconds that frames of 1,000 readings take.

    Of a page all of it ("page") and what is new ("page_update"), and of a terminal.
    """
    from nbstream.widgets.chart.chart_feed import ChartFeed

    buffer = Buffer(timezone="UTC")
    times = np.arange(POINTS, dtype=np.int64) * 10**8 + 1_782_907_200 * 10**9
    buffer.extend(times.view("M8[ns]"), value=np.sin(np.arange(POINTS) / 30))
    with Analyzer(buffer, window="all") as analyzer:
        analyzer.update()
        feed = ChartFeed(analyzer, dict, lambda: WIDTH_PX)
        feed.frame()
        newest = int(times[-1])

        def update() -> None:
            nonlocal newest
            newest += 10**8
            buffer.append(np.datetime64(newest, "ns"), value=0.5)
            feed.frame()

        chart = Chart(analyzer)
        return {
            "page": _timed(feed.snapshot),
            "page_update": _timed(update),
            "terminal": _timed(lambda: chart.lines(100, 30)),
        }


def _timed(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return round(1e3 * sorted(taken)[TIMES // 2], 2)


def _told(facts: dict[str, Any]) -> list[str]:
    lines = [
        f"nbstream {facts['nbstream']} in {facts['place']}",
        f"Python {facts['python']} ({facts['interpreter']})",
        facts["machine"],
        "",
        "needed",
        *(_line(name, found) for name, found in facts["required"].items()),
        "",
        "extras",
    ]
    for extra, packages in facts["extras"].items():
        missing = [name for name, found in packages.items() if not found["ok"]]
        state = f'missing: pip install "nbstream[{extra}]"' if missing else "ready"
        lines.append(f"  {extra:<12} {state}")
        lines += [f"  {_line(name, found)}" for name, found in packages.items()]
    terminal, frame = facts["terminal"], facts["frame_ms"]
    what = "terminal" if terminal["is_terminal"] else "no terminal"
    signs = "braille" if terminal["unicode"] else "ASCII"
    return [
        *lines,
        "",
        f"output       {what}, {terminal['columns']} x {terminal['lines']}, "
        f"{terminal['encoding']}, drawn with {signs}",
        f"a frame of {POINTS:,} readings takes {frame['page']} ms for a page "
        f"({frame['page_update']} ms for what is new), {frame['terminal']} ms in a terminal",
    ]


def _line(name: str, found: dict[str, Any]) -> str:
    if found["version"] is None:
        return f"  {name:<22} missing, {found['least']} or newer"
    old = "" if found["ok"] else f", too old: {found['least']} or newer"
    return f"  {name:<22} {found['version']}{old}"
