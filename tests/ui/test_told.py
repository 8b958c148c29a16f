"""What the chart says of its readings, rules and detectors, as a person reads it on a page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab
from tests.wait import wait_until

TWO_UNITS = """
import threading, time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
buffer.units.update(temperature="°C", humidity="%")
stopped = threading.Event()

def feed():
    while not stopped.wait(0.02):
        now = time.time()
        buffer.append(now, temperature=22 + 3 * np.sin(now), humidity=50 + 5 * np.cos(now / 2))

threading.Thread(target=feed, daemon=True, name="feed").start()
# Axes that stay, so that no line lies over another, or moves away under the pointer.
layout = {"yaxis": {"range": [15, 30]}, "yaxis2": {"range": [40, 60]}}
chart = ns.LiveChart(buffer, window="10s", title="A room", layout=layout)
chart
"""


def test_limits_of_a_formula_are_dragged_on_their_axes(lab: Lab) -> None:
    """A condition that names two channels of two units has a line on each; one is moved, the other stays."""
    page = lab.open([TWO_UNITS])
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.kernel_eval(
        "rule = chart.analyzer.alert('temperature > 24 and humidity < 48', name='dry heat',"
        "levels={'critical': 'temperature > 24.8'})"
    )
    chart.wait("chart.data.meta.figure.thresholds.length === 3")
    handle = chart.root.get_by_role("slider", name="Limit of dry heat: humidity < 48")
    expect(handle).to_be_visible()
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = page.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x, y - 30, steps=5)
    expect(chart.root.locator(".nbs-limit-label:visible")).to_contain_text("in the last")
    page.screenshot("told-formula")
    mouse.up()
    wait_until(
        lambda: not page.kernel_eval("print(rule.condition)").endswith("< 48"), 10, "the limit"
    )
    moved = page.kernel_eval("print(rule.condition, rule.levels)")
    assert moved.startswith("temperature > 24 and humidity < ")
    assert "temperature > 24.8" in moved


DENSE = """
import threading, time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
buffer.units["value"] = "°C"
stopped = threading.Event()

def feed():
    until = time.time() - 30
    while not stopped.wait(0.05):
        now = time.time()
        times = np.linspace(until, now, round((now - until) * 20_000), endpoint=False)
        buffer.extend(times, value=22 + 3 * np.sin(times * 20))
        until = now

threading.Thread(target=feed, daemon=True, name="feed").start()
chart = ns.LiveChart(buffer, window="20s", title="Dense")
chart
"""


def test_a_point_that_stands_for_many_readings_says_so(lab: Lab) -> None:
    """The legend and the cursor tell it, live, paused, and looking back; not where each reading is drawn."""
    page = lab.open([DENSE])
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    entry = chart.root.locator(".nbs-legend-entry")
    expect(entry).to_have_attribute("title", re.compile(r"value: ≈\d+ readings/point, "))
    readout = chart.root.locator(".nbs-readout")
    span = re.compile(r"\d\d:\d\d:\d\d\.\d{3}–\d\d:\d\d:\d\d\.\d{3}")
    words = re.compile(r"\d\d\.\d+ … \d\d\.\d+ °C\d+ readings")
    chart.root.scroll_into_view_if_needed()
    page.page.mouse.move(*chart.place((0.5, 0.4)))
    for name in ("live", "paused", "history"):
        if name == "paused":
            chart.tool("Pause").click()
            page.page.mouse.move(*chart.place((0.5, 0.4)))
            chart.wait("chart.history.held !== null")
        if name == "history":
            chart.page.keyboard.press("Escape")
            chart.read("chart.lookAt(chart.plot.frame.from - 8000, chart.plot.frame.from + 2000)")
            chart.wait("chart.history.held?.width < 10001")
            page.page.mouse.move(*chart.place((0.6, 0.4)))
        expect(readout).to_contain_text(span)
        expect(readout).to_contain_text(words)
        page.screenshot(f"told-bin-{name}")
    chart.read("chart.lookAt(chart.plot.frame.from, chart.plot.frame.from + 20)")
    expect(entry).to_have_attribute("title", "value: click to hide")
    expect(readout).not_to_contain_text("readings")


def test_what_happened_is_a_tick_on_the_strip_and_a_click_shows_it(lab: Lab) -> None:
    """Incidents and notes that are long out of view are found on the strip, by the mouse and by keys."""
    page = lab.open(
        [
            TWO_UNITS.replace(
                "stopped = threading.Event()",
                "stopped = threading.Event()\n"
                "ago = time.time() - 600 + np.arange(595)\n"
                "buffer.extend(ago, temperature=22 + (np.arange(595) % 200 == 99) * 9.0,"
                " humidity=np.full(595, 50.0))",
            )
        ]
    )
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.kernel_eval(
        "chart.analyzer.alert('temperature > 29', name='hot', severity='critical');"
        "chart.mark('window opened', time=ago[300])"
    )
    note = chart.root.get_by_role("button", name=re.compile("note: window opened"))
    expect(note).to_be_visible()
    note.click()
    chart.wait("chart.plot.frame.to < Date.now() - 200000")
    marker = chart.read("chart.data.meta.markers[0][0]")
    begin, end = chart.span()
    assert begin < marker < end
    page.kernel_eval("buffer.append(time.time(), temperature=40.0)")
    tick = chart.root.get_by_role("button", name=re.compile("critical: hot, temperature")).first
    expect(tick).to_be_visible()
    tick.hover()
    page.screenshot("told-events")
    tick.click()
    chart.wait("chart.plot.frame.to < given", argument=marker)
    chart.root.locator(".nbs-brush").focus()
    page.page.keyboard.press(".")
    chart.wait("chart.plot.frame.from < given && given < chart.plot.frame.to", argument=marker)


def test_each_detector_has_a_shape_and_a_run_of_flags_is_one_mark(lab: Lab) -> None:
    """The key names the shapes; at the cursor stand detector, score, number of flags and reason."""
    page = lab.open([TWO_UNITS])
    page.run_all()
    chart = PageChart(page)
    chart.wait_live()
    page.kernel_eval(
        "chart.analyzer.detect('threshold', channel='temperature', above=24.5);"
        "chart.analyzer.detect('rate_of_change', channel='humidity', limit=30)"
    )
    chart.wait("chart.data.marks.all.some(({ n }) => n > 10)", 20)
    page.kernel_eval("buffer.append(None, humidity=90.0)")
    chart.wait("chart.data.marks.all.some(({ detector }) => detector === 1)")
    chart.tool("Pause").click()
    chart.wait("chart.viewport.isPaused && !chart.plot.hasNews")
    assert len(chart.read("chart.data.marks.detectors")) == 2
    x = chart.read(
        """(() => {
            const { to: end } = chart.plot.frame;
            const run = chart.data.marks.all.findLast(({ n, from }) => n > 10 && from < end);
            const { left } = chart.plot.el.getBoundingClientRect();
            return left + chart.plot.xOf((run.from + Math.min(run.to, end)) / 2);
        })()"""
    )
    page.page.mouse.move(x, chart.place((0.5, 0.5))[1])
    reasons = chart.root.locator(".nbs-readout-reason").filter(has_text="threshold, ")
    expect(reasons.first).to_contain_text(re.compile(r"^threshold, score [\d.]+, \d+ flags: "))
    page.screenshot("told-marks")
    page.set_theme("JupyterLab Dark")
    expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot("told-marks-dark")


EVIL = """
import time
import numpy as np
import nbstream as ns

long = "plant/hall 4/line 12/press 7/bearing temperature, inner ring, sensor "
names = ["<img src=x onerror=pwned=1>", "<a href='%'>x</a> %{y} &amp;", "\u202egnirts"]
names += ["مستشعر درجة الحرارة الداخلية", long + "A", long + "B", "a\\nb"]
names += ["👩‍🔬" * 20 + "1", "👩‍🔬" * 20 + "2", "n" * 999 + "Z"]
now = time.time()
i = np.arange(600)
times = now - 60 + i / 10
shapes = [np.sin(times), np.where(i % 50, 1e-308, 1e308), np.where(i % 9, times % 7, np.nan)]
shapes += [np.where(i % 70, np.cos(times), np.inf), np.ones(600), np.cos(times)]
shapes += [times % 3, times % 4, times % 5, times % 6]
buffer = ns.Buffer(timezone="Europe/Berlin")
buffer.extend(times, dict(zip(names, shapes)))
buffer.append(now + 3 * 3600, {"from tomorrow": 1.0})
buffer.units[names[0]] = "<b>°C</b>"
buffer.units[names[1]] = "%"
analyzer = ns.Analyzer(buffer, window="60s")
analyzer.alert("value > 0.5", channel=names[0], name=long + "<i>rule</i> A")
analyzer.alert("value > 0.6", channel=names[4], name=long + "<i>rule</i> B")
dashboard = ns.Dashboard(analyzer, title=names[0])
dashboard
"""


def test_evil_names_units_and_values_are_shown_as_they_are(lab: Lab) -> None:
    """Nothing runs, nothing is HTML, what differs at its end looks different, also beside odd numbers."""
    page = lab.open([EVIL, "ns.LiveChart(buffer, title=names[0])"])
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait("chart.data.lines.length === 11 && chart.plot.frame")
    table = page.page.locator(".nbs-table")
    rows = table.locator("tbody .nbs-name")
    expect(rows).to_have_count(11)
    expect(rows.first).to_have_text("<img src=x onerror=pwned=1>")
    expect(table.locator(".nbs-name img, .nbs-name a, .nbs-name b")).to_have_count(0)
    ends = rows.locator(".nbs-name-end")
    seen = ends.evaluate_all(
        "(nodes) => nodes.map((node) => [node.textContent,"
        " node.getBoundingClientRect().right <= node.closest('td, th').getBoundingClientRect().right + 1])"
    )
    assert all(is_seen for _, is_seen in seen), seen
    assert {text[-1] for text, _ in seen} >= {"A", "B", "1", "2", "Z"}
    page.page.mouse.move(*chart.place((0.5, 0.5)))
    expect(chart.root.locator(".nbs-readout")).to_contain_text("<img src=x")
    titles = page.page.locator(".nbs-feed-title")
    expect(titles.filter(has_text="rule</i> A").first).to_be_visible()
    expect(titles.filter(has_text="rule</i> B").first).to_be_visible()
    page.screenshot("told-evil")
    page.set_theme("JupyterLab Dark")
    chart.root.scroll_into_view_if_needed()
    page.screenshot("told-evil-dark")
    refused = "try: buffer.append(None, {'n' * 10_000: 1.0})\nexcept ValueError as why: print(why)"
    assert "at most 1,000 characters" in page.kernel_eval(refused)
    alone = PageChart(page, 1)
    alone.root.scroll_into_view_if_needed()
    alone.wait("chart.data.lines.length === 11 && chart.plot.frame")
    expect(alone.root.locator(".nbs-chart-title")).to_contain_text("<img src=x")
    legend = alone.root.locator(".nbs-legend-name")
    expect(legend.filter(has_text="<img src=x")).to_have_count(1)
    expect(alone.root.locator("img, a, b:not(.nbs-chart *)")).to_have_count(0)
    assert alone.read("chart.el.scrollWidth <= chart.el.clientWidth")
    page.screenshot("told-evil-alone")
    assert page.page.evaluate("() => globalThis.pwned ?? null") is None
