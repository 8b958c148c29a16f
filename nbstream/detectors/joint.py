"""What detectors of several channels share: they take tables, and name the channel that leads."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.detectors.base import Detection, Detector
from nbstream.readings.batch import as_times_ns, as_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.readings.batch import FloatArray, TimeArray

__all__ = ["JointDetection", "JointDetector"]


@dataclass(frozen=True, slots=True)
class JointDetection(Detection):
    """A `Detection` of several channels: one score a row of the table.

    Notes
    -----
    Thread safety: immutable, any thread.
    """

    leader: Callable[[int], str]
    """Returns the channel that contributes most to the score of a row, by its index."""


class JointDetector(Detector):
    """Base class of the detectors that judge several channels together: pure and vectorised.

    A kind implements `_judge`, which gets a table as an array, and `_forget`. Channels may come later and
    stay away; which they are is known by their names.

    Notes
    -----
    Thread safety: none; its analyzer guards it.
    """

    def __init__(self) -> None:
        self.reset()

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that it was shown, in the order in which they came."""
        return tuple(self._channels)

    def reset(self) -> None:
        """Forget everything that was seen."""
        self._channels: list[str] = []
        self._places: dict[str, int] = {}
        self._forget()

    def update(self, times: Any, values: Any) -> JointDetection:
        """Score the next rows of a table, and learn from them.

        Parameters
        ----------
        times
            As for `Detector.update`; shape (n,), ascending.
        values
            A DataFrame or a mapping of names of channels to columns of shape (n,); or an array of shape
            (n, p), whose columns are channels "1", "2" and so on. NaN where a channel has no reading at a
            row's time; a channel that is left out has none in this batch.

        Returns
        -------
        JointDetection
            Its scores are NaN at rows that are no step of their own (see `parts.steps`), and until it is
            warm.

        Raises
        ------
        ValueError
            If the shapes differ, or times or values cannot be read.
        TypeError
            If `values` is not a table.
        """
        array = np.asarray(times)
        ns = array if array.dtype == np.int64 else as_times_ns(times)
        columns = _columns(values)
        read = {name: as_values(column, len(ns), name) for name, column in columns.items()}
        self._channels += [name for name in read if name not in self._places]
        self._places = {name: i for i, name in enumerate(self._channels)}
        table = np.full((len(ns), len(self._channels)), np.nan)
        for name, column in read.items():
            table[:, self._places[name]] = column
        with np.errstate(all="ignore"):
            return self._judge(ns, table)

    def _update(self, times: TimeArray, values: FloatArray) -> Detection:
        raise NotImplementedError  # `update` takes tables

    @abstractmethod
    def _judge(self, times: TimeArray, table: FloatArray) -> JointDetection:
        """Take in rows: int64 ns of shape (n,), and float64 of shape (n, p), a column for each of `channels`.

        There may be more columns than the last time. The table may be kept.
        """

    @abstractmethod
    def _forget(self) -> None:
        """Forget everything that was seen; also called to begin with."""


def _columns(values: Any) -> dict[str, Any]:
    if isinstance(values, Mapping):
        return {str(name): column for name, column in values.items()}
    if hasattr(values, "columns") and hasattr(
        values, "to_numpy"
    ):  # a DataFrame, without its import
        return {str(name): values[name].to_numpy() for name in values.columns}
    array = np.asarray(values)
    if array.ndim != 2:
        message = (
            "A detector of several channels takes a table: a DataFrame, a mapping of names to columns, or "
            f"an array of shape (n, p) (got {type(values).__name__} of shape {array.shape})."
        )
        raise TypeError(message)
    return {str(i + 1): array[:, i] for i in range(array.shape[1])}
