"""Widgets that a page has by themselves or as parts of a dashboard, which then carries their messages."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from nbstream.widgets.page.buffers import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Part"]

_numbers = itertools.count(1)


class Part:
    """A widget that may stand alone or in a dashboard, and is known to pages before anybody displays it.

    Its messages go to all pages that have it, by its own comm if it was displayed, and by the dashboard's
    if it is part of one: views say who they are, so it makes no difference to them. Its own comm is opened
    when it is first displayed, so that a dashboard costs one model, not five.

    Notes
    -----
    Thread safety: as the widget; `send` from any thread.
    """

    _carry: Callable[[dict[str, Any], Any], None] | None = None
    _is_displayed = False

    def open(self) -> None:
        """Open the comm, once the widget is displayed."""
        self._find_host()  # type: ignore[attr-defined]
        if self._is_displayed:
            super().open()  # type: ignore[misc]

    @property
    def model_id(self) -> str:
        """The id of the widget's model; asking for it opens the comm."""
        if not self._is_displayed:
            self._is_displayed = True
            self.open()
        return str(super().model_id)  # type: ignore[misc]

    @property
    def _page_key(self) -> str:
        """What parts of a page call this widget among themselves."""
        if not hasattr(self, "_made_key"):
            self._made_key = f"{type(self).__name__}-{next(_numbers)}-{id(self):x}"
        return self._made_key

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        """Send a message to all pages that have the widget; its buffers as text where one needs that."""
        widget: Any = self
        if buffers and widget._link.is_text:
            content, buffers = as_text(content, buffers), None
        if widget._components or (widget.comm is not None and self._may_stand_alone):
            super().send(content, buffers)  # type: ignore[misc]
        if self._carry is not None:
            self._carry(content, buffers)

    @property
    def _may_stand_alone(self) -> bool:
        """Whether a page may have the widget by itself.

        Some hosts open a comm for every widget; a part that is shown in its dashboard only has nobody there.
        """
        widget: Any = self
        is_shown = self._is_displayed and not widget._host.opens_all
        return self._carry is None or is_shown or bool(widget._is_heard)

    def _join(self, carry: Callable[[dict[str, Any], Any], None]) -> None:
        """Send messages by `carry`, too: the widget is part of something now."""
        self._carry = carry

    def _receive(self, content: Any, buffers: Any) -> None:
        """Take a message of a page that came by what the widget is part of."""
        widget: Any = self
        widget._handle_custom_msg(content, buffers)
