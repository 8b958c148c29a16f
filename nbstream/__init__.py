"""nbstream: live data in notebooks, in one line of a cell.

    import nbstream as ns
    ns.watch("streaming_data.csv")

Importing it loads nothing else: what a name needs is loaded when it is first used.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbstream import alerts, detectors, statistics
    from nbstream.alerts import AlertLog, Rule
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.analysis.sharing import shared
    from nbstream.cluster.dask_source import DaskSource
    from nbstream.errors import (
        CallbackError,
        ClosedError,
        ConfigurationError,
        ConnectError,
        DependencyError,
        NbstreamError,
        ParseError,
        RefusedError,
        SourceError,
        WrongThreadError,
    )
    from nbstream.readings.buffer import Buffer
    from nbstream.recording.replay import replay
    from nbstream.sources import (
        CallableSource,
        CsvSource,
        DataFrameSource,
        HttpSource,
        IterableSource,
        JsonLinesSource,
        KafkaSource,
        LinesSource,
        LogSource,
        MqttSource,
        ParquetSource,
        ProcessSource,
        RandomSource,
        RedisSource,
        SerialSource,
        Source,
        SourceState,
        SqlSource,
        StdinSource,
        SystemSource,
        TrainingSource,
        WebSocketSource,
    )
    from nbstream.sources.transforms.transform import merge
    from nbstream.widgets.chart.live_chart import LiveChart
    from nbstream.widgets.dashboard import Dashboard
    from nbstream.widgets.open_file import open
    from nbstream.widgets.plots.histogram import Histogram
    from nbstream.widgets.plots.spectrum import Spectrum
    from nbstream.widgets.plots.training import TrainingChart
    from nbstream.widgets.watch import watch

__version__ = "0.1.0"

__all__ = [
    "AlertLog",
    "Analyzer",
    "Buffer",
    "CallableSource",
    "CallbackError",
    "ClosedError",
    "ConfigurationError",
    "ConnectError",
    "CsvSource",
    "Dashboard",
    "DaskSource",
    "DataFrameSource",
    "DependencyError",
    "Histogram",
    "HttpSource",
    "IterableSource",
    "JsonLinesSource",
    "KafkaSource",
    "LinesSource",
    "LiveChart",
    "LogSource",
    "MqttSource",
    "NbstreamError",
    "ParquetSource",
    "ParseError",
    "ProcessSource",
    "RandomSource",
    "RedisSource",
    "RefusedError",
    "Rule",
    "SerialSource",
    "Source",
    "SourceError",
    "SourceState",
    "Spectrum",
    "SqlSource",
    "StdinSource",
    "SystemSource",
    "TrainingChart",
    "TrainingSource",
    "WebSocketSource",
    "WrongThreadError",
    "alerts",
    "detectors",
    "merge",
    "open",
    "replay",
    "shared",
    "statistics",
    "stop_all",
    "watch",
]

_PLACES = {
    "alerts": "AlertLog Rule",
    "analysis.analyzer": "Analyzer",
    "analysis.sharing": "shared",
    "cluster.dask_source": "DaskSource",
    "errors": (
        "CallbackError ClosedError ConfigurationError ConnectError DependencyError "
        "NbstreamError ParseError RefusedError SourceError WrongThreadError"
    ),
    "readings.buffer": "Buffer",
    "recording.replay": "replay",
    "sources": (
        "CallableSource CsvSource DataFrameSource HttpSource IterableSource JsonLinesSource "
        "KafkaSource LinesSource LogSource MqttSource ParquetSource ProcessSource RandomSource "
        "RedisSource SerialSource Source SourceState SqlSource StdinSource SystemSource "
        "TrainingSource WebSocketSource"
    ),
    "sources.transforms.transform": "merge",
    "widgets.chart.live_chart": "LiveChart",
    "widgets.dashboard": "Dashboard",
    "widgets.open_file": "open",
    "widgets.plots.histogram": "Histogram",
    "widgets.plots.spectrum": "Spectrum",
    "widgets.plots.training": "TrainingChart",
    "widgets.watch": "watch",
}
"""Which module has which public names."""
_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names.split()}

_MODULES = {
    "alerts", "analysis", "analyzer", "buffer", "cluster", "detectors", "errors", "expressions", "readings",
    "recording", "runtime", "sources", "statistics", "summaries", "testing", "text", "widgets", "window",
}  # fmt: skip

logging.getLogger(__name__).addHandler(logging.NullHandler())


def stop_all() -> None:
    """Close every dashboard, chart and analyzer, and stop every source that runs.

    All are told to end before any is waited for: half a second for all of them together. A thread that
    is stuck in a call is given up then; whatever it returns later is dropped.

    Notes
    -----
    Thread safety: any thread; off the main thread of a kernel, widgets are closed there a little later.
    """
    from nbstream.runtime import ending, ownership
    from nbstream.runtime.main_thread import MAIN
    from nbstream.sources.base import running_sources

    living, sources = ownership.living()[::-1], running_sources()
    with ending.together([*living, *sources]):
        try:
            MAIN.run(lambda: ending.close_all(living))
        finally:
            ending.close_all(sources, lambda source: source.stop(ending.seconds_left(ending.GRACE)))


def __getattr__(name: str) -> Any:
    """Load on first use (PEP 562), so that the command line is there before anything takes long."""
    if name in _MODULES:
        return importlib.import_module(f"nbstream.{name}")
    module = _MODULE_OF.get(name)
    if module is None:
        msg = f"module 'nbstream' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(f"nbstream.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
