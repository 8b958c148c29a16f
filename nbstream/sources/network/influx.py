"""Answers of InfluxDB: annotated CSV of Flux (2.x), JSON of InfluxQL (1.x; 2.x and 3.x have it too)."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from nbstream.readings.batch import as_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd

    from nbstream.sources.item_times import ItemTimes

__all__ = ["frame_of_flux", "frame_of_influxql", "is_flux"]

ANNOTATIONS = ("#datatype", "#group", "#default")
HEADER = ["", "result", "table"]
NO_NUMBERS = ("string", "base64Binary", "dateTime:RFC3339", "dateTime:RFC3339Nano", "duration")
BOOLEANS = {"true": 1.0, "false": 0.0}

Point = tuple[str, Any, Any]
"""Name of a channel, time and value."""


def is_flux(text: str) -> bool:
    """Return whether a text begins as annotated CSV does, with annotations or without.

    Examples
    --------
    >>> is_flux(",result,table,_time,_value"), is_flux("#group,false,false"), is_flux("a,b")
    (True, True, False)
    """
    first = text.lstrip("\r\n").partition("\n")[0].strip()
    return first.split(",")[:3] == HEADER or first.startswith(ANNOTATIONS)


def frame_of_flux(text: str, times: ItemTimes) -> pd.DataFrame:
    """Return annotated CSV as a table: a column for each series, named "measurement tags field".

    Raises
    ------
    ValueError
        If the answer tells an error.
    """
    points: list[Point] = []
    for notes, header, rows in _tables(text):
        if header[1:2] == ["error"]:
            raise ValueError(rows[0][1] if rows else "InfluxDB told an error.")
        defaults = dict(zip(header, notes.get("#default", ()), strict=False))
        kinds = dict(zip(header, notes.get("#datatype", ()), strict=False))
        groups = dict(zip(header, notes.get("#group", ()), strict=False))
        for row in rows:
            record = defaults | {
                name: cell for name, cell in zip(header, row, strict=False) if cell
            }
            points += _points_of(record, kinds, groups)
    return _frame(points, times)


def frame_of_influxql(item: Any, times: ItemTimes) -> pd.DataFrame | None:
    """Return the series of an answer to InfluxQL as such a table, None if it is something else.

    Raises
    ------
    ValueError
        If the answer tells an error.
    """
    results = item.get("results") if isinstance(item, dict) else None
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        return None
    if not any("series" in result or "error" in result for result in results):
        return None
    points: list[Point] = []
    for result in results:
        if "error" in result:
            message = f"{result['error']}"
            raise ValueError(message)
        for series in result.get("series", ()):
            columns = series.get("columns", [])
            if "time" not in columns:
                return None
            labels = [series.get("name", ""), *(series.get("tags") or {}).values()]
            for row in series.get("values", ()):
                record = dict(zip(columns, row, strict=False))
                when = record.pop("time")
                points += ((_name(*labels, key), when, value) for key, value in record.items())
    return _frame(points, times)


def _tables(text: str) -> Iterator[tuple[dict[str, list[str]], list[str], list[list[str]]]]:
    """Yield annotations, header and rows of each table."""
    notes: dict[str, list[str]] = {}
    header: list[str] = []
    rows: list[list[str]] = []
    for row in [*csv.reader(text.splitlines()), []]:
        begins_anew = not any(row) or row[0] in ANNOTATIONS
        if begins_anew and header:
            yield notes, header, rows
            notes, header, rows = {}, [], []
        if not any(row):
            continue
        if row[0] in ANNOTATIONS:
            notes[row[0]] = row
        elif not header:
            header = row
        else:
            rows.append(row)


def _points_of(
    record: Mapping[str, str], kinds: Mapping[str, str], groups: Mapping[str, str]
) -> Iterator[Point]:
    when = record.get("_time") or record.get("_stop")
    own = {k: v for k, v in record.items() if k and k[0] != "_" and k not in ("result", "table")}
    if "_value" in record:
        tags = list(own.values())
        values = {record.get("_field", "value"): record["_value"]}
    else:  # after pivot(): a column for each field
        is_tag = {
            k: groups.get(k) == "true" or kinds.get(k) in NO_NUMBERS or _number(v) is None
            for k, v in own.items()
        }
        tags = [v for k, v in own.items() if is_tag[k]]
        values = {k: v for k, v in own.items() if not is_tag[k]}
    name = _name(record.get("_measurement", ""), *tags)
    for field, value in values.items():
        number = _number(value)
        yield _name(name, field), when, value if number is None else number


def _number(text: str) -> float | None:
    return BOOLEANS.get(text) if text in BOOLEANS else as_number(text)


def _name(*parts: str) -> str:
    return " ".join(f"{part}" for part in parts if part)


def _frame(points: Iterable[Point], times: ItemTimes) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, dict[int, Any]] = {}
    for name, when, value in points:
        ns = times.read(when)
        if ns is not None and value is not None:
            columns.setdefault(name, {})[ns] = value
    frame = pd.DataFrame(columns).sort_index()
    frame.index = pd.to_datetime(frame.index.astype("int64"), unit="ns", utc=True)
    return frame
