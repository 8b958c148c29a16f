"""How names of channels are shown: shortened for people only, for a channel is known by its whole name."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

__all__ = [
    "MAX_NAME_LENGTH", "NO_NAME", "distinct", "name_problem", "one_line", "printable",
    "quoted", "short_name", "short_names", "shortened",
]  # fmt: skip

MAX_NAME_LENGTH = 1000
"""Longer names of channels are refused."""
NO_NAME = "(no name)"
# Characters that change the direction of the text around them.
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])


def name_problem(name: str) -> str | None:
    """Return why a channel can't have a name, None if it can."""
    if len(name) > MAX_NAME_LENGTH:
        return (
            f"A channel's name has at most {MAX_NAME_LENGTH:,} characters "
            f"(got {len(name):,}: {short_name(name)!r})."
        )
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"A channel's name must be text that can be written as UTF-8 (got {name!r:.100})."
    return None


def distinct(name: str, taken: Container[str], form: str = "{} ({})") -> str:
    """Return a name that is not taken: itself, or with the first number from 2 on that makes it one.

    Examples
    --------
    >>> distinct("a", {"b"}), distinct("a", {"a", "a (2)"}), distinct("a", {"a"}, "{}_{}")
    ('a', 'a (3)', 'a_2')
    """
    found, n = name, 1
    while found in taken:
        n += 1
        found = form.format(name, n)
    return found


def printable(text: str) -> str:
    """Return text in which a space stands for each character that cannot be printed."""
    return "".join(c if c.isprintable() else " " for c in text)


def one_line(text: str) -> str:
    """Return text as one printable line, single spaces in it, that leaves the direction of others alone."""
    return " ".join(printable(text.translate(_DIRECTIONS)).split())


def short_name(name: str, length: int = 80) -> str:
    """Return a name as it is shown: one printable line of at most `length`, shortened in the middle.

    Examples
    --------
    >>> short_name("plant/hall 4/press/temperature", 20)
    'plant/hall…mperature'
    """
    return shortened(one_line(name) or NO_NAME, length)


def shortened(text: str, length: int = 80) -> str:
    """Return text as one printable line of at most `length`, shortened in the middle."""
    text = one_line(text)
    if len(text) <= length:
        return text
    n_last = (length - 1) // 2
    return f"{text[: length - 1 - n_last]}…{text[len(text) - n_last :]}"


def short_names(names: Iterable[str], length: int = 80) -> dict[str, str]:
    """Return names as they are shown beside each other: those that would look the same are numbered.

    Examples
    --------
    >>> short_names(["a b", "a  b", "c"])
    {'a b': 'a b', 'a  b': 'a b (2)', 'c': 'c'}
    """
    shown: dict[str, str] = {}
    seen: dict[str, int] = {}
    for name in names:
        text = short_name(name, length)
        look = unicodedata.normalize("NFC", text)
        n = seen[look] = seen.get(look, 0) + 1
        shown[name] = text if n == 1 else f"{short_name(name, length - 2 - len(str(n)) - 1)} ({n})"
    return shown


def quoted(text: str, quote: str = '"') -> str:
    """Return text in the quotes that it doesn't contain, `quote` unless it does."""
    if quote in text:
        quote = "'" if quote == '"' else '"'
    return f"{quote}{text}{quote}"
