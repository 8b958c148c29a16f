"""What programs print, line by line, and what logs hold."""

from __future__ import annotations

from tests.inputs.given import NAN, Given

NOON = ["2026-07-01T12:00:00", "2026-07-01T12:00:01"]

PROGRAMS = [
    Given(
        "vmstat -n",
        "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----\n"
        " r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st\n"
        " 1  0      0 812344  10000 200000    0    0     1     2  100  200  3  1 96  0  0\n"
        " 2  0      0 812300  10000 200000    0    0     1     2  110  210  4  1 95  0  0\n",
        {"r": [1, 2], "free": [812344, 812300], "id": [96, 95]},
        by="program",
    ),
    Given(
        "iostat -c",
        "Linux 6.1.0 (box) \t07/01/2026 \t_x86_64_\t(2 CPU)\n\n"
        "avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n"
        "           3.01    0.00    1.00    0.10    0.00   95.89\n\n"
        "avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n"
        "           4.02    0.00    1.00    0.10    0.00   94.88\n\n",
        {"%user": [3.01, 4.02], "%idle": [95.89, 94.88]},
        by="program",
    ),
    Given(
        "mpstat 1",
        "Linux 6.1.0 (box) \t07/01/2026 \t_x86_64_\t(2 CPU)\n\n"
        "12:00:00 PM  CPU    %usr   %nice    %sys   %idle\n"
        "12:00:01 PM  all    0.50    0.00    0.25   99.25\n"
        "12:00:02 PM  all    0.75    0.00    0.25   99.00\n",
        {"%usr": [0.5, 0.75], "%idle": [99.25, 99.0]},
        by="program",
    ),
    Given(
        "nvidia-smi with a head and units",
        "timestamp, temperature.gpu, utilization.gpu [%], memory.used [MiB]\n"
        "2026/07/01 12:00:00.000, 45, 12 %, 1200 MiB\n"
        "2026/07/01 12:00:01.000, 46, [N/A], 1201 MiB\n",
        {
            "temperature.gpu": [45, 46],
            "utilization.gpu [%]": [12, NAN],
            "memory.used [MiB]": [1200, 1201],
        },
        NOON,
        units={"memory.used [MiB]": "MiB"},
        by="program",
    ),
    Given(
        "nvidia-smi dmon",
        "# gpu    pwr  gtemp     sm\n# Idx      W      C      %\n"
        "    0     45     60     12\n    0     46     61      -\n",
        {"gpu0 pwr": [45, 46], "gpu0 sm": [12, NAN]},
        by="program",
    ),
    Given(
        "ping",
        "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
        "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.042 ms\n"
        "64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.040 ms\n",
        {"time": [0.042, 0.040], "ttl": [64, 64]},
        units={"time": "ms"},
        by="program",
        n_rejected=1,
    ),
    Given(
        "sensors",
        "Core 0:        +45.0°C  (high = +80.0°C, crit = +100.0°C)\n"
        "Core 0:        +46.5°C  (high = +80.0°C, crit = +100.0°C)\n",
        {"Core 0": [45.0, 46.5]},
        units={"Core 0": "°C"},
        by="program",
    ),
    Given(
        "an Arduino with labels and units",
        "Temperature: 21.50 °C\tHumidity: 45.00 %\nTemperature: 21.60 °C\tHumidity: 44.00 %\n",
        {"Temperature": [21.5, 21.6], "Humidity": [45, 44]},
        units={"Temperature": "°C", "Humidity": "%"},
        by="program",
    ),
    Given(
        "the journal in short-iso",
        "2026-07-01T12:00:00+0000 box sensor[123]: temp=21.5 hum=40\n"
        "2026-07-01T12:00:01+0000 box sensor[123]: temp=21.6 hum=41\n",
        {"temp": [21.5, 21.6], "hum": [40, 41]},
        NOON,
        by="program",
    ),
    Given(
        "the journal as JSON",
        '{"__REALTIME_TIMESTAMP":"1782907200000000","PRIORITY":"6","CPU_USAGE_NSEC":"1200"}\n'
        '{"__REALTIME_TIMESTAMP":"1782907201000000","PRIORITY":"6","CPU_USAGE_NSEC":"1300"}\n',
        {"CPU_USAGE_NSEC": [1200, 1300]},
        by="program",
    ),
    Given(
        "nginx's access log",
        '127.0.0.1 - - [01/Jul/2026:12:00:00 +0200] "GET / HTTP/1.1" 200 612 "-" "curl/8.5"\n'
        '127.0.0.1 - - [01/Jul/2026:12:00:01 +0200] "GET /a HTTP/1.1" 404 153 "-" "curl/8.5"\n',
        {"status": [200, 404], "bytes": [612, 153]},
        ["2026-07-01T10:00:00", "2026-07-01T10:00:01"],
        by="program",
    ),
    Given(
        "nginx with $msec in front",
        "1782907200.000 0.045 200\n1782907201.000 0.050 404\n",
        {"c1": [0.045, 0.05], "c2": [200, 404]},
        NOON,
        by="program",
    ),
    Given(
        "Python's logging",
        "2026-07-01 12:00:00,123 INFO train: epoch=1 loss=0.5\n"
        "2026-07-01 12:00:01,123 INFO train: epoch=2 loss=0.25\n",
        {"loss": [0.5, 0.25], "epoch": [1, 2]},
        ["2026-07-01T12:00:00.123", "2026-07-01T12:00:01.123"],
        by="program",
    ),
    Given(
        "logfmt",
        'time=2026-07-01T12:00:00Z level=info msg="read ok" temp=21.5\n'
        'time=2026-07-01T12:00:01Z level=info msg="read ok" temp=21.6\n',
        {"temp": [21.5, 21.6]},
        NOON,
        by="program",
    ),
    Given(
        "a JSON logger with milliseconds",
        '{"level":30,"time":1782907200000,"temp":21.5,"msg":"ok"}\n'
        '{"level":30,"time":1782907201000,"temp":21.6,"msg":"ok"}\n',
        {"temp": [21.5, 21.6]},
        NOON,
        by="program",
    ),
    Given(
        "InfluxDB's line protocol",
        "weather,location=us temp=21.5,hum=40i 1782907200000000000\n"
        "weather,location=us temp=21.6,hum=41i 1782907201000000000\n",
        {"weather us temp": [21.5, 21.6], "weather us hum": [40, 41]},
        NOON,
        by="program",
    ),
    Given(
        "Prometheus' text",
        "# HELP node_load1 1m load average.\n# TYPE node_load1 gauge\nnode_load1 0.25\n"
        'http_requests_total{method="post",code="200"} 1027\n',
        {"node_load1": [0.25], 'http_requests_total{method="post",code="200"}': [1027]},
        by="program",
    ),
    Given(
        "a training loop with a progress line",
        "epoch 1/10 loss: 0.5000 - acc: 0.80\repoch 1/10 loss: 0.4000 - acc: 0.85\r\n",
        {"loss": [0.5, 0.4], "acc": [0.80, 0.85]},
        by="program",
    ),
    Given(
        "a log in colours",
        "\x1b[32m2026-07-01T12:00:00Z\x1b[0m temp=\x1b[1m21.5\x1b[0m\n"
        "\x1b[32m2026-07-01T12:00:01Z\x1b[0m temp=\x1b[1m21.6\x1b[0m\n",
        {"temp": [21.5, 21.6]},
        NOON,
        by="program",
    ),
    Given(
        "a compiler's messages, in which there is no number to draw",
        "main.c: In function main\nmain.c: warning: unused variable\n",
        says=["parse="],
        by="program",
        n_rejected=2,
    ),
    Given(
        "a GPS receiver",
        "$GPGGA,120000.00,4807.038,N,01130.000,E,1,08,0.9,545.4,M,46.9,M,,*47\n"
        "$GPRMC,120000.00,A,4807.038,N,01130.000,E,022.4,084.4,010726,003.1,W*6A\n",
        {"lat": [48.1173, 48.1173], "altitude": [545.4], "speed": [22.4]},
        by="program",
    ),
]
"""Programs and logs."""
