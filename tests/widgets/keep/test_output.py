"""What a cell keeps, and when it is renewed."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

import nbstream as ns
from nbstream.testing import FakeClock
from nbstream.widgets.keep.output import MAX_BYTES, Keeper, bundle
from nbstream.widgets.keep.record import Subject
from tests.wait import wait_until
from tests.widgets.fake_page import StillPump
from tests.widgets.keep.scenes import START, record, traces


class Notebook:
    """Records the outputs that a keeper publishes."""

    def __init__(self) -> None:
        self.published: list[tuple[dict[str, str], str, bool]] = []
        self.threads: list[threading.Thread] = []
        self.is_there = True

    def publish(self, data: dict[str, str], display_id: str, update: bool) -> None:
        """Take an output."""
        self.published.append((data, display_id, update))
        self.threads.append(threading.current_thread())


class Scene:
    """A buffer with a keeper, and time that passes by hand."""

    def __init__(self, source: ns.Source | ns.Buffer) -> None:
        self.clock = FakeClock()
        self.notebook = Notebook()
        self.told: list[dict[str, Any]] = []
        self.analyzer = ns.Analyzer(source, window="60s")
        self.buffer = self.analyzer.buffer
        self.keeper = Keeper(
            self.analyzer,
            lambda: Subject(traces(self.analyzer.channels), ""),
            tell=self.told.append,
            publish=self.notebook.publish,
            is_host=lambda: self.notebook.is_there,
            clock=self.clock,
            pump=StillPump(),  # type: ignore[arg-type]
        )

    def n_after(self, seconds: float) -> int:
        """Let time pass in seconds, and return how many outputs were published in it."""
        before = self.keeper.n_kept
        for _ in range(round(seconds)):
            self.clock.advance(1.0)
            self.keeper.step(self.clock.monotonic())
            wait_until(lambda: not self.keeper._is_drawing)
        return self.keeper.n_kept - before


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A buffer without readings in a notebook."""
    scene = Scene(ns.Buffer(timezone="UTC"))
    yield scene
    scene.keeper.close(keep=False)
    scene.analyzer.close()


def test_one_thread_draws_all_pictures_of_a_chart(scene: Scene) -> None:
    """An allocator keeps memory for each new thread; this one ends with the chart."""
    scene.buffer.append(START, x=1.0)
    scene.keeper.display()
    for i in range(3):
        scene.buffer.append(START + 1 + i, x=2.0)
        scene.n_after(2)
        scene.keeper._due = 0.0
    first, *later = scene.notebook.threads
    assert first is threading.current_thread()
    assert len(later) >= 2
    assert len(set(later)) == 1
    scene.keeper.close(keep=False)
    wait_until(lambda: not later[0].is_alive())


def test_a_bundle_holds_picture_and_table() -> None:
    """The picture is a PNG, the HTML shows it over the table, the text is the table; all say not live."""
    data = bundle(record({"x": np.arange(60.0)}, title="Pumps <b>4</b>"))
    assert data.keys() == {"image/png", "text/html", "text/plain"}
    png = base64.b64decode(data["image/png"])
    assert Image.open(io.BytesIO(png)).format == "PNG"
    assert data["image/png"] in data["text/html"]
    assert 'class="nbs-kept"' in data["text/html"]
    assert "<table" in data["text/html"]
    assert "Chart of Pumps &lt;b&gt;4&lt;/b&gt;, recorded" in data["text/html"]
    assert all("not live" in data[kind] for kind in ("text/html", "text/plain"))


def test_a_cell_stays_small() -> None:
    """16 noisy channels of a million readings, with long names and many incidents, keep 150 KB at most."""
    rng = np.random.default_rng(1)
    n = 1_000_000
    buffer = ns.Buffer(timezone="UTC")
    times = START + np.arange(n) / 1000
    noise = rng.normal(0, 3, n)
    buffer.extend(times, {f"channel {'x' * 60} {i}": np.roll(noise, i) + i for i in range(16)})
    analyzer = ns.Analyzer(buffer, window="all")
    kept = bundle_of(analyzer)
    assert sum(len(part.encode()) for part in kept.values()) <= MAX_BYTES
    assert Image.open(io.BytesIO(base64.b64decode(kept["image/png"]))).width >= 880
    analyzer.close()


def bundle_of(analyzer: ns.Analyzer) -> dict[str, str]:
    """Return what is kept of all channels."""
    from nbstream.widgets.keep.record import take

    return bundle(take(analyzer, Subject(traces(analyzer.channels))))


def test_without_readings_there_is_no_picture() -> None:
    """What waits for readings is told in few words, none of them larger than a message of a page."""
    data = bundle(record({"<x>": []}), mark="m")
    assert data.keys() == {"text/html", "text/plain"}
    assert "Chart of &lt;x&gt;: no readings, recorded" in data["text/html"]
    assert 'data-kept="m"' in data["text/html"]
    assert sum(map(len, data.values())) < 3000


def test_display_puts_an_output_into_the_cell(scene: Scene) -> None:
    """Each display makes an output; all have one id, so that a renewal reaches them together."""
    scene.keeper.display()
    scene.keeper.display()
    scene.keeper.keep()
    ids = {display_id for _, display_id, _ in scene.notebook.published}
    assert len(ids) == 1
    assert [update for _, _, update in scene.notebook.published] == [False, False, True]


def test_what_is_not_displayed_is_not_drawn(scene: Scene) -> None:
    """Without an output, or without a notebook, nothing is kept."""
    scene.keeper.keep()
    scene.notebook.is_there = False
    scene.keeper.display()
    scene.keeper.close(keep=True)
    assert scene.notebook.published == []


def test_it_is_renewed_every_five_minutes(scene: Scene) -> None:
    """The first picture with readings comes soon after them, later ones 5 min apart, none without news."""
    scene.keeper.display()
    assert scene.n_after(400) == 0
    scene.buffer.append(START, x=1.0)
    assert scene.n_after(9) == 0
    assert scene.n_after(3) == 1
    assert scene.n_after(700) == 0
    scene.buffer.append(START + 1, x=1.0)
    assert scene.n_after(2) == 1
    for second in range(2, 300):
        scene.buffer.append(START + second, x=1.0)
        assert scene.n_after(1) == 0


def test_a_display_is_cheap(scene: Scene) -> None:
    """A display keeps a coarse picture of few bytes, and of very many readings none; another follows."""
    noise = np.random.default_rng(1).normal(0, 1, 200_000)
    times = START + np.arange(200_000) / 5_000
    for n in range(6):
        scene.buffer.extend(times, {f"c{n}": noise + n})
        if n == 3:
            scene.keeper.display()
            (data, _, _) = scene.notebook.published[-1]
            assert sum(map(len, data.values())) <= 26_000
            assert len(data["text/plain"].splitlines()) == 6
    scene.keeper.display()
    assert len(scene.notebook.published[-1][0]["text/plain"].splitlines()) == 2
    assert scene.n_after(12) == 1
    assert len(scene.notebook.published[-1][0]["text/plain"].splitlines()) == 8


def test_it_is_renewed_when_the_source_ends() -> None:
    """A source that stops is kept once, as it was then; one that goes on is kept again at its next end."""
    source = ns.CallableSource(lambda: 1.0, interval=0.01).start()
    scene = Scene(source)
    wait_until(lambda: scene.buffer.n_added)
    scene.keeper.display()
    assert scene.n_after(20) == 1
    for _ in range(2):
        source.stop()
        assert scene.n_after(3) == 1
        source.start()
        assert scene.n_after(3) == 0
    source.close()
    scene.keeper.close(keep=False)
    scene.analyzer.close()


def test_keeping_on_demand_counts_as_one(scene: Scene) -> None:
    """After keep() nothing is renewed for 5 min."""
    scene.keeper.display()
    scene.buffer.append(START, x=1.0)
    scene.keeper.keep()
    scene.buffer.append(START + 1, x=1.0)
    assert scene.n_after(290) == 0
    assert scene.n_after(15) == 1


def test_the_end_is_kept_once(scene: Scene) -> None:
    """close() renews for the last time; a chart that was replaced leaves what there is."""
    scene.keeper.display()
    scene.keeper.close(keep=True)
    scene.keeper.close(keep=True)
    scene.keeper.keep()
    scene.keeper.display()
    assert [update for _, _, update in scene.notebook.published] == [False, True]


def test_pages_are_told_of_a_renewal(scene: Scene) -> None:
    """Pages hear by which words they know it, can ask for it, and are sent the last one."""
    scene.keeper.display()
    assert scene.told == []
    scene.keeper.keep()
    (told,) = scene.told
    latest = scene.keeper.latest()
    assert told == {"kind": "kept", "id": latest["id"], "said": told["said"]}
    assert told["said"] in latest["data"]["text/html"]
    assert f'data-kept="{told["id"]}"' in latest["data"]["text/html"]
    scene.keeper.close(keep=True)
    assert scene.told[1]["data"] == scene.keeper.latest()["data"]


def test_a_failure_is_told_and_ends_nothing(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """A picture that cannot be drawn is logged, and the chart is displayed all the same."""

    def fail(*_: Any) -> None:
        raise ValueError("no paper")

    scene.keeper._publish = fail
    scene.keeper.display()
    assert "could not be kept" in caplog.text
