"""The other sides of docs/recipes.md: real servers where a library brings one, stand-ins where none does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

from tests.counterparts.ports import HOST, free_port
from tests.counterparts.proxy import Proxy

START = 1_782_907_200
INFO = {
    "server_id": "x",
    "version": "2.12.0",
    "proto": 1,
    "headers": True,
    "max_payload": 1_048_576,
}


class Loop:
    """An event loop in a thread, for servers that want one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        """Return what a coroutine gives."""
        # A server of OPC UA begins with thousands of nodes.
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(120)

    def close(self) -> None:
        """End it."""

        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.run(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Publisher:
    """A publisher of ZeroMQ."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"tcp://{HOST}:{self.port}"

    def start(self) -> None:
        """Let it be there."""
        import zmq

        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUB)
        self._socket.linger = 0
        self._socket.bind(self.address)

    def say(self, n: int) -> None:
        """Publish a number, and something that nobody wants."""
        self._socket.send_multipart([b"pump/flow", b"%d" % n])
        self._socket.send_multipart([b"fan/speed", b"1"])

    def kill(self) -> None:
        """Let it be gone."""
        self._socket.close()
        self._context.term()


class Nats:
    """A stand-in for NATS: INFO, CONNECT, PING, SUB and MSG of its client protocol."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"nats://{HOST}:{self.port}"

    def start(self) -> None:
        """Let it be there."""
        self._server = socket.create_server((HOST, self.port))
        self._subscribed: list[tuple[socket.socket, str]] = []
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = server.accept()
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer, peer.makefile("rb") as lines:
            peer.sendall(b"INFO " + json.dumps(INFO | {"port": self.port}).encode() + b"\r\n")
            for line in lines:
                word, *rest = line.decode().split()
                if word == "PING":
                    peer.sendall(b"PONG\r\n")
                elif word == "SUB":
                    self._subscribed.append((peer, rest[-1]))

    def say(self, n: int) -> None:
        """Publish a number."""
        payload = b"%d" % n
        for peer, subscription in self._subscribed:
            with contextlib.suppress(OSError):
                peer.sendall(
                    b"MSG plant.flow %s %d\r\n%s\r\n"
                    % (subscription.encode(), len(payload), payload)
                )

    def kill(self) -> None:
        """Let it be gone."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for peer, _ in self._subscribed:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)


class OpcUa:
    """A server of OPC UA, of asyncua, behind a line that breaks: it takes seconds to start anew."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._port = free_port()
        self._line = Proxy(self._port)
        self.address = f"opc.tcp://{HOST}:{self._line.port}"
        self._server: Any = None

    def start(self) -> None:
        """Let it be there."""
        if self._server is None:
            self._loop.run(self._start())

    async def _start(self) -> None:
        from asyncua import Server, ua

        self._server = Server()
        await self._server.init()
        self._server.set_endpoint(f"opc.tcp://{HOST}:{self._port}")
        space = await self._server.register_namespace("urn:plant")
        self._nodes = [
            await self._server.nodes.objects.add_variable(ua.NodeId(name, space), name, 0.0)
            for name in ("temperature", "pressure")
        ]
        await self._server.start()

    def say(self, n: int) -> None:
        """Have a number to be read."""
        self._loop.run(self._nodes[0].write_value(float(n)))

    def kill(self) -> None:
        """Break the line, for long enough to be seen."""
        self._line.cut(0.2)

    def close(self) -> None:
        """End it."""
        self._line.close()
        if self._server is not None:
            self._loop.run(self._server.stop())


class Modbus:
    """A server of Modbus, of pymodbus."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.port = free_port()
        self._n = 0

    def start(self) -> None:
        """Let it be there."""
        self._loop.run(self._start())

    async def _start(self) -> None:
        from pymodbus.server import ModbusTcpServer
        from pymodbus.simulator import DataType, SimData, SimDevice

        values = [float(self._n), 2.5]
        meter = SimDevice(id=1, simdata=[SimData(0, values=values, datatype=DataType.FLOAT32)])
        self._server = ModbusTcpServer(meter, address=(HOST, self.port))
        await self._server.serve_forever(background=True)

    def say(self, n: int) -> None:
        """Have a number to be read."""
        if n != self._n:
            self._n = n
            self.kill()
            self.start()

    def kill(self) -> None:
        """Let it be gone."""
        self._loop.run(self._server.shutdown())


class Grpc:
    """A server of gRPC that streams, and what protoc would make of its .proto."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"{HOST}:{self.port}"
        self._waiting: list[int] = []
        self._condition = threading.Condition()
        self._is_ended = False

    def modules(self) -> dict[str, ModuleType]:
        """Return sensors_pb2 and sensors_pb2_grpc."""

        class WatchRequest:
            def SerializeToString(self) -> bytes:
                return b""

        class Reading:
            def __init__(self, time: float, temp: float, hum: float) -> None:
                self.time, self.temp, self.hum = time, temp, hum

        class SensorsStub:
            def __init__(self, channel: Any) -> None:
                self.Watch = channel.unary_stream(
                    "/plant.Sensors/Watch",
                    request_serializer=WatchRequest.SerializeToString,
                    response_deserializer=lambda data: Reading(*json.loads(data)),
                )

        messages, stubs = ModuleType("sensors_pb2"), ModuleType("sensors_pb2_grpc")
        messages.WatchRequest = WatchRequest  # type: ignore[attr-defined]
        stubs.SensorsStub = SensorsStub  # type: ignore[attr-defined]
        return {"sensors_pb2": messages, "sensors_pb2_grpc": stubs}

    def start(self) -> None:
        """Let it be there."""
        import grpc

        self._is_ended = False
        handlers = {"Watch": grpc.unary_stream_rpc_method_handler(self._watch)}
        self._server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("plant.Sensors", handlers),)
        )
        assert self._server.add_insecure_port(self.address) == self.port
        self._server.start()

    def _watch(self, request: bytes, context: Any) -> Iterator[bytes]:
        while not self._is_ended and context.is_active():
            with self._condition:
                self._condition.wait_for(lambda: self._waiting or self._is_ended, 1)
                waiting, self._waiting = self._waiting, []
            for n in waiting:
                yield json.dumps([START + n, n, 40.5]).encode()

    def say(self, n: int) -> None:
        """Send a reading."""
        with self._condition:
            self._waiting.append(n)
            self._condition.notify_all()

    def kill(self) -> None:
        """Let it be gone."""
        with self._condition:
            self._is_ended = True
            self._condition.notify_all()
        self._server.stop(0).wait()


class Thermometer:
    """A stand-in for bleak and a thermometer: the methods that the recipe uses, as those of bleak 3.1."""

    def __init__(self) -> None:
        self._is_there = False
        self._connected: list[Any] = []

    def modules(self) -> dict[str, ModuleType]:
        """Return the module bleak."""
        thermometer = self

        class BleakError(Exception):
            pass

        class BleakClient:
            def __init__(
                self,
                address_or_ble_device: str,
                disconnected_callback: Callable[[Any], None] | None = None,
            ) -> None:
                self.address, self.gone = address_or_ble_device, disconnected_callback
                self.told: Callable[[Any, bytearray], None] | None = None

            async def __aenter__(self) -> Any:
                if not thermometer._is_there:
                    message = f"Device with address {self.address} was not found."
                    raise BleakError(message)
                self.loop = asyncio.get_running_loop()
                thermometer._connected.append(self)
                return self

            async def __aexit__(self, *error: object) -> None:
                if self in thermometer._connected:
                    thermometer._connected.remove(self)

            async def start_notify(
                self, char_specifier: str, callback: Callable[[Any, bytearray], None]
            ) -> None:
                assert char_specifier.startswith("00002a6e")
                self.told = callback

        module = ModuleType("bleak")
        module.BleakClient = BleakClient  # type: ignore[attr-defined]
        return {"bleak": module}

    def start(self) -> None:
        """Let it be there."""
        self._is_there = True

    def say(self, n: int) -> None:
        """Notify of a temperature."""
        data = bytearray((n * 100).to_bytes(2, "little", signed=True))
        for client in list(self._connected):
            if client.told is not None:
                with contextlib.suppress(RuntimeError):
                    client.loop.call_soon_threadsafe(client.told, None, data)

    def kill(self) -> None:
        """Let it be out of reach."""
        self._is_there = False
        for client in list(self._connected):
            client.loop.call_soon_threadsafe(client.gone, client)


class Talker:
    """A WebSocket server that says what is told to whoever has asked for it as the documentation has it.

    Parameters
    ----------
    greet
        Takes a connection, and returns when it has subscribed.
    message
        Makes the text of a number.
    """

    def __init__(self, greet: Callable[[Any], None], message: Callable[[int], str]) -> None:
        self.port = free_port()
        self.address = f"ws://{HOST}:{self.port}"
        self._greet, self._message = greet, message
        self._peers: list[Any] = []

    def start(self) -> None:
        """Let it be there."""
        from websockets.sync.server import serve

        self._server = serve(self._serve, HOST, self.port)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _serve(self, peer: Any) -> None:
        from websockets.exceptions import ConnectionClosed

        with contextlib.suppress(ConnectionClosed):
            self._greet(peer)
            self._peers.append(peer)
            for _ in peer:
                pass

    def say(self, n: int) -> None:
        """Send a message."""
        from websockets.exceptions import ConnectionClosed

        for peer in list(self._peers):
            with contextlib.suppress(ConnectionClosed):
                peer.send(self._message(n))

    def kill(self) -> None:
        """Let it be gone."""
        self._server.shutdown()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.socket.shutdown(socket.SHUT_RDWR)
        self._peers = []


def installed(modules: dict[str, ModuleType], monkeypatch: Any) -> None:
    """Let modules be imported."""
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
