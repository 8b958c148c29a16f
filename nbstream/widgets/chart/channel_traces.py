"""The traces and axes that stand for channels in a chart's figure; what the user made otherwise stays so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nbstream.widgets.chart.figure import LIVE, live_number
from nbstream.widgets.chart.lean_plotly import go
from nbstream.widgets.chart.look import LINE_WIDTH
from nbstream.widgets.chart.plotly_figure import axis_key, axis_layouts, legend_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from nbstream.widgets.chart.arrangement import Row

__all__ = ["ChannelTraces", "Plan", "applied"]

Props = dict[str, Any]


class Change(NamedTuple):
    """A property that is to be another."""

    where: int | str
    """The number of a channel, whose trace it is, or the name of an axis in the layout."""
    name: str
    """As plotly takes it: "title.text"."""
    value: Any


class Plan(NamedTuple):
    """What makes a figure the one of its channels."""

    traces: list[Props]
    """Those that are added."""
    changes: list[Change]
    legends: dict[str, str]
    """What the traces are called, by channel, unless somebody named them otherwise."""


class ChannelTraces:
    """Keeps the traces of a figure in step with the channels, and its axes with their arrangement.

    It remembers what it wrote. A property that is another since then is the user's, and is left alone; a
    trace that the user took away stays away.

    Notes
    -----
    Thread safety: `keep` on the main thread; `plan` on any, of copies.
    """

    def __init__(self) -> None:
        self._written: dict[tuple[int | str, str], Any] = {}
        self._n_added = 0
        self.legends: dict[str, str] = {}
        """Of the last plan that was kept."""

    def plan(
        self,
        data: Sequence[Props],
        layout: Props,
        channels: Sequence[str],
        units: Mapping[str, str],
        rows: Sequence[Row],
        *,
        is_log: bool,
    ) -> Plan:
        """Return what is to be done to a figure, whose `data` and `layout` are as plotly keeps them."""
        axes = axis_layouts(rows, is_log=is_log)
        legends = legend_texts(channels, units)
        lowest = next(a for a, props in reversed(axes.items()) if props["side"] == "left")
        wanted: dict[int | str, Props] = {
            number: {"name": legends[channels[number]], "yaxis": axis_id}
            for axis_id, axis in zip(axes, (axis for row in rows for axis in row), strict=True)
            for number in axis.channels
        }
        new = sorted(n for n in wanted if isinstance(n, int) and n >= self._n_added)
        traces = [_trace(number, wanted.pop(number)) for number in new]
        wanted |= {axis_key(axis_id): props for axis_id, props in axes.items()}
        wanted["xaxis"] = {"anchor": lowest}
        present: dict[int | str, Props] = {
            number: trace for trace in data if (number := live_number(trace)) is not None
        }
        present |= {name: layout.get(name) or {} for name in wanted if isinstance(name, str)}
        changes = [
            change
            for where, props in wanted.items()
            if where in present
            for change in self._changes(where, present[where], props)
        ]
        return Plan(traces, changes, legends)

    def keep(self, figure: Any, plan: Plan) -> None:
        """Do to a figure what was planned."""
        self.legends = plan.legends
        if plan.traces:
            figure.add_traces([go.Scatter(trace) for trace in plan.traces])
        for trace in plan.traces:
            number = int(trace["meta"][len(LIVE) :])
            self._n_added = number + 1
            self._written[number, "name"] = trace["name"]
            self._written[number, "yaxis"] = trace["yaxis"]
        traces = {live_number(trace._props): trace for trace in figure.data}
        for where, name, value in plan.changes:
            if isinstance(where, int):
                traces[where][name] = value
            else:
                if where not in figure.layout:
                    figure.layout[where] = {}
                figure.layout[where][name] = value
            self._written[where, name] = value

    def _changes(self, where: int | str, present: Props, props: Props) -> Iterator[Change]:
        for name, value in props.items():
            written = self._written.get((where, name))
            if not _same(written, value) and _same(_read(present, name), written):
                yield Change(where, name, value)


def applied(plan: Plan, data: Sequence[Props], layout: Props) -> tuple[list[Props], Props]:
    """Return copies of a figure's data and layout as they will be when a plan has been kept."""
    traces = [dict(trace) for trace in data]
    axes = {
        name: dict(props) if isinstance(props, dict) else props for name, props in layout.items()
    }
    by_number = {live_number(trace): trace for trace in traces}
    for where, name, value in plan.changes:
        target = by_number[where] if isinstance(where, int) else axes.setdefault(where, {})
        *parents, last = name.split(".")
        for parent in parents:
            target[parent] = dict(target.get(parent) or {})
            target = target[parent]
        target[last] = value
    return [*traces, *plan.traces], axes


def _trace(number: int, props: Props) -> Props:
    return {
        "type": "scatter",
        # One point without a value: plotly leaves a trace without points out of its legend.
        "x": [None],
        "y": [None],
        "meta": f"{LIVE}{number}",
        "line": {"width": LINE_WIDTH, "simplify": False},  # the points are few enough as they are
        **props,
    }


def _read(props: Props, name: str) -> Any:
    value: Any = props
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _same(one: Any, other: Any) -> bool:
    as_lists = [list(value) if isinstance(value, tuple) else value for value in (one, other)]
    return bool(as_lists[0] == as_lists[1])
