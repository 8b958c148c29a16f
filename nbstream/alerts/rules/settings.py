"""What a rule was told: conditions, durations, policies; checked once, never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from nbstream.alerts.conditions.condition import Condition
from nbstream.alerts.severity import SEVERITIES, checked_text, one_of
from nbstream.readings.window import format_duration, parse_duration

__all__ = ["NO_DATA_POLICIES", "NoDataPolicy", "RuleSettings"]

NoDataPolicy: TypeAlias = Literal["nodata", "alert", "ok", "keep"]
NO_DATA_POLICIES: tuple[NoDataPolicy, ...] = get_args(NoDataPolicy)
NS = 1_000_000_000
# Beyond this, sums of a time and a duration would leave int64.
MAX_DURATION_NS = 2**62


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """The settings of a rule; `Rule` describes them.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    condition: Condition
    clear: Condition | None = None
    levels: tuple[tuple[int, Condition], ...] = ()
    """Further conditions by the rank of their severity, ascending."""
    for_ns: int = 0
    keep_ns: int = 0
    severity: str = "warning"
    name: str | None = None
    no_data: NoDataPolicy = "nodata"
    no_data_ns: int | None = None
    """None is max(2 s, 10 × the channel's usual interval)."""
    cooldown_ns: int = 0
    partial: bool = False
    """Whether windows count that are not full yet."""

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
            If one is of a wrong type.
        """
        fields: dict[str, Any] = (
            {} if before is None else {name: getattr(before, name) for name in cls.__slots__}
        )
        condition = given.get("condition")
        if condition is not None:
            fields["condition"] = Condition.parse(condition, channels)
        if "limits" in given:
            fields["condition"] = fields["condition"].with_limits(*given["limits"])
        if "clear" in given:
            clear = given["clear"]
            fields["clear"] = None if clear is None else Condition.parse(clear, channels)
        if "levels" in given:
            fields["levels"] = _read_levels(given["levels"], channels)
        for argument, name in (
            ("for_", "for_ns"),
            ("keep_firing_for", "keep_ns"),
            ("cooldown", "cooldown_ns"),
        ):
            if argument in given:
                fields[name] = _duration(given[argument], argument)
        if "no_data_after" in given:
            after = given["no_data_after"]
            fields["no_data_ns"] = None if after is None else _positive(after, "no_data_after")
        for argument, allowed in (("severity", SEVERITIES), ("no_data", NO_DATA_POLICIES)):
            if argument in given:
                fields[argument] = one_of(given[argument], allowed, argument)
        if "partial" in given:
            if not isinstance(given["partial"], bool):
                message = f"'partial' must be True or False (got {given['partial']!r:.80})."
                raise TypeError(message)
            fields["partial"] = given["partial"]
        if "name" in given:
            name = given["name"]
            fields["name"] = None if name is None else checked_text(name, "name") or None
        settings = cls(**fields)
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
        return {
            "condition": self.condition.text,
            "clear": None if self.clear is None else self.clear.text,
            "levels": {SEVERITIES[rank]: level.text for rank, level in self.levels},
            "for_": format_duration(self.for_ns),
            "keep_firing_for": format_duration(self.keep_ns),
            "severity": self.severity,
            "name": self.name,
            "no_data": self.no_data,
            "no_data_after": None if self.no_data_ns is None else format_duration(self.no_data_ns),
            "cooldown": format_duration(self.cooldown_ns),
            "partial": self.partial,
        }

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


def _read_levels(
    levels: Any, channels: Collection[str] | None
) -> tuple[tuple[int, Condition], ...]:
    if not levels:
        return ()
    if not isinstance(levels, Mapping):
        message = (
            "'levels' must give conditions by severity, such as {'critical': 'value > 95'} "
            f"(got {levels!r:.80})."
        )
        raise TypeError(message)
    read = [
        (SEVERITIES.index(one_of(severity, SEVERITIES, "levels")), Condition.parse(text, channels))
        for severity, text in levels.items()
    ]
    return tuple(sorted(read, key=lambda level: level[0]))


def _duration(given: Any, name: str) -> int:
    ns = parse_duration(given, name=name)
    if ns >= MAX_DURATION_NS:
        message = f"{name!r} is too long (got {given!r})."
        raise ValueError(message)
    return ns


def _positive(given: Any, name: str) -> int:
    ns = _duration(given, name)
    if ns == 0:
        message = f"{name!r} must be > 0 (got {given!r})."
        raise ValueError(message)
    return ns
