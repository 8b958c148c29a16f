"""Widgets in pages of Panel (by HoloViz), as components of its own.

Panel shows widgets of Jupyter by ipywidgets-bokeh, whose pages take anywidget's script from a CDN. As a
component a widget needs nothing of that: its page side comes with the page, and what it says and is told
goes as events of the component.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from nbstream.widgets.page.assets import panel_module

__all__ = ["component", "pane"]

TRAITS = ("_begins", "_over")
"""What a page asks of a widget, beside its loader; what a widget lacks is null there."""


def component(widget: Any) -> Any:
    """Return a new component of Panel that shows a widget."""
    return _component_class()(widget)


def pane(widget: Any) -> Any:
    """Return Panel's own pane for widgets of Jupyter: a notebook has what that needs."""
    from panel.pane import IPyWidget

    return IPyWidget(widget)


@functools.cache
def _component_class() -> Any:
    """Return the class of the components, once Panel is there."""
    import param
    from panel.custom import JSComponent

    class NbstreamWidget(JSComponent):
        """A widget of nbstream's in a page of Panel."""

        _esm = panel_module()

        loader = param.String(doc="What gets the scripts of a page.")
        traits = param.Dict(doc="What the page asks of the widget.")
        is_over = param.Boolean(doc="Whether the widget was closed.")

        def __init__(self, widget: Any = None, **options: Any) -> None:
            self._widget = widget
            options.setdefault("sizing_mode", "stretch_width")
            super().__init__(loader=widget._loader, traits=_traits(widget), **options)

        def _tell(self, content: Any, buffers: Any) -> None:
            """Send a message to the pages that have the component; from any thread."""
            self._send_msg(
                {
                    "content": json.dumps(content),
                    "buffers": [memoryview(buffer).tobytes() for buffer in buffers or ()],
                }
            )

        def _follow(self, name: str) -> None:
            """Tell the pages what changed of the widget, if they ask for it."""
            if name in TRAITS:
                self.traits = _traits(self._widget)

        def _end(self) -> None:
            """Show nothing any more."""
            self.is_over = True

        def _handle_msg(self, data: Any) -> None:
            try:
                content = json.loads(data)
            except (TypeError, ValueError, RecursionError):
                self._widget._ignore()
            else:
                self._widget._handle_custom_msg(content, [])

    return NbstreamWidget


def _traits(widget: Any) -> dict[str, Any]:
    return {name: getattr(widget, name, None) for name in TRAITS}
