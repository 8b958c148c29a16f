"""The library websockets."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from nbstream.testing import Cuts


class StandInConnection:
    """A connection.

    Parameters
    ----------
    cuts
        Says what comes.
    """

    state = SimpleNamespace(name="OPEN")

    def __init__(self, cuts: Cuts) -> None:
        cuts.connect()
        self._cuts = cuts
        self.transport = SimpleNamespace(abort=lambda: None)

    async def recv(self) -> str:
        """Return the next message."""
        from websockets.exceptions import ConnectionClosedError

        try:
            number = self._cuts.read()
        except ConnectionResetError as error:
            raise ConnectionClosedError(None, None) from error
        if number is None:
            await asyncio.sleep(3600)
        return f'{{"value": {number}}}'

    async def send(self, message: Any) -> None:
        """Take a message."""

    async def close(self) -> None:
        """Close it."""


def connecting(cuts: Cuts) -> Any:
    """Return what stands in for `connect`."""

    async def connect(url: str, **options: Any) -> StandInConnection:
        return StandInConnection(cuts)

    return connect
