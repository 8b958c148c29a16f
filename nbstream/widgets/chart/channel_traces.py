"""The traces and axes that stand for channels in a chart's figure; what the user made otherwise stays so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from nbstream.widgets.chart.figure import LIVE, live_number
from nbstream.widgets.chart.look import LINE_WIDTH
from nbstream.widgets.chart.plotly_figure import axis_key, axis_layouts, legend_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbstream.widgets.chart.arrangement import Row

__all__ = ["ChannelTraces"]


class ChannelTraces:
    """Keeps the traces of a figure in step with the channels, and its axes with their arrangement.

    It remembers what it wrote. A property that is another since then is the user's, and is left alone.

    Parameters
    ----------
    figure
        Whose traces and layout are kept.

    Notes
    -----
    Thread safety: main thread.
    """

    def __init__(self, figure: Any) -> None:
        self._figure = figure
        self._written: dict[tuple[str, str], Any] = {}
        self._n_added = 0
        self.legends: dict[str, str] = {}
        """What the traces are called, by channel, unless somebody named them otherwise."""

    def keep(
        self,
        channels: Sequence[str],
        units: Mapping[str, str],
        rows: Sequence[Row],
        *,
        is_log: bool,
    ) -> None:
        """Add traces for channels that are new; put all on the axes of the arrangement."""
        axes = axis_layouts(rows, is_log=is_log)
        self.legends = legend_texts(channels, units)
        wanted = {
            number: {"name": self.legends[channels[number]], "yaxis": axis_id}
            for axis_id, axis in zip(axes, (axis for row in rows for axis in row), strict=True)
            for number in axis.channels
        }
        self._add(wanted)
        for trace in self._figure.data:
            number = live_number(trace._props)
            if number in wanted:
                self._write(f"trace {number}", trace, wanted[number])
        for axis_id, props in axes.items():
            key = axis_key(axis_id)
            if key not in self._figure.layout:
                self._figure.layout[key] = {}
            self._write(key, self._figure.layout[key], props)
        lowest = next(a for a, props in reversed(axes.items()) if props["side"] == "left")
        self._write("xaxis", self._figure.layout.xaxis, {"anchor": lowest})

    def _add(self, wanted: Mapping[int, dict[str, Any]]) -> None:
        """Add the traces of channels that never had one: one that the user took away stays away."""
        new = sorted(number for number in wanted if number >= self._n_added)
        if not new:
            return
        self._n_added = new[-1] + 1
        self._figure.add_traces(
            [
                go.Scatter(
                    # One point without a value: plotly leaves a trace without points out of its legend.
                    x=[None],
                    y=[None],
                    meta=f"{LIVE}{number}",
                    line={"width": LINE_WIDTH, "simplify": False},  # the points are few as they are
                    **wanted[number],
                )
                for number in new
            ]
        )
        for number in new:
            for name, value in wanted[number].items():
                self._written[f"trace {number}", name] = value

    def _write(self, where: str, target: Any, props: Mapping[str, Any]) -> None:
        for name, value in props.items():
            written = self._written.get((where, name))
            if _same(written, value) or not _same(target[name], written):
                continue
            target[name] = value
            self._written[where, name] = value


def _same(one: Any, other: Any) -> bool:
    as_lists = [list(value) if isinstance(value, tuple) else value for value in (one, other)]
    return bool(as_lists[0] == as_lists[1])
