"""Programs that send messages as fast as they are taken, or at a steady pace, for `benchmarks.sources`.

`python -m benchmarks.sources.senders KIND PORT N` sends N messages; with a rate behind it, so many a second
(with "topic" it is the number of partitions). They write to sockets themselves, because the libraries' own
senders are slower than a quick reader; only into topics of Kafka librdkafka writes.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST = "127.0.0.1"
AT_ONCE = 200
TOPIC = b"bench/readings"
TOPIC_NAME = TOPIC.decode()
START_MS = 1_782_907_200_000
CONNECT = b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05bench"


def message(number: int) -> bytes:
    """Return a message as devices send it: its time, and two values."""
    ms = START_MS + number
    return b'{"t":%d.%03d,"temp":%d.%02d,"hum":%d.%d}' % (
        *divmod(ms, 1000),
        *(20 + number % 7, number * 37 % 100),
        *(40 + number % 11, number % 10),
    )


def sent_now(_number: int) -> bytes:
    """Return a message that says when it was sent."""
    return b'{"sent":%.6f}' % time.time()


def as_frame(payload: bytes) -> bytes:
    """Return a text frame of a WebSocket."""
    return b"\x81" + bytes([len(payload)]) + payload


def as_event(payload: bytes) -> bytes:
    """Return an event of a stream of events."""
    return b"data: " + payload + b"\n\n"


def as_publish(payload: bytes) -> bytes:
    """Return an MQTT packet that publishes a short payload."""
    body = len(TOPIC).to_bytes(2, "big") + TOPIC + payload
    return b"\x30" + bytes([len(body)]) + body


def as_line(payload: bytes) -> bytes:
    """Return a line of text."""
    return payload + b"\n"


def as_command(*words: bytes) -> bytes:
    """Return a command of Redis."""
    parts = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    return b"*%d\r\n%s" % (len(words), parts)


def as_redis_publish(payload: bytes) -> bytes:
    """Return a command that publishes."""
    return as_command(b"PUBLISH", TOPIC, payload)


def as_entry(payload: bytes) -> bytes:
    """Return a command that appends to a stream."""
    return as_command(b"XADD", TOPIC, b"*", b"data", payload)


def packets(n: int, rate: float, pack: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """Return what is written, one after the other: many messages at once, or one each time it is due."""
    if not rate:
        for first in range(0, n, AT_ONCE):
            yield b"".join(pack(message(i)) for i in range(first, min(first + AT_ONCE, n)))
        return
    begun = time.perf_counter()
    for number in range(n):
        time.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        yield pack(sent_now(number))


def answer(request: bytes) -> bytes:
    """Return the end of a handshake: of a WebSocket, else of a stream of events."""
    name = b"sec-websocket-key:"
    place = request.lower().find(name)
    if place < 0:
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    key = request[place + len(name) :].partition(b"\r\n")[0].strip()
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


def serve(port: int, n: int, rate: float, pack: Callable[[bytes], bytes]) -> None:
    """Send all messages to each client that comes, one client after the other, until this ends."""
    ready = [] if rate else list(packets(n, 0.0, pack))
    with socket.create_server((HOST, port)) as listener:
        while True:
            client, _ = listener.accept()
            with client, contextlib.suppress(OSError):
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                request = b""
                while b"\r\n\r\n" not in request and (came := client.recv(65_536)):
                    request += came
                if not request:
                    continue
                client.sendall(answer(request))
                for packet in ready or packets(n, rate, pack):
                    client.sendall(packet)
                while client.recv(65_536)[:1] not in (b"", b"\x88"):
                    pass


def send(
    port: int, n: int, rate: float, pack: Callable[[bytes], bytes], hello: bytes, goodbye: bytes
) -> None:
    """Send all messages to a server, and wait until it has taken them."""
    with socket.create_connection((HOST, port)) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if hello:
            client.sendall(hello)
            client.recv(64)
        for packet in packets(n, rate, pack):
            client.sendall(packet)
        client.sendall(goodbye)
        while client.recv(65_536):
            pass


def write(n: int, rate: float) -> None:
    """Write all messages as lines."""
    with contextlib.suppress(BrokenPipeError):
        for packet in packets(n, rate, as_line):
            os.write(sys.stdout.fileno(), packet)


def fill_topic(port: int, n: int, n_partitions: int) -> None:
    """Write all messages into a new topic, to its partitions in turn."""
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient, NewTopic

    settings = {"bootstrap.servers": f"{HOST}:{port}", "log_level": 0}
    topic = kafka_topic(n_partitions)
    client = AdminClient(settings)
    client.create_topics([NewTopic(topic, n_partitions, 1)])[topic].result(10)
    producer = Producer({**settings, "queue.buffering.max.messages": n, "linger.ms": 50})
    for number in range(n):
        producer.produce(
            topic,
            message(number),
            partition=number % n_partitions,
            timestamp=START_MS + number,
        )
    assert producer.flush(60) == 0


def add_records(port: int, n: int, rate: float) -> None:
    """Write messages at a pace into the first partition of a topic that there is."""
    from confluent_kafka import Producer

    settings = {"bootstrap.servers": f"{HOST}:{port}", "log_level": 0, "linger.ms": 0}
    producer = Producer(settings)
    producer.list_topics(kafka_topic(1), 10)
    for packet in packets(n, rate, bytes):
        producer.produce(kafka_topic(1), packet, partition=0)
        producer.poll(0)
    assert producer.flush(60) == 0


def answer_questions(port: int) -> None:
    """Answer each question of HTTP with the same reading, until this ends."""
    server = ThreadingHTTPServer((HOST, port), _Answers)
    server.serve_forever()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        payload = message(0)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def kafka_topic(n_partitions: int) -> str:
    """Return the name of a topic of so many partitions."""
    return f"bench-{n_partitions}"


def main() -> None:
    """Send as the arguments say."""
    kind, port, n, *more = sys.argv[1:]
    rate = float(more[0]) if more else 0.0
    arguments = int(port), int(n), rate
    if kind == "websocket":
        serve(*arguments, as_frame)
    elif kind == "events":
        serve(*arguments, as_event)
    elif kind == "mqtt":
        send(*arguments, as_publish, CONNECT, b"\xe0\x00")
    elif kind == "publish":
        send(*arguments, as_redis_publish, b"", as_command(b"QUIT"))
    elif kind == "entries":
        send(*arguments, as_entry, b"", as_command(b"QUIT"))
    elif kind == "topic":
        fill_topic(int(port), int(n), int(rate))
    elif kind == "records":
        add_records(*arguments)
    elif kind == "answers":
        answer_questions(int(port))
    elif kind == "lines":
        write(int(n), rate)
    else:  # nothing: who comes is let in, and hears no more
        serve(*arguments, as_frame)


if __name__ == "__main__":
    main()
