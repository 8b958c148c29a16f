"""A device on a serial port, unplugged and plugged in again."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from shutil import rmtree
from typing import Any, ClassVar

import pytest

from nbstream.sources import SerialSource, Source, SourceState
from nbstream.testing import Cuts, SourceHarness
from tests.counterparts.serial_device import Device
from tests.sources.stand_ins.serial import StandInDevice
from tests.wait import wait_until


class SerialHarness(SourceHarness):
    """A device that is unplugged and plugged in again; each message begins on a line of its own."""

    kind: ClassVar[type[Source]] = SerialSource
    exemptions: ClassVar = {
        "half-open": "A serial line is no connection: who hangs is like who has nothing to say.",
        "two on one buffer": "A port is opened by one reader at a time: the other one is told so.",
    }
    n_cuts = 60

    def __init__(self) -> None:
        if sys.platform == "win32":
            pytest.skip("Windows has no pseudo-terminals")
        self._folder = Path(tempfile.mkdtemp(prefix="nbstream-"))
        self._device: Device | None = None
        self._sources: list[Source] = []

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        source = SerialSource(str(self._folder / "ttyUSB0"), **options)
        self._sources.append(source)
        return source

    def start(self) -> None:
        """Let it be there."""
        if self._device is None:
            self._device = Device(self._folder / "ttyUSB0")
        else:
            self._device.plug_in()

    def kill(self) -> None:
        """Let it be gone."""
        if self._device is not None:
            self._device.unplug()

    def cut(self) -> None:
        """Unplug it and plug it in, and wait until the source has seen it."""
        before = [source.counters().reconnects for source in self._sources]
        self.kill()
        self.start()
        for source, n in zip(self._sources, before, strict=True):
            wait_until(lambda s=source, n=n: s.counters().reconnects > n)  # type: ignore[misc]

    def _write(self, text: str) -> None:
        for source in self._sources:
            wait_until(lambda s=source: s.state is SourceState.RUNNING, 10)  # type: ignore[misc]
        assert self._device is not None
        self._device.write(f"\n{text}")

    def say(self, lines: list[str]) -> None:
        """Say lines, each as it is."""
        self._write("".join(f"{line}\n" for line in lines))

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self._write("".join(f"value:{i}\n" for i in range(first, first + n)))

    def poison(self) -> None:
        """Say what was sent at another speed."""
        assert self._device is not None
        self._device.write(b"\xfe\x80\x9c\xe0\x00\n")

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        source = SerialSource("/dev/ttyUSB0", **options)
        source._new_device = lambda: StandInDevice(cuts)  # type: ignore[method-assign, assignment, return-value]
        return source

    def close(self) -> None:
        """End it."""
        self.kill()
        rmtree(self._folder, ignore_errors=True)


HARNESSES = (SerialHarness,)
