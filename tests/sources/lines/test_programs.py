"""What programs print and machines say of themselves: names that mean something, and no long waits."""

from __future__ import annotations

import time

import pytest

from tests.sources.item_reading import read_lines

CPUINFO = """
processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
microcode\t: 0x1000065
cpu MHz\t\t: 2596.142
cache size\t: 1024 KB
cpu cores\t: 2
"""


def test_a_line_of_a_name_and_a_sign_is_no_header() -> None:
    """/proc/cpuinfo: the name of the line above is not one of the next line's number."""
    found = {name: value for _, values in read_lines(CPUINFO) for name, value in values.items()}
    assert found == {
        "processor": 0.0, "cpu family": 25.0, "cpu MHz": 2596.142, "cache size": 1024.0, "cpu cores": 2.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("front", "when"),
    [("[2026-07-01T12:00:01.123+0000]", "2026-07-01T12:00:01.123000000"), ("[0.015s]", "now")],
)
def test_what_a_java_machine_says_of_its_heap(front: str, when: str) -> None:
    """Before and after a collection, of how much, and how long it took."""
    text = (
        f"{front}[info][gc] GC(7) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(256M) 1.234ms"
    )
    expected = {"heap before": 24.0, "heap after": 4.0, "heap size": 256.0, "pause": 1.234}
    assert read_lines(text) == [(when, expected)]


@pytest.mark.parametrize("space", [" ", "\t", "\u3000"])
def test_a_line_with_much_space_is_read_at_once(space: str) -> None:
    """The time it takes is that of its length, not of the square: it was half a minute."""
    began = time.thread_time()
    assert read_lines(f"x=1 y=2{space * 60_000}.") == [("now", {"x": 1.0, "y": 2.0})]
    assert time.thread_time() - began < 2.0


@pytest.mark.parametrize("sign", [".", "_", "a1", "1.", "-/"])
def test_a_long_word_takes_no_longer(sign: str) -> None:
    """Some draw progress with dots, some write names of files: such a line took a tenth of a second."""
    word = sign * (3900 // len(sign))
    began = time.thread_time()
    for _ in range(20):
        read_lines(f"x=1 y=2 {word} .")
    assert time.thread_time() - began < 0.8
