"""The cards on real pages: the choice of statistics, shapes of states, and a layout that stands still."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.charts import FEED
from tests.ui.jupyter import Lab, LabPage, Voila
from tests.wait import wait_until

DASHBOARD = (
    "buffer.units['value'] = '°C'\n"
    "analyzer = ns.Analyzer(buffer, window='10s')\n"
    "rule = analyzer.alert('value > 70', name='hot', severity='critical')\n"
    "d = ns.Dashboard(analyzer, title='A sine', statistics={statistics!r})\n"
    "d"
)


def dashboard(*statistics: str) -> list[str]:
    """Return the cells that show a sine between 10 and 90 with these statistics."""
    return [FEED, DASHBOARD.format(statistics=list(statistics))]


@pytest.fixture
def page(lab: Lab) -> LabPage:
    """Open a page with six cards."""
    page = lab.open(dashboard("last", "p99", "time_above(50)", "rate", "skewness", "var"))
    page.run_all()
    page.hide_code()
    expect(values(page.page).first).not_to_have_text("–")
    return page


def cards(page: Page) -> Locator:
    """Return the cards of the page."""
    return page.locator(".nbs-card")


def values(page: Page) -> Locator:
    """Return what the cards say."""
    return page.locator(".nbs-card .nbs-value")


def names(page: Page) -> list[str]:
    """Return the names of the cards in their order."""
    return page.locator(".nbs-card .nbs-label").all_inner_texts()


def places(page: Page) -> list[list[float]]:
    """Return where the cards and their numbers are, without the widths of the numbers."""
    found: list[list[float]] = page.evaluate(
        """() => [...document.querySelectorAll(".nbs-card, .nbs-card .nbs-value")].map((node) => {
            const { left, top, height } = node.getBoundingClientRect();
            return [left, top, height];
        })"""
    )
    return found


def test_statistics_are_chosen_on_the_page(page: LabPage) -> None:
    """The list adds and removes cards in the kernel, so that a second page agrees; errors are said."""
    body = page.page
    assert names(body) == ["last", "p99", "time_above(50)", "rate", "skewness", "var"]
    expect(body.locator("[data-statistic='var'] .nbs-unit")).to_have_text("°C²")
    body.get_by_role("button", name="+ statistic").click()
    form = body.get_by_role("group", name="Statistics to show")
    form.get_by_role("checkbox", name="median", exact=True).check()
    expect(cards(body)).to_have_count(7)
    field = form.get_by_role("textbox")
    field.fill("meen")
    field.press("Enter")
    expect(body.locator(".nbs-statistic-picker")).to_contain_text("Did you mean 'mean'")
    page.screenshot("cards-picker")
    field.fill("correlation(other)")
    field.press("Enter")
    failed = body.locator("[data-statistic='correlation(other)']")
    expect(failed.locator(".nbs-value")).to_have_text("–")
    expect(failed).to_have_attribute("title", "There is no channel 'other'. There are value.")
    form.get_by_role("checkbox", name="p99", exact=True).uncheck()
    cards(body).first.hover()
    cards(body).first.get_by_role("button", name="remove last").click()
    expect(cards(body)).to_have_count(6)
    wait_until(
        lambda: (
            page.kernel_eval("print(d.cards.statistics)")
            == "('time_above(50)', 'rate', 'skewness', 'var', 'median', 'correlation(other)')"
        ),
        10,
        "the choice in the kernel",
    )
    field.press("Escape")
    expect(form).to_be_hidden()


def test_cards_stand_still_and_say_how_the_channel_is(page: LabPage) -> None:
    """While values and states change, no card moves; firing has a word, a shape and its colour."""
    body = page.page
    chip = body.locator(".nbs-cards .nbs-chip").first
    page.kernel_eval("rule.limits = 0")
    expect(chip).to_have_text("firing · critical")
    expect(chip).to_have_attribute("data-shape", "square")
    before, first = places(body), values(body).first.inner_text()
    expect(values(body).first).not_to_have_text(first)
    assert places(body) == before
    page.kernel_eval("analyzer.alerts.acknowledge(analyzer.alerts.n_fired, 'Ann')")
    expect(body.locator(".nbs-cards .nbs-chip").nth(1)).to_have_text("acknowledged")
    body.wait_for_function(
        "document.querySelector('.nbs-spark-line').getAttribute('d').split('L').length > 5"
    )
    page.screenshot("cards-firing")
    page.kernel_eval("rule.limits = 200")
    expect(chip).to_have_text("ok")
    expect(chip).to_have_attribute("data-shape", "circle")
    page.screenshot("cards-ok")


def test_twelve_cards_fit_a_narrow_page(voila: Voila) -> None:
    """At 420 px cards wrap and nothing is wider than the page; at 1280 px rows are equally full.

    A long name leaves its card's sparkline as much room as the others have.
    """
    page = voila.open(
        dashboard(
            *("last", "mean", "median", "std", "iqr", "min", "max", "p99", "rate"),
            *("time_above(50)", "dominant_frequency", "time_since_last"),
        )
    )
    body = page.page
    expect(values(body).first).not_to_have_text("–")
    expect(values(body).nth(10)).not_to_have_text("–", timeout=20_000)
    for width, n_columns in ((1280, (4, 6)), (420, (2, 3))):
        body.set_viewport_size({"width": width, "height": 900})
        body.wait_for_function(
            """([fewest, most]) => {
                const panel = document.querySelector(".nbs-cards");
                const cards = [...panel.querySelectorAll(".nbs-card")];
                const columns = new Set(cards.map((card) => card.getBoundingClientRect().left)).size;
                const sparks = [...panel.querySelectorAll(".nbs-spark")];
                const fits = panel.scrollWidth <= panel.clientWidth
                    && sparks.every((spark) => spark.getBoundingClientRect().width > 70);
                return fits && columns >= fewest && columns <= most;
            }""",
            arg=n_columns,
        )
        page.screenshot(f"cards-twelve-{width}")


OLD_FILE = [
    "import numpy as np, pandas as pd, nbstream as ns\n"
    "times = pd.date_range('2021-03-01', periods=10_000, freq='10min')\n"
    "table = pd.DataFrame({'temperature': 10 + 8 * np.sin(np.arange(10_000) / 400),\n"
    "    'power': np.abs(np.cumsum(np.random.default_rng(2).normal(size=10_000))),\n"
    "    'on': np.arange(10_000) // 700 % 2}, index=times)\n"
    "table.to_csv('old.csv', index_label='time')",
    "d = ns.watch('old.csv')\nd",
]


def test_a_file_that_came_at_once_has_the_course_of_its_window(lab: Lab) -> None:
    """Small lines of an old file show what the window does, and stand still."""
    page = lab.open(OLD_FILE)
    page.run_all()
    page.hide_code()
    lines = page.page.locator(".nbs-spark-line")
    expect(lines).to_have_count(3)
    expect(lines.first).to_have_attribute("d", re.compile(r"(?:L[^L]*){25}"))
    page.screenshot("old-file")
    page.kernel_eval("d.analyzer.window = 'all'")
    expect(lines.nth(1)).to_have_attribute("d", re.compile(r"(?:L[^L]*){29}"))
    page.screenshot("old-file-all")
