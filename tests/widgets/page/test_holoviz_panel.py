"""Widgets as components of Panel (by HoloViz), without it; in real pages: tests/hosts."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import nbstream as ns
from nbstream.runtime.hosts.kernel import KernelHost
from nbstream.widgets.page import holoviz_panel, sending
from nbstream.widgets.page.assets import panel_module


class Component:
    """What is used of Panel's JSComponent: parameters, and messages to the pages, which it keeps."""

    def __init__(self, **options: Any) -> None:
        self.sent: list[Any] = []
        vars(self).update(options)

    def _send_msg(self, data: Any) -> None:
        self.sent.append(data)


@pytest.fixture(autouse=True)
def panel(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let Panel be there."""
    custom, param = ModuleType("panel.custom"), ModuleType("param")
    vars(custom)["JSComponent"] = Component
    vars(param).update(String=lambda doc: "", Dict=lambda doc: None, Boolean=lambda doc: False)
    monkeypatch.setitem(sys.modules, "panel", ModuleType("panel"))
    monkeypatch.setitem(sys.modules, "panel.custom", custom)
    monkeypatch.setitem(sys.modules, "param", param)
    holoviz_panel._component_class.cache_clear()
    yield
    holoviz_panel._component_class.cache_clear()


@pytest.fixture
def dashboard() -> Iterator[ns.Dashboard]:
    """Make a dashboard of an empty buffer."""
    made = ns.Dashboard(ns.Buffer())
    yield made
    made.close()


def said(component: Any) -> list[Any]:
    """Return the messages that a component was given, without their buffers."""
    return [json.loads(message["content"]) for message in component.sent]


def test_a_component_has_what_a_page_needs(dashboard: ns.Dashboard) -> None:
    """The module that all have, the loader of this kind of widget, and what its page side asks."""
    component = dashboard.__panel__()
    assert component._esm == panel_module()
    assert component.loader == dashboard._loader
    assert component.traits == {"_begins": dashboard._begins, "_over": ""}
    assert component.sizing_mode == "stretch_width"


def test_a_notebook_has_the_pane_for_widgets(
    dashboard: ns.Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There Jupyter's own widgets are, and Panel shows ours by them."""
    panes = ModuleType("panel.pane")
    vars(panes)["IPyWidget"] = lambda widget: ("pane", widget)
    monkeypatch.setitem(sys.modules, "panel.pane", panes)
    monkeypatch.setattr(sending, "present", KernelHost)
    assert dashboard.__panel__() == ("pane", dashboard)
    assert dashboard._components is None


def test_messages_reach_every_component_with_their_buffers(dashboard: ns.Dashboard) -> None:
    """Binary stays binary, of any kind that frames have."""
    first, second = dashboard.__panel__(), dashboard.__panel__()
    dashboard.send({"kind": "x"}, [np.array([1.0, 2.0]), b"ab", memoryview(b"cd")])
    for component in (first, second):
        assert said(component) == [{"kind": "x"}]
        assert component.sent[0]["buffers"] == [np.array([1.0, 2.0]).tobytes(), b"ab", b"cd"]


def test_a_page_is_heard(dashboard: ns.Dashboard) -> None:
    """What it says reaches the part that it is for, as by a comm."""
    component = dashboard.__panel__()
    hello = {"kind": "hello", "part": "chart", "client": "a", "visible": True, "width": 600}
    component._handle_msg(json.dumps(hello))
    assert dashboard.chart._link.n_visible == 1


@pytest.mark.parametrize("text", ["", "{", 3, None, "[" * 100_000, '{"kind": "nonsense"}', "[1]"])
def test_nonsense_of_a_page_is_counted(dashboard: ns.Dashboard, text: Any) -> None:
    """Nothing raises."""
    component = dashboard.__panel__()
    component._handle_msg(text)
    assert dashboard.n_ignored == 1


def test_a_part_can_be_shown_alone(dashboard: ns.Dashboard) -> None:
    """Its messages go to its own component and to the dashboard's."""
    whole, alone = dashboard.__panel__(), dashboard.chart.__panel__()
    dashboard.chart.send({"kind": "x"})
    assert said(alone) == [{"kind": "x"}]
    assert said(whole) == [{"kind": "x", "part": "chart"}]


def test_what_a_later_run_replaced_says_so(dashboard: ns.Dashboard) -> None:
    """The word that stands in its place reaches the pages."""
    component = dashboard.__panel__()
    dashboard._replaced()
    assert "replaced" in component.traits["_over"]


def test_a_closed_widget_leaves_its_pages(dashboard: ns.Dashboard) -> None:
    """The components are empty then, and nothing raises when it is closed again."""
    component = dashboard.__panel__()
    assert not component.is_over
    dashboard.close()
    assert component.is_over
    dashboard.close()


def test_a_component_that_is_gone_is_not_kept(dashboard: ns.Dashboard) -> None:
    """A widget that many visitors see in turn keeps none of theirs."""
    dashboard.__panel__()
    gc.collect()
    assert len(dashboard._components or ()) == 0
    dashboard.send({"kind": "x"})
