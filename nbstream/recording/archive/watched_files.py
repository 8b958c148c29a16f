"""Files that should stay as they were when they were opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.sources.files.parquet.places import GONE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbstream.sources.files.parquet.places import Place, Stamp

__all__ = ["WatchedFiles"]

LOOK_EVERY = 1.0
"""Seconds after which it is looked again whether the files are the same."""


class WatchedFiles:
    """Knows whether files are what they were; of what is elsewhere nothing is known.

    Parameters
    ----------
    places
        Where they are.
    stamps
        What they were when they were opened; None is not known.
    on_trouble
        Told in words when one is another.

    Attributes
    ----------
    trouble
        Why nothing can be read any more; "" while all is well.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(
        self,
        places: Sequence[Place],
        stamps: Sequence[Stamp | None],
        on_trouble: Callable[[str], object],
    ) -> None:
        self._places, self.stamps = list(places), list(stamps)
        self._on_trouble = on_trouble
        self.trouble = ""
        self._looked_at = SYSTEM_CLOCK.monotonic()

    def now(self) -> list[Stamp | None]:
        """Return the stamps of the files by now."""
        return [place.stamp for place in self._places]

    def look_now_and_then(self) -> None:
        """Look at the files if the last time is some while ago."""
        now = SYSTEM_CLOCK.monotonic()
        if not self.trouble and now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self.look()

    def look(self) -> None:
        """Notice that a file is another than it was."""
        for place, was, now in zip(self._places, self.stamps, self.now(), strict=True):
            if self.trouble or was == now or was is None or now is None:
                continue
            what = "has changed" if was[0] == now[0] else "was replaced"
            what = "is gone" if now == GONE else what
            self.fail(f"{place.name} {what} since it was opened: open it again")

    def fail(self, trouble: str) -> None:
        """Say why nothing can be read any more."""
        self.trouble = trouble
        self._on_trouble(trouble)
