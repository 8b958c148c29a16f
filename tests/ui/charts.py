"""What the browser tests know of a LiveChart on a page."""

from __future__ import annotations

from typing import Any

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


class PageChart:
    """One LiveChart of a page, seen through what chart.js exposes for tests.

    Parameters
    ----------
    page
        The page.
    index
        Of the charts of the page, in the order in which they appeared.
    """

    def __init__(self, page: NotebookPage, index: int = 0) -> None:
        self.page = page.page
        self.index = index
        self.root = self.page.locator(".nbs-chart").nth(index)
        self.badge = self.root.locator(".nbs-badge-text")
        self.jump = self.root.locator(".nbs-jump")

    def wait(self, condition: str, timeout: float = 15.0, argument: Any = None) -> None:
        """Wait until a JavaScript condition on `chart` holds; `argument` is its `given`."""
        self.page.wait_for_function(
            f"""([index, given]) => {{
                const chart = [...(globalThis.__nbstream?.charts.values() ?? [])][index];
                return chart && ({condition});
            }}""",
            arg=[self.index, argument],
            timeout=timeout * 1e3,
            polling=50,
        )

    def read(self, expression: str) -> Any:
        """Return the value of a JavaScript expression on `chart`."""
        return self.page.evaluate(
            f"""(index) => {{
                const chart = [...globalThis.__nbstream.charts.values()][index];
                return {expression};
            }}""",
            self.index,
        )

    def wait_live(self) -> None:
        """Wait until the chart has painted lines and says that it is live."""
        self.wait("chart.link.state === 'live' && chart.data.lines.some((line) => line.length > 5)")
        self.wait("chart.painter.plane && chart.toolbar.badge.el.dataset.kind === 'good'")

    def wait_newer(self, timeout: float = 15.0) -> None:
        """Wait until a reading newer than the present newest has come."""
        self.wait("chart.data.newest > given", timeout, self.read("chart.data.newest"))

    def n_inked(self) -> int:
        """Return how many pixels of the live canvas are painted."""
        return int(
            self.read(
                """(() => {
                    const { width, height } = chart.painter.canvas;
                    const { data } = chart.painter.context.getImageData(0, 0, width, height);
                    let inked = 0;
                    for (let i = 3; i < data.length; i += 4) if (data[i]) inked += 1;
                    return inked;
                })()"""
            )
        )

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag over the plot area; positions are shares of its width and height."""
        box = self.read(
            """(() => {
                const { left, top } = chart.figure.getBoundingClientRect();
                const { l, t, w, h } = chart.figure._fullLayout._size;
                return [left + l, top + t, w, h];
            })()"""
        )

        def place(share: tuple[float, float]) -> tuple[float, float]:
            return box[0] + share[0] * box[2], box[1] + share[1] * box[3]

        self.page.mouse.move(*place(start))
        self.page.mouse.down()
        self.page.mouse.move(*place(end), steps=8)
        self.page.mouse.up()
