"""Exports of databases and dashboards, and tables that other tools save."""

from __future__ import annotations

from tests.inputs.given import NAN, Given

NOON = ["2026-07-01T12:00:00", "2026-07-01T12:00:01"]

EXPORTS = [
    Given(
        "Home Assistant's history, as it comes",
        "entity_id,state,last_changed\n"
        "sensor.temp,21.5,2026-07-01T12:00:00.000Z\n"
        "sensor.hum,45,2026-07-01T12:00:00.000Z\n"
        "sensor.temp,21.6,2026-07-01T12:00:01.000Z\n"
        "sensor.hum,unavailable,2026-07-01T12:00:01.000Z\n"
        "sensor.temp,21.7,2026-07-01T12:00:02.000Z\n",
        says=["pivot='entity_id'"],
        n_rejected=1,
    ),
    Given(
        "Home Assistant's history, a channel per entity",
        "entity_id,state,last_changed\n"
        "sensor.temp,21.5,2026-07-01T12:00:00.000Z\n"
        "sensor.hum,45,2026-07-01T12:00:00.000Z\n"
        "sensor.temp,21.6,2026-07-01T12:00:01.000Z\n",
        {"sensor.temp": [21.5, 21.6], "sensor.hum": [45]},
        NOON,
        options={"pivot": "entity_id"},
    ),
    Given(
        "Grafana with units in cells",
        '"Time","temp {room=""kitchen""}","humidity"\n'
        '"2026-07-01 12:00:00","21.5 °C","45%"\n'
        '"2026-07-01 12:00:01","21.6 °C",""\n',
        {'temp {room="kitchen"}': [21.5, 21.6], "humidity": [45, NAN]},
        NOON,
        units={"humidity": "%"},
    ),
    Given(
        "Grafana for Excel with milliseconds and null",
        'sep=,\r\n"Time","A-series"\r\n1782907200000,4.5\r\n1782907201000,null\r\n1782907202000,undefined\r\n'
        "1782907203000,4.75\r\n",
        {"A-series": [4.5, 4.75]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:03"],
        says=["null"],
        n_rejected=2,
    ),
    Given(
        "InfluxDB's annotated CSV",
        "#group,false,false,true,true,false,false,true,true\n"
        "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string\n"
        "#default,_result,,,,,,,\n"
        ",result,table,_start,_stop,_time,_value,_field,_measurement\n"
        ",,0,2026-07-01T11:00:00Z,2026-07-01T13:00:00Z,2026-07-01T12:00:00Z,21.5,temp,room\n"
        ",,0,2026-07-01T11:00:00Z,2026-07-01T13:00:00Z,2026-07-01T12:00:01Z,21.6,temp,room\n",
        {"_value": [21.5, 21.6]},
        NOON,
    ),
    Given(
        "InfluxDB's command line",
        "name,time,temp,hum\nweather,1782907200000000000,21.5,45\nweather,1782907201000000000,21.6,\n",
        {"temp": [21.5, 21.6], "hum": [45, NAN]},
        NOON,
    ),
    Given(
        "collectd's csv plugin",
        "epoch,rx,tx\n1782907200.000,1024,2048\n1782907201.000,1030,nan\n",
        {"rx": [1024, 1030], "tx": [2048, NAN]},
        NOON,
    ),
    Given(
        "psql's table",
        "           ts           | temp \n"
        "------------------------+------\n"
        " 2026-07-01 12:00:00+00 | 21.5\n"
        " 2026-07-01 12:00:01+00 | 21.6\n"
        "(2 rows)\n\n",
        {"temp": [21.5, 21.6]},
        NOON,
        n_rejected=1,
    ),
    Given(
        "MySQL's batch mode",
        "created_at\tload\tnote\n2026-07-01 12:00:00\t0.5\tok\n2026-07-01 12:00:01\tNULL\t\\N\n"
        "2026-07-01 12:00:02\t0.7\tok\n",
        {"load": [0.5, 0.7]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:02"],
        says=["NULL"],
        n_rejected=1,
    ),
    Given(
        "a table in Markdown",
        "| time | temp |\n|---|---:|\n| 2026-07-01 12:00:00 | 21.5 |\n| 2026-07-01 12:00:01 | 21.6 |\n",
        {"temp": [21.5, 21.6]},
        NOON,
    ),
    Given(
        "R's write.csv",
        '"","time","temp"\n"1","2026-07-01 12:00:00",21.5\n"2","2026-07-01 12:00:01",NA\n'
        '"3","2026-07-01 12:00:02",21.7\n',
        {"temp": [21.5, NAN, 21.7]},
        [*NOON, "2026-07-01T12:00:02"],
    ),
    Given(
        "pandas with its index",
        ",temp\n2026-07-01 14:00:00+02:00,21.5\n2026-07-01 14:00:01.500000+02:00,21.6\n",
        {"temp": [21.5, 21.6]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:01.500"],
    ),
    Given(
        "MATLAB without a head",
        "01-Jul-2026 12:00:00,21.5\n01-Jul-2026 12:00:01,21.6\n",
        {"value": [21.5, 21.6]},
        NOON,
    ),
    Given(
        "prices by day",
        "Date,Open,High,Volume\n2026-07-01,101.5,102.25,1200300\n2026-07-02,102,103.5,900100\n",
        {"Open": [101.5, 102], "Volume": [1200300, 900100]},
        ["2026-07-01T00:00:00", "2026-07-02T00:00:00"],
    ),
    Given(
        "Zeek's log with its head in a comment",
        "#separator \\x09\n#path\tconn\n#fields\tts\tduration\torig_bytes\n#types\ttime\tinterval\tcount\n"
        "1782907200.000000\t0.25\t100\n1782907201.000000\t-\t120\n#close\t2026-07-01-13-00-00\n",
        {"duration": [0.25, NAN], "orig_bytes": [100, 120]},
        NOON,
    ),
    Given(
        "a web server's log with its head in a comment",
        "#Software: Services\n#Version: 1.0\n#Date: 2026-07-01 12:00:00\n"
        "#Fields: date time cs-method sc-status time-taken\n"
        "2026-07-01 12:00:00 GET 200 15\n2026-07-01 12:00:01 GET 404 3\n",
        {"time-taken": [15, 3], "sc-status": [200, 404]},
        NOON,
    ),
    Given(
        "sadf -d",
        "# hostname;interval;timestamp;CPU;%user;%idle\n"
        "box;1;2026-07-01 12:00:00 UTC;-1;0.50;99.50\n"
        "box;1;2026-07-01 12:00:01 UTC;-1;0.75;99.25\n",
        {"%user": [0.5, 0.75], "%idle": [99.5, 99.25]},
        NOON,
    ),
    Given(
        "vmstat -t, saved",
        "procs -----------memory---------- ------cpu----- -----timestamp-----\n"
        " r  b   swpd   free us sy id                 UTC\n"
        " 1  0      0 812344  3  1 96 2026-07-01 12:00:00\n"
        " 2  0      0 812300  4  1 95 2026-07-01 12:00:01\n",
        {"free": [812344, 812300], "id": [96, 95]},
        NOON,
    ),
    Given(
        "nvidia-smi --format=csv, saved",
        "timestamp, name, temperature.gpu, utilization.gpu [%], power.draw [W]\n"
        "2026/07/01 12:00:00.123, NVIDIA A100, 45, 12 %, 61.20 W\n"
        "2026/07/01 12:00:01.123, NVIDIA A100, 46, 13 %, [N/A]\n",
        {"utilization.gpu [%]": [12, 13], "power.draw [W]": [61.2, NAN]},
        ["2026-07-01T12:00:00.123", "2026-07-01T12:00:01.123"],
        units={"utilization.gpu [%]": "%", "power.draw [W]": "W"},
    ),
]
"""Exports and saved tables."""
