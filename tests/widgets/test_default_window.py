"""The window that suits how often readings come, chosen while they come."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import nbstream as ns
from nbstream.widgets.default_window import fit_window
from tests.wait import wait_until

START = 1_782_907_200.0


def windows_after(times: Sequence[float]) -> list[str]:
    """Return the window after each of some readings that come one by one."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer) as analyzer:
        fit_window(analyzer)
        found = []
        for second in times:
            buffer.append(START + second, value=1.0)
            analyzer.update()
            found.append(analyzer.window)
    return found


@pytest.mark.parametrize(
    ("seconds", "window"),
    [(0.1, "60s"), (1.0, "60s"), (60.0, "1h"), (3600.0, "7d")],
)
def test_it_is_chosen_once_at_the_third_reading(seconds: float, window: str) -> None:
    """Two intervals that are alike tell it, and what comes later changes it no more."""
    times = [n * seconds for n in range(6)] + [5 * seconds + 0.01 * n for n in range(1, 40)]
    assert windows_after(times) == ["60s"] * 2 + [window] * (len(times) - 2)


def test_a_pause_at_the_start_says_little() -> None:
    """Ten readings a second, of which the first came minutes before, are no slow channel."""
    times = [0.0, 300.0, *(300.0 + n / 10 for n in range(1, 20))]
    assert set(windows_after(times)) == {"60s"}


def test_readings_at_odd_times_are_judged_by_more_of_them() -> None:
    """Where intervals differ much, nine times tell how often readings come."""
    times = [0.0, 10.0, 100.0, 160.0, 170.0, 240.0, 300.0, 360.0, 420.0, 480.0]
    assert windows_after(times) == ["60s"] * 8 + ["1h"] * 2


def test_a_fitted_window_is_told_from_a_chosen_one() -> None:
    """Pages change no view for a window that nobody has chosen, and all for one that somebody has."""
    buffer = ns.Buffer(timezone="UTC")
    with ns.Analyzer(buffer) as analyzer:
        fit_window(analyzer)
        chart = ns.LiveChart(analyzer)
        buffer.extend([START, START + 60, START + 120], value=[1.0, 2.0, 3.0])
        analyzer.update()
        assert chart._feed._meta(1)["fitted"] is True
        analyzer.window = "5min"
        analyzer.window = "1h"
        assert chart._feed._meta(1)["fitted"] is False
        chart.close()


@pytest.mark.parametrize(
    ("age_s", "window"), [(60, "60s"), (3 * 86_400, "all"), (-400 * 86_400, "all")]
)
def test_a_file_of_another_day_is_shown_as_a_whole(
    tmp_path: Path, age_s: float, window: str
) -> None:
    """One that is being written now begins with its newest minute."""
    path = tmp_path / "x.csv"
    last = time.time() - age_s
    rows = "".join(f"{last - 3600 + n},{n}\n" for n in range(3601))
    path.write_text(f"time,value\n{rows}")
    dashboard = ns.watch(path)
    wait_until(lambda: len(dashboard.analyzer.buffer) == 3601)
    dashboard.analyzer.update()
    assert dashboard.analyzer.window == window
    notes = [event.text for event in dashboard.analyzer.buffer.events if "The window" in event.text]
    assert notes == (
        ["The window is all, because the file is of another day; window= says it otherwise."]
        if window == "all"
        else []
    )
    dashboard.close()


def test_a_file_that_began_long_ago_and_goes_on_is_none_of_another_day(tmp_path: Path) -> None:
    """While its beginning is read all is shown; then the newest minute, or what somebody chose meanwhile."""
    old, now = time.time() - 3 * 86_400, time.time()
    for chosen in (None, "5min"):
        source = ns.CsvSource(tmp_path / "x.csv", timezone="UTC")
        with source, ns.Analyzer(source) as analyzer:
            fit_window(analyzer)
            source.buffer.extend(old + np.arange(100.0), value=np.arange(100.0))
            analyzer.update()
            analyzer._notify_all()
            assert analyzer.window == "all"
            if chosen:
                analyzer.window = chosen
            source.buffer.extend(now - 100 + np.arange(100.0), value=np.arange(100.0))
            analyzer.update()
            analyzer._notify_all()
            assert analyzer.window == (chosen or "60s")
