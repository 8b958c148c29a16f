"""What is done in Pyodide, on its event loop; `test_pyodide` looks at what it returns."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import nbstream as ns
from nbstream.recording import Recording

PATIENCE = 60.0


class Comm:
    """Stands for the way to a page."""

    comm_id = "c"
    kernel = "k"

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def send(self, data: dict[str, Any], buffers: Any = None) -> None:
        """Take a message to the page."""
        self.kinds.append(data.get("content", {}).get("kind"))

    def on_msg(self, callback: Callable[[Any], object]) -> None:
        """Remember who hears the page."""
        self.hear = callback

    def close(self, *args: Any, **options: Any) -> None:
        """End."""


async def until(holds: Callable[[], Any], what: str) -> None:
    """Let the event loop run until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.01)


async def main() -> dict[str, Any]:
    """Try what people do, and return what came of it."""
    found: dict[str, Any] = {}
    try:
        threading.Thread(target=print).start()
    except RuntimeError as error:
        found["thread"] = str(error)
    for part in (analyse_and_show, follow_a_file, watch, read_others, record, refuse):
        found[part.__name__] = await part()
    return found


async def analyse_and_show() -> Any:
    """A buffer that is appended to, a rule, and a chart that a page looks at."""
    buffer = ns.Buffer(timezone="Europe/Berlin")
    with ns.Analyzer(buffer) as analyzer:
        analyzer.alert("value > 90")
        chart = ns.LiveChart(analyzer)
        comm: Any = Comm()
        chart.comm = comm
        hello = {"kind": "hello", "client": "a", "part": "chart", "visible": True}
        comm.hear({"content": {"data": {"method": "custom", "content": hello}}})
        for i in range(100):
            buffer.append(None, value=float(i))
        await until(lambda: analyzer.mean == 49.5, "the mean")
        await until(lambda: analyzer.alerts.incidents, "an incident")
        await until(lambda: "snapshot" in comm.kinds, "a snapshot")
        buffer.append(None, value=1.0)
        await until(lambda: "frame" in comm.kinds, "a frame")
        chart.close()
        return [analyzer.count, str(buffer.to_pandas().index.tz)]


async def follow_a_file() -> Any:
    """A file that is not there, comes, and grows."""
    path = Path("/tmp/growing.csv")
    with ns.CsvSource(path, poll_interval=0.05) as source:
        await until(lambda: source.status.startswith("waiting for"), "a source that waits")
        path.write_text("time,x\n2026-01-01T00:00:00Z,1\n")
        await until(lambda: source.counters().accepted == 1, "the first row")
        with path.open("a") as file:
            file.write("2026-01-01T00:00:01Z,2\n")
        await until(lambda: source.counters().accepted == 2, "the second row")
        source.stop()
        return [source.state.name, source.buffer.to_pandas()["x"].tolist()]


async def watch() -> Any:
    """The one line."""
    dashboard = ns.watch("/tmp/growing.csv")
    await until(lambda: dashboard.analyzer.count == 2, "both rows")
    dashboard.close()
    return dashboard.analyzer.source.state.name  # type: ignore[union-attr]


async def read_others() -> Any:
    """A function, an asynchronous one that yields, a table, and what is made of them."""

    async def items() -> AsyncIterator[float]:
        while True:
            await asyncio.sleep(0.001)
            yield 2.0

    table = {"time": [1_767_225_600.0, 1_767_225_600.05], "y": [1.0, 2.0]}
    sources = [ns.CallableSource(lambda: 1.0, interval=0.01), ns.IterableSource(items)]
    sources += [ns.DataFrameSource(table)]
    with ns.merge(*sources) as merged:
        await until(lambda: min(s.counters().accepted for s in sources) >= 2, "all of them")
        return sorted(merged.buffer.channels)


async def record() -> Any:
    """A recording, and a function that is told of an incident."""
    told: list[str] = []
    buffer = ns.Buffer()
    with ns.Analyzer(buffer) as analyzer, Recording(buffer, "/tmp/run.csv") as recording:
        analyzer.alert("value > 90")
        analyzer.notify(lambda notification: told.append(notification.kind))
        buffer.append(None, value=95.0)
        await until(lambda: told, "the function to be told")
        await until(lambda: recording.counters().written, "the reading to be written")
    return [told[:1], recording.state.name, len(Path("/tmp/run.csv").read_text().splitlines())]


async def refuse() -> Any:
    """What needs a thread."""
    source = ns.ProcessSource("vmstat 1")
    try:
        source.start()
    except ns.SourceError as error:
        return str(error)
