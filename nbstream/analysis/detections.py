"""The detectors of an analyzer: which are at work, and how far they have come."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from nbstream.analysis.detector_runs import DetectorRun
from nbstream.analysis.joint_runs import JointRun
from nbstream.readings.batch import channel_name
from nbstream.text.nearest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nbstream.analysis.anomaly_log import AnomalyLog
    from nbstream.analysis.intake import Intake
    from nbstream.detectors import Detector, JointDetector
    from nbstream.detectors.registry import DetectorName

__all__ = ["Detections"]

MAX_RUNS = 64
FIRST_LOOK = 0.5
"""Seconds that `detect` takes for readings that are held; the rest is caught up with by and by."""


class Detections:
    """The detectors at work on an analyzer's channels.

    Parameters
    ----------
    intake
        What the analyzer has taken in.
    log
        Takes what the detectors flag.

    Notes
    -----
    Thread safety: `runs`, `is_behind` and `detect` from any thread; who calls the others holds the lock of
    `intake`.
    """

    def __init__(self, intake: Intake, log: AnomalyLog) -> None:
        self.runs: tuple[DetectorRun, ...] = ()
        """Oldest first."""
        self._intake = intake
        self._log = log

    def detect(
        self,
        detector: DetectorName | str | Detector = "default",
        channel: str | None = None,
        *,
        channels: Iterable[str] | str | None = None,
        means_of: str | float | None = "auto",
        **parameters: Any,
    ) -> DetectorRun:
        """Let a detector score every reading of a channel.

        Or of several channels, judged together: ``detect("multivariate", channels=["pressure", "current"])``.

        The scores are a channel of the buffer ("value.zscore"; of several channels "multivariate"), so
        that a chart, a rule (``score("zscore") > 4``) and `to_pandas` can have them. What it flags is marked
        on charts with its reason, and is in `anomalies`. Readings that are held already are judged too: half
        a second of that at once, the rest on the analyzer's thread (`n_behind` says how many are left). One
        that is started again, after `close()` or with a new analyzer, goes on in the channel of its scores;
        those that are there stay.

        Parameters
        ----------
        detector
            A name of `nbstream.detectors.names()`, or a Detector, which is used as it is.
        channel
            None is the first.
        channels
            For detectors of several channels ("multivariate", "correlation"): their names, of which some
            may come later; "all", or None, is every channel of numbers, now and later.
        means_of
            "auto": where readings come faster than a slow detector can keep up with, it judges the means
            of blocks of 16 ms, and says so in its reasons and on the page. A duration: always the means of
            such blocks. None: always every reading; one that cannot keep up falls behind (`n_behind`).
        **parameters
            Of the detector, if it is given by name: ``detect("cusum", k=0.5)``.

        Returns
        -------
        DetectorRun
            `close()` ends it.

        Raises
        ------
        ValueError
            If there is no such detector, a parameter is not possible, the channel holds scores or words,
            or 64 detectors are at work; if one of several channels is given `channel`, or fewer than two
            `channels`, or one of these is unknown and looks like another's name.
        TypeError
            If it is something else, or has no such parameter; if `channels` are given to a detector of
            one.
        ClosedError
            If the analyzer was closed.

        Examples
        --------
        >>> from nbstream import Analyzer, Buffer
        >>> buffer = Buffer(timezone="UTC")
        >>> buffer.extend([0.0, 1.0, 2.0], x=[1.0, 9.0, 2.0])
        >>> with Analyzer(buffer) as analyzer:
        ...     analyzer.update()
        ...     run = analyzer.detect("threshold", above=5)
        ...     analyzer.anomalies.newest(1)[0].value, run.score_channel
        (9.0, 'x.threshold')
        """
        from nbstream.detectors import Detector, JointDetector, create
        from nbstream.detectors.registry import on_means

        intake = self._intake
        intake.require_open()
        if isinstance(detector, str):
            detector = create(detector, **parameters)
        elif not isinstance(detector, Detector):
            message = f"A detector is a name or a Detector (got {type(detector).__name__})."
            raise TypeError(message)
        elif parameters:
            message = f"Parameters go with a name, not with a Detector (got {list(parameters)})."
            raise TypeError(message)
        if isinstance(detector, JointDetector):
            if channel is not None:
                message = (
                    f"Detector {detector.name!r} judges several channels together. "
                    f"Pass channels=[{channel!r}, …], or channels='all'."
                )
                raise ValueError(message)
            on_means(detector, means_of)
            return self._begin_joint(detector, self._names_of(channels))
        if channels is not None:
            message = (
                f"Detector {detector.name!r} judges one channel. Pass channel=, once for each."
            )
            raise TypeError(message)
        if channel is not None:
            channel = channel_name(channel)
        if channel in intake.buffer.derived:
            message = f"Channel {channel!r} holds scores. Watch the one that they are of."
            raise ValueError(message)
        if channel in intake.buffer._store.labels:
            message = f"Channel {channel!r} holds words. A detector judges numbers."
            raise ValueError(message)
        judge = on_means(detector, means_of)
        with intake.lock:
            self._require_room()
            run = DetectorRun(
                detector,
                channel,
                intake.buffer,
                self._log,
                self._drop,
                judge=judge,
                is_over=intake.closed.is_set,
            )
            self.runs = (*self.runs, run)
            # It sees what is held already, as if it had been there from the beginning.
            deadline = time.monotonic() + FIRST_LOOK
            for name, end in intake.ends().items():
                if run.watches(name):
                    run.advance(end, deadline)
        intake.wake.set()
        return run

    def _require_room(self) -> None:
        if len(self.runs) >= MAX_RUNS:
            message = f"{MAX_RUNS} detectors are at work already. Close one first."
            raise ValueError(message)

    def _names_of(self, channels: Iterable[str] | str | None) -> tuple[str, ...] | None:
        """Return the names of channels that are to be judged together; None is all."""
        buffer = self._intake.buffer
        if channels is None or channels == "all":
            return None
        if isinstance(channels, str):
            message = f"'channels' must be several names or 'all' (got {channels!r})."
            raise ValueError(message)
        names = tuple(dict.fromkeys(channel_name(name) for name in channels))
        if len(names) < 2:
            message = f"'channels' must be at least two different names (got {list(names)})."
            raise ValueError(message)
        for name in names:
            if name in buffer.derived:
                message = f"Channel {name!r} holds scores. Watch those that they are of."
            elif name in buffer._store.labels:
                message = f"Channel {name!r} holds words. A detector judges numbers."
            elif name not in buffer.channels and nearest(name, buffer.measured) is not None:
                message = f"There is no channel {name!r}. {did_you_mean(name, buffer.measured)}"
            else:
                continue
            raise ValueError(message)
        return names

    def _begin_joint(self, detector: JointDetector, names: tuple[str, ...] | None) -> JointRun:
        intake = self._intake
        with intake.lock:
            self._require_room()
            run = JointRun(
                detector,
                names,
                intake.buffer,
                self._log,
                self._drop,
                is_over=intake.closed.is_set,
            )
            self.runs = (*self.runs, run)
            run.catch_up(intake.ends(), time.monotonic() + FIRST_LOOK)
        intake.wake.set()
        return run

    @property
    def is_behind(self) -> bool:
        """Whether any has readings to judge that it has not seen."""
        return any(run.n_behind for run in self.runs)

    def score(self, channel: str, start: int, stop: int, seconds: float) -> None:
        """Show new rows to the detectors of a channel; those that are behind catch up later."""
        deadline = time.monotonic() + seconds
        for run in self.runs:
            if run.watches(channel) and run.has_judged(start):
                run.advance(stop, deadline)

    def catch_up(self, seconds: float) -> bool:
        """Let detectors that are behind judge what was there before them; return whether any did."""
        deadline = time.monotonic() + seconds
        ends = self._intake.ends()
        advanced = [run.catch_up(ends, deadline) for run in self.runs]
        return any(advanced)

    def _drop(self, run: DetectorRun) -> None:
        with self._intake.lock:
            self.runs = tuple(other for other in self.runs if other is not run)
