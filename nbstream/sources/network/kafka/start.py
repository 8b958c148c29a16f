"""Where a topic begins that was not read yet: ``start="10 minutes"``, "earliest", a time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.readings.batch import time_ns
from nbstream.readings.window import parse_duration
from nbstream.sources.network.shapes import quick_time

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["EARLIEST", "LATEST", "Start"]

EARLIEST, LATEST = -2, -1
"""Times that Kafka's protocol gives a meaning: the first message that is held, and the end."""


class Start(NamedTuple):
    """A place in a topic."""

    ms: int
    """`EARLIEST`, `LATEST`, or milliseconds since 1970."""
    ago_ns: int = 0
    """If it is so long before now."""

    @classmethod
    def of(cls, given: Any, timezone: tzinfo | None) -> Start:
        """Return the place that somebody means.

        Raises
        ------
        ValueError
            If it is none.
        """
        if isinstance(given, str):
            return cls._of_text(given.strip(), timezone)
        if isinstance(given, (timedelta, np.timedelta64)):
            return cls(0, parse_duration(given, name="start"))
        if isinstance(given, (datetime, np.datetime64)):
            return cls(time_ns(given, timezone=timezone) // 1_000_000)
        ns = quick_time(given)
        if ns is None:
            raise _unknown(given)
        return cls(ns // 1_000_000)

    @classmethod
    def _of_text(cls, text: str, timezone: tzinfo | None) -> Start:
        known = {"earliest": EARLIEST, "latest": LATEST}.get(text.lower())
        if known is not None:
            return cls(known)
        if re.fullmatch(r"\d{10,13}", text):
            return cls.of(int(text), timezone)
        try:
            return cls(0, parse_duration(re.sub(r"\s+ago$", "", text), name="start"))
        except ValueError:
            pass
        try:
            return cls(time_ns(text, timezone=timezone) // 1_000_000)
        except ValueError:
            raise _unknown(text) from None

    def at(self, now_ns: int) -> int:
        """Return what to ask a broker for: milliseconds since 1970, `EARLIEST` or `LATEST`."""
        return (now_ns - self.ago_ns) // 1_000_000 if self.ago_ns else self.ms or LATEST


def _unknown(given: Any) -> ValueError:
    return ValueError(
        "'start' must be 'latest', 'earliest', how long ago as in '10 minutes', or a time "
        f"(got {given!r:.80})."
    )
