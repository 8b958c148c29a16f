"""What an analyzer has taken in of the buffer, which its rules and detectors are shown."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from nbstream.alerts import BufferTable
from nbstream.analysis.channel import ChannelState
from nbstream.errors import ClosedError
from nbstream.readings.ring import ascending_runs
from nbstream.readings.window import Window, rough_duration
from nbstream.statistics import trailing_zscores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nbstream.readings.buffer import Buffer, BufferState, Rows

__all__ = ["Intake"]


class Intake:
    """The summaries of all channels, up to the row at which each was taken in.

    Parameters
    ----------
    buffer
        Where the rows come from.
    window
        The analyzer's window.

    Notes
    -----
    Thread safety: who calls a method holds `lock`, except for `require_open`; `channels` may be read from
    any thread.
    """

    def __init__(self, buffer: Buffer, window: Window) -> None:
        self.buffer = buffer
        self.window = window
        self.lock = threading.RLock()
        self.channels: dict[str, ChannelState] = {}
        self.wake = threading.Event()
        """Has the analyzer's thread look."""
        self.closed = threading.Event()
        """Set when the analyzer was closed."""
        self.ended_as = "closed"
        self._told_too_long: set[tuple[str, Window]] = set()

    def require_open(self) -> None:
        """Raise ClosedError if the analyzer was closed."""
        if self.closed.is_set():
            msg = f"The analyzer was {self.ended_as}. Make a new one."
            raise ClosedError(msg)

    def state_of(self, name: str | None) -> ChannelState | None:
        """Return what is kept of a channel, None before it is known; without a name of the first."""
        if name is None:
            channels = self.buffer._store.of_numbers() or self.buffer.channels
            return self.channels.get(channels[0]) if channels else None
        return self.channels.get(name)

    def ends(self) -> dict[str, int]:
        """Return up to which row each channel was taken in."""
        return {name: channel.pyramid.end for name, channel in self.channels.items()}

    def tables(self, channel: str, rows: Rows) -> Iterator[BufferTable]:
        """Yield rows of a channel as rules see them, in parts in which time goes back nowhere."""
        start, times, values = rows
        is_one = self.buffer.channel(channel).segment <= start
        for low, high in [(0, len(times))] if is_one else ascending_runs(times):
            yield BufferTable(
                self.buffer,
                channel,
                start + low,
                times[low:high],
                values[low:high],
                pyramid=self.channels[channel].pyramid,
                window=self.window,
                zscores=trailing_zscores,
                told=self._told_too_long,
            )

    def take_in(self, ends: dict[str, int], show: Callable[[str, Rows], object]) -> bool:
        """Add the rows up to these ends and show them; return whether there were any."""
        changed = False
        for name, end in ends.items():
            channel = self.channels.get(name)
            if channel is None:
                channel = self.channels[name] = ChannelState(self.buffer, name)
                changed = True
            changed |= channel.take_in(end, partial(show, name))
        return changed

    def refresh(self, others: Iterable[Window], moment: BufferState | None = None) -> None:
        """Compute the statistics of all channels anew, over the window and others.

        They are those of `moment`; None is the moment of the refresh before.
        """
        windows = {self.window, *others}
        held = self.buffer.channels  # none after it was closed
        for channel in self.channels.values():
            if channel.name not in held:
                continue
            as_of = channel.newest_ns
            if moment is not None:
                as_of = moment.ahead.get(channel.name, moment.newest_ns)
                self._tell_if_ahead(channel, moment)
            channel.refresh(windows, self.window, as_of)

    def _tell_if_ahead(self, channel: ChannelState, moment: BufferState) -> None:
        """Tell people once that a channel's clock is wrong, which hides its readings from the chart."""
        newest_ns = moment.ahead.get(channel.name)
        if newest_ns is None or channel.told_ahead or channel.name in self.buffer.derived:
            return
        channel.told_ahead = True
        self.buffer.note(
            f"{channel.name!r} is {rough_duration(newest_ns - (moment.newest_ns or 0))} ahead of the other "
            "channels and of this machine's clock; is its time zone right?"
        )
