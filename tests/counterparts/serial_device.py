"""A device on a serial port: the far end of a pseudo-terminal of this machine."""

from __future__ import annotations

import os
from pathlib import Path


class Device:
    """What hangs on a port: it writes what it is told, and can be unplugged and plugged in again."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self._end = -1
        self.plug_in()

    def plug_in(self) -> None:
        """Make the port appear, as a new device behind the same name."""
        import termios  # Windows has none

        self._end, other = os.openpty()
        settings = termios.tcgetattr(other)
        settings[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(other, termios.TCSANOW, settings)
        self._other = other
        self.port.symlink_to(os.ttyname(other))

    def write(self, data: str | bytes) -> None:
        """Send."""
        rest = data.encode() if isinstance(data, str) else data
        while rest:
            rest = rest[os.write(self._end, rest) :]

    def read(self) -> bytes:
        """Return what was sent to the device."""
        return os.read(self._end, 1000)

    def unplug(self) -> None:
        """Make the port disappear."""
        if self._end >= 0:
            self.port.unlink()
            os.close(self._other)
            os.close(self._end)
            self._end = -1
