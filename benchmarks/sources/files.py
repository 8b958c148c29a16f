"""Files of tables and of lines of JSON."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import nbstream as ns
from benchmarks.sources.measuring import read_by, timed
from benchmarks.sources.racing import Race
from benchmarks.sources.senders import START_MS, message
from benchmarks.sources.streamz_reading import streamz_reads


def write_files(folder: Path, n: int) -> None:
    """Write a CSV file, and lines of JSON with ISO times and with epochs."""
    ms = START_MS + np.arange(n)
    times = np.datetime_as_string(ms.astype("M8[ms]")).tolist()
    rng = np.random.default_rng(1)
    first, second = np.round(rng.normal(20, 5, n), 2), np.round(rng.normal(50, 9, n), 1)
    rows = list(zip(times, first.tolist(), second.tolist(), strict=True))
    with (folder / "readings.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time", "temp", "hum"])
        writer.writerows(rows)
    with (folder / "iso.jsonl").open("w") as file:
        file.writelines(f'{{"t":"{t}","temp":{a},"hum":{b}}}\n' for t, a, b in rows)
    with (folder / "epochs.jsonl").open("wb") as binary:
        binary.writelines(message(i) + b"\n" for i in range(n))


def csv_by_pyarrow(path: Path) -> int:
    """Read a CSV file as pyarrow does on one thread, times included."""
    import pyarrow.csv

    options = pyarrow.csv.ReadOptions(use_threads=False)
    table = pyarrow.csv.read_csv(path, read_options=options)
    return len(table["time"].to_numpy().astype("M8[ns]"))


def json_by_msgspec(path: Path, kind: type) -> int:
    """Read lines of JSON whose form is known before, as columns, times included."""
    import msgspec

    line = msgspec.defstruct("Line", [("t", kind), ("temp", float), ("hum", float)])
    decode = msgspec.json.Decoder(line).decode_lines
    rows: list[Any] = decode(path.read_bytes())
    times = np.array([row.t for row in rows], "M8[ns]" if kind is str else np.float64)
    for name in ("temp", "hum"):
        np.array([getattr(row, name) for row in rows], np.float64)
    return len(times)


def files(folder: Path) -> Iterator[Race]:
    """Yield the races over files."""
    n = 1_000_000
    write_files(folder, n)
    table, iso, epochs = (folder / name for name in ("readings.csv", "iso.jsonl", "epochs.jsonl"))
    yield Race(
        "CSV, ISO times; pyarrow, 1 thread",
        2.5e6,
        lambda: timed(lambda: csv_by_pyarrow(table)),
        lambda: read_by(lambda buffer: ns.CsvSource(table, buffer=buffer), n),
    )
    for label, path, kind, goal in (
        ("JSON lines, ISO times; msgspec, columns", iso, str, 0.6e6),
        ("JSON lines, epochs; msgspec, columns", epochs, float, 1e6),
    ):
        yield Race(
            label,
            goal,
            lambda path=path, kind=kind: timed(lambda: json_by_msgspec(path, kind)),  # type: ignore[misc]
            lambda path=path: read_by(lambda b: ns.JsonLinesSource(path, buffer=b), n),  # type: ignore[misc]
            lambda path=path: streamz_reads(lambda s: s.from_textfile(str(path)), 100_000),  # type: ignore[misc]
        )
