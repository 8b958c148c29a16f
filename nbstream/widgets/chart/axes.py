"""The rows and y axes of a chart's figure, as a page draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbstream.text.naming import shortened
from nbstream.widgets.chart.plotly_figure import axis_key, plain
from nbstream.widgets.chart.plotly_values import Props, nested, number_of, power_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbstream.widgets.chart.figure import Figure
    from nbstream.widgets.chart.settings import YLike

__all__ = ["MAX_LABEL", "MAX_UNIT", "axis_of", "rows_of", "share_of"]

SWITCH_RANGE = (-0.1, 1.1)
MAX_LABEL = 40
MAX_UNIT = 16


def rows_of(on: Mapping[int, str], own: Sequence[Props], layout: Props) -> list[list[str]]:
    """Return the y axes that something is drawn on, by row from the top down, the left one first."""
    used = {*on.values(), *(trace["yaxis"] for trace in own if trace.get("yaxis"))} or {"y"}
    roots: dict[str, list[str]] = {}
    for axis in sorted(used, key=lambda axis: (len(axis), axis)):
        over = nested(layout, axis_key(axis), "overlaying")
        roots.setdefault(over if over in used else axis, []).append(axis)
    rows: list[list[str]] = []
    tops = sorted(roots, key=lambda root: -_domain(root, layout)[1])
    for root in tops:
        axes = sorted(roots[root], key=lambda a: nested(layout, axis_key(a), "side") == "right")
        rows += [axes[i : i + 2] for i in range(0, len(axes), 2)]
    return rows


def _domain(axis: str, layout: Props) -> tuple[float, float]:
    domain = nested(layout, axis_key(axis), "domain") or (0.0, 1.0)
    return float(domain[0]), float(domain[1])


def share_of(row: Sequence[str], rows: Sequence[Sequence[str]], layout: Props) -> float:
    """Return which part of the height of all rows one of them has."""
    heights = [max(0.05, high - low) for low, high in (_domain(r[0], layout) for r in rows)]
    low, high = _domain(row[0], layout)
    return round(max(0.05, high - low) / sum(heights), 4)


def axis_of(figure: Figure, axis: str, on: Mapping[int, str]) -> dict[str, Any]:
    """Return what a page draws of an axis, by which axis each channel is on."""
    props = figure.layout.get(axis_key(axis)) or {}
    channels = [number for number, ref in on.items() if ref == axis]
    units = {figure.units[number] for number in channels}
    is_log = props.get("type") == "log"
    ends, soft = _ends(props, figure.y, is_log=is_log)
    is_free = ends is None and soft == [None, None] and not is_log
    if is_free and channels and figure.switches.issuperset(channels):
        soft = list(SWITCH_RANGE)
    return {
        "id": axis,
        "title": plain(nested(props, "title", "text"), MAX_LABEL),
        "unit": shortened(figure.units[channels[0]], MAX_UNIT) if len(units) == 1 else "",
        "channels": channels,
        "range": ends,
        "policy": "expand" if figure.y == "expand" else "fit",
        "soft": soft,
        "log": is_log,
    }


def _ends(props: Props, y: YLike, *, is_log: bool) -> tuple[list[float] | None, list[float | None]]:
    """Return the fixed range of an axis, None if there is none, and how far it reaches at least."""
    given = None if props.get("autorange") in (True, "reversed") else props.get("range")
    if isinstance(given, (list, tuple)) and len(given) == 2:
        ends = [power_of(end) if is_log else number_of(end) for end in given]
    else:
        ends = [None, None]
    if ends == [None, None] and not isinstance(y, str):
        ends = list(y)
    if is_log:
        ends = [None if end is None or end <= 0 else end for end in ends]
    low, high = ends
    if low is not None and high is not None:
        return (
            ([min(low, high), max(low, high)], [None, None]) if low != high else (None, [low, high])
        )
    included = nested(props, "autorangeoptions", "include")
    many = included if isinstance(included, (list, tuple, np.ndarray)) else [included]
    numbers = [number for one in many if (number := number_of(one)) is not None]
    if props.get("rangemode") in ("tozero", "nonnegative"):
        numbers.append(0.0)
    if is_log:
        numbers = [number for number in numbers if number > 0]
    if numbers:
        low = min(numbers) if low is None else min(low, *numbers)
        high = max(numbers) if high is None else max(high, *numbers)
    return None, [low, high]
