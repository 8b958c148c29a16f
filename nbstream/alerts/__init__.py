"""Alerts: conditions on channels, the rules that watch them, and the log of what happened."""

from nbstream.alerts.alerting import Alerting
from nbstream.alerts.conditions.condition import Condition, Formula
from nbstream.alerts.conditions.table import BufferTable
from nbstream.alerts.log.alert_log import AlertLog, LogCounters, Silence
from nbstream.alerts.log.incident import Acknowledgement, Escalation, Incident, Moment, Notification
from nbstream.alerts.rules.preview import Firing, Preview
from nbstream.alerts.rules.rule import Rule
from nbstream.alerts.rules.rule_book import RuleBook
from nbstream.alerts.rules.state_machine import RuleState
from nbstream.expressions.parsing import ConditionError

__all__ = [
    "Acknowledgement",
    "AlertLog",
    "Alerting",
    "BufferTable",
    "Condition",
    "ConditionError",
    "Escalation",
    "Firing",
    "Formula",
    "Incident",
    "LogCounters",
    "Moment",
    "Notification",
    "Preview",
    "Rule",
    "RuleBook",
    "RuleState",
    "Silence",
]


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
