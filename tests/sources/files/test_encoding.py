"""Encodings and ends of lines of files that other programs write."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream as ns
from nbstream.sources.files.encoding import Decoder
from tests.sources.files.csv.test_read_before import wait_for_a_look
from tests.sources.files.csv.test_source import HEADER, reading, row, said, wait_said, wait_values
from tests.wait import wait_until

WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
TEXT = "timestamp,Temp °C\n" + row(1, 1.5) + row(2, 2.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "data.csv"


def append(path: Path, data: bytes) -> None:
    """Write at the end."""
    with path.open("ab") as file:
        file.write(data)


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("has_mark", [True, False])
def test_wide_encodings(path: Path, encoding: str, has_mark: bool) -> None:
    """UTF-16 and UTF-32 are known by their mark, UTF-16 without one by its zeros; it is said."""
    mark = "\ufeff" if has_mark else ""
    is_known = has_mark or encoding.startswith("utf-16")
    options = {} if is_known else {"encoding": encoding}
    with reading(path, (mark + TEXT).encode(encoding), **options) as source:
        wait_values(source, [1.5, 2.5], "Temp °C")
        assert (encoding[:6].upper() in said(source)) == is_known
        for byte in row(3, 3.5).encode(encoding):  # a code unit may be cut anywhere
            append(path, bytes([byte]))
            wait_for_a_look(source)
        wait_values(source, [1.5, 2.5, 3.5], "Temp °C")
        assert source.counters()[:5] == (3, 3, 0, 0, 0)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_only_what_is_added_to_a_wide_file(path: Path, encoding: str) -> None:
    """With from_start=False names come from the header of such a file, too."""
    text = "\ufeff" + TEXT + row(3, 3)[:10]
    with reading(path, text.encode(encoding), from_start=False) as source:
        wait_until(lambda: source.notes, 5)
        append(path, (row(3, 3)[10:] + row(4, 4)).encode(encoding))
        wait_values(source, [3.0, 4.0], "Temp °C")


def test_a_long_line_of_a_wide_file(path: Path) -> None:
    """It is dropped and counted; the next line begins where it should."""
    text = TEXT + "x" * 5001 + "\n" + row(3, 3)
    with reading(path, text.encode("utf-16"), max_line_bytes=1001) as source:
        wait_values(source, [1.5, 2.5, 3.0], "Temp °C")
        assert source.counters().dropped == 1


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_what_is_not_utf8_is_western(path: Path, encoding: str) -> None:
    """Old Windows encodings are read as such, and it is said how to say another one."""
    with reading(path, TEXT.encode(encoding)) as source:
        wait_values(source, [1.5, 2.5], "Temp °C")
        wait_said(source, "read as cp1252")
        wait_said(source, "encoding='…'")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "Темп"),
        ("shift_jis", "温度"),
        ("gbk", "温度"),
        ("cp437", "Temp °C"),
        ("UTF8", "Größe"),
        ("utf-8-sig", "Größe"),
        ("utf-16", "Größe"),
    ],
)
def test_the_encoding_can_be_said(path: Path, encoding: str, name: str) -> None:
    """What was said is not guessed, and not talked about."""
    text = f"timestamp,{name}\n" + row(1, 1.5)
    with reading(path, text.encode(encoding), encoding=encoding) as source:
        wait_values(source, [1.5], name)
        assert "encoding" not in said(source)
        append(path, row(2, 2.5).encode(encoding.removesuffix("-sig")))
        wait_values(source, [1.5, 2.5], name)


def test_broken_bytes_do_not_make_a_file_western(path: Path) -> None:
    """In a file with other letters of UTF-8 a broken byte is a broken byte."""
    broken = TEXT.encode() + b"2026-07-01 12:00:03,\xff3\n" + row(4, 4).encode()
    with reading(path, broken) as source:
        wait_values(source, [1.5, 2.5, 4.0], "Temp °C")
        wait_until(lambda: source.counters().rejected == 1, 5)
        assert "cp1252" not in said(source)


def test_a_byte_order_mark_in_the_middle(path: Path) -> None:
    """Files that were put together keep their marks; the header behind one is still one."""
    text = b"\xef\xbb\xbf" + (HEADER + row(1, 1)).encode()
    with reading(path, text + b"\xef\xbb\xbf" + (HEADER + row(2, 2)).encode()) as source:
        wait_values(source, [1.0, 2.0])
        assert source.counters().rejected == 0


def test_another_encoding_after_rotation(path: Path) -> None:
    """Each file has its own encoding."""
    with reading(path, TEXT.encode("utf-16")) as source:
        wait_values(source, [1.5, 2.5], "Temp °C")
        path.rename(path.with_suffix(".1"))
        path.write_bytes(("timestamp,Temp °C\n" + row(3, 3)).encode("cp1252"))
        wait_values(source, [1.5, 2.5, 3.0], "Temp °C")
        assert any("cp1252" in note for note in source.notes)
        assert not any("UTF-16" in note for note in source.notes)


@pytest.mark.parametrize("encoding", ["klingon", "base64", "cp037", ""])
def test_what_is_no_encoding(path: Path, encoding: str) -> None:
    """It is refused when the source is made."""
    with pytest.raises(ValueError, match="'encoding' must be a text encoding such as 'cp1252'"):
        ns.CsvSource(path, encoding=encoding)


@pytest.mark.parametrize(
    "magic", [b"\x1f\x8b\x08", b"PK\x03\x04", b"BZh9", b"\xfd7zXZ\0", b"PAR1", b"\x89HDF\r\n"]
)
def test_what_is_no_text(path: Path, magic: bytes) -> None:
    """A file in a format of its own is named, and what to do."""
    with reading(path, magic + bytes(range(256))) as source:
        wait_until(lambda: source.state is ns.SourceState.FAILED, 5, lambda: source.status)
        assert "not a text file of values. " in source.status
        assert source.status.endswith("first." if magic[:2] in b"\x1f\x8bBZ\xfd7" else "CSV.")


# Ends of lines.


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n", "\n\r", "\n\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_ends_of_lines(path: Path, end: str, encoding: str) -> None:
    """Whatever ends lines, each row is read once, when it has come."""
    with reading(path, TEXT.replace("\n", end).encode(encoding)) as source:
        wait_values(source, [1.5, 2.5], "Temp °C")
        more = row(3, 3).replace("\n", end).encode(encoding)
        append(path, more.removeprefix(b"\xff\xfe" if encoding == "utf-16" else b""))
        wait_values(source, [1.5, 2.5, 3.0], "Temp °C")
        assert source.counters()[:3] == (3, 3, 0)


def test_mixed_ends_of_lines(path: Path) -> None:
    """A file that several programs wrote to is read."""
    text = HEADER + row(1, 1) + row(2, 2).replace("\n", "\r\n") + row(3, 3).replace("\n", "\r")
    with reading(path, text + row(4, 4)) as source:
        wait_values(source, [1.0, 2.0, 3.0, 4.0])
        assert source.counters().rejected == 0


def test_a_line_that_is_updated_in_place(path: Path) -> None:
    """What a progress display writes over itself are readings, as they come."""
    with reading(path, "loss\n") as source:
        for i in range(3, 0, -1):
            append(path, b"%d\r" % i)
            wait_values(source, [float(v) for v in range(3, i - 1, -1)], "loss")
        append(path, b"\n")
        wait_for_a_look(source)
        assert source.counters()[:3] == (3, 3, 0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("text", "channel", "expected"),
    [
        (HEADER + row(1, 1) + row(2, 2).strip(), "value", [1.0, 2.0]),
        (HEADER + row(1, 1).strip(), "value", [1.0]),
        ("1\n2\n3", "value", [1.0, 2.0, 3.0]),
        ("5", "value", [5.0]),
    ],
)
def test_the_last_line_has_no_end(
    path: Path, text: str, channel: str, expected: list[float]
) -> None:
    """The last reading of a finished file is not lost; a newline that comes later changes nothing."""
    with reading(path, text) as source:
        wait_values(source, expected, channel)
        assert "the last line was read though it has no end" in source.notes
        append(path, b"\r\n" if len(expected) == 2 else b"\n")
        wait_for_a_look(source)
        last = text.split("\n")[-1].replace(":02", ":09").replace(":01", ":09")
        append(path, last.encode() + b"\n")
        wait_values(source, [*expected, expected[-1]], channel)
        assert source.counters().rejected == 0


@pytest.mark.usefixtures("impatient")
def test_a_writer_that_puts_the_newline_first(path: Path) -> None:
    """Its newest row is read before the next one comes."""
    with reading(path, HEADER.strip()) as source:
        for i in range(1, 4):
            append(path, b"\n" + row(i, i).strip().encode())
            wait_values(source, [float(v) for v in range(1, i + 1)])


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("half", ["2026-07-01 12:00:02", "2026-07-01 12:00:02,", "2026"])
def test_a_half_row_is_waited_for(path: Path, half: str) -> None:
    """A row without all of its cells is not read, and the state says what is waited for."""
    with reading(path, HEADER + row(1, 1) + half) as source:
        wait_values(source, [1.0])
        wait_until(lambda: source.status == "waiting for the end of the last line", 5)
        append(path, row(2, 42)[len(half) :].encode())
        wait_values(source, [1.0, 42.0])
        wait_until(lambda: source.status == "reading", 5, lambda: source.status)


@pytest.mark.usefixtures("impatient")
def test_a_block_that_ends_anywhere_is_waited_for(path: Path) -> None:
    """A writer that holds back what does not fill a block cuts numbers: nothing is read of them."""
    text = HEADER + "".join(row(i % 60, i % 60) for i in range(400))
    cut = text.encode()[:8192]
    assert cut[-1:].isdigit()
    with reading(path, cut) as source:
        n = cut.count(b"\n") - 1
        wait_until(lambda: source.counters().received == n, 5)
        for _ in range(20):
            wait_for_a_look(source)
        append(path, text.encode()[8192:])
        wait_until(lambda: source.counters().received == 400, 5)
        assert source.counters().rejected == 0


@pytest.mark.usefixtures("impatient")
def test_a_last_line_that_goes_on_after_all(path: Path) -> None:
    """What follows on a line that was read is no reading of its own: it is counted and told."""
    with reading(path, HEADER + row(1, 1) + row(2, 4).strip()) as source:
        wait_values(source, [1.0, 4.0])
        append(path, b"2\n" + row(3, 3).encode())
        wait_values(source, [1.0, 4.0, 3.0])
        assert source.counters().dropped == 1
        wait_said(source, "the last line went on after it had been read")


@given(
    st.lists(st.text(st.sampled_from('ab°€12,;"\u2028 ਊ\u0a0d\u0d0a'), max_size=8), max_size=12),
    st.sampled_from(["utf-8", *WIDE]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_lines_are_found_wherever_the_bytes_are_cut(
    texts: list[str], encoding: str, end: str, cuts: list[int]
) -> None:
    """Whole lines are those that end, in any encoding, and no others."""
    decoder = Decoder(encoding)
    data = b"".join((text + end).encode(encoding) for text in texts) + "half".encode(encoding)
    rest, found = b"", b""
    for i in range(len(data)):
        cut = cuts[i % len(cuts)]
        rest, data = rest + data[:cut], data[cut:]
        n = decoder.end_of_lines(rest)
        first = decoder.end_of_line(rest)
        assert (0 < first <= n) == bool(n)
        found += decoder.to_utf8(rest[:n])
        rest = rest[n:]
    assert [line for line in found.decode().replace("\r", "").split("\n") if line] == [
        text for text in texts if text
    ]
    assert rest.decode(encoding) == "half"
