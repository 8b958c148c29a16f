"""Rules: a condition on a channel or several, its state, and the edits that start it again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Unpack

from nbstream.alerts.conditions.table import Table
from nbstream.alerts.rules.channel_rule import ChannelActivity, RuleOnChannel
from nbstream.alerts.rules.selection import Selection
from nbstream.alerts.rules.settings import (
    RuleEdits,
    RuleSettings,
    SettingArguments,
    SettingAttributes,
    Unchanged,
    takes_settings,
)
from nbstream.alerts.rules.state_machine import RuleState
from nbstream.alerts.rules.verdict import Trigger
from nbstream.alerts.severity import SEVERITIES
from nbstream.errors import ClosedError
from nbstream.expressions.variables import ZSCORE, Variable
from nbstream.readings.window import format_duration
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.text.redaction import redact
from nbstream.text.sheet import MOST_ROWS, InCell, Sheet, and_more

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterable

    from nbstream.alerts.conditions.condition import Condition, VariableName
    from nbstream.alerts.log.alert_log import AlertLog
    from nbstream.alerts.log.incident import Incident
    from nbstream.alerts.rules.preview import Preview
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.window import WindowLike

__all__ = ["SEVERITIES", "Rule", "RuleState"]


@takes_settings(SettingArguments)
class Rule(InCell, SettingAttributes):
    """A condition on one channel or several, and where it stands on each.

    Parameters
    ----------
    condition
        What is watched for, as `Condition.parse` reads it.
    channel
        Name of the channel; None is the first (or, if the condition speaks of other channels by name only,
        the first of those). "*" is every channel, "zone *" those that are called so, and a list several:
        each has a state of its own.
    {settings}
    unit
        Of the channel, for texts, unless `evaluate` is told another.
    channels
        Returns the names of the channels that there are: conditions given as text may speak of these only.
        None is any.
    log
        Where incidents are recorded, and who is told of them.
    clock
        Wall time of notifications.
    on_close
        Called once with the rule when it is closed.
    on_edit
        Called after each edit.
    previewer
        Answers `preview`; an analyzer gives it.
    waits_for
        Says which of some windows of a channel is not full; an analyzer gives it.
    require
        Raises ValueError for settings that do not suit the channels; an analyzer gives it.

    Raises
    ------
    ValueError
        If a condition cannot be read, `clear` can hold while `condition` does or is of another
        variable, a duration is negative, or a word is unknown.

    Notes
    -----
    Assigning any attribute starts the state again: an open incident ends in the log with "rule
    changed". Assigning what is there already changes nothing, unless the rule has failed, which any
    assignment heals.

    Thread safety: any thread; one lock per rule. Subscribers of the log are called without it.

    Examples
    --------
    >>> import numpy as np
    >>> from nbstream.alerts import AlertLog
    >>> rule = Rule("value > 90", clear="value < 85", for_="2s", log=AlertLog())
    >>> values = np.array([91.0, 92.0])
    >>> rule.evaluate(np.array([0, 1_000_000_000]), values, values)
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
        channel: str | Iterable[str] | None = None,
        unit: str | None = None,
        channels: Callable[[], Collection[str]] | None = None,
        log: AlertLog,
        clock: Clock = SYSTEM_CLOCK,
        on_close: Callable[[Rule], object] | None = None,
        on_edit: Callable[[], object] | None = None,
        previewer: Callable[[Rule, WindowLike], Preview] | None = None,
        waits_for: Callable[[str, tuple[str | None, ...]], str] | None = None,
        require: Callable[[RuleSettings, str | tuple[str, ...] | None], object] | None = None,
        **settings: Unpack[SettingArguments],
    ) -> None:
        self._unit = unit
        self._log = log
        self._clock = clock
        self._on_close = on_close
        self._on_edit = on_edit
        self._previewer = previewer
        self._waits_for = waits_for
        self._require = require
        self._channels = channels
        self._lock = threading.RLock()
        self._is_closed = False
        self._error: Exception | None = None
        self._version = 0
        self._has_news = False
        self._instances: dict[str, RuleOnChannel] = {}
        self._former: dict[str, RuleOnChannel] = {}
        self._leaving: list[RuleOnChannel] = []
        self._times_before: dict[str, TimeArray] = {}
        known = None if channels is None else channels()
        self._settings = RuleSettings.read(None, known, condition=condition, **settings)
        self._selection = Selection.read(channel, self._settings.condition)
        if require is not None:
            require(self._settings, self._selection.given)
        self._trigger = Trigger(self._settings)

    def __repr__(self) -> str:
        """Return the class, name, channel and state."""
        channel = "the first channel" if self.channel is None else repr(self.channel)
        waiting = f", {self.waiting}" if self.waiting else ""
        return f"<Rule {self.name!r} on {channel}: {self.state.name}{waiting}>"

    def _sheet(self) -> Sheet:
        """Return what is watched, and where it stands on each channel."""
        settings = self._settings
        facts = [f"{settings.condition}", settings.severity]
        if settings.for_ns:
            facts.append(f"for {format_duration(settings.for_ns)}")
        facts.extend(filter(None, [self.waiting, redact(str(self._error or ""))]))
        rows = [
            (channel, state.value, self._open_reason(channel))
            for channel, state in self.states.items()
        ]
        shown = rows[:MOST_ROWS]
        header = ("channel", "state", "why") if rows else ()
        more = and_more(len(rows), len(shown), "channel")
        return Sheet(f"Rule {self.name!r}", self.state.value, facts, header, shown, more=more)

    def _open_reason(self, channel: str) -> str:
        incident = self.incident(channel)
        return "" if incident is None else incident.reason

    @property
    def name(self) -> str:
        """For people: what was given, else the condition's text; assign None to go back to that."""
        return self._settings.title

    @name.setter
    def name(self, name: str | None) -> None:
        self.edit(name=name)

    @property
    def limits(self) -> tuple[float, ...]:
        """The condition's limits, one or two; none for a formula. A number may be assigned as such."""
        return self._settings.condition.limits

    @limits.setter
    def limits(self, limits: float | Iterable[float]) -> None:
        self.edit(limits=limits)

    @property
    def waiting(self) -> str:
        """Which window is not full yet, "waiting for a full 10min (3:20)"; "" if the rule waits for none.

        In brackets how much of it there is; of several channels the first that waits.
        """
        windows = self._trigger.windows
        if self._waits_for is None or self._settings.partial or not windows:
            return ""
        told = (self._waits_for(channel, windows) for channel in list(self._instances))
        return next(filter(None, told), "")

    @property
    def channel(self) -> str | None:
        """Name of the channel that is watched, None is the first; "zone *" or "a, b" for several.

        Assign a name, several names, a pattern or None; the rule goes on with the next reading there.
        """
        return self._selection.text

    @channel.setter
    def channel(self, channel: str | Iterable[str] | None) -> None:
        self.edit(channel=channel)

    @property
    def state(self) -> RuleState:
        """Where the rule stands after the newest reading; of several channels the gravest."""
        if self._error is not None:
            return RuleState.ERROR
        states = [instance.state for instance in list(self._instances.values())]
        return max(states, key=lambda state: state.gravity, default=RuleState.OK)

    @property
    def states(self) -> dict[str, RuleState]:
        """Where the rule stands on each channel that it has seen."""
        with self._lock:
            return {name: instance.state for name, instance in self._instances.items()}

    def incident(self, channel: str) -> Incident | None:
        """Return the incident that is open on a channel, None if it is calm there."""
        with self._lock:
            instance = self._instances.get(channel)
            return None if instance is None else instance.incident

    @property
    def since_ns(self) -> int | None:
        """When `state` began, event time in ns since the epoch, UTC; None if it was always OK."""
        state = self.state
        instances = list(self._instances.values())
        times = [i.since_ns for i in instances if i.state is state and i.since_ns is not None]
        return min(times, default=None)

    @property
    def is_flapping(self) -> bool:
        """Whether it fires so often on some channel that notifications are muted."""
        return any(instance.is_flapping for instance in list(self._instances.values()))

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

    @property
    def settings(self) -> RuleSettings:
        """All settings at once."""
        return self._settings

    @property
    def selected(self) -> str | tuple[str, ...] | None:
        """The channel, the pattern, or the channels, as they were given."""
        return self._selection.given

    def watches(self, channel: str, channels: tuple[str, ...], words: Container[str] = ()) -> bool:
        """Return whether the rule watches `channel`, of all the `channels` that there are in order.

        `words` are those of them that hold words.
        """
        return channel in self._selection.awaited(channels, words)

    def awaited(self, channels: tuple[str, ...], words: Container[str] = ()) -> tuple[str, ...]:
        """Return the channels that the rule watches or waits for, of all that there are in order.

        `words` are those of them that hold words.
        """
        return self._selection.awaited(channels, words)

    @takes_settings(RuleEdits, default=Unchanged())
    def edit(self, **changes: Unpack[RuleEdits]) -> None:
        """Change several attributes at once; what is not given stays.

        `limits` and `clear` together move a hysteresis whose ends would cross if they were assigned
        one after the other.

        Raises
        ------
        ValueError, TypeError
            As at construction; nothing is changed then.
        ClosedError
            If the rule was closed.
        """
        given: dict[str, Any] = {**changes}
        with self._lock:
            if self._is_closed:
                message = f"Rule {self.name!r} was closed. Add a new one."
                raise ClosedError(message)
            channel = given.pop("channel", self._selection.given)
            channels = None if self._channels is None else self._channels()
            after = RuleSettings.read(self._settings, channels, **given)
            selection = Selection.read(channel, after.condition)
            is_same = after == self._settings and selection == self._selection
            if is_same and self._error is None:
                return
            if self._require is not None:
                self._require(after, selection.given)
            self._leave("rule changed")
            self._settings, self._trigger, self._selection = after, Trigger(after), selection
            self._error = None
            self._version += 1
        if self._on_edit is not None:
            self._on_edit()

    def evaluate(
        self,
        times: TimeArray,
        values: FloatArray,
        variable_values: FloatArray,
        *,
        variable: VariableName | None = None,
        channel: str | None = None,
        unit: str | None = None,
    ) -> None:
        """Take in a batch of readings, record the incidents that begin or end in it, and tell of them.

        Transitions are found as if the readings came one by one. It never raises: what goes wrong
        is kept in `error`, and the rule takes in nothing until it is edited.

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
        name = channel or self.channel or "value"
        with self._lock:
            if variable is not None and variable != self.condition.variable:
                return
            try:
                if not len(times) == len(values) == len(variable_values):
                    lengths = f"{len(times)}, {len(values)} and {len(variable_values)}"
                    message = f"Times, values and variable values differ in length (got {lengths})."
                    raise ValueError(message)
            except Exception as error:
                self._fail(error, name)
                return
            known: dict[Variable, FloatArray] = {}
            if self.condition.variable == "zscore":
                known[ZSCORE] = variable_values
            before = self._times_before.get(name)
            table = Table(
                times, values, known, channel=name, unit=unit or self._unit, before=before
            )
            self.take_in(table)
            self._times_before[name] = table.newest_times()
        self.deliver()

    def take_in(self, table: Table) -> None:
        """Take in a batch, as `evaluate`, and leave it to `deliver` to tell of it."""
        with self._lock:
            self._judge(table.channel, RuleOnChannel.take_in, table)

    def tick(self, now_wall_ns: int, pulse: ChannelActivity, *, channel: str | None = None) -> None:
        """Let time go on where no reading comes, about once a second.

        Parameters
        ----------
        now_wall_ns
            Wall time, ns since the epoch, UTC.
        pulse
            How the channel's readings come.
        channel
            Which one; None is that of the rule, or "value".
        """
        name = channel or self.channel or "value"
        with self._lock:
            self._judge(name, RuleOnChannel.tick, now_wall_ns, pulse)

    def overtake(self, channel: str, time_ns: int, interval_ns: int | None) -> None:
        """Tell that others went on, up to a time by the data's clock, while a channel brought nothing.

        Parameters
        ----------
        channel
            Which one is silent.
        time_ns
            Until when others have had readings.
        interval_ns
            How far apart the channel's readings usually are; None is not known.
        """
        with self._lock:
            if channel in self._instances:
                self._judge(channel, RuleOnChannel.overtake, time_ns, interval_ns)

    def deliver(self, now_wall_ns: int | None = None) -> None:
        """Tell the log's subscribers what happened since the last call, if it is to be told.

        What another thread is about to tell goes first: that thread then tells of this, too.
        """
        if not self._has_news:
            return
        now = self._clock.wall_ns() if now_wall_ns is None else now_wall_ns
        with self._lock:
            was_flapping = self.is_flapping
            leaving, self._leaving = self._leaving, []
            told = [n for i in (*leaving, *self._instances.values()) for n in i.deliver(now)]
            self._version += self.is_flapping != was_flapping
            self._log.outbox.post(told)
            # What a silence keeps back is told when that is over, also after an edit.
            self._leaving = [i for i in leaving if i.has_news]
            instances = (*self._leaving, *self._instances.values())
            self._has_news = any(i.has_news or i.is_flapping for i in instances)
        self._log.outbox.publish()

    def preview(self, window: WindowLike = "10min") -> Preview:
        """Return what the rule would have done on the readings in `window`, from OK on.

        Raises
        ------
        ValueError
            If the window cannot be read, or the rule belongs to no analyzer.
        """
        if self._previewer is None:
            message = (
                f"Rule {self.name!r} belongs to no analyzer, so there is nothing to preview on."
            )
            raise ValueError(message)
        return self._previewer(self, window)

    def close(self) -> None:
        """End the rule and its open incident; it takes in nothing any more. Idempotent."""
        with self._lock:
            if self._is_closed:
                return
            self._leave("rule closed")
            self._is_closed = True
            self._version += 1
        self.deliver()
        if self._on_close is not None:
            self._on_close(self)

    def freeze(self) -> list[dict[str, Any]]:
        """Return the open incidents as plain values, for `resume`."""
        with self._lock:
            frozen = [instance.freeze() for instance in self._instances.values()]
        return [instance for instance in frozen if instance is not None]

    def resume(self, frozen: Iterable[dict[str, Any]]) -> None:
        """Go on with open incidents that `freeze` returned."""
        with self._lock:
            for instance in frozen:
                self._instance(instance["channel"]).resume(instance)
            self._version += 1
            self._has_news = True

    def taken_in_until(self, channel: str) -> int | None:
        """Return the time of the newest reading of a channel that was judged; None before any."""
        with self._lock:
            instance = self._instances.get(channel)
            return None if instance is None else instance.newest_ns

    def _takes(self, channel: str) -> bool:
        """Return whether the rule takes in a channel; not what it watched before an edit."""
        return not self._is_closed and self._error is None and self._selection.takes(channel)

    def _judge(self, channel: str, judge: Callable[..., bool], *facts: Any) -> None:
        """Let the rule on one channel judge something; an error ends the rule."""
        if not self._takes(channel):
            return
        try:
            is_changed = judge(self._instance(channel), *facts)
        except Exception as error:
            self._fail(error, channel)
            return
        if is_changed:
            self._version += 1
            self._has_news = True

    def _instance(self, channel: str) -> RuleOnChannel:
        instance = self._instances.get(channel)
        if instance is None:
            instance = RuleOnChannel(self._settings, self._trigger, channel, self._log)
            if channel in self._former:
                instance.remember(self._former.pop(channel))
            self._instances[channel] = instance
        return instance

    def _leave(self, why: str) -> None:
        """End what is open and begin anew; what is still to be told is kept for `deliver`."""
        for instance in self._instances.values():
            instance.leave(why)
        self._has_news = True
        self._leaving += [i for i in self._instances.values() if i.has_news]
        self._former, self._instances = {**self._former, **self._instances}, {}

    def _fail(self, error: Exception, channel: str) -> None:
        if self._is_closed or self._error is not None:
            return
        instance = self._instance(channel)
        self._error = error
        self._version += 1
        instance.fail(error, self._clock.wall_ns())
        self._leave(f"rule failed: {redact(error)}")
