"""Signatures of webhooks, as a receiver checks them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.alerts.notifiers import sign, verify_signature
from tests.strategies import EPOCH_NS, NS

# openssl dgst -sha256 -hmac key, of "1782907200.{}"
KNOWN = "sha256=95c8ec3154b14cece2ce54f8adb5c31e58973b8df755d6cd36277b4a409457cf"
NOW = EPOCH_NS // NS


def test_a_known_signature() -> None:
    """It is what openssl computes."""
    assert sign("key", str(NOW), b"{}") == KNOWN
    assert verify_signature("key", b"{}", timestamp=str(NOW), signature=KNOWN, now=NOW)


@given(
    secret=st.text(min_size=1).filter(str.isprintable),
    body=st.binary(),
    change=st.binary(min_size=1),
)
def test_only_what_was_signed_passes(secret: str, body: bytes, change: bytes) -> None:
    """Another body, another time or another key fails."""
    signature = sign(secret, str(NOW), body)

    def passes(secret: str, body: bytes, timestamp: str) -> bool:
        return verify_signature(secret, body, timestamp=timestamp, signature=signature, now=NOW)

    assert passes(secret, body, str(NOW))
    assert not passes(secret, body + change, str(NOW))
    assert not passes(secret, body, str(NOW + 1))
    assert not passes(secret + "x", body, str(NOW))


def test_an_old_request_is_a_replay() -> None:
    """Beyond the tolerance, into the past or the future, a right signature is no use."""
    for now, is_fine in [(NOW + 300, True), (NOW + 301, False), (NOW - 301, False)]:
        assert (
            verify_signature("key", b"{}", timestamp=str(NOW), signature=KNOWN, now=now) is is_fine
        )
    assert not verify_signature(
        "key", b"{}", timestamp=str(NOW), signature=KNOWN, tolerance=1, now=0
    )


@pytest.mark.parametrize("timestamp", ["", "soon", "-1", "1e9", "²", "9" * 5_000, "1 "])
def test_nonsense_is_no_time(timestamp: str) -> None:
    """Whatever a stranger writes there fails without an error."""
    assert not verify_signature("key", b"{}", timestamp=timestamp, signature=KNOWN)


@pytest.mark.parametrize("signature", ["", "sha256=", "é", KNOWN.upper(), "sha1=" + KNOWN[7:]])
def test_nonsense_is_no_signature(signature: str) -> None:
    """Whatever a stranger writes there fails without an error."""
    assert not verify_signature("key", b"{}", timestamp=str(NOW), signature=signature, now=NOW)
