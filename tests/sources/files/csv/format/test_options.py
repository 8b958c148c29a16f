"""What can be said about a text table."""

from __future__ import annotations

from pathlib import Path

import pytest

import nbstream as ns


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"header": 0}, "'header' must be the number of a line, from 1"),
        ({"header": "time"}, "'header' must be"),
        ({"header": ["a", 1]}, "'header' must be"),
        ({"header": False}, "'header' must be"),
        ({"header": []}, "'header' must be"),
        ({"units_row": 0}, "'units_row' must be"),
        ({"units_row": True}, "'units_row' must be"),
        ({"skip": -1}, "'skip' must be a number of lines"),
        ({"skip": True}, "'skip' must be"),
        ({"comment": 1}, "'comment' must be a str"),
        ({"pivot": 1}, "'pivot' must be a str"),
        ({"delimiter": "ab"}, "'delimiter' must be one character"),
        ({"delimiter": "1"}, "'delimiter' must be one character"),
        ({"delimiter": ",", "decimal": ","}, "must differ"),
        ({"decimal": ";"}, "'decimal' must be"),
        ({"thousands": "x"}, "'thousands' must be"),
        ({"thousands": "."}, "decimal=',', thousands='.'"),
        ({"thousands": ",", "decimal": ","}, "must differ"),
        ({"unit": "h"}, "'unit' must be"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, options: dict[str, object], said: str) -> None:
    """An option that can't be what it is says so when the source is made, with what to do."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(").replace(".", r"\.")):
        ns.CsvSource(tmp_path / "x.csv", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"header": 3}, {"header": None}, {"header": ["a", "b"]}, {"units_row": 2},
        {"units_row": False}, {"skip": 2}, {"comment": "REM"}, {"comment": ""}, {"pivot": "entity"},
        {"delimiter": "|"}, {"delimiter": " "}, {"delimiter": "  "}, {"decimal": ","},
        {"decimal": ",", "thousands": "."}, {"thousands": " "}, {"thousands": ""},
    ],
)  # fmt: skip
def test_what_can_be_is_taken(tmp_path: Path, options: dict[str, object]) -> None:
    """Everything that is found out can be said."""
    source = ns.CsvSource(tmp_path / "x.csv", **options)  # type: ignore[arg-type]
    source.close()
