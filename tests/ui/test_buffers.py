"""Pages that messages reach without their buffers, as Colab's have been told of."""

from __future__ import annotations

import pytest

from tests.ui.acts import ACTS, DASHBOARD, goes_on
from tests.ui.charts import CHART, FEED, PageChart
from tests.ui.jupyter import Lab
from tests.ui.test_busy import BY_MESSAGE
from tests.ui.test_hosts import TALL

LOSE = """
from ipykernel.comm.comm import BaseComm
publish = BaseComm.publish_msg
n_sent = {{"binary": 0, "text": 0}}
def lose(comm, kind, data=None, metadata=None, buffers=None, **keys):
    content = (data or {{}}).get("content") or {{}}
    n_sent["binary"] += bool(buffers)
    n_sent["text"] += "base64" in content
    return publish(comm, kind, data, metadata, {left}, **keys)
BaseComm.publish_msg = lose
"""
"""Takes the buffers out of all messages on their way to the page, and counts how they came."""


@pytest.mark.parametrize("left", ["None", "[]"])
def test_a_dashboard_does_all_it_does_without_buffers(lab: Lab, left: str) -> None:
    """Its scripts come, it draws and moves, looks back and saves, all by text; each way was tried once."""
    page = lab.open([FEED + BY_MESSAGE + LOSE.format(left=left), DASHBOARD[1]])
    page.run_all()
    page.hide_code()
    page.page.set_viewport_size(TALL)
    chart = PageChart(page)
    for act in ACTS:
        act(chart)
    counted = page.kernel_eval("print(*n_sent.values())")
    n_binary, n_text = map(int, counted.split())
    assert n_text > 50
    assert n_binary < 10, "lost once by the scripts, and by no view after that"


def test_a_second_chart_and_a_reload_lose_nothing_more(lab: Lab) -> None:
    """What a page has found out its next hello says; one that was loaded anew finds it out again."""
    page = lab.open([FEED + LOSE.format(left="None"), CHART[1], CHART[1].replace("chart", "other")])
    page.run_all()
    page.hide_code()
    page.page.set_viewport_size(TALL)
    goes_on(PageChart(page))
    goes_on(PageChart(page, 1))
    before = int(page.kernel_eval("print(n_sent['binary'])"))
    page.run_cell(2)
    goes_on(PageChart(page, 1))
    assert int(page.kernel_eval("print(n_sent['binary'])")) == before
    page.save()
    page.reload()
    goes_on(PageChart(page))


def test_where_buffers_arrive_nothing_goes_as_text(lab: Lab) -> None:
    """Nobody pays for what only some hosts need."""
    page = lab.open([FEED + LOSE.format(left="buffers"), CHART[1]])
    page.run_all()
    goes_on(PageChart(page))
    n_binary, n_text = map(int, page.kernel_eval("print(*n_sent.values())").split())
    assert n_binary > 5
    assert n_text == 0
