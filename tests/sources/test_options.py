"""Options that are misspelt are told with the one that was meant, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nbstream as ns

CONSTRUCTED: list[Callable[[], Any]] = [
    lambda: ns.HttpSource("http://host/x", intervall=1),
    lambda: ns.WebSocketSource("ws://host", subscribee="x"),
    lambda: ns.MqttSource("x", qoss=1),
    lambda: ns.RedisSource("redis://host", "x", strat="latest"),
    lambda: ns.SqlSource("sqlite:///x.db", "x", intervall=1),
    lambda: ns.KafkaSource("x", grup="g"),
    lambda: ns.SerialSource("/dev/x", bauds=1),
    lambda: ns.CallableSource(float, intervall=1),
    lambda: ns.CsvSource("x.csv", tiem="t"),
]
WATCHED = [
    ("http://host/x", {"intervall": 1}),
    ("ws://host", {"subscribee": "x"}),
    ("mqtt://host/x", {"qoss": 1}),
    ("redis://host/0?stream=x", {"strat": "latest"}),
    ("sqlite:///x.db?table=x", {"backlogg": 1}),
    ("kafka://host/x", {"grup": "g"}),
    ("serial:///dev/x", {"bauds": 1}),
]
QUERIES = [
    ("mqtt://host/x?qoss=1", "qos"),
    ("redis://host/0?streem=x", "stream"),
    ("sqlite:///x.db?tabel=x", "table"),
    ("postgresql://host/x?table=x&intervall=1", "interval"),
    ("kafka://host/x?grup=g", "group"),
    ("serial:///dev/x?bauds=1", "baud"),
]


@pytest.mark.parametrize("make", CONSTRUCTED)
def test_a_constructor_names_the_nearest(make: Callable[[], Any]) -> None:
    """With the class that has it."""
    with pytest.raises(TypeError, match=r"Source has no option '\w+'\. Did you mean '\w+'\?"):
        make()


@pytest.mark.parametrize(("address", "options"), WATCHED)
def test_watch_names_the_nearest(address: str, options: dict[str, Any]) -> None:
    """Of the options of the source that the address names."""
    with pytest.raises(TypeError, match=r"has no option '\w+'\. Did you mean '\w+'\?"):
        ns.watch(address, **options)


@pytest.mark.parametrize(("address", "meant"), QUERIES)
def test_an_address_names_the_nearest(address: str, meant: str) -> None:
    """What stands behind its question mark."""
    with pytest.raises(ValueError, match=rf"takes no '\w+'\. Did you mean '{meant}'\?"):
        ns.watch(address)


def test_options_of_drivers_are_theirs() -> None:
    """What a database's driver takes looks like none of ours."""
    url = "sqlite:///x.db?table=x&timeout=3&mode=ro"
    with ns.SqlSource.from_url(url) as source:
        assert "timeout=3" in source._url
