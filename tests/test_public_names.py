"""The public names and their signatures: who changes one sees it here, and tells it in CHANGELOG.md."""

from __future__ import annotations

import difflib
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import nbstream as ns
from nbstream.detectors.registry import DetectorName
from nbstream.statistics.base import StatisticName
from tools.public_members import members_of

KNOWN = Path(__file__).with_name("public_names.txt")


def _of_class(name: str, kind: type) -> Iterator[str]:
    own = "__init__" in vars(kind) or not issubclass(kind, BaseException)
    yield f"{name}{inspect.signature(kind) if own else ''}"
    for member in members_of(kind):
        value = inspect.getattr_static(kind, member)
        value = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if inspect.isfunction(value):
            yield f"{name}.{member}{inspect.signature(value)}"
        else:
            yield f"{name}.{member}"


def _public() -> Iterator[str]:
    for name in sorted(ns.__all__):
        value = getattr(ns, name)
        if isinstance(value, ModuleType):
            yield from (f"{name}.{public}" for public in sorted(value.__all__))
        elif inspect.isclass(value):
            yield from _of_class(name, value)
        else:
            yield f"{name}{inspect.signature(value)}"


def test_the_public_names_are_known() -> None:
    """Names, parameters and defaults are those of public_names.txt; the difference is shown."""
    found = "\n".join(_public()) + "\n"
    known = KNOWN.read_text("utf-8")
    lines = difflib.unified_diff(known.splitlines(), found.splitlines(), "known", "found", n=0)
    difference = "\n".join(lines)
    assert found == known, f"If this is meant, write it to {KNOWN.name}:\n{difference}"


def test_tab_shows_public_names_only() -> None:
    """Of whatever stands behind `ns.`; rooms that only nbstream itself uses show nothing."""
    for name in ns._MODULES:
        module = getattr(ns, name)
        assert [shown for shown in dir(module) if shown[0] != "_"] == sorted(module.__all__), name


def test_the_import_loads_nothing_else() -> None:
    """Numpy and traitlets come with the first name that needs them; every module can be had by its own."""
    asked = "import sys, nbstream; print({'numpy', 'traitlets', 'argparse'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
    rooms = {path.stem for path in Path(ns.__file__).parent.iterdir() if path.suffix in ("", ".py")}
    assert rooms - ns._MODULES - {"__pycache__"} == {"__init__", "__main__", "commands", "static"}


def test_editors_know_the_names() -> None:
    """What type checkers and editors offer is what there is."""
    asked = (
        "from nbstream import detectors, statistics; print(detectors.names() + statistics.names())"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert (
        repr(sorted(get_args(DetectorName)) + sorted(get_args(StatisticName)))
        == done.stdout.strip()
    )


def test_modules_keep_their_other_names() -> None:
    """What lives in a room can still be imported by the module's earlier name."""
    for name, room in (("buffer", "readings"), ("window", "readings"), ("analyzer", "analysis")):
        other, module = (
            importlib.import_module(f"nbstream.{path}") for path in (name, f"{room}.{name}")
        )
        assert other.__all__ == module.__all__
        assert all(getattr(other, public) is getattr(module, public) for public in other.__all__)
        assert getattr(ns, name) is other
    assert importlib.import_module("nbstream.readings").Batch
