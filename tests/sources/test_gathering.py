"""Readings of different channels become batches that keep each channel in its order."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from nbstream.sources import IterableSource, SourceState
from nbstream.sources.gathering import Row, gather
from tests.wait import wait_until

ROWS = st.lists(
    st.tuples(
        st.integers(0, 9), st.dictionaries(st.sampled_from("abc"), st.floats(0, 9), min_size=1)
    ),
    max_size=30,
)


@given(ROWS)
def test_each_channel_has_its_rows_in_the_order_in_which_they_came(rows: list[Row]) -> None:
    """None is made up, none is lost, and every row counts once."""
    gathered = gather(rows)
    found = {
        name: list(zip(batch.times.tolist(), values.tolist(), strict=True))
        for batch, _ in gathered
        for name, values in batch.values.items()
    }
    names = {name for _, values in rows for name in values}
    assert found == {n: [(t, v[n]) for t, v in rows if n in v] for n in names}
    assert sum(len(batch) - n_again for batch, n_again in gathered) == len(rows)


def test_fields_that_come_and_go_are_no_clock_that_went_back() -> None:
    """A channel that some items lack beside others that have it stays in order, and counts are right."""
    items = [{"ts": 1_782_907_200 + i, "a": i, **({"b": -i} if i % 3 else {})} for i in range(100)]
    with IterableSource(items) as source:
        wait_until(lambda: source.state is SourceState.ENDED)
        assert source.counters()[:5] == (100, 100, 0, 0, 0)
        assert source.buffer.channel("a").rows(0).values.tolist() == list(map(float, range(100)))
        b = source.buffer.channel("b").rows(0).values.tolist()
        assert b == [-float(i) for i in range(100) if i % 3]
        assert not any(math.isnan(x) for x in b)
        assert not [e.text for e in source.buffer.events if "clock" in e.text]
