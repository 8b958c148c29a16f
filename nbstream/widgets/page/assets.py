"""The scripts and styles of the pages: read once, joined, named by the hash of their content."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import posixpath
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

from nbstream.widgets.page.lean import lean_script, lean_styles

__all__ = [
    "HAVE_CHARTS",
    "PIECE_BYTES",
    "Script",
    "is_script_name",
    "loader",
    "modules",
    "panel_module",
    "script",
    "stub",
    "stylesheet",
]

PIECE_BYTES = 256 * 1024
"""A script that goes by message goes in pieces of this size, so that it shows progress and can resume."""

PACK_LEVEL = 6
"""Of gzip: the highest one takes longer and makes little of it."""

HAVE_CHARTS = ("chart", "dashboard")
"""The views that may have something for plotly to draw."""

STYLES = (
    "shared/base.css",
    "cards/cards.css",
    "shared/fields.css",
    "controls/controls.css",
    "alerts/alerts.css",
    "chart/chart.css",
    "plots/plots.css",
)
"""The style sheets in the order in which they are joined: of two equally special rules the later one wins."""

_IMPORT = re.compile(r"^import\s[^;]*?from\s+\"(\.[^\"]+)\";\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
_FILE_NAME = re.compile(r"(?:app|plotly)-[0-9a-f]{16}\.js")
_SHEET = '"__STYLES__"'
"""What stands in dress.js for the style sheet."""


@dataclass(frozen=True)
class Script:
    """A script of the pages.

    Parameters
    ----------
    name
        "app", our own modules and styles, or "plotly", the widget bundle of the plotly installed here.
    data
        Its text in UTF-8.
    """

    name: Literal["app", "plotly"]
    data: bytes

    @functools.cached_property
    def digest(self) -> str:
        """What tells this content from any other."""
        return hashlib.sha256(self.data).hexdigest()[:16]

    @property
    def file_name(self) -> str:
        """Its name, for it and no other content."""
        return f"{self.name}-{self.digest}.js"

    @property
    def packed(self) -> bytes:
        """All of it as it lies where a server finds it: gzip, a third to a quarter of the bytes."""
        return gzip.compress(self.data, PACK_LEVEL, mtime=0)

    @property
    def n_pieces(self) -> int:
        """In how many pieces it goes by message."""
        return -(-len(self.data) // PIECE_BYTES)

    def piece(self, number: int, *, is_packed: bool) -> bytes:
        """Return the piece with this number from 0, as it is or by itself as gzip."""
        piece = self.data[number * PIECE_BYTES : (number + 1) * PIECE_BYTES]
        return gzip.compress(piece, PACK_LEVEL, mtime=0) if is_packed else piece


def is_script_name(name: object) -> bool:
    """Return whether `name` is what the file of a script is called, of this version or another."""
    return isinstance(name, str) and _FILE_NAME.fullmatch(name) is not None


@functools.cache
def stub(text: str) -> str:
    """Return the module that anywidget imports for a widget whose loader is `text`.

    A page keeps what it has imported for ever, a module for each widget that it has seen; so it is tiny, and
    finds the loader in the state of the widget. It is text, not a path: anywidget keeps every widget whose
    `_esm` is a Path alive for ever.
    """
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    return lean_script(_read("stub.js")).replace("__KEY__", key)


@functools.cache
def panel_module() -> str:
    """Return the module that a page of Panel imports for our widgets, one for all of them."""
    return lean_script(_read("holovizPanel.js"))


@functools.cache
def loader(view: str, *, is_served: bool = False) -> str:
    """Return what a page runs to get the scripts of a widget whose page side is `view`.

    Parameters
    ----------
    view
        Which of app.js' views it shows.
    is_served
        Whether the scripts lie where the Jupyter server finds them.
    """
    names: list[Literal["app", "plotly"]] = ["app", "plotly"] if view in HAVE_CHARTS else ["app"]
    scripts = {
        (found := script(name)).name: {
            "file": found.file_name,
            "bytes": len(found.data),
            "pieces": found.n_pieces,
        }
        for name in names
    }
    text = lean_script(_read("loader.js")).replace("__VIEW__", view)
    text = text.replace("__IS_SERVED__", json.dumps(is_served))
    return text.replace("__SCRIPTS__", json.dumps(scripts))


@functools.cache
def stylesheet() -> str:
    """Return the styles of all widgets, without the notes in them."""
    return lean_styles("".join(map(_read, STYLES)))


def modules(entry: str = "app.js") -> list[str]:
    """Return the modules that `entry` needs and itself, each after those that it imports.

    Joined in this order, without their `import` lines, they are one script.

    Raises
    ------
    ValueError
        Modules import each other in a circle.
    """
    ordered: list[str] = []
    _visit(entry, [], ordered)
    return ordered


def _visit(module: str, importers: list[str], ordered: list[str]) -> None:
    if module in importers:
        msg = f"Modules import each other: {' → '.join([*importers, module])}"
        raise ValueError(msg)
    if module in ordered:
        return
    for imported in _IMPORT.findall(_read(module)):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(module), imported))
        _visit(path, [*importers, module], ordered)
    ordered.append(module)


@functools.cache
def script(name: Literal["app", "plotly"]) -> Script:
    """Return one of the two scripts."""
    if name == "app":
        *inner, entry = modules()
        joined = [_enclosed(_read(module)) for module in inner] + [_IMPORT.sub("", _read(entry))]
        sheet = json.dumps(stylesheet(), ensure_ascii=False)
        return Script(name, lean_script("\n".join(joined)).replace(_SHEET, sheet).encode())
    import plotly

    bundle = Path(plotly.__file__).parent / "package_data" / "widgetbundle.js"
    return Script(name, bundle.read_bytes())


def _enclosed(module: str) -> str:
    """Return a module as a function called once: what it exports is known to all, and nothing else."""
    text = _IMPORT.sub("", module)
    names = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub(lambda found: found[0].removeprefix("export "), text)
    return f"const {{ {names} }} = (() => {{\n{body}return {{ {names} }};\n}})();"


def _read(name: str) -> str:
    return resources.files("nbstream").joinpath("static", name).read_text("utf-8")
