"""What axe-core says of the pages: names, roles, contrast, structure; it comes with the tests' packages."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.ui.charts import FEED, PageChart
from tests.ui.jupyter import Lab, NotebookPage, Voila

DASHBOARD = """
buffer.units['value'] = '°C'
for i in range(40):
    buffer.append(time.time() - 40 + i, value=50.0 + i % 7, humidity=40.0 + i % 5)
analyzer = ns.Analyzer(buffer, window='60s')
analyzer.alert('value > 1000', name='hot', severity='critical', channel='value')
analyzer.alert('value > 45', name='warm', channel='value')
analyzer.alert('value > 30', name='damp', severity='info', channel='humidity')
analyzer.detect('zscore')
d = ns.Dashboard(analyzer, title='Boiler house')
d
"""
PLOTS = """
import ipywidgets
ipywidgets.VBox([ns.Histogram(analyzer), ns.Spectrum(analyzer)])
"""
GRAVE = ("serious", "critical")


def assert_well(page: NotebookPage, state: str, scope: str = ".nbs") -> None:
    """Raise AssertionError with what is wrong with our elements, if it is serious or critical."""
    page.screenshot(f"axe-{state}")
    found = Axe().run(page.page, context={"include": [[scope]]}).response["violations"]
    wrong = [
        f"{rule['id']} ({rule['impact']}): {rule['help']}\n"
        + "\n".join(f"  {node['html'][:200]}\n  {node['failureSummary']}" for node in rule["nodes"])
        for rule in found
        if rule["impact"] in GRAVE
    ]
    assert not wrong, f"{state}:\n" + "\n".join(wrong)


def named(page: Page, name: str) -> Locator:
    """Return the button of that name."""
    return page.get_by_role("button", name=name, exact=True).first


def assert_every_state_well(page: NotebookPage, host: str) -> None:
    """Open what a dashboard can open, one after the other, and look at each."""
    body = page.page
    PageChart(page).wait_live()
    expect(body.locator(".nbs-rule")).to_have_count(4)
    expect(body.locator(".nbs-feed-incident")).not_to_have_count(0)
    assert_well(page, f"{host}-plain")
    named(body, "More").click()
    assert_well(page, f"{host}-menu")
    body.get_by_role("menuitem", name="Keys").click()
    assert_well(page, f"{host}-keys")
    body.keyboard.press("Escape")
    body.locator(".nbs-edit").first.click()
    expect(body.locator(".nbs-editor")).to_be_visible()
    assert_well(page, f"{host}-editor")
    body.keyboard.press("Escape")
    for opener in ("+ threshold", "+ detector", "+ statistic"):
        body.get_by_role("button", name=opener).first.click()
    assert_well(page, f"{host}-pickers")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_dashboard_in_jupyterlab(lab: Lab, theme: str) -> None:
    """Nothing is serious or critical, whatever is open."""
    page = lab.open([FEED, DASHBOARD, PLOTS])
    page.page.set_viewport_size({"width": 1280, "height": 1800})
    page.set_theme(f"JupyterLab {theme}")
    page.run_all()
    assert_every_state_well(page, f"lab-{theme.lower()}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_dashboard_in_voila(voila: Voila, theme: str) -> None:
    """Nothing is serious or critical on a page of voila either, which has other styles around it."""
    page = voila.open([FEED, DASHBOARD, PLOTS], theme=theme)
    page.page.set_viewport_size({"width": 1280, "height": 1800})
    expect(page.page.locator("body")).to_have_attribute(
        "data-jp-theme-light", str(theme == "light").lower()
    )
    assert_every_state_well(page, f"voila-{theme}")


def test_a_rule_that_is_broken_is_found(lab: Lab) -> None:
    """The rules are at work: a button without a name is said."""
    page = lab.open([FEED, "chart = ns.LiveChart(buffer)\nchart"])
    page.run_all()
    PageChart(page).wait_live()
    page.page.evaluate(
        "document.querySelector('.nbs-tools').append(document.createElement('button'))"
    )
    with pytest.raises(AssertionError, match="button-name"):
        assert_well(page, "broken")
