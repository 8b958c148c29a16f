"""What an analyzer can be asked about rules."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from nbstream.alerts.conditions.condition import Condition
from nbstream.alerts.conditions.filling import waiting_for
from nbstream.alerts.log.alert_log import AlertLog
from nbstream.alerts.rules.kinds_of_channels import require_kinds
from nbstream.alerts.rules.preview import Preview
from nbstream.alerts.rules.rule import Rule
from nbstream.alerts.rules.rule_file import read_rules, write_rules
from nbstream.alerts.rules.settings import FurtherSettings, NoDataPolicy, takes_settings
from nbstream.errors import ClosedError
from nbstream.readings.window import Window, WindowLike, parse_duration
from nbstream.runtime import ending
from nbstream.runtime.main_thread import MAIN
from nbstream.text.redaction import redact

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import timedelta
    from os import PathLike

    from nbstream.alerts.conditions.table import BufferTable
    from nbstream.alerts.log.incident import Incident, Notification
    from nbstream.alerts.notifiers import Dispatcher, Notifier
    from nbstream.alerts.rules.rule_book import RuleBook
    from nbstream.readings.buffer import Buffer, Rows
    from nbstream.readings.channel_rows import ChannelRows

__all__ = ["Alerting", "TakenIn"]

CHUNK = 262_144
"""Rows shown to a rule at a time."""


class TakenIn(Protocol):
    """What an analyzer has taken in; who asks for ends or tables holds `lock`."""

    buffer: Buffer
    window: Window
    wake: threading.Event
    """Has the analyzer's thread look."""

    def require_open(self) -> None:
        """Raise ClosedError if the analyzer was closed."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Guards it, and the rules that see it."""

    def ends(self) -> dict[str, int]:
        """Return up to which row each channel was taken in."""

    def tables(self, channel: str, rows: Rows) -> Iterable[BufferTable]:
        """Return rows of a channel as rules see them, in parts in which time goes back nowhere."""


class Alerting:
    """The rules of an analyzer, and who is told of them.

    Parameters
    ----------
    taken_in
        What the rules are shown.
    book
        Keeps the rules.
    log
        Takes what they find.
    has_source
        Whether readings were promised: then silence of a channel is told, unless a rule says otherwise.

    Notes
    -----
    Thread safety: any method from any thread.
    """

    def __init__(
        self, taken_in: TakenIn, book: RuleBook, log: AlertLog, *, has_source: bool
    ) -> None:
        self._taken_in = taken_in
        self._buffer = taken_in.buffer
        self._book = book
        self._log = log
        self._has_source = has_source
        self._dispatchers: tuple[Dispatcher, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are not closed, oldest first."""
        return self._book.rules

    @takes_settings(FurtherSettings)
    def alert(
        self,
        condition: str,
        channel: str | Iterable[str] | None = None,
        clear: str | None = None,
        for_: str | float | timedelta = 0,
        severity: str = "warning",
        name: str | None = None,
        *,
        no_data: NoDataPolicy | None = None,
        **further: Unpack[FurtherSettings],
    ) -> Rule:
        """Watch one channel or several with a rule; a notebook cell that runs again ends its former rules.

        Parameters
        ----------
        condition
            When it is breached: ``value > 90``, ``outside(10, 90)``, ``abs(zscore) > 4``,
            ``state == "RUN"``, or a formula such as ``mean("1min") > 70 and pressure < 3``;
            docs/alerts.md has all of the language. A word that has not come yet may still come.
        channel
            The channel that it watches; None is the first (or the first that `condition` names, if it speaks
            of named channels only). "*" is every channel, "zone *" those that are called so, a list several:
            each has a state of its own.
            Of a condition that compares ``value`` with words, the first and every one that holds words.
        {settings}
        no_data
            What a silent channel means: "nodata", "alert", "ok" or "keep"; None is "nodata" if the analyzer
            has a source, and "keep" for a bare buffer, whom nobody promised more.

        Returns
        -------
        Rule
            Its conditions and limits can be changed; `close()` ends it.

        Raises
        ------
        ValueError
            If a condition cannot be read, or an argument is not possible, or a channel that holds numbers
            is compared with words, or the other way round. Of one that comes later it is never true.
        ClosedError
            If the analyzer was closed.
        """
        self._taken_in.require_open()
        rule = self._rule(
            condition=condition,
            channel=channel,
            clear=clear,
            for_=for_,
            severity=severity,
            name=name,
            no_data=no_data,
            **further,
        )
        self._book.adopt(rule)
        self._begin(rule)
        return rule

    def preview(
        self, condition: str, window: WindowLike = "10min", *, channel: Any = None, **options: Any
    ) -> Preview:
        """Return what a rule would have done on the readings in `window`, from OK on.

        Parameters
        ----------
        condition, channel, **options
            As for `alert`.
        window
            Which readings: "10min", a number of them, or "all".

        Raises
        ------
        ValueError
            If a condition or the window cannot be read.
        """
        self._taken_in.require_open()
        rule = self._rule(condition=condition, channel=channel, **options)
        return self._preview(rule, window)

    async def wait_for(
        self,
        condition: str,
        timeout: str | float | timedelta | None = None,
        channel: str | None = None,
        *,
        partial: bool = False,
    ) -> Incident:
        """Wait until a condition holds, in a notebook cell: ``await analyzer.wait_for("value > 90")``.

        Parameters
        ----------
        condition, channel, partial
            As for `alert`. The newest reading counts, and what comes.
        timeout
            Seconds or "30s", by this machine's clock; None waits as long as it takes.

        Returns
        -------
        Incident
            The firing; its `breach` is the reading, its `reason` says why.

        Raises
        ------
        TimeoutError
            If the condition did not hold in time.
        ClosedError
            If the analyzer was closed meanwhile.
        ValueError
            If the condition cannot be read.
        Exception
            What made the rule fail, if it did.
        """
        from nbstream.alerts.rules.wait_for import Gate  # asyncio takes a tenth of our import

        self._taken_in.require_open()
        seconds = None if timeout is None else parse_duration(timeout, name="timeout") / 1e9
        gate = Gate(timezone=self._buffer.timezone)

        def give_up(rule: Rule) -> None:
            self._book.drop(rule)
            message = f"The analyzer was closed while {condition!r} was waited for."
            gate.fail(ClosedError(message))

        own: dict[str, Any] = {"log": gate, "no_data": "keep", "on_close": give_up}
        rule = self._rule(condition=condition, channel=channel, partial=partial, **own)

        def unless_it_works(_: Notification) -> None:
            if rule.error is not None:
                gate.fail(rule.error)

        gate.subscribe(unless_it_works)
        with self._taken_in.lock:
            self._book.add(rule, is_hidden=True)
            for held, end in self._watched_by(rule):
                if end > held.span()[0]:
                    self._show(rule, held, end - 1, end)
        self._taken_in.wake.set()
        try:
            return await gate.opened(seconds)
        except TimeoutError:
            message = f"{condition!r} did not hold within {seconds:g} s."
            raise TimeoutError(message) from None
        finally:
            rule.close()

    def notify(self, *notifiers: Notifier | Callable[[Any], Any]) -> Dispatcher:
        """Tell notifiers of everything that rules do from now on, until the analyzer is closed.

        What can't be delivered, after its retries, is said once in the feed, and once that it works again.
        A notebook cell that runs again ends what it connected before.

        Parameters
        ----------
        *notifiers
            Objects of `nbstream.alerts.notifiers`, or functions to call with each `Notification`.

        Returns
        -------
        Dispatcher
            It has counters of what was delivered; `close()` ends it sooner.

        Raises
        ------
        TypeError
            If one of them is neither.
        ClosedError
            If the analyzer was closed.
        """
        from nbstream.alerts.notifiers import connect

        self._taken_in.require_open()
        dispatcher = connect(self._log, *notifiers, tell=self._tell_of_notifier)
        dispatcher.adopt()
        self._dispatchers = (*(d for d in self._dispatchers if not d.is_closed), dispatcher)
        return dispatcher

    def save_rules(self, path: str | PathLike[str]) -> None:
        """Write all rules and their open incidents to a JSON file, which is replaced in one step.

        Raises
        ------
        OSError
            If the file cannot be written; an old one is as it was.
        ValueError
            If there are more rules than a file may hold: 10,000, or 5 MB.
        """
        write_rules(path, self.rules)

    def load_rules(self, path: str | PathLike[str]) -> tuple[Rule, ...]:
        """Add the rules of a file that `save_rules` wrote, and go on with their open incidents.

        Nobody is told again of an incident that was open. All rules of the file are added, or none.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is no file of rules; the message says what is wrong. Nothing in it is run as code.
        ClosedError
            If the analyzer was closed.
        """
        return self.add_saved_rules(path)

    def add_saved_rules(
        self, path: str | PathLike[str], *, resumes: bool = True
    ) -> tuple[Rule, ...]:
        """Add the rules of a file as `load_rules`; `resumes` is False to leave their open incidents out."""
        self._taken_in.require_open()
        rules = []
        for number, (arguments, incidents) in enumerate(read_rules(path), 1):
            try:
                rules.append((self._rule(**_parsed(arguments)), incidents))
            except (ValueError, TypeError) as error:
                message = f"{str(path)!r} has a rule {number} that is not possible: {error}"
                raise ValueError(message) from None
        for rule, incidents in rules:
            self._book.adopt(rule)
            if resumes:
                rule.resume(incidents)
            self._begin(rule)
        return tuple(rule for rule, _ in rules)

    def _tell_of_notifier(self, text: str) -> None:
        self._buffer.note(redact(text))

    def end(self) -> None:
        """Close the rules, and deliver what they said last; a notebook doesn't wait for that."""
        self._book.close()
        for dispatcher in self._dispatchers:
            dispatcher.retire()
        holds_up = MAIN.has_loop and MAIN.is_current
        patience = ending.GRACE if holds_up else ending.PATIENCE
        until = time.monotonic() + ending.seconds_left(patience)
        for dispatcher in self._dispatchers:
            dispatcher.finish(max(0.0, until - time.monotonic()), goes_on=holds_up)

    def _rule(
        self,
        *,
        no_data: Any = None,
        log: AlertLog | None = None,
        on_close: Callable[[Rule], object] | None = None,
        **arguments: Any,
    ) -> Rule:
        if no_data is None:
            no_data = "nodata" if self._has_source else "keep"
        return Rule(
            **arguments,
            no_data=no_data,
            log=self._log if log is None else log,
            on_close=on_close or self._book.drop,
            on_edit=self._book.forget_index,
            channels=lambda: self._buffer.channels,
            previewer=self._preview,
            waits_for=self._waiting_for,
            require=partial(require_kinds, buffer=self._buffer),
        )

    def _waiting_for(self, channel: str, windows: tuple[str | None, ...]) -> str:
        """Return in words which of these windows is not full; None is the analyzer's."""
        parsed = (self._taken_in.window if text is None else Window.parse(text) for text in windows)
        return waiting_for(self._buffer.channel(channel), parsed)

    def _begin(self, rule: Rule) -> None:
        """Add a rule; it sees what is held already, as if it had been there from the beginning."""
        with self._taken_in.lock:
            self._book.add(rule)
            for held, end in self._watched_by(rule):
                until, (start, _) = rule.taken_in_until(held.name), held.span()
                if until is not None:
                    start = max(start, held.row_at(until + 1))
                self._show(rule, held, start, end)
                self._book.let_others_overtake(rule, held.name)
        self._taken_in.wake.set()

    def _watched_by(self, rule: Rule) -> Iterator[tuple[ChannelRows, int]]:
        """Yield the channels that a rule watches, and up to which row each was taken in."""
        channels, words = self._buffer.measured, self._buffer._store.labels
        for name, end in self._taken_in.ends().items():
            if rule.watches(name, channels, words):
                yield self._buffer.channel(name), end

    def _show(self, rule: Rule, held: ChannelRows, start: int, stop: int) -> tuple[int, int]:
        """Show rows to a rule; return how many these were, and the newest time, 0 for none."""
        n, newest_ns = 0, 0
        for first in range(start, stop, CHUNK):
            rows = held.rows(first, min(first + CHUNK, stop))
            for table in self._taken_in.tables(held.name, rows):
                rule.take_in(table)
                n += len(table)
                newest_ns = max(newest_ns, table.newest_ns if len(table) else 0)
        return n, newest_ns

    def _preview(self, rule: Rule, window: WindowLike) -> Preview:
        window = Window.parse(window)
        log = AlertLog(maxlen=10_000, timezone=self._buffer.timezone)
        tried = Rule(**rule.settings.to_dict(), channel=rule.selected, log=log)
        n_readings, newest_ns = 0, 0
        with self._taken_in.lock:
            for held, end in self._watched_by(tried):
                start, stop = held.window_rows(window)
                n, last_ns = self._show(tried, held, start, min(stop, end))
                n_readings, newest_ns = n_readings + n, max(newest_ns, last_ns)
                self._book.let_others_overtake(tried, held.name)
        if tried.error is not None:
            message = f"{rule.name!r} cannot be previewed: {tried.error}"
            raise ValueError(message) from tried.error
        return Preview.of(log.incidents, log.n_fired, n_readings, newest_ns)


def _parsed(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments with conditions instead of texts: their channels may be still to come."""
    parsed = {**arguments, "condition": Condition.parse(arguments["condition"])}
    if arguments.get("clear") is not None:
        parsed["clear"] = Condition.parse(arguments["clear"])
    levels = arguments.get("levels") or {}
    parsed["levels"] = {severity: Condition.parse(text) for severity, text in levels.items()}
    return parsed
