"""What formulas hold for, what they say, and that they agree with reading them out one by one."""

from __future__ import annotations

import math
import operator
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.alerts import AlertLog, Condition, Formula, Rule
from nbstream.alerts.conditions.table import Table
from nbstream.expressions.arithmetic import Arithmetic, Call, Negative, Number
from nbstream.expressions.comparisons import Comparison, Range
from nbstream.expressions.logic import Both, Either, Not
from nbstream.expressions.variables import STALE, VALUE, Channel

NAN = float("nan")
NS = 1_000_000_000
A, B = Channel("a"), Channel("b")
OPERATORS = {
    **{">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le},
    **{"==": operator.eq, "!=": operator.ne},
    **{"+": operator.add, "-": operator.sub, "*": operator.mul},
}

numbers = st.integers(-3, 3).map(lambda n: Number(float(n)))
leaves = st.one_of(st.sampled_from([VALUE, A, B]), numbers)
quantities = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.sampled_from([VALUE, A, B]).map(Negative),
        st.builds(Arithmetic, st.sampled_from("+-"), inner, inner).map(Negative),
        inner.map(lambda node: Call("abs", (node,))),
        st.builds(lambda f, x, y: Call(f, (x, y)), st.sampled_from(["min", "max"]), inner, inner),
    ),
    max_leaves=5,
)
comparisons = st.builds(
    lambda x, ys: Comparison((VALUE, x, *(y for _, y in ys[1:])), tuple(op for op, _ in ys)),
    quantities,
    st.lists(
        st.tuples(st.sampled_from([">", ">=", "<", "<=", "==", "!="]), quantities),
        min_size=1,
        max_size=2,
    ),
)
ranges = st.builds(Range, st.sampled_from(["outside", "inside"]), st.just(-1.0), st.just(1.0))


def series(kind: type[Both] | type[Either], inner: Any) -> Any:
    """Draw `and` or `or` of parts, flat as the parser makes it."""

    def joined(parts: list[Any]) -> Any:
        flat = [n for part in parts for n in (part.operands if isinstance(part, kind) else [part])]
        return kind(tuple(flat))

    return st.lists(inner, min_size=2, max_size=2).map(joined)


truths = st.recursive(
    st.one_of(comparisons, ranges, st.just(STALE)),
    lambda inner: st.one_of(inner.map(Not), series(Both, inner), series(Either, inner)),
    max_leaves=6,
)


def number(node: Any, row: dict[str, float]) -> float:
    """Return a quantity for one reading, slowly; NaN is unknown."""
    match node:
        case Number():
            return node.number
        case Negative():
            return -number(node.operand, row)
        case Call():
            found = [number(argument, row) for argument in node.arguments]
            if any(map(math.isnan, found)):
                return NAN
            return {"abs": lambda x: abs(x), "min": min, "max": max}[node.function](*found)
        case Arithmetic():
            left, right = number(node.left, row), number(node.right, row)
            if node.operator == "/":
                return left / right if right else NAN
            return OPERATORS[node.operator](left, right)
    return row[node.text]


def truth(node: Any, row: dict[str, float]) -> bool | None:
    """Return what a condition is for one reading, slowly; None is unknown."""
    match node:
        case Comparison():
            parts = [
                None if math.isnan(x) or math.isnan(y) else OPERATORS[op](x, y)
                for op, x, y in zip(
                    node.operators,
                    [number(o, row) for o in node.operands],
                    [number(o, row) for o in node.operands[1:]],
                    strict=False,
                )
            ]
            return False if False in parts else None if None in parts else True
        case Range():
            value = row["value"]
            inside = None if math.isnan(value) else node.low <= value <= node.high
            return inside if node.operator == "inside" or inside is None else not inside
        case Not():
            inner = truth(node.operand, row)
            return None if inner is None else not inner
        case Both() | Either():
            parts = [truth(operand, row) for operand in node.operands]
            wins = isinstance(node, Either)
            return wins if wins in parts else None if None in parts else not wins
    # stale: a reading has just come, unless it is missing
    return None if math.isnan(row["value"]) else False


readings = st.one_of(st.integers(-3, 3).map(float), st.just(NAN))


@settings(max_examples=300)
@given(truths, st.lists(st.tuples(readings, readings, readings), min_size=1, max_size=12))
def test_formulas_agree_with_a_slow_reading(
    tree: Any, rows: list[tuple[float, float, float]]
) -> None:
    """Columns give what one reading at a time gives, with three values of truth."""
    columns = dict(zip("xab", map(np.array, zip(*rows, strict=True)), strict=True))
    table = Table(np.arange(len(rows)), columns["x"], {A: columns["a"], B: columns["b"]})
    found = Formula(tree=tree).truth(table)
    expected = [truth(tree, {"value": v, "a": a, "b": b}) for v, a, b in rows]
    assert found.true.tolist() == [known is True for known in expected]
    assert found.false.tolist() == [known is False for known in expected]
    assert Formula(tree=tree).may_hold(table) >= any(found.true)


@given(truths, st.tuples(st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3)))
def test_texts_are_read_back_and_told(tree: Any, row: tuple[int, int, int]) -> None:
    """Every tree is written so that it is read back as the same, and tells its numbers."""
    condition = Condition.parse(tree.text)
    if isinstance(condition, Formula):
        assert condition.tree == tree
        assert pickle.loads(pickle.dumps(condition)) == condition
        value, a, b = (np.array([float(number)]) for number in row)
        table = Table(np.arange(1), value, {A: a, B: b})
        known = condition.truth(table)
        if known.true[0] or known.false[0]:
            assert condition.parts(table)
        assert condition.opposite.truth(table).true.tolist() == known.false.tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value > 90 and pressure < 3", "value 93 > 90 and pressure 2.5 < 3"),
        ("value > 99 or pressure < 3", "pressure 2.5 < 3"),
        ("value > 90 and (pressure < 3 or pressure > 9)", "value 93 > 90 and pressure 2.5 < 3"),
        ("not value < 90", "value 93 >= 90"),
        ("10 < value < 100", "10 < value 93 < 100"),
        ("not 10 < value < 90", "value 93 >= 90"),
        ("value - pressure > 90", "value - pressure 90.5 > 90"),
        ("value > pressure", "value 93 > pressure 2.5"),
        ("abs(pressure - 3) > 0.1", "abs(pressure - 3) 0.5 > 0.1"),
        ("outside(10, 90) and not stale", "value 93 outside 10 … 90 and not stale"),
        ("pressure * 1.0000000001 > 2.5", "pressure * 1.0000000001 2.50000000025 > 2.5"),
    ],
)
def test_incidents_say_why_with_the_numbers_of_the_parts(text: str, expected: str) -> None:
    """The reason names each part that made it so, with its number."""
    log = AlertLog(timezone="UTC")
    rule = Rule(text, log=log)
    pressure = Channel("pressure")
    rule.take_in(
        Table(np.arange(2) * NS, np.array([93.0, 50.0]), {pressure: np.array([2.5, 200.0])})
    )
    assert log.incidents[0].reason.startswith(f"{expected} since 00:00:00")
    assert rule.error is None


def test_a_formula_tells_why_it_was_cleared() -> None:
    """The end of an incident has the numbers of what cleared it."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90 and pressure < 3", clear="value < 80 or pressure > 5", log=log)
    pressure = np.array([2.0, 2.0, 6.0])
    table = Table(np.arange(3) * NS, np.array([93.0, 97.0, 95.0]), {Channel("pressure"): pressure})
    rule.take_in(table)
    (incident,) = log.incidents
    assert incident.resolution == "pressure 6 > 5 at 00:00:02"
    assert incident.reason.endswith("; cleared by pressure 6 > 5 at 00:00:02, peak 97")


def test_a_formula_has_no_limits_to_set() -> None:
    """Widgets find nothing to draw or to edit, and a rule's limits stay empty."""
    formula = Condition.parse("value > 90 and pressure < 3")
    assert (formula.limits, formula.variable, formula.operator) == ((), "formula", "formula")
    assert formula.with_limits() == formula
    with pytest.raises(ValueError, match="has no limits to set"):
        formula.with_limits(3.0)


@pytest.mark.parametrize(
    ("condition", "clear", "contradicts"),
    [
        ("value > 90 or value < 10", "inside(20, 80)", False),
        ("value > 90 or value < 10", "inside(5, 80)", True),
        ("value > 90 or value < 10", "value < 95", True),
        ("not value < 90", "value < 90", False),
        ("not value < 90", "value <= 90", True),
        ("abs(value) > 90 and value > 0", "value < 90", False),
        ("abs(value) > 90 and value > 0", "value < 91", True),
        ("value == 3", "value != 3", False),
        ("rate_of(value) > 3", "rate_of(value) < 4", True),
        ("rate_of(value) > 3", "rate_of(value) < 3", False),
        ("value + 1 > 90", "value > 90", False),  # arithmetic is not decided
        ("value > 90 and pressure > 3", "value > 90", False),  # nor are several variables
    ],
)
def test_a_clear_that_contradicts_is_refused_where_it_can_be_decided(
    condition: str, clear: str, contradicts: bool
) -> None:
    """Of one variable compared with numbers every contradiction is found, and none invented."""
    log = AlertLog()
    if contradicts:
        with pytest.raises(ValueError, match="hold at the same values"):
            Rule(condition, clear=clear, log=log)
    else:
        Rule(condition, clear=clear, log=log)


def test_where_condition_and_clear_hold_together_the_condition_wins() -> None:
    """What could not be decided beforehand does no harm."""
    log = AlertLog()
    rule = Rule("value + 1 > 90", clear="value > 80", log=log)
    values = np.array([95.0, 95.0, 85.0])
    rule.evaluate(np.arange(3), values, values)
    assert [incident.resolved_ns for incident in log.incidents] == [2]


def test_a_part_that_always_holds_is_fair_in_a_formula() -> None:
    """What is refused alone, because it says nothing, does no harm beside something that does."""
    log = AlertLog()
    rule = Rule("abs(value) > -1 and value > 90", log=log)
    values = np.array([50.0, 95.0])
    rule.evaluate(np.arange(2), values, values)
    assert rule.error is None
    assert len(log.active) == 1
    assert Condition.parse("not abs(value) > -1").opposite.text == "abs(value) > -1"


def test_what_is_kept_can_be_read_again() -> None:
    """A condition whose full text would be too long to read back is refused at once."""
    short = "or".join(["(x<1e9)"] * 50)
    assert len(short) <= 500
    with pytest.raises(ValueError, match=r"is longer than 500 characters when written in full"):
        Condition.parse(short)
    kept = Condition.parse("or".join(["(x<1e9)"] * 20)).text
    assert Condition.parse(kept).text == kept
