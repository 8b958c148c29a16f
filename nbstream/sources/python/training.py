"""The numbers of a training, logged by the loop itself or by a callback of its framework."""

from __future__ import annotations

import os
import time
from collections import deque
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nbstream.readings.labels import is_word
from nbstream.sources.gathering import Alike, gather_pieces
from nbstream.sources.item_source import ItemSource
from nbstream.sources.python.training_callbacks import (
    huggingface_callback,
    keras_callback,
    lightning_callback,
)
from nbstream.sources.state import SourceState
from nbstream.sources.wording import explain
from nbstream.text.redaction import disarm

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    import pandas as pd

    from nbstream.runtime.turns import Life
    from nbstream.sources.gathering import Row
    from nbstream.sources.items import ItemReader

__all__ = ["TrainingRun", "TrainingSource"]

MAX_WAITING = 100_000
"""Calls that wait for the source's thread; further ones are dropped and counted."""
LOOK_EVERY = 0.05
MANY = 8
"""So many calls that named the same are read as columns."""
STEP = "step"
RANKS = ("RANK", "SLURM_PROCID")
"""Where the number of a process among several that train together stands."""
PLAIN = frozenset((float, int, bool))
Logged: TypeAlias = tuple[int, int, dict[str, Any]]
"""A call of log: which one it was, when, and what it said."""


class TrainingSource(ItemSource):
    """Takes what a training loop logs: ``live.log(loss=0.31, step=12)``.

    Parameters
    ----------
    every_process
        Whether processes that train together (torchrun, SLURM) all log; False is the first one alone.
    **options
        As for every `Source`: buffer, name, units, timezone, na_values, clock.

    Notes
    -----
    The first `log` starts the source. What is logged before it is looked at, or while it is stopped, waits:
    100,000 calls at most, then it is dropped and counted. A loop that ends, raises or is interrupted leaves
    all that it logged.

    Steps are a channel beside the others. The axis of `nbstream.watch` is time: a second run stands beside
    the first there. `nbstream.TrainingChart` draws runs over each other by step; `by_step` has their values.

    Cost: one or two microseconds a call of `log`. Values are read later, on the source's
    thread, so that a tensor on a device holds up nothing.

    Thread safety: any thread, `log` too.

    Examples
    --------
    >>> live = TrainingSource()
    >>> for step in range(3):
    ...     live.log(loss=1 / (step + 1), step=step)
    >>> live.stop()
    >>> live.by_step("loss")["loss"].round(2).tolist()
    [1.0, 0.5, 0.33]
    >>> live.close()
    """

    kind = "training"
    advice = "Log numbers by name: log(loss=0.31)."
    otherwise = ""

    def __init__(self, *, every_process: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._waiting: deque[tuple[int, str, Any]] = deque()
        self._is_silent = not every_process and any(os.environ.get(r, "0") != "0" for r in RANKS)
        self._newest_ns = 0
        self._n_dropped = 0
        if self._is_silent:
            self._note("rank", "this is not the first of the processes that train: it logs nothing")

    def _new_reader(self) -> ItemReader:
        reader = super()._new_reader()
        reader.time_name = False
        reader.labels_for = self.buffer._store.labels_for
        return reader

    def log(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        step: float | None = None,
        run: str = "",
        **metrics: Any,
    ) -> None:
        """Log one reading of some channels, at this moment.

        Parameters
        ----------
        values
            Values by name, for names that are no Python identifiers; nested ones are named
            "outer.inner".
        step
            The number of the step.
        run
            Which run it is of: its channels are named "run.loss". "" is the only one.
        **metrics
            Values by name: numbers, tensors and arrays of one element; words, as in ``phase="warm-up"``.

        Notes
        -----
        It never raises and never waits: what cannot be read is counted, and told once.
        """
        if self._is_silent:
            return
        try:
            if values is not None:
                metrics = {**values, **metrics}
            if step is not None:
                metrics[STEP] = step
            for value in metrics.values():
                if value.__class__ not in PLAIN:
                    metrics = {name: _held(value) for name, value in metrics.items()}
                    break
            if len(self._waiting) >= MAX_WAITING:
                self._n_dropped += 1
                return
            self._waiting.append((time.time_ns(), run, metrics))
            if self._state is SourceState.IDLE:
                self.start()
        except Exception as error:
            self.count_fault(error)

    def run(self, name: str) -> TrainingRun:
        """Return one of several runs, whose `log` and callbacks are as those here."""
        return TrainingRun(self, name)

    def by_step(self, *names: str) -> pd.DataFrame:
        """Return what was logged with a step, a row for each step.

        Parameters
        ----------
        *names
            Metrics, of all runs; none is all of them.

        Returns
        -------
        DataFrame
            float64 columns named by channel; ascending index ``step``. Of a step that was logged
            again the newest values count; NaN where a channel has none.

        Notes
        -----
        Thread safety: any thread; the values are copies. ``live.by_step("loss").plot()`` draws runs one
        over the other.
        """
        import pandas as pd

        columns = {}
        for channel in self.buffer.measured:
            steps_name = self._steps_of(channel)
            if not steps_name or channel == steps_name:
                continue
            if names and not any(channel == n or channel.endswith(f".{n}") for n in names):
                continue
            steps, values = (self.buffer.channel(n).rows(0) for n in (steps_name, channel))
            at = np.searchsorted(steps.times, values.times)
            inside = np.minimum(at, max(len(steps.times) - 1, 0))
            has_step = (at < len(steps.times)) & (steps.times[inside] == values.times)
            found = pd.Series(values.values[has_step], steps.values[inside[has_step]], name=channel)
            columns[channel] = found[~found.index.duplicated(keep="last") & found.index.notna()]
        frame = pd.DataFrame(columns).sort_index()
        frame.index.name = STEP
        return frame

    def _steps_of(self, channel: str) -> str:
        """Return the channel of the steps of a channel's run, "" if it has none."""
        prefix = channel
        while prefix:
            prefix = prefix.rpartition(".")[0]
            name = f"{prefix}.{STEP}" if prefix else STEP
            if name in self.buffer.channels:
                return name
        return ""

    def keras_callback(self, *, run: str = "", batches: bool = True) -> Any:
        """Return a callback for ``model.fit(…, callbacks=[…])``.

        Parameters
        ----------
        run
            As for `log`.
        batches
            Whether to log each batch, or each epoch only.
        """
        return keras_callback(self, run, batches=batches)

    def lightning_callback(self, *, run: str = "") -> Any:
        """Return a callback for ``Trainer(callbacks=[…])`` of Lightning, which logs what the module logs."""
        return lightning_callback(self, run)

    def huggingface_callback(self, *, run: str = "") -> Any:
        """Return a callback for ``Trainer(callbacks=[…])`` of transformers, which logs what it logs."""
        return huggingface_callback(self, run)

    # The source's thread.

    def _run(self) -> Life:
        self._set_state(
            SourceState.RUNNING, "" if self._counters.received else "waiting for log(…)"
        )
        try:
            while not (yield LOOK_EVERY):
                self._drain()
        finally:
            self._drain()

    def _drain(self) -> None:
        """Put what was logged into the buffer."""
        if self._n_dropped:
            n, self._n_dropped = self._n_dropped, 0
            self._drop(n, f"more than {MAX_WAITING:,} calls of log wait to be read")
        alike: dict[tuple[str, ...], list[Logged]] = {}
        for place in range(len(self._waiting)):
            ns, run, values = self._waiting.popleft()
            # Two threads may log at once, and two calls within a tick of the clock.
            self._newest_ns = ns = max(ns, self._newest_ns + 1)
            alike.setdefault((run, *values), []).append((place, ns, values))
        if not alike:
            return
        pieces: list[Alike] = []
        rows: list[tuple[int, Row]] = []
        for (run, *names), logged in alike.items():
            self._reader.prefix = run
            piece = self._columns(names, logged) if len(logged) >= MANY else None
            if piece is not None:
                pieces.append(piece)
                continue
            for place, ns, values in logged:
                try:
                    rows.append((place, self._read(ns, values)))
                except Exception as error:
                    self._reject(1, f"{error}")
        if self._state is SourceState.RUNNING and self._detail:
            self._set_state(SourceState.RUNNING)
        self._emit_gathered(gather_pieces(pieces, rows))
        self._note_reader()

    def _columns(self, names: list[str], logged: list[Logged]) -> Alike | None:
        """Return calls that named the same as columns, None if not all of their values are plain numbers."""
        items = [values for _, _, values in logged]
        columns = {name: list(map(itemgetter(name), items)) for name in names}
        if not names or not all(PLAIN.issuperset(map(type, cells)) for cells in columns.values()):
            return None
        places, times = (np.fromiter((x[i] for x in logged), np.int64, len(logged)) for i in (0, 1))
        values = {}
        for name, cells in columns.items():
            channel = self._reader.channel(name)
            if channel in self.buffer.labels or not self._reader.has_room(channel):
                return None
            numbers = np.array(cells, np.float64)
            values[channel] = np.where(np.isfinite(numbers), numbers, np.nan)
        self._tell_steps(names)
        return Alike(places, times, values)

    def _read(self, ns: int, values: dict[str, Any]) -> Row:
        reader = self._reader
        for name, value in values.items():
            if value.__class__ is str and is_word(value) and not reader.knows(reader.channel(name)):
                reader.states |= {reader.channel(name)}
        self._tell_steps(values)
        return reader.read_at(values, ns)

    def _tell_steps(self, names: Container[str]) -> None:
        """Give steps a unit, and by that an axis of their own."""
        if STEP in names:
            self.buffer.units.setdefault(self._reader.channel(STEP), STEP)

    def count_fault(self, error: Exception) -> None:
        """Count a call that could not be taken; its error must not reach the loop."""
        try:
            disarm(error)
            self._reject(1, f"a call of log: {explain(error)}")
        except Exception:
            self._n_dropped += 1


class TrainingRun:
    """One of several runs of a `TrainingSource`.

    Parameters
    ----------
    source
        Where it logs.
    name
        What its channels begin with.

    Notes
    -----
    Thread safety: any thread.
    """

    def __init__(self, source: TrainingSource, name: str) -> None:
        self.source = source
        self.name = name

    def log(
        self,
        values: Mapping[str, Any] | None = None,
        /,
        *,
        step: float | None = None,
        **metrics: Any,
    ) -> None:
        """Log one reading of this run, as `TrainingSource.log`."""
        metrics.pop("run", None)
        self.source.log(values, step=step, run=self.name, **metrics)

    def keras_callback(self, *, batches: bool = True) -> Any:
        """Return a callback for ``model.fit(…, callbacks=[…])``."""
        return self.source.keras_callback(run=self.name, batches=batches)

    def lightning_callback(self) -> Any:
        """Return a callback for ``Trainer(callbacks=[…])`` of Lightning."""
        return self.source.lightning_callback(run=self.name)

    def huggingface_callback(self) -> Any:
        """Return a callback for ``Trainer(callbacks=[…])`` of transformers."""
        return self.source.huggingface_callback(run=self.name)


def _held(value: Any) -> Any:
    """Return a value that stays what it is now, without what computed it: a tensor holds its whole graph."""
    if value.__class__ in PLAIN or value.__class__ is str:
        return value
    detach = getattr(value, "detach", None)
    if callable(detach):
        value = detach()
    copy = getattr(value, "copy", None) or getattr(value, "clone", None)
    return copy() if callable(copy) else value
