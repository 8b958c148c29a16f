"""Spreadsheets saved as CSV, in several countries."""

from __future__ import annotations

from tests.inputs.given import NAN, Given

SPREADSHEETS = [
    Given(
        "Excel in German with thousands",
        "\ufeffZeit;Wert\r\n01.07.2026 12:00;1.234,56\r\n01.07.2026 12:01;987,1\r\n"
        "02.07.2026 12:01;12.345.678,9\r\n",
        {"Wert": [1234.56, 987.1, 12345678.9]},
        ["2026-07-01T12:00:00", "2026-07-01T12:01:00", "2026-07-02T12:01:00"],
        says=["decimal"],
    ),
    Given(
        "Excel in the US with thousands and dollars",
        'Date,Amount,Cost\r\n7/13/2026 12:00,"1,234.56",$3.50\r\n7/13/2026 12:01,"987.10","$1,003.50"\r\n',
        {"Amount": [1234.56, 987.1], "Cost": [3.5, 1003.5]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
    ),
    Given(
        "Excel in French with hard spaces",
        "Horodatage;Température (°C);Débit\r\n13/07/2026 12:00:00;21,5;1\u00a0234,5\r\n"
        "13/07/2026 12:00:01;21,6;12\u00a0345,0\r\n".encode("cp1252"),
        {"Température (°C)": [21.5, 21.6], "Débit": [1234.5, 12345.0]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:01"],
        units={"Température (°C)": "°C"},
    ),
    Given(
        "Excel in Switzerland",
        "Datum;Wert\r\n13.07.2026 12:00;1'234.50\r\n13.07.2026 12:01;22'000.25\r\n",
        {"Wert": [1234.5, 22000.25]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
    ),
    Given(
        "Excel's Unicode text",
        "Zeit\tTemperatur\r\n13.07.2026 12:00\t21,5\r\n13.07.2026 12:01\t21,6\r\n".encode("utf-16"),
        {"Temperatur": [21.5, 21.6]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
        says=["UTF-16"],
    ),
    Given(
        "a sheet whose day and month cannot be told apart",
        "Date,Value\n7/1/2026 12:00,1\n7/2/2026 12:00,2\n",
        says=["time_format="],
    ),
    Given(
        "an online sheet with a time stamp by a form",
        "Timestamp,How warm?,Window open?\n7/13/2026 12:00:00,21.5,TRUE\n7/13/2026 12:01:00,21.6,FALSE\n",
        {"How warm?": [21.5, 21.6], "Window open?": [1, 0]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
    ),
    Given(
        "a sheet with a title and an empty column at its end",
        "Monthly report;;\r\n;;\r\nZeit;Wert;\r\n2026-07-01 12:00;1,5;\r\n2026-07-01 12:01;2,5;\r\n",
        {"Wert": [1.5, 2.5]},
        ["2026-07-01T12:00:00", "2026-07-01T12:01:00"],
    ),
    Given(
        "Excel's numbers for dates",
        "Date;Value\r\n46204,5;1\r\n46204,5006944444;2\r\n46204,5013888889;3\r\n",
        {"Value": [1, 2, 3]},
        ["2026-07-01T12:00:00", "2026-07-01T12:01:00", "2026-07-01T12:02:00"],
        says=["Excel"],
    ),
    Given(
        "Excel in Brazil with reais",
        "Data/Hora;Preço (R$)\r\n13/07/2026 12:00;R$ 1.234,56\r\n13/07/2026 12:01;R$ 987,10\r\n",
        {"Preço (R$)": [1234.56, 987.1]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
        units={"Preço (R$)": "R$"},
    ),
    Given(
        "Excel in Swedish with a minus that is no hyphen",
        "Datum;Tid;Värde\r\n2026-07-13;12:00;\u22123,5\r\n2026-07-13;12:01;2,5\r\n",
        {"Värde": [-3.5, 2.5]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
    ),
    Given(
        "Excel in Italian with dots in times of day",
        "Data;Ora;Temperatura;Umidità\r\n13/07/2026;12.00.00;21,5;45\r\n"
        "13/07/2026;12.05.00;21,6;46\r\n".encode("cp1252"),
        {"Temperatura": [21.5, 21.6], "Umidità": [45, 46]},
        ["2026-07-13T12:00:00", "2026-07-13T12:05:00"],
    ),
    Given(
        "Excel in Spanish with p. m.",
        "Fecha y hora;Caudal (m³/h)\r\n13/07/2026 1:05:00 p. m.;1.234,5\r\n"
        "13/07/2026 1:10:00 p. m.;987,0\r\n".encode("cp1252"),
        {"Caudal (m³/h)": [1234.5, 987]},
        ["2026-07-13T13:05:00", "2026-07-13T13:10:00"],
        units={"Caudal (m³/h)": "m³/h"},
    ),
    Given(
        "Excel in Japanese, in its own encoding",
        "日時,温度(℃)\r\n2026/7/13 12:00,21.5\r\n2026/7/13 12:01,21.6\r\n".encode("cp932"),
        {"温度(℃)": [21.5, 21.6]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
        units={"温度(℃)": "℃"},
        options={"encoding": "cp932"},
    ),
    Given(
        "Excel in Chinese with the half of the day in front",
        "日期时间,数值\r\n2026/7/13 下午 1:05:00,21.5\r\n2026/7/13 下午 1:06:00,21.6\r\n",
        {"数值": [21.5, 21.6]},
        ["2026-07-13T13:05:00", "2026-07-13T13:06:00"],
    ),
    Given(
        "Excel in Hungarian with forints",
        "Dátum;Érték\r\n2026.07.13. 12:00;1 234,5 Ft\r\n2026.07.13. 12:01;987,0 Ft\r\n",
        {"Érték": [1234.5, 987]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
        units={"Érték": "Ft"},
    ),
    Given(
        "Excel in India with lakhs",
        'Date,Amount\n13-07-2026 12:00,"1,23,456.50"\n13-07-2026 12:01,"12,345.00"\n',
        {"Amount": [123456.5, 12345]},
        ["2026-07-13T12:00:00", "2026-07-13T12:01:00"],
    ),
    Given(
        "a sheet with two columns of the same name",
        "time,temp,hum,temp\n2026-07-01 12:00,21,45,20\n2026-07-01 12:01,22,46,20\n",
        {"temp": [21, 22], "temp_2": [20, 20]},
        ["2026-07-01T12:00:00", "2026-07-01T12:01:00"],
        says=["'temp_2' is another 'temp'"],
    ),
    Given(
        "a sheet of commas in which one column has decimal commas",
        "time,temp,n\n2026-07-01 12:00,21,5,7\n2026-07-01 12:01,21,6,8\n",
        says=[
            "rows have 4 cells, and the header has 3 names",
            "header=['time', 'temp', 'n', 'c4']",
        ],
    ),
    Given(
        "an accountant's sheet with negative sums in brackets",
        "Datum;Rendite;Saldo\r\n13.07.2026;1,5 %;(1.234,50)\r\n14.07.2026;-0,5 %;2.000,00\r\n",
        {"Saldo": [-1234.5, 2000], "Rendite": [1.5, -0.5]},
        ["2026-07-13T00:00:00", "2026-07-14T00:00:00"],
        units={"Rendite": "%"},
    ),
    Given(
        "a company's system with the minus behind",
        "Datum;Menge\r\n13.07.2026;1.234,50-\r\n14.07.2026;2.000,00\r\n15.07.2026;12,5\r\n",
        {"Menge": [-1234.5, 2000, 12.5]},
        ["2026-07-13T00:00:00", "2026-07-14T00:00:00", "2026-07-15T00:00:00"],
    ),
    Given(
        "an export whose cells are formulas, so that Excel leaves them alone",
        'Time,Temp,Note\n="2026-07-13 12:00:00",="21.5",="ok, calm"\n'
        '="2026-07-13 12:00:01",="21.6",="ok"\n',
        {"Temp": [21.5, 21.6]},
        ["2026-07-13T12:00:00", "2026-07-13T12:00:01"],
    ),
    Given(
        "a table to which columns were added under a new header",
        "time,a\n2026-07-13 12:00:00,1\ntime,a,b,c\n2026-07-13 12:00:01,2,5,0\n"
        "2026-07-13 12:00:02,3,6,0\n2026-07-13 12:00:03,4,7,0\n",
        {"a": [1, 2, 3, 4], "b": [5, 6, 7]},
        [f"2026-07-13T12:00:0{second}" for second in range(4)],
    ),
    Given(
        "a table whose rows are all of different length",
        "time,a,b,c\n2026-07-13 12:00:00,1\n2026-07-13 12:00:01,3,4\n2026-07-13 12:00:02,3,4,5\n"
        "2026-07-13 12:00:03,3,4,5,6\n",
        {"a": [1, 3, 3, 3], "b": [NAN, 4, 4, 4], "c": [NAN, NAN, 5, 5]},
        [f"2026-07-13T12:00:0{second}" for second in range(4)],
        says=["fewer cells than columns", "more cells than columns"],
    ),
]
"""Spreadsheets."""
