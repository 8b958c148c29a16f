"""Pause, step and seek of a chain that begins with a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from nbstream.readings.batch import TimeLike
    from nbstream.sources.base import Source

__all__ = ["PlayingOn"]


class Replayed(Protocol):
    """What can stand still and begin elsewhere: `nbstream.recording.Replay`, and what is made of one."""

    speed: float | None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""

    def pause(self) -> None:
        """Stand still."""

    def resume(self) -> None:
        """Go on."""

    def seek(self, when: TimeLike | timedelta) -> None:
        """Go on elsewhere."""

    def step(self, what: Literal["reading", "batch"] = "reading", n: int = 1) -> None:
        """Play what is next."""


class PlayingOn:
    """The methods of a `Replay`, for what is made of one; each asks the replays that a chain begins with.

    Notes
    -----
    They raise a TypeError where nothing is replayed: what is live neither stands still nor goes back.

    Thread safety: any thread.
    """

    name: str
    _parents: tuple[Source, ...]

    @property
    def speed(self) -> float | None:
        """How many times faster than it was recorded; None is as fast as possible. It can be changed.

        Raises
        ------
        AttributeError
            If nothing is replayed.
        """
        try:
            return self._replays("speed")[0].speed
        except TypeError as error:
            raise AttributeError(*error.args) from None

    @speed.setter
    def speed(self, speed: float | None) -> None:
        for replay in self._replays("speed"):
            replay.speed = speed

    @property
    def is_paused(self) -> bool:
        """Whether all replays wait for `resume` or `step`; False where nothing is replayed."""
        replays = [parent for parent in self._parents if _is_replayed(parent)]
        return bool(replays) and all(cast("Replayed", one).is_paused for one in replays)

    def pause(self) -> None:
        """Stand still; what was played stays. Of a merge, what is live goes on."""
        for replay in self._replays("pause"):
            replay.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        for replay in self._replays("resume"):
            replay.resume()

    def seek(self, when: TimeLike | timedelta) -> None:
        """Go on with the first reading from a time on.

        Parameters
        ----------
        when
            A time, or a duration from the first reading of each replay on ("10min").

        Raises
        ------
        TypeError
            If nothing is replayed.
        ValueError
            If it cannot be read.
        """
        for replay in self._replays("seek"):
            replay.seek(when)

    def step(self, what: Literal["reading", "batch"] = "reading", n: int = 1) -> None:
        """Play the next reading or batch of the replay and stand still; returns when it went through.

        Parameters
        ----------
        what
            "reading" is one time with its values, "batch" what came together.
        n
            How many.

        Raises
        ------
        TypeError
            If nothing is replayed.
        ValueError
            If there are several replays, `what` is something else, or `n` is not > 0.
        """
        replays = self._replays("step")
        if len(replays) > 1:
            message = (
                f"{self.name!r} is made of {len(replays)} replays, and which is next is open. "
                "Call 'step' of one of them."
            )
            raise ValueError(message)
        replays[0].pause()  # before it starts, or it would play more than a step
        self._start()
        replays[0].step(what, n)

    def _start(self) -> None:
        raise NotImplementedError

    def _replays(self, asked: str) -> Sequence[Replayed]:
        """Return what can be asked.

        Raises
        ------
        TypeError
            If nothing can.
        """
        found = [cast("Replayed", parent) for parent in self._parents if _is_replayed(parent)]
        if not found:
            message = (
                f"{self.name!r} is no replay, so it has no {asked!r}: nbstream.replay plays a recording, "
                "'pause' of a chart lets its view stand still."
            )
            raise TypeError(message)
        return found


def _is_replayed(source: Any) -> bool:
    """Return whether a source is a replay, or made of one."""
    if isinstance(source, PlayingOn):
        return any(map(_is_replayed, source._parents))
    return callable(getattr(source, "seek", None))
