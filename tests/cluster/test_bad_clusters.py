"""What may be wrong with a cluster: workers that die, hang, are others, or come later."""

from __future__ import annotations

import logging
import re
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

import nbstream as ns
from nbstream.cluster import talk
from nbstream.cluster.dask_source import DaskSource
from nbstream.cluster.talk import Greeting, Talk
from nbstream.errors import CallbackError, ConfigurationError
from nbstream.sources import SourceState
from tests.cluster.clusters import (
    SchedulerProcess,
    WorkerProcess,
    cluster_here,
    cluster_of_processes,
)
from tests.wait import wait_until

BEGIN_NS = 1_790_000_000 * 10**9


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What Dask logs is its own."""
    caplog.set_level(logging.CRITICAL, "distributed")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two workers that are threads of this process."""
    with cluster_here() as client:
        yield client


def counting(part: int, position: int | None) -> Any:
    """Return the next ten readings of a part, each a number that tells which it is."""
    number = position or 0
    rows = np.arange(number, number + 10)
    return (BEGIN_NS + rows * 10_000_000, {f"x{part}": rows.astype(float)}), number + 10


@pytest.mark.timeout(240)
def test_a_killed_worker_is_counted_and_others_go_on_where_it_was(tmp_path: Path) -> None:
    """No reading is lost and none comes twice; one that comes later is given something to do."""
    with cluster_of_processes(2) as (client, workers):
        with DaskSource(client, counting, parts=3, interval=0.01) as source:
            wait_until(lambda: len(source.workers) == 2, 30)
            wait_until(lambda: source.n_polls >= 30, 30)
            workers[0].kill()
            wait_until(lambda: source.n_workers_lost == 1, 30)
            before = source.n_polls
            wait_until(lambda: source.n_polls >= before + 30, 30)
            assert source.state is SourceState.RUNNING
            assert any("is gone; 1 left" in event.text for event in source.buffer.events)
            workers.append(WorkerProcess(client.cluster.scheduler_address, "late"))
            wait_until(lambda: len(source.workers) == 2, 60)
            source.stop()
            for part, position in enumerate(source.position):
                values = source.buffer.channel(f"x{part}").rows(0).values
                assert values.tolist() == list(range(position))
            counters = source.counters()
            assert counters.received == counters.accepted == sum(source.position)


def raising() -> Any:
    """Fail, as a function of a user's may."""
    message = "no such sensor"
    raise LookupError(message)


def test_a_function_that_raises_is_told_and_asked_again(client: Client) -> None:
    """With its own words, and counted."""
    with DaskSource(client, raising, interval=0.001) as source:
        wait_until(lambda: source.counters().rejected >= 2, 30)
        assert source.state is SourceState.RECONNECTING
        assert isinstance(source.last_error, CallbackError)
        assert "raised LookupError: no such sensor" in source.status


def leaving() -> Any:
    """End the program, as what was written for a command line may."""
    raise SystemExit(3)


def test_a_function_that_ends_the_program_ends_no_worker(client: Client) -> None:
    """It is a failure as any other: Dask would let it take one worker after the other along."""
    with DaskSource(client, leaving, interval=0.001) as source:
        wait_until(lambda: source.counters().rejected >= 2, 30)
        assert "raised SystemExit: 3" in source.status
        assert source.n_workers_lost == 0


def test_a_function_that_cannot_be_sent_is_refused(client: Client) -> None:
    """At once, and in words: Dask's tell of its graphs."""
    lock = threading.Lock()
    with pytest.raises(
        TypeError, match="Workers can't be sent 'function': TypeError: cannot pickle"
    ):
        DaskSource(client, lambda: float(lock.locked()))
    with pytest.raises(TypeError, match="Workers can't be sent the first of 'parts'"):
        DaskSource(client, lambda part: 1.0, parts=[lock])


def odd_position(part: int, position: Any) -> Any:
    """Return a position that only this process can hold."""
    return 1.0, threading.Lock()


def test_a_position_that_cannot_be_sent_is_told(client: Client) -> None:
    """Nothing is read twice by it: the readings of that answer don't count."""
    with DaskSource(client, odd_position, parts=1, interval=0.001) as source:
        wait_until(lambda: source.counters().rejected >= 2, 30)
        assert "it returned a position that can't be sent" in source.status
        assert source.counters().accepted == 0


def odd(part: str, number: int | None) -> Any:
    """Return ten readings of one channel, three times, each part in a way of its own."""
    number = number or 0
    if number == 3:
        raise StopIteration
    times = BEGIN_NS + (10 * number + np.arange(10)) * 10_000_000
    values = np.arange(10.0)
    if part == "only NaN":
        values = np.full(10, np.nan)
    elif part == "turned round":
        times, values = times[::-1].copy(), values[::-1].copy()
    elif part == "backwards":
        times = times + (2 - 2 * number) * 100_000_000
    elif part == "one time":
        times = np.full(10, BEGIN_NS)
    return (times, {"x": values}), number + 1


@pytest.mark.parametrize("parts", [["only NaN"], ["turned round"], ["backwards"], ["one time"]])
def test_odd_parts_are_read_beside_a_plain_one(client: Client, parts: list[str]) -> None:
    """Every reading is counted once, and the statistics are those of the plain rows and the odd ones."""
    source = DaskSource(client, odd, parts=["plain", *parts], interval=0.001)
    with ns.Analyzer(source, window="all") as analyzer, source:
        wait_until(lambda: source.state is SourceState.ENDED, 30)
        assert source.counters().accepted == source.counters().received == 60
        analyzer.update()
        found = analyzer.snapshot().channels["x"]
        assert found.count == (30 if parts == ["only NaN"] else 60)
        assert (found.min, found.max) == (0.0, 9.0)
        assert found.mean == pytest.approx(4.5, rel=1e-12)


def of_its_own(part: int, number: int | None) -> Any:
    """Return readings of a channel that only this part has, of one that only this answer has, and nothing."""
    number = number or 0
    if number == 3:
        raise StopIteration
    times = BEGIN_NS + np.arange(10) * 10_000_000 + number * 100_000_000
    nothing = np.array([])
    columns = {f"part {part}": np.ones(10), f"answer {number}": np.full(10, float(part))}
    return (times, columns) if number != 1 else (
        nothing.astype(np.int64),
        {"none": nothing},
    ), number + 1


def test_parts_and_answers_have_channels_of_their_own(client: Client) -> None:
    """What a part never brings holds no other up, and an answer without rows is nothing."""
    with DaskSource(client, of_its_own, parts=2, interval=0.001) as source:
        wait_until(lambda: source.state is SourceState.ENDED, 30)
        lengths = {
            name: len(source.buffer.channel(name).rows(0).times) for name in source.buffer.channels
        }
        assert lengths == {"part 0": 20, "part 1": 20, "answer 0": 20, "answer 2": 20}
        assert source.counters().accepted == 40


def some(part: str) -> Any:
    """Return readings for one part, raise for another."""
    return 1.0 if part == "good" else raising()


def test_one_part_that_fails_does_not_hold_up_the_others(client: Client) -> None:
    """The source is RUNNING, and a note says which part fails and why."""
    with DaskSource(client, some, parts=["good", "bad"], interval=0.001) as source:
        wait_until(lambda: source.counters().rejected and source.counters().accepted >= 5, 30)
        assert source.state is SourceState.RUNNING
        [note] = wait_until(lambda: [note for note in source.notes if "fail" in note])
        assert note.startswith("1 of 2 parts fail, as part 'bad': LookupError")


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("'done'", "text ('done'). Return a table"),
        ("b'x'", "text"),
        ("object()", "object"),
    ],
)
def test_what_is_no_reading_is_counted_and_told(client: Client, item: str, text: str) -> None:
    """Text is none: it is a path or a message more often than a line of readings."""
    with DaskSource(client, lambda: eval(item), interval=0.001) as source:
        wait_until(lambda: source.counters().rejected >= 2, 30)
        assert source.state is SourceState.UNREADABLE
        assert "Nothing can be read so far" in source.status
        assert text in source.status


def test_a_part_that_returns_nothing_is_asked_again(client: Client) -> None:
    """None is nothing new, and no failure."""
    with DaskSource(client, lambda: None, interval=0.001) as source:
        wait_until(lambda: source.n_polls >= 5, 30)
        assert source.state is SourceState.RUNNING
        assert source.counters().received == 0


def test_a_function_that_forgets_the_position_is_told(client: Client) -> None:
    """It must return both."""
    with DaskSource(client, lambda part, position: 3.0, parts=1, interval=0.001) as source:
        wait_until(lambda: source.notes, 30)
        assert "it returns (readings, position)" in source.notes[0]
        assert source.counters().rejected >= 1


def test_a_closed_client_is_final_and_told() -> None:
    """At the start, and when it is closed while the source runs."""
    with cluster_here(1) as client:
        source = DaskSource(client, lambda: 1.0, interval=0.001).start()
        wait_until(lambda: source.counters().accepted >= 1, 30)
        client.close()
        wait_until(lambda: source.state is SourceState.FAILED, 30)
        assert isinstance(source.last_error, ConfigurationError)
        assert "The Dask client is closed. Make a new one" in source.status
        source.start()
        wait_until(lambda: source.state is SourceState.FAILED, 30)
        source.close()


@pytest.mark.timeout(240)
def test_a_scheduler_that_is_gone_is_tried_again(tmp_path: Path) -> None:
    """The source says so, keeps what it has, and ends at once when it is stopped."""
    scheduler = SchedulerProcess(tmp_path)
    worker = WorkerProcess(scheduler.address, "a")
    client = Client(scheduler.address, timeout=60)
    try:
        with DaskSource(client, counting, parts=2, interval=0.01) as source:
            wait_until(lambda: source.counters().accepted >= 20, 90)
            scheduler.kill()
            wait_until(lambda: source.state is SourceState.RECONNECTING, 60)
            for part, position in enumerate(source.position):
                values = source.buffer.channel(f"x{part}").rows(0).values
                assert values.tolist() == list(range(position))
            begun = time.monotonic()
            source.stop(timeout=60)
            assert time.monotonic() - begun < 20
    finally:
        worker.close()
        scheduler.kill()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Dask leaves when its scheduler is gone
            client.close(timeout=5)


def test_workers_of_another_version_are_told_at_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are given nothing to do; if there are no others the source has FAILED."""
    greet = Talk.greet
    wrong: set[str] = set()

    def greeted(self: Talk, workers: Any) -> dict[str, Greeting]:
        return {
            worker: Greeting("0.0.1") if worker in wrong else greeting
            for worker, greeting in greet(self, workers).items()
        }

    monkeypatch.setattr(Talk, "greet", greeted)
    first, second = client.nthreads()
    wrong.add(first)
    with DaskSource(client, lambda: 1.0, interval=0.001) as source:
        wait_until(lambda: source.counters().accepted >= 5, 30)
        assert source.workers == (second,)
        assert {part.worker for part in source._parts} == {second}
        [note] = [note for note in source.notes if "0.0.1" in note]
        assert note.startswith(
            "1 of 2 workers are given nothing to do, as they don't have nbstream"
        )
    wrong.add(second)
    with DaskSource(client, lambda: 1.0) as source:
        wait_until(lambda: source.state is SourceState.FAILED, 30)
        assert f"No worker has nbstream {ns.__version__}, as this notebook" in source.status
        assert "it has nbstream 0.0.1" in source.status


def test_a_worker_without_nbstream_is_known(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is made of builtins, so that it can answer."""
    monkeypatch.setattr(talk, "WHO_ARE_YOU", talk.WHO_ARE_YOU.replace("nbstream", "nbstream_x"))
    with DaskSource(client, lambda: 1.0) as source:
        wait_until(lambda: source.state is SourceState.FAILED, 30)
        assert "it has no nbstream). Install the same version on all." in source.status


def test_a_clock_that_is_wrong_is_told_and_made_up_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readings without a time get the notebook's, whatever the worker's clock says."""
    ahead = 3600 * 10**9
    monkeypatch.setattr(
        talk, "WHO_ARE_YOU", f"(__import__('nbstream').__version__, {time.time_ns() + ahead})"
    )
    with DaskSource(client, lambda: 1.0, interval=0.001, timezone="UTC") as source:
        wait_until(lambda: source.counters().accepted >= 1, 30)
        [seconds] = re.findall(r"is (\d+\.\d) s ahead of this", "".join(source.notes))
        assert 3540 < float(seconds) <= 3600  # less by what has passed since the answer was made up
        stamped = source.buffer.newest_ns
        assert stamped is not None
        assert abs(time.time_ns() - ahead - stamped) < 60 * 10**9


def test_a_cluster_without_workers_is_waited_for() -> None:
    """Until one comes."""
    with cluster_here(0) as client:
        with DaskSource(client, lambda: 1.0, interval=0.001) as source:
            wait_until(lambda: source.state is SourceState.RECONNECTING, 30)
            assert "the cluster has no workers" in source.status
            client.cluster.scale(1)
            wait_until(lambda: source.counters().accepted >= 1, 60)
            assert source.state is SourceState.RUNNING


def slow(part: int) -> Any:
    """Return readings at once, or after a while."""
    time.sleep(0.4 * part)
    return {f"x{part}": 1.0}


def test_a_slow_part_does_not_hold_up_a_quick_one(client: Client) -> None:
    """Each is asked by itself."""
    with DaskSource(client, slow, parts=2, interval=0.001) as source:
        wait_until(lambda: source.n_polls >= 40, 30)
        assert source.buffer.channel("x0").span()[1] > source.buffer.channel("x1").span()[1]
        wait_until(lambda: source.buffer.channel("x1").span()[1] >= 1, 30)


def test_no_more_polls_are_under_way_than_workers_can_do(client: Client) -> None:
    """A notebook that merges slowly has the answers that it asked for, and no more."""
    under_way: list[int] = []
    source = DaskSource(client, lambda part: 1.0, parts=50, interval=0)
    source._add_tap(lambda batch: under_way.append(source._n_under_way))
    with source:
        wait_until(lambda: source.n_polls >= 100, 30)
        assert max(under_way) <= 4  # two for each of two threads
        assert {part.n_failed for part in source._parts} == {0}
