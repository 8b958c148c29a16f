"""LiveChart on a real JupyterLab page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.acts import each_has_its_own_view
from tests.ui.charts import CHART, PageChart
from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until


def test_it_draws_and_scrolls(live: tuple[LabPage, PageChart]) -> None:
    """The line is painted, its newest reading moves on, and the y axis fits it."""
    page, chart = live
    chart.wait("chart.data.newest - chart.data.lines[0].times[chart.data.lines[0].start] > 3000")
    assert chart.n_inked() > 200
    bottom, top = chart.y_range()
    assert bottom < chart.read("chart.data.lines[0].range(0, Infinity)[0]") < top
    chart.wait("chart.plot.frame.to > given + 500", argument=chart.span()[1])
    page.screenshot("chart-live")
    assert page.external_requests == []


def test_it_follows_user_layout(live: tuple[LabPage, PageChart]) -> None:
    """update_layout, add_hline and trace styles work as on any FigureWidget, while it is live."""
    page, chart = live
    page.kernel_eval(
        "chart.update_layout(title_text='Mine'); chart.add_hline(y=20, line_color='red');"
        "chart.data[0].line.color = 'rgb(1, 2, 3)'; chart.data[0].name = 'other'"
    )
    expect(chart.root.locator(".nbs-chart-title")).to_have_text("Mine")
    chart.wait("chart.data.meta.figure.shapes.some((shape) => shape.y0 === 20)")
    chart.wait("chart.lines[0].color === 'rgb(1, 2, 3)'")
    expect(chart.root.locator(".nbs-legend-name")).to_have_text("other")
    wait_until(lambda: chart.n_inked() > 200, 15, "the line in its colour")
    chart.wait_newer()


def test_a_channel_whose_clock_is_ahead_does_not_move_the_view(
    live: tuple[LabPage, PageChart],
) -> None:
    """The chart goes on showing the readings of now, of all channels."""
    page, chart = live
    page.kernel_eval("buffer.append(time.time() + 3 * 3600, early=60.0)")
    chart.wait("chart.data.lines.length === 2 && chart.data.lines[1].length > 0")
    chart.wait_newer()
    edge = chart.span()[1]
    chart.wait("chart.plot.frame.to > given + 500", argument=edge)
    assert chart.read("chart.data.lines[1].times[chart.data.lines[1].start]") > edge + 3e6
    assert chart.n_inked() > 200


def test_pause_and_resume(live: tuple[LabPage, PageChart]) -> None:
    """Pause stops the view; the data goes on; resume follows again; Python pauses all views."""
    page, chart = live
    chart.root.get_by_role("button", name="Pause").click()
    expect(chart.badge).to_have_text("paused")
    chart.wait("chart.history.held && chart.history.lines[0].length > 5")
    painted = chart.span()
    expect(chart.jump).to_contain_text("jump to live (+")
    chart.wait_newer()
    assert chart.stays_at(painted)
    assert chart.n_inked() > 200
    page.screenshot("chart-paused")

    chart.jump.click()
    expect(chart.badge).to_have_text("live")
    chart.wait("chart.plot.frame.to > given + 300", argument=painted[1])
    page.kernel_eval("chart.pause()")
    expect(chart.badge).to_have_text("paused")
    page.kernel_eval("chart.resume()")
    expect(chart.badge).to_have_text("live")


def test_zoom_into_history_stays_there(live: tuple[LabPage, PageChart]) -> None:
    """A zoom away from the live edge stands still with finer points; a double click goes back."""
    page, chart = live
    chart.wait("chart.data.lines[0].length > 150")
    chart.drag((0.7, 0.5), (0.85, 0.5))
    expect(chart.badge).to_have_text("looking back")
    chart.wait("chart.history.held && chart.history.lines[0].length > 5")
    shown = chart.span()
    assert 500 < shown[1] - shown[0] < 4000
    chart.wait_newer()
    assert chart.stays_at(shown)
    page.screenshot("chart-history")

    chart.page.mouse.dblclick(*chart.place((0.5, 0.5)))
    expect(chart.badge).to_have_text("live")
    chart.wait_span(10)


def test_zoom_at_the_live_edge_goes_on_following(live: tuple[LabPage, PageChart]) -> None:
    """A zoom that reaches the live edge keeps its width and follows."""
    page, chart = live
    chart.drag((0.6, 0.5), (0.999, 0.5))
    chart.wait("chart.plot.frame.to - chart.plot.frame.from < 5000 && chart.viewport.isFollowing")
    begin, end = chart.span()
    assert end - begin > 3000
    chart.wait("chart.plot.frame.to > given + 300", argument=end)
    chart.wait_span((end - begin) / 1000)
    expect(chart.root.locator(".nbs-whole")).to_contain_text("window 10s · view")
    chart.tool("Back to live").click()
    chart.wait_span(10)
    page.screenshot("chart-followed")


def test_window_choice(live: tuple[LabPage, PageChart]) -> None:
    """The choice on the chart changes the view and the statistics."""
    page, chart = live
    chart.root.get_by_label("Window").select_option("60s")
    wait_until(lambda: page.kernel_eval("print(chart.analyzer.window)") == "60s", 10, "the window")
    chart.wait_span(60)
    page.kernel_eval("chart.analyzer.window = 100")
    expect(chart.root.get_by_label("Window")).to_have_value("100")
    chart.wait("chart.plot.frame.to - chart.plot.frame.from < 5000")


def test_values_at_the_cursor_while_live(live: tuple[LabPage, PageChart]) -> None:
    """The crosshair shows the values under the cursor and changes while the line moves under it."""
    page, chart = live
    chart.wait("chart.data.lines[0].length > 150")
    chart.page.mouse.move(*chart.place((0.5, 0.5)))
    readout = chart.root.locator(".nbs-readout")
    expect(readout).to_contain_text("value")
    first = readout.inner_text()
    expect(readout).not_to_have_text(first)
    page.screenshot("chart-cursor")


def test_two_views_in_one_page(lab: Lab) -> None:
    """A chart that is displayed twice is live in both places by itself; removing one leaves the other."""
    page = lab.open([*CHART, "chart"])
    page.page.set_viewport_size({"width": 1280, "height": 1400})
    page.run_all()
    page.hide_code()  # a chart out of sight is sent nothing
    charts = page.page.locator(".nbs-chart")
    expect(charts).to_have_count(2)
    wait_until(lambda: page.kernel_eval("print(chart.n_views)") == "2", 10, "two views")
    views = [PageChart(page, number) for number in range(2)]
    for view in views:
        view.wait_live()
    each_has_its_own_view(*views)
    page.kernel_eval("chart.update_layout(title_text='Both')")
    for number in range(2):
        expect(charts.nth(number).locator(".nbs-chart-title")).to_have_text("Both")
    page.page.evaluate(
        """() => { const { content } = jupyterapp.shell.currentWidget;
                   content.widgets[2].model.clearExecution(); }"""
    )
    expect(charts).to_have_count(1)
    wait_until(lambda: page.kernel_eval("print(chart.n_views)") == "1", 10, "one view")
    page.kernel_eval("chart.update_layout(title_text='One'); chart.data[0].name = 'left'")
    expect(charts.locator(".nbs-chart-title")).to_have_text("One")


def test_reload_shows_present_data(live: tuple[LabPage, PageChart]) -> None:
    """After a reload of the page the chart has the data and layout of now, not of its first display."""
    page, chart = live
    page.kernel_eval("chart.update_layout(title_text='Later')")
    page.save()
    before = chart.read("chart.data.newest")
    page.reload()
    again = PageChart(page)
    again.wait_live()
    again.wait("chart.data.newest > given", argument=before)
    again.wait("chart.data.lines[0].times[chart.data.lines[0].start] < given", argument=before)
    expect(again.root.locator(".nbs-chart-title")).to_have_text("Later")


def test_second_tab(lab: Lab) -> None:
    """A second tab of the notebook is live too, with a view of its own; closing it leaves the first."""
    page = lab.open(CHART)
    page.run_all()
    first = PageChart(page)
    first.wait_live()
    page.save()
    tab = lab.open(page.path, context=page.context)
    second = PageChart(tab)
    second.wait_live()
    wait_until(lambda: page.kernel_eval("print(chart.n_views)") == "2", 10, "two views")
    each_has_its_own_view(first, second)
    tab.close()
    wait_until(lambda: page.kernel_eval("print(chart.n_views)") == "1", 10, "one view")
    first.wait_newer()
    expect(first.badge).to_have_text("live")


def test_busy_cell(live: tuple[LabPage, PageChart]) -> None:
    """While a cell runs the chart goes on at a lower rate and says why."""
    page, chart = live
    page.page.evaluate(
        "() => void jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute("
        "{ code: 'import time; time.sleep(10)' })"
    )
    expect(chart.badge).to_have_text("kernel busy: slowed")
    chart.wait_newer()
    chart.wait_newer()
    assert chart.read("chart.link.state") == "busy"
    page.wait_idle()
    expect(chart.badge).to_have_text("live")


def test_hidden_tab(live: tuple[LabPage, PageChart]) -> None:
    """Nothing is sent to a hidden page, and it is up to date at once when it is shown again."""
    page, chart = live
    _set_hidden(page, hidden=True)
    wait_until(lambda: page.kernel_eval("print(chart.n_views)") == "0", 10, "no view")
    sent = page.kernel_eval("print(chart.n_frames)")
    grown = "len(buffer) > {n} + 100"
    n = page.kernel_eval("print(len(buffer))")
    wait_until(
        lambda: page.kernel_eval(f"print({grown.format(n=n)})") == "True", 15, "a hundred readings"
    )
    assert page.kernel_eval("print(chart.n_frames)") == sent
    _set_hidden(page, hidden=False)
    chart.wait("Date.now() - chart.data.newest < 1500")
    expect(chart.badge).to_have_text("live")


def test_kernel_restart(live: tuple[LabPage, PageChart]) -> None:
    """After a restart of the kernel the chart says so, and what to do."""
    page, chart = live
    chart.root.get_by_role("button", name="Pause").click()
    expect(chart.jump).to_be_visible()
    page.restart_kernel()
    expect(chart.badge).to_have_text("kernel restarted: run the cell again", timeout=10_000)
    expect(chart.jump).to_be_hidden()  # there is no live edge any more
    page.screenshot("chart-restarted")


def test_cell_run_twice(live: tuple[LabPage, PageChart]) -> None:
    """Running the cell again replaces the chart: one view, one analyzer thread."""
    page, _ = live
    page.kernel_eval("first = chart")
    page.run_cell(1)
    PageChart(page).wait_live()
    assert page.kernel_eval("print(first.is_closed, first.analyzer.is_closed)") == "True True"
    counted = "print(sum(t.name == 'nbstream-analyzer' for t in threading.enumerate()))"
    wait_until(lambda: page.kernel_eval(counted) == "1", 15, "the end of the first thread")
    expect(page.page.locator(".nbs-chart")).to_have_count(1)


def test_flagged_readings_are_marked(live: tuple[LabPage, PageChart]) -> None:
    """What a detector flags has a ring at once, and its reason at the cursor; a reload keeps both."""
    page, chart = live
    page.kernel_eval("run = chart.analyzer.detect('threshold', above=85)")
    page.kernel_eval("buffer.append(None, value=120.0)")
    chart.wait("chart.data.marks.all.some((mark) => mark.value === 120)")
    chart.wait("chart.data.marks.inView(0, chart.plot.frame).length > 0")
    chart.root.get_by_role("button", name="Pause").click()
    chart.wait("chart.viewport.isPaused && !chart.plot.hasNews")
    assert chart.y_range()[1] > 120
    x, y = chart.read(
        """(() => {
            const { left, top } = chart.plot.el.getBoundingClientRect();
            const mark = chart.data.marks.all.find(({ value }) => value === 120);
            return [left + chart.plot.xOf(mark.time), top + chart.plot.frame.top + 20];
        })()"""
    )
    chart.page.mouse.move(x, y)
    reason = chart.root.locator(".nbs-readout-reason")
    expect(reason.first).to_contain_text("120")
    page.screenshot("chart-marked")
    chart.jump.click()
    page.save()
    page.reload()
    again = PageChart(page)
    again.wait("chart.data.marks.all.some((mark) => mark.value === 120)")
    assert page.kernel_eval("print(run.score_channel in buffer.channels)") == "True"
    assert page.kernel_eval("print(len(chart.data))") == "1"


def test_dark_theme(live: tuple[LabPage, PageChart]) -> None:
    """The chart follows the notebook's theme: its text and its lines get other colours."""
    page, chart = live
    levels = "{'critical': 'value > 85'}"
    page.kernel_eval(f"chart.analyzer.alert('value > 70', name='hot', levels={levels})")
    chart.wait("chart.data.meta.figure.thresholds.length === 2")
    light = chart.read("chart.lines[0].color")
    page.set_theme("JupyterLab Dark")
    chart.wait("chart.lines[0].color !== given", argument=light)
    wait_until(lambda: chart.n_inked() > 200, 15, "the line in its new colour")
    expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot("chart-dark")


def test_a_style_that_the_canvas_cannot_draw(live: tuple[LabPage, PageChart]) -> None:
    """Traces of the user's own are drawn by plotly, in their place, while the live lines go on."""
    page, chart = live
    begin = page.kernel_eval(
        "begin = np.datetime64('now', 'ms') - np.timedelta64(1, 's');"
        "chart.add_scatter(x=[begin, begin + np.timedelta64(60, 's')], y=[20, 20], name='mine');"
        "print(begin.astype(int))"
    )
    line = chart.root.locator(".nbs-guests .scatterlayer .js-line")
    expect(line).to_have_count(1, timeout=20_000)
    chart.wait_newer()
    off = chart.read(
        f"""chart.plot.el.querySelector(".nbs-guests .js-line").getBoundingClientRect().left
            - chart.plot.el.getBoundingClientRect().left - chart.plot.xOf({begin})"""
    )
    assert abs(off) < 5


def test_static_copies_hold_the_points(live: tuple[LabPage, PageChart]) -> None:
    """to_html and to_figure hold the points that the live traces do not."""
    page, _ = live
    assert page.kernel_eval("print(len(chart.data[0].x))") == "1"
    assert int(page.kernel_eval("print(len(chart.to_figure().data[0].x))")) > 5
    assert int(page.kernel_eval("print(len(chart.to_html(include_plotlyjs=False)))")) > 2000


def _set_hidden(page: LabPage, *, hidden: bool) -> None:
    """Make the page believe that its tab is hidden, or shown again."""
    page.page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
            Object.defineProperty(document, 'visibilityState',
                { value: hidden ? 'hidden' : 'visible', configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }""",
        hidden,
    )


PAUSES = """
import time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
now = time.time()
seconds = np.arange(120.0)
seconds = seconds[(seconds < 50) | (seconds > 70)]  # a pause of 22 s
buffer.extend(now - 120 + seconds, value=np.sin(seconds / 5))
chart = ns.LiveChart(buffer, window="5min")
chart
"""
N_BREAKS = """(({ values, start, end }) =>
    [...values.slice(start, end)].filter(Number.isNaN).length)(chart.data.lines[0])"""


def test_the_gap_is_chosen_from_the_menu(lab: Lab) -> None:
    """By keys alone: "never" joins what a pause parts, seconds part it again, and Python is told."""
    page = lab.open([PAUSES])
    page.run_all()
    chart = PageChart(page)
    chart.wait("chart.lines.length === 1 && chart.plot.frame")
    wait_until(lambda: chart.read(N_BREAKS) == 1, 10, "the break")
    keyboard = page.page.keyboard

    def choose(said: str, text: str) -> None:
        chart.tool("More").focus()
        keyboard.press("Enter")
        expect(chart.root.get_by_role("menuitem", name=f"Gap: {said}…")).to_be_visible()
        keyboard.press("g")
        keyboard.press("Enter")
        field = chart.root.locator(".nbs-gap-field input")
        expect(field).to_be_focused()
        field.fill(text)
        keyboard.press("Enter")

    choose("auto", "soon")
    expect(chart.root.locator(".nbs-gap-hint")).to_have_text(
        "write seconds above 0, never, or nothing"
    )
    page.screenshot("gap-field")
    keyboard.press("Escape")
    expect(chart.root.locator(".nbs-gap-field")).to_be_hidden()
    choose("auto", "never")
    wait_until(lambda: chart.read(N_BREAKS) == 0, 10, "the line without a break")
    assert page.kernel_eval("print(chart.gap)") == "never"
    choose("never", "20 s")
    wait_until(lambda: chart.read(N_BREAKS) == 1, 10, "the break again")
    assert page.kernel_eval("print(chart.gap)") == "20.0"
    page.kernel_eval("chart.gap = 22.5")
    wait_until(lambda: chart.read(N_BREAKS) == 0, 10, "the line that Python joined")
    choose("22.5 s", "")
    wait_until(lambda: page.kernel_eval("print(chart.gap)") == "None", 10, "what is usual")
    expect(chart.root.locator(".nbs-plot")).to_be_focused()
