"""A function that is called again and again."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from nbstream.errors import CallbackError
from nbstream.sources.item_parts import as_names
from nbstream.sources.item_source import ItemSource
from nbstream.sources.python.own_loop import OwnLoop
from nbstream.sources.state import Counters, SourceState
from nbstream.sources.supervision import Pace, wait_asked_for
from nbstream.sources.wording import explain, positive_seconds, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nbstream.runtime.turns import Life

__all__ = ["CallableSource"]

SILENCE_TO_MENTION = 2.0


class CallableSource(ItemSource):
    """Calls a function at intervals; each call is a reading.

    Parameters
    ----------
    function
        Takes nothing and returns a reading in any form of `nbstream.sources.items`: a number
        (channel "value"), a dict of numbers by channel (a key such as "time" is the time if it can
        be one), (time, number or dict), a table, a line of text; or None: no reading. It may be
        asynchronous.
    interval
        Seconds between two calls. The schedule does not drift; calls that could not be made in time
        are skipped.
    states
        Names of words to read ("RUN", "IDLE"), each a channel of words.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    TypeError
        If `function` cannot be called, or is a generator function; if one of `states` is no text.
    ValueError
        If `interval` is not > 0.

    Notes
    -----
    A function that raises StopIteration has ended. One that raises something else is called again,
    less and less often (never more often than `interval`, at most 30 s apart, or when the Retry-After of an
    answer of HTTP is over, be it urllib's, requests', httpx' or aiohttp's error); meanwhile the state is
    RECONNECTING, each failure counts as rejected, and `last_error` is a `CallbackError` with the
    function's own error as ``__cause__``.

    Thread safety: any thread. The function is called on the source's thread; an asynchronous one runs
    on an event loop of that thread, so that it cannot use what belongs to the notebook's loop. Where no
    thread can be started both run on the notebook's loop, which waits for one that is not asynchronous.
    """

    kind = "callable"
    advice = "Return a number, or a dict such as {'temp': 21.5}."
    from_function = True
    has_states = True

    def __init__(
        self,
        function: Callable[[], Any],
        interval: float = 1.0,
        *,
        states: Sequence[str] | str = (),
        **options: Any,
    ) -> None:
        given: Any = function
        if not callable(given):
            message = f"'function' must be callable (got {type(function).__name__})."
            raise TypeError(message)
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            message = "'function' yields. Give it to IterableSource."
            raise TypeError(message)
        self.interval = positive_seconds(interval, "interval")
        label = getattr(function, "__name__", None) or type(function).__name__
        options["name"] = options.get("name") or shorten(label)
        self._states = as_names(states, "states")
        super().__init__(**options)
        self.function = function
        self._called_at: float | None = None
        self._asked = 0.0  # seconds that the other side wants to be left alone
        self._loop = OwnLoop(lambda: self._is_stopping)

    @property
    def own_interval(self) -> float | None:
        """Seconds between two calls."""
        return self.interval

    @property
    def status(self) -> str:
        """What the source is doing now, in one short sentence for people."""
        called_at = self._called_at
        if called_at is not None and self._state in (SourceState.RUNNING, SourceState.RECONNECTING):
            seconds = self._clock.monotonic() - called_at
            if seconds >= SILENCE_TO_MENTION:
                return f"no return for {seconds:.0f} s"
        return super().status

    def _interrupt(self) -> None:
        self._loop.cancel()

    def _run(self) -> Life:
        loop = self._loop = OwnLoop(lambda: self._is_stopping)
        try:
            yield from self._call_again_and_again(loop)
        finally:
            loop.close()

    def _call_again_and_again(self, loop: OwnLoop) -> Life:
        self._set_state(SourceState.RUNNING)
        failures = 0
        pace = Pace(self._clock, self.interval)
        while True:
            self._called_at = self._clock.monotonic()
            try:
                item = self.function()
                if inspect.iscoroutine(item):
                    item = yield from loop.result_of(item)
            except StopIteration:
                self._set_state(SourceState.ENDED)
                return
            except GeneratorExit:  # the process ends
                raise
            except BaseException as error:
                if self._is_stopping:
                    return
                self._handle(f"{self.name} raised {explain(error)}", error, failures)
                failures += 1
            else:
                failures = self._take(item, failures)
            finally:
                if not self._is_abandoned:
                    self._called_at = None
            if failures:
                delay = max(self._backoff(failures - 1), self._asked)
                if (yield max(0.0, delay - self.interval)):
                    return
            if (yield pace.left()):
                return

    def _take(self, item: Any, failures: int) -> int:
        """Hand over what the function returned; return the failures in a row."""
        if item is not None:
            try:
                found = self._reader.read(item)
            except (TypeError, ValueError) as error:
                message = f"{self.name} returned what is no reading: {error}"
                self._handle(message, error, failures)
                return failures + 1
            self._hand_over(found)
            self._say_if_nothing_is_readable()
        if failures:
            self._set_state(SourceState.RUNNING)
            self._has_data()
        return 0

    def _handle(self, message: str, cause: BaseException, failures: int) -> None:
        error = CallbackError(message, callback=self.name)
        error.__cause__ = cause
        self._count(Counters(received=1, rejected=1))
        self._asked = wait_asked_for(cause)
        if self._is_abandoned:
            return
        when = f"waiting {self._asked:.0f} s, as it was asked to: " if self._asked else ""
        self._set_state(SourceState.RECONNECTING, f"{when}{error}", error)
        self._report("error", str(error))
        if not failures:
            self._count(Counters(reconnects=1))
