"""Mosquitto, a broker of MQTT."""

from __future__ import annotations

from tests.counterparts.ports import HOST
from tests.counterparts.server import Server


class Mosquitto(Server):
    """A broker that keeps no state and drops no message of a client that is slow."""

    program = "mosquitto"
    refuses_root = True
    settings: tuple[str, ...] = ("allow_anonymous true",)
    """Lines of its configuration beyond where it listens."""

    def prepare(self) -> None:
        """Write the configuration."""
        lines = (
            f"listener {self.port} {HOST}",
            "max_queued_messages 0",
            "persistence false",
            *self.settings,
        )
        (self.folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")

    def command(self) -> list[str]:
        """Return the broker with its configuration."""
        return [str(self.path), "-c", str(self.folder / "mosquitto.conf")]
