"""Each server of the tests starts, hangs, crashes and comes back on its port."""

from __future__ import annotations

import pytest

from tests.counterparts.kafka import MockKafka, Tansu
from tests.counterparts.mosquitto import Mosquitto
from tests.counterparts.node_exporter import NodeExporter
from tests.counterparts.ports import is_open
from tests.counterparts.postgres import Postgres
from tests.counterparts.redis import Redis
from tests.counterparts.server import Server
from tests.wait import wait_until


@pytest.mark.parametrize("kind", [Mosquitto, NodeExporter, Postgres, Redis, Tansu])
def test_comes_back_on_its_port(kind: type[Server]) -> None:
    """A server that was killed answers again where it answered before; one that was stopped does not."""
    with kind() as server:
        port = server.port
        wait_until(server.answers, message="an answer")
        server.restart()
        wait_until(server.answers, message="an answer")
        assert server.port == port
    wait_until(lambda: not is_open(port), message=f"port {port} to close")


def test_a_held_server_is_silent() -> None:
    """A server that hangs keeps its port and answers nothing until it is released."""
    with Redis() as server:
        server.hold()
        assert is_open(server.port)
        assert not server.answers()
        server.release()
        wait_until(server.answers, message="an answer")


def test_the_mock_cluster_can_be_held_and_ended() -> None:
    """Librdkafka's cluster tells its port and is gone when it is ended."""
    with MockKafka() as server:
        port = server.port
        server.hold()
        server.release()
        wait_until(server.answers, message="an answer")
    wait_until(lambda: not is_open(port), message=f"port {port} to close")
