"""What plotly's own view reports of a figure: which of it is taken, for it goes on to all pages."""

from __future__ import annotations

import re
import sys
import traceback
from typing import Any

__all__ = ["is_refusal", "taken"]

DELTAS = frozenset(
    {
        "_js2py_traceDeltas",
        "_js2py_layoutDelta",
        "_js2py_pointsCallback",
        "_last_layout_edit_id",
        "_last_trace_edit_id",
    }
)
"""What stays in the kernel: defaults that the page found, points that were chosen."""
CHANGES = frozenset({"_js2py_restyle", "_js2py_relayout", "_js2py_update"})
"""What a person did to the figure, which the other pages are shown too."""

_ADDRESS = re.compile(r"<\s*a\b|:\s*//|^\s*//|^\s*(data|javascript):", re.IGNORECASE)
_ADDRESS_KEY = re.compile(r"\b(images|source|href)\b", re.IGNORECASE)
_NOT_THE_USERS = sys.stdlib_module_names | {
    "_plotly_utils",
    "ipywidgets",
    "nbstream",
    "numpy",
    "plotly",
    "traitlets",
}


def taken(state: dict[str, Any]) -> dict[str, Any]:
    """Return what of a page's state is taken: plotly's reports, and no change with an address in it."""
    return {
        name: report
        for name, report in state.items()
        if name in DELTAS or (name in CHANGES and not _has_address(report))
    }


def is_refusal(error: Exception) -> bool:
    """Return whether plotly itself raised `error` at a report, and not a callback of the user."""
    frames = traceback.walk_tb(error.__traceback__)
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in frames]
    return all(module.partition(".")[0] in _NOT_THE_USERS for module in modules)


def _has_address(report: Any) -> bool:
    """Return whether a report would set where something is loaded from, or what a link leads to."""
    waiting = [report]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, str) and _ADDRESS.search(thing):
            return True
        if isinstance(thing, dict):
            if any(_ADDRESS_KEY.search(str(key)) for key in thing):
                return True
            waiting.extend(thing.values())
        elif isinstance(thing, list):
            waiting.extend(thing)
    return False
