"""Signatures of webhooks: HMAC-SHA256 (RFC 2104) over the time and the body."""

from __future__ import annotations

import hashlib
import hmac
import time

__all__ = ["SIGNATURE_HEADER", "TIMESTAMP_HEADER", "sign", "verify_signature"]

TIMESTAMP_HEADER = "X-Nbstream-Timestamp"
SIGNATURE_HEADER = "X-Nbstream-Signature"
PREFIX = "sha256="


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return "sha256=" and the HMAC-SHA256, in hex, of the timestamp, a full stop, and the body.

    Parameters
    ----------
    secret
        The key, as UTF-8.
    timestamp
        Seconds since the epoch, as digits.
    body
        The bytes that are sent.

    Examples
    --------
    >>> sign("key", "1782907200", b"{}")
    'sha256=95c8ec3154b14cece2ce54f8adb5c31e58973b8df755d6cd36277b4a409457cf'
    """
    signed = timestamp.encode("ascii") + b"." + body
    return PREFIX + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def verify_signature(
    secret: str,
    body: bytes,
    *,
    timestamp: str,
    signature: str,
    tolerance: float = 300.0,
    now: float | None = None,
) -> bool:
    """Return whether a request was signed with `secret`, and not long ago. For the receiver.

    Parameters
    ----------
    secret
        The key that was given to the WebhookNotifier.
    body
        The body of the request as it came, before anything parsed it.
    timestamp, signature
        The headers X-Nbstream-Timestamp and X-Nbstream-Signature.
    tolerance
        Seconds that the timestamp may differ from `now`; an older request may be a replay.
    now
        Seconds since the epoch; None is this machine's time.

    Notes
    -----
    Takes the same time wherever the signatures differ. Thread safety: any thread.

    Examples
    --------
    >>> signature = sign("key", "1782907200", b"{}")
    >>> verify_signature("key", b"{}", timestamp="1782907200", signature=signature, now=1782907210)
    True
    >>> verify_signature("key", b"[]", timestamp="1782907200", signature=signature, now=1782907210)
    False
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    now = time.time() if now is None else now
    is_recent = abs(now - int(timestamp)) <= tolerance
    expected = sign(secret, timestamp, body).encode("ascii")
    return hmac.compare_digest(expected, signature.encode("utf-8", "replace")) and is_recent
