"""Serial ports, each the far end of a pseudo-terminal of this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from nbstream.errors import ConnectError, DependencyError
from nbstream.sources import SerialSource, SourceState
from nbstream.sources.devices import serial as module
from tests.counterparts.serial_device import Device
from tests.sources.stopping import stops_at_once
from tests.wait import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    """A device that is plugged in."""
    device = Device(tmp_path / "ttyUSB0")
    yield device
    device.unplug()


def reads(device: Device, **options: Any) -> SerialSource:
    """Return a source that has opened the port and found it quiet."""
    source = SerialSource(str(device.port), **options).start()
    wait_until(lambda: source.state is SourceState.RUNNING, message="the port to open")
    return source


def values(source: SerialSource, channel: str) -> list[float]:
    """Return what a channel holds."""
    if channel not in source.buffer.channels:
        return []
    return source.buffer.channel(channel).rows(0).values.tolist()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("21.5,40\r\n21.6,41\r\n", {"c1": [21.5, 21.6], "c2": [40.0, 41.0]}),
        ("temp:21.5,hum:40\n", {"temp": [21.5], "hum": [40.0]}),
        ("temp:21.5\thum:40\r\n", {"temp": [21.5], "hum": [40.0]}),
        (">temp:1627551892437:21.5\n", {"temp": [21.5]}),
        ("512\n513\n", {"value": [512.0, 513.0]}),
        ('{"t": 21.5}\n', {"t": [21.5]}),
        (b"T=21.5 \xb0C\n", {"T": [21.5]}),
    ],
)
def test_reads_what_boards_print(
    device: Device, lines: str, expected: dict[str, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers with commas, names and values as plotters take them, JSON: each becomes channels."""
    monkeypatch.setattr(module, "QUIET", 0.0)
    with reads(device) as source:
        device.write(lines)
        for channel, numbers in expected.items():
            wait_until(lambda c=channel, n=numbers: values(source, c) == n, message=repr(source))


def test_the_first_line_may_be_half_a_line(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes at once after opening may be the end of a line; it is left out."""
    monkeypatch.setattr(module, "QUIET", 60.0)
    with reads(device) as source:
        device.write("5\n21.5\n21.6\n")
        wait_until(lambda: values(source, "value") == [21.5, 21.6], message=repr(source))


def test_an_unplugged_device_comes_back(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state says that it is gone; plugged in again it goes on by itself."""
    monkeypatch.setattr(module, "QUIET", 0.0)
    with reads(device) as source:
        device.write("1\n")
        wait_until(lambda: values(source, "value") == [1.0])
        device.unplug()
        wait_until(lambda: source.state is SourceState.RECONNECTING, message=repr(source))
        assert "disconnected" in source.status or "no " in source.status
        device.plug_in()
        wait_until(lambda: source.state is SourceState.RUNNING, 10, lambda: repr(source))
        device.write("2\n")
        wait_until(lambda: values(source, "value") == [1.0, 2.0])
        assert source.counters().reconnects >= 1


def test_a_device_is_found_under_its_new_name(
    device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that comes back as another port is known by its identity."""
    ids = tmp_path / "by-id"
    ids.mkdir()
    link = ids / "usb-Arduino_Uno"
    link.symlink_to(device.port)
    monkeypatch.setattr(module, "BY_ID", ids)
    monkeypatch.setattr(module, "QUIET", 0.0)
    with reads(device) as source:
        device.unplug()
        wait_until(lambda: source.state is SourceState.RECONNECTING, message=repr(source))
        link.unlink()
        device.port = tmp_path / "ttyUSB1"
        device.plug_in()
        link.symlink_to(device.port)
        wait_until(lambda: source.state is SourceState.RUNNING, 10, lambda: repr(source))
        device.write("3\n")
        wait_until(lambda: values(source, "value") == [3.0])


def test_a_port_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, and the ports that are there are named."""
    monkeypatch.setattr(module, "other_ports", lambda: ["/dev/ttyACM0"])
    monkeypatch.setattr(module, "QUIET", 0.0)
    with SerialSource(str(tmp_path / "ttyUSB0")).start() as source:
        wait_until(lambda: "/dev/ttyACM0" in source.status, message=lambda: repr(source))
        assert source.state is SourceState.RECONNECTING
        device = Device(tmp_path / "ttyUSB0")
        try:
            wait_until(lambda: source.state is SourceState.RUNNING, 10, lambda: repr(source))
        finally:
            source.stop()
            device.unplug()


def test_another_speed_is_told(device: Device) -> None:
    """Garbage gives no readings; the state asks whether the speed is right."""
    garbage = bytes([0x86, 0x1E, 0x00, 0x35, 0xF8, 0x9E, 0x0A, 0x78, 0xE6, 0x1E]) * 40
    with reads(device, baud=115_200) as source:
        device.write(garbage)
        wait_until(lambda: source.state is SourceState.UNREADABLE, message=lambda: repr(source))
        assert "115,200 baud" in source.status
        assert not source.buffer.channels
        device.write("\n7\n")
        wait_until(lambda: source.state is SourceState.RUNNING, message=lambda: repr(source))


def test_garbage_without_an_end_is_told_too(device: Device) -> None:
    """Bytes in which no line ends are no reason to wait for ever."""
    with reads(device) as source:
        for _ in range(20):
            device.write(b"\x86\x1e\x00\xf8" * 32)
        wait_until(lambda: source.state is SourceState.UNREADABLE, message=lambda: repr(source))


def test_asks_the_device(device: Device) -> None:
    """What the device waits for is written each time the port was opened."""
    with reads(device, on_open="START\n"):
        assert device.read() == b"START\n"


def test_stops_at_once_while_it_waits(device: Device) -> None:
    """A port that is silent holds nobody up."""
    source = reads(device)
    stops_at_once(source)
    source.close()


def test_a_line_without_end_is_bounded(device: Device) -> None:
    """A device that never ends its line costs that line, counted."""
    with reads(device, max_line_bytes=1000) as source:
        for _ in range(4):
            device.write("x" * 500)
        wait_until(lambda: source.counters().dropped == 1, message=lambda: repr(source))


def test_a_wrong_setting_is_told_at_once(device: Device) -> None:
    """What can't be is an error where it was written."""
    with pytest.raises(ValueError, match="can't be opened so"):
        SerialSource(str(device.port), settings={"parity": "often"})
    with pytest.raises(TypeError, match="on_open"):
        SerialSource(str(device.port), on_open=3)  # type: ignore[arg-type]


def test_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyserial the error names the extra."""
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"nbstream\[serial\]"):
        SerialSource("/dev/ttyUSB0")


def test_what_came_before_a_port_is_gone_is_read(tmp_path: Path) -> None:
    """A driver gives a few KiB at a time: several are read together, and none is lost with the port."""

    class Vanishing:
        pieces: ClassVar[list[bytes]] = [b"21.5\n", b"22\n"]

        @property
        def in_waiting(self) -> int:
            """Return how much has come, or that something did."""
            return len(self.pieces[0]) if self.pieces else 1

        def read(self, _n: int) -> bytes:
            """Return what has come."""
            if not self.pieces:
                raise OSError("gone")
            return self.pieces.pop(0)

    source = SerialSource(str(tmp_path / "ttyUSB0"))
    device: Any = Vanishing()
    assert source._next_bytes(device) == b"21.5\n22\n"
    with pytest.raises(ConnectError, match="disconnected"):
        source._next_bytes(device)
    source.close()
