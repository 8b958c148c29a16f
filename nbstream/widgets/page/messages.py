"""Raw messages of pages: nothing in them may be what it seems, and none of them raises."""

from __future__ import annotations

from typing import Any

__all__ = ["DistrustsPages"]


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
