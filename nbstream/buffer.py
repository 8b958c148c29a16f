"""Another name of `nbstream.readings.buffer`, where the buffer lives."""

from nbstream.readings.buffer import Buffer, Event, Extended, Moment, Rows

__all__ = [
    "Buffer",
    "Event",
    "Extended",
    "Moment",
    "Rows",
]
