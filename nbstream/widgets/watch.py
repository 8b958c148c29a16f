"""One line for everything: whatever yields numbers becomes a dashboard."""

from __future__ import annotations

import inspect
import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.analyzer import Analyzer
from nbstream.buffer import Buffer
from nbstream.main_thread import MAIN
from nbstream.readings import as_times_ns
from nbstream.sources import (
    CallableSource,
    CsvSource,
    IterableSource,
    ProcessSource,
    Source,
    SourceState,
    nearest_neighbour,
)
from nbstream.widgets.cards import STANDARD
from nbstream.widgets.dashboard import Dashboard, chart_options
from nbstream.widgets.options import refuse_unknown

if TYPE_CHECKING:
    import pandas as pd

    from nbstream.detectors import Detector
    from nbstream.statistics import StatisticLike
    from nbstream.window import WindowLike

__all__ = ["watch"]

TIME_NAMES = ("timestamp", "time", "datetime", "date", "ts", "t")
ACCEPTED = (
    "a path, a list of str (a command), a callable, an iterable, a DataFrame, a Source, a Buffer "
    "or an Analyzer"
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
        A path of a CSV file that grows (str or Path), a command (list of str), a callable that
        returns readings, an iterable of readings, a DataFrame or Series with times, a Source, a
        Buffer or an Analyzer.
    window
        "60s", 1000 readings, "all"; None is "60s", for a DataFrame "all", and what an Analyzer has.
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
        Seconds between two calls of a callable.
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
        If an alert, a statistic or the window cannot be read, or a DataFrame has no times or no numbers.

    Notes
    -----
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
        if window is None and made and isinstance(x, Buffer):
            window = "all"
        if isinstance(x, Analyzer):
            analyzer = x
            if window is not None:
                analyzer.window = window
        else:
            analyzer = Analyzer(x, "60s" if window is None else window)
            made.append(analyzer)
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
        x.start()
    return dashboard


def _open(
    anything: Any, options: dict[str, Any], *, wait: bool, interval: float
) -> Source | Buffer | Analyzer:
    if isinstance(anything, (Source, Buffer, Analyzer)):
        _refuse(options, frozenset())
        return anything
    if isinstance(anything, (str, os.PathLike)):
        return _make(CsvSource, _existing(anything, wait=wait), options)
    pandas = sys.modules.get("pandas")  # a DataFrame cannot exist before pandas was imported
    if pandas is not None and isinstance(anything, (pandas.DataFrame, pandas.Series)):
        return _from_pandas(anything, options)
    if _is_command(anything):
        return _make(ProcessSource, anything, options)
    if inspect.isgeneratorfunction(anything):
        return _make(IterableSource, anything(), options)
    if inspect.iscoroutinefunction(anything) or inspect.isasyncgenfunction(anything):
        message = f"watch cannot call the async function {_name_of(anything)!r}."
        raise TypeError(message)
    if callable(anything):
        return _make(CallableSource, anything, {"interval": interval, **options})
    if isinstance(anything, Iterable) and not isinstance(anything, (bytes, bytearray, Mapping)):
        return _make(IterableSource, anything, options)
    message = f"watch needs {ACCEPTED} (got {type(anything).__name__})."
    raise TypeError(message)


def _make(kind: Any, what: Any, options: dict[str, Any]) -> Source:
    _refuse(options, _options_of(kind))
    made: Source = kind(what, **options)
    return made


def _options_of(kind: Any) -> frozenset[str]:
    """Return the keyword options of a kind of source, its base classes' included."""
    found: set[str] = set()
    for cls in kind.__mro__:
        if "__init__" not in cls.__dict__ or cls is object:
            continue
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        found |= {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return frozenset(found)


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


def _name_of(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__name__)


def _existing(path: str | os.PathLike[str], *, wait: bool) -> Path:
    """Return the path of a file to read, or raise an error that helps."""
    found = Path(path).expanduser()
    if found.is_dir():
        message = f"{str(path)!r} is a directory. Give the path of one file."
        raise IsADirectoryError(message)
    if wait or found.exists():
        return found
    if isinstance(path, str) and _looks_like_command(path):
        words = ", ".join(repr(word) for word in shlex.split(path))
        message = f"There is no file {path!r}. If it is a command, pass a list: watch([{words}])."
        raise FileNotFoundError(message)
    near = nearest_neighbour(found)
    if near is not None:
        message = f"There is no file {str(path)!r}. Did you mean {str(near)!r}?"
        raise FileNotFoundError(message)
    message = f"There is no file {str(path)!r}. Pass wait=True to wait for it."
    raise FileNotFoundError(message)


def _looks_like_command(text: str) -> bool:
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    return len(words) > 1 and shutil.which(words[0]) is not None


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


def _from_pandas(data: pd.DataFrame | pd.Series[Any], options: dict[str, Any]) -> Buffer:
    """Return a buffer with all readings of a DataFrame or Series, in the order of their times."""
    import pandas as pd

    _refuse(options, frozenset({"time", "channels", "timezone", "units"}))
    frame = (
        data.to_frame("value" if data.name is None else data.name)
        if isinstance(data, pd.Series)
        else data
    )
    channels: Sequence[str] | None = options.get("channels")
    times, frame = _split_times(frame, options.get("time"))
    if channels is not None:
        missing = [name for name in channels if name not in frame.columns]
        if missing:
            message = f"The DataFrame has no column {missing[0]!r}; it has {list(frame.columns)}."
            raise ValueError(message)
        frame = frame[list(channels)]
    numbers = frame.select_dtypes(["number", "bool"])
    if not len(numbers.columns):
        message = f"The DataFrame has no column of numbers; it has {list(frame.columns)}."
        raise ValueError(message)
    given = np.asarray(times.notna(), bool)
    order = np.flatnonzero(given)[np.argsort(times[given], kind="stable")]
    buffer = Buffer(capacity=max(1_000_000, len(order)), timezone=options.get("timezone", times.tz))
    buffer.units.update(options.get("units") or {})
    values = numbers.to_numpy(np.float64, na_value=np.nan)[order]
    buffer.extend(times[order], {str(name): values[:, i] for i, name in enumerate(numbers.columns)})
    left_out = [str(name) for name in frame.columns if name not in numbers.columns]
    if left_out:
        buffer.note(f"not numeric, left alone: {', '.join(left_out)}")
    if not given.all():
        buffer.note(f"{int((~given).sum()):,} rows without a time were left out")
    return buffer


def _split_times(frame: pd.DataFrame, time: str | None) -> tuple[pd.DatetimeIndex, pd.DataFrame]:
    """Return the times of a DataFrame, and its other columns."""
    import pandas as pd

    if time is None and isinstance(frame.index, pd.DatetimeIndex):
        return frame.index, frame
    if time is None:
        by_lower = {str(name).lower(): name for name in reversed(list(frame.columns))}
        dated = [n for n in frame.columns if pd.api.types.is_datetime64_any_dtype(frame[n])]
        named = [by_lower[n] for n in TIME_NAMES if n in by_lower]
        found = [*(n for n in named if n in dated), *dated, *named]
        if not found:
            message = (
                "The DataFrame has no times: its index is no DatetimeIndex, and none of its columns "
                f"{list(frame.columns)} holds times. Pass time='…'."
            )
            raise ValueError(message)
        time = found[0]
    elif time not in frame.columns:
        message = f"The DataFrame has no column {time!r}; it has {list(frame.columns)}."
        raise ValueError(message)
    return _as_index(frame[time], time), frame.drop(columns=[time])


def _as_index(column: pd.Series[Any], name: str) -> pd.DatetimeIndex:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.DatetimeIndex(column)
    if pd.api.types.is_numeric_dtype(column):  # seconds; numbers that can be none are refused
        return pd.DatetimeIndex(as_times_ns(column.to_numpy(np.float64)).view("M8[ns]"), tz="UTC")
    try:
        return pd.DatetimeIndex(pd.to_datetime(column, format="ISO8601"))
    except (ValueError, TypeError) as error:
        why = str(error).partition("\n")[0].partition(". ")[0]
        message = (
            f"The times in column {name!r} are not ISO 8601 throughout: {why}. "
            "Convert them with pandas.to_datetime first."
        )
        raise ValueError(message) from error
