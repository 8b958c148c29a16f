"""Tests of watch: anything that yields numbers becomes a dashboard, or a helpful error."""

from __future__ import annotations

import asyncio
import itertools
import queue
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest

from nbstream.analysis.analyzer import Analyzer
from nbstream.readings.buffer import Buffer
from nbstream.sources import (
    CallableSource,
    CsvSource,
    IterableSource,
    ProcessSource,
    RandomSource,
    SourceState,
)
from nbstream.widgets.dashboard import Dashboard
from nbstream.widgets.watch import watch
from tests.conftest import our_threads
from tests.wait import wait_until

CSV = "timestamp,value\n2026-07-01 12:00:00,5\n2026-07-01 12:00:01,95\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a CSV file with two readings."""
    path = tmp_path / "streaming_data.csv"
    path.write_text(CSV)
    return path


def has(dashboard: Dashboard, n: int) -> bool:
    """Return whether `n` readings came in, and let the analyzer see them."""
    are_there = len(dashboard.analyzer.buffer) >= n
    dashboard.analyzer.update()
    return are_there


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_read(path: Path, kind: Any) -> None:
    """A path of either type is tailed, and closing the dashboard ends that."""
    dashboard = watch(kind(path), alerts=["value > 90"])
    source = dashboard.source
    assert isinstance(source, CsvSource)
    wait_until(lambda: has(dashboard, 2))
    wait_until(lambda: dashboard.analyzer.alerts.n_fired == 1)
    dashboard.close()
    assert not source.is_running
    assert dashboard.analyzer.is_closed


def every(tmp_path: Path, seconds: float) -> Path:
    """Return the path of a file of 500 readings that come so often, up to now."""
    now = pd.Timestamp.now("UTC")
    times = pd.date_range(end=now, periods=500, freq=pd.Timedelta(seconds=seconds))
    path = tmp_path / f"{seconds}.csv"
    pd.DataFrame({"timestamp": times, "value": range(500)}).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("seconds", "window"),
    [(0.1, "60s"), (1, "60s"), (5, "5min"), (60, "1h"), (300, "6h"), (3600, "7d")],
)
def test_the_window_holds_enough_readings(seconds: float, window: str, tmp_path: Path) -> None:
    """Where nobody names a window, it holds about 60 readings of those that come; a note says so."""
    dashboard = watch(every(tmp_path, seconds))

    def is_told() -> bool:
        notes = [event.text for event in dashboard.analyzer.buffer.events]
        return any(text.startswith(f"The window is {window}") for text in notes)

    wait_until(lambda: has(dashboard, 500) and dashboard.analyzer.window == window, 10)
    if window != "60s":  # the note follows the window
        wait_until(is_told, 10)
    dashboard.analyzer.update()
    assert dashboard.analyzer.count >= 60
    assert is_told() == (window != "60s")
    dashboard.close()


def test_a_window_that_is_set_stays(tmp_path: Path) -> None:
    """A window that somebody names, or chooses before there are readings, is theirs."""
    path = every(tmp_path, 300)
    dashboard = watch(path, window="60s")
    wait_until(lambda: has(dashboard, 500))
    assert dashboard.analyzer.window == "60s"
    dashboard.close()
    buffer = Buffer()
    dashboard = watch(buffer)
    dashboard.analyzer.window = "10s"
    buffer.extend(np.arange(500) * 300.0, x=np.arange(500.0))
    dashboard.analyzer.update()
    assert dashboard.analyzer.window == "10s"
    dashboard.close()


def test_options_go_to_the_source_or_the_chart(path: Path) -> None:
    """Each option finds its taker; one that none knows is an error with the nearest."""
    dashboard = watch(path, timezone="UTC", height=222, title="Boiler")
    assert str(dashboard.analyzer.buffer.timezone) == "UTC"
    assert dashboard.chart.layout.height == 222
    assert dashboard.controls.title == "Boiler"
    dashboard.close()
    with pytest.raises(TypeError, match=r"no option 'timezon'. Did you mean 'timezone'"):
        watch(path, timezon="UTC")


def test_a_missing_path_names_its_neighbour(path: Path) -> None:
    """A typo in a file's name is answered with the file that is there."""
    with pytest.raises(FileNotFoundError, match=r"Did you mean '.*streaming_data\.csv'"):
        watch(path.with_name("streaming_dat.csv"))


def test_a_missing_path_without_neighbour_tells_how_to_wait(tmp_path: Path) -> None:
    """A file that does not exist yet needs wait=True."""
    with pytest.raises(FileNotFoundError, match="wait=True"):
        watch(tmp_path / "later.csv")


def test_wait_waits_for_the_file(tmp_path: Path) -> None:
    """With wait=True the source connects when the file is there."""
    path = tmp_path / "later.csv"
    dashboard = watch(path, wait=True)
    wait_until(lambda: dashboard.source.state is SourceState.CONNECTING)
    path.write_text(CSV)
    wait_until(lambda: has(dashboard, 2))
    dashboard.close()


def test_a_directory_is_refused(tmp_path: Path) -> None:
    """A directory has no readings."""
    with pytest.raises(IsADirectoryError, match="directory"):
        watch(tmp_path)


def test_a_command_in_one_str_is_refused_with_its_list() -> None:
    """A str is a path and never a command; the error shows how to write it."""
    python = Path(sys.executable).as_posix()
    with pytest.raises(FileNotFoundError, match=r"pass a list: watch\(\['.*', 'x\.py'\]\)"):
        watch(f"'{python}' x.py")


def test_a_list_of_str_is_a_command() -> None:
    """What the program prints is read, and the program ends with the dashboard."""
    code = "import time\nfor i in range(9999): print(i, flush=True); time.sleep(0.01)"
    dashboard = watch([sys.executable, "-c", code])
    assert isinstance(dashboard.source, ProcessSource)
    wait_until(lambda: has(dashboard, 3))
    dashboard.close()
    assert not dashboard.source.is_running


def test_a_callable_is_called() -> None:
    """A function is called every `interval` seconds."""
    count = itertools.count()
    dashboard = watch(lambda: next(count), interval=0.01)
    assert isinstance(dashboard.source, CallableSource)
    wait_until(lambda: has(dashboard, 3))
    dashboard.close()


@pytest.mark.parametrize("what", [[1.0, 2.0, 6.0], (1.0, 2.0, 6.0), iter([1.0, 2.0, 6.0])])
def test_an_iterable_is_read(what: Any) -> None:
    """Lists of numbers, tuples and iterators are readings one after the other."""
    dashboard = watch(what, window="all")
    assert isinstance(dashboard.source, IterableSource)
    wait_until(lambda: has(dashboard, 3))
    assert dashboard.analyzer.mean == 3.0
    dashboard.close()


def test_a_generator_function_is_called_once() -> None:
    """A generator function stands for the generator that it makes."""

    def readings() -> Iterator[float]:
        yield 1.0
        yield 2.0

    dashboard = watch(readings)
    wait_until(lambda: has(dashboard, 2))
    dashboard.close()


def test_a_source_is_started_and_goes_on() -> None:
    """A source that was given is started if it never was, and is not ended."""
    source = RandomSource(interval=60)
    dashboard = watch(source)
    assert source.is_running
    dashboard.close()
    assert source.is_running
    source.close()


def test_a_stopped_source_stays_stopped() -> None:
    """Somebody stopped it: that is not undone."""
    source = RandomSource(interval=60).start()
    source.stop()
    watch(source).close()
    assert source.state is SourceState.STOPPED
    source.close()


def test_a_buffer_and_an_analyzer_are_shown() -> None:
    """Both are used as they are, and stay open."""
    buffer = Buffer()
    dashboard = watch(buffer)
    assert dashboard.analyzer.window == "60s"
    dashboard.close()
    buffer.append(1.0, x=1.0)
    with Analyzer(buffer, window="5min") as analyzer:
        dashboard = watch(analyzer)
        assert dashboard.analyzer is analyzer
        assert analyzer.window == "5min"
        dashboard.close()
        assert not analyzer.is_closed


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(
            {"temp": [1.0, 3.0, 2.0], "room": ["a", "b", "c"]},
            index=pd.DatetimeIndex(["2026-07-01", "2026-07-03", "2026-07-02"], tz="UTC"),
        ),
        pd.DataFrame(
            {
                "temp": [1, 3, 2],
                "Time": ["2026-07-01T00:00Z", "2026-07-03T00:00Z", "2026-07-02T00:00Z"],
            }
        ),
        pd.DataFrame({"temp": [1, 3, 2], "t": [1782864000.0, 1783036800.0, 1782950400.0]}),
        pd.Series(
            [1.0, 3.0, 2.0],
            index=pd.to_datetime(["2026-07-01", "2026-07-03", "2026-07-02"], utc=True),
            name="temp",
        ),
    ],
    ids=["index", "text column", "seconds", "series"],
)
def test_a_dataframe_is_shown_whole(frame: Any) -> None:
    """Times come from index or column, rows are put in order, text columns are left alone."""
    dashboard = watch(frame)
    dashboard.analyzer.update()
    held = dashboard.analyzer.buffer.to_pandas()
    assert list(held.columns) == ["temp"]
    assert held["temp"].tolist() == [1.0, 2.0, 3.0]
    assert held.index[0] == pd.Timestamp("2026-07-01", tz="UTC")
    assert dashboard.analyzer.window == "all"
    dashboard.close()


def test_a_dataframe_with_gaps(caplog: pytest.LogCaptureFixture) -> None:
    """A row without a time is left out and told, a missing value is NaN."""
    frame = pd.DataFrame(
        {
            "time": [pd.Timestamp(0, tz="UTC"), pd.NaT, pd.Timestamp(1e9, tz="UTC")],
            "x": [1, 2, None],
        }
    )
    dashboard = watch(frame)
    values = dashboard.analyzer.buffer.to_pandas()["x"].to_numpy()
    assert np.array_equal(values, [1.0, np.nan], equal_nan=True)
    assert any("1 rows without a time" in event.text for event in dashboard.analyzer.buffer.events)
    dashboard.close()


def test_a_dataframe_that_has_no_times_or_numbers_is_refused() -> None:
    """The error says which columns there are."""
    with pytest.raises(ValueError, match=r"no times.*\['x'\].*Pass time="):
        watch(pd.DataFrame({"x": [1.0]}))
    index = pd.DatetimeIndex(["2026-07-01"])
    with pytest.raises(ValueError, match=r"no column of numbers.*\['x'\]"):
        watch(pd.DataFrame({"x": ["a"]}, index=index))
    with pytest.raises(ValueError, match=r"'time' are not ISO 8601.*to_datetime"):
        watch(pd.DataFrame({"x": [1.0], "time": ["01/02/2026"]}))
    with pytest.raises(ValueError, match=r"no column 'y'"):
        watch(pd.DataFrame({"x": [1.0]}, index=index), channels=["y"])


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (pd.DataFrame(), "The DataFrame has no rows"),
        (pd.DataFrame({"time": [], "x": []}), "The DataFrame has no rows"),
        (pd.Series([], dtype=float, index=pd.DatetimeIndex([])), "The Series has no rows"),
        (polars.DataFrame({"time": [datetime(2026, 7, 1)], "x": ["a"]}), "no column of numbers"),
        (polars.DataFrame({"x": [1.0]}), r"has no times.*\['x'\]"),
        (pyarrow.table({"time": [datetime(2026, 7, 1)], "x": [None]}), "no column of numbers"),
        (pd.DataFrame({"time": [datetime(2026, 7, 1)], "x": [np.nan]}), "Not one value"),
        ([], "The list is empty"),
        ((), "The tuple is empty"),
        (np.array([]), "The ndarray is empty"),
        (range(0), "The range is empty"),
    ],
)
def test_what_is_finished_and_holds_no_number_is_refused(what: Any, said: str) -> None:
    """Nothing will ever come: the cell raises, rather than a page that waits."""
    with pytest.raises(ValueError, match=said):
        watch(what)


def test_what_may_still_deliver_says_what_it_waits_for(tmp_path: Path) -> None:
    """An empty buffer waits for its loop, a file with a header only for its first row."""
    path = tmp_path / "x.csv"
    path.write_text("time,x\n")
    dashboard = watch(path)
    wait_until(lambda: dashboard.source.status.startswith("waiting for"))
    dashboard.close()
    dashboard = watch(Buffer())
    assert dashboard.chart._describe()["sentence"] == "waiting for buffer.append(…)"
    dashboard.close()


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_a_frame_of_another_library_is_shown_whole(library: str) -> None:
    """As a DataFrame of pandas is."""
    times = [datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)]
    columns: dict[str, Any] = {"when": times, "temp": [1.0, 3.0], "room": ["a", "b"]}
    frame = polars.DataFrame(columns) if library == "polars" else pyarrow.table(columns)
    dashboard = watch(frame)
    held = dashboard.analyzer.buffer.to_pandas()
    assert held["temp"].tolist() == [1.0, 3.0]
    assert held.index[0] == pd.Timestamp("2026-07-01", tz="UTC")
    assert dashboard.analyzer.window == "all"
    dashboard.close()


def test_seconds_of_a_run_are_elapsed_time() -> None:
    """A column of growing seconds is no time of 1970: the newest is put at now, and that is told."""
    dashboard = watch(pd.DataFrame({"time": [0.0, 0.5, 2.0], "x": [1.0, 2.0, 3.0]}))
    buffer = dashboard.analyzer.buffer
    times = buffer.channel("x").rows(0).times
    assert np.diff(times).tolist() == [500_000_000, 1_500_000_000]
    assert abs(times[-1] - time.time_ns()) < 60 * 10**9
    assert any("'time' is elapsed time" in event.text for event in buffer.events)
    dashboard.close()
    with pytest.raises(ValueError, match="has no times"):
        watch(pd.DataFrame({"t": [21.5, 21.4], "x": [1.0, 2.0]}))


def test_an_index_of_durations_is_elapsed_time() -> None:
    """A TimedeltaIndex counts from an unknown start, as a column of seconds does."""
    index = pd.to_timedelta([0, 1, 2.5], unit="s")
    dashboard = watch(pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=index))
    buffer = dashboard.analyzer.buffer
    assert np.diff(buffer.channel("x").rows(0).times).tolist() == [10**9, 1_500_000_000]
    assert any("the index is elapsed time" in event.text for event in buffer.events)
    dashboard.close()


@pytest.mark.parametrize("what", [None, 5, b"data.csv", {"x": [1]}])
def test_anything_else_is_refused(what: Any) -> None:
    """The error lists what watch takes."""
    with pytest.raises(TypeError, match=r"watch needs a path, a list of str"):
        watch(what)


async def read_async() -> float:
    """Return a reading."""
    return 1.5


async def readings_async() -> AsyncIterator[float]:
    """Yield a reading."""
    yield 1.5


@pytest.mark.parametrize("what", [read_async, readings_async, readings_async()])
def test_what_is_asynchronous_is_read(what: Any) -> None:
    """Functions, generator functions and generators."""
    dashboard = watch(what, interval=0.01, window="all")
    wait_until(lambda: has(dashboard, 1))
    assert dashboard.analyzer.mean == 1.5
    dashboard.close()


def test_a_coroutine_is_refused_with_its_function() -> None:
    """It could be awaited once only."""
    coroutine = read_async()
    with pytest.raises(TypeError, match=r"watch\(f\) instead of watch\(f\(\)\)"):
        watch(coroutine)
    coroutine.close()


def test_a_queue_is_read_by_an_iterator() -> None:
    """The error shows which, and that works."""
    q: queue.Queue[float | None] = queue.Queue()
    with pytest.raises(TypeError, match=r"watch\(iter\(q.get, None\)\)"):
        watch(q)
    with pytest.raises(TypeError, match=r"queue.Queue, and give iter\(q.get, None\)"):
        watch(asyncio.Queue())
    for item in (1.0, 2.0, None):
        q.put(item)
    dashboard = watch(iter(q.get, None))
    wait_until(lambda: has(dashboard, 2) and dashboard.source.state is SourceState.ENDED)
    dashboard.close()


def test_a_program_that_runs_is_read_by_its_output() -> None:
    """The error shows how, and how nbstream would start it itself."""
    command = [sys.executable, "-c", "print('temp=21.5')"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        with pytest.raises(TypeError, match=r"watch\(p.stdout\), or the command: watch\(\["):
            watch(program)
        dashboard = watch(program.stdout)
        wait_until(lambda: has(dashboard, 1))
        assert dashboard.analyzer.buffer.channels == ("temp",)
        dashboard.close()


@pytest.mark.parametrize("what", [5.0, np.float64(5), {"x": 1}])
def test_one_reading_is_given_by_a_function(what: Any) -> None:
    """The error shows how, and that works."""
    with pytest.raises(TypeError, match=r"watch\(lambda: x\)"):
        watch(what)
    dashboard = watch(lambda: what, interval=0.01)
    wait_until(lambda: has(dashboard, 1))
    dashboard.close()


@pytest.mark.parametrize(
    "when",
    [
        ["2026-07-01T00:00Z", "2026-07-02T00:00Z"],
        np.array(["2026-07-01", "2026-07-02"], "M8[s]"),
        [1782864000, 1782950400],
        [datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)],
    ],
)
def test_a_dict_of_columns_is_a_table(when: Any) -> None:
    """As a DataFrame made of it would be."""
    dashboard = watch({"time": when, "temp": [1, "2"], "who": ["a", "b"]}, timezone="UTC")
    held = dashboard.analyzer.buffer.to_pandas()
    assert held["temp"].tolist() == [1.0, 2.0]
    assert held.index[1] == pd.Timestamp("2026-07-02", tz="UTC")
    dashboard.close()


def test_alerts_are_conditions_or_dicts() -> None:
    """A single one needs no list; a dict has Analyzer.alert's arguments."""
    dashboard = watch(Buffer(), alerts="value > 90")
    assert [rule.condition.text for rule in dashboard.analyzer.rules] == ["value > 90"]
    dashboard.close()
    dashboard = watch(
        Buffer(), alerts=["value > 90", {"condition": "value < 5", "for_": "3s", "name": "low"}]
    )
    assert [rule.name for rule in dashboard.analyzer.rules] == ["value > 90", "low"]
    assert dashboard.analyzer.rules[1].for_ == 3.0
    dashboard.close()


@pytest.mark.parametrize(
    ("alerts", "error", "text"),
    [
        (["value >"], ValueError, "value >"),
        ([5], TypeError, "An alert is a condition"),
        (5, TypeError, "'alerts' must be a list"),
        ([{"conditon": "value > 1"}], TypeError, "Did you mean 'condition'"),
        ([{"name": "x"}], ValueError, "needs a 'condition'"),
    ],
)
def test_a_bad_alert_leaves_nothing_behind(
    path: Path, alerts: Any, error: type[Exception], text: str
) -> None:
    """What was made before the error is ended, and no widget is shown."""
    before = our_threads()
    with pytest.raises(error, match=text):
        watch(path, alerts=alerts)
    wait_until(lambda: our_threads() <= before)


def test_an_equal_name_replaces_the_older_dashboard(path: Path) -> None:
    """The older one's source ends with it."""
    old = watch(path, name="data")
    new = watch(path, name="data")
    wait_until(lambda: not old.source.is_running)
    assert old.analyzer.is_closed
    old.close()
    new.close()


def test_detect_marks_what_is_strange() -> None:
    """`detect=True` lets the default detector judge, and a name or several another."""
    dashboard = watch(iter([1.0, 2.0]), detect=True)
    assert [run.name for run in dashboard.analyzer.detections] == ["default"]
    dashboard.close()
    dashboard = watch(iter([1.0, 2.0]), detect=["zscore", "stuck"])
    assert [run.name for run in dashboard.analyzer.detections] == ["zscore", "stuck"]
    dashboard.close()
    with pytest.raises(ValueError, match="There is no detector 'zscor'"):
        watch(iter([1.0, 2.0]), detect="zscor")


def test_channels_are_those_of_the_source_or_of_the_chart(tmp_path: Path) -> None:
    """For a file `channels` chooses what is read; for an analyzer what its chart shows."""
    path = tmp_path / "two.csv"
    path.write_text("time,a,b\n2026-07-01 12:00:00,1,2\n2026-07-01 12:00:01,1,2\n")
    dashboard = watch(path, channels=["b"])
    wait_until(lambda: dashboard.analyzer.channels == ("b",))
    dashboard.close()
    buffer = Buffer()
    buffer.extend([0.0, 1.0], a=[1.0, 2.0], b=[3.0, 4.0])
    dashboard = watch(buffer, channels=["b"])
    assert [trace.name for trace in dashboard.chart.to_figure().data] == ["b"]
    dashboard.close()


def test_an_address_shows_no_secret() -> None:
    """What a notebook keeps of the refusal has neither login nor token in it."""
    with pytest.raises(ValueError, match="not addresses") as caught:
        watch("nats://ann:hunter2@host/x?token=hunter2&n=1")
    assert "hunter2" not in str(caught.value)
    assert "token=***&n=1" in str(caught.value)
