"""What pages say to a widget: how much of it is taken, and for how long that is remembered."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from nbstream.testing import FakeClock
from nbstream.widgets.page.audience import Audience
from nbstream.widgets.page.inbox import MAX_OF_A_PAGE_PER_S, Inbox


class Widget:
    """Hears its pages as a widget does; its audience is in the place of a link."""

    is_closed = False

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.audience = Audience()
        self.inbox = Inbox(self, self, dict, clock=self.clock)  # type: ignore[arg-type]

    def on_msg(self, take: Any) -> None:
        """Hand what pages say to `take`."""
        self.take = take

    def receive(self, message: dict[str, Any]) -> bool:
        """Take in what is said to the link."""
        self.audience.hear(message, self.clock.monotonic())
        return True

    def send(self, content: Any, buffers: Any = None) -> None:
        """Answer nobody."""

    def say(self, kind: str, client: Any) -> None:
        """Let a page say something."""
        self.take(self, {"kind": kind, "client": client}, [])


@pytest.fixture
def widget() -> Widget:
    """Return a widget that nobody looks at yet."""
    return Widget()


def n_ours() -> int:
    """Return how many objects of nbstream's classes there are."""
    gc.collect()
    return sum(str(type(thing).__module__).startswith("nbstream.") for thing in gc.get_objects())


def test_a_view_that_is_gone_leaves_nothing(widget: Widget) -> None:
    """A cell that displays a dashboard anew all day has had thousands of views."""
    before = n_ours()
    for number in range(500):
        widget.say("hello", f"view-{number}")
        widget.say("bye", f"view-{number}")
        widget.clock.advance(0.05)
    assert widget.inbox.n_ignored == 0
    assert widget.audience.n_visible == 0
    assert n_ours() <= before  # what another test left may be collected meanwhile


@pytest.mark.parametrize("client", ["page", "", 7, None, ["x"], {"x": 1}])
def test_what_one_page_may_say_is_bounded(widget: Widget, client: Any) -> None:
    """One that says more takes no other's part, and may say goodbye whatever it calls itself."""
    for _ in range(2 * MAX_OF_A_PAGE_PER_S):
        widget.say("ack", client)
    assert widget.inbox.n_ignored == MAX_OF_A_PAGE_PER_S
    widget.clock.advance(0.5)
    widget.say("hello", "another")
    widget.say("bye", client)
    assert widget.inbox.n_ignored == MAX_OF_A_PAGE_PER_S
