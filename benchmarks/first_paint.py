"""How long it takes from running a cell to the first paint of its chart, and what goes over the wire for it.

`python -m benchmarks.first_paint` opens a notebook in JupyterLab and runs four cells with a chart each: the
first chart of a page, and further ones. "message" is from the run until the page hears of the widget,
"script" until nbstream's own script was loaded and parsed and has made the view, "frame" until the first
frame of the kernel, "paint" until readings were painted; "wire" is what the page received meanwhile, files
too. `--slow` lets the line be one of 1 Mbit/s and 300 ms once the notebook is open; with `--by-message` no
server has the scripts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.page import COUNTERS, describe_machine
from tests.counterparts.proxy import Proxy
from tests.ui.jupyter import CHROMIUM_ARGUMENTS, LabServer, new_context
from tools import find_chromium

N_CHARTS = 4
SLOW = (1e6, 0.15)  # bits/s, s in each direction
BY_MESSAGE = "import nbstream.widgets.page.scripts as scripts\nscripts._data_folders = list\n"
SETUP = """
import time
import numpy as np
import nbstream as ns
buffer = ns.Buffer()
buffer.extend(time.time() - np.arange(1000, 0, -1) / 60, value=np.random.default_rng(1).normal(size=1000))
"""
# Anywidget makes a view's element, with this class from its first script on.
WATCH = """() => {
    globalThis.began = performance.now();
    Object.assign(globalThis.__bench, { awaited: "comm_open", awaitedAt: null });
    const n = document.querySelectorAll(".nbs").length;
    const look = () => {
        const views = document.querySelectorAll(".nbs");
        if (views.length === n) return requestAnimationFrame(look);
        views[n].scrollIntoView({ block: "nearest" });
    };
    look();
}"""
READ = """(n) => {
    const first = globalThis.__nbstream?.stats.firsts[n];
    if (!first) return null;
    const { began, __bench: { awaitedAt } } = globalThis;
    const times = [awaitedAt ?? first.made, first.made, first.framed, first.painted];
    return times.map((time) => Math.round(time - began));
}"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the first paint of charts.")
    parser.add_argument("--slow", action="store_true", help="1 Mbit/s and 300 ms")
    parser.add_argument("--by-message", action="store_true", help="no server has the scripts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LabServer(Path(folder))
        network = Proxy(server.port)
        server.page_port = network.port
        browser = playwright.chromium.launch(
            executable_path=find_chromium.find(), args=CHROMIUM_ARGUMENTS, headless=True
        )
        try:
            print(describe_machine(browser))
            context = new_context(browser)
            context.add_init_script(COUNTERS)
            cells = [
                SETUP + BY_MESSAGE * options.by_message,
                *[f"ns.LiveChart(buffer, height=200, title='{i}')" for i in range(N_CHARTS)],
            ]
            page = server.open(context, cells)
            page.run_cell(0)
            page.hide_code()
            if options.slow:
                network.slow(*SLOW)
            print(
                f"{'chart':>6}{'message':>10}{'script':>10}{'frame':>10}{'paint, ms':>11}{'wire, KB':>10}"
            )
            for number in range(N_CHARTS):
                page.page.evaluate(WATCH)
                bytes_before = network.n_down
                page.run_cell(number + 1, wait=False)
                found = page.page.wait_for_function(READ, arg=number, timeout=60e3).json_value()
                received = network.n_down
                told = "".join(f"{ms:>10,}" for ms in found)
                print(f"{number + 1:>6}{told} {(received - bytes_before) / 1e3:>10.1f}")
        finally:
            browser.close()
            network.close()
            server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
