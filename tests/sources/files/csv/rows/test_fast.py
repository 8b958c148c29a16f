"""The fast reader of rows gives what the slow one gives, bit for bit, whatever is in the cells."""

from __future__ import annotations

import string
from datetime import UTC, timedelta, timezone

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import from_dtype

from nbstream.readings.batch import Batch
from nbstream.sources.files.csv.format.format import CsvFormat, Role
from nbstream.sources.files.csv.rows import plain as csv_plain
from nbstream.sources.files.csv.rows.rows import ParsedRows, RowReader
from nbstream.sources.number_forms import NumberForm
from nbstream.sources.times.forms import TimeForm, text_form
from nbstream.sources.times.partial import WholeTimes
from nbstream.sources.times.wall_time import WallTimes

NOW = 1_782_907_200_000_000_000
DTYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u8", "?")
FORMATS = ("%g", "%e", "%f", "%.0f", "%.15g", "%.17g", "%.3E", "%+.6f", "%10.4f", "%a")

digits = st.one_of(st.integers(1, 25), st.integers(1, 400)).flatmap(
    lambda n: st.text(string.digits, min_size=n, max_size=n)
)


@st.composite
def pointed(draw: st.DrawFn) -> str:
    """Digits with a point, a sign and an exponent, each somewhere or nowhere."""
    text = draw(digits)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text)))
        text = f"{text[:at]}.{text[at:]}"
    text = draw(st.sampled_from(["", "", "-", "+", "--"])) + text
    exponent = st.integers(-400, 400).map(
        lambda n: draw(st.sampled_from(["e", "E", "e+"])) + str(n)
    )
    return text + draw(st.one_of(st.just(""), st.just(""), exponent))


floats = st.one_of(st.floats(), st.floats(-1e-3, 1e-3), st.floats(-1e6, 1e6))
numbers = st.one_of(
    floats.map(repr),
    st.tuples(st.sampled_from(FORMATS), floats).map(
        lambda pair: pair[1].hex() if pair[0] == "%a" else pair[0] % pair[1]
    ),
    st.sampled_from(DTYPES).flatmap(lambda dtype: from_dtype(np.dtype(dtype))).map(str),
    pointed(),
    st.sampled_from(["nan", "NaN", "inf", "-inf", "Infinity", "", "-", "+", ".", "-.", "1_000"]),
)
junk = st.text(
    st.one_of(st.sampled_from('0123456789.eE+-,; "\t\r:TZ_é५'), st.characters()), max_size=12
)
spaces = st.sampled_from(["", "", "", " ", "  ", "   ", "\t"])


@st.composite
def cells(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """A cell with space around it and quotes, now and then."""
    text = draw(inner)
    if draw(st.integers(0, 9)) == 0:
        text = f'"{text}"'
    return f"{draw(spaces)}{text}{draw(spaces)}"


zones = st.one_of(
    st.none(),
    st.just(UTC),
    st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
iso_times = st.datetimes(timezones=zones).flatmap(
    lambda when: st.sampled_from(
        ["seconds", "milliseconds", "microseconds", "minutes", "hours"]
    ).map(lambda spec: when.isoformat("T", spec))
)
times = st.datetimes().map(lambda when: when.strftime("%Y-%m-%d %H:%M:%S,%f"))
dates = st.datetimes().map(lambda when: when.strftime("%d.%m.%Y"))
days = st.one_of(times.map(lambda text: text[11:]), times.map(lambda text: text[11:16]))
FORMS: dict[str, tuple[TimeForm, tuple[st.SearchStrategy[str], ...]]] = {
    "iso": (text_form("%Y-%m-%dT%H:%M:%S"), (iso_times,)),
    "iso with offset": (text_form("%Y-%m-%dT%H:%M:%S.%f%z"), (iso_times,)),
    "comma": (text_form("%Y-%m-%d %H:%M:%S,%f"), (times,)),
    "seconds": (text_form("s"), (st.floats(0, 5e9).map(repr),)),
    "checked": (TimeForm("number", is_checked=True), (st.floats(0, 5e9).map(repr),)),
    "nanoseconds": (text_form("ns"), (st.integers(0, 2**64).map(str),)),
    "days": (text_form("excel"), (st.floats(0, 1e5).map(repr),)),
    "day first": (
        text_form("%d/%m/%Y %H:%M:%S.%f"),
        (st.datetimes().map(lambda when: when.strftime("%d/%m/%Y %H:%M:%S.%f")),),
    ),
    "two columns": (TimeForm("text", ("%d.%m.%Y", "%H:%M:%S"), n_cells=2), (dates, days)),
    "digits": (
        TimeForm("text", ("%Y%m%d", "%H%M%S"), n_cells=2, widths=(0, 6)),
        (
            st.datetimes().map(lambda when: when.strftime("%Y%m%d")),
            st.datetimes().map(lambda when: str(int(when.strftime("%H%M%S")))),
        ),
    ),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, str | None, list[Role], list[bytes]]:
    """A delimiter, a decimal sign, a form of time, what the columns are, and lines."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    decimal = draw(st.sampled_from([".", ".", ","] if delimiter != "," else ["."]))
    form = draw(st.sampled_from([None, *FORMS]))
    roles = draw(
        st.lists(st.sampled_from([Role.NUMBER, Role.NUMBER, Role.TEXT, Role.OPEN]), max_size=3)
    )
    parts = [] if form is None else FORMS[form][1]
    roles = [*[Role.TIME for _ in parts], Role.NUMBER, *roles]
    lines = []
    for _ in range(draw(st.integers(1, 12))):
        if draw(st.integers(0, 19)) == 0:
            line = draw(st.one_of(junk, st.just(""), st.just("time0,c1")))
        else:
            texts = []
            for i, role in enumerate(roles):
                inner = parts[i] if role is Role.TIME else numbers
                texts.append(draw(cells(st.one_of(inner, inner, inner, inner, inner, junk))))
                if decimal == "," and role is Role.NUMBER:
                    texts[-1] = texts[-1].replace(".", ",")
            line = delimiter.join(texts)
        end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
        lines.append(line.replace("\n", "").encode("utf-8", "replace") + end.encode())
    return delimiter, decimal, form, roles, lines


def read(
    table: tuple[str, str, str | None, list[Role], list[bytes]], cuts: list[int], *, is_fast: bool
) -> tuple[list[ParsedRows], list[bytes], RowReader]:
    """Read lines, cut after some of them; go on after each header."""
    delimiter, decimal, form, roles, lines = table
    names = tuple(f"time{i}" if role is Role.TIME else f"c{i}" for i, role in enumerate(roles))
    time_form = FORMS[form][0] if form is not None else None
    fmt = CsvFormat(
        delimiter=delimiter,
        columns=names,
        header=names,
        time_columns=tuple(i for i, role in enumerate(roles) if role is Role.TIME),
        form=time_form,
        roles=list(roles),
        forms=[NumberForm(decimal)] * len(roles),
    )
    wall_times = WallTimes(timezone(timedelta(hours=2)))
    whole = None if time_form is None else WholeTimes(time_form, wall_times, lambda: NOW)
    reader = RowReader(fmt, whole, is_fast=is_fast)
    stops = sorted({*(cut % len(lines) for cut in cuts), len(lines)} - {0})
    found, headers = [], []
    for start, stop in zip([0, *stops], stops, strict=False):
        rest = b"".join(lines[start:stop])
        while rest:
            rows = reader.read(rest, NOW)
            found.append(rows)
            header, _, rest = rows.after.partition(b"\n")
            headers.append(header)
    return found, headers, reader


def columns(found: list[ParsedRows]) -> dict[str, list[int]]:
    """Return times and the bits of values of all batches; columns that have none are all NaN."""
    batches = [rows.batch for rows in found if rows.batch is not None]
    names = sorted({name for batch in batches for name in batch.values})
    result = {"time": [int(t) for batch in batches for t in batch.times]}
    for name in names:
        result[name] = [bits for batch in batches for bits in _bits(batch, name)]
    return result


def _bits(batch: Batch, name: str) -> list[int]:
    column = np.array(batch.values.get(name, np.full(len(batch), np.nan)), np.float64)
    column[np.isnan(column)] = np.nan
    return [int(bits) for bits in column.view(np.int64)]


def bad_cells(found: list[ParsedRows]) -> dict[str, tuple[str, int]]:
    """Return the first cell of each channel that is no number, and how many there are."""
    result: dict[str, tuple[str, int]] = {}
    for rows in found:
        for channel, (text, n) in rows.bad_cells.items():
            first, before = result.get(channel, (text, 0))
            result[channel] = first, before + n
    return result


def line_of(*texts: str) -> tuple[str, str, str | None, list[Role], list[bytes]]:
    """Return a table of one column of numbers."""
    return ",", ".", None, [Role.NUMBER], [text.encode() + b"\n" for text in texts]


@settings(max_examples=300, deadline=None)
@given(tables(), st.lists(st.integers(0, 11), max_size=4))
@example(line_of("1.234567890123456e-05"), [])
@example(line_of("0.12345678901234567891", "1"), [])
@example(line_of("-.1234567890123456789", "12"), [])
@example(line_of("1234567890123456789012"), [])
@example((";", ".", "comma", [Role.TIME, Role.NUMBER], [b"2000-01-01 00:00:00,999999999;0\n"]), [])
def test_fast_and_slow_agree(
    table: tuple[str, str, str | None, list[Role], list[bytes]], cuts: list[int]
) -> None:
    """Times, bits of values, rejects and headers are the same, however the lines are cut."""
    slow, slow_headers, _ = read(table, [], is_fast=False)
    fast, fast_headers, reader = read(table, cuts, is_fast=True)
    assert reader.fast_fault is None
    assert columns(fast) == columns(slow)
    assert [h for h in fast_headers if h] == [h for h in slow_headers if h]
    for name in ("n_rows", "n_short", "n_long", "n_replaced"):
        assert sum(getattr(rows, name) for rows in fast) == sum(
            getattr(rows, name) for rows in slow
        )
    assert next((r.rejected for r in fast if r.rejected), "") == next(
        (r.rejected for r in slow if r.rejected), ""
    )
    assert bad_cells(fast) == bad_cells(slow)


@settings(max_examples=150, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=30))
def test_numbers_are_what_float_reads(texts: list[str]) -> None:
    """Whatever `float` reads as a finite number comes out with the same bits."""
    texts = [text for text in texts if "_" not in text]
    found, _, _ = read(line_of(*texts), [], is_fast=True)
    expected = []
    for text in texts:
        try:
            value = float(text)
        except ValueError:
            continue
        if np.isfinite(value):
            expected.append(value)
    batch = Batch(np.zeros(len(expected), np.int64), {"c0": np.array(expected)})
    missing = _bits(Batch(np.zeros(1, np.int64), {}), "c0")[0]
    bits = [bits for bits in columns(found).get("c0", []) if bits != missing]
    assert bits == _bits(batch, "c0")


def test_a_fault_of_the_fast_reader_goes_to_the_slow_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception there costs speed, not readings."""

    def fail(*_: object) -> None:
        raise IndexError(19)

    monkeypatch.setattr(csv_plain, "read_numbers", fail)
    found, _, reader = read(line_of("1", "x", "3"), [], is_fast=True)
    assert isinstance(reader.fast_fault, IndexError)
    assert found[0].n_rows == 3
    assert columns(found)["c0"] == columns(read(line_of("1", "3"), [], is_fast=False)[0])["c0"]
