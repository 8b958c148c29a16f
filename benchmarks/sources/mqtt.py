"""A broker of MQTT."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbstream as ns
from benchmarks.sources.counterparts import command_of, running, sending
from benchmarks.sources.measuring import Cost, decoder, read_by
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import HOST, TOPIC_NAME
from benchmarks.sources.streamz_reading import streamz_reads
from tests.counterparts.mosquitto import Mosquitto


def mqtt(_folder: Path) -> Iterator[Race]:
    """Yield the race over a broker of MQTT."""
    import paho.mqtt.client as paho

    n = 50_000
    loads = decoder()
    with running(Mosquitto) as broker:
        if broker is None:
            return

        def bare() -> Cost:
            came = 0

            def take(_client: Any, _data: Any, given: Any) -> None:
                nonlocal came
                loads(given.payload)
                came += 1

            client = paho.Client(paho.CallbackAPIVersion.VERSION2)
            client.on_message = take
            client.on_connect = lambda *_: client.subscribe(TOPIC_NAME)
            is_ready = False

            def ready(*_: Any) -> None:
                nonlocal is_ready
                is_ready = True

            client.on_subscribe = ready
            client.connect(HOST, broker.port)
            while not is_ready:
                client.loop(0.1)
            process = sending("mqtt", n, broker.port)
            while not came:
                client.loop(0.1)
            first, begun, cpu = came, time.perf_counter(), time.process_time()
            while came < n:
                client.loop(0.1)
            cost = Cost(came - first, time.perf_counter() - begun, time.process_time() - cpu)
            client.disconnect()
            process.wait()
            return cost

        def ours() -> Cost:
            return read_by(
                lambda b: ns.MqttSource(TOPIC_NAME, host=HOST, port=broker.port, buffer=b),
                n,
                lambda: sending("mqtt", n, broker.port),
            )

        def theirs() -> Cost:
            def make(stream: Any) -> Any:
                source = stream.from_mqtt(HOST, broker.port, TOPIC_NAME)
                later = subprocess.Popen(
                    ["sh", "-c", 'sleep 1; exec "$@"', "sh", *command_of("mqtt", n, broker.port)]
                )
                assert later.poll() is None
                return source

            return streamz_reads(make, n)

        yield Race("MQTT, QoS 0; paho, orjson", 15_000, bare, ours, theirs)
