"""Files of what a view shows, as a page asks for them."""

from __future__ import annotations

import gzip
import io
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbstream as ns
from nbstream.widgets.chart import exports
from nbstream.widgets.chart.view_files import MAX_FILES, PIECE_BYTES, ViewFiles

START = 1_782_907_200.0


class Page:
    """A page that asks a chart for files."""

    def __init__(self, chart: ns.LiveChart, sent: list[tuple[dict[str, Any], Any]]) -> None:
        self.chart = chart
        self.sent = sent

    def say(self, **message: Any) -> tuple[dict[str, Any], Any]:
        """Send a message and return the answer."""
        data = {"method": "custom", "content": {"client": "a", **message}}
        before = len(self.sent)
        self.chart._handle_msg({"content": {"data": data}, "buffers": []})
        return self.sent[-1] if len(self.sent) > before else ({}, None)

    def file(self, **what: Any) -> str:
        """Return the text of a file."""
        answer, _ = self.say(kind="file", request=1, **what)
        assert answer["error"] == ""
        made = answer["value"]
        pieces = [
            self.say(kind="piece", file=made["file"], number=number)[1][0]
            for number in range(made["pieces"])
        ]
        return gzip.decompress(b"".join(pieces)).decode()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page with a chart of the newest half of a minute of a ramp."""
    sent: list[tuple[dict[str, Any], Any]] = []
    monkeypatch.setattr(
        ns.LiveChart, "send", lambda _, content, buffers=None: sent.append((content, buffers))
    )
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(START + np.arange(60.0), up=np.arange(60.0))
    chart = ns.LiveChart(buffer, window="30s", title="A ramp")
    yield Page(chart, sent)
    chart.close()


def test_the_window_and_a_span_as_csv(page: Page) -> None:
    """Live it is the readings of the window; looking back those between the ends, both included."""
    window = pd.read_csv(io.StringIO(page.file(format="csv")))
    assert window["up"].tolist() == list(range(30, 60))
    ends = {"from": (START + 5) * 1e3, "to": (START + 8) * 1e3}
    span = pd.read_csv(io.StringIO(page.file(format="csv", **ends)))
    assert span["up"].tolist() == [5, 6, 7, 8]


def test_a_span_as_svg_and_as_a_page(page: Page) -> None:
    """The picture has the title; the page needs no network, and its time axis is the span."""
    ends = {"from": (START + 5) * 1e3, "to": (START + 8) * 1e3}
    svg = page.file(format="svg", **ends)
    assert svg.startswith("<svg")
    assert "A ramp" in svg
    assert "12:00:07" in svg
    html = page.file(format="html", **ends)
    assert "Plotly.newPlot" in html
    assert "plotly.js v" in html
    assert '<script src="http' not in html
    assert "2026-07-01T12:00:05" in html or "2026-07-01 12:00:05" in html


def test_too_many_readings_for_a_page_are_said(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how many, and what writes them."""
    monkeypatch.setattr(exports, "MAX_CSV", 10)
    answer, _ = page.say(kind="file", request=1, format="csv")
    assert answer["error"].startswith("30 readings are too many")
    assert "chart.to_csv" in answer["error"]


def test_keep_renews_what_the_notebook_keeps(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """The menu's "keep" is `chart.keep()`."""
    kept: list[str] = []
    monkeypatch.setattr(page.chart._keeper, "keep", lambda: kept.append("kept"))
    answer, _ = page.say(kind="keep", request=7)
    assert kept == ["kept"]
    assert answer == {"kind": "reply", "request": 7, "error": ""}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "file", "format": "exe"},
        {"kind": "file", "format": ["csv"]},
        {"kind": "file"},
        {"kind": "file", "format": "csv", "from": 5},
        {"kind": "file", "format": "csv", "from": 5, "to": 4},
        {"kind": "file", "format": "csv", "from": "a", "to": "b"},
        {"kind": "file", "format": "csv", "from": -1e300, "to": 1e300},
        {"kind": "piece", "file": 1, "number": 0},
        {"kind": "piece", "file": None, "number": 0},
        {"kind": "piece"},
    ],
)
def test_what_makes_no_sense_is_ignored(page: Page, wrong: dict[str, Any]) -> None:
    """It is counted, and not answered."""
    before = page.chart.n_ignored
    assert page.say(request=1, **wrong) == ({}, None)
    assert page.chart.n_ignored == before + 1


def test_large_files_go_in_pieces_and_old_ones_are_let_go() -> None:
    """Each piece has its place; of more files than a few the oldest is gone."""
    text = "".join(random.Random(1).choices("0123456789abcdef", k=1_500_000))
    sent: list[tuple[dict[str, Any], list[bytes]]] = []
    files = ViewFiles({"csv": lambda _: text}, lambda told, buffers: sent.append((told, buffers)))
    make = files.command({"format": "csv"})
    assert make is not None
    made = make()
    assert made["pieces"] >= 3
    places = list(range(made["pieces"]))
    for place in reversed(places):
        asked = {"kind": "piece", "client": "b", "file": made["file"], "number": place}
        assert files.take(asked)
    assert {told["to"] for told, _ in sent} == {"b"}
    assert max(len(buffers[0]) for _, buffers in sent) == PIECE_BYTES
    data = b"".join(buffers[0] for _, buffers in reversed(sent))
    assert gzip.decompress(data).decode() == text
    for _ in range(MAX_FILES):
        make()
    assert not files.take({"kind": "piece", "client": "b", "file": made["file"], "number": 0})
