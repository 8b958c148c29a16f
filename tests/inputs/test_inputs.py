"""Inputs as other people's devices and programs write them: the values, or the sentence that helps."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import nbstream as ns
from nbstream.testing import FakeClock
from tests.inputs.exports import EXPORTS
from tests.inputs.given import Given
from tests.inputs.loggers import LOGGERS
from tests.inputs.programs import PROGRAMS
from tests.inputs.spreadsheets import SPREADSHEETS
from tests.wait import wait_until

ALL = [*LOGGERS, *EXPORTS, *SPREADSHEETS, *PROGRAMS]
PRINT = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"


def make_source(given: Given, path: Path, clock: FakeClock) -> ns.CsvSource | ns.ProcessSource:
    """Return a source that reads what was given."""
    path.write_bytes(given.data)
    options = {"timezone": "UTC", **given.options}
    if given.by == "program":
        return ns.ProcessSource([sys.executable, "-c", PRINT, str(path)], **options)
    return ns.CsvSource(path, poll_interval=0.01, clock=clock, **options)


def said(source: ns.CsvSource | ns.ProcessSource) -> str:
    """Return all that the source says to people, in small letters."""
    told = [*source.notes, *(event.text for event in source.buffer.events), source.status]
    return "\n".join([*told, str(source.last_error or "")]).lower()


def readings(
    source: ns.CsvSource | ns.ProcessSource, channel: str
) -> tuple[list[float], list[str]]:
    """Return values and times of a channel, those of missing readings too."""
    rows = source.buffer.channel(channel).rows(0)
    times = [
        str(time)[:23].rstrip("0").rstrip(".")
        for time in rows.times.view("M8[ns]").astype("M8[ms]")
    ]
    return rows.values.tolist(), times


def holds(source: ns.CsvSource | ns.ProcessSource, given: Given) -> str:
    """Return what is not as expected, "" if all is."""
    channels = source.buffer.channels
    for channel, values in given.channels.items():
        if channel not in channels:
            return f"no channel {channel!r} among {channels}"
        got = readings(source, channel)[0]
        if not (len(got) == len(values) and np.allclose(got, values, rtol=1e-12, equal_nan=True)):
            return f"{channel}: {got} instead of {values}"
    for word in given.says:
        if word.lower() not in said(source):
            return f"{word!r} was not said"
    counters = source.counters()
    if counters.rejected != given.n_rejected:
        return f"{counters.rejected} rejected instead of {given.n_rejected}"
    if given.times is not None:
        got_times = readings(source, next(iter(given.channels)))[1]
        expected = [str(np.datetime64(t, "ms")).rstrip("0").rstrip(".") for t in given.times]
        if got_times != expected:
            return f"times {got_times} instead of {expected}"
    units = {name: source.buffer.units.get(name) for name in given.units}
    return "" if units == dict(given.units) else f"units {source.buffer.units}"


@pytest.mark.parametrize("given", ALL, ids=[given.name for given in ALL])
def test_inputs_are_read_as_a_person_expects(given: Given, tmp_path: Path) -> None:
    """Channels, times and units are there, or the sentence that says what to do."""
    clock = FakeClock()
    source = make_source(given, tmp_path / "given.csv", clock)
    with source:

        def is_as_expected() -> bool:
            clock.advance(0.05)
            return not holds(source, given)

        wait_until(is_as_expected, 5, lambda: f"{holds(source, given)}\n{said(source)}")
        assert not set(given.absent) & set(source.buffer.channels)


def test_there_are_fifty_of_them() -> None:
    """The list is as long as was promised, and names are not repeated."""
    assert len(ALL) >= 50
    assert len({given.name for given in ALL}) == len(ALL)
