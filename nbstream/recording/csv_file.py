"""A recording as CSV, for which nothing but NumPy is needed."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

from nbstream.recording.files import SummedFile, Written
from nbstream.recording.pieces import Piece, as_long, as_wide
from nbstream.text.naming import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from nbstream.readings.batch import BoolArray, FloatArray, TimeArray
    from nbstream.recording.description import Description

__all__ = ["write_csv"]

BUFFER = 2**20
"""Bytes that are written at once."""


def write_csv(path: Path, found: Iterable[list[Piece]], description: Description) -> Written:
    """Write rounds of pieces as CSV and return what the file should be.

    A row is a time, a value of each channel and the time of arrival; where most would be empty, a time,
    a channel, its value and the time of arrival. Times are ISO 8601, UTC. A missing reading is "nan", a
    channel that did not come with a row is empty.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    channels = description.channels
    labels = description.labels
    codes = {name: code for code, name in enumerate(channels)}
    n_rows = 0
    summed = SummedFile(path)
    buffered = io.BufferedWriter(summed, BUFFER)
    with io.TextIOWrapper(buffered, "utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        if description.is_long:
            writer.writerow(["time", "channel", "value", "arrival"])
        else:
            own = [distinct(name, channels, "{}_{}") for name in ("time", "arrival")]
            writer.writerow([own[0], *channels, own[1]])
        for pieces in found:
            if description.is_long:
                arrivals, times, which, values = as_long(pieces, codes)
                names = [channels[code] for code in which.tolist()]
                cells = [
                    _cell(value, labels.get(name))
                    for name, value in zip(names, values.tolist(), strict=True)
                ]
                rows = zip(_iso(times), names, cells, _iso(arrivals), strict=True)
            else:
                arrivals, times, columns = as_wide(pieces, channels)
                texts = [
                    _cells(values, mask, labels.get(name))
                    for name, (values, mask) in columns.items()
                ]
                rows = zip(_iso(times), *texts, _iso(arrivals), strict=True)
            writer.writerows(rows)
            n_rows += len(arrivals)
    return summed.written(n_rows)


def _iso(times: TimeArray) -> list[str]:
    texts: list[str] = np.datetime_as_string(times.view("M8[ns]"), timezone="UTC").tolist()
    return texts


def _cell(value: float, labels: Sequence[str] | None) -> str:
    if labels is not None and 0 <= value < len(labels):
        return labels[int(value)]
    return repr(value)


def _cells(values: FloatArray, mask: BoolArray | None, labels: Sequence[str] | None) -> list[str]:
    cells = [_cell(value, labels) for value in values.tolist()]
    if mask is not None:
        for row in np.flatnonzero(mask).tolist():
            cells[row] = ""
    return cells
