"""Alerts: conditions on channels, the rules that watch them, and the log of what happened."""

from nbstream.alerts.alerting import Alerting
from nbstream.alerts.book import RuleBook
from nbstream.alerts.columns import BufferTable
from nbstream.alerts.expression import Condition, Formula
from nbstream.alerts.incident import Acknowledgement, Escalation, Incident
from nbstream.alerts.log import AlertLog, LogCounters, Silence
from nbstream.alerts.machine import Moment, RuleState
from nbstream.alerts.notification import Notification
from nbstream.alerts.parsing import ConditionError
from nbstream.alerts.preview import Firing, Preview
from nbstream.alerts.rule import Rule

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
