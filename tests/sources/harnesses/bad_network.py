"""A counterpart behind a bad network, which is cut, or lets nothing through."""

from __future__ import annotations

from nbstream.sources import Source
from nbstream.testing import SourceHarness
from tests.counterparts.proxy import Proxy
from tests.wait import wait_until


class BehindBadNetwork(SourceHarness):
    """A counterpart behind a bad network; who inherits makes the network, and notes its sources."""

    patience = 5.0
    """Seconds in which a source has to see that its connection was cut."""
    _proxy: Proxy
    _sources: list[Source]

    def cut(self) -> None:
        """Cut the connection, and wait until the source has seen it."""
        before = [source.counters().reconnects for source in self._sources]
        self._proxy.cut(0)
        for source, n in zip(self._sources, before, strict=True):
            wait_until(lambda s=source, n=n: s.counters().reconnects > n, self.patience)  # type: ignore[misc]

    def hang(self) -> None:
        """Let nothing through."""
        self._proxy.hole(3600)

    def resume(self) -> None:
        """End what hung."""
        self._proxy.hole(0)
