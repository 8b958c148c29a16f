"""Widgets whose messages may be sent from any thread, by the way of the host that shows them."""

from __future__ import annotations

import weakref
from typing import Any

from nbstream.runtime.hosts import PYTHON, Host, present

__all__ = ["SendsFromThreads"]


class SendsFromThreads:
    """A widget that sends by the way of its host, which is found where the widget is made.

    Notes
    -----
    Thread safety: any thread may send.
    """

    _host: Host = PYTHON
    _is_heard = False
    """Whether a page has spoken by the widget's own comm."""
    _components: weakref.WeakSet[Any] | None = None
    """The components of Panel that show the widget; None if there never was one."""

    def _find_host(self) -> None:
        """Take the host that the caller is in, if it is in any; called before the comm is opened."""
        host = present()
        if host is not PYTHON:
            self._host = host

    def _send(self, msg: Any, buffers: Any = None) -> None:
        if self._components is not None:
            if msg["method"] == "custom":
                self._tell_components(msg["content"], buffers)
            if self._host.opens_all and not self._is_heard:
                return  # nobody is at the other end of its comm
        send = super()._send  # type: ignore[misc]
        self._host.send(lambda: send(msg, buffers))

    def __panel__(self) -> Any:
        """Return what shows the widget in Panel, for `pn.panel` and Panel's layouts."""
        from nbstream.widgets.page.holoviz_panel import component, pane

        if present().name == "ipykernel":
            return pane(self)
        made = component(self)
        if self._components is None:
            self._components = weakref.WeakSet()
        self._components.add(made)
        return made

    def notify_change(self, change: Any) -> None:
        """Tell Panel's components, too, of what their pages ask."""
        super().notify_change(change)  # type: ignore[misc]
        for one in tuple(self._components or ()):
            one._follow(change["name"])

    def close(self) -> None:
        """Close the widget, and empty Panel's components of it."""
        super().close()  # type: ignore[misc]
        for one in tuple(self._components or ()):
            one._end()

    def _tell_components(self, content: Any, buffers: Any) -> None:
        # Not by the host: in a tick of its document Panel would send at once, past what waits for the next
        # tick, and log an error if the page has just gone.
        for one in tuple(self._components or ()):
            one._tell(content, buffers)
