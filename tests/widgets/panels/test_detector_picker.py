"""Tests of the detector picker's half in the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.detectors import names
from nbstream.readings.buffer import Buffer
from nbstream.widgets.panels.rules import Rules
from tests.widgets.fake_page import FakePage


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    """Yield an analyzer that detects, with two channels."""
    buffer = Buffer(timezone="UTC")
    buffer.append(0.0, x=1.0, y=2.0)
    with Analyzer(buffer) as analyzer:
        yield analyzer


@pytest.fixture
def rules(analyzer: Analyzer, page: FakePage) -> Iterator[Rules]:
    """Yield rules shown by the page."""
    rules = Rules(analyzer, **page.options)
    page.show(rules)
    yield rules
    rules.close()


def test_detectors_without_parameters_can_be_chosen(rules: Rules) -> None:
    """Each comes with a line of text; one that must be told something is not offered."""
    kinds = {kind["name"]: kind["text"] for kind in rules._read()["detectors"]["kinds"]}
    assert {"default", "cusum", "zscore"} <= kinds.keys() < set(names())
    assert not {"threshold", "river", "rate_of_change"} & kinds.keys()
    assert all(kinds.values())


def test_a_detector_is_started_shown_and_removed(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """The state counts what it flagged and says whether it is warm; its number is never another's."""
    assert page.ask(kind="detect", name="hampel", channel="y") == ""
    (run,) = analyzer.detections
    (shown,) = rules._read()["detectors"]["running"]
    assert (shown["name"], shown["channel"], shown["flagged"]) == ("hampel", "y", 0)
    assert not shown["isWarm"]
    assert shown["waitsFor"] == "judges from reading 25 on; 1 so far"
    values = np.random.default_rng(1).normal(size=200)
    values[150] = 100.0
    analyzer.buffer.extend(np.arange(1.0, 201.0), y=values)
    analyzer.update()
    (shown,) = rules._read()["detectors"]["running"]
    assert shown["isWarm"]
    assert shown["waitsFor"] == ""
    assert shown["flagged"] == run.n_flagged > 0
    run.error = RuntimeError("broke")
    assert rules._read()["detectors"]["running"][0]["error"] == "broke"
    assert page.ask(kind="undetect", detector=shown["id"]) == ""
    assert analyzer.detections == ()
    assert page.ask(kind="detect", name="zscore", channel=None) == ""
    assert rules._read()["detectors"]["running"][0]["id"] != shown["id"]
    assert "removed" in page.ask(kind="undetect", detector=shown["id"])
    assert [run.name for run in analyzer.detections] == ["zscore"]


def test_one_that_judges_means_or_is_behind_says_so(
    rules: Rules, page: FakePage, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spot can't take 100,000 readings a second; what is not judged for 2 s counts as behind."""
    assert page.ask(kind="detect", name="spot", channel="y") == ""
    analyzer.buffer.extend(1 + np.arange(1000) / 100_000, y=np.zeros(1000))
    analyzer.update()
    (run,) = analyzer.detections
    (shown,) = rules._read()["detectors"]["running"]
    assert (shown["means"], shown["behind"]) == ("16 ms", "")
    monkeypatch.setattr(type(run), "advance", lambda *_: False)
    analyzer.buffer.extend([2.0, 300.0], y=[1.0, 1.0])
    (shown,) = rules._read()["detectors"]["running"]
    assert shown["behind"] == "5 min"


def test_scores_are_no_channels_to_choose(rules: Rules, page: FakePage, analyzer: Analyzer) -> None:
    """A detector does not watch the scores of another."""
    page.ask(kind="detect", name="cusum", channel="x")
    analyzer.update()
    assert [channel["name"] for channel in rules._read()["channels"]] == ["x", "y"]
    assert "no channel" in page.ask(kind="detect", name="cusum", channel="x.cusum")


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ({"name": "os.system", "channel": None}, "no detector"),
        ({"name": "threshold", "channel": None}, "no detector"),
        ({"name": "x" * 3000, "channel": None}, "no detector"),
        ({"name": "cusum", "channel": "z"}, "no channel"),
    ],
)
def test_what_cannot_be_started_is_told(
    rules: Rules, page: FakePage, analyzer: Analyzer, command: Any, word: str
) -> None:
    """Unknown detectors, such as need parameters, and unknown channels."""
    assert word in page.ask(kind="detect", **command)
    assert analyzer.detections == ()


def test_pages_cannot_start_detectors_without_end(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """There are at most 20 detectors."""
    for _ in range(20):
        assert page.ask(kind="detect", name="cusum", channel="x") == ""
    assert "20 detectors" in page.ask(kind="detect", name="cusum", channel="x")
    assert len(analyzer.detections) == 20


def test_a_detector_of_several_channels_takes_all(
    rules: Rules, page: FakePage, analyzer: Analyzer
) -> None:
    """Whichever channel was chosen beside it."""
    assert page.ask(kind="detect", name="multivariate", channel="y") == ""
    analyzer.update()
    (run,) = analyzer.detections
    assert run.channels == ("x", "y")
    (shown,) = rules._read()["detectors"]["running"]
    assert (shown["name"], shown["channel"]) == ("multivariate", "2 channels")
