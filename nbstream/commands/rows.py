"""Readings as lines of JSON, which every source of lines reads again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nbstream.readings.zone import iso_utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbstream.readings.batch import Batch
    from nbstream.readings.labels import Labels

__all__ = ["TIME", "json_rows"]

TIME = "time"
"""The key of a reading's time."""


def json_rows(batch: Batch, words: Mapping[str, Labels]) -> Iterator[str]:
    """Yield a line for each reading that has a value: its time (ISO 8601, UTC) and its channels."""
    columns = {name: values.tolist() for name, values in batch.values.items()}
    for row, ns in enumerate(batch.times.tolist()):
        found: dict[str, float | str] = {}
        for name, values in columns.items():
            value = values[row]
            if value == value:
                found[name] = words[name].text(value) if name in words else value
        if found:
            yield json.dumps({TIME: iso_utc(ns), **found}, allow_nan=False)
