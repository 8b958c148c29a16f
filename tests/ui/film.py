"""Films what a page does: frames at a steady pace, with the mouse in them, as one moving picture.

Nothing is filmed unless NBSTREAM_SCREENSHOTS names a folder; a scene is then played quickly, with a frame
where it would have had many.
"""

from __future__ import annotations

import base64
import io
import os
import time
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Locator

from tests.ui.charts import wait_painted
from tests.ui.jupyter import NotebookPage

RATE = 8
"""Frames a second, if the machine can."""
MOST_BYTES = 1_500_000
QUALITIES = (62, 48, 36)
"""The best that a film is small enough with is taken."""
SPEED = 2
"""How much faster it is shown than it was; a browser on a busy machine gives few frames a second."""
STILL_MS = 1500
"""How long the last frame stands before the film begins anew."""
CURSOR = """() => {
    const cursor = document.createElement("div");
    const place = "position: fixed; top: 0; left: 0; z-index: 20000;";
    cursor.style = `${place} pointer-events: none; visibility: hidden`;
    cursor.innerHTML = `<svg width="20" height="24" style="display: block">
        <path d="M1 1v17l4-4 3 8 3-1-3-8h6z" fill="#111" stroke="#fff" stroke-width="1.5"/></svg>`;
    document.body.append(cursor);
    const follow = ({ clientX, clientY }) => {
        cursor.style.transform = `translate(${clientX}px, ${clientY}px)`;
        cursor.style.visibility = "visible";
    };
    globalThis.addEventListener("pointermove", follow, { capture: true });
}"""
"""A headless browser draws no mouse."""


class Film:
    """A moving picture of a part of a page.

    Parameters
    ----------
    page
        The page.
    root
        The part of it.
    """

    def __init__(self, page: NotebookPage, root: Locator) -> None:
        self.page = page.page
        self.is_wanted = bool(os.environ.get("NBSTREAM_SCREENSHOTS"))
        self.frames: list[Image.Image] = []
        self._times: list[float] = []
        self._session = page.context.new_cdp_session(self.page)
        self.page.evaluate(CURSOR)
        box = root.bounding_box()
        assert box is not None
        self._clip = {**{side: round(size) for side, size in box.items()}, "scale": 1}

    def roll(self, seconds: float) -> None:
        """Film for so long."""
        end = time.monotonic() + (seconds if self.is_wanted else 0)
        while True:
            self._take()
            left = end - time.monotonic()
            if left <= 0:
                return
            due = self._times[-1] + 1 / RATE - time.monotonic()
            self.page.wait_for_timeout(max(0.0, min(due, left)) * 1e3)

    def move(self, start: tuple[float, float], end: tuple[float, float], seconds: float) -> None:
        """Move the mouse from a place of the page to another one, and film it."""
        n = max(2, round(seconds * RATE)) if self.is_wanted else 2
        for step in range(1, n + 1):
            share = step / n
            x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            self.page.mouse.move(x, y)
            self.roll(0 if step == n else 1 / RATE)

    def drag(self, start: tuple[float, float], end: tuple[float, float], seconds: float) -> None:
        """Drag from a place of the page to another one, and film it."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.move(start, end, seconds)
        self.page.mouse.up()

    @property
    def moves(self) -> bool:
        """Whether any frame is another picture than the one before it."""
        pairs = pairwise(self.frames)
        return any(ImageChops.difference(before, after).getbbox() for before, after in pairs)

    def save(self, path: Path) -> None:
        """Write the film, each frame for half as long as it took.

        Raises
        ------
        AssertionError
            If the file is larger than a page should load.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        durations = [
            round((after - before) * 1e3 / SPEED) for before, after in pairwise(self._times)
        ]
        first, *others = self.frames
        for quality in QUALITIES:
            first.save(
                path,
                save_all=True,
                append_images=others,
                duration=[*durations, STILL_MS],
                loop=0,
                quality=quality,
                method=3,
            )
            if path.stat().st_size <= MOST_BYTES:
                return
        msg = f"{path} has {path.stat().st_size:,} bytes, more than {MOST_BYTES:,}."
        raise AssertionError(msg)

    def _take(self) -> None:
        """Take a frame of what is painted by now."""
        wait_painted(self.page)
        self._times.append(time.monotonic())
        options = {"format": "png", "clip": self._clip, "optimizeForSpeed": True}
        shot = self._session.send("Page.captureScreenshot", options)
        self.frames.append(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB"))
