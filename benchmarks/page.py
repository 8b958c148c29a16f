"""Compare live charts on a real JupyterLab page: what is painted, what it costs, how old it is.

`python -m benchmarks.page` opens one notebook after the other in one JupyterLab with one Chromium,
lets each warm up, measures it, and prints a table. A contender is a cell text in `contenders/`.

How each column is measured:

painted/s
    Animation frames in which at least 200 line segments reach the screen: `stroke` of a canvas path
    or a Path2D, or a new long `d` of an SVG path. Messages and events are not counted: they need
    not paint.
frames/s
    Animation frames of the page.
wire KB/s
    Bytes of the WebSocket messages that the page receives.
kernel CPU %
    Processor time of the kernel process; 100 is one core.
age p50, p99
    Now minus the time of the newest reading inside the plot, at each painted frame.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from tests.ui.jupyter import CHROMIUM_ARGUMENTS, LabServer, new_context
from tools import find_chromium

CONTENDERS = Path(__file__).parent / "contenders"
HZ = 60
SIZES = [(1, 1_000), (8, 2_000)]  # channels, points per channel
MIN_SEGMENTS = 200
MAX_AGES = 20_000
PACKAGES = ["nbstream", "plotly", "bokeh", "panel", "jupyterlab", "ipykernel", "anywidget"]

# Counts what the page paints and receives. It runs before any script of the page.
COUNTERS = """
(() => {
    const bench = globalThis.__bench = {
        frames: 0, painted: 0, bytes: 0, messages: 0, ages: [], newest: null,
        segments: 0, isCounted: false,  // in this frame
        awaited: null, awaitedAt: null,  // what the header of a message that is waited for holds
    };
    const look = (data) => {
        if (!(data instanceof ArrayBuffer)) return;
        const header = new TextDecoder('latin1').decode(data.slice(0, 1000));
        if (!header.includes(bench.awaited)) return;
        Object.assign(bench, { awaited: null, awaitedAt: performance.now() });
    };

    const paint = (segments) => {
        bench.segments += segments;
        if (bench.segments < MIN_SEGMENTS || bench.isCounted) return;
        bench.isCounted = true;
        bench.painted += 1;
        const newest = bench.newest?.();
        if (!Number.isFinite(newest) || bench.ages.length >= MAX_AGES) return;
        bench.ages.push(Date.now() - newest);
    };
    const onFrame = () => {
        bench.frames += 1;
        bench.segments = 0;
        bench.isCounted = false;
        requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);

    const lines = new WeakMap();  // line segments of a Path2D, or of a canvas's current path
    const wrap = (owner, name, before) => {
        const original = owner[name];
        owner[name] = function (...parameters) {
            before(this, parameters);
            return original.apply(this, parameters);
        };
    };
    const contexts = [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]
        .map((owner) => owner.prototype);
    for (const owner of [...contexts, Path2D.prototype]) {
        wrap(owner, 'lineTo', (path) => lines.set(path, (lines.get(path) ?? 0) + 1));
    }
    wrap(Path2D.prototype, 'addPath', (path, [other]) =>
        lines.set(path, (lines.get(path) ?? 0) + (lines.get(other) ?? 0)));
    for (const owner of contexts) {
        wrap(owner, 'beginPath', (context) => lines.set(context, 0));
        wrap(owner, 'stroke', (context, [path]) => paint(lines.get(path ?? context) ?? 0));
    }
    // nbstream moves pictures of what it drew before, and draws the newest part anew.
    wrap(CanvasRenderingContext2D.prototype, 'drawImage', ({ canvas }) => {
        if (canvas.className === 'nbs-plot-canvas') paint(MIN_SEGMENTS);
    });
    wrap(Element.prototype, 'setAttribute', (_, [name, value]) => {
        if (name === 'd' && value?.length > 10 * MIN_SEGMENTS) paint(value.length / 10);
    });

    const NativeSocket = WebSocket;
    globalThis.WebSocket = class extends NativeSocket {
        constructor(...parameters) {
            super(...parameters);
            this.addEventListener('message', ({ data }) => {
                bench.messages += 1;
                if (bench.awaited) look(data);
                bench.bytes += data.byteLength ?? data.size ?? data.length;
            });
        }
    };
})();
""".replace("MIN_SEGMENTS", str(MIN_SEGMENTS)).replace("MAX_AGES", str(MAX_AGES))

SNAPSHOT = """() => ({ t: performance.now(), ...globalThis.__bench, newest: null })"""


@dataclass(frozen=True)
class Contender:
    """A live chart to measure.

    Parameters
    ----------
    name
        As the table shows it.
    cell
        The file of its cell in `contenders/`.
    newest
        JavaScript of a function without arguments that returns the time (epoch ms) of the newest
        reading that a paint in progress draws; None if the page can't tell.
    ages
        Returns the ages (ms) that the chart's own page script recorded, instead of `newest`.
    """

    name: str
    cell: str
    newest: str | None = None
    ages: Callable[[Page], list[float]] | None = None


@dataclass
class Measurement:
    """One row of the table; NaN is unknown."""

    contender: str
    channels: int
    points: int
    painted_hz: float = float("nan")
    frames_hz: float = float("nan")
    wire_kb_per_s: float = float("nan")
    kernel_cpu_percent: float = float("nan")
    age_p50_ms: float = float("nan")
    age_p99_ms: float = float("nan")
    console_errors: list[str] = field(default_factory=list)
    failure: str = ""


def read_ages(page: Page) -> list[float]:
    """Return the ages (ms) of the newest reading inside nbstream's plot.

    One for each paint since the last call; the chart's script records them in
    `globalThis.__nbstream.stats.ages`.
    """
    ages: list[float] = page.evaluate("() => globalThis.__nbstream?.stats?.ages?.splice(0) ?? []")
    return ages


# Plotly holds the points of a trace beside its element, Bokeh in the document's data source.
PLOTLY_NEWEST = "() => document.querySelector('.js-plotly-plot')?.data?.[0]?.x?.at(-1)"
BOKEH_NEWEST = """() => {
    for (const doc of globalThis.Bokeh?.documents ?? []) {
        const source = doc.get_model_by_name('bench');
        if (source) return source.data.t.at(-1);
    }
}"""

ALL = [
    Contender("nbstream LiveChart", "nbstream_chart.py", ages=read_ages),
    Contender("FigureWidget 30/s", "figure_widget.py", newest=PLOTLY_NEWEST),
    Contender("Bokeh/Panel stream", "bokeh_stream.py", newest=BOKEH_NEWEST),
]


def measure(
    server: LabServer,
    browser: Browser,
    contender: Contender,
    channels: int,
    points: int,
    warm_up: float,
    seconds: float,
) -> Measurement:
    """Run a contender's cell on a page of its own and measure it for `seconds` after `warm_up`."""
    result = Measurement(contender.name, channels, points)
    context = new_context(browser)
    context.add_init_script(COUNTERS)
    try:
        text = (CONTENDERS / contender.cell).read_text(encoding="utf-8")
        page = server.open(context, [f"CHANNELS, POINTS, HZ = {channels}, {points}, {HZ}\n{text}"])
        kernel = page.kernel_process()
        page.hide_code()  # what lies below the fold is not composited and costs less
        page.run_all(wait=False)
        if contender.newest:
            page.page.evaluate(f"() => {{ globalThis.__bench.newest = {contender.newest}; }}")
        page.page.wait_for_function("() => globalThis.__bench.painted > 0", timeout=30e3)
        page.page.wait_for_timeout(warm_up * 1e3)

        if contender.ages:
            contender.ages(page.page)
        page.page.evaluate("() => { globalThis.__bench.ages = []; }")
        before, cpu_before = page.page.evaluate(SNAPSHOT), kernel.cpu_times()
        started = time.monotonic()
        page.page.wait_for_timeout(seconds * 1e3)
        cpu_after, stopped = kernel.cpu_times(), time.monotonic()
        after = page.page.evaluate(SNAPSHOT)
        ages = contender.ages(page.page) if contender.ages else after["ages"]

        elapsed = (after["t"] - before["t"]) / 1e3
        busy = sum(cpu_after[:2]) - sum(cpu_before[:2])
        result.painted_hz = (after["painted"] - before["painted"]) / elapsed
        result.frames_hz = (after["frames"] - before["frames"]) / elapsed
        result.wire_kb_per_s = (after["bytes"] - before["bytes"]) / 1e3 / elapsed
        result.kernel_cpu_percent = 100 * busy / (stopped - started)
        if ages:
            result.age_p50_ms, result.age_p99_ms = map(float, np.percentile(ages, [50, 99]))
        errors = page.cell_errors()
        result.failure = errors[0] if errors else ""
        result.console_errors = page.console_errors
    except Exception as error:  # one contender that fails must not cost the others their figures
        result.failure = f"{type(error).__name__}: {error}"
        try:
            result.failure = "\n".join([*page.cell_errors(), result.failure])
        except Exception:
            pass
    finally:
        context.close()
        server.close_kernels()
    return result


def describe_machine(browser: Browser) -> str:
    """Return a line that says what the figures were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    versions = []
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            pass
    memory_gib = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} × {model}, {memory_gib:.0f} GiB, {platform.platform()}; "
        f"Python {platform.python_version()}, Chromium {browser.version} without GPU, "
        + ", ".join(versions)
    )


def format_row(row: Measurement) -> str:
    """Return a line of the table; unknown figures are '-'."""
    figures = [
        (row.painted_hz, 10, 1),
        (row.frames_hz, 9, 1),
        (row.wire_kb_per_s, 10, 1),
        (row.kernel_cpu_percent, 13, 1),
        (row.age_p50_ms, 11, 0),
        (row.age_p99_ms, 11, 0),
    ]
    cells = ["-".rjust(w) if np.isnan(x) else f"{x:{w},.{digits}f}" for x, w, digits in figures]
    return f"{row.contender:20}{f'{row.channels} × {row.points:,}':>10}" + "".join(cells)


HEADER = (
    f"{'':20}{'points':>10}{'painted/s':>10}{'frames/s':>9}{'wire KB/s':>10}{'kernel CPU %':>13}"
    f"{'age p50 ms':>11}{'age p99 ms':>11}"
)


def main(arguments: list[str] | None = None) -> int:
    """Measure all contenders, print the table, and return 1 if one failed."""
    parser = argparse.ArgumentParser(description="Compare live charts on a JupyterLab page.")
    parser.add_argument("--seconds", type=float, default=15.0, help="measured time of each row")
    parser.add_argument("--warm-up", type=float, default=5.0, help="seconds before it")
    parser.add_argument("--only", default="", help="contenders whose name contains this")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args(arguments)
    chosen = [c for c in ALL if options.only.lower() in c.name.lower()]
    if not chosen:
        parser.error(f"--only: no contender's name contains {options.only!r}")
    executable = find_chromium.find()
    if executable is None:
        print(find_chromium.ADVICE, file=sys.stderr)
        return 1

    rows = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        machine = describe_machine(browser)
        server = LabServer(Path(folder))
        try:
            print(
                f"{HZ} updates/s, {options.seconds:g} s each after {options.warm_up:g} s of warm-up"
            )
            print(machine)
            print(f"\n{HEADER}", flush=True)
            for channels, points in SIZES:
                for contender in chosen:
                    row = measure(
                        server,
                        browser,
                        contender,
                        channels,
                        points,
                        options.warm_up,
                        options.seconds,
                    )
                    rows.append(row)
                    print(format_row(row), flush=True)
                    for problem in [row.failure, *row.console_errors]:
                        if problem:
                            print(f"  {problem}", file=sys.stderr)
        finally:
            server.close()
            browser.close()
    if options.json:
        report = {"machine": machine, "hz": HZ, "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(report, indent=2), encoding="utf-8")
    return int(any(row.failure for row in rows))


if __name__ == "__main__":
    sys.exit(main())
