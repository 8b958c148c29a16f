"""The link between a widget and its pages, on a clock of its own."""

from __future__ import annotations

import itertools
import json
import re
import sys
import threading
from collections.abc import Callable
from importlib import resources
from types import ModuleType
from typing import Any

import pytest

from nbstream.testing import FakeClock
from nbstream.widgets.page.allowance import Allowance, Turns
from nbstream.widgets.page.audience import EVICT_AFTER, MAX_CLIENTS, UNACKED
from nbstream.widgets.page.buffers import LastHeard
from nbstream.widgets.page.link import (
    BUSY_INTERVAL,
    ENVELOPE_BYTES,
    LITTLE_BYTES,
    LONG_BUSY_AFTER,
    PROTOCOL,
    Link,
    Payload,
    Pump,
)
from tests.wait import wait_until

HOUR = 3600.0


class Main:
    """A main thread that is busy since a moment that a test chooses."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.busy_since: float | None = None

    def busy_for(self) -> float:
        """Return the seconds since the main loop ran."""
        return 0.0 if self.busy_since is None else self.clock.monotonic() - self.busy_since

    def look(self) -> None:
        """Take no notice: it always knows."""


class Feed:
    """Has something new at each moment, or nothing."""

    def __init__(self) -> None:
        self.has_news = True
        self.n_asked = 0

    def frame(self) -> Payload | None:
        """Return a kilobyte, if there is news."""
        self.n_asked += 1
        return Payload({}, [bytes(1000)]) if self.has_news else None

    def keep_alive(self) -> Payload:
        """Return nothing new."""
        return Payload({})

    def snapshot(self) -> Payload:
        """Return a lot."""
        return Payload({}, [bytes(100_000)])

    def little(self, max_bytes: int, *, whole: bool) -> Payload | None:
        """Return as much as may be sent."""
        if not self.has_news and not whole:
            return None
        content = {"whole": True} if whole else {}
        return Payload(content, [bytes(max_bytes - len(json.dumps(content)))])


class Wire:
    """A link on a fake clock, and what it sent."""

    def __init__(self, last_heard: LastHeard | None = None) -> None:
        self.last_heard = LastHeard() if last_heard is None else last_heard
        self.clock = FakeClock()
        self.main = Main(self.clock)
        self.feed = Feed()
        self.turns = Turns(Allowance(8000, 8.0, self.clock), self.clock)
        self.sent: list[tuple[float, dict[str, Any], int]] = []
        self.pushed = 0
        self.is_cut = False
        self.link = self.new_link()

    def new_link(self, interval: float = 1 / 15) -> Link:
        """Return another link of the same kernel."""

        def push() -> None:
            self.pushed += 1

        return Link(
            self.send,
            self.feed,
            interval=interval,
            push=push,
            clock=self.clock,
            main=self.main,  # type: ignore[arg-type]
            turns=self.turns,
            last_heard=self.last_heard,
        )

    def send(self, content: dict[str, Any], buffers: list[Any]) -> None:
        """Take what goes to all pages."""
        if self.is_cut:
            raise RuntimeError("no comm")
        n_bytes = len(json.dumps(content)) + sum(len(part) for part in buffers)
        self.sent.append((self.clock.monotonic(), content, n_bytes))

    def say(self, kind: str, client: str = "a", **more: Any) -> None:
        """Say something as a page."""
        assert self.link.receive({"kind": kind, "client": client, **more})

    def say_aside(self, kind: str, client: str = "a") -> None:
        """Say something as a page whose messages are heard on a subshell."""
        thread = threading.Thread(target=self.say, args=(kind, client))
        thread.start()
        thread.join()

    def run(self, seconds: float, each: Callable[[], None] = lambda: None) -> list[dict[str, Any]]:
        """Let time pass as the pump does; return what was sent meanwhile. `each` is called every second."""
        before = len(self.sent)
        end = self.clock.monotonic() + seconds
        next_call = self.clock.monotonic()
        while (now := self.clock.monotonic()) < end - 1e-9:
            if now >= next_call:
                each()
                next_call = now + 1.0
            delay = self.link.step(now)
            limits = [end - now, next_call - now]
            self.clock.advance(max(1e-4, min(limits if delay is None else [delay, *limits])))
        return [content for _, content, _ in self.sent[before:]]

    def step(self, seconds: float = 0.0) -> list[dict[str, Any]]:
        """Let time pass, step the link once, by hand, and return what was sent then."""
        before = len(self.sent)
        self.clock.advance(seconds)
        self.link.step(self.clock.monotonic())
        return [content for _, content, _ in self.sent[before:]]

    def n_bytes(self, since: float) -> int:
        """Return the bytes that were sent since a moment, Jupyter's own around them included."""
        return sum(n + ENVELOPE_BYTES for at, _, n in self.sent if at >= since)


@pytest.fixture
def wire() -> Wire:
    """A link that no page has heard of."""
    return Wire()


def test_who_acknowledges_gets_every_frame(wire: Wire) -> None:
    """Fifteen frames a second go to a page that acknowledges; their numbers have no gap."""
    wire.say("hello")
    sent = wire.run(10, lambda: wire.say("ack"))
    frames = [content for content in sent if content["kind"] == "frame"]
    assert [content["seq"] for content in frames] == list(range(2, len(frames) + 2))
    assert 140 <= len(frames) <= 155
    assert [c["to"] for c in sent if c["kind"] == "snapshot"] == [["a"]]


def test_a_view_that_comes_alone_gets_a_snapshot_only(wire: Wire) -> None:
    """What a first view is sent it is sent once; a page nobody knew of finds a number missing."""
    wire.say("hello")
    (sent,) = wire.step()
    assert (sent["kind"], sent["seq"]) == ("snapshot", 1)
    wire.say("hello", "b")
    assert [content["kind"] for content in wire.step()] == ["frame", "snapshot"]


def test_without_acknowledgements_frames_end(wire: Wire) -> None:
    """Acks that never come end the frames after three seconds, and an hour brings no more."""
    wire.say("hello")
    wire.run(HOUR)
    assert wire.sent[-1][0] - wire.sent[0][0] <= UNACKED + 0.1
    assert wire.link.n_visible == 0


def test_a_late_acknowledgement_brings_everything(wire: Wire) -> None:
    """A page that was given up and speaks again gets a snapshot, and frames go on."""
    wire.say("hello")
    wire.run(60)
    wire.say("ack")
    kinds = [content["kind"] for content in wire.run(1)]
    assert "snapshot" in kinds[:2]
    assert kinds.count("frame") > 10


def test_an_acknowledgement_that_comes_twice_counts_once(wire: Wire) -> None:
    """Doubled and replayed acks change nothing: the pace is the same."""
    wire.say("hello")
    once = len(wire.run(10, lambda: wire.say("ack")))

    def acknowledge_often() -> None:
        for _ in range(20):
            wire.say("ack", seq=1)

    twice = len(wire.run(10, acknowledge_often))
    assert abs(once - twice) <= 2


def test_a_page_that_lags_gets_fewer_frames(wire: Wire) -> None:
    """Lag slows the frames down to one a second; without it they come back to their pace."""
    wire.say("hello")
    slow = wire.run(30, lambda: wire.say("ack", lag=3000))
    assert len(slow) < 100
    assert len(wire.run(10, lambda: wire.say("ack", lag=3000))) <= 12
    wire.run(30, lambda: wire.say("ack", lag=0))
    assert len(wire.run(10, lambda: wire.say("ack", lag=0))) > 140


def test_two_pages_with_two_paces(wire: Wire) -> None:
    """A slow page doesn't slow one that keeps up."""
    wire.say("hello", "fast")
    wire.say("hello", "slow")

    def acknowledge() -> None:
        wire.say("ack", "fast", lag=0)
        wire.say("ack", "slow", lag=5000)

    wire.run(10, acknowledge)
    assert len(wire.run(10, acknowledge)) > 140


def test_a_silent_page_is_heard_of_at_least_once_a_second(wire: Wire) -> None:
    """Without news a page hears something every second, so that silence means a broken link."""
    wire.feed.has_news = False
    wire.say("hello")
    wire.run(1)
    assert 9 <= len(wire.run(10, lambda: wire.say("ack"))) <= 11


def test_the_51st_page_takes_the_place_of_the_oldest(wire: Wire) -> None:
    """Fifty pages are served; for one more the one heard longest ago gives way, which is counted."""
    for number in range(MAX_CLIENTS):
        wire.say("hello", f"page {number}")
    wire.say("hello", "one more")
    assert (wire.link.n_visible, wire.link.n_ignored) == (MAX_CLIENTS, 1)
    wire.say("bye", "page 7")
    wire.say("hello", "another")
    assert (wire.link.n_visible, wire.link.n_ignored) == (MAX_CLIENTS, 1)
    snapshots = [content["to"] for content in wire.run(1) if content["kind"] == "snapshot"]
    assert "one more" in snapshots[0]


def test_one_page_cannot_take_all_places(wire: Wire) -> None:
    """Names that only say hello, again and again, keep nobody out who follows."""
    wire.say("hello", "watched")
    for number in range(MAX_CLIENTS - 1):
        wire.say("hello", f"made up {number}")
    wire.run(4, lambda: wire.say("ack", "watched"))
    wire.say("hello", "newcomer")
    assert "newcomer" in next(c["to"] for c in wire.run(1) if c["kind"] == "snapshot")
    wire.say("ack", "newcomer")
    for number in range(1000):
        wire.say("hello", f"made up again {number}")
    kinds = [content["kind"] for content in wire.run(2, lambda: wire.say("ack", "newcomer"))]
    assert kinds.count("frame") > 20
    assert wire.link.n_visible == MAX_CLIENTS


@pytest.mark.parametrize("name", [None, "", "x" * 65, 7, ["a"], {"a": 1}])
def test_a_page_without_a_name_is_none(wire: Wire, name: Any) -> None:
    """Who doesn't say who it is, is counted and not served."""
    wire.link.receive({"kind": "hello", "client": name})
    assert (wire.link.n_visible, wire.link.n_ignored, wire.run(5)) == (0, 1, [])


def test_hidden_and_closed_pages_get_nothing(wire: Wire) -> None:
    """Nothing is sent to a hidden page, at once a snapshot when it is seen again, nothing after its end."""
    wire.say("hello")
    wire.run(1)
    wire.say("visible", visible=False)
    assert wire.run(2) == []
    wire.say("visible", visible=True)
    assert "snapshot" in [content["kind"] for content in wire.run(0.2)]
    wire.say("bye")
    assert wire.run(HOUR) == []


@pytest.mark.parametrize("has_other", [False, True])
def test_a_view_out_of_sight_is_sent_one_snapshot(wire: Wire, has_other: bool) -> None:
    """What lies below the edge of the screen shows something before anybody scrolls there."""
    if has_other:
        wire.say("hello", "other")
        wire.run(0.2)
    wire.say("hello", "below")
    wire.say("visible", "below", visible=False)
    sent = wire.run(5, lambda: wire.say("visible", "below", visible=False))
    assert [content["to"] for content in sent if content["kind"] == "snapshot"] == [["below"]]
    if not has_other:
        assert [content["kind"] for content in sent] == ["snapshot"]
    wire.say("hello", "below", visible=False)  # it missed a number, perhaps
    assert "snapshot" not in [content["kind"] for content in wire.run(1)]
    wire.say("visible", "below", visible=True)
    assert ["below"] in [content.get("to") for content in wire.run(0.2)]


def test_a_page_known_to_be_closed_gets_nothing_from_a_busy_kernel(wire: Wire) -> None:
    """A page that left before the cell began costs nothing while it runs."""
    wire.say("hello")
    wire.run(1)
    wire.say("bye")
    wire.main.busy_since = wire.clock.monotonic()
    assert wire.run(HOUR) == []


def test_a_busy_kernel_goes_on_slower(wire: Wire) -> None:
    """Nobody can acknowledge while a cell runs: five frames a second go out, and say so."""
    wire.say("hello")
    wire.run(1)
    wire.main.busy_since = wire.clock.monotonic()
    wire.run(2)
    sent = wire.run(20)
    frames = [content for content in sent if not content.get("whole")]
    assert 95 <= len(frames) <= 101
    assert all(content["busy"] > 1 and content["deaf"] for content in sent)
    assert BUSY_INTERVAL == 0.2


def test_an_hour_in_a_cell_costs_four_megabytes(wire: Wire) -> None:
    """After 30 s 2 KB go out every 2 s, at most 4 MB an hour, and some frames need nothing before them."""
    wire.say("hello")
    wire.run(1)
    wire.main.busy_since = wire.clock.monotonic()
    wire.run(LONG_BUSY_AFTER)
    begin = wire.clock.monotonic()
    sent = wire.run(HOUR)
    assert wire.n_bytes(begin) <= 4e6
    assert 0.9 * HOUR / 2 <= len(sent) <= HOUR / 2 + 1
    largest = max(n for at, _, n in wire.sent if at >= begin)
    assert largest + ENVELOPE_BYTES <= LITTLE_BYTES + ENVELOPE_BYTES + 100 < 2200
    whole = [at for at, content, _ in wire.sent if at >= begin and content.get("whole")]
    assert max(b - a for a, b in itertools.pairwise(whole)) <= 6.1


def test_widgets_share_what_an_hour_may_cost(wire: Wire) -> None:
    """Ten charts in a long cell cost no more than one."""
    links = [wire.link, *(wire.new_link() for _ in range(9))]
    for link in links:
        link.receive({"kind": "hello", "client": "a"})
        link.step(wire.clock.monotonic())
    wire.main.busy_since = wire.clock.monotonic() - LONG_BUSY_AFTER
    wire.clock.advance(1.0)
    begin = wire.clock.monotonic()
    while wire.clock.monotonic() < begin + 600:
        delays = [link.step(wire.clock.monotonic()) or 1.0 for link in links]
        wire.clock.advance(max(1e-3, min(delays)))
    assert wire.n_bytes(begin) <= 4e6 / 6 + 20_000
    assert min(link.n_frames for link in links) >= 20


def test_pages_heard_aside_are_given_up_in_a_long_cell(wire: Wire) -> None:
    """Where acks come on a subshell, silence means what it says: nothing goes out after three seconds."""
    wire.say_aside("hello")
    wire.run(2, lambda: wire.say_aside("ack"))
    wire.main.busy_since = wire.clock.monotonic()
    wire.run(60, lambda: wire.say_aside("ack"))
    assert not wire.sent[-1][1].get("deaf")
    closed_at = wire.clock.monotonic()
    wire.run(HOUR)
    assert wire.sent[-1][0] - closed_at <= UNACKED + 0.3
    assert wire.link.n_visible == 0


def test_a_watched_chart_is_fast_where_acks_come_aside(wire: Wire) -> None:
    """A page that is heard during a long cell goes on at five frames a second."""
    wire.say_aside("hello")
    wire.main.busy_since = wire.clock.monotonic() - 2 * LONG_BUSY_AFTER
    assert len(wire.run(10, lambda: wire.say_aside("ack"))) > 45


def test_nobody_is_given_up_when_a_cell_ends(wire: Wire) -> None:
    """After a long cell the page is heard only a moment later: until then it is sent frames."""
    wire.say("hello")
    wire.run(1)
    wire.main.busy_since = wire.clock.monotonic()
    wire.run(120)
    wire.main.busy_since = None
    wire.run(1)
    assert len(wire.run(1)) > 10
    assert wire.link.n_visible == 1
    wire.run(EVICT_AFTER)
    assert wire.link.n_visible == 0


def test_a_displayed_widget_needs_no_hello_from_a_busy_kernel(wire: Wire) -> None:
    """A view that a busy kernel can't hear gets the scripts, and whole frames twice a second or so."""
    wire.link.displayed()
    wire.main.busy_since = wire.clock.monotonic()
    sent = wire.run(10)
    assert 15 <= len([content for content in sent if content.get("whole")]) <= 24
    first = next(at for at, content, _ in wire.sent if content.get("whole"))
    assert first - wire.main.busy_since <= 1.3
    assert wire.pushed > 0


def test_a_displayed_widget_waits_for_its_page_in_a_free_kernel(wire: Wire) -> None:
    """Nothing is sent before the hello while the kernel could hear one, and the pump sleeps at last."""
    wire.link.displayed()
    assert wire.run(HOUR) == []
    assert wire.link.step(wire.clock.monotonic()) is None
    wire.main.busy_since = wire.clock.monotonic() - 10
    assert wire.run(HOUR) == []


def test_an_hour_that_nobody_was_heard_in_is_cheap_too(wire: Wire) -> None:
    """A widget whose view was never heard costs as little in a long cell as one that was."""
    wire.link.displayed()
    wire.main.busy_since = wire.clock.monotonic()
    wire.run(LONG_BUSY_AFTER)
    begin = wire.clock.monotonic()
    wire.run(HOUR)
    assert 1e6 < wire.n_bytes(begin) <= 4e6


def test_what_cannot_be_sent_ends_nothing(wire: Wire) -> None:
    """A comm that the other side closed is no error of the kernel's."""

    def fail(content: dict[str, Any], buffers: list[Any]) -> None:
        raise RuntimeError("no comm")

    link = Link(fail, wire.feed, clock=wire.clock, main=wire.main)  # type: ignore[arg-type]
    link.receive({"kind": "hello", "client": "a"})
    assert link.step(wire.clock.monotonic()) is not None


def kinds(sent: list[dict[str, Any]]) -> list[str]:
    """Return what kinds of messages were sent."""
    return [content["kind"] for content in sent]


def test_a_frame_goes_out_when_it_is_due_and_not_before(wire: Wire) -> None:
    """However often the pump turns, a page gets a frame each fifteenth of a second."""
    wire.say("hello")
    assert kinds(wire.step()) == ["snapshot"]
    assert wire.step() == []
    n_asked = wire.feed.n_asked
    assert wire.step(0.02) == []
    assert wire.feed.n_asked == n_asked, "the feed is not asked before its time"
    assert kinds(wire.step(1 / 15)) == ["frame"]
    assert wire.step() == []
    assert kinds(wire.step(1 / 15)) == ["frame"]


def test_a_snapshot_has_the_number_after_which_frames_go_on(wire: Wire) -> None:
    """Who begins in the middle misses nothing: the next frame's number is one more than the snapshot's."""
    wire.say("hello", "first")
    wire.run(2, lambda: wire.say("ack", "first"))
    wire.say("hello", "second")
    frame, snapshot = wire.step(1 / 15)
    assert snapshot["to"] == ["second"]
    assert snapshot["seq"] == frame["seq"] > 20
    (following,) = wire.step(1 / 15)
    assert following["seq"] == snapshot["seq"] + 1


def test_pages_that_say_hello_at_once_share_a_snapshot(wire: Wire) -> None:
    """Two views of a page cost one snapshot, which names both."""
    wire.say("hello", "left")
    wire.say("hello", "right")
    (snapshot,) = (content for content in wire.step() if content["kind"] == "snapshot")
    assert sorted(snapshot["to"]) == ["left", "right"]


def test_numbers_go_on_where_they_were_after_a_rest(wire: Wire) -> None:
    """While nobody looks no number is used up; a page that missed nothing notices no gap."""
    wire.say("hello")
    wire.run(1, lambda: wire.say("ack"))
    newest = wire.sent[-1][1]["seq"]
    wire.say("visible", visible=False)
    assert wire.run(60, lambda: wire.say("visible", visible=False)) == []
    wire.say("visible", visible=True)
    (snapshot,) = wire.step()
    assert snapshot["seq"] == newest + 1


def test_a_lost_comm_uses_numbers_up(wire: Wire) -> None:
    """A frame that could not be sent is a gap that the page sees, and answers with a hello."""
    wire.say("hello")
    (before, *_) = wire.step()
    wire.is_cut = True
    wire.step(1 / 15)
    wire.is_cut = False
    (after,) = wire.step(1 / 15)
    assert after["seq"] == before["seq"] + 2


def test_frames_go_out_for_three_seconds_beyond_an_acknowledgement(wire: Wire) -> None:
    """One that comes in the last moment is in time, and one page's is enough for all."""
    wire.say("hello", "a")
    wire.say("hello", "b")
    wire.step()
    assert kinds(wire.step(UNACKED - 0.1)) == ["frame"]
    wire.say("ack", "b")
    assert kinds(wire.step(UNACKED - 0.1)) == ["frame"]
    assert wire.step(0.2) == []
    wire.say("ack", "a")
    assert kinds(wire.step(1 / 15)) == ["frame"]


def test_who_is_silent_is_evicted_and_the_other_goes_on(wire: Wire) -> None:
    """Of two views the one that says nothing is gone after ten seconds; its ack brings it back."""
    wire.say("hello", "here")
    wire.say("hello", "gone")
    wire.run(EVICT_AFTER - 1, lambda: wire.say("ack", "here"))
    assert wire.link.n_visible == 2
    wire.run(2, lambda: wire.say("ack", "here"))
    assert wire.link.n_visible == 1
    wire.say("ack", "gone")
    (snapshot,) = (content for content in wire.step(0.1) if content["kind"] == "snapshot")
    assert snapshot["to"] == ["gone"]


def test_a_hidden_page_counts_in_nothing(wire: Wire) -> None:
    """Neither its lag nor its width are those of the views that are looked at."""
    wire.say("hello", "seen", width=800)
    wire.say("hello", "hidden", width=3000)
    assert wire.link.width_px == 3000
    wire.say("visible", "hidden", visible=False)
    assert wire.link.width_px == 800

    def acknowledge() -> None:
        wire.say("ack", "seen", lag=3000)
        wire.say("ack", "hidden", lag=0)

    wire.run(30, acknowledge)
    assert len(wire.run(10, acknowledge)) <= 12


def test_lag_slows_frames_down_step_by_step(wire: Wire) -> None:
    """Each frame under lag comes a quarter later than the one before, down to one a second."""
    wire.say("hello")
    wire.step()
    wire.run(20, lambda: wire.say("ack", lag=1000))
    frames = [at for at, content, _ in wire.sent if content["kind"] == "frame"]
    pauses = [b - a for a, b in itertools.pairwise(frames)]
    assert pauses[0] < 0.15
    assert max(pauses[:5]) < 0.35
    assert pauses[-1] == pytest.approx(1.0, abs=0.05)


def test_a_main_thread_that_was_busy_for_a_moment_is_not_told(wire: Wire) -> None:
    """Below a second nothing is slower and no frame speaks of it; from then on each says for how long."""
    wire.say("hello")
    wire.step()
    wire.main.busy_since = wire.clock.monotonic()
    (frame,) = wire.step(0.9)
    assert (frame["busy"], "deaf" in frame) == (0, False)
    sent = wire.step(0.6)
    assert {(content["busy"], content["deaf"]) for content in sent} == {(1.5, True)}


class Beat:
    """Counts how often it was stepped, and asks for it again after `delay` seconds."""

    def __init__(self, delay: float | None) -> None:
        self.delay = delay
        self.n = 0

    def step(self, now: float) -> float | None:
        """Count."""
        self.n += 1
        return self.delay


def test_a_pump_drives_each_at_its_own_pace() -> None:
    """Two links of two paces are driven by one thread, which ends with the last of them."""
    pump = Pump()
    fast, never = Beat(0.005), Beat(None)
    pump.add(fast)
    pump.add(never)
    wait_until(lambda: fast.n > 20)
    pump.remove(fast)
    pump.wake()
    before = never.n
    pump.wake()
    wait_until(lambda: never.n > before)
    pump.remove(never)
    wait_until(lambda: pump._thread is None)


def test_a_failing_link_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """What fails is logged and tried again; the others go on."""

    class Broken:
        n = 0

        def step(self, now: float) -> float | None:
            self.n += 1
            raise RuntimeError("broken")

    pump = Pump()
    broken, fast = Broken(), Beat(0.005)
    pump.add(broken)
    pump.add(fast)
    wait_until(lambda: fast.n > 20 and broken.n > 2)
    pump.remove(broken)
    pump.remove(fast)
    wait_until(lambda: pump._thread is None)
    assert "broken" in caplog.text or "failed" in caplog.text


def test_what_a_view_may_begin_with_names_the_protocol() -> None:
    """Snapshots and whole frames say by which protocol they are to be read; a frame that goes on doesn't."""
    wire = Wire()
    wire.say("hello")
    snapshot, *frames = [content for content in wire.run(1.0) if content["kind"] != "ack"]
    assert snapshot["protocol"] == PROTOCOL
    assert all("protocol" not in frame for frame in frames)
    wire = Wire()
    wire.link.displayed()
    wire.main.busy_since = wire.clock.monotonic()
    whole = [content for content in wire.run(5.0) if content.get("whole")]
    assert {content["protocol"] for content in whole} == {PROTOCOL}


def test_page_and_kernel_have_one_protocol() -> None:
    """The number stands in pageLink.js, too."""
    text = resources.files("nbstream").joinpath("static/shared/pageLink.js").read_text("utf-8")
    assert re.findall(r"^const PROTOCOL = (\d+);$", text, re.MULTILINE) == [str(PROTOCOL)]


@pytest.mark.parametrize("protocol", [0, PROTOCOL + 1, "new", None, [], {"a": 1}])
def test_a_page_of_another_version_is_told_of_ours(protocol: Any) -> None:
    """Whatever a page of another version says, it hears which protocol is spoken here; nothing is raised."""
    wire = Wire()
    wire.say("hello", protocol=protocol, text={"never": "seen"}, later=[1])
    told = wire.step()
    assert told[-1]["protocol"] == PROTOCOL
    assert told[-1]["to"] == ["a"]
    assert not wire.link.receive({"kind": "of another version", "client": "a"})
    wire.say("bye")
    assert wire.link.n_visible == 0


def test_buffers_go_as_text_while_a_view_needs_it() -> None:
    """One view that gets no buffers is enough, for all hear the same; without it they are binary again."""
    wire = Wire()
    wire.say("hello", "colab", text=True)
    wire.say("hello", "lab")
    assert wire.link.is_text
    wire.say("bye", "colab")
    assert not wire.link.is_text
    wire.say("hello", "lab", text="yes")
    assert not wire.link.is_text


def test_a_view_that_nobody_has_heard_is_taken_for_one_like_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is of the same host, most likely; before the first word Colab's get text, all others buffers."""
    wire = Wire()
    assert not wire.link.is_text, "nobody is there"
    wire.link.displayed()
    assert not wire.link.is_text
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    assert wire.link.is_text
    other = Wire(wire.last_heard)
    other.say("hello")
    assert not wire.link.is_text, "this Colab's pages get buffers"
    other.say("hello", text=True)
    assert wire.link.is_text


def test_little_frames_as_text_keep_within_their_bytes() -> None:
    """What pages that may be gone are sent is no more as text: 2 KB every 2 s."""
    wire = Wire()
    wire.say("hello", text=True)
    wire.run(1.0)
    wire.main.busy_since = wire.clock.monotonic()
    wire.run(LONG_BUSY_AFTER + 1.0)
    begin = len(wire.sent)
    wire.run(60.0)
    payloads = [n_bytes for _, _, n_bytes in wire.sent[begin:]]
    assert len(payloads) > 20
    assert max(payloads) < 0.85 * LITTLE_BYTES, "of which base64 makes 4/3"
