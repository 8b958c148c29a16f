"""The alert feed on a page: what people do about alerts, and how the page tells of them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until

ALERTS = '''
import time
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")
analyzer = ns.Analyzer(buffer)
analyzer.alert("value > 90", name="too hot", levels={"critical": "value > 97"})
analyzer.alert("value < 5", name="<b>too cold</b>", severity="info")

def read(*values):
    """Take in readings, a millisecond apart."""
    for value in values:
        buffer.append(time.time(), value=value)
        time.sleep(0.001)
    analyzer.update()
'''
PICTURED = "d = ns.Dashboard(analyzer, title='Boiler')\nd"
FAR = (
    "import ipywidgets\n"
    'ipywidgets.HTML(\'<div style="height: 3000px">a long page</div><p id="end">its end</p>\')'
)
HEAR_TONES = """
globalThis.tones = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) {
    globalThis.tones.push(this.frequency.value);
    return start.apply(this, when);
};
"""


@pytest.fixture
def page(lab: Lab) -> LabPage:
    """Open a page with the dashboard of a buffer that two rules watch, and a long way below it."""
    context = lab.new_context()
    context.add_init_script(HEAR_TONES)
    page = lab.open([ALERTS, PICTURED, FAR], context=context)
    page.run_all()
    page.hide_code()
    feed = page.page.locator(".nbs-feed")
    expect(feed).to_have_attribute("data-link", "live")
    # JupyterLab scrolls to the last cell that ran, a little later than it runs.
    wait_until(lambda: _is_seen(page, feed), 10, "the feed to be seen")
    return page


def _is_seen(page: LabPage, feed: Locator) -> bool:
    """Bring the feed into sight; return whether the kernel knows that it is."""
    feed.scroll_into_view_if_needed()
    return page.kernel_eval("print(d.feed._bell.n_listeners)") == "0"


def items(page: LabPage) -> Locator:
    """Return the incidents that the feed lists."""
    return page.page.locator(".nbs-feed-incident")


def leave_feed(page: LabPage) -> None:
    """Scroll until the feed is out of sight, and wait until the kernel knows."""
    page.page.locator("#end").scroll_into_view_if_needed()
    wait_until(
        lambda: page.kernel_eval("print(d.feed._bell.n_listeners)") == "1", 10, "the page to listen"
    )


def test_anomalies_stand_beside_alerts(page: LabPage) -> None:
    """What a detector flags is an item that says what was strange, and is found by its words."""
    page.kernel_eval("run = analyzer.detect('threshold', above=95); read(50, 3, 50, 99, 96, 98)")
    anomaly = page.page.locator(".nbs-feed-anomaly")
    expect(anomaly).to_contain_text("3 readings in")
    expect(anomaly).to_contain_text("value 99: 99 > 95")
    anomaly.scroll_into_view_if_needed()
    page.screenshot("feed-anomaly")
    page.page.locator(".nbs-feed").get_by_label("Severity").select_option("critical")
    expect(anomaly).to_have_count(0)
    expect(items(page)).to_have_count(1)


def test_alerts_are_acknowledged_snoozed_and_filtered(page: LabPage) -> None:
    """What a person does at an incident reaches the log, by mouse and by keyboard."""
    page.kernel_eval("read(50, 3, 50, 93, 99)")
    feed = page.page.locator(".nbs-feed")
    hot = items(page).filter(has_text="too hot")
    expect(hot).to_contain_text("critical since")
    expect(items(page).filter(has_text="<b>too cold</b>")).to_contain_text("resolved after")

    hot.get_by_role("button", name="acknowledge").press("Enter")
    why = hot.get_by_label("Reason, optional")
    expect(why).to_be_focused()
    why.press_sequentially("dd: pump is off")  # two d would delete the cell
    page.screenshot("feed-reason")
    why.press("Enter")
    expect(hot).to_contain_text("acknowledged by page")
    assert page.kernel_eval("print(analyzer.alerts.active[0].acknowledged.why)") == (
        "dd: pump is off"
    )
    expect(page.page.locator(".nbs-feed-list")).to_be_focused()

    hot.get_by_role("button", name="snooze").click()
    page.screenshot("feed-snooze")
    hot.get_by_role("button", name="1 h").click()
    silences = feed.locator(".nbs-silences")
    expect(silences).to_contain_text("“too hot” on “value” until")
    expect(hot.locator("[data-flag=silenced]")).to_have_text("silenced")
    page.screenshot("feed-silenced")
    silences.get_by_role("button", name="end").click()
    expect(silences).to_be_hidden()
    assert page.kernel_eval("print(analyzer.alerts.silences)") == "()"

    feed.get_by_label("firing only").check()
    expect(items(page)).to_have_count(1)
    feed.get_by_label("Filter by words").fill("cold")
    expect(feed.locator(".nbs-unmatched")).to_be_visible()
    feed.get_by_label("firing only").uncheck()
    expect(items(page)).to_have_count(1)
    expect(items(page)).to_contain_text("<b>too cold</b>")
    page.screenshot("feed-filtered")
    feed.get_by_label("Filter by words").press("Escape")
    expect(items(page)).to_have_count(2)

    page.page.set_viewport_size({"width": 760, "height": 900})
    page.page.evaluate(
        "jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })"
    )
    expect(page.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    hot.get_by_role("button", name="snooze").click()
    feed.get_by_role("button", name="notify: toast").click()
    feed.locator(".nbs-health").scroll_into_view_if_needed()
    page.screenshot("feed-narrow-dark")


def test_an_incident_that_ended_meanwhile_is_said_at_the_item(page: LabPage) -> None:
    """Who acknowledges too late reads why that was in vain."""
    page.kernel_eval("read(50, 93)")
    hot = items(page).filter(has_text="too hot")
    hot.get_by_role("button", name="acknowledge").click()
    page.kernel_eval("read(40)")
    expect(hot).to_contain_text("resolved after")
    hot.get_by_role("group", name="acknowledge").get_by_role("button", name="acknowledge").click()
    expect(hot.get_by_role("alert").first).to_contain_text("This incident is over")
    page.screenshot("feed-too-late")


def test_alerts_are_told_of_while_the_feed_is_out_of_sight(page: LabPage) -> None:
    """A toast and, for who wants it, a sound: what fires while the feed is far away is heard of."""
    toasts = page.page.locator(".nbs-toast")
    page.page.get_by_role("button", name="notify: toast").click()
    menu = page.page.get_by_role("group", name="Notify in this page")
    menu.get_by_label("a sound").check()
    wait_until(lambda: page.page.evaluate("tones.length") == 1, 10, "the sound of the choice")
    menu.get_by_label("desktop notifications").click()
    expect(menu).to_contain_text("blocks notifications")
    page.screenshot("feed-menu")

    # In sight it is heard and not shown twice.
    page.kernel_eval("read(50, 93, 50)")
    expect(items(page)).to_have_count(1)
    wait_until(lambda: page.page.evaluate("tones.length") == 2, 10, "the sound of the alert")
    expect(toasts).to_have_count(0)

    leave_feed(page)
    page.kernel_eval("read(50, 93)")
    expect(toasts).to_have_count(1)
    expect(toasts).to_contain_text("too hot")
    page.kernel_eval("read(3, 98)")
    critical = toasts.filter(has_text="critical")
    expect(critical).to_have_count(1)
    # A graver one sounds at once, in two tones.
    wait_until(lambda: page.page.evaluate("tones.slice(-1)[0]") == 880, 10, "its sound")
    # They come gently; a picture is taken when they are there.
    page.page.wait_for_function("document.getAnimations().every((a) => a.playState !== 'running')")
    page.screenshot("feed-toasts")
    box = page.page.locator(".nbs-toasts").bounding_box()
    assert box is not None
    assert box["width"] <= 360
    assert box["height"] <= 450

    critical.get_by_role("button").click()
    expect(critical).to_have_count(0)
    page.page.mouse.move(5, 5)  # one that is pointed at stays
    expect(toasts).to_have_count(0, timeout=15_000)


def test_a_page_that_comes_later_hears_of_what_is_new_only(lab: Lab, page: LabPage) -> None:
    """A second tab replays nothing; each tells by itself."""
    page.kernel_eval("read(50, 93, 50, 93)")
    expect(items(page)).to_have_count(2)
    page.save()
    again = lab.open(page.path, context=page.context)
    expect(items(again)).to_have_count(2)
    again.page.locator("#end").scroll_into_view_if_needed()
    leave_feed(again)
    expect(again.page.locator(".nbs-toast")).to_have_count(0)
    again.kernel_eval("read(50, 96)")
    expect(again.page.locator(".nbs-toast")).to_have_count(1)
    expect(again.page.locator(".nbs-toast")).to_contain_text("96 > 90")
