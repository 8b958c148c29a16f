"""Files stand still for as long as a test says, and not because a machine was busy."""

from __future__ import annotations

import pytest

HOUR = 3600.0


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file stand still: what its writer has begun is waited for, however slow the test is."""
    monkeypatch.setattr("nbstream.sources.files.tail.STILL_AFTER", HOUR)
    monkeypatch.setattr("nbstream.sources.files.tail.SETTLED_AFTER", HOUR)


@pytest.fixture
def impatient(patient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a file stand still after a moment."""
    monkeypatch.setattr("nbstream.sources.files.tail.STILL_AFTER", 0.05)
    monkeypatch.setattr("nbstream.sources.files.tail.SETTLED_AFTER", 0.05)
