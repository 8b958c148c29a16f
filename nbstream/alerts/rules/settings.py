"""The settings of a rule: each is declared here, and nowhere else; checked once, never changed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypedDict, TypeVar, get_args

from nbstream.alerts.rules.kinds import Choice, ConditionKind, Duration, Flag, Kind, Levels, Name
from nbstream.alerts.severity import SEVERITIES
from nbstream.text.nearest import did_you_mean

if TYPE_CHECKING:
    from datetime import timedelta

    from nbstream.alerts.conditions.condition import Condition

__all__ = [
    "SETTINGS",
    "FurtherSettings",
    "NoDataPolicy",
    "RuleEdits",
    "RuleSettings",
    "Setting",
    "SettingArguments",
    "SettingAttributes",
    "Unchanged",
    "takes_settings",
]

NoDataPolicy: TypeAlias = Literal["nodata", "alert", "ok", "keep"]


def _setting(
    kind: Kind, doc: str, *, default: Any = MISSING, argument: str = "", entry: str = ""
) -> Any:
    """Declare a setting as a field of `RuleSettings`.

    Parameters
    ----------
    kind
        How it is read, written and shown.
    doc
        For help().
    default
        What is kept by default; if that is None, None can be given.
    argument
        Its name as an argument of `Rule` and `Analyzer.alert` and as an attribute; "" is the field's.
    entry
        Its name in the rule editor of pages; "" is not there.
    """
    declared = {"kind": kind, "argument": argument, "entry": entry, "doc": doc}
    return field(default=default, metadata=declared)


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What a rule was told, as it is kept: durations in ns, conditions read.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    condition: Condition = _setting(
        ConditionKind(), "What is watched for, as `Condition.parse` reads it.", entry="condition"
    )
    clear: Condition | None = _setting(
        ConditionKind(),
        'What ends an incident, such as "value < 85" for "value > 90" (hysteresis); None is the '
        "opposite of `condition`.",
        default=None,
        entry="clear",
    )
    levels: tuple[tuple[int, Condition], ...] = _setting(
        Levels(),
        'Conditions of further severities, such as {"critical": "value > 95"}. The incident has the '
        "gravest severity whose condition has held since it fired; the rule also fires if only a "
        "level's condition holds. `for_` delays the firing, not the escalation.",
        default=(),
    )
    for_ns: int = _setting(
        Duration(),
        'How long the condition must hold before the rule fires, in event time: seconds or "3s".',
        default=0,
        argument="for_",
        entry="for",
    )
    keep_ns: int = _setting(
        Duration(),
        "How long `clear` must hold before the incident ends, in event time.",
        default=0,
        argument="keep_firing_for",
        entry="keep",
    )
    severity: str = _setting(
        Choice(SEVERITIES),
        'How grave it is: "info", "warning" or "critical".',
        default="warning",
        entry="severity",
    )
    name: str | None = _setting(
        Name(),
        "For people; None is the condition's text, also after that changes.",
        default=None,
        entry="name",
    )
    no_data: NoDataPolicy = _setting(
        Choice(get_args(NoDataPolicy)),
        'What a silent channel means: "nodata" (the state says so, an open incident ends), "alert" '
        '(an incident), "ok" (an open incident ends) or "keep" (nothing).',
        default="nodata",
        entry="noData",
    )
    no_data_ns: int | None = _setting(
        Duration(is_positive=True),
        "How long the channel must be silent by this machine's clock; None is max(2 s, 10 × the "
        "channel's usual interval), as soon as that is known.",
        default=None,
        argument="no_data_after",
    )
    cooldown_ns: int = _setting(
        Duration(),
        "How long after a notification that it fired no other follows, unless it is graver; wall "
        "time.",
        default=0,
        argument="cooldown",
        entry="cooldown",
    )
    partial: bool = _setting(
        Flag(),
        'Whether statistics such as mean("10min") count before the readings span their window; '
        "else they are not known until then, and `Rule.waiting` says so.",
        default=False,
        entry="partial",
    )

    @classmethod
    def read(
        cls, before: RuleSettings | None, channels: Collection[str] | None = None, **given: Any
    ) -> RuleSettings:
        """Return `before` with what is given instead, read and checked.

        Parameters
        ----------
        before
            Settings that stay where nothing else is given; None are the defaults.
        channels
            Names of the channels that conditions may speak of; None is any.
        **given
            Arguments of `Rule`, and `limits` of its condition.

        Raises
        ------
        ValueError
            If one cannot be read, or two contradict each other.
        TypeError
            If one is of a wrong type, or there is no such setting.
        """
        names = () if before is None else cls.__slots__
        kept: dict[str, Any] = {name: getattr(before, name) for name in names}
        for argument, value in given.items():
            if argument != "limits":
                setting = _known(argument)
                kept[setting.field] = setting.read(value, channels)
        if "limits" in given:
            kept["condition"] = kept["condition"].with_limits(*_as_limits(given["limits"]))
        settings = cls(**kept)
        settings._check()
        return settings

    @property
    def rank(self) -> int:
        """Place of `severity` in SEVERITIES."""
        return SEVERITIES.index(self.severity)

    @property
    def title(self) -> str:
        """The name, or else the condition's text."""
        return self.condition.text if self.name is None else self.name

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as what `read` reads back, of str, bool and None only."""
        return {argument: setting.written(self) for argument, setting in SETTINGS.items()}

    def _check(self) -> None:
        ranks = {rank for rank, _ in self.levels}
        if self.rank in ranks:
            message = (
                f"'levels' has {self.severity!r}, which is the severity of the rule itself. "
                "Give the other severities there."
            )
            raise ValueError(message)
        if self.clear is None:
            return
        clear, condition = self.clear, self.condition
        names = {clear.variable, condition.variable}
        if names == {"value", "zscore"}:
            message = (
                f"'clear' must be about {condition.variable!r} as the condition {condition.text!r} "
                f"is (got {clear.text!r})."
            )
            raise ValueError(message)
        for holding in (condition, *(level for _, level in self.levels)):
            if clear.variables == holding.variables and clear.overlaps(holding):
                message = (
                    f"'clear' {clear.text!r} and the condition {holding.text!r} hold at the same "
                    f"values. Give a 'clear' within {holding.opposite.text!r}."
                )
                raise ValueError(message)


class FurtherSettings(TypedDict, total=False):
    """Settings that `Analyzer.alert` takes by keyword only."""

    levels: Mapping[str, str | Condition] | None
    keep_firing_for: float | str | timedelta
    no_data_after: float | str | timedelta | None
    cooldown: float | str | timedelta
    partial: bool


class SettingArguments(FurtherSettings, total=False):
    """Settings as `Rule` takes them, beside its condition."""

    clear: str | Condition | None
    for_: float | str | timedelta
    severity: str
    name: str | None
    no_data: NoDataPolicy


class RuleEdits(SettingArguments, total=False):
    """What `Rule.edit` takes."""

    condition: str | Condition
    channel: str | Iterable[str] | None
    limits: float | Iterable[float]


Shown = TypeVar("Shown")
Given = TypeVar("Given")
Taker = TypeVar("Taker", bound=Callable[..., Any])


class SettingAttribute(Generic[Shown, Given]):
    """A setting as an attribute of a rule; assigning to it edits the rule."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._setting = SETTINGS[name]
        unit = " In seconds." if isinstance(self._setting.kind, Duration) else ""
        self.__doc__ = f"{self._setting.doc}{unit}"

    def __get__(self, rule: Any, owner: type | None = None) -> Shown:
        shown: Shown = self if rule is None else self._setting.shown(rule.settings)  # type: ignore[assignment]
        return shown

    def __set__(self, rule: Any, given: Given) -> None:
        rule.edit(**{self._setting.argument: given})


@dataclass(frozen=True, slots=True)
class Setting:
    """How one setting is read, written, shown and called."""

    field: str
    """Its name in `RuleSettings`."""
    default: Any
    kind: Kind
    doc: str
    argument: str
    entry: str

    def read(self, given: Any, channels: Collection[str] | None) -> Any:
        """Return what is kept of an argument; raise ValueError or TypeError if it is not possible."""
        if given is None and self.default is None:
            return None
        return self.kind.read(given, self.argument, channels)

    def written(self, settings: RuleSettings) -> Any:
        """Return it as what `read` reads back, of str, bool, None and dicts of these only."""
        kept = getattr(settings, self.field)
        return None if kept is None else self.kind.write(kept)

    def is_written(self, value: Any) -> bool:
        """Return whether a value of a file may be what `written` returned."""
        return (value is None and self.default is None) or self.kind.is_written(value)

    def shown(self, settings: RuleSettings) -> Any:
        """Return it as an attribute of a rule."""
        kept = getattr(settings, self.field)
        return None if kept is None else self.kind.show(kept)


SETTINGS = {
    argument: Setting(f.name, f.default, **{**f.metadata, "argument": argument})
    for f in fields(RuleSettings)
    for argument in [f.metadata["argument"] or f.name]
}
"""All settings by their arguments' names."""


class SettingAttributes:
    """The settings as attributes of a rule, but for those that mean more there."""

    condition: SettingAttribute[Condition, str | Condition] = SettingAttribute()
    clear: SettingAttribute[Condition | None, str | Condition | None] = SettingAttribute()
    for_: SettingAttribute[float, float | str | timedelta] = SettingAttribute()
    severity: SettingAttribute[str, str] = SettingAttribute()
    levels: SettingAttribute[dict[str, Condition], Mapping[str, str | Condition] | None] = (
        SettingAttribute()
    )
    keep_firing_for: SettingAttribute[float, float | str | timedelta] = SettingAttribute()
    no_data: SettingAttribute[NoDataPolicy, NoDataPolicy] = SettingAttribute()
    no_data_after: SettingAttribute[float | None, float | str | timedelta | None] = (
        SettingAttribute()
    )
    cooldown: SettingAttribute[float, float | str | timedelta] = SettingAttribute()
    partial: SettingAttribute[bool, bool] = SettingAttribute()


def _known(argument: str) -> Setting:
    setting = SETTINGS.get(argument)
    if setting is None:
        message = f"A rule has no setting {argument!r}. {did_you_mean(argument, SETTINGS)}"
        raise TypeError(message)
    return setting


def _as_limits(limits: Any) -> tuple[Any, ...]:
    if isinstance(limits, str):
        message = f"'limits' must be numbers (got {limits!r})."
        raise TypeError(message)
    return tuple(limits) if isinstance(limits, Iterable) else (limits,)


class Unchanged:
    """Stands for what `Rule.edit` is not given, where None has a meaning."""

    def __repr__(self) -> str:
        """Return a word for signatures: what is not given stays."""
        return "UNCHANGED"


def takes_settings(arguments: type, default: Any = MISSING) -> Callable[[Taker], Taker]:
    """Have help() and tab completion show the settings that a function or a class takes one by one.

    Its last parameter is ``**settings: Unpack[arguments]``; in its signature stand the arguments instead, and
    for "{settings}" in its docstring what it does not describe itself.

    Parameters
    ----------
    arguments
        A TypedDict.
    default
        What the signature says of what is not given; the settings' own if it is missing.
    """

    def decorate(taker: Taker) -> Taker:
        function: Any = taker.__init__ if isinstance(taker, type) else taker  # type: ignore[misc]
        own = inspect.signature(function)
        *before, _ = own.parameters.values()
        types = arguments.__annotations__
        further = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(SETTINGS[name]) if default is MISSING else default,
                annotation=types[name].__forward_arg__,
            )
            for name in sorted(types, key=[*SETTINGS, *types].index)
        ]
        first = [p for p in before if p.kind is not inspect.Parameter.KEYWORD_ONLY]
        parameters = [*first, *further, *before[len(first) :]]
        function.__signature__ = own.replace(parameters=parameters)
        lines = (taker.__doc__ or "").splitlines()
        at = next((i for i, line in enumerate(lines) if line.strip() == "{settings}"), None)
        if at is not None:
            pad = lines[at].removesuffix("{settings}")
            told = [p.name for p in parameters if p.name in SETTINGS and pad + p.name not in lines]
            lines[at : at + 1] = [_described(SETTINGS[name], pad) for name in told]
            taker.__doc__ = "\n".join(lines)
        return taker

    return decorate


def _default(setting: Setting) -> Any:
    return None if setting.default == () else setting.default


def _described(setting: Setting, pad: str) -> str:
    return f"{pad}{setting.argument}\n{indent(fill(setting.doc, 88), f'{pad}    ')}"
