"""Styles of traces on a page: what the canvas draws, and what it draws as a plain line."""

from __future__ import annotations

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab

STYLES = """
import time
import numpy as np
import nbstream as ns

NAMES = ["plain", "steps", "area", "markers", "nothing", "spline", "between", "bars"]
buffer = ns.Buffer(timezone="UTC")
t = np.arange(12)
buffer.extend(time.time() - 12 + t, {name: 10 * i + t % 3 for i, name in enumerate(NAMES)})
chart = ns.LiveChart(buffer, window="15s", height=520, y=(0, 80))
plain, steps, area, markers, nothing, spline, between, bars = chart.data
steps.line.shape = "hv"
area.fill = "tozeroy"
markers.mode = "markers"
nothing.mode = "none"
spline.line.shape = "spline"
between.fill = "tonexty"
bars.error_y = {"type": "constant", "value": 3}
chart
"""


def test_styles_that_the_canvas_has_no_means_for_are_plain_lines(lab: Lab) -> None:
    """Splines, areas between lines and error bars are plain lines while live, themselves in copies."""
    page = lab.open([STYLES])
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait("chart.data.lines.length === 8 && chart.data.lines[7].length > 5")
    chart.wait("chart.plot.styleOf(1).shape === 'hv' && !chart.plot.hasNews")
    page.screenshot("styles")
    styles = chart.read(
        "[0, 1, 2, 3, 4, 5, 6, 7].map((n) => chart.plot.styleOf(n))"
        ".map(({shape, hasFill = false, mode}) => [shape, hasFill, mode])"
    )
    line = ["linear", False, None]
    assert styles == [
        line, ["hv", False, None], ["linear", True, None], ["linear", False, "markers"],
        ["linear", False, "none"], line, line, line,
    ]  # fmt: skip
    inked = [chart.n_inked(number) for number in range(8)]
    assert inked[4] == 0
    assert all(inked[n] > 50 for n in (0, 1, 2, 3, 5, 6, 7)), inked
    copied = "[(t.line.shape, t.fill, t.error_y.value) for t in chart.to_figure().data[5:]]"
    told = page.kernel_eval(f"print({copied})")
    assert told == "[('spline', None, None), (None, 'tonexty', None), (None, None, 3)]"
