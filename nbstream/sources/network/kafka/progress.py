"""What was read of topics: it outlives connections, and is a source's position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbstream.sources.network.kafka.session import Partition

__all__ = ["Progress"]


class Progress:
    """Where each partition goes on, and what is known of its topic.

    Notes
    -----
    Thread safety: what is asked for, from any thread; all else on the source's.
    """

    def __init__(self) -> None:
        self.offsets: Mapping[Partition, int] = {}
        """Behind the last message that is in the buffer; replaced, never changed."""
        self.newest_ms: dict[str, int] = {}
        """Times of the last messages, by topic."""
        self.gone: set[str] = set()
        """Topics that were deleted, or are others by now."""
        self.is_told = False
        """Whether the user said where to go on, whatever a group has committed."""
        self.has_begun = False
        """Whether there were partitions; those that are found from then on are new."""
        self.old: frozenset[Partition] = frozenset()
        """Those that there were when this first asked a group to be let in."""
        self._ids: dict[str, str] = {}

    @property
    def position(self) -> dict[str, dict[str, int]] | None:
        """The offsets as a JSON value; None before the first connection."""
        found: dict[str, dict[str, int]] = {}
        for (topic, number), offset in self.offsets.items():
            found.setdefault(topic, {})[str(number)] = offset
        return found or None

    @property
    def topics(self) -> set[str]:
        """The topics of which partitions are known."""
        return {topic for topic, _ in self.offsets}

    @property
    def has_ids(self) -> bool:
        """Whether brokers have said which topics these are."""
        return bool(self._ids)

    def go_to(self, position: Any) -> None:
        """Go on where the user says.

        Raises
        ------
        ValueError
            If it is no position.
        """
        offsets: dict[Partition, int] = {}
        try:
            for topic, partitions in position.items():
                for number, offset in partitions.items():
                    if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
                        raise ValueError
                    offsets[str(topic), int(number)] = offset
        except (AttributeError, TypeError, ValueError):
            message = (
                f"'position' must be what a source of topics said, as {{'topic': {{'0': 17}}}} "
                f"(got {position!r:.80})."
            )
            raise ValueError(message) from None
        self.offsets, self.is_told, self.has_begun = offsets, True, False
        self.newest_ms.clear()

    def begin(self, partitions: Iterable[Partition]) -> None:
        """Take the partitions that there are, whoever of a group reads them; others are new."""
        self.old, self.has_begun = frozenset(partitions), True

    def advance(self, offsets: Mapping[Partition, int]) -> None:
        """Take where partitions go on."""
        self.offsets = {**self.offsets, **offsets}

    def give_away(self, partition: Partition) -> None:
        """Forget a partition that another member of the group reads."""
        self.offsets = {one: at for one, at in self.offsets.items() if one != partition}

    def miss(self, topics: Iterable[str]) -> None:
        """Take topics that are others than those that were read, with the same names."""
        for topic in topics:
            self.gone.add(topic)
            self.newest_ms.pop(topic, None)

    def take_ids(self, found: Mapping[str, str]) -> list[str]:
        """Remember the ids of topics; return the topics of which they are new."""
        new = [topic for topic, one in found.items() if self._ids.get(topic, one) != one]
        self._ids |= found
        return new

    def learn_ids(self, found: Mapping[str, str]) -> None:
        """Remember the ids of topics of which none was known."""
        self._ids = {**found, **self._ids}
