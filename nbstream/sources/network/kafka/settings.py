"""What librdkafka is told: brokers, who asks, encryption, and settings of the user's."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["brokers_of", "refuse_own", "security"]

PORT = 9092
OWN_SETTINGS = {
    "bootstrap.servers": "brokers",
    "group.id": "group",
    "auto.offset.reset": "start",
    "enable.auto.commit": "group",
    "sasl.username": "username",
    "sasl.password": "password",
}
"""Settings of the library that options of the source stand for."""


def brokers_of(given: str | Sequence[str]) -> tuple[str, ...]:
    """Return brokers with their ports.

    Raises
    ------
    ValueError
        If there are none, or a login stands before one.

    Examples
    --------
    >>> brokers_of("one, two:9093")
    ('one:9092', 'two:9093')
    """
    several = given.split(",") if isinstance(given, str) else given
    found = tuple(_with_port(one.strip()) for one in several if one.strip())
    if any("@" in one for one in found):
        message = "'brokers' are such as 'host:9092'; pass username=… and password=… for a login."
        raise ValueError(message)
    if not found:
        message = f"'brokers' must be such as 'host:9092' (got {given!r})."
        raise ValueError(message)
    return found


def refuse_own(settings: Mapping[str, Any]) -> None:
    """Raise an error for a setting that an option of the source stands for."""
    for name in settings:
        if name in OWN_SETTINGS:
            message = f"Pass {OWN_SETTINGS[name]}=… instead of the setting {name!r}."
            raise ValueError(message)


def security(
    username: str | None,
    password: str | None,
    tls: bool,
    ca: str | os.PathLike[str] | None,
    sasl: str,
) -> dict[str, Any]:
    """Return the settings of who asks, and of encryption."""
    has_login = username is not None or password is not None
    has_tls = tls or ca is not None
    kind = ("SASL_" if has_login else "") + ("SSL" if has_tls else "PLAINTEXT")
    found: dict[str, Any] = {"security.protocol": kind}
    if has_login:
        found |= {"sasl.mechanism": sasl, "sasl.username": username, "sasl.password": password}
        found = {name: "" if value is None else value for name, value in found.items()}
    if ca is not None:
        found["ssl.ca.location"] = os.fspath(ca)
    return found


def _with_port(broker: str) -> str:
    return broker if re.search(r":\d+$", broker) else f"{broker}:{PORT}"
