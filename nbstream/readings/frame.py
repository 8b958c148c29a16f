"""Readings as a table of pandas: one index of times for all channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    import pandas as pd

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.labels import Labels

__all__ = ["to_frame"]


def to_frame(
    columns: Mapping[str, tuple[TimeArray, FloatArray]],
    timezone: tzinfo,
    labels: Mapping[str, Labels] | None = None,
) -> pd.DataFrame:
    """Return a DataFrame of the times and values of channels; see `Buffer.to_pandas`.

    Parameters
    ----------
    columns
        Times and values by channel.
    timezone
        Of the index.
    labels
        Of the channels that hold words.
    """
    import pandas as pd

    every_times = [times for times, _ in columns.values()]
    if every_times and all(np.array_equal(every_times[0], times) for times in every_times[1:]):
        index = pd.DatetimeIndex(every_times[0].view("M8[ns]"))
        frame = pd.DataFrame({name: values for name, (_, values) in columns.items()}, index=index)
        if not frame.index.is_monotonic_increasing:  # the clock was set back
            frame = frame.sort_index(kind="stable")
    elif every_times:
        # Joined on (time, how many readings of the channel had that time before).
        parts = []
        for name, (times, values) in columns.items():
            repeat = pd.Series(times).groupby(times).cumcount().to_numpy()
            places = pd.MultiIndex.from_arrays([times, repeat])
            parts.append(pd.Series(values, name=name, index=places))
        frame = pd.concat(parts, axis=1).sort_index()
        frame.index = pd.DatetimeIndex(frame.index.get_level_values(0).to_numpy().view("M8[ns]"))
    else:
        frame = pd.DataFrame(index=pd.DatetimeIndex(np.empty(0, "M8[ns]")))
    frame.index = pd.DatetimeIndex(frame.index).tz_localize("UTC").tz_convert(timezone)
    frame.index.name = "time"
    for name, table in (labels or {}).items():
        if name in columns:
            codes = frame[name].fillna(-1).to_numpy().astype(np.int64)
            frame[name] = pd.Categorical.from_codes(
                codes, categories=pd.Index(table.texts, dtype=object)
            )
    return frame
