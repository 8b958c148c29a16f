"""What all detectors share: they take batches of readings and say how strange each one is, and why."""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nbstream.readings.batch import as_times_ns, as_values
from nbstream.text.sheet import InCell, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray

__all__ = ["Detection", "Detector", "parameters"]


@dataclass(frozen=True, slots=True)
class Detection:
    """Scores and verdicts of a detector for the readings of one batch, in their order.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    score: FloatArray
    """How strange each reading is, float64 of shape (n,): larger is stranger; NaN where the reading is
    missing or the detector is not warm."""
    is_anomaly: BoolArray
    """Whether the score is beyond the detector's limit, shape (n,)."""
    is_warm: BoolArray
    """Whether the detector had seen enough to judge, shape (n,)."""
    explain: Callable[[int], str]
    """Returns the reason for one reading, by its index; `reason` is the safe way to it."""

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.score)

    def reason(self, i: int) -> str:
        """Return in words why reading `i` of the batch was judged as it was.

        Raises
        ------
        IndexError
            If there is no such reading.
        """
        if not -len(self) <= i < len(self):
            message = f"The batch has {len(self)} readings (asked for number {i})."
            raise IndexError(message)
        return self.explain(i % len(self))


class Detector(InCell, ABC):
    """Base class of the detectors: pure and vectorised, without threads.

    A kind of detector names itself in `name`, takes its parameters as keyword-only arguments of its
    constructor, and implements `_update` and `reset`. The answer for a reading depends on the readings up
    to it and on nothing else, least of all on how they were batched.

    Notes
    -----
    Thread safety: none; its analyzer guards it.
    """

    name: ClassVar[str]
    """By which `create` knows it: "cusum"."""
    max_rate: float = math.inf
    """Readings per second up to which an analyzer shows it every single one; beyond, it gets means of blocks.
    A tenth of a processor core is enough for so many."""
    timezone: tzinfo = UTC
    """In which reasons tell times and phases; an analyzer sets that of its buffer."""

    def __repr__(self) -> str:
        """Return the constructor's form, with the parameters that are not at their defaults."""
        shown = (
            f"{name}={given!r}"
            for name, default in parameters(type(self)).items()
            if (given := getattr(self, name, default)) is not default and given != default
        )
        return f"{type(self).__name__}({', '.join(shown)})"

    def _sheet(self) -> Sheet:
        """Return what it does, and its parameters."""
        defaults = parameters(type(self))
        given = {name: getattr(self, name, default) for name, default in defaults.items()}
        rows = [(name, f"{value!r}") for name, value in given.items()]
        what = (type(self).__doc__ or "").strip().partition("\n")[0]
        header = ("parameter", "value") if rows else ()
        return Sheet(f"{type(self).__name__}", "", [what], header, rows)

    def update(self, times: Any, values: Any) -> Detection:
        """Score the next readings, and learn from them.

        Parameters
        ----------
        times
            int64 ns since the epoch, datetime64, or whatever else `Buffer.extend` takes; shape (n,),
            ascending. int64 are nanoseconds here.
        values
            Numbers of shape (n,); NaN is a missing reading: its score is NaN and nothing is learnt.

        Raises
        ------
        ValueError
            If the shapes differ, or times or values cannot be read.
        """
        array = np.asarray(times)
        ns = array if array.dtype == np.int64 else as_times_ns(times)
        return self._update(ns, as_values(values, len(ns), "value"))

    @abstractmethod
    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        """Take in readings as int64 ns and float64 of the same length; they must not be written to."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything that was seen."""


def parameters(detector: type[Detector]) -> dict[str, Any]:
    """Return the names of a detector's parameters with their defaults (`inspect.Parameter.empty`: none)."""
    found = inspect.signature(detector).parameters.values()
    return {p.name: p.default for p in found if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)}
