"""Workers read and summarise; the notebook has what is drawn, and counts all that they read."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from distributed import Client, get_worker

import nbstream as ns
from nbstream.cluster.dask_source import DaskSource
from nbstream.sources import SourceState
from tests.cluster.clusters import cluster_here
from tests.wait import wait_until

BEGIN_NS = 1_790_000_000 * 10**9
MS = 1_000_000


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two workers that are threads of this process."""
    with cluster_here() as client:
        yield client


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What Dask logs is its own."""
    caplog.set_level(logging.CRITICAL, "distributed")


def ended(source: DaskSource) -> bool:
    """Return whether a source is over."""
    return source.state in (SourceState.ENDED, SourceState.FAILED) and not source.is_running


def second(part: int, position: int | None) -> Any:
    """Return the next second of 1 kHz, of channel a or b; three of them."""
    number = position or 0
    if number == 3:
        raise StopIteration
    times = BEGIN_NS + (number * 1000 + np.arange(1000)) * MS
    return (times, {"ab"[part]: np.arange(1000.0)}), number + 1


def test_parts_are_read_with_their_positions(client: Client) -> None:
    """Each part is asked with the position that it returned last, until it raises StopIteration."""
    with ns.DaskSource(client, second, parts=2, interval=0) as source:
        wait_until(lambda: ended(source), 20)
        assert source.position == [3, 3]
        assert source.counters() == ns.sources.Counters(6000, 6000)
        assert sorted(source.buffer.channels) == ["a", "b"]
        values = source.buffer.channel("a").rows(0).values
        assert (values.min(), values.max()) == (0.0, 999.0)
        assert len(values) == 2 * 30  # first and smallest are one reading, last and largest too


def test_a_later_kernel_goes_on_from_a_position(client: Client) -> None:
    """What was read before it is not read again."""
    source = DaskSource(client, second, parts=2, interval=0)
    try:
        source.start([2, 3])
        wait_until(lambda: ended(source), 20)
        assert source.counters().received == 1000
        with pytest.raises(ValueError, match="one for each of 2 parts"):
            source.start([1])
    finally:
        source.close()


def test_futures_are_summarised_where_they_are(client: Client) -> None:
    """Then the source has ended; one that failed is counted and told."""
    futures = [
        client.submit(lambda k: second(0, k)[0], k, pure=False)
        if k != 1
        else client.submit(lambda: 1 / 0, pure=False)
        for k in range(3)
    ]
    with DaskSource(client, futures) as source:
        wait_until(lambda: ended(source), 20)
        assert source.state is SourceState.ENDED
        assert source.counters() == ns.sources.Counters(2001, 2000, 1)
        assert "division by zero" in str(source.notes)


def here() -> Any:
    """Return where it runs, as a number of a worker's port."""
    return {"worker": float(len(get_worker().address))}


def test_a_function_without_a_part_is_called(client: Client) -> None:
    """Its readings have the time at which they were made."""
    with DaskSource(client, here, interval=0.01) as source:
        wait_until(lambda: source.counters().accepted >= 3, 20)
        assert source.position is None


def test_the_scheduler_remembers_nothing_of_polls_that_are_over() -> None:
    """However many there were: neither their results nor the groups and spans that Dask keeps for ever."""
    with cluster_here(1) as client:
        scheduler = client.cluster.scheduler

        def n_kept() -> tuple[int, int]:
            return len(scheduler.task_groups), len(scheduler.extensions["spans"].spans)

        with DaskSource(client, here, interval=0) as source:
            wait_until(lambda: source.n_polls >= 5, 20)
            before = n_kept()
            wait_until(lambda: source.n_polls >= 60, 20)
            assert n_kept() == before
            assert len(client.futures) <= 3
        wait_until(lambda: not client.futures, 5)
        wait_until(lambda: not scheduler.tasks, 5)


@pytest.mark.parametrize(
    ("given", "options", "error", "text"),
    [
        (object(), {}, TypeError, "needs futures or a function"),
        ([1], {}, TypeError, "needs futures or a function"),
        ([], {}, ValueError, "from 1 to 100,000 parts"),
        (here, {"parts": "abc"}, TypeError, r"Write \['abc'\]"),
        (here, {"step": 1e-6}, ValueError, "at least 0.1 ms"),
        (here, {"interval": -1}, ValueError, "'interval' must be > 0"),
        (lambda a, b, c: None, {}, TypeError, "a part and a position"),
        (here, {"conditon": 1}, TypeError, "has no option 'conditon'"),
    ],
)
def test_what_is_given_wrongly_is_said(
    client: Client, given: Any, options: dict[str, Any], error: type[Exception], text: str
) -> None:
    """At construction, in words."""
    with pytest.raises(error, match=text):
        DaskSource(client, given, **options)


def test_no_client_is_said() -> None:
    """An address is none."""
    with pytest.raises(TypeError, match=r"needs a distributed\.Client \(got str\)"):
        DaskSource("tcp://127.0.0.1:8786", here)


def noisy(part: int, position: int | None) -> Any:
    """Return the next second of 10 kHz of one of two parts of channel x; three of them."""
    number = position or 0
    if number == 3:
        raise StopIteration
    rows = np.arange(part, 10_000, 2) + number * 10_000
    return (
        BEGIN_NS + rows * MS // 10,
        {"x": 1e6 + np.sin(rows / 700) * (1 + rows % 7)},
    ), number + 1


def test_the_analyzer_says_what_it_would_say_of_all_readings(client: Client) -> None:
    """To 1e-9, though most readings never came here: over all and over a window of whole steps."""
    rows = np.arange(30_000)
    values = 1e6 + np.sin(rows / 700) * (1 + rows % 7)
    with (
        DaskSource(client, noisy, parts=2, interval=0, moments=True) as source,
        ns.Analyzer(source, window="all") as analyzer,
    ):
        wait_until(lambda: ended(source), 20)
        analyzer.update()
        assert len(source.buffer) < 1000
        assert analyzer.count == 30_000
        assert analyzer.mean == pytest.approx(values.mean(), rel=1e-9)
        assert analyzer.std == pytest.approx(values.std(ddof=1), rel=1e-9)
        assert (analyzer.min, analyzer.max) == (values.min(), values.max())
        assert analyzer.rate == pytest.approx(10_000, rel=1e-9)
        assert analyzer.median == pytest.approx(np.median(values), abs=0.1)
        with _held(rows, values) as one:
            for name in ("skewness", "kurtosis", "slope", "rms", "first", "last"):
                found, wanted = analyzer.statistic(name), one.statistic(name)
                assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9), name
        # The newest reading is at 2.9999 s, so the steps of the newest second begin at 2.0 s.
        second = values[rows >= 20_000]
        assert analyzer.over("1s").mean == pytest.approx(second.mean(), rel=1e-9)
        assert analyzer.over("1s").count == 10_000
        assert np.isnan(analyzer.statistic("jitter"))


def _held(rows: Any, values: Any) -> ns.Analyzer:
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend(BEGIN_NS + rows * MS // 10, x=values, unit="ns")
    analyzer = ns.Analyzer(buffer, window="all")
    analyzer.update()
    return analyzer


def uneven(part: int, position: int | None) -> Any:
    """Return the next second of 10 Hz of channel x; the second part is 50 ms off, and slow."""
    number = position or 0
    if number == 8:
        raise StopIteration
    time.sleep(0.02 * part)
    times = BEGIN_NS + (number * 1000 + np.arange(0, 1000, 100) + 50 * part) * MS
    return (times, {"x": (times - BEGIN_NS) / MS}), number + 1


def test_parts_of_one_channel_are_drawn_in_the_order_of_their_times(client: Client) -> None:
    """A quick part waits for a slow one, so that rules see each reading, and nothing is late."""
    came: list[int] = []
    source = DaskSource(client, uneven, parts=2, interval=0)
    source._add_tap(lambda batch: came.extend(batch.times.tolist()))
    with source:
        wait_until(lambda: ended(source), 20)
        assert source.counters() == ns.sources.Counters(160, 160)
    # Until the second part is known to bring the channel too, the first one waits for nothing.
    first_of_both = next(i for i, ns_ in enumerate(came) if (ns_ - BEGIN_NS) // MS % 100)
    assert len(came) == 160
    assert came[first_of_both:] == sorted(came[first_of_both:])


def a_while(seconds: float, begin: int) -> Any:
    """Return ten readings, after a while."""
    time.sleep(seconds)
    return BEGIN_NS + (begin + np.arange(10)) * MS, np.arange(10.0)


def test_futures_are_drawn_in_the_order_in_which_they_were_given(client: Client) -> None:
    """Whichever is there first."""
    came: list[int] = []
    futures = client.map(a_while, [0.3, 0.0, 0.1, 0.0], [0, 10, 20, 30], pure=False)
    source = DaskSource(client, futures)
    source._add_tap(lambda batch: came.extend(batch.times.tolist()))
    with source:
        wait_until(lambda: ended(source), 20)
        assert source.counters().accepted == 40
    assert came == sorted(came)
    assert len(came) == 40


def test_means_of_steps_are_channels_for_detectors(client: Client) -> None:
    """Each once, when all parts have gone beyond its step; they are of all readings, and count as none."""
    rows = np.arange(30_000)
    values = 1e6 + np.sin(rows / 700) * (1 + rows % 7)
    with (
        DaskSource(client, noisy, parts=2, interval=0, means=True) as source,
        ns.Analyzer(source, window="all") as analyzer,
    ):
        wait_until(lambda: ended(source), 20)
        found = source.buffer.channel("x.mean").rows(0)
        assert found.times.tolist() == [BEGIN_NS + (k * 1000 + 999) * MS // 10 for k in range(30)]
        assert found.values == pytest.approx(values.reshape(30, 1000).mean(axis=1), rel=1e-12)
        assert source.counters() == ns.sources.Counters(30_000, 30_000)
        analyzer.update()
        run = analyzer.detect("threshold", channel="x.mean", above=1e6 + 3.0)
        assert 0 < len(analyzer.anomalies.newest(100)) < 30
        run.close()


def test_two_sources_of_one_channel_have_one_statistic(client: Client) -> None:
    """On one buffer, with steps of one length: that of the readings of both."""
    buffer = ns.Buffer(timezone="UTC", late="insert")

    sources = [
        DaskSource(client, noisy, parts=[part], interval=0, buffer=buffer) for part in range(2)
    ]
    try:
        for source in sources:
            source.start()
        wait_until(lambda: all(map(ended, sources)), 20)
        with ns.Analyzer(buffer, window="all") as analyzer:
            analyzer.update()
            assert analyzer.count == 30_000
    finally:
        for source in sources:
            source.close()
        buffer.close()
