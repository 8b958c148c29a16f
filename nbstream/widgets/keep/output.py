"""What the cell keeps beside the live view, and when it is renewed.

A picture and a table are an output of their own, just before the widget's: JupyterLab shows a widget whose
model is gone as an error and never falls back to another form of the same output, and an output that is
renewed is rendered anew. So the live view is not touched when the kept output changes, and where there is
none the kept output is what one sees. A style in it hides it while the live view stands, and what is left of
the live view when that is gone.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
import uuid
from dataclasses import replace
from functools import cache
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any

from nbstream.alerts.notifiers.voila import is_voila_kernel
from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.runtime.main_thread import MAIN
from nbstream.sources import SourceState
from nbstream.text.redaction import log_exception
from nbstream.widgets.keep.canvas import WIDTH
from nbstream.widgets.keep.picture import fitting
from nbstream.widgets.keep.record import Subject, said_of, take
from nbstream.widgets.keep.table import html_table, text_table
from nbstream.widgets.page.link import PUMP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.runtime.clock import Clock
    from nbstream.widgets.keep.record import Record
    from nbstream.widgets.page.link import Pump

__all__ = ["MAX_BYTES", "Keeper", "bundle", "framed", "worded"]

logger = logging.getLogger(__name__)

MAX_BYTES = 150_000
"""What a cell keeps at most."""
KEEP_INTERVAL = 300.0
"""Seconds between two renewals that nobody asked for, at least …"""
FIRST_KEEP = 10.0
"""… but for the first with readings: so long after they began to come, or after the display."""
FIRST_BYTES = 26_000
"""What a display keeps is coarse: it must not hold up the live view that comes after it …"""
FIRST_ROWS = 1_000_000
"""… and of more readings than these, as of none, there is no picture before the first renewal."""
LOOK_INTERVAL = 1.0
OVER = (SourceState.ENDED, SourceState.STOPPED, SourceState.FAILED)

FIGURE = (
    "margin:0;padding:8px;background:#ffffff;color:#1f2933;border-radius:4px;font-family:sans-serif"
)


def bundle(
    record: Record, max_bytes: int = MAX_BYTES, *, scale: float = 1.5, mark: str = ""
) -> dict[str, str]:
    """Return what a record is as the data of an output, at most `max_bytes` together.

    `mark` is what a page knows the output by.

    "image/png" is the picture, "text/html" the picture and the table on a white plate, "text/plain" the
    table. A record that waits for readings is told in words, without a picture.
    """
    text = f"{record.title or 'Chart'}, {record.said}\n{text_table(record)}"
    names = ", ".join(channel.name for channel in record.channels[:3])
    about = f"Chart of {record.title or names or 'nothing yet'}"
    if record.waiting:
        return worded(text, f"{about}: {record.waiting}, {record.said}", mark=mark)
    return framed(
        text,
        f"{about}, {record.said}",
        f"Window {record.window}, {record.said}",
        html_table(record),
        lambda room: fitting(record, room, scale=scale),
        max_bytes,
        mark=mark,
    )


def framed(
    text: str,
    about: str,
    caption: str,
    table: str,
    picture: Callable[[int], bytes],
    max_bytes: int = MAX_BYTES,
    *,
    mark: str,
) -> dict[str, str]:
    """Return the data of an output: a picture and a table on a white plate, and plain text.

    Parameters
    ----------
    text
        All of it as plain text; its first line ends in what says when it was recorded.
    about
        What the picture shows, for who cannot see it.
    caption
        Stands below the picture.
    table
        HTML.
    picture
        Returns the picture as a PNG of so many bytes at most.
    max_bytes
        Of all forms together.
    mark
        What a page knows the output by.
    """
    head = _head(mark) + (
        f'<img alt="{escape(about)}" '
        f'style="display:block;width:100%;max-width:{WIDTH}px" src="data:image/png;base64,'
    )
    foot = (
        f'"/><figcaption style="font-size:12px;color:#52606d">{escape(caption)}</figcaption>'
        f'<div style="overflow-x:auto">{table}</div></figure>'
    )
    written = sum(len(part.encode()) for part in (text, head, foot))
    # The picture is there twice, four bytes for three.
    png = base64.b64encode(picture((max_bytes - written) * 3 // 8 - 8)).decode()
    return {"image/png": png, "text/html": f"{head}{png}{foot}", "text/plain": text}


def worded(text: str, words: str, *, mark: str) -> dict[str, str]:
    """Return the data of an output that has no picture to show; see `framed`."""
    caption = f"<figcaption>{escape(words)}</figcaption>"
    return {"text/html": f"{_head(mark)}{caption}</figure>", "text/plain": text}


def _head(mark: str) -> str:
    return f'<style>{_style()}</style><figure class="nbs-kept" data-kept="{mark}" style="{FIGURE}">'


class Keeper:
    """Keeps an output of the cell that shows a chart, and renews it.

    Parameters
    ----------
    analyzer
        Whose readings are kept.
    describe
        Returns how a chart over time looks now.
    draw
        Returns what any other chart keeps, as the data of an output; it is given what pages know that by.
    tell
        Sends a message to the pages that show the chart.
    publish
        Sends the data of an output: ``publish(data, display_id, update)``.
    is_host
        Returns whether there is a notebook that keeps outputs.
    clock, pump
        Injectable for tests.

    Notes
    -----
    Renewed by `keep`, once when the source ends, and at most every 5 min while readings come; the first time
    10 s after the first reading or the display. Until it was displayed nothing is drawn.

    Thread safety: `display` and `close` on the main thread, `keep` from any.
    """

    def __init__(
        self,
        analyzer: Analyzer,
        describe: Callable[[], Subject] | None = None,
        *,
        draw: Callable[[str], dict[str, str]] | None = None,
        tell: Callable[[dict[str, Any]], object] = lambda content: None,
        publish: Callable[[dict[str, str], str, bool], None] | None = None,
        is_host: Callable[[], bool] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        pump: Pump = PUMP,
    ) -> None:
        self._analyzer = analyzer
        self._describe = describe or (lambda: Subject(()))
        self._draw_other = draw
        self._tell = tell
        self._publish = publish or _publish
        self._is_host = is_host or _is_notebook
        self._clock = clock
        self._pump = pump
        self._lock = threading.Lock()
        self._display_id = uuid.uuid4().hex
        self._is_displayed = False
        self._is_closed = False
        self._is_drawing = False
        self._is_asked = threading.Event()
        self._drawer: threading.Thread | None = None
        self._kept: tuple[Any, ...] = ()
        self._data: dict[str, str] = {}
        self._due = 0.0
        self._saw_readings = False
        self.title = ""
        """What stands above the picture of a chart that has no title of its own."""
        self._was_over = False
        self.n_kept = 0

    def display(self) -> None:
        """Put the output into the cell that runs, before what shows the chart."""
        if self._is_closed or not self._is_host():
            return
        is_first, self._is_displayed = not self._is_displayed, True
        self._draw(update=False)
        if self._kept[1:2] != (0,):
            self._due = self._clock.monotonic() + FIRST_KEEP
            self._kept = ()  # what is kept now is coarse
        if is_first:
            self._was_over = self._is_over()
            self._pump.add(self)

    def keep(self) -> None:
        """Renew the output in all cells that have it; nothing if there is none."""
        if self._is_displayed and not self._is_closed:
            self._draw(update=True)

    def close(self, *, keep: bool) -> None:
        """Renew the output for the last time if `keep`, and never again."""
        if self._is_closed:
            return
        if keep and self._is_displayed:
            self._draw(update=True, is_last=True)
        self._is_closed = True
        self._is_asked.set()
        self._pump.remove(self)

    def step(self, now: float) -> float | None:
        """Renew the output if that is due; the pump calls it."""
        if self._is_closed:
            return None
        is_over, was_over = self._is_over(), self._was_over
        self._was_over = is_over
        if not self._saw_readings and self._analyzer.buffer.n_added:
            self._saw_readings = True
            if self._kept[1:2] == (0,):
                self._due = now + FIRST_KEEP
        is_due = now >= self._due and self._present() != self._kept
        if (is_due or (is_over and not was_over)) and not self._is_drawing:
            self._is_drawing = True
            self._ask()
        return LOOK_INTERVAL

    def _ask(self) -> None:
        """Have a picture drawn beside this thread, on whose frames pages wait."""
        if self._drawer is None:
            # One for all of them: glibc keeps for each new thread what a picture took, 15 MB.
            drawer = threading.Thread(target=self._run, name="nbstream-keep", daemon=True)
            try:
                drawer.start()
            except RuntimeError:  # no thread can be started
                self._renew()
                return
            self._drawer = drawer
        self._is_asked.set()

    def _run(self) -> None:
        while self._is_asked.wait():
            self._is_asked.clear()
            if self._is_closed:
                return
            self._renew()

    def _renew(self) -> None:
        try:
            self.keep()
        finally:
            self._is_drawing = False

    def latest(self) -> dict[str, Any]:
        """Return what is kept now and what a page knows it by: {"id", "data"}."""
        return {"id": self._display_id, "data": self._data}

    def _draw(self, *, update: bool, is_last: bool = False) -> None:
        try:
            with self._lock:
                kept = self._present()
                self._due = self._clock.monotonic() + KEEP_INTERVAL
                data = self._drawn() if update else self._sketch()
                self._publish(data, self._display_id, update)
                self._kept, self._data = kept, data
                self.n_kept += 1
                if update:
                    self._tell_pages(with_data=is_last)
        except Exception:  # a chart is shown and ended all the same
            log_exception(logger, "The picture of a chart could not be kept.")

    def _tell_pages(self, *, with_data: bool) -> None:
        """Let pages that were loaded anew renew what they have; a closed chart can't be asked."""
        said = self._data["text/plain"].partition("\n")[0].rpartition(", recorded ")[2]
        content = {"kind": "kept", "id": self._display_id, "said": said}
        self._tell({**content, "data": self._data} if with_data else content)

    def _drawn(self) -> dict[str, str]:
        if self._draw_other is not None:
            return self._draw_other(self._display_id)
        return bundle(self._taken(self._describe()), mark=self._display_id)

    def _sketch(self) -> dict[str, str]:
        """Return what is kept at a display, which takes little time and few bytes."""
        subject = self._describe()
        if self._draw_other is not None:
            if self._n_rows(self._analyzer.channels) <= FIRST_ROWS:
                return self._draw_other(self._display_id)
            said = said_of(self._clock.wall_ns(), self._analyzer.buffer.timezone)
            return worded(f"Chart, {said}", f"the picture follows, {said}", mark=self._display_id)
        if self._n_rows(trace.channel for trace in subject.traces) <= FIRST_ROWS:
            record = self._taken(subject)
        else:
            record = self._taken(subject._replace(traces=(), rows=()))
            record = replace(record, waiting="the picture follows")
        return bundle(record, FIRST_BYTES, scale=1.0, mark=self._display_id)

    def _n_rows(self, channels: Iterable[str]) -> int:
        buffer, window = self._analyzer.buffer, self._analyzer.parsed_window
        spans = [buffer.channel(name).window_rows(window) for name in channels]
        return sum(stop - start for start, stop in spans)

    def _taken(self, subject: Subject) -> Record:
        subject = subject._replace(title=subject.title or self.title)
        return take(self._analyzer, subject, clock=self._clock)

    def _present(self) -> tuple[Any, ...]:
        """Return what differs when another picture would."""
        analyzer = self._analyzer
        return analyzer.parsed_window, analyzer.buffer.n_added, analyzer.alerts.version

    def _is_over(self) -> bool:
        source = self._analyzer.source
        return source is not None and source.state in OVER


@cache
def _style() -> str:
    """Return the style that hides the output beside a live view, on one line."""
    text = resources.files("nbstream.widgets.keep").joinpath("kept.css").read_text("utf-8")
    return " ".join(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL).split())


def _is_notebook() -> bool:
    return MAIN.has_loop and not is_voila_kernel()


def _publish(data: dict[str, str], display_id: str, update: bool) -> None:
    from IPython.display import publish_display_data

    publish: Any = publish_display_data
    publish(data, transient={"display_id": display_id}, update=update)
