"""Places for the views of pages: bounded, and nobody can take them all."""

from __future__ import annotations

from nbstream.widgets.page.audience import MAX_CLIENTS, Audience


def say(audience: Audience, kind: str, client: str, now: float) -> bool:
    """Let a view say something."""
    return audience.hear({"kind": kind, "client": client}, now)


def test_a_view_more_than_there_are_places_is_welcome() -> None:
    """One page that says hello for fifty views doesn't keep another page out."""
    audience = Audience()
    for i in range(MAX_CLIENTS):
        say(audience, "hello", f"greedy {i}", i / 1000)
    assert say(audience, "hello", "modest", 1.0)
    assert "modest" in audience.newcomers()
    assert audience.n_visible == MAX_CLIENTS
    assert audience.n_ignored == 1


def test_who_acknowledges_stays_through_a_flood_of_hellos() -> None:
    """Views that nobody ever draws give way first, the oldest of them."""
    audience = Audience()
    for name in ("one", "two"):
        say(audience, "hello", name, 0.0)
        say(audience, "ack", name, 2.0)
    audience.welcomed(["one", "two"])
    for i in range(10 * MAX_CLIENTS):
        say(audience, "hello", f"flood {i}", 3.0 + i / 100)
    assert audience.n_visible == MAX_CLIENTS
    say(audience, "visible", "one", 9.0)
    say(audience, "visible", "two", 9.0)
    assert audience.n_ignored == 10 * MAX_CLIENTS - (MAX_CLIENTS - 2), "both were known"


def test_one_that_was_let_go_comes_back_by_its_next_word() -> None:
    """An acknowledgement of a view that had to go asks for a snapshot."""
    audience = Audience()
    for i in range(MAX_CLIENTS + 1):
        say(audience, "hello", f"view {i}", float(i) / 100)
        say(audience, "ack", f"view {i}", float(i) / 100)
    audience.welcomed(audience.newcomers())
    assert say(audience, "ack", "view 0", 2.0)
    assert audience.newcomers() == ["view 0"]
