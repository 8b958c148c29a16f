"""Members of `Buffer` in the release before this one; they warn, and go in the next."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from nbstream.readings.channel_rows import ChannelRows

if TYPE_CHECKING:
    from nbstream.readings.buffer import Buffer

__all__ = ["OF_CHANNEL", "OF_STORE", "earlier_member"]

OF_CHANNEL = {name for name in dir(ChannelRows) if not name.startswith("_")} - {"name", "newest_ns"}
"""They took a channel first; now they are members of `Buffer.channel(…)`."""
OF_STORE = {"derive", "lateness_ns", "moment", "need", "set_pace", "written_by"}
"""Nobody outside of nbstream needs them."""


def earlier_member(buffer: Buffer, name: str) -> Any:
    """Return a member that a buffer had, with a DeprecationWarning.

    Raises
    ------
    AttributeError
        If it never had one of this name.
    """
    if name in OF_CHANNEL:
        instead = f"Use Buffer.channel(…).{name}."
    elif name in OF_STORE:
        instead = "It is no longer public."
    else:
        msg = f"{type(buffer).__name__!r} object has no attribute {name!r}"
        raise AttributeError(msg, name=name, obj=buffer)
    warnings.warn(f"Buffer.{name} will be removed. {instead}", DeprecationWarning, stacklevel=3)
    if name in OF_STORE:
        return getattr(buffer._store, name)

    def of_channel(channel: str, *arguments: Any, **options: Any) -> Any:
        member = getattr(buffer.channel(channel), name)
        return member(*arguments, **options) if callable(member) else member

    return of_channel
