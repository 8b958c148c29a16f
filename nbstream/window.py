"""Another name of `nbstream.readings.window`, where windows live."""

from nbstream.readings.window import *  # noqa: F403
from nbstream.readings.window import __all__ as __all__
