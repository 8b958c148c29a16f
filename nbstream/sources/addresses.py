"""Which source an address names: ``serial:///dev/ttyUSB0?baud=115200``, ``mqtt://host/topic/#``."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any, Protocol, cast
from urllib.parse import SplitResult, parse_qsl, urlsplit

from nbstream.text.nearest import did_you_mean
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbstream.sources.base import Source

__all__ = ["FromUrl", "options_of_url", "scheme_of", "source_for"]

SOURCES = {
    "http": "nbstream.sources.network.http:HttpSource",
    "https": "nbstream.sources.network.http:HttpSource",
    "kafka": "nbstream.sources.network.kafka:KafkaSource",
    "kafkas": "nbstream.sources.network.kafka:KafkaSource",
    "mqtt": "nbstream.sources.network.mqtt:MqttSource",
    "mqtts": "nbstream.sources.network.mqtt:MqttSource",
    "ws": "nbstream.sources.network.websocket:WebSocketSource",
    "wss": "nbstream.sources.network.websocket:WebSocketSource",
    **dict.fromkeys(
        ("duckdb", "mariadb", "mssql", "mysql", "oracle", "postgres", "postgresql", "sqlite"),
        "nbstream.sources.network.sql:SqlSource",
    ),
    "redis": "nbstream.sources.network.redis:RedisSource",
    "rediss": "nbstream.sources.network.redis:RedisSource",
    "serial": "nbstream.sources.devices.serial:SerialSource",
    "system": "nbstream.sources.machine.system:SystemSource",
}
"""Where the source of each scheme is; loaded when an address asks for it."""
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*)://")


class FromUrl(Protocol):
    """A source that an address can name."""

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Source:
        """Return the source of an address, with further options."""
        ...


def scheme_of(text: str) -> str:
    """Return the scheme of an address in lower case, "" if a text is none."""
    match = _SCHEME.match(text)
    return "" if match is None else match[1].lower()


def source_for(scheme: str) -> type[FromUrl] | None:
    """Return the source of a scheme, None if there is none."""
    place = SOURCES.get(scheme.partition("+")[0])  # as in postgresql+psycopg
    if place is None:
        return None
    module, _, name = place.partition(":")
    return cast("type[FromUrl]", getattr(importlib.import_module(module), name))


def options_of_url(url: str, kinds: Mapping[str, type]) -> tuple[SplitResult, dict[str, Any]]:
    """Return the parts of an address, and the options behind its question mark.

    Parameters
    ----------
    url
        The address.
    kinds
        What each option is: str, int, float or bool.

    Raises
    ------
    ValueError
        If an option is unknown, or is no such value.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = {}
    for name, text in parse_qsl(parts.query, keep_blank_values=True):
        if name not in kinds:
            near = did_you_mean(name, kinds)
            message = f"An address {parts.scheme}:// takes no {redact(name)!r}. {near}"
            raise ValueError(message)
        options[name] = _value(name, text, kinds[name])
    return parts, options


def _value(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() in known:
            return known[text.lower()]
    else:
        try:
            return kind(text)
        except ValueError:
            pass
    message = f"{name!r} in an address must be {kind.__name__} (got {redact(text)!r})."
    raise ValueError(message)
