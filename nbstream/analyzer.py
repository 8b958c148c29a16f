"""Another name of `nbstream.analysis.analyzer`, where the analyzer lives."""

from nbstream.analysis.analyzer import *  # noqa: F403
from nbstream.analysis.analyzer import __all__ as __all__
