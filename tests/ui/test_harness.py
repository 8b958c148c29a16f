"""The harness itself: a plain ipywidgets slider works in both kinds of pages."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.jupyter import Lab, Voila
from tests.wait import wait_until

SLIDER = [
    "import ipywidgets\nslider = ipywidgets.IntSlider(value=7, description='speed')",
    "slider",
]


def test_lab_shows_and_updates_a_widget(lab: Lab) -> None:
    """A widget renders in JupyterLab, follows the kernel, and comes back after a restart."""
    page = lab.open(SLIDER)
    page.run_all()
    readout = page.page.locator(".widget-readout")
    expect(readout).to_have_text("7")

    assert page.kernel_eval("slider.value = 42; print(slider.value)") == "42"
    expect(readout).to_have_text("42")

    page.restart_kernel()
    page.run_cell(0)
    assert page.kernel_eval("print(slider.value)") == "7"
    assert page.kernel_process().pid in [kernel.pid for kernel in lab.server.kernels()]
    page.screenshot("harness-lab")


def test_voila_shows_a_widget(voila: Voila) -> None:
    """The same notebook renders as a voila page with a kernel of its own."""
    page = voila.open(SLIDER)
    expect(page.page.locator(".widget-readout")).to_have_text("7")
    page.screenshot("harness-voila")
    assert voila.server.kernels()
    voila.server.close_kernels()
    wait_until(lambda: not voila.server.kernels(), 15, "the end of its kernel")
