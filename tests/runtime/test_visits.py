"""Visitors of one process: what each made ends with the visit, and nobody else's does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import nbstream as ns
from nbstream.runtime import ownership
from tests.visits import Serve, Visit


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Let the test be the code of one visitor after the other."""
    visits: list[Visit] = []
    monkeypatch.setattr(ownership, "present", lambda: visits[-1])
    yield visits.append
    for visit in visits:
        visit.leave()
    ns.stop_all()


def test_what_a_visitor_made_ends_with_the_session(serve: Serve) -> None:
    """Source, analyzer and dashboard of one who leaves end; those of one who stays go on."""
    anna, bert = Visit("anna"), Visit("bert")
    serve(anna)
    hers = ns.watch(lambda: 1.0, interval=0.01)
    serve(bert)
    his = ns.watch(lambda: 1.0, interval=0.01)
    source, analyzer = hers.source, hers.analyzer
    anna.leave()
    assert hers.is_closed
    assert analyzer.is_closed
    assert source is not None
    assert source.state is ns.SourceState.STOPPED
    assert not his.is_closed
    assert his.source is not None
    assert his.source.state is not ns.SourceState.STOPPED


def test_names_are_each_visitors_own(serve: Serve) -> None:
    """A second analyzer with the same name replaces the first of that visitor, in another cell too."""
    anna, bert = Visit("anna", "cell1"), Visit("bert")
    buffer = ns.Buffer()
    serve(anna)
    hers = ns.Analyzer(buffer, name="water")
    serve(bert)
    his = ns.Analyzer(buffer, name="water")
    assert not hers.is_closed
    serve(Visit("anna", "cell2"))
    newer = ns.Analyzer(buffer, name="water")
    assert hers.is_closed
    assert not his.is_closed
    assert not newer.is_closed


def test_what_is_nobodys_stays(serve: Serve) -> None:
    """What visitors share is made as nobody's, and stays when the one leaves who asked for it first."""
    anna = Visit("anna")
    serve(anna)
    with ownership.nobodys() as made:
        source = ns.CallableSource(lambda: 1.0, interval=0.01)
        analyzer = ns.Analyzer(source)
    assert made == [source, analyzer]
    anna.leave()
    assert not analyzer.is_closed
    analyzer.close()


def test_a_visit_that_is_over_can_begin_again(serve: Serve) -> None:
    """A cell that runs again in the same session ends what its earlier run made, each time."""
    anna = Visit("anna", "cell1")
    ended = []
    for _ in range(3):
        serve(anna)
        analyzer = ns.Analyzer(ns.Buffer())
        anna.leave()
        ended.append(analyzer.is_closed)
    assert ended == [True, True, True]
