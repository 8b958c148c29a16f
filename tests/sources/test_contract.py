"""Every source keeps the contract, but for exemptions with a reason, which docs/sources.md lists."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nbstream
import nbstream.recording
import nbstream.sources
from nbstream.recording import Replay
from nbstream.sources import CallableSource, HttpSource, SerialSource, Source
from nbstream.sources.network.message_source import MessageSource
from nbstream.testing import SOURCE_CHECKS, Cuts, SourceHarness, check_source, sources
from nbstream.testing.cuts import held
from tests.sources.harnesses import HARNESSES, label_of
from tests.sources.harnesses.python import CallableHarness
from tests.sources.harnesses.tcp import TcpHarness, TcpSource

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"


# A counterpart that is killed leaves ends of its own unclosed; what a source leaves is counted by the checks.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.timeout(600)  # a thousand connections are made and cut
@pytest.mark.parametrize("check", SOURCE_CHECKS)
@pytest.mark.parametrize("harness", HARNESSES, ids=lambda kind: label_of(kind).replace("`", ""))
def test_a_source_keeps_the_contract(harness: type[Any], check: str) -> None:
    """Each check holds, or is exempt with a reason."""
    assert check_source(harness, only=[check]) == {check: harness.exemptions.get(check, "held")}
    gc.collect()


def test_the_page_lists_the_exemptions() -> None:
    """docs/sources.md has a table of the checks, and one of what each source is exempt from, and why."""
    checks, exempt = PAGE.read_text("utf-8").split("## What they are exempt from")
    for name in SOURCE_CHECKS:
        assert f"| {name} |" in checks, name
    rows = [line for line in exempt.splitlines() if line.startswith("|")][2:]
    wanted = [
        f"| {label_of(harness)} | {name} | {reason} |"
        for harness in HARNESSES
        for name, reason in harness.exemptions.items()
    ]
    assert sorted(rows) == sorted(wanted)


def test_no_two_harnesses_have_one_label() -> None:
    """Each row of the table belongs to one of them."""
    labels = [label_of(harness) for harness in HARNESSES]
    assert len(set(labels)) == len(labels)


def test_each_source_has_a_harness() -> None:
    """What the package exports, and every other kind of source in it that no further kind is made of."""
    kinds = {harness.kind for harness in HARNESSES}
    for package in (nbstream.sources, nbstream.recording):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    exported = {
        thing
        for module in (nbstream, nbstream.sources, nbstream.recording)
        for name in module.__all__
        if isinstance(thing := getattr(module, name), type) and issubclass(thing, Source)
    }
    ours = {kind for kind in all_kinds(Source) if kind.__module__.startswith("nbstream.")}
    last = {kind for kind in ours if ours.isdisjoint(kind.__subclasses__())}
    assert {HttpSource, SerialSource, Replay} <= exported | last
    assert (exported | last) - {Source} - kinds == set()


def test_each_source_of_a_connection_is_cut_a_thousand_times() -> None:
    """What connects, by a network or a cable, has a stand-in for its library."""
    connects = {
        harness.kind
        for harness in HARNESSES
        if issubclass(harness.kind, (MessageSource, SerialSource))
    }
    cut = {h.kind for h in HARNESSES if h.stand_in is not SourceHarness.stand_in}
    assert {HttpSource, SerialSource} < connects <= cut


@pytest.mark.timeout(600)
@pytest.mark.parametrize("leak", ["texts", "files", "threads"])
def test_what_a_thousand_cuts_leave_behind_is_found(leak: str) -> None:
    """A text for each connection, a file for every fiftieth, or a thread: none of it is flat."""
    kept: list[Any] = []
    stop = threading.Event()

    class Leaking(TcpHarness):
        def stand_in(self, cuts: Cuts, **options: Any) -> Source:
            source = super().stand_in(cuts, **options)
            connect = source._connect  # type: ignore[attr-defined]

            def leaking() -> Any:
                if leak == "texts":
                    kept.append(f"connection {len(kept) + 1000}")
                elif cuts.n_cuts % 50 == 0:
                    made = threading.Thread(target=stop.wait)
                    kept.append(open(__file__) if leak == "files" else made)
                    if leak == "threads":
                        made.start()
                return connect()

            source._connect = leaking  # type: ignore[attr-defined]
            return source

    try:
        with pytest.raises(
            AssertionError, match=r"^many cuts: every 166 cuts of a stand-in left Held"
        ):
            check_source(Leaking, only=["many cuts"])
    finally:
        stop.set()
        for one in kept:
            if leak == "files":
                one.close()
            elif leak == "threads":
                one.join()


@pytest.mark.timeout(600)
def test_what_is_held_once_is_no_leak() -> None:
    """Something else in the process opens files in the middle: they are not the source's."""
    kept: list[Any] = []

    class Beside(TcpHarness):
        def stand_in(self, cuts: Cuts, **options: Any) -> Source:
            source = super().stand_in(cuts, **options)
            connect = source._connect  # type: ignore[attr-defined]

            def busy() -> Any:
                if cuts.n_cuts > 750 and not kept:
                    kept.extend(open(__file__) for _ in range(5))
                    kept.extend(f"entry {i}" for i in range(1000))
                return connect()

            source._connect = busy  # type: ignore[attr-defined]
            return source

    try:
        assert check_source(Beside, only=["many cuts"]) == {"many cuts": "held"}
    finally:
        for file in kept[:5]:
            file.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("n_leaking", "is_found"), [(10**9, True), (60, False)])
def test_what_real_cuts_leave_behind(n_leaking: int, is_found: bool) -> None:
    """A leak goes on; what two counts happened to see, and the next did not, is none."""
    kept: list[list[Any]] = []

    class Leaking(TcpHarness):
        stand_in = SourceHarness.stand_in

        def cut(self) -> None:
            super().cut()
            if len(kept) < 20 * n_leaking:
                kept.extend([] for _ in range(20))

    if is_found:
        with pytest.raises(
            AssertionError, match=r"27 cuts left .* objects behind, and as many each"
        ):
            check_source(Leaking, only=["many cuts"])
        assert len(kept) >= 20 * (6 + 6 * 27)
    else:
        assert check_source(Leaking, only=["many cuts"]) == {"many cuts": "held"}
        assert len(kept) == 20 * 60


@pytest.mark.timeout(600)
def test_a_back_off_that_never_begins_anew_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a connection that lasted an hour the next wait is short."""
    monkeypatch.setattr(TcpSource, "_has_been_well", lambda self: True)
    with pytest.raises(AssertionError, match="though it was well for an hour"):
        check_source(TcpHarness, only=["many cuts"])


def all_kinds(base: type[Any]) -> Iterator[type[Any]]:
    """Yield what derives from a class, at any distance."""
    for kind in base.__subclasses__():
        yield kind
        yield from all_kinds(kind)


def test_what_is_lost_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reading that does not come fails, and the message begins with the name of the check."""

    class Losing(CallableHarness):
        def feed(self, first: int, n: int) -> None:
            super().feed(first, n - 1)

    monkeypatch.setattr(sources, "PATIENCE", 0.5)
    with pytest.raises(
        AssertionError, match=r"^batches: waited .* in vain for 250 readings from 0"
    ):
        check_source(Losing, only=["batches"])


def test_what_comes_twice_is_found() -> None:
    """Unless the harness says that the source may repeat."""

    class Repeating(CallableHarness):
        def feed(self, first: int, n: int) -> None:
            super().feed(first, n)
            super().feed(first, 1)

    with pytest.raises(AssertionError, match="^batches: readings came twice"):
        check_source(Repeating, only=["batches"])


def test_counters_may_come_a_moment_after_the_readings() -> None:
    """What has just come into the buffer is not counted yet while the source's thread is held up."""

    class Slow(CallableHarness):
        def make(self, **options: Any) -> Source:
            source = super().make(**options)
            source._add_tap(lambda batch: threading.Event().wait(0.02))
            return source

        def feed(self, first: int, n: int) -> None:
            self.waiting.append([{"value": i} for i in range(first, first + n)])

    assert check_source(Slow, only=["batches"]) == {"batches": "held"}


def test_a_stop_that_leaves_its_thread_is_found() -> None:
    """To give up what hangs is no stop, though the source says that it is stopped."""
    let_go = threading.Event()

    class Hanging(CallableHarness):
        def make(self, **options: Any) -> Source:
            source = super().make(**options)
            source._run = let_go.wait  # type: ignore[method-assign]
            return source

    try:
        with pytest.raises(
            AssertionError, match=r"^open and close: its thread still ran 2 s after"
        ):
            check_source(Hanging, only=["open and close"])
    finally:
        let_go.set()


def test_a_secret_that_is_shown_is_found() -> None:
    """It must stand in no text of the source, and not in the message of the check either."""

    class Telling(CallableHarness):
        secret = "what is no reading"

    with pytest.raises(AssertionError, match="a secret is shown") as caught:
        check_source(Telling, only=["poison message"])
    assert caught.value.__cause__ is None


def test_what_a_harness_cannot_do_must_be_exempt() -> None:
    """A check is never left out in silence, and neither is a reason, nor a check that there is not."""

    class Poor(SourceHarness):
        def make(self, **options: Any) -> Source:
            return CallableSource(float, **options)

        def start(self) -> None:
            return

        def feed(self, first: int, n: int) -> None:
            raise NotImplementedError

    with pytest.raises(
        AssertionError, match="^poison message: the harness cannot do what it needs"
    ):
        check_source(Poor, only=["poison message"])
    Poor.exemptions = {"poison message": "no"}
    with pytest.raises(AssertionError, match="say why"):
        check_source(Poor, only=["poison message"])
    Poor.exemptions = {"half closed": "There is no such check."}
    with pytest.raises(AssertionError, match="half closed"):
        check_source(Poor, only=["batches"])
    with pytest.raises(ValueError, match="There is no check 'x'"):
        check_source(Poor, only=["x"])


def test_what_is_held_is_counted_beside_dead_proxies() -> None:
    """A proxy of something that is gone refuses whoever asks for its class."""
    gone = weakref.proxy(Counter())
    gc.collect()
    assert held().objects > 0
    assert type(gone) is weakref.ProxyType
