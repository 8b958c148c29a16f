"""Channels of words in a copy of a chart: plotly draws each as a row of bars below the axes of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nbstream.summaries.bins import MIXED
from nbstream.text.naming import short_name
from nbstream.widgets.chart.lanes import NO_LABEL, Label, is_told_on_change, labels_of
from nbstream.widgets.chart.plotly_figure import AXIS_STYLE, axis_id, axis_key, plotly_text
from nbstream.widgets.keep.canvas import INK, PLATE, QUIET, blended
from nbstream.widgets.keep.lanes import FAINT, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nbstream.readings.batch import FloatArray, TimeArray
    from nbstream.readings.buffer import Buffer

__all__ = ["Lane", "add_lanes"]

COLUMNS = 1000
"""A block is one of so many parts of what is shown at least."""
LANE_PX = 24
TIMES_PX = 24
LEAST_SHARE = 0.5
"""Of the height, for the axes of numbers: more lanes make the figure higher."""
MAX_NAME = 20
MAX_LABEL = 40
SEVERAL = "several states"
PATTERNS = ("", "-", "x")
"""After eight labels the colours come again."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A channel of words, as it is drawn."""

    name: str
    """As it is shown."""
    times: TimeArray
    codes: FloatArray
    """NaN is a silence from the one before on."""
    labels: Mapping[float, Label]
    until_ns: int | None
    """Up to when a state goes on that is told only when it changes; None for one that is told again."""

    @classmethod
    def of(cls, buffer: Buffer, name: str, times: TimeArray, codes: FloatArray) -> Lane:
        """Return a channel of words with the points that draw it."""
        until_ns = buffer.newest_ns if is_told_on_change(buffer, name) else None
        return cls(name, times, codes, labels_of(buffer, name, np.unique(codes)), until_ns)


def add_lanes(
    figure: dict[str, Any],
    lanes: Sequence[Lane],
    span: tuple[int, int],
    wall_clock: Callable[[TimeArray], Any],
) -> None:
    """Add lanes below the axes of a figure.

    Parameters
    ----------
    figure
        As a dict; its axes make room.
    lanes
        From the top down.
    span
        What is shown, ns.
    wall_clock
        Returns times as the time axis shows them.
    """
    if not lanes:
        return
    data, layout = figure["data"], figure["layout"]
    used = {trace.get("yaxis") or "y" for trace in data}
    # Names of shown channels may be equal where the whole ones differ: places are numbers.
    free = next(axis for n in range(1, len(used) + 2) if (axis := axis_id(n)) not in used)
    has_numbers = any(trace.get("visible") in (None, True) for trace in data)
    height = float(layout.get("height") or 380)
    margin = layout.get("margin") or {}
    plot = max(60.0, height - float(margin.get("t", 40)) - float(margin.get("b", 44)))
    wanted = LANE_PX * len(lanes)
    if wanted > plot * (1 - LEAST_SHARE * has_numbers):
        layout["height"] = height + wanted - plot * (1 - LEAST_SHARE * has_numbers)
        plot += layout["height"] - height
    share = min(1.0, wanted / plot) if has_numbers else 1.0
    for axis in used:
        props = layout.setdefault(axis_key(axis), {})
        low, high = props.get("domain") or (0.0, 1.0)
        if has_numbers:
            room = share + 0.02
            props["domain"] = [room + (1 - room) * end for end in (low, high)]
        else:
            props["visible"] = False
    layout[axis_key(free)] = {
        **AXIS_STYLE,
        "domain": [0.0, share],
        "anchor": "x",
        "range": [len(lanes) - 0.5, -0.5],
        "tickvals": list(range(len(lanes))),
        "ticktext": [plotly_text(short_name(lane.name, MAX_NAME)) for lane in lanes],
        "showgrid": False,
        "ticks": "",
        "fixedrange": True,
    }
    layout.setdefault("xaxis", {})["anchor"] = free
    layout.setdefault("barmode", "overlay")
    layout.setdefault("uniformtext", {"minsize": 9, "mode": "hide"})
    figure["data"] = [
        *data, *(_trace(lane, number, free, span, wall_clock) for number, lane in enumerate(lanes))
    ]  # fmt: skip


def _trace(
    lane: Lane,
    number: int,
    axis: str,
    span: tuple[int, int],
    wall_clock: Callable[[TimeArray], Any],
) -> dict[str, Any]:
    begin, end = span
    until = None if lane.until_ns is None else lane.until_ns - begin
    places = (lane.times - begin).astype(np.float64)
    blocks = runs(places, lane.codes, 0, end - begin, until)
    firsts = np.array([run.first for run in blocks], np.int64)
    stops = np.array([run.stop for run in blocks], np.int64)
    # A reading that stands alone is seen, at the right end too.
    least = (end - begin) // COLUMNS
    firsts = np.minimum(firsts, end - begin - least)
    wide = np.maximum(stops, firsts + least)
    stops = np.maximum(stops, np.minimum(wide, np.append(firsts[1:], end - begin)[: len(firsts)]))
    edges = begin + np.column_stack([firsts, stops])
    walls = wall_clock(edges)
    looks = [
        _Look.several() if run.code == MIXED else _Look.of(lane.labels.get(run.code, NO_LABEL))
        for run in blocks
    ]
    ends = [[str(wall)[11:19] for wall in pair] for pair in walls]
    return {
        "type": "bar",
        "orientation": "h",
        "name": plotly_text(short_name(lane.name, MAX_LABEL)),
        "yaxis": axis,
        "y": np.full(len(blocks), number),
        "base": walls[:, 0],
        "x": (edges[:, 1] - edges[:, 0]) / 1e6,
        "width": 0.8,
        "text": [look.text for look in looks],
        "textposition": "inside",
        "insidetextanchor": "start",
        "insidetextfont": {"size": 11, "color": [INK if run.is_faint else PLATE for run in blocks]},
        "textangle": 0,
        "hovertext": [
            f"{look.said}<br>{first} – {last}"
            for look, (first, last) in zip(looks, ends, strict=True)
        ],
        "hoverinfo": "text+name",
        "marker": {
            # Not by opacity, which the text would have too.
            "color": [
                blended(look.color, FAINT) if run.is_faint else look.color
                for run, look in zip(blocks, looks, strict=True)
            ],
            "line": {"width": 0},
            "pattern": {
                "shape": [look.pattern for look in looks],
                "fgcolor": "#ffffff",
                "fillmode": "overlay",
                "size": 6,
                "solidity": 0.15,
            },
        },
        "showlegend": False,
    }


class _Look(NamedTuple):
    """How a block is drawn."""

    text: str
    """In it."""
    said: str
    """At the cursor."""
    color: str
    pattern: str

    @classmethod
    def of(cls, label: Label) -> _Look:
        text = plotly_text(short_name(label.text, MAX_LABEL))
        return cls(text, text, label.color, PATTERNS[label.n_stripes])

    @classmethod
    def several(cls) -> _Look:
        return cls("", SEVERAL, QUIET, "x")
