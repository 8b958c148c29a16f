"""What is left behind when a cell runs again and again: memory of the page and of the kernel, objects."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from playwright.sync_api import expect

from tests.ui.jupyter import LabPage

SETUP = """
import collections, gc, threading, time
import numpy as np
import psutil
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
now = time.time()
buffer.extend(now - np.arange(2_000)[::-1] / 100, value=np.sin(np.arange(2_000) / 50))

def look():
    gc.collect()
    names = [type(thing).__module__ for thing in gc.get_objects()]
    ours = sum(isinstance(name, str) and name.startswith("nbstream") for name in names)
    print(ours, psutil.Process().memory_info().rss, threading.active_count())
"""
CELL = "dashboard = ns.watch(buffer, alerts=['value > 2'])\ndashboard"


PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Sight:
    """How things stand after so many runs."""

    run: int
    heap_bytes: int
    rss_bytes: int
    n_objects: int
    n_styles: int
    n_threads: int
    n_nodes: int
    n_listeners: int


class Reruns:
    """Runs the second cell of a notebook of `SETUP` and `CELL` again and again.

    Parameters
    ----------
    page
        With the notebook open, nothing run yet.
    """

    def __init__(self, page: LabPage) -> None:
        self.page = page
        self.run = 0
        self.devtools: Any = page.context.new_cdp_session(page.page)
        page.run_cell(0)
        page.run_cell(1)

    def go_on(self, n: int) -> None:
        """Run the cell `n` times, each until its dashboard is live."""
        controls = self.page.page.locator(".nbs-controls")  # in sight, as the feed may not be
        chart = self.page.page.locator(".nbs-plot-canvas")
        for _ in range(n):
            self.page.run_cell(1)
            expect(controls).to_have_count(1)
            expect(controls).to_have_attribute("data-link", "live", timeout=PATIENCE_MS)
            expect(chart).to_have_count(1)
            self.run += 1

    def look(self) -> Sight:
        """Collect what is no longer used, on both sides, and see what is left."""
        n_objects, rss, n_threads = map(int, self.page.kernel_eval("look()").split())
        for _ in range(2):
            self.devtools.send("HeapProfiler.collectGarbage")
        heap = int(self.devtools.send("Runtime.getHeapUsage")["usedSize"])
        n_styles = int(self.page.page.evaluate("document.querySelectorAll('style').length"))
        dom = self.devtools.send("Memory.getDOMCounters")
        return Sight(
            self.run,
            heap,
            rss,
            n_objects,
            n_styles,
            n_threads,
            dom["nodes"],
            dom["jsEventListeners"],
        )

    def n_listeners_of(self, expression: str) -> int:
        """Return how many listeners an object of the page has."""
        found = self.devtools.send("Runtime.evaluate", {"expression": expression})["result"]
        told = self.devtools.send("DOMDebugger.getEventListeners", {"objectId": found["objectId"]})
        return len(told["listeners"])

    def watch(self, n: int, every: int) -> list[Sight]:
        """Run the cell `n` times, and look before and after each `every` runs."""
        sights = [self.look()]
        for _ in range(n // every):
            self.go_on(every)
            sights.append(self.look())
        return sights


def slope(sights: list[Sight], name: str) -> float:
    """Return by how much something grows with each run, by least squares."""
    runs = [sight.run for sight in sights]
    return float(np.polyfit(runs, [getattr(sight, name) for sight in sights], 1)[0])


def usual_growth(sights: list[Sight], name: str) -> float:
    """Return by how much something usually grows with a run, the median; what came once is no leak.

    Some time after the first ten runs JupyterLab itself adds 130 listeners, and then no more.
    """
    grown = [
        (getattr(after, name) - getattr(before, name)) / (after.run - before.run)
        for before, after in pairwise(sights)
    ]
    return float(np.median(grown))
