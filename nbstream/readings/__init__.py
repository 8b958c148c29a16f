"""What a reading is and where readings are held."""

from nbstream.readings.batch import *  # noqa: F403
from nbstream.readings.batch import __all__ as __all__
