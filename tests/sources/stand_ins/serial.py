"""A device of the library pyserial."""

from __future__ import annotations

from typing import Any

from nbstream.testing import Cuts
from tests.sources.stand_ins import be_silent


class StandInDevice:
    """A port.

    Parameters
    ----------
    cuts
        Says what comes.
    """

    in_waiting = 0

    def __init__(self, cuts: Cuts) -> None:
        self._cuts = cuts
        self._errors: Any = __import__("serial")

    def open(self) -> None:
        """Open it."""
        try:
            self._cuts.connect()
        except ConnectionRefusedError as error:
            raise self._errors.SerialException(2, "could not open port") from error

    def write(self, data: bytes) -> None:
        """Write."""

    def read(self, n: int) -> bytes:
        """Return what comes; the first line may be a half."""
        try:
            number = self._cuts.read()
        except ConnectionResetError as error:
            raise self._errors.SerialException("device disconnected?") from error
        if number is None:
            be_silent()
            return b""
        return b'\n{"value": %d}\n' % number

    def close(self) -> None:
        """Close it."""
