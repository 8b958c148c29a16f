"""An address given to watch brings what its server says into the dashboard, from each kind of server."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from nbstream.sources import SourceState
from nbstream.sources.addresses import SOURCES
from nbstream.widgets.watch import watch
from tests.conftest import our_threads
from tests.counterparts.http import serve
from tests.counterparts.kafka import Tansu, make_topic
from tests.counterparts.mosquitto import Mosquitto
from tests.counterparts.ports import HOST
from tests.counterparts.postgres import Postgres
from tests.counterparts.redis import Redis
from tests.counterparts.serial_device import Device
from tests.wait import wait_until

SOON = 20.0
ROWS = ((21.5, 40.0), (22.5, 41.0))
JSON = tuple(f'{{"temp": {temp}, "humidity": {humidity}}}' for temp, humidity in ROWS)
BOTH = {"temp": [21.5, 22.5], "humidity": [40.0, 41.0]}
Say = Callable[[], None]
"""Lets a server say all it has, once the source listens."""


@contextmanager
def http(_: Path) -> Iterator[tuple[str, Say]]:
    """A page of JSON whose rows have times."""
    pytest.importorskip("httpx")
    rows = ",".join(
        f'{{"ts": {1_782_907_200 + i}, "temp": {temp}, "humidity": {humidity}}}'
        for i, (temp, humidity) in enumerate(ROWS)
    )
    with serve(lambda request: request.say(f"[{rows}]")) as url:
        yield f"{url}?token=open-sesame", nothing


@contextmanager
def mqtt(_: Path) -> Iterator[tuple[str, Say]]:
    """A broker of several topics: each channel begins with its own."""
    publish = pytest.importorskip("paho.mqtt.publish")
    with Mosquitto() as broker:

        def say() -> None:
            messages: list[Any] = [("home/kitchen", text, 0, False) for text in JSON]
            messages.append(("home/attic/temp", "30.5", 0, False))
            publish.multiple(messages, hostname=HOST, port=broker.port)

        yield f"mqtt://ann:open-sesame@{HOST}:{broker.port}/home/#", say


@contextmanager
def websocket(_: Path) -> Iterator[tuple[str, Say]]:
    """A server that sends to whoever comes."""
    server = pytest.importorskip("websockets.sync.server")
    peers: list[Any] = []

    def handle(connection: Any) -> None:
        peers.append(connection)
        with contextlib.suppress(Exception):
            for _ in connection:
                pass

    def say() -> None:
        wait_until(lambda: peers, SOON)
        for text in JSON:
            peers[-1].send(text)

    with server.serve(handle, HOST, 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"ws://{HOST}:{running.socket.getsockname()[1]}/live?token=open-sesame", say
        running.shutdown()
        thread.join(20)


@contextmanager
def kafka(_: Path) -> Iterator[tuple[str, Say]]:
    """A broker with one topic."""
    library = pytest.importorskip("confluent_kafka")
    with Tansu() as broker:
        make_topic(broker.address, "plant-1")

        def say() -> None:
            producer = library.Producer({"bootstrap.servers": broker.address, "log_level": 0})
            for text in JSON:
                producer.produce("plant-1", text)
            assert producer.flush(30) == 0

        yield f"kafka://{broker.address}/plant-1", say


@contextmanager
def redis_stream(_: Path) -> Iterator[tuple[str, Say]]:
    """A stream, whose entries have fields."""
    library = pytest.importorskip("redis")
    with Redis(login=("ann", "open-sesame")) as server:

        def say() -> None:
            with library.Redis(HOST, server.port) as client:
                for temp, humidity in ROWS:
                    client.xadd("readings", {"temp": temp, "humidity": humidity})

        yield f"redis://ann:open-sesame@{HOST}:{server.port}/0?stream=readings", say


@contextmanager
def redis_topics(_: Path) -> Iterator[tuple[str, Say]]:
    """What is published under several names."""
    library = pytest.importorskip("redis")
    with Redis() as server:

        def say() -> None:
            with library.Redis(HOST, server.port) as client:
                for temp, humidity in ROWS:
                    client.publish("sensors.temp", temp)
                    client.publish("sensors.humidity", humidity)

        yield f"redis://{HOST}:{server.port}/0?topic=sensors.*", say


TABLE = "CREATE TABLE readings (id {} PRIMARY KEY, temp REAL, humidity REAL)"


@contextmanager
def postgresql(_: Path) -> Iterator[tuple[str, Say]]:
    """A table that rows are added to."""
    library = pytest.importorskip("psycopg")
    pytest.importorskip("sqlalchemy")
    with Postgres() as server:
        address = f"postgresql://postgres:open-sesame@{HOST}:{server.port}/postgres"
        with library.connect(address, autocommit=True) as writer:
            writer.execute(TABLE.format("SERIAL"))

            def say() -> None:
                for row in ROWS:
                    writer.execute("INSERT INTO readings (temp, humidity) VALUES (%s, %s)", row)

            yield f"{address}?table=readings", say


@contextmanager
def sqlite(folder: Path) -> Iterator[tuple[str, Say]]:
    """The same table in a file."""
    pytest.importorskip("sqlalchemy")
    path = folder / "plant.db"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute(TABLE.format("INTEGER"))

        def say() -> None:
            with writer:
                writer.executemany("INSERT INTO readings (temp, humidity) VALUES (?, ?)", ROWS)

        yield f"sqlite:///{path.as_posix()}?table=readings", say


@contextmanager
def serial(folder: Path) -> Iterator[tuple[str, Say]]:
    """A device that writes lines as an Arduino's Serial Plotter wants them."""
    pytest.importorskip("serial")
    if sys.platform == "win32":
        pytest.skip("Windows has no pseudo-terminals")
    device = Device(folder / "ttyUSB0")
    lines = "".join(f"temp:{temp},humidity:{humidity}\n" for temp, humidity in ROWS)
    yield f"serial://{device.port}?baud=115200", lambda: device.write(f"\n{lines}")
    device.unplug()


def nothing() -> None:
    """Say nothing: a server that is asked answers."""


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # a server's own ends
@pytest.mark.parametrize(
    ("counterpart", "wanted"),
    [
        (http, BOTH),
        (
            mqtt,
            {
                "home/kitchen.temp": [21.5, 22.5],
                "home/kitchen.humidity": [40.0, 41.0],
                "home/attic/temp": [30.5],
            },
        ),
        (websocket, BOTH),
        (kafka, BOTH),
        (redis_stream, BOTH),
        (redis_topics, {f"sensors.{name}": numbers for name, numbers in BOTH.items()}),
        (postgresql, BOTH),
        (sqlite, BOTH),
        (serial, BOTH),
    ],
)
def test_an_address_brings_readings(
    counterpart: Any, wanted: dict[str, list[float]], tmp_path: Path
) -> None:
    """Under the names that the other side uses, and closing the dashboard ends the source's thread."""
    before = our_threads()
    with counterpart(tmp_path) as (address, say):
        dashboard = watch(address, interval=0.02)
        source, buffer = dashboard.source, dashboard.analyzer.buffer

        def held() -> dict[str, list[float]]:
            frame = buffer.to_pandas()
            return {str(name): frame[name].dropna().tolist() for name in frame}

        try:
            wait_until(lambda: source.state is SourceState.RUNNING, SOON, lambda: repr(source))
            say()
            wait_until(lambda: held() == wanted, SOON, lambda: f"{held()} {source!r}")
            dashboard.analyzer.update()
            assert set(dashboard.analyzer.channels) == set(wanted)
            assert not source.counters().rejected
            assert "open-sesame" not in f"{source!r} {source.notes} {buffer.events}"
        finally:
            dashboard.close()
        assert not source.is_running
    wait_until(lambda: our_threads() <= before, SOON)


def test_each_kind_of_address_is_tried() -> None:
    """A scheme that is new to watch needs a counterpart above, or a reason not to have one."""
    elsewhere = {
        "duckdb mariadb mssql mysql oracle postgres": "the same source as postgresql and sqlite",
        "https kafkas mqtts rediss wss": "the same as without the s, encrypted",
        "system": "this machine, which is no address",
    }
    tried = {"http", "kafka", "mqtt", "postgresql", "redis", "serial", "sqlite", "ws"}
    assert set(SOURCES) == tried.union(*(schemes.split() for schemes in elsewhere))
