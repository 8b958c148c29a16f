"""nbstream: live data in notebooks, in one line of a cell.

    import nbstream as ns
    ns.watch("streaming_data.csv")

Importing it loads numpy and traitlets only; pandas and plotly are loaded when they are first used.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

from nbstream import alerts, statistics
from nbstream.alerts import AlertLog, Rule
from nbstream.analysis.analyzer import Analyzer
from nbstream.errors import (
    CallbackError,
    ClosedError,
    ConnectError,
    DependencyError,
    NbstreamError,
    ParseError,
    SourceError,
    WrongThreadError,
)
from nbstream.readings.buffer import Buffer
from nbstream.runtime import ending as _ending
from nbstream.runtime import ownership as _ownership
from nbstream.runtime.main_thread import MAIN as _MAIN
from nbstream.sources import (
    CallableSource,
    CsvSource,
    IterableSource,
    LinesSource,
    ProcessSource,
    RandomSource,
    Source,
    SourceState,
)

if TYPE_CHECKING:
    from nbstream import detectors
    from nbstream.widgets.chart.live_chart import LiveChart
    from nbstream.widgets.dashboard import Dashboard
    from nbstream.widgets.plots.histogram import Histogram
    from nbstream.widgets.plots.spectrum import Spectrum
    from nbstream.widgets.watch import watch

__version__ = "0.1.0"

__all__ = [
    "AlertLog",
    "Analyzer",
    "Buffer",
    "CallableSource",
    "CallbackError",
    "ClosedError",
    "ConnectError",
    "CsvSource",
    "Dashboard",
    "DependencyError",
    "Histogram",
    "IterableSource",
    "LinesSource",
    "LiveChart",
    "NbstreamError",
    "ParseError",
    "ProcessSource",
    "RandomSource",
    "Rule",
    "Source",
    "SourceError",
    "SourceState",
    "Spectrum",
    "WrongThreadError",
    "alerts",
    "detectors",
    "statistics",
    "stop_all",
    "watch",
]

_ON_FIRST_USE = {
    "Dashboard": "nbstream.widgets.dashboard",
    "Histogram": "nbstream.widgets.plots.histogram",
    "LiveChart": "nbstream.widgets.chart.live_chart",
    "Spectrum": "nbstream.widgets.plots.spectrum",
    "watch": "nbstream.widgets.watch",
}

_MODULES_ON_FIRST_USE = {"analyzer", "buffer", "detectors", "window"}

logging.getLogger(__name__).addHandler(logging.NullHandler())


def stop_all() -> None:
    """Close every dashboard, chart and analyzer, and stop every source that runs.

    All are told to end before any is waited for: half a second for all of them together. A thread that
    is stuck in a call is given up then; whatever it returns later is dropped.

    Notes
    -----
    Thread safety: any thread; off the main thread of a kernel, widgets are closed there a little later.
    """
    from nbstream.sources.base import running_sources

    living, sources = _ownership.living()[::-1], running_sources()
    with _ending.together([*living, *sources]):
        try:
            _MAIN.run(lambda: _ending.close_all(living))
        finally:
            _ending.close_all(
                sources, lambda source: source.stop(_ending.seconds_left(_ending.GRACE))
            )


def __getattr__(name: str) -> Any:
    """Load on first use what needs plotly or ipywidgets, and modules that few need (PEP 562)."""
    if name in _MODULES_ON_FIRST_USE:
        return importlib.import_module(f"nbstream.{name}")
    module = _ON_FIRST_USE.get(name)
    if module is None:
        msg = f"module 'nbstream' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
