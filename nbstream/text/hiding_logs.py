"""What libraries log on their own account, such as each address that they ask, without secrets."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from nbstream.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["hide_in_logs"]


class _Hiding(logging.Filter):
    """Puts stars into records, and lets all of them pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide what is secret in a record, for every handler."""
        try:
            text = record.getMessage()
        except Exception:  # logging tells of arguments that don't fit
            return True
        shown = redact(text)
        if shown != text:
            record.msg, record.args = shown, ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return True


_HIDING = _Hiding()


def hide_in_logs(loggers: Iterable[str]) -> None:
    """Let these loggers of libraries show no secret, from now on; their levels stay as they are.

    Examples
    --------
    >>> hide_in_logs(["httpx"])
    """
    for name in loggers:
        logging.getLogger(name).addFilter(_HIDING)  # a second time does nothing
