"""The statistics as cards: last, mean, std, min, max and rate of each channel, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbstream.alerts.rule import SEVERITIES
from nbstream.analyzer import Statistics
from nbstream.widgets.panel import Panel, finite, newest_of, plain_text, source_state

if TYPE_CHECKING:
    from nbstream.alerts import Rule

__all__ = ["Cards", "alert_of", "watches"]

SHOWN = ("last", "mean", "std", "min", "max", "rate")
MAX_CHANNELS = 64
"""Channels that are listed; the others are counted."""


class Cards(Panel):
    """The statistics of each channel, and its state in colour and words.

    Parameters
    ----------
    analyzer
        Whose statistics are shown.

    Notes
    -----
    Up to 8 channels are rows of cards, more are a table.

    Thread safety: make and close it on the main thread.
    """

    _view = "cards"

    def _state(self) -> dict[str, Any]:
        analyzer = self.analyzer
        snapshot = analyzer.snapshot()
        names = analyzer.channels
        rules = analyzer.rules
        return {
            "window": analyzer.parsed_window.label,
            "n": len(names),
            "channels": [
                self._channel(
                    name,
                    snapshot.channels.get(name, Statistics()),
                    [rule for rule in rules if watches(rule, name, names)],
                )
                for name in names[:MAX_CHANNELS]
            ],
            "source": source_state(analyzer.source),
        }

    def _channel(self, name: str, statistics: Statistics, rules: list[Rule]) -> dict[str, Any]:
        buffer = self.analyzer.buffer
        newest, stale_after = newest_of(buffer, name)
        return {
            "name": plain_text(name),
            "unit": plain_text(buffer.units.get(name, ""), 16),
            "values": [finite(getattr(statistics, statistic)) for statistic in SHOWN],
            "count": statistics.count,
            "newest": None if newest is None else newest / 1e6,
            "staleAfter": stale_after,
            "alert": alert_of(rules),
        }


def watches(rule: Rule, name: str, names: tuple[str, ...]) -> bool:
    """Return whether a rule watches the channel `name` of `names`."""
    return rule.watches(name, names)


def alert_of(rules: list[Rule]) -> dict[str, str] | None:
    """Return the gravest state of some rules of one channel, None if there are no rules."""
    if not rules:
        return None
    worst = max(rules, key=lambda rule: (rule.state.gravity, SEVERITIES.index(rule.severity)))
    return {
        "state": worst.state.name,
        "severity": worst.severity,
        "rule": plain_text(worst.name),
    }
