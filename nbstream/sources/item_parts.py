"""The names and values in a thing that is a reading: dicts, records, rows, quantities with units."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from nbstream.readings.batch import as_number
from nbstream.sources.frames import as_array, is_array, is_labelled
from nbstream.sources.json_text import decode_json

__all__ = [
    "Step",
    "as_names",
    "as_path",
    "duration_of",
    "flatten",
    "may_be_date",
    "named_values",
    "object_in",
    "quantity_of",
    "unpack_texts",
    "value_at",
]

Step = str | int
_STEP = re.compile(r"\[(-?[0-9]+)\]|([^.\[\]]+)")

_DURATION = re.compile(r"(?:([0-9]+):)?([0-9]{1,2}):([0-9]{2}(?:\.[0-9]+)?)")


def quantity_of(value: Any) -> tuple[float, str] | None:
    """Return number and unit of a duration, or of a quantity as pint's and astropy's are."""
    if isinstance(value, timedelta):
        return None if value != value else (value.total_seconds(), "s")  # pandas' NaT is one too
    if isinstance(value, np.timedelta64):
        return None if np.isnat(value) else (float(value / np.timedelta64(1, "s")), "s")
    if may_be_date(value) or dataclasses.is_dataclass(value):
        return None
    for magnitude, units in (("magnitude", "units"), ("value", "unit")):
        unit = getattr(value, units, None)
        is_one = unit is not None and hasattr(value, magnitude)
        number = as_number(getattr(value, magnitude)) if is_one else None
        if number is not None:
            return number, _unit_text(unit)
    return None


def _unit_text(unit: Any) -> str:
    try:
        return f"{unit:~P}"  # pint's short form
    except (TypeError, ValueError):
        return str(unit)


def duration_of(text: str) -> tuple[float, str] | None:
    """Return the seconds that "1:02:03.5" or "02:03.5" stands for."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds), "s"


def named_values(item: Any) -> Mapping[Any, Any] | None:
    """Return what has names as a mapping: a dict, a dataclass, a namedtuple, a labelled series."""
    if isinstance(item, Mapping):
        return item
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {f.name: getattr(item, f.name) for f in dataclasses.fields(item)}
    if isinstance(item, types.SimpleNamespace):
        return vars(item)
    fields = getattr(type(item), "__attrs_attrs__", None)
    if fields is not None:
        return {field.name: getattr(item, field.name) for field in fields}
    if isinstance(item, tuple):
        cls = type(item)
        names = getattr(cls, "_fields", None) or getattr(cls, "__match_args__", None)
        if names and len(names) <= len(item):
            return dict(zip(names, item, strict=False))
        return None
    if is_labelled(item):
        labelled = dict(item.items())
        if getattr(item, "name", None) is not None and may_be_date(item.name):
            labelled.setdefault("time", item.name)
        return labelled
    names = getattr(getattr(item, "dtype", None), "names", None)
    if names and not getattr(item, "shape", None):
        return {name: item[name] for name in names}
    for method in ("model_dump", "_asdict", "to_dict"):
        made = getattr(item, method, None)
        if callable(made) and not hasattr(item, "shape"):
            found = made()
            return found if isinstance(found, Mapping) else None
    if hasattr(item, "keys") and hasattr(item, "__getitem__"):  # sqlite3.Row and its like
        return {key: item[key] for key in item.keys()}
    return None


def flatten(item: Mapping[Any, Any], prefix: str, leaves: dict[str, Any], depth: int) -> None:
    """Put the values of nested mappings and sequences into `leaves`, by "outer.inner"."""
    for key, value in item.items():
        name = f"{prefix}{key.decode('utf-8', 'replace') if isinstance(key, bytes) else key}"
        named = None if isinstance(value, (str, float, int)) else named_values(value)
        if named is not None and depth:
            flatten(named, f"{name}.", leaves, depth - 1)
        elif isinstance(value, (list, tuple)) and depth:
            inner = {f"[{i}]": inner for i, inner in enumerate(value)}
            flatten(inner, name, leaves, depth - 1)
        elif is_array(value) and len(value.shape) == 1 and value.shape[0] > 1 and depth:
            inner = {f"[{i}]": x for i, x in enumerate(as_array(value).tolist())}
            flatten(inner, name, leaves, depth - 1)
        else:
            leaves[name] = value


def unpack_texts(item: Mapping[Any, Any]) -> dict[Any, Any] | None:
    """Return a mapping with the JSON objects that stand in it as text, None if there is none."""
    found = {key: object_in(value) for key, value in item.items()}
    if not any(found.values()):
        return None
    return {key: found[key] or value for key, value in item.items()}


def object_in(text: Any) -> dict[str, Any] | None:
    """Return the JSON object that a text is, None if it is none, or empty."""
    if not isinstance(text, (str, bytes, bytearray)) or text.lstrip()[:1] not in ("{", b"{"):
        return None
    try:
        found = decode_json(bytes(text) if isinstance(text, bytearray) else text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found else None


def may_be_date(value: Any) -> bool:
    """Return whether a value is a date, or a text that begins like one."""
    if isinstance(value, str):
        return len(value) >= 10 and any(c.isdigit() for c in value[:2]) and "-" in value
    return hasattr(value, "year") or isinstance(value, np.datetime64)


def as_path(path: str | Sequence[Step] | None, option: str = "path") -> tuple[Step, ...]:
    """Return the steps to what holds the readings in a JSON message, such as "data.rows[0]".

    Raises
    ------
    ValueError
        If a text is no path.

    Examples
    --------
    >>> as_path("data.rows[0]"), as_path(["a.b", -1]), as_path(None)
    (('data', 'rows', 0), ('a.b', -1), ())
    """
    if path is None:
        return ()
    if not isinstance(path, str):
        return tuple(path)
    if not re.fullmatch(r"(?:[^.\[\]]+|\[-?[0-9]+\])(?:\.[^.\[\]]+|\[-?[0-9]+\])*", path):
        message = f"{option!r} must be such as 'data.rows[0]' (got {path!r})."
        raise ValueError(message)
    return tuple(int(number) if number else key for number, key in _STEP.findall(path))


def value_at(item: Any, path: Sequence[Step]) -> Any:
    """Return what stands in nested mappings and lists at a path, None if nothing does."""
    for step in path:
        try:
            item = item[step]
        except (LookupError, TypeError):
            return None
    return item


def as_names(names: Sequence[str] | str, option: str) -> frozenset[str]:
    """Return the names that an option gives.

    Raises
    ------
    TypeError
        If one of them is no text.
    """
    given: tuple[Any, ...] = (names,) if isinstance(names, str) else tuple(names)
    bad = [name for name in given if not isinstance(name, str)]
    if bad:
        message = f"{option!r} must be given names (got {bad[0]!r})."
        raise TypeError(message)
    return frozenset(given)
