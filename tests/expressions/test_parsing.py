"""What a condition may say, and that everything else is refused with a reason and a place."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbstream.alerts import Condition, ConditionError, Formula
from nbstream.expressions.parsing import MAX_LENGTH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value > 90", Condition(">", (90.0,))),
        ("value>=90", Condition(">=", (90.0,))),
        ("  value  <\t-5 ", Condition("<", (-5.0,))),
        ("value <= +.5", Condition("<=", (0.5,))),
        ("90 < value", Condition(">", (90.0,))),
        ("1e3 >= value", Condition("<=", (1000.0,))),
        ("(value > 90.)", Condition(">", (90.0,))),
        ("((value)) > (90)", Condition(">", (90.0,))),
        ("value > --5", Condition(">", (5.0,))),
        ("zscore < -4", Condition("<", (-4.0,), "zscore")),
        ("abs(zscore) > 4", Condition(">", (4.0,), "zscore", True)),
        ("4 <= abs(value)", Condition(">=", (4.0,), "value", True)),
        ("outside(10, 90)", Condition("outside", (10.0, 90.0))),
        ("inside(-1e-3, 2E+2)", Condition("inside", (-0.001, 200.0))),
    ],
)
def test_plain_conditions_are_read_as_such(text: str, expected: Condition) -> None:
    """Comparisons, both ways round, and ranges are read with every form of number."""
    assert Condition.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value>1 and value<2", "value > 1 and value < 2"),
        ("value > 1 or value < 0 and zscore > 3", "value > 1 or value < 0 and zscore > 3"),
        ("(value > 1 or value < 0) and stale", "(value > 1 or value < 0) and stale"),
        ("not (value > 1)", "not value > 1"),
        ("not (value > 1 or stale)", "not (value > 1 or stale)"),
        ("(value > 1) and ((value < 2) and stale)", "value > 1 and value < 2 and stale"),
        ("10 < value <= 90", "10 < value <= 90"),
        ("value == 3", "value == 3"),
        ("1 - (2 - value) > 0", "1 - (2 - value) > 0"),
        ("(1 - 2) - value > 0", "1 - 2 - value > 0"),
        ("2 * (value + 1) / 3 > 1", "2 * (value + 1) / 3 > 1"),
        ("-(value + 1) > -2", "-(value + 1) > -2"),
        ("--value > 2 and stale", "value > 2 and stale"),
        ("pressure > 3", "pressure > 3"),
        ("channel('odd name') > 3", 'channel("odd name") > 3'),
        ("channel('pressure') > 3", "pressure > 3"),
        ("channel('value') > 3", 'channel("value") > 3'),
        ("channel('say \"hi\"') > 3", "channel('say \"hi\"') > 3"),
        ("mean('1min') > 70 and value > 90", 'mean("60s") > 70 and value > 90'),
        ("p99('5 min') > mean", 'p99("5min") > mean'),
        ("std(100) > 3".replace("100", "'100'"), 'std("100") > 3'),
        ("min('1min') < max(value, 3)", 'min("60s") < max(value, 3)'),
        ("count('all') >= 10", 'count("all") >= 10'),
        ("rate_of(value) > 3", "rate_of(value) > 3"),
        ("abs(rate_of(pressure)) > 3", "abs(rate_of(pressure)) > 3"),
        ("score('zscore') > 3", 'score("zscore") > 3'),
        ("stale", "stale"),
        ("value > pressure", "value > pressure"),
    ],
)
def test_formulas_are_read_and_written_again(text: str, expected: str) -> None:
    """A formula's text is normalised, has no needless parentheses, and reads back the same."""
    formula = Condition.parse(text)
    assert isinstance(formula, Formula)
    assert formula.text == expected
    assert Condition.parse(expected) == formula
    assert hash(Condition.parse(expected)) == hash(formula)
    assert formula.limits == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("vaule > 90", "did you mean 'value'?"),
        ("outsid(10, 90)", "did you mean 'outside'?"),
        ("z_score > 4", "did you mean 'zscore'?"),
        ("value = 90", "contains '='; write '=='"),
        ("value => 90", "write '>='"),
        ("value ≥ 90", "write '>='"),
        ("value > \u22125", "write '-'"),
        ("value > 1_000", "'1_000'; write a number as"),
        ("value > 0x5A", "'0x5A'"),
        ("value > 1j", "'1j'"),
        ("value > 90if", "'90if'"),
        ("value > 1e400", "must be finite"),
        ("90 > 80", "compares only numbers"),
        ("value", "compares value with nothing"),
        ("abs(zscore)", "compares abs(zscore) with nothing"),
        ("value > 90 and pressure", "compares pressure with nothing"),
        ("value > (value > 3)", "needs a number here"),
        ("stale > 3", "needs a number here, and stale is true or false"),
        ("outside(10, 90) > 3", "needs a number here"),
        ("value.real > 3", "an attribute"),
        ("value is 3", "has 'is' where it should end"),
        ("value in (1, 2)", "must give words in quotes here"),
        ("outside(90, 10)", "must come first"),
        ("outside(10, 10)", "must come first"),
        ("outside(10)", "two numbers"),
        ("outside(1, 2, 3)", "two numbers"),
        ("outside(value, 10)", "two numbers"),
        ("outside(low=10, high=90)", "write '=='"),
        ("abs(zscore) > -1", "never below 0"),
        ("value(3) > 3", "'value', which is no function"),
        ("value > abs", "must give abs something"),
        ("value > 90;", "contains ';'"),
        ("value > '90'", "compares a word by '>'; write 90 without quotes"),
        ('value > "90', "a quote that does not end"),
        ("mean(1min) > 3", "'1min'; write a window in quotes: mean(\"1min\")"),
        ("value > 90x", "'90x'; write a number"),
        ("percentile(99) > 3", "no function; there are mean, std"),
        ("mean(value) > 3", "a window in quotes"),
        ("mean('soon') > 3", "must be a duration"),
        ("mean('0s') > 3", "must be > 0"),
        ("rate_of(value + 1) > 3", "'value' or a channel"),
        ("(value > 3", "no ')' that closes the '('"),
        ("value > 3)", "has ')' where it should end"),
        ("zone 1 > 3", 'a name of several words is quoted: channel("zone 1")'),
        ("zone * > 3", '"value > 90", channel="zone *"'),
        ("max(zone*) > 3", '"value > 90", channel="zone *"'),
        ("* > 3", '"value > 90", channel="zone *"'),
        ("zone ? > 3", '"value > 90", channel="zone *"'),
        ("value > ", "ends where a number or a name should stand"),
        ("> 3", "has '>' where"),
        ("value > 3 and", "ends where"),
        ("value > 3 && stale", "write 'and'"),
        ("größe > 3", "quote such a name"),
    ],
)
def test_what_is_wrong_is_said(text: str, complaint: str) -> None:
    """A mistake is named, with what to write instead."""
    with pytest.raises(ConditionError) as caught:
        Condition.parse(text)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("vaule > 90", 0),
        ("value > 90 and vaule < 3", 15),
        ("value > 90 and  outside(3, 1)", 16),
        ("value > 1_000", 8),
        ("abs(value > 3", 4),
        ("mean('soon') > 3", 5),
        ("value > 3 extra", 10),
        ("x" * 60 + " + vaule > 3", 63),
    ],
)
def test_the_caret_points_at_the_character(text: str, position: int) -> None:
    """The message shows the text and a caret below the character that is wrong."""
    with pytest.raises(ConditionError) as caught:
        Condition.parse(text)
    assert caught.value.position == position
    first, line, caret = str(caught.value).split("\n")
    assert f"(character {position + 1})" in first
    column = caret.index("^")
    assert line[column] == text[position]


@pytest.mark.parametrize(
    ("word", "meant"), [("average", "mean"), ("Avg", "mean"), ("stddev", "std"), ("stdev", "std")]
)
def test_other_words_for_a_statistic_lead_to_it(word: str, meant: str) -> None:
    """Spreadsheets and databases have other words for mean and std; a channel of that name is one."""
    hint = rf"did you mean '{meant}'\?"
    with pytest.raises(ConditionError, match=hint):
        Condition.parse(f"{word}('1min') > 3")
    with pytest.raises(ConditionError, match=hint):
        Condition.parse(f"{word} > 3", ("height", "pressure"))
    assert Condition.parse(f"{word} > 3", ("height", word)).text.endswith(" > 3")


def test_names_of_channels_are_checked_where_they_are_known() -> None:
    """With a list of channels a wrong one is refused with the nearest, and a quoted one may come later."""
    channels = ("height", "pressure", "valve")
    assert Condition.parse("valve > 3", channels).text == 'channel("valve") > 3'
    with pytest.raises(ConditionError, match="did you mean 'height'"):
        Condition.parse("hieght > 3", channels)
    with pytest.raises(ConditionError, match="the reading is called 'value'"):
        Condition.parse("humidity > 3", channels)
    assert Condition.parse("channel('humidity') > 3", channels).text == "humidity > 3"
    with pytest.raises(
        ConditionError, match=r"did you mean 'value'\? Quote .*: channel\('valve'\)"
    ):
        Condition.parse("valve > 3")


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
    "value > " + "1_" * 20,
    "x" * 1_000_000,
    "(" * 1_000_000,
    "value > 3 and " * 80_000,
    "9" * 1_000_000,
    "'" * 1_000_000,
    "channel('" + "x" * 200 + "') > 3",
    "channel('\x00') > 3",
    'channel("a\\"b") > 3',
    "channel('') > 3",
    "mean('" + "9" * 100 + "d') > 3",
    "channel('x').y > 3",
    "score(value) > 3",
    "import os",
    "value > 3; import os",
    "value > 3 if value else 2",
    "value ** 9999999 > 3",
    "value // 2 > 3",
    "value % 2 > 3",
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
    "not " * 100 + "value > 3",
    "abs(" * 90 + "value" + ")" * 90 + " > 3",
    "value + " * 60 + "1 > 3",
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


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_refused(text: str) -> None:
    """Nothing but a short ValueError comes of text that tries to be a program or to be huge."""
    with pytest.raises(ConditionError) as caught:
        Condition.parse(text)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("given_object", [None, 90, b"value > 90", ["value > 90"] * 10_000])
def test_other_types_are_a_type_error(given_object: object) -> None:
    """A condition is text."""
    with pytest.raises(TypeError, match="such as 'value > 90'") as caught:
        Condition.parse(given_object)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 400


PIECES = [
    *(
        "value",
        "zscore",
        "abs",
        "outside",
        "inside",
        "lambda",
        "__class__",
        "and",
        "not",
        "if",
        "or",
    ),
    *("(", ")", ",", ".", "<", ">", "=", "-", "+", "*", "!", ":", "[", "]", "0", "9", "1e3", "_"),
    *(" ", " ", "3", "-4", "10, 90", "'", '"', "\\", "#", "\n", "\0", "é", "stale", "mean", "min("),
    *("(value > 3)", "value > 3", " and ", " or ", "not ", "mean('1min')", "pressure", " < ", "/"),
]


@given(
    st.one_of(
        st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
        st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
        st.text(max_size=MAX_LENGTH + 10),
    )
)
@example("value > 3")
@example("".join(string.printable))
def test_any_text_is_a_condition_or_a_value_error(text: str) -> None:
    """Parsing never raises anything else, and what it accepts it reads back the same."""
    try:
        condition = Condition.parse(text)
    except ConditionError:
        return
    assert Condition.parse(condition.text) == condition


def test_an_error_shows_the_text_and_not_the_parser() -> None:
    """A traceback in a cell is about what was written, not about who read it."""
    with pytest.raises(ConditionError) as caught:
        Condition.parse("((xalue)) > 3")
    assert len(caught.traceback) <= 3
