"""Numbers that stand for a missing reading, such as -999: `na_values` of every source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nbstream.readings.batch import Batch, as_number

if TYPE_CHECKING:
    from collections.abc import Collection

    from nbstream.readings.batch import FloatArray

__all__ = ["NaValues", "StandIns"]

NaValues: TypeAlias = "float | Iterable[float] | Mapping[str, float | Iterable[float]]"

ALIKE = 1e-6
"""How far, relatively, a number may be from one that was named: 9.96921e36 is written with few digits."""


class StandIns:
    """Makes missing readings of the numbers that stand for them.

    Parameters
    ----------
    na_values
        One number, several, or either by channel.

    Raises
    ------
    ValueError
        If one is no number.

    Notes
    -----
    Thread safety: any thread.

    Examples
    --------
    >>> batch = Batch(np.arange(3), {"temp": np.array([21.5, -999, 22])})
    >>> StandIns([-999, 1e31]).cleaned(batch).values["temp"].tolist()
    [21.5, nan, 22.0]
    """

    def __init__(self, na_values: NaValues) -> None:
        self._by_channel: dict[str, FloatArray] | None = None
        self._numbers = np.empty(0)
        if isinstance(na_values, Mapping):
            self._by_channel = {str(name): _numbers(given) for name, given in na_values.items()}
        else:
            self._numbers = _numbers(na_values)

    def cleaned(self, batch: Batch, words: Collection[str] = ()) -> Batch:
        """Return readings without these numbers; the batch itself stays as it is.

        Parameters
        ----------
        batch
            Some readings.
        words
            Channels whose values are no numbers.
        """
        values = dict(batch.values)
        for name, column in batch.values.items():
            numbers = self._numbers
            if self._by_channel is not None:
                numbers = self._by_channel.get(name, numbers)
            if not len(numbers) or name in words:
                continue
            is_missing = np.zeros(len(column), np.bool_)
            for number in numbers.tolist():
                is_missing |= np.abs(column - number) <= ALIKE * abs(number)
            if is_missing.any():
                values[name] = np.where(is_missing, np.nan, column)
        return Batch(batch.times, values)


def _numbers(given: Any) -> FloatArray:
    several = (
        given if isinstance(given, Iterable) and not isinstance(given, (str, bytes)) else [given]
    )
    found = [as_number(number) for number in several]
    if any(number is None or not math.isfinite(number) for number in found):
        message = f"'na_values' must be a number such as -999, several, or either by channel (got {given!r})."
        raise ValueError(message)
    return np.array(found, np.float64)
