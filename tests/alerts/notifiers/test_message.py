"""The incidents of the real log, as notifiers say them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from nbstream.alerts import AlertLog, Incident, Rule
from nbstream.alerts.notifiers import Dispatcher, NotificationLike
from nbstream.alerts.notifiers.bodies import body_writer
from nbstream.alerts.notifiers.email import text
from nbstream.alerts.notifiers.message import fields, line
from tests.strategies import EPOCH_NS, NS


@dataclass(frozen=True)
class Told:
    """A notification of a real incident."""

    kind: str
    incident: Incident


@pytest.fixture
def told() -> Told:
    """An incident that a rule recorded and a reading ended."""
    log = AlertLog(timezone="UTC")
    rule = Rule("value > 90", channel="temperature", unit="°C", name="too hot", log=log)
    values = np.array([80.0, 93.0, 97.0, 84.0])
    rule.evaluate(EPOCH_NS + np.arange(4) * NS, values, values)
    return Told("resolved", log.incidents[0])


def test_a_real_incident_is_said_in_words(told: Told) -> None:
    """The line has the incident's own reason."""
    notification: NotificationLike = told
    assert line(notification).startswith("Resolved (warning): too hot: temperature 93 > 90 °C")
    assert text([notification]).splitlines()[1] == (
        "    fired 2026-07-01T12:00:01.000000000Z, resolved 2026-07-01T12:00:03.000000000Z"
    )


@pytest.mark.parametrize("body", ["json", "ntfy", "slack", {"all": "{text} {peak} {state}"}])
def test_a_real_incident_becomes_a_body(told: Told, body: str) -> None:
    """Every dialect can say it."""
    written = json.loads(body_writer(body)("https://example.com/topic", told).content)
    said = json.dumps(written, ensure_ascii=False).replace("&gt;", ">")
    assert "temperature 93 > 90 °C" in said


def test_a_real_incident_passes_the_dispatcher(told: Told) -> None:
    """What the log tells is what the callback gets."""
    seen: list[object] = []
    with Dispatcher([seen.append]) as dispatcher:
        dispatcher(told)
    assert seen == [told]


def test_a_notification_need_not_know_its_wall_time(told: Told) -> None:
    """A log that does not tell when says nothing."""
    record = fields(told)
    assert record["at"] is record["at_ns"] is None


def test_importing_the_notifiers_is_light() -> None:
    """What needs asyncio, smtplib or httpx is loaded when it is first used."""
    code = (
        "import sys, nbstream.alerts; before = set(sys.modules);"
        "from nbstream.alerts import notifiers; loaded = set(sys.modules) - before;"
        "assert not loaded & {'httpx', 'smtplib', 'asyncio', 'email', 'pandas'}, loaded;"
        "assert set(notifiers.__all__) == set(dir(notifiers));"
        "notifiers.WebhookNotifier; notifiers.EmailNotifier;"
        "assert 'httpx' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)
    with pytest.raises(AttributeError, match="has no attribute 'PagerNotifier'"):
        __import__("nbstream.alerts.notifiers").alerts.notifiers.PagerNotifier  # noqa: B018
