"""The moving pictures of the docs: what a dashboard does, and what people do with it.

`make picture` films them into docs/pictures; otherwise each scene is played quickly.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.charts import PageChart
from tests.ui.film import Film
from tests.ui.jupyter import Lab
from tests.ui.test_pictures import EIGHT, PLANT

pytestmark = pytest.mark.alone

RULE = (
    "[{'condition': 'temperature > 80', 'clear': 'temperature < 78', 'for_': '1s', "
    "'severity': 'critical'}]"
)


def boiler(before: int, alerts: str = RULE) -> list[str]:
    """Return the cells of a boiler that gets too hot; its past begins so many seconds ago."""
    return [
        PLANT,
        f"run(plant, {{'temperature': '°C', 'pressure': 'bar'}}, {before})\n"
        f"dashboard = ns.watch(buffer, title='Boiler 2', alerts={alerts})\ndashboard",
    ]


COUNTS = [
    PLANT,
    "level = lambda t: {'flow': 20 + 4 * (t > 64) * np.clip((t - 64) / 6, 0, 1) + rng.normal(size=len(t))}\n"
    "run(level, {'flow': 'l/s'}, 60)\n"
    "analyzer = ns.Analyzer(buffer, window='20s')\n"
    "analyzer.alert('flow > 23.5', name='too much')\n"
    "import ipywidgets\n"
    "ipywidgets.VBox([ns.LiveChart(analyzer, title='Flow', height=240), "
    "ns.Histogram(analyzer, channel='flow', title='How often which flow was')])",
]


def center(locator: Locator) -> tuple[float, float]:
    """Return where the middle of something is on the page."""
    box = locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def fires(chart: PageChart, film: Film) -> None:
    """It scrolls; the temperature rises, and the rule fires with its reason."""
    film.roll(6)
    expect(chart.page.locator(".nbs-feed-list")).to_contain_text("temperature", timeout=60_000)
    chart.wait("chart.data.incidents.all.length > 0")
    film.roll(5)


def looks_back(chart: PageChart, film: Film) -> None:
    """A span is dragged in the plot, the strip leads further back, and a click back to live."""
    film.roll(1)
    film.move(chart.place((0.2, 0.9)), chart.place((0.45, 0.25)), 1)
    film.drag(chart.place((0.45, 0.25)), chart.place((0.7, 0.85)), 1)
    film.roll(1.5)
    expect(chart.jump).to_contain_text("jump to live")
    brush = center(chart.root.locator(".nbs-brush"))
    film.move(chart.place((0.7, 0.85)), brush, 1)
    film.drag(brush, (brush[0] - 250, brush[1]), 1.5)
    film.roll(1)
    jump = center(chart.jump)
    film.move((brush[0] - 250, brush[1]), jump, 1)
    chart.page.mouse.click(*jump)
    expect(chart.badge).to_have_text("live")
    film.roll(2)


def drags_a_limit(chart: PageChart, film: Film) -> None:
    """While it is dragged a limit says how often it would have fired; let go, it counts."""
    box = chart.root.locator(".nbs-limit").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
    film.roll(0.5)
    film.move((x + 150, y + 90), (x, y), 1)
    chart.page.mouse.down()
    film.move((x, y), (x, y + 70), 2)
    expect(chart.root.locator(".nbs-limit-label").first).to_contain_text("in the last")
    film.roll(1.5)
    chart.page.mouse.up()
    chart.wait("chart.data.meta.figure.thresholds[0].value < 88")
    film.roll(3)


def reads_the_table(chart: PageChart, film: Film) -> None:
    """A row that is pointed at brings its line out, a click hides it, a heading sorts."""
    names = chart.page.locator(".nbs-table tbody .nbs-name")
    expect(names).to_have_count(8)
    film.roll(0.5)
    place = chart.place((0.3, 0.8))
    for row in (2, 4, 6):
        film.move(place, center(names.nth(row)), 0.7)
        place = center(names.nth(row))
        film.roll(0.7)
    chart.page.mouse.click(*place)
    film.roll(1.5)
    chart.page.mouse.click(*place)
    film.roll(0.5)
    mean = chart.page.locator(".nbs-table thead th", has_text="mean").first
    film.move(place, center(mean), 0.7)
    chart.page.mouse.click(*center(mean))
    film.roll(2)


def counts_values(chart: PageChart, film: Film) -> None:
    """The bins of the last twenty seconds move over as the flow rises; one tells what is in it."""
    bars = chart.page.locator(".nbs-window-plot, .nbs-histogram").last
    expect(bars).to_be_visible()
    film.roll(5)
    chart.wait_newer()
    film.roll(5)


SCENES: dict[str, tuple[list[str], str, Callable[[PageChart, Film], None]]] = {
    "live": (boiler(before=54), ".nbs-dashboard", fires),
    "look_back": (boiler(before=170), ".nbs-dashboard", looks_back),
    "limit": (boiler(before=90, alerts="['temperature > 90']"), ".nbs-dashboard", drags_a_limit),
    "channels": (EIGHT, ".nbs-dashboard", reads_the_table),
    "histogram": (COUNTS, ".widget-vbox", counts_values),
}


@pytest.mark.timeout(600)  # a film takes a minute to be written, where one is wanted
@pytest.mark.parametrize("name", SCENES)
def test_film(name: str, lab: Lab) -> None:
    """The scene can be played, and the picture moves."""
    cells, part, play = SCENES[name]
    page = lab.open(cells)
    page.page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
    page.page.set_viewport_size({"width": 1100, "height": 1400})
    page.run_all()
    page.hide_code()
    chart = PageChart(page)
    chart.wait_live()
    film = Film(page, page.page.locator(part))
    play(chart, film)
    assert film.moves
    folder = os.environ.get("NBSTREAM_SCREENSHOTS")
    if folder:
        film.save(Path(folder) / "pictures" / f"{name}.webp")
