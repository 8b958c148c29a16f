"""The rule editor and the detector picker on a page: errors in place, a count, edits that meet others'."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.jupyter import Lab, LabPage
from tests.wait import wait_until

RULES = [
    """
import time
import numpy as np
import nbstream as ns
from nbstream.widgets.panels.rules import Rules

buffer = ns.Buffer(timezone="UTC")
now = time.time()
values = 50 + np.sin(np.arange(700) / 5)
values[[200, 201, 400, 401, 600, 601]] = 95
buffer.extend(now - 700 + np.arange(700.0), temperature=values, pressure=values / 10)
a = ns.Analyzer(buffer)
a.alert("value > 99", name="hot", channel="*", levels={"critical": "value > 120"})
rules = Rules(a)
rules
"""
]


@pytest.fixture
def page(lab: Lab) -> LabPage:
    """Open a page with the rules of ten minutes of two channels."""
    page = lab.open(RULES)
    page.run_all()
    page.hide_code()
    return page


def entry(editor: Locator, name: str) -> Locator:
    """Return the field of a name."""
    return editor.get_by_label(name, exact=True)


def test_a_rule_is_written_in_full(page: LabPage) -> None:
    """The quick form leads to the editor; it points at errors, counts, and adds the rule."""
    rules = page.page.locator(".nbs-rules")
    rules.get_by_role("button", name="+ threshold").click()
    form = rules.get_by_role("group", name="New threshold")
    form.locator("input").first.fill("90")
    form.get_by_role("button", name="more…").click()
    editor = rules.get_by_role("group", name="Rule editor")
    expect(entry(editor, "condition")).to_have_value("value > 90")
    expect(entry(editor, "condition")).to_be_focused()
    expect(editor.locator(".nbs-preview")).to_have_text(
        "would have fired 3 times in the last 10 min, 6 s in all"
    )
    entry(editor, "condition").fill("value > 90 and presure > 3")
    entry(editor, "cooldown").fill("soon")
    error = editor.locator(".nbs-editor-field").first
    expect(error).to_contain_text("did you mean 'pressure'?")
    expect(error.locator(".nbs-wrong")).to_have_text("p")
    expect(entry(editor, "cooldown")).to_have_attribute("aria-invalid", "true")
    page.screenshot("editor-errors")
    editor.get_by_role("button", name="add").click()
    expect(entry(editor, "condition")).to_be_focused()
    assert page.kernel_eval("print(len(a.rules))") == "1"

    entry(editor, "condition").fill("value > 90 and pressure > 3")
    entry(editor, "cooldown").fill("5min")
    entry(editor, "for").fill("1s")
    entry(editor, "name").fill("<b>bad</b>")
    expect(editor.locator(".nbs-preview:not([data-old])")).to_contain_text("fired 3 times")
    page.screenshot("editor")
    entry(editor, "name").press("Enter")
    expect(editor).to_be_hidden()
    written = "<Rule '<b>bad</b>' on 'temperature': OK>"  # it is on a channel once it has judged
    wait_until(lambda: page.kernel_eval("print(a.rules[1])") == written, 15, "the rule's channel")
    expect(rules.locator(".nbs-rule-name").nth(1)).to_have_text("<b>bad</b>")
    expect(rules.get_by_role("button", name="+ threshold")).to_be_focused()


def test_an_edit_meets_another(page: LabPage) -> None:
    """What is typed stays while a cell changes the rule, is told of it, and replaces only what it says."""
    rules = page.page.locator(".nbs-rules")
    rules.get_by_role("button", name="edit hot").click()
    editor = rules.get_by_role("group", name="Rule editor")
    entry(editor, "condition").fill("value > 80")
    page.kernel_eval("a.rules[0].edit(condition='value > 70', for_='2s')")
    expect(editor).to_contain_text("changed meanwhile to value > 70")
    expect(entry(editor, "condition")).to_have_value("value > 80")
    expect(entry(editor, "for")).to_have_value("2s")
    page.screenshot("editor-conflict")
    editor.get_by_role("button", name="save").click()
    expect(editor).to_be_hidden()
    assert page.kernel_eval("print(a.rules[0].settings.to_dict())") == (
        "{'condition': 'value > 80', 'clear': None, 'levels': {'critical': 'value > 120'}, 'for_': '2s', "
        "'keep_firing_for': '0s', 'severity': 'warning', 'name': 'hot', 'no_data': 'keep', "
        "'no_data_after': None, 'cooldown': '0s', 'partial': False}"
    )
    page.kernel_eval("buffer.append(time.time() + 1, temperature=130.0)")
    page.kernel_eval("buffer.append(time.time() + 4, temperature=130.0)")
    chip = rules.locator(".nbs-rule .nbs-chip").first
    expect(chip).to_have_text("firing on 1 of 2")
    sign = rules.locator(".nbs-rule .nbs-sign").first
    expect(sign).to_have_text("critical")
    expect(sign).to_have_attribute("data-shape", "square")
    page.screenshot("rules")

    rules.get_by_role("button", name="edit hot").click()
    entry(editor, "condition").fill("value > 60")
    page.kernel_eval("a.rules[0].close()")
    expect(editor).to_contain_text("removed meanwhile")
    editor.get_by_role("button", name="add as new").click()
    wait_until(
        lambda: page.kernel_eval("print(*a.rules)") == "<Rule 'hot' on '*': FIRING>", 10, "the rule"
    )


def test_a_detector_is_chosen(page: LabPage) -> None:
    """A detector is chosen by its description, runs on its channel, and is removed."""
    rules = page.page.locator(".nbs-rules")
    rules.get_by_role("button", name="+ detector").click()
    form = rules.get_by_role("group", name="New detector")
    form.get_by_label("Detector").select_option("hampel")
    expect(form).to_contain_text("a spike")
    form.get_by_label("Channel").select_option("temperature")
    page.screenshot("detector-form")
    form.get_by_role("button", name="add").click()
    row = rules.locator(".nbs-detector")
    expect(row).to_contain_text("hampel")
    expect(row).to_contain_text("temperature")
    expect(row.locator(".nbs-chip")).to_have_text("watching")
    flagged = page.kernel_eval("print(a.detections[0].n_flagged)")
    expect(row).to_contain_text(f"{flagged} flagged")
    page.page.set_viewport_size({"width": 560, "height": 900})
    rules.get_by_role("button", name="edit hot").click()
    page.screenshot("editor-narrow")
    page.set_theme("JupyterLab Dark")
    page.page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot("editor-dark")
    row.get_by_role("button", name="remove hampel").click()
    expect(row).to_have_count(0)
    assert page.kernel_eval("print(a.detections)") == "()"
