"""Lines alike, read many at once, say what they say one by one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import nbstream as ns
from nbstream.sources import item_source
from nbstream.sources.lines import columns as module
from nbstream.sources.process.stdin import StdinSource
from nbstream.testing import FakeClock

NUMBERS = st.one_of(
    st.floats(-1e9, 1e9).map(repr),
    st.floats(-99, 99).map(lambda x: f"{x:.1f}"),
    st.floats(-9, 9).map(lambda x: f"{x:+.3e}"),
    st.integers(-200, 2000).map(str),
    st.floats(0, 99).map(lambda x: f"{x:6.2f}"),
    st.floats(0, 99).map(lambda x: f"{x:.1f}".replace(".", ",")),
    st.sampled_from(
        ["0", "0.0", "-0", "00", "5.", ".5", "+7", "1e5", "1e999", "1e99", "-1e-9", "nan", "NaN",
        "-nan", "inf",
         "0x1F", "1_0", "1,234", "1,234.5", "1'234", "12:30", "12.30", "1782907200", "1782907200.123",
         "20260701", "2026-07-01", "12345678", "1234567", "0.12345678901234567", "--", "n/a", "", "9" * 70,
         "٣", "on", "5 C", "45%"]
    ),
)  # fmt: skip
FORMS = [
    "{}", " {} ", "{},{}", "{}, {}, {}", "{};{}", "{}\t{}\t{}", "{} {}", "  {}   {} {}", "{},{}, {}",
    "{} | {}",
    "temp={} hum={}", "temp:{},hum:{}", "temp: {} hum: {}", "T1:{} T2:{}", "Temp 1: {}", "a = {}",
    "a={}, b={};",
    "Temp: {} C Hum: {} %", "Temp: {}C, Hum: {}%", "temp: {} kB", "temp: {} MB", "temp: {}", "t={} x={}",
    "ts={} x={}", "epoch {} loss={}", "step {}: {}", "{} {} foo", "2026-07-01 12:00:00 {}", "{} a={}",
    "a={} {}",
    "up {}:{}, b=5", "a={}e b=3", "温度: {} 湿度: {}", "温度: {}℃ b\uff1a{}", "a=[{}, {}]",
    "12:00 {}", "x {} y {}",
    '{{"a": {}, "b": 5}}', '{{"a": {}, "b": "{} C"}}', '{{"t": {}, "a": {}}}', '{{"a": 1, "b\x7f": {}}}',
    '{{"a": [{}, {}]}}', '{{"m": "x", "b": {}}}', "INFO loss={} acc={}", "weather,city=a temp={},hum={}",
    "some avg={} b={}", "average: {} {} {}", "CPU={} b={}",
]  # fmt: skip
TIMES = st.sampled_from(
    ["2026-07-01T12:00:{:02}", "2026-07-01 12:00:{:02},5", "2026-07-01 12:00:{:02}.123",
     "2026-07-01T12:00:{:02}Z",
     "2026-07-01T12:00:{:02}+02:00", "2026-13-01T12:00:{:02}", "12:00:{:02}", "01.07.2026 12:00:{:02}",
     "Jul  1 12:00:{:02}", "17829072{:02}", "2026/07/01 12:00:{:02}", "2026-10-25 02:30:{:02}"]
)  # fmt: skip
ODD = st.sampled_from(
    ["", "  ", "temp hum", "a,b", "a,b,c", "a b c", "time,b", "t;b", "PID  CPU  x", "a  b   c",
    "x\ty\tz", "{", "}", "[",
     "sensor error", "lib 1.2.3-4", "lib 1.2.3-4 5", "\x1b[1m5\x1b[0m", "\x00\xff\xfe", "temp=", "# c",
     "5 apples were eaten",
     "C % s", "Average: x y", "drwxr-xr-x 5 root", '{"a": 1},', '{"a": NaN}', "[1, 2]", "1,5 2,5",
     "{} {}", "12.5\x0c",
     "x: [#####   ] 5", "| a | 5 |"]
)  # fmt: skip


@st.composite
def some_lines(draw: st.DrawFn) -> list[str]:
    """Return lines of a few forms: runs of lines alike, lines by turns, and others between."""
    forms = draw(st.lists(st.sampled_from(FORMS), min_size=1, max_size=3))
    time = draw(TIMES)
    numbers = draw(st.lists(NUMBERS, min_size=1, max_size=12))
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 5))):
        form = draw(st.sampled_from(forms))
        for _ in range(draw(st.integers(1, 12))):
            cells = [draw(st.sampled_from(numbers)) for _ in range(form.count("{}"))]
            if draw(st.integers(0, 30)) == 0:
                time = draw(TIMES)
            lines.append(form.format(*cells).replace("@", time.format(len(lines))))
        if draw(st.booleans()):
            lines.append(draw(ODD))
    return lines


def told(lines: list[str], cuts: list[int], *, many: int) -> dict[str, Any]:
    """Return all that a source tells of lines that come in some pieces."""
    given = [line.encode() for line in lines]
    buffer = ns.Buffer(capacity=10_000, late="insert")
    source = StdinSource(buffer=buffer, clock=FakeClock(), timezone="Europe/Berlin")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(item_source, "MANY_LINES", many)
        patch.setattr(module, "FEW", 2)
        patch.setattr(module, "FEWEST_LOOKED", 3)
        patch.setattr(module, "MOST_LOOKED", 7)
        for start, stop in zip([0, *cuts], [*cuts, len(given)], strict=True):
            source._read_lines(given[start:stop])
    left = source._reader.lines.finish()
    channels = {}
    for name in buffer.channels:
        rows = buffer.channel(name).rows(0)
        values = [repr(x) for x in rows.values.tolist()]
        channels[name] = list(zip(rows.times.tolist(), values, strict=True))
    units = dict(buffer.units)
    counters = source.counters()
    source.close()
    buffer.close()
    return {
        "channels": channels, "counters": counters, "notes": source.notes, "units": units, "left": left,
        "last error": str(source.last_error), "bad cells": source._reader.n_bad_cells,
        "first commas": source._reader.lines._n_commas,
    }  # fmt: skip


@settings(deadline=None)
@given(some_lines(), st.lists(st.integers(0, 40), max_size=3))
@example(["Temp: 0 kB"] * 3 + ["Temp: 5 MB"] * 3, [])
@example(["12.30 0.12345678"] * 9, [])
@example([f"2026-10-25 02:{59 - i % 60}:00 INFO a={i}.5" for i in range(200)], [90])
@example(
    [f"2026-07-01T12:00:{i:02} {i},{i}" for i in range(60)] + ["2026-07-01T12:00:59,5 7,7"] * 9, []
)
@example(["21;40"] * 3 + ["21,5;40"] * 9, [])
def test_what_lines_say_does_not_depend_on_the_way(lines: list[str], cuts: list[int]) -> None:
    """Readings, counters, notes and units are the same, however lines come and are read."""
    cuts = sorted({min(cut, len(lines)) for cut in cuts})
    assert told(lines, cuts, many=1) == told(lines, cuts, many=sys.maxsize)


@pytest.mark.parametrize(
    "form",
    [
        "{}", "{},{}", "{}, {}", "{};{}", "{}\t{}", "{} {}", "temp={} hum={}", "temp:{},hum:{}",
        "Temp: {} C Hum: {} %",
        "2026-07-01T12:00:00.5 {}", "2026-07-01 12:00:00,123 INFO loss={} acc={}",
        '{{"a": {}, "b": {}}}', "Temp 1: {}, Temp 2: {}",
    ],
)  # fmt: skip
def test_usual_lines_are_read_as_columns(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the first, which shows the form, none is read by itself."""
    n_read = 0
    read_line = StdinSource._read_line

    def counting(self: StdinSource, text: str) -> Any:
        nonlocal n_read
        n_read += 1
        return read_line(self, text)

    monkeypatch.setattr(StdinSource, "_read_line", counting)
    rng = np.random.default_rng(1)
    lines = [form.format(*rng.normal(20, 5, 2).round(2).tolist()) for _ in range(500)]
    buffer = ns.Buffer(capacity=10_000)
    with StdinSource(buffer=buffer) as source:
        pass
    source._read_lines(line.encode() for line in lines)
    assert source.counters().accepted == 500
    assert n_read <= 1
    buffer.close()


def test_forms_that_are_gone_make_room() -> None:
    """After many forms that don't come again the next lines alike are read at once all the same."""
    lines = [f"{chr(97 + i % 26)}{chr(97 + i // 26)}=1.5" for i in range(600)]
    lines += [f"temp={i}.5 hum={i % 9}" for i in range(60_000)]
    buffer = ns.Buffer(capacity=100, max_channels=1000)
    with StdinSource(buffer=buffer) as source:
        pass
    source._read_lines(line.encode() for line in lines)
    columns = source._line_columns
    assert columns is not None
    assert [form.channels for form in columns._forms] == [("temp", "hum")]
    assert source.counters().received == len(lines)
    buffer.close()
