"""The rule editor's half in the kernel: reads what was entered, says what is wrong, tries it on readings."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbstream.alerts.conditions.condition import Condition
from nbstream.alerts.rules.kinds import Choice, ConditionKind, Duration, Flag, Name
from nbstream.alerts.rules.kinds_of_channels import require_kinds
from nbstream.alerts.rules.selection import Selection
from nbstream.alerts.rules.settings import SETTINGS, RuleSettings
from nbstream.expressions.parsing import ConditionError
from nbstream.expressions.variables import Stale
from nbstream.readings.window import Window, parse_duration
from nbstream.text.naming import short_name
from nbstream.widgets.page.messages import plain_text

if TYPE_CHECKING:
    from nbstream.alerts.rules.rule import Rule
    from nbstream.analysis.analyzer import Analyzer
    from nbstream.runtime.clock import Clock

__all__ = ["Draft", "edition", "entries", "read_fields", "try_out"]

MAX_NAME = 120
"""Characters of a rule's name that a page may give."""
MAX_DURATION = 64
TRIED_WINDOW = Window.parse("10min")
MAX_TRIED = 100_000
"""Readings that a draft is tried on at most, of all channels together."""
FIRST_TRIED = 1_000
GROWTH = 4
TRIAL_BUDGET = 0.1
"""Seconds that the next, larger trial may take; else the smaller one is the answer."""

ENTRIES = {setting.entry: setting for setting in SETTINGS.values() if setting.entry}
"""The settings that are fields of the editor, by the fields' names; "channel" is another."""
ARGUMENTS = {"channel": "channel", **{name: setting.argument for name, setting in ENTRIES.items()}}
_NAMED = re.compile(r"'(\w+)'")


def entries(rule: Rule) -> dict[str, str]:
    """Return the editor's fields for a rule, as a page shows them."""
    entered = {name: _entry(setting.written(rule.settings)) for name, setting in ENTRIES.items()}
    return {
        **entered,
        "name": plain_text(entered["name"], MAX_NAME),
        "channel": _selected_text(rule.selected),
    }


def _entry(written: str | bool | None) -> str:
    """Return a setting as it is entered: nothing is what nothing was entered for."""
    return "yes" if written is True else "" if written in (None, False, "0s") else str(written)


def edition(rule: Rule) -> int:
    """Return a number that changes with any setting of a rule, and not with its state."""
    return zlib.crc32(repr((rule.selected, rule.settings.to_dict())).encode())


def _selected_text(selected: str | tuple[str, ...] | None) -> str:
    """Return which channels a rule is for: "" is the first, "*" all; several can be kept, not entered."""
    if isinstance(selected, tuple):
        return plain_text(", ".join(short_name(name, 24) for name in selected), MAX_NAME)
    return selected or ""


def read_fields(given: Any) -> dict[str, str] | None:
    """Return the fields that a page sent, or None if they are not what an editor sends."""
    if not isinstance(given, dict) or not given.keys() <= ARGUMENTS.keys():
        return None
    if not all(isinstance(text, str) for text in given.values()):
        return None
    for name, text in given.items():
        kind = ENTRIES[name].kind if name in ENTRIES else None
        if isinstance(kind, Choice) and text not in kind.allowed and (text or name == "severity"):
            return None
        if isinstance(kind, Flag) and text not in ("", "yes"):
            return None
    return dict(given)


@dataclass(slots=True)
class Draft:
    """What somebody entered, read: settings that are possible, or what is wrong with which field.

    Notes
    -----
    Thread safety: one thread at a time.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    """Arguments of `Analyzer.alert` or of `Rule.edit`."""
    errors: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By field: "text", and "at", the index of the wrong character (None is nowhere in particular)."""
    settings: RuleSettings | None = None
    """All settings together; None if something is wrong."""

    @classmethod
    def read(cls, fields: dict[str, str], analyzer: Analyzer, rule: Rule | None) -> Draft:
        """Read fields of a new rule, or those that are to change of `rule`."""
        draft = cls()
        channels = analyzer.channels
        if rule is None:
            fields = {"condition": "", **fields}
        for name, text in fields.items():
            try:
                draft.arguments[ARGUMENTS[name]] = _read_field(name, text, channels)
            except ConditionError as error:
                draft.errors[name] = _wrong(_sentence(error.why), error.position)
            except ValueError as error:
                draft.errors[name] = _wrong(str(error))
        if rule is None and not fields.get("noData"):
            draft.arguments.pop("no_data", None)
        if draft.errors:
            return draft
        given = {key: value for key, value in draft.arguments.items() if key != "channel"}
        before = None if rule is None else rule.settings
        try:
            settings = RuleSettings.read(before, channels, **given)
            selected: Any = None if rule is None else rule.selected
            require_kinds(settings, draft.arguments.get("channel", selected), analyzer.buffer)
            draft.settings = settings
        except ValueError as error:
            draft.errors[_field_of(str(error))] = _wrong(str(error))
        return draft


def try_out(
    draft: Draft, analyzer: Analyzer, rule: Rule | None, clock: Clock
) -> dict[str, Any] | None:
    """Return how often a draft would have fired in the last ten minutes; None if it is not possible.

    It looks at few readings first, and at more while that is fast, for a rule that fires at every other
    reading costs a thousand times what a quiet one does.

    Returns
    -------
    dict or None
        "n" incidents, open for "seconds" together; "readings" judged, which span "span" seconds; "isCut" if
        there are more in the ten minutes. "note" alone says why it could not be counted.
    """
    settings = draft.settings
    if settings is None:
        return None
    if any(isinstance(variable, Stale) for variable in settings.condition.variables):
        return {"note": "Silence cannot be tried on past readings."}
    selected: Any = draft.arguments.get("channel", None if rule is None else rule.selected)
    given = {**settings.to_dict(), "channel": selected}
    try:
        watched = _Watched(analyzer, settings, selected)
        n = FIRST_TRIED
        while True:
            window = watched.newest(n)
            began = clock.monotonic()
            preview = analyzer.preview(**given, window=window)
            took = clock.monotonic() - began
            if window == TRIED_WINDOW or n >= MAX_TRIED or took * GROWTH > TRIAL_BUDGET:
                break
            n = min(n * GROWTH, MAX_TRIED)
        span = watched.span(window)
    except ValueError as error:
        return {"note": plain_text(error, 200)}
    return {
        "n": preview.n,
        "seconds": round(preview.firing_s, 1),
        "readings": preview.n_readings,
        "span": round(span, 1),
        "isCut": window != TRIED_WINDOW,
    }


class _Watched:
    """The channels that a draft watches, as far as they have readings."""

    def __init__(self, analyzer: Analyzer, settings: RuleSettings, selected: Any) -> None:
        self._buffer = buffer = analyzer.buffer
        channels = analyzer.channels
        names = Selection.read(selected, settings.condition).awaited(channels, buffer._store.labels)
        self._names = tuple(name for name in dict.fromkeys(names) if name in channels)

    def newest(self, n: int) -> Window:
        """Return the window that holds about `n` readings of all channels together, at most ten minutes."""
        rows = {name: self._buffer.channel(name).window_rows(TRIED_WINDOW) for name in self._names}
        n_rows = sum(stop - start for start, stop in rows.values())
        newest_ns = self._buffer.newest_ns
        if n_rows <= n or newest_ns is None:
            return TRIED_WINDOW
        name, (start, stop) = max(rows.items(), key=lambda entry: entry[1][1] - entry[1][0])
        row = stop - max(1, n * (stop - start) // n_rows)
        oldest_ns = self._buffer.channel(name).time_at(row)
        return Window(duration_ns=max(1, newest_ns - (oldest_ns or 0)))

    def span(self, window: Window) -> float:
        """Return how many seconds of `window` are held."""
        newest_ns = self._buffer.newest_ns
        assert window.duration_ns is not None
        oldest = newest_ns
        for name in self._names:
            held = self._buffer.channel(name)
            start, stop = held.window_rows(window)
            if stop > start and start > held.span()[0]:
                return window.duration_ns / 1e9
            begin = held.time_at(start) if stop > start else None
            if begin is not None and oldest is not None:
                oldest = min(oldest, begin)
        return 0.0 if newest_ns is None or oldest is None else (newest_ns - oldest) / 1e9


def _read_field(name: str, text: str, channels: tuple[str, ...]) -> Any:
    if name == "channel":
        if text not in ("", "*", *channels):
            message = f"There is no channel {short_name(text)!r}."
            raise ValueError(message)
        return text or None
    setting = ENTRIES[name]
    match setting.kind:
        case ConditionKind():
            is_none = setting.default is None and not text.strip()
            return None if is_none else Condition.parse(text, channels)
        case Duration():
            _require_short(text, MAX_DURATION, "A duration")
            words = setting.argument.rstrip("_").replace("_", " ")
            return text if text.strip() and parse_duration(text, name=words) else 0
        case Name():
            _require_short(text, MAX_NAME, "A name")
            return plain_text(text, MAX_NAME) or None
        case Flag():
            return text == "yes"
    return text


def _require_short(text: str, most: int, what: str) -> None:
    if len(text) > most:
        message = f"{what} has at most {most} characters (got {len(text):,})."
        raise ValueError(message)


def _field_of(message: str) -> str:
    """Return the field that an error is about: it begins with the argument's name in quotes."""
    match = _NAMED.match(message)
    argument = match[1] if match else ""
    if argument == "levels":
        return "severity"
    return next((name for name, of in ARGUMENTS.items() if of == argument), "condition")


def _sentence(why: str) -> str:
    return f"It {why}" if why.endswith((".", "?")) else f"It {why}."


def _wrong(text: str, at: int | None = None) -> dict[str, Any]:
    return {"text": plain_text(text, 300), "at": at}
