"""Colours and dashes of lines."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from nbstream.widgets.chart.look import DASHES, PALETTE, look


def page_palettes() -> dict[str, list[str]]:
    """Return the palettes of static/chart/look.js."""
    text = resources.files("nbstream").joinpath("static/chart/look.js").read_text("utf-8")
    return {
        name: re.findall(r"#[0-9a-f]{6}", colors)
        for name, colors in re.findall(r"^\s+(light|dark): \[([^]]*)\]", text, re.MULTILINE)
    }


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, as WCAG defines it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_sixteen_channels_and_more_look_different() -> None:
    """Each has its pair of colour and dash; the first eight are solid."""
    pairs = [look(number) for number in range(24)]
    assert len(set(pairs)) == 24
    assert {pair.dash for pair in pairs[:8]} == {"solid"}
    assert look(24) == look(0)


def test_copies_have_the_colours_of_the_page() -> None:
    """The kernel's palette is the page's on a light ground."""
    palettes = page_palettes()
    assert list(PALETTE) == palettes["light"]
    assert len(palettes["dark"]) == len(PALETTE)
    assert DASHES[0] == "solid"


@pytest.mark.parametrize(("theme", "ground"), [("light", "#ffffff"), ("dark", "#111111")])
def test_lines_stand_out_on_their_ground(theme: str, ground: str) -> None:
    """Every colour has a contrast of 4.5 to what it is drawn on."""
    assert min(contrast(color, ground) for color in page_palettes()[theme]) >= 4.5
