"""What stands in messages of topics, without a broker."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.sources.network.kafka.payloads import Payloads, by_partition


class Came:
    """A message as the library has it."""

    def __init__(
        self,
        value: bytes | None,
        offset: int = 0,
        time: tuple[int, int] = (1, 7),
        partition: int = 0,
    ) -> None:
        self._value, self._offset, self._time, self._partition = value, offset, time, partition

    def value(self) -> bytes | None:
        """Return what it says."""
        return self._value

    def offset(self) -> int:
        """Return its place."""
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        """Return what kind of time it has, and ms."""
        return self._time

    def partition(self) -> int:
        """Return where it was."""
        return self._partition

    def topic(self) -> str:
        """Return where it was, by name."""
        return "plant"

    def key(self) -> bytes:
        """Return what it is about."""
        return b"pump"


def payloads(*came: Any, **options: bool) -> Payloads:
    """Return messages sorted out."""
    usual = {"is_one": True, "by_key": False, "is_parsed": False}
    return Payloads(list(came), **{**usual, **options})


def test_each_partition_goes_on_behind_its_last_message() -> None:
    """Whichever order partitions were put into."""
    found = payloads(Came(b"1", 4), Came(b"2", 9, partition=1), Came(b"3", 5), Came(b"4", 6))
    assert found.offsets == {("plant", 0): 7, ("plant", 1): 10}
    assert list(found.readable.payloads) == [b"1", b"2", b"3", b"4"]
    assert found.newest_ms == {"plant": 7}


@pytest.mark.parametrize("by_key", [False, True])
def test_a_time_that_cannot_be_is_none(by_key: bool) -> None:
    """Microseconds where milliseconds are wanted, or no time at all: the time of arrival counts."""
    times = [(1, 1_782_907_200_000), (1, 1_782_907_200_000_000), (0, -1)]
    found = payloads(*(Came(b"1", time=time) for time in times), by_key=by_key)
    assert list(found.readable.sent) == [1_782_907_200_000_000_000, None, None]
    assert set(found.readable.names) == {"pump" if by_key else ""}


def test_messages_that_name_a_schema_and_tombstones_are_sorted_out() -> None:
    """JSON behind an id is read, what only its schema could read is named, and the rest is as it was."""
    json, avro = b"\0\0\0\0\x07{}", b"\0\0\0\0\x07\x02ab"
    found = payloads(Came(b"1"), Came(json), Came(None), Came(avro))
    assert list(found.readable.payloads) == [b"1", b"{}"]
    assert [schema.number for schema in found.unknown] == [7]
    assert found.n_empty == 1
    assert list(payloads(Came(avro), is_parsed=True).readable.payloads) == [avro]


def test_partitions_that_take_turns_keep_their_order() -> None:
    """Each is found once, with all that came of it."""
    came = [Came(b"", i, partition=i % 2) for i in range(6)]
    found = by_partition(came)
    assert {number: [m.offset() for m in some] for (_, number), some in found.items()} == {
        0: [0, 2, 4],
        1: [1, 3, 5],
    }
