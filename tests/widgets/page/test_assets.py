"""The scripts of the pages are joined in an order that works."""

from __future__ import annotations

import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

import nbstream as ns
from nbstream.widgets.page import assets
from nbstream.widgets.panels.cards import Cards

STATIC = Path(str(resources.files("nbstream"))) / "static"
# What a page needs before it has the joined script.
ALONE = {"holovizPanel.js", "loader.js", "stub.js"}


def test_every_module_is_joined_after_what_it_imports() -> None:
    """No module is forgotten, and each stands once, behind the modules that it names."""
    modules = assets.modules()
    files = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js")}
    assert sorted(modules) == sorted(files - ALONE)
    for place, module in enumerate(modules):
        folder = (STATIC / module).parent
        for imported in re.findall(r'from "(\.[^"]+)"', (STATIC / module).read_text("utf-8")):
            path = (folder / imported).resolve().relative_to(STATIC.resolve()).as_posix()
            assert path in modules[:place], f"{module} imports {path}"
    assert "import" not in re.findall(r"^\w+", assets.script("app").data.decode(), re.MULTILINE)


def test_a_circle_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that import each other are told, with the way round."""
    texts = {
        "app.js": 'import { a } from "./room/a.js";\n',
        "room/a.js": 'import { b } from "../other/b.js";\n',
        "other/b.js": 'import { a } from "../room/a.js";\n',
    }
    monkeypatch.setattr(assets, "_read", texts.__getitem__)
    with pytest.raises(ValueError, match=r"app\.js → room/a\.js → other/b\.js → room/a\.js"):
        assets.modules()


def test_every_style_sheet_is_joined_once() -> None:
    """No sheet is forgotten."""
    files = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.css")}
    assert sorted(assets.STYLES) == sorted(files)


def test_the_script_brings_the_styles_of_all_sheets() -> None:
    """A page has the styles with the script, once, and without the notes in them."""
    text = assets.script("app").data.decode()
    assert "__STYLES__" not in text
    assert text.count(json.dumps(assets.stylesheet(), ensure_ascii=False)) == 1
    for name in assets.STYLES:
        (selector, *_) = re.findall(
            r"^\.nbs[-\w]*", (STATIC / name).read_text("utf-8"), re.MULTILINE
        )
        assert selector in assets.stylesheet()
    assert "/*" not in assets.stylesheet()


@pytest.mark.parametrize("kind", [ns.LiveChart, Cards, ns.Dashboard])
def test_no_widget_carries_styles(kind: type[Any]) -> None:
    """What opens a widget on a page is a stub and a loader."""
    with ns.Analyzer(ns.Buffer()) as analyzer:
        widget = kind(analyzer)
        try:
            state = {key: value for key, value in widget.get_state().items() if value}
            assert "_css" not in state
            assert len(json.dumps(state)) < 10_000
        finally:
            widget.close()
