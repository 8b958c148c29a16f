"""The chart of a training: what belongs to which run, what its page is told, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.errors import ParseError
from nbstream.readings.buffer import Buffer
from nbstream.sources import CsvSource, TrainingSource
from nbstream.widgets.plots.training import TrainingChart
from nbstream.widgets.plots.training_runs import metric_of
from tests.wait import wait_until
from tests.widgets.fake_page import FakePage

NAN = float("nan")


@pytest.fixture
def live() -> Iterator[TrainingSource]:
    """A source that nothing was logged to yet."""
    live = TrainingSource()
    yield live
    live.close()


@pytest.fixture
def make(page: FakePage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what makes charts, which are closed at the end."""
    for name, stand_in in page.options.items():
        monkeypatch.setattr(TrainingChart, f"_{name}", stand_in)
    made = []

    def make(*runs: Any, **options: Any) -> TrainingChart:
        made.append(TrainingChart(*runs, **options))
        return made[-1]

    yield make
    for chart in made:
        chart.close()


def logged(live: TrainingSource) -> TrainingSource:
    """Return the source once all that was logged is in its buffer."""
    live.stop()
    return live


def lines(chart: TrainingChart) -> dict[tuple[str, str], tuple[list[float], list[float]]]:
    """Return steps and means by run and metric."""
    frame = chart.to_frame()
    return {
        key: (part["x"].tolist(), part["mean"].tolist())
        for key, part in frame.groupby(["run", "metric"], sort=False)
    }


def test_runs_of_one_source_lie_over_each_other(live: TrainingSource, make: Any) -> None:
    """By step, whenever they were; a step belongs to its own run."""
    for name, factor in (("adam", 1.0), ("sgd", 2.0)):
        run = live.run(name)
        for step in range(5):
            run.log(loss=factor * step, step=step)
    assert lines(make(logged(live))) == {
        ("adam", "loss"): ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4]),
        ("sgd", "loss"): ([0, 1, 2, 3, 4], [0, 2, 4, 6, 8]),
    }


def test_a_loop_that_begins_anew_is_another_run(live: TrainingSource, make: Any) -> None:
    """Its metrics that are logged seldom go with it, whatever their first step was."""
    for n in (6, 4):
        for step in range(n):
            live.log(loss=step, step=step)
            if step % 2:
                live.log({"val/loss": 10 + step}, step=step)
    chart = make(logged(live))
    assert chart.runs == ("run 1", "run 2")
    assert lines(chart)["run 2", "val/loss"] == ([1, 3], [11, 13])


def test_a_checkpoint_goes_on_from_where_it_was(
    live: TrainingSource, make: Any, page: FakePage
) -> None:
    """One run, whose line has the newest values; what it had beyond is sent too, and told."""
    for step in [0, 1, 2, 3, 4, 2, 3]:
        live.log(loss=10 * step + 1, val_loss=step, step=step)
    chart = make(logged(live))
    assert chart.runs == ("run",)
    state = page.show(chart)
    assert "went back from step 4 to 2" in state["facts"]
    (loss,) = [one for one in state["rows"][0]["series"] if one["name"] == "train"]
    assert loss["points"][0] == [0, 1, 2, 3]
    assert loss["before"] == [[[1, 2, 3, 4], [11, 21, 31, 41]]]


def test_steps_that_are_counted_anew_in_each_epoch_go_on(live: TrainingSource, make: Any) -> None:
    """The epoch that is logged beside says that it is the same run."""
    for epoch in range(3):
        for step in range(4):
            live.log(loss=step, step=step, epoch=epoch)
    chart = make(logged(live))
    assert lines(chart) == {("run", "loss"): (list(range(12)), [0, 1, 2, 3] * 3)}


def test_a_metric_without_a_step_has_the_one_before(live: TrainingSource, make: Any) -> None:
    """Validation that is logged alone stands where the training was."""
    live.log(val_loss=5.0)
    for step in range(4):
        live.log(loss=step, step=step)
    live.log(val_loss=1.0)
    assert lines(make(logged(live)))["run", "val_loss"] == ([3], [1])


@pytest.mark.parametrize(
    ("x", "expected", "title"),
    [
        (None, [0, 10, 20], "step"),
        ("epoch", [0.5, 1, 1.5], "epoch"),
        ("tokens", [512, 1024, 1536], "tokens"),
    ],
)
def test_the_axis_can_be_chosen(
    live: TrainingSource,
    make: Any,
    page: FakePage,
    x: str | None,
    expected: list[float],
    title: str,
) -> None:
    """Steps, epochs and their parts, or any channel that grows; none of them is a metric then."""
    for i in range(3):
        live.log(loss=i, step=10 * i, epoch=0.5 * (i + 1), tokens=512 * (i + 1))
    chart = make(logged(live), x=x)
    assert lines(chart)["run", "loss"][0] == expected
    assert "step" not in chart.channels
    assert page.show(chart)["x"] == title


def test_without_steps_readings_are_counted(
    live: TrainingSource, make: Any, page: FakePage
) -> None:
    """Or epochs, where these are logged; steps that come late are the axis from the first on."""
    live.log(loss=3.0)
    live.log(loss=2.0)
    chart = make(live)
    wait_until(lambda: lines(chart) == {("run", "loss"): ([0, 1], [3, 2])})
    assert page.show(chart)["x"] == "reading"
    live.log(loss=1.0, step=7)
    wait_until(lambda: lines(chart) == {("run", "loss"): ([7], [1])})


def test_nan_is_a_gap_and_told(live: TrainingSource, make: Any, page: FakePage) -> None:
    """With where it began; an infinite loss is one too."""
    for step in range(6):
        live.log(loss=(1.0, 0.5, NAN, float("inf"), NAN, 0.5)[step], step=step)
    state = page.show(make(logged(live)))
    (series,) = state["rows"][0]["series"]
    assert series["points"][1] == [1.0, 0.5, None, None, None, 0.5]
    assert series["missing"] == [2, 3, 4]
    assert "3 NaN in loss, from step 2 on" in state["facts"]


def test_many_missing_steps_are_marked_from_the_first_to_the_last(
    live: TrainingSource, make: Any, page: FakePage
) -> None:
    """Not the last hundred alone; and where steps share a point, it is told where that began."""
    for step in range(3000):
        live.log(loss=NAN if step >= 1001 else 1.0, step=step)
    state = page.show(make(logged(live)))
    (series,) = state["rows"][0]["series"]
    assert len(series["missing"]) == 100
    assert series["missing"][0] < 1010
    assert series["missing"][-1] > 2990
    assert "1,999 NaN in loss, from step 1,001 on" in state["facts"]


def test_a_view_that_goes_near_gets_every_step(
    live: TrainingSource, make: Any, page: FakePage
) -> None:
    """Where a line has more steps than are drawn; with a point more at each end, so that it goes on."""
    for step in range(10_000):
        live.log(loss=step, step=step)
    chart = make(logged(live))
    (series,) = page.show(chart)["rows"][0]["series"]
    assert len(series["points"][0]) <= 1024
    lines = page.answer(kind="detail", low=5000.5, high=5010.5)["value"]["lines"]
    found = lines[series["id"]]
    assert found["points"] == [[float(x) for x in range(5000, 5012)]] * 2 + [[], []]
    for low, high in ((2, 1), ("1", 2), (0, 1e300), (True, 5), (None, None)):
        n = chart.n_ignored
        page.say({"kind": "detail", "low": low, "high": high, "client": "a", "request": 1})
        assert chart.n_ignored == n + 1


def test_metrics_of_one_kind_share_a_row(live: TrainingSource, make: Any, page: FakePage) -> None:
    """Training is drawn plain, validation dashed; losses stand first. One run alone has a colour for each."""
    values = {"lr": 0.1, "train/acc": 0.5, "val_acc": 0.4, "train_loss": 1, "loss/val": 2}
    live.log(values, step=0)
    wait_until(lambda: live.counters().accepted == 1)
    rows = page.show(make(live))["rows"]
    told = [[(x["name"], x["palette"], x["dash"]) for x in row["series"]] for row in rows]
    both = [("train", 0, "solid"), ("val", 1, "solid")]
    assert told == [both, [("train", 0, "solid")], both]
    live.log(values, step=0, run="b")
    chart = make(logged(live))
    rows = page.show(chart)["rows"]
    told = [(row["metric"], [(x["part"], x["dash"]) for x in row["series"]]) for row in rows]
    assert told == [
        ("loss", [("train", "solid"), ("val", "dash")] * 2),
        ("lr", [("", "solid")] * 2),
        ("acc", [("train", "solid"), ("val", "dash")] * 2),
    ]
    chart = make(live, metrics=["val_acc", "lr"])
    rows = page.show(chart)["rows"]
    assert [row["metric"] for row in rows] == ["lr", "val_acc"]


@pytest.mark.parametrize(
    ("name", "metric", "part"),
    [
        ("loss", "loss", ""),
        ("eval_loss", "loss", "eval"),
        ("train_loss_step", "loss", "train"),
        ("train_loss_epoch", "loss", "train epoch"),
        ("val/top-5", "top-5", "val"),
        ("Loss/Validation", "Loss", "validation"),
        ("trainer_loss", "trainer_loss", ""),
        ("test", "test", ""),
    ],
)
def test_a_name_says_metric_and_part(name: str, metric: str, part: str) -> None:
    """As Keras, Lightning, Hugging Face and writers of TensorBoard name them."""
    assert metric_of(name) == (metric, part)


def test_a_page_gets_the_ends_of_lines(live: TrainingSource, make: Any, page: FakePage) -> None:
    """What it has is not sent again; a snapshot has all, and nothing comes while nothing changes."""
    for step in range(500):
        live.log(loss=step, step=step)
    wait_until(lambda: live.counters().accepted == 500)
    chart = make(live)
    page.show(chart)
    assert all("state" not in message for message in page.step())
    live.log(loss=1.0, step=500)
    wait_until(lambda: live.counters().accepted == 501)
    (frame,) = [message["state"] for message in page.step() if "state" in message]
    (series,) = frame["rows"][0]["series"]
    assert (series["from"], series["points"][:2]) == (500, [[500], [1.0]])
    assert len(json.dumps(frame)) < 1000
    (series,) = page.show(chart)["rows"][0]["series"]
    assert (series["from"], len(series["points"][0])) == (0, 501)


def test_many_lines_are_bounded(live: TrainingSource, make: Any, page: FakePage) -> None:
    """Of runs the newest eight are drawn, of metrics the first six; the others are counted."""
    for run in range(10):
        live.log({f"m{i}": i for i in range(9)}, step=1, run=f"r{run}")
    state = page.show(make(logged(live)))
    assert [row["metric"] for row in state["rows"]] == [f"m{i}" for i in range(6)]
    assert state["more"] == 3
    assert "the newest 8 of 10 runs" in state["facts"]
    assert [one["name"] for one in state["rows"][0]["series"]] == [f"r{i}" for i in range(2, 10)]
    assert len({one["palette"] for one in state["rows"][0]["series"]}) == 8


def test_recordings_lie_over_what_is_live(live: TrainingSource, make: Any, tmp_path: Path) -> None:
    """Runs of an earlier kernel are read as a whole, and called by their files."""
    pytest.importorskip("pyarrow")
    earlier = TrainingSource()
    recording = earlier.record(tmp_path / "monday.parquet")
    for step in range(3000):
        earlier.log(loss=NAN if step == 7 else 1.0, step=step)
    earlier.stop()
    recording.stop()
    earlier.close()
    live.log(loss=2.0, step=0)
    chart = make(tmp_path / "monday.parquet", logged(live))
    assert chart.runs == ("monday", live.name)
    frame = chart.to_frame()
    monday = frame[frame["run"] == "monday"]
    assert (monday["n"].sum(), monday["missing"].sum()) == (2999, 1)
    alone = make(str(tmp_path / "monday.parquet"))
    assert alone.runs == ("run",)
    (tmp_path / "bad.parquet").write_bytes(b"no recording")
    with pytest.raises(ParseError):
        TrainingChart(tmp_path / "bad.parquet")
    with pytest.raises(FileNotFoundError):
        TrainingChart(tmp_path / "none.parquet")


def test_what_leaves_the_buffer_stays_on_the_line(make: Any) -> None:
    """While nobody looks too; what was gone before the chart was made is told."""
    source = TrainingSource(buffer=Buffer(capacity=4096))
    chart = make(source)
    for step in range(100_000):
        source.log(loss=1.0, step=step)
        if not step % 2000:
            wait_until(lambda: not source._waiting)
    source.stop()
    late = make(source)
    (line,) = chart._runs.runs[0].lines.values()
    assert line.n > 90_000 - 66_000
    assert "without" in " ".join(late._state()["facts"])
    source.close()


def test_blank_cells_of_a_table_are_no_gaps(make: Any, tmp_path: Path) -> None:
    """Lightning's metrics.csv has a row for training and one for validation, each with blanks."""
    path = tmp_path / "metrics.csv"
    rows = ["epoch,step,train_loss,val_loss"]
    for step in range(0, 100, 10):
        rows.append(f"{step // 50},{step},{1 / (step + 1)},")
        if step % 50 == 40:
            rows.append(f"{step // 50},{step + 9},,{2 / (step + 1)}")
    path.write_text("\n".join(rows) + "\n")
    with CsvSource(path) as source:
        chart = make(source)
        wait_until(lambda: len(lines(chart).get(("run", "val_loss"), ([], []))[0]) == 2)
        assert lines(chart)["run", "val_loss"][0] == [49, 99]
        assert lines(chart)["run", "train_loss"][0] == list(range(0, 100, 10))
        assert not any("NaN" in fact for fact in chart._state()["facts"])


def test_a_picture_and_a_table_are_kept(live: TrainingSource, make: Any) -> None:
    """A saved notebook has the lines, and per line its last, least and greatest value."""
    for name in ("a", "b"):
        for step in range(20):
            live.log(loss=1 / (step + 1), step=step, run=name)
    chart = make(logged(live), title="Optimisers", log=True)
    kept = chart._kept("mark")
    assert "image/png" in kept
    assert "0.05" in kept["text/plain"]
    assert "step 19" in kept["text/html"]


def test_buffers_and_analyzers_are_runs_too(make: Any) -> None:
    """By their own names; an analyzer that was given goes on after the chart."""
    first, second = Buffer(), Buffer()
    for buffer in (first, second):
        buffer.extend(np.arange(3.0), loss=[3.0, 2.0, 1.0], step=[0.0, 1.0, 2.0])
    with Analyzer(second, "all") as analyzer:
        chart = make(first, analyzer)
        assert chart.runs == ("buffer 1", "buffer 2")
        chart.close()
        assert not analyzer.is_closed


@pytest.mark.parametrize(
    ("runs", "options", "error", "said"),
    [
        ((), {}, TypeError, "got none"),
        ((5,), {}, TypeError, "got int"),
        ((Buffer(),), {"metrics": []}, ValueError, "1 to 20"),
        ((Buffer(),), {"metrics": 5}, TypeError, "'metrics'"),
        ((Buffer(),), {"log": "yes"}, TypeError, "'log'"),
        ((Buffer(),), {"height": 5}, ValueError, "'height'"),
        ((Buffer(),), {"x": 5}, TypeError, "name"),
    ],
)
def test_bad_arguments_are_refused(runs: Any, options: Any, error: type, said: str) -> None:
    """With what was wrong, and without a widget or thread that stays."""
    with pytest.raises(error, match=said):
        TrainingChart(*runs, **options)


def test_it_waits_for_what_was_chosen(live: TrainingSource, make: Any, page: FakePage) -> None:
    """And says what there is."""
    chart = make(live, metrics="acc")
    assert page.show(chart)["waiting"] == "waiting for log(…)"
    live.log(loss=1.0, step=0)
    wait_until(lambda: "there is 'loss'" in chart._state()["waiting"])
