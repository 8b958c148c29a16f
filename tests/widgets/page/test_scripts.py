"""The scripts' two roads to a page."""

from __future__ import annotations

import base64
import errno
import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from jupyterlab_server import config

from nbstream.runtime.main_thread import MainThread
from nbstream.testing import FakeClock
from nbstream.widgets.page import scripts as module
from nbstream.widgets.page.assets import PIECE_BYTES, Script, loader, script, stub
from nbstream.widgets.page.buffers import LastHeard
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


def test_a_page_that_can_unpack_gets_a_third_of_the_bytes(scripts: Scripts) -> None:
    """Each piece goes as gzip by itself, so that any of them may come first."""
    page = Page()
    assert scripts.answer(page.send, need("app", unpacks=True))
    assert b"".join(gzip.decompress(data) for _, data in page.sent) == script("app").data
    assert sum(len(data) for _, data in page.sent) < len(script("app").data) / 3


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
        {"kind": "need", "name": "app", "file": "app-0123456789abcdef.js/../x"},
        {"kind": "need", "name": "app", "file": ["app"]},
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


@pytest.mark.parametrize("name", ["app", "plotly"])
def test_a_page_of_another_version_is_told_that_its_script_is_not_here(
    scripts: Scripts, name: str
) -> None:
    """It waits for nothing: what it asks for is gone, and was never sent."""
    sent: list[dict[str, Any]] = []
    file = f"{name}-0123456789abcdef.js"
    assert scripts.answer(sent.append, need(name) | {"file": file})
    assert sent == [{"kind": "asset", "file": file, "gone": True}]


def test_a_page_that_lost_the_pieces_has_them_as_text(scripts: Scripts) -> None:
    """What was sent in buffers is sent again at once, in the JSON, for no buffer arrived."""
    sent: list[dict[str, Any]] = []
    scripts.answer(lambda content, buffers: None, need("app", unpacks=True))
    for _ in range(100):
        scripts.answer(sent.append, need("app", unpacks=True, text=True))
    packed = [base64.b64decode(part) for content in sent for part in content["base64"]]
    assert b"".join(map(gzip.decompress, packed)) == script("app").data
    assert [content["piece"] for content in sent] == list(range(script("app").n_pieces))
    json.dumps(sent)


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
        packed = (tmp_path / FOLDER / f"{found.file_name}.gz").read_bytes()
        assert gzip.decompress(packed) == found.data
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
    assert b"".join(gzip.decompress(data) for _, data in page.sent) == script("app").data
    clock.advance(200.0)
    scripts.push(page.send, "chart")
    assert len(page.sent) == 2 * n_pieces


def test_what_is_pushed_goes_as_the_page_that_was_heard_last_needs_it(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An unheard page can't say that buffers don't reach it: text, where the one before needed that."""
    in_jupyter(monkeypatch, tmp_path, session="a-jvsc-0c1e.ipynb")
    last = LastHeard()
    last.note(is_text=True)
    monkeypatch.setattr(module, "LAST_HEARD", last)
    sent: list[dict[str, Any]] = []
    scripts.push(sent.append, "cards")
    packed = [base64.b64decode(part) for content in sent for part in content["base64"]]
    assert b"".join(map(gzip.decompress, packed)) == script("app").data


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
    file_name = Script("app", b"1").file_name
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [f"{file_name}.gz"]
    assert not lay_out(Script("app", b"1"), [occupied])
    assert not lay_out(Script("app", b"1"), [])


def test_a_disk_that_is_read_only_leaves_the_messages(
    scripts: Scripts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No folder can be written: that is tried once, nothing is raised, and who asks gets the pieces."""
    tried: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> None:
        tried.append(arguments)
        raise OSError(errno.EROFS, "Read-only file system")

    in_jupyter(monkeypatch, tmp_path / "data", tmp_path / "environment")
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert not scripts.are_served("cards")
    assert not scripts.are_served("cards")
    assert len(tried) == 2
    page = Page()
    assert scripts.answer(page.send, need("app"))
    assert b"".join(data for _, data in page.sent) == script("app").data


def test_an_account_without_a_home_has_the_folder_of_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Jupyter can't tell where the user's data would be; that hinders no widget."""

    def no_home() -> str:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("jupyter_core.paths.jupyter_data_dir", no_home)
    assert module._data_folders() == [Path(sys.prefix, "share", "jupyter")]


@pytest.mark.parametrize("n_bytes", [0, 2, 20])
def test_a_torn_file_is_written_anew(tmp_path: Path, n_bytes: int) -> None:
    """A file without its end, left by a full disk, is replaced; a whole one is left as it is."""
    found = Script("app", b"12345")
    path = tmp_path / FOLDER / f"{found.file_name}.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(found.packed[:n_bytes])
    assert lay_out(found, [tmp_path])
    assert gzip.decompress(path.read_bytes()) == b"12345"
    written = path.stat().st_ino
    assert lay_out(found, [tmp_path])
    assert path.stat().st_ino == written


def test_few_files_are_kept(tmp_path: Path) -> None:
    """Of each script the newest versions stay, and those of the other script are left alone."""
    assert lay_out(Script("plotly", b"p"), [tmp_path])
    before = tmp_path / FOLDER / "app-0123456789abcdef.js"  # as nbstream laid it out once
    before.write_bytes(b"old")
    os.utime(before, (0, 0))
    for number in range(6):
        found = Script("app", str(number).encode())
        assert lay_out(found, [tmp_path])
        os.utime(tmp_path / FOLDER / f"{found.file_name}.gz", (number, number))
    left = sorted(gzip.decompress(path.read_bytes()) for path in (tmp_path / FOLDER).iterdir())
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
