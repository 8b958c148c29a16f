"""A file becomes a chart to look at, whatever its size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer, Event
from nbstream.recording.archive.opening import OPENED_OPTIONS, open_archive
from nbstream.recording.converting import folder_of
from nbstream.recording.replay import Replay
from nbstream.runtime.main_thread import MAIN
from nbstream.widgets.chart.incidents import RecordedIncidents
from nbstream.widgets.chart.live_chart import OPTIONS, LiveChart
from nbstream.widgets.page.options import refuse_unknown

if TYPE_CHECKING:
    from nbstream.readings.window import WindowLike
    from nbstream.recording.description import Description

__all__ = ["open"]

MAX_HELD = 20_000_000
"""Rows of what a killed recording left, which are held in memory."""


def open(  # noqa: A001
    path: str | os.PathLike[str],
    *,
    window: WindowLike = "all",
    title: str | None = None,
    **options: Any,
) -> LiveChart:
    """Show a Parquet file of any size in a chart: a recording, or any with a column of times.

    It is there at once, from what the file's footer says; blocks of 1,024 rows are summarised on a thread
    then, and rows are read where few enough are in view. What is held does not grow with the file.

    Parameters
    ----------
    path
        A file, a folder of such files or a pattern; here, or an address for fsspec. Of a recording that was
        never stopped its parts are shown.
    window
        What is in view at first: "all", or the end of it ("1h", 10_000 readings).
    title
        Of the chart; None is the file's name.
    **options
        time, channels, states, pivot, timezone and storage_options as for `ParquetSource`; ``cache=False``
        keeps no summaries beside the file; the rest goes to `LiveChart`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ParseError
        If it is not whole.
    ConfigurationError
        If it is no Parquet file, or has no times or numbers.
    TypeError
        If an option is unknown.
    DependencyError
        If pyarrow is not installed.

    Notes
    -----
    The file is read where it is: one that is replaced or cut while it is open says so. `close()` of the
    chart lets go of it.

    Thread safety: call it on the main thread.
    """
    MAIN.require("Opening a file")
    for_file = {name: options.pop(name) for name in OPENED_OPTIONS & options.keys()}
    refuse_unknown("open", options, {*OPENED_OPTIONS, *OPTIONS})
    text = os.fspath(path)
    title = Path(text).name if title is None else title
    parts = Path(text) if text.endswith(".part") else folder_of(Path(text))
    if parts.is_dir() and not Path(text).is_file():
        return _of_parts(text, window, title, options)
    buffer, description = open_archive(text, **for_file)
    analyzer = None
    try:
        analyzer = Analyzer(buffer, window=window)
        chart = LiveChart(analyzer, title=title, **options)
    except BaseException:
        if analyzer is not None:
            analyzer.close()
        buffer.close()
        raise
    chart._own(analyzer, buffer)
    if description is not None:
        _tell(chart, buffer, description)
    buffer.archive.start()
    return chart


def _of_parts(text: str, window: WindowLike, title: str, options: dict[str, Any]) -> LiveChart:
    source = Replay(text, speed=None, buffer=Buffer(capacity=MAX_HELD))
    try:
        analyzer = Analyzer(source, window=window)
        chart = LiveChart(analyzer, title=title, **options)
    except BaseException:
        source.close()
        raise
    chart._own(analyzer, source, source.buffer)
    source.start()
    return chart


def _tell(chart: LiveChart, buffer: Buffer, description: Description) -> None:
    """Show notes, marks and incidents of a recording."""
    for event in description.events:
        if event.get("kind") in ("note", "mark") and isinstance(event.get("time_ns"), int):
            said = Event(event["time_ns"], str(event.get("text", "")))
            buffer.events.append(said)
            if event["kind"] == "mark":
                buffer.marks.append(said)
    incidents = [event for event in description.events if event.get("kind") == "incident"]
    if incidents:
        chart._feed.show_incidents(RecordedIncidents(incidents))
