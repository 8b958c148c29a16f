"""Lines of forms that are known by name: of web servers, InfluxDB, Prometheus, collectd, NMEA and others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nbstream.text.units import is_unit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["KnownLine", "read_count", "read_known"]


class KnownLine(NamedTuple):
    """What a line of a known form says."""

    values: dict[str, str]
    time: str = ""
    """Its time as text, "" if it has none."""


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
_COLLECTD = re.compile(
    r'PUTVAL\s+"?([^"\s]+)"?(?:\s+\w+=\S+)*\s+([0-9.]+|N):(\S+).*', re.IGNORECASE
)
_GRAPHITE = re.compile(rf"([\w\-]+(?:\.[\w\-]+)+)\s+({_NUMBER})\s+([0-9]{{10}})")
_IPERF = re.compile(
    r"\[\s*(SUM|[0-9]+)\](?:\[\S+\])?\s+[0-9.]+\s*-\s*[0-9.]+\s+sec"
    r"\s+([0-9.]+ \S*Bytes)\s+([0-9.]+ \S*bits/sec)"
    r"(?:\s+([0-9.]+ ms)\s+([0-9]+)/\s*[0-9]+ \((?:\S+)\)|\s+([0-9]+)(?:\s+([0-9.]+ \S*Bytes))?)?(\s+\S.*)?"
)
_PERF = re.compile(
    r"[0-9]+[.,][0-9]{9}(?P<mark>[,;|\t])(?:(?:S|N|CPU)[0-9]\S{0,8}?(?P=mark)(?:[0-9]+(?P=mark))?)?"
    r"(?P<value>[0-9]+(?:[.,][0-9]+)?|<not \w+>)(?P=mark)"
    r"(?P<unit>[^,;|\t]*)(?P=mark)(?P<event>[A-Za-z][^,;|\t]*)(?:(?P=mark).*)?"
)
_ESPHOME = re.compile(
    r"(?:\[([0-9:.]+)\])?\[[A-Z]\]\[[\w.]+:[0-9]+\]:? '([^']+)'"
    r"(?:: Sending state (\S+)(?: (\S+))? with .*|:? >> (\S+)(?: (\S+))?)"
)
_MODEM = re.compile(r"\+([A-Z][A-Z0-9]{1,15}): ?(.+)")
_FOAM = re.compile(
    rf"\S+:\s+Solving for (\w+), Initial residual = ({_NUMBER}), Final residual = ({_NUMBER}), "
    r"No Iterations ([0-9]+)"
)
_PATH_COUNT = re.compile(r"([0-9][0-9.]*[KMGTP]?)\s+(\S*/\S*|\S+\.[A-Za-z]\w{0,5})")
_PRESSURE = re.compile(r"(some|full)((?: \w+=[0-9.]+)+)")
_GC = re.compile(
    r"(?:\[[^\]]*\])*\s*GC\([0-9]+\) (Pause|Concurrent)?.*? ([0-9]+[KMG])->([0-9]+[KMG])\(([0-9]+[KMG])\)"
    r"(?: ([0-9.]+ms))?"
)
_TELEPLOT = re.compile(rf">([^:|§]+):(?:([0-9]{{10,13}}):)?({_NUMBER})(?:§([^|]*))?(?:\|.*)?")
_TICKS = re.compile(r"(cpu[0-9]*)((?: +[0-9]+){4,10})")
_TICK_NAMES = "user nice system idle iowait irq softirq steal guest guest_nice".split()
_TOTAL = re.compile(r"(intr|softirq) ([0-9]+)(?: [0-9]+){8,}")
_VMSTAT = re.compile(
    r"([0-9]+) (?:[KkMm] )?((?:[\w-]+ )*(?:memory|swap|swap cache|cpu ticks|paged (?:in|out)"
    r"|swapped (?:in|out)|interrupts|context switches|boot time|forks))"
)
_LOAD = re.compile(
    r"([0-9]+\.[0-9]{2}) ([0-9]+\.[0-9]{2}) ([0-9]+\.[0-9]{2}) ([0-9]+)/([0-9]+) [0-9]+"
)
_LOAD_NAMES = ("load 1min", "load 5min", "load 15min", "running", "processes")
_OBIS = re.compile(
    r"((?:[0-9]+-[0-9]+:)?[0-9A-F]+(?:\.[0-9A-F]+){1,2})(?:\*[0-9]+)?(?:\([0-9]{12}[SW]\))?"
    r"\(([0-9.]+)\*([^\W\d_]\w*)\)"
)
_NMEA = re.compile(r"\$(G[A-Z])([A-Z]{3}),([^*]*)(?:\*[0-9A-Fa-f]{2})?")


def _gc(match: re.Match[str]) -> KnownLine:
    values = {"heap before": match[2], "heap after": match[3], "heap size": match[4]}
    if match[5]:
        values[(match[1] or "gc").lower()] = match[5]
    return KnownLine(values)


def read_known(line: str) -> KnownLine | None:
    """Return what a line of a known form says, None if it is of none.

    Examples
    --------
    >>> read_known("weather,city=Brno temp=21.5 1782907200000000000")
    KnownLine(values={'weather Brno temp': '21.5'}, time='1782907200000000000')
    >>> read_known('node_load1{host="a"} 0.21').values
    {'node_load1{host="a"}': '0.21'}
    """
    for pattern, say in _FORMS:
        match = pattern.fullmatch(line)
        known = None if match is None else say(match)
        if known is not None:
            return known
    return None


def _access(match: re.Match[str]) -> KnownLine:
    values = {"status": match[4], "bytes": match[5]}
    rest = _QUOTED.sub(" ", match[6])
    for i, cell in enumerate(rest.split()):
        name, _, text = cell.partition("=")
        values[name if text else "request_time" if i == 0 else f"c{i + 1}"] = text or cell
    return KnownLine(values, match[2])


def _influx(match: re.Match[str]) -> KnownLine | None:
    if not (match[2] or match[4]):
        return None
    tags = [tag.partition("=")[2] for tag in re.findall(rf"{_KEY}={_KEY}", match[2])]
    values = {}
    for name, text in _INFLUX_FIELD.findall(match[3]):
        field = [] if name == "value" else [name]
        channel = " ".join([match[1], *tags, *field]).replace("\\", "")
        whole = re.fullmatch(r"([+-]?[0-9]+)[iu]", text)
        text = {"t": "true", "f": "false"}.get(text.lower(), text)
        values[channel] = whole[1] if whole is not None else text.strip('"')
    return KnownLine(values, match[4] or "")


def _prometheus(match: re.Match[str]) -> KnownLine | None:
    if not (match[2] or "_" in match[1]) or match[1].endswith(":"):
        return None
    return KnownLine({match[1] + (match[2] or ""): match[3]}, match[4] or "")


def _collectd(match: re.Match[str]) -> KnownLine:
    texts = ["" if text == "U" else text for text in match[3].split(":")]
    return KnownLine(_numbered(match[1], texts), "" if match[2] == "N" else match[2])


def _graphite(match: re.Match[str]) -> KnownLine:
    return KnownLine({match[1]: match[2]}, match[3])


def _iperf(match: re.Match[str]) -> KnownLine:
    if "sender" in match.string or "receiver" in match.string:  # what it came to in the end
        return KnownLine({})
    names = ("Transfer", "Bitrate", "Jitter", "Lost", "Retr", "Cwnd")
    cells = zip(names, match.groups()[1:7], strict=True)
    return KnownLine({f"[{match[1]}] {name}": cell for name, cell in cells if cell})


def _perf(match: re.Match[str]) -> KnownLine:
    value = "nan" if match["value"][0] == "<" else match["value"].replace(",", ".")
    return KnownLine({match["event"]: f"{value} {match['unit']}".strip()})


def _esphome(match: re.Match[str]) -> KnownLine:
    text = f"{match[3] or match[5]} {match[4] or match[6] or ''}".strip()
    return KnownLine({match[2]: text}, match[1] or "")


def _modem(match: re.Match[str]) -> KnownLine:
    cells = [cell.strip().strip('"') for cell in match[2].split(",")]
    return KnownLine(_numbered(match[1], cells))


def _foam(match: re.Match[str]) -> KnownLine:
    names = ("initial residual", "final residual", "iterations")
    texts = zip(names, match.groups()[1:], strict=True)
    return KnownLine({f"{match[1]} {name}": text for name, text in texts})


def _path_count(match: re.Match[str]) -> KnownLine | None:
    return None if is_unit(match[2]) else KnownLine({match[2]: match[1]})


def _pressure(match: re.Match[str]) -> KnownLine:
    pairs = (pair.split("=") for pair in match[2].split())
    return KnownLine({f"{match[1]} {name}": text for name, text in pairs})


def _teleplot(match: re.Match[str]) -> KnownLine:
    return KnownLine({match[1]: f"{match[3]} {match[4] or ''}".strip()}, match[2] or "")


def _obis(match: re.Match[str]) -> KnownLine:
    """Return what a line of a smart meter's telegram says, as DSMR and IEC 62056-21 have it."""
    return KnownLine({match[1]: f"{match[2]} {match[3]}"})


def _nmea(match: re.Match[str]) -> KnownLine:
    cells = match[3].split(",")
    values: dict[str, str] = {}
    if match[2] == "GGA" and len(cells) >= 9:
        altitude = f"{cells[8]} m" if cells[8] else ""
        values = {"satellites": cells[6], "hdop": cells[7], "altitude": altitude}
        values = {**_position(cells[1:5]), **values}
    elif match[2] == "RMC" and len(cells) >= 8:
        values = {**_position(cells[2:6]), "speed": f"{cells[6]} kn", "course": f"{cells[7]} °"}
    elif match[2] == "VTG" and len(cells) >= 7:
        values = {"course": f"{cells[0]} °", "speed": f"{cells[4]} kn"}
    return KnownLine({name: text for name, text in values.items() if text and text[0] != " "})


def _position(cells: list[str]) -> dict[str, str]:
    latitude, north, longitude, east = cells
    return {
        "lat": _degrees(latitude[:2], latitude[2:], north),
        "lon": _degrees(longitude[:3], longitude[3:], east),
    }


def _degrees(whole: str, minutes: str, side: str) -> str:
    try:
        degrees = float(whole) + float(minutes) / 60
    except ValueError:
        return ""
    return f"{-degrees if side in {'S', 'W'} else degrees:.7f}"


def _numbered(name: str, texts: list[str]) -> dict[str, str]:
    """Return texts by a name, with a number behind it if they are several."""
    names = [name] if len(texts) == 1 else [f"{name} {i + 1}" for i in range(len(texts))]
    return dict(zip(names, texts, strict=True))


def _ticks(match: re.Match[str]) -> KnownLine:
    """Return what a line of /proc/stat says of a processor."""
    names = (f"{match[1]} {name}" for name in _TICK_NAMES)
    return KnownLine(dict(zip(names, match[2].split(), strict=False)))


def _total(match: re.Match[str]) -> KnownLine:
    """Return the sum that stands before hundreds of parts in /proc/stat."""
    return KnownLine({match[1]: match[2]})


def read_count(line: str) -> KnownLine | None:
    """Return what a line of `vmstat -s` or /proc/loadavg says, None if it is none: its numbers are no time.

    Examples
    --------
    >>> read_count("55257 forks").values
    {'forks': '55257'}
    """
    if (match := _VMSTAT.fullmatch(line)) is not None:
        return KnownLine({match[2]: match[1]})
    match = _LOAD.fullmatch(line)
    return None if match is None else KnownLine(dict(zip(_LOAD_NAMES, match.groups(), strict=True)))


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], KnownLine | None]], ...] = (
    (_NMEA, _nmea),
    (_OBIS, _obis),
    (_TELEPLOT, _teleplot),
    (_ACCESS, _access),
    (_COLLECTD, _collectd),
    (_INFLUX, _influx),
    (_GRAPHITE, _graphite),
    (_PROMETHEUS, _prometheus),
    (_IPERF, _iperf),
    (_PERF, _perf),
    (_ESPHOME, _esphome),
    (_MODEM, _modem),
    (_FOAM, _foam),
    (_PATH_COUNT, _path_count),
    (_PRESSURE, _pressure),
    (_GC, _gc),
    (_TICKS, _ticks),
    (_TOTAL, _total),
)
