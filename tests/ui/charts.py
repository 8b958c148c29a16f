"""What the browser tests know of a LiveChart on a page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.ui.jupyter import NotebookPage

FEED = '''
import threading, time
import numpy as np
import nbstream as ns

buffer = ns.Buffer(timezone="UTC")

class Feed(threading.Thread):
    """Appends a sine, so many readings a second."""
    def __init__(self, rate=50, channel="value"):
        super().__init__(daemon=True, name="feed")
        self.rate, self.channel, self.stopped = rate, channel, threading.Event()
    def run(self):
        while not self.stopped.wait(1 / self.rate):
            now = time.time()
            buffer.append(now, {self.channel: 50 + 40 * np.sin(now)})

feed = Feed()
feed.start()
'''
"""A cell that fills `buffer` from a thread of its own."""

CHART = [FEED, "chart = ns.LiveChart(buffer, window='10s', title='A sine')\nchart"]
"""Cells that show it live."""


def wait_painted(page: Page) -> None:
    """Wait until what was done so far is on the screen: a drag is painted with the next frame."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


class PageChart:
    """One LiveChart of a page, seen through what chart.js exposes for tests.

    Parameters
    ----------
    page
        The page.
    index
        Of the charts of the page, from its top; they may have appeared in another order.
    """

    def __init__(self, page: NotebookPage, index: int = 0) -> None:
        self.page = page.page
        self.index = index
        self.root = self.page.locator(".nbs-chart").nth(index)
        self.badge = self.page.locator(".nbs-badge-text").nth(index)
        self.jump = self.root.locator(".nbs-jump")

    def wait(self, condition: str, timeout: float = 15.0, argument: Any = None) -> None:
        """Wait until a JavaScript condition on `chart` holds; `argument` is its `given`."""
        self.page.wait_for_function(
            f"""([index, given]) => {{
                const el = document.querySelectorAll(".nbs-chart")[index];
                const chart = [...(globalThis.__nbstream?.views ?? [])].find((view) => view.el === el);
                return chart && ({condition});
            }}""",
            arg=[self.index, argument],
            timeout=timeout * 1e3,
            polling=50,
        )

    def read(self, expression: str, argument: Any = None) -> Any:
        """Return the value of a JavaScript expression on `chart`, once there is one; see `wait`."""
        self.wait("true")
        return self.page.evaluate(
            f"""([index, given]) => {{
                const el = document.querySelectorAll(".nbs-chart")[index];
                const chart = [...globalThis.__nbstream.views].find((view) => view.el === el);
                return {expression};
            }}""",
            [self.index, argument],
        )

    def wait_live(self) -> None:
        """Wait until the chart has painted lines and says that it is live."""
        self.wait("chart.link.state === 'live' && chart.data.lines.some((line) => line.length > 5)")
        self.wait("chart.plot.frame && chart.toolbar.badge.el.dataset.kind === 'good'")

    def wait_newer(self, timeout: float = 15.0) -> None:
        """Wait until a reading newer than the present newest has come."""
        self.wait("chart.data.newest > given", timeout, self.read("chart.data.newest"))

    def n_inked(self, channel: int = 0) -> int:
        """Return how many pixels of the plot are painted in the colour of a channel's line."""
        found: int = self.read(
            """(() => {
                const { canvas } = chart.plot;
                if (!chart.lines[given]) return 0;
                const { left, top, width, height, ratio } = chart.plot.frame;
                const box = [left, top, width, height].map((px) => Math.round(px * ratio));
                const { data } = canvas.getContext("2d").getImageData(...box);
                const paint = new OffscreenCanvas(1, 1).getContext("2d");
                paint.fillStyle = chart.lines[given].color;
                paint.fillRect(0, 0, 1, 1);
                const wanted = paint.getImageData(0, 0, 1, 1).data;
                let inked = 0;
                for (let i = 0; i < data.length; i += 4) {
                    const distance = Math.max(...[0, 1, 2].map((k) => Math.abs(data[i + k] - wanted[k])));
                    if (data[i + 3] > 100 && distance < 40) inked += 1;
                }
                return inked;
            })()""",
            channel,
        )
        return found

    def span(self) -> tuple[float, float]:
        """Return the ends of the time axis as they are painted, epoch ms."""
        wait_painted(self.page)
        begin, end = self.read("[chart.plot.frame.from, chart.plot.frame.to]")
        return begin, end

    def wait_span(self, seconds: float) -> None:
        """Wait until the view is so wide."""
        self.wait(
            "Math.abs(chart.plot.frame.to - chart.plot.frame.from - given) < 1",
            argument=seconds * 1e3,
        )

    def stays_at(self, span: tuple[float, float]) -> bool:
        """Return whether the time axis ends where it did, but for a pixel: ends lie on whole ones."""
        px = (span[1] - span[0]) / self.read("chart.plot.frame.width")
        return all(abs(a - b) <= px for a, b in zip(span, self.span(), strict=True))

    def y_range(self, row: int = 0, axis: int = 0) -> tuple[float, float]:
        """Return bottom and top of a y axis as they are painted."""
        wait_painted(self.page)
        bottom, top = self.read(
            f"(({{ bottom, top }}) => [bottom, top])(chart.plot.frame.rows[{row}].axes[{axis}])"
        )
        return bottom, top

    def place(self, share: tuple[float, float]) -> tuple[float, float]:
        """Return the place on the page of shares of the plot's width and height."""
        left, top, width, height = self.read(
            """(() => {
                const box = chart.plot.el.getBoundingClientRect();
                const { left, top, width, height } = chart.plot.frame;
                return [box.left + left, box.top + top, width, height];
            })()"""
        )
        return left + share[0] * width, top + share[1] * height

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag over the plot area; positions are shares of its width and height."""
        mouse = self.page.mouse
        mouse.move(*self.place(start))
        mouse.down()
        mouse.move(*self.place(end), steps=8)
        mouse.up()

    def drag_limit(self, by_px: float) -> None:
        """Drag the first limit of a rule down by so many pixels, and wait for what it would have done."""
        box = self.root.locator(".nbs-limit").first.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 3, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x, y + by_px, steps=5)
        expect(self.root.locator(".nbs-limit-label").first).to_contain_text("in the last")
        mouse.up()

    def write_note(self, share: tuple[float, float], text: str) -> None:
        """Write a note at a place of the plot, by the key for it."""
        self.page.mouse.click(*self.place(share))
        self.page.keyboard.press("m")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def tool(self, name: str) -> Locator:
        """Return the button of the toolbar with that name, or the way of dragging."""
        tools = self.page.locator(".nbs-tools").nth(
            self.index
        )  # a dashboard has them in its title row
        button = tools.get_by_role("button", name=name, exact=True)
        return button.or_(tools.get_by_role("radio", name=name, exact=True))
