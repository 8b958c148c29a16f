"""Prometheus' exporter of a machine's own load: a page of numbers in text."""

from __future__ import annotations

from tests.counterparts.ports import HOST
from tests.counterparts.server import Server


class NodeExporter(Server):
    """An exporter that answers at `url`."""

    program = "prometheus-node-exporter"

    def command(self) -> list[str]:
        """Return the exporter, listening on this machine only."""
        return [str(self.path), f"--web.listen-address={HOST}:{self.port}"]

    @property
    def url(self) -> str:
        """The page of numbers."""
        return f"http://{HOST}:{self.port}/metrics"
