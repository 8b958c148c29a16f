"""What is drawn of what workers summarised: readings in one order, and the means of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbstream.cluster.known import KnownChannel
from nbstream.cluster.ordering import Ordering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbstream.cluster.parts import Part
    from nbstream.cluster.steps import Steps
    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer

__all__ = ["Drawing"]

PATIENCE = 5.0
"""Seconds after which the mean of a step no longer waits for a part that has brought nothing."""


class Drawing:
    """Keeps what is known of all steps of each channel, and hands over what is drawn of them.

    Parameters
    ----------
    buffer
        Whose statistics come from the steps.
    step_ns
        Length of a step.
    draw
        Puts readings into the buffer: ``draw(channel, times, values)``.
    one_after_other
        Whether the parts are in the order of their times, and drawn so; else readings are merged by time.
    with_means
        Whether the mean of each step is a channel too.

    Notes
    -----
    Thread safety: the source's thread only.
    """

    def __init__(
        self,
        buffer: Buffer,
        step_ns: int,
        draw: Callable[[str, TimeArray, FloatArray], None],
        *,
        one_after_other: bool,
        with_means: bool,
    ) -> None:
        self._buffer = buffer
        self._step_ns = step_ns
        self._draw = draw
        self._one_after_other = one_after_other
        self._with_means = with_means
        self._known: dict[str, KnownChannel] = {}
        self._means_from: dict[str, int] = {}
        """From which step on means are to be told, by channel."""
        self._ordering = Ordering()
        self._answers: dict[int, list[tuple[str, TimeArray, FloatArray]]] = {}
        self._n_drawn = 0  # of the first parts, where they are drawn one after the other

    def __len__(self) -> int:
        """Return how many readings wait for those of other parts."""
        return len(self._ordering)

    def take(self, part: Part, found: dict[str, Steps], now: float) -> None:
        """Keep what a part brought, and draw what need not wait for others."""
        for name, steps in found.items():
            self._known_of(name).add(steps)
            if len(steps.times):
                part.newest[name] = int(steps.times[-1]), now
            if self._one_after_other:
                self._answers.setdefault(part.number, []).append((name, steps.times, steps.values))
                continue
            ready = self._ordering.add(name, part.number, steps.times, steps.values)
            if ready is not None:
                self._draw(name, *ready)

    def draw_ready(self, parts: Sequence[Part], now: float, *, is_last: bool = False) -> None:
        """Draw what has waited for other parts long enough; at last all of it."""
        if self._one_after_other:
            self._draw_one_after_other(parts, is_last=is_last)
        unfinished = () if is_last else [part.number for part in parts if part.is_unfinished]
        for name, times, values in self._ordering.take(unfinished, now):
            self._draw(name, times, values)
        if self._with_means:
            self._draw_means(parts, now, is_last=is_last and all(part.is_over for part in parts))

    def _draw_one_after_other(self, parts: Sequence[Part], *, is_last: bool) -> None:
        for part in parts[self._n_drawn :]:
            if not (part.is_over or is_last):
                break
            for name, times, values in self._answers.pop(part.number, ()):
                self._draw(name, times, values)
            self._n_drawn += not is_last

    def _draw_means(self, parts: Sequence[Part], now: float, *, is_last: bool) -> None:
        """Tell the means of the steps that are over, as far as is known."""
        unfinished = [part for part in parts if part.is_unfinished]
        if not is_last and not all(part.has_answered for part in unfinished):
            return
        since = now - PATIENCE
        for name, known in self._known.items():
            ends = [part.newest[name] for part in unfinished if name in part.newest]
            newest = [ns for ns, when in ends if when >= since] or [ns for ns, _ in ends]
            before = None if is_last or not newest else min(newest) // known.step_ns
            times, values, after = known.means(self._means_from.get(name, -(2**63)), before)
            self._means_from[name] = after
            if len(times):
                self._draw(f"{name}.mean", times, values)

    def _known_of(self, name: str) -> KnownChannel:
        known = self._known.get(name)
        if known is None:
            other = self._buffer._known.get(name)
            if isinstance(other, KnownChannel) and other.step_ns == self._step_ns:
                known = other  # another source of the same buffer brings the channel too
            else:
                known = KnownChannel(self._buffer.channel(name), self._step_ns)
            self._known[name] = self._buffer._known[name] = known
        return known
