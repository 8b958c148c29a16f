"""A socket."""

from __future__ import annotations

from nbstream.testing import Cuts
from tests.sources.stand_ins import be_silent


class StandInSocket:
    """What a server sends that `cuts` tells of.

    Parameters
    ----------
    cuts
        Says what comes.
    """

    def __init__(self, cuts: Cuts) -> None:
        cuts.connect()
        self._cuts = cuts

    def recv(self, n: int) -> bytes:
        """Return what comes."""
        number = self._cuts.read()
        if number is None:
            be_silent()
            raise TimeoutError
        return b'{"value": %d}\n' % number

    def close(self) -> None:
        """Close it."""
