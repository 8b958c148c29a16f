"""Tests of limits that are dragged on the chart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.widgets.chart.limits import DraggedLimits

START = 1_782_907_200.0


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    """Return an analyzer of a minute in which the value rises over 90 three times."""
    buffer = Buffer(timezone="UTC")
    buffer.extend(
        [START + i for i in range(60)], x=[95.0 if i % 20 == 10 else 50.0 for i in range(60)]
    )
    with Analyzer(buffer) as analyzer:
        analyzer.update()
        yield analyzer


def ask(analyzer: Analyzer, kind: str, **message: Any) -> Any:
    """Do what a page asks for; None if it makes no sense."""
    do = DraggedLimits(analyzer).actions()[kind](message)
    return "refused" if do is None else do()


def test_a_limit_is_tried_without_a_change_and_moved_when_it_is_let_go(analyzer: Analyzer) -> None:
    """While it is dragged the page hears how often the rule would have fired; then the rule has the limit."""
    rule = analyzer.alert("value > 99", name="hot")
    limit = {"rule": "hot", "limit": 0, "before": 99}
    assert ask(analyzer, "try limit", **limit, value=90)["n"] == 3
    assert ask(analyzer, "try limit", **limit, value=97)["n"] == 0
    assert rule.limits == (99.0,)
    assert ask(analyzer, "move limit", **limit, value=90) is None
    assert rule.limits == (90.0,)


def test_one_end_of_a_range_moves_alone(analyzer: Analyzer) -> None:
    """The other limit of the rule stays."""
    rule = analyzer.alert("inside(20, 40)", name="band")
    ask(analyzer, "move limit", rule="band", limit=1, before=40, value=60)
    assert rule.limits == (20.0, 60.0)


def test_a_limit_that_somebody_else_moved_is_told(analyzer: Analyzer) -> None:
    """A page that drags what is not there any more changes nothing."""
    rule = analyzer.alert("value > 99", name="hot")
    rule.limits = 80
    with pytest.raises(ValueError, match="changed or removed meanwhile"):
        ask(analyzer, "move limit", rule="hot", limit=0, before=99, value=90)
    assert rule.limits == (80.0,)


@pytest.mark.parametrize(
    "wrong", [{"rule": 5}, {"limit": 2}, {"limit": -1}, {"value": "9"}, {"value": float("nan")}, {}]
)
def test_what_makes_no_sense_is_refused(analyzer: Analyzer, wrong: dict[str, Any]) -> None:
    """Nothing of it reaches a rule."""
    limit = {"rule": "hot", "limit": 0, "before": 99, "value": 90}
    given = limit | wrong if wrong else {}
    assert ask(analyzer, "move limit", **given) == "refused"
    assert ask(analyzer, "try limit", **given) == "refused"
