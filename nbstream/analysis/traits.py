"""The statistics of a channel as values that can be read and observed (traits)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import traitlets
from traitlets import HasTraits, TraitType
from traitlets.utils.bunch import Bunch

from nbstream.readings.batch import channel_name
from nbstream.readings.window import Window
from nbstream.runtime.main_thread import MAIN
from nbstream.text.sheet import MOST_ROWS, InCell, Sheet, and_more, number_text

__all__ = [
    "STATISTICS",
    "ChannelStatistics",
    "Snapshot",
    "Statistics",
    "StatisticsOfChannels",
    "WindowStatistics",
    "WindowTrait",
    "require_name",
]

NAN = float("nan")

STATISTICS = ("count", "last", "mean", "std", "min", "max", "median", "rate")
COLUMNS = tuple(name for name in STATISTICS if name != "median")
"""Of a table in a cell: what is known without being computed for it."""


@dataclass(frozen=True, slots=True)
class Statistics(InCell):
    """The statistics of one channel over the window; NaN where there is no reading."""

    count: int = 0
    """Readings in the window that are not missing."""
    last: float = NAN
    """Newest reading of the channel (not only of the window)."""
    mean: float = NAN
    std: float = NAN
    """Sample standard deviation (ddof = 1, as pandas)."""
    min: float = NAN
    max: float = NAN
    rate: float = NAN
    """Readings per second of event time: (count − 1) / (newest time − oldest time)."""
    label: str = ""
    """The newest reading of a channel of words, whose `last`, mean and so on are NaN; "" for numbers."""

    def _sheet(self) -> Sheet:
        return Sheet("Statistics", header=COLUMNS, rows=[self._cells()], n_words=0)

    def _cells(self) -> list[str]:
        values = [getattr(self, name) for name in COLUMNS]
        texts = [number_text(value) for value in values]
        if self.label:
            texts[COLUMNS.index("last")] = self.label
        return texts


@dataclass(frozen=True)
class Snapshot(InCell, Mapping[str, Statistics]):
    """The statistics of all channels at one moment.

    Parameters
    ----------
    window
        The window they were computed over.
    time_ns
        The newest time in the buffer, ns since the epoch; None before the first reading.
    channels
        Statistics by channel; the snapshot itself is a mapping of these.
    """

    window: Window
    time_ns: int | None
    channels: dict[str, Statistics]

    def _sheet(self) -> Sheet:
        header, rows, more = self._table()
        return Sheet(
            "Snapshot", f"over {self.window.label}", (), header, rows, n_words=1, more=more
        )

    def _table(self) -> tuple[tuple[str, ...], list[list[str]], str]:
        """Return the statistics of the first channels as a table, and how many more have some."""
        known = {name: of for name, of in self.channels.items() if of.count or of.label}
        rows = [[name, *of._cells()] for name, of in islice(known.items(), MOST_ROWS)]
        header = ("channel", *COLUMNS) if rows else ()
        return header, rows, and_more(len(known), len(rows), "channel")

    def __getitem__(self, channel: str) -> Statistics:
        """Return the statistics of one channel."""
        return self.channels[channel]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the channels."""
        return iter(self.channels)

    def __len__(self) -> int:
        """Return the number of channels."""
        return len(self.channels)


class StatisticTrait(TraitType[Any, Any]):
    """A read-only trait whose value is computed elsewhere; reading it gives the newest at once."""

    def __init__(self, help: str) -> None:
        super().__init__(NAN, read_only=True, help=help)

    def get(self, obj: HasTraits, cls: type[Any] | None = None) -> Any:
        """Return the newest computed value."""
        assert self.name is not None
        return obj._statistic(self.name)  # type: ignore[attr-defined]


class WindowTrait(TraitType[Any, Any]):
    """A window, set from any thread: it counts at once, observers are notified on the main thread."""

    def set(self, obj: Any, value: Any) -> None:
        """Take a window, or raise ValueError or TypeError."""
        self._take(obj, value, makes_room=True)

    def choose(self, obj: Any, value: Any) -> None:
        """Take a window for which the buffer doesn't grow, or raise ValueError or TypeError."""
        self._take(obj, value, makes_room=False)

    def _take(self, obj: Any, value: Any, *, makes_room: bool) -> None:
        window = Window.parse(value)
        obj._apply_window(window, makes_room=makes_room)
        store = super().set
        MAIN.run(lambda: store(obj, plain(window)))

    def get(self, obj: Any, cls: type[Any] | None = None) -> Any:
        """Return the window as text, or as a number of readings."""
        return plain(obj.parsed_window)


class ChannelStatistics(InCell, HasTraits):
    """The statistics of one channel, as traits that can be read and observed.

    Parameters
    ----------
    read
        Returns the newest computed value of a statistic.
    name
        The channel's; None is the first, whatever its name.

    Notes
    -----
    Reading a trait gives the newest computed value, at once and from any thread. Changes are notified
    on the main thread, at most 10 times a second; from NaN to NaN is no change.

    Thread safety: reading, from any thread; observe on the main thread.
    """

    count = StatisticTrait("Readings in the window that are not missing.")
    last = StatisticTrait("The newest reading.")
    mean = StatisticTrait("Arithmetic mean.")
    std = StatisticTrait("Sample standard deviation (ddof = 1); NaN for fewer than two readings.")
    min = StatisticTrait("Smallest reading.")
    max = StatisticTrait("Largest reading.")
    median = StatisticTrait(
        "Median; computed when it is read or somebody observes it. Exact up to 100,000 readings."
    )
    rate = StatisticTrait("Readings per second of event time.")

    def __init__(self, read: Callable[[str], Any], name: str | None) -> None:
        super().__init__()
        self._read = read
        self._name = name
        self._notified: dict[str, Any] = {}

    def __repr__(self) -> str:
        """Return the channel's name and statistics."""
        values = ", ".join(f"{s}={getattr(self, s):.6g}" for s in STATISTICS)
        of = "the first channel" if self._name is None else repr(self._name)
        return f"<statistics of {of}: {values}>"

    def _sheet(self) -> Sheet:
        of = "the first channel" if self._name is None else self._name
        row = [number_text(getattr(self, name)) for name in STATISTICS]
        return Sheet(f"Statistics of {of}", header=STATISTICS, rows=[row], n_words=0)

    def _statistic(self, statistic: str) -> Any:
        return self._read(statistic)

    def _notify(self) -> None:
        """Notify observers of what changed since the last time; on the main thread."""
        for statistic in STATISTICS:
            if not self.has_observers(statistic):
                continue
            old = self._notified.get(statistic, 0 if statistic == "count" else NAN)
            new = getattr(self, statistic)
            if new == old or (new != new and old != old):
                continue
            self._notified[statistic] = new
            self.notify_change(Bunch(name=statistic, old=old, new=new, owner=self, type="change"))

    def has_observers(self, statistic: str) -> bool:
        """Return whether somebody observes this statistic."""
        notifiers: dict[Any, dict[Any, list[Any]]] = self._trait_notifiers
        asked = (notifiers.get(name, {}) for name in (statistic, traitlets.All))
        return any(any(observers.values()) for observers in asked)


class StatisticsOfChannels(ChannelStatistics):
    """The statistics of the first channel; `channel` has the others'.

    Parameters
    ----------
    read
        Returns the newest computed value of a statistic of a channel; None is the first channel.

    Notes
    -----
    Thread safety: reading, from any thread; observe on the main thread.
    """

    def __init__(self, read: Callable[[str | None, str], Any]) -> None:
        super().__init__(lambda statistic: read(None, statistic), None)
        self._read_of = read
        self._views: dict[str, ChannelStatistics] = {}

    def channel(self, name: str) -> ChannelStatistics:
        """Return the statistics of one channel; they are NaN until it has readings.

        Raises
        ------
        TypeError
            If `name` is not a str.
        """
        name = require_name(name)
        view = self._views.get(name)
        if view is None:
            view = ChannelStatistics(lambda statistic: self._read_of(name, statistic), name)
            view = self._views.setdefault(name, view)
        return view

    def _notify_views(self) -> list[ChannelStatistics]:
        """Return what is to be notified: this, and the channels that somebody asked for."""
        return [self, *self._views.values()]


class WindowStatistics(StatisticsOfChannels):
    """The statistics of the first channel over one of an analyzer's windows; `channel` has the others'.

    Parameters
    ----------
    window
        The window.
    read
        Returns the newest computed value of a statistic of a channel; None is the first channel.
    covers
        Returns whether the buffer holds everything that belongs in the window.

    Notes
    -----
    Thread safety: reading, from any thread; observe on the main thread.
    """

    def __init__(
        self, window: Window, read: Callable[[str | None, str], Any], covers: Callable[[], bool]
    ) -> None:
        super().__init__(read)
        self._window = window
        self._covers = covers

    @property
    def window(self) -> str | int:
        """The window as text, or as a number of readings."""
        return plain(self._window)

    @property
    def covered(self) -> bool:
        """Whether the buffer still holds everything that belongs in the window, for all channels."""
        return self._covers()


def plain(window: Window) -> str | int:
    """Return a window as text, or as a number of readings."""
    return str(window) if window.readings is None else window.readings


def require_name(name: object) -> str:
    """Return a channel's name as buffers have it, or raise TypeError if it is none."""
    if not isinstance(name, str):
        msg = f"A channel's name must be a str (got {name!r})."
        raise TypeError(msg)
    return channel_name(name)
