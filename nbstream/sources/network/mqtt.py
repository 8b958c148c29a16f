"""Messages of an MQTT broker: of sensors, of a house, of machines."""

from __future__ import annotations

import select
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import unquote

from nbstream.errors import ConfigurationError, ConnectError, RefusedError
from nbstream.sources.addresses import options_of_url
from nbstream.sources.network.message_source import READ_TIMEOUT, load_extra
from nbstream.sources.network.messages import Message
from nbstream.sources.network.network_source import NetworkSource
from nbstream.sources.wording import shorten
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Sequence

    from paho.mqtt.client import Client, MQTTMessage

__all__ = ["MqttSource"]

PORT, TLS_PORT = 1883, 8883
CONNECT_TIMEOUT = 5.0
KEEPALIVE = 10
"""Seconds between two signs of life; a broker that hangs is noticed after twice that."""
MAX_PACKETS = 500
"""So many are read before their readings go into the buffer."""
SHORT_LIFE, SHORT_LIVES = 2.0, 3
REMEMBERED = 1000
"""So many messages are compared with those that the broker sends again."""
REFUSALS = ("not authorized", "bad user name", "banned", "identifier not valid", "protocol")


class MqttSource(NetworkSource["Client"]):
    """Reads the messages of topics from an MQTT broker.

    Parameters
    ----------
    topics
        A topic, or several; "+" stands for one level and "#" for all below, as in "home/+/temperature".
    host
        The broker.
    port
        Its port; None is 1883, or 8883 with `tls`.
    username, password
        Who asks; the password is shown nowhere.
    tls
        Whether the connection is encrypted; or an `ssl.SSLContext` for certificates of one's own.
    qos
        0, 1 or 2, as MQTT counts them. What the broker sends again because an answer was lost (1) is left
        out, and counted.
    retained
        Whether values that the broker had kept are read: nobody knows how old they are, so that by default
        they are left out, and counted. One that names its own time (`time`) is always read.
    client_id
        Under which the broker knows this client; None is a new random one for each connection. Two clients
        with one id throw each other out.
    persistent
        Whether the broker keeps what comes while this client is away; needs `client_id` and `qos` 1 or 2.
    keepalive
        Seconds between two signs of life.
    **options
        As for `MessageSource`: path, time, channels, states, parse, reconnect_after; and for every `Source`.

    Raises
    ------
    DependencyError
        If paho-mqtt is missing: ``pip install "nbstream[mqtt]"``.
    ValueError
        If a topic can't be one, or `persistent` has no `client_id`.

    Notes
    -----
    A payload may be a number, JSON, or text with numbers. Of one topic without wildcards the fields of JSON
    are the channels, and a bare number has the topic's last level for a name. Of several topics each channel
    begins with its topic: "home/kitchen" for a number, "home/kitchen.temp" for a field.

    It subscribes again after each connection. What is sent meanwhile is lost, unless `persistent`. Messages
    are read and understood on one thread: if they come faster, the broker has to wait or drops them itself.

    Thread safety: any thread.
    """

    kind = "mqtt"

    def __init__(
        self,
        topics: str | Sequence[str],
        *,
        host: str = "localhost",
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        tls: bool | ssl.SSLContext = False,
        qos: Literal[0, 1, 2] = 0,
        retained: bool = False,
        client_id: str | None = None,
        persistent: bool = False,
        keepalive: int = KEEPALIVE,
        **options: Any,
    ) -> None:
        self._mqtt = load_extra("paho.mqtt.client", "mqtt", "MqttSource")
        self.topics = (topics,) if isinstance(topics, str) else tuple(topics)
        for topic in self.topics or ("",):
            if not is_filter(topic):
                message = f"A topic is such as 'home/+/temperature' or 'home/#' (got {topic!r})."
                raise ValueError(message)
        if "/" in host:
            message = f"'host' is a name such as 'broker.local', no address (got {redact(host)!r})."
            raise ValueError(message)
        if persistent and (client_id is None or qos == 0):
            message = (
                "'persistent' needs a 'client_id' and 'qos' 1 or 2: else the broker keeps nothing."
            )
            raise ValueError(message)
        if qos not in (0, 1, 2):
            message = f"'qos' must be 0, 1 or 2 (got {qos!r})."
            raise ValueError(message)
        self.host, self.port = host, port or (TLS_PORT if tls else PORT)
        self.qos, self.retained, self.persistent = qos, retained, persistent
        self.client_id = client_id
        self._username, self._password = username, password
        self._tls, self._keepalive = tls, keepalive
        self._is_one = len(self.topics) == 1 and not {"+", "#"} & set(self.topics[0])
        self._came: deque[Message] = deque()
        self._seen: deque[tuple[str, bytes]] = deque(maxlen=REMEMBERED)
        self._problem: Exception | None = None
        self._n_answers = 0
        self._n_short_lives = 0
        self._began_at = 0.0
        self.target = f"{host}:{self.port}"
        options["name"] = options.get("name") or shorten(self.topics[0])
        super().__init__(**options)
        self._hide(password)

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Return the source of an address: ``mqtt://user:password@host:1883/home/#?qos=1``.

        Parameters
        ----------
        url
            Its path is the topic, "#" if there is none; ``mqtts://`` is encrypted. Behind its question mark
            `qos`, `client_id`, `persistent`, `retained`, `time` and `path` may stand.
        **options
            Further options of the source.

        Raises
        ------
        ValueError
            If it has another option.
        """
        kinds = {
            **{"qos": int, "client_id": str, "persistent": bool, "retained": bool},
            **{"time": str, "path": str},
        }
        parts, found = options_of_url(url.replace("#", "%23"), kinds)
        if parts.username is not None:
            found["username"] = unquote(parts.username)
        if parts.password is not None:
            found["password"] = unquote(parts.password)
        found |= {"host": parts.hostname or "localhost", "port": parts.port}
        found["tls"] = parts.scheme.lower() == "mqtts"
        return cls(unquote(parts.path[1:]) or "#", **{**found, **options})

    # The connection.

    def _connect(self) -> Client:
        mqtt = self._mqtt
        client: Client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=self.client_id or "",
            clean_session=not self.persistent,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT
        if self._username is not None or self._password is not None:
            client.username_pw_set(self._username or "", self._password)
        tls = _Sockets(self._tls) if self._tls else None
        if tls is not None:
            client.tls_set_context(tls)  # type: ignore[arg-type]
        client.on_connect = self._has_connected
        client.on_subscribe = self._has_subscribed
        client.on_disconnect = self._has_disconnected
        client.on_message = self._has_message
        self._problem, self._n_answers = None, 0
        self._came.clear()
        self._began_at = self._clock.monotonic()
        try:
            client.connect(self.host, self.port, self._keepalive)
        except BaseException:
            if tls is not None:
                tls.close()
            raise
        try:
            self._await_answers(client)
        except BaseException:
            self._disconnect(client)
            raise
        return client

    def _await_answers(self, client: Client) -> None:
        """Wait until the broker has let this client in and has answered each subscription."""
        deadline = self._clock.monotonic() + CONNECT_TIMEOUT
        while self._n_answers < 1 + len(self.topics) and not self._is_stopping:
            self._turn(client)
            if self._came and self._is_over(client):
                return  # they are read first
            self._look_at_problem(client)
            if self._clock.monotonic() > deadline:
                message = f"the broker at {self.target} does not answer"
                raise ConnectError(message, source=self.name)

    def _disconnect(self, client: Client) -> None:
        client.on_disconnect = None
        client.disconnect()
        socket = client.socket()
        if socket is not None:
            socket.close()

    def _read(self, client: Client) -> Iterable[Message]:
        if not self._came:  # some may have come together with the answer to the subscription
            self._turn(client)
        if (
            not self._came
        ):  # what came before the end is read before it is told: the broker knows it as received
            self._look_at_problem(client)
        messages, self._came = self._came, deque()
        return messages

    def _is_over(self, client: Client) -> bool:
        return self._problem is not None or client.socket() is None

    def _look_at_problem(self, client: Client) -> None:
        """Raise what ended the connection, if anything did."""
        if self._problem is not None:
            raise self._problem
        if client.socket() is None:
            raise self._lost()

    def _turn(self, client: Client) -> None:
        """Read what came, and write what is due."""
        timeout = READ_TIMEOUT
        for _ in range(MAX_PACKETS):  # the library reads one at a time
            socket = client.socket()
            if socket is None:
                break
            is_pending = getattr(socket, "pending", int)() > 0  # what TLS has read already
            writes = [socket] if client.want_write() else []
            reads, writes, _ = select.select([socket], writes, [], 0 if is_pending else timeout)
            if reads or is_pending:
                client.loop_read()
            if writes:
                client.loop_write()
            if not (reads or writes or is_pending):
                break
            timeout = 0.0
        client.loop_misc()

    # What the broker says.

    def _has_connected(
        self, client: Client, _data: Any, _flags: Any, code: Any, _more: Any
    ) -> None:
        self._n_answers += 1
        if code.is_failure:
            text = f"the broker refused the connection: {code}"
            is_final = any(word in str(code).lower() for word in REFUSALS)
            kind = RefusedError if is_final else ConnectError
            self._problem = kind(text, source=self.name)
            return
        for topic in self.topics:
            client.subscribe(topic, self.qos)

    def _has_subscribed(
        self, _client: Client, _data: Any, _mid: int, codes: list[Any], _more: Any
    ) -> None:
        self._n_answers += 1
        refused = [code for code in codes if code.is_failure]
        if refused:
            text = f"the broker refused the subscription to {', '.join(self.topics)}: {refused[0]}"
            self._problem = RefusedError(text, source=self.name)

    def _has_disconnected(
        self, _client: Client, _data: Any, _flags: Any, code: Any, _more: Any
    ) -> None:
        if self._problem is not None:
            return
        is_short = self._clock.monotonic() - self._began_at < SHORT_LIFE
        self._n_short_lives = self._n_short_lives + 1 if is_short else 0
        text = f"the connection to the broker was lost: {code}"
        if self.client_id is not None and self._n_short_lives >= SHORT_LIVES:
            text = (
                f"the broker closes each connection at once; does another client use the id "
                f"{self.client_id!r} too?"
            )
        self._problem = ConnectError(text, source=self.name)

    def _has_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if message.qos and self._is_known(message):
            self._drop(1, "messages that the broker sent again are left out")
            return
        if message.retain and not self.retained and self._reader.time_name is None:
            text = "values that the broker had kept are left out: nobody knows how old they are"
            self._drop(1, f"{text} (retained=True reads them)")
            return
        name = message.topic
        if self._is_one:
            name = "" if message.payload[:1] in (b"{", b"[") else name.rpartition("/")[2]
        self._came.append(Message(message.payload, name))

    def _is_known(self, message: MQTTMessage) -> bool:
        """Return whether a message came before and is sent again; remember it."""
        key = (message.topic, bytes(message.payload))
        if message.dup and key in self._seen:
            return True
        self._seen.append(key)
        return False

    def _translate(self, error: Exception) -> Exception:
        # paho's word for a host or an option that can't be; a certificate's error is both
        if isinstance(error, ValueError) and not isinstance(error, OSError):
            return ConfigurationError(str(error), source=self.name)
        return super()._translate(error)


class _Sockets:
    """A context of TLS that knows its sockets: paho leaves one open whose handshake fails.

    Parameters
    ----------
    given
        The user's, or True for the usual one.
    """

    def __init__(self, given: ssl.SSLContext | bool) -> None:
        import ssl

        self._context = given if isinstance(given, ssl.SSLContext) else ssl.create_default_context()
        self._sockets: list[ssl.SSLSocket] = []

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """Return what the context makes of a socket."""
        made = self._context.wrap_socket(*arguments, **options)
        self._sockets.append(made)
        return made

    def close(self) -> None:
        """Close all of them."""
        for made in self._sockets:
            made.close()

    def __getattr__(self, name: str) -> Any:
        """Return what the context has."""
        return getattr(self._context, name)


def is_filter(topic: str) -> bool:
    """Return whether a text is a filter of topics, by section 4.7 of MQTT 3.1.1."""
    levels = topic.split("/")
    if not topic or "\0" in topic or len(topic.encode("utf-8", "replace")) > 65_535:
        return False
    if any("+" in level and level != "+" for level in levels):
        return False
    return all(level == "#" for level in levels if "#" in level) and "#" not in levels[:-1]
