"""plotly's figures, imported without what only its renderers need.

plotly imports nbformat to know its version, should a figure be shown by `fig.show()`. By that jsonschema
comes, and, where jupyter-events has brought it, the grammar of international addresses, which takes a
second or more to compile: half of the time to the first chart of a kernel.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

from _plotly_utils import optional_imports

__all__ = ["go"]

NAME = "nbformat"
RENDERERS = "plotly.io._renderers"


class _Later:
    """Stands for nbformat until somebody asks for something in it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(NAME), name)


def _put_off() -> None:
    """Let plotly's renderers have nbformat later; a plotly that is made otherwise is imported as it is."""
    if RENDERERS in sys.modules or NAME in sys.modules or importlib.util.find_spec(NAME) is None:
        return
    missing: Any = getattr(optional_imports, "_not_importable", None)
    if not isinstance(missing, set) or NAME in missing:
        return
    missing.add(NAME)
    try:
        renderers: Any = importlib.import_module(RENDERERS)
    finally:
        missing.discard(NAME)
    if getattr(renderers, NAME, NAME) is None:
        renderers.nbformat = _Later()


_put_off()

import plotly.graph_objects as go  # noqa: E402 — not before nbformat is put off
