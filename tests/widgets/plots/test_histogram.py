"""The histogram: what it counts, what its page is told, what it refuses."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.widgets.chart.look import PALETTE
from nbstream.widgets.keep.canvas import tint
from nbstream.widgets.plots.histogram import Histogram
from tests.widgets.fake_page import FakePage
from tests.widgets.keep.scenes import is_color, pixels


def rng() -> np.random.Generator:
    """Return random numbers that are the same for each test, in whatever order they run."""
    return np.random.default_rng(5)


@pytest.fixture
def buffer() -> Buffer:
    """Return a buffer without readings."""
    return Buffer(timezone="UTC")


@pytest.fixture
def analyzer(buffer: Buffer) -> Iterator[Analyzer]:
    """Yield an analyzer of all that the buffer holds."""
    with Analyzer(buffer, "all") as analyzer:
        yield analyzer


@pytest.fixture
def make(analyzer: Analyzer, page: FakePage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what makes histograms, which are closed at the end."""
    for name, stand_in in page.options.items():
        monkeypatch.setattr(Histogram, f"_{name}", stand_in)
    made = []

    def make(*arguments: Any, **options: Any) -> Histogram:
        made.append(Histogram(analyzer, *arguments, **options))
        return made[-1]

    yield make
    for histogram in made:
        histogram.close()


def test_counts_what_the_window_holds(buffer: Buffer, analyzer: Analyzer, make: Any) -> None:
    """Counts are numpy's in the same edges, and follow the window that is chosen."""
    values = rng().normal(20, 1, 500)
    buffer.extend(np.arange(500.0), x=values)
    histogram = make()
    assert histogram.counts.tolist() == np.histogram(values, histogram.edges)[0].tolist()
    analyzer.window = 100
    assert histogram.counts.sum() == 100


def test_a_page_sees_bins_quantiles_and_the_newest(
    buffer: Buffer, page: FakePage, make: Any
) -> None:
    """The state has edges, counts, quantiles, the newest value, the unit and limits of rules."""
    buffer.units["x"] = "°C"
    buffer.extend(np.arange(100.0), x=np.arange(100.0))
    histogram = make(title="Room")
    histogram.analyzer.alert("value > 90", name="hot")
    histogram.analyzer.update()
    state = page.show(histogram)
    (row,) = state["rows"]
    (series,) = row["series"]
    assert state["title"] == "Room"
    assert row["unit"] == "°C"
    assert sum(series["counts"]) == 100
    assert len(row["edges"]) == len(series["counts"]) + 1
    assert series["last"] == 99
    assert series["quantiles"] == [["p50", 49.5], ["p95", pytest.approx(94.05)]]
    assert row["limits"] == [{"value": 90, "text": "hot", "severity": "warning"}]


def test_nothing_is_sent_while_nothing_changes(buffer: Buffer, page: FakePage, make: Any) -> None:
    """A frame follows a reading; without any the page is only kept alive."""
    buffer.append(0.0, x=1.0)
    page.show(make())
    assert all("state" not in message for message in page.step())
    buffer.append(1.0, x=2.0)
    assert sum("state" in message for message in page.step()) == 1


def test_channels_of_one_unit_share_a_row(buffer: Buffer, page: FakePage, make: Any) -> None:
    """Two temperatures are in the same bins; a humidity, and channels without unit, have rows."""
    buffer.units.update({"a": "°C", "b": "°C", "c": "%"})
    buffer.extend(
        [0.0, 1.0], a=[1.0, 2.0], b=[3.0, 4.0], c=[50.0, 51.0], d=[1.0, 1.0], e=[9.0, 9.0]
    )
    rows = page.show(make())["rows"]
    assert [[one["name"] for one in row["series"]] for row in rows] == [
        ["a", "b"],
        ["c"],
        ["d"],
        ["e"],
    ]
    assert [one["palette"] for row in rows for one in row["series"]] == [0, 1, 2, 3, 4]


def test_a_channel_can_be_chosen(buffer: Buffer, page: FakePage, make: Any) -> None:
    """Only what was named is shown; the colour is that of charts over time."""
    buffer.extend([0.0, 1.0], a=[1.0, 2.0], b=[3.0, 4.0])
    histogram = make("b")
    (row,) = page.show(histogram)["rows"]
    assert [(one["name"], one["palette"]) for one in row["series"]] == [("b", 1)]
    assert histogram.counts.sum() == 2


def test_says_what_it_waits_for(buffer: Buffer, page: FakePage, make: Any) -> None:
    """Without readings it says so; of a name that isn't there it says which are."""
    histogram = make("temprature")
    assert page.show(histogram)["waiting"] == "waiting for buffer.append(…)"
    assert (len(histogram.edges), len(histogram.counts), len(histogram.to_frame())) == (0, 0, 0)
    buffer.append(0.0, temperature=1.0)
    (told,) = [message["state"] for message in page.step() if "state" in message]
    assert told["waiting"] == "waiting for channel 'temprature'; there is 'temperature'"


def test_missing_and_infinite_readings_are_counted_apart(
    buffer: Buffer, page: FakePage, make: Any
) -> None:
    """NaN and infinity are in no bin, and are told."""
    buffer.extend(np.arange(5.0), x=[1.0, np.nan, np.inf, -np.inf, 2.0])
    (row,) = page.show(make())["rows"]
    assert row["series"][0]["missing"] == 3
    assert sum(row["series"][0]["counts"]) == 2


@pytest.mark.parametrize(
    "values",
    [
        [1e308, -1e308, 1.7e308],
        [1e-308, 2e-308, 5e-324],
        [1e9 + 1e-6, 1e9 + 2e-6, 1e9],
        [0.0, 0.0],
        [-0.0],
        [np.nan, np.nan],
    ],
)
def test_any_readings_make_a_state(
    values: list[float], buffer: Buffer, page: FakePage, make: Any
) -> None:
    """What is huge, tiny, flat or missing is shown as strict JSON, and every reading is somewhere."""
    buffer.extend(np.arange(float(len(values))), x=values)
    (row,) = page.show(make())["rows"]
    (one,) = row["series"]
    assert sum(one["counts"]) + one["below"] + one["above"] + one["missing"] == len(values)


def test_the_frame_has_a_row_for_each_bin(buffer: Buffer, make: Any) -> None:
    """Densities have an area of 1, of each channel."""
    buffer.extend(np.arange(100.0), a=rng().normal(0, 1, 100), b=rng().normal(5, 2, 100))
    frame = make().to_frame()
    assert list(frame.columns) == ["channel", "left", "right", "count", "density"]
    for _, one in frame.groupby("channel"):
        assert one["count"].sum() == 100
        assert (one["density"] * (one["right"] - one["left"])).sum() == pytest.approx(1)


def test_counts_can_be_read_from_any_thread(buffer: Buffer, make: Any) -> None:
    """While a thread feeds, others read whole histograms."""
    buffer.append(0.0, x=0.0)
    histogram = make()
    errors: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(50):
                frame = histogram.to_frame()
                assert frame["count"].sum() >= 1
        except BaseException as error:
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(200):
        buffer.append(float(i + 1), x=float(i % 7))
    for reader in readers:
        reader.join()
    assert not errors
    assert histogram.counts.sum() == 201


def test_a_closed_analyzer_is_told(
    buffer: Buffer, analyzer: Analyzer, page: FakePage, make: Any
) -> None:
    """The page says that the analyzer was closed, and keeps what it shows."""
    buffer.append(0.0, x=1.0)
    page.show(make())
    analyzer.close()
    (told,) = [message["state"] for message in page.step() if "state" in message]
    assert told["ended"] == "closed"


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"bins": 0}, ValueError, "'bins' must be 1 to 1000 (got 0)."),
        (
            {"bins": True},
            TypeError,
            "'bins' must be None, 'log', a number of bins or edges that ascend (got True).",
        ),
        ({"bins": [1.0]}, ValueError, "edges that ascend, 2 to 1001 of them (got 1)."),
        ({"bins": [1.0, 1.0]}, ValueError, "edges that ascend (got [1.0, 1.0])."),
        ({"bins": [0.0, np.inf]}, ValueError, "edges that ascend (got [0.0, inf])."),
        ({"density": 1}, TypeError, "'density' must be True or False (got 1)."),
        ({"quantiles": [50]}, ValueError, "A quantile must be between 0 and 1 (got 50)."),
        (
            {"quantiles": "p50"},
            TypeError,
            "'quantiles' must be numbers such as (0.5, 0.95) (got 'p50').",
        ),
        ({"height": 20}, ValueError, "'height' must be 120 to 4000 px (got 20)."),
        ({"title": 3}, TypeError, "'title' must be text (got 3)."),
        ({"channel": 3}, TypeError, "'channel' must be the name of a channel, or several (got 3)."),
    ],
)
def test_refuses_what_it_cannot_take(
    options: dict[str, Any], error: type[Exception], text: str, make: Any
) -> None:
    """Errors say what was wrong and what was given."""
    with pytest.raises(error, match=re.escape(text)):
        make(**options)


def test_needs_an_analyzer(buffer: Buffer) -> None:
    """A buffer alone has no window; the error says what to write."""
    with pytest.raises(TypeError, match=r"Histogram needs an Analyzer \(got Buffer\)"):
        Histogram(buffer)  # type: ignore[arg-type]


def test_the_notebook_keeps_a_picture_and_a_table(buffer: Buffer, make: Any) -> None:
    """What is kept has a PNG, the counts in a table, and when it was recorded; names are text."""
    buffer.extend(np.arange(100.0), **{"a<b": rng().normal(0, 1, 100)})
    kept = make(title="Room")._kept("mark")
    assert kept.keys() == {"image/png", "text/html", "text/plain"}
    assert base64.b64decode(kept["image/png"]).startswith(b"\x89PNG")
    assert re.match(r"Room, recorded .* UTC, not live\nname .*\na<b +100 ", kept["text/plain"])
    assert "a&lt;b" in kept["text/html"]
    assert "a<b" not in kept["text/html"]
    assert sum(map(len, kept.values())) < 150_000


def test_log_bins_are_for_readings_over_powers_of_ten(
    buffer: Buffer, page: FakePage, make: Any
) -> None:
    """Latencies are counted in bins that widen by the same factor; zero and less lies below the axis."""
    buffer.units["x"] = "ms"
    values = np.concatenate([rng().lognormal(2, 1.5, 1000), [0.0, -1.0]])
    buffer.extend(np.arange(1002.0), x=values)
    histogram = make(bins="log")
    ratios = histogram.edges[1:] / histogram.edges[:-1]
    np.testing.assert_allclose(ratios, ratios[0])
    assert histogram.counts.tolist() == np.histogram(values, histogram.edges)[0].tolist()
    (row,) = page.show(histogram)["rows"]
    assert row["decades"] == pytest.approx(np.log10(ratios[0]))
    assert row["width"] is None
    assert row["series"][0]["below"] == 2


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("bins", [None, "log"])
@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("values", [[1.0], [0.0, -1.0], [1e-300, 1e300], [1e308], [3.0] * 50])
def test_any_readings_are_kept(
    values: list[float], density: bool, bins: Any, log: bool, buffer: Buffer, make: Any
) -> None:
    """Whatever the axes are, there is a picture."""
    buffer.extend(np.arange(float(len(values))), x=values)
    assert "image/png" in make(bins=bins, log=log, density=density)._kept("mark")


def test_a_kept_picture_has_the_axes_of_the_page(buffer: Buffer, make: Any) -> None:
    """A logarithmic axis of counts shows what a linear one has no room for."""
    buffer.extend(np.arange(10_001.0), x=np.r_[rng().normal(0, 1, 10_000), 9.0])
    tinted = []
    for log in (False, True):
        picture = pixels(base64.b64decode(make(log=log, bins=20)._kept("mark")["image/png"]))
        right = picture[:, int(0.9 * picture.shape[1]) :]
        tinted.append(int(is_color(right, tint(PALETTE[0]), 6).sum()))
    assert tinted[0] < 100 < tinted[1]


def test_nothing_is_kept_of_nothing_but_words(make: Any) -> None:
    """Before a reading there is no picture, and what is waited for."""
    kept = make()._kept("mark")
    assert "image/png" not in kept
    assert "waiting for buffer.append(…)" in kept["text/html"]
