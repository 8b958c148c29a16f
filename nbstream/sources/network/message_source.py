"""What every source of messages has: their reading, silence that is noticed, a stop that ends at once."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from nbstream.errors import (
    CallbackError,
    ConnectError,
    DependencyError,
    NbstreamError,
)
from nbstream.sources.item_parts import as_path
from nbstream.sources.item_source import ItemSource
from nbstream.sources.network.inbox import Inbox, WhenFull, as_when_full
from nbstream.sources.network.messages import (
    Message,
    MessageColumns,
    MessageReader,
    TooLongError,
)
from nbstream.sources.network.unreachable import why_unreachable
from nbstream.sources.state import SourceState
from nbstream.sources.wording import explain, positive_seconds, shorten
from nbstream.text.hiding_logs import hide_in_logs
from nbstream.text.redaction import Redactor, disarm, remember, secrets_of_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from nbstream.readings.batch import TimeArray
    from nbstream.sources.gathering import Alike, Row
    from nbstream.sources.items import ItemReader
    from nbstream.sources.tables import Table

__all__ = ["READ_TIMEOUT", "EndOfStream", "MessageSource", "load_extra"]

READ_TIMEOUT = 0.25
"""Seconds that a read waits for something to come."""
STOP_WITHIN = 1.0
"""Seconds after which a thread that is stuck in a library's call is given up."""


class EndOfStream(Exception):
    """The other side says that there will be no more; the source has ended."""


def load_extra(module: str, extra: str, source: str) -> ModuleType:
    """Return an optional library, imported on first use.

    Parameters
    ----------
    module
        Such as "websockets.asyncio.client".
    extra
        Of nbstream, that installs it.
    source
        The class that needs it.

    Raises
    ------
    DependencyError
        If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        message = f'{source} needs the {package!r} package: pip install "nbstream[{extra}]"'
        raise DependencyError(message) from error


class MessageSource(ItemSource):
    """A source of messages that come over a connection; `NetworkSource` and `AsyncNetworkSource` connect.

    Parameters
    ----------
    path
        What holds the readings in a JSON message, such as "data.rows[0]"; a list there is a reading an
        element. None is the message itself.
    time
        Name of a message's own time, as "ts" or "meta.ts"; None finds it by its name (time, timestamp, ts …)
        and takes the time of arrival if there is none; False asks for the time of arrival. `notes` say which.
    channels
        Names of the values to read; None is all numbers.
    states
        Names of the values that are words ("RUN", "IDLE"), each a channel of words. A payload that is nothing
        but a word is one without being named.
    pivot
        Name of the value that names the channels: with "sensor", {"sensor": "attic", "temp": 3} is the
        channel "attic.temp".
    parse
        Takes a payload as it came and returns a reading in any form of `nbstream.sources.items`, or None for
        none; None reads JSON, numbers and text. What it raises costs the message, but a ConnectError ends
        the connection, which is made anew later, and a RefusedError the source, unless it has worked before.
    reconnect_after
        Seconds without any message after which the connection is made anew, for what dies in silence; None
        waits for ever.
    when_full
        What happens to messages that come faster than they can be read, where a library's thread brings
        them: "drop_oldest", "drop_newest", or "block", which lets the other side wait.
    max_queue
        How many messages may wait to be read.
    max_message_bytes
        Longer messages are dropped and counted.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Raises
    ------
    ValueError, TypeError
        If an option cannot be what it is.

    Notes
    -----
    Numbers in quotes are numbers, true and false 1 and 0; other text beside them is left out with a note,
    unless `states` names it. A payload of one number may have a decimal comma ("21,5"). A message that
    cannot be read costs itself. Of more channels than the buffer may hold the first are kept and the rest is
    counted.

    Thread safety: any thread.
    """

    kind = "messages"
    has_states = True
    advice = "Pass path=… or parse=… to say where the readings are in a message."
    otherwise = "Pass time=… to say it otherwise."
    _otherwise_of: ClassVar[Mapping[str, str]] = {
        "comma": "Pass parse=… to say it otherwise.",
        "groups": "Pass parse=… to say it otherwise.",
        "records": "Pass path=… to say it otherwise.",
    }
    target: str = ""
    """What is connected to, for people; secrets in it are hidden."""
    _loggers: ClassVar[tuple[str, ...]] = ()
    """Those of the library that would write addresses and headers into the log, secrets included."""

    def __init__(
        self,
        *,
        path: str | Sequence[str | int] | None = None,
        time: str | Literal[False] | None = None,
        channels: Sequence[str] | str | None = None,
        states: Sequence[str] | str = (),
        pivot: str | None = None,
        parse: Callable[[Any], Any] | None = None,
        reconnect_after: float | None = None,
        when_full: WhenFull = "drop_oldest",
        max_queue: int = 10_000,
        max_message_bytes: int = 2**20,
        **options: Any,
    ) -> None:
        given: Any = parse
        if given is not None and not callable(given):
            message = f"'parse' must be a function of a payload (got {type(parse).__name__})."
            raise TypeError(message)
        self.when_full: WhenFull = as_when_full(when_full)
        self.max_queue = _positive(max_queue, "max_queue")
        self.reconnect_after = (
            None
            if reconnect_after is None
            else positive_seconds(reconnect_after, "reconnect_after")
        )
        steps = as_path(path)
        self._sent_ns: int | None = None
        self._came_ns: int | None = None
        self._is_sent = False
        self._has_times = False
        super().__init__(**options)
        self._newest_ns = self._clock.wall_ns()
        reader = self._reader
        reader.time_name = time
        reader.only = None if channels is None else _names(channels)
        reader.states = _names(states)
        reader.pivot = _name(pivot, "pivot")
        reader.labels_for = self.buffer._store.labels_for
        reader.max_channels = self.buffer.max_channels
        max_bytes = _positive(max_message_bytes, "max_message_bytes")
        self._messages = MessageReader(reader, path=steps, parse=parse, max_bytes=max_bytes)
        self._inbox: Inbox[Message] = self._new_inbox()
        self._redactors: list[Redactor] = []
        hide_in_logs(self._loggers)

    def stop(self, timeout: float | None = STOP_WITHIN) -> None:
        """Stop reading; `start()` connects again.

        Parameters
        ----------
        timeout
            Seconds to wait for the thread, a second at most: a library that is stuck in a call is given up
            then, and whatever it returns later is dropped.
        """
        super().stop(STOP_WITHIN if timeout is None else min(timeout, STOP_WITHIN))

    # What a subclass writes.

    def _translate(self, error: Exception) -> Exception:
        """Return what an error of a library means.

        A ConnectError is tried again, a RefusedError only if it worked before, a ConfigurationError never.
        """
        is_known = isinstance(error, (NbstreamError, OSError))
        if is_known or (type(error).__module__ == "builtins" and not isinstance(error, EOFError)):
            return error
        return ConnectError(explain(error), source=self.name)

    # What a subclass uses.

    def _hide(self, *secrets: str | None) -> None:
        """Let no text show these, wherever a library puts them."""
        known = [secret for secret in secrets if secret]
        if known:
            self._redactors.append(remember(Redactor(known)))

    def _hide_url(self, url: str) -> None:
        """Let no text show the password of a URL, nor its tokens."""
        self._hide(*secrets_of_url(url))
        login = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
        if ":" in login:
            self._hide(login)  # as it is sent, for it is one word in base64

    def _deliver(self, messages: Iterable[Any]) -> None:
        """Put the readings of messages (or bare payloads) into the buffer; a bad one costs itself."""
        if self._is_abandoned:
            return
        self._gave_sign()
        columns = MessageColumns.of(messages)
        payloads, names, sent = columns.payloads, columns.names, columns.sent
        pieces: list[Alike] = []
        left: Iterable[int] = range(len(payloads))
        came = self._times_of(sent) if len(payloads) >= self._messages.many else None
        if came is not None:
            self._sent_ns = None if sent[0] is None else int(sent[0])
            pieces, left = self._messages.read_alike(payloads, names, came)
        # What stands beside columns must not be later than they are.
        arrivals = came.tolist() if came is not None and pieces else None
        found: list[tuple[int, Row | Table]] = []
        read = self._messages.read
        n_left_out = sum(len(piece) for piece in pieces if not piece.values)
        of_no_use: ConnectError | None = None
        for place in left:
            sent_ns = sent[place]
            self._sent_ns = None if sent_ns is None else int(sent_ns)
            message = Message(payloads[place], names[place], self._sent_ns)
            self._came_ns = None if arrivals is None else arrivals[place]
            try:
                for piece in read(message):
                    if isinstance(piece, str):
                        self._reject(1, piece)
                        continue
                    kept = [row for row in piece if not isinstance(row, tuple) or row[1]]
                    n_left_out += len(piece) - len(kept)
                    found += [(place, row) for row in kept]
            except TooLongError as error:
                self._drop(1, str(error))
            except ConnectError as error:
                of_no_use = error
                break
            except CallbackError as error:
                disarm(error)
                self._last_error = error
                self._report("error", str(error))
                self._reject(1, shorten(message.payload))
            except Exception as error:
                self._reject(1, f"{message.name}: {error}" if message.name else str(error))
        self._reader.prefix = ""
        if n_left_out:
            self._drop(n_left_out, f"more than {self._reader.max_channels} channels; some left out")
        self._hand_over_pieces([piece for piece in pieces if piece.values], found)
        if of_no_use is not None:
            raise of_no_use
        self._say_if_nothing_is_readable()

    def _times_of(self, sent: Sequence[int | None] | TimeArray) -> TimeArray | None:
        """Return when messages were sent or, a microsecond apart, when they came; None if some say it."""
        if isinstance(sent, np.ndarray):
            return sent
        n_unsaid = sent.count(None)
        if not n_unsaid:
            return np.array(sent, np.int64)
        now, n = self._clock.wall_ns(), len(sent)
        step = max(0, min(1000, (now - self._newest_ns) // n))
        self._newest_ns = now
        return now - np.arange(n - 1, -1, -1, dtype=np.int64) * step if n_unsaid == n else None

    # How it goes.

    def _new_reader(self) -> ItemReader:
        reader = super()._new_reader()
        reader.times.now_ns = self._message_ns
        return reader

    def _emit_table(self, table: Table) -> None:
        self._has_times = self._has_times or table.times is not None
        super()._emit_table(table)

    def _message_ns(self) -> int:
        """Return the time of a message that names none."""
        if self._sent_ns is None:
            if self._came_ns is not None:
                return self._came_ns
            self._newest_ns = self._clock.wall_ns()
            return self._newest_ns
        self._is_sent = True
        return self._sent_ns

    def _note_reader(self) -> None:
        super()._note_reader()
        if self._messages.n_again:
            n = self._messages.n_again
            self._note("again", f"{n:,} answers had nothing new, and are left out")
        if "key" not in self._notes and self._counters.accepted and not self._has_times:
            what = "those at which messages were sent" if self._is_sent else "arrival times"
            self._note("arrival", f"times are {what}. {self.otherwise}")
        left_out = self._reader.left_out
        if left_out:
            first = shorten(min(left_out), 40)
            kept = self._reader.max_channels
            text = f"{len(left_out):,} channels left out, as {first!r}: the buffer holds {kept}"
            self._note("too many", text)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """End with the stream, and raise what a library's error means."""
        try:
            yield
        except EndOfStream:
            self._set_state(SourceState.ENDED)
        except Exception as error:
            told = self._translate(error)
            is_open_to_words = isinstance(told, OSError) or type(told) is ConnectError
            why = why_unreachable(error, self.target) if is_open_to_words else ""
            if why:
                raise ConnectError(why, source=self.name) from error
            if told is error:
                raise
            raise told from error

    def _new_inbox(self) -> Inbox[Message]:
        return Inbox(self.max_queue, self.when_full, self._clock)

    def _begin(self) -> None:
        """Say that a connection is made."""
        self._inbox.close()
        self._inbox = self._new_inbox()
        what = f"connecting to {self.target}" if self.target else "connecting"
        if self._attempt:
            again = f"{what} again (attempt {self._attempt + 1})"
            self._set_state(SourceState.RECONNECTING, again)
        else:
            self._set_state(SourceState.CONNECTING, what)

    def _finish(self) -> None:
        """Count what came and turned out to say nothing."""
        self._count_dropped()
        if not self._is_abandoned:
            for line in self._reader.lines.finish():
                self._reject(1, line)

    def _count_dropped(self) -> None:
        n = self._inbox.take_dropped()
        if n:
            policy = f"when_full={self.when_full!r}"
            self._drop(n, f"messages came faster than they can be read ({policy})")

    def _look_for_silence(self) -> None:
        """Give up a connection over which nothing has come for long."""
        since, limit = self._connected_at, self.reconnect_after
        if since is None or limit is None:
            return
        silent = self._clock.monotonic() - max(since, self._alive_at or since)
        if silent >= limit:
            message = f"no data for {silent:.0f} s"
            raise ConnectError(message, source=self.name)

    def _lost(self) -> ConnectError:
        return ConnectError("the connection was closed by the other side", source=self.name)

    def _interrupt(self) -> None:
        self._inbox.close()


def _names(given: Sequence[str] | str) -> frozenset[str]:
    return frozenset([given] if isinstance(given, str) else given)


def _name(given: Any, option: str) -> str:
    if given is not None and not (isinstance(given, str) and given):
        message = f"{option!r} must be a name (got {given!r})."
        raise ValueError(message)
    return given or ""


def _positive(given: int, name: str) -> int:
    number: Any = given
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        message = f"{name!r} must be a whole number > 0 (got {number!r})."
        raise ValueError(message)
    return given
