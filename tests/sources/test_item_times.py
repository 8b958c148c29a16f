"""Times of items and of the cells of tables."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nbstream.errors import ParseError
from nbstream.sources.item_times import MISSING, ItemTimes
from nbstream.sources.times.forms import find_time_form
from nbstream.sources.times.partial import WholeTimes
from nbstream.sources.times.wall_time import WallTimes

NOW_NS = 1_782_907_200_000_000_000
BERLIN = ZoneInfo("Europe/Berlin")
FORMS = st.sampled_from([
    "2026-07-01 12:00:0{}", "2026-07-01T12:00:0{}Z", "2026-07-01T12:00:0{}.5+02:00", "2026/07/0{} 12:00",
    "01.07.2026 12:00:0{}", "07/01/2026 12:00:0{}", "20260701T12000{}", "12:00:0{}", "2026-07-0{}",
    "2026-07-01 12:00:0{}.123456789", "Jul 1 2026 12:00:0{}",
])  # fmt: skip
ODD = st.sampled_from(
    ["", "x", "2026-07-01 12:00", "2026-02-30 12:00:00", "2026-07-01 12:00:05 ", "99:99"]
)


def one_by_one(texts: list[str]) -> list[int] | None:
    """Return what the form of some texts reads in each of them."""
    try:
        form = find_time_form([text for text in texts if text][:1000])
    except ParseError:  # day and month can't be told apart
        return None
    if form is None:
        return None
    read = [form.read(text) for text in texts]
    wall, offsets = (np.array([pair[i] for pair in read], np.int64) for i in (0, 1))
    whole = WholeTimes(form, WallTimes(BERLIN), lambda: NOW_NS)
    found: list[int] = whole.to_utc(wall, offsets).tolist()
    return found


@settings(deadline=None)
@given(st.lists(st.tuples(FORMS, st.lists(ODD, max_size=2)), min_size=1, max_size=4))
def test_cells_that_are_read_at_once_are_what_each_says(
    tables: list[tuple[str, list[str]]],
) -> None:
    """Tables come one after the other, of the same form or of another, with cells that are no times."""
    times = ItemTimes(lambda: NOW_NS, BERLIN)
    for form, odd in tables:
        texts = [form.format(i) for i in range(1, 9)] + [text.strip() for text in odd]
        found = times.cells(np.array(texts, object))
        assert (None if found is None else found.tolist()) == one_by_one(texts)


def test_cells_that_are_missing_have_no_time() -> None:
    """None and what is no time become the smallest int64."""
    times = ItemTimes(lambda: NOW_NS, UTC)
    for _ in range(2):
        found = times.cells(np.array(["2026-07-01 12:00:00", None, "2026-07-01 12:00:01"], object))
        assert found is not None
        assert found.tolist() == [NOW_NS, MISSING, NOW_NS + 10**9]
