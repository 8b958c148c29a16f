"""Numbers that stand for a missing reading are missing readings, in every source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nbstream as ns
from nbstream.readings.batch import Batch
from nbstream.sources.stand_ins import StandIns
from tests.wait import wait_until


def cleaned(na_values: object, **columns: list[float]) -> dict[str, list[float]]:
    """Return columns without the numbers that were named."""
    values = {name: np.array(column, np.float64) for name, column in columns.items()}
    batch = Batch(np.arange(len(next(iter(values.values())))), values)
    found = StandIns(na_values).cleaned(batch, {"mode"}).values  # type: ignore[arg-type]
    return {name: [None if v != v else v for v in column] for name, column in found.items()}  # type: ignore[misc]


@pytest.mark.parametrize("na_values", [-999, [-999], (-999.0, 85), np.array([-999]), "-999"])
def test_numbers_that_were_named_are_missing(na_values: object) -> None:
    """One, or several, however they are written."""
    assert cleaned(na_values, temp=[21.5, -999, 22]) == {"temp": [21.5, None, 22]}


def test_fill_values_are_known_by_few_digits() -> None:
    """A file has 9.96921e+36 where netCDF has 9.969209968386869e+36."""
    assert cleaned(9.969209968386869e36, sst=[9.96921e36, 21]) == {"sst": [None, 21]}


def test_each_channel_may_have_its_own() -> None:
    """Others keep the number, and words are none."""
    found = cleaned({"temp": [-127, 85]}, temp=[85, -127, 20], hum=[85, 45, 46])
    assert found == {"temp": [None, None, 20], "hum": [85, 45, 46]}
    assert cleaned(0, temp=[0, 1], mode=[0, 1]) == {"temp": [None, 1], "mode": [0, 1]}


@pytest.mark.parametrize("na_values", ["x", ["MM"], {"temp": None}, float("nan"), [float("inf")]])
def test_what_is_no_number_is_refused(na_values: object) -> None:
    """The error says what may be given."""
    with pytest.raises(ValueError, match="'na_values' must be a number such as -999"):
        StandIns(na_values)  # type: ignore[arg-type]


def test_every_source_takes_them(tmp_path: Path) -> None:
    """A function's readings and a file's alike, and readings that all are missing are counted as such."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"temp": 21.5}\n{"temp": -999}\n')
    with (
        ns.JsonLinesSource(path, na_values=-999) as lines,
        ns.CallableSource(
            lambda: {"temp": -127.0}, interval=0.01, na_values={"temp": -127}
        ) as called,
    ):
        wait_until(lambda: lines.counters().accepted == 2 and called.counters().accepted > 1)
        assert lines.buffer.channel("temp").rows(0).values.tolist()[0] == 21.5
        assert np.isnan(lines.buffer.channel("temp").rows(0).values[1])
        assert np.isnan(called.buffer.channel("temp").rows(0).values).all()
