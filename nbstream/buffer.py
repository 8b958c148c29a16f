"""Another name of `nbstream.readings.buffer`, where the buffer lives."""

from nbstream.readings.buffer import Buffer, BufferState, Event, Extended, Rows

__all__ = ["Buffer", "BufferState", "Event", "Extended", "Rows"]
