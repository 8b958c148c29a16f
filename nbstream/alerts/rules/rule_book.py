"""The rules of an analyzer: which watches what, and since when each channel is silent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from nbstream.alerts.conditions.lags import Lags
from nbstream.alerts.rules.channel_rule import ChannelActivity
from nbstream.readings.intervals import SHORTEST_SILENCE_NS, SILENT_INTERVALS
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.runtime.ownership import OfCell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbstream.alerts.conditions.table import Table
    from nbstream.alerts.rules.rule import Rule
    from nbstream.readings.buffer import Buffer
    from nbstream.readings.labels import Labels

__all__ = ["RuleBook"]

USUAL_PAUSES = 2
"""A channel that brings in bursts what it had meanwhile is silent after so many of its pauses …"""
PAUSES_REMEMBERED = 10
"""… until it brought no burst for so many of them."""


class RuleBook:
    """Shows each batch to the rules that watch its channel, and lets time go on for all of them.

    Parameters
    ----------
    buffer
        Whose channels are watched.
    clock
        Wall time for what people are told, monotonic time for silence.
    own_interval
        Seconds between two readings where the source itself sets the pace: how long is waited for
        channels that never came. None is that of the channels that did.

    Notes
    -----
    A batch's columns are computed once for all rules; rules of channels without new rows cost nothing.

    Thread safety: any thread; `take_in` of one channel on one thread at a time.
    """

    def __init__(
        self, buffer: Buffer, clock: Clock = SYSTEM_CLOCK, own_interval: float | None = None
    ) -> None:
        self._buffer = buffer
        self._own_ns = None if own_interval is None else round(own_interval * 1e9)
        self._clock = clock
        self._lock = threading.Lock()
        self.rules: tuple[Rule, ...] = ()
        """The rules that are not closed, oldest first, without hidden ones."""
        self._hidden: tuple[Rule, ...] = ()
        self._by_channel: dict[str, tuple[Rule, ...]] = {}
        self._index_of: tuple[tuple[str, ...], Mapping[str, Labels]] | None = None
        self._present: dict[str, int] = {}
        self._heard: dict[str, float] = {}
        self._lags = Lags(buffer)
        self._pauses: dict[str, tuple[int, float]] = {}
        self._waited_since: dict[int, float] = {}
        self._of_cells: dict[int, OfCell] = {}
        self._held_back_until = 0.0

    @property
    def has_rules(self) -> bool:
        """Whether time matters to anybody."""
        return bool(self.rules or self._hidden)

    def add(self, rule: Rule, *, is_hidden: bool = False) -> None:
        """Take a rule in; a hidden one is not in `rules`."""
        with self._lock:
            if is_hidden:
                self._hidden = (*self._hidden, rule)
            else:
                self.rules = (*self.rules, rule)
            self._waited_since[id(rule)] = self._clock.monotonic()
            self._index_of = None

    def adopt(self, rule: Rule) -> None:
        """Have a rule end when the running cell runs again; call it without holding a lock."""
        self._of_cells[id(rule)] = OfCell(rule.close)

    def drop(self, rule: Rule) -> None:
        """Leave a rule out from now on; one that is not here is no error."""
        with self._lock:
            self.rules = tuple(r for r in self.rules if r is not rule)
            self._hidden = tuple(r for r in self._hidden if r is not rule)
            self._waited_since.pop(id(rule), None)
            self._index_of = None
        of_cell = self._of_cells.pop(id(rule), None)
        if of_cell is not None:
            of_cell.forget()

    def close(self) -> None:
        """Close all rules."""
        for rule in (*self.rules, *self._hidden):
            rule.close()

    def watching(self, channel: str) -> tuple[Rule, ...]:
        """Return the rules that watch a channel."""
        channels, words, known = self._buffer.channels, self._buffer._store.labels, self._index_of
        if known is None or known[1] is not words or known[0] != channels:
            self._index(channels, words)
        return self._by_channel.get(channel, ())

    def forget_index(self) -> None:
        """Look anew which rule watches what, because a condition was edited."""
        with self._lock:  # an index that is being made from the old condition must not stay
            self._index_of = None

    def take_in(self, table: Table) -> None:
        """Show a batch to the rules that watch its channel."""
        if table.extent is not None:
            self._hear(table)
        for rule in self.watching(table.channel):
            rule.take_in(table)

    def _hear(self, table: Table) -> None:
        """Note that a channel brought something, and whether it held that back for long."""
        channel, now = table.channel, self._clock.monotonic()
        pause_ns = round((now - self._heard.get(channel, now)) * 1e9)
        self._heard[channel] = now
        if pause_ns > SHORTEST_SILENCE_NS and len(table.before):
            is_filled = table.first_ns - int(table.before[-1]) < pause_ns // 2
            if is_filled and table.newest_ns - table.first_ns > SHORTEST_SILENCE_NS:
                self._pauses[channel] = pause_ns, now

    def overtake(self) -> None:
        """Tell the rules of channels that others left behind, by the data's own clock; after a batch."""
        if not self.has_rules:
            return
        for channel, until_ns in self._lags.overtaken():
            self._let_overtake(self.watching(channel), channel, until_ns)

    def let_others_overtake(self, rule: Rule, channel: str) -> None:
        """Show a rule that saw all of a channel how far the others are."""
        until_ns = self._lags.others_went_on_until(channel)
        if until_ns is not None:
            self._let_overtake((rule,), channel, until_ns)

    def _let_overtake(self, rules: tuple[Rule, ...], channel: str, until_ns: int) -> None:
        held = self._buffer.channel(channel)
        last_ns = held.last_time_ns
        if last_ns is None or until_ns - last_ns <= SHORTEST_SILENCE_NS:
            return
        interval_ns = held.interval_ns
        for rule in rules:
            rule.overtake(channel, until_ns, interval_ns)

    def deliver(self) -> None:
        """Tell subscribers what is to be told; call it without holding a lock."""
        now = self._clock.wall_ns()
        for rule in (*self.rules, *self._hidden):
            rule.deliver(now)

    def tick(self, *, expects_data: bool = True) -> None:
        """Let time go on, about once a second.

        Parameters
        ----------
        expects_data
            Whether readings are on their way: not if the source was stopped or has ended, for then
            silence is no fault.
        """
        now, wall_ns = self._clock.monotonic(), self._clock.wall_ns()
        self._listen(now)
        if not expects_data:
            self._held_back_until = now
            return
        channels, measured = self._buffer.channels, self._buffer.measured
        words = self._buffer._store.labels
        pulses: dict[str, ChannelActivity] = {}
        for rule in (*self.rules, *self._hidden):
            since = max(self._waited_since.get(id(rule), now), self._held_back_until)
            for channel in rule.awaited(measured, words):
                pulse = pulses.get(channel)
                if pulse is None:
                    pulse = pulses[channel] = self._pulse(channel, channels, now)
                silent_ns = min(pulse.silent_ns, round((now - since) * 1e9))
                rule.tick(wall_ns, pulse._replace(silent_ns=silent_ns), channel=channel)

    def let_past_go_on(self, heard_ns: Mapping[str, int], now_ns: int) -> None:
        """Let time go on as it did while a recording was made.

        Parameters
        ----------
        heard_ns
            When the newest reading of each channel came that counted, by the clock of then.
        now_ns
            The moment then.
        """
        words, measured = self._buffer._store.labels, self._buffer.measured
        for rule in (*self.rules, *self._hidden):
            for channel in rule.awaited(measured, words):
                if channel not in heard_ns:
                    continue
                silent = now_ns - heard_ns[channel]
                others_go_on = any(
                    now_ns - heard < silent / 2
                    for name, heard in heard_ns.items()
                    if name != channel
                )
                interval_ns = self._buffer.channel(channel).interval_ns
                pulse = ChannelActivity(max(silent, 0), interval_ns, True, others_go_on)
                rule.tick(now_ns, pulse, channel=channel)

    def _listen(self, now: float) -> None:
        """Note which channels have had readings since the last tick."""
        for channel in self._buffer.channels:
            held = self._buffer.channel(channel)
            present = held.span()[1] - held.missing
            before = self._present.get(channel)
            self._present[channel] = present
            if before is None or present > before:
                self._heard[channel] = max(now, self._heard.get(channel, now))

    def _pulse(self, channel: str, channels: tuple[str, ...], now: float) -> ChannelActivity:
        if channel not in channels:
            measured = map(self._buffer.channel, self._buffer.measured)
            known = [self._own_ns, *(held.interval_ns for held in measured)]
            interval_ns = max((ns for ns in known if ns is not None), default=None)
            return ChannelActivity(2**62, interval_ns, is_known=False, others_go_on=bool(channels))
        silent = now - self._heard.get(channel, now)
        interval_ns = self._buffer.channel(channel).interval_ns
        pause_ns, heard = self._pauses.get(channel, (0, now))
        if interval_ns is not None and (now - heard) * 1e9 < PAUSES_REMEMBERED * pause_ns:
            interval_ns = max(interval_ns, USUAL_PAUSES * pause_ns // SILENT_INTERVALS)
        others_go_on = silent > 0 and any(
            now - heard < silent / 2 for other, heard in self._heard.items() if other != channel
        )
        return ChannelActivity(max(round(silent * 1e9), 0), interval_ns, True, others_go_on)

    def _index(self, channels: tuple[str, ...], words: Mapping[str, Labels]) -> None:
        with self._lock:
            index: dict[str, list[Rule]] = {name: [] for name in channels}
            for rule in (*self.rules, *self._hidden):
                for name in rule.awaited(self._buffer.measured, words):
                    if name in index:
                        index[name].append(rule)
            self._by_channel = {name: tuple(rules) for name, rules in index.items()}
            self._index_of = channels, words
