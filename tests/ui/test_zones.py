"""The wall clock of a chart: zones of the source, days on which clocks are set, and zones that are mixed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.ui.charts import PageChart
from tests.ui.jupyter import Lab

SETUP = """
import numpy as np
import pandas as pd
import nbstream as ns

def over(begin, hours, zone):
    \"\"\"Return the chart of a reading a minute, for so many hours after a time of UTC.\"\"\"
    buffer = ns.Buffer(timezone=zone)
    n = hours * 60
    times = pd.date_range(begin, periods=n, freq="min", tz="UTC")
    buffer.extend(times, x=np.arange(float(n)))
    buffer.mark("in the middle", times[n // 2])
    return ns.LiveChart(buffer, window="all", height=240, title=f"{zone}, {begin}")
"""
DAYS = [
    ("2026-03-28 22:00", "Europe/Berlin"),
    ("2026-10-24 22:00", "Europe/Berlin"),
    ("2026-03-08 04:00", "America/New_York"),
    ("2026-11-01 03:00", "America/New_York"),
]
HOURS = 8
HOUR_MS = 3_600_000
HALF_HOUR_MS = HOUR_MS / 2
CLOCK = re.compile(r"\d\d:\d\d")
MIXED = """
begin = pd.Timestamp("2026-10-24 23:00", tz="UTC")
times = pd.date_range(begin, periods=4 * 60, freq="min", tz="UTC")
mixed = ns.Buffer(timezone="Europe/Berlin")
for zone in ("Europe/Berlin", "America/New_York", "Asia/Kolkata"):
    mixed.extend(times.tz_convert(zone), {zone: np.arange(240.0)})
mixed_chart = ns.LiveChart(mixed, window="all", height=240, title="Mixed")
mixed_chart
"""
LONG = """
end = pd.Timestamp.now("UTC")
recent = ns.Buffer(timezone="UTC")
recent.extend(end - pd.to_timedelta(np.arange(1800.0)[::-1], unit="min"), x=np.arange(1800.0))
recent_chart = ns.LiveChart(recent, window="all", height=240, title="30 hours")
recent_chart
"""
# What is written on each canvas, and where; the newest of a text counts.
LISTEN = """
globalThis.written = new Map();
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    const { canvas } = this;
    if (!written.has(canvas)) written.set(canvas, []);
    const now = performance.now();
    const texts = written.get(canvas).filter(({ at }) => now - at < 20);
    written.set(canvas, [...texts, { text, x, y, at: now }]);
    return fillText.call(this, text, x, y, ...rest);
};
"""
WRITTEN = "written.get(chart.plot.canvas).map(({ text, x }) => [text, x / chart.plot.frame.ratio])"


def wall(zone: str, ms: float) -> datetime:
    """Return what clocks of a zone show at a time in epoch ms."""
    return datetime.fromtimestamp(ms / 1e3, ZoneInfo(zone))


def offset(at: datetime) -> str:
    """Return how far clocks are ahead of UTC, as the page writes it."""
    minutes = round((at.utcoffset() or timedelta(0)).total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def told_at(chart: PageChart, share: float) -> tuple[str, float]:
    """Return what the cursor says at a share of the plot's width, and the time of the reading there."""
    chart.page.mouse.move(*chart.place((share, 0.5)))
    readout = chart.root.locator(".nbs-readout-time")
    expect(readout).to_be_visible()
    chart.wait("chart.crosshair.toldTime !== null")
    time = chart.read(
        "((line) => line.times[line.nearest(chart.crosshair.toldTime)])(chart.data.lines[0])"
    )
    return readout.inner_text(), time


def check_clocks(chart: PageChart, zone: str) -> None:
    """Assert that ticks, cursor and strip of a chart show the clocks of a zone, set on that day."""
    chart.root.scroll_into_view_if_needed()
    chart.wait(
        "chart.plot.frame && chart.data.lines[0]?.length === given && chart.overview.bins?.n",
        argument=60 * HOURS,
    )
    chart.wait("chart.plot.frame.to - chart.plot.frame.from > given", argument=7.9 * HOUR_MS)
    chart.wait("!chart.plot.hasNews")
    begin, end = chart.span()
    left, width, ticks = chart.read(f"[chart.plot.frame.left, chart.plot.frame.width, {WRITTEN}]")
    per_px = (end - begin) / width
    hours = [(begin + (x - left) * per_px, text) for text, x in ticks if CLOCK.fullmatch(text)]
    assert len(hours) >= 5
    assert all(b > a for (a, _), (b, _) in pairwise(hours))
    for ms, text in hours:
        rounded = round(ms / HALF_HOUR_MS) * HALF_HOUR_MS
        assert abs(rounded - ms) < 2 * per_px
        assert f"{wall(zone, rounded):%H:%M}" == text
    assert offset(wall(zone, begin)) != offset(wall(zone, end))
    assert offset(wall(zone, end)) in [text for text, _ in ticks]

    cursor = [told_at(chart, share / 20) for share in range(1, 20)]
    assert all(b > a for (_, a), (_, b) in pairwise(cursor))
    for text, ms in cursor:
        at = wall(zone, ms)
        assert text == f"{at:%Y-%m-%d %H:%M:%S} {offset(at)}"
    noted = chart.root.locator(".nbs-event[data-kind=note]")
    time = chart.read("chart.data.meta.markers[0][0]")
    title = noted.get_attribute("title")
    assert title is not None
    assert title.startswith(f"{wall(zone, time):%Y-%m-%d %H:%M:%S} ")


@pytest.mark.timeout(180)
def test_clocks_that_are_set_and_zones_that_are_mixed(lab: Lab) -> None:
    """Ticks, cursor and strip have the clocks of the source's zone, set or not, wherever the browser is.

    Channels of several zones stand at the same time; a view of more than a day tells the day.
    """
    shown = [f"over({begin!r}, {HOURS}, {zone!r})" for begin, zone in DAYS]
    context = lab.browser.new_context(timezone_id="Asia/Kolkata")
    lab.contexts.append(context)
    page = lab.open([SETUP, *shown, MIXED, LONG], context=context)
    page.page.set_viewport_size({"width": 1280, "height": 2600})
    page.page.evaluate(f"() => {{ {LISTEN} }}")
    page.run_all()
    page.hide_code()
    for number, (_, zone) in enumerate(DAYS):
        check_clocks(PageChart(page, number), zone)
    page.screenshot("zones-clocks")

    mixed = PageChart(page, len(DAYS))
    mixed.wait("chart.data.lines.filter((line) => line.length > 100).length === 3")
    text, ms = told_at(mixed, 0.4)
    at = wall("Europe/Berlin", ms)
    assert text == f"{at:%Y-%m-%d %H:%M:%S} {offset(at)}"
    values = mixed.root.locator(".nbs-readout-row b").all_inner_texts()
    assert len(values) == 3
    assert len(set(values)) == 1
    page.screenshot("zones-mixed")

    recent = PageChart(page, len(DAYS) + 1)
    recent.wait("chart.plot.frame.to - chart.plot.frame.from > given", argument=29 * HOUR_MS)
    text, ms = told_at(recent, 0.97)
    assert text == f"{wall('UTC', ms):%Y-%m-%d %H:%M:%S}"
    page.kernel_eval("recent_chart.analyzer.window = '1h'")
    recent.wait_span(3600)
    text, ms = told_at(recent, 0.97)
    assert text == f"{wall('UTC', ms):%H:%M:%S}"
