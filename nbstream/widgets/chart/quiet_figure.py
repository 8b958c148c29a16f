"""plotly's FigureWidget without its page: a figure that says when it changed, and sends nothing."""

from __future__ import annotations

from typing import Any

import traitlets

from nbstream.widgets.chart.lean_plotly import go

__all__ = ["QuietFigure"]


def _kept_here() -> Any:
    """Return a trait like plotly's that is not part of the state of the widget's pages."""
    return traitlets.Dict(allow_none=True)


class QuietFigure(go.FigureWidget):
    """A FigureWidget whose state on a page is empty, and whose changes are told to the subclass alone.

    plotly's own holds all of the figure in the state of its page and sends each change there; a page of
    ours is told in another way what to draw.

    Notes
    -----
    Thread safety: that of a FigureWidget; change it on the main thread.
    """

    _widget_layout = _kept_here()
    _widget_data: Any = traitlets.List()
    _config = _kept_here()
    _py2js_addTraces = _kept_here()
    _py2js_restyle = _kept_here()
    _py2js_relayout = _kept_here()
    _py2js_update = _kept_here()
    _py2js_animate = _kept_here()
    _py2js_deleteTraces = _kept_here()
    _py2js_moveTraces = _kept_here()
    _py2js_removeLayoutProps = _kept_here()
    _py2js_removeTraceProps = _kept_here()
    _js2py_traceDeltas = _kept_here()
    _js2py_layoutDelta = _kept_here()
    _js2py_restyle = _kept_here()
    _js2py_relayout = _kept_here()
    _js2py_update = _kept_here()
    _js2py_pointsCallback = _kept_here()
    _last_layout_edit_id = traitlets.Integer(0)
    _last_trace_edit_id = traitlets.Integer(0)

    def __init__(self, layout: dict[str, Any]) -> None:
        super().__init__(layout=layout)
        self._view_count = None  # a page writes the number of its views there, unless it is None

    def _figure_changed(self) -> None:
        """Take in that the figure is another now; called before the user's own callbacks are."""
        raise NotImplementedError

    def _send_relayout_msg(self, *_: Any, **__: Any) -> None:
        self._figure_changed()

    def _send_restyle_msg(self, *_: Any, **__: Any) -> None:
        self._figure_changed()

    def _send_update_msg(self, *_: Any, **__: Any) -> None:
        self._figure_changed()

    def _send_animate_msg(self, *_: Any, **__: Any) -> None:
        self._figure_changed()

    def _send_addTraces_msg(self, *_: Any, **__: Any) -> None:
        self._figure_changed()

    def _send_moveTraces_msg(self, *_: Any, **__: Any) -> None:
        self._figure_changed()

    def _send_deleteTraces_msg(self, *_: Any, **__: Any) -> None:
        self._figure_changed()
