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
        "pandas with its index, separated by semicolons",
        ";temp;hum\n2026-07-01 12:00:00;21.5;45\n2026-07-01 12:00:01;21.6;46\n",
        {"temp": [21.5, 21.6], "hum": [45, 46]},
        NOON,
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
    Given(
        "a cloud's metrics with labels, periods and statistics above",
        "Id,m1,m2\nLabel,CPUUtilization,NetworkIn\nPeriod,300,300\nStatistic,Average,Average\n"
        "2026-07-13T12:00:00.000Z,3.5,1000\n2026-07-13T12:05:00.000Z,3.6,\n",
        {"CPUUtilization": [3.5, 3.6], "NetworkIn": [1000, NAN]},
        ["2026-07-13T12:00:00", "2026-07-13T12:05:00"],
    ),
    Given(
        "another cloud's metrics in UTC with AM and PM",
        '"Resource ID: /subscriptions/123"\n"Metric Name: Percentage CPU"\n\n'
        '"Timestamp (UTC)","Percentage CPU (Avg)"\n'
        '"7/13/2026 12:00:00 PM",3.5\n"7/13/2026 12:01:00 PM",3.6\n',
        {"Percentage CPU (Avg)": [3.5, 3.6]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
        options={"timezone": "Europe/Prague"},
    ),
    Given(
        "a health app with times of creation, start and end",
        "sourceName,type,unit,creationDate,startDate,endDate,value\n"
        "Watch,HeartRate,count/min,2026-07-13 12:00:05 +0200,2026-07-13 12:00:00 +0200,"
        "2026-07-13 12:00:01 +0200,61\n"
        "Watch,HeartRate,count/min,2026-07-13 12:01:05 +0200,2026-07-13 12:01:00 +0200,"
        "2026-07-13 12:01:01 +0200,62\n",
        {"value": [61, 62]},
        ["2026-07-13T10:00:00", "2026-07-13T10:01:00"],
        says=["time column 'startDate'"],
    ),
    Given(
        "Grafana with a row for each series",
        '"Series";"Time";"Value"\n"cpu";2026-07-13T12:00:00+02:00;0.5\n'
        '"mem";2026-07-13T12:00:00+02:00;1024\n"cpu";2026-07-13T12:00:15+02:00;0.6\n',
        {"cpu": [0.5, 0.6], "mem": [1024]},
        ["2026-07-13T10:00:00", "2026-07-13T10:00:15"],
        options={"pivot": "Series"},
    ),
    Given(
        "a load test's samples",
        "timeStamp,elapsed,label,responseCode,success,bytes\n"
        "1782907200123,120,Home,200,true,5120\n1782907201123,125,Login,500,false,512\n",
        {"elapsed": [120, 125], "success": [1, 0]},
        ["2026-07-01T12:00:00.123", "2026-07-01T12:00:01.123"],
        says=["pivot='label'"],
    ),
    Given(
        "a training's scalars with the time on the wall",
        "Wall time,Step,Value\n1782907200.123,0,0.9\n1782907201.223,1,0.8\n",
        {"Value": [0.9, 0.8], "Step": [0, 1]},
        ["2026-07-01T12:00:00.123", "2026-07-01T12:00:01.223"],
    ),
    Given(
        "MATLAB's timetable of durations",
        "Time,Var1\n0 sec,0.1\n0.5 sec,0.2\n1 sec,0.3\n",
        {"Var1": [0.1, 0.2, 0.3]},
        says=["elapsed"],
    ),
    Given(
        "Stata's clock times and dots for missing",
        "time,y,z\n13jul2026 12:00:00,.5,1\n13jul2026 12:00:01,.,2\n",
        {"y": [0.5, NAN], "z": [1, 2]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:01"],
    ),
    Given(
        "Julia's missing",
        "time,x,y\n2026-07-13T12:00:00.123,1.0,1\n2026-07-13T12:00:01,missing,2\n",
        {"x": [1.0, NAN], "y": [1, 2]},
        ["2026-07-13T12:00:00.123", "2026-07-13T12:00:01"],
    ),
    Given(
        "SPSS in German",
        '"t";"x"\n"13-JUL-2026 12:00:00";",50"\n"13-JUL-2026 12:00:01";"1,50"\n',
        {"x": [0.5, 1.5]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:01"],
    ),
    Given(
        "prices of a trading terminal in angle brackets",
        "<DATE>\t<TIME>\t<OPEN>\t<TICKVOL>\n2026.07.13\t12:00:00\t1.1010\t120\n"
        "2026.07.13\t12:01:00\t1.1015\t130\n",
        {"<OPEN>": [1.101, 1.1015]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
    ),
    Given(
        "a table with a column for each day",
        "Province,Country,Lat,Long,1/22/26,1/23/26,1/24/26\n,Italy,1.5,2.5,0,1,2\n,Spain,1.5,2.5,0,1,2\n",
        says=["times stand in the header", "pandas.read_csv(path, index_col=0).T"],
    ),
    Given(
        "sar -d, saved, with a channel for each device",
        "Linux 6.1.0 (box) \t07/01/2026 \t_x86_64_\t(2 CPU)\n\n"
        "12:00:01          DEV       tps     %util\n12:00:02          sda      1.00      0.10\n"
        "12:00:02          sdb      2.00      0.20\n\n12:00:02          DEV       tps     %util\n"
        "12:00:03          sda      3.00      0.10\n12:00:03          sdb      4.00      0.20\n\n"
        "Average:          DEV       tps     %util\nAverage:          sda      2.00      0.10\n",
        {"sda tps": [1, 3], "sdb tps": [2, 4]},
        options={"pivot": "DEV"},
        n_rejected=1,
    ),
    Given(
        "iostat, saved, whose tables take turns",
        "avg-cpu:  %user   %idle\n           3.01   96.99\n\nDevice   r/s   w/s\nsda     1.00  2.00\n\n",
        says=["two tables take turns", "nbstream.LinesSource(path)"],
    ),
    Given(
        "dstat's file with groups and without a year",
        '"Dstat 0.7.4 CSV output"\n"Author:","Dag","","","URL:","x"\n\n'
        '"system","total cpu usage","","","net/total",""\n"time","usr","sys","idl","recv","send"\n'
        '"13-07 12:00:00",1.5,0.5,98.0,0,0\n"13-07 12:00:01",2.5,0.5,97.0,120,130\n',
        {"usr": [1.5, 2.5], "recv": [0, 120]},
        says=["no year"],
    ),
    Given(
        "a bandwidth meter without a head, with compact times",
        "20260713120000,10.0.0.1,5001,3,0.0-1.0,117440512,939524096\n"
        "20260713120001,10.0.0.1,5001,3,1.0-2.0,117440512,939524097\n",
        {"c7": [939524096, 939524097]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:01"],
    ),
    Given(
        "performance counters of Windows with a blank first value",
        '"(PDH-CSV 4.0) (W. Europe Daylight Time)(-120)","\\\\BOX\\Memory\\Available","CPU"\n'
        '"07/13/2026 12:00:00.123","8123.0"," "\n"07/13/2026 12:00:01.125","8120.0","12.3"\n',
        {"CPU": [NAN, 12.3], "\\\\BOX\\Memory\\Available": [8123, 8120]},
        ["2026-07-13T10:00:00.123", "2026-07-13T10:00:01.125"],
    ),
    Given(
        "packets with seconds since the first",
        '"No.","Time","Source","Length","Info"\n"1","0.000000","10.0.0.1","74","SYN"\n'
        '"2","0.000120","10.0.0.2","74","SYN, ACK"\n"3","0.000240","10.0.0.1","66","ACK"\n',
        {"Length": [74, 74, 66]},
        says=["elapsed"],
    ),
    Given(
        "R's write.table without a name for its count",
        '"time","temp"\n"1","2026-07-01 12:00:00",21\n"2","2026-07-01 12:00:01",22\n',
        {"temp": [21, 22]},
        NOON,
    ),
    Given(
        "a market's prices of intervals",
        '"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]"\n'
        '"13.07.2026 00:00 - 13.07.2026 01:00","85.5"\n'
        '"13.07.2026 01:00 - 13.07.2026 02:00","-5.5"\n',
        {"Day-ahead Price [EUR/MWh]": [85.5, -5.5]},
        ["2026-07-13T00:00:00", "2026-07-13T01:00:00"],
        units={"Day-ahead Price [EUR/MWh]": "EUR/MWh"},
        says=["the start of an interval"],
    ),
    Given(
        "radiation by satellite in ISO intervals",
        "# Coding: utf-8\n# Observation period;GHI\n"
        "2026-07-13T12:00:00.0/2026-07-13T12:15:00.0;120.5\n"
        "2026-07-13T12:15:00.0/2026-07-13T12:30:00.0;121.5\n",
        {"GHI": [120.5, 121.5]},
        ["2026-07-13T12:00:00", "2026-07-13T12:15:00"],
        says=["the start of an interval"],
    ),
    Given(
        "a grid's load by the hour's end",
        "Date,Hour Ending,MW\n07/13/2026,23,20500\n07/13/2026,24,20400\n07/14/2026,1,20300\n",
        {"MW": [20500, 20400, 20300]},
        ["2026-07-13T23:00:00", "2026-07-14T00:00:00", "2026-07-14T01:00:00"],
    ),
    Given(
        "Grafana with thousands and millions in short, one series near a thousand",
        '"Time","web-1","web-2"\n2026-07-01 12:00:00,1.2 K,2.1 Mil\n2026-07-01 12:00:01,980,1.9 Mil\n',
        {"web-1": [1200, 980], "web-2": [2_100_000, 1_900_000]},
        NOON,
    ),
    Given(
        "a queue's lengths with k and M behind them, and temperatures in kelvin",
        "time,n,T,B\n2026-07-01 12:00:00,1.5k,293.1 K,0.5 T\n2026-07-01 12:00:01,2.1M,293.2 K,0.6 T\n",
        {"n": [1500, 2_100_000], "T": [293.1, 293.2], "B": [0.5, 0.6]},
        NOON,
        units={"T": "K", "B": "T"},
    ),
    Given(
        "a program of Windows that divided by zero",
        "time,p\n2026-07-01 12:00:00,1.#INF\n2026-07-01 12:00:01,-1.#IND\n2026-07-01 12:00:02,3\n",
        {"p": [NAN, NAN, 3]},
        [*NOON, "2026-07-01T12:00:02"],
    ),
    Given(
        "a simulation in Fortran with double precision",
        "time,p\n2026-07-01 12:00:00,1.5D+02\n2026-07-01 12:00:01,-0.25D-01\n",
        {"p": [150, -0.025]},
        NOON,
    ),
    *(
        Given(
            f"a statistic of months called {month}",
            f"Month,x\n{month},1\n{after},2\n{third},3\n",
            {"x": [1, 2, 3]},
            ["2025-12-01T00:00:00", "2026-01-01T00:00:00", "2026-02-01T00:00:00"],
        )
        for month, after, third in (
            ("Dec-25", "Jan-26", "Feb-26"),
            ("Dec 2025", "Jan 2026", "Feb 2026"),
            ("Dez-2025", "Jan-2026", "Feb-2026"),
            ("2025-Dec", "2026-Jan", "2026-Feb"),
            ("12/2025", "01/2026", "02/2026"),
        )
    ),
    Given(
        "days of a year that is not named",
        "Day,x\nJan-26,1\nJan-27,2\nJan-28,3\n",
        {"x": [1, 2, 3]},
        says=["no year", "%b-%d"],
    ),
    Given(
        "a health office's weeks",
        "Meldewoche;Faelle\n2025-W51;10\n2025-W52;12\n2026-W01;11\n",
        {"Faelle": [10, 12, 11]},
        ["2025-12-15", "2025-12-22", "2025-12-29"],
    ),
    Given(
        "a bank's quarters",
        "Period,GDP\nQ3 2025,100.5\nQ4 2025,101\nQ1 2026,101.5\n",
        {"GDP": [100.5, 101, 101.5]},
        ["2025-07-01", "2025-10-01", "2026-01-01"],
    ),
    Given(
        "a statistical office's quarters",
        "quarter\tvalue\n2025Q4\t1\n2026Q1\t2\n2026Q2\t3\n",
        {"value": [1, 2, 3]},
        ["2025-10-01", "2026-01-01", "2026-04-01"],
    ),
    Given(
        "a statistical office's months",
        "time\tvalue\n2026M04\t100.1\n2026M05\t100.5\n2026M06\t101\n",
        {"value": [100.1, 100.5, 101]},
        ["2026-04-01", "2026-05-01", "2026-06-01"],
    ),
    Given(
        "a stop watch's laps",
        "lap,time,hr\n1,1:23.4,150\n2,1:25.1,155\n3,1:22.9,160\n",
        {"time": [83.4, 85.1, 82.9], "hr": [150, 155, 160]},
        units={"time": "s"},
    ),
    Given(
        "a running watch's laps",
        "Laps,Time,Cumulative Time,Avg Pace\n1,5:14.2,5:14.2,5:14\n2,5:10.1,10:24.3,5:10\n"
        "3,5:20.5,15:44.8,5:20\n",
        {"Time": [314.2, 310.1, 320.5], "Avg Pace": [314, 310, 320]},
        units={"Time": "s", "Avg Pace": "s"},
        says=["'Cumulative Time', elapsed"],
    ),
    Given(
        "a diary of runs with how long they took",
        "Date,Duration,km\n2026-07-01,00:52:31,10\n2026-07-02,01:02:31,12\n2026-07-03,00:32:31,6\n",
        {"Duration": [3151, 3751, 1951], "km": [10, 12, 6]},
        ["2026-07-01", "2026-07-02", "2026-07-03"],
    ),
]
"""Exports and saved tables."""
