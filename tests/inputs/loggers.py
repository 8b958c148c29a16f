"""Data loggers, instruments and meters, as their own software writes them."""

from __future__ import annotations

from tests.inputs.given import NAN, Given

LOGGERS = [
    Given(
        "a German heating controller",
        "Datum;Uhrzeit;Kollektor [°C];Speicher [°C]\r\n"
        "13.07.26;12:00:00;65,3;48,1\r\n"
        "13.07.26;12:01:00;66,0;48,2\r\n",
        {"Kollektor [°C]": [65.3, 66.0], "Speicher [°C]": [48.1, 48.2]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
        units={"Kollektor [°C]": "°C"},
        says=["Datum", "Uhrzeit"],
    ),
    Given(
        "a German humidity logger in Latin-1",
        (
            "Testo 175 H1;SN 40301234\r\n"
            "\r\n"
            "Datum/Zeit;Temperatur[°C];Feuchte[%rF]\r\n"
            "01.07.2026 12:00:00;21,5;45,2\r\n"
            "01.07.2026 12:10:00;21,6;---\r\n"
        ).encode("latin-1"),
        {"Temperatur[°C]": [21.5, 21.6], "Feuchte[%rF]": [45.2, NAN]},
        ["2026-07-01T12:00:00", "2026-07-01T12:10:00"],
        units={"Temperatur[°C]": "°C", "Feuchte[%rF]": "%rF"},
        says=["decimal", "encoding"],
    ),
    Given(
        "a US greenhouse logger with AM and PM",
        '"Plot Title: Greenhouse"\n'
        '"#","Date Time, GMT+00:00","Temp, °C","RH, %"\n'
        "1,07/13/26 11:59:00 AM,21.5,45.0\n"
        "2,07/13/26 12:09:00 PM,21.7,44.8\n"
        "3,07/13/26 01:09:00 PM,21.9,\n",
        {"Temp, °C": [21.5, 21.7, 21.9], "RH, %": [45.0, 44.8, NAN]},
        ["2026-07-13T11:59:00", "2026-07-13T12:09:00", "2026-07-13T13:09:00"],
    ),
    Given(
        "a weather station that writes 12:30a",
        "\t\tTemp\tHi\tLow\tOut\r\n"
        "Date\tTime\tOut\tTemp\tTemp\tHum\r\n"
        "7/13/26\t12:30a\t21.5\t21.7\t21.4\t45\r\n"
        "7/13/26\t1:00p\t26.5\t26.7\t26.4\t40\r\n",
        {"Out Hum": [45, 40], "Hi Temp": [21.7, 26.7]},
        ["2026-07-13T00:30:00", "2026-07-13T13:00:00"],
    ),
    Given(
        "a bench multimeter with a colon before the milliseconds",
        "Scan,Time,101 (VDC)\r\n"
        "1,07/13/2026 12:00:00:123,1.0E-3\r\n"
        "2,07/13/2026 12:00:01:125,-1.05E-3\r\n",
        {"101 (VDC)": [0.001, -0.00105]},
        ["2026-07-13T12:00:00.123", "2026-07-13T12:00:01.125"],
        units={"101 (VDC)": "VDC"},
    ),
    Given(
        "an oscilloscope with a row of units and no time of day",
        "X,CH1,Start,Increment,\nSequence,Volt,-1.2e-03,2.0e-06,\n0,4.00e-02,,,\n1,-4.40e-02,,,\n",
        {"CH1": [0.04, -0.044]},
        units={"CH1": "Volt"},
    ),
    Given(
        "an oscilloscope with time from the trigger",
        "Model,TDS2024\nRecord Length,2500\nSample Interval,4e-05\n\nTIME,CH1\n"
        "-1.0e-03,0.02\n-9.6e-04,0.04\n-9.2e-04,0.06\n",
        {"CH1": [0.02, 0.04, 0.06]},
        says=["elapsed"],
    ),
    Given(
        "a circuit simulator",
        "time\tV(out)\n0.000000000000000e+00\t1.000000e+00\n1.000000000000000e-06\t9.5e-01\n"
        "2.000000000000000e-06\t9.0e-01\n",
        {"V(out)": [1.0, 0.95, 0.9]},
        says=["elapsed"],
    ),
    Given(
        "an engine control unit with seconds since start",
        '"MS2/Extra 3.4"\nTime\tRPM\tMAP\ns\trpm\tkPa\n12.345\t812\t35.2\n12.412\t820\t35.0\n'
        "12.480\t835\t34.9\n",
        {"RPM": [812, 820, 835], "MAP": [35.2, 35.0, 34.9]},
        units={"RPM": "rpm", "MAP": "kPa"},
        says=["elapsed"],
    ),
    Given(
        "a car's phone app with two kinds of time",
        "GPS Time, Device Time, Longitude, Engine RPM(rpm)\n"
        "Wed Jul 01 12:00:00 GMT+02:00 2026, 01-Jul-2026 12:00:00.123, 11.57, 812\n"
        "Wed Jul 01 12:00:01 GMT+02:00 2026, 01-Jul-2026 12:00:01.125, 11.58, 820\n",
        {"Engine RPM(rpm)": [812, 820]},
        units={"Engine RPM(rpm)": "rpm"},
    ),
    Given(
        "a GPS logger with YYMMDD and HHMMSS",
        "INDEX,TAG,DATE,TIME,LATITUDE N/S,LONGITUDE E/W,HEIGHT,SPEED\r\n"
        "1,T,260701,120000,48.137154N,011.576124E,519,0\r\n"
        "2,T,260701,120001,48.137155N,011.576125E,520,3\r\n",
        {"HEIGHT": [519, 520], "SPEED": [0, 3]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:01"],
    ),
    Given(
        "a GPS app",
        "time,lat,lon,elevation,accuracy\n"
        "2026-07-01T12:00:00.000Z,48.137154,11.576124,519.0,4.0\n"
        "2026-07-01T12:00:01.000Z,48.137155,11.576125,,4.5\n",
        {"lat": [48.137154, 48.137155], "elevation": [519.0, NAN]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:01"],
    ),
    Given(
        "a solar inverter with two rows of heads",
        "sep=;\r\nVersion CSV1|Tool Explorer|Linebreaks CR/LF\r\n\r\n"
        ";SN: 2130012345;SN: 2130012345\r\n"
        "dd.MM.yyyy HH:mm:ss;kWh;kW\r\n"
        "13.07.2026 12:00:00;1234,567;2,300\r\n"
        "13.07.2026 12:05:00;1234,758;2,295\r\n",
        {"kWh": [1234.567, 1234.758], "kW": [2.3, 2.295]},
        ["2026-07-13T12:00:00", "2026-07-13T12:05:00"],
    ),
    Given(
        "an inverter's portal with a row of formats",
        "Datum und Uhrzeit,Energie | Wechselrichter (1),Leistung\r\n"
        "[dd.MM.yyyy HH:mm],[Wh],[W]\r\n"
        "13.07.2026 12:00,523,6276\r\n"
        "13.07.2026 12:05,518,6216\r\n",
        {"Leistung": [6276, 6216]},
        ["2026-07-13T12:00:00", "2026-07-13T12:05:00"],
        units={"Leistung": "W"},
    ),
    Given(
        "an indoor climate station with an epoch and a local time",
        'Timestamp;"Timezone : Europe/Berlin";Temperature;Humidity\n'
        '1782907200;"2026/07/01 14:00:00";21.5;45\n'
        '1782907500;"2026/07/01 14:05:00";21.6;46\n',
        {"Temperature": [21.5, 21.6], "Humidity": [45, 46]},
        ["2026-07-01T12:00:00", "2026-07-01T12:05:00"],
    ),
    Given(
        "a smart meter's download",
        "Name,A SMITH\nAddress,1 MAIN ST\nAccount Number,1234567890\nService,Service 1\n\n"
        "TYPE,DATE,START TIME,END TIME,USAGE,UNITS,COST,NOTES\n"
        "Electric usage,2026-07-13,00:00,00:14,0.25,kWh,$0.05,\n"
        "Electric usage,2026-07-13,00:15,00:29,0.31,kWh,$0.06,\n",
        {"USAGE": [0.25, 0.31], "COST": [0.05, 0.06]},
        ["2026-07-13T00:00:00", "2026-07-13T00:15:00"],
    ),
    Given(
        "a weather service with compact times",
        "STATIONS_ID;MESS_DATUM;  QN;TT_10;RF_10;eor\n"
        "        433;202607011200;    3;  21.5;  45.0;eor\n"
        "        433;202607011210;    3;  21.7;  44.0;eor\n",
        {"TT_10": [21.5, 21.7], "RF_10": [45.0, 44.0]},
        ["2026-07-01T12:00:00", "2026-07-01T12:10:00"],
    ),
    Given(
        "a thermometer logger that writes degrees into cells",
        "No.,Date,Time,Ch1 Value,Ch1 Unit\r\n"
        "1,2026-07-13,12:00:00,21.5 C,DEGREE C\r\n"
        "2,2026-07-13,12:00:02,21.6 C,DEGREE C\r\n",
        {"Ch1 Value": [21.5, 21.6]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:02"],
        units={"Ch1 Value": "C"},
    ),
    Given(
        "a bench instrument with fractions of seconds in a column of their own",
        "Index,Cell,Reading,Unit,Date,Time,Fractional Seconds\n"
        "1,1,1.0001E-03,Volt DC,07/13/2026,12:00:00,0.123456\n"
        "2,1,1.0002E-03,Volt DC,07/13/2026,12:00:01,0.223456\n",
        {"Reading": [0.0010001, 0.0010002]},
        ["2026-07-13T12:00:00.123", "2026-07-13T12:00:01.223"],
        absent=["Fractional Seconds"],
    ),
    Given(
        "a plant's archive with a row for each tag",
        '"VarName";"TimeString";"VarValue";"Validity"\r\n'
        '"Temp_1";"13.07.2026 12:00:00";21,5;1\r\n"Temp_2";"13.07.2026 12:00:00";40,25;1\r\n'
        '"Temp_1";"13.07.2026 12:00:01";21,75;1\r\n"Temp_2";"13.07.2026 12:00:01";40,5;1\r\n',
        {"Temp_1": [21.5, 21.75], "Temp_2": [40.25, 40.5]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:01"],
        options={"pivot": "VarName"},
    ),
    Given(
        "a ship's battery monitor with devices, names and units above each other",
        "timestamp,Gateway [0],Battery Monitor [258],Battery Monitor [258]\n"
        "Europe/Berlin (+02:00),Input voltage phase 1,Voltage,Current\n,VAC,V DC,A DC\n"
        "2026-07-13 12:00:00,230.1,52.4,3.2\n2026-07-13 12:01:00,230.3,52.5,3.3\n",
        {"Voltage": [52.4, 52.5], "Current": [3.2, 3.3]},
        ["2026-07-13T10:00:00", "2026-07-13T10:01:00"],
        units={"Current": "A DC"},
    ),
    Given(
        "an indoor climate station with its own name in a table above",
        "Name;Longitude;Latitude;ModuleName;ModuleType\n"
        '"Home";11.5;48.1;"Indoor";"NAMain"\n'
        'Timestamp;"Timezone : Europe/Berlin";Temperature;Humidity;CO2\n'
        '1782907200;"2026/07/01 14:00:00";21.5;45;600\n'
        '1782907500;"2026/07/01 14:05:00";21.6;46;610\n',
        {"Temperature": [21.5, 21.6], "CO2": [600, 610]},
        ["2026-07-01T12:00:00", "2026-07-01T12:05:00"],
        absent=["Latitude", "ModuleType"],
    ),
    Given(
        "a thermostat's report with comments in quotes",
        '"#Thermostat identifier:","123456"\n"#Report start date:","2026-07-13"\n'
        "Date,Time,System Mode,Current Temp (F),Outdoor Temp (F),Cool Stage 1 (sec),\n"
        "2026-07-13,12:00:00,cool,74.1,88.5,300,\n2026-07-13,12:05:00,cool,74.0,,0,\n",
        {"Current Temp (F)": [74.1, 74.0], "Outdoor Temp (F)": [88.5, NAN]},
        ["2026-07-13T12:00:00", "2026-07-13T12:05:00"],
        units={"Current Temp (F)": "F", "Cool Stage 1 (sec)": "sec"},
    ),
    Given(
        "a gauge on a river with widths below the names and the zone in a column",
        "# Data provided for site 01646500\n#\n"
        "agency_cd\tsite_no\tdatetime\ttz_cd\t69928_00060\t69928_00060_cd\n"
        "5s\t15s\t20d\t6s\t14n\t10s\n"
        "USGS\t01646500\t2026-07-13 12:00\tEDT\t5420\tP\n"
        "USGS\t01646500\t2026-07-13 12:15\tEDT\t5430\tP\n",
        {"69928_00060": [5420, 5430]},
        ["2026-07-13T16:00:00", "2026-07-13T16:15:00"],
    ),
    Given(
        "a weather service whose times are called by their letters",
        "NUM_POSTE;NOM_USUEL;AAAAMMJJHH;RR1;T\n"
        "75114001;PARIS;2026071312;0.0;21.5\n75114001;PARIS;2026071313;;21.7\n",
        {"T": [21.5, 21.7], "RR1": [0.0, NAN]},
        ["2026-07-13T12:00:00", "2026-07-13T13:00:00"],
    ),
    Given(
        "a rain gauge with the day in three columns",
        "Product code,Station number,Year,Month,Day,Rainfall amount (millimetres),Quality\n"
        "IDCJAC0009,086338,2026,07,13,0.0,Y\nIDCJAC0009,086338,2026,07,14,2.4,Y\n",
        {"Rainfall amount (millimetres)": [0.0, 2.4]},
        ["2026-07-13T00:00:00", "2026-07-14T00:00:00"],
    ),
    Given(
        "a heart rate monitor with a training's data above",
        "Name,Sport,Date,Start time,Duration,Total distance (km)\n"
        "Me,RUNNING,13-07-2026,12:00:00,00:10:00,2.0\n"
        "Sample rate,Time,HR (bpm),Speed (km/h),Pace (min/km),Distances (m)\n"
        "1,00:00:00,85,,,\n,00:00:01,86,10.1,05:56,3.0\n,00:00:02,87,10.2,05:53,6.0\n",
        {"HR (bpm)": [85, 86, 87], "Distances (m)": [NAN, 3, 6]},
        units={"HR (bpm)": "bpm", "Speed (km/h)": "km/h"},
        says=["no date"],
    ),
    Given(
        "a serial monitor's lines that are no table",
        "12:00:00.123 -> 21.5,45\n12:00:01.123 -> 21.6,46\n12:00:02.125 -> 21.7,47\n",
        says=["no row can be read", "nbstream.LinesSource(path)"],
        n_rejected=3,
    ),
    Given(
        "a logger of commas with decimal commas",
        "Zeit,Temperatur,Feuchte\n13.07.2026 12:00:00,21,5,45,25\n13.07.2026 12:00:01,21,6,-0,5\n",
        {"Temperatur": [21.5, 21.6], "Feuchte": [45.25, -0.5]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:01"],
        says=["two cells make one number"],
    ),
    Given(
        "an oscilloscope on a computer, with time from before the trigger",
        "Time,Channel A,Channel B\n(ms),(V),(mV)\n\n-5.0,0.5,12.5\n-4.9,0.6,12.6\n-4.8,0.7,12.7\n",
        {"Channel A": [0.5, 0.6, 0.7]},
        units={"Channel B": "mV"},
        says=["elapsed time in ms"],
        absent=["Time"],
    ),
    Given(
        "an oscilloscope with two channels and its settings in the line of units",
        "X,CH1,CH2,Start,Increment\nSequence,VOLT,VOLT,-6.0e-04,2.0e-06\n"
        "0,1.0e-02,2.0e-02,,\n1,1.1e-02,2.1e-02,,\n2,1.2e-02,2.1e-02,,\n",
        {"CH1": [0.01, 0.011, 0.012], "CH2": [0.02, 0.021, 0.021]},
        units={"CH1": "VOLT"},
    ),
    Given(
        "an oscilloscope whose times begin before the trigger and have no unit",
        "Model,MSO\nSample Interval,1e-06\nRecord Length,3\n\nTIME,CH1,CH2\n"
        "-2.00e-04,0.10,0.2\n-1.99e-04,0.11,0.2\n-1.98e-04,0.12,0.2\n",
        {"CH1": [0.1, 0.11, 0.12]},
        says=["elapsed time in s"],
        absent=["TIME"],
    ),
    Given(
        "a weather logger that names its zone in the header",
        '#,"Date-Time (EDT)","Ch:1 - Temperature (°C)"\n1,"07/13/2026 08:00:00","21.5"\n'
        '2,"07/13/2026 08:10:00","21.6"\n',
        {"Ch:1 - Temperature (°C)": [21.5, 21.6]},
        ["2026-07-13T12:00:00", "2026-07-13T12:10:00"],
        units={"Ch:1 - Temperature (°C)": "°C"},
    ),
    Given(
        "a robot's stamps of seconds and nanoseconds",
        "header.stamp.sec,header.stamp.nanosec,x\n1782907200,1000000,1\n1782907200,923000001,2\n",
        {"x": [1, 2]},
        ["2026-07-01T12:00:00.001", "2026-07-01T12:00:00.923"],
        options={"timezone": "Europe/Berlin"},
    ),
    Given(
        "a server's answers whose milliseconds are no part of the time",
        "ts,response_ms,n\n1782907200,512,1\n1782907201,730,2\n",
        {"response_ms": [512, 730], "n": [1, 2]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:01"],
    ),
    Given(
        "a bus's trace of seconds and microseconds",
        "sec,usec,id\n1782907200,23456,1\n1782907200,123456,2\n1782907201,0,3\n",
        {"id": [1, 2, 3]},
        ["2026-07-01T12:00:00.023", "2026-07-01T12:00:00.123", "2026-07-01T12:00:01"],
        absent=["usec"],
    ),
    Given(
        "a logger whose times have a comma before the milliseconds, as its cells have",
        "time,temp,hum\n2026-07-13 12:00:00,123,21.5,45\n2026-07-13 12:00:01,456,21.6,46\n",
        {"temp": [21.5, 21.6], "hum": [45, 46]},
        ["2026-07-13T12:00:00.123", "2026-07-13T12:00:01.456"],
        says=["milliseconds"],
    ),
    Given(
        "a logger of times of day alone with a comma before the milliseconds",
        "Zeit,Temperatur\n08:00:00,123,21.5\n08:00:01,456,21.6\n08:00:02,789,21.7\n",
        {"Temperatur": [21.5, 21.6, 21.7]},
        says=["no date", "milliseconds"],
    ),
    Given(
        "a logger of whole numbers, of which a comma may cut any",
        "time,temp,n\n2026-07-13 12:00:00,123,5,7\n2026-07-13 12:00:01,456,6,8\n",
        says=["rows have 4 cells, and the header has 3 names"],
    ),
    Given(
        "an oscilloscope that numbers its channels",
        "x-axis,1,2\nsecond,Volt,Volt\n-5.000E-03,+1.0E-02,+2.0E-02\n-4.999E-03,+1.1E-02,+2.1E-02\n"
        "-4.998E-03,+1.2E-02,+2.1E-02\n",
        {"1": [0.01, 0.011, 0.012], "2": [0.02, 0.021, 0.021]},
        units={"1": "Volt", "2": "Volt"},
        says=["elapsed time in s"],
        absent=["x-axis", "Volt"],
    ),
    Given(
        "an oscilloscope whose axis is known by its unit",
        "Record Length,Analog:3\nSample Interval,Analog:1e-06\nSource,CH1,CH2\nSecond,Volt,Volt\n"
        "0.0,0.1,0.2\n0.1,0.15,0.2\n0.2,0.12,0.25\n",
        {"CH1": [0.1, 0.15, 0.12]},
        units={"CH1": "Volt"},
        says=["elapsed time in s"],
        absent=["Source"],
    ),
    Given(
        "a machine's panel whose first column has no name",
        ";Date;Time;Millitm;Marker;0;1\n0;07/13/2026;12:00:00;123;B;1,5;2,5\n"
        "1;07/13/2026;12:00:01;456;;1,6;2,6\n",
        {"0": [1.5, 1.6], "1": [2.5, 2.6]},
        ["2026-07-13T12:00:00.123", "2026-07-13T12:00:01.456"],
    ),
    Given(
        "a graphical program for measurements",
        "Measurement\t\nSeparator\tTab\nDate\t2026/07/13\n***End_of_Header***\t\nChannels\t2\t\t\n"
        "Y_Unit_Label\tVolts\tVolts\t\nDelta_X\t0.001\t0.001\t\n***End_of_Header***\t\t\t\n"
        "X_Value\tVoltage_0\tVoltage_1\tComment\n0.000000\t0.5\t0.7\n0.001000\t0.6\t0.8\n"
        "0.002000\t0.7\t0.9\n",
        {"Voltage_0": [0.5, 0.6, 0.7], "Voltage_1": [0.7, 0.8, 0.9]},
        says=["elapsed time in s"],
        absent=["X_Value"],
    ),
    Given(
        "a buoy with names and units in two comments, the newest row first",
        "#YY  MM DD hh mm WDIR WSPD  WVHT   PRES  ATMP\n"
        "#yr  mo dy hr mn degT m/s     m     hPa  degC\n"
        "2026 07 01 12 50  10  1.0    MM  1015.6  21.5\n"
        "2026 07 01 12 40  20  1.1   0.5  1015.7  21.4\n"
        "2026 07 01 12 30  20  1.2    MM  1015.8  21.3\n",
        {"WSPD": [1.2, 1.1, 1.0], "ATMP": [21.3, 21.4, 21.5], "WVHT": [NAN, 0.5, NAN]},
        ["2026-07-01T12:30:00", "2026-07-01T12:40:00", "2026-07-01T12:50:00"],
        units={"WSPD": "m/s", "ATMP": "degC", "WVHT": "m"},
        absent=["degC"],
    ),
    Given(
        "a logger in Russian",
        "Дата;Значение\n13 июля 2026 12:00;1,5\n14 авг. 2026 12:00;1,6\n",
        {"Значение": [1.5, 1.6]},
        ["2026-07-13T12:00:00", "2026-08-14T12:00:00"],
    ),
    Given(
        "a logger in Polish",
        "Data;Wartość\n13 lipca 2026 12:00;1,5\n14 sierpnia 2026 12:00;1,6\n",
        {"Wartość": [1.5, 1.6]},
        ["2026-07-13T12:00:00", "2026-08-14T12:00:00"],
    ),
    Given(
        "a logger in Finnish",
        "Aika;Lämpötila\n13.7.2026 klo 12.00;21,5\n13.7.2026 klo 12.10;21,6\n",
        {"Lämpötila": [21.5, 21.6]},
        ["2026-07-13T12:00:00", "2026-07-13T12:10:00"],
    ),
    Given(
        "a controller's registers in hexadecimal",
        "time,status,crc\n2026-07-01 12:00:00,0x1F,0xA053\n2026-07-01 12:00:01,0x20,0xFFFF\n",
        {"status": [31, 32], "crc": [0xA053, 0xFFFF]},
        ["2026-07-01T12:00:00", "2026-07-01T12:00:01"],
    ),
    Given(
        "a bus's messages by their hexadecimal id",
        "time,id,value\n2026-07-01 12:00:00,0x1A0,5\n2026-07-01 12:00:00,0x1A1,7\n"
        "2026-07-01 12:00:01,0x1A0,6\n2026-07-01 12:00:01,0x1A1,8\n",
        {"value": [5, 7, 6, 8]},
        says=["pivot='id'"],
    ),
]
"""Loggers and instruments."""
