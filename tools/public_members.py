"""Which members of a class are public: the ones that tests/public_names.txt and the API pages list."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import nbstream as ns

__all__ = ["members_of", "public_members"]


def members_of(kind: type) -> list[str]:
    """Return a class's public members: its own, and those of bases that aren't public themselves."""
    public = [base for base in kind.__mro__[1:] if getattr(ns, base.__name__, None) is base]
    found = []
    for member in sorted(dir(kind)):
        if member.startswith("_"):
            continue
        owner = next(base for base in kind.__mro__ if member in vars(base))
        if not owner.__module__.startswith("nbstream."):
            continue
        value = inspect.getattr_static(kind, member)
        if any(inspect.getattr_static(base, member, None) is value for base in public):
            continue  # it stands at the class that it is from
        found.append(member)
    return found


def said_at_birth(kind: type) -> list[str]:
    """Return the public attributes that `__init__` sets and has a docstring for, as `members_of` does."""
    found: list[str] = []
    for base in kind.__mro__:
        is_other = base is not kind and getattr(ns, base.__name__, None) is base
        if is_other or not base.__module__.startswith("nbstream.") or "__init__" not in vars(base):
            continue
        try:
            source = inspect.getsource(vars(base)["__init__"])
        except OSError:  # a dataclass has one that nobody wrote
            continue
        tree = ast.parse(textwrap.dedent(source))
        found += _described(tree.body[0])
    return sorted({name for name in found if not name.startswith("_")})


def _described(function: ast.stmt) -> Iterator[str]:
    """Yield the names of ``self`` that a docstring follows."""
    body = getattr(function, "body", [])
    for one, after in pairwise(body):
        match one, after:
            case (
                ast.Assign(targets=[ast.Attribute(ast.Name("self"), name)])
                | ast.AnnAssign(target=ast.Attribute(ast.Name("self"), name)),
                ast.Expr(ast.Constant(str())),
            ):
                yield name


def public_members(fullname: str) -> dict[str, list[str]]:
    """Return the names of a class's public methods and attributes, for the template of API pages.

    What a widget does for the library that shows it (`send`, `open`, `model_id` …) is nobody else's to call,
    and left out; `close` is.
    """
    from ipywidgets import DOMWidget

    module, _, name = fullname.rpartition(".")
    kind: Any = getattr(importlib.import_module(module), name)
    methods: list[str] = []
    attributes: list[str] = []
    for member in members_of(kind):
        if member != "close" and issubclass(kind, DOMWidget) and hasattr(DOMWidget, member):
            continue
        value = inspect.getattr_static(kind, member)
        is_method = inspect.isfunction(value) or isinstance(value, (classmethod, staticmethod))
        (methods if is_method else attributes).append(member)
    attributes = sorted({*attributes, *said_at_birth(kind)})
    return {"methods": methods, "attributes": attributes}
