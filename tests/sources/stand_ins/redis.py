"""The client of the library redis."""

from __future__ import annotations

from typing import Any

from nbstream.testing import Cuts
from tests.sources.stand_ins import be_silent


class StandInRedis:
    """A client, what it has subscribed to, and the connection of that.

    Parameters
    ----------
    cuts
        Says what comes.
    errors
        The library's.
    """

    def __init__(self, cuts: Cuts, errors: Any) -> None:
        self._cuts, self._errors = cuts, errors
        self.connection = self

    def set_response_callback(self, name: str, callback: Any) -> None:
        """Take what reads an answer."""

    def ping(self) -> bool:
        """Answer."""
        try:
            self._cuts.connect()
        except ConnectionRefusedError as error:
            raise self._errors.ConnectionError(str(error)) from error
        return True

    def xrange(self, stream: str, count: int) -> list[Any]:
        """Return the first entries: there are none."""
        return []

    xrevrange = xrange

    def _read(self) -> int | None:
        try:
            number = self._cuts.read()
        except ConnectionResetError as error:
            raise self._errors.ConnectionError(str(error)) from error
        if number is None:
            be_silent()
        return number

    def xread(self, ids: dict[str, str], count: int, block: int) -> list[Any] | None:
        """Return the next entry."""
        number = self._read()
        if number is None:
            return None
        return [[b"value", [(b"%d-0" % (number + 1), [b"value", b"%d" % number])]]]

    def pubsub(self) -> StandInRedis:
        """Return what subscribes."""
        return self

    def psubscribe(self, *topics: str) -> None:
        """Subscribe."""

    def get_message(self, timeout: float) -> dict[str, Any]:
        """Confirm it."""
        return {"type": "psubscribe"}

    def can_read(self, timeout: float) -> bool:
        """Return whether something has come."""
        if timeout == 0:
            return False
        self._number = self._read()
        return self._number is not None

    def read_response(self, **options: Any) -> list[bytes]:
        """Return what has come."""
        assert self._number is not None
        return [b"pmessage", b"value", b"value", b"%d" % self._number]

    def close(self) -> None:
        """Close it."""
