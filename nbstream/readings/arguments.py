"""What a buffer was given: its capacity, values by channel, or what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.readings.batch import as_number, channel_name
from nbstream.readings.labels import is_missing, is_word
from nbstream.text.naming import short_name

if TYPE_CHECKING:
    from nbstream.readings.labels import Labels

__all__ = ["as_capacity", "as_float", "named", "no_channel", "no_channels", "with_codes"]


def as_capacity(capacity: Any) -> int:
    """Return a number of readings that are held.

    Raises
    ------
    TypeError
        If it is not a whole number.
    ValueError
        If it is not positive.
    """
    if isinstance(capacity, bool) or not isinstance(capacity, (int, np.integer)):
        msg = f"'capacity' must be a whole number of readings (got {capacity!r})."
        raise TypeError(msg)
    if capacity < 1:
        msg = f"'capacity' must be >= 1 (got {capacity!r})."
        raise ValueError(msg)
    return int(capacity)


def as_float(value: Any, name: str, labels_for: Callable[[str], Labels | None]) -> float:
    """Return a value as float: NaN if it is missing or not finite, a word as its code.

    Raises
    ------
    TypeError
        If it is neither, or a word for a channel that holds numbers.
    """
    number = as_number(value)
    if number is not None:
        return number
    labels = labels_for(name) if is_word(value) else None
    if labels is None:
        msg = f"Channel {short_name(name)!r} must be given a number (got {value!r:.80})."
        raise TypeError(msg)
    return labels.code(value)


def with_codes(values: Mapping[str, Any], labels: Mapping[str, Labels]) -> dict[str, Any]:
    """Return values by channel with the codes of words for those that hold words.

    Raises
    ------
    TypeError
        If such a channel is given something else.
    """
    coded = dict(values)
    for name in labels.keys() & coded.keys():
        value = coded[name]
        if isinstance(value, str):
            coded[name] = math.nan if is_missing(value) else labels[name].code(value)
            continue
        number = as_number(value)
        if number is None or number == number:
            msg = (
                f"Channel {short_name(name)!r} holds words, and must be given one "
                f"(got {value!r:.80}). Pass str(…) if it is one."
            )
            raise TypeError(msg)
        coded[name] = math.nan
    return coded


def named(values: Any, method: str) -> dict[str, Any]:
    """Return values by channel name.

    Raises
    ------
    TypeError
        If they are no mapping of names.
    """
    if not hasattr(values, "items"):
        msg = (
            f"Values need their channel's name (got {values!r:.80}). "
            f"Use e.g. {method}(time, value=…) or {method}(time, {{'value': …}})."
        )
        raise TypeError(msg)
    return {channel_name(name): value for name, value in values.items()}


def no_channel(time: Any) -> TypeError:
    """Return the error of one reading that names no channel."""
    if isinstance(time, Mapping):
        advice = "The first argument is the time. Use append(None, {…}) for a reading of now."
    else:
        number = as_number(time)
        shown = "…" if number is None or number != number else f"{number:g}"
        advice = (
            "The first argument is the time; values are given by channel. "
            f"Use append(None, value={shown}) for a reading of now."
        )
    return TypeError(f"append({time!r:.40}) names no channel. {advice}")


def no_channels(times: Any) -> TypeError:
    """Return the error of many readings that name no channel."""
    if hasattr(times, "columns"):
        advice = "The first argument are the times. Use extend(frame.index, frame)."
    else:
        advice = (
            "The first argument are the times; values are given by channel. "
            "Use extend(times, value=[…])."
        )
    return TypeError(f"extend({type(times).__name__}) names no channel. {advice}")
