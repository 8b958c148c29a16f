"""Notifiers: who is told when an alert fires or ends, and how.

They are made in Python and belong to the code that made them: nothing of a notifier is a trait, so
no page can set or read it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nbstream.alerts.notifiers.base import Notifier, RemoteNotifier
from nbstream.alerts.notifiers.callback import CallbackNotifier
from nbstream.alerts.notifiers.dispatcher import Dispatcher, NotifierCounters, connect
from nbstream.alerts.notifiers.logging import LoggingNotifier
from nbstream.alerts.notifiers.message import KINDS, IncidentLike, NotificationLike
from nbstream.alerts.notifiers.retry import DeliveryError
from nbstream.alerts.notifiers.signature import sign, verify_signature

if TYPE_CHECKING:
    from nbstream.alerts.notifiers.email import EmailNotifier
    from nbstream.alerts.notifiers.webhook import WebhookNotifier

__all__ = [
    "KINDS",
    "CallbackNotifier",
    "DeliveryError",
    "Dispatcher",
    "EmailNotifier",
    "IncidentLike",
    "LoggingNotifier",
    "NotificationLike",
    "Notifier",
    "NotifierCounters",
    "RemoteNotifier",
    "WebhookNotifier",
    "connect",
    "sign",
    "verify_signature",
]

_ON_FIRST_USE = {
    "EmailNotifier": "nbstream.alerts.notifiers.email",
    "WebhookNotifier": "nbstream.alerts.notifiers.webhook",
}


def __getattr__(name: str) -> Any:
    """Load what needs asyncio or smtplib on first use (PEP 562)."""
    module = _ON_FIRST_USE.get(name)
    if module is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(importlib.import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
