"""nbstream's exceptions, in one tree.

::

    NbstreamError
    ├── SourceError               a source cannot deliver
    │   ├── ConnectError          it cannot be reached or opened
    │   │   └── RefusedError      it answered, and said no: another try needs other credentials
    │   ├── ConfigurationError    it was told what cannot be (also a ValueError)
    │   └── ParseError            what it delivers cannot be read (also a ValueError)
    ├── ClosedError               used after close() (also a RuntimeError)
    ├── WrongThreadError          a widget was made or closed off the main thread (also a RuntimeError)
    ├── CallbackError             the user's function raised (its error is ``__cause__``)
    ├── DeliveryError             a notification could not be delivered (in ``nbstream.alerts.notifiers``)
    └── DependencyError           an optional package is missing (also an ImportError)

Bad arguments stay ``ValueError`` and ``TypeError``.
"""

from __future__ import annotations

from nbstream.text.redaction import redact

__all__ = [
    "CallbackError",
    "ClosedError",
    "ConfigurationError",
    "ConnectError",
    "DependencyError",
    "NbstreamError",
    "ParseError",
    "RefusedError",
    "SourceError",
    "WrongThreadError",
]


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)


class NbstreamError(Exception):
    """Base class of everything that nbstream raises on its own account."""


class SourceError(NbstreamError):
    """A source cannot deliver readings.

    Parameters
    ----------
    message
        What was wrong, what we got, what to do.
    source
        Name of the source, where it is known.
    """

    def __init__(self, message: str, *, source: str | None = None) -> None:
        super().__init__(message)
        self.source = source


class ConnectError(SourceError):
    """The thing behind a source cannot be reached or opened; it is tried again.

    Parameters
    ----------
    message
        What was wrong, what we got, what to do.
    source
        Name of the source, where it is known.
    retry_after
        Seconds for which the other side asks to be left alone, as HTTP's Retry-After does; None if it
        doesn't.
    """

    def __init__(
        self, message: str, *, source: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, source=source)
        self.retry_after = retry_after


class RefusedError(ConnectError):
    """The other side answered and said no (401, 403, 404, a wrong password).

    Before a source has worked it is final; later it is tried again with back-off.
    """


class ConfigurationError(SourceError, ValueError):
    """A source was told what cannot be; no other try mends it."""


class ParseError(SourceError, ValueError):
    """What a source delivers cannot be read as readings."""


class ClosedError(NbstreamError, RuntimeError):
    """The object was closed."""


class WrongThreadError(NbstreamError, RuntimeError):
    """A widget was created or closed off the main thread."""


class CallbackError(NbstreamError):
    """A function that the user gave raised; its own error is ``__cause__``.

    Parameters
    ----------
    message
        What it said; secrets in it are hidden.
    callback
        What was called, by name.
    """

    def __init__(self, message: str, *, callback: str) -> None:
        super().__init__(redact(message))  # it quotes what the function raised
        self.callback = callback


class DependencyError(NbstreamError, ImportError):
    """An optional package is missing."""
