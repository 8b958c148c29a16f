"""Where librdkafka's own words go: to logging, not to stderr."""

from __future__ import annotations

import logging
from typing import Any

from nbstream.text.redaction import redact

__all__ = ["LOG", "logger"]

logger = logging.getLogger("nbstream.sources.network.kafka")


class _Log:
    """Where librdkafka's own words go, without secrets: it would write them to stderr."""

    def log(self, level: int, text: str, *args: Any) -> None:
        """Take a line."""
        if logger.isEnabledFor(level):
            logger.log(level, "%s", redact(text % args if args else text))


LOG = _Log()
