"""Entries of Redis' streams, and messages of its channels; of Valkey's too."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

from nbstream.errors import ConnectError, RefusedError
from nbstream.sources.network.message_source import READ_TIMEOUT, load_extra
from nbstream.sources.network.messages import Message, MessageColumns
from nbstream.sources.network.network_source import NetworkSource
from nbstream.sources.wording import shorten
from nbstream.text.nearest import did_you_mean
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    import redis

__all__ = ["RedisSource"]

TIMEOUT = 5.0
ENTRIES_AT_ONCE = 5000
FIRST = "0-0"
ONLY_FIELD = (b"value", b"data", b"payload", b"message", b"json")
_ALONE = {(2, name) for name in ONLY_FIELD}
"""Names of a field that holds a whole message."""


class RedisSource(NetworkSource["_Session"]):
    """Reads the entries of streams, or the messages that are published.

    Parameters
    ----------
    url
        The server: "redis://user:password@host:6379/0", "rediss://…" for TLS, "unix://…"; its password is
        shown nowhere.
    streams
        Keys of streams to read.
    topics
        Channels of publish and subscribe to listen to; "*" stands for anything.
    start
        Where a stream begins that was not read yet: "latest" for new entries only, "earliest" for all that it
        holds, or an id.
    **options
        As for `MessageSource`: path, time, channels, states, parse, reconnect_after; and for every `Source`.

    Raises
    ------
    DependencyError
        If redis is missing: ``pip install "nbstream[redis]"``, which also installs hiredis, without which
        messages are read three times as slowly.
    ValueError
        If there are neither streams nor topics, or both.

    Notes
    -----
    The fields of an entry are values, and its id is its time unless it holds one. An entry with a single
    field such as "data" is the message that stands in it. Of several streams or topics each channel begins
    with its key. After a break a stream goes on behind the last entry that was read, which is the source's
    `position`; what is published meanwhile is lost.

    Thread safety: any thread.
    """

    kind = "redis"

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        streams: str | Sequence[str] | None = None,
        *,
        topics: str | Sequence[str] | None = None,
        start: str = "latest",
        **options: Any,
    ) -> None:
        self._redis = load_extra("redis", "redis", "RedisSource")
        if (streams is None) == (topics is None):
            message = "Give 'streams' or 'topics', one of both."
            raise ValueError(message)
        self.streams, self.topics = _texts(streams), _texts(topics)
        self.start_at = {"latest": "$", "earliest": FIRST}.get(start, start)
        self._url = url
        self._ids: dict[str, str] = {}
        names = self.streams or self.topics
        self._is_one = len(names) == 1 and "*" not in names[0]
        self.target = url.partition("://")[2].rpartition("@")[2].partition("?")[0]
        options["name"] = options.get("name") or shorten(names[0])
        super().__init__(**options)
        self._hide_url(url)

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address: ``redis://host/0?stream=readings``, or ``?topic=sensors.*``.

        Parameters
        ----------
        url
            Behind its question mark `stream` or `topic` stands, perhaps several times, and `start`.
        **options
            Further options of the source.

        Raises
        ------
        ValueError
            If it names neither, or something else.
        """
        address, _, query = url.partition("?")
        found: dict[str, Any] = {}
        for name, text in parse_qsl(query, keep_blank_values=True):
            if name not in {"stream", "topic", "start"}:
                near = did_you_mean(name, ("start", "stream", "topic"))
                message = f"An address redis:// takes no {redact(name)!r}. {near}"
                raise ValueError(message)
            if name == "start":
                found["start"] = text
            else:
                found.setdefault(f"{name}s", []).append(text)
        return cls(address, **{**found, **options})

    @property
    def position(self) -> Any:
        """The id of the last entry by stream; None before the first connection, and of topics."""
        return dict(self._ids) or None

    def _go_to(self, position: Any) -> None:
        is_one = isinstance(position, Mapping) and set(position) <= set(self.streams)
        if not is_one or not all(isinstance(one, str) for one in position.values()):
            message = f"'position' must be what a source of streams said (got {position!r:.80})."
            raise ValueError(message)
        self._ids = dict(position)

    # The connection.

    def _connect(self) -> _Session:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        client: Any = self._redis.Redis.from_url(
            self._url,
            socket_timeout=self._answer_within(),
            socket_connect_timeout=TIMEOUT,
            retry=Retry(NoBackoff(), 0),  # the supervisor tries again
            protocol=2,  # with 3 the library writes each published message into its log
            single_connection_client=bool(self.streams),  # a pool connects again and says nothing
        )
        client.set_response_callback("XREAD", _as_it_came)
        try:
            client.ping()
            if self.topics:
                heard = client.pubsub()
                heard.psubscribe(*self.topics)
                return _Session(client, heard, self._wait_until_heard(heard))
            for stream in self.streams:
                self._find_place(client, stream)
        except BaseException:
            client.close()
            raise
        return _Session(client, None, [])

    def _answer_within(self) -> float:
        """Return the seconds after which a server that was asked something is taken for dead."""
        silence = self.reconnect_after
        return TIMEOUT if silence is None else min(TIMEOUT, max(silence, 2 * READ_TIMEOUT))

    def _wait_until_heard(self, heard: Any) -> list[Any]:
        """Wait until the server has confirmed each topic; return what was published meanwhile."""
        early = []
        n_left = len(set(self.topics))
        while n_left:
            said = heard.get_message(timeout=TIMEOUT)
            if said is None:
                message = f"the server confirmed no subscription within {TIMEOUT:g} s"
                raise ConnectError(message, source=self.name)
            if said["type"] == "psubscribe":
                n_left -= 1
            else:
                early.append(said)
        return early

    def _find_place(self, client: redis.Redis, stream: str) -> None:
        """Find where a stream begins: an id that stays, so that nothing is lost between two questions."""
        entries: Any
        known = self._ids.get(stream)
        if known is not None:
            entries = client.xrange(stream, count=1)
            if entries and known != FIRST and _as_numbers(entries[0][0]) > _as_numbers(known):
                text = "entries were deleted from a stream before they could be read"
                self._note_once("deleted", f"{text} (before {entries[0][0].decode()})")
        elif self.start_at == "$":
            entries = client.xrevrange(stream, count=1)
            self._ids[stream] = entries[0][0].decode() if entries else FIRST
        else:
            self._ids[stream] = self.start_at

    def _wake(self, client: _Session) -> None:
        """End a question that a server which hangs does not answer; nothing is taken from it by that."""
        asked: Any = client.client if client.heard is None else client.heard
        asked.connection._sock.shutdown(socket.SHUT_RDWR)

    def _disconnect(self, client: _Session) -> None:
        if client.heard is not None:
            client.heard.close()
        client.client.close()

    # Messages.

    def _read(self, client: _Session) -> Iterable[Any] | None:
        if client.heard is not None:
            return self._published(client)
        wait_ms = round(READ_TIMEOUT * 1000)
        ids: Any = self._ids
        found: Any = client.client.xread(ids, count=ENTRIES_AT_ONCE, block=wait_ms)
        messages: list[MessageColumns] = []
        for key, entries in found.items() if isinstance(found, dict) else found or ():
            stream = key.decode()
            if entries:
                messages.append(self._entries("" if self._is_one else stream, entries))
                self._ids[stream] = entries[-1][0].decode()
        return messages[0] if len(messages) == 1 else list(itertools.chain(*messages))

    def _published(self, session: _Session) -> list[Message]:
        """Return what was published; an error is raised once all that came before it was returned."""
        if session.error is not None:
            raise session.error
        messages: list[Message] = []
        for said in session.early:
            messages += self._message(said["type"].encode(), said["channel"], said["data"])
        session.early.clear()
        connection, timeout = session.heard.connection, READ_TIMEOUT
        try:
            while len(messages) < ENTRIES_AT_ONCE and connection.can_read(timeout):
                # A message that has begun to come is waited for: to the library its time-out is an error.
                said = connection.read_response(disconnect_on_error=False, push_request=True)
                timeout = 0.0
                if len(said) == 4:  # its kind, the pattern, the channel, and what was published
                    messages += self._message(said[0], said[2], said[3])
        except Exception as error:
            if not messages:
                raise
            session.error = error
        return messages

    def _message(self, kind: bytes, channel: bytes, payload: bytes) -> tuple[Message, ...]:
        name = "" if self._is_one else channel.decode()
        return (Message(payload, name),) if kind == b"pmessage" else ()

    def _entries(self, name: str, entries: Sequence[tuple[bytes, list[bytes]]]) -> MessageColumns:
        """Return the entries of a stream, as messages that were sent when their ids say."""
        sent = [int(entry_id[: entry_id.index(b"-")]) * 1_000_000 for entry_id, _ in entries]
        fields = [some for _, some in entries]
        if {(len(some), some[0]) for some in fields} <= _ALONE:
            payloads: list[Any] = [some[1] for some in fields]
        else:
            payloads = list(map(_payload_of, fields))
        return MessageColumns(payloads, (name,) * len(payloads), sent)

    def _translate(self, error: Exception) -> Exception:
        errors = self._redis.exceptions
        if isinstance(error, (errors.AuthenticationError, errors.NoPermissionError)):
            return RefusedError(f"the server refused: {error}", source=self.name)
        if isinstance(error, errors.ResponseError):
            return RefusedError(f"the server said: {shorten(error, 200)}", source=self.name)
        if isinstance(error, errors.RedisError):
            return ConnectError(shorten(error, 200), source=self.name)
        return super()._translate(error)


@dataclass(slots=True)
class _Session:
    """A client, and what it has subscribed to."""

    client: redis.Redis
    heard: Any
    early: list[Any]
    """What was published before all topics were confirmed."""
    error: Exception | None = None
    """What ended the connection after the last message."""


def _payload_of(fields: list[bytes]) -> Any:
    """Return what an entry holds: its only field, if it is called so, else all by their names."""
    if len(fields) == 2 and fields[0].lower() in ONLY_FIELD:
        return fields[1]
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return {_text(key): _text(value) for key, value in pairs}


def _as_it_came(answer: Any, **_options: Any) -> Any:
    """Return entries as flat lists: of each of them the library would make a dict."""
    return answer


def _texts(given: str | Sequence[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _as_numbers(entry_id: str | bytes) -> tuple[int, int]:
    text = entry_id.decode() if isinstance(entry_id, bytes) else entry_id
    milliseconds, _, count = text.partition("-")
    return int(milliseconds), int(count or 0)
