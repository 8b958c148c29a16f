"""Lines of forms that are known by name: web servers' logs, InfluxDB, Prometheus, collectd, NMEA."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["KnownLine", "read_known"]


class KnownLine(NamedTuple):
    """What a line of a known form says."""

    values: dict[str, str]
    time: str = ""
    """Its time as text, "" if it has none."""
    form: str = ""
    """The name of the form."""


_ACCESS = re.compile(
    r'(\S+) \S+ \S+ \[([^\]]{10,40})\] "((?:[^"\\]|\\.)*)" ([0-9]{3}) ([0-9]+|-)(.*)'
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_KEY = r"(?:[^=,\s\\]|\\.)+"
_INFLUX_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^,\s"]+)'
_INFLUX = re.compile(
    rf"((?:[^,=\s\\]|\\.)+)((?:,{_KEY}={_KEY})*) ({_KEY}={_INFLUX_VALUE}(?:,{_KEY}={_INFLUX_VALUE})*)"
    r"(?: ([0-9]{10,19}))?"
)
_INFLUX_FIELD = re.compile(rf"({_KEY})=({_INFLUX_VALUE})")
_NUMBER = r"(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|NaN|[+-]?Inf)"
_PROMETHEUS = re.compile(
    rf'([a-zA-Z_:][\w:]*)(\{{(?:[^"}}]|"(?:[^"\\]|\\.)*")*\}})?\s+({_NUMBER})(?:\s+([0-9]{{10,13}}))?'
)
_COLLECTD = re.compile(r'PUTVAL\s+"?([^"\s]+)"?(?:\s+\w+=\S+)*\s+([0-9.]+|N):(\S+)', re.IGNORECASE)
_GRAPHITE = re.compile(rf"([\w\-]+(?:\.[\w\-]+)+)\s+({_NUMBER})\s+([0-9]{{10}})")
_NMEA = re.compile(r"\$(G[A-Z])([A-Z]{3}),([^*]*)(?:\*[0-9A-Fa-f]{2})?")


def read_known(line: str) -> KnownLine | None:
    """Return what a line of a known form says, None if it is of none.

    Examples
    --------
    >>> read_known("weather,city=Brno temp=21.5 1782907200000000000")
    KnownLine(values={'weather Brno temp': '21.5'}, time='1782907200000000000', form='InfluxDB')
    >>> read_known('node_load1{host="a"} 0.21').values
    {'node_load1{host="a"}': '0.21'}
    """
    return (
        _nmea(line)
        or _access(line)
        or _collectd(line)
        or _influx(line)
        or _graphite(line)
        or _prometheus(line)
    )


def _access(line: str) -> KnownLine | None:
    match = _ACCESS.fullmatch(line)
    if match is None:
        return None
    values = {"status": match[4], "bytes": match[5]}
    rest = _QUOTED.sub(" ", match[6])
    for i, cell in enumerate(rest.split()):
        name, _, text = cell.partition("=")
        values[name if text else "request_time" if i == 0 else f"c{i + 1}"] = text or cell
    return KnownLine(values, match[2], "web server")


def _influx(line: str) -> KnownLine | None:
    match = _INFLUX.fullmatch(line)
    if match is None or not (match[2] or match[4]):
        return None
    tags = [tag.partition("=")[2] for tag in re.findall(rf"{_KEY}={_KEY}", match[2])]
    values = {}
    for name, text in _INFLUX_FIELD.findall(match[3]):
        field = [] if name == "value" else [name]
        channel = " ".join([match[1], *tags, *field]).replace("\\", "")
        whole = re.fullmatch(r"([+-]?[0-9]+)[iu]", text)
        text = {"t": "true", "f": "false"}.get(text.lower(), text)
        values[channel] = whole[1] if whole is not None else text.strip('"')
    return KnownLine(values, match[4] or "", "InfluxDB")


def _prometheus(line: str) -> KnownLine | None:
    match = _PROMETHEUS.fullmatch(line)
    if match is None or not (match[2] or "_" in match[1]) or match[1].endswith(":"):
        return None
    return KnownLine({match[1] + (match[2] or ""): match[3]}, match[4] or "", "Prometheus")


def _collectd(line: str) -> KnownLine | None:
    match = _COLLECTD.match(line)
    if match is None:
        return None
    texts = match[3].split(":")
    names = [match[1]] if len(texts) == 1 else [f"{match[1]} {i + 1}" for i in range(len(texts))]
    values = {n: "" if t == "U" else t for n, t in zip(names, texts, strict=True)}
    return KnownLine(values, "" if match[2] == "N" else match[2], "collectd")


def _graphite(line: str) -> KnownLine | None:
    match = _GRAPHITE.fullmatch(line)
    return KnownLine({match[1]: match[2]}, match[3], "Graphite") if match is not None else None


def _nmea(line: str) -> KnownLine | None:
    match = _NMEA.fullmatch(line)
    if match is None:
        return None
    cells = match[3].split(",")
    values: dict[str, str] = {}
    if match[2] == "GGA" and len(cells) >= 9:
        values = {
            **_position(cells[1:5]),
            "satellites": cells[6],
            "hdop": cells[7],
            "altitude": f"{cells[8]} m" if cells[8] else "",
        }
    elif match[2] == "RMC" and len(cells) >= 8:
        values = {**_position(cells[2:6]), "speed": f"{cells[6]} kn", "course": f"{cells[7]} °"}
    elif match[2] == "VTG" and len(cells) >= 7:
        values = {"course": f"{cells[0]} °", "speed": f"{cells[4]} kn"}
    values = {name: text for name, text in values.items() if text and text[0] != " "}
    return KnownLine(values, "", "NMEA")


def _position(cells: list[str]) -> dict[str, str]:
    latitude, north, longitude, east = cells
    degrees = {
        "lat": _degrees(latitude[:2], latitude[2:], north),
        "lon": _degrees(longitude[:3], longitude[3:], east),
    }
    return {name: text for name, text in degrees.items() if text}


def _degrees(whole: str, minutes: str, side: str) -> str:
    try:
        degrees = float(whole) + float(minutes) / 60
    except ValueError:
        return ""
    return f"{-degrees if side in {'S', 'W'} else degrees:.7f}"
