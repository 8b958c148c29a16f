"""Reads the text of a condition: the syntax tree against a short list, nothing is evaluated."""

from __future__ import annotations

import ast
import difflib
import re
from typing import Literal, NamedTuple, NoReturn, TypeAlias, cast

__all__ = ["Comparison", "Operator", "Variable", "read_comparison"]

Operator: TypeAlias = Literal[">", ">=", "<", "<=", "outside", "inside"]
Variable: TypeAlias = Literal["value", "zscore"]

MAX_LENGTH = 200
ALLOWED = (
    "Allowed are 'value > 90' (also >=, <, <=, and zscore for value), 'abs(zscore) > 4', "
    "'outside(10, 90)' and 'inside(15, 85)'"
)

_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Lt: "<",
    ast.LtE: "<=",
}
_MIRRORED: dict[Operator, Operator] = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_VARIABLES = ("value", "zscore")
_FUNCTIONS = ("abs", "outside", "inside")
_NODES = (
    *(ast.Expression, ast.Compare, ast.Call, ast.keyword, ast.Name, ast.Load, ast.Constant),
    *(ast.UnaryOp, ast.USub, ast.UAdd, *_OPERATORS),
)
_WORDS: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.BinOp: "arithmetic",
    ast.BoolOp: "'and' or 'or'",
    ast.Not: "'not'",
    ast.Eq: "'=='",
    ast.NotEq: "'!='",
    ast.Tuple: "a list of things",
}

_CHARACTERS = re.compile(r"[A-Za-z0-9_ .,()<>=!+-]*")
_NUMBER = re.compile(r"(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
# A digit and whatever clings to it, so that 1_000, 0x5A and 90if are seen before Python reads them.
_NUMBER_LIKE = re.compile(r"(?<![\w.])\.?\d[\w.]*(?:(?<=[eE])[+-]\w+)?")
_INSTEAD = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<=", "\u2212": "-", "\u2013": "-"}


class Comparison(NamedTuple):
    """What a condition's text says; the limits are not checked yet."""

    operator: Operator
    limits: tuple[float, ...]
    variable: Variable = "value"
    is_absolute: bool = False


def read_comparison(given: object) -> Comparison:
    """Return what the text of a condition says.

    Raises
    ------
    ValueError
        If it is anything but one comparison of the allowed forms.
    TypeError
        If it is not a str.
    """
    if not isinstance(given, str):
        message = f"A condition is a str such as 'value > 90' (got {given!r})."
        raise TypeError(message)
    if len(given) > MAX_LENGTH:
        fail(given, f"is longer than {MAX_LENGTH} characters ({len(given):,})")
    text = " ".join(given.split())
    if not text:
        fail(given, "is empty")
    try:
        _check_characters(text)
        tree = ast.parse(text, mode="eval")
        for node in ast.walk(tree):
            _check_node(node)
        return _comparison(tree.body)
    except _NotAllowedError as error:
        fail(given, str(error))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        fail(given, "cannot be read")


def fail(given: str, why: str) -> NoReturn:
    """Raise the ValueError that says what is wrong with a condition and what is allowed."""
    shown = given if len(given) <= 60 else given[:59] + "…"
    message = f"Condition {shown!r} {why}. {ALLOWED}."
    raise ValueError(message) from None


class _NotAllowedError(Exception):
    """Says what is wrong, as the end of a sentence that begins with the condition."""


def _refuse(why: str) -> NoReturn:
    raise _NotAllowedError(why)


def _check_characters(text: str) -> None:
    for wrong, right in _INSTEAD.items():
        if wrong in text:
            _refuse(f"contains {wrong!r}; write {right!r}")
    match = _CHARACTERS.match(text)
    n_allowed = match.end() if match else 0
    if n_allowed < len(text):
        _refuse(f"contains {text[n_allowed]!a}")
    for number in _NUMBER_LIKE.findall(text):
        if not _NUMBER.fullmatch(number):
            _refuse(f"contains {number!r}; write a number as 90, -5, 0.5 or 1e3")


def _check_node(node: ast.AST) -> None:
    if not isinstance(node, _NODES):
        kind = type(node)
        _refuse(f"contains {_WORDS.get(kind, kind.__name__.lower())}")
    if isinstance(node, ast.Name) and node.id not in _VARIABLES + _FUNCTIONS:
        near = difflib.get_close_matches(node.id, _VARIABLES + _FUNCTIONS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "the reading is called 'value'"
        _refuse(f"has an unknown name {node.id!r}; {hint}")
    if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
        _refuse(f"contains {node.value!r}, which is not a number")


def _comparison(body: ast.expr) -> Comparison:
    if isinstance(body, ast.Call):
        return _range(body)
    if not isinstance(body, ast.Compare):
        _refuse("compares nothing")
    if len(body.ops) > 1:
        _refuse("compares more than once; outside(10, 90) has two limits")
    left, right = body.left, body.comparators[0]
    operator = _OPERATORS[type(body.ops[0])]
    if _is_number(left):
        left, right, operator = right, left, _MIRRORED[operator]
    if _is_number(left) or not _is_number(right):
        _refuse("must compare value or zscore with a number")
    variable, is_absolute = _variable(left)
    return Comparison(operator, (_number(right),), variable, is_absolute)


def _range(call: ast.Call) -> Comparison:
    name = _function(call)
    if name == "abs":
        _refuse("compares nothing")
    if len(call.args) != 2 or not all(_is_number(argument) for argument in call.args):
        _refuse(f"must give {name} two numbers, such as {name}(10, 90)")
    return Comparison(cast("Operator", name), tuple(_number(number) for number in call.args))


def _variable(node: ast.expr) -> tuple[Variable, bool]:
    if isinstance(node, ast.Call):
        name = _function(node)
        if name != "abs":
            _refuse(f"must not compare {name}(…) with anything")
        if len(node.args) != 1 or not isinstance(node.args[0], ast.Name):
            _refuse("must give abs one name, such as abs(zscore)")
        return _variable(node.args[0])[0], True
    if not isinstance(node, ast.Name) or node.id not in _VARIABLES:
        _refuse("must compare value or zscore with a number")
    return cast("Variable", node.id), False


def _function(call: ast.Call) -> str:
    if not isinstance(call.func, ast.Name) or call.func.id not in _FUNCTIONS:
        _refuse("calls something that is no function")
    if call.keywords:
        _refuse(f"must give {call.func.id} plain numbers, without names")
    return call.func.id


def _is_number(node: ast.expr) -> bool:
    return isinstance(node.operand if isinstance(node, ast.UnaryOp) else node, ast.Constant)


def _number(node: ast.expr) -> float:
    if isinstance(node, ast.UnaryOp):
        return -_number(node.operand) if isinstance(node.op, ast.USub) else _number(node.operand)
    return float(cast("float", cast("ast.Constant", node).value))
