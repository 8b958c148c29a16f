"""Another name of `nbstream.readings.window`, where windows live."""

from nbstream.readings.window import (
    Window,
    WindowLike,
    format_duration,
    parse_duration,
    rough_duration,
)

__all__ = ["Window", "WindowLike", "format_duration", "parse_duration", "rough_duration"]
