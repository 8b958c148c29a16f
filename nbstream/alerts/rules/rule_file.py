"""Rules and their open incidents as a JSON file: read with suspicion, written in one step."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from nbstream.alerts.log.export import write_atomically
from nbstream.alerts.rules.kinds import is_text
from nbstream.alerts.rules.settings import SETTINGS
from nbstream.alerts.rules.state_machine import RuleState
from nbstream.alerts.severity import SEVERITIES
from nbstream.text.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from nbstream.alerts.rules.rule import Rule

__all__ = ["FORMAT", "VERSION", "facts_of_rule", "read_rules", "write_rules"]

FORMAT = "nbstream rules"
VERSION = 1
MAX_BYTES = 5_000_000
MAX_RULES = 10_000

Check: TypeAlias = Callable[[Any], bool]
Schema: TypeAlias = dict[str, Check]


def facts_of_rule(rule: Rule) -> dict[str, Any]:
    """Return the settings of a rule as JSON has them."""
    selected = rule.selected
    facts = rule.settings.to_dict()
    facts["channel"] = list(selected) if isinstance(selected, tuple) else selected
    return facts


def write_rules(path: str | PathLike[str], rules: Iterable[Rule]) -> None:
    """Write rules and their open incidents.

    Raises
    ------
    OSError
        If the file cannot be written; an old one is as it was.
    ValueError
        If there is so much that `read_rules` would refuse it.
    """
    described = [facts_of_rule(rule) | {"open": rule.freeze()} for rule in rules]
    document = {"format": FORMAT, "version": VERSION, "rules": described}
    text = json.dumps(document, indent=1, allow_nan=False) + "\n"  # ASCII: a character is a byte
    if len(described) > MAX_RULES or len(text) > MAX_BYTES:
        message = (
            f"A file holds at most {MAX_RULES:,} rules and {MAX_BYTES:,} bytes "
            f"(got {len(described):,} and {len(text):,})."
        )
        raise ValueError(message)
    write_atomically(path, text)


def read_rules(path: str | PathLike[str]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the arguments of each rule in a file, and what `Rule.resume` needs.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is anything but what `write_rules` writes; the message says what is wrong and where.
    """
    path = Path(path)
    reader = _Reader(str(path))
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        reader.fail(f"is larger than {MAX_BYTES:,} bytes")
    try:
        document = json.loads(content.decode("utf-8"), parse_constant=reader.refuse_constant)
    except UnicodeDecodeError:
        reader.fail("is not UTF-8 text")
    except json.JSONDecodeError as error:
        reader.fail(f"is no JSON: {error.msg} in line {error.lineno}")
    except RecursionError:
        reader.fail("is nested too deep")
    except RuleFileError:
        raise
    except ValueError as error:  # an integer of thousands of digits
        reader.fail(f"has {error}")
    return reader.rules(document)


def _is_time(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) < value < 2**63


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or _is_time(value)


def _is_row(*checks: Check) -> Check:
    """Return a check of a list that has one value for each of `checks`."""

    def is_row(value: Any) -> bool:
        is_complete = isinstance(value, list) and len(value) == len(checks)
        return is_complete and all(check(of) for check, of in zip(checks, value, strict=True))

    return is_row


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _is_channel(value: Any) -> bool:
    if isinstance(value, list):
        return 0 < len(value) <= MAX_RULES and all(is_text(name) for name in value)
    return value is None or is_text(value)


_RULE: Schema = {
    **{argument: setting.is_written for argument, setting in SETTINGS.items()},
    "channel": _is_channel,
    "open": lambda value: isinstance(value, list) and len(value) <= MAX_RULES,
}
_OPEN: Schema = {
    "channel": is_text,
    "newest_ns": _is_time,
    "unit": _or_none(is_text),
    "machine": lambda value: isinstance(value, dict),
    "acknowledged": _or_none(_is_row(is_text, is_text, _is_time)),
    "is_told": lambda value: isinstance(value, bool),
}
_MACHINE: Schema = {
    "state": lambda v: v in (RuleState.FIRING.value, RuleState.RECOVERING.value),
    "since_ns": _is_time,
    "breach": _is_row(_is_time, _is_number, _is_number, is_text),
    "fired_ns": _is_time,
    "recovers_ns": _is_time,
    "last_ns": _is_time,
    "peak": _is_number,
    "margin": _is_number,
    "rank": lambda v: _is_time(v) and 0 <= v < len(SEVERITIES),
}


class _Reader:
    """Checks a document part by part, so that an error names the place."""

    def __init__(self, path: str) -> None:
        self._path = path

    def rules(self, document: Any) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            self.fail(f"is no file of rules (its 'format' is not {FORMAT!r})")
        if document.get("version") != VERSION:
            got = document.get("version")
            self.fail(f"has version {got!r:.40}, and this nbstream reads version {VERSION}")
        rules = document.get("rules")
        if not isinstance(rules, list) or len(rules) > MAX_RULES:
            self.fail(f"has no list of at most {MAX_RULES:,} 'rules'")
        return [self._rule(facts, f"rule {number}") for number, facts in enumerate(rules, 1)]

    def _rule(self, facts: Any, where: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        self._check(facts, _RULE, where)
        if "condition" not in facts:
            self.fail(f"has no 'condition' in {where}")
        arguments = {key: value for key, value in facts.items() if key != "open"}
        incidents = facts.get("open", [])
        for incident in incidents:
            self._check(incident, _OPEN, f"an open incident of {where}", is_whole=True)
            self._check(incident["machine"], _MACHINE, f"the state of {where}", is_whole=True)
        names = [incident["channel"] for incident in incidents]
        if len(set(names)) < len(names):
            self.fail(f"has two open incidents of one channel in {where}")
        return arguments, incidents

    def _check(self, facts: Any, schema: Schema, where: str, *, is_whole: bool = False) -> None:
        if not isinstance(facts, dict):
            self.fail(f"has {facts!r:.40} as {where}, which must be an object")
        for key, value in facts.items():
            if key not in schema:
                near = nearest(key, schema)
                hint = f"; did you mean {near!r}?" if near else ""
                self.fail(f"has an unknown {key!r:.80} in {where}{hint}")
            if not schema[key](value):
                self.fail(f"has {value!r:.40} as {key!r} of {where}, which is not possible")
        missing = [key for key in schema if key not in facts] if is_whole else []
        if missing:
            self.fail(f"has no {missing[0]!r} in {where}")

    def refuse_constant(self, constant: str) -> NoReturn:
        """Refuse NaN and Infinity, which JSON doesn't have."""
        self.fail(f"has {constant}, which is no JSON")

    def fail(self, why: str) -> NoReturn:
        """Raise the error that says what is wrong with the file."""
        message = f"{self._path!r} {why}."
        raise RuleFileError(message) from None


class RuleFileError(ValueError):
    """A file is not what `write_rules` writes."""
