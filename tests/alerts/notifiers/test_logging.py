"""Log records of notifications: one line each, at the level of the severity."""

from __future__ import annotations

import logging
import threading

import pytest
from hypothesis import HealthCheck, given, settings

from nbstream.alerts.notifiers import LoggingNotifier
from tests.alerts.notifiers.incidents import a_notification, names

STOP = threading.Event()


@pytest.mark.parametrize(
    ("kind", "severity", "level"),
    [
        ("fired", "info", logging.INFO),
        ("fired", "warning", logging.WARNING),
        ("escalated", "critical", logging.CRITICAL),
        ("no_data", "warning", logging.WARNING),
        ("resolved", "critical", logging.INFO),
        ("data_back", "warning", logging.INFO),
    ],
)
def test_the_level_is_that_of_the_severity(
    kind: str, severity: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Grave things are CRITICAL; that things are well again is INFO."""
    caplog.set_level(logging.DEBUG)
    notification = a_notification(kind, severity=severity)
    LoggingNotifier().send([notification], STOP)
    (record,) = caplog.records
    assert (record.levelno, record.name) == (level, "nbstream.alerts")
    assert record.notification is notification  # type: ignore[attr-defined]


def test_the_line_says_everything(caplog: pytest.LogCaptureFixture) -> None:
    """Kind, severity and the incident's own text."""
    LoggingNotifier("plant").send([a_notification()], STOP)
    assert caplog.record_tuples == [
        (
            "plant",
            logging.WARNING,
            "Alert (warning): too hot: temperature 93 > 90 °C since 12:00:00",
        )
    ]


def test_logger_and_level_can_be_chosen(caplog: pytest.LogCaptureFixture) -> None:
    """A logger, its name or an adapter; one level for all."""
    logger = logging.getLogger("plant.a")
    for given_logger in (logger, "plant.a", logging.LoggerAdapter(logger, {})):
        notifier = LoggingNotifier(given_logger, level=logging.ERROR)
        assert notifier.name == "log plant.a"
        notifier.send([a_notification("resolved")], STOP)
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 3
    with pytest.raises(TypeError, match="'logger' must be a logger or its name"):
        LoggingNotifier(3)  # type: ignore[arg-type]


@given(text=names)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_cannot_forge_lines(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a name holds, a notification is one printable line."""
    caplog.clear()
    LoggingNotifier().send([a_notification(text=f"{text}: high")], STOP)
    (message,) = caplog.messages
    assert len(message.splitlines()) == 1
    message.encode("utf-8")
