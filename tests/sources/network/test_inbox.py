"""Messages that wait between two threads: bounded, counted, and nobody waits for ever."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nbstream.runtime.clock import SYSTEM_CLOCK
from nbstream.sources.network.inbox import Inbox, WhenFull, as_when_full
from tests.wait import wait_until


def inbox(when_full: WhenFull, n: int = 3, **options: Any) -> Inbox[int]:
    """Return an inbox of three places."""
    return Inbox(n, when_full, SYSTEM_CLOCK, **options)


def test_the_oldest_make_room() -> None:
    """With "drop_oldest" the newest stay, and what was given up is counted once."""
    box = inbox("drop_oldest")
    assert all(box.put(i) for i in range(5))
    assert box.take(0) == [2, 3, 4]
    assert (box.take_dropped(), box.take_dropped()) == (2, 0)


def test_the_newest_are_given_up() -> None:
    """With "drop_newest" what came first stays."""
    box = inbox("drop_newest")
    assert [box.put(i) for i in range(5)] == [True, True, True, False, False]
    assert box.take(0) == [0, 1, 2]
    assert box.take_dropped() == 2


def test_whoever_brings_them_waits() -> None:
    """With "block" nothing is lost: the other thread waits until something is taken."""
    box = inbox("block")
    done: list[bool] = []

    def bring() -> None:
        done.extend(box.put(i) for i in range(6))

    thread = threading.Thread(target=bring, daemon=True)
    thread.start()
    taken: list[int] = []
    wait_until(lambda: taken.extend(box.take(0.1)) or len(taken) == 6)
    thread.join(5)
    assert taken == [0, 1, 2, 3, 4, 5]
    assert done == [True] * 6
    assert box.take_dropped() == 0


def test_closing_lets_go_of_who_waits() -> None:
    """A thread of a library that waits for room goes on when the connection is closed."""
    box = inbox("block", 1)
    box.put(0)
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(box.put(1)), daemon=True)
    thread.start()
    box.close()
    thread.join(5)
    assert answers == [False]
    assert not box.put(2)


def test_large_messages_fill_it_too() -> None:
    """What waits has a bound in bytes, but one message always has room."""
    box = inbox("drop_oldest", 100, max_bytes=10)
    for i, size in enumerate((6, 6, 4, 50)):
        assert box.put(i, size)
    assert box.take(0) == [3]
    assert box.take_dropped() == 3


def test_what_came_before_an_error_is_given_first() -> None:
    """A lost connection does not lose the messages that had come."""
    box = inbox("drop_oldest")
    box.put(1)
    box.fail(OSError("gone"))
    box.fail(OSError("gone again"))
    assert box.take(None) == [1]
    for _ in range(2):
        with pytest.raises(OSError, match=r"^gone$"):
            box.take(None)


def test_an_unknown_policy_is_refused() -> None:
    """The error names those that there are."""
    assert as_when_full("block") == "block"
    with pytest.raises(ValueError, match=r"'drop_newest' or 'block' \(got 'wait'\)"):
        as_when_full("wait")
