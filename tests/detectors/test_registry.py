"""Detectors by name, their parameters, and what is said when these are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.detectors import BlockMeans, CusumDetector, create, names

ALL = [
    "cusum", "ewma", "gap", "hampel", "nelson", "page_hinkley", "rate_of_change", "robust_zscore",
    "stuck", "threshold", "western_electric", "zscore",
]  # fmt: skip


def test_all_kinds_have_names() -> None:
    """`names` lists them sorted."""
    assert set(ALL) <= set(names())
    assert names() == sorted(names())


def test_create_passes_parameters_on() -> None:
    """The object is the class's own, with its parameters as attributes."""
    detector = create("cusum", k=0.25, h=8)
    assert isinstance(detector, CusumDetector)
    assert (detector.k, detector.h, detector.mean) == (0.25, 8.0, None)
    assert repr(detector) == "CusumDetector(k=0.25, h=8.0)"
    means = create("hampel", window=7, means_of="16ms")
    assert isinstance(means, BlockMeans)
    assert repr(means) == "BlockMeans(detector=HampelDetector(window=7), block='16ms')"
    assert means.name == "hampel"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("cusun", {}, "There is no detector 'cusun'. Did you mean 'cusum'?"),
        ("x", {}, "There is no detector 'x'. There are "),
        ("cusum", {"heihgt": 1}, "Detector 'cusum' has no parameter 'heihgt'. There are "),
        (
            "zscore",
            {"false_alarm": "1/h"},
            "Detector 'zscore' has no parameter 'false_alarm'. Did you mean 'false_alarms'?",
        ),
        ("cusum", {"h": 0}, "'h' must be > 0 (got 0)."),
        ("cusum", {"k": "a"}, "'k' must be a number (got 'a')."),
        ("cusum", {"mean": float("nan")}, "'mean' must be finite (got nan)."),
        ("cusum", {"warm_up": 3}, "'warm_up' must be >= 10 (got 3)."),
        ("ewma", {"weight": 2}, "'weight' must be <= 1 (got 2)."),
        ("ewma", {"false_alarms": "often"}, "'false_alarms' must be a number per time such as "),
        ("ewma", {"false_alarms": "0/day"}, "'false_alarms' must be a number per time such as "),
        ("ewma", {"false_alarms": 3}, "'false_alarms' must be text such as '1/day' (got 3)."),
        ("zscore", {"window": "all"}, "'window' must be a duration such as '2min' or a number of "),
        ("zscore", {"window": 10}, "'window' must hold 'min_readings' readings, 30 (got 10)."),
        ("hampel", {"window": 2.5}, "'window' must be a whole number (got 2.5)."),
        ("stuck", {"after": 1}, "'after' must be at least 2 readings (got 1)."),
        ("stuck", {"after": "long"}, "'after' must be a duration such as "),
        ("threshold", {}, "ThresholdDetector needs 'above' or 'below' (got neither)."),
        ("threshold", {"above": 1, "below": 2}, "'below' + 'hysteresis' must be <= 'above' - "),
        ("nelson", {"rules": [9]}, "'rules' must be numbers of rules, 1 … 8 (got 9)."),
        ("nelson", {"rules": []}, "'rules' must name at least one rule (got none)."),
        ("page_hinkley", {"standardize": 1}, "'standardize' must be True or False (got 1)."),
    ],
)
def test_errors_say_what_to_do(name: str, given: dict[str, Any], message: str) -> None:
    """A wrong name or parameter is told by name, with the nearest one or the bounds."""
    with pytest.raises((TypeError, ValueError)) as caught:
        create(name, **given)
    assert str(caught.value).startswith(message)


def test_block_means_checks_what_it_is_given() -> None:
    """A detector, and a length above 0, are needed."""
    with pytest.raises(TypeError, match="'detector' must be a Detector"):
        BlockMeans(detector="cusum", block=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'block' must be > 0"):
        create("cusum", means_of=0)
