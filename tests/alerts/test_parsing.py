"""What a condition may say, and that everything else is refused with a reason."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbstream.alerts import Condition
from nbstream.alerts.parsing import Comparison, read_comparison


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value > 90", Comparison(">", (90.0,))),
        ("value>=90", Comparison(">=", (90.0,))),
        ("  value  <\t-5 ", Comparison("<", (-5.0,))),
        ("value <= +.5", Comparison("<=", (0.5,))),
        ("90 < value", Comparison(">", (90.0,))),
        ("1e3 >= value", Comparison("<=", (1000.0,))),
        ("(value > 90.)", Comparison(">", (90.0,))),
        ("zscore < -4", Comparison("<", (-4.0,), "zscore")),
        ("abs(zscore) > 4", Comparison(">", (4.0,), "zscore", True)),
        ("4 <= abs(value)", Comparison(">=", (4.0,), "value", True)),
        ("outside(10, 90)", Comparison("outside", (10.0, 90.0))),
        ("inside(-1e-3, 2E+2)", Comparison("inside", (-0.001, 200.0))),
    ],
)
def test_every_allowed_form_is_read(text: str, expected: Comparison) -> None:
    """Comparisons, both ways round, and ranges are read with every form of number."""
    assert read_comparison(text) == expected


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("vaule > 90", "did you mean 'value'?"),
        ("outsid(10, 90)", "did you mean 'outside'?"),
        ("z_score > 4", "did you mean 'zscore'?"),
        ("temperature > 90", "the reading is called 'value'"),
        ("value = 90", "cannot be read"),
        ("value == 90", "contains '=='"),
        ("value != 90", "contains '!='"),
        ("value => 90", "write '>='"),
        ("value ≥ 90", "write '>='"),
        ("value > \u22125", "write '-'"),
        ("value > 1_000", "'1_000'; write a number as"),
        ("value > 0x5A", "'0x5A'"),
        ("value > 1j", "'1j'"),
        ("value > 90if", "'90if'"),
        ("value > 1e400", "must be finite"),
        ("value > nan", "unknown name 'nan'"),
        ("value > True", "not a number"),
        ("value > None", "not a number"),
        ("value > value", "with a number"),
        ("90 > 80", "with a number"),
        ("value", "compares nothing"),
        ("abs(zscore)", "compares nothing"),
        ("10 < value < 90", "more than once"),
        ("value > 90 and value < 95", "'and' or 'or'"),
        ("not value > 90", "contains 'not'"),
        ("value + 1 > 90", "arithmetic"),
        ("value > 90 - 1", "arithmetic"),
        ("value > --5", "with a number"),
        ("value.real > 3", "an attribute"),
        ("value is 3", "contains is"),
        ("value in (1, 2)", "contains in"),
        ("outside(90, 10)", "must come first"),
        ("outside(10, 10)", "must come first"),
        ("outside(10)", "two numbers"),
        ("outside(value, 10)", "two numbers"),
        ("outside(low=10, high=90)", "without names"),
        ("outside(*value)", "contains '*'"),
        ("outside(10, 90) > 3", "must not compare outside"),
        ("abs(3) > 3", "one name"),
        ("abs(abs(zscore)) > 3", "one name"),
        ("abs(zscore) > -1", "never below 0"),
        ("value(3) > 3", "no function"),
        ("outside(10, 90)(3)", "no function"),
        ("value > abs", "with a number"),
        ("abs > 3", "with a number"),
        ("value > 90;", "contains ';'"),
        ("value > '90'", 'contains "\'"'),
    ],
)
def test_what_is_wrong_is_said(text: str, complaint: str) -> None:
    """A mistake is named, and the allowed forms are listed."""
    with pytest.raises(ValueError, match=r"Allowed are 'value > 90'") as caught:
        Condition.parse(text)
    assert complaint in str(caught.value)


HOSTILE = [
    "__import__('os').system('true')",
    "__import__",
    "().__class__.__bases__[0].__subclasses__()",
    "value.__class__ > 3",
    "lambda: 3",
    "(lambda value: value > 3)(4)",
    "[value for value in (1, 2)] > 3",
    "{value} > 3",
    "f'{value}' > 3",
    "9**9**9**9 > value",
    "value > 9**9**9",
    "value > " + "9" * 190,
    "value > 1" + "0" * 400,
    "1 << 10000000000 > value",
    "value if value else value",
    "(value := 3) > 2",
    "yield value",
    "await value",
    "eval(value) > 3",
    "exec(value)",
    "globals() > 3",
    "abs(*zscore) > 3",
    "abs(**zscore) > 3",
    "value > ...",
    "value[0] > 3",
    "value > 3 # comment",
    "value > 3\\",
    "value > 3\nimport os",
    "value > 3\0",
    "\0",
    "value > \x1b[31m3",
    "v\u0430lue > 3",  # a Cyrillic letter
    "\uff56alue > 3",  # a full-width letter, which Python would read as plain
    "value > \u0663",  # an Arabic-Indic digit
    "value \uff1e 3",
    "value > 3\u202e",
    "\ud800 > 3",
    "(" * 190 + "value",
    "-" * 190 + "1 > value",
    "(" * 90 + "value > 3" + ")" * 90 + "(",
    "value > 90 " * 1000,
    " " * 10_000 + "value > 90",
    "<script>alert(1)</script>",
    "value > 3 or __import__('os')",
    "print(value) > 3",
    "value @ 3 > 3",
    "~value > 3",
    "value < > 3",
    "value <> 3",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused(text: str) -> None:
    """Nothing but a ValueError comes of text that tries to be a program."""
    if text == "value > " + "9" * 190:
        assert Condition.parse(text).limits == (1e190,)  # long, but a number
        return
    with pytest.raises(ValueError, match="Allowed are") as caught:
        Condition.parse(text)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("given_object", [None, 90, b"value > 90", ["value > 90"]])
def test_other_types_are_a_type_error(given_object: object) -> None:
    """A condition is text."""
    with pytest.raises(TypeError, match="such as 'value > 90'"):
        Condition.parse(given_object)  # type: ignore[arg-type]


PIECES = [
    *("value", "zscore", "abs", "outside", "inside", "lambda", "__class__", "and", "not", "if"),
    *("(", ")", ",", ".", "<", ">", "=", "-", "+", "*", "!", ":", "[", "]", "0", "9", "1e3", "_"),
    *(" ", " ", "3", "-4", "10, 90", "'", '"', "\\", "#", "\n", "\0", "é"),
]


@given(
    st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=210))
)
@example("value > 3")
@example("".join(string.printable))
def test_any_text_is_a_condition_or_a_value_error(text: str) -> None:
    """Parsing never raises anything else, and what it accepts it reads back the same."""
    try:
        condition = Condition.parse(text)
    except ValueError:
        return
    assert Condition.parse(condition.text) == condition
