"""Channels of words in a picture: below the rows each has a lane, its states are blocks with their labels.

The same as a page draws, by the same rules: static/chart/lanes.js.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from nbstream.summaries.bins import MIXED
from nbstream.widgets.chart.lanes import NO_LABEL
from nbstream.widgets.chart.look import PALETTE
from nbstream.widgets.keep.canvas import (
    INK,
    PLATE,
    QUIET,
    SMALL_PX,
    Box,
    Canvas,
    blended,
    fitting_text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbstream.readings.batch import FloatArray
    from nbstream.widgets.chart.lanes import Label

__all__ = ["FAINT", "LANE_GAP", "LANE_HEIGHT", "PALE", "Run", "draw_lane", "runs"]

LANE_HEIGHT = 18
LANE_GAP = 4
FAINT = 0.35
"""How much is seen of a state that nobody has told anything of since."""
SEVERAL = 0.25
"""The ground of several states within less than a pixel, in parts of quiet ink."""
SEAM = 8
"""A block is told apart from the next one by a pixel where it is this wide."""
PADDING = 5
LEAST_LABEL = 12
PALE = (*(blended(color, FAINT) for color in PALETTE), blended(QUIET, SEVERAL))
"""What is seen of lanes beside the colours of labels."""


class Run(NamedTuple):
    """A state that lasts, on whole columns."""

    code: float
    """`MIXED` is several states."""
    first: int
    stop: int
    """The column behind its last."""
    is_faint: bool = False
    """Whether it is what was told last, and nothing since."""


def runs(
    places: FloatArray, codes: FloatArray, first: int, stop: int, until: float | None
) -> list[Run]:
    """Return the blocks of a lane; a column in which there is more than one state is `MIXED`.

    Parameters
    ----------
    places
        Where the states were told, in columns; ascending.
    codes
        What was told there; NaN is a silence from the one before on.
    first, stop
        The first column and the one behind the last.
    until
        A state that is told only when it changes goes on up to this column; None for one that is told again
        and again, whose silence is one.
    """
    found: list[Run] = []
    at = [math.floor(min(max(place, first - 1), stop)) for place in places.tolist()]
    # The newest reading, at the right edge, is seen.
    at = [stop - 1 if place == stop else column for place, column in zip(places, at, strict=True)]
    told = codes.tolist()
    i, n = 0, len(told)
    while i < n:
        code = told[i]
        after = i + 1
        if code == code:
            while after < n and told[after] == code and code != MIXED:
                after += 1
            is_silent = after == n or told[after] != told[after]
            behind = at[after - 1] + 1 if is_silent else max(at[after], at[i] + 1)
            _put(found, Run(code, at[i], behind))
            if after == n and until is not None and until > behind:
                _put(found, Run(code, behind, math.floor(min(until, stop)), is_faint=True))
        i = after
    inside = (run._replace(first=max(run.first, first), stop=min(run.stop, stop)) for run in found)
    return [run for run in inside if run.first < run.stop]


def _put(found: list[Run], run: Run) -> None:
    """Add a run to those before; where both are in a column that is `MIXED`."""
    if found and run.first < found[-1].stop:
        last = found[-1]
        if last.code != run.code:
            found.pop()
            if last.stop - last.first > 1:
                found.append(last._replace(stop=last.stop - 1))
            _join(found, Run(MIXED, last.stop - 1, last.stop))
        run = run._replace(first=last.stop)
    if run.first < run.stop:
        _join(found, run)


def _join(found: list[Run], run: Run) -> None:
    """Add a run behind the last, or make that longer if it is of the same state."""
    last = found[-1] if found else None
    if last and (last.code, last.stop, last.is_faint) == (run.code, run.first, run.is_faint):
        found[-1] = last._replace(stop=run.stop)
    else:
        found.append(run)


def draw_lane(
    canvas: Canvas, blocks: Sequence[Run], labels: Mapping[float, Label], box: Box
) -> None:
    """Draw the blocks of a lane, a column for each px, into a box."""
    labelled = None
    for run in blocks:
        left, right = box.left + run.first, box.left + run.stop
        block = Box(left, box.top, right - (1 if right - left >= SEAM else 0), box.bottom)
        if run.code == MIXED:
            _draw_several(canvas, block)
            continue
        label = labels.get(run.code, NO_LABEL)
        color = blended(label.color, FAINT) if run.is_faint else label.color
        canvas.block(block, color)
        for line in range(1, label.n_stripes + 1):
            top = box.bottom - 3 * line
            canvas.block(Box(block.left, top, block.right, top + 1), PLATE)
        room = block.right - block.left - 2 * PADDING
        text = "" if room < LEAST_LABEL else fitting_text(label.text, SMALL_PX, room)
        if text and not (run.is_faint and run.code == labelled):
            middle = (box.top + box.bottom) / 2
            ink = INK if run.is_faint else PLATE
            canvas.text(block.left + PADDING, middle, text, SMALL_PX, ink, "lm")
        labelled = run.code if text else None


def _draw_several(canvas: Canvas, block: Box) -> None:
    if block.right - block.left <= 2:
        canvas.block(block, QUIET)
        return
    canvas.block(block, blended(QUIET, SEVERAL))
    top = block.top
    while top < block.bottom:
        canvas.block(Box(block.left, top, block.right, min(top + 1, block.bottom)), QUIET)
        top += 3
