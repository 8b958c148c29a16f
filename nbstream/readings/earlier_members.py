"""Members of `Buffer` in the release before this one; they warn, and go in the next."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from nbstream.readings.channel_rows import ChannelRows

__all__ = ["OF_CHANNEL", "OF_STORE", "with_earlier_members"]

OF_CHANNEL = {name for name in dir(ChannelRows) if not name.startswith("_")} - {
    *("count", "drawn", "is_archived", "is_switch", "line", "version"),
    *("labels", "name", "newest_ns", "seen_rows"),
}
"""They took a channel first; now they are members of `Buffer.channel(…)`."""
OF_STORE = {"derive", "lateness_ns", "moment", "need", "set_pace", "written_by"}
"""Nobody outside of nbstream needs them."""

B = TypeVar("B", bound=type[Any])


class _EarlierMember:
    """A descriptor; `__getattr__` would make every attribute of a buffer slower."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._advice = (
            f"Use Buffer.channel(…).{name}." if name in OF_CHANNEL else "It is not public."
        )

    def __repr__(self) -> str:
        """Return what help() says of it."""
        return f"<removed in the next release: {self._advice}>"

    def __get__(self, buffer: Any, kind: type | None = None) -> Any:
        """Return what a buffer had by this name, with a DeprecationWarning."""
        if buffer is None:
            return self
        name = self._name
        warnings.warn(
            f"Buffer.{name} will be removed. {self._advice}", DeprecationWarning, stacklevel=2
        )
        if name in OF_STORE:
            return getattr(buffer._store, name)

        def of_channel(channel: str, *arguments: Any, **options: Any) -> Any:
            member = getattr(buffer.channel(channel), name)
            return member(*arguments, **options) if callable(member) else member

        return of_channel


def with_earlier_members(kind: B) -> B:
    """Give a class of buffers the members that it had."""
    for name in OF_CHANNEL | OF_STORE:
        setattr(kind, name, _EarlierMember(name))
    return kind
