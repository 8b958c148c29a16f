"""What a chart shows as files, and what it keeps in the notebook, asked of the chart itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nbstream as ns
from nbstream.widgets.keep import output
from tests.wait import wait_until
from tests.widgets.keep.scenes import START, is_color, pixels

Published = list[tuple[dict[str, str], str, bool]]


@pytest.fixture
def buffer() -> ns.Buffer:
    """A minute of a ramp and of its reverse, in Prague."""
    buffer = ns.Buffer(timezone="Europe/Prague")
    buffer.extend(START + np.arange(60.0), up=np.arange(60.0), down=60 - np.arange(60.0))
    return buffer


@pytest.fixture
def chart(buffer: ns.Buffer) -> Iterator[ns.LiveChart]:
    """A chart of the last half of it."""
    chart = ns.LiveChart(buffer, window="30s", title="Ramps")
    yield chart
    chart.close()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    """What is published to the notebook in whose kernel this is."""
    published: Published = []
    monkeypatch.setattr(output, "_is_notebook", lambda: True)
    monkeypatch.setattr(output, "_publish", lambda *output: published.append(output))
    return published


def test_csv_holds_the_window(chart: ns.LiveChart, tmp_path: Path) -> None:
    """A column for each channel that is shown, the window's readings, times with their offset."""
    path = tmp_path / "shown.csv"
    chart.to_csv(path)
    assert path.read_text("utf-8").splitlines()[:2] == [
        "time,up,down",
        "2026-07-01 14:00:30+02:00,30.0,30.0",
    ]
    frame = pd.read_csv(path, parse_dates=["time"], index_col="time")
    assert frame["up"].tolist() == list(range(30, 60))
    chart.to_csv(path, window=5)
    assert len(pd.read_csv(path)) == 5


def test_csv_has_what_is_shown(buffer: ns.Buffer, tmp_path: Path) -> None:
    """Channels that are not shown, or hidden, are left out; a name is no formula of a spreadsheet."""
    buffer.extend([START + 60], {"=1+1": [5.0]})
    path = tmp_path / "shown.csv"
    with_names = ns.LiveChart(buffer, window="30s", channels=["up", "=1+1"])
    with_names.to_csv(path)
    assert pd.read_csv(path).columns.tolist() == ["time", "up", "'=1+1"]
    with_names.close()
    chart = ns.LiveChart(buffer, window="30s")
    chart.data[0].visible = "legendonly"
    chart.to_csv(path)
    assert pd.read_csv(path).columns.tolist() == ["time", "down", "'=1+1"]
    chart.close()


def test_csv_is_read_back(chart: ns.LiveChart, tmp_path: Path) -> None:
    """A CsvSource reads what was written: the same times and values."""
    path = tmp_path / "shown.csv"
    chart.to_csv(path, window="all")
    source = ns.CsvSource(path).start()
    wait_until(lambda: source.buffer.n_added == 120)
    found = source.buffer.to_pandas()
    assert found["down"].tolist() == (60 - np.arange(60.0)).tolist()
    assert found.index[0].timestamp() == START
    source.close()


def test_png_shows_the_window(chart: ns.LiveChart, tmp_path: Path) -> None:
    """The picture has the lines in the colours of the chart's traces."""
    chart.data[0].line.color = "teal"
    path = tmp_path / "shown.png"
    chart.to_png(path)
    picture = pixels(path.read_bytes())
    assert picture.shape[1] == 1760
    assert is_color(picture, "#008080").sum() > 1000


def test_svg_shows_the_window(chart: ns.LiveChart, tmp_path: Path) -> None:
    """The SVG is of the window that is asked for."""
    path = tmp_path / "shown.svg"
    chart.to_svg(path, window="all")
    text = path.read_text("utf-8")
    assert text.startswith("<svg ")
    assert "14:00:00" in text
    assert "Ramps" in text


def test_a_chart_keeps_what_it_shows(buffer: ns.Buffer, published: Published) -> None:
    """Displayed, kept and closed, a chart renews one output; its widget's output has no picture."""
    chart = ns.LiveChart(buffer, title="Ramps")
    bundle = chart._repr_mimebundle_()
    assert "image/png" not in bundle
    assert "text/html" not in bundle
    chart.keep()
    chart.close()
    chart.keep()
    assert [update for _, _, update in published] == [False, True, True]
    assert all(data["text/plain"].startswith("Ramps, recorded") for data, _, _ in published)


def test_a_replaced_chart_keeps_nothing_more(buffer: ns.Buffer, published: Published) -> None:
    """The cell that runs again has new outputs: the old ones are not drawn again."""
    chart = ns.LiveChart(buffer, name="mine")
    chart._repr_mimebundle_()
    ns.LiveChart(buffer, name="mine").close()
    assert len(published) == 1


def test_a_dashboard_keeps_its_chart(buffer: ns.Buffer, published: Published) -> None:
    """Displayed, kept and closed, a dashboard renews one output under its own title."""
    dashboard = ns.Dashboard(buffer, title="Pumps")
    dashboard._repr_mimebundle_()
    dashboard.keep()
    dashboard.close()
    assert [update for _, _, update in published] == [False, True, True]
    assert all(data["text/plain"].startswith("Pumps, recorded") for data, _, _ in published)


def test_a_replaced_dashboard_keeps_nothing_more(buffer: ns.Buffer, published: Published) -> None:
    """A dashboard that another of its name replaces is not drawn again."""
    old = ns.Dashboard(buffer, name="mine")
    old._repr_mimebundle_()
    ns.Dashboard(buffer, name="mine").close()
    assert len(published) == 1
    old.close()


def test_pictures_have_the_looks_of_the_page(buffer: ns.Buffer, tmp_path: Path) -> None:
    """Steps, areas, markers, logarithmic axes, ranges and rows are those of the chart."""
    buffer.extend(START + np.arange(60.0), on=np.arange(60) // 9 % 2)
    chart = ns.LiveChart(buffer, window="30s", rows=[["up"], ["down", "on"]], y=(1, 90), log=True)
    chart.data[0].line.shape, chart.data[0].fill, chart.data[1].mode = "hv", "tozeroy", "markers"
    kept = chart._kept()
    looks = [(t.channel, t.is_stepped, t.has_fill, t.mode) for t in kept.traces]
    assert looks == [
        ("up", True, True, None), ("down", False, False, "markers"), ("on", True, False, None),
    ]  # fmt: skip
    axes = [(axis.channels, axis.ends, axis.is_log) for row in kept.rows for axis in row]
    assert axes == [((0,), (1, 90), True), ((1, 2), (1, 90), True)]
    chart.data[0].visible = "legendonly"
    assert [axis.channels for row in chart._kept().rows for axis in row] == [(), (0, 1)]
    chart.to_png(tmp_path / "shown.png")
    assert is_color(
        pixels((tmp_path / "shown.png").read_bytes()), chart._kept().traces[0].color
    ).any()
    chart.close()


def test_words_are_in_what_is_kept(buffer: ns.Buffer, published: Published, tmp_path: Path) -> None:
    """A channel of words is a lane of the picture, words in the table, and words as CSV."""
    buffer.extend(START + np.arange(60.0), pump=["IDLE"] * 45 + ["RUN"] * 15)
    chart = ns.LiveChart(buffer, window="30s")
    chart._repr_mimebundle_()
    assert "RUN" in published[0][0]["text/plain"]
    chart.to_svg(tmp_path / "shown.svg")
    assert ">RUN<" in (tmp_path / "shown.svg").read_text("utf-8")
    chart.to_csv(tmp_path / "shown.csv")
    assert pd.read_csv(tmp_path / "shown.csv")["pump"].unique().tolist() == ["IDLE", "RUN"]
    chart._show_lane(2, False)
    chart.to_svg(tmp_path / "shown.svg")
    assert "pump" not in (tmp_path / "shown.svg").read_text("utf-8")
    chart.close()


def test_lines_and_areas_of_the_figure_are_in_pictures(buffer: ns.Buffer, tmp_path: Path) -> None:
    """What `add_hline` and its kind put across the chart is drawn in its row, with its text."""
    chart = ns.LiveChart(buffer, window="30s", rows=[["up"], ["down"]])
    chart.add_hline(y=45, line_color="#ff0000", annotation_text="much")
    chart.add_vrect(
        x0="2026-07-01 14:00:40",
        x1="2026-07-01 14:00:50",
        fillcolor="#00ff00",
        opacity=0.5,
        line_width=0,
    )
    chart.add_vline(x="2026-07-01 14:00:35", line_color="#ff00ff", line_dash="dash")
    chart.add_hline(y=9000, line_color="#00ffff")  # out of sight
    shapes = [[axis.shapes for axis in row] for row in chart._kept().rows]
    assert [len(row[0]) for row in shapes] == [4, 2]
    chart.to_png(tmp_path / "shown.png")
    picture = pixels((tmp_path / "shown.png").read_bytes())
    assert is_color(picture, "#ff0000").any(axis=0).mean() > 0.8
    assert 0.2 < is_color(picture, "#80ff80", 8).any(axis=0).mean() < 0.4
    assert is_color(picture, "#ff00ff").any()
    assert not is_color(picture, "#00ffff").any()
    chart.to_svg(tmp_path / "shown.svg")
    assert ">much<" in (tmp_path / "shown.svg").read_text("utf-8")
    chart.close()
