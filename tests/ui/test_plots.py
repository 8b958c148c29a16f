"""Charts of the window as people use them: they look, point, press keys, change the theme."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.ui.jupyter import Lab
from tests.ui.test_kept import NOT_FOUND, reopen

FEED = '''\
import threading, time
import numpy as np
import nbstream as ns

class Feed(threading.Thread):
    """Gives 200 readings a second: a room of 21 °C with a hum of 5 Hz."""

    def __init__(self):
        super().__init__(daemon=True)
        self.go_on, self.random = True, np.random.default_rng(0)

    def run(self):
        at = time.time() - 60.0
        while self.go_on:
            times = np.arange(at, time.time(), 0.005)
            noise = self.random.normal(21, 0.5, len(times))
            buffer.extend(times, temperature=np.round(noise + np.sin(2 * np.pi * 5 * times), 2))
            at = at + 0.005 * len(times)
            time.sleep(0.1)

buffer = ns.Buffer()
buffer.units["temperature"] = "°C"
analyzer = ns.Analyzer(buffer, window="30s")
feed = Feed()
'''


def test_a_histogram_is_read_by_pointer_and_keys(lab: Lab) -> None:
    """It waits, counts, says what is in a bin, follows the theme, and says when the kernel is gone."""
    page = lab.open([FEED, "histogram = ns.Histogram(analyzer, title='Living room')\nhistogram"])
    page.run_all()
    page.hide_code()
    root = page.page.locator(".nbs-histogram")
    plot = root.locator(".nbs-plot")
    expect(plot).to_contain_text("waiting for buffer.append(…)")
    height = plot.bounding_box()["height"]  # type: ignore[index]
    page.kernel_eval("analyzer.alert('value > 22.5', name='warm'); feed.start()")
    facts = root.locator(".nbs-plot-facts")
    expect(facts).to_have_text(re.compile(r"^[56],\d{3} readings, window 30s · bins of 0\.\d+ °C"))
    assert plot.bounding_box()["height"] == height  # type: ignore[index]
    box = plot.bounding_box()
    assert box
    readout = root.locator(".nbs-readout")
    page.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    expect(readout).to_have_text(
        re.compile(r"^\d\d\.\d+( … \d\d\.\d+)? °C[\d,]+ readings?[<\d. ]+ %$")
    )
    page.screenshot("histogram-light")
    page.page.mouse.move(box["x"] + 5, box["y"] - 60)
    expect(readout).to_be_hidden()
    plot.focus()
    page.page.keyboard.press("End")
    page.page.keyboard.press("ArrowLeft")
    expect(readout).to_be_visible()
    expect(root.locator(".nbs-hidden[role=status]")).to_contain_text("°C:")
    page.page.keyboard.press("Escape")
    expect(readout).to_be_hidden()
    root.get_by_role("button", name="log").click()
    expect(root.get_by_role("button", name="log")).to_have_attribute("aria-pressed", "true")
    page.set_theme("JupyterLab Dark")
    expect(page.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot("histogram-dark")
    assert page.kernel_eval("print(histogram.counts.sum() > 5000)") == "True"
    page.kernel_eval("analyzer.close()")
    expect(root.locator(".nbs-note")).to_have_text("closed")
    page.kernel_eval("feed.go_on = False")
    page.restart_kernel()
    expect(root.locator(".nbs-note")).not_to_be_empty()


def test_a_spectrum_is_read_by_pointer_and_keys(lab: Lab) -> None:
    """It waits, finds the hum, says what is at a frequency, has other axes, and follows the theme."""
    page = lab.open([FEED, "spectrum = ns.Spectrum(analyzer, segment='2s', title='Hum')\nspectrum"])
    page.run_all()
    page.hide_code()
    root = page.page.locator(".nbs-spectrum")
    plot = root.locator(".nbs-plot")
    expect(plot).to_contain_text("waiting for buffer.append(…)")
    page.kernel_eval("feed.start()")
    facts = root.locator(".nbs-plot-facts")
    expect(facts).to_have_text(
        re.compile(r"^Δf = 0\.5 Hz, 2[89] segments of 2 s · 200 Hz sampling$")
    )
    peak = float(page.kernel_eval("print(spectrum.peak.frequency)"))
    assert abs(peak - 5) < 0.05
    plot.focus()
    page.page.keyboard.press("Home")
    for _ in range(9):
        page.page.keyboard.press("ArrowRight")
    spoken = root.locator(".nbs-hidden[role=status]")
    expect(spoken).to_have_text(re.compile(r"^5\.0+ Hz · 200 ms: −?\d\.\d dB [\d.]+ °C²/Hz$"))
    page.screenshot("spectrum-light")
    page.page.keyboard.press("Escape")
    box = plot.bounding_box()
    assert box
    page.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    expect(root.locator(".nbs-readout")).to_have_text(re.compile(r"^[45]\d\.\d+ Hz · 2\d\.\d ms"))
    page.page.mouse.move(box["x"] + 5, box["y"] - 60)
    root.get_by_role("radio", name="log", exact=True).click()
    root.get_by_role("button", name="log f").click()
    expect(root.get_by_role("radio", name="log", exact=True)).to_have_attribute(
        "aria-checked", "true"
    )
    page.set_theme("JupyterLab Dark")
    expect(page.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot("spectrum-dark")
    page.kernel_eval("feed.go_on = False; analyzer.close()")
    expect(root.locator(".nbs-note")).to_have_text("closed")


def test_a_reopened_notebook_shows_the_picture(lab: Lab) -> None:
    """Saved and opened without its kernel, the cells show picture and table; live they show the charts."""
    cells = [FEED, "histogram = ns.Histogram(analyzer)\nhistogram", "ns.Spectrum(analyzer)"]
    page = lab.open(cells)
    page.run_all()
    page.kernel_eval("feed.start()")
    page.hide_code()
    expect(page.page.locator(".nbs-histogram .nbs-plot-facts")).to_contain_text("readings")
    expect(page.page.locator(".nbs-kept").first).not_to_be_visible()
    page.kernel_eval("feed.go_on = False; feed.join(); analyzer.update(); histogram.keep()")
    page.kernel_eval("import gc")  # what was kept has come before its answer
    page.save()
    page = reopen(lab, page)
    kept = page.page.locator(".nbs-kept")
    image = kept.first.locator("img")
    expect(image).to_be_visible(timeout=20_000)
    expect(kept.first.locator("figcaption")).to_contain_text("not live")
    expect(kept.first.locator("tbody td").first).to_contain_text("temperature")
    page.screenshot("histogram-kept")
    page.console_errors = [error for error in page.console_errors if NOT_FOUND not in error]


TRAINING = """\
import threading, time
import numpy as np
import nbstream as ns

live = ns.TrainingSource()
random = np.random.default_rng(0)

def train(name, rate, last, steps=None):
    run = live.run(name)
    for step in steps or range(last):
        if step % 10 == 0:
            time.sleep(0.001)
        loss = 3 * (step + 5) ** -rate * random.lognormal(0, 0.15)
        run.log(loss=loss, lr=1e-3 * 0.999 ** step, step=step)
        if step % 200 == 199:
            run.log(val_loss=3.4 * (step + 5) ** -rate, step=step)

chart = ns.TrainingChart(live, title="Optimisers")
chart
"""


def test_runs_of_a_training_lie_over_each_other(lab: Lab) -> None:
    """By step and colour, with a checkpoint, NaN, validation that is rarer, and runs that are hidden."""
    page = lab.open([TRAINING])
    page.run_all()
    page.hide_code()
    root = page.page.locator(".nbs-training")
    plot = root.locator(".nbs-plot")
    expect(plot).to_have_text("waiting for log(…)")
    page.kernel_eval("train('adam', 0.5, 2000); train('sgd', 0.3, 1600)")
    page.kernel_eval("live.run('sgd').log(loss=float('nan'), step=1600)")
    page.kernel_eval("train('sgd', 0.33, 0, range(1200, 2000))")
    facts = root.locator(".nbs-plot-facts")
    expect(facts).to_have_text("step 1,999 · went back from step 1,600 to 1,200 (sgd)")
    page.kernel_eval("live.run('sgd').log(loss=float('nan'), step=2000)")
    expect(facts).to_contain_text("1 NaN in loss (sgd), at step 2,000")
    root.get_by_role("button", name="log").click()
    plot.focus()
    page.page.keyboard.press("Home")
    for _ in range(15):
        page.page.keyboard.press("PageUp")
    spoken = root.locator(".nbs-hidden[role=status]")
    expect(spoken).to_have_text(
        re.compile(r"^step \d+ … \d+: adam 0\.\d+.*; adam val .*; sgd 0\.\d+")
    )
    page.screenshot("training-light")
    page.page.keyboard.press("Escape")
    root.get_by_role("button", name="smooth").click()
    page.set_theme("JupyterLab Dark")
    expect(page.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    expect(page.page.locator("#jupyterlab-splash")).to_have_count(0)
    page.screenshot("training-dark")
    legend = root.locator(".nbs-plot-legend")
    expect(legend).to_have_text("adamsgdtrainval")
    legend.get_by_role("button", name="sgd").click()
    expect(legend.get_by_role("button", name="sgd")).to_have_attribute("aria-pressed", "false")
    page.screenshot("training-hidden")
    legend.get_by_role("button", name="adam").click()
    page.kernel_eval("chart.keep(); import gc")
    page.save()
    page = reopen(lab, page)
    kept = page.page.locator(".nbs-kept")
    expect(kept.first.locator("img")).to_be_visible(timeout=20_000)
    expect(kept.first.locator("tbody td").first).to_contain_text("adam")
    page.screenshot("training-kept")
    page.console_errors = [error for error in page.console_errors if NOT_FOUND not in error]


LONG = """\
import numpy as np
import nbstream as ns

live = ns.TrainingSource()
loss = 3 * (np.arange(15_000) + 5.0) ** -0.4
for step in range(15_000):
    live.log(loss=float(loss[step]), step=step)
    if step % 100 == 99:
        live.log(eval_loss=1.2 * float(loss[step]), eval_accuracy=step / 150, step=step)
chart = ns.TrainingChart(live, log=True)
chart
"""


def test_a_part_of_a_training_is_seen_step_by_step(lab: Lab) -> None:
    """A drag takes in steps of all rows, which come as they were logged; a double click shows the whole."""
    page = lab.open([LONG])
    page.run_all()
    page.hide_code()
    root = page.page.locator(".nbs-training")
    expect(root.locator(".nbs-plot-facts")).to_have_text("step 14,999")
    expect(root.locator(".nbs-plot-legend")).to_have_text("traineval")
    plot, readout = root.locator(".nbs-plot"), root.locator(".nbs-readout")
    box = plot.bounding_box()
    assert box
    mouse = page.page.mouse

    def at(share: float) -> tuple[float, float]:
        return box["x"] + box["width"] * share, box["y"] + 80

    mouse.move(*at(0.5))
    expect(readout).to_contain_text(re.compile(r"^step [\d,]+ … [\d,]+train"))
    mouse.down()
    mouse.move(*at(0.51))
    mouse.move(*at(0.53), steps=3)
    page.screenshot("training-box")
    mouse.up()
    whole = root.get_by_title("Show the whole (double click)")
    expect(whole).to_have_text(re.compile(r"^[\d,]+ … [\d,]+ ×$"))
    mouse.move(*at(0.6))
    expect(readout).to_contain_text(re.compile(r"^step [\d,]+train0\.\d+eval0\.\d+"))
    page.screenshot("training-zoomed")
    mouse.down()
    mouse.move(*at(0.7), steps=3)
    page.page.keyboard.press("Escape")
    mouse.up()
    before = whole.text_content()
    page.page.keyboard.press("Shift+ArrowRight")
    expect(whole).not_to_have_text(before or "")
    mouse.dblclick(*at(0.6))
    expect(whole).to_be_hidden()
    page.page.keyboard.press("+")
    expect(whole).to_be_visible()
    page.page.keyboard.press("Backspace")
    expect(whole).to_be_hidden()
