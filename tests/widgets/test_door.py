"""What is given to watch as text: each answer helps, and the call that it shows works."""

from __future__ import annotations

import gzip
import io
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest

from nbstream.readings.buffer import Buffer
from nbstream.recording.door import record
from nbstream.recording.replay import Replay
from nbstream.sources import (
    CsvSource,
    JsonLinesSource,
    LinesSource,
    ParquetSource,
    Source,
    SystemSource,
)
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
    assert isinstance(dashboard.source, JsonLinesSource)
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


def test_a_pattern_is_all_files_that_match_it(tmp_path: Path) -> None:
    """Or says that nothing does; a file whose name looks like a pattern is a file."""
    pattern = str(tmp_path / "*.csv")
    with pytest.raises(FileNotFoundError, match=r"No file matches '.*\*\.csv'. Pass wait=True"):
        watch(pattern)
    dashboard = watch(pattern, wait=True, poll_interval=0.01)
    (tmp_path / "a.csv").write_text(CSV)
    wait_for(dashboard, 2)
    (tmp_path / "b.csv").write_text(CSV.replace("2026", "2027"))
    wait_for(dashboard, 4)
    dashboard.close()
    odd = tmp_path / "[1] data?.csv"
    odd.write_text(CSV)
    watch(odd).close()


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("x.csv.gz", CSV, CsvSource),
        ("x.jsonl.gz", '{"x": 1}\n{"x": 2}\n', JsonLinesSource),
        ("x.log.3.gz", "x=1\nx=2\n", LinesSource),
    ],
)
def test_packed_files_are_read(tmp_path: Path, name: str, text: str, kind: type[Source]) -> None:
    """By the name that they had before, alone or among others."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()))
    for given in (path, tmp_path / f"{name.partition('.gz')[0]}*"):
        dashboard = watch(given, poll_interval=0.01)
        assert isinstance(dashboard.source, kind)
        wait_for(dashboard, 2)
        dashboard.close()


def test_a_directory_names_its_newest_file(tmp_path: Path) -> None:
    """If it has one."""
    with pytest.raises(IsADirectoryError, match=r"is a directory. Give the path of one file\.$"):
        watch(tmp_path)
    (tmp_path / "x.csv").write_text(CSV)
    follow(advice_of(tmp_path), 2)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    """Each error shows how to read such a file first."""
    FRAME.to_feather(tmp_path / "x.feather")
    FRAME.to_pickle(tmp_path / "x.pkl")
    FRAME.to_csv(tmp_path / "x.csv.bz2", index=False)
    FRAME.to_csv(tmp_path / "x.csv.zip", index=False)
    numpy.save(tmp_path / "x.npy", numpy.ones((2, 2)))
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


def test_a_web_address_is_asked_again_and_again(address: str) -> None:
    """A table gives its new rows each time, another page its reading; passwords are not shown."""
    dashboard = watch(f"{address}/data.csv", interval=0.01)
    wait_for(dashboard, 2)
    wait_until(lambda: any("came again" in note for note in dashboard.source.notes))
    assert len(dashboard.analyzer.buffer) == 2
    dashboard.close()
    dashboard = watch(f"{address.replace('//', '//me:secret@')}/now", interval=0.01)
    wait_for(dashboard, 2)
    assert "secret" not in repr(dashboard.source)
    dashboard.close()


@pytest.mark.parametrize("address", ["nats://x", "amqp://me:secret@x/y", "s3://b/x.png"])
def test_other_addresses_are_named(address: str) -> None:
    """There is always a way: a function, or a program."""
    with pytest.raises(ValueError, match="Give a function that returns a reading") as caught:
        watch(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("form", ["{}", "serial://{}?baud=115200"])
def test_a_serial_port_is_read(form: str) -> None:
    """By its name, or by an address that tells its speed."""
    ours, theirs = os.openpty()
    port = os.ttyname(theirs)
    dashboard = (
        watch(form.format(port), baud=115200) if "?" not in form else watch(form.format(port))
    )
    try:

        def write() -> bool:
            os.write(ours, b"Temp: 21.5 C\r\n")
            return len(dashboard.analyzer.buffer) >= 2

        wait_until(write, 10, lambda: f"{dashboard.source!r}")
        assert dashboard.analyzer.buffer.channels == ("Temp",)
        assert dashboard.source.baud == 115200
    finally:
        dashboard.close()
        os.close(ours)
        os.close(theirs)


def test_a_port_that_is_not_there_is_told() -> None:
    """It may be a wrong name; the advice waits for it."""
    advice = r"There is no '/dev/ttyNONE' now\. .*watch\(SerialSource\('/dev/ttyNONE'\)\)"
    with pytest.raises(ValueError, match=advice):
        watch("/dev/ttyNONE")


def test_lines_of_bytes_until_an_end_are_read() -> None:
    """What a serial port's readline gives."""
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


def test_the_load_of_this_machine_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word "system" is watched each `interval` seconds; a file of that name is a file."""
    pytest.importorskip("psutil")
    monkeypatch.chdir(tmp_path)
    dashboard = watch("system", interval=0.05, channels="memory")
    assert isinstance(dashboard.source, SystemSource)
    assert dashboard.source.interval == 0.05
    wait_for(dashboard, 2)
    dashboard.close()
    Path("system").write_text(CSV)
    dashboard = watch("system")
    assert isinstance(dashboard.source, CsvSource)
    dashboard.close()


def test_an_unknown_kind_of_address_names_the_nearest() -> None:
    """Where one is near."""
    with pytest.raises(ValueError, match=r"knows no addresses 'mqt://'. Did you mean 'mqtt'\?"):
        watch("mqt://host/topic")
    with pytest.raises(ValueError, match="Give a function that returns a reading"):
        watch("gopher://host")


def test_a_pattern_says_what_counts_in_a_log(tmp_path: Path) -> None:
    """Whatever its name would make of it."""
    path = tmp_path / "app.csv"
    path.write_text("a,b 5ms\n")
    dashboard = watch(path, pattern=r"(?P<ms>\d+)ms", poll_interval=0.01)
    wait_for(dashboard, 1)
    assert dashboard.analyzer.buffer.channels == ("ms",)
    dashboard.close()


def test_a_file_elsewhere_is_followed() -> None:
    """By its address; a kind that is no file of lines is not."""
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe_file("/x.csv", CSV.encode())
    dashboard = watch("memory://x.csv")
    assert isinstance(dashboard.source, CsvSource)
    wait_for(dashboard, 2)
    dashboard.close()
    fsspec.filesystem("memory").store.clear()


def test_parquet_files_folders_and_recordings(tmp_path: Path) -> None:
    """They are there as a whole, and so is the window; a recording is replayed as it came."""
    path = tmp_path / "data" / "x.parquet"
    path.parent.mkdir()
    FRAME.to_parquet(path)
    for given in (path, path.parent, f"{path.parent}/*.parquet"):
        dashboard = watch(given)
        assert isinstance(dashboard.source, ParquetSource)
        assert dashboard.analyzer.window == "all"
        wait_for(dashboard, 1)
        dashboard.close()
    with pytest.raises(FileNotFoundError, match="Did you mean"):
        watch(tmp_path / "data" / "y.parquet")
    buffer = Buffer()
    recording = record(buffer, tmp_path / "run.parquet")
    buffer.append(None, x=1.0)
    buffer.append(None, x=2.0)
    recording.stop()
    dashboard = watch(tmp_path / "run.parquet")
    assert isinstance(dashboard.source, Replay)
    wait_for(dashboard, 2)
    dashboard.close()
