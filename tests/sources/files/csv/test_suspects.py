"""Numbers such as -999 are told where they stand far from a channel's others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.sources.files.csv.suspects import Suspects
from tests.wait import wait_until


def said(*batches: dict[str, list[float]]) -> list[str]:
    """Return what is said of each batch."""
    suspects = Suspects()
    made = [{name: np.array(v, np.float64) for name, v in batch.items()} for batch in batches]
    return [
        suspects.look(Batch(np.arange(len(next(iter(values.values())))), values)) for values in made
    ]


@pytest.mark.parametrize(
    "number", [-999, -9999, -99.9, -127, 9999, 1e31, 9.96921e36, -3.4028235e38]
)
def test_a_number_far_from_the_others_is_told(number: float) -> None:
    """With the option that makes a missing reading of it, once."""
    (first, second) = said({"temp": [21.5, number, 21.6]}, {"temp": [number, 21.7]})
    assert first.startswith(f"{number:.8g} in 'temp' is far from the other values; na_values=")
    assert second == ""


@pytest.mark.parametrize(
    "values",
    [
        [9997, 9998, 9999, 10_000],  # a count
        [-95, -97, -99, -96],  # dBm
        [-999, -1005, -990, -1010],
        [-120, -127, -119],
        [100, 999.9, 20, 850, 400],
        [np.nan, np.nan],
        [1e31, 2e31, 5e30, 7e30],
    ],
)
def test_a_number_among_others_is_a_reading(values: list[float]) -> None:
    """Where a channel comes near to it, it is what was measured."""
    assert said({"x": values}) == [""]


def test_it_may_come_first_and_in_several_channels() -> None:
    """What is said of later ones names the earlier ones too."""
    found = said({"a": [-999], "b": [1]}, {"a": [20, 21], "b": [2]}, {"a": [20], "b": [-999]})
    assert found[0] == ""
    assert (
        found[1]
        == "-999 in 'a' is far from the other values; na_values=-999 makes a missing reading of it"
    )
    assert found[2].startswith("-999 in 'a', 'b' is far")


@pytest.mark.parametrize("is_named", [True, False])
def test_a_table_with_them(tmp_path: Path, is_named: bool) -> None:
    """They are drawn and told, or missing where `na_values` names them."""
    path = tmp_path / "x.csv"
    path.write_text(
        "time,temp\n2026-07-01 12:00:00,21.5\n2026-07-01 12:00:10,-999.0\n2026-07-01 12:00:20,21.6\n"
    )
    options = {"na_values": -999} if is_named else {}
    with ns.CsvSource(path, **options) as source:  # type: ignore[arg-type]
        wait_until(lambda: source.counters().accepted == 3)
        values = source.buffer.channel("temp").rows(0).values
        assert np.isnan(values[1]) == is_named
        wait_until(lambda: any("-999" in note for note in source.notes) != is_named)
