"""Channels of words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbstream import Analyzer, Buffer
from nbstream.readings.labels import MAX_LABEL_LENGTH, MAX_LABELS, Labels


def words(buffer: Buffer, name: str = "state") -> list[Any]:
    """Return the readings of a channel of words, None where one is missing."""
    column = buffer.to_pandas()[name]
    return [None if pd.isna(value) else value for value in column]


def test_words_are_read_back() -> None:
    """What was appended as words comes back as a Categorical, missing ones as NaN."""
    buffer = Buffer(timezone="UTC")
    for i, state in enumerate(["RUN", "run", None, "", " ", "12.3", "RUN"]):
        buffer.append(float(i), state=state, x=float(i))
    assert words(buffer) == ["RUN", "run", None, None, None, "12.3", "RUN"]
    assert isinstance(buffer.to_pandas()["state"].dtype, pd.CategoricalDtype)
    assert buffer.latest()["state"][1] == "RUN"
    assert buffer.labels == {"state": ("RUN", "run", "12.3")}
    assert buffer.to_pandas()["x"].tolist() == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "values",
    [
        ["RUN", None, "OFF"],
        np.array(["RUN", "", "OFF"]),
        pd.Series(["RUN", None, "OFF"]),
        pd.Categorical(["RUN", None, "OFF"]),
        pd.Series(["RUN", None, "OFF"], dtype="category"),
        pd.Series(["RUN", None, "OFF"], dtype="string"),
        [b"RUN", float("nan"), "OFF"],
    ],
)
def test_columns_of_words(values: Any) -> None:
    """Extend takes words in whatever holds them."""
    buffer = Buffer()
    buffer.extend([0.0, 1.0, 2.0], state=values)
    assert words(buffer) == ["RUN", None, "OFF"]


@pytest.mark.parametrize("word", ["RUN", "🚀 go", "שלום", "<b>x</b>", "é", "#1"])
def test_what_is_a_word(word: str) -> None:
    """A channel may begin with anything that doesn't begin as a number does."""
    buffer = Buffer()
    buffer.append(0.0, state=word)
    buffer.append(1.0, state="200 OK")
    assert words(buffer) == [word, "200 OK"]


@pytest.mark.parametrize("word", ["none", "None", "null", "nan", "n/a", "inf"])
def test_a_state_may_be_called_none(word: str) -> None:
    """Words for nothing are words of a channel that holds words, by reading or by column; None is a gap.

    Before its first other word nobody knows that it holds words: there they are missing.
    """
    buffer = Buffer()
    buffer.append(0.0, state=word)
    for second, state in enumerate(["RUN", word, None, word], 1):
        buffer.append(float(second), state=state)
    assert words(buffer) == [None, "RUN", word, None, word]
    buffer.extend([5.0, 6.0, 7.0], state=[word, None, ""])
    assert words(buffer)[5:] == [word, None, None]
    buffer.extend([5.0, 6.0, 7.0], mode=[word, "auto", float("nan")])
    assert words(buffer, "mode")[5:] == [word, "auto", None]


@pytest.mark.parametrize("word", ["200 OK", "404 Not Found", "1 - RUN", "2: idle", "3 phases"])
def test_a_first_word_may_begin_with_a_whole_number(word: str) -> None:
    """Where what follows is no unit."""
    buffer = Buffer()
    buffer.append(0.0, state=word)
    buffer.extend([0.0], column=[word])
    assert words(buffer) == words(buffer, "column") == [word]


@pytest.mark.parametrize(
    "value",
    [
        "21.5 °C",
        "5 kg",
        "12 rpm",
        "3 mm Hg",
        "230 VAC",
        "1,234",
        "12:30",
        "5kg",
        "$5",
        "2026-11-01 x",
    ],
)
def test_a_number_in_another_form_is_no_first_word(value: str) -> None:
    """A number with its unit, say, would be a label of its own at every reading."""
    with pytest.raises(TypeError, match="must be given a number"):
        Buffer().append(0.0, x=value)


@pytest.mark.parametrize("value", [3, 2.5, True, [1]])
def test_a_number_for_words_is_an_error(value: Any) -> None:
    """A channel of words takes no numbers, which would become labels."""
    buffer = Buffer()
    buffer.append(0.0, state="RUN")
    with pytest.raises(TypeError, match="'state' holds words"):
        buffer.append(1.0, state=value)
    with pytest.raises(ValueError, match="'state' holds words"):
        buffer.extend([1.0], state=[value])
    assert words(buffer) == ["RUN"]


def test_a_word_for_numbers_is_an_error() -> None:
    """A channel of numbers stays one."""
    buffer = Buffer()
    buffer.append(0.0, x="12.3")
    with pytest.raises(TypeError, match="'x' must be given a number"):
        buffer.append(1.0, x="OFF")
    with pytest.raises(ValueError, match="'x' must hold numbers"):
        buffer.extend([1.0], x=["OFF"])
    assert buffer.labels == {}


def test_labels_are_bounded_and_the_rest_is_told() -> None:
    """Beyond 1,000 labels readings are "(other)", counted, and people are told once."""
    buffer = Buffer()
    buffer.extend(np.arange(3000.0), state=[f"label {i}" for i in range(3000)])
    assert len(buffer.labels["state"]) == MAX_LABELS + 1
    assert buffer.latest()["state"][1] == "(other)"
    assert [e.text for e in buffer.events if "1,000 different labels" in e.text] != []
    assert len(buffer.events) == 1
    table = buffer.channel("state").labels
    assert table is not None
    assert table.n_other == 2000


def test_long_labels_are_cut_in_the_middle_and_stay_apart() -> None:
    """Labels of 10 kB have 200 characters, and differ where the whole ones do."""
    labels = Labels()
    codes = [labels.code("a" * 5000 + sign + "b" * 5000) for sign in "xyx"]
    assert codes == [0.0, 1.0, 0.0]
    assert all(len(text) == MAX_LABEL_LENGTH for text in labels.texts)
    assert labels.texts[0].startswith("aaa")
    assert labels.texts[0].endswith("bbb")


def test_statistics_of_words() -> None:
    """Last is the label; count and rate count readings; there is no mean of codes."""
    buffer = Buffer()
    buffer.extend([0.0, 1.0, 2.0], state=["A", "B", "A"])
    with Analyzer(buffer) as analyzer:
        analyzer.update()
        state = analyzer.channel("state")
        assert (state.last, state.count, state.rate) == ("A", 3, 1.0)
        assert np.isnan(state.mean)
        assert np.isnan(state.max)


def test_the_first_channel_is_one_of_numbers() -> None:
    """Statistics without a channel's name are those of the first numbers, also where words came first."""
    buffer = Buffer()
    buffer.append(0.0, {"state": "RUN", "value": 3.0})
    with Analyzer(buffer) as analyzer:
        analyzer.update()
        assert analyzer.last == 3.0


def test_codes_are_no_numbers_to_rules_and_detectors() -> None:
    """A rule for all channels leaves those of words alone, and a detector refuses them."""
    buffer = Buffer()
    with Analyzer(buffer) as analyzer:
        rule = analyzer.alert("value >= 0", channel="*")
        buffer.extend([0.0, 1.0, 2.0], state=["A", "B", "C"], x=[-1.0, -1.0, -1.0])
        analyzer.update()
        assert set(rule.states) == {"x"}
        with pytest.raises(ValueError, match="holds words"):
            analyzer.detect("zscore", "state")


def test_a_detector_leaves_a_channel_that_comes_to_hold_words() -> None:
    """One that names it ends and says so once; one that took the first channel goes on with numbers."""
    buffer = Buffer(timezone="UTC")
    with Analyzer(buffer) as analyzer:
        named, first = (
            analyzer.detect("threshold", "state", above=0),
            analyzer.detect("threshold", above=0),
        )
        buffer.append(0.0, state=None)
        analyzer.update()
        for second in (1.0, 2.0):
            buffer.append(second, state="RUN", x=second)
            analyzer.update()
        assert (first.channel, first.n_flagged, named.n_flagged) == ("x", 2, 0)
        assert analyzer.detections == (first,)
        assert [event.text for event in buffer.events] == [
            "'state' holds words: 'threshold' does not judge it"
        ]
