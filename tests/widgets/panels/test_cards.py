"""Tests of the cards, and of what all panels have in common."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbstream import statistics
from nbstream.analysis.analyzer import Analyzer
from nbstream.errors import WrongThreadError
from nbstream.readings.buffer import Buffer
from nbstream.runtime.main_thread import MainThread
from nbstream.statistics import base
from nbstream.widgets.dashboard import Dashboard
from nbstream.widgets.page.assets import script
from nbstream.widgets.page.messages import finite, is_small, plain_text
from nbstream.widgets.panels.cards import STANDARD, Cards
from nbstream.widgets.watch import watch
from tests.widgets.fake_page import FakePage

T0 = 1_782_907_200.0
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
    """A snapshot has last, mean, std, min, max and rate of each channel, with units and count."""
    analyzer.buffer.units["y"] = "°C"
    fill(analyzer, x=1.0, y=2.0)
    x, y = page.show(cards)["channels"]
    assert x["values"] == [19.0, 14.5, pytest.approx(3.02765035), 10.0, 19.0, 1.0]
    assert y["values"][0] == 38.0
    assert (x["units"], y["units"]) == ([*[""] * 5, "1/s"], [*["°C"] * 5, "1/s"])
    assert (x["count"], x["scale"]) == (10, x["values"][:5])


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
    assert x["alert"] == {
        "state": "FIRING",
        "severity": "warning",
        "rule": "high",
        "why": "",
        "acknowledged": "",
        "silenced": False,
    }
    assert y["alert"] is None


def test_a_rule_of_all_channels_has_a_state_on_each(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """Where one channel fires, the others of the same rule are calm."""
    analyzer.alert("value > 5", channel="*")
    fill(analyzer, x=1.0, y=0.0)
    states = [channel["alert"]["state"] for channel in page.show(cards)["channels"]]
    assert states == ["FIRING", "OK"]


def test_the_log_says_who_takes_care_and_what_is_silenced(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """An acknowledgement, a silence and the severity that was reached come from the log."""
    analyzer.alert("value > 5", severity="warning", levels={"critical": "value > 15"}, name="hot")
    fill(analyzer)
    assert page.show(cards)["channels"][0]["alert"]["severity"] == "critical"
    analyzer.alerts.acknowledge(1, "Ann\n\u202e" + "x" * 100)
    silence = analyzer.alerts.silence("hot", for_="1h")
    (frame,) = page.step()
    alert = frame["state"]["channels"][0]["alert"]
    assert alert["acknowledged"].startswith("Ann xxx")
    assert len(alert["acknowledged"]) == 40
    assert alert["silenced"] is True
    analyzer.alerts.end_silence(silence)
    (frame,) = page.step()
    assert frame["state"]["channels"][0]["alert"]["silenced"] is False


def test_a_later_incident_of_the_same_name_hides_no_graver_one(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """Rules whose conditions read the same have incidents of their own: the gravest is shown."""
    analyzer.alert("value > 5", severity="critical")
    analyzer.alert("value > 5", severity="info", for_="3s")
    fill(analyzer)
    assert page.show(cards)["channels"][0]["alert"]["severity"] == "critical"


def test_recovering_is_a_state_of_its_own(cards: Cards, page: FakePage, analyzer: Analyzer) -> None:
    """A cleared incident that waits for `keep_firing_for` is recovering."""
    analyzer.alert("value > 5", keep_firing_for="1h")
    fill(analyzer)
    analyzer.buffer.append(1_782_907_220.0, x=0.0)
    analyzer.update()
    assert page.show(cards)["channels"][0]["alert"]["state"] == "RECOVERING"


def test_a_rule_that_failed_says_why(
    cards: Cards, page: FakePage, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the rule is a state, with its text."""
    rule = analyzer.alert("value > 5")
    fill(analyzer)
    rule._fail(ValueError("no <b>such</b> thing"), "x")
    alert = page.show(cards)["channels"][0]["alert"]
    assert (alert["state"], alert["why"]) == ("ERROR", "no <b>such</b> thing")


# The choice of statistics.


@pytest.fixture
def own_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget a test's own statistics after it."""
    monkeypatch.setattr(base, "_users", dict(base._users))


def values_of(state: dict[str, Any]) -> dict[str, float | None]:
    """Return the values of the first channel by name."""
    names = [statistic["name"] for statistic in state["statistics"]]
    return dict(zip(names, state["channels"][0]["values"], strict=True))


def test_any_number_of_the_catalogue_can_be_a_card(page: FakePage, analyzer: Analyzer) -> None:
    """Names, parameters and statistics themselves are taken, each once, with units by their rule."""
    analyzer.buffer.units["x"] = "°C"
    wanted = ["p99", "time_above(15)", statistics.Median(), "median", "var", "rate", "slope"]
    cards = Cards(analyzer, wanted, **page.options)
    fill(analyzer, 21)
    state = page.show(cards)
    assert cards.statistics == ("p99", "time_above(15)", "median", "var", "rate", "slope")
    assert values_of(state) == {
        "p99": pytest.approx(19.91),
        "time_above(15)": 4.0,
        "median": 15.5,
        "var": pytest.approx(55 / 6),
        "rate": 1.0,
        "slope": 1.0,
    }
    assert state["channels"][0]["units"] == ["°C", "s", "°C", "°C²", "1/s", "°C/s"]
    assert state["statistics"][2] == {
        "name": "median",
        "unit": "same",
        "what": "The middle reading, or the mean of the middle two.",
    }
    cards.close()


@pytest.mark.parametrize("name", [n for n in statistics.names() if n != "histogram"])
def test_every_statistic_has_a_value_or_a_reason(
    page: FakePage, analyzer: Analyzer, name: str
) -> None:
    """No entry of the catalogue breaks the state, without readings and with a few."""
    needed = {"quantile": "(0.5)", "time_above": "(1)", "time_below": "(1)", "correlation": "(y)"}
    cards = Cards(analyzer, name + needed.get(name, ""), **page.options)
    page.show(cards)
    fill(analyzer, x=1.0, y=2.0)
    (frame,) = page.step()
    channel = frame["state"]["channels"][0]
    assert channel["failed"] == {}
    cards.close()


@pytest.mark.parametrize(
    ("statistics", "error", "text"),
    [
        (["meen"], ValueError, "Did you mean 'mean'"),
        (["histogram"], ValueError, "'histogram' is none. Nearest to it: .*'median'"),
        (["time_above"], ValueError, r"Write 'time_above\(limit\)'"),
        ([f"p{i}" for i in range(13)], ValueError, "room for 12 statistics"),
        ([3], TypeError, "must be a name"),
        (3, TypeError, "must be names such as"),
        (None, TypeError, "must be names such as"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    page: FakePage, analyzer: Analyzer, statistics: Any, error: type[Exception], text: str
) -> None:
    """Unknown names, what is no number, too many and other types are refused, with a way out."""
    with pytest.raises(error, match=text):
        Cards(analyzer, statistics, **page.options)


def test_dashboards_pass_the_choice_on(analyzer: Analyzer) -> None:
    """Dashboard and watch take `statistics`; a wrong one leaves nothing behind."""
    dashboard = Dashboard(analyzer, statistics=["p99"])
    assert dashboard.cards.statistics == ("p99",)
    dashboard.close()
    dashboard = watch(iter([1.0, 2.0]), statistics=["median", "time_above(1)"])
    assert dashboard.cards.statistics == ("median", "time_above(1)")
    dashboard.close()
    dashboard = watch(analyzer)
    assert dashboard.cards.statistics == STANDARD
    dashboard.close()
    with pytest.raises(ValueError, match="Did you mean 'mean'"):
        watch(iter([1.0, 2.0]), statistics=["meen"])
    with pytest.raises(TypeError, match="Did you mean 'statistics'"):
        watch(iter([1.0, 2.0]), statistic=["mean"])


def test_the_choice_can_be_set_and_be_empty(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """Setting another choice changes what pages show; a wrong one changes nothing."""
    fill(analyzer)
    page.show(cards)
    cards.statistics = ["p50"]
    (frame,) = page.step()
    assert values_of(frame["state"]) == {"p50": 14.5}
    with pytest.raises(ValueError, match="no statistic"):
        cards.statistics = ["nothing"]
    assert cards.statistics == ("p50",)
    cards.statistics = []
    (frame,) = page.step()
    assert frame["state"]["channels"][0]["values"] == []


def test_a_failing_statistic_has_a_reason(
    page: FakePage, analyzer: Analyzer, own_statistics: None
) -> None:
    """What raises, or gives no number, has no value but a text; the others go on."""

    @statistics.statistic
    def broken(sample: Any) -> float:
        raise RuntimeError("<b>no</b>\n" + "x" * 1000)

    @statistics.statistic
    def wordy(sample: Any) -> str:
        return "much"

    @statistics.statistic
    def endless(sample: Any) -> float:
        return math.inf

    cards = Cards(analyzer, ["last", broken, "wordy", "endless", "correlation(z)"], **page.options)
    fill(analyzer)
    channel = page.show(cards)["channels"][0]
    assert channel["values"] == [19.0, None, None, None, None]
    failed = channel["failed"]
    assert set(failed) == {"broken", "wordy", "correlation(z)"}
    assert failed["broken"].startswith("<b>no</b> xxx")
    assert len(failed["broken"]) == 200
    assert failed["wordy"] == "A card shows a number (got str)."
    assert "no channel 'z'" in failed["correlation(z)"]
    cards.close()


def test_a_function_that_is_defined_anew_is_used(
    page: FakePage, analyzer: Analyzer, own_statistics: None
) -> None:
    """A cell that is run again changes what the card of that name shows."""
    statistics.statistic(lambda sample: 1.0, name="mine")
    cards = Cards(analyzer, "mine", **page.options)
    fill(analyzer)
    assert values_of(page.show(cards)) == {"mine": 1.0}
    statistics.statistic(lambda sample: 2.0, name="mine", replace=True)
    fill(analyzer)
    (frame,) = page.step()
    assert values_of(frame["state"]) == {"mine": 2.0}
    cards.close()


class Counted:
    """A statistic that counts its calls, and may take time."""

    def __init__(self, clock: Any, seconds: float = 0.0) -> None:
        self.n = 0
        self._clock = clock
        self._seconds = seconds

    def __call__(self, sample: Any) -> float:
        """Return the number of calls."""
        self.n += 1
        self._clock.advance(self._seconds)
        return float(self.n)


def counted(page: FakePage, seconds: float = 0.0) -> Counted:
    """Put a counted statistic into the catalogue, as "counted"."""
    function = Counted(page.clock, seconds)
    statistics.statistic(function, name="counted", replace=True)
    return function


def more(page: FakePage, analyzer: Analyzer, i: int, channel: str = "x") -> None:
    """Add one reading, and let the page say that it is still there."""
    page.say({"kind": "ack", "client": "a", "seq": i, "lag": 0})
    analyzer.buffer.append(1_782_907_220.0 + i, {channel: float(i)})
    analyzer.update()


def test_nothing_is_computed_while_nobody_looks(
    page: FakePage, analyzer: Analyzer, own_statistics: None
) -> None:
    """Without a page, and with one that is out of sight, no statistic is called."""
    function = counted(page)
    cards = Cards(analyzer, "counted", **page.options)
    page.panel = cards
    fill(analyzer)
    page.step()
    assert function.n == 0
    page.show(cards)
    assert function.n == 1
    page.say({"kind": "visible", "client": "a", "visible": False})
    for i in range(5):
        more(page, analyzer, i)
        page.step()
    assert function.n == 1
    cards.close()


def test_costly_statistics_are_computed_twice_a_second_at_most(
    page: FakePage, analyzer: Analyzer, own_statistics: None
) -> None:
    """Frames come more often than values, and without new readings there is nothing to compute."""
    function = counted(page)
    cards = Cards(analyzer, ["last", "counted"], **page.options)
    fill(analyzer)
    page.show(cards)
    for i in range(20):
        more(page, analyzer, i)
        page.step(0.25)
    assert 10 <= function.n <= 12
    n = function.n
    for _ in range(5):
        page.step()
    assert function.n <= n + 1  # what came since the last round
    cards.close()


def test_slow_statistics_leave_the_thread_to_others(
    page: FakePage, analyzer: Analyzer, own_statistics: None
) -> None:
    """Of 0.1 s each, one is computed at a time, and then there is a rest; all get their turn."""
    function = counted(page, 0.1)
    cards = Cards(analyzer, "counted", **page.options)
    fill(analyzer, **{f"c{i}": 1.0 for i in range(5)})
    started = page.clock.monotonic()
    state = page.show(cards)
    assert [c["values"] for c in state["channels"]] == [[1.0], [None], [None], [None], [None]]
    frames = []
    for i in range(40):
        more(page, analyzer, i, "c0")
        frames += page.step(0.25)
    values = [c["values"][0] for c in frames[-1]["state"]["channels"] if c["values"][0]]
    assert len(values) == 5
    assert function.n * 0.1 <= 0.12 * (page.clock.monotonic() - started)
    cards.close()


def test_channels_come_and_go(page: FakePage, analyzer: Analyzer) -> None:
    """A channel that appears has its values in the next frame; a closed buffer has none."""
    cards = Cards(analyzer, ["last", "median", "correlation(x)"], **page.options)
    fill(analyzer)
    page.show(cards)
    analyzer.buffer.extend([1_782_907_221.0], y=[3.0])
    analyzer.update()
    (frame,) = page.step(0.3)
    assert frame["state"]["channels"][1]["values"] == [3.0, 3.0, None]
    analyzer.buffer.close()
    (frame,) = page.step()
    assert frame["state"]["channels"] == []
    cards.close()


def test_pages_choose_and_agree(cards: Cards, page: FakePage, analyzer: Analyzer) -> None:
    """What a page adds or removes is kept in the kernel, and shown to all in the next frame."""
    fill(analyzer)
    page.show(cards)
    assert page.ask(kind="show", statistic=" p99") == ""
    assert page.ask(kind="show", statistic="p99") == ""
    assert page.ask(kind="hide", statistic="std") == ""
    assert page.ask(kind="hide", statistic="gone long ago") == ""
    assert cards.statistics == ("last", "mean", "min", "max", "rate", "p99")
    (frame,) = page.step()
    assert values_of(frame["state"])["p99"] == pytest.approx(18.91)
    assert "Did you mean 'mean'" in page.ask(kind="show", statistic="meen")
    assert "is none" in page.ask(kind="show", statistic="histogram")
    for i in range(6):
        page.ask(kind="show", statistic=f"p{i}")
    assert "room for 12" in page.ask(kind="show", statistic="p50")
    assert len(cards.statistics) == 12


def test_pages_are_offered_the_catalogue(
    cards: Cards, page: FakePage, own_statistics: None
) -> None:
    """Numbers are offered with what they need and are; a user's own too."""

    @statistics.statistic
    def mine(sample: Any) -> float:
        """Return the answer. It is known."""
        return 42.0

    page.panel = cards
    page.say({"kind": "catalogue", "client": "a", "request": 1})
    catalogue, reply = page.sent
    assert reply["error"] == ""
    entries = {entry["name"]: entry for entry in catalogue["entries"]}
    assert entries["mine"] == {"name": "mine", "needs": "", "what": "Return the answer."}
    assert entries["time_above"]["needs"] == "limit"
    assert entries["autocorrelation"]["needs"] == ""
    assert "histogram" not in entries
    assert set(entries) >= {*statistics.names(), "p99"} - {"histogram"}


@pytest.mark.parametrize("kind", ["show", "hide"])
@pytest.mark.parametrize("wrong", [None, 3, True, ["p99"], {"p": 99}])
def test_commands_of_wrong_types_are_ignored(
    cards: Cards, page: FakePage, kind: str, wrong: Any
) -> None:
    """What is no text is counted and changes nothing."""
    page.panel = cards
    page.say({"kind": kind, "client": "a", "request": 1, "statistic": wrong})
    page.say({"kind": kind, "client": "a", "request": 1})
    page.say({"kind": "show", "client": "a", "request": 1, "statistic": "p" + "9" * 100})
    assert cards.n_ignored == 3
    assert page.sent == []
    assert cards.statistics == STANDARD


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.text(max_size=20) | st.from_regex(r"[a-z_]{1,8}\([0-9a-z.,e-]{0,12}\)", fullmatch=True)
)
def test_no_text_breaks_the_cards(cards: Cards, page: FakePage, text: str) -> None:
    """Whatever a page asks for is refused with a word, or shown."""
    page.panel = cards
    page.clock.advance(0.1)
    cards.statistics = STANDARD
    error = page.ask(kind="show", statistic=text)
    assert error or len(cards.statistics) <= 7
    json.dumps(cards._state(), allow_nan=False)


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
    assert buffer.channel("slow").last_time_ns == 3_000_000_000
    assert buffer.stale_after("slow") == 10.0
    assert buffer.stale_after("fast") == 2.0


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
    cards.set_state({"_loader": "evil"})
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


def test_a_flood_of_one_page_leaves_the_others_heard(cards: Cards, page: FakePage) -> None:
    """Two hundred pages are heard at once beside one that says too much; more than that are too many."""
    page.panel = cards
    for _ in range(1000):
        page.say({"kind": "hello", "client": "flood"})
    assert cards.n_ignored == 950
    for number in range(200):
        page.say({"kind": "hello", "client": f"page {number}"})
    assert cards.n_ignored == 1000


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
    cards._inbox.receive(cards, message, [])  # ipywidgets would log what this raises
    cards._inbox.receive(cards, {"kind": "hello", "client": "a", "width": message}, [])


@given(message=JSON)
def test_small_messages_are_small(message: Any) -> None:
    """What is let through is short as JSON too."""
    if is_small(message, 200):
        # A number takes up to 24 characters where 8 are counted, an escaped character 6.
        assert len(json.dumps(message)) <= 6 * 200 + 10


def test_asks_for_the_script_are_answered(cards: Cards, page: FakePage) -> None:
    """A page gets the script that it needs, in pieces of their own messages."""
    page.panel = cards
    app = script("app")
    page.say({"kind": "need", "name": "app", "file": app.file_name})
    assert page.sent == [
        {"kind": "asset", "file": app.file_name, "piece": piece} for piece in range(app.n_pieces)
    ]


def test_no_html_is_made_from_text() -> None:
    """The pages' scripts never turn text into elements or code."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment"
        r"|DOMParser|srcdoc|\beval\b|new Function|setTimeout\(\s*[\"'`]"
    )
    scripts = list(Path(str(resources.files("nbstream"))).joinpath("static").rglob("*.js"))
    assert len(scripts) > 10
    found = {file.name: forbidden.findall(file.read_text("utf-8")) for file in scripts}
    assert not {name: matches for name, matches in found.items() if matches}


def test_the_past_of_cards(cards: Cards, page: FakePage, analyzer: Analyzer) -> None:
    """A page that comes late draws what the cards would have shown, as far as that is cheap."""
    cards.statistics = ["last", "mean", "median"]
    analyzer.buffer.extend(T0 + np.arange(100), x=np.arange(100.0))
    analyzer.update()
    page.show(cards)
    past = page.answer(kind="past")["value"]
    assert (past["ages"][0], past["ages"][-1], len(past["ages"])) == (60_000, 2_000, 30)
    ((last, mean, median),) = past["channels"]
    assert (last[0], last[-1], median) == (39.0, 97.0, None)
    assert (mean[0], mean[-1]) == (34.5, 92.5)  # of the ten seconds before


def test_the_past_is_as_long_as_the_window(
    cards: Cards, page: FakePage, analyzer: Analyzer
) -> None:
    """Of a table that came at once a small line shows all of it; of rare readings 60 of them."""
    cards.statistics = ["last"]
    analyzer.buffer.extend(T0 + 60 * np.arange(10_001), x=np.arange(10_001.0))
    analyzer.update()
    page.show(cards)
    past = page.answer(kind="past")["value"]
    assert past["newest"] == 1000 * (T0 + 600_000)
    assert past["span"] == 3_600_000
    analyzer.window = "all"
    past = page.answer(kind="past")["value"]
    assert past["span"] == 600_000_000
    (line,) = past["channels"][0]
    np.testing.assert_allclose(line, np.arange(30) * 10_000 / 30, atol=1)


def test_there_is_no_past_without_readings(cards: Cards, page: FakePage) -> None:
    """Then there is no newest reading either."""
    page.show(cards)
    past = page.answer(kind="past")["value"]
    assert past["newest"] is None


def test_the_past_of_several_channels(cards: Cards, page: FakePage, analyzer: Analyzer) -> None:
    """A line of the table is about the readings, whatever statistics are shown."""
    cards.statistics = ["median", "mean"]
    times = T0 + np.arange(100)
    analyzer.buffer.extend(times, x=np.arange(100.0), y=np.arange(100.0) * 2)
    analyzer.update()
    page.show(cards)
    (x,), (y,) = page.answer(kind="past")["value"]["channels"]
    assert (x[0], x[-1], y[-1]) == (39.0, 97.0, 194.0)


def test_pages_know_whose_lines_the_table_shows(page: FakePage, analyzer: Analyzer) -> None:
    """The chart is named by its id, so that only its lines are shown and hidden."""
    for chart, expected in ((None, None), (SimpleNamespace(_page_key="chart-1"), "chart-1")):
        cards = Cards(analyzer, chart=chart, **page.options)
        assert page.show(cards)["chart"] == expected
        cards.close()


def test_the_past_of_nothing(cards: Cards, page: FakePage) -> None:
    """Without a channel there is no past."""
    page.show(cards)
    assert page.answer(kind="past")["value"]["channels"] == []


def test_panels_of_a_page_say_the_same_at_the_same_time(page: FakePage, analyzer: Analyzer) -> None:
    """Their frames are due at the same moments, whenever each was made."""
    dues = set()
    for seconds in (0.0, 0.1, 0.07):
        page.clock.advance(seconds)
        panel = Cards(analyzer, **page.options)
        page.show(panel)
        dues.add(round(panel._link._due % 0.25, 6))
        panel.close()
    assert dues == {0.0}
