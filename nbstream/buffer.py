"""Another name of `nbstream.readings.buffer`, where the buffer lives."""

from nbstream.readings.buffer import *  # noqa: F403
from nbstream.readings.buffer import __all__ as __all__
