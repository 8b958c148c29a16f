"""Widgets send by the way of their host."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nbstream as ns
from nbstream.runtime.hosts import Host
from nbstream.widgets.page import sending


class OpensAll(Host):
    """A host that opens a comm for each widget, and notes what is sent by which thread's door."""

    opens_all = True

    def __init__(self) -> None:
        self.n_sent = 0

    def send(self, send: Callable[[], object]) -> None:
        """Count it, and send."""
        self.n_sent += 1
        send()


class Comm:
    """A comm that keeps what is sent."""

    def __init__(self, comm_id: str) -> None:
        self.comm_id = comm_id
        self.sent: list[Any] = []

    def send(self, data: Any, buffers: Any = None) -> None:
        """Keep it."""
        self.sent.append(data["content"])

    def on_msg(self, callback: Any) -> None:
        """Hear nobody."""

    def close(self, *arguments: Any, **keywords: Any) -> None:
        """Do nothing."""


@pytest.fixture
def dashboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[ns.Dashboard]:
    """Make a dashboard in a host that opens a comm for it and for each of its parts."""
    host = OpensAll()
    monkeypatch.setattr(sending, "present", lambda: host)
    made = ns.Dashboard(ns.Buffer())
    made.comm, made.chart.comm = Comm(made.model_id), Comm("of the chart")
    yield made
    made.close()


def test_what_is_sent_goes_by_the_host(dashboard: ns.Dashboard) -> None:
    """A message to a page takes the door of the host where the widget was made."""
    host: Any = dashboard._host
    before = host.n_sent
    dashboard.send({"kind": "x"})
    assert host.n_sent == before + 1


def test_a_part_that_nobody_has_alone_is_sent_once(dashboard: ns.Dashboard) -> None:
    """A chart in a dashboard goes by the dashboard's comm, until a page speaks by the chart's own."""
    chart, message = dashboard.chart, {"kind": "x"}
    carried, own = dashboard.comm.sent, chart.comm.sent
    chart.send(message)
    assert carried == [{"kind": "x", "part": "chart"}]
    assert own == []
    hello = {"kind": "hello", "client": "a"}
    chart._handle_msg({"content": {"data": {"method": "custom", "content": hello}}})
    chart.send(message)
    assert own[-1] == message
    assert carried[-1] == {"kind": "x", "part": "chart"}


def test_each_widget_keeps_the_door_of_where_it_was_displayed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two hosts in a process each sends what is its own, whichever the sender or a later display is in."""
    made, hosts = [], [OpensAll(), OpensAll()]
    for host in hosts:
        monkeypatch.setattr(sending, "present", lambda host=host: host)
        chart = ns.LiveChart(ns.Buffer())
        chart.comm = Comm(chart.model_id)
        made.append(chart)
    for i, (chart, host) in enumerate(zip(made, hosts, strict=True)):
        monkeypatch.setattr(sending, "present", lambda host=hosts[1 - i]: host)
        before = [host.n_sent for host in hosts]
        assert chart.model_id == chart.comm.comm_id
        thread = threading.Thread(target=chart.send, args=({"kind": "x"},))
        thread.start()
        thread.join()
        assert [host.n_sent for host in hosts] == [n + (j == i) for j, n in enumerate(before)]
        assert chart.comm.sent[-1] == {"kind": "x"}
    for chart in made:
        chart.close()
