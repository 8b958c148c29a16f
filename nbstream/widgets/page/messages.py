"""Messages of pages: nothing in a raw one may be what it seems, and none of them raises."""

from __future__ import annotations

import math
from typing import Any

from nbstream.text.naming import one_line

__all__ = ["DistrustsPages", "finite", "is_int", "is_number", "is_small", "plain_text"]

MAX_MESSAGE_BYTES = 4096
MAX_DEPTH = 6


class DistrustsPages:
    """A widget that takes raw messages apart with care; what is malformed is counted as ignored.

    ipywidgets raises at such a message, and shows the traceback in the output of some cell.
    """

    def _handle_msg(self, msg: Any) -> None:
        widget: Any = self
        data = msg["content"].get("data")
        data = data if isinstance(data, dict) else {}
        method, buffers = data.get("method"), msg.get("buffers") or []
        if method == "custom" and "content" in data:
            widget._is_heard = True
            widget._handle_custom_msg(data["content"], buffers)
        elif method == "request_state" and self._may_have_state():
            widget.send_state()
        elif method == "update" and (state := _whole_state(data, buffers)) is not None:
            update = {"method": "update", "state": state}
            super()._handle_msg({"content": {"data": update}, "buffers": []})  # type: ignore[misc]
        else:
            self._ignore()

    def _may_have_state(self) -> bool:
        """Return whether a page that asks for the state gets it now."""
        return True

    def _ignore(self) -> None:
        """Count a message that was ignored."""
        raise NotImplementedError


def _whole_state(data: dict[str, Any], buffers: list[Any]) -> dict[str, Any] | None:
    """Return the state that a page writes, with its buffers in place; None if it is malformed."""
    state, paths = data.get("state"), data.get("buffer_paths", [])
    if not isinstance(state, dict):
        return None
    try:
        for path, buffer in zip(paths, buffers, strict=True):
            inner: Any = state
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = buffer
    except (LookupError, TypeError, ValueError):
        return None
    return state


def is_small(message: Any, limit: int = MAX_MESSAGE_BYTES) -> bool:
    """Return whether a message of a page has at most `limit` characters and a few levels.

    It looks no further than it must, so that a message of a megabyte costs nothing.
    """
    left = limit
    waiting = [(message, 0)]
    while waiting:
        thing, depth = waiting.pop()
        if isinstance(thing, str):
            left -= len(thing)
        elif isinstance(thing, (dict, list)):
            left -= 2 * len(thing)
            if left >= 0 and depth < MAX_DEPTH:
                children = [*thing.keys(), *thing.values()] if isinstance(thing, dict) else thing
                waiting.extend((child, depth + 1) for child in children)
            elif thing:
                return False
        elif isinstance(thing, int) and not -(2**63) <= thing < 2**63:
            return False
        else:
            left -= 8
        if left < 0:
            return False
    return True


def is_int(value: Any) -> bool:
    """Return whether what a page sent is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any, bound: float = math.inf) -> bool:
    """Return whether what a page sent is a number nearer to 0 than `bound`."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < bound


def finite(number: float) -> float | None:
    """Return a number as it can travel in JSON: at most 12 digits, None if it is not finite."""
    number = float(number)
    if number - number != 0.0:
        return None
    return float(f"{number:.12g}")


def plain_text(text: Any, length: int = 80) -> str:
    """Return text from data as a page may show it: one printable line of at most `length`."""
    plain = one_line(str(text)[: 4 * length])
    return plain if len(plain) <= length else plain[: length - 1] + "…"
