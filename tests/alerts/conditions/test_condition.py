"""What conditions hold for, and how they say it."""

from __future__ import annotations

import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbstream.alerts import Condition
from nbstream.alerts.conditions.condition import short_number
from nbstream.alerts.conditions.table import Table
from nbstream.expressions.variables import ZSCORE

NAN = float("nan")
finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def conditions(draw: st.DrawFn, numbers: st.SearchStrategy[float] = finite) -> Condition:
    """Draw a condition of any form."""
    if draw(st.booleans()):
        low, high = sorted(
            draw(st.tuples(numbers, numbers).filter(lambda pair: pair[0] != pair[1]))
        )
        return Condition(draw(st.sampled_from(["outside", "inside"])), (low, high))
    limit, is_absolute = draw(numbers), draw(st.booleans())
    return Condition(
        draw(st.sampled_from([">", ">=", "<", "<="])),
        (abs(limit) if is_absolute else limit,),
        draw(st.sampled_from(["value", "zscore"])),
        is_absolute,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value > 2", [False, False, False, True, False]),
        ("value >= 2", [False, False, True, True, False]),
        ("value < 2", [True, True, False, False, False]),
        ("value <= 2", [True, True, True, False, False]),
        ("outside(1, 2)", [True, False, False, True, False]),
        ("inside(1, 2)", [False, True, True, False, False]),
        ("abs(zscore) > 2", [True, False, False, True, False]),
        ("zscore < -4", [True, False, False, False, False]),
    ],
)
def test_holds(text: str, expected: list[bool]) -> None:
    """A condition holds where its words say, and never at NaN."""
    values = np.array([-5.0, 1.0, 2.0, 3.0, NAN])
    assert Condition.parse(text).holds(values).tolist() == expected


@given(conditions(), st.lists(st.floats(), max_size=20))
def test_the_opposite_holds_everywhere_else(condition: Condition, values: list[float]) -> None:
    """A known value either makes a condition hold or has recovered; NaN is neither."""
    array = np.array(values, np.float64)
    holds, recovered = condition.holds(array), condition.recovered(array)
    assert (holds ^ recovered).tolist() == (~np.isnan(array)).tolist()
    assert condition.opposite.opposite == condition


@given(conditions())
def test_text_is_read_back(condition: Condition) -> None:
    """The normalised text says exactly the same condition."""
    assert Condition.parse(condition.text) == condition
    assert hash(Condition.parse(condition.text)) == hash(condition)
    assert str(condition) == condition.text
    assert pickle.loads(pickle.dumps(condition)) == condition


def test_text_is_normalised() -> None:
    """Different spellings of a condition are equal."""
    assert Condition.parse("1e3<value").text == "value > 1000"
    assert Condition.parse("1000 < value") == Condition.parse(" value >1000.0")
    assert repr(Condition.parse("outside( -0.0,.5 )")) == "Condition('outside(0, 0.5)')"
    assert Condition.parse(Condition.parse("value > 1")).limits == (1.0,)


def test_limits_are_replaced_and_checked() -> None:
    """with_limits gives the same comparison with other limits, or says why not."""
    assert Condition.parse("value > 90").with_limits(95).text == "value > 95"
    assert Condition.parse("outside(10, 90)").with_limits(20, 80).limits == (20.0, 80.0)
    for text, limits, complaint in [
        ("value > 90", (), r"needs one limit \(got 0\)"),
        ("value > 90", (1, 2), r"needs one limit \(got 2\)"),
        ("outside(10, 90)", (1,), r"needs two limits \(got 1\)"),
        ("outside(10, 90)", (90, 10), r"must come first \(got 90, 10\)"),
        ("value > 90", (NAN,), r"must be finite \(got nan\)"),
        ("value > 90", (math.inf,), "must be finite"),
        ("abs(zscore) > 4", (-1,), "never below 0"),
    ]:
        with pytest.raises(ValueError, match=complaint):
            Condition.parse(text).with_limits(*limits)
    for wrong in ("95", None, True):
        with pytest.raises(TypeError, match="must be a number"):
            Condition.parse("value > 90").with_limits(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("value > 90", 93.0, "value 93 > 90"),
        ("value > 90", 93.123456789, "value 93.1 > 90"),
        ("value > 90", 90.00000001, "value 90.00000001 > 90"),
        ("value < 90", 89.99999999, "value 89.99999999 < 90"),
        ("value >= 90", 90.0, "value 90 >= 90"),
        ("value > 1e6", 1234567.0, "value 1234567 > 1000000"),
        ("outside(10, 90)", 5.0, "value 5 outside 10 … 90"),
        ("inside(10, 90)", 50.0, "value 50 inside 10 … 90"),
        ("abs(zscore) > 4", -5.2, "abs(zscore) 5.2 > 4"),
        ("abs(zscore) > 4", 5.23456, "abs(zscore) 5.235 > 4"),
        ("zscore < -4", -5.0, "zscore -5 < -4"),
        ("value > 90", 84.0, "value 84 <= 90"),
    ],
)
def test_describe(text: str, value: float, expected: str) -> None:
    """A description is short and true."""
    assert Condition.parse(text).describe(value) == expected


def test_describe_names_the_channel_and_its_unit() -> None:
    """A channel's name and unit stand where they belong; a zscore has none."""
    describe = Condition.parse("value > 90").describe
    assert describe(93.0, subject="temperature", unit="°C") == "temperature 93 > 90 °C"
    describe = Condition.parse("abs(value) > 3").describe
    assert describe(-4.0, subject="x", unit="g") == "abs(x) 4 > 3 g"
    describe = Condition.parse("zscore > 3").describe
    assert describe(4.0, subject="temperature", unit="°C") == "zscore 4 > 3"


@given(conditions(), st.floats(allow_nan=False))
@example(Condition(">", (90.0,)), math.nextafter(90.0, 91.0))
@example(Condition("outside", (10.0, 90.0)), math.nextafter(10.0, 9.0))
@example(Condition("outside", (10.0, 90.0)), math.inf)
def test_a_description_is_never_wrong(condition: Condition, value: float) -> None:
    """The shortened number is on the same side of the limit as the value; an endless z-score has none."""
    if condition.variable == "zscore" and math.isinf(value):
        assert condition.describe(value) == "unlike the equal readings before"
        return
    numbers = condition.describe(value).replace(condition.subject, "", 1).split()
    shown = np.array([float(numbers[0])])
    assert condition.holds(shown)[0] == condition.holds(np.array([value]))[0]
    assert re.fullmatch(r"outside|inside|[<>]=?", numbers[1])


def test_the_margin_is_the_distance_beyond_the_limit() -> None:
    """Each form measures from the limit that is exceeded; NaN stays NaN."""
    values = np.array([-20.0, 5.0, 50.0, 97.0, NAN])
    for text, expected in {
        "value > 90": [-110, -85, -40, 7],
        "value <= 10": [30, 5, -40, -87],
        "outside(10, 90)": [30, 5, -40, 7],
        "inside(10, 90)": [-30, -5, 40, -7],
        "abs(value) > 15": [5, -10, 35, 82],
    }.items():
        margin = Condition.parse(text).margin_of(values)
        assert margin[:-1].tolist() == expected
        assert math.isnan(margin[-1])


@given(conditions(), st.lists(st.floats(allow_nan=False), min_size=1, max_size=9))
def test_the_margin_is_not_negative_exactly_where_the_condition_may_hold(
    condition: Condition, values: list[float]
) -> None:
    """What holds is at or beyond the limit, what doesn't is at most at it."""
    array = np.array(values)
    margin, holds = condition.margin_of(array), condition.holds(array)
    assert (margin[holds] >= 0).all()
    assert (margin[~holds] <= 0).all()


@given(conditions(st.integers(-3, 3).map(float)), st.integers(-9, 9), st.integers(0, 9))
def test_what_may_hold_is_never_wrong(condition: Condition, low: int, length: int) -> None:
    """Where the quick look says no, no reading of that extent makes the condition hold."""
    values = np.linspace(low / 2, (low + length) / 2, 4 * length + 1)
    values = values if condition.variable == "value" else np.array([1e9])
    scores = {ZSCORE: values}
    table = Table(np.arange(len(values)), values, scores)
    assert condition.may_hold(table) >= condition.holds(values).any()


grid = np.arange(-4, 4.01, 0.25)


@given(
    conditions(st.integers(-3, 3).map(float)),
    conditions(st.integers(-3, 3).map(float)),
)
def test_overlap_is_what_a_fine_grid_shows(a: Condition, b: Condition) -> None:
    """Two conditions overlap exactly if some value makes both hold."""
    assert a.overlaps(b) == bool((a.holds(grid) & b.holds(grid)).any())


def test_numbers_for_people() -> None:
    """Whole numbers stay whole, others are rounded."""
    numbers = [93.0, -0.0, 0.1 + 0.2, 1 / 3, 1234567.0, 1.5e20, 1e-9, math.inf]
    assert [short_number(number) for number in numbers] == [
        *("93", "0", "0.3", "0.333333", "1234567", "1.5e+20", "1e-09", "inf"),
    ]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("value > 90", 93.18273645, "value 93.2 > 90"),
        ("value > 90", 90.0318273, "value 90.032 > 90"),
        ("value < 101300.5", 101300.46872, "value 101300.469 < 101300.5"),
        ("value > 0.001", 0.0123456, "value 0.0123 > 0.001"),
        ("outside(10, 90)", 5.123456, "value 5.12 outside 10 … 90"),
        ("value > 90", 1.23456789e20, "value 1.23457e+20 > 90"),
    ],
)
def test_a_number_has_the_digits_of_its_distance_from_the_limit(
    text: str, value: float, expected: str
) -> None:
    """No more than tell how far beyond the limit it is; the raw reading stands in the log."""
    assert Condition.parse(text).describe(value) == expected
