"""Values as Python prints them: tuples, dicts, named tuples and dataclasses, arrays and tensors."""

from __future__ import annotations

import ast
import math
import re
import warnings
from datetime import datetime
from typing import Any

__all__ = ["read_literal"]

MAX_LENGTH = 20_000
MAX_DEPTH = 20

_WHOLE = re.compile(r"\(.*\)|\{.*\}|\[.*\]|[A-Za-z_][\w.]*\(.*\)", re.DOTALL)
_OBJECT = re.compile(r"=<[^<>]*>")
_WRAPPER = re.compile(
    r"tensor|[aA]rray|float\d*|longdouble|u?int\d*|bool_?|str_?|Decimal|Timestamp|datetime64|deque"
    r"|OrderedDict|Counter"
)
_CONSTANTS = {"nan": math.nan, "NaN": math.nan, "inf": math.inf, "Infinity": math.inf}


def read_literal(text: str) -> Any:
    """Return the list, dict or number that a text is to Python, None if it is none.

    Nothing is called: a class with keywords is a dict of them, and what wraps a value (``tensor``,
    ``np.float64``, ``Decimal``) is left out.

    Examples
    --------
    >>> read_literal("(21.5, np.float64(45.0))"), read_literal("Reading(temp=21.5, unit='C')")
    ([21.5, 45.0], {'temp': 21.5, 'unit': 'C'})
    >>> read_literal("tensor(0.25, grad_fn=<MseLossBackward0>)"), read_literal("(see below)")
    (0.25, None)
    """
    if len(text) > MAX_LENGTH or not _WHOLE.fullmatch(text):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(_OBJECT.sub("=None", text), mode="eval")
        return _value(tree.body, MAX_DEPTH)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr, depth: int) -> Any:
    """Return what an expression stands for.

    Raises
    ------
    ValueError
        If that cannot be said without calling something.
    """
    if not depth:
        message = "nested too deep"
        raise ValueError(message)
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        value = _value(node.operand, depth - 1)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(element, depth - 1) for element in node.elts]
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = [_value(key, depth - 1) for key in node.keys if key is not None]
        return dict(zip(keys, (_value(v, depth - 1) for v in node.values), strict=True))
    if isinstance(node, ast.Name) and node.id in _CONSTANTS:
        return _CONSTANTS[node.id]
    if isinstance(node, ast.Call):
        return _call(node, depth - 1)
    message = "no value"
    raise ValueError(message)


def _call(node: ast.Call, depth: int) -> Any:
    name = ast.unparse(node.func).rpartition(".")[2]
    if name == "datetime":
        parts = [_value(argument, depth) for argument in node.args]
        return datetime(*parts).isoformat() + _zone(node)
    if node.args and _WRAPPER.fullmatch(name):
        return _value(node.args[0], depth)
    if node.keywords and not node.args:
        return {k.arg: _value(k.value, depth) for k in node.keywords if k.arg is not None}
    message = f"{name} would have to be called"
    raise ValueError(message)


def _zone(node: ast.Call) -> str:
    zones = [ast.unparse(keyword.value) for keyword in node.keywords]
    return "Z" if any("utc" in zone.lower() for zone in zones) else ""
