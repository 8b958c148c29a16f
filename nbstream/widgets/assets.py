"""The scripts and styles of the pages: read once, joined, named by the hash of their content."""

from __future__ import annotations

import functools
import hashlib
import logging
import re
from importlib import resources
from pathlib import Path
from typing import Any

__all__ = ["answer_need", "loader", "stylesheet"]

logger = logging.getLogger(__name__)

# In the order of their dependencies; `import` lines between them are dropped when they are joined.
APP_MODULES = (
    "dom.js",
    "wire.js",
    "line.js",
    "marks.js",
    "follow.js",
    "axes.js",
    "draw.js",
    "theme.js",
    "status.js",
    "crosshair.js",
    "pageLink.js",
    "panel.js",
    "figure.js",
    "traces.js",
    "chart.js",
    "format.js",
    "spark.js",
    "statisticPicker.js",
    "cards.js",
    "toasts.js",
    "health.js",
    "feed.js",
    "ruleForm.js",
    "ruleEditor.js",
    "detectorPicker.js",
    "controls.js",
    "app.js",
)
_IMPORT = re.compile(r"^import\s[^;]*?from\s+\"\./[^\"]+\";\n", re.MULTILINE | re.DOTALL)


@functools.cache
def loader(view: str) -> str:
    """Return the small module that anywidget loads for a widget whose page side is `view`.

    It is text, not a path: anywidget keeps every widget whose `_esm` is a Path alive for ever.
    """
    app = hashlib.sha256(_asset("app")).hexdigest()[:16]
    plotly = hashlib.sha256(_asset("plotly")).hexdigest()[:16] if view == "chart" else ""
    text = re.sub(r"^\s*//.*\n", "", _read("loader.js"), flags=re.MULTILINE)
    return text.replace("__VIEW__", view).replace("__APP__", app).replace("__PLOTLY__", plotly)


@functools.cache
def stylesheet() -> str:
    """Return the styles of all widgets."""
    return _read("nbstream.css") + _read("chart.css")


def answer_need(send: Any, message: Any) -> bool:
    """Send a page the script that it asks for; return whether `message` asked for one."""
    if not isinstance(message, dict) or message.get("kind") != "need":
        return False
    name = message.get("name")
    if name in ("app", "plotly"):
        send({"kind": "asset", "name": name}, [_asset(name)])
    return True


@functools.cache
def _asset(name: str) -> bytes:
    if name == "app":
        return "\n".join(_IMPORT.sub("", _read(module)) for module in APP_MODULES).encode()
    import plotly

    return (Path(plotly.__file__).parent / "package_data" / "widgetbundle.js").read_bytes()


def _read(name: str) -> str:
    return resources.files("nbstream").joinpath("static", name).read_text("utf-8")
