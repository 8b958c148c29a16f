"""Lines and areas across a chart that somebody put into its figure, and its guests: what plotly draws."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from _plotly_utils.utils import convert_to_base64
from plotly.io.json import to_json_plotly

from nbstream.widgets.chart.axes import MAX_LABEL
from nbstream.widgets.chart.plotly_figure import plain
from nbstream.widgets.chart.plotly_values import (
    Props,
    color_of,
    epoch_ms,
    number_of,
    parts,
    positive,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbstream.widgets.chart.figure import Figure

__all__ = ["guests_of", "shapes_of"]

MAX_SHAPES = 500


def shapes_of(
    figure: Figure, places: Mapping[str, tuple[int, int]]
) -> tuple[list[Props], list[Props], list[Props]]:
    """Return the shapes that our canvas draws, those that plotly draws, and plotly's annotations."""
    drawn: list[Props] = []
    others: list[Props] = []
    notes = [
        note for note in parts(figure.layout, "annotations") if note.get("visible") is not False
    ]
    for shape in parts(figure.layout, "shapes"):
        if shape.get("visible") is False:
            continue
        ours = _shape(shape, places, figure.offset_ms) if len(drawn) < MAX_SHAPES else None
        if ours is None:
            others.append(shape)
            continue
        if not ours["text"]:
            note = next((note for note in notes if _is_label(note, shape)), None)
            if note is not None:
                ours["text"] = plain(note.get("text"), MAX_LABEL)
                notes = [other for other in notes if other is not note]
        if ours["row"] is None:
            n_rows = 1 + max(row for row, _ in places.values())
            drawn += [
                {**ours, "row": row, "axis": 0, "text": "" if row else ours["text"]}
                for row in range(n_rows)
            ]
        else:
            drawn.append(ours)
    return drawn, others, notes


def _shape(
    shape: Props, places: Mapping[str, tuple[int, int]], offset_ms: float
) -> dict[str, Any] | None:
    """Return a line or rectangle as our canvas takes it; None if it has no means for it.

    Its row and axis are None if it reaches over all rows.
    """
    kind = shape.get("type", "rect")
    pixels = "pixel" in (shape.get("xsizemode"), shape.get("ysizemode"))
    if kind not in ("line", "rect") or pixels:
        return None
    x_ref, y_ref = str(shape.get("xref") or "x"), str(shape.get("yref") or "y")
    xs: list[float | None] = [None, None]
    ys: list[float | None] = [None, None]
    if x_ref == "x":
        xs = [epoch_ms(shape.get(end), offset_ms) for end in ("x0", "x1")]
    if y_ref in places:
        ys = [number_of(shape.get(end)) for end in ("y0", "y1")]
    for ref, ends, (low, high) in ((x_ref, xs, ("x0", "x1")), (y_ref, ys, ("y0", "y1"))):
        if ref == "x" or ref in places:
            if None in ends:
                return None
        elif ref.removesuffix(" domain") not in ("x", "paper", *places):
            return None
        elif {shape.get(low), shape.get(high)} != {0, 1}:
            return None
    # What reaches over the whole of the first axis reaches over all rows, as over their common time axis.
    row, axis = (None, None) if y_ref in ("paper", "y domain") else places[y_ref.split(" ")[0]]
    line, label = shape.get("line") or {}, shape.get("label") or {}
    return {
        "type": kind,
        "row": row,
        "axis": axis,
        "x0": xs[0],
        "x1": xs[1],
        "y0": ys[0],
        "y1": ys[1],
        "color": color_of(line.get("color")),
        "fill": color_of(shape.get("fillcolor")) if kind == "rect" else None,
        "width": positive(line.get("width"), 2.0, least=0.0),
        "dash": line.get("dash") or "solid",
        "opacity": min(1.0, positive(shape.get("opacity"), 1.0, least=0.0)),
        "text": plain(label.get("text"), MAX_LABEL),
    }


def _is_label(note: Props, shape: Props) -> bool:
    """Return whether an annotation is one that `add_hline` and its kind put beside their line."""
    plainly = {"showarrow", "text", "x", "xanchor", "xref", "y", "yanchor", "yref", "name"}
    if note.get("showarrow") is not False or not note.keys() <= plainly:
        return False
    refs = shape.get("xref", "x"), shape.get("yref", "y")
    if (note.get("xref"), note.get("yref")) != refs:
        return False
    return any(note.get(d) in (shape.get(f"{d}0"), shape.get(f"{d}1")) for d in "xy") and all(
        note.get(d) in (shape.get(f"{d}0"), shape.get(f"{d}1")) or str(ref).endswith("domain")
        for d, ref in zip("xy", refs, strict=True)
    )


NOT_GUESTS = frozenset(
    "title height width autosize margin modebar hovermode dragmode uirevision shapes annotations".split()
)


def guests_of(
    own: Sequence[Props], layout: Props, shapes: Sequence[Props], notes: Sequence[Props]
) -> dict[str, Any] | None:
    """Return what plotly draws over the plot, as JSON for it; None if there is nothing."""
    images = [image for image in parts(layout, "images") if image.get("visible") is not False]
    if not (own or shapes or notes or images):
        return None
    kept = {name: value for name, value in layout.items() if name not in NOT_GUESTS}
    guests = {"data": own, "layout": {**kept, "shapes": shapes, "annotations": notes}}
    copied = _containers(guests)
    convert_to_base64(copied)
    plain_json: dict[str, Any] = json.loads(to_json_plotly(copied, engine="json"))
    return plain_json


def _containers(value: Any) -> Any:
    """Return a copy that can be changed, of all but the numbers and texts in it."""
    if isinstance(value, dict):
        return {name: _containers(part) for name, part in value.items()}
    return [_containers(part) for part in value] if isinstance(value, (list, tuple)) else value
