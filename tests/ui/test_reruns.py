"""A cell that runs again and again leaves nothing behind."""

from __future__ import annotations

import pytest

from tests.ui.jupyter import Lab
from tests.ui.reruns import CELL, SETUP, Reruns, slope

KB = 1000


@pytest.mark.timeout(180)
def test_a_cell_that_runs_again_leaves_nothing_behind(lab: Lab) -> None:
    """Page and kernel hold no more after each further run, but for what Jupyter itself keeps."""
    reruns = Reruns(lab.open([SETUP, CELL]))
    reruns.go_on(11)
    sights = reruns.watch(16, 4)
    assert slope(sights, "n_objects") < 0.1, sights
    assert len({sight.n_styles for sight in sights}) == 1, sights
    # Of so few runs memory says less: the browser still compiles, and a process grows in steps. It was 430
    # KB a run where models were kept; the benchmark has the limits of a hundred runs.
    assert slope(sights, "heap_bytes") < 100 * KB, sights
    assert slope(sights, "rss_bytes") < 200 * KB, sights
