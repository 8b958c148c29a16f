"""What people do with the view of a live chart: zoom, pan, pause, look back, select, read values."""

from __future__ import annotations

import itertools
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.ui.charts import CHART, PageChart
from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until

WIDTH = "chart.plot.frame.to - chart.plot.frame.from"


@pytest.fixture
def shown(lab: Lab) -> tuple[LabPage, PageChart]:
    """Open a page with a live chart that is on the screen as a whole."""
    page = lab.open(CHART)
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait_live()
    chart.wait("chart.data.newest - chart.data.lines[0].times[chart.data.lines[0].start] > 4000")
    return page, chart


def test_a_zoom_follows_and_the_chips_lead_back(shown: tuple[LabPage, PageChart]) -> None:
    """Wheel and keys zoom once the chart has the focus, and it follows; a chip shows the window again."""
    page, chart = shown
    mouse = chart.page.mouse
    mouse.move(*chart.place((0.9, 0.5)))
    mouse.wheel(0, -200)
    assert chart.read("chart.viewport.zoomedWidth") is None  # a page is scrolled by its wheel
    mouse.click(*chart.place((0.9, 0.5)))
    mouse.wheel(0, -200)
    chart.wait(f"{WIDTH} < 9000 && chart.viewport.isFollowing")
    begin, end = chart.span()
    chart.page.keyboard.press("+")
    chart.wait(f"{WIDTH} < given", argument=0.9 * (end - begin))
    chart.wait("chart.plot.frame.to > given + 300", argument=end)
    width = chart.read(WIDTH)
    expect(chart.root.locator(".nbs-whole")).to_contain_text("window 10s · view")
    chart.page.keyboard.press("Space")
    expect(chart.badge).to_have_text("paused")
    chart.page.keyboard.press("Space")
    expect(chart.badge).to_have_text("live")
    chart.wait(f"Math.abs({WIDTH} - given) < 50", argument=width)  # it survives a pause
    page.screenshot("view-zoomed")
    chart.root.locator(".nbs-whole").click()
    chart.wait_span(10)


def test_panning_away_detaches_and_nothing_jumps(shown: tuple[LabPage, PageChart]) -> None:
    """Dragged into the past the view stays where it is while data come; the chip counts them."""
    page, chart = shown
    chart.tool("Pan").click()
    chart.drag((0.3, 0.5), (0.7, 0.5))
    expect(chart.jump).to_contain_text("paused · jump to live")
    span = chart.span()
    chart.wait_newer()
    chart.wait_newer()
    assert chart.stays_at(span)
    expect(chart.jump).to_contain_text("(+")
    page.screenshot("view-panned")
    chart.page.keyboard.press("l")
    expect(chart.badge).to_have_text("live")
    chart.wait_span(10)


def test_the_y_axis_is_fixed_by_hand_and_fits_again(shown: tuple[LabPage, PageChart]) -> None:
    """A drag on the y axis fixes it, whatever comes; a chip says so and lets it fit again."""
    page, chart = shown
    left, top = chart.place((0, 0.4))
    mouse = chart.page.mouse
    mouse.move(left - 25, top)
    mouse.down()
    mouse.move(left - 25, top + 80, steps=5)
    mouse.up()
    chip = chart.root.locator(".nbs-fit")
    expect(chip).to_have_text("y fixed · fit")
    fixed = chart.y_range()
    page.kernel_eval("buffer.append(None, value=500.0)")
    chart.wait("chart.data.lines[0].range(0, Infinity)[1] === 500")
    assert chart.y_range() == fixed
    chip.click()
    chart.wait("chart.plot.frame.rows[0].axes[0].top > 400")
    expect(chip).to_be_hidden()


def test_a_selected_span_is_told_and_is_a_table_in_python(shown: tuple[LabPage, PageChart]) -> None:
    """A span that was dragged over says what its readings come to; `chart.selection` holds them."""
    page, chart = shown
    assert page.kernel_eval("print(chart.selection)") == "None"
    chart.tool("Select").click()
    chart.drag((0.7, 0.3), (0.9, 0.6))
    panel = chart.root.locator(".nbs-selection")
    for word in ("count", "mean", "rms", "std", "peak-to-peak", "value"):
        expect(panel).to_contain_text(word)
    page.screenshot("view-selected")
    n = int(page.kernel_eval("print(chart.selection['value'].count())"))
    expect(panel).to_contain_text(f"{n:,}")
    assert 20 < n < 200
    chart.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    wait_until(lambda: page.kernel_eval("print(chart.selection)") == "None", 15, "no selection")


def test_the_strip_reaches_all_that_the_buffer_holds(lab: Lab) -> None:
    """The strip shows the whole buffer; its brush moves the view there, with points of its own resolution."""
    page = lab.open(
        [
            "import time\nimport numpy as np\nimport nbstream as ns\n"
            "n = 360_000\nbuffer = ns.Buffer(timezone='UTC')\nend = time.time()\n"
            "values = np.sin(np.arange(n) / 5000)\nvalues[9000] = 9\n"
            "buffer.extend(end - (n - np.arange(n)) / 100, x=values)",
            "chart = ns.LiveChart(buffer, window='10s')\nchart",
        ]
    )
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait(
        "chart.plot.frame && chart.overview.bins?.n > 60 && chart.data.lines[0]?.length > 99"
    )
    box = chart.root.locator(".nbs-overview").bounding_box()
    assert box is not None
    chart.page.mouse.click(box["x"] + 1 + box["width"] * 9000 / 360_000, box["y"] + 10)
    chart.wait("chart.history.held && chart.history.lines[0].length > 99")
    chart.wait("chart.history.lines[0].range(0, Infinity)[1] === 9")
    # Raw readings, for they fit: a hundred a second, of the view and of what lies beside it.
    begin, end = chart.span()
    seen = chart.read(
        f"chart.history.lines[0].indexOf({end}) - chart.history.lines[0].indexOf({begin})"
    )
    assert seen == pytest.approx((end - begin) / 10, abs=2)
    expect(chart.jump).to_be_visible()
    page.screenshot("view-strip")


def test_values_of_all_channels_at_the_cursor(lab: Lab) -> None:
    """The readout lists every channel with its unit, and moves by keys from reading to reading."""
    page = lab.open(
        [
            "import time\nimport numpy as np\nimport nbstream as ns\n"
            "buffer = ns.Buffer(timezone='UTC')\nbuffer.units.update(t='°C', rh='%', p='Pa')\n"
            "at = time.time() - 60 + np.arange(60)\n"
            "buffer.extend(at, t=20 + np.sin(at), rh=50 + 5 * np.cos(at), p=101_325 + 40 * np.sin(at / 3))",
            "chart = ns.LiveChart(buffer, window='60s', title='Room')\nchart",
        ]
    )
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait("chart.plot.frame?.rows.length === 3 && chart.data.lines.length === 3")
    for row in range(3):  # each fills its own axis: none is a flat line under another
        low, high = chart.y_range(row)
        seen = chart.read(f"chart.data.lines[{row}].range(0, Infinity)")
        assert (seen[1] - seen[0]) / (high - low) > 0.5, row
    chart.page.mouse.move(*chart.place((0.5, 0.1)))
    readout = chart.root.locator(".nbs-readout")
    for word in ("°C", "%", "Pa"):
        expect(readout).to_contain_text(word)
    page.screenshot("view-units")
    chart.page.mouse.click(*chart.place((0.5, 0.1)))
    chart.page.keyboard.press("Shift+ArrowLeft")
    first = readout.inner_text()
    chart.page.keyboard.press("Shift+ArrowLeft")
    expect(readout).not_to_have_text(first)
    expect(chart.root.locator(".nbs-crosshair [role=status]")).to_contain_text("°C")


def test_silence_is_seen_as_blank_that_grows(shown: tuple[LabPage, PageChart]) -> None:
    """While nothing comes the axis runs on with the clock; when data return the view does not step back."""
    page, chart = shown
    page.kernel_eval("feed.stopped.set()")
    newest = chart.read("chart.data.newest")
    chart.wait("chart.plot.frame.to > given + 4000", 12, newest)
    expect(chart.badge).to_contain_text("no new data for")
    assert chart.read("chart.data.newest") == pytest.approx(newest, abs=200)
    page.screenshot("view-silence")
    page.page.evaluate(
        """() => {
            const chart = [...globalThis.__nbstream.charts.values()][0];
            globalThis.edges = [];
            const look = () => { globalThis.edges.push(chart.plot.frame.to); requestAnimationFrame(look); };
            look();
        }"""
    )
    page.kernel_eval("feed = Feed(); feed.start()")
    chart.wait_newer()
    expect(chart.badge).to_have_text("live")
    chart.wait_newer()
    edges = page.page.evaluate("globalThis.edges")
    steps = [b - a for a, b in itertools.pairwise(edges)]
    assert min(steps) > -100  # a column of the plot


def test_incidents_notes_and_limits_stand_on_the_chart(shown: tuple[LabPage, PageChart]) -> None:
    """An incident is a band, a note is written with a key, and a limit is dragged with a preview."""
    page, chart = shown
    page.kernel_eval("rule = chart.analyzer.alert('value > 80', name='hot')")
    chart.wait("chart.data.incidents.all.some(({ rule }) => rule === 'hot')", 15)
    chart.write_note((0.6, 0.3), "pump on")
    chart.wait("chart.data.meta.markers.length === 1")
    assert page.kernel_eval("print(buffer.marks[-1].text)") == "pump on"
    chart.drag_limit(40)
    page.screenshot("view-limit")
    wait_until(lambda: 40 < float(page.kernel_eval("print(rule.limits[0])")) < 78, 10, "the limit")


def test_a_zoom_is_taken_back_and_live_keeps_its_width(shown: tuple[LabPage, PageChart]) -> None:
    """Ctrl+Z leads back view by view; the way to live keeps the width, a second one shows all."""
    _, chart = shown
    keyboard = chart.page.keyboard
    chart.drag((0.3, 0.5), (0.7, 0.5))
    chart.wait_span(4)
    chart.jump.click()
    expect(chart.badge).to_have_text("live")
    chart.wait_span(4)
    chart.root.locator(".nbs-plot").focus()
    keyboard.press("Control+z")
    expect(chart.badge).to_have_text("looking back")
    chart.wait_span(4)
    keyboard.press("Backspace")
    expect(chart.badge).to_have_text("live")
    chart.wait_span(10)
    keyboard.press("Backspace")
    expect(chart.root.locator(".nbs-told")).to_contain_text("no view before")
    chart.drag((0.3, 0.5), (0.7, 0.5))
    chart.wait_span(4)
    keyboard.press("l")
    expect(chart.badge).to_have_text("live")
    chart.wait_span(4)
    keyboard.press("l")
    chart.wait_span(10)


def test_a_dashboard_in_a_column_says_title_and_state_to_their_end(lab: Lab) -> None:
    """Beside the file browser title and state are whole, and the plot says what it waits for."""
    page = lab.open(
        [
            "import nbstream as ns\nns.watch('streaming_data.csv', wait=True, title='streaming_data.csv')"
        ]
    )
    page.run_all()
    expect(page.page.locator(".nbs-plot-empty")).to_contain_text("waiting for streaming_data.csv")
    page.screenshot("waiting")
    for name in (".nbs-title", ".nbs-badge-text"):
        text = page.page.locator(name)
        assert text.evaluate("(el) => el.scrollWidth <= el.clientWidth"), text.inner_text()


SLOW = """
import time
import nbstream as ns
from nbstream.widgets.default_window import fit_window

buffer = ns.Buffer(timezone="UTC")
now = time.time()
buffer.extend([now - 120, now - 60], value=[1.0, 2.0])
analyzer = ns.Analyzer(buffer)
fit_window(analyzer)
chart = ns.LiveChart(analyzer)
chart
"""
EDGES = """(() => {
    globalThis.seen = [];
    const { plot } = chart;
    const paint = plot.paint.bind(plot);
    plot.paint = (from, to, now) => {
        const line = chart.data.lines[0];
        globalThis.seen.push([from, to, line ? line.length : 0]);
        return paint(from, to, now);
    };
})()"""


def test_a_window_that_is_fitted_moves_no_view_that_was_chosen(lab: Lab) -> None:
    """A zoomed view stays as it is; one of the window widens at once around the same right end."""
    page = lab.open([SLOW])
    page.run_all()
    chart = PageChart(page)
    chart.wait("chart.data.lines.length === 1 && chart.data.meta.window === '60s'")
    chart.read(EDGES)
    page.kernel_eval("buffer.append(time.time(), value=3.0)")
    chart.wait("chart.data.meta.window === '1h'")
    chart.wait("chart.plot.frame.to - chart.plot.frame.from > 3.5e6")
    seen = chart.read("globalThis.seen")
    widths = {round((to - begin) / 1000) for begin, to, _ in seen}
    assert widths == {60, 3600}
    assert min(n for *_, n in seen) > 0
    ends = [to for _, to, _ in seen]
    assert max(abs(b - a) for a, b in pairwise(ends)) < 61e3
    page.screenshot("fitted-window")

    page.kernel_eval("analyzer.window = '60s'")
    chart.wait("chart.data.meta.window === '60s'")
    chart.read("chart.lookAt(chart.plot.frame.to - 300e3, chart.plot.frame.to - 260e3)")
    chart.wait("!chart.viewport.isFollowing && chart.plot.frame.to - chart.plot.frame.from < 41e3")
    span = chart.span()
    page.kernel_eval("fit_window(analyzer)")
    chart.wait("chart.data.meta.window === '1h'")
    assert chart.stays_at(span)


def test_each_channel_gets_a_row_by_the_menu(lab: Lab) -> None:
    """Channels without units that are far apart are two lines that can be read, and one plot again."""
    page = lab.open(
        [
            "import time\nimport nbstream as ns\nbuffer = ns.Buffer(timezone='UTC')\n"
            "for i in range(60):\n    buffer.append(time.time() - 60 + i, small=i % 7, large=1e6 + i)",
            "ns.LiveChart(buffer)",
        ]
    )
    page.run_all()
    chart = PageChart(page)
    chart.wait("chart.plot.frame?.rows.length === 1 && chart.data.lines.length === 2")
    for n_rows in (2, 1):
        page.page.get_by_role("button", name="More", exact=True).click()
        page.page.get_by_role("menuitemcheckbox", name="A row for each channel").click()
        chart.wait(f"chart.plot.frame.rows.length === {n_rows}")
    page.screenshot("rows")
