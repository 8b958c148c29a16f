"""Items of several parts in one order: partitions of Kafka without a broker, parts of a cluster."""

from __future__ import annotations

import itertools
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nbstream.sources.merging import MANY, PATIENCE, Merge


def add(merge: Merge[Any, int], partition: Any, *times: int) -> None:
    """Add messages that are their times."""
    merge.add(partition, times, list(times))


def test_nothing_waits_where_all_is_read() -> None:
    """Partitions at their ends hold nobody up, and what came is put in order."""
    merge: Merge[str, int] = Merge()
    add(merge, "a", 1, 4)
    add(merge, "b", 2, 3)
    assert merge.take((), 0.0) == [1, 2, 3, 4]
    assert len(merge) == 0


def test_waits_for_a_partition_that_has_more() -> None:
    """What is later than the last message of one that goes on might be too early."""
    merge: Merge[str, int] = Merge()
    add(merge, "a", 1, 4, 9)
    add(merge, "b", 2, 5)
    assert merge.take(("a", "b"), 0.0) == [1, 2, 4, 5]
    add(merge, "b", 6, 7)
    assert merge.take(("a",), 0.0) == [6, 7, 9]


def test_waits_for_a_silent_partition_a_while_only() -> None:
    """One that has more and brings none is given up until it brings something."""
    merge: Merge[str, int] = Merge()
    add(merge, "a", 1)
    assert merge.take(("b",), 10.0) == []
    assert merge.take(("b",), 10.0 + PATIENCE / 2) == []
    assert merge.take(("b",), 10.0 + PATIENCE) == [1]
    add(merge, "a", 2)
    assert merge.take(("b",), 11.5) == [2], "nobody waits for it again"
    add(merge, "b", 3)
    assert merge.take(("b",), 12.0) == [3]
    add(merge, "a", 4)
    assert merge.take(("b",), 13.0) == [], "it brought something, and is waited for"


def test_an_early_message_goes_out_behind_its_own_partition() -> None:
    """Its writer's clock went back: offsets count, and nothing is held up by it."""
    merge: Merge[str, str] = Merge()
    merge.add("a", [5, 1], ["a5", "a1"])
    merge.add("b", [4, 6], ["b4", "b6"])
    assert merge.take((), 0.0) == ["b4", "a5", "a1", "b6"]


def test_a_partition_that_was_taken_away_is_forgotten() -> None:
    """What waited of it is read by another member."""
    merge: Merge[str, int] = Merge()
    add(merge, "a", 1, 2)
    add(merge, "b", 3)
    merge.forget("a")
    merge.forget("c")
    assert merge.take((), 0.0) == [3]


def test_what_waits_is_bounded() -> None:
    """A partition of which too much waits is named, and has room again later."""
    merge: Merge[str, int] = Merge()
    add(merge, "a", *range(10, MANY + 10))
    assert merge.overfull() == ["a"]
    assert not merge.has_room("a")
    add(merge, "b", MANY)
    merge.take(("b",), 0.0)
    assert merge.overfull() == []
    assert merge.has_room("a")


@given(st.lists(st.lists(st.integers(0, 50)), min_size=1, max_size=4), st.randoms())
def test_everything_comes_once_and_in_order(
    written: list[list[int]], chance: random.Random
) -> None:
    """However the partitions are brought, as long as each is in order."""
    left = {number: sorted(times) for number, times in enumerate(written)}
    merge: Merge[int, int] = Merge()
    found: list[int] = []
    while any(left.values()):
        for number, times in left.items():
            n = chance.randint(1, 3)
            add(merge, number, *times[:n])
            del times[:n]
        found += merge.take([number for number, times in left.items() if times], 0.0)
    assert found + merge.take((), 0.0) == sorted(itertools.chain(*written))
