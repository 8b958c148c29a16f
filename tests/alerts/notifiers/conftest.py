"""An environment without proxies and without voila, wherever the tests run."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove what the machine's environment could change."""
    for name in os.environ:
        if name.upper().endswith("_PROXY") or name.startswith("VOILA_"):
            monkeypatch.delenv(name)
    for name in ("SERVER_SOFTWARE", "NBSTREAM_VOILA", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
