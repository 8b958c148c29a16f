"""docs/network_sources.md says what is so: its examples make their sources, its messages their channels."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

import nbstream as ns
from nbstream.sources.network.messages import Message
from nbstream.widgets.watch import _open
from tests.canary import CANARY
from tests.sources.network.test_message_source import given

TEXT = (Path(__file__).parents[3] / "docs" / "network_sources.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
ROWS = re.findall(r"^\| `(.+?)` \| (?:`(.*?)`)? ?\| (`.*) \|$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("(")[1][:30])
def test_examples_make_their_sources(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is connected, but every option is one."""
    monkeypatch.setenv("MQTT_PASSWORD", CANARY)
    monkeypatch.setenv("KAFKA_PASSWORD", CANARY)
    made: list[Any] = []

    def make(address: str, interval: float = 1.0, **options: Any) -> None:
        made.append(_open(address, options, wait=False, interval=interval))

    monkeypatch.setattr(ns, "watch", make)
    names = {"ns": ns, "os": os, "token": CANARY, "url": "sqlite:///plant.db"}
    exec(block, names)
    for source in made:
        source.close()
    assert all(isinstance(source, ns.Source) for source in made)


def test_every_row_of_the_table_is_found() -> None:
    """The tests below read the page."""
    assert len(ROWS) == 13
    assert len(BLOCKS) == 8


@pytest.mark.parametrize(("payload", "topic", "expected"), ROWS)
def test_messages_become_the_channels_that_the_page_says(
    payload: str, topic: str, expected: str
) -> None:
    """With their values."""
    frame = given(Message(payload.encode(), topic)).buffer.to_pandas()
    found = {str(name): frame[name].dropna().iloc[-1] for name in frame}
    said = dict(pair.split("` = ") for pair in expected.lstrip("`").split(", `"))
    assert {name: f"{x:g}" if isinstance(x, float) else x for name, x in found.items()} == said
