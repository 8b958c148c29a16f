"""Alerts: conditions on a channel, the rules that watch them, and the log of what happened."""

from nbstream.alerts.expression import Condition
from nbstream.alerts.log import AlertLog, Incident
from nbstream.alerts.machine import RuleState
from nbstream.alerts.rule import Rule

__all__ = ["AlertLog", "Condition", "Incident", "Rule", "RuleState"]
