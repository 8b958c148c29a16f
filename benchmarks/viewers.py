"""Measure what many viewers of one process cost: each has a dashboard, all share a source and an analyzer.

`python -m benchmarks.viewers` prints, for each number of viewers, how much of a core the process takes and
how many frames of the chart each viewer gets a second. The viewers say what pages say: hello for each part,
and an acknowledgement every two seconds. Each message is written as JSON and its buffers are joined, as
servers do; the way from there to the browser (WebSocket, TLS) is not in it. Nothing is judged.

With `--page` one of them is real: a page of Panel's in Chromium, served by this process. What it paints a
second says whether others keep it from being live. The browser runs beside on the same machine; the load
(processes that would run, of the last minute) says how far the figures are those of a quiet one.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import logging
import math
import os
import threading
import time
from contextlib import nullcontext
from typing import Any

import nbstream as ns
from benchmarks.panel_page import PanelPage, panel_page

PARTS = ("controls", "chart", "cards", "rules", "feed")
ACK_EVERY = 2.0
WARM_UP = 3.0

_numbers = itertools.count()


class ViewerComm:
    """The comm of a dashboard that one viewer has; it counts what goes out."""

    kernel = "of nobody"  # ipywidgets sends nothing where it is None
    target_name = "jupyter.widget"

    def __init__(self) -> None:
        self.comm_id = f"viewer-{next(_numbers)}"
        self.n_frames = 0
        self.n_bytes = 0
        self.hear: Any = None

    def send(self, data: Any, buffers: Any = None) -> None:
        """Write a message as a server does, and count it."""
        wire = b"".join([json.dumps(data).encode(), *map(bytes, buffers or ())])
        self.n_bytes += len(wire)
        content = data.get("content") or {}
        if content.get("kind") == "frame" and content.get("part") == "chart":
            self.n_frames += 1

    def on_msg(self, callback: Any) -> None:
        """Take who hears the page."""
        self.hear = callback

    def close(self, *arguments: Any, **keywords: Any) -> None:
        """Do nothing."""

    def say(self, part: str, **content: Any) -> None:
        """Say something as the page does."""
        message = {"client": f"{self.comm_id}-{part}", "part": part, **content}
        data = {"method": "custom", "content": message}
        self.hear({"content": {"data": data}, "buffers": []})


class Viewers(threading.Thread):
    """Acknowledges for all viewers, spread evenly over the seconds."""

    def __init__(self, comms: list[ViewerComm]) -> None:
        super().__init__(daemon=True)
        self.comms = comms
        self.over = threading.Event()

    def run(self) -> None:
        """Say hello, and acknowledge until it is over."""
        start = time.monotonic()
        views = [(comm, part) for comm in self.comms for part in PARTS]
        for comm, part in views:
            comm.say(part, kind="hello", visible=True, width=1200)
        due = [(start + ACK_EVERY * i / len(views), i) for i in range(len(views))]
        heapq.heapify(due)
        while due and not self.over.wait(max(0.0, due[0][0] - time.monotonic())):
            at, i = heapq.heappop(due)
            comm, part = views[i]
            comm.say(part, kind="ack", lag=5)
            heapq.heappush(due, (at + ACK_EVERY, i))


def make(channels: int, rate: float) -> ns.Analyzer:
    """Return the analyzer that all share."""

    def read() -> dict[str, float]:
        now = time.time()
        return {f"channel {i}": math.sin(now + i) for i in range(channels)}

    return ns.Analyzer(ns.CallableSource(read, interval=1 / rate).start(), window="60s")


def measure(
    n_viewers: int, seconds: float, channels: int, rate: float, *, with_page: bool
) -> list[str]:
    """Return share of a core, frames/s and KB/s of a simulated viewer, frames/s and paints/s of the page."""
    analyzer = ns.shared(f"for {n_viewers}", lambda: make(channels, rate))
    dashboards = [ns.Dashboard(analyzer) for _ in range(n_viewers)]
    comms = []
    for dashboard in dashboards:
        dashboard.comm.close()
        comms.append(ViewerComm())
        dashboard.comm = comms[-1]
    viewers = Viewers(comms)
    viewers.start()
    with panel_page(analyzer) if with_page else nullcontext() as page:
        found = _watch(comms, page, seconds)
        viewers.over.set()
        viewers.join()
        ns.stop_all()
    return found


def _watch(comms: list[ViewerComm], page: PanelPage | None, seconds: float) -> list[str]:
    time.sleep(WARM_UP)
    frames, sent = sum(c.n_frames for c in comms), sum(c.n_bytes for c in comms)
    to_page = page.n_frames if page else 0
    started, cpu = time.monotonic(), time.process_time()
    time.sleep(seconds)
    wall, cpu = time.monotonic() - started, time.process_time() - cpu
    frames = sum(c.n_frames for c in comms) - frames
    sent = sum(c.n_bytes for c in comms) - sent
    share = max(1, len(comms)) * wall
    found = [f"{cpu / wall:.2f}", f"{frames / share:.1f}", f"{sent / share / 1000:.1f}"]
    return found + ([f"{(page.n_frames - to_page) / wall:.1f}", page.painted] if page else [])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, nargs="+", default=[0, 1, 10, 50])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--rate", type=float, default=50.0, help="readings a second")
    parser.add_argument("--page", action="store_true", help="with a real page beside them")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    print(f"{options.channels} channels, {options.rate:g} readings/s, a window of 60 s")
    heads = ["viewers", "load", "cores", "frames/s each", "KB/s each"]
    heads += ["frames/s to the page", "painted/s"] if options.page else []
    print("  ".join(heads))
    for n in options.viewers:
        found = measure(n, options.seconds, options.channels, options.rate, with_page=options.page)
        cells = [str(n), f"{os.getloadavg()[0]:.1f}", *found]
        row = [cell.rjust(len(head)) for cell, head in zip(cells, heads, strict=True)]
        print("  ".join(row), flush=True)


if __name__ == "__main__":
    main()
