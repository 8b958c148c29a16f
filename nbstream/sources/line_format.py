"""What a line of a program's output means.

===========================  ============================================
``3.5``                      channel "value"
``1,2`` or ``1 2``           channels c1, c2 … (comma, semicolon or space)
``2026-07-01 12:00:00,5``    a time in front, then as above
``a=1 b=2`` or ``a: 1, b: 2``  channels a, b
``{"a": 1, "b": 2}``         JSON: its numbers
===========================  ============================================

In pairs and JSON, time, timestamp or t (beside others) is the time, and text is left alone. Numbers
are strict: no ``1_000``, no decimal comma; nan, inf and null are missing readings.
"""

from __future__ import annotations

import json
import re
from typing import Any

from nbstream.sources.number_cells import number
from nbstream.sources.time_scan import scan_time

__all__ = ["LINE_TIME_KEYS", "parse_line"]

LINE_TIME_KEYS = frozenset({"time", "timestamp", "t"})

_PAIR = re.compile(r"""\s*([^\s=:,;"'{}]+)\s*[=:]\s*([^\s,;]+)\s*(?:[,;]|$|(?=\s))""")
_ISO_IN_FRONT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)\s*[,;\s]\s*(.+)"
)


def parse_line(line: str) -> Any:
    """Return what `nbstream.sources.items.as_reading` reads: a number, a dict, or (time, either).

    Parameters
    ----------
    line
        Without its end.

    Raises
    ------
    ValueError
        If it is none of the forms.

    Examples
    --------
    >>> parse_line("3.5"), parse_line("a=1 b=2"), parse_line("1,2")
    (3.5, {'a': 1.0, 'b': 2.0}, {'c1': 1.0, 'c2': 2.0})
    """
    line = line.strip()
    value = number(line)
    if value is not None:
        return value
    if line.startswith("{"):
        return _json(line)
    front = _ISO_IN_FRONT.fullmatch(line)
    if front is not None and scan_time(front[1]):
        return front[1], parse_line(front[2])
    separated = "," in line or ";" in line
    cells = [c.strip() for c in re.split("[,;]", line)] if separated else line.split()
    numbers = [number(cell) for cell in cells]
    if len(cells) > 1 and None not in numbers:
        return {f"c{i + 1}": x for i, x in enumerate(numbers)}
    return _pairs(line)


def _json(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        message = f"not JSON: {line[:80]!r}"
        raise ValueError(message) from None
    if not isinstance(found, dict):
        message = f"not a JSON object: {line[:80]!r}"
        raise ValueError(message)
    return {key: value for key, value in found.items() if not isinstance(value, bool)}


def _pairs(line: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    position = 0
    while position < len(line):
        match = _PAIR.match(line, position)
        if match is None:
            break
        name, text = match[1], match[2]
        value: Any = number(text)
        if value is None and name.lower() in LINE_TIME_KEYS:
            value = text
        if value is not None:
            values[name] = value
        position = match.end()
    if not values or line[position:].strip():
        message = f"no numbers in {line[:80]!r}"
        raise ValueError(message)
    return values
