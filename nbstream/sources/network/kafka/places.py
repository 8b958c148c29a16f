"""Where to begin, or to go on, to read a partition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from nbstream.sources.network.kafka.start import EARLIEST

if TYPE_CHECKING:
    from nbstream.sources.network.kafka.brokers import Brokers
    from nbstream.sources.network.kafka.progress import Progress
    from nbstream.sources.network.kafka.session import Partition

__all__ = ["Places"]


class Places:
    """Finds places, and tells of what can't be read any more.

    Parameters
    ----------
    brokers
        Who knows what there is.
    progress
        What was read.
    drop
        Counts messages that are lost, with why.
    note
        Keeps a note of a kind.
    note_once
        The same, and an event for people.
    """

    def __init__(
        self,
        brokers: Brokers,
        progress: Progress,
        *,
        drop: Callable[[int, str], None],
        note: Callable[[str, str], None],
        note_once: Callable[[str, str], None],
    ) -> None:
        self._brokers, self._progress = brokers, progress
        self._drop, self._note, self._note_once = drop, note, note_once

    def of(
        self, partitions: Sequence[Partition], known: Mapping[Partition, int], start_ms: int
    ) -> dict[Partition, int]:
        """Return where to begin each partition.

        Parameters
        ----------
        partitions
            That are to be read.
        known
            Where some were left.
        start_ms
            Where the others begin.
        """
        wanted = {one: known[one] for one in partitions if one in known}
        unknown = [one for one in partitions if one not in known]
        places = self._brokers.offsets_at(unknown, start_ms)
        lows = self._brokers.offsets_at(list(wanted), EARLIEST)
        for one, offset in wanted.items():
            if one[0] in self._progress.gone:
                places[one] = self._anew(one, lows[one])
            else:
                places[one] = self._not_before(one, offset, lows[one])
        return places

    def again(self, partition: Partition, offset: int) -> int:
        """Return where to go on: what should be read next is not there."""
        low = self._brokers.offsets_at([partition], EARLIEST)[partition]
        if offset < low:
            return self._not_before(partition, offset, low)
        return self._anew(partition, low)

    def _not_before(self, partition: Partition, offset: int, low: int) -> int:
        """Return an offset, or the first one that there still is."""
        if offset >= low:
            return offset
        text = "messages were deleted at the brokers before they could be read"
        self._drop(low - offset, text)
        where = f"up to {low - offset:,} of {partition[0]!r}, partition {partition[1]}"
        self._note("gap", f"{text}: {where}")
        return low

    def _anew(self, partition: Partition, low: int) -> int:
        """Return where to read a topic that is another than the one that was read."""
        topic, _ = partition
        text = f"the topic {topic!r} was made anew, or lost its last messages"
        self._note_once(f"anew {topic}", text)
        newest = self._progress.newest_ms.get(topic)
        if newest is None:
            return low
        return self._brokers.offsets_at([partition], newest + 1)[partition]
