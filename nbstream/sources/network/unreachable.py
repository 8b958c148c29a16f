"""Why a server can't be reached, in the same words whatever library says it."""

from __future__ import annotations

import socket
import sys
from typing import Any

__all__ = ["why_unreachable"]

DEPTH = 10
NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"}
"""What OpenSSL calls an answer that is none in TLS."""


def why_unreachable(error: BaseException, target: str) -> str:
    """Return why a connection to `target` can't be made; "" if the error says something else.

    Parameters
    ----------
    error
        Of a library, with what caused it.
    target
        What was connected to, for people; "" names nothing.

    Examples
    --------
    >>> why_unreachable(ConnectionRefusedError(111, "Connect call failed"), "host:80")
    'connection refused: host:80'
    """
    where = f": {target}" if target else ""
    seen: BaseException | None = error
    ssl: Any = sys.modules.get("ssl")  # Pyodide has it apart; who met an error of it has loaded it
    for _ in range(DEPTH):
        if ssl is not None and isinstance(seen, ssl.SSLError):
            if isinstance(seen, ssl.SSLCertVerificationError):
                return f"the certificate is not trusted, {seen.verify_message}{where}"
            if seen.reason:
                if seen.reason in NO_TLS:
                    return f"the server speaks no TLS there{where}"
                return f"TLS failed, {seen.reason.replace('_', ' ').lower()}{where}"
        if isinstance(seen, ConnectionRefusedError):
            return f"connection refused{where}"
        if isinstance(seen, socket.gaierror):
            return f"host not found{where}"
        seen = None if seen is None else seen.__cause__ or seen.__context__
    return ""
