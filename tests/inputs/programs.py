"""What programs print, line by line, and what logs hold."""

from __future__ import annotations

from tests.inputs.given import NAN, Given

NOON = ["2026-07-01T12:00:00", "2026-07-01T12:00:01"]

PROGRAMS = [
    Given(
        "ls -l",
        "total 20\n-rw-r--r-- 1 ada ada 1078 Nov 29 21:50 run 1.log\n"
        "drwxr-xr-x 2 ada ada 4096 Feb 17  2023 old\nlrwxrwxrwx 1 ada ada 7 Nov 29 21:50 now -> run.log\n"
        "crw-rw-rw- 1 root root 1, 3 Nov 29 21:50 null\n"
        "-rw-r--r-- 1 ada ada 2048 2026-07-01 12:00 run.csv\n",
        {"run 1.log": [1078], "run.csv": [2048]},
        absent=["old", "now", "null", "c1"],
        by="program",
    ),
    Given(
        "wc of several files",
        "  184   921  9271 nbstream/__init__.py\n    7    14   118 main.py\n  191   935  9389 total\n",
        {"nbstream/__init__.py lines": [184], "main.py bytes": [118], "total words": [935]},
        absent=["c1", "c2"],
        by="program",
    ),
    Given(
        "mtr -r",
        "HOST: box                         Loss%   Snt   Last   Avg  Best  Wrst StDev\n"
        "  1.|-- gateway                    0.0%    10    0.5   0.6   0.4   1.2   0.2\n"
        "  2.|-- 192.0.2.1                 20.0%    10    8.1   9.0   7.9  12.4   1.5\n",
        {
            "gateway Loss%": [0],
            "gateway Avg": [0.6],
            "192.0.2.1 Loss%": [20],
            "192.0.2.1 StDev": [1.5],
        },
        absent=["Snt", "HOST: box"],
        by="program",
        n_rejected=1,
    ),
    Given(
        "time of a shell",
        "\nreal\t1m0.204s\nuser\t0m0.002s\nsys\t0m0.001s\n",
        {"real": [60.204], "user": [0.002], "sys": [0.001]},
        units={"real": "s"},
        by="program",
    ),
    Given(
        "rsync --progress",
        "         32,768   0%    0.00kB/s    0:00:00\r     77,922,304  24%   74.21MB/s    0:00:03\r"
        "    104,857,600 100%   76.39MB/s    0:00:01 (xfr#1, to-chk=0/1)\n",
        {"bytes": [32768, 77922304, 104857600], "done": [0, 24, 100], "speed": [0, 74210, 76390]},
        units={"done": "%", "speed": "kB/s"},
        absent=["c1", "to-chk"],
        by="program",
    ),
    Given(
        "pv",
        "50.0MiB 0:00:01 [50.0MiB/s] [====>            ] 16% ETA 0:00:05\r"
        " 300MiB 0:00:06 [45.7MiB/s] [================>] 100%            \n",
        {"passed": [50, 300], "speed": [50, 45.7], "done": [16, 100]},
        units={"passed": "MiB", "speed": "MiB/s"},
        absent=["c1"],
        by="program",
    ),
    Given(
        "the kernel's log",
        "[    0.594954] memory: 2008\n[   12.594972] thermal: temp=45\n[   13.000001] usb 1-1: new device\n",
        {"memory": [2008], "temp": [45]},
        absent=["c1", "value"],
        by="program",
        n_rejected=1,
    ),
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
        "vmstat -s",
        "     24684124 K total memory\n      3998764 K used memory\n            0 K swap cache\n"
        "       196256 non-nice user cpu ticks\n      1034 IO-wait cpu ticks\n      5000 K paged in\n"
        "        300 pages swapped out\n     4597725 interrupts\n   982412 CPU context switches\n"
        "   1782907200 boot time\n        55257 forks\n",
        {
            "total memory": [24684124],
            "swap cache": [0],
            "non-nice user cpu ticks": [196256],
            "pages swapped out": [300],
            "interrupts": [4597725],
            "forks": [55257],
        },
        by="program",
    ),
    Given(
        "ps aux",
        "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
        "root           1  0.6  0.1  49720 19816 ?        Ss   16:22   0:17 /sbin/init splash\n"
        "root           2  0.0  0.0      0     0 ?        S    Jul01   0:00 [kthreadd]\n",
        {
            "/sbin/init splash 1 %CPU": [0.6],
            "/sbin/init splash 1 RSS": [19816],
            "kthreadd 2 %MEM": [0],
        },
        absent=["/sbin/init splash 1 START", "kthreadd 2 START"],
        by="program",
    ),
    Given(
        "/proc/loadavg, again and again",
        "0.52 0.48 0.40 3/464 123\n0.60 0.49 0.40 2/465 130\n",
        {"load 1min": [0.52, 0.6], "load 15min": [0.4, 0.4], "processes": [464, 465]},
        absent=["c1"],
        by="program",
    ),
    Given(
        "/proc/stat",
        "cpu  196256 17 58304 49493 483 0 1160 193 0 0\ncpu0 88961 5 27529 30895 160 0 421 90 0 0\n"
        "intr 4597725 9 0 0 0 0 0 0 0 3 0 0\nctxt 982412\nbtime 1782907200\nprocesses 55257\n"
        "procs_running 2\nprocs_blocked 0\nsoftirq 300 1 2 3 4 5 6 7 8 9 10\n",
        {
            "cpu user": [196256],
            "cpu idle": [49493],
            "cpu0 system": [27529],
            "intr": [4597725],
            "procs_running": [2],
            "softirq": [300],
        },
        absent=["cpu 1", "intr 2", "softirq 2"],
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
    Given(
        "tegrastats",
        "RAM 2462/7860MB (lfb 2x4MB) SWAP 0/3930MB CPU [5%@1479,off,off,3%@1479] GR3D_FREQ 12% "
        "GPU@35C VDD_IN 3180/3180\n"
        "RAM 2463/7860MB (lfb 2x4MB) SWAP 1/3930MB CPU [6%@1479,off,off,4%@1479] GR3D_FREQ 14% "
        "GPU@35.5C VDD_IN 3181/3180\n",
        {
            "RAM": [2462, 2463],
            "SWAP": [0, 1],
            "CPU 1": [5, 6],
            "CPU 4": [3, 4],
            "GR3D_FREQ": [12, 14],
            "GPU": [35, 35.5],
            "VDD_IN": [3180, 3181],
        },
        units={"RAM": "MB", "GR3D_FREQ": "%"},
        by="program",
    ),
    Given(
        "iperf3",
        "[ ID] Interval           Transfer     Bitrate         Retr  Cwnd\n"
        "[  5]   0.00-1.00   sec  1.09 GBytes  9.41 Gbits/sec    0    639 KBytes       \n"
        "[  5]   1.00-2.00   sec   110 MBytes   942 Mbits/sec    3    639 KBytes       \n"
        "[  5]   0.00-2.00   sec  1.20 GBytes  5.18 Gbits/sec    3             sender\n",
        {"[5] Bitrate": [9.41, 0.942], "[5] Retr": [0, 3]},
        units={"[5] Bitrate": "Gbits/sec"},
        by="program",
        n_rejected=1,
    ),
    Given(
        "perf stat -I 1000 -x,",
        "     1.000123456,123456,,cycles,1000000,100.00,,\n"
        "     1.000123456,2345,,instructions,1000000,100.00,0.5,insn per cycle\n"
        "     2.000123456,<not counted>,,cycles,0,0.00,,\n",
        {"cycles": [123456, NAN], "instructions": [2345]},
        by="program",
    ),
    Given(
        "ESPHome",
        "[12:00:01][D][sensor:094]: 'Living Room': Sending state 21.50000 °C with 1 decimals of accuracy\n"
        "[12:00:02][D][sensor:094]: 'Living Room': Sending state 21.60000 °C with 1 decimals of accuracy\n",
        {"Living Room": [21.5, 21.6]},
        units={"Living Room": "°C"},
        absent=["sensor"],
        by="program",
    ),
    Given(
        "dicts as Python prints them",
        "{'loss': 0.5, 'epoch': 0.1}\n{'eval_loss': tensor(0.25), 'epoch': np.float64(1.0)}\n",
        {"loss": [0.5], "eval_loss": [0.25], "epoch": [0.1, 1.0]},
        by="program",
    ),
    Given(
        "tuples as Python prints them",
        "(21.5, 45)\n(21.6, 44)\n",
        {"c1": [21.5, 21.6]},
        by="program",
    ),
    Given(
        "dataclasses as Python prints them",
        "Reading(time=datetime.datetime(2026, 7, 1, 12, 0), temp=21.5, unit='C')\n"
        "Reading(time=datetime.datetime(2026, 7, 1, 12, 0, 1), temp=21.6, unit='C')\n",
        {"temp": [21.5, 21.6]},
        NOON,
        by="program",
    ),
    Given(
        "sensors -j, over many lines",
        '{\n   "coretemp":{\n      "Core 0":{\n         "temp2_input": 45.000\n      }\n   }\n}\n'
        '{\n   "coretemp":{\n      "Core 0":{\n         "temp2_input": 46.000\n      }\n   }\n}\n',
        {"coretemp.Core 0.temp2_input": [45, 46]},
        by="program",
    ),
    Given(
        "sensors -u",
        "Core 0:\n  temp2_input: 45.000\nCore 1:\n  temp3_input: 46.000\n",
        {"temp2_input": [45], "temp3_input": [46]},
        by="program",
        n_rejected=2,
    ),
    Given(
        "turbostat",
        "Core\tCPU\tBusy%\tPkgWatt\n-\t-\t4.50\t12.3\n0\t0\t4.4\t12.3\n1\t1\t4.6\n",
        {"Busy%": [4.5], "PkgWatt": [12.3], "CPU0 Busy%": [4.4], "CPU1 Busy%": [4.6]},
        by="program",
    ),
    Given(
        "nvidia-smi pmon",
        "# gpu        pid  type    sm   mem   enc   dec   command\n"
        "# Idx          #   C/G     %     %     %     %   name\n"
        "    0       1234     C    45    12     -     -   python\n",
        {"python 0 sm": [45], "python 0 mem": [12]},
        by="program",
    ),
    Given(
        "redis-cli --stat",
        "------- data ------ --------------------- load -------------------- - child -\n"
        "keys       mem      clients blocked requests            connections          \n"
        "506        1015.00K 1       0       24 (+0)             7           \n"
        "506        1.01M    1       0       25 (+1)             7           \n",
        {"keys": [506, 506], "mem": [1015, 1010], "requests": [24, 25]},
        by="program",
    ),
    Given(
        "/proc/net/dev",
        "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes drop\n"
        "    lo: 1234 12 4321 0\n  eth0: 77 7 88 1\n",
        {"lo bytes": [1234], "lo packets": [12], "eth0 drop": [1]},
        by="program",
    ),
    Given(
        "LightGBM",
        "[1]\tvalid_0's l2: 0.5\tvalid_0's rmse: 0.7\n[2]\tvalid_0's l2: 0.4\tvalid_0's rmse: 0.6\n",
        {"valid_0's l2": [0.5, 0.4], "valid_0's rmse": [0.7, 0.6]},
        by="program",
    ),
    Given(
        "a PyTorch example that trains on ImageNet",
        "Epoch: [0][  10/5005]\tTime  0.512 ( 0.600)\tLoss 6.9000e+00 (7.0000e+00)\tAcc@1   0.39 (  0.20)\n"
        "Epoch: [0][  20/5005]\tTime  0.510 ( 0.600)\tLoss 6.8000e+00 (7.0000e+00)\tAcc@1   0.40 (  0.20)\n",
        {"Time": [0.512, 0.51], "Loss": [6.9, 6.8], "Acc@1": [0.39, 0.40]},
        by="program",
    ),
    Given(
        "a training loop that counts its steps in front",
        "step 100 loss: 0.5\nstep 101 loss: 0.4\n"
        "Epoch 0:  50%|###  | 5/10 [00:05<00:05, v_num=0, loss=0.3]\n",
        {"loss": [0.5, 0.4, 0.3]},
        by="program",
    ),
    Given(
        "YOLO",
        "      Epoch    GPU_mem   box_loss  Instances       Size\n"
        "        1/3      2.05G      1.165         20        640: 100%|███| 8/8 [00:01<00:00,  5.5it/s]\n",
        {"GPU_mem": [2.05], "box_loss": [1.165], "Size": [640]},
        by="program",
    ),
    Given(
        "Stable-Baselines3",
        "---------------------------\n| rollout/       |        |\n|    ep_rew_mean | 22.5   |\n",
        {"ep_rew_mean": [22.5]},
        by="program",
        n_rejected=2,
    ),
    Given(
        "pgbench",
        "progress: 5.0 s, 1234.5 tps, lat 8.1 ms stddev 1.2, 0 failed\n"
        "progress: 10.0 s, 1244.5 tps, lat 8.0 ms stddev 1.3, 0 failed\n",
        {"tps": [1234.5, 1244.5], "lat": [8.1, 8.0], "stddev": [1.2, 1.3], "failed": [0, 0]},
        by="program",
    ),
    Given(
        "a 3D printer",
        "ok T:201.3 /200.0 B:60.2 /60.0 @:45 B@:12\nok T:201.4 /200.0 B:60.1 /60.0 @:46 B@:12\n",
        {"T": [201.3, 201.4], "B": [60.2, 60.1]},
        absent=["ok T", "/200.0 B"],
        by="program",
    ),
    Given(
        "OpenFOAM",
        "smoothSolver:  Solving for Ux, Initial residual = 0.16, Final residual = 6.8e-06, No Iterations 19\n"
        "DICPCG:  Solving for p, Initial residual = 0.43, Final residual = 0.01, No Iterations 22\n",
        {"Ux initial residual": [0.16], "p initial residual": [0.43], "p iterations": [22]},
        by="program",
    ),
    Given(
        "a modem",
        "+CSQ: 23,99\n+CSQ: 24,99\n",
        {"CSQ 1": [23, 24], "CSQ 2": [99, 99]},
        by="program",
    ),
    Given("a program that prints an average", "Average: 21.5\n", {"Average": [21.5]}, by="program"),
    Given(
        "a date that could be of two months, with a word behind it",
        "13-06-2026 12:00:00 RAM 5%\n13-06-2026 12:00:01 RAM 6%\n",
        {"RAM": [5, 6]},
        ["2026-06-13T12:00:00", "2026-06-13T12:00:01"],
        by="program",
    ),
    Given(
        "a script that calls date before each measurement",
        "Wed Jul  1 12:00:00 UTC 2026\ntemp=45.0'C\nfan 1200\n"
        "Wed Jul  1 12:00:05 UTC 2026\ntemp=45.2'C\nfan 1210\n",
        {"temp": [45.0, 45.2]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:05"],
        absent=["value"],
        by="program",
    ),
    Given(
        "iostat -t with ISO times",
        "Linux 6.1.0 (box) \t2026-07-01 \t_x86_64_\t(2 CPU)\n\n2026-07-01T12:00:00+0000\n"
        "avg-cpu:  %user   %idle\n           3.01   95.89\n\n2026-07-01T12:00:01+0000\n"
        "avg-cpu:  %user   %idle\n           4.01   94.89\n",
        {"%user": [3.01, 4.01], "%idle": [95.89, 94.89]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:01"],
        by="program",
    ),
    Given(
        "a smart meter's telegram",
        "/ISk5\\2MT382-1000\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(260701120000S)\r\n1-0:1.8.1(000123.456*kWh)\r\n"
        "1-0:1.7.0(00.520*kW)\r\n0-1:24.2.1(260701120000S)(12785.123*m3)\r\n!1234\r\n",
        {"1-0:1.8.1": [123.456], "1-0:1.7.0": [0.52], "0-1:24.2.1": [12785.123]},
        units={"1-0:1.8.1": "kWh", "0-1:24.2.1": "m3"},
        says=["cannot be read: /ISk5"],
        n_rejected=4,
        by="program",
    ),
    Given(
        "syslog as it goes over the network",
        "<34>1 2026-07-01T12:00:00.003Z box app 123 ID47 - temp=21.5\n"
        "<34>1 2026-07-01T12:00:01.003Z box app 123 ID47 - temp=21.6\n",
        {"temp": [21.5, 21.6]},
        ["2026-07-01T12:00:00.003", "2026-07-01T12:00:01.003"],
        by="program",
    ),
]
"""Programs and logs."""
