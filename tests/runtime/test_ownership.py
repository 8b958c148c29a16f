"""A cell that runs again ends what it made before, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import nbstream as ns
from nbstream.runtime import ownership
from nbstream.widgets import dashboard
from tests.wait import wait_until

Run = Callable[[int], None]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Say which execution of a cell is running."""

    def execute(number: int) -> None:
        monkeypatch.setattr(ownership, "_running_request", lambda: ("a cell", str(number)))

    yield execute
    monkeypatch.undo()
    ownership._cells.pop("a cell", None)
    ns.stop_all()
    for box in list(dashboard._replaced_boxes):
        box.close()


def test_a_source_of_the_cell_stops_and_says_why(run: Run) -> None:
    """One source runs after a re-run; what the old one read can still be looked at."""
    run(1)
    old = ns.RandomSource(interval=0.01).start()
    elsewhere = ns.Analyzer(old)
    ownership._cells["a cell"].things.pop()  # as if another cell had made it
    run(2)
    new = ns.RandomSource(interval=0.01).start()
    assert old.status == "stopped (replaced by a later run of its cell)"
    assert new.is_running
    assert not elsewhere.is_closed
    old.buffer.append(None, value=1.0)
    for source in (old, new):
        source.close()


def test_a_source_that_is_made_once_and_used_again_goes_on(run: Run) -> None:
    """The cell's guard against a second source is respected, also in the third run."""
    run(1)
    source = ns.RandomSource(interval=0.01).start()
    old = ns.watch(source)
    for number in (2, 3):
        run(number)
        new = ns.watch(source)
        assert source.is_running
        assert old.analyzer.is_closed
        old = new
    run(4)
    ns.watch(ns.Buffer())
    assert not source.is_running
    assert old.analyzer.is_closed


def test_an_analyzer_that_is_made_once_and_used_again_goes_on(run: Run) -> None:
    """A new dashboard of the same analyzer ends the old dashboard only."""
    run(1)
    analyzer = ns.Analyzer(ns.Buffer())
    old = ns.Dashboard(analyzer)
    run(2)
    new = ns.Dashboard(analyzer)
    assert not analyzer.is_closed
    assert repr(old) == "<Dashboard, replaced>"
    assert new.analyzer is analyzer


def test_what_was_closed_or_forgotten_is_left_alone(run: Run) -> None:
    """A source that nobody holds is no business of the next run, nor one that has ended."""
    run(1)
    ns.RandomSource()
    ended = ns.IterableSource([1.0]).start()
    wait_until(lambda: not ended.is_running)
    run(2)
    ns.RandomSource().close()
    assert ended.status == "ended"
    ended.close()
