"""Which workers are given something to do, without a cluster."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

import nbstream as ns
from nbstream.cluster.talk import Greeting
from nbstream.cluster.workers import Workers
from nbstream.errors import ConfigurationError, ConnectError

OURS = Greeting(ns.__version__)


class Cluster:
    """What a source asks of a client: workers with their threads, and what they say of themselves."""

    def __init__(self, **greetings: Greeting | None) -> None:
        self.greetings = greetings
        self.greeted: list[set[str]] = []

    def workers(self) -> dict[str, int]:
        """Two threads each."""
        return dict.fromkeys(self.greetings, 2)

    def greet(self, workers: Collection[str]) -> dict[str, Greeting]:
        """Answer for those that do."""
        self.greeted.append(set(workers))
        found = {worker: self.greetings[worker] for worker in workers}
        return {worker: said for worker, said in found.items() if said is not None}


def workers_of(cluster: Cluster) -> Workers:
    """Return the workers of a cluster, looked at once."""
    talk: Any = cluster
    workers = Workers(talk)
    workers.look()
    return workers


def test_workers_of_our_version_are_given_work() -> None:
    """They are asked once; what is new is asked when it comes."""
    cluster = Cluster(a=OURS, b=OURS)
    workers = workers_of(cluster)
    workers.require_some("x")
    assert workers.given_work == ("a", "b")
    assert workers.n_threads == 4
    assert not workers.look().are_others
    cluster.greetings["c"] = OURS
    assert workers.look().are_others
    assert cluster.greeted == [{"a", "b"}, {"c"}]


def test_a_worker_that_is_gone_is_counted_and_forgotten() -> None:
    """One that comes again at its address is asked again, for it may have another version."""
    cluster = Cluster(a=OURS, b=OURS)
    workers = workers_of(cluster)
    del cluster.greetings["b"]
    assert workers.look().gone == "worker b is gone; 1 left"
    assert workers.n_lost == 1
    assert workers.words_of_lost == "1 worker lost; others took over"
    cluster.greetings["b"] = Greeting("0.0.1")
    workers.look()
    assert workers.given_work == ("a",)
    assert "1 of 2 workers are given nothing to do" in workers.words_of_left_out
    del cluster.greetings["b"]
    assert workers.look().are_others
    assert workers.words_of_left_out == ""


def test_one_that_has_not_answered_is_waited_for() -> None:
    """Others that can't do anything make nothing final while one may still say that it can."""
    cluster = Cluster(bare=Greeting(None, trouble="it has no nbstream"), slow=None)
    workers = workers_of(cluster)
    with pytest.raises(ConnectError, match="1 worker of the cluster did not answer yet"):
        workers.require_some("x")
    cluster.greetings["slow"] = OURS
    workers.look()
    workers.require_some("x")
    assert workers.given_work == ("slow",)


def test_none_that_can_is_final() -> None:
    """With the version of one, and what to do."""
    workers = workers_of(Cluster(a=Greeting("0.0.1"), b=Greeting("0.0.1")))
    with pytest.raises(ConfigurationError, match=r"a: it has nbstream 0\.0\.1.*Install the same"):
        workers.require_some("x")
    with pytest.raises(ConnectError, match="the cluster has no workers"):
        workers_of(Cluster()).require_some("x")


@pytest.mark.parametrize(("seconds", "word"), [(90.0, "ahead of"), (-2.5, "behind")])
def test_a_clock_that_is_wrong_is_told_once(seconds: float, word: str) -> None:
    """It is made up for as long as the worker is there."""
    cluster = Cluster(a=Greeting(ns.__version__, int(seconds * 1e9)), b=OURS)
    talk: Any = cluster
    workers = Workers(talk)
    [text] = workers.look().wrong_clocks
    assert text == f"the clock of worker a is {abs(seconds):.1f} s {word} this machine's"
    assert workers.look().wrong_clocks == ()
    assert workers.ahead_ns == {"a": int(seconds * 1e9)}
    del cluster.greetings["a"]
    workers.look()
    assert workers.ahead_ns == {}
