"""What the site is made of: its sections hold every page, and the API pages every public name."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

import nbstream as ns
from tests.docs.pages import DOCS, ROOT
from tools.check_site import problems
from tools.public_members import public_members

MODULES = (
    "nbstream.alerts",
    "nbstream.alerts.notifiers",
    "nbstream.detectors",
    "nbstream.recording",
    "nbstream.statistics",
    "nbstream.testing",
)
# Types for annotations, which have no page of their own.
NO_PAGE = {"nbstream.statistics.StatisticLike", "nbstream.statistics.Unit"}


def listed() -> list[str]:
    """Return the names that the API pages list."""
    texts = [page.read_text("utf-8") for page in sorted((DOCS / "api").glob("*.md"))]
    return [name for text in texts for name in re.findall(r"^   ~?(nbstream\.[\w.]+)$", text, re.M)]


def thing(name: str) -> object:
    """Return what a name of the API pages means."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(module), last)


def test_the_api_pages_have_every_public_name() -> None:
    """Each is listed once, by itself or as what it is another name of."""
    names = listed()
    assert len(set(names)) == len(names)
    things = [thing(name) for name in names]
    public = {
        f"{module}.{name}"
        for module in ("nbstream", *MODULES)
        for name in importlib.import_module(module).__all__
    }
    missing = {
        name
        for name in public - set(names) - NO_PAGE
        if not isinstance(thing(name), ModuleType) and not any(thing(name) is one for one in things)
    }
    assert missing == set()
    assert set(names) <= public


def test_a_page_of_the_api_lists_the_public_members() -> None:
    """Those of the class and of bases that aren't public; what a public base has stands there."""
    members = public_members("nbstream.CsvSource")
    assert "position" in members["attributes"]
    assert "start" not in members["methods"]
    assert "start" in public_members("nbstream.Source")["methods"]
    of_chart = public_members("nbstream.LiveChart")
    assert {"close", "mark", "to_figure"} <= set(of_chart["methods"])
    # What ipywidgets calls is nothing that people call.
    shown = {*of_chart["methods"], *of_chart["attributes"]}
    assert not {"send", "set_state", "open", "model_id", "add_traces"} & shown
    assert {"alerts", "anomalies", "buffer"} <= set(
        public_members("nbstream.Analyzer")["attributes"]
    )
    assert ns.Source.start.__doc__


def test_every_class_of_the_api_has_members_to_list() -> None:
    """Those that wrote their `__init__`, and those whose was made for them."""
    kinds = [name for name in listed() if isinstance(thing(name), type)]
    assert "nbstream.Buffer" in kinds
    for name in kinds:
        members = public_members(name)
        assert not set(members["methods"]) & set(members["attributes"]), name


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ('<a href="b.html#there">', None),
        ('<a href="b.html#gone">', "leads to b.html#gone, and there is no such place"),
        ('<a href="c.html">', "leads to c.html, which is not there"),
        ('<img src="x.png">', "shows x.png, which is not there"),
        ('<script src="https://cdn.example/x.js">', "fetches https://cdn.example/x.js"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "fetches //fonts.example/x.css"),
        ('<a href="https://elsewhere.example/">', None),
    ],
)
def test_what_is_wrong_with_a_site_is_told(page: str, problem: str | None, tmp_path: Path) -> None:
    """A link that leads nowhere, a picture that isn't there, and whatever a browser would fetch elsewhere."""
    (tmp_path / "a.html").write_text(page, "utf-8")
    (tmp_path / "b.html").write_text('<h2 id="there">', "utf-8")
    found = problems(tmp_path)
    assert found == ([] if problem is None else [f"a.html {problem}."])


def test_the_readme_is_two_screens() -> None:
    """Of 50 lines each, and lines of no more than 150 characters."""
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) <= 100
    assert max(map(len, lines)) <= 150
