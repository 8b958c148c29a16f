"""The table of channels: legend, the statistics that the user chose, and how each channel is."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import fields
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream import statistics as catalogue
from nbstream.alerts.rules.rule import SEVERITIES
from nbstream.alerts.rules.state_machine import RuleState
from nbstream.analysis.analyzer import Statistics
from nbstream.runtime.clock import SYSTEM_CLOCK, Clock
from nbstream.statistics import Statistic, StatisticLike, find, names
from nbstream.text.naming import short_name, short_names, shortened
from nbstream.text.nearest import nearest
from nbstream.text.redaction import redact
from nbstream.widgets.page.link import PUMP, Pump
from nbstream.widgets.page.messages import finite, plain_text
from nbstream.widgets.page.panel import Panel, source_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.alerts import Rule
    from nbstream.analysis.analyzer import Analyzer, Snapshot
    from nbstream.widgets.page.inbox import Action

__all__ = ["MAX_CARDS", "STANDARD", "Cards"]

STANDARD = ("last", "mean", "std", "min", "max", "rate")
"""The statistics that are shown unless others are asked for."""
MAX_CARDS = 12
"""Statistics that are shown at most."""
MAX_CHANNELS = 64
"""Channels that are listed; the others are counted."""
PAST_NS = 60 * 10**9
"""How far back the small lines reach at least, as far as the window and 60 intervals of readings else."""
PAST_INTERVALS = 60
N_PAST = 30
FIRST_NS = -9_200_000_000_000_000_000
"""The oldest time that has a wall clock in every zone."""
PAST_BUDGET = 0.1
"""Seconds that the main thread may spend on the past."""
MAX_LISTED = 200
"""Statistics that a page is offered; the others can be typed."""
MAX_LABEL = 64
"""Characters of a statistic's name with its parameters."""
ROUND_INTERVAL = 0.5
"""Seconds between two values of a statistic that costs something, at least."""
BUDGET = 0.02
"""Seconds of computing in one go: the thread feeds the other widgets too."""
REST = 10
"""After computing for a second, so many seconds without."""
PERCENTILES = ("p5", "p95", "p99")
"""Percentiles that a page is offered by name."""

_AT_HAND: dict[type[Statistic], str] = {
    catalogue.Count: "count",
    catalogue.Last: "last",
    catalogue.Mean: "mean",
    catalogue.StandardDeviation: "std",
    catalogue.Min: "min",
    catalogue.Max: "max",
    catalogue.Rate: "rate",
}
"""What the analyzer computes anyway, by the field of its snapshot."""


class Card(NamedTuple):
    """One statistic that is shown."""

    label: str
    """Its name as pages show it and ask for it, unique among all that are shown."""
    wanted: StatisticLike
    """What was asked for; by name, so that a user's function may be defined anew."""

    @property
    def statistic(self) -> Statistic:
        """The statistic as it is defined now."""
        return find(self.wanted)


class Cards(Panel):
    """The channels with their lines' colours, statistics and states: cards of one, a table of several.

    Parameters
    ----------
    analyzer
        Whose statistics are shown.
    statistics
        What is shown, at most 12: names of the catalogue (`nbstream.statistics.names()`), with parameters
        if need be ("p99", "time_above(90)"), or a `Statistic`. A page may change the choice, for all pages.
    chart
        A LiveChart whose lines the table shows and hides; None is a table without lines.
    clock, pump
        Injectable for tests.

    Raises
    ------
    ValueError
        If a statistic is unknown or no number, or there are more than 12.
    TypeError
        If `statistics` holds something else.

    Notes
    -----
    Nothing is computed while nobody looks. What the analyzer has at hand (count, last, mean, std, min, max,
    rate) is as new as the frame; the others are computed after each other, each at most twice a second, and
    less often if that takes long. A statistic that fails has no value but a reason.

    Thread safety: make and close it on the main thread; `statistics` from any thread.
    """

    _view = "cards"

    def __init__(
        self,
        analyzer: Analyzer,
        statistics: StatisticLike | Iterable[StatisticLike] = STANDARD,
        chart: Any = None,
        *,
        clock: Clock = SYSTEM_CLOCK,
        pump: Pump = PUMP,
    ) -> None:
        self.chart = chart
        self._cards = _read_cards(statistics)
        self._values = _Values(analyzer, clock)
        super().__init__(analyzer, clock=clock, pump=pump)

    @property
    def statistics(self) -> tuple[str, ...]:
        """What is shown, in order; it can be set to others."""
        return tuple(card.label for card in self._cards)

    @statistics.setter
    def statistics(self, statistics: StatisticLike | Iterable[StatisticLike]) -> None:
        self._cards = _read_cards(statistics)

    def _state(self) -> dict[str, Any]:
        analyzer = self.analyzer
        cards = tuple(Card(card.label, card.statistic) for card in self._cards)
        snapshot = analyzer.snapshot()
        channels = analyzer.channels
        shown = channels[:MAX_CHANNELS]
        costly = [card for card in cards if type(card.statistic) not in _AT_HAND]
        words = analyzer.buffer._store.labels
        self._values.work(tuple(n for n in shown if n not in words), costly, snapshot)
        alerts = _Alerts(analyzer, self._clock.wall_ns())
        return {
            "window": analyzer.parsed_window.label,
            "n": len(channels),
            "chart": None if self.chart is None else self.chart._page_key,
            "statistics": [
                {
                    "name": card.label,
                    "unit": card.statistic.unit,
                    "what": _first_sentence(type(card.statistic).__doc__),
                }
                for card in cards
            ],
            "most": MAX_CARDS,
            "channels": [
                self._channel(name, text, snapshot.channels.get(name, Statistics()), cards)
                | {"alert": alerts.gravest(name, channels)}
                for name, text in short_names(shown).items()
            ],
            "source": source_state(analyzer.source),
        }

    def _channel(
        self, name: str, shown: str, statistics: Statistics, cards: tuple[Card, ...]
    ) -> dict[str, Any]:
        buffer = self.analyzer.buffer
        newest = buffer.channel(name).last_time_ns
        unit = buffer.units.get(name, "")
        values: list[float | None] = []
        failed = {}
        for card in cards:
            at_hand = _AT_HAND.get(type(card.statistic))
            if at_hand is None and name in buffer._store.labels:
                value = None
            elif at_hand is None:
                value, why = self._values.get(name, card.label)
                if why:
                    failed[card.label] = why
            else:
                value = finite(getattr(statistics, at_hand))
            values.append(value)
        return {
            "name": shown,
            "unit": shortened(unit, 20),
            "values": values,
            "units": [shortened(_unit_of(card.statistic, unit), 20) for card in cards],
            "failed": failed,
            "label": plain_text(statistics.label) if statistics.label else "",
            "scale": [
                finite(getattr(statistics, field))
                for field in ("last", "mean", "std", "min", "max")
            ],
            "count": statistics.count,
            "newest": None if newest is None else newest / 1e6,
            "staleAfter": buffer.stale_after(name),
        }

    # Commands of the page.

    def _actions(self) -> dict[str, Action]:
        return {
            "show": self._show,
            "hide": self._hide,
            "catalogue": self._send_catalogue,
            "past": lambda _: self._past,
        }

    def _show(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        wanted = message.get("statistic")
        if not isinstance(wanted, str) or len(wanted) > MAX_LABEL:
            return None

        def apply() -> None:
            self._cards = _read_cards([*(card.wanted for card in self._cards), wanted])

        return apply

    def _hide(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        label = message.get("statistic")
        if not isinstance(label, str):
            return None

        def apply() -> None:
            self._cards = tuple(card for card in self._cards if card.label != label)

        return apply

    def _past(self) -> dict[str, Any]:
        """Return what would have been shown in the past, for the small lines.

        "newest" is the time of the newest reading and "span" how far the lines reach back, ms; "ages" are ms
        before the newest, "channels" the values of each card of one channel, or of the last reading of each
        of several; None where that costs too much, or the time is up.
        """
        newest_ns = self.analyzer.buffer.newest_ns
        span_ns = self._past_ns()
        ages = [round(span_ns * (N_PAST - n) / N_PAST) for n in range(N_PAST)]
        deadline = self._clock.monotonic() + PAST_BUDGET
        names = self.analyzer.channels[:MAX_CHANNELS]
        wanted = [card.statistic for card in self._cards] if len(names) == 1 else [find("last")]
        channels = []
        for name in names:
            lines: list[list[float | None] | None] = []
            for statistic in wanted:
                is_known = newest_ns is not None and type(statistic) in _AT_HAND
                if is_known and self._clock.monotonic() < deadline:
                    lines.append(self._line(name, statistic, newest_ns or 0, ages))
                else:
                    lines.append(None)
            channels.append(lines)
        return {
            "newest": None if newest_ns is None else newest_ns / 1e6,
            "span": span_ns / 1e6,
            "ages": [age / 1e6 for age in ages],
            "channels": channels,
        }

    def _past_ns(self) -> int:
        """Return how far back the small lines reach."""
        window, buffer = self.analyzer.parsed_window, self.analyzer.buffer
        spans = [PAST_NS, window.duration_ns or 0]
        for held in map(buffer.channel, self.analyzer.channels[:MAX_CHANNELS]):
            spans.append(PAST_INTERVALS * (held.interval_ns or 0))
            if window.duration_ns is None:
                start, stop = held.window_rows(window)
                first, last = held.time_at(start), held.time_at(stop - 1)
                spans += [last - first] if first is not None and last is not None else []
        return max(spans)

    def _line(
        self, channel: str, statistic: Statistic, newest_ns: int, ages: list[int]
    ) -> list[float | None]:
        times = (np.datetime64(max(newest_ns - age, FIRST_NS), "ns") for age in ages)
        return [finite(self.analyzer.statistic(statistic, channel=channel, at=at)) for at in times]

    def _send_catalogue(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        return lambda: self.send({"kind": "catalogue", "entries": _entries()})


class _Values:
    """The values of statistics that cost something, computed bit by bit.

    Notes
    -----
    Thread safety: one thread at a time (the pump's).
    """

    def __init__(self, analyzer: Analyzer, clock: Clock) -> None:
        self._analyzer = analyzer
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float | None, str]] = {}
        self._waiting: deque[tuple[str, Card]] = deque()
        self._seen: tuple[Any, ...] = ()
        self._round_due = 0.0
        self._work_due = 0.0

    def get(self, channel: str, label: str) -> tuple[float | None, str]:
        """Return a value and why there is none; (None, "") before it was computed."""
        return self._known.get((channel, label), (None, ""))

    def work(self, channels: tuple[str, ...], cards: list[Card], snapshot: Snapshot) -> None:
        """Compute what is due, as long as the budget lasts."""
        wanted = {(channel, card.label): (channel, card) for card in cards for channel in channels}
        self._known = {key: value for key, value in self._known.items() if key in wanted}
        self._waiting = deque(
            (channel, card) for channel, card in self._waiting if (channel, card.label) in wanted
        )
        now = self._clock.monotonic()
        if not wanted or now < self._work_due:
            return
        if not self._waiting and now >= self._round_due:
            # The analyzer makes these anew whenever it took in readings, or the window changed.
            seen = (snapshot.window, *map(snapshot.channels.get, channels))
            if len(seen) != len(self._seen) or not all(map(is_, seen, self._seen)):
                self._seen = seen
                self._round_due = now + ROUND_INTERVAL
                self._waiting.extend(wanted.values())
        waiting = {(channel, card.label) for channel, card in self._waiting}
        new = [key for key in wanted if key not in self._known and key not in waiting]
        self._waiting.extendleft(wanted[key] for key in reversed(new))
        while self._waiting and self._clock.monotonic() - now < BUDGET:
            channel, card = self._waiting.popleft()
            self._known[channel, card.label] = self._compute(channel, card.statistic)
        spent = self._clock.monotonic() - now
        self._work_due = now + spent + REST * spent

    def _compute(self, channel: str, statistic: Statistic) -> tuple[float | None, str]:
        try:
            value = self._analyzer.statistic(statistic, channel=channel)
        except Exception as error:  # a user's own function may raise anything
            return None, plain_text(redact(error) or type(error).__name__, 200)
        try:
            return finite(value), ""
        except (TypeError, ValueError, OverflowError):
            return None, f"A card shows a number (got {type(value).__name__})."


class _Alerts:
    """The states of the rules at one moment, and what the log says of those that fire."""

    def __init__(self, analyzer: Analyzer, now_ns: int) -> None:
        self._log = analyzer.alerts
        self._words = analyzer.buffer._store.labels
        self._now_ns = now_ns
        self._rules = [(rule, rule.error, rule.states) for rule in analyzer.rules]

    def gravest(self, channel: str, channels: tuple[str, ...]) -> dict[str, Any] | None:
        """Return the gravest state of the rules that watch a channel, None if there are none."""
        found = [
            (rule, error, RuleState.ERROR if error else states.get(channel, RuleState.OK))
            for rule, error, states in self._rules
            if rule.watches(channel, channels, self._words)
        ]
        if not found:
            return None
        rule, error, state = max(found, key=lambda it: self._gravity(it[0], it[2], channel))
        incident = rule.incident(channel)
        acknowledged = None if incident is None else incident.acknowledged
        return {
            "state": state.name,
            "severity": rule.severity if incident is None else incident.severity,
            "rule": shortened(rule.name),
            "why": "" if error is None else plain_text(error, 200),
            "acknowledged": "" if acknowledged is None else plain_text(acknowledged.who, 40),
            "silenced": self._log.is_silenced(rule.name, channel, self._now_ns),
        }

    def _gravity(self, rule: Rule, state: RuleState, channel: str) -> tuple[int, int]:
        incident = rule.incident(channel)
        severity = rule.severity if incident is None else incident.severity
        return state.gravity, SEVERITIES.index(severity)


def _read_cards(statistics: StatisticLike | Iterable[StatisticLike]) -> tuple[Card, ...]:
    """Return what to show, each once, or raise an error that helps."""
    if isinstance(statistics, (str, Statistic)):
        statistics = [statistics]
    if not isinstance(statistics, Iterable):
        message = f"'statistics' must be names such as ['last', 'p99'] (got {statistics!r})."
        raise TypeError(message)
    cards: dict[str, StatisticLike] = {}
    for wanted in statistics:
        statistic = find(wanted)
        if not statistic.is_number:
            raise _no_number(statistic)
        name = str(statistic)
        cards.setdefault(name, wanted if isinstance(wanted, str) else statistic)
        if len(cards) > MAX_CARDS:
            label = short_name(name, MAX_LABEL)
            message = f"There is room for {MAX_CARDS} statistics. Remove one before {label!r}."
            raise ValueError(message)
    labels = short_names(cards, MAX_LABEL)
    return tuple(Card(labels[name], wanted) for name, wanted in cards.items())


def _no_number(statistic: Statistic) -> ValueError:
    numbers = [name for name, kind in _CLASSES.items() if kind.is_number]
    like = nearest(statistic.name, numbers)
    near = (
        [like]
        if like
        else [n for n in numbers if _CLASSES[n].__module__ == type(statistic).__module__]
    )
    hint = f"Nearest to it: {', '.join(map(repr, near))}." if near else f"Take one of {numbers}."
    return ValueError(f"A card shows a number, and {statistic.name!r} is none. {hint}")


def _unit_of(statistic: Statistic, unit: str) -> str:
    try:
        return statistic.unit_of(unit)
    except Exception:  # a user's own class
        return ""


_CLASSES: dict[str, type[Statistic]] = {
    kind.name: kind
    for kind in (getattr(catalogue, name) for name in catalogue.__all__)
    if isinstance(kind, type) and issubclass(kind, Statistic) and kind is not Statistic
}


def _entries() -> list[dict[str, str]]:
    """Return what a page offers: name, the parameters that it needs, and what it is."""
    entries = []
    for name in names()[:MAX_LISTED]:
        kind = _CLASSES.get(name)
        if kind is None:
            kind = type(find(name))
            parameters = ""
        else:
            parameters = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
            parameters = parameters if _is_incomplete(name) else ""
        if kind.is_number:
            what = _first_sentence(kind.__doc__)
            entries.append({"name": plain_text(name), "needs": parameters, "what": what})
        if name == "quantile":
            entries += [
                {"name": label, "needs": "", "what": f"{label[1:]} % of all readings lie below it."}
                for label in PERCENTILES
            ]
    return entries


def _is_incomplete(name: str) -> bool:
    try:
        find(name)
    except ValueError:
        return True
    return False


def _first_sentence(text: str | None) -> str:
    return plain_text(re.split(r"(?<=\.)\s|\n\n", (text or "").strip(), maxsplit=1)[0], 120)
