"""What a reading is and where readings are held."""

from nbstream.readings.batch import (
    Batch,
    FloatArray,
    TimeArray,
    TimeLike,
    TimeUnit,
    as_number,
    as_times_ns,
    as_values,
    channel_name,
    time_ns,
)

__all__ = [
    "Batch",
    "FloatArray",
    "TimeArray",
    "TimeLike",
    "TimeUnit",
    "as_number",
    "as_times_ns",
    "as_values",
    "channel_name",
    "time_ns",
]
