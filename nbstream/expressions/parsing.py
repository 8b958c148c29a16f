"""Reads the text of a condition into a tree of known parts; nothing is ever evaluated as code."""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, NoReturn, cast

from nbstream.expressions.arithmetic import Arithmetic, Call, Negative, Number
from nbstream.expressions.comparisons import Comparison, Range, WordTest
from nbstream.expressions.logic import Both, Either, Not
from nbstream.expressions.nodes import Node, NumberNode, TruthNode
from nbstream.expressions.tree import variables
from nbstream.expressions.variables import (
    Channel,
    Rate,
    Score,
    Stale,
    Statistic,
    Value,
    Variable,
    Word,
    ZScore,
)
from nbstream.readings.window import Window
from nbstream.text.naming import printable
from nbstream.text.nearest import nearest
from nbstream.text.numbers import exact_number

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["MAX_LENGTH", "STATISTICS", "ConditionError", "read_condition", "read_formula"]

MAX_LENGTH = 500
"""Characters of a condition."""
MAX_DEPTH = 25
"""Parentheses, calls and signs inside each other."""
MAX_DIGITS = 40
"""Characters of one number."""
MAX_NAME = 120
"""Characters between quotes."""

STATISTICS = ("mean", "std", "min", "max", "count", "median", "rate")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUANTILE = re.compile(r"p\d{1,2}")
_SPECIAL = ("value", "zscore", "stale", "abs", "outside", "inside", "rate_of", "channel", "score")
_WORDS = (*_SPECIAL, *STATISTICS, "p99", "and", "or", "not")
_SYNONYMS = {
    **dict.fromkeys(("average", "avg"), "mean"),
    **dict.fromkeys(("stddev", "stdev", "std_dev", "sd", "sigma"), "std"),
}
_VARIABLES = {node.text: node for node in (Value, ZScore, Stale)}
_KEYWORDS = ("and", "or", "not")
_FUNCTIONS = (*STATISTICS, "p99", "abs", "rate_of", "score", "channel")
SEVERAL = '; several channels are named beside the condition: "value > 90", channel="zone *"'
"""For who writes a pattern of names."""
_COMPARISONS = (">", ">=", "<", "<=", "==", "!=")

_TOKEN = re.compile(
    r"""(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"\\]*"|'[^'\\]*')
      | (?P<sign>>=|<=|==|!=|[-+*/(),<>])
      | (?P<space>[ \t\r\n]+)""",
    re.VERBOSE,
)
_WRONG = re.compile(r"=>|=<|<>|\*\*|//")
_NUMBER_LIKE = re.compile(r"[\w.]+")
_DURATION_LIKE = re.compile(r"[0-9.]{1,9}(ms|s|min|m|h|d)")
_INSTEAD = {
    **{"≥": "'>='", "≤": "'<='", "≠": "'!='", "=>": "'>='", "=<": "'<='", "<>": "'!='"},
    **{"\u2212": "'-'", "\u2013": "'-'", "×": "'*'", "÷": "'/'", "&&": "'and'", "||": "'or'"},
    **{"**": "a product", "//": "'/'", "&": "'and'", "|": "'or'", "!": "'not'", "=": "'=='"},
}


class ConditionError(ValueError):
    """The text of a condition cannot be read.

    Parameters
    ----------
    text
        What was given.
    why
        What is wrong with it, as the end of a sentence.
    position
        Index of the character where; None is nowhere in particular.
    """

    def __init__(self, text: str, why: str, position: int | None = None) -> None:
        self.text = text
        self.why = why
        self.position = position
        shown = text if len(text) <= 60 else f"{text[:59]}…"
        message = f"Condition {shown!r} {why}"
        if position is None:
            super().__init__(f"{message}.")
            return
        start = max(0, position - 40)
        line = printable(text[start : position + 30])
        caret = " " * (position - start)
        super().__init__(f"{message} (character {position + 1}).\n    {line}\n    {caret}^")


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def read_condition(given: object, channels: Collection[str] | None = None) -> TruthNode:
    """Return the tree of a condition.

    Parameters
    ----------
    given
        The text, at most 500 characters.
    channels
        Names of the channels that there are. A word that is none of them, nor one of the language, is
        refused with the nearest one. None is not known: then only what looks like a misspelt word of
        the language is refused.

    Raises
    ------
    ConditionError
        If it is no condition; the message points at the character.
    TypeError
        If it is not a str.
    """
    if not isinstance(given, str):
        message = f"A condition is a str such as 'value > 90' (got {given!r:.80})."
        raise TypeError(message)
    if len(given) > MAX_LENGTH:
        why = f"is longer than {MAX_LENGTH} characters ({len(given):,})"
        raise ConditionError(given, why)
    if not given.strip():
        raise ConditionError(given, "is empty; write for example 'value > 90'")
    try:
        return _Parser(given, channels).read()
    except ConditionError as error:
        # People are shown the text and the character, not the way of the parser to it.
        raise error.with_traceback(None) from None


def read_formula(given: object) -> NumberNode:
    """Return the tree of a formula of channels, such as "in + out / 2".

    Raises
    ------
    ConditionError
        If it is none; the message points at the character.
    TypeError
        If it is not a str.
    """
    if not isinstance(given, str):
        message = f"A formula is a str such as 'a + b' (got {given!r:.80})."
        raise TypeError(message)
    if len(given) > MAX_LENGTH or not given.strip():
        why = f"is empty, or longer than {MAX_LENGTH} characters; write for example 'a + b'"
        raise ConditionError(given, why)
    try:
        return _Parser(given, None).read_number()
    except ConditionError as error:
        raise error.with_traceback(None) from None


class _Parser:
    """Recursive descent, one method for each level of precedence."""

    def __init__(self, text: str, channels: Collection[str] | None) -> None:
        self._text = text
        self._channels = channels
        self._tokens = list(self._scan())
        self._next = 0
        self._depth = 0

    def read(self) -> TruthNode:
        node = self._either()
        self._expect_end()
        return self._as_truth(node)

    def read_number(self) -> NumberNode:
        node = self._sum()
        self._expect_end()
        return self._as_number(node)

    # Characters into tokens.

    def _scan(self) -> list[_Token]:
        tokens: list[_Token] = []
        position = 0
        while position < len(self._text):
            wrong = _WRONG.match(self._text, position)
            if wrong is not None:
                self._fail(f"contains {wrong[0]!r}; write {_INSTEAD[wrong[0]]}", position)
            match = _TOKEN.match(self._text, position)
            if match is None:
                self._refuse_character(position)
            kind = cast("str", match.lastgroup)
            if kind == "number":
                self._check_number(match)
            if kind == "text":
                self._check_quoted(match)
            if kind != "space":
                tokens.append(_Token(kind, match[0], position))
            position = match.end()
        tokens.append(_Token("end", "", len(self._text.rstrip())))
        return tokens

    def _check_number(self, match: re.Match[str]) -> None:
        like = _NUMBER_LIKE.match(self._text, match.start())
        end = max(match.end(), like.end() if like else 0)
        written = self._text[match.start() : end]
        if end > match.end():
            how = "write a number as 90, -5, 0.5 or 1e3"
            if _DURATION_LIKE.fullmatch(written):
                how = f'write a window in quotes: mean("{written}")'
            self._fail(f"contains {written[:20]!r}; {how}", match.start())
        if len(written) > MAX_DIGITS:
            self._fail(f"has a number of more than {MAX_DIGITS} characters", match.start())
        if not math.isfinite(float(written)):
            self._fail(f"has {written!r}; a number must be finite", match.start())

    def _check_quoted(self, match: re.Match[str]) -> None:
        name = match[0][1:-1]
        if len(name) > MAX_NAME or not name.strip() or not name.isprintable():
            why = f"has quotes around nothing, or what is not printable or longer than {MAX_NAME} characters"
            self._fail(why, match.start())

    def _refuse_character(self, position: int) -> NoReturn:
        rest = self._text[position:]
        if rest[0] in "\"'":
            self._fail("has a quote that does not end", position)
        if rest[0] == ".":
            self._fail('contains an attribute; quote such a name: channel("a.b")', position)
        for wrong, right in _INSTEAD.items():
            if rest.startswith(wrong):
                self._fail(f"contains {wrong!r}; write {right}", position)
        hint = '; quote such a name: channel("…")' if rest[0].isalpha() else ""
        hint = SEVERAL if rest[0] in "?[" else hint
        self._fail(f"contains {rest[0]!a}{hint}", position)

    # Tokens into a tree, the loosest first.

    def _either(self) -> Node:
        return self._series(self._both, Either)

    def _both(self) -> Node:
        return self._series(self._denied, Both)

    def _series(self, read: Callable[[], Node], kind: type[Both | Either]) -> Node:
        first = read()
        if not self._is_next(kind.word):
            return first
        operands = [self._as_truth(first)]
        while self._is_next(kind.word):
            self._take()
            operands.append(self._as_truth(read()))
        flat = (node.operands if isinstance(node, kind) else (node,) for node in operands)
        return kind(tuple(chain.from_iterable(flat)), at=operands[0].at)

    def _denied(self) -> Node:
        if not self._is_next("not"):
            return self._comparison()
        token = self._take()
        with self._deeper(token):
            operand = self._as_truth(self._denied())
        return Not(operand, at=token.at)

    def _comparison(self) -> Node:
        if self._peek().kind == "text" and self._peek(1).text in _COMPARISONS:
            word, operator = self._take(), self._take()
            return self._word_test(self._sum(), operator, (word,))
        first = self._sum()
        if self._is_next("in") or (self._is_next("not") and self._peek(1).text == "in"):
            return self._word_list(first)
        if self._peek().text not in _COMPARISONS:
            return first
        operands, operators = [self._as_number(first)], list[str]()
        while self._peek().text in _COMPARISONS:
            operator = self._take()
            if self._peek().kind == "text" and not operators:
                return self._word_test(first, operator, (self._take(),))
            operators.append(operator.text)
            operands.append(self._as_number(self._sum()))
        if not any(any(variables(operand)) for operand in operands):
            self._fail("compares only numbers", operands[0].at)
        return Comparison(tuple(operands), tuple(operators), at=operands[0].at)

    def _word_list(self, subject: Node) -> Node:
        """Return ``state in ("RUN", "IDLE")``, or the same with ``not in``."""
        first = self._take()
        operator = (
            first if first.text == "in" else self._take()._replace(text="not in", at=first.at)
        )
        opening, words = self._take(), []
        if opening.text != "(":
            self._fail_at(opening, 'must give "in" words in brackets: state in ("RUN", "IDLE")')
        while self._peek().kind == "text":
            words.append(self._take())
            if self._peek().text != ",":
                break
            self._take()
        if not words:
            self._fail_at(self._peek(), 'must give words in quotes here: "RUN"')
        self._expect(")", "closes the '('", opening)
        return self._word_test(subject, operator, tuple(words))

    def _word_test(self, subject: Node, operator: _Token, words: tuple[_Token, ...]) -> Node:
        if operator.text not in ("==", "!=", "in", "not in"):
            number = words[0].text[1:-1]
            how = f"{number} without quotes" if _is_number(number) else "== or !="
            self._fail_at(operator, f"compares a word by {operator.text!r}; write {how}")
        if not isinstance(subject, (Value, Channel)):
            self._fail(f"compares {subject.text} with a word; only channels hold words", subject.at)
        name = subject.name if isinstance(subject, Channel) else None
        is_plain = name is None or (_NAME.fullmatch(name) is not None and not _is_reserved(name))
        texts = tuple(dict.fromkeys(word.text[1:-1] for word in words))
        word = Word(name, is_plain, at=subject.at)
        return WordTest(word, operator.text, texts, at=subject.at)

    def _sum(self) -> Node:
        return self._arithmetic("+-", lambda: self._arithmetic("*/", self._signed))

    def _arithmetic(self, operators: str, read: Callable[[], Node]) -> Node:
        left = read()
        while self._peek().kind == "sign" and self._peek().text in operators:
            operator = self._take()
            right = self._as_number(read())
            left = Arithmetic(operator.text, self._as_number(left), right, at=left.at)
            self._check_depth_of(left, operator)
        return left

    def _check_depth_of(self, node: NumberNode, token: _Token) -> None:
        depth, left = 0, node
        while isinstance(left, Arithmetic):
            depth, left = depth + 1, left.left
        if depth > 2 * MAX_DEPTH:
            self._fail_at(token, f"has more than {2 * MAX_DEPTH} operations in a row")

    def _signed(self) -> Node:
        token = self._peek()
        if token.kind != "sign" or token.text not in "+-":
            return self._atom()
        self._take()
        with self._deeper(token):
            operand = self._as_number(self._signed())
        if token.text == "+":
            return operand
        if isinstance(operand, Number):
            return Number(-operand.number, at=token.at)
        if isinstance(operand, Negative):
            return operand.operand
        return Negative(operand, at=token.at)

    def _atom(self) -> Node:
        token = self._take()
        if token.kind == "number":
            return Number(float(token.text), at=token.at)
        if token.text == "(":
            with self._deeper(token):
                node = self._either()
                self._expect(")", "closes the '('", token)
                return node
        if token.kind == "name" and token.text not in _KEYWORDS:
            return self._word(token)
        if token.kind == "text":
            how = f"write channel({token.text}), or compare a word: state == {token.text}"
            self._fail_at(token, f"has {token.text} alone; {how}")
        what = "ends" if token.kind == "end" else f"has {self._shown(token)}"
        near = self._tokens[max(0, self._next - 2) : self._next]
        hint = SEVERAL if any(one.text == "*" for one in near) else ""
        self._fail_at(
            token, f"cannot be read: it {what} where a number or a name should stand{hint}"
        )

    def _word(self, token: _Token) -> Node:
        name = token.text
        is_called = self._peek().text == "("
        if name in STATISTICS or _QUANTILE.fullmatch(name):
            return self._statistic(token) if is_called else Statistic(name, at=token.at)
        readers: dict[str, Callable[[_Token], Node]] = {
            "abs": self._abs,
            "outside": self._range,
            "inside": self._range,
            "rate_of": self._rate,
            "channel": lambda t: self._channel_named(self._name(t), t.at),
            "score": lambda t: Score(self._name(t), at=t.at),
        }
        if name in readers:
            if not is_called:
                self._fail_at(token, f"must give {name} something: {_usage(name)}")
            with self._deeper(token):
                return readers[name](token)
        if is_called:
            near = self._nearest(name) or f"; there are {', '.join(_FUNCTIONS)}"
            self._fail_at(token, f"calls {name!r}, which is no function{near}")
        kind = _VARIABLES.get(name)
        return self._channel(token) if kind is None else kind(at=token.at)

    def _statistic(self, token: _Token) -> NumberNode:
        name = token.text
        opening = self._take()
        with self._deeper(opening):
            if name in ("min", "max") and self._peek().kind != "text":
                return Call(name, self._numbers(opening, 2, name), at=token.at)
            text = self._quoted(opening, name, "a window")
        try:
            window = Window.parse(text.text[1:-1])
        except ValueError as error:
            self._fail_at(text, f"is not possible: {str(error).rstrip('.')}")
        return Statistic(name, str(window), at=token.at)

    def _abs(self, token: _Token) -> NumberNode:
        return Call("abs", self._numbers(self._take(), 1, "abs"), at=token.at)

    def _range(self, token: _Token) -> TruthNode:
        low, high = self._numbers(self._take(), 2, token.text)
        if not (isinstance(low, Number) and isinstance(high, Number)):
            self._fail_at(
                token, f"must give {token.text} two numbers, such as {token.text}(10, 90)"
            )
        if not low.number < high.number:
            got = f"{exact_number(low.number)}, {exact_number(high.number)}"
            self._fail_at(token, f"is not possible: the lower limit must come first (got {got})")
        return Range(token.text, low.number, high.number, at=token.at)

    def _rate(self, token: _Token) -> NumberNode:
        (of,) = self._numbers(self._take(), 1, "rate_of")
        if not isinstance(of, (Value, Channel)):
            self._fail_at(token, "must give rate_of 'value' or a channel")
        return Rate(of if isinstance(of, Channel) else None, at=token.at)

    def _numbers(self, opening: _Token, n: int, name: str) -> tuple[NumberNode, ...]:
        arguments = [self._as_number(self._either())]
        while self._peek().text == "," and len(arguments) <= n:
            self._take()
            arguments.append(self._as_number(self._either()))
        if len(arguments) != n:
            wanted = "one number" if n == 1 else "two numbers"
            self._fail_at(opening, f"must give {name} {wanted}: {_usage(name)}")
        self._expect(")", f"closes {name}(", opening)
        return tuple(arguments)

    def _quoted(self, opening: _Token, function: str, what: str) -> _Token:
        """Return the text in quotes that is all that a function is given."""
        text = self._take()
        if text.kind != "text":
            self._fail_at(text, f"must give {function} {what} in quotes: {_usage(function)}")
        self._expect(")", f"closes {function}(", opening)
        return text

    # Names.

    def _name(self, token: _Token) -> str:
        return self._quoted(self._take(), token.text, "a name").text[1:-1]

    def _channel_named(self, name: str, at: int) -> Variable:
        return Channel(name, _reads_as_channel(name), at=at)

    def _channel(self, token: _Token) -> Variable:
        name = token.text
        if self._channels and name not in self._channels:
            hint = self._nearest(name) or "; the reading is called 'value'"
            self._fail_unknown(token, hint, "that is still to come")
        if not self._channels and not _reads_as_channel(name) and not self._is_beside_word():
            self._fail_unknown(token, self._nearest(name), "of that name")
        return self._channel_named(name, token.at)

    def _is_beside_word(self) -> bool:
        """Return whether the name that was read last is compared with words: so it is a channel's."""
        following = [self._peek(), self._peek(1)]
        before = self._tokens[max(self._next - 3, 0) : self._next - 1]
        if following[0].text in _COMPARISONS and following[1].kind == "text":
            return True
        if len(before) == 2 and before[0].kind == "text" and before[1].text in _COMPARISONS:
            return True
        texts = [token.text for token in following]
        return texts[0] == "in" or texts == ["not", "in"]

    def _fail_unknown(self, token: _Token, hint: str, which: str) -> NoReturn:
        end = "" if hint.endswith("?") else "."
        quoted = f"{end} Quote a channel {which}: channel({token.text!r})"
        if self._next > 1 and self._tokens[self._next - 2].text in ("==", "!="):
            quoted += f", and a word: {token.text!r}"
        self._fail_at(token, f"has an unknown name {token.text!r}{hint}{quoted}")

    def _nearest(self, name: str) -> str:
        words = [*_WORDS, *(self._channels or ())]
        near = nearest(name, words, cutoff=0.7, synonyms=_SYNONYMS)
        return f"; did you mean {near!r}?" if near else ""

    # Kinds.

    def _as_truth(self, node: Node) -> TruthNode:
        if not isinstance(node, TruthNode):
            self._fail(f"compares {node.text} with nothing; write {node.text} > 90", node.at)
        return node

    def _as_number(self, node: Node) -> NumberNode:
        if isinstance(node, TruthNode) or not isinstance(node, NumberNode):
            self._fail(f"needs a number here, and {node.text} is true or false", node.at)
        return node

    # Reading on, and failing.

    def _peek(self, ahead: int = 0) -> _Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self) -> _Token:
        token = self._peek()
        if token.kind != "end":
            self._next += 1
        return token

    def _is_next(self, word: str) -> bool:
        token = self._peek()
        return token.kind == "name" and token.text == word

    def _expect_end(self) -> None:
        token = self._peek()
        if token.kind == "end":
            return
        before = self._tokens[max(0, self._next - 1)]
        hint = ""
        if (
            before.kind == "name"
            and token.kind in ("name", "number")
            and not _is_reserved(before.text)
        ):
            name = self._text[before.at : token.at + len(token.text)]
            hint = f'; a name of several words is quoted: channel("{name}")'
        self._fail_at(token, f"has {self._shown(token)} where it should end{hint}")

    def _expect(self, sign: str, purpose: str, opening: _Token) -> None:
        token = self._peek()
        if token.text != sign or token.kind != "sign":
            where = token if token.kind != "end" else opening
            self._fail_at(where, f"has no {sign!r} that {purpose}")
        self._take()

    @contextmanager
    def _deeper(self, token: _Token) -> Iterator[None]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail_at(token, f"is nested more than {MAX_DEPTH} deep")
        yield
        self._depth -= 1

    def _shown(self, token: _Token) -> str:
        return repr(token.text[:20])

    def _fail_at(self, token: _Token, why: str) -> NoReturn:
        self._fail(why, token.at)

    def _fail(self, why: str, position: int) -> NoReturn:
        raise ConditionError(self._text, why, position)


def _reads_as_channel(name: str) -> bool:
    """Return whether a name written without quotes is read as that channel."""
    if not _NAME.fullmatch(name) or _QUANTILE.fullmatch(name):
        return False
    return nearest(name, _WORDS, cutoff=0.75) is None


def _is_number(text: str) -> bool:
    match = _TOKEN.fullmatch(text)
    return match is not None and match.lastgroup == "number"


def _is_reserved(name: str) -> bool:
    return name in _WORDS or _QUANTILE.fullmatch(name) is not None


def _usage(name: str) -> str:
    usages = {
        "abs": "abs(value)",
        "outside": "outside(10, 90)",
        "inside": "inside(10, 90)",
        "rate_of": "rate_of(value)",
        "channel": 'channel("odd name")',
        "score": 'score("zscore")',
        "min": 'min(1, 2) or min("1min")',
        "max": 'max(1, 2) or max("1min")',
    }
    return usages.get(name, f'{name}("1min")')
