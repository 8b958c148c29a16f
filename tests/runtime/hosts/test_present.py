"""Which host is found, and what each does with a message from a thread; in real pages: tests/hosts."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from nbstream.runtime.hosts import PYTHON, outside_visits, present
from nbstream.runtime.hosts import kernel as kernel_module
from nbstream.runtime.hosts.marimo import MarimoHost
from tests.wait import wait_until


def install(monkeypatch: pytest.MonkeyPatch, name: str, **content: Any) -> None:
    """Let a module with this content be loaded."""
    module = ModuleType(name)
    vars(module).update(content)
    monkeypatch.setitem(sys.modules, name, module)


def on_a_thread(function: Callable[[], object]) -> None:
    """Call `function` on another thread and wait for its end."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_plain_python_is_a_host_that_sends_at_once() -> None:
    """Where nothing is recognised, a message is handed over on the caller's thread, and nothing ends."""
    sent: list[int] = []
    host = present()
    assert host is PYTHON
    host.send(lambda: sent.append(1))
    host.when_over(lambda: sent.append(2))
    assert sent == [1]
    assert host.visit is None


def test_a_host_that_cannot_be_asked_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of a host that has moved what is looked at leaves plain Python, without an error."""
    install(monkeypatch, "marimo._runtime.context.types")
    install(monkeypatch, "shiny.session")
    assert present() is PYTHON


# Shiny.

current: ContextVar[Any] = ContextVar("current", default=None)


class Session:
    """What is used of a session of Shiny."""

    id = "s1"

    def __init__(self, *, is_stub: bool = False) -> None:
        self.is_stub = is_stub
        self.ends: list[Callable[[], None]] = []
        self.got: list[tuple[int, str]] = []

    def is_stub_session(self) -> bool:
        """Whether an app is only being tried."""
        return self.is_stub

    def root_scope(self) -> Session:
        """Return the session of the whole app."""
        return self

    def on_ended(self, end: Callable[[], None]) -> None:
        """Keep what is called at the end."""
        self.ends.append(end)

    async def send_custom_message(self, kind: str, message: str) -> None:
        """Note what is sent, and on which thread."""
        self.got.append((threading.get_ident(), message))


@contextmanager
def session_context(session: Any) -> Iterator[None]:
    """Make `session` the current one."""
    token = current.set(session)
    try:
        yield
    finally:
        current.reset(token)


def send_as_comms_do(message: str) -> None:
    """Send as a comm of shinywidgets: by the current session, after its next flush."""
    session = current.get()

    async def send() -> None:
        await session.send_custom_message("msg", message)

    session.on_flushed(send)


@pytest.fixture
def shiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load what is used of Shiny."""
    install(
        monkeypatch,
        "shiny.session",
        get_current_session=current.get,
        session_context=session_context,
    )


@pytest.mark.usefixtures("shiny")
def test_a_thread_sends_by_the_loop_of_a_session_without_a_flush() -> None:
    """What a thread sends goes out on the session's own thread, in order, though nothing is flushed."""
    session = Session()

    async def serve() -> None:
        with session_context(session):
            host = present()
        assert host.visit == ("Shiny", "s1")
        await asyncio.to_thread(
            lambda: [
                host.send(lambda text=text: send_as_comms_do(text))  # type: ignore[misc]
                for text in "abc"
            ]
        )
        while len(session.got) < 3:
            await asyncio.sleep(0)

    asyncio.run(serve())
    assert session.got == [(threading.get_ident(), text) for text in "abc"]


@pytest.mark.usefixtures("shiny")
def test_a_session_whose_loop_was_closed_gets_nothing() -> None:
    """A thread that still sends then is not disturbed."""
    session = Session()

    async def serve() -> Any:
        with session_context(session):
            return present()

    host = asyncio.run(serve())
    on_a_thread(lambda: host.send(lambda: send_as_comms_do("late")))
    assert session.got == []


@pytest.mark.usefixtures("shiny")
def test_the_end_of_a_session_is_told() -> None:
    """What ends with a session is called with it as the current one, so that widgets can be closed."""
    session, seen = Session(), list[Any]()

    async def serve() -> None:
        with session_context(session):
            present().when_over(lambda: seen.append(current.get()))

    asyncio.run(serve())
    assert seen == []
    session.ends[0]()
    assert seen == [session]


@pytest.mark.usefixtures("shiny")
def test_no_session_is_none() -> None:
    """Neither a stub of a session, as apps are tried with, nor a session without a loop is a host."""
    with session_context(Session(is_stub=True)):
        assert present() is PYTHON
    with session_context(Session()):
        assert present() is PYTHON


# Panel.


class Document:
    """What is used of a document of Bokeh."""

    def __init__(self) -> None:
        self.session_context: Any = SimpleNamespace(id="p1", destroyed=False)
        self.ticks: list[Callable[[], None]] = []
        self.ends: list[Callable[[Any], None]] = []

    def add_next_tick_callback(self, callback: Callable[[], None]) -> None:
        """Keep what is called in the next tick."""
        self.ticks.append(callback)

    def on_session_destroyed(self, callback: Callable[[Any], None]) -> None:
        """Keep what is called at the end."""
        self.ends.append(callback)


def test_panel_takes_messages_in_its_own_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent waits for the document's tick; a session that was destroyed gets nothing."""
    document, sent = Document(), list[str]()
    install(monkeypatch, "panel.io.state", state=SimpleNamespace(curdoc=document))
    host = present()
    assert host.visit == ("Panel", "p1")
    host.when_over(lambda: sent.append("over"))
    on_a_thread(lambda: host.send(lambda: sent.append("frame")))
    assert sent == []
    document.ticks.pop()()
    document.ends[0](document.session_context)
    assert sent == ["frame", "over"]
    document.session_context.destroyed = True
    host.send(lambda: sent.append("late"))
    assert document.ticks == []


def test_panel_in_a_notebook_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document without a session is that of a notebook, whose kernel is the host."""
    document = Document()
    document.session_context = None
    install(monkeypatch, "panel.io.state", state=SimpleNamespace(curdoc=document))
    assert present() is PYTHON


# Solara.


class Kernel:
    """What is used of a virtual kernel of Solara."""

    id = "k1"

    def __init__(self) -> None:
        self.closed_event = threading.Event()
        self.entered: list[int] = []
        self.ends: list[Callable[[], object]] = []

    def __enter__(self) -> None:
        self.entered.append(threading.get_ident())

    def __exit__(self, *exception: object) -> None: ...

    def on_close(self, end: Callable[[], object]) -> None:
        """Keep what is called at the end."""
        self.ends.append(end)


def test_a_thread_sends_as_the_visitor_of_solara(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread is the visitor's while it sends, and threads that visitors share are started as nobody's."""
    context, sent, seen = Kernel(), list[int](), list[str]()

    @contextmanager
    def without_context() -> Iterator[None]:
        seen.append("without")
        yield
        seen.append("with")

    install(
        monkeypatch,
        "solara.server.kernel_context",
        has_current_context=lambda: True,
        get_current_context=lambda: context,
        without_context=without_context,
    )
    host = present()
    assert host.visit == ("Solara", "k1")
    on_a_thread(lambda: host.send(lambda: sent.append(threading.get_ident())))
    assert sent == context.entered
    context.closed_event.set()
    host.send(lambda: sent.append(0))
    assert len(sent) == 1
    with outside_visits():
        assert present() is PYTHON
    assert seen == ["without", "with"]


# marimo.


class Context:
    """What is used of marimo's context."""

    def __init__(self, cell: str | None = "cell1") -> None:
        self.cell_id = cell
        self.items: list[Any] = []
        self.cell_lifecycle_registry = SimpleNamespace(add=self.items.append)


def test_a_cell_of_marimo_is_over_before_it_runs_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends with it ends once; a callback, which is no cell's, has nothing that ends."""
    context, over = Context(), list[str]()
    install(monkeypatch, "marimo._runtime.context.types", safe_get_context=lambda: context)
    host = present()
    assert isinstance(host, MarimoHost)
    assert host.visit == ("marimo", id(context), "cell1")
    host.when_over(lambda: over.append("over"))
    assert [item.dispose(context, False) for item in context.items * 2] == [True, True]
    assert over == ["over"]
    context.cell_id = None
    assert present().visit is None


def test_a_session_of_marimo_is_over_with_its_thread() -> None:
    """An app that marimo runs has a thread for each session, and its end is the only sign that there is."""
    over: list[str] = []
    goes_on = threading.Event()

    def session() -> None:
        for cell in ("cell1", "cell2"):
            MarimoHost(Context(cell)).when_over(lambda cell=cell: over.append(cell))  # type: ignore[misc]
        goes_on.wait(30)

    thread = threading.Thread(target=session)
    thread.start()
    assert over == []
    goes_on.set()
    thread.join()
    wait_until(lambda: sorted(over) == ["cell1", "cell2"])


# Several at once.


class Loaded:
    """All hosts, imported into a kernel; a test says which of them serve the caller."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.curdoc: Any = None
        self.cell: Any = None
        self.visitor: Any = None
        install(
            monkeypatch,
            "shiny.session",
            get_current_session=current.get,
            session_context=session_context,
        )
        install(monkeypatch, "panel.io.state", state=self)
        install(
            monkeypatch,
            "solara.server.kernel_context",
            has_current_context=lambda: self.visitor is not None,
            get_current_context=lambda: self.visitor,
            without_context=session_context,
        )
        install(monkeypatch, "marimo._runtime.context.types", safe_get_context=lambda: self.cell)
        shell = SimpleNamespace(kernel=SimpleNamespace())
        monkeypatch.setattr(kernel_module, "shell", lambda: shell)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """Import all hosts into a kernel."""
    return Loaded(monkeypatch)


def test_what_is_loaded_and_rests_is_no_host(loaded: Loaded) -> None:
    """A kernel that imported all of them is the host, until one serves the caller, and then again."""
    assert present().name == "ipykernel"
    for attribute, thing, name in (
        ("curdoc", Document(), "Panel"),
        ("visitor", Kernel(), "Solara"),
        ("cell", Context(), "marimo"),
    ):
        setattr(loaded, attribute, thing)
        assert present().name == name
        setattr(loaded, attribute, None)
        assert present().name == "ipykernel"


def test_callers_at_the_same_time_each_have_their_own_host(loaded: Loaded) -> None:
    """While a session of Shiny is served in a kernel, its cell on another task is the kernel's."""

    async def served(session: Session | None) -> str:
        if session is None:
            await asyncio.sleep(0)
            return present().name
        with session_context(session):
            await asyncio.sleep(0)
            return present().name

    async def both() -> list[str]:
        return await asyncio.gather(served(Session()), served(None), served(Session()))

    assert asyncio.run(both()) == ["Shiny", "ipykernel", "Shiny"]


def test_hosts_that_cannot_be_asked_hide_none_that_can(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions of the others that have moved what is looked at leave a kernel a kernel."""
    for name in ("shiny.session", "panel.io.state", "marimo._runtime.context.types"):
        install(monkeypatch, name)
    assert present().name == "ipykernel"
