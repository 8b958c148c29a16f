"""The detector picker's half in the kernel: which detectors there are, which run, and their start and end."""

from __future__ import annotations

import inspect
import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nbstream.readings.window import rough_duration
from nbstream.text.naming import short_name, shortened
from nbstream.widgets.page.messages import is_int, plain_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.analysis.analyzer import Analyzer
    from nbstream.analysis.detector_runs import DetectorRun
    from nbstream.detectors import Detector

__all__ = ["DetectorPicker"]

MAX_DETECTORS = 20
"""Detectors that a page may have started."""
BEHIND_SECONDS = 2.0
"""A detector is shown as behind from then on: between two updates every one is a little."""


class DetectorPicker:
    """Lists detectors for pages, and starts and ends them.

    Parameters
    ----------
    analyzer
        Whose channels they watch.

    Notes
    -----
    Thread safety: `state` on one thread, commands on one other.
    """

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self._numbers = itertools.count(1)
        self._running: dict[int, DetectorRun] = {}

    def state(self) -> dict[str, Any]:
        """Return what a page shows."""
        return {
            "kinds": [{"name": name, "text": text} for name, text in _choices()],
            "running": [_shown(number, run) for number, run in self._numbered().items()],
        }

    def start(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Read the command that starts a detector."""
        name, channel = message.get("name"), message.get("channel")
        if not isinstance(name, str) or not (channel is None or isinstance(channel, str)):
            return None

        def apply() -> None:
            if name not in dict(_choices()):
                error = f"There is no detector {name!r:.100} to choose."
                raise ValueError(error)
            if channel is not None and channel not in self._analyzer.channels:
                error = f"There is no channel {short_name(channel)!r}."
                raise ValueError(error)
            if len(self._analyzer.detections) >= MAX_DETECTORS:
                error = f"There are {MAX_DETECTORS} detectors already. Remove one first."
                raise ValueError(error)
            joint = name in _joint_names()
            self._analyzer.detect(name, channel=None if joint else channel)

        return apply

    def end(self, message: dict[str, Any]) -> Callable[[], Any] | None:
        """Read the command that ends a detector."""
        number: Any = message.get("detector")
        if not is_int(number):
            return None

        def apply() -> None:
            run = self._running.get(number)
            if run is None or run.is_closed:
                error = "This detector was removed."
                raise ValueError(error)
            run.close()

        return apply

    def _numbered(self) -> dict[int, DetectorRun]:
        """Return what runs by the numbers that pages know it by, never used again."""
        known = {id(run): number for number, run in self._running.items()}
        self._running = {
            known[id(run)] if id(run) in known else next(self._numbers): run
            for run in self._analyzer.detections
        }
        return self._running


def _shown(number: int, run: DetectorRun) -> dict[str, Any]:
    behind = run.seconds_behind
    return {
        "id": number,
        "name": shortened(run.name),
        "channel": _of(run),
        "flagged": run.n_flagged,
        "isWarm": run.is_warm,
        "waitsFor": plain_text(run.waits_for.rstrip("."), 200),
        "rather": plain_text(getattr(run, "rather", ""), 200),
        "means": rough_duration(run.block_ns) if run.block_ns else "",
        "behind": rough_duration(round(behind * 1e9)) if behind >= BEHIND_SECONDS else "",
        "error": "" if run.error is None else plain_text(run.error, 200),
    }


def _of(run: DetectorRun) -> str:
    """Return what a detector watches, in a few words."""
    channels = run.channels
    return (
        short_name(channels[0])
        if len(channels) == 1
        else f"{len(channels)} channels"
        if channels
        else ""
    )


def _joint_names() -> set[str]:
    """Return the names of the detectors that judge all channels together."""
    from nbstream.detectors import JointDetector
    from nbstream.detectors.registry import kinds

    return {kind.name for kind in kinds() if issubclass(kind, JointDetector)}


def _choices() -> list[tuple[str, str]]:
    """Return name and description of the detectors that need no parameters."""
    from nbstream.detectors.registry import kinds

    by_name = {kind.name: kind for kind in kinds()}
    described = ((name, _description(kind)) for name, kind in sorted(by_name.items()))
    return [(name, text) for name, text in described if text is not None]


@lru_cache(maxsize=100)
def _description(kind: type[Detector]) -> str | None:
    """Return the first line of a kind's docstring; None if it cannot be made without parameters."""
    try:
        kind()
    except Exception:  # a class of the user's may raise anything
        return None
    line = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return plain_text(line, 200)
