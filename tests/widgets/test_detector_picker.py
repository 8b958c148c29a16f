"""Tests of the detector picker's half in the kernel, on an analyzer that stands in for one that detects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.analyzer import Analyzer
from nbstream.buffer import Buffer
from nbstream.detectors import create, names
from nbstream.widgets.controls import Controls
from tests.widgets.fake_page import FakePage


class FakeDetection:
    """What the picker knows of a detector that runs."""

    def __init__(self, analyzer: DetectingAnalyzer, name: str, channel: str) -> None:
        self.analyzer = analyzer
        self.detector = create(name)
        self.name = name
        self.channel = channel
        self.score_channel = f"{channel}.{name}"
        self.n_flagged = 0
        self.is_warm = False
        self.error: Exception | None = None

    def close(self) -> None:
        """End it."""
        running = self.analyzer.detections
        self.analyzer.detections = tuple(other for other in running if other is not self)


class DetectingAnalyzer(Analyzer):
    """An analyzer with detectors."""

    detections: tuple[FakeDetection, ...] = ()

    def detect(self, name: str, channel: str | None = None) -> FakeDetection:
        """Note a detector as running."""
        watch = FakeDetection(self, name, channel or self.channels[0])
        self.detections = (*self.detections, watch)
        return watch


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return a page that records what panels send."""
    return FakePage(monkeypatch)


@pytest.fixture
def analyzer() -> Iterator[DetectingAnalyzer]:
    """Yield an analyzer that detects, with two channels."""
    buffer = Buffer(timezone="UTC")
    buffer.append(0.0, x=1.0, y=2.0)
    with DetectingAnalyzer(buffer) as analyzer:
        yield analyzer


@pytest.fixture
def controls(analyzer: DetectingAnalyzer, page: FakePage) -> Iterator[Controls]:
    """Yield controls shown by the page."""
    controls = Controls(analyzer, **page.options)
    page.show(controls)
    yield controls
    controls.close()


def test_an_analyzer_that_cannot_detect_has_no_picker(
    page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is told that there is none, and asking for a detector is an error."""
    monkeypatch.delattr(Analyzer, "detect", raising=False)
    with Analyzer(Buffer(timezone="UTC")) as analyzer:
        controls = Controls(analyzer, **page.options)
        assert page.show(controls)["detectors"] is None
        assert "no detector" in page.ask(kind="detect", name="cusum", channel=None)
        assert "removed" in page.ask(kind="undetect", detector=1)
        controls.close()


def test_detectors_without_parameters_can_be_chosen(controls: Controls) -> None:
    """Each comes with a line of text; one that must be told something is not offered."""
    kinds = {kind["name"]: kind["text"] for kind in controls._read()["detectors"]["kinds"]}
    assert {"default", "cusum", "zscore"} <= kinds.keys() < set(names())
    assert not {"threshold", "river", "rate_of_change"} & kinds.keys()
    assert all(kinds.values())


def test_a_detector_is_started_shown_and_removed(
    controls: Controls, page: FakePage, analyzer: DetectingAnalyzer
) -> None:
    """The state counts what it flagged and says whether it is warm; its number is never another's."""
    assert page.ask(kind="detect", name="cusum", channel="y") == ""
    (watch,) = analyzer.detections
    (shown,) = controls._read()["detectors"]["running"]
    assert (shown["name"], shown["channel"], shown["flagged"]) == ("cusum", "y", 0)
    assert not shown["isWarm"]
    watch.n_flagged, watch.is_warm, watch.error = 7, True, RuntimeError("broke")
    (shown,) = controls._read()["detectors"]["running"]
    assert (shown["flagged"], shown["isWarm"], shown["error"]) == (7, True, "broke")
    assert page.ask(kind="undetect", detector=shown["id"]) == ""
    assert analyzer.detections == ()
    assert page.ask(kind="detect", name="zscore", channel=None) == ""
    assert controls._read()["detectors"]["running"][0]["id"] != shown["id"]
    assert "removed" in page.ask(kind="undetect", detector=shown["id"])


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
    controls: Controls, page: FakePage, analyzer: DetectingAnalyzer, command: Any, word: str
) -> None:
    """Unknown detectors, such as need parameters, and unknown channels."""
    assert word in page.ask(kind="detect", **command)
    assert analyzer.detections == ()


def test_pages_cannot_start_detectors_without_end(
    controls: Controls, page: FakePage, analyzer: DetectingAnalyzer
) -> None:
    """There are at most 20 detectors."""
    for _ in range(20):
        assert page.ask(kind="detect", name="cusum", channel="x") == ""
    assert "20 detectors" in page.ask(kind="detect", name="cusum", channel="x")
    assert len(analyzer.detections) == 20
