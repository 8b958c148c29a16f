"""Notifications as log records."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nbstream.alerts.notifiers.base import Notifier
from nbstream.alerts.notifiers.message import CALM_KINDS, line

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Sequence

    from nbstream.alerts.log.incident import Notification

__all__ = ["LoggingNotifier"]

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


class LoggingNotifier(Notifier):
    """Writes one log record for each notification.

    Its level is that of the severity: INFO, WARNING or CRITICAL; that things are well again is INFO.
    Names come from data, so line breaks in them become spaces. The notification is the record's
    attribute ``notification``.

    Parameters
    ----------
    logger
        A logger or its name; None is "nbstream.alerts".
    level
        The level of all records, such as ``logging.ERROR``; None goes by severity.
    name
        For messages; None is "log" and the logger's name.
    min_severity, kinds
        As of `Notifier`.

    Raises
    ------
    TypeError
        If `logger` is something else.
    ValueError
        If `min_severity` or one of `kinds` is unknown.

    Notes
    -----
    Thread safety: any thread. Python shows nothing below WARNING, and nothing of libraries, until
    ``logging.basicConfig(level=logging.INFO)`` or the like.
    """

    def __init__(
        self,
        logger: logging.Logger | logging.LoggerAdapter[logging.Logger] | str | None = None,
        *,
        level: int | None = None,
        name: str | None = None,
        min_severity: str = "info",
        kinds: Iterable[str] | None = None,
    ) -> None:
        logger = "nbstream.alerts" if logger is None else logger
        if isinstance(logger, str):
            logger = logging.getLogger(logger)
        if not isinstance(logger, logging.Logger | logging.LoggerAdapter):
            message = f"'logger' must be a logger or its name (got {type(logger).__name__})."
            raise TypeError(message)
        super().__init__(name=name or f"log {logger.name}", min_severity=min_severity, kinds=kinds)
        self._logger = logger
        self._level = level

    def deliver(self, notifications: Sequence[Notification], stop: threading.Event) -> None:
        """Write the records."""
        for notification in notifications:
            extra = {"notification": notification}
            self._logger.log(self._level_of(notification), "%s", line(notification), extra=extra)

    def _level_of(self, notification: Notification) -> int:
        if self._level is not None:
            return self._level
        if notification.kind in CALM_KINDS:
            return logging.INFO
        return LEVELS.get(notification.incident.severity, logging.CRITICAL)
