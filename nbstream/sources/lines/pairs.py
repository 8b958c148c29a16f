"""Numbers with names in a line of text: ``a=1 b=2``, ``Temp 1: 21.5 C``, ``128 bytes copied, 3 s``."""

from __future__ import annotations

import re
from typing import NamedTuple

from nbstream.sources.number_cells import plain_quantity
from nbstream.text.naming import distinct
from nbstream.text.units import base_unit, is_unit

__all__ = ["comma_of_pair", "find_listed", "find_pairs", "find_words"]

_NUMBER = r"[+-]?(?:[0-9]{1,3}(?:[,'][0-9]{3})+(?:\.[0-9]+)?|[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DURATION = r"[0-9]+:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_GLUED_UNIT = r"(?:[%°*µμΩ‰]|[^\W\d_])(?:[^\s0-9,;|(){}\[\]=:\"']|[0-9](?![0-9.]))*"
_VALUE = re.compile(
    rf"(?P<text>{_DURATION}(?![0-9:])|{_NUMBER})(?P<unit>{_GLUED_UNIT})?(?P<more>(?:/{_NUMBER})*)"
)
_SEPARATOR = re.compile(r"\s?[=:@]\s*|\s*->\s*")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}(?![0-9,])")
_SPACE_UNIT = re.compile(r"[ ]([^\s,;|(){}\[\]=:0-9]\S{0,9}?)(?=[\s,;|)\]]|$)")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")
_WORD_VALUE = re.compile(r"[^\s,;|()\[\]{}\"']+")
_WORD = re.compile(r"[^\W\d]\w*@[0-9]+(?=\s)|[^\s,;|()\[\]{}\"'<>=:@]+")
_LABEL_END = re.compile(r"[,;|()\[\]{}\"'<>=\t]|:(?=\s)|\s-+\s|\s{2,}")
_PLAIN = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_LIST = re.compile(rf"{_PLAIN}(?:(?:,\s*|\s+){_PLAIN})+(?=\s*$)")
_VECTOR = re.compile(rf"[\[(]\s*({_PLAIN}(?:(?:\s*,\s*|\s+){_PLAIN})+)\s*[\])]")
_GLUED = re.compile(r"(?<=\w)\(([^()\s]*)\)")
_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_NAME_WITH_NUMBER = re.compile(r"[0-9]+\s+[+-]?[0-9.]")
_LEVELS = frozenset(
    "trace debug info notice warn warning error err critical fatal root main and is was the ok".split()
)
_COUNTERS = frozenset(
    "epoch step iter iteration batch episode generation round sample reading measurement frame loop "
    "cycle attempt packet message".split()
)
"""Words before a number that goes up from line to line, so that it names nothing."""
_PREPOSITIONS = frozenset("in at of to for by with from after took every last since within".split())
_CURRENCIES = frozenset("$€£¥")
MAX_WORDS = 4
MAX_LABEL = 120  # characters
MAX_PAIRS = 500


_LOOSE = re.compile(
    rf"(?<![\w@/.\-])([A-Za-z]\w*) ({_PLAIN})((?:/{_PLAIN})?)({_GLUED_UNIT})?(?:/{_PLAIN}\4)?(?=[\s,;)]|$)"
)
_COUNTED = re.compile(rf"({'|'.join(sorted(_COUNTERS))}) ([0-9]+)", re.IGNORECASE)
_HAS_LETTER = re.compile(r"[^\W_]|[%#]")
_LIMIT = re.compile(r" / \S+ [A-Za-z]+(?=, )")
_LOADS = re.compile(r"\b(\w+) \[((?:[0-9]+%|off)(?:@[0-9]+)?(?:,(?:[0-9]+%|off)(?:@[0-9]+)?)*)\]")
_BOXED = re.compile(r"\|\s*([^|]*[^|\s])\s*\|\s*([^|]*[^|\s])\s*\|")


class _Value(NamedTuple):
    texts: list[str]
    """The number, or several that slashes separate."""
    unit: str
    end: int


def find_pairs(line: str) -> dict[str, str]:
    """Return what stands as ``name=value`` or ``name: value`` in a line, as text with its unit.

    Examples
    --------
    >>> find_pairs("64 bytes from ::1: icmp_seq=1 ttl=64 time=0.042 ms")
    {'icmp_seq': '1', 'ttl': '64', 'time': '0.042 ms'}
    >>> find_pairs("Temp 1:23.5 Temp 2:24.0"), find_pairs("Core 0:  +43.0°C  (high = +80.0°C)")
    ({'Temp 1': '23.5', 'Temp 2': '24.0'}, {'Core 0': '+43.0 °C'})
    """
    boxed = _BOXED.fullmatch(line.strip())
    if boxed is not None and plain_quantity(boxed[2]) and not plain_quantity(boxed[1]):
        return {boxed[1]: boxed[2]}
    found: dict[str, str] = {}
    left: list[str] = []
    position = 0
    for match in _SEPARATOR.finditer(line):
        if match.start() < position or len(found) >= MAX_PAIRS:
            continue
        sign = match[0].strip()
        if sign == "@" and _NAME_WITH_NUMBER.match(line, match.end()):
            continue
        begin = max(position, match.start() - MAX_LABEL)
        names = _label(line[begin : match.start()], is_equals=sign == "=")
        if not names:
            continue
        end = _take(found, names, sign, line, match.end())
        if end:
            left.append(line[position : match.start()])
            position = end
    if found:
        _put_others(found, [*left, line[position:]])
    return found


def _take(found: dict[str, str], names: str, sign: str, line: str, at: int) -> int:
    """Add what stands behind a name and its separator; return where it ends, 0 if nothing does."""
    value = _value_at(line, at)
    if value is not None:
        listed = _LIST.match(line, at) if sign == ":" else None
        if listed is not None:
            _put_list(found, names, listed[0])
            return listed.end()
        counted = _COUNTED.fullmatch(names)
        if counted is not None:  # "step 100: 0.5"
            _add(found, counted[1], counted[2])
            names = "value"
        _put(found, names, value)
        return _after_parentheses(line, value.end)
    vector = _VECTOR.match(line, at)
    if vector is not None:
        _put_list(found, names, vector[1])
        return vector.end()
    text, end = _quoted_at(line, at) if sign == "=" else ("", 0)
    if text:
        found.setdefault(names, text)
    return end if text else 0


def comma_of_pair(line: str) -> str:
    """Return the first value of a pair that has a decimal comma, "" if there is none."""
    for match in _SEPARATOR.finditer(line[:MAX_LABEL]):
        comma = _DECIMAL_COMMA.match(line, match.end())
        if comma is not None and (match[0].strip() != ":" or not _LIST.match(line, match.end())):
            return comma[0]
    return ""


def _put_others(found: dict[str, str], left: list[str]) -> None:
    """Add what stands beside pairs and is as clear: ``RAM 2462/7860MB``, ``, 512.3 tps, lat 8 ms``."""
    is_first = len(found) == 1
    for piece in left:
        if not any(map(str.isdigit, piece)):
            continue
        for name, loads in _LOADS.findall(piece):
            for i, text in enumerate(loads.split(",")):
                _add(found, f"{name} {i + 1}", text.partition("@")[0].replace("off", "nan"))
        for match in _LOOSE.finditer(_QUOTED.sub(" ", piece)):
            name, text, fraction, unit = match.groups()
            is_value = _is_unit(unit) if unit else fraction
            if is_value and name.lower() not in _PREPOSITIONS:
                _add(found, name, f"{text} {unit or ''}".strip())
    rest = _LIMIT.sub("", left[-1], count=1)
    if is_first and rest.startswith(", "):
        for item in rest.split(", ")[1:]:
            for name, text in find_words(item)[0].items():
                if name not in found:
                    _add(found, name, text)


def _put_list(found: dict[str, str], names: str, listed: str) -> None:
    for i, text in enumerate(re.split(r"\s*,\s*|\s+", listed.strip())):
        _add(found, f"{names} {i + 1}", text)


def _put(found: dict[str, str], name: str, value: _Value) -> None:
    parts = name.split("/")
    texts = value.texts
    if len(texts) > 1 and len(parts) == len(texts) and all(map(str.strip, parts)):
        parts[0] = parts[0].split()[-1]
        for part, text in zip(parts, texts, strict=True):
            _add(found, part, f"{text} {value.unit}".strip())
    else:
        _add(found, name, f"{texts[0]} {value.unit}".strip())


def _add(found: dict[str, str], name: str, text: str) -> None:
    found[distinct(name, found)] = text


def _label(before: str, *, is_equals: bool) -> str:
    """Return the name that ends where a separator stands, "" if there is none."""
    if "(" in before or "'" in before:
        before = _APOSTROPHE.sub("\x03", _GLUED.sub("\x01\\1\x02", before))
    ends = [m.end() for m in _LABEL_END.finditer(before.rstrip())]
    words = before[ends[-1] if ends else 0 :].rpartition(":")[2].split()
    if not words:
        return ""
    kept: list[str] = []
    for word in reversed(words):
        is_number = bool(re.fullmatch(r"#?[0-9]+", word))
        if not _may_name(word, is_number) or len(kept) == MAX_WORDS:
            break
        if word.lower() in _COUNTERS and len(kept) > 1 and kept[-1][0].isdigit():
            kept.pop()  # "step 100 loss: 0.5"
            break
        kept.append(word)
        if is_equals and not is_number:
            break
    while kept and (kept[-1].lower().strip("[]") in _LEVELS or kept[-1][0].isdigit()):
        kept.pop()
    name = " ".join(reversed(kept)).strip("-. ")
    return name.replace("\x01", "(").replace("\x02", ")").replace("\x03", "'")


def _may_name(word: str, is_number: bool) -> bool:
    is_path = word[0] == "/" and word[1:2].isalpha()
    return is_number or is_path or word[0].isalpha() or word[0] in "_%#$Δ°"


def _value_at(line: str, position: int) -> _Value | None:
    currency = line[position : position + 1]
    currency = currency if currency in _CURRENCIES else ""
    position += len(currency)
    comma = _DECIMAL_COMMA.match(line, position)
    if comma is not None:
        line = f"{line[: comma.end()].replace(',', '.')}{line[comma.end() :]}"
    match = _VALUE.match(line, position)
    if match is None:
        return None
    end = match.end()
    unit = (match["unit"] or "").replace("*", "°")
    texts = [match["text"], *match["more"][1:].split("/")] if match["more"] else [match["text"]]
    following = line[end : end + 1]
    if following and following not in " \t,;|)]}%(\"'/" and not following.isspace():
        return None
    if line[end : end + 2].rstrip() in {"/"} or not unit:
        space = _SPACE_UNIT.match(line, end)
        if space is not None and _is_unit(space[1].replace("*", "°")):
            unit, end = space[1].replace("*", "°"), space.end()
    texts = [text.replace(",", "").replace("'", "") for text in texts]
    return _Value(texts, currency or unit, end)


def _after_parentheses(line: str, end: int) -> int:
    """Return where a remark in parentheses behind a value ends: limits, another unit."""
    rest = line[end:]
    if rest.lstrip().startswith("("):
        closing = rest.find(")")
        if closing > 0:
            return end + closing + 1
    return end


def _quoted_at(line: str, position: int) -> tuple[str, int]:
    """Return the word or quoted text that begins at a position, and where it ends."""
    quoted = _QUOTED.match(line, position)
    if quoted is not None:
        return quoted[1] if quoted[1] is not None else quoted[2], quoted.end()
    word = _WORD_VALUE.match(line, position)
    return (word[0], word.end()) if word is not None else ("", position)


_TOKEN = re.compile(
    rf"(?P<number>(?<![\w.:/@])(?<![0-9]-){_VALUE.pattern}(?![\w:.]|-[0-9]))|(?P<word>{_WORD.pattern})|(?P<end>[,;|()\[\]])"
)
_WHOLE = re.compile(rf"[^\W\d][\w.%/\-]*(?: [^\W\d]\w*)?\s+{_VALUE.pattern}(?: \S{{1,10}})?")
_HEAD = re.compile(r"\s*([^\W\d][^:=]{0,30}?|%[^:=]{1,30}?)\s*:\s*(?=[+-]?[0-9.])")


_SERIES = re.compile(rf"([^\W\d]\w*)((?:\s+{_PLAIN}){{2,}})\s*")
_ITEM = re.compile(rf"{_NUMBER}%?\+?\s+[^\W\d][\w ./%\-]*")


def find_words(line: str) -> tuple[dict[str, str], bool]:
    """Return numbers by the words beside them, and whether these are all that the line says.

    Words before a number name it; where there are none, the words after it do.

    Examples
    --------
    >>> find_words("temperature 21.5 C")
    ({'temperature': '21.5 C'}, True)
    >>> find_words("Tasks: 123 total,   1 running")
    ({'Tasks total': '123', 'Tasks running': '1'}, False)
    >>> find_words("1024 bytes (1.0 kB) copied, 3 s, 411 MB/s")[0]
    {'bytes': '1024 bytes', 'B': '1.0 kB', 's': '3 s', 'B/s': '411 MB/s'}
    """
    series = _SERIES.fullmatch(line)
    if series is not None:  # a row of /proc/stat
        return {f"{series[1]} {i}": x for i, x in enumerate(series[2].split(), 1)}, True
    head = _HEAD.match(line)
    prefix = f"{head[1].strip()} " if head is not None else ""
    found: dict[str, str] = {}
    words: list[str] = []
    waiting: tuple[str, str] | None = None
    is_whole = _WHOLE.fullmatch(line) is not None
    line = line[head.end() :] if head is not None else line
    position = 0
    for token in _TOKEN.finditer(line):
        if token.start() < position:
            continue
        if word := token["word"]:
            if word[0] not in "0123456789" and _HAS_LETTER.search(word):
                words.append(word)
            continue
        if waiting is not None:
            _name_after(found, prefix, waiting, words)
            words, waiting = [], None
        name = "" if prefix else " ".join(_without_fillers(words)[-MAX_WORDS:])
        words = []
        if token["end"]:
            continue
        text, unit = token["text"].replace(",", ""), (token["unit"] or "").replace("*", "°")
        if not name:
            waiting = text, unit
            continue
        space = _SPACE_UNIT.match(line, token.end())
        if not unit and space is not None and _is_unit(space[1]):
            unit, position = space[1], space.end()
        _add(found, name, f"{text} {unit}".strip())
    if waiting is not None:
        _name_after(found, prefix, waiting, words)
    return found, is_whole and len(found) == 1


def find_listed(line: str) -> dict[str, str]:
    """Return the numbers of a line such as ``Tasks: 123 total, 1 running``, {} if it is none.

    Examples
    --------
    >>> find_listed("%Cpu(s):  1.0 us,  0.5 sy")
    {'%Cpu(s) us': '1.0', '%Cpu(s) sy': '0.5'}
    """
    head = _HEAD.match(line)
    if head is None:
        return {}
    items = re.split(r"[,.]\s+(?=[0-9])", line[head.end() :].rstrip(". "))
    is_listed = len(items) > 1 and all(_ITEM.fullmatch(item.strip()) for item in items)
    return find_words(line)[0] if is_listed else {}


def _is_unit(text: str) -> bool:
    return is_unit(text) and not text.strip("-") == ""


def _name_after(
    found: dict[str, str], prefix: str, waiting: tuple[str, str], words: list[str]
) -> None:
    text, unit = waiting
    words = words[:MAX_WORDS]
    if not prefix and not unit and len(words) == 1 and _is_unit(words[0]):
        unit, words = words[0], []
    name = " ".join(words).rstrip(".") or base_unit(unit)
    if name:
        _add(found, f"{prefix}{name}", f"{text} {unit}".strip())


def _without_fillers(words: list[str]) -> list[str]:
    return [w for w in words if w.lower() not in _LEVELS and (w[0].isalpha() or w[0] in "_%")]
