"""What is drawn of readings, pixel column by pixel column: in windows and at rates as people have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab, LabPage

WINDOWS = {"10s": 10, "60s": 60, "5min": 300, "1h": 3600, "24h": 86_400}
RATES = (1, 10, 100, 1000)
MOST = 30_000_000

CELL = """
import json
import numpy as np
import nbstream as ns

shown = {}

def fill(span, rate, spike=4.0):
    "Two channels that end now: a smooth one and, lower, a noisy one; each with a hole and a spike."
    n = span * rate
    times = np.int64(1_782_907_200_000_000_000) + (np.arange(n) - n + 1) * (10**9 // rate)
    hole = max(15, n // 100)
    kept = np.ones(n, bool)
    if n >= 60:
        kept[n // 2 : n // 2 + hole - 1] = False
    smooth = np.sin(np.arange(n) * 2 * np.pi / n * 3)
    noisy = np.clip(np.random.default_rng(1).normal(-5.0, 0.4, n), -6, -4)
    at = n // 4 if n > 100 else n // 2 - 1
    smooth[at] = spike
    noisy[at] = -2.5
    buffer = ns.Buffer(capacity=n, timezone="UTC")
    times, smooth, noisy = times[kept], smooth[kept], noisy[kept]
    buffer.extend(times.view("M8[ns]"), smooth=smooth, noisy=noisy)
    gap = np.diff(times).argmax()
    shown.update(times=times, spike=int(times[smooth.argmax()]), hole=times[gap : gap + 2].tolist())
    return buffer

def columns(begin, end, width):
    "How many readings lie in each column of the plot, and in which lie spike and hole."
    def column(ns):
        return (ns / 1e6 - begin) / (end - begin) * width
    found = np.floor(column(shown["times"])).astype(int)
    found = np.bincount(found[(found >= 0) & (found < width)], minlength=width)
    places = [column(shown["spike"]), *map(column, shown["hole"])]
    print(json.dumps([found.tolist(), *places]))
"""
SHOW = "chart = ns.LiveChart(fill(*wanted), window=window, height=300)\nchart"

INKED = """
    const inkedOf = (data, width, height) => {
        // Per column the highest and lowest row in which there is blue, and orange.
        const found = [0, 1].map(() => [0, 1].map(() => new Array(width).fill(-1)));
        for (let y = 0; y < height; y += 1) {
            for (let x = 0; x < width; x += 1) {
                const i = 4 * (y * width + x);
                const [r, b, a] = [data[i], data[i + 2], data[i + 3]];
                if (a < 8 || Math.abs(r - b) < 12) continue;
                const [high, low] = found[b > r ? 0 : 1];
                if (high[x] < 0) high[x] = y;
                low[x] = y;
            }
        }
        return found;
    };
"""
CANVAS = f"""(() => {{
    {INKED}
    const {{ left, top, width, height, ratio }} = chart.plot.frame;
    const box = [left, top, width, height].map((px) => Math.round(px * ratio));
    const {{ data }} = chart.plot.canvas.getContext("2d").getImageData(...box);
    return inkedOf(data, box[2], box[3]);
}})()"""
PICTURE = f"""async (figure) => {{
    {INKED}
    const {{ width: wide, height: high, _size: {{ l, t, w, h }} }} = figure._fullLayout;
    const image = new Image();
    image.src = await Plotly.toImage(figure, {{ format: "png", width: wide, height: high }});
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const [width, height] = [Math.round(w), Math.round(h)];
    return inkedOf(context.getImageData(Math.round(l), Math.round(t), width, height).data, width, height);
}}"""

PLANE = """(({ from, to, width, height, ratio, rows: [{ axes: [{ bottom, top }] }] }) =>
    ({ from, to, bottom, top, width: Math.round(width * ratio), height: Math.round(height * ratio) }))
    (chart.plot.frame)"""

Plane = dict[str, Any]


def shown_chart(page: LabPage, window: str, rate: int, spike: float = 4.0) -> PageChart:
    """Show readings of one rate in a window, until they are painted."""
    page.kernel_eval(f"wanted, window = ({WINDOWS[window]}, {rate}, {spike}), {window!r}")
    page.run_cell(1)
    chart = PageChart(page)
    chart.wait(
        "chart.data.lines.length === 2 && chart.data.lines[1].length > 0 && chart.plot.frame"
    )
    span = WINDOWS[window] * 1000
    chart.wait(
        "!chart.plot.hasNews && chart.plot.isSharp && chart.lines.length === 2"
        f" && Math.abs(chart.plot.frame.to - chart.plot.frame.from - {span}) < 1"
        " && chart.plot.frame.rows[0].axes[0].bottom < chart.data.lines[1].range(0, Infinity)[0]"
        f" && chart.plot.frame.rows[0].axes[0].top > {spike}"
    )
    return chart


def check(page: LabPage, plane: Plane, inked: list[list[list[int]]], spike: float = 4.0) -> None:
    """Every column with readings is inked, the spikes are to their height, and the hole is blank."""
    begin, end, width, height = (plane[key] for key in ("from", "to", "width", "height"))
    told = page.kernel_eval(f"columns({begin!r}, {end!r}, {width})")
    counts, at, before, after = json.loads(told)
    has_readings = np.flatnonzero(np.array(counts)[1:-1]) + 1
    scale = height / (plane["top"] - plane["bottom"])
    for (high, _), top in zip(inked, (spike, -2.5), strict=True):
        rows = np.array(high)
        blank = has_readings[rows[has_readings] < 0]
        assert not len(blank), f"{len(blank)} of {len(has_readings)} columns: {blank[:9]}"
        spiked = rows[max(0, int(at) - 1) : int(at) + 2]
        row = (plane["top"] - top) * scale
        assert spiked[spiked >= 0].min() <= row + 2
        if after - before >= 5 and sum(counts) > 45:
            # A line is 1.5 px wide, and lies up to half a pixel beside its time.
            reach = 2 + (3 if len(has_readings) < 200 else 0)
            hole = rows[int(np.ceil(before)) + reach : int(after) - reach]
            assert (hole < 0).all(), f"{before}…{after}: {np.flatnonzero(hole >= 0)}"
            outside = np.r_[has_readings[0] : int(before) - 1, int(after) + 2 : width - 1]
            assert (rows[outside] >= 0).all()


@pytest.mark.timeout(240)
def test_every_column_with_readings_is_inked(lab: Lab) -> None:
    """In any window at any rate, smooth or noisy; spikes reach their height and holes are blank."""
    page = lab.open([CELL, SHOW])
    page.run_cell(0)
    page.hide_code()
    failed = []
    for window, span in WINDOWS.items():
        for rate in RATES:
            if span * rate > MOST:
                continue
            chart = shown_chart(page, window, rate)
            try:
                check(page, chart.read(PLANE), chart.read(CANVAS))
            except AssertionError as error:
                failed.append(f"{window} at {rate} Hz: {error}")
                page.screenshot(f"drawn-{window}-{rate}")
    assert not failed, "\n".join(failed)


def test_paused_and_static_copies_are_drawn_alike(lab: Lab, tmp_path: Path) -> None:
    """A view that stands still, and plotly's own traces in to_html, have the same ink, spikes and holes."""
    page = lab.open([CELL, SHOW])
    page.run_cell(0)
    page.hide_code()
    for window, rate in (("60s", 10), ("1h", 10), ("5min", 1000)):
        chart = shown_chart(page, window, rate)
        chart.root.get_by_role("button", name="Pause").click()
        chart.wait(
            "chart.history.held && chart.history.lines[1].length > 99"
            " && !chart.plot.hasNews && chart.plot.isSharp"
        )
        plane = chart.read(PLANE)
        check(page, plane, chart.read(CANVAS))
        page.screenshot(f"drawn-paused-{window}-{rate}")

        page.kernel_eval(f"chart.write_html({str(tmp_path / 'copy.html')!r})")
        copy = page.context.new_page()
        copy.goto(f"file://{tmp_path / 'copy.html'}")
        figure = copy.locator(".js-plotly-plot")
        size, bottom, top, begin, end = figure.evaluate(
            """({ _fullLayout: { _size, xaxis, yaxis } }) => [_size, ...yaxis.range,
                ...xaxis.range.map((end) => Date.parse(`${String(end).replace(" ", "T")}Z`))]"""
        )
        shown = {
            "from": begin,
            "to": end,
            "width": round(size["w"]),
            "height": round(size["h"]),
            "bottom": bottom,
            "top": top,
        }
        check(page, plane | shown, figure.evaluate(PICTURE))
        copy.close()


def test_ten_million_readings_and_a_spike(lab: Lab) -> None:
    """The spike that the axis reaches up to is drawn to its height, in a window of hours at 1 kHz."""
    page = lab.open(
        [
            CELL,
            """
            n = 10_000_000
            times = np.int64(1_782_907_200_000_000_000) + np.arange(n) * 1_000_000
            values = np.random.default_rng(1).normal(0, 1, n)
            values[7_654_321] = 300
            buffer = ns.Buffer(capacity=n, timezone="UTC")
            buffer.extend(times.view("M8[ns]"), x=values)
            shown.update(times=times, spike=int(times[7_654_321]), hole=[0, 0])
            chart = ns.LiveChart(buffer, window="3h", height=300)
            chart
            """,
        ]
    )
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait(
        "chart.plot.frame?.rows[0].axes[0].top > 300 && !chart.plot.hasNews && chart.plot.isSharp"
    )
    plane, [[high, low], _] = chart.read(PLANE), chart.read(CANVAS)
    begin, end, width, height = (plane[key] for key in ("from", "to", "width", "height"))
    told = json.loads(page.kernel_eval(f"columns({begin!r}, {end!r}, {width})"))
    counts, at = np.array(told[0]), int(told[1])
    assert (np.array(high)[1:-1][counts[1:-1] > 0] >= 0).all()
    assert (
        min(row for row in high[at - 1 : at + 2])
        <= (plane["top"] - 300) / (plane["top"] - plane["bottom"]) * height + 2
    )
    assert max(low[at - 1 : at + 2]) > 0.9 * height  # and down to the others
    page.screenshot("drawn-ten-million")
