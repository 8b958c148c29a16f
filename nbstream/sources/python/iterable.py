"""Anything that can be looped over: a generator, a list, the chunks of a table."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Sequence,
)
from typing import TYPE_CHECKING, Any

from nbstream.errors import NbstreamError
from nbstream.sources.frames import is_table
from nbstream.sources.item_parts import as_names
from nbstream.sources.item_source import ItemSource
from nbstream.sources.python.own_loop import OwnLoop
from nbstream.sources.state import SourceState
from nbstream.sources.supervision import Pace
from nbstream.sources.wording import positive_seconds, shorten

if TYPE_CHECKING:
    from nbstream.runtime.turns import Life
    from nbstream.sources.gathering import Row
    from nbstream.sources.tables import Table

__all__ = ["IterableSource"]

ITEMS_AT_ONCE = 4096
WAITING = "waiting for its first item"
MISTAKES = (
    NameError, AttributeError, TypeError, ValueError, LookupError, ImportError, SyntaxError,
)  # fmt: skip
"""What a function raises that is not written well, rather than because somebody is not there."""


class IterableSource(ItemSource):
    """Reads the items of an iterable.

    Parameters
    ----------
    iterable
        Its items are readings in any form of `nbstream.sources.items`: numbers (channel "value"),
        dicts of numbers by channel (a key such as "time" is the time if it can be one), (time,
        number or dict), tables, lines of text; None is no reading. A table given itself is its own
        only item. It may be asynchronous. A function that yields is called, and called anew after
        whatever it raised, with back-off: so it may begin with a connection.
    interval
        Seconds between two items; None takes them as fast as they come.
    reconnect_after
        Seconds without any item after which an asynchronous function is broken off and called anew, for
        connections that die in silence; None waits for ever.
    states
        Names of words to read ("RUN", "IDLE"), each a channel of words.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    TypeError
        If `iterable` cannot be looped over, or one of `states` is no text.
    ValueError
        If `interval` or `reconnect_after` is not > 0, or nothing can be called anew.

    Notes
    -----
    After the last item the state is ENDED. An error of a generator is FAILED: it cannot go on. One of a
    function that yields is FAILED only if it looks like a mistake in it (a NameError, a KeyError …), or is
    final for any source, and nothing has come before. Its state is CONNECTING until its first item, which
    may be None: that is no reading, but says that it is connected.

    `start()` after `stop()` goes on with the next item; after the end it loops anew. An asynchronous
    generator is cancelled by `stop()`, and has ended; a function is called anew. What a function or an
    asynchronous generator holds is given back by then: its ``with`` and ``finally`` are left.

    Thread safety: any thread. The iterable is advanced on the source's thread; an asynchronous one
    on an event loop of that thread, so that it cannot use what belongs to the notebook's loop. Where no
    thread can be started it is advanced on the running loop, which waits for each item of one that is not
    asynchronous; there `stop()` returns before what an asynchronous one holds is given back.
    """

    kind = "iterable"
    advice = "Yield numbers, or dicts such as {'temp': 21.5}."
    has_states = True

    def __init__(
        self,
        iterable: Iterable[Any]
        | AsyncIterable[Any]
        | Callable[[], Iterable[Any] | AsyncIterable[Any]],
        interval: float | None = None,
        *,
        reconnect_after: float | None = None,
        states: Sequence[str] | str = (),
        **options: Any,
    ) -> None:
        if is_table(iterable):
            iterable = [iterable]
        given: Any = iterable
        self._is_function = self.can_run_again = yields(given)
        if not self._is_function and not isinstance(given, (Iterable, AsyncIterable)):
            message = f"'iterable' must be iterable (got {type(iterable).__name__})."
            raise TypeError(message)
        self.interval = None if interval is None else positive_seconds(interval, "interval")
        self.reconnect_after = None
        if reconnect_after is not None:
            self.reconnect_after = positive_seconds(reconnect_after, "reconnect_after")
            if not inspect.isasyncgenfunction(given):
                message = (
                    "'reconnect_after' needs an asynchronous function that yields, to call it anew."
                )
                raise ValueError(message)
        label = getattr(iterable, "__name__", None) or type(iterable).__name__
        options["name"] = options.get("name") or shorten(label)
        self._states = as_names(states, "states")
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

    def _run(self) -> Life:
        loop = self._loop = OwnLoop(lambda: self._is_stopping)
        try:
            if self._is_function or not isinstance(self.iterable, Iterable):
                # Not kept beyond this run: what it holds, a connection perhaps, is given back at once.
                items = self._begin()
                try:
                    yield from self._read_all(items, loop)
                finally:
                    if isinstance(items, AsyncIterator):
                        yield from loop.end(items)
                    else:
                        items.close()
            else:
                if self._items is None:
                    self._items = iter(self.iterable)
                yield from self._read_all(self._items, loop)
        except asyncio.CancelledError:
            if not self._is_stopping:
                raise
        finally:
            loop.close()

    def _is_final(self, error: Exception) -> bool:
        if not self._is_function:
            return super()._is_final(error)
        is_known = isinstance(error, (NbstreamError, OSError, *MISTAKES))
        return is_known and super()._is_final(error)

    def _try_again_later(self, error: Exception) -> Life:
        self._items = None
        yield from super()._try_again_later(error)

    def _begin(self) -> Generator[Any, None, None] | AsyncIterator[Any]:
        """Return a generator of what a function yields, called now, or an iterator of asynchronous items."""
        given: Any = self.iterable() if self._is_function else self.iterable  # type: ignore[operator]
        found: Generator[Any, None, None] | AsyncIterator[Any]
        found = aiter(given) if isinstance(given, AsyncIterable) else given
        return found

    def _read_all(self, items: Iterator[Any] | AsyncIterator[Any], loop: OwnLoop) -> Life:
        if self._is_function:
            self._set_state(SourceState.CONNECTING, WAITING)
        else:
            self._set_state(SourceState.RUNNING)
        # Items that are there already need not be handed over one by one.
        are_there = isinstance(self.iterable, (list, tuple, range)) and self.interval is None
        n = ITEMS_AT_ONCE if are_there else 1
        pace = None if self.interval is None else Pace(self._clock, self.interval)
        while True:
            if isinstance(items, AsyncIterator):
                taken = yield from loop.next_of(items, self.reconnect_after)
            else:
                taken = list(itertools.islice(items, n))
            if not taken:
                self._items = None
                for line in self._reader.lines.finish():
                    self._reject(1, line)
                if self._counters.rejected and not self._counters.accepted:
                    raise self._nothing_readable()
                self._set_state(SourceState.ENDED)
                return
            self._take(taken)
            if (yield None if pace is None else pace.left()):
                return

    def _take(self, items: list[Any]) -> None:
        if self._is_function and not self._is_abandoned:
            if self._connected_at is None:
                self._connected()
            self._gave_sign()
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


def yields(anything: Any) -> bool:
    """Return whether something is a function that yields, or is bound to or made of one."""
    return inspect.isgeneratorfunction(anything) or inspect.isasyncgenfunction(anything)
