"""docs/recipes.md says what is so: each recipe runs against the other side that it names, which breaks."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbstream as ns
from nbstream.sources import SourceState
from nbstream.widgets.watch import _open
from tests.counterparts.http import Request, serve
from tests.sources.network.test_influx import HEADER, ROWS, SERIES
from tests.sources.recipes import servers
from tests.sources.recipes.servers import START
from tests.wait import wait_until

TEXT = (Path(__file__).parents[3] / "docs" / "recipes.md").read_text("utf-8")
PARTS = dict(re.findall(r"^## ([\w ]+)\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE))
BLOCKS = {name: re.findall(r"```python\n(.*?)```", part, re.DOTALL) for name, part in PARTS.items()}
SOON = 15.0
TOKEN = "aG7canary"


class Quick:
    """A back-off that is over soon."""

    def uniform(self, least: float, most: float) -> float:
        """Return a moment."""
        return 0.1


def made_by(name: str, swaps: dict[str, str], block: int = 0) -> Any:
    """Run a recipe, with other addresses and paces; return its source, which doesn't wait long."""
    text = BLOCKS[name][block]
    for written, ours in swaps.items():
        assert written in text, f"{written!r} is not in the recipe of {name}"
        text = text.replace(written, ours)
    made: list[ns.Source] = []

    def watch(what: Any, interval: float = 1.0, **options: Any) -> None:
        options["random"] = Quick()
        source = _open(what, options, wait=False, interval=interval)
        assert isinstance(source, ns.Source)
        made.append(source)

    def websocket(url: str, **options: Any) -> None:
        made.append(ns.WebSocketSource(url, random=Quick(), **options))  # type: ignore[arg-type]

    class Names:
        WebSocketSource = staticmethod(websocket)
        RefusedError = ns.RefusedError

    Names.watch = staticmethod(watch)  # type: ignore[attr-defined]
    exec(text, {"ns": Names, "asyncio": asyncio, "token": TOKEN})
    return made[-1] if len(made) == 1 else made


def values(source: ns.Source, channel: str) -> list[float]:
    """Return what came of a channel."""
    return (
        source.buffer.channel(channel).rows(0).values.tolist()
        if channel in source.buffer.channels
        else []
    )


def comes(server: Any, source: ns.Source, channel: str, n: int) -> None:
    """Say a number until it comes: a message that is sent before somebody listens is lost.

    The source is RUNNING then, a moment after the number came.
    """

    def said() -> bool:
        server.say(n)
        return n in values(source, channel) and source.state is SourceState.RUNNING

    wait_until(said, SOON, lambda: f"{channel} = {n}, {source!r} {source.notes}", period=0.03)


def breaks_and_comes_back(server: Any, source: ns.Source, channel: str) -> Any:
    """Nobody is there at first; then somebody is, is gone, and comes back. Return what was read."""
    with source:
        wait_until(lambda: source.state is not SourceState.IDLE)
        server.start()
        comes(server, source, channel, 3)
        server.kill()
        wait_until(lambda: source.state is SourceState.RECONNECTING, SOON, lambda: repr(source))
        server.start()
        comes(server, source, channel, 5)
        thread = source._thread
        assert thread is not None
        source.stop()
        assert source.state is SourceState.STOPPED
        wait_until(lambda: not thread.is_alive(), SOON, lambda: repr(source))
        server.kill()
        return source.buffer.to_pandas()


@pytest.fixture
def loop() -> Iterator[servers.Loop]:
    """An event loop for servers."""
    loop = servers.Loop()
    yield loop
    loop.close()


def test_every_recipe_is_short_and_tested() -> None:
    """Ten lines at most, and a test here for each."""
    for name, blocks in BLOCKS.items():
        assert blocks, name
        for block in blocks:
            assert len([line for line in block.splitlines() if line.strip()]) <= 10, name
            assert max(map(len, block.splitlines())) <= 100, name
    source = Path(__file__).read_text("utf-8")
    assert [name for name in BLOCKS if f'"{name}"' not in source] == []


def test_zeromq() -> None:
    """A publisher that comes back is found by ZeroMQ itself, and silence by nbstream."""
    pytest.importorskip("zmq")
    server = servers.Publisher()
    swaps = {"tcp://plant:5556": server.address, "reconnect_after=30": "reconnect_after=0.2"}
    breaks_and_comes_back(server, made_by("ZeroMQ", swaps), "pump/flow")


def test_nats() -> None:
    """Subscribed again after a break."""
    pytest.importorskip("nats")
    server = servers.Nats()
    breaks_and_comes_back(
        server, made_by("NATS", {"nats://plant:4222": server.address}), "plant.flow"
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_opc_ua(loop: servers.Loop) -> None:
    """All nodes are read at once."""
    pytest.importorskip("asyncua")
    server = servers.OpcUa(loop)
    swaps = {'"opc.tcp://plc:4840"': f'"{server.address}", timeout=3', "sleep(1)": "sleep(0.02)"}
    try:
        found = breaks_and_comes_back(server, made_by("OPC UA", swaps), "temperature")
    finally:
        server.close()
    assert list(found) == ["temperature", "pressure"]


def test_modbus(loop: servers.Loop) -> None:
    """Registers are numbers again."""
    pytest.importorskip("pymodbus")
    server = servers.Modbus(loop)
    swaps = {
        '"meter", timeout=2': f'"127.0.0.1", port={server.port}, timeout=1, retries=1',
        "sleep(1)": "sleep(0.02)",
    }
    found = breaks_and_comes_back(server, made_by("Modbus", swaps), "flow")
    assert set(found["pressure"]) == {2.5}
    server.start()
    with made_by("Modbus", swaps | {"holding_registers(0": "holding_registers(90"}) as source:
        wait_until(lambda: "exception_code=2" in source.status, SOON, lambda: repr(source))
    server.kill()


def test_grpc(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that ends is asked for again; readings have the server's times."""
    pytest.importorskip("grpc")
    server = servers.Grpc()
    servers.installed(server.modules(), monkeypatch)
    source = made_by("gRPC", {"plant:50051": server.address})
    assert breaks_and_comes_back(server, source, "temp").index[-1].timestamp() == START + 5


def test_bluetooth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is out of reach is looked for again."""
    server = servers.Thermometer()
    servers.installed(server.modules(), monkeypatch)
    breaks_and_comes_back(server, made_by("Bluetooth", {}), "temp")


def test_bleak_has_what_the_stand_in_has() -> None:
    """Where bleak is there, its signatures are those that the stand-in was written after."""
    bleak = pytest.importorskip("bleak")
    import inspect

    made = inspect.signature(bleak.BleakClient.__init__).parameters
    assert list(made)[1:3] == ["address_or_ble_device", "disconnected_callback"]
    assert list(inspect.signature(bleak.BleakClient.start_notify).parameters)[1:3] == [
        "char_specifier", "callback",
    ]  # fmt: skip


def greet_as_home_assistant(peer: Any) -> None:
    """Ask who it is, and take a subscription, in this order."""
    peer.send(json.dumps({"type": "auth_required", "ha_version": "2026.4.0"}))
    assert json.loads(peer.recv(30)) == {"type": "auth", "access_token": TOKEN}
    peer.send(json.dumps({"type": "auth_ok", "ha_version": "2026.4.0"}))
    asked = json.loads(peer.recv(30))
    assert asked == {"id": 1, "type": "subscribe_events", "event_type": "state_changed"}
    peer.send(json.dumps({"id": 1, "type": "result", "success": True, "result": None}))


def state_changed(n: int, entity: str = "sensor.attic", state: str = "") -> str:
    """Return an event of Home Assistant."""
    when = f"2026-07-01T12:00:{n:02d}.123456+00:00"
    new = {
        "entity_id": entity,
        "state": state or f"{n}",
        "attributes": {"unit_of_measurement": "°C", "friendly_name": "Attic", "min_temp": 5.0},
        "last_changed": when,
        "last_reported": when,
        "last_updated": when,
        "context": {"id": "01JA9HHN7STQ6PXMWBMD1NHY2T", "parent_id": None, "user_id": None},
    }
    data = {"entity_id": entity, "old_state": None, "new_state": new}
    event = {"event_type": "state_changed", "data": data, "origin": "LOCAL", "time_fired": when}
    return json.dumps({"id": 1, "type": "event", "event": event})


def test_home_assistant() -> None:
    """Each entity is a channel, at its own times; the token is shown by nothing."""
    server = servers.Talker(greet_as_home_assistant, state_changed)
    source = made_by("Home Assistant", {"ws://homeassistant.local:8123": server.address})
    found = breaks_and_comes_back(server, source, "sensor.attic.state")
    assert found.index[-1].tz_convert("UTC").isoformat() == "2026-07-01T12:00:05.123456+00:00"
    assert TOKEN not in f"{source!r} {source.notes} {source.buffer.events}"


def test_home_assistant_that_knows_no_such_token_is_left_alone() -> None:
    """At once, with its own words: it bans who fails often."""
    n_asked = []

    def refuse(peer: Any) -> None:
        peer.send(json.dumps({"type": "auth_required", "ha_version": "2026.4.0"}))
        n_asked.append(json.loads(peer.recv(30)))
        said = {"type": "auth_invalid", "message": "Invalid access token or password"}
        peer.send(json.dumps(said))
        peer.close()

    server = servers.Talker(refuse, state_changed)
    server.start()
    with made_by("Home Assistant", {"ws://homeassistant.local:8123": server.address}) as source:
        wait_until(lambda: source.state is SourceState.FAILED, SOON, lambda: repr(source))
        assert source.status == "failed: Invalid access token or password"
        assert isinstance(source.last_error, ns.RefusedError)
        assert len(n_asked) == 1
        assert source.counters().reconnects == 0
    server.kill()


def subscribed(**wanted: Any) -> Any:
    """Return what greets an exchange's client that subscribes so."""

    def greet(peer: Any) -> None:
        peer.send(
            '{"channel":"status","type":"update","data":[{"system":"online","api_version":"v2"}]}'
        )
        assert json.loads(peer.recv(30)) == wanted
        peer.send('{"channel":"heartbeat"}')

    return greet


def binance(n: int) -> str:
    """Return a trade, as "Trade Streams" of Binance's documentation has it."""
    trade = {
        "e": "trade", "E": 1_782_907_200_000 + n, "s": "BTCUSDT", "t": 12345, "p": f"{n}.0", "q": "0.5",
        "T": 1_782_907_200_000 + n, "m": True, "M": True,
    }  # fmt: skip
    return json.dumps({"stream": "btcusdt@trade", "data": trade})


def kraken(n: int) -> str:
    """Return an update, as "ticker" of Kraken's documentation (WebSocket v2) has it."""
    ticker = {
        "symbol": "BTC/USD", "bid": n - 0.5, "bid_qty": 740.0, "ask": n + 0.5, "ask_qty": 740.0, "last": n,
        "volume": 997038.98, "vwap": 0.1, "low": 0.09, "high": 0.1, "change": -0.01, "change_pct": -0.17,
        "timestamp": f"2026-07-01T12:00:{n:02d}.123456Z",
    }  # fmt: skip
    return json.dumps({"channel": "ticker", "type": "update", "data": [ticker]})


def coinbase(n: int) -> str:
    """Return a match, as the "ticker" channel of Coinbase Exchange's documentation has it."""
    ticker = {
        "type": "ticker", "sequence": 37475248783, "product_id": "BTC-USD", "price": f"{n}.00",
        "open_24h": "1310.79", "volume_24h": "245532.79269678", "low_24h": "1280.52", "high_24h": "1313.8",
        "volume_30d": "9788783.60117027", "best_bid": "1285.04", "best_bid_size": "0.46688654",
        "best_ask": "1285.27", "best_ask_size": "1.56637040", "side": "buy",
        "time": f"2026-07-01T12:00:{n:02d}.123456Z", "trade_id": 370843401, "last_size": "11.4396987",
    }  # fmt: skip
    return json.dumps(ticker)


KRAKEN = {"method": "subscribe", "params": {"channel": "ticker", "symbol": ["BTC/USD"]}}
COINBASE = {"type": "subscribe", "product_ids": ["BTC-USD"], "channels": ["ticker"]}


@pytest.mark.parametrize(
    ("block", "url", "greet", "message", "channel"),
    [
        (0, "wss://stream.binance.com:9443", lambda peer: None, binance, "BTCUSDT.p"),
        (1, "wss://ws.kraken.com", subscribed(**KRAKEN), kraken, "BTC/USD.last"),
        (
            2,
            "wss://ws-feed.exchange.coinbase.com",
            subscribed(**COINBASE),
            coinbase,
            "BTC-USD.price",
        ),
    ],
    ids=["Binance", "Kraken", "Coinbase"],
)
def test_exchanges(block: int, url: str, greet: Any, message: Any, channel: str) -> None:
    """Prices are numbers at the times of the exchange."""
    server = servers.Talker(greet, message)
    source = made_by("Exchanges", {url: server.address}, block)
    found = breaks_and_comes_back(server, source, channel)
    assert found.index[-1].tz_convert("UTC").strftime("%Y-%m-%d %H:%M") == "2026-07-01 12:00"
    assert {name.split(".")[0] for name in found} == {channel.split(".")[0]}


def test_influxdb() -> None:
    """Rows that came before are left out; the query goes with the token, which is shown by nothing."""
    pytest.importorskip("httpx")
    asked: list[Request] = []

    def say(request: Request) -> None:
        asked.append(request)
        if request.command == "POST":
            assert request.headers["Authorization"] == f"Token {TOKEN}"
            assert request.body.startswith(b'from(bucket: "plant")')
            request.say(HEADER + ROWS, "text/csv; charset=utf-8")
        else:
            request.say(json.dumps({"results": [SERIES]}))

    with serve(say) as url:
        swaps = {"http://host:8086": url.rstrip("/"), "interval=10": "interval=0.02"}
        for source in made_by("InfluxDB", swaps):
            asked.clear()
            with source:
                wait_until(lambda: len(asked) > 4, SOON)
                assert source.counters().accepted == 2
                assert TOKEN not in f"{source!r} {source.notes} {source.buffer.events}"
            assert source.counters().rejected == 0
