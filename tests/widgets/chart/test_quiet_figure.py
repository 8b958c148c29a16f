"""A FigureWidget that sends nothing of its figure to its page."""

from __future__ import annotations

import json
from typing import Any

import anywidget
import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.basewidget import BaseFigureWidget

import nbstream as ns
from nbstream.widgets.chart.quiet_figure import QuietFigure

PLOTLYS = {"_esm", "_css", "_anywidget_id"}


class Quiet(QuietFigure):
    """Counts its changes."""

    n_changes = 0

    def _figure_changed(self) -> None:
        self.n_changes += 1


def test_every_message_and_synced_trait_of_the_installed_plotly_is_taken_care_of() -> None:
    """A plotly with another road to its page fails here."""
    messages = {name for name in dir(BaseFigureWidget) if name.startswith("_send_")}
    messages = {name for name in messages if name.endswith("_msg")}
    assert len(messages) >= 7
    assert {name for name in messages if name not in vars(QuietFigure)} == set()
    synced = go.FigureWidget.class_trait_names(sync=True)
    of_widgets = anywidget.AnyWidget.class_trait_names(sync=True)
    # A figure's `layout` is plotly's, not that of the widget.
    assert {*QuietFigure.class_trait_names(sync=True), "layout"} == set(of_widgets)
    assert len(synced) > len(of_widgets)


def test_each_change_is_told_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is done to the figure, the subclass hears it, and no message leaves."""
    sent: list[Any] = []
    figure = Quiet({})
    monkeypatch.setattr(type(figure), "_send", lambda _, msg, buffers=None: sent.append(msg))
    changes = [
        lambda: figure.add_scatter(x=[1], y=[2]),
        lambda: figure.add_scatter(x=[1], y=[3]),
        lambda: figure.update_layout(title_text="t"),
        lambda: setattr(figure.data[0], "name", "n"),
        lambda: figure.plotly_restyle({"line.color": "red"}, [0]),
        lambda: figure.plotly_relayout({"height": 300}),
        lambda: figure.plotly_update({"opacity": 0.5}, {"width": 300}),
        lambda: setattr(figure, "data", figure.data[::-1]),
        lambda: setattr(figure, "data", figure.data[:1]),
        lambda: figure.add_hline(y=3),
    ]
    for number, change in enumerate(changes):
        before = figure.n_changes
        change()
        assert figure.n_changes > before, number
    with figure.batch_animate():
        figure.data[0].opacity = 0.7
    assert sent == []
    figure.close()


def test_edits_are_complete_at_once() -> None:
    """There is no page of plotly's to wait for."""
    figure = Quiet({})
    figure.update_layout(title_text="t")
    done: list[bool] = []
    figure.on_edits_completed(lambda: done.append(True))
    assert done == [True]
    figure.close()


def test_the_state_of_a_page_holds_nothing_of_the_figure() -> None:
    """However large it is, the first message of a chart is our script and styles alone."""
    buffer = ns.Buffer()
    buffer.append(1.0, value=1.0)
    chart = ns.LiveChart(buffer)
    before = chart.get_state()
    chart.add_scatter(x=np.arange(10_000), y=np.arange(10_000))
    chart.update_layout(title_text="t")
    chart._repr_mimebundle_()
    after = chart.get_state()
    assert after.pop("_begins")["title"] == "t"
    before.pop("_begins")
    assert after == before
    rest = {name: value for name, value in after.items() if name not in {*PLOTLYS, "_loader"}}
    assert len(json.dumps(rest)) < 600
    assert rest["_view_count"] is None  # else each view writes how many there are
    chart.close()
