"""Which open incident is a rule's own: what pages show of a rule is as grave as that."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from nbstream.alerts.machine import RuleState
from nbstream.alerts.settings import SEVERITIES

if TYPE_CHECKING:
    from nbstream.alerts import AlertLog, Incident, Rule

__all__ = ["OpenIncidents"]


class OpenIncidents:
    """The incidents that are open at one moment.

    Parameters
    ----------
    log
        Of the rules that are asked for.
    """

    def __init__(self, log: AlertLog) -> None:
        self._found: dict[tuple[str, str], list[Incident]] = defaultdict(list)
        for incident in log.active:
            self._found[incident.rule, incident.channel].append(incident)

    def of(self, rule: Rule, channel: str, state: RuleState) -> Incident | None:
        """Return the open incident of a rule that is in a state on a channel, None if there is none.

        Rules may have equal names, as two whose conditions read the same do. Of those that cannot be told
        apart by their settings it is the gravest.
        """
        if state not in (RuleState.FIRING, RuleState.RECOVERING):
            return None
        own = [i for i in self._found.get((rule.name, channel), ()) if _may_be_of(i, rule)]
        return max(own, key=lambda i: SEVERITIES.index(i.severity), default=None)


def _may_be_of(incident: Incident, rule: Rule) -> bool:
    settings = rule.settings
    return (incident.condition, incident.clear, incident.for_ns) == (
        settings.condition,
        settings.clear,
        settings.for_ns,
    ) and incident.severity in {rule.severity, *rule.levels}
