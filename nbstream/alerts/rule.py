"""Rules: a condition on a channel, its state, and the edits that start it again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from nbstream.alerts.expression import Condition
from nbstream.alerts.machine import Episode, RuleState, StateMachine
from nbstream.errors import ClosedError
from nbstream.window import parse_duration

if TYPE_CHECKING:
    from datetime import timedelta

    from nbstream.alerts.log import AlertLog
    from nbstream.alerts.parsing import Variable
    from nbstream.readings import FloatArray, TimeArray

__all__ = ["SEVERITIES", "Rule", "RuleState"]

SEVERITIES = ("info", "warning", "critical")
NS = 1_000_000_000
# Beyond this, sums of a time and a duration would leave int64.
MAX_FOR_NS = 2**62


class _Unset:
    """Stands for an argument that was not given, where None has a meaning."""


_UNSET: Final = _Unset()


class Rule:
    """A condition on one channel, and whether it is OK, PENDING or FIRING.

    Parameters
    ----------
    condition
        What is watched for, as `Condition.parse` reads it.
    channel
        Name of the channel; None is the first.
    clear
        What ends an incident, such as "value < 85" for "value > 90" (hysteresis); None is the
        opposite of `condition`.
    for_
        How long the condition must hold before the rule fires, in event time: seconds or "3s".
    severity
        "info", "warning" or "critical".
    name
        For people; None is the condition's text, also after that changes.
    unit
        Of the channel, for texts, unless `evaluate` is told another.
    log
        Where incidents are recorded.
    on_close
        Called once with the rule when it is closed.

    Raises
    ------
    ValueError
        If a condition cannot be read, `clear` can hold while `condition` does or is of another
        variable, `for_` is negative, or `severity` is unknown.

    Notes
    -----
    Assigning any attribute starts the state again: an open incident ends in the log with "rule
    changed". Assigning what is there already changes nothing, unless the rule has failed, which any
    assignment heals.

    Thread safety: any thread; one lock per rule.

    Examples
    --------
    >>> import numpy as np
    >>> from nbstream.alerts import AlertLog
    >>> rule = Rule("value > 90", clear="value < 85", for_="2s", log=AlertLog())
    >>> values = np.array([91.0, 92.0])
    >>> rule.evaluate(np.array([0, NS]), values, values)
    >>> rule.state
    <RuleState.PENDING: 'pending'>
    >>> rule.limits = 95
    >>> rule.name, rule.state
    ('value > 95', <RuleState.OK: 'ok'>)
    """

    def __init__(
        self,
        condition: str | Condition,
        *,
        channel: str | None = None,
        clear: str | Condition | None = None,
        for_: float | str | timedelta = 0,
        severity: str = "warning",
        name: str | None = None,
        unit: str | None = None,
        log: AlertLog,
        on_close: Callable[[Rule], object] | None = None,
    ) -> None:
        self._channel = channel
        self._unit = unit
        self._log = log
        self._on_close = on_close
        self._lock = threading.RLock()
        self._is_closed = False
        self._error: Exception | None = None
        self._version = 0
        self._newest_ns = 0
        self._incident: int | None = None
        self._condition = Condition.parse(condition)
        self._clear = _parsed_clear(clear, self._condition)
        self._for_ns = _parsed_for(for_)
        self._severity = _checked_severity(severity)
        self._name = _checked_name(name)
        self._machine = self._new_machine()

    def __repr__(self) -> str:
        """Return the class, name, channel and state."""
        channel = "the first channel" if self._channel is None else repr(self._channel)
        return f"<Rule {self.name!r} on {channel}: {self.state.name}>"

    @property
    def name(self) -> str:
        """For people: what was given, else the condition's text; assign None to go back to that."""
        name = self._name
        return self._condition.text if name is None else name

    @name.setter
    def name(self, name: str | None) -> None:
        self.edit(name=name)

    @property
    def condition(self) -> Condition:
        """What is watched for; assign a str or a Condition."""
        return self._condition

    @condition.setter
    def condition(self, condition: str | Condition) -> None:
        self.edit(condition=condition)

    @property
    def clear(self) -> Condition | None:
        """What ends an incident; None is the opposite of `condition`. Assign a str, too."""
        return self._clear

    @clear.setter
    def clear(self, clear: str | Condition | None) -> None:
        self.edit(clear=clear)

    @property
    def limits(self) -> tuple[float, ...]:
        """The condition's limits, one or two. A single number may be assigned as such."""
        return self._condition.limits

    @limits.setter
    def limits(self, limits: float | Iterable[float]) -> None:
        self.edit(limits=limits)

    @property
    def for_(self) -> float:
        """How long the condition must hold before the rule fires, in seconds of event time."""
        return self._for_ns / NS

    @for_.setter
    def for_(self, for_: float | str | timedelta) -> None:
        self.edit(for_=for_)

    @property
    def severity(self) -> str:
        """How grave it is: "info", "warning" or "critical"."""
        return self._severity

    @severity.setter
    def severity(self, severity: str) -> None:
        self.edit(severity=severity)

    @property
    def channel(self) -> str | None:
        """Name of the channel that is watched; None is the first."""
        return self._channel

    @property
    def state(self) -> RuleState:
        """Where the rule stands after the newest reading."""
        return self._machine.state

    @property
    def since_ns(self) -> int | None:
        """When `state` began, event time in ns since the epoch, UTC; None if it was always OK."""
        return self._machine.since_ns

    @property
    def version(self) -> int:
        """Grows at every change of the rule or its state: a page reads anew then."""
        return self._version

    @property
    def error(self) -> Exception | None:
        """What made the rule fail; it watches nothing then until it is edited. None if it works."""
        return self._error

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._is_closed

    def edit(
        self,
        *,
        condition: str | Condition | _Unset = _UNSET,
        limits: float | Iterable[float] | _Unset = _UNSET,
        clear: str | Condition | _Unset | None = _UNSET,
        for_: float | str | timedelta | _Unset = _UNSET,
        severity: str | _Unset = _UNSET,
        name: str | _Unset | None = _UNSET,
    ) -> None:
        """Change several attributes at once; what is not given stays.

        `limits` and `clear` together move a hysteresis whose ends would cross if they were assigned
        one after the other.

        Raises
        ------
        ValueError
            As at construction; nothing is changed then.
        ClosedError
            If the rule was closed.
        """
        with self._lock:
            if self._is_closed:
                message = f"Rule {self.name!r} was closed. Add a new one."
                raise ClosedError(message)
            new_condition = self._condition
            if not isinstance(condition, _Unset):
                new_condition = Condition.parse(condition)
            if not isinstance(limits, _Unset):
                new_condition = new_condition.with_limits(*_as_limits(limits))
            new_clear = self._clear if isinstance(clear, _Unset) else clear
            after = (
                new_condition,
                _parsed_clear(new_clear, new_condition),
                self._for_ns if isinstance(for_, _Unset) else _parsed_for(for_),
                self._severity if isinstance(severity, _Unset) else _checked_severity(severity),
                self._name if isinstance(name, _Unset) else _checked_name(name),
            )
            before = (self._condition, self._clear, self._for_ns, self._severity, self._name)
            if after == before and self._error is None:
                return
            self._end("rule changed")
            self._condition, self._clear, self._for_ns, self._severity, self._name = after
            self._error = None
            self._machine = self._new_machine()
            self._version += 1

    def evaluate(
        self,
        times: TimeArray,
        values: FloatArray,
        variable_values: FloatArray,
        *,
        variable: Variable | None = None,
        channel: str | None = None,
        unit: str | None = None,
    ) -> None:
        """Take in a batch of readings and record the incidents that begin or end in it.

        Transitions are found as if the readings came one by one. It never raises: what goes wrong
        is kept in `error`, and the rule is OK and takes in nothing until it is edited.

        Parameters
        ----------
        times
            int64 ns since the epoch, UTC, shape (n,), ascending, not before those of the last call.
        values
            float64, shape (n,): the readings. NaN is no information and changes nothing.
        variable_values
            float64, shape (n,): what the condition compares, so its zscores or `values` themselves.
        variable
            Of which variable these are. If the condition's is another, because it was edited
            meanwhile, the batch is skipped. None is the right one.
        channel
            Name of the channel, for the log; None is that of the rule, or "value".
        unit
            Of the channel, for the log; None is that of the rule.
        """
        with self._lock:
            if self._is_closed or self._error is not None:
                return
            if variable is not None and variable != self._condition.variable:
                return
            machine = self._machine
            before = (machine.state, machine.since_ns)
            try:
                episodes = machine.step(times, values, variable_values)
                if len(times):
                    self._newest_ns = int(times[-1])
                for episode in episodes:
                    self._record(episode, channel or self._channel or "value", unit or self._unit)
            except Exception as error:
                self._fail(error)
                return
            if (machine.state, machine.since_ns) != before or episodes:
                self._version += 1

    def close(self) -> None:
        """End the rule and its open incident; it takes in nothing any more. Idempotent."""
        with self._lock:
            if self._is_closed:
                return
            self._end("rule closed")
            self._is_closed = True
            self._machine = self._new_machine()
            self._version += 1
        if self._on_close is not None:
            self._on_close(self)

    def _new_machine(self) -> StateMachine:
        return StateMachine(self._condition, self._clear or self._condition.opposite, self._for_ns)

    def _record(self, episode: Episode, channel: str, unit: str | None) -> None:
        end: dict[str, Any] = {}
        if episode.cleared is not None:
            end = {"cleared": episode.cleared, "resolved_ns": episode.cleared.time_ns}
        if episode.breach is not None:
            self._incident = self._log.add(
                rule=self.name,
                channel=channel,
                severity=self._severity,
                condition=self._condition,
                clear=self._clear,
                for_ns=self._for_ns,
                unit=unit,
                breach=episode.breach,
                fired_ns=episode.fired_ns,
                peak=episode.peak,
                **end,
            )
        elif self._incident is not None:
            self._log.change(self._incident, peak=episode.peak, **end)
        if episode.cleared is not None:
            self._incident = None

    def _end(self, why: str) -> None:
        """End an open incident without a reading that cleared it."""
        if self._incident is not None:
            number, self._incident = self._incident, None
            self._log.change(number, ended=why, resolved_ns=self._newest_ns)

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._version += 1
        self._machine = self._new_machine()
        self._end(f"rule failed: {error}")


def _parsed_clear(clear: str | Condition | None, condition: Condition) -> Condition | None:
    if clear is None:
        return None
    clear = Condition.parse(clear)
    if clear.variable != condition.variable:
        message = (
            f"'clear' must be about {condition.variable!r} as the condition {condition.text!r} is "
            f"(got {clear.text!r})."
        )
        raise ValueError(message)
    if clear.overlaps(condition):
        message = (
            f"'clear' {clear.text!r} and the condition {condition.text!r} hold at the same values. "
            f"Give a 'clear' within {condition.opposite.text!r}."
        )
        raise ValueError(message)
    return clear


def _parsed_for(for_: Any) -> int:
    ns = parse_duration(for_, name="for_")
    if ns >= MAX_FOR_NS:
        message = f"'for_' is too long (got {for_!r})."
        raise ValueError(message)
    return ns


def _checked_severity(severity: str) -> str:
    if severity not in SEVERITIES:
        message = (
            f"'severity' must be one of {', '.join(map(repr, SEVERITIES))} (got {severity!r})."
        )
        raise ValueError(message)
    return severity


def _checked_name(name: Any) -> str | None:
    if not (name is None or isinstance(name, str)):
        message = f"'name' must be a str (got {name!r})."
        raise TypeError(message)
    return name or None


def _as_limits(limits: Any) -> tuple[Any, ...]:
    if isinstance(limits, str):
        message = f"'limits' must be numbers (got {limits!r})."
        raise TypeError(message)
    return tuple(limits) if isinstance(limits, Iterable) else (limits,)
