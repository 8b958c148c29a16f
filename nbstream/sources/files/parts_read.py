"""How far files were read that are not followed now, so that they are known again under another name."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from nbstream.sources.files.part_names import base_of, is_packed
from nbstream.sources.files.parts_place import PartsPlace
from nbstream.sources.files.read_content import Position, read_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from nbstream.sources.files.read_content import Place

__all__ = ["LEAST_KNOWN", "PartsRead"]

MAX_KNOWN = 1000
LEAST_KNOWN = 16
"""Bytes by which a file can be known again, whatever its name."""
GONE = ".gone"
"""Ends the name by which a file of fewer bytes is remembered when another has its name."""


class PartsRead:
    """Positions in files, by the names that they have, and of files whose names are not known."""

    def __init__(self) -> None:
        self._named: dict[str, Position] = {}
        self._others: deque[Position] = deque(maxlen=MAX_KNOWN)

    def copy(self) -> PartsRead:
        """Return one that knows the same."""
        copied = PartsRead()
        copied._named, copied._others = dict(self._named), self._others.copy()
        return copied

    def resume(self, place: PartsPlace) -> None:
        """Know what an earlier one did."""
        self._named = {name: Position.of(there) for name, there in place.named.items()}
        self._others.extend(place.others)

    def place_with(self, followed: Mapping[str, Place | Position]) -> PartsPlace | None:
        """Return it together with the places in files that are followed, None if there is nothing."""
        if not (followed or self._named or self._others):
            return None
        # A file that was left may have lost its name to one that is followed.
        lost = {name: left for name, left in self._named.items() if name in followed}
        small = {f"{n}{GONE}": p for n, p in lost.items() if 0 < p.offset < LEAST_KNOWN}
        nameless = [position for position in lost.values() if position.offset >= LEAST_KNOWN]
        return PartsPlace({**small, **self._named, **followed}, (*self._others, *nameless))

    def remember(self, place: Place | Position, name: str) -> None:
        """Know how far a file was read that has another name by now, if it has any."""
        if place.offset >= LEAST_KNOWN:
            self._others.append(Position.of(place.as_json()))
        elif place.offset:
            self._put(name.removesuffix(GONE) + GONE, Position.of(place.as_json()))

    def leave(self, name: str, place: Place | Position) -> None:
        """Know how far a file was read that is not followed now."""
        position = Position.of(place.as_json())
        self.forget(position, name)
        self._put(name, position)

    def lose_name(self, name: str) -> None:
        """Know that a file has another name now, for one that is new has it."""
        if name in self._named:
            self.remember(self._named.pop(name), name)

    def forget(self, position: Position, name: str) -> None:
        """Forget a position from which a file goes on under a name, for it has another soon."""
        left = self._named.pop(name, None)
        if left == position:
            return
        if left is not None:
            self.remember(left, name)
        with suppress(ValueError):
            self._others.remove(position)
        same = [other for other, left in self._named.items() if left == position]
        for other in same:
            if not os.path.exists(other):  # it was renamed; else it is a copy
                del self._named[other]

    def find(
        self,
        name: str,
        size: int,
        read: Callable[[int, int], bytes],
        followed: Mapping[str, Place | Position],
    ) -> Position | None:
        """Return how far a file's content was read already, None if it is new.

        A file of fewer than 16 bytes is known again by its name, or as a part that was rotated, of which
        another name of the same log tells that is no longer its.
        """
        named = self._named.get(name)
        if named is not None and named.offset >= LEAST_KNOWN and named.is_in(size, read):
            return named
        known = [Position.of(p.as_json()) for p in followed.values() if p.offset >= LEAST_KNOWN]
        known += [p for n, p in self._named.items() if p.offset >= LEAST_KNOWN or n == name]
        found = [p for p in (*known, *self._others) if p.is_in(size, read)]
        if not any(position.offset for position in found):
            found += self._small_ones_of(name, size, read, followed)
        return max(found, key=lambda position: position.offset, default=None)

    def _small_ones_of(
        self, name: str, size: int, read: Callable[[int, int], bytes], followed: Collection[str]
    ) -> list[Position]:
        base = base_of(name)
        return [
            position
            for other, position in self._named.items()
            if base != name and other != name and 0 < position.offset < LEAST_KNOWN
            if base_of(other.removesuffix(GONE)) == base and position.is_in(size, read)
            if other in followed or not _holds(other, position)
        ]  # fmt: skip

    def _put(self, name: str, position: Position) -> None:
        self._named[name] = position
        if len(self._named) > MAX_KNOWN:
            del self._named[next(iter(self._named))]


def _holds(name: str, position: Position) -> bool:
    """Return whether a file begins with the few bytes that a position tells of."""
    try:
        with io.FileIO(name, "rb") as file:
            if not is_packed(name):
                return position.is_in(os.fstat(file.fileno()).st_size, partial(read_of, file))
            with gzip.open(file) as packed:
                content = packed.read(position.offset)
            return position.is_in(len(content), lambda start, stop: content[start:stop])
    except (OSError, EOFError, zlib.error):
        return False
