"""Incidents and notifications for the tests of notifiers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tests.strategies import EPOCH_NS, NS

NOON = EPOCH_NS


@dataclass(frozen=True)
class AnIncident:
    """What notifiers read of an incident."""

    number: int = 1
    rule: str = "too hot"
    channel: str = "temperature"
    severity: str = "warning"
    reason: str = "temperature 93 > 90 °C since 12:00:00"
    text: str = "too hot: temperature 93 > 90 °C since 12:00:00"
    unit: str | None = "°C"
    breached_ns: int = NOON
    fired_ns: int = NOON + 3 * NS + 1
    resolved_ns: int | None = None
    peak: float = 97.0
    state: str = "firing"


@dataclass(frozen=True)
class ANotification:
    """What a log tells its subscribers."""

    kind: str = "fired"
    incident: AnIncident = AnIncident()
    at_ns: int = NOON + 5 * NS


def a_notification(kind: str = "fired", **facts: Any) -> ANotification:
    """Return a notification of an incident with these facts."""
    return ANotification(kind, replace(AnIncident(), **facts))


names = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\r\n\0\t\x1b\u2028\x85<>&@{}*_`\"'\\:;,=?"),
        st.characters(categories=["Cs"]),
    ),
    max_size=60,
)
"""Names as data can have them: line breaks, markup, halves of surrogate pairs."""
