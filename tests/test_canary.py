"""A secret in the texts of errors comes out nowhere: one canary, every output."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

CANARY = "cAnary7Bird9"

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
    deadline = time.monotonic() + 15
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


@pytest.mark.timeout(120)
def test_a_secret_in_errors_is_in_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a notebook in which all that is the user's fails: cells, widgets, logs, files, the page itself."""
    monkeypatch.setenv("NBSTREAM_TEST_CANARY", CANARY)
    cells = [nbformat.v4.new_code_cell(c) for c in (SETUP, SOURCES, ANALYSIS, OUTPUTS, WIDGETS)]
    notebook = nbformat.v4.new_notebook(cells=[*cells, nbformat.v4.new_code_cell("ns.stop_all()")])
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    saved = nbformat.writes(notebook)
    (tmp_path / "saved.ipynb").write_text(saved, encoding="utf-8")
    assert "***" in saved
    assert json.loads(saved)["metadata"]["widgets"], "the states of widgets are saved too"
    log = (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert "ValueError" in log
    for name in ("saved.ipynb", "log.txt", "rules.json", "alerts.csv"):
        lines = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        assert [line[:400] for line in lines if CANARY in line] == [], name
