"""Servers of pages that are asked again and again, and of streams of events."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, ClassVar

import pytest

from nbstream.sources import HttpSource, Source
from nbstream.testing import Cuts, SourceHarness
from tests.counterparts.http import Request, WebServer
from tests.counterparts.ports import HOST, free_port
from tests.sources.stand_ins import Library
from tests.sources.stand_ins.http import client

START = 1_782_907_200


class PageHarness(SourceHarness):
    """A page of JSON: the rows that there are so far."""

    kind: ClassVar[type[Source]] = HttpSource
    exemptions: ClassVar = {}
    n_cuts = 60
    secret = "cAnary7Bird9"
    form: ClassVar = "application/json"

    def __init__(self) -> None:
        pytest.importorskip("httpx")
        self.port = free_port()
        self._server: WebServer | None = None
        self._n = 0
        self._is_open = threading.Event()
        self._is_open.set()
        self._is_sick = False
        self._was_told = threading.Event()

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return HttpSource(self.url(), interval=0.01, **options)

    def url(self) -> str:
        """Return the address."""
        return f"http://ann:{self.secret}@{HOST}:{self.port}/data?token={self.secret}"

    def start(self) -> None:
        """Let it be there."""
        self._server = WebServer(self.answer, self.port)

    def answer(self, request: Request) -> None:
        """Answer a request."""
        self._is_open.wait()
        if self._is_sick:
            request.say('{"rows": [', self.form)
            self._was_told.set()
        else:
            request.say(self.page(self._n), self.form)

    def page(self, n: int) -> str:
        """Return a page of `n` rows."""
        rows = ",".join(f'{{"ts": {START + i}, "value": {i}}}' for i in range(n))
        return f"[{rows}]"

    def kill(self) -> None:
        """Let it be gone."""
        server, self._server = self._server, None
        if server is not None:
            server.end()

    def cut(self) -> None:
        """Cut the connection."""
        assert self._server is not None
        self._server.cut()

    def hang(self) -> None:
        """Answer nobody."""
        self._is_open.clear()

    def resume(self) -> None:
        """Go on."""
        self._is_open.set()

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self._is_sick = False
        self._n = first + n

    def poison(self) -> None:
        """Say half a page."""
        self._is_sick = True
        assert self._was_told.wait(30)

    def stand_in(self, cuts: Cuts, **options: Any) -> Source:
        """Return a source of what stands in for the library."""
        source = HttpSource("http://host/data", interval=0.001, **options)
        page = client(cuts, self.page_of, self.form)
        source._httpx = Library(source._httpx, AsyncClient=page)  # type: ignore[assignment]
        return source

    def page_of(self, number: int) -> str:
        """Return a page in which one number stands."""
        return f'{{"value": {number}}}'

    def close(self) -> None:
        """End it."""
        self._is_open.set()
        self.kill()


class TableHarness(PageHarness):
    """The same, as a table with commas."""

    label: ClassVar = '`HttpSource(form="table")`'
    form = "text/csv"
    stand_in = SourceHarness.stand_in  # a page of JSON has the same transport

    def page(self, n: int) -> str:
        """Return a page of `n` rows."""
        return "time,value\n" + "".join(f"{START + i},{i}\n" for i in range(n))


class EventsHarness(PageHarness):
    """A stream of events, which goes on behind the one that it is told."""

    label: ClassVar = '`HttpSource(form="events")`'

    n_cuts = 40
    form = "text/event-stream"

    def __init__(self) -> None:
        super().__init__()
        self._events: list[str] = []
        self._said = threading.Condition()
        self._generation = 0

    def answer(self, request: Request) -> None:
        """Send the events that come from now on, or from where the other side wants to go on."""
        last = request.headers["Last-Event-ID"]
        generation = self._generation
        n = len(self._events) if last is None else int(last)
        request.stream("retry: 1\n\n")
        while generation == self._generation:
            with self._said:
                while len(self._events) == n and generation == self._generation:
                    self._said.wait(10)
            self._is_open.wait()
            new = self._events[n:]
            n += len(new)
            request.wfile.write("".join(new).encode())
            request.wfile.flush()
        with suppress(OSError):
            request.wfile.write(b"id: 9999\ndata: 12")

    def page_of(self, number: int) -> str:
        """Return an event in which one number stands."""
        return f'id: {number}\ndata: {{"value": {number}}}\n\n'

    def make(self, **options: Any) -> Source:
        """Return a source of it, which goes on from the first event."""
        source = HttpSource(self.url(), **options)
        source._go_to({"id": "0"})
        return source

    def cut(self) -> None:
        """End the stream in the middle of an event."""
        with self._said:
            self._generation += 1
            self._said.notify_all()

    def kill(self) -> None:
        """Let it be gone."""
        self.cut()
        super().kill()

    def say(self, texts: list[str]) -> None:
        """Say events, each as it is."""
        with self._said:
            for text in texts:
                self._events.append(f"id: {len(self._events) + 1}\ndata: {text}\n\n")
            self._said.notify_all()

    def feed(self, first: int, n: int) -> None:
        """Say readings."""
        self.say([f'{{"value": {i}}}' for i in range(first, first + n)])

    def poison(self) -> None:
        """Say nonsense."""
        self.say(['{"value": '])


class LinesHarness(PageHarness):
    """A page of the lines that were said since it was asked for last."""

    label: ClassVar = '`HttpSource(form="lines")`'

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def make(self, **options: Any) -> Source:
        """Return a source of it."""
        return HttpSource(self.url(), interval=0.01, form="lines", **options)

    def answer(self, request: Request) -> None:
        """Answer a request."""
        lines, self._lines = self._lines, []
        request.say("".join(f"{line}\n" for line in lines), "application/x-ndjson")

    def say(self, texts: list[str]) -> None:
        """Say lines, each as it is."""
        self._lines += texts


HARNESSES = (PageHarness, TableHarness, EventsHarness)
"""Those of the contract: what `LinesHarness` said is gone when its answer is lost."""
