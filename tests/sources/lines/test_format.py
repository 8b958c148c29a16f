"""What lines of programs and logs mean: the channels that a person would expect."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.item_reading import new_reader, read_lines

AT = "2026-07-01T12:00:01"
SECONDS = 1_782_907_201
LIKE_A_LINE = (
    r"([A-Za-z#\[][\w ./%()\[\]-]{0,8}[:=@|,;\t ]{1,2}"
    r"[+-]?[0-9]{1,9}([.,:/][0-9]{1,3}){0,3}[ a-zA-Z%/]{0,4}[,; \t|]{0,2}){1,4}"
)


def values(text: str, reader: Any = None) -> list[dict[str, float]]:
    """Return the values of the readings in lines."""
    return [found for _, found in read_lines(text, reader)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("3.5", {"value": 3.5}),
        ("21.5 °C", {"value": 21.5}),
        ("45%", {"value": 45.0}),
        ("1,2", {"c1": 1.0, "c2": 2.0}),
        ("1 -2e-3", {"c1": 1.0, "c2": -0.002}),
        ("45, [N/A], 0, 1200", {"c1": 45.0, "c3": 0.0, "c4": 1200.0}),
        ("45 %, [N/A], 1200 MiB", {"c1": 45.0, "c3": 1200.0}),
        ("21,5;40", {"c1": 21.5, "c2": 40.0}),
        ("21,5 40,1", {"c1": 21.5, "c2": 40.1}),
        ("a=1 b=2", {"a": 1.0, "b": 2.0}),
        ("a: 1, b: 2", {"a": 1.0, "b": 2.0}),
        ("Temp:23.5\tHum:40.1", {"Temp": 23.5, "Hum": 40.1}),
        ("Temp 1:23.5\tTemp 2:24.0", {"Temp 1": 23.5, "Temp 2": 24.0}),
        ("Temp 1:23.5 Temp 2:24.0", {"Temp 1": 23.5, "Temp 2": 24.0}),
        ("Temp: 21.5 C", {"Temp": 21.5}),
        ("temp: 21,5 C", {"temp": 21.5}),
        ("Temp: 21.5 C Hum: 40 %", {"Temp": 21.5, "Hum": 40.0}),
        ("Temp=23.1*C  Humidity=45.0%", {"Temp": 23.1, "Humidity": 45.0}),
        ("T: 21.5 °C | H: 45 % | P: 1013.2 hPa", {"T": 21.5, "H": 45.0, "P": 1013.2}),
        ("Voltage = 12.4 V\tCurrent = 0.5 A", {"Voltage": 12.4, "Current": 0.5}),
        ("temperature 21.5 C", {"temperature": 21.5}),
        ("h=45.0 t=23.1", {"h": 45.0, "t": 23.1}),
        ("state=on level=7 mode=auto", {"state": 1.0, "level": 7.0}),
        ('level=info msg="took 3 s" dur=1.2ms', {"dur": 1.2}),
        ("INFO:root:loss: 0.25", {"loss": 0.25}),
        ("INFO worker loss=0.25", {"loss": 0.25}),
        ("step 5 - loss: 0.25 - acc: 0.9", {"loss": 0.25, "acc": 0.9}),
        (
            "load average: 0.52, 0.58, 0.59",
            {f"load average {i}": x for i, x in zip((1, 2, 3), (0.52, 0.58, 0.59), strict=True)},
        ),
        ("Tasks: 108 total,   1 running", {"Tasks total": 108.0, "Tasks running": 1.0}),
        ("%Cpu(s):100.0 us,  0.5 sy", {"%Cpu(s) us": 100.0, "%Cpu(s) sy": 0.5}),
        (
            "MiB Swap:  1.0 total,  0.5 used.  2.0 avail Mem",
            {"MiB Swap total": 1.0, "MiB Swap used": 0.5, "MiB Swap avail Mem": 2.0},
        ),
        ("%Cpu(s):  1.0 us,  0.5 sy", {"%Cpu(s) us": 1.0, "%Cpu(s) sy": 0.5}),
        ("Active(anon):       1652 kB", {"Active(anon)": 1652.0}),
        ("Core 0:        +43.0°C  (high = +80.0°C, crit = +100.0°C)", {"Core 0": 43.0}),
        ("fan1:        1200 RPM  (min =    0 RPM)", {"fan1": 1200.0}),
        (
            "64 bytes from ::1: icmp_seq=1 ttl=64 time=0.042 ms",
            {"icmp_seq": 1.0, "ttl": 64.0, "time": 0.042},
        ),
        (
            "rtt min/avg/max/mdev = 0.1/0.2/0.3/0.4 ms",
            {"min": 0.1, "avg": 0.2, "max": 0.3, "mdev": 0.4},
        ),
        (
            "frame=  123 fps= 25 size=  256kB time=00:00:05.12 speed=1.02x",
            {"frame": 123.0, "fps": 25.0, "size": 256.0, "time": 5.12, "speed": 1.02},
        ),
        ("/A: 1/2", {"/A": 1.0}),
        ("BTC/USDT: $67,123.45 (+1.2%)", {"BTC/USDT": 67123.45}),
        ("n=1'000", {"n": 1000.0}),
        ("acc=(0.1, 0.2, 9.8) n=3", {"acc 1": 0.1, "acc 2": 0.2, "acc 3": 9.8, "n": 3.0}),
        ("q: [0.5 -1e-3]", {"q 1": 0.5, "q 2": -0.001}),
        ("DAV:   1     0.12E+02   -0.5E-01", {"DAV 1": 1.0, "DAV 2": 12.0, "DAV 3": -0.05}),
        ('{"a":1},', {"a": 1.0}),
        ("温度: 21.5\u2103 湿度\uff1a45%", {"温度": 21.5, "湿度": 45.0}),
        ("2026-07-01 12:00:01.123 | INFO | __main__:train:42 - loss=0.5", {"loss": 0.5}),
        ("I0701 12:00:01.123456 1234 main.go:42] temp=21.5", {"temp": 21.5}),
        ('INFO\tsensor/main.go:42\treading\t{"temp": 21.5}', {"temp": 21.5}),
        ("step 100 loss: 0.5", {"loss": 0.5}),
        ("step 100: 0.5", {"step": 100.0, "value": 0.5}),
        ("GPU 0 Temp: 45", {"GPU 0 Temp": 45.0}),
        ("valid_0's l2: 0.5", {"valid_0's l2": 0.5}),
        ("(1.5, np.float64(2.5))", {"c1": 1.5, "c2": 2.5}),
        ("tensor(0.25, device='cuda:0', grad_fn=<MeanBackward0>)", {"value": 0.25}),
        ("PLL@35C CPU@38.5C", {"PLL": 35.0, "CPU": 38.5}),
        ('{"a": 1, "b": {"c": "2 V"}, "d": true}', {"a": 1.0, "b.c": 2.0, "d": 1.0}),
        ('data: {"a": 1}', {"a": 1.0}),
        ('worker {"a": 1}', {"a": 1.0}),
        ("[1.5, 2.5, 3.5]", {"c1": 1.5, "c2": 2.5, "c3": 3.5}),
        ("\x1b[2K\x1b[1;32mtemp\x1b[0m: 21.5\x07", {"temp": 21.5}),
        (
            "  1,234,567  45%   12.34MB/s    0:00:03",
            {"bytes": 1234567.0, "done": 45.0, "speed": 12.34},
        ),
        (" 45%|####      | 45/100 [00:04<00:05, 10.0it/s, loss=0.5]", {"loss": 0.5}),
        ("12/12 [==============================] - 3s 2ms/step - loss: 0.25", {"loss": 0.25}),
    ],
    ids=lambda given: given[:30] if isinstance(given, str) else "",
)
def test_a_line_has_the_channels_that_it_names(line: str, expected: dict[str, float]) -> None:
    """Pairs, labels with spaces and units, JSON, rows: read at once, from a single line."""
    assert values(line) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        *("starting up", "", "Listening on port 8080", "192.168.0.1", "0x1F", "v1.2.3", "12:30"),
        *("5 packets transmitted, 5 received, 0% packet loss", "---", "{", "a=b", "key: value"),
        *("Traceback (most recent call last):", '  File "x.py", line 3, in <module>'),
    ],
)
def test_a_line_without_readings_gives_none(line: str) -> None:
    """Banners, addresses, versions and tracebacks name no channel."""
    assert values(line) == []


@pytest.mark.parametrize(
    "front",
    [
        *(
            "2026-07-01 12:00:01",
            "2026-07-01T12:00:01Z",
            "2026-07-01 12:00:01,000",
            "2026/07/01 12:00:01",
        ),
        *(
            "[2026-07-01 12:00:01]",
            "2026-07-01T14:00:01+0200",
            "2026-07-01 12:00:01 UTC",
            "12:00:01",
        ),
        *("Jul  1 12:00:01", "Wed Jul  1 12:00:01 2026", "01.07.2026 12:00:01", f"{SECONDS}"),
        *(
            f"{SECONDS}.000",
            f"{SECONDS}000",
            f"[{SECONDS}.000000]",
            "2026-07-01,12:00:01",
            "12:00:01 PM",
        ),
    ],
)
@pytest.mark.parametrize("between", [" ", ", ", "\t", ";"])
def test_a_time_in_front_is_the_readings(front: str, between: str) -> None:
    """In whatever form, before a number, a row, pairs or JSON."""
    rows = {
        "23.5": {"value": 23.5},
        "1;2;3": {"c1": 1.0, "c2": 2.0, "c3": 3.0},
        "a=1 b=2": {"a": 1.0, "b": 2.0},
        '{"a": 1}': {"a": 1.0},
        "INFO temp: 21.5": {"temp": 21.5},
    }
    for text, expected in rows.items():
        assert read_lines(f"{front}{between}{text}") == [(AT, expected)]


def test_milliseconds_after_a_comma_are_no_channel() -> None:
    """As Python's logging writes them."""
    assert read_lines("2026-07-01 12:00:00,123 23.5\n12:00:01.123 -> 23.6") == [
        ("2026-07-01T12:00:00.123000000", {"value": 23.5}),
        ("2026-07-01T12:00:01.123000000", {"value": 23.6}),
    ]


VMSTAT = """\
procs -----------memory---------- -----cpu-----
 r  b   free   buff us sy id
 1  0 812344  25340  3  1 96
 2  0 812300  25340  4  1 95
procs -----------memory---------- -----cpu-----
 r  b   free   buff us sy id
 1  0 812340  25340  3  1 96
"""
IOSTAT = """\
Linux 6.1.0-44-amd64 (host) \t07/01/26 \t_x86_64_\t(2 CPU)

avg-cpu:  %user   %nice %system
           1.00    0.00    0.50

Device             tps    kB_read/s
vda               2.00        12.00
loop0             0.00         0.00

"""
MPSTAT = """\
Linux 6.1.0-44-amd64 (host) \t07/01/26 \t_x86_64_\t(2 CPU)

12:00:00     CPU    %usr   %idle
12:00:01     all    2.50   96.00
12:00:01       0    3.00   95.00
12:00:01       1    2.00   97.00

Average:     CPU    %usr   %idle
Average:     all    2.50   96.00
"""
SAR = """\
12:00:00 PM     IFACE   rxpck/s    %ifutil
12:00:01 PM        lo      6.00       0.00
12:00:01 PM      eth0      3.00       0.10
"""
PIDSTAT = """\
12:00:00      UID       PID    %usr   %CPU   CPU  Command
12:00:01        0        15    0.00   1.00     1  rcu_preempt
12:00:01     1000      4907    9.00   9.50     0  python train.py
"""
FREE = """\
               total        used        free      shared  buff/cache
Mem:        24684096     1017252    21226728        8788     2755628
Swap:              1           2           3

"""
DMON = """\
# gpu   pwr gtemp mtemp    sm
# Idx     W     C     C     %
    0    43    48     -     7
    1    44    49     -     8
# gpu   pwr gtemp mtemp    sm
# Idx     W     C     C     %
    0    45    50     -     9
"""
SMI = """\
timestamp, name, utilization.gpu [%], fan.speed [%], memory.used [MiB]
2026/07/01 12:00:01.000, NVIDIA A2, 45 %, [N/A], 1200 MiB
"""
DSTAT = """\
----total-usage---- -dsk/total- ---system--
usr sys idl wai stl| read  writ| int   csw
  1   0  98   0   0|1024k 4096B| 512   800
"""
IFSTAT = """\
       eth0               lo
 KB/s in  KB/s out   KB/s in  KB/s out
    0.50      0.30      0.00      0.01
"""
DOCKER = """\
CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT     NET I/O           PIDS
abc123def456   web       0.12%     21.5MiB / 1.944GiB    1.2kB / 3.4MB     5
"""
DF = """\
Filesystem     1K-blocks     Used Available Use% Mounted on
/dev/vda1       30832548 12345678  17000000  43% /
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            VMSTAT,
            [
                {"r": r, "b": 0, "free": f, "buff": 25340, "us": u, "sy": 1, "id": i}
                for r, f, u, i in ((1, 812344, 3, 96), (2, 812300, 4, 95), (1, 812340, 3, 96))
            ],
        ),
        (
            IOSTAT,
            [
                {"%user": 1, "%nice": 0, "%system": 0.5},
                {"vda tps": 2, "vda kB_read/s": 12},
                {"loop0 tps": 0, "loop0 kB_read/s": 0},
            ],
        ),
        (
            MPSTAT,
            [
                {"%usr": 2.5, "%idle": 96},
                {"CPU0 %usr": 3, "CPU0 %idle": 95},
                {"CPU1 %usr": 2, "CPU1 %idle": 97},
            ],
        ),
        (SAR, [{"lo rxpck/s": 6, "lo %ifutil": 0}, {"eth0 rxpck/s": 3, "eth0 %ifutil": 0.1}]),
        (
            PIDSTAT,
            [
                {"rcu_preempt 15 %usr": 0, "rcu_preempt 15 %CPU": 1},
                {"python train.py 4907 %usr": 9, "python train.py 4907 %CPU": 9.5},
            ],
        ),
        (
            FREE,
            [
                {
                    "Mem total": 24684096,
                    "Mem used": 1017252,
                    "Mem free": 21226728,
                    "Mem shared": 8788,
                    "Mem buff/cache": 2755628,
                },
                {"Swap total": 1, "Swap used": 2, "Swap free": 3},
            ],
        ),
        (
            DMON,
            [
                {f"gpu{g} pwr": p, f"gpu{g} gtemp": t, f"gpu{g} sm": s}
                for g, p, t, s in ((0, 43, 48, 7), (1, 44, 49, 8), (0, 45, 50, 9))
            ],
        ),
        (SMI, [{"NVIDIA A2 utilization.gpu [%]": 45, "NVIDIA A2 memory.used [MiB]": 1200}]),
        (
            DSTAT,
            [
                {
                    "usr": 1,
                    "sys": 0,
                    "idl": 98,
                    "wai": 0,
                    "stl": 0,
                    "read": 1024,
                    "writ": 4096,
                    "int": 512,
                    "csw": 800,
                }
            ],
        ),
        (
            IFSTAT,
            [{"eth0 KB/s in": 0.5, "eth0 KB/s out": 0.3, "lo KB/s in": 0, "lo KB/s out": 0.01}],
        ),
        (
            DOCKER,
            [
                {
                    "web CPU %": 0.12,
                    "web MEM USAGE": 21.5,
                    "web LIMIT": 1.944,
                    "web NET I": 1.2,
                    "web NET O": 3.4,
                    "web PIDS": 5,
                }
            ],
        ),
        (
            DF,
            [
                {
                    "/dev/vda1 / 1K-blocks": 30832548,
                    "/dev/vda1 / Used": 12345678,
                    "/dev/vda1 / Available": 17000000,
                    "/dev/vda1 / Use%": 43,
                }
            ],
        ),
        ("Temp\tHum\n23.5\t40.1\n", [{"Temp": 23.5, "Hum": 40.1}]),
        ("temp,hum\n23.5,40.1\n", [{"temp": 23.5, "hum": 40.1}]),
        ("cpu,mem\n12,40\n13,41\n", [{"cpu": 12, "mem": 40}, {"cpu": 13, "mem": 41}]),
        ("CPU MEM\n12 40\n", [{"CPU": 12, "MEM": 40}]),
        ("time,temp\n1782907201,23.5\n", [{"temp": 23.5}]),
        ("Date,Time,Temp\n2026-07-01,12:00:01,23.5\n", [{"Temp": 23.5}]),
    ],
    ids=[
        "vmstat",
        "iostat",
        "mpstat",
        "sar",
        "pidstat",
        "free",
        "nvidia-smi dmon",
        "nvidia-smi",
        "dstat",
        "ifstat",
        "docker",
        "df",
        "tabs",
        "commas",
        "cpu",
        "CPU",
        "epoch",
        "date, time",
    ],
)
def test_header_lines_name_channels(text: str, expected: list[dict[str, float]]) -> None:
    """The lines above rows name them, what begins a row goes in front; repeated headers are no rows."""
    reader = new_reader()
    found = values(text, reader)
    assert [{k: v for k, v in row.items() if v is not None} for row in found] == expected
    assert reader.lines.passed == []


def test_objects_of_json_may_stand_one_behind_the_other() -> None:
    """As where a program flushes without a newline."""
    assert values('{"a":1}{"a":2}\n') == [{"a": 1.0}, {"a": 2.0}]


def test_a_line_of_words_names_no_single_value() -> None:
    """What has a label of its own is a pair, whatever stands above it."""
    assert values("Testing download speed\nDownload: 93.45 Mbit/s\n") == [{"Download": 93.45}]
    assert values("Core 0:\n  temp: 45.0\nCore 1:\n  temp: 46.0\n") == [
        {"temp": 45.0},
        {"temp": 46.0},
    ]


@pytest.mark.parametrize("text", ["{\n", '{\n  "a": 1,\n', "[\n  1,\nx=3\n", "{\n  oops\n}\n"])
def test_a_document_that_is_none_is_given_back(text: str) -> None:
    """Its lines are counted, and what comes after it is read."""
    reader = new_reader()
    found = values(text + "temp=21.5\n", reader)
    assert found[-1] == {"temp": 21.5}
    assert len(reader.lines.finish()) == text.count("\n") - (len(found) - 1)


@pytest.mark.parametrize("line", ['  "a": 1,', f'  "a": "{"x" * 60_000}",'])
def test_a_document_without_end_is_kept_in_bounds(line: str) -> None:
    """By lines and by characters; what was kept is given back."""
    reader = new_reader()
    reader.read_line("{")
    n = 0
    while not reader.lines.passed:
        with contextlib.suppress(ValueError):
            reader.read_line(line)
        n += 1
        assert n <= 5001
    assert len(reader.lines.passed) == n


def test_remarks_behind_rows_are_left_out() -> None:
    """Perf writes rates behind its counts, and no unit where there is none."""
    text = (
        "#           time             counts unit events\n"
        "     0.300368347               0.95 msec task-clock    #    0.003 CPUs utilized\n"
        "     0.300368347              1,076      page-faults   #   80.237 K/sec\n"
    )
    assert values(text) == [
        {"task-clock time": 0.300368347, "task-clock counts": 0.95},
        {"page-faults time": 0.300368347, "page-faults counts": 1076.0},
    ]


def test_a_count_in_front_is_no_time() -> None:
    """Of the future, before a unit, or below a name of its own: bytes may look like an epoch."""
    counts = "RX:  bytes packets errors\n     1248481565 6195852 0\n"
    assert values(counts) == [{"bytes": 1248481565.0, "packets": 6195852.0, "errors": 0.0}]
    assert values("3145728000 7 1\n") == [{"c1": 3145728000.0, "c2": 7.0, "c3": 1.0}]
    copied = "{} bytes (1.2 GB, 1.1 GiB) copied, 3 s, 411 MB/s\n"
    reader = new_reader()
    found = values(copied.format(1_248_481_565) + copied.format(1_348_481_565), reader)
    assert [row["bytes"] for row in found] == [1248481565.0, 1348481565.0]
    assert "front" not in reader.guesses()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cpu  1934024 5598 285105", {"cpu 1": 1934024.0, "cpu 2": 5598.0, "cpu 3": 285105.0}),
        ("2336\t/var/log", {"/var/log": 2336.0}),
        ("1.5G\tdata.csv", {"data.csv": 1.5}),
    ],
)
def test_no_number_of_a_row_with_a_name_is_lost(line: str, expected: dict[str, float]) -> None:
    """A name before several numbers, or behind one, as /proc/stat, du and wc write them."""
    assert values(line) == [expected]


def test_words_between_rows_are_no_header() -> None:
    """They are handed back, to be counted."""
    reader = new_reader()
    assert values("1 2\nlow voltage\n3 4\n", reader) == [
        {"c1": 1.0, "c2": 2.0},
        {"c1": 3.0, "c2": 4.0},
    ]
    assert values("low voltage\na=1\n", reader) == [{"a": 1.0}]
    assert reader.lines.passed == ["low voltage"] * 2


def test_the_times_of_tables_are_read() -> None:
    """In front of a row, in a column, or a date and a time of day that are two cells of vmstat -t."""
    assert {when for when, _ in read_lines(MPSTAT + SAR + PIDSTAT + SMI)} == {AT}
    vmstat = " r  b   free                 UTC\n 1  0 812344 2026-07-01 12:00:01\n"
    assert read_lines(vmstat) == [(AT, {"r": 1.0, "b": 0.0, "free": 812344.0})]


def test_prose_is_read_when_it_comes_again() -> None:
    """A banner with a number names no channel; a line that repeats does, from its first time on."""
    copied = (
        "1234567 bytes (1.2 MB, 1.2 MiB) copied, 3 s, 411 kB/s\n"
        "22345678 bytes (22 MB, 21 MiB) copied, 4 s, 5.5 MB/s\n"
    )
    assert values("Listening on port 8080\n" + copied) == [
        {"bytes": 1234567.0, "B": 1.2, "B (2)": 1.2, "s": 3.0, "B/s": 411.0},
        {"bytes": 22345678.0, "B": 22.0, "B (2)": 21.0, "s": 4.0, "B/s": 5500.0},
    ]
    spoken = "The temperature is {} C and the humidity is {} %\n"
    assert values(spoken.format(23.5, 40) + spoken.format(23.6, 41)) == [
        {"temperature": 23.5, "humidity": 40.0},
        {"temperature": 23.6, "humidity": 41.0},
    ]


@pytest.mark.parametrize(
    ("line", "expected", "when"),
    [
        (
            '::1 - - [01/Jul/2026:12:00:01 +0000] "GET / HTTP/1.1" 200 612 "-" "curl" 0.003',
            {"status": 200.0, "bytes": 612.0, "request_time": 0.003},
            AT,
        ),
        (
            "weather,city=Brno temp=21.5,hum=40i 1782907201000000000",
            {"weather Brno temp": 21.5, "weather Brno hum": 40.0},
            AT,
        ),
        (
            'node_cpu_seconds_total{cpu="0",mode="idle"} 1.5e+06',
            {'node_cpu_seconds_total{cpu="0",mode="idle"}': 1.5e6},
            "now",
        ),
        ("node_load1 0.21 1782907201000", {"node_load1": 0.21}, AT),
        (
            'PUTVAL "host/cpu-0/cpu-idle" interval=10.000 1782907201.000:98.5',
            {"host/cpu-0/cpu-idle": 98.5},
            AT,
        ),
        ("servers.web1.load 0.52 1782907201", {"servers.web1.load": 0.52}, AT),
        ("full avg10=0.42 total=77", {"full avg10": 0.42, "full total": 77.0}, "now"),
        (
            "$GPGGA,120001,4807.038,S,01131.000,W,1,08,0.9,545.4,M,46.9,M,,*47",
            {
                "lat": -48.1173,
                "lon": -11.5166667,
                "satellites": 8.0,
                "hdop": 0.9,
                "altitude": 545.4,
            },
            "now",
        ),
        (
            '{"__REALTIME_TIMESTAMP":"1782907201000000","PRIORITY":"6","_PID":"1"}',
            {"PRIORITY": 6.0},
            AT,
        ),
        (
            '{"Time":"2026-07-01T12:00:01","DS18B20":{"Temperature":20.6},"TempUnit":"C"}',
            {"DS18B20.Temperature": 20.6},
            AT,
        ),
        ('{"ts":1782907201,"temp":"21.5"}', {"temp": 21.5}, AT),
        ('[1782907201.0, "23.5"]', {"value": 23.5}, AT),
    ],
    ids=[
        "nginx",
        "InfluxDB",
        "Prometheus",
        "with time",
        "collectd",
        "Graphite",
        "pressure",
        "NMEA",
        "journald",
        "Tasmota",
        "JSON",
        "pair",
    ],
)
def test_lines_of_known_forms(line: str, expected: dict[str, float], when: str) -> None:
    """Logs and exports of well-known programs have the names and times that they mean."""
    assert read_lines(line) == [(when, expected)]


def test_lines_that_wait_are_kept_in_bounds_and_given_back() -> None:
    """What turns out to say nothing is handed back, to be counted."""
    reader = new_reader()
    for i in range(500):
        reader.read_line(f"event {'pqxyz'[i % 5] * (i // 5 + 2)} took {i} turns")
        reader.read_line(f"just words {'x' * i}")
    assert len(reader.lines.finish()) == 1000
    assert reader.lines.finish() == []
    assert reader.lines.waiting == ""


@given(
    st.lists(
        st.one_of(st.text(max_size=60), st.from_regex(LIKE_A_LINE, fullmatch=True)), max_size=6
    )
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    """Whatever a program prints, a line gives readings, waits, or is refused with a reason."""
    reader = new_reader()
    for line in lines:
        try:
            found = reader.read_line(line)
        except (ValueError, TypeError):
            continue
        for _, row in found:
            assert row
            assert all(isinstance(number, float) for number in row.values())


@pytest.mark.parametrize(
    "piece", ["=", "a:", "1,", "1.5 ", "[= ", 'a="', "a,b=", "T: 1 a. 2 b", "word ", "(", "9", " "]
)
def test_a_line_without_end_takes_no_time(piece: str) -> None:
    """The cost of a line grows with its length, not faster."""
    reader = new_reader()
    started = time.thread_time()
    with contextlib.suppress(ValueError, TypeError):
        reader.read_line(piece * (60_000 // len(piece)))
    assert time.thread_time() - started < 5


def test_tables_with_too_many_rows_leave_some_out() -> None:
    """The channels of a table stay readable; what is left out is counted."""
    reader = new_reader()
    rows = "".join(f"disk{i:02} {i} {i}\n" for i in range(50))
    assert len(values("Device reads writes\n" + rows, reader)) == 20
    assert reader.lines.tables.n_left_out == 30
