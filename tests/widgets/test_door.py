"""What is given to watch as text: each answer helps, and the call that it shows works."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import re
import sqlite3
import stat
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from nbstream.sources import CsvSource, LinesSource
from nbstream.widgets.dashboard import Dashboard
from nbstream.widgets.watch import watch
from tests.wait import wait_until

CSV = "timestamp,value\n2026-07-01 12:00:00,5\n2026-07-01 12:00:01,95\n"
FRAME = pandas.DataFrame({"time": pandas.to_datetime(["2026-07-01 12:00:00"]), "value": [5.0]})


def advice_of(what: Any) -> str:
    """Return the call that the error of watch shows, `watch(…)`."""
    with pytest.raises((ValueError, OSError)) as caught:
        watch(what)
    found = re.search(r"watch\(.*\)(?=[,.]| |$)", str(caught.value))
    assert found is not None, str(caught.value)
    call = found[0]
    while call.count("(") < call.count(")"):
        call = call[:-1]
    return call


def follow(call: str, n: int = 1, **names: Any) -> None:
    """Do what an error advised, and wait for `n` readings."""
    dashboard = eval(call, {"watch": watch, "pandas": pandas, "numpy": numpy, **names})
    try:
        wait_for(dashboard, n)
    finally:
        dashboard.close()


def wait_for(dashboard: Dashboard, n: int) -> None:
    """Wait until a dashboard holds `n` readings."""
    buffer = dashboard.analyzer.buffer
    wait_until(lambda: len(buffer) >= n, 10, lambda: f"{n} readings, {dashboard.source!r}")


@pytest.mark.parametrize("name", ["x.json", "x.jsonl", "x.ndjson", "x.JSONL", "x.jsonl.1"])
def test_json_is_read_line_by_line(tmp_path: Path, name: str) -> None:
    """By its name; it grows as any file does."""
    path = tmp_path / name
    path.write_text('{"ts": 1782907200, "temp": 20.5}\n')
    dashboard = watch(path, poll_interval=0.01)
    assert isinstance(dashboard.source, LinesSource)
    wait_for(dashboard, 1)
    with path.open("a") as file:
        file.write('{"ts": 1782907201, "temp": 20.5}\n')
    wait_for(dashboard, 2)
    dashboard.close()


@pytest.mark.parametrize(
    ("text", "kind"),
    [(CSV, CsvSource), ("2026-07-01 12:00:00,123 INFO temp=21.5\n", LinesSource)],
    ids=["table", "lines"],
)
def test_a_log_is_lines_unless_it_is_a_table(tmp_path: Path, text: str, kind: Any) -> None:
    """What is in it decides."""
    path = tmp_path / "run.log"
    path.write_text(text)
    dashboard = watch(path)
    assert isinstance(dashboard.source, kind)
    wait_for(dashboard, 1)
    dashboard.close()


def test_a_file_address_is_a_path(tmp_path: Path) -> None:
    """What file managers copy is the path of a file."""
    path = tmp_path / "my data.csv"
    path.write_text(CSV)
    dashboard = watch(path.as_uri())
    wait_for(dashboard, 2)
    dashboard.close()


def test_a_pattern_names_the_newest_file(tmp_path: Path) -> None:
    """Or says that nothing matches; a file whose name looks like a pattern is a file."""
    pattern = str(tmp_path / "*.csv")
    with pytest.raises(ValueError, match=r"No file matches '.*\*\.csv', and watch takes one path"):
        watch(pattern)
    for i, name in enumerate(["b.csv", "a.csv"]):
        (tmp_path / name).write_text(CSV)
        os.utime(tmp_path / name, (i, i))
    with pytest.raises(ValueError, match=r"2 files match '.*\*\.csv'. The newest"):
        watch(pattern)
    assert "a.csv" in advice_of(pattern)
    follow(advice_of(pattern), 2)
    odd = tmp_path / "[1] data?.csv"
    odd.write_text(CSV)
    watch(odd).close()


def test_a_directory_names_its_newest_file(tmp_path: Path) -> None:
    """If it has one."""
    with pytest.raises(IsADirectoryError, match=r"is a directory. Give the path of one file\.$"):
        watch(tmp_path)
    (tmp_path / "x.csv").write_text(CSV)
    follow(advice_of(tmp_path), 2)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    """Each error shows how to read such a file first."""
    FRAME.to_parquet(tmp_path / "x.parquet")
    FRAME.to_feather(tmp_path / "x.feather")
    FRAME.to_pickle(tmp_path / "x.pkl")
    FRAME.to_csv(tmp_path / "x.csv.gz", index=False)
    FRAME.to_csv(tmp_path / "x.csv.zip", index=False)
    numpy.save(tmp_path / "x.npy", numpy.ones((2, 2)))
    with gzip.open(tmp_path / "x.jsonl.gz", "wt") as file:
        file.write('{"x": 1}\n')
    for path in sorted(tmp_path.iterdir()):
        follow(advice_of(path))
        follow(advice_of(str(path)))


def test_a_workbook_and_a_database(tmp_path: Path) -> None:
    """The advice names pandas' reader; for a database, the query to fill in."""
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    assert advice_of(tmp_path / "x.xlsx").startswith("watch(pandas.read_excel('")
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE readings (time TEXT, value REAL)")
    connection.execute("INSERT INTO readings VALUES ('2026-07-01 12:00:00', 5)")
    connection.commit()
    connection.close()
    opened: list[sqlite3.Connection] = []

    class Sqlite3:
        @staticmethod
        def connect(path: str) -> sqlite3.Connection:
            opened.append(sqlite3.connect(path))
            return opened[-1]

    follow(advice_of(tmp_path / "x.db").replace("…", "readings"), sqlite3=Sqlite3)
    opened[0].close()


def test_text_is_told_from_a_path() -> None:
    """What was read from a file already is given as lines."""
    assert advice_of(CSV) == "watch(io.StringIO(text))"
    follow(advice_of(CSV), 2, io=io, text=CSV)


class Pages(BaseHTTPRequestHandler):
    """Serves a table and a reading."""

    def do_GET(self) -> None:
        """Answer by the name."""
        body = CSV if self.path.endswith(".csv") else '{"temp": 21.5}'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *given: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Give the address of a web server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_web_address_is_asked_by_a_function(address: str) -> None:
    """A table gives its new rows each time, another page its reading; passwords are not shown."""
    table = advice_of(f"{address}/data.csv").replace("interval=5", "interval=0.01")
    dashboard = eval(table, {"watch": watch, "pandas": pandas})
    wait_for(dashboard, 2)
    wait_until(lambda: any("came again" in note for note in dashboard.source.notes))
    assert len(dashboard.analyzer.buffer) == 2
    dashboard.close()
    follow(advice_of(f"{address}/now"), urllib=urllib)
    assert "secret" not in advice_of("https://me:secret@example.com/x")


def test_a_web_socket_is_read_message_by_message() -> None:
    """By the client that JupyterLab brings along."""
    import tornado.httpserver
    import tornado.web
    import tornado.websocket
    import websocket

    class Feed(tornado.websocket.WebSocketHandler):
        def open(self, *given: str, **named: str) -> None:
            for i in range(3):
                self.write_message(f'{{"x": {i}}}')

    started, ends = threading.Event(), {}

    async def serve() -> None:
        server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Feed)]))
        server.listen(0, "127.0.0.1")
        ends["port"] = next(iter(server._sockets.values())).getsockname()[1]
        ends["loop"], ends["stop"] = asyncio.get_running_loop(), asyncio.Event()
        started.set()
        await ends["stop"].wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(10)
        advice = advice_of(f"ws://127.0.0.1:{ends['port']}/")
        sockets: list[Any] = []

        class Client:
            @staticmethod
            def create_connection(url: str) -> Any:
                sockets.append(websocket.create_connection(url, timeout=9))
                return sockets[-1]

        dashboard = eval(advice, {"watch": watch, "websocket": Client})
        wait_for(dashboard, 3)
        sockets[0].close()
        dashboard.close()
    finally:
        ends["loop"].call_soon_threadsafe(ends["stop"].set)
        thread.join(10)


def test_a_broker_is_read_by_its_own_program(tmp_path: Path, monkeypatch: Any) -> None:
    """mosquitto_sub prints topics and payloads, which name channels; payloads of JSON too."""
    fake = tmp_path / "mosquitto_sub"
    fake.write_text(
        "#!/bin/sh\n"
        '[ "$*" = "-h broker -p 1884 -t home/# -F %t %p" ] || { echo "$*" >&2; exit 3; }\n'
        "echo home/kitchen 21.5; echo 'home/bath {\"temp\": 22}'\n"
    )
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    dashboard = eval(advice_of("mqtt://broker:1884/home/#"), {"watch": watch})
    wait_until(lambda: len(dashboard.analyzer.buffer.channels) == 2, 10)
    assert dashboard.analyzer.buffer.channels == ("home/kitchen", "home/bath temp")
    dashboard.close()


@pytest.mark.parametrize("address", ["redis://x", "postgresql://me:secret@x/y", "s3://b/x.csv"])
def test_other_addresses_are_named(address: str) -> None:
    """There is always a way: a function, or a program."""
    with pytest.raises(ValueError, match="Give a function that returns a reading") as caught:
        watch(address)
    assert "secret" not in str(caught.value)


def test_a_serial_port_is_read_by_two_ways() -> None:
    """By programs that are there anyway; a port that is not there is told from one that is."""
    ours, theirs = os.openpty()
    port = os.ttyname(theirs)
    try:
        call = advice_of(port).partition(", or ")[0]
        dashboard = eval(call, {"watch": watch})

        def write() -> bool:
            os.write(ours, b"Temp: 21.5 C\r\n")
            return len(dashboard.analyzer.buffer) >= 2

        wait_until(write, 10, lambda: f"{dashboard.source!r}")
        assert dashboard.analyzer.buffer.channels == ("Temp",)
        dashboard.close()
    finally:
        os.close(ours)
        os.close(theirs)
    with pytest.raises(ValueError, match=r"There is no '/dev/ttyNONE' now\. .*pyserial") as caught:
        watch("/dev/ttyNONE")
    assert "watch(iter(serial.Serial('/dev/ttyNONE', 115200).readline, b''))" in str(caught.value)


def test_lines_of_bytes_until_an_end_are_read() -> None:
    """What a serial port's readline gives, as the advice has it."""
    lines = io.BytesIO(b"Temp: 21.5 C\r\nTemp: 21.6 C\r\n")
    dashboard = watch(iter(lines.readline, b""))
    wait_for(dashboard, 2)
    dashboard.close()


def test_a_pipe_is_read_by_a_program(tmp_path: Path) -> None:
    """A path of a named pipe is no file that grows."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    dashboard = eval(advice_of(path), {"watch": watch})
    with path.open("w") as pipe:
        pipe.write("x=5\n")
    wait_for(dashboard, 1)
    dashboard.close()


def test_the_name_of_a_program_is_no_file() -> None:
    """A single word that is a program is answered with the list to pass."""
    with pytest.raises(FileNotFoundError, match=r"pass a list: watch\(\['sleep'\]\)"):
        watch("sleep")
