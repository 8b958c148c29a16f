"""A secret in the texts of errors comes out nowhere: one canary, every output."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.canary import CANARY, SECRET
from tests.counterparts.http import Request, serve
from tests.counterparts.ports import HOST, refusing_port

SETUP = """
import asyncio, json, logging, os, sys, threading, time
import ipywidgets
import nbstream as ns
CANARY = os.environ["NBSTREAM_TEST_CANARY"]
LEAKS = [
    f"https://ann:{CANARY}@host/x?token={CANARY}",
    f"Authorization: Bearer {CANARY}",
    json.dumps({"password": CANARY, "n": 1}),
    repr({"api_key": CANARY}.items()),
    f"--password {CANARY}",
    f"password=\\n{CANARY}",
    repr(f"secret={CANARY}".encode()),
]
handler = logging.FileHandler("log.txt")
logging.getLogger("nbstream").addHandler(handler)
logging.getLogger("nbstream").setLevel(logging.DEBUG)
raised = set()

def fail(where):
    def function(*arguments):
        raised.add(where)
        try:
            raise KeyError(LEAKS[0])
        except KeyError as error:
            raise ValueError("; ".join(LEAKS)) from error
    return function

async def until(predicate):
    deadline = time.monotonic() + 60
    while not predicate():
        assert time.monotonic() < deadline, raised
        await asyncio.sleep(0.01)
"""

SOURCES = """
def generator():
    yield 1.0
    fail("iterable")()

CHILD = "import os, sys; print('temp=1'); sys.stderr.write(os.environ['THING'] + sys.argv[2]); sys.exit(3)"
sources = [
    ns.CallableSource(fail("callable"), interval=0.01),
    ns.IterableSource(generator()),
    ns.ProcessSource([sys.executable, "-c", CHILD, "--password", CANARY], env={"THING": CANARY}),
    ns.ProcessSource([sys.executable, "-c", "print('x')"], parse=fail("parse")),
    ns.IterableSource([LEAKS[0], {"x": LEAKS[1]}, 1.0]),
    ns.CsvSource("leaks.csv"),
]
with open("leaks.csv", "w") as file:
    file.write("time,x\\n" + "".join(f"2026-01-01 00:00:0{i},{leak!r}\\n" for i, leak in enumerate(LEAKS)))
dashboards = [ns.watch(source, name=f"d{i}") for i, source in enumerate(sources)]
await until(lambda: {"iterable", "callable", "parse"} <= raised)
await until(lambda: all(s.last_error for s in sources[:3]))
display(*dashboards)
"""

ANALYSIS = """
class Failing(ns.detectors.Detector):
    name = "failing"
    def _update(self, times, values):
        fail("detector")()
    def reset(self):
        pass

buffer = ns.Buffer()
main = ns.watch(buffer, alerts=["value > 1"], statistics=["last"])
analyzer = main.analyzer
analyzer.alerts.subscribe(fail("subscriber"))
dispatcher = analyzer.notify(fail("notifier"))
analyzer.observe(fail("observer"), "count")
analyzer.detect(Failing(), means_of=None)
buffer.append(None, value=0.0)
buffer.append(None, value=2.0)
buffer.note(f"connected to {LEAKS[0]}")
main
"""

OUTPUTS = """
await until(lambda: {"detector", "subscriber", "notifier", "observer"} <= raised)
await until(lambda: dispatcher.counters().failed)
assert any("***" in source.status for source in sources)
for thing in (*sources, *dashboards, analyzer, dispatcher, analyzer.alerts, buffer):
    print(repr(thing))
for source in sources:
    print(source.status, source.notes, source.last_error, repr(source.last_error))
    print(source.buffer.events, getattr(source, "stderr", ""))
print(analyzer.last_error, repr(analyzer.last_error), analyzer.alerts.last_error)
print([run.error and "failed" for run in analyzer.detections])
print(dispatcher.notes, dispatcher.last_error, buffer.events)
for error in (*(s.last_error for s in sources), analyzer.last_error):
    try:
        if error:
            raise error
    except Exception:
        get_ipython().showtraceback()
analyzer.save_rules("rules.json")
analyzer.alerts.to_csv("alerts.csv")
"""

WIDGETS = """
from ipywidgets.widgets.widget import _instances
for widget in list(_instances.values()):
    print(type(widget).__name__, json.dumps(widget.get_state(), default=repr))
    bundle = widget._repr_mimebundle_()
    print(json.dumps(bundle, default=repr), repr(widget)[:2000])
    if hasattr(widget, "_state"):
        print(json.dumps(widget._state()))
for dashboard in (*dashboards, main):
    print(len(dashboard.chart.to_html()), CANARY in dashboard.chart.to_html())
    print(json.dumps(dashboard.chart._feed.snapshot().content, default=repr))
"""


NETWORK = """
from traceback import format_exception
BEARER = {"Authorization": f"Bearer {CANARY}", "X-Own": CANARY}
addresses = {
    "http://ann:{0}@{1}/x?token={0}&api_key={0}": {"headers": BEARER},
    "ws://ann:{0}@{1}/x?token={0}&access_token={0}": {"headers": BEARER},
    "mqtt://ann:{0}@{1}/home/%23": {},
    "redis://ann:{0}@{1}/0?stream=x": {},
    "postgresql://ann:{0}@{1}/plant?table=x": {},
    "kafka://ann:{0}@{1}/x": {"sasl": "SCRAM-SHA-256", "settings": {"debug": "security,broker,conf"}},
}
root = logging.getLogger()
root.addHandler(handler)
root.setLevel(logging.DEBUG)
logging.getLogger("nbstream").removeHandler(handler)  # the root's has it too
dashboards = [
    ns.watch(address.format(CANARY, where), interval=0.05, **options)
    for where in (os.environ["NOBODY"], os.environ["REFUSING"])
    for address, options in addresses.items()
]
sources = [dashboard.source for dashboard in dashboards]
main = ns.watch(f"http://ann:{CANARY}@{os.environ['FAILING']}/x?token={CANARY}", interval=0.05)
recording = main.record("kept.parquet")
await until(lambda: all(source.last_error for source in (*sources, main.source)))
display(*dashboards, main)
"""

NETWORK_OUTPUTS = """
await until(lambda: main.analyzer.buffer.channels == ("x",))
sources.append(main.source)
for source, dashboard in zip(sources, (*dashboards, main)):
    print(repr(source), repr(dashboard), repr(dashboard.analyzer))
    print(source.status, source.notes, source.name, source.target, source.counters())
    print(source.last_error, repr(source.last_error), source.last_error.args, source.buffer.events)
    print("".join(format_exception(source.last_error)))
    dashboard.keep()
    try:
        raise source.last_error
    except Exception:
        get_ipython().showtraceback()
for wrong in ("mqqt://ann:{0}@host/x", "mqtt://ann:{0}@host:port/x", "redis://ann:{0}@host/0?strm={0}",
              "postgresql://ann:{0}@host:port/x?table=x", "http://ann:{0}@ho st/x", "ws://ann:{0}@ho st:x/"):
    try:
        ns.watch(wrong.format(CANARY)).close()
    except Exception:
        get_ipython().showtraceback()
recording.stop()
"""


def run(cells: list[str], folder: Path) -> str:
    """Execute a notebook of such cells; return its text as it is saved."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in (*cells, "ns.stop_all()")]
    )
    client = NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    saved = nbformat.writes(notebook)
    (folder / "saved.ipynb").write_text(saved, encoding="utf-8")
    assert "***" in saved
    assert json.loads(saved)["metadata"]["widgets"], "the states of widgets are saved too"
    return saved


def keeps_no_secret(path: Path) -> None:
    """Look for the canary in a file, also as it is sent."""
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    assert [line[:400] for line in lines if SECRET.search(line)] == [], path.name


@pytest.mark.timeout(400)
def test_a_secret_in_errors_is_in_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a notebook in which all that is the user's fails: cells, widgets, logs, files, the page itself."""
    monkeypatch.setenv("NBSTREAM_TEST_CANARY", CANARY)
    run([SETUP, SOURCES, ANALYSIS, OUTPUTS, WIDGETS], tmp_path)
    assert "ValueError" in (tmp_path / "log.txt").read_text(encoding="utf-8")
    for name in ("saved.ipynb", "log.txt", "rules.json", "alerts.csv"):
        keeps_no_secret(tmp_path / name)


@pytest.mark.timeout(400)
def test_a_secret_of_an_address_is_in_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a notebook whose servers are gone, of another kind, quote what they heard, or fail later."""
    for library in ("httpx", "websockets", "paho.mqtt", "redis", "psycopg", "confluent_kafka"):
        pytest.importorskip(library)
    n_asked = 0

    def refuse(request: Request) -> None:
        request.say(f"no {request.path} {request.headers}", status=401)

    def fail(request: Request) -> None:
        nonlocal n_asked
        n_asked += 1
        if n_asked == 1:
            request.say('{"x": 1}')
        else:
            refuse(request)

    with serve(refuse) as refusing, serve(fail) as failing, refusing_port() as nobody:
        monkeypatch.setenv("NBSTREAM_TEST_CANARY", CANARY)
        monkeypatch.setenv("NOBODY", f"{HOST}:{nobody}")
        monkeypatch.setenv("REFUSING", refusing.split("/")[2])
        monkeypatch.setenv("FAILING", failing.split("/")[2])
        saved = run([SETUP, NETWORK, NETWORK_OUTPUTS, WIDGETS], tmp_path)
    for told in ("connection refused", "401", "mqqt"):
        assert told in saved, told
    assert "kept.parquet" in {path.name for path in tmp_path.iterdir()}
    for path in tmp_path.rglob("*"):
        if path.is_file():
            keeps_no_secret(path)
