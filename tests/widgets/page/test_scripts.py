"""The scripts' two roads to a page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from jupyterlab_server import config

from nbstream.runtime.main_thread import MainThread
from nbstream.testing import FakeClock
from nbstream.widgets.page import scripts as module
from nbstream.widgets.page.assets import PIECE_BYTES, Script, loader, script, stub
from nbstream.widgets.page.scripts import AGAIN, FOLDER, KEPT, Scripts, lay_out


class Page:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], bytes]] = []

    def send(self, content: dict[str, Any], buffers: list[Any]) -> None:
        """Take a message."""
        self.sent.append((content, bytes(buffers[0])))

    @property
    def pieces(self) -> list[int]:
        """Numbers of the pieces that came."""
        return [content["piece"] for content, _ in self.sent]


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def scripts(clock: FakeClock) -> Scripts:
    """Scripts that nobody has asked for."""
    return Scripts(clock)


def need(name: Any = "plotly", **more: Any) -> dict[str, Any]:
    """Return what a page sends that asks for a script."""
    file = script(name).file_name if name in ("app", "plotly") else "x"
    return {"kind": "need", "name": name, "file": file, **more}


def test_the_pieces_make_the_script(scripts: Scripts) -> None:
    """All pieces together are the script, none is larger than 256 KB, and each says where it belongs."""
    page = Page()
    assert scripts.answer(page.send, need())
    bundle = script("plotly")
    assert b"".join(data for _, data in page.sent) == bundle.data
    assert page.pieces == list(range(bundle.n_pieces))
    assert max(len(data) for _, data in page.sent) == PIECE_BYTES
    assert {content["file"] for content, _ in page.sent} == {bundle.file_name}


def test_only_missing_pieces_are_sent(scripts: Scripts) -> None:
    """A page that lost some pieces gets those and no other."""
    page = Page()
    scripts.answer(page.send, need(pieces=[7, 3]))
    assert page.pieces == [3, 7]


def test_a_flood_of_requests_costs_one_script_in_30_seconds(
    scripts: Scripts, clock: FakeClock
) -> None:
    """Five hundred requests are answered once; the refused ones are counted; later it is sent again."""
    page = Page()
    for _ in range(500):
        scripts.answer(page.send, need())
    assert len(page.sent) == script("plotly").n_pieces
    assert scripts.n_refused == 499
    clock.advance(AGAIN)
    scripts.answer(page.send, need())
    assert len(page.sent) == 2 * script("plotly").n_pieces


@pytest.mark.parametrize(
    "message",
    [
        need("other"),
        need(["app"]),
        need(pieces=[]),
        need(pieces=[-1, 99, True, 1.0, "1", None]),
        need(pieces=list(range(1000))),
        need(pieces="all"),
        {"kind": "need", "name": "app"},
        {"kind": "need", "name": "app", "file": "app-of-another-version.js"},
        {"kind": "need"},
        {"kind": "hello"},
        None,
    ],
)
def test_what_asks_for_nothing_gets_nothing(scripts: Scripts, message: Any) -> None:
    """A request that makes no sense is none."""
    page = Page()
    assert not scripts.answer(page.send, message)
    assert page.sent == []


def in_jupyter(monkeypatch: pytest.MonkeyPatch, *folders: Path, session: str = "a.ipynb") -> None:
    """Make this process look like a kernel of a Jupyter server."""
    monkeypatch.setattr(MainThread, "has_loop", True)
    monkeypatch.setenv("JPY_SESSION_NAME", session)
    monkeypatch.setattr(module, "_data_folders", lambda: list(folders))


def test_a_server_finds_the_scripts(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a kernel of a Jupyter server the scripts lie where it looks for files of extensions."""
    in_jupyter(monkeypatch, tmp_path)
    assert scripts.are_served("chart")
    for name in ("app", "plotly"):
        found = script(name)
        assert (tmp_path / FOLDER / found.file_name).read_bytes() == found.data
    page = Page()
    scripts.push(page.send, "chart")
    assert page.sent == []


def test_what_no_server_has_is_pushed_once(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: FakeClock
) -> None:
    """A page that can't be heard gets our script unasked, but not again and again, and not plotly's 5 MB."""
    in_jupyter(monkeypatch, tmp_path, session="a-jvsc-0c1e.ipynb")
    assert not scripts.are_served("chart")
    assert list(tmp_path.iterdir()) == []
    page = Page()
    for _ in range(100):
        scripts.push(page.send, "chart")
        clock.advance(2.0)
    n_pieces = script("app").n_pieces
    assert len(page.sent) == n_pieces
    clock.advance(200.0)
    scripts.push(page.send, "chart")
    assert len(page.sent) == 2 * n_pieces


def test_who_asks_once_is_pushed_to_later(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: FakeClock
) -> None:
    """A page that asks has no server that serves the files, whatever it looked like."""
    in_jupyter(monkeypatch, tmp_path)
    scripts.answer(Page().send, need("app"))
    clock.advance(AGAIN)
    page = Page()
    scripts.push(page.send, "cards")
    assert page.pieces == list(range(script("app").n_pieces))


def test_outside_of_kernels_nothing_is_written(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A plain script leaves no files behind."""
    monkeypatch.setattr(module, "_data_folders", lambda: [tmp_path])
    assert not scripts.are_served("chart")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_goes_elsewhere(tmp_path: Path) -> None:
    """The first folder that can be written is taken; without one the answer is no."""
    occupied = tmp_path / "occupied"
    occupied.write_text("not a folder")
    assert lay_out(Script("app", b"1"), [occupied, tmp_path])
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [Script("app", b"1").file_name]
    assert not lay_out(Script("app", b"1"), [occupied])
    assert not lay_out(Script("app", b"1"), [])


def test_a_torn_file_is_written_anew(tmp_path: Path) -> None:
    """A file of the wrong size, left by a full disk, is replaced."""
    path = tmp_path / FOLDER / Script("app", b"12345").file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"12")
    assert lay_out(Script("app", b"12345"), [tmp_path])
    assert path.read_bytes() == b"12345"


def test_few_files_are_kept(tmp_path: Path) -> None:
    """Of each script the newest versions stay, and those of the other script are left alone."""
    assert lay_out(Script("plotly", b"p"), [tmp_path])
    for number in range(6):
        found = Script("app", str(number).encode())
        assert lay_out(found, [tmp_path])
        os.utime(tmp_path / FOLDER / found.file_name, (number, number))
    left = sorted(path.read_bytes() for path in (tmp_path / FOLDER).iterdir())
    assert left == [b"3", b"4", b"5", b"p"]
    assert KEPT == 3


def test_nothing_that_a_page_loads_by_itself_is_written(tmp_path: Path) -> None:
    """The folder is no extension: JupyterLab finds no package.json in it."""
    lay_out(script("app"), [tmp_path])
    assert config.get_federated_extensions([str(tmp_path / "labextensions")]) == {}


@pytest.mark.parametrize("view", ["chart", "cards", "feed", "controls"])
def test_the_loader_stays_small(view: str) -> None:
    """What travels with each widget is a few kilobytes, and names the scripts by their content."""
    text = loader(view, is_served=True)
    assert len(text) < 8000
    assert script("app").file_name in text
    assert (script("plotly").file_name in text) == (view == "chart")
    assert "__" not in text.replace("__nbstream", "")


@pytest.mark.parametrize("view", ["chart", "cards"])
def test_what_a_page_keeps_for_ever_is_tiny(view: str) -> None:
    """A page keeps a module for each widget it has seen: some hundred bytes, the same for equal loaders."""
    text = loader(view, is_served=True)
    assert len(stub(text)) < 1000
    assert stub(text) != stub(loader(view, is_served=False))
