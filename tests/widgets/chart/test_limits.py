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


def test_limits_of_formulas_and_levels_move_too(analyzer: Analyzer) -> None:
    """What names its channel, and where a rule escalates, is dragged as any limit; all else stays."""
    rule = analyzer.alert("x > 99 and x < 200", levels={"critical": "value > 120"}, name="hot")
    assert ask(analyzer, "try limit", rule="hot", limit=0, before=99, value=90)["n"] == 3
    ask(analyzer, "move limit", rule="hot", limit=0, before=99, value=90)
    ask(analyzer, "move limit", rule="hot", limit=1, before=200, value=150)
    ask(analyzer, "move limit", rule="hot", limit=2, before=120, value=130)
    assert rule.condition.text == "x > 90 and x < 150"
    assert {level: of.text for level, of in rule.levels.items()} == {"critical": "value > 130"}
    assert rule.name == "hot"


def test_a_limit_beyond_the_one_that_clears_stays(analyzer: Analyzer) -> None:
    """The page hears why; the rule is as it was."""
    rule = analyzer.alert("x > 99", clear="x < 80", name="hot")
    with pytest.raises(ValueError, match="hold at the same values"):
        ask(analyzer, "move limit", rule="hot", limit=0, before=99, value=70)
    assert rule.condition.text == "x > 99"


def test_a_limit_that_somebody_else_moved_is_told(analyzer: Analyzer) -> None:
    """A page that drags what is not there any more changes nothing."""
    rule = analyzer.alert("value > 99", name="hot")
    rule.limits = 80
    with pytest.raises(ValueError, match="changed or removed meanwhile"):
        ask(analyzer, "move limit", rule="hot", limit=0, before=99, value=90)
    assert rule.limits == (80.0,)


@pytest.mark.parametrize(
    "wrong",
    [{"rule": 5}, {"limit": 1_000}, {"limit": -1}, {"value": "9"}, {"value": float("nan")}, {}],
)
def test_what_makes_no_sense_is_refused(analyzer: Analyzer, wrong: dict[str, Any]) -> None:
    """Nothing of it reaches a rule."""
    limit = {"rule": "hot", "limit": 0, "before": 99, "value": 90}
    given = limit | wrong if wrong else {}
    assert ask(analyzer, "move limit", **given) == "refused"
    assert ask(analyzer, "try limit", **given) == "refused"
