"""What visitors share is made once, and ends when it should."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import nbstream as ns
from nbstream.analysis import sharing
from nbstream.runtime import ownership
from nbstream.runtime.hosts import PYTHON, Host
from tests.visits import Serve, Visit
from tests.wait import wait_until


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Let the test be the code of one visitor after the other."""
    visits: list[Host] = [PYTHON]
    for module in (ownership, sharing):
        monkeypatch.setattr(module, "present", lambda: visits[-1])
    yield visits.append
    ns.stop_all()
    sharing._forget()


def make() -> ns.Analyzer:
    """Make a source and its analyzer."""
    return ns.Analyzer(ns.CallableSource(lambda: 1.0, interval=0.01).start())


def test_it_is_made_once_however_many_ask_at_once(serve: Serve) -> None:
    """Of many threads that ask at the same time one makes it, and all get the same."""
    n_made, got = list[int](), list[object]()
    together = threading.Barrier(16)

    def make_slowly() -> ns.Buffer:
        n_made.append(1)
        return ns.Buffer()

    def ask() -> None:
        together.wait(10)
        got.append(ns.shared("x", make_slowly))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(n_made) == 1
    assert len(got) == 16
    assert len({id(thing) for thing in got}) == 1


def test_it_stays_when_all_have_left(serve: Serve) -> None:
    """Without `linger` the next visitor finds what came meanwhile."""
    anna = Visit("anna")
    serve(anna)
    analyzer = ns.shared("x", make)
    anna.leave()
    serve(Visit("bert"))
    assert ns.shared("x", make) is analyzer
    assert not analyzer.is_closed
    source = analyzer.source
    assert source is not None
    analyzer.close()
    source.close()


def test_with_linger_it_ends_after_the_last_one(serve: Serve) -> None:
    """The last to leave ends it, source and all; it is made anew for the next one."""
    anna, bert = Visit("anna"), Visit("bert")
    serve(anna)
    first = ns.shared("x", make, linger=0)
    serve(bert)
    assert ns.shared("x", make, linger=0) is first
    anna.leave()
    assert not first.is_closed
    bert.leave()
    wait_until(lambda: first.is_closed)
    assert first.source is not None
    wait_until(lambda: first.source.state is ns.SourceState.STOPPED)  # type: ignore[union-attr]
    serve(Visit("carl"))
    assert ns.shared("x", lambda: 5) == 5


def test_who_comes_back_in_time_keeps_it(serve: Serve) -> None:
    """A page that is loaded anew before `linger` is over finds what it had."""
    anna = Visit("anna")
    serve(anna)
    first = ns.shared("x", ns.Buffer, linger="1h")
    anna.leave()
    assert [t.name for t in threading.enumerate()].count("nbstream-shared") == 1
    serve(Visit("anna"))
    assert ns.shared("x", ns.Buffer, linger="1h") is first
    wait_until(lambda: "nbstream-shared" not in [t.name for t in threading.enumerate()])


def test_what_was_closed_is_made_anew(serve: Serve) -> None:
    """Somebody closed the analyzer: the next one gets another, and the first one's source has ended."""
    first = ns.shared("x", make)
    first.close()
    second = ns.shared("x", make)
    assert second is not first
    assert first.source is not None
    assert first.source.state is ns.SourceState.STOPPED
    second.close()
    ns.shared("x", ns.Buffer)


def test_what_fails_is_tried_again(serve: Serve) -> None:
    """What `make` raises reaches who asked; what it had made by then is closed."""
    made: list[ns.Analyzer] = []

    def fail() -> None:
        made.append(make())
        raise OSError("no such device")

    with pytest.raises(OSError, match="no such device"):
        ns.shared("x", fail)
    assert made[0].is_closed
    assert ns.shared("x", lambda: 7) == 7


def test_it_cannot_be_made_of_itself(serve: Serve) -> None:
    """A `make` that asks for its own name is told so, rather than waiting for itself."""
    with pytest.raises(RuntimeError, match="'x' can't be made of itself"):
        ns.shared("x", lambda: ns.shared("x", ns.Buffer))


def test_linger_is_a_duration(serve: Serve) -> None:
    """A duration that can't be read makes nothing."""
    with pytest.raises(ValueError, match="linger"):
        ns.shared("x", ns.Buffer, linger="soon")
