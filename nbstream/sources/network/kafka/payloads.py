"""What stands in the messages of topics: payloads with a name and a time, tombstones, ids of schemas."""

from __future__ import annotations

import re
from itertools import groupby
from operator import methodcaller
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.sources.network.messages import Message, MessageColumns

if TYPE_CHECKING:
    from nbstream.sources.network.kafka.session import Partition

__all__ = ["Payloads", "SchemaId", "by_partition"]

_SCHEMA = re.compile(rb"\0[\s\S]{5}")
"""How a message begins that names a schema of a registry: a zero, its id, and what it holds."""
_PARTITION = methodcaller("partition")
FARTHEST_MS = 9_223_372_036_854
"""No time of a reading is farther from 1970; some writers give µs where ms are wanted."""


class SchemaId(NamedTuple):
    """A schema without which messages can't be read."""

    topic: str
    number: int


class Payloads:
    """Messages of the library's, sorted out.

    Parameters
    ----------
    came
        The library's.
    is_one
        Whether there is one topic, whose name then says nothing.
    by_key
        Whether keys name channels.
    is_parsed
        Whether a function of the user's reads payloads as they came.
    """

    def __init__(self, came: list[Any], *, is_one: bool, by_key: bool, is_parsed: bool) -> None:
        self.readable: MessageColumns
        self.offsets: dict[Partition, int] = {}
        """Where each partition goes on."""
        self.newest_ms: dict[str, int] = {}
        """The time of each topic's last message."""
        self.n_empty = 0
        self.unknown: list[SchemaId] = []
        """A message each that only its schema could read."""
        values = [message.value() for message in came]
        has_empty = None in values
        # One look at all: payloads of JSON and text have no zero.
        may_name = not is_parsed and b"\0" in b"".join(filter(None, values))
        has_schemas = may_name and any(value and _SCHEMA.match(value) for value in values)
        if came and is_one and not (by_key or has_schemas or has_empty):
            self._take_usual(came, values)
        else:
            self._sort_out(came, values, is_one, by_key, has_schemas)

    def _take_usual(self, came: list[Any], values: list[bytes]) -> None:
        topic = came[0].topic()
        times = [message.timestamp() for message in came]
        kind, newest_ms = times[-1]
        if kind:
            self.newest_ms[topic] = newest_ms
        ms = np.array([ms for _, ms in times], np.int64)
        are_times = 0 not in {kind for kind, _ in times} and np.abs(ms).max() <= FARTHEST_MS
        sent = ms * 1_000_000 if are_times else [_ns_of(*time) for time in times]
        self.readable = MessageColumns(values, sent=sent)
        last = dict(zip(map(_PARTITION, came), came, strict=True))
        self.offsets = {(topic, number): m.offset() + 1 for number, m in last.items()}

    def _sort_out(
        self,
        came: list[Any],
        values: list[bytes | None],
        is_one: bool,
        by_key: bool,
        has_schemas: bool,
    ) -> None:
        found: list[Message] = []
        for message, value in zip(came, values, strict=True):
            topic = message.topic()
            self.offsets[topic, message.partition()] = message.offset() + 1
            if value is None:
                self.n_empty += 1
                continue
            kind, ms = message.timestamp()
            if kind:
                self.newest_ms[topic] = ms
            name = "" if is_one else topic
            if by_key:
                name = _named(name, message.key())
            if has_schemas and _SCHEMA.match(value):
                if value[5:6] not in (b"{", b"["):
                    self.unknown.append(SchemaId(topic, int.from_bytes(value[1:5], "big")))
                    continue
                value = value[5:]  # JSON that names its schema
            found.append(Message(value, name, _ns_of(kind, ms)))
        self.readable = MessageColumns.of(found)


def _ns_of(kind: int, ms: int) -> int | None:
    """Return a message's time, None if it has none that can be."""
    return ms * 1_000_000 if kind and abs(ms) <= FARTHEST_MS else None


def _named(topic: str, key: Any) -> str:
    text = key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key or "")
    return f"{topic}.{text}" if topic and text else topic or text


def by_partition(came: list[Any]) -> dict[Partition, list[Any]]:
    """Return the messages of each partition, in the order in which they came."""
    found: dict[Partition, list[Any]] = {}
    for partition, run in groupby(came, lambda message: (message.topic(), message.partition())):
        found.setdefault(partition, []).extend(run)
    return found
