"""Anything that can be looped over: a generator, a list, the chunks of a table."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from nbstream.sources.frames import is_table
from nbstream.sources.item_source import ItemSource
from nbstream.sources.python.own_loop import OwnLoop
from nbstream.sources.state import SourceState
from nbstream.sources.wording import positive_seconds, shorten

if TYPE_CHECKING:
    from nbstream.sources.items import Row
    from nbstream.sources.tables import Table

__all__ = ["IterableSource"]

ITEMS_AT_ONCE = 4096


class IterableSource(ItemSource):
    """Reads the items of an iterable.

    Parameters
    ----------
    iterable
        Its items are readings in any form of `nbstream.sources.items`: numbers (channel "value"),
        dicts of numbers by channel (a key such as "time" is the time if it can be one), (time,
        number or dict), tables, lines of text; None is no reading. A table given itself is its own
        only item. It may be asynchronous.
    interval
        Seconds between two items; None takes them as fast as they come.
    **options
        As for every `Source`: buffer, name, units, timezone, clock.

    Raises
    ------
    TypeError
        If `iterable` cannot be looped over.
    ValueError
        If `interval` is not > 0.

    Notes
    -----
    After the last item the state is ENDED; an error of the iterable itself is FAILED. `start()`
    after `stop()` goes on with the next item; after the end it loops anew. An asynchronous
    generator is cancelled by `stop()`, and has ended.

    Thread safety: any thread. The iterable is advanced on the source's thread; an asynchronous one
    on an event loop of that thread, so that it cannot use what belongs to the notebook's loop.
    """

    kind = "iterable"
    advice = "Yield numbers, or dicts such as {'temp': 21.5}."
    can_run_again = False

    def __init__(
        self,
        iterable: Iterable[Any] | AsyncIterable[Any],
        interval: float | None = None,
        **options: Any,
    ) -> None:
        if is_table(iterable):
            iterable = [iterable]
        given: Any = iterable
        if not isinstance(given, (Iterable, AsyncIterable)):
            message = f"'iterable' must be iterable (got {type(iterable).__name__})."
            raise TypeError(message)
        self.interval = None if interval is None else positive_seconds(interval, "interval")
        label = getattr(iterable, "__name__", None) or type(iterable).__name__
        options["name"] = options.get("name") or shorten(label)
        super().__init__(**options)
        self.iterable = iterable
        self._items: Iterator[Any] | None = None
        self._loop = OwnLoop(lambda: self._is_stopping)

    @property
    def own_interval(self) -> float | None:
        """Seconds between two items, None if they come as they like."""
        return self.interval

    def _interrupt(self) -> None:
        self._loop.cancel()

    def _run(self) -> None:
        loop = self._loop = OwnLoop(lambda: self._is_stopping)
        try:
            self._read_all(loop)
        except asyncio.CancelledError:
            self._items = None
            if not self._is_stopping:
                raise
        finally:
            loop.close()

    def _read_all(self, loop: OwnLoop) -> None:
        self._set_state(SourceState.RUNNING)
        if self._items is None:
            given: Any = self.iterable
            self._items = iter(given) if isinstance(given, Iterable) else loop.iterate(given)
        # Items that are there already need not be handed over one by one.
        n = ITEMS_AT_ONCE if isinstance(self.iterable, (list, tuple, range)) else 1
        for _ in self._ticks(self.interval) if self.interval else itertools.repeat(None):
            items = list(itertools.islice(self._items, 1 if self.interval else n))
            if not items:
                self._items = None
                for line in self._reader.lines.finish():
                    self._reject(1, line)
                if self._counters.rejected and not self._counters.accepted:
                    raise self._nothing_readable()
                self._set_state(SourceState.ENDED)
                return
            self._take(items)
            if self._is_stopping:
                return

    def _take(self, items: list[Any]) -> None:
        found: list[Row | Table] = []
        for item in items:
            if item is None:
                continue
            try:
                found += self._reader.read(item)
            except (TypeError, ValueError) as error:
                self._reject(1, str(error))
        self._hand_over(found)
        self._say_if_nothing_is_readable()
