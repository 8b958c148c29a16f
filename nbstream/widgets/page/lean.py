"""Scripts and styles as pages get them: without the notes and the indentation, which are for readers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lean_script", "lean_styles"]

_TEXT = r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
# A slash divides what stands before it; where that is no operand, and where a line begins, a pattern does.
_IS_PATTERN = r"(?:(?<=[(,=:\[!&|?{;])|(?<=[(,=:\[!&|?{;+\-*%<>] )|(?<=\breturn )|(?<![^\n]))"
_PATTERN = rf"{_IS_PATTERN}/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/"
# No possessive quantifiers here: Python 3.11.2, Debian's, matches them wrongly.
_CODE = re.compile(rf"[^\"'`/]+|{_TEXT}|{_PATTERN}|/(?![/*])")
_EXPRESSION = re.compile(rf"[^{{}}\"'`/]+|{_TEXT}|{_PATTERN}|/(?![/*])")
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\(?s:.)|\$(?!\{))+")
_NOTE = r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/"
_SPACE = rf"(?:\s|{_NOTE})"
_SHEET = re.compile(rf"({_TEXT})|{_SPACE}*([{{}};,]){_SPACE}*|{_SPACE}+")


def lean_script(text: str) -> str:
    """Return a module without its comments, indentation and empty lines.

    Its lines stay lines, so an error can be found; what stands in texts, templates and patterns stays
    as it is.

    Raises
    ------
    ValueError
        A comment, a text or a template does not end.
    """
    lines = iter(text.split("\n"))
    kept: list[str] = []
    for line in lines:
        bare = line.lstrip()
        if "/" in bare or "`" in bare:
            bare = _without_notes(bare, lines)
        bare = bare.rstrip()
        if bare:
            kept.append(bare)
    return "\n".join([*kept, ""])


def lean_styles(text: str) -> str:
    """Return a style sheet without its notes, and without spaces that part nothing."""
    return _SHEET.sub(lambda found: found[1] or found[2] or " ", text).strip()


def _without_notes(line: str, following: Iterator[str]) -> str:
    """Return a line without comments, with those of the following that belong to what it begins."""
    while (at := _code_end(line)) < len(line):
        if line.startswith("//", at):
            return line[:at]
        end = line.find("*/", at + 2) if line.startswith("/*", at) else -1
        if end >= 0:
            space = "\n" if "\n" in line[at:end] else " "
            line = (line[:at].rstrip() + space + line[end + 2 :].lstrip()).lstrip()
            continue
        more = next(following, None)
        if more is None:
            msg = f"A comment, a text or a template does not end: {line[at : at + 80]!r}."
            raise ValueError(msg)
        line = f"{line}\n{more}"
    return line


def _code_end(line: str) -> int:
    """Return where a comment begins, or what does not end in this line."""
    at = 0
    while at < len(line):
        if line[at] == "`":
            end = _template_end(line, at + 1)
        else:
            found = _CODE.match(line, at)
            end = -1 if found is None else found.end()
        if end < 0:
            break
        at = end
    return at


def _template_end(line: str, at: int) -> int:
    """Return where a template ends that has begun before `at`, -1 if it doesn't."""
    while at < len(line):
        if line[at] == "`":
            return at + 1
        if line.startswith("${", at):
            at = _expression_end(line, at + 2)
        else:
            found = _TEMPLATE.match(line, at)
            at = -1 if found is None else found.end()
        if at < 0:
            break
    return -1


def _expression_end(line: str, at: int) -> int:
    """Return where braces end that have begun before `at`, -1 if they don't."""
    while at < len(line):
        mark = line[at]
        if mark == "}":
            return at + 1
        if mark == "{":
            at = _expression_end(line, at + 1)
        elif mark == "`":
            at = _template_end(line, at + 1)
        else:
            found = _EXPRESSION.match(line, at)
            at = -1 if found is None else found.end()
        if at < 0:
            break
    return -1
