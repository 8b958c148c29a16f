"""What a hundred runs of a `watch` cell leave behind, in the page and in the kernel.

`python -m benchmarks.reruns` opens one notebook in JupyterLab and runs its cell again and again. The
slopes are those of least squares over runs 11 to 100, after the garbage of both sides was collected.

heap
    Used JavaScript heap of the page. Chromium runs without its compilers: the code that they make of
    functions that get hot, JupyterLab's own and plotly's, is in the heap and grows for many minutes.
    `--compiled` leaves them on. What is left of each run, by snapshots of the heap: the stub modules of its
    five widgets, which a page never forgets, and the boxes of tick labels that plotly has measured (it
    forgets them all when they are 10,000).
RSS
    Resident memory of the kernel.
objects
    Living objects of nbstream's classes in the kernel.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.ui.jupyter import CHROMIUM_ARGUMENTS, LabServer, new_context
from tests.ui.reruns import CELL, SETUP, Reruns, slope
from tools import find_chromium

WARM_UP = 10
INTERPRETED = "--js-flags=--no-sparkplug --no-maglev --no-turbofan --no-regexp-tier-up"
LIMITS = {"heap_bytes": 20_000, "rss_bytes": 50_000, "n_objects": 0.1, "n_styles": 0.0}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100, help="of the cell in all (%(default)s)")
    parser.add_argument(
        "--every", type=int, default=10, help="runs between two looks (%(default)s)"
    )
    parser.add_argument("--compiled", action="store_true", help="leave the browser's compilers on")
    arguments = parser.parse_args()
    flags = [] if arguments.compiled else [INTERPRETED]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LabServer(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=find_chromium.find(), args=[*CHROMIUM_ARGUMENTS, *flags], headless=True
        )
        try:
            page = server.open(new_context(browser), [SETUP, CELL])
            reruns = Reruns(page)
            reruns.go_on(WARM_UP)
            sights = reruns.watch(arguments.runs - WARM_UP, arguments.every)
        finally:
            browser.close()
            server.close()
    print(f"{'run':>5} {'heap KB':>10} {'RSS KB':>10} {'objects':>8} {'styles':>7}")
    for s in sights:
        heap, rss = s.heap_bytes / 1e3, s.rss_bytes / 1e3
        print(f"{s.run:>5} {heap:>10,.0f} {rss:>10,.0f} {s.n_objects:>8} {s.n_styles:>7}")
    slopes = {name: slope(sights, name) for name in LIMITS}
    for name, limit in LIMITS.items():
        mark = "" if slopes[name] <= limit + 1e-9 else ", over the limit"
        print(f"{name:>12} {slopes[name]:+12,.2f} a run (limit {limit:,}){mark}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
