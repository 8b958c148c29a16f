"""TLS that checks who answers."""

from __future__ import annotations

import ssl

__all__ = ["checked_context"]


def checked_context(context: ssl.SSLContext) -> ssl.SSLContext:
    """Return `context`, which checks the certificate and its host name.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If it does not check: then anybody on the way could read the secrets.
    """
    if not isinstance(context, ssl.SSLContext):
        message = f"'ssl_context' must be an ssl.SSLContext (got {type(context).__name__})."
        raise TypeError(message)
    if context.verify_mode != ssl.CERT_REQUIRED or not context.check_hostname:
        message = (
            "'ssl_context' must check certificates and host names. For your own authority use "
            "ssl.create_default_context(cafile=…)."
        )
        raise ValueError(message)
    return context
