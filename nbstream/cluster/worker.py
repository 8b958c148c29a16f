"""What a worker does: it calls a user's function for its part, reads what that returns, and summarises it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.cluster.steps import Steps, summarize_steps
from nbstream.readings.batch import Batch
from nbstream.sources.gathering import gather
from nbstream.sources.items import ItemReader
from nbstream.sources.tables import Table
from nbstream.sources.wording import explain, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import tzinfo

    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["Answer", "Failure", "Found", "Plan", "poll", "read", "summarize"]

MAX_CHANNELS = 1_000
"""Of one answer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How workers summarise, the same for all parts of a source."""

    step_ns: int
    zone: tzinfo
    """Of times that name none; a local zone is that of the worker's machine."""
    n_arguments: int
    """Of the function: nothing, the part, or the part and the position."""
    moments: bool = False
    quantiles: bool = True
    references: dict[str, float] = field(default_factory=dict)
    """From where distances are coded for quantiles, by channel, as far as that is known."""
    ahead_ns: dict[str, int] = field(default_factory=dict)
    """By how much clocks of workers are ahead of the notebook's, by address; of others it is little."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a function raised, or returned instead of readings."""

    text: str
    is_raised: bool
    """Whether it was raised; else what was returned is no reading."""
    retry_after: float = 0.0
    """Seconds for which the other side asked to be left alone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one poll of a part."""

    worker: str
    begun_ns: int
    """When the worker began, by its clock."""
    ended_ns: int
    cpu: float
    """Seconds of CPU time that reading and summarising took."""
    steps: dict[str, Steps]
    """By channel."""
    n_rows: int = 0
    position: Any = None
    is_over: bool = False
    """Whether the part says that there is no more."""
    is_stamped: bool = False
    """Whether readings that name no time have that of the worker's clock."""
    failure: Failure | None = None
    notes: tuple[str, ...] = ()


def poll(function: Callable[..., Any], part: Any, position: Any, plan: Plan) -> Answer:
    """Call a function for a part, and summarise what it returns; errors are answers too.

    Parameters
    ----------
    function
        Takes nothing, the part, or the part and its position, and returns readings; of the last kind
        readings and the next position.
    part, position
        What it is given.
    plan
        How its readings are summarised.
    """
    begun = _begun()
    failure: Failure | None = None
    item: Any = None
    after, is_over = position, False
    try:
        item = function(*(part, position)[: plan.n_arguments])
    except StopIteration:
        is_over = True
    except (
        BaseException
    ) as error:  # SystemExit, too: Dask would end the worker, and the next that tries
        failure = Failure(explain(error), True, _seconds_asked(error))
    else:
        if plan.n_arguments == 2:
            item, after, failure = _split(item, position)
    return _answer(begun, item, plan, after, failure, is_over=is_over)


def _begun() -> tuple[int, float]:
    """Return when something begins, and how much CPU time this thread has had by then."""
    return time.time_ns(), time.thread_time()


def summarize(item: Any, plan: Plan) -> Answer:
    """Summarise readings that a worker holds: what a future stands for."""
    return _answer(_begun(), item, plan, None, None, is_over=True)


def _split(item: Any, position: Any) -> tuple[Any, Any, Failure | None]:
    if item is None:
        return None, position, None
    if isinstance(item, tuple) and len(item) == 2:
        failure = _refused_position(item[1])
        return (None, position, failure) if failure else (*item, None)
    text = f"'function' takes a position, so it returns (readings, position); it returned {_kind(item)}"
    return None, position, Failure(text, False)


def _refused_position(position: Any) -> Failure | None:
    """Return why a position can't go to the notebook and back; None if it can."""
    from distributed.protocol import pickle

    try:
        pickle.dumps(position)  # type: ignore[no-untyped-call]
    except Exception as error:
        text = (
            f"it returned a position that can't be sent: {explain(error)}. Return numbers or text"
        )
        return Failure(text, False)
    return None


def _answer(
    begun: tuple[int, float],
    item: Any,
    plan: Plan,
    position: Any,
    failure: Failure | None,
    *,
    is_over: bool,
) -> Answer:
    steps: dict[str, Steps] = {}
    found = Found([])
    if item is not None and failure is None:
        try:
            found = read(item, plan.zone, plan.ahead_ns.get(_address(), 0))
            steps = _summarized(found.batches, plan)
        except Exception as error:
            failure = Failure(f"it returned what is no reading: {explain(error)}", False)
            found = Found([])
    return Answer(
        _address(),
        begun[0],
        time.time_ns(),
        time.thread_time() - begun[1],
        steps,
        found.n_rows,
        position,
        is_over,
        found.is_stamped,
        failure,
        found.notes,
    )


def _seconds_asked(error: BaseException) -> float:
    from nbstream.sources.supervision import wait_asked_for

    return wait_asked_for(error)


def _address() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:  # no worker runs this
        return ""


class Found(NamedTuple):
    """The readings in what a function returned."""

    batches: list[Batch]
    n_rows: int = 0
    is_stamped: bool = False
    """Whether some named no time and got that of this machine's clock."""
    notes: tuple[str, ...] = ()


def read(item: Any, zone: tzinfo, ahead_ns: int = 0) -> Found:
    """Return readings of any form as batches.

    `ahead_ns` is by how much this machine's clock is ahead of the notebook's, for readings without a time.
    (times, values) as arrays, with int64 ns or datetime64 and float64 numbers, are taken as they are; so
    is (times, {channel: values}). All else is read as the other sources read it, but for text.

    Raises
    ------
    TypeError, ValueError
        If it is none, or text.
    """
    quick = _arrays(item)
    if quick is not None:
        return Found([quick], len(quick))
    if isinstance(item, (str, bytes, bytearray, memoryview)):
        advice = "Return a table, arrays (times, values), or a dict of numbers"
        message = f"text ({shorten(item, 40)!r}). {advice}"
        raise TypeError(message)
    stamped: list[bool] = []

    def now_ns() -> int:
        stamped.append(True)
        return time.time_ns() - ahead_ns

    reader = ItemReader(now_ns, zone)
    rows: list[Any] = []
    batches: list[Batch] = []
    notes: list[str] = []
    for found in reader.read(item):
        if not isinstance(found, Table):
            rows.append(found)
            continue
        if found.not_numeric:
            notes.append(f"not numeric: {', '.join(map(repr, found.not_numeric[:20]))}")
        if found.values:
            batches.append(found.batch(now_ns() if found.times is None else 0))
        elif len(found):
            message = f"a table without a column of numbers, {list(found.names)[:20]}"
            raise TypeError(message)
    gathered = gather(rows) if rows else []
    n_rows = sum(map(len, batches)) + len(rows)
    batches += [batch for batch, _ in gathered]
    return Found(batches, n_rows, bool(stamped), tuple(notes))


def _arrays(item: Any) -> Batch | None:
    """Return (times, values) of plain arrays as a batch without a copy; None if it is something else."""
    if isinstance(item, Batch):
        return item
    if not (isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], np.ndarray)):
        return None
    times, given = item
    columns = given if isinstance(given, dict) else {"value": given}
    if times.ndim != 1 or not columns:
        return None
    if times.dtype.kind == "M" and not np.isnat(times).any():
        times = times.astype("M8[ns]").view(np.int64)
    elif times.dtype != np.int64:
        return None
    values: dict[str, FloatArray] = {}
    for name, column in columns.items():
        if not isinstance(column, np.ndarray) or column.dtype.kind not in "fiub":
            return None
        if column.shape != times.shape:
            message = f"channel {name!r} has the shape {column.shape}, and the times {times.shape}"
            raise ValueError(message)
        values[str(name)] = column.astype(np.float64, copy=False)
    return Batch(times, values)


def _summarized(batches: Iterable[Batch], plan: Plan) -> dict[str, Steps]:
    columns: dict[str, list[tuple[TimeArray, FloatArray]]] = {}
    for batch in batches:
        for name, values in batch.values.items():
            columns.setdefault(name, []).append((batch.times, values))
    if len(columns) > MAX_CHANNELS:
        message = f"{len(columns):,} channels, and {MAX_CHANNELS:,} are the most"
        raise ValueError(message)
    steps = {}
    for name, pieces in columns.items():
        times, values = pieces[0]
        if len(pieces) > 1:
            times, values = map(np.concatenate, zip(*pieces, strict=True))
        steps[name] = summarize_steps(
            times,
            values,
            plan.step_ns,
            moments=plan.moments,
            reference=plan.references.get(name, np.nan) if plan.quantiles else None,
        )
    return steps


def _kind(item: Any) -> str:
    return f"{type(item).__name__} {shorten(repr(item), 40)}"
