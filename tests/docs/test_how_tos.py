"""Each how-to is followed word by word, with stand-ins on this machine for what is elsewhere."""

from __future__ import annotations

import logging
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

import nbstream as ns
from tests.alerts.notifiers.servers import smtp_server, trusting_context
from tests.counterparts.ports import free_port
from tests.counterparts.serial_device import Device
from tests.docs.pages import DOCS, ROOT
from tests.docs.session import Session, blocks_of, is_shown
from tests.wait import wait_until

HOW_TOS = {path.stem for path in (DOCS / "how_to").glob("*.md")} - {"README"}
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"][
    "optional-dependencies"
]
OVEN = (
    "time,temp\n2026-07-01T12:00:00Z,79.5\n2026-07-01T12:00:01Z,81.0\n2026-07-01T12:00:02Z,83.0\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder of a reader; what runs at the end of a page is ended."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    ns.stop_all()


def pip(command: str) -> None:
    """Look whether there are the extras that pip is told to install."""
    asked = re.fullmatch(r'pip install "\.\[([\w,]+)\]"', command)
    assert asked is not None, command
    assert set(asked[1].split(",")) <= set(EXTRAS)


def notebook(folder: Path, name: str, cells: list[str]) -> None:
    """Write a notebook of some cells."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(made, folder / name)


def environment() -> dict[str, str]:
    """Return what a program gets, so that it finds this nbstream and asks no proxy."""
    kept = {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1"}


@contextmanager
def talking(device: Device, say: Callable[[], str | None]) -> Iterator[None]:
    """Let a device say something again and again."""
    is_over = threading.Event()

    def talk() -> None:
        while not is_over.wait(0.02):
            text = say()
            if text:
                device.write(text)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_every_how_to_is_followed() -> None:
    """There is a test for each, by its name."""
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert tests >= HOW_TOS


def test_csv_not_read(folder: Path) -> None:
    """Each file of the page is read as it says."""
    Session(folder).follow("how_to/csv_not_read")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_serial_sensor(folder: Path) -> None:
    """Three devices: one that talks, one with a form of its own, one that waits to be asked."""
    pytest.importorskip("serial")
    ports = [folder / f"ttyUSB{n}" for n in range(3)]
    board, odd, scale = devices = [Device(port) for port in ports]
    swaps = {f'"/dev/{port.name}"': repr(str(port)) for port in ports}
    swaps['"/dev/ttyUSB0"'] = repr(f"serial://{ports[0]}")  # `watch` knows ports by where they are

    def answer() -> str | None:
        is_asked, _, _ = select.select([scale._end], [], [], 0)
        return "71.5 g\r\n" if is_asked and scale.read() == b"SI\r\n" else None

    try:
        with (
            talking(board, lambda: "temp:21.5 hum:40\n"),
            talking(odd, lambda: "S1 T=215 ok\n"),
            talking(scale, answer),
        ):
            Session(folder, swaps, {"pip install": pip}).follow("how_to/serial_sensor")
            ns.stop_all()
    finally:
        for device in devices:
            device.unplug()


def test_training_run(folder: Path) -> None:
    """The loop of the page, and the runs of the others."""
    pytest.importorskip("pyarrow")
    Session(folder).follow("how_to/training_run")


def test_alert_by_mail(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server gets the mail, after STARTTLS and with the password of the environment."""
    monkeypatch.setenv("MAIL_PASSWORD", "pw-canary")
    with smtp_server(offers_tls=True, wants_login=True) as server:
        address = f'"127.0.0.1", port={server.port}, ssl_context=trusting, group_wait=0.1'
        session = Session(folder, {'"mail.example.com"': address})
        session.names["trusting"] = trusting_context()
        session.follow("how_to/alert_by_mail")
        ns.stop_all()
    assert set(server.logins) == {"\0alerts@example.com\0pw-canary"}
    assert b"Subject: Alert: too hot on temp (critical)" in server.mails[0]


@pytest.mark.timeout(400)  # programs that start others
def test_share(folder: Path) -> None:
    """A voila page is served; copies and the recording are made and can be read."""
    pytest.importorskip("pyarrow")
    (folder / "oven.csv").write_text(OVEN, "utf-8")
    first = blocks_of("how_to/share")[0].text
    notebook(folder, "oven.ipynb", [first])

    def voila(command: str) -> None:
        port = free_port()
        words = [sys.executable, "-m", *command.replace("8866", str(port)).split()]
        with subprocess.Popen(
            words, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as served:
            try:
                page = wait_until(lambda: fetched(f"http://127.0.0.1:{port}/"), 40, "voila's page")
                assert "jupyter-widgets" in page or "widget-view" in page
            finally:
                served.terminate()
                served.communicate()

    Session(folder, commands={"voila": voila}).follow("how_to/share")
    assert "plotly" in (folder / "oven.html").read_text("utf-8")
    assert (folder / "oven.png").read_bytes().startswith(b"\x89PNG")
    assert len((folder / "oven-copy.csv").read_text("utf-8").splitlines()) == 4


def fetched(url: str) -> str:
    """Return what is at an address, "" if nothing is there yet."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=60) as answer:
            text: str = answer.read().decode()
            return text
    except OSError:
        return ""


@pytest.mark.timeout(400)  # programs that start others
def test_keep(folder: Path) -> None:
    """A notebook that was executed and made a page shows a picture and a table."""
    pytest.importorskip("pyarrow")
    (folder / "oven.csv").write_text(OVEN, "utf-8")
    show, keep, wait = (block.text for block in blocks_of("how_to/keep")[:3])
    waits = "import time\nwhile len(dashboard.source.buffer.to_pandas()) < 3: time.sleep(0.05)\n"
    notebook(folder, "oven.ipynb", [show, waits, wait, keep])

    def nbconvert(command: str) -> None:
        words = [sys.executable, "-m", *command.split()]
        done = subprocess.run(
            words,
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        page = (folder / "oven.html").read_text("utf-8")
        assert "data:image/png;base64," in page
        assert "Oven 3" in page

    Session(folder, commands={"jupyter nbconvert": nbconvert}).follow("how_to/keep")


def test_fifty_channels(folder: Path) -> None:
    """One rule for all, some drawn, several judged together."""
    Session(folder).follow("how_to/fifty_channels")


def test_slow_link(folder: Path) -> None:
    """What is shown less, paused and resampled; the tunnel is what OpenSSH takes."""

    def ssh(command: str) -> None:
        if shutil.which("ssh"):
            words = command.split()
            done = subprocess.run(
                [words[0], "-G", *words[1:]], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            assert "compression yes" in done.stdout
            assert "localforward 8888 [localhost]:8888" in done.stdout

    Session(folder, commands={"ssh": ssh}).follow("how_to/slow_link")


def test_tutorial(folder: Path) -> None:
    """The ten minutes, beside the program that writes the file."""
    programs: list[subprocess.Popen[bytes]] = []

    def generate(command: str) -> None:
        words = [sys.executable, "-m", *command.split()]
        programs.append(
            subprocess.Popen(words, cwd=folder, env=environment(), stdout=subprocess.DEVNULL)
        )
        wait_until(lambda: (folder / "streaming_data.csv").exists(), 20, "the file")

    try:
        Session(folder, commands={"nbstream generate": generate}).follow("tutorial")
    finally:
        for program in programs:
            program.terminate()
            program.wait()


def test_troubleshooting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to look at, and how to stop everything."""
    monkeypatch.setattr(logging, "basicConfig", lambda **options: None)
    Session(folder).follow("troubleshooting")


def test_what_a_page_shows() -> None:
    """Dots stand for anything, over several lines too; all else counts."""
    assert is_shown("a … c\n", "a b\nb c")
    assert not is_shown("a b", "a b c")
    assert not is_shown("a.c", "abc")


def test_a_page_that_says_something_else_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another output, a command that nothing runs, and a stand-in for what isn't there."""
    import tests.docs.session as module

    monkeypatch.setattr(module, "SOON", 0.01)
    monkeypatch.setattr(module, "DOCS", tmp_path)
    (tmp_path / "page.md").write_text("```python\nx = 1\nx + 1\n```\n\n```text\n3\n```\n")
    with pytest.raises(AssertionError, match="shown is '2"):
        Session(tmp_path).follow("page")
    (tmp_path / "page.md").write_text("```sh\nrm -r x\n```\n")
    with pytest.raises(AssertionError, match="Nothing runs 'rm -r x'"):
        Session(tmp_path).follow("page")
    (tmp_path / "page.md").write_text("```text a.txt\nx\n```\n")
    with pytest.raises(AssertionError, match="Not on the page: {'y'}"):
        Session(tmp_path, {"y": "z"}).follow("page")
    assert (tmp_path / "a.txt").read_text() == "x\n"
