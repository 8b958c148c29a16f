"""The picture as SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np

from nbstream.widgets.keep.canvas import tint
from nbstream.widgets.keep.svg import draw_svg
from tests.widgets.keep.scenes import COLORS, record

SVG = "{http://www.w3.org/2000/svg}"


def test_it_shows_what_the_picture_shows() -> None:
    """Lines in their colours, the limit of a rule, the band of an incident, labels and when it was taken."""
    values = np.r_[np.zeros(30), np.full(15, 9.0), np.zeros(15)]
    kept = record({"x": values, "y": -values}, rules=("value > 5",), units={"x": "°C", "y": "%"})
    svg = ElementTree.fromstring(draw_svg(kept))
    lines = [line.get("stroke") for line in svg.iter(f"{SVG}polyline")]
    assert set(COLORS[:2]) <= set(lines)
    assert "#b45309" in lines
    bands = [rect for rect in svg.iter(f"{SVG}rect") if rect.get("fill") == tint("#b45309")]
    assert len(bands) == 1
    texts = {text.text for text in svg.iter(f"{SVG}text")}
    assert {"°C", "%", "x (°C)", "y (%)", "value > 5", kept.said} <= texts


def test_names_are_text() -> None:
    """Names become no elements, and what XML cannot hold is gone."""
    kept = record({"<script>&\x00\u202e": [1.0, 2.0]}, title="a & b < c")
    svg = ElementTree.fromstring(draw_svg(kept))
    assert not list(svg.iter(f"{SVG}script"))
    assert "<script>&" in {text.text for text in svg.iter(f"{SVG}text")}
