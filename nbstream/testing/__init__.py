"""Stand-ins for tests of sources, detectors and pages; public, for people who write their own."""

from __future__ import annotations

from nbstream.testing.clock import FakeClock, HastyClock
from nbstream.testing.cuts import Cuts
from nbstream.testing.detectors import check_detector
from nbstream.testing.sources import SOURCE_CHECKS, SourceHarness, check_source

__all__ = [
    "SOURCE_CHECKS", "Cuts", "FakeClock", "HastyClock", "SourceHarness", "check_detector", "check_source",
]  # fmt: skip


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
