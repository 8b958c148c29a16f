"""Where no thread can be started, what is appended to a buffer is analysed and shown all the same."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

# A process has to load all of it, beside whatever else runs.
pytestmark = pytest.mark.timeout(120)
PREFACE = """
import _thread, asyncio, threading, time

def refuse(*args, **kwargs):
    raise RuntimeError("can't start new thread")

threading.Thread.start = _thread.start_new_thread = refuse
import nbstream as ns
"""


def run(code: str) -> list[str]:
    """Run code in a Python that can start no thread; return the lines that it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PREFACE + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


def test_an_event_loop_drives_statistics_rules_and_charts() -> None:
    """With asyncio the mean follows, a rule fires, a page gets frames, and closing leaves nothing running."""
    printed = run(
        """
        class Comm:
            comm_id, kernel, kinds = "c", "k", []
            def send(self, data, buffers=None):
                self.kinds.append(data.get("content", {}).get("kind"))
            def on_msg(self, callback):
                self.hear = callback
            def close(self, *a, **k):
                pass

        async def until(is_so):
            for _ in range(2000):
                if is_so():
                    return
                await asyncio.sleep(0.01)
            raise SystemExit("in vain")

        async def main():
            buffer = ns.Buffer()
            dashboard = ns.Dashboard(buffer)
            analyzer = dashboard.analyzer
            rule = analyzer.alert("value > 90")
            dashboard.comm.close()
            comm = dashboard.comm = Comm()
            hello = {"kind": "hello", "client": "a", "part": "chart", "visible": True}
            comm.hear({"content": {"data": {"method": "custom", "content": hello}}})
            for i in range(100):
                buffer.append(None, value=float(i))
                await asyncio.sleep(0)
            await until(lambda: analyzer.mean == 49.5)
            await until(lambda: len(analyzer.alerts.incidents) == 1)
            await until(lambda: "snapshot" in comm.kinds)
            buffer.append(None, value=1.0)
            await until(lambda: "frame" in comm.kinds[comm.kinds.index("snapshot"):])
            dashboard.close()
            print("closed", analyzer.is_closed)

        asyncio.run(main())
        """
    )
    assert printed == ["closed True"]


def test_without_a_loop_update_drives_it() -> None:
    """A plain script calls `update` itself; charts can be made, and copies of them have the readings."""
    printed = run(
        """
        buffer = ns.Buffer()
        chart = ns.LiveChart(buffer)
        for i in range(10):
            buffer.append(i, value=float(i))
        chart.analyzer.update()
        print(chart.analyzer.mean, len(chart.to_figure("all").data[0].y))
        chart.close()
        """
    )
    assert printed == ["4.5 10"]


def test_without_a_loop_update_of_the_analyzer_drives_all() -> None:
    """It reads the source, finds incidents, tells of them; two sources go on by one call."""
    printed = run(
        """
        values = iter([1.0, 95.0])
        first = ns.CallableSource(lambda: next(values), interval=0.001).start()
        second = ns.RandomSource(interval=0.001).start()
        told = []
        with ns.Analyzer(first) as analyzer:
            analyzer.alert("value > 90")
            analyzer.alerts.subscribe(lambda notification: told.append(notification.kind))
            began = time.monotonic()
            while not (told and first.state.name == "ENDED" and second.counters().accepted > 5):
                assert time.monotonic() < began + 30, (told, first, second)
                analyzer.update()
        print(first.state.name, told, analyzer.max)
        first.close()
        second.close()
        """
    )
    assert printed == ["ENDED ['fired', 'resolved'] 95.0"]


def test_watch_shows_what_a_function_gives() -> None:
    """`watch` starts the source, whose early failure it tells; closing it leaves nothing that takes turns."""
    printed = run(
        """
        import sys
        from nbstream.runtime import turns

        def fail():
            raise KeyError("pressure")

        async def main():
            sys.stderr = sys.stdout
            failing = ns.watch(fail)
            dashboard = ns.watch(lambda: 1.5, interval=0.01)
            began = time.monotonic()
            while dashboard.analyzer.count < 5 and time.monotonic() < began + 30:
                await asyncio.sleep(0.01)
            print(dashboard.analyzer.mean)
            failing.close()
            dashboard.close()
            while turns.are_taken() and time.monotonic() < began + 30:
                await asyncio.sleep(0.01)
            print(turns.are_taken())

        asyncio.run(main())
        """
    )
    assert "pressure" in printed[0]
    assert printed[1:] == ["1.5", "False"]


def test_a_source_says_what_it_lacks() -> None:
    """A source that needs a thread says so and what to do instead; nothing of `watch` is left open."""
    printed = run(
        """
        source = ns.WebSocketSource("ws://127.0.0.1:9")
        try:
            source.start()
        except ns.SourceError as error:
            print(error)
        print(source.state.name)
        try:
            ns.watch("ws://127.0.0.1:9")
        except ns.SourceError:
            from nbstream.runtime.ownership import living
            print(living())
        """
    )
    assert printed[2] == "[]"
    assert "needs a thread, and none can be started here" in printed[0]
    assert "other readings append to an ns.Buffer" in printed[0]
    assert printed[1] == "IDLE"
