"""One line for everything: whatever yields numbers becomes a dashboard."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterable, Iterable, Mapping, Sized
from typing import TYPE_CHECKING, Any

from nbstream.analysis.analyzer import Analyzer
from nbstream.analysis.as_analyzer import as_analyzer
from nbstream.errors import SourceError
from nbstream.readings.buffer import Buffer
from nbstream.recording.replay import Replay
from nbstream.runtime.main_thread import MAIN
from nbstream.sources import (
    CallableSource,
    IterableSource,
    ParquetSource,
    ProcessSource,
    Source,
    SourceState,
)
from nbstream.sources.frames import is_columns, is_frame, is_labelled
from nbstream.sources.options import options_of
from nbstream.widgets.dashboard import Dashboard, chart_options
from nbstream.widgets.default_window import fit_window
from nbstream.widgets.door import hint_for
from nbstream.widgets.early_failure import tell_early_failure
from nbstream.widgets.page.options import refuse_unknown
from nbstream.widgets.panels.cards import STANDARD
from nbstream.widgets.text_source import source_of_text
from nbstream.widgets.whole_table import TABLE_OPTIONS, table_buffer

if TYPE_CHECKING:
    from nbstream.detectors import Detector
    from nbstream.readings.window import WindowLike
    from nbstream.statistics import StatisticLike

__all__ = ["watch"]

ACCEPTED = (
    "a path, a list of str (a command), a callable, an iterable, a DataFrame, a dict of columns, "
    "a Source, a Buffer or an Analyzer"
)


def watch(
    anything: Any,
    *,
    window: WindowLike | None = None,
    alerts: str | Mapping[str, Any] | Iterable[str | Mapping[str, Any]] = (),
    detect: bool | str | Detector | Iterable[str | Detector] = False,
    title: str | None = None,
    wait: bool = False,
    interval: float = 1.0,
    name: str | None = None,
    statistics: StatisticLike | Iterable[StatisticLike] = STANDARD,
    **options: Any,
) -> Dashboard:
    """Show anything that yields numbers over time: chart, statistics, alerts and controls.

    Parameters
    ----------
    anything
        A path (str or Path) of a file that grows, or a pattern of several ("*.jsonl"): a table (CSV and
        its like), lines of JSON or of a log (``pattern=…``), or Parquet (a folder of it, too), by its
        name; "system", the load of this machine; a serial port; an address such as
        "serial:///dev/ttyUSB0?baud=115200"; a command (list of str); a callable that returns readings; an
        iterable of readings; a frame or series of pandas, polars or pyarrow with times; a Source, a Buffer
        or an Analyzer.
    window
        "60s", 1000 readings, "all"; None is "60s", or longer where readings come so seldom that it would
        hold fewer than 60 of them; for a DataFrame, and a file whose newest reading is of another day,
        "all"; and what an Analyzer has.
    alerts
        Conditions such as "value > 90", or dicts of `Analyzer.alert`'s arguments.
    detect
        Whether to mark strange readings of the first channel: True takes `nbstream.detectors.default()`; or
        the name of a detector, a Detector, or several.
    title
        The heading; None is the source's name.
    wait
        Whether to wait for a file that does not exist yet.
    interval
        Seconds between two calls of a callable, two questions to a server, or two looks at "system".
    name
        A second dashboard with the same explicit name replaces the first.
    statistics
        What the cards show: names such as "last", "p99" or "time_above(90)" (see `Cards`).
    **options
        Further options of the source that is made (``timezone="UTC"``), or of LiveChart.

    Returns
    -------
    Dashboard
        Its `close()` ends what was made here. A Source that was given is started if it never was,
        and goes on after that.

    Raises
    ------
    FileNotFoundError
        If there is no such file and `wait` is False.
    IsADirectoryError
        If the path is a directory.
    TypeError
        If `anything` is something else, or an option is unknown.
    ValueError
        If an alert, a statistic or the window cannot be read; if what is there as a whole (a table, a
        list) holds no times or no numbers; if a path is an address, a device or a file
        of another kind: the message shows the call that reads it.
    SourceError
        If a Source that was given has ended and left no reading.

    Notes
    -----
    A source that fails within its first second says so in the cell's output too.

    Thread safety: call it on the main thread.

    Examples
    --------
    >>> dashboard = watch(iter([1.0, 2.0, 6.0]), alerts=["value > 5"], window="all")
    >>> dashboard.analyzer.window
    'all'
    >>> dashboard.close()
    """
    MAIN.require("Making a dashboard")
    known = set(chart_options())
    if not isinstance(anything, (Source, Buffer, Analyzer)):
        known.discard("channels")  # those that the source reads
    for_chart = {option: options.pop(option) for option in known & options.keys()}
    for_chart.pop("title", None)
    made: list[Any] = []
    try:
        x = _open(anything, options, wait=wait, interval=interval)
        if x is not anything:
            made.append(x)
        if window is None and made and _is_whole(x):
            window = "all"
        analyzer, is_new = as_analyzer(x, window)
        if is_new:
            made.append(analyzer)
            if window is None:
                fit_window(analyzer)
        for alert in _as_alerts(alerts):
            analyzer.alert(**alert)
        for detector in _as_detectors(detect):
            analyzer.detect(detector)
        dashboard = Dashboard(analyzer, title=title, name=name, statistics=statistics, **for_chart)
    except BaseException:
        for thing in reversed(made):
            thing.close()
        raise
    dashboard.own(*made)
    if isinstance(x, Source) and x.state is SourceState.IDLE:
        try:
            x.start()
        except BaseException:
            dashboard.close()
            raise
        tell_early_failure(x)
    return dashboard


def _open(
    anything: Any, options: dict[str, Any], *, wait: bool, interval: float
) -> Source | Buffer | Analyzer:
    if isinstance(anything, (Source, Buffer, Analyzer)):
        _refuse(options, frozenset())
        _refuse_finished(anything)
        return anything
    if isinstance(anything, (str, os.PathLike)):
        return source_of_text(
            os.fsdecode(anything),
            options,
            wait=wait,
            interval=interval,
            check=lambda kind: _refuse(options, options_of(kind)),
        )
    if (is_frame(anything) and not is_labelled(anything)) or is_columns(anything):
        _refuse(options, TABLE_OPTIONS)
        return table_buffer(anything, options)
    if _is_command(anything):
        return _make(ProcessSource, anything, options)
    if inspect.isgeneratorfunction(anything) or inspect.isasyncgenfunction(anything):
        return _make(IterableSource, anything, options)
    if isinstance(anything, AsyncIterable):
        return _make(IterableSource, anything, options)
    if callable(anything):
        return _make(CallableSource, anything, {"interval": interval, **options})
    if isinstance(anything, Iterable) and not isinstance(anything, (bytes, bytearray, Mapping)):
        if isinstance(anything, Sized) and not len(anything):
            message = f"The {type(anything).__name__} is empty: there is nothing to show."
            raise ValueError(message)
        return _make(IterableSource, anything, options)
    message = f"watch needs {ACCEPTED} (got {type(anything).__name__}).{hint_for(anything)}"
    raise TypeError(message)


def _is_whole(x: Any) -> bool:
    """Return whether what was made is there as a whole, rather than growing."""
    return isinstance(x, Buffer) or (isinstance(x, (ParquetSource, Replay)) and x.speed is None)


def _refuse_finished(x: Source | Buffer | Analyzer) -> None:
    """Raise an error for a source that has ended and left no reading."""
    source = x.source if isinstance(x, Analyzer) else x
    if not isinstance(source, Source) or source.buffer.channels:
        return
    if source.state in (SourceState.ENDED, SourceState.FAILED):
        message = f"{source.name!r} has no readings and brings no more: {source.status}."
        raise SourceError(message, source=source.name) from source.last_error


def _make(kind: Any, what: Any, options: dict[str, Any]) -> Source:
    _refuse(options, options_of(kind))
    made: Source = kind(what, **options)
    return made


def _refuse(options: dict[str, Any], known: frozenset[str]) -> None:
    if not options.keys() <= known:
        own = {"window", "alerts", "detect", "title", "wait", "interval", "name", "statistics"}
        refuse_unknown("watch", options, {*known, *chart_options(), *own})


def _is_command(anything: Any) -> bool:
    return (
        isinstance(anything, (list, tuple))
        and len(anything) > 0
        and all(isinstance(word, (str, os.PathLike)) for word in anything)
    )


def _as_alerts(alerts: Any) -> list[dict[str, Any]]:
    if isinstance(alerts, (str, Mapping)):
        alerts = [alerts]
    if not isinstance(alerts, Iterable):
        message = f"'alerts' must be a list of conditions (got {alerts!r})."
        raise TypeError(message)
    found = []
    for alert in alerts:
        if isinstance(alert, str):
            found.append({"condition": alert})
        elif isinstance(alert, Mapping):
            found.append(_checked_alert(dict(alert)))
        else:
            message = (
                f"An alert is a condition such as 'value > 90', or a dict with one (got {alert!r})."
            )
            raise TypeError(message)
    return found


def _as_detectors(detect: Any) -> list[Any]:
    if isinstance(detect, bool):
        return ["default"] if detect else []
    is_several = isinstance(detect, Iterable) and not isinstance(detect, str)
    return list(detect) if is_several else [detect]


def _checked_alert(alert: dict[str, Any]) -> dict[str, Any]:
    known = set(inspect.signature(Analyzer.alert).parameters) - {"self"}
    refuse_unknown("An alert", map(str, alert), known)
    if "condition" not in alert:
        message = f"An alert needs a 'condition' such as 'value > 90' (got {alert!r})."
        raise ValueError(message)
    return alert
