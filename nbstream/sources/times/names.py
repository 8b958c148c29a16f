"""What names say about times: those of columns in many languages, with units and zones, and of keys.

A column that only its name makes a likely one is looked into (`column_rank`); the key of a single reading
has nothing but its name and one value, so that few names count there (`key_rank`).
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from nbstream.sources.times.words import zone_word

__all__ = [
    "PART_NAMES",
    "column_rank",
    "counted_unit",
    "fraction_digits",
    "header_zone",
    "is_duration_name",
    "is_lap_name",
    "is_zone_name",
    "key_rank",
    "may_count",
    "order_of",
    "part_of",
]

_TIMES = frozenset(
    "timestamp time datetime ts t stamp tmstamp epoch unix when clock zeit zeitstempel "
    "uhrzeit zeitpunkt messzeit temps heure horodatage horodate instant hora tiempo momento ora "
    "orario tempo tijd tijdstip tid tidspunkt klokke kello aika čas cas czas godzina idő время час "
    "saat zaman ώρα χρόνος giờ 时间 時間 日時 日时 時刻 时刻 시간 일시 시각 elapsed uptime runtime "
    "laufzeit hhmm hhmmss hrmin hrmn hhmi tod millis micros second seconds secs sec milliseconds msec "
    "sekunden utc gmt localtime".split()
)
_DATES = frozenset(
    "date datum datenum jd mjd dato fecha pvm päivämäärä päiväys dátum дата tarih ημερομηνία ngày 日期 日付 "
    "날짜 年月日 年月日時 年月日时".split()
)
_ELAPSED = frozenset(
    "time timestamp ts second elapsed uptime runtime laufzeit zeit millis micros seconds secs milliseconds "
    "msec sekunden".split()
)
_PERHAPS_ELAPSED = frozenset(
    "t temps tiempo tempo tijd tid aika czas čas cas время 时间 時間 시간 sec".split()
)
_LATER = frozenset(
    "creation created updated modified received exported end stop ende fin until finished".split()
)
_ZONES = frozenset("zone tz timezone zeitzone offset utcoffset utc".split())
_ENDINGS = frozenset("at time date zeit datum data utc timestamp".split())

_PARTS = {
    "year": "year yr yy yyyy jahr année annee año ano anno jaar rok år an vuosi 年",
    "month": "month mon mo monat mois mes mese mês maand mm miesiąc měsíc månad måned kk 月",
    "day": "day dd dy tag jour día dia giorno dag dzień den pv 日",
    "doy": "doy jday yday julianday dayofyear",
    "hour": "hour hr hh hours stunde std heure hora ora uur godz timme 時 时",
    "minute": "minute min minutes mins minuto minuut mn 分",
    "second": "second sec seconds secs sekunde segundo secondo ss 秒",
    "fraction": "ms msec millis millitm millisecond milliseconds millisekunden fraction",
}
PART_NAMES = frozenset(_PARTS)
"""What a column may be called that holds a part of a date or a time of day."""
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}

_UNITS = {
    "s": "s sec secs second seconds sekunden segundos secondes",
    "ms": "ms msec msecs millis milliseconds millisecond millisekunden",
    "us": "us µs μs usec usecs micros microsec microsecs microseconds",
    "ns": "ns nsec nsecs nanos nanosec nanosecs nanoseconds",
    "min": "min mins minutes minuten",
    "h": "h hr hrs hours stunden",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_DIGITS_OF = {"ms": 3, "us": 6, "ns": 9}
_ALONE = frozenset("second sec secs seconds millis msec milliseconds micros sekunden".split())

_KEYS = {
    name: rank
    for rank, name in enumerate(
        "timestamp time datetime date ts t realtime_timestamp timestamp_utc utc_timestamp time_utc "
        "utc utc_time local_time localtime date_time dt epoch epoch_ms unixtime unix_time unix "
        "unix_timestamp timestamp_ms timestamp_us timestamp_ns time_ms time_us time_ns ts_ms ts_us "
        "ts_ns event_time recorded_at measured_at observed_at created_at created sampled_at logged_at "
        "updated_at last_updated last_changed time_iso8601 asctime isotime when zeitstempel datum zeit "
        "heure fecha hora tst time_local time_stamp obs_time sample_time reading_time event_timestamp "
        "epoch_time datetime_utc date_utc".split()
    )
}

_PERFMON = re.compile(r"\(PDH-CSV [^)]*\) \(.*\)\((-?[0-9]{1,4})\)")
_LETTERS = re.compile(r"(?:yyyy|aaaa|jjjj)mm(?:dd|jj|tt)(?:hh(?:m[mi](?:ss)?)?)?")
_ABBREVIATION = re.compile(r"[(\[]([A-Z]{3,5})[)\]]")
_IANA = re.compile(r"(?<![A-Za-z/])[A-Z][A-Za-z]+(?:/[A-Z][A-Za-z_\-]+){1,2}")
_ZONE = re.compile(
    r"(?:^|[^A-Za-z])(?:(UTC|GMT)\s*([+\-\u2212][0-9]{1,2}(?::?[0-9]{2})?)?|([+\-][0-9]{2}:[0-9]{2}))"
    r"(?![A-Za-z0-9])",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name in small letters, units and zones too."""
    split = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W\d_]+", split.lower().replace("#", " ")))


def column_rank(name: str) -> int:
    """Return 2 if a column is called as times are, 1 if its name has such a word, else 0.

    Examples
    --------
    >>> (
    ...     column_rank("Timestamp_ms"),
    ...     column_rank("Datum/Zeit"),
    ...     column_rank("created_at"),
    ...     column_rank("temp"),
    ... )
    (2, 2, 1, 0)
    """
    words = [word for word in _words(name) if word not in {"the", "of"}]
    if words and _LETTERS.fullmatch(words[0]):
        return 2
    plain = [w for i, w in enumerate(words) if not (i and (w in _UNIT_OF or w in {"utc", "gmt"}))]
    if plain and all(word in _TIMES or word in _DATES for word in plain):
        return 2
    if len(words) == 1 and words[0] in _PART_OF and words[0] not in {"an", "dia"}:
        return 1
    if any(word in _TIMES or word in _DATES for word in words if len(word) > 2):
        return 1
    return int(bool(words) and words[-1] in _ENDINGS)


@lru_cache(maxsize=1024)
def key_rank(name: object) -> int | None:
    """Return how usual the key of a reading is for its time, 0 the most, None if it is called otherwise.

    Other keys hold values, whatever words are in their names.

    Examples
    --------
    >>> key_rank("@timestamp"), key_rank("Time"), key_rank("temp")
    (0, 1, None)
    """
    return _key_rank(name) if isinstance(name, str) and len(name) <= 40 else None


@lru_cache(maxsize=4096)
def _key_rank(name: str) -> int | None:
    plain = re.sub(r"[\[(].*", "", name.lower()).strip(" @_#$")
    return _KEYS.get(re.sub(r"[\s.\-]+", "_", plain))


def part_of(name: str, known: frozenset[str] = frozenset()) -> str:
    """Return what part a column is called: "year" … "second", "date", "t", "time", or "".

    Parameters
    ----------
    name
        Of the column.
    known
        Parts that stand to the left: "mm" is a minute where there is an hour.
    """
    words = _words(name)
    if not words:
        return ""
    word = words[0]
    if word == "mm" and "hour" in known:
        return "minute"
    if len(words) == 1 and word in _PART_OF:
        return _PART_OF[word]
    if word in {"hour", "hr", "hours"} and words[1] in {"ending", "beginning", "of"}:
        return "hour"
    if word in {"fraction", "fractional"}:
        return "fraction"
    if word in _DATES:
        return "date"
    if words == ("t",):
        return "t"
    return "time" if word in _TIMES else ""


def may_count(name: str) -> bool | None:
    """Return whether a column may count the seconds of a run; None if that is seldom meant."""
    words = _words(name)
    if column_rank(name) < 2 or not words:
        return False
    if any(word in _ELAPSED for word in words):
        return True
    return None if words[0] in _PERHAPS_ELAPSED else False


def is_duration_name(name: str) -> bool:
    """Return whether a column is called as one that holds how long something has been going on."""
    return not {"elapsed", "uptime", "runtime", "laufzeit", "duration"}.isdisjoint(_words(name))


def is_lap_name(name: str) -> bool:
    """Return whether a column is called as one of laps or of pace: its times are minutes and seconds."""
    return not {"lap", "laps", "laptime", "pace", "split", "runde", "rundenzeit"}.isdisjoint(
        _words(name)
    )


def counted_unit(name: str) -> str | None:
    """Return the unit that a name says it counts in: "s", "ms", "us", "ns", "min", "h", or None.

    Examples
    --------
    >>> counted_unit("Timestamp_ms"), counted_unit("Time [s]"), counted_unit("time")
    ('ms', 's', None)
    """
    words = _words(name)
    if not words:
        return None
    if len(words) == 1 and words[0] not in _ALONE:
        return None
    return _UNIT_OF.get(words[-1])


def fraction_digits(name: str, seconds: str) -> int:
    """Return how many digits a column of fractions has, by its name and that of the seconds; 0 if it is none.

    The two are called alike but for the unit, so that "latency us" beside "ts" is none.

    Examples
    --------
    >>> fraction_digits("usec", "sec"), fraction_digits("stamp.nanosec", "stamp.sec")
    (6, 9)
    >>> fraction_digits("latency us", "ts"), fraction_digits("latency us", "stamp.sec")
    (0, 0)
    """
    words, others = _words(name), _words(seconds)
    if not words or not others or words[:-1] != others[:-1] or _UNIT_OF.get(others[-1]) != "s":
        return 0
    return _DIGITS_OF.get(_UNIT_OF.get(words[-1], ""), 0)


def header_zone(name: str) -> tzinfo | None:
    """Return the zone that the name of a column of times says, None if it says none.

    Examples
    --------
    >>> print(header_zone("Date Time, GMT-05:00"), header_zone("Zeit (Europe/Berlin)"))
    UTC-05:00 Europe/Berlin
    >>> print(header_zone("Date-Time (EDT)"), header_zone("Date-Time (CST)"))  # one of two zones
    UTC-04:00 None
    """
    perfmon = _PERFMON.fullmatch(name)
    if perfmon is not None:  # of Windows: minutes west of Greenwich
        return timezone(-timedelta(minutes=int(perfmon[1])))
    for key in _IANA.findall(name):
        try:
            return ZoneInfo(key)
        except (KeyError, ValueError, OSError):
            continue
    match = _ZONE.search(name.replace("_", " "))
    if match is None:
        words = (zone_word(word) for word in _ABBREVIATION.findall(name))
        offsets = [word.offset_s for word in words if word.offset_s is not None]
        return timezone(timedelta(seconds=offsets[0])) if offsets else None
    offset = match[2] or match[3]
    if offset is None:
        return UTC
    digits = offset[1:].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(size if offset[0] == "+" else -size) if size < timedelta(days=1) else None


def order_of(name: str) -> str:
    """Return the order of a date that a name gives, as "dm" or "md" or "ymd", "" if it gives none.

    Examples
    --------
    >>> order_of("Time(dd/mm/yyyy)"), order_of("Date (MM-DD-YY)"), order_of("Date")
    ('dm', 'md', '')
    """
    found = re.search(r"(?<![a-z])([dmyjt]+)[-/. ]?([dmyjt]+)[-/. ]?([dmyjt]+)", name.lower())
    if found is None:
        return ""
    letters = "".join(part[0] for part in found.groups() if len(set(part)) == 1)
    order = letters.replace("t", "d").replace("j", "y")
    return {"dmy": "dm", "mdy": "md", "ymd": "ymd"}.get(order, "")


def is_name_of_later(name: str) -> bool:
    """Return whether a column tells when a row was made, changed or over, not when it was measured."""
    return not _LATER.isdisjoint(_words(name))


def is_zone_name(name: str) -> bool:
    """Return whether a column is called as one that names zones."""
    return not _ZONES.isdisjoint(_words(name))
