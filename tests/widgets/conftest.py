"""What the tests of the widgets share."""

from __future__ import annotations

import pytest

from tests.widgets.fake_page import FakePage


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return a page that records what panels send."""
    return FakePage(monkeypatch)
