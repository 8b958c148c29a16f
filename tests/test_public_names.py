"""The public names and their signatures: who changes one sees it here, and tells it in CHANGELOG.md."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nbstream as ns

KNOWN = Path(__file__).with_name("public_names.txt")


def _of_class(name: str, kind: type) -> Iterator[str]:
    own = "__init__" in vars(kind) or not issubclass(kind, BaseException)
    yield f"{name}{inspect.signature(kind) if own else ''}"
    for member in sorted(dir(kind)):
        if member.startswith("_"):
            continue
        owner = next(k for k in kind.__mro__ if member in vars(k))
        if not owner.__module__.startswith("nbstream."):
            continue
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
