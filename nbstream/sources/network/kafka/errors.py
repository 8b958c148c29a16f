"""What librdkafka's errors mean: which pass, which are refusals, which are the user's."""

from __future__ import annotations

from typing import Any

from nbstream.errors import ConfigurationError, ConnectError, RefusedError

__all__ = ["MISSING", "REFUSALS", "is_passing", "meaning_of", "text_of"]

MISSING = ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC", "_UNKNOWN_PARTITION")
PASSING = ("_TIMED_OUT", "_TIMED_OUT_QUEUE", "_TRANSPORT", "_WAIT_COORD")
REFUSALS = (
    "_AUTHENTICATION", "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED", "SASL_AUTHENTICATION_FAILED", "UNSUPPORTED_SASL_MECHANISM",
)  # fmt: skip


def text_of(error: Any) -> str:
    """Return what an error of the library's says."""
    if isinstance(error, Exception) and error.args and hasattr(error.args[0], "str"):
        error = error.args[0]
    return str(error.str()) if hasattr(error, "str") else str(error)


def is_passing(error: Any) -> bool:
    """Return whether a question may be asked again."""
    cause = error.args[0] if error.args else None
    if cause is None or not hasattr(cause, "name"):
        return False
    return bool(cause.retriable()) or cause.name() in PASSING


def meaning_of(error: Any, source: str) -> Exception:
    """Return what an error of the library's means to a source of this name."""
    text = text_of(error)
    name = error.name() if hasattr(error, "name") else ""
    if name in REFUSALS:
        return RefusedError(f"the brokers refused: {text}", source=source)
    if name == "_INVALID_ARG":
        return ConfigurationError(text, source=source)
    return ConnectError(text, source=source)
