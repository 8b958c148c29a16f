"""The table of what is kept."""

from __future__ import annotations

import numpy as np

from nbstream.widgets.keep.table import html_table, text_table
from tests.widgets.keep.scenes import record

NAN = float("nan")


def test_rows_and_columns() -> None:
    """Each channel is a row: name, span, count, last, mean, min, max with unit, incidents."""
    values = np.r_[np.zeros(30), np.full(31, 9.0)]
    kept = record(
        {"temperature": values}, rules=("value > 5",), units={"temperature": "°C"}, window="2min"
    )
    assert text_table(kept).splitlines() == [
        "name         span  count     last     mean      min      max  incidents",
        "temperature  60 s     61  9.00 °C  4.57 °C  0.00 °C  9.00 °C          1",
    ]


def test_what_is_not_known_is_a_dash() -> None:
    """A channel without readings has no numbers, and no NaN is seen."""
    (_, row) = text_table(record({"x": [NAN, NAN]})).splitlines()
    assert row.split() == ["x", "–", "0", "–", "–", "–", "–", "0"]


def test_names_are_text() -> None:
    """Names and units become no HTML."""
    html = html_table(
        record(
            {"<img src=x onerror=alert(1)>": [1.0]}, units={"<img src=x onerror=alert(1)>": "<i>"}
        )
    )
    assert "<img" not in html
    assert "&lt;img src=x" in html
    assert "<i>" not in html


def test_many_channels_are_counted() -> None:
    """The table is small, and tells how many are left out."""
    kept = record({f"c{i}": [1.0] for i in range(100)})
    assert html_table(kept).count("<tr>") == 42
    assert "and 60 more" in html_table(kept)
    assert text_table(kept).endswith("and 60 more")
