"""Membership of a consumer group: its members share the partitions, and what was read is committed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import translate
from typing import TYPE_CHECKING, Any

from nbstream.sources.network.kafka.errors import text_of
from nbstream.sources.network.kafka.start import EARLIEST
from nbstream.sources.wording import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.sources.network.kafka.places import Places
    from nbstream.sources.network.kafka.progress import Progress
    from nbstream.sources.network.kafka.session import Partition, Session

__all__ = ["Membership"]


class Membership:
    """What a member takes over, gives away and commits, over one connection.

    Parameters
    ----------
    kafka
        The library.
    name
        The group's.
    session
        The connection.
    progress
        What was read.
    places
        Finds where to begin.
    start_ms
        Asked for where partitions begin of which the group knows nothing, and that are not new.
    note
        Keeps a note of a kind.
    share
        Is told of the partitions that this member has, in words.

    Notes
    -----
    Thread safety: none; the library calls back on the source's thread.
    """

    def __init__(
        self,
        kafka: Any,
        name: str,
        session: Session,
        progress: Progress,
        places: Places,
        *,
        start_ms: Callable[[], int],
        note: Callable[[str, str], None],
        share: Callable[[str], None],
    ) -> None:
        self._kafka, self._name = kafka, name
        self._session, self._progress, self._places = session, progress, places
        self._start_ms, self._note, self._share = start_ms, note, share
        self._committed: dict[Partition, int] = {}

    def join(self, topics: Sequence[str]) -> None:
        """Ask to be let in; the session says until when it joins."""
        session = self._session
        if not self._progress.has_begun:
            found = session.brokers.find(topics)
            self._progress.begin((topic, number) for topic in found for number in found[topic])
        session.is_member = session.joins = True
        session.consumer.subscribe(
            [f"^{translate(topic)}" if "*" in topic else topic for topic in topics],
            on_assign=lambda _, given: self._is_given(given),
            on_revoke=lambda _, given: self._is_taken(given),
            on_lost=lambda _, given: self._is_taken(given, is_lost=True),
        )

    def commit(self) -> None:
        """Let the group know what is in the buffer."""
        session = self._session
        new = {
            one: offset
            for one, offset in self._progress.offsets.items()
            if one in session.ends and self._committed.get(one) != offset
        }
        if not new:
            return
        make = self._kafka.TopicPartition
        try:
            session.consumer.commit(offsets=[make(*one, at) for one, at in new.items()])
        except self._kafka.KafkaException as error:
            self.has_committed(error, ())
        else:
            self._committed |= new

    def has_committed(self, error: Any, _partitions: Sequence[Any]) -> None:
        """Take what became of it."""
        if error is not None:
            self._note("commit", f"what was read could not be committed: {text_of(error)}")

    def _is_given(self, given: Sequence[Any]) -> None:
        session = self._session
        session.is_in_callback = True
        try:
            self._take_over(given)
        finally:
            session.is_in_callback = session.joins = False

    def _take_over(self, given: Sequence[Any]) -> None:
        session, progress = self._session, self._progress
        partitions = [(one.topic, one.partition) for one in given]
        places: dict[Partition, int] = {}
        if partitions:
            known = dict(progress.offsets) if progress.is_told else {}
            answer = session.brokers.ask(
                "offsets of the group", lambda timeout: session.consumer.committed(given, timeout)
            )
            if not progress.is_told:
                for one in answer:
                    partition = (one.topic, one.partition)
                    if one.offset >= 0 and one.topic not in progress.gone:
                        known[partition] = max(one.offset, progress.offsets.get(partition, 0))
            known |= {one: 0 for one in partitions if one[0] in progress.gone and one not in known}
            added = [one for one in partitions if one not in known and one not in progress.old]
            others = [one for one in partitions if one not in added]
            places = self._places.of(others, known, self._start_ms())
            places |= self._places.of(added, {}, EARLIEST)
        progress.is_told = False
        progress.gone.clear()  # what the group commits from now on is of the topics that there are
        make = self._kafka.TopicPartition
        session.consumer.assign([make(*one, offset) for one, offset in places.items()])
        session.ends = dict(places)
        self._committed.clear()
        progress.advance(places)
        self._share(self._in_words(partitions))

    def _is_taken(self, given: Sequence[Any], *, is_lost: bool = False) -> None:
        if not is_lost:
            self.commit()
        for one in given:
            partition = (one.topic, one.partition)
            self._session.forget(partition)
            self._committed.pop(partition, None)
            if not self._session.is_closing:
                self._progress.give_away(partition)
        self._session.consumer.unassign()

    def _in_words(self, partitions: Collection[Partition]) -> str:
        if not partitions:
            return f"the group {self._name!r} has no partition left for this source"
        topics: dict[str, list[int]] = {}
        for topic, number in sorted(partitions):
            topics.setdefault(topic, []).append(number)
        share = "; ".join(f"{topic!r} {shorten(str(n)[1:-1], 60)}" for topic, n in topics.items())
        return f"the group {self._name!r} gave this source the partitions {share}"
