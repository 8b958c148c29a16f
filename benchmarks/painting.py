"""What painting costs a real page: windows as people have them, many lines, many charts, panning, hours.

`python -m benchmarks.painting` opens one notebook after the other in JupyterLab, measures each, and prints
a table; nothing in it is judged.

painted/s
    Paints of a chart; of several charts, of each.
ms/frame
    Time in the callbacks of animation frames, JupyterLab's own few included: what drawing costs before
    the browser puts pixels on the screen.
× 1,000
    That beside the row "1 × 1,000" of the same run.
ms/paint
    The same time, for each paint: a long window is painted when it has moved by a pixel, not at each frame.
page %
    Time that the page's main thread was busy, of the time that passed: styles, layout and painting too.
kernel CPU %
    Processor time of the kernel process; 100 is one core.

The last rows are uPlot's (from npm, kept beside other temporary files) on a page of its own: the same
number of points in a plot of the same size, with axes, all drawn anew at each frame. It has no notebook, no
kernel and no interaction.

Panning drags the time axis of a buffer of 10 million readings back and forth; "history" is from what the
page asks for to what it gets. The soak runs "1 × 1,000" for `--soak` seconds, which `--only soak --soak 600`
makes ten minutes of; its slopes are those of least squares: of the page's heap after its garbage was
collected, and of the memory of the processes of page, kernel and server. The first picture for the notebook,
whose libraries and fonts take 15 MB for good, is drawn before. A first minute is steeper than later ones, for
allocators keep what a beginning needed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks.page import CONTENDERS, describe_machine
from tests.ui.jupyter import CHROMIUM_ARGUMENTS, LabPage, LabServer, new_context
from tools import find_chromium

UPLOT = "1.6.32"
LOOK_EVERY = 10.0
N_SIGHTS = 21
"""Of a soak's memory."""

# Runs before any script of the page: how long the callbacks of each frame take, microtasks included.
FRAMES = """
(() => {
    const bench = globalThis.__bench = { frames: 0, ms: 0, history: [] };
    const native = requestAnimationFrame;
    let last = null;
    globalThis.requestAnimationFrame = (callback) => native((now) => {
        if (now !== last) bench.frames += 1;
        last = now;
        const began = performance.now();
        try {
            callback(now);
        } finally {
            queueMicrotask(() => (bench.ms += performance.now() - began));
        }
    });
})();
"""
READ = """() => {
    const { frames, ms } = globalThis.__bench;
    const painted = globalThis.__nbstream?.stats.ages.splice(0).length ?? 0;
    return { frames, ms, painted, at: performance.now() };
}"""
# From what a chart asks for to the answer.
WATCH_HISTORY = """() => {
    for (const { history } of globalThis.__nbstream.charts.values()) {
        const [ask, take] = [history.ask.bind(history), history.take.bind(history)];
        let asked = null;
        history.ask = (...given) => { asked = performance.now(); return ask(...given); };
        history.take = (...given) => {
            const taken = take(...given);
            if (taken !== null && asked !== null) globalThis.__bench.history.push(performance.now() - asked);
            return taken;
        };
    }
}"""


@dataclass(frozen=True)
class Scene:
    """What a notebook shows."""

    name: str
    channels: int
    hz: float
    window: str
    held: int
    """Readings that the buffer begins with."""
    n_charts: int = 1

    def cell(self) -> str:
        """Return the text of its cell."""
        text = (CONTENDERS / "nbstream_windows.py").read_text(encoding="utf-8")
        return (
            f"CHANNELS, HZ, WINDOW = {self.channels}, {self.hz}, {self.window!r}\n"
            f"HELD, N_CHARTS = {self.held}, {self.n_charts}\n{text}"
        )


def points(channels: int, n: int, n_charts: int = 1) -> Scene:
    """Return a scene of `channels` × `n` points at 60/s."""
    name = f"{channels} × {n:,}" if n_charts == 1 else f"{n_charts} charts of 1 × {n:,}"
    return Scene(name, channels, 60.0, f"{n / 60:.2f}s", n, n_charts)


ONE = points(1, 1_000)
SCENES = [
    ONE,
    points(8, 2_000),
    points(64, 1_000),
    points(8, 1_000, 8),
    Scene("1 h of 10 Hz", 1, 10.0, "1h", 36_000),
    Scene("10 min of 1 kHz", 1, 1000.0, "10min", 600_000),
    Scene("24 h of 1 Hz", 1, 1.0, "24h", 86_400),
]
LONG = Scene("panning 10,000,000", 1, 1000.0, "60s", 10_000_000)


@dataclass
class Row:
    """One row of the table; NaN is unknown."""

    name: str
    painted_hz: float = float("nan")
    ms: float = float("nan")
    ms_per_paint: float = float("nan")
    page_percent: float = float("nan")
    cpu_percent: float = float("nan")
    more: str = ""


class Watch:
    """Measures a page from `begin` to `end`."""

    def __init__(self, page: Page, kernel: Any = None) -> None:
        self._page = page
        self._kernel = kernel
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")
        self._painted = 0

    def _look(self) -> tuple[dict[str, float], float, float]:
        metrics = self._devtools.send("Performance.getMetrics")["metrics"]
        busy = next(m["value"] for m in metrics if m["name"] == "TaskDuration")
        cpu = 0.0 if self._kernel is None else sum(self._kernel.cpu_times()[:2])
        read = self._page.evaluate(READ)
        self._painted += read["painted"]
        return read, busy, cpu

    def go_on(self, seconds: float) -> None:
        """Let time pass; the page remembers so many paints only."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._page.wait_for_timeout(min(left, LOOK_EVERY) * 1e3)
            self._look()

    def begin(self) -> None:
        """Measure from now on."""
        self._before, self._started = self._look(), time.monotonic()
        self._painted = 0

    def end(self, name: str, n_charts: int = 1) -> Row:
        """Return what was measured."""
        (now, busy, cpu), seconds = self._look(), time.monotonic() - self._started
        before, busy_before, cpu_before = self._before
        elapsed = (now["at"] - before["at"]) / 1e3
        painted = self._painted or now["frames"] - before["frames"]
        return Row(
            name,
            painted / n_charts / elapsed,
            (now["ms"] - before["ms"]) / max(1, now["frames"] - before["frames"]),
            (now["ms"] - before["ms"]) / max(1, painted / n_charts),
            100 * (busy - busy_before) / elapsed,
            100 * (cpu - cpu_before) / seconds if self._kernel else float("nan"),
        )

    def heap_mb(self) -> float:
        """Return the page's used heap after its garbage was collected."""
        for _ in range(2):  # the second takes what finalizers of the first let go
            self._devtools.send("HeapProfiler.collectGarbage")
        return float(self._devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def opened(server: LabServer, browser: Browser, scene: Scene, warm_up: float) -> LabPage:
    """Return a page that shows a scene."""
    context = new_context(browser)
    context.add_init_script(FRAMES)
    page = server.open(context, [scene.cell()])
    page.hide_code()
    page.run_all(wait=False)
    page.page.wait_for_function(
        "(n) => globalThis.__nbstream?.stats.firsts.length >= n", arg=scene.n_charts, timeout=90e3
    )
    page.page.wait_for_timeout(warm_up * 1e3)
    return page


def painted(
    server: LabServer, browser: Browser, scene: Scene, options: argparse.Namespace
) -> tuple[Row, dict[str, float]]:
    """Measure a scene; return its row and the size of its plot."""
    page = opened(server, browser, scene, options.warm_up)
    watch = Watch(page.page, page.kernel_process())
    watch.begin()
    page.page.wait_for_timeout(options.seconds * 1e3)
    row = watch.end(scene.name, scene.n_charts)
    size = page.page.evaluate(
        "() => { const b = document.querySelector('.nbs-plot').getBoundingClientRect();"
        " return { width: b.width, height: b.height }; }"
    )
    _done(server, page)
    return row, size


def panned(server: LabServer, browser: Browser, options: argparse.Namespace) -> Row:
    """Measure a view that is dragged through 10 million readings."""
    page = opened(server, browser, LONG, options.warm_up)
    body = page.page
    body.evaluate(WATCH_HISTORY)
    box = body.locator(".nbs-plot").bounding_box()
    assert box is not None
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 12  # the time axis
    watch = Watch(body, page.kernel_process())
    watch.begin()
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        body.mouse.move(middle - 200, y)
        body.mouse.down()
        body.mouse.move(middle + 200, y, steps=40)
        body.mouse.up()
    row = watch.end(LONG.name)
    answers = body.evaluate("() => globalThis.__bench.history")
    frames = body.evaluate(
        "() => globalThis.__nbstream.charts.values().next().value.frameTimes.length"
    )
    # Of the last second; ages are told only of a view that follows.
    row.painted_hz, row.ms_per_paint = frames, row.ms
    if answers:
        p50, p99 = np.percentile(answers, [50, 99])
        row.more = f"history p50 {p50:.0f} ms, p99 {p99:.0f} ms, {len(answers)} answers"
    _done(server, page)
    return row


def soaked(server: LabServer, browser: Browser, seconds: float) -> Row:
    """Measure what grows while a chart runs."""
    page = opened(server, browser, ONE, 20.0)
    kernel = page.kernel_process()
    page.kernel_eval(
        "shown.keep()"
    )  # every five minutes; its libraries and fonts come with the first
    kept = {
        "page RSS": page_processes(),
        "kernel RSS": [kernel],
        "server RSS": [psutil.Process(server.process.pid)],
    }
    watch = Watch(page.page, kernel)
    watch.begin()
    times, sights = [], []
    started = time.monotonic()
    for i in range(N_SIGHTS):
        wait = started + i * seconds / (N_SIGHTS - 1) - time.monotonic()
        watch.go_on(wait)
        times.append((time.monotonic() - started) / 60)
        sights.append([watch.heap_mb(), *map(rss_mb, kept.values())])
    row = watch.end(f"soak of {seconds:g} s")
    slopes = np.polyfit(times, sights, 1)[0]
    named = zip(("heap", *kept), slopes, sights[-1], strict=True)
    row.more = "MB/min: " + ", ".join(f"{n} {by:+.2f} to {mb:.0f} MB" for n, by, mb in named)
    _done(server, page)
    return row


def page_processes() -> list[psutil.Process]:
    """Return the processes in which the browser's pages run."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if "--type=renderer" in process.cmdline()
    ]


def rss_mb(processes: list[psutil.Process]) -> float:
    """Return the megabytes that processes hold together; one that has ended holds none."""
    return sum(p.memory_info().rss for p in processes if p.is_running()) / 1e6


def _done(server: LabServer, page: LabPage) -> None:
    errors = page.cell_errors()
    page.page.context.close()
    server.close_kernels()
    if errors:
        raise RuntimeError(errors[0])


def uplot_page(folder: Path) -> Path | None:
    """Return a page with uPlot in it, None where npm can't bring it."""
    cache = Path(tempfile.gettempdir(), "nbstream-bench")
    archive = cache / f"uplot-{UPLOT}.tgz"
    if not archive.is_file():
        npm = shutil.which("npm")
        if npm is None:
            return None
        cache.mkdir(exist_ok=True)
        call = [npm, "pack", f"uplot@{UPLOT}", "--silent", "--pack-destination", str(cache)]
        if subprocess.run(call, capture_output=True, check=False).returncode:
            return None
    text = (Path(__file__).parent / "uplot.html").read_text("utf-8")
    with tarfile.open(archive) as packed:
        for mark, name in (("__CSS__", "uPlot.min.css"), ("__SCRIPT__", "uPlot.iife.min.js")):
            file = packed.extractfile(f"package/dist/{name}")
            assert file is not None
            text = text.replace(mark, file.read().decode())
    path = folder / "uplot.html"
    path.write_text(text, "utf-8")
    return path


def drawn_by_uplot(
    browser: Browser, path: Path, channels: int, n: int, size: dict[str, float], seconds: float
) -> Row:
    """Measure uPlot, drawing `channels` × `n` points."""
    context = new_context(browser)
    context.add_init_script(FRAMES)
    page = context.new_page()
    page.goto(path.as_uri())
    page.evaluate("(given) => begin(given)", {"channels": channels, "points": n, "hz": 60, **size})
    page.wait_for_timeout(2000)
    watch = Watch(page)
    watch.begin()
    page.wait_for_timeout(seconds * 1e3)
    row = watch.end(f"uPlot, {channels} × {n:,}")
    context.close()
    return row


HEADER = (
    f"{'':24}{'painted/s':>10}{'ms/frame':>10}{'× 1,000':>9}{'ms/paint':>10}{'page %':>8}"
    f"{'kernel CPU %':>14}"
)


def told(row: Row, beside: float) -> str:
    """Return a line of the table; unknown figures are '-'."""
    figures = [
        (row.painted_hz, 10, 1),
        (row.ms, 10, 2),
        (row.ms / beside, 9, 2),
        (row.ms_per_paint, 10, 2),
        (row.page_percent, 8, 1),
        (row.cpu_percent, 14, 1),
    ]
    cells = ["-".rjust(w) if np.isnan(x) else f"{x:{w},.{digits}f}" for x, w, digits in figures]
    return f"{row.name:24}{''.join(cells)}  {row.more}".rstrip()


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What painting costs a page.")
    parser.add_argument("--seconds", type=float, default=10.0, help="measured time of each row")
    parser.add_argument("--warm-up", type=float, default=4.0, help="seconds before it")
    parser.add_argument("--soak", type=float, default=60.0, help="seconds of the soak, 0 for none")
    parser.add_argument(
        "--only", default="", help="rows whose name contains this, beside 1 × 1,000"
    )
    options = parser.parse_args(arguments)
    executable = find_chromium.find()
    if executable is None:
        print(find_chromium.ADVICE, file=sys.stderr)
        return 1

    def is_wanted(name: str) -> bool:
        return options.only.lower() in name.lower()

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = LabServer(Path(folder))
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        try:
            print(f"{describe_machine(browser)}\n\n{HEADER}")
            row, size = painted(server, browser, ONE, options)
            beside = row.ms
            print(told(row, beside), flush=True)
            for scene in SCENES[1:]:
                if is_wanted(scene.name):
                    print(told(painted(server, browser, scene, options)[0], beside), flush=True)
            if is_wanted(LONG.name):
                print(told(panned(server, browser, options), beside), flush=True)
            if options.soak and is_wanted("soak"):
                print(told(soaked(server, browser, options.soak), beside), flush=True)
            path = uplot_page(Path(folder))
            if path is None:
                print("uPlot: npm can't bring it")
            elif is_wanted("uplot"):
                for channels, n in ((1, 1_000), (8, 2_000), (64, 1_000)):
                    row = drawn_by_uplot(browser, path, channels, n, size, options.seconds)
                    print(told(row, beside), flush=True)
        finally:
            browser.close()
            server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
