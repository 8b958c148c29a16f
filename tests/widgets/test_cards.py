"""Tests of the cards, and of what all panels have in common."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbstream.analyzer import Analyzer
from nbstream.buffer import Buffer
from nbstream.errors import WrongThreadError
from nbstream.main_thread import MainThread
from nbstream.widgets.cards import Cards
from nbstream.widgets.panel import finite, is_small, newest_of, plain_text
from tests.widgets.fake_page import FakePage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["kind", "client", "name", "lag", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> FakePage:
    """Return a page that records what panels send."""
    return FakePage(monkeypatch)


@pytest.fixture
def analyzer() -> Iterator[Analyzer]:
    """Yield an analyzer of an empty buffer."""
    buffer = Buffer(timezone="UTC")
    analyzer = Analyzer(buffer, window="10s")
    yield analyzer
    analyzer.close()


@pytest.fixture
def cards(analyzer: Analyzer, page: FakePage) -> Iterator[Cards]:
    """Yield cards whose link is stepped by hand."""
    cards = Cards(analyzer, **page.options)
    yield cards
    cards.close()


def fill(analyzer: Analyzer, n: int = 20, **names: float) -> None:
    """Add `n` readings, one a second, of value 0, 1, 2 …, and wait until they are in."""
    times = [1_782_907_200.0 + i for i in range(n)]
    values = {
        name: [factor * i for i in range(n)] for name, factor in (names or {"x": 1.0}).items()
    }
    analyzer.buffer.extend(times, values)
    analyzer.update()


def test_shows_the_statistics_of_each_channel(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """A snapshot has last, mean, std, min, max and rate of each channel, with unit and count."""
    analyzer.buffer.units["y"] = "°C"
    fill(analyzer, x=1.0, y=2.0)
    x, y = page.show(cards)["channels"]
    assert x["values"] == [19.0, 14.5, pytest.approx(3.02765035), 10.0, 19.0, 1.0]
    assert y["values"][0] == 38.0
    assert (x["unit"], y["unit"], x["count"]) == ("", "°C", 10)


def test_nothing_is_sent_while_nothing_changes(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """Only an empty frame a second says that the link is alive."""
    fill(analyzer)
    page.show(cards)
    (frame,) = page.step()
    assert "state" not in frame
    analyzer.buffer.append(1_782_907_220.0, x=5.0)
    analyzer.update()
    (frame,) = page.step()
    assert frame["state"]["channels"][0]["values"][0] == 5.0


def test_nan_travels_as_null(cards: Cards, page: FakePage, analyzer: Analyzer) -> None:
    """What is not finite is null: Jupyter would make it a string."""
    analyzer.buffer.append(1_782_907_200.0, x=math.nan)
    analyzer.update()
    assert page.show(cards)["channels"][0]["values"] == [None] * 6


def test_the_gravest_rule_decides_the_state(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """Of the rules of a channel the gravest one that fires is shown; other channels have none."""
    analyzer.alert("value > 1000", severity="critical")
    analyzer.alert("value > 5", severity="warning", name="high")
    fill(analyzer, x=1.0, y=0.0)
    x, y = page.show(cards)["channels"]
    assert x["alert"] == {"state": "FIRING", "severity": "warning", "rule": "high"}
    assert y["alert"] is None


def test_many_channels_are_counted(cards: Cards, page: FakePage, analyzer: Analyzer) -> None:
    """The page is told how many channels there are, and of the first 64 everything."""
    fill(analyzer, 2, **{f"c{i}": 1.0 for i in range(70)})
    state = page.show(cards)
    assert (state["n"], len(state["channels"])) == (70, 64)


def test_a_channel_is_stale_after_ten_of_its_intervals() -> None:
    """Ten median intervals, and never less than two seconds."""
    buffer = Buffer()
    buffer.extend([0.0, 1.0, 2.0, 3.0], slow=[1.0, 2.0, 3.0, 4.0])
    buffer.extend([3.0, 3.01, 3.02], fast=[1.0, 2.0, 3.0])
    assert newest_of(buffer, "slow") == (3_000_000_000, 10.0)
    assert newest_of(buffer, "fast")[1] == 2.0


def test_a_closed_or_replaced_analyzer_is_said(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """Cards go on showing the last values and say why nothing comes any more."""
    fill(analyzer)
    assert page.show(cards)["ended"] is None
    analyzer._replaced()
    (frame,) = page.step()
    assert frame["state"]["ended"] == "replaced"


def test_hostile_names_are_plain_text(cards: Cards, page: FakePage, analyzer: Analyzer) -> None:
    """Names keep their characters, lose line breaks and direction marks, and are cut."""
    assert plain_text("<img onerror=x>\n\u202eevil\u2066") == "<img onerror=x> evil"
    assert plain_text("x" * 10_000) == "x" * 79 + "…"
    fill(analyzer, 2, **{"<b>%{y}</b>": 1.0})
    assert page.show(cards)["channels"][0]["name"] == "<b>%{y}</b>"


def test_numbers_are_short_and_finite() -> None:
    """Twelve digits are more than a card shows; infinities are null."""
    assert finite(1 / 3) == 0.333333333333
    assert finite(math.inf) is None
    assert finite(1e308) == 1e308


def test_repr_is_a_short_summary(cards: Cards, analyzer: Analyzer) -> None:
    """The text kept in a notebook says what was shown, and the widget's traits don't appear."""
    assert repr(cards) == "<Cards: no readings yet>"
    fill(analyzer)
    bundle = cards._repr_mimebundle_()[0]  # type: ignore[index]
    assert bundle["text/plain"] == "<Cards: x 19>"


def test_needs_an_analyzer() -> None:
    """A buffer is refused with the way to make an analyzer of it."""
    with pytest.raises(TypeError, match=r"Cards needs an Analyzer \(got Buffer\)\. Make one"):
        Cards(Buffer())  # type: ignore[arg-type]


def test_close_is_idempotent_and_leaves_the_analyzer(cards: Cards, analyzer: Analyzer) -> None:
    """Closing removes the widget and nothing else."""
    cards.close()
    cards.close()
    assert cards.is_closed
    assert not analyzer.is_closed


def test_close_off_the_main_thread_is_refused(
    cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a kernel widgets are closed on the main thread only."""
    monkeypatch.setattr(MainThread, "has_loop", True)
    errors: list[Exception] = []

    def close() -> None:
        try:
            cards.close()
        except WrongThreadError as error:
            errors.append(error)

    thread = threading.Thread(target=close)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert not cards.is_closed


# What a page sends.


def test_a_page_can_write_no_trait(cards: Cards, page: FakePage) -> None:
    """An update of traits is ignored and counted, whatever it names."""
    before = cards.get_state()
    data = {"method": "update", "state": {"_esm": "evil", "_view_module": "evil", "layout": None}}
    cards._handle_msg({"content": {"data": data}, "buffers": []})
    cards.set_state({"_css": "evil"})
    assert cards.get_state() == before
    assert cards.n_ignored == 2


def test_a_flood_is_ignored_beyond_fifty_a_second(cards: Cards, page: FakePage) -> None:
    """Of 200 messages at once 50 are heard, the others counted; a second later 50 more are."""
    page.panel = cards
    for _ in range(200):
        page.say({"kind": "hello", "client": "a"})
    assert cards.n_ignored == 150
    page.clock.advance(1.0)
    for _ in range(60):
        page.say({"kind": "hello", "client": "a"})
    assert cards.n_ignored == 160


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "hello", "client": "x" * 5000},
        {"kind": ["x" * 1_000_000]},
        ["x"] * 100_000,
        {"kind": "hello", "client": "a", "x": [[[[[[[[1]]]]]]]]},
        {"kind": "hello", "client": "a", "width": 10**400},
    ],
)
def test_large_messages_are_ignored(cards: Cards, page: FakePage, message: Any) -> None:
    """A message over 4 KiB, too deep or with absurd numbers is counted and goes no further."""
    page.panel = cards
    page.say(message)
    assert cards.n_ignored == 1
    assert cards._link.n_visible == 0


def test_messages_with_buffers_are_ignored(cards: Cards, page: FakePage) -> None:
    """No panel takes binary data from a page."""
    page.panel = cards
    page.say({"kind": "hello", "client": "a"}, [b"x" * 100])
    assert cards.n_ignored == 1


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(message=JSON, envelope=st.sampled_from(["custom", "update", "request_state", "backdoor"]))
def test_no_message_raises(cards: Cards, page: FakePage, message: Any, envelope: str) -> None:
    """Whatever JSON a page sends, nothing escapes the handler."""
    page.clock.advance(0.1)
    key = "state" if envelope == "update" else "content"
    cards._handle_msg({"content": {"data": {"method": envelope, key: message}}, "buffers": []})
    cards._receive(cards, message, [])  # ipywidgets would log what this raises
    cards._receive(cards, {"kind": "hello", "client": "a", "width": message}, [])


@given(message=JSON)
def test_small_messages_are_small(message: Any) -> None:
    """What is let through is short as JSON too."""
    if is_small(message, 200):
        # A number takes up to 24 characters where 8 are counted, an escaped character 6.
        assert len(json.dumps(message)) <= 6 * 200 + 10


def test_asks_for_the_script_are_answered(cards: Cards, page: FakePage) -> None:
    """A page gets the script that it needs, in a message of its own."""
    page.panel = cards
    page.say({"kind": "need", "name": "app"})
    assert page.sent == [{"kind": "asset", "name": "app"}]


def test_no_html_is_made_from_text() -> None:
    """The pages' scripts never turn text into elements or code."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment"
        r"|DOMParser|srcdoc|\beval\b|new Function|setTimeout\(\s*[\"'`]"
    )
    scripts = [
        file
        for file in resources.files("nbstream").joinpath("static").iterdir()
        if file.name.endswith(".js")
    ]
    assert len(scripts) > 10
    found = {file.name: forbidden.findall(file.read_text("utf-8")) for file in scripts}
    assert not {name: matches for name, matches in found.items() if matches}
