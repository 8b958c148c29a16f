"""What a program prints."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbstream as ns
from benchmarks.sources.counterparts import command_of
from benchmarks.sources.measuring import decoder, read_by, timed
from benchmarks.sources.racing import Race
from benchmarks.sources.streamz_reading import streamz_reads


def process(_folder: Path) -> Iterator[Race]:
    """Yield the race over a program's output."""
    n_lines = 200_000
    command = command_of("lines", n_lines)

    def bare_pipe() -> int:
        loads, n_read = decoder(), 0
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for line in process.stdout:
                loads(line)
                n_read += 1
        return n_read

    yield Race(
        "a program's lines of JSON; a pipe, orjson",
        None,
        lambda: timed(bare_pipe),
        lambda: read_by(lambda b: ns.ProcessSource(command, buffer=b), n_lines),
        lambda: streamz_reads(lambda s: s.from_process(command), n_lines // 10),
    )
