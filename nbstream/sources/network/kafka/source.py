"""Messages of Kafka's topics, and of what speaks its protocol: Redpanda, Event Hubs, Tansu."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import unquote

from nbstream.errors import ConfigurationError, ConnectError, RefusedError
from nbstream.readings.buffer import Buffer
from nbstream.sources.addresses import options_of_url
from nbstream.sources.network.kafka.brokers import Brokers
from nbstream.sources.network.kafka.errors import MISSING, REFUSALS, meaning_of, text_of
from nbstream.sources.network.kafka.group import Membership
from nbstream.sources.network.kafka.lag import Lag
from nbstream.sources.network.kafka.log import LOG
from nbstream.sources.network.kafka.payloads import Payloads, SchemaId, by_partition
from nbstream.sources.network.kafka.places import Places
from nbstream.sources.network.kafka.progress import Progress
from nbstream.sources.network.kafka.session import Partition, Session
from nbstream.sources.network.kafka.settings import brokers_of, refuse_own, security
from nbstream.sources.network.kafka.start import EARLIEST, Start
from nbstream.sources.network.kafka.topic_ids import TopicIds
from nbstream.sources.network.message_source import READ_TIMEOUT, load_extra
from nbstream.sources.network.network_source import NetworkSource
from nbstream.sources.state import SourceState
from nbstream.sources.wording import shorten
from nbstream.text.redaction import secrets_of_environment

if TYPE_CHECKING:
    import os
    from datetime import datetime, timedelta

    import numpy as np

__all__ = ["KafkaSource"]

MESSAGES_AT_ONCE = 10_000
LATENESS_S = 2.0
"""Partitions, and clocks of several writers, differ by so much; readings are put into their place."""
LOOK_EVERY, LOOK_SOON = 5.0, 1.0
"""Seconds between two looks for new partitions; while a topic is missing, the second."""
WATCH_EVERY = 0.5
IDS_TIMEOUT = 2.0
COMMIT_EVERY = 1.0
BEYOND_FOR = 5.0
"""Seconds after which a topic that ends before what was read already was made anew, or was cut."""
BEHIND_AFTER_MS = 2000
BROKEN = ("_BAD_MSG", "_BAD_COMPRESSION", "INVALID_MSG", "_UNDERFLOW")
"""Errors of one message."""


class KafkaSource(NetworkSource["Session"]):
    """Reads the messages of topics from Kafka.

    Parameters
    ----------
    topics
        A topic, or several; "*" stands for anything, as in "plant-*".
    brokers
        Some of the cluster's brokers, as "host:9092".
    start
        Where a topic begins that was not read yet: "latest" for new messages only, "earliest" for all that is
        held, how long ago as in "10 minutes", or a time.
    group
        None reads all partitions and leaves no trace at the brokers. A name joins that consumer group: its
        members share the partitions, and what was read is committed once it is in the buffer.
    username, password
        Who asks; the password is shown nowhere.
    tls
        Whether the connection is encrypted.
    ca
        File of the certificates that are trusted, for `tls`; None is the system's.
    sasl
        How the password is proven: "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512".
    by_key
        Whether each message's key is the beginning of its channels' names, as where a key is a device.
    settings
        Further ones of librdkafka, as ``{"session.timeout.ms": 6000}``.
    **options
        As for `MessageSource`: path, time, channels, states, parse, reconnect_after; and for every `Source`.

    Raises
    ------
    DependencyError
        If confluent-kafka is missing: ``pip install "nbstream[kafka]"``.
    ValueError
        If a topic or an option can't be.

    Notes
    -----
    A payload may be JSON, a number, or text with numbers; its time is the one that it names, else the
    message's own. Of several topics each channel begins with its topic. Partitions are put in the order of
    their times while they are read up to their ends; after that a buffer of the source's own takes readings
    that are up to 2 s late.

    After a break it goes on behind the last message that was read, which is the source's `position`. What the
    brokers deleted before it could be read is counted as dropped. Messages wait at the brokers until they
    are read: `lag`, the status and a note say how many.

    Thread safety: any thread.
    """

    kind = "kafka"

    def __init__(
        self,
        topics: str | Sequence[str],
        *,
        brokers: str | Sequence[str] = "localhost:9092",
        start: str | float | datetime | timedelta | np.datetime64 | np.timedelta64 = "latest",
        group: str | None = None,
        username: str | None = None,
        password: str | None = None,
        tls: bool = False,
        ca: str | os.PathLike[str] | None = None,
        sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN",
        by_key: bool = False,
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self._kafka = load_extra("confluent_kafka", "kafka", "KafkaSource")
        self.topics = (topics,) if isinstance(topics, str) else tuple(topics)
        for topic in self.topics or ("",):
            if not re.fullmatch(r"[\w.*-]{1,249}", topic, re.ASCII):
                message = f"A topic is such as 'plant-1.temperatures' or 'plant-*' (got {topic!r})."
                raise ValueError(message)
        self.brokers = brokers_of(brokers)
        refuse_own(settings or {})
        self.group, self.by_key = group, by_key
        self._is_one = len(self.topics) == 1 and "*" not in self.topics[0]
        self._settings = {**security(username, password, tls, ca, sasl), **(settings or {})}
        self._progress = Progress()
        self._group: Membership | None = None
        self._lag: Lag | None = None
        self.target = ", ".join(self.brokers)
        options["name"] = options.get("name") or shorten(self.topics[0])
        if options.get("buffer") is None:
            own = Buffer(timezone=options.get("timezone"), lateness=LATENESS_S)
            super().__init__(**{**options, "buffer": own})
            self._owns_buffer = True
        else:
            super().__init__(**options)
        self.start_at = Start.of(start, self.timezone)
        secrets = {name: str(value) for name, value in self._settings.items()}
        self._hide(password, *secrets_of_environment({}, secrets))

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address: ``kafka://host:9092/topic?group=g&start=10min``.

        Parameters
        ----------
        url
            Several brokers and topics are separated by commas; ``kafkas://`` is encrypted. Before the brokers
            a user and a password may stand, behind the question mark `group`, `start`, `by_key`, `ca`,
            `sasl`, `time` and `path`.
        **options
            Further options of the source.

        Raises
        ------
        ValueError
            If it names no topic, or has another option.
        """
        texts = ("group", "start", "ca", "sasl", "time", "path")
        parts, found = options_of_url(url, {**dict.fromkeys(texts, str), "by_key": bool})
        login, _, hosts = parts.netloc.rpartition("@")
        user, colon, password = login.partition(":")
        if login:
            found["username"] = unquote(user)
        if colon:
            found["password"] = unquote(password)
        found["brokers"] = unquote(hosts) or "localhost"
        found["tls"] = parts.scheme.lower() == "kafkas" or "ca" in found
        topics = [topic for topic in unquote(parts.path[1:]).split(",") if topic]
        if not topics:
            message = "An address kafka:// names its topic: kafka://host:9092/topic."
            raise ValueError(message)
        return cls(topics, **{**found, **options})

    # What can be asked.

    @property
    def position(self) -> Any:
        """The offset of the next message by topic and partition; None before the first connection."""
        return self._progress.position

    @property
    def lag(self) -> Lag | None:
        """How far it is behind what the brokers hold; None before it is known."""
        return self._lag

    @property
    def status(self) -> str:
        """What the source is doing now, and how far it is behind."""
        text, lag = super().status, self._lag
        if self._state is SourceState.RUNNING and lag is not None and lag.seconds:
            return f"{text}, {lag}"
        return text

    def _go_to(self, position: Any) -> None:
        self._progress.go_to(position)

    # The connection.

    def _connect(self) -> Session:
        session = self._open()
        try:
            self._compare_ids(session)
            if self.group is None:
                self._assign_all(session)
            else:
                self._join(session, self.group)
        except BaseException:
            self._disconnect(session)
            raise
        return session

    def _open(self) -> Session:
        session = Session(self._kafka, self.name)
        settings = {
            "client.id": "nbstream",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "fetch.wait.max.ms": 250,
            # When so much was fetched that it asks for no more, it would else look again after a second,
            # by when all that was fetched has long been read.
            "fetch.queue.backoff.ms": 20,
            "socket.timeout.ms": 10_000,
            "socket.connection.setup.timeout.ms": 5_000,
            "topic.metadata.refresh.interval.ms": 10_000,
            **self._settings,
            "bootstrap.servers": ",".join(self.brokers),
            "group.id": self.group or f"nbstream-{token_hex(4)}",  # of a random one nothing is kept
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "error_cb": session.hear,
            "on_commit": self._has_committed,
        }
        try:
            session.consumer = self._kafka.Consumer(settings, logger=LOG)
        except (self._kafka.KafkaException, TypeError, ValueError) as error:
            message = f"librdkafka takes no such settings: {text_of(error)}"
            raise ConfigurationError(message, source=self.name) from error
        session.ids = TopicIds(self._kafka, settings, LOG)
        session.brokers = Brokers(
            self._kafka,
            session,
            source=self.name,
            target=self.target,
            clock=self._clock,
            is_stopping=lambda: self._is_stopping,
        )
        session.look_at = self._clock.monotonic() + LOOK_SOON
        return session

    def _disconnect(self, client: Session) -> None:
        client.is_closing = True
        if client.consumer is not None:
            self._commit(client)
        if client.ids is not None:
            self._progress.learn_ids(client.ids.take())
        client.leave()

    def _compare_ids(self, session: Session) -> None:
        """See whether topics that were read are others by now, which have the same names."""
        assert session.ids is not None
        session.ids.ask(self._progress.topics or {t for t in self.topics if "*" not in t})
        if not self._progress.has_ids:
            return  # nothing to compare with, or brokers that know no ids
        deadline = self._clock.monotonic() + IDS_TIMEOUT
        while not session.ids.is_answered and self._clock.monotonic() < deadline:
            if self._wait(0.01):
                return
        self._progress.miss(self._progress.take_ids(session.ids.take()))

    # Where reading begins.

    def _places(self, session: Session) -> Places:
        return Places(
            session.brokers,
            self._progress,
            drop=self._drop,
            note=self._note,
            note_once=self._note_once,
        )

    def _find(self, session: Session, list_topics: Any = None) -> dict[str, list[int]]:
        """Return the partitions of the topics that there are, and remember which are gone."""
        found = session.brokers.find(self.topics, list_topics)
        self._progress.gone |= self._progress.topics - found.keys()
        return found

    def _assign_all(self, session: Session) -> None:
        """Take every partition of the topics, without a group."""
        found = self._find(session)
        start = Start(EARLIEST) if self._progress.has_begun else self.start_at
        while not found and not self._is_stopping:
            names = " and ".join(map(repr, self.topics))
            self._set_state(self._state, f"waiting for {names}: the brokers have no such topic yet")
            session.serve(LOOK_SOON / 2)
            found = self._find(session)
            start = Start(EARLIEST)  # all that is in it came while this waited
        self._assign(session, found, start)

    def _assign(self, session: Session, found: Mapping[str, Iterable[int]], start: Start) -> None:
        wanted = [(topic, number) for topic, numbers in found.items() for number in numbers]
        new = [partition for partition in wanted if partition not in session.ends]
        if not new or self._is_stopping:
            return
        progress, make = self._progress, self._kafka.TopicPartition
        start_ms = start.at(self._clock.wall_ns())
        places = self._places(session).of(new, progress.offsets, start_ms)
        session.consumer.incremental_assign([make(*one, places[one]) for one in new])
        session.ends |= places
        progress.advance(places)
        progress.gone -= {topic for topic, _ in places}
        progress.has_begun = True
        if session.missing:
            names = ", ".join(map(repr, session.missing))
            self._note("missing", f"waiting for {names}: the brokers have no such topic yet")
        else:
            self._forget_note("missing")

    # The group.

    def _join(self, session: Session, group: str) -> None:
        """Join the group and wait until it has given this member its partitions."""
        self._group = Membership(
            self._kafka,
            group,
            session,
            self._progress,
            self._places(session),
            start_ms=lambda: self.start_at.at(self._clock.wall_ns()),
            note=self._note,
            share=self._note_share,
        )
        self._group.join(self.topics)
        self._set_state(self._state, f"joining the group {group!r}")
        while session.joins and not self._is_stopping:
            session.serve(READ_TIMEOUT)

    def _note_share(self, text: str) -> None:
        if self._notes.get("group") not in (None, text):
            self._tell(text)
        self._note("group", text)

    def _commit(self, session: Session) -> None:
        session.commit_at = self._clock.monotonic() + COMMIT_EVERY
        if self._group is not None and session.is_member and not self._is_abandoned:
            self._group.commit()

    def _has_committed(self, *answer: Any) -> None:
        if self._group is not None:
            self._group.has_committed(*answer)

    # Messages.

    def _read(self, client: Session) -> list[Any]:
        now = self._clock.monotonic()
        if now >= client.commit_at:
            self._commit(client)
        if now >= client.watch_at:
            client.watch_at = now + WATCH_EVERY
            self._watch(client, now)
        if now >= client.look_at:
            self._look_for_changes(client)
            client.look_at = now + (LOOK_SOON if client.missing else LOOK_EVERY)
        more: list[Any] = []
        if not client.early:
            client.serve(READ_TIMEOUT if not len(client.merge) else 0.02)
            # A second call takes what is there; one that asks for many would wait for all of them.
            # It may take partitions away too, and with them what came early.
            if client.early:
                more = client.consumer.consume(MESSAGES_AT_ONCE - 1, 0)
        found, client.early = client.early + more, []
        client.look_at_problem()
        wrong = [message for message in found if message.error() is not None]
        if wrong:
            found = [message for message in found if message.error() is None]
        ready = self._in_order(client, found)
        self._look_at_errors(client, wrong)
        return ready

    def _look_at_errors(self, session: Session, wrong: Iterable[Any]) -> None:
        for message in wrong:
            error = message.error()
            name = error.name()
            partition = (message.topic(), message.partition())
            if name == "_PARTITION_EOF":
                if partition in session.ends:  # else it was taken away meanwhile
                    session.eofs[partition] = message.offset()
            elif name == "_AUTO_OFFSET_RESET":
                self._find_place_again(session, partition)
            elif name in BROKEN:
                self._reject(1, f"{partition[0]}, partition {partition[1]}: {error.str()}")
            elif name in MISSING or name in REFUSALS or error.fatal():
                raise meaning_of(error, self.name)
            else:
                self._note("broker", error.str())

    def _in_order(self, session: Session, found: list[Any]) -> list[Any]:
        """Return messages by their times, where there are several partitions."""
        ends = session.ends
        if session.is_member:  # else every partition stays
            found = [one for one in found if (one.topic(), one.partition()) in ends]
        if len(ends) <= 1 and not len(session.merge):
            if found:
                ends[found[-1].topic(), found[-1].partition()] = found[-1].offset() + 1
            return found
        merge = session.merge
        for partition, messages in by_partition(found).items():
            merge.add(partition, [message.timestamp()[1] for message in messages], messages)
            ends[partition] = messages[-1].offset() + 1
        if not len(merge):
            return []
        unfinished = [partition for partition in ends if not session.is_at_end(partition)]
        ready = merge.take(unfinished, self._clock.monotonic())
        session.hold_up()
        return ready

    def _deliver(self, messages: Iterable[Any]) -> None:
        given = list(messages)
        for first in range(0, len(given), MESSAGES_AT_ONCE):  # more would not fit into the caches
            self._deliver_some(given[first : first + MESSAGES_AT_ONCE])

    def _deliver_some(self, messages: list[Any]) -> None:
        if self._is_abandoned:
            return
        found = Payloads(
            messages,
            is_one=self._is_one,
            by_key=self.by_key,
            is_parsed=self._messages.parse is not None,
        )
        self._progress.newest_ms |= found.newest_ms
        for schema in found.unknown:
            self._reject_unknown(schema)
        if found.n_empty:
            self._drop(found.n_empty, "messages without a value (tombstones) are left out")
        super()._deliver(found.readable)
        self._progress.advance(found.offsets)

    def _reject_unknown(self, schema: SchemaId) -> None:
        self._note_once(
            "schema",
            f"messages of {schema.topic!r} are Avro or Protobuf with the id of a schema "
            f"({schema.number}) in a schema registry; pass parse=… to decode them, such as an "
            "AvroDeserializer of confluent_kafka.schema_registry",
        )
        what = f"Avro or Protobuf with the schema {schema.number} of a schema registry"
        self._reject(1, f"{what}; pass parse=…")

    # What goes on meanwhile.

    def _watch(self, session: Session, now: float) -> None:
        """See how far it is behind, and whether a topic ends before what was read of it."""
        n_behind = 0
        for partition, end in list(session.ends.items()):
            high = session.high(partition)
            offset = self._progress.offsets.get(partition, end)
            eof = session.eofs.get(partition)
            if eof is not None and offset == end < eof:  # markers of transactions stand at the end
                session.ends[partition] = end = offset = eof
                self._progress.advance({partition: eof})
            if 0 <= high < end:
                if now - session.beyond.setdefault(partition, now) >= BEYOND_FOR:
                    self._find_place_again(session, partition)
                continue
            session.beyond.pop(partition, None)
            if eof is None or eof < offset:
                n_behind += max(0, high - offset)
        newest = max(self._progress.newest_ms.values(), default=None)
        age_ms = 0 if newest is None else self._clock.wall_ns() // 1_000_000 - newest
        is_behind = n_behind > 0 and age_ms >= BEHIND_AFTER_MS
        self._lag = lag = Lag(n_behind, age_ms / 1000 if is_behind else 0.0)
        if is_behind:
            self._note("lag", str(lag))
        else:
            self._forget_note("lag")

    def _look_for_changes(self, session: Session) -> None:
        assert session.ids is not None
        new = self._progress.take_ids(session.ids.take())
        if new:
            self._progress.miss(new)
            message = f"the topic {new[0]!r} was made anew"
            raise ConnectError(message, source=self.name)
        session.ids.ask({topic for topic, _ in session.ends})
        if self.group is not None:
            return  # the library finds partitions itself
        try:
            # On a connection of its own: on the consumer's it would wait behind the question for messages.
            found = self._find(session, session.ids.list_topics)
        except ConnectError as error:
            if isinstance(error, RefusedError):
                raise
            return  # the library says it too, if it lasts
        known = {topic for topic, _ in session.ends}
        if not found or known - found.keys():
            message = "a topic was deleted"
            raise ConnectError(message, source=self.name)
        if len(session.ends) < sum(map(len, found.values())):
            for topic in found.keys() - known:
                session.brokers.learn(topic)
            self._assign(session, found, Start(EARLIEST))  # what is in them is new

    def _find_place_again(self, session: Session, partition: Partition) -> None:
        """Go on where it is possible: what should be read next is not there."""
        session.beyond.pop(partition, None)
        offset = session.ends.get(partition)
        if offset is None:
            return
        place = self._places(session).again(partition, offset)
        session.move(partition, place)
        self._progress.advance({partition: place})

    def _translate(self, error: Exception) -> Exception:
        if isinstance(error, self._kafka.KafkaException):
            return meaning_of(error.args[0] if error.args else error, self.name)
        return super()._translate(error)
