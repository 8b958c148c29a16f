"""What a reading is and where readings are held."""

from nbstream.readings.batch import *  # noqa: F403
from nbstream.readings.batch import __all__ as __all__


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
