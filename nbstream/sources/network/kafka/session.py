"""A consumer of Kafka's, and what is known of its partitions."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeAlias

from nbstream.errors import ConnectError, RefusedError
from nbstream.sources.merging import Merge
from nbstream.sources.network.kafka.errors import REFUSALS

if TYPE_CHECKING:
    from nbstream.sources.network.kafka.brokers import Brokers
    from nbstream.sources.network.kafka.topic_ids import TopicIds

__all__ = ["Partition", "Session"]

Partition: TypeAlias = tuple[str, int]
"""A topic, and the number of one of its partitions."""

LEAVE_WITHIN = 0.5


class Session:
    """A consumer, and what is known of its partitions; none outlives its connection."""

    def __init__(self, kafka: Any, source: str) -> None:
        self._kafka, self._source = kafka, source
        self.consumer: Any = None
        self.ids: TopicIds | None = None
        self.brokers: Brokers
        self.said = ""
        self.ends: dict[Partition, int] = {}
        """Behind the last message that came of each partition that is read."""
        self.eofs: dict[Partition, int] = {}
        self.beyond: dict[Partition, float] = {}
        self.missing: list[str] = []
        self.early: list[Any] = []
        self.merge: Merge[Partition, Any] = Merge()
        self.is_member = self.joins = self.is_closing = self.is_in_callback = False
        self.commit_at = self.watch_at = self.look_at = 0.0
        self._held_up: set[Partition] = set()
        self._problem: Exception | None = None

    def hear(self, error: Any) -> None:
        """Take what the library says of its connections."""
        text, name = error.str(), error.name()
        if name in REFUSALS:
            problem: Exception = RefusedError(
                f"the broker refused the login: {text}", source=self._source
            )
        elif name == "_ALL_BROKERS_DOWN":
            problem = ConnectError(self.said or "no broker can be reached", source=self._source)
        elif error.fatal():
            problem = ConnectError(text, source=self._source)
        else:
            self.said = text
            return
        self._problem = self._problem or problem

    def serve(self, timeout: float = 0.0) -> None:
        """Let the library say what it has to, and keep a message that came.

        Raises
        ------
        ConnectError
            If the connection is lost.
        """
        message = None if self.is_in_callback else self.consumer.poll(timeout)
        if message is not None:
            self.early.append(message)
        self.look_at_problem()

    def look_at_problem(self) -> None:
        """Raise what ends the connection, if anything does."""
        if self._problem is not None:
            raise self._problem

    def leave(self) -> None:
        """End the connection; a group, or a library, that is slow to let go holds nobody up."""
        leaving = threading.Thread(target=self._close, name="kafka-leave", daemon=True)
        leaving.start()
        leaving.join(LEAVE_WITHIN)

    def _close(self) -> None:
        if self.ids is not None:
            self.ids.close()
        if self.consumer is not None:
            self.consumer.close()

    def high(self, partition: Partition) -> int:
        """Return where a partition ends, as the last answer said; below 0 if none has."""
        found = self.consumer.get_watermark_offsets(
            self._kafka.TopicPartition(*partition), cached=True
        )
        return -1 if found is None else int(found[1])

    def is_at_end(self, partition: Partition) -> bool:
        """Return whether all of a partition has come."""
        end = self.ends[partition]
        return self.eofs.get(partition, -1) >= end or 0 <= self.high(partition) <= end

    def hold_up(self) -> None:
        """Ask for no more of partitions of which much waits for others."""
        make = self._kafka.TopicPartition
        for partition in self.merge.overfull():
            if partition not in self._held_up:
                self._held_up.add(partition)
                self.consumer.pause([make(*partition)])
        for partition in [one for one in self._held_up if self.merge.has_room(one)]:
            self._held_up.discard(partition)
            self.consumer.resume([make(*partition)])

    def move(self, partition: Partition, offset: int) -> None:
        """Read a partition from an offset on."""
        self.merge.forget(partition)
        self.eofs.pop(partition, None)
        self.ends[partition] = offset
        # Not by seek(), which is an error until the library has begun to read the partition.
        make = self._kafka.TopicPartition
        if self.is_member:
            self.early.clear()  # it comes again
            self.consumer.assign([make(*one, end) for one, end in self.ends.items()])
        else:
            self._drop_early(partition)
            self.consumer.incremental_unassign([make(*partition)])
            self.consumer.incremental_assign([make(*partition, offset)])

    def forget(self, partition: Partition) -> None:
        """Know no more of a partition that another member of the group reads."""
        self.merge.forget(partition)
        for known in (self.ends, self.eofs, self.beyond):
            known.pop(partition, None)
        self._held_up.discard(partition)
        self._drop_early(partition)

    def _drop_early(self, partition: Partition) -> None:
        self.early = [m for m in self.early if (m.topic(), m.partition()) != partition]
