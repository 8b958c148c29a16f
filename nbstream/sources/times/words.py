"""Words in times: months, days of the week, halves of the day, zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AM_PM",
    "ZONE_WORDS",
    "ZoneWord",
    "abbreviations",
    "is_afternoon",
    "is_weekday",
    "month_number",
    "zone_word",
]

NOTHING: Mapping[str, int] = MappingProxyType({})

_MONTHS = (
    "january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari январь января янв "
    "styczeń stycznia leden ledna január ocak tammikuu tammikuuta ianuarie",
    "february feb februar feber février févr fév febrero febbraio fevereiro fev februari февраль "
    "февраля фев февр luty lutego únor února február febr şubat helmikuu helmikuuta februarie",
    "march mar märz mär mrz mars marzo março maart mrt март марта мар marzec marca březen března "
    "március márc mart maaliskuu maaliskuuta martie",
    "april apr avril avr abril abr aprile апрель апреля апр kwiecień kwietnia duben dubna április ápr "
    "nisan huhtikuu huhtikuuta aprilie",
    "may mai mayo maggio mag maio mei maj май мая maja květen května május máj mayıs toukokuu toukokuuta",  # noqa: RUF001
    "june jun juni juin junio giugno giu junho июнь июня июн czerwiec czerwca červen června június jún "
    "haziran kesäkuu kesäkuuta iunie",
    "july jul juli juillet juil julio luglio lug julho июль июля июл lipiec lipca červenec července "
    "július júl temmuz heinäkuu heinäkuuta iulie",
    "august aug août aoû agosto ago augustus augusti август августа авг sierpień sierpnia srpen srpna "
    "augusztus ağustos elokuu elokuuta",
    "september sep sept septembre septiembre settembre set setembro сентябрь сентября сен сент wrzesień "
    "września září szeptember szept eylül syyskuu syyskuuta septembrie",
    "october oct oktober okt octobre octubre ottobre ott outubro out октябрь октября окт październik "
    "października říjen října október ekim lokakuu lokakuuta octombrie",
    "november nov novembre noviembre novembro ноябрь ноября ноя нояб listopad listopada listopadu kasım "  # noqa: RUF001
    "marraskuu marraskuuta noiembrie",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro декабрь декабря дек grudzień "
    "grudnia prosinec prosince aralık joulukuu joulukuuta decembrie",  # noqa: RUF001
)
"""Short forms that are words of other languages too ("led", "pro") are left out."""
_MONTH_NUMBERS = {word: i + 1 for i, words in enumerate(_MONTHS) for word in words.split()}

_MORNING = frozenset({"am", "a", "vorm", "上午", "午前", "오전", "πμ"})
_AFTERNOON = frozenset({"pm", "p", "nachm", "下午", "午後", "오후", "μμ"})

AM_PM = r"(?:[AaPp]\.?(?:\s?[Mm]\b\.?)?|vorm\.?|nachm\.?|[上下]午|午[前後]|오[전후]|[πμ]\.?μ\.?)"
"""A regular expression for a half of the day."""

_WEEKDAYS = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat "
    "sun montag dienstag mittwoch donnerstag freitag samstag sonntag mo di mi do fr sa so lundi "
    "mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim lunes martes "
    "miércoles jueves viernes sábado domingo mié jue vie sáb dom lunedì martedì mercoledì "
    "giovedì venerdì sabato domenica gio sab maandag dinsdag woensdag donderdag vrijdag zaterdag "
    "zondag ma wo vr za zo seg ter qua qui sex 月 火 水 木 金 土 日".split()
)

# Abbreviations that mean one zone to nearly everybody, in minutes east of Greenwich. Those of the
# United States are as RFC 5322 has them, but CST, which is China's too.
_OFFSETS = {
    **dict.fromkeys(("UTC", "GMT", "UT", "Z", "WET"), 0),
    **dict.fromkeys(("CET", "WEST", "MEZ", "WAT"), 60),
    **dict.fromkeys(("CEST", "MESZ", "EET", "CAT", "SAST"), 120),
    **dict.fromkeys(("EEST", "MSK", "EAT"), 180),
    **{"PKT": 300, "WIB": 420, "AWST": 480, "HKT": 480, "WITA": 480, "JST": 540, "KST": 540},
    **{"WIT": 540, "ACST": 570, "AEST": 600, "ACDT": 630, "AEDT": 660, "NZST": 720, "NZDT": 780},
    **{"NDT": -150, "NST": -210, "ADT": -180, "EDT": -240, "EST": -300, "CDT": -300, "MDT": -360},
    **{"MST": -420, "PDT": -420, "PST": -480, "AKDT": -480, "AKST": -540, "HST": -600},
}
# Others mean several; any of these zones may be meant.
_AMBIGUOUS = {
    "AMT": ("America/Manaus", "Asia/Yerevan"),
    "AST": ("America/Halifax", "Asia/Riyadh"),
    "BST": ("Europe/London", "Asia/Dhaka"),
    "CST": ("America/Chicago", "Asia/Shanghai"),
    "ECT": ("America/Guayaquil", "America/Martinique"),
    "GST": ("Asia/Dubai", "Atlantic/South_Georgia"),
    "IST": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "SST": ("Pacific/Pago_Pago", "Asia/Singapore"),
    "WST": ("Australia/Perth", "Pacific/Apia"),
}

_OFFSET = r"[+\-\u2212][0-9]{1,2}(?::?[0-9]{2}(?::?[0-9]{2})?)?"
_NAME = r"[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+\-]+){1,2}"
_ZONE = rf"(?:(?:UTC|GMT)?{_OFFSET}|{_NAME}|[A-Z]{{2,5}}|[Zz])"
_AFTER = r"(?:\s*(?:\[[^\]]*\]|\([^)]*\))|\s+[A-Z]{2,5}|\s+m=[+\-][0-9.]+)*"
ZONE_WORDS = rf"(?:\s*(?:\[{_ZONE}\]|\({_ZONE}\)|{_ZONE}){_AFTER})"
"""A regular expression for what names a zone or an offset, "+0200 (CEST)" or "[Europe/Berlin]"."""

_PARTS = re.compile(r"(?:UTC|GMT)?([+\-\u2212])([0-9]{1,2})(?::?([0-9]{2}))?(?::?([0-9]{2}))?")


class ZoneWord(NamedTuple):
    """What a word says about the zone: an offset, a zone, or neither if `problem` says why."""

    offset_s: int | None = None
    zone: tzinfo | None = None
    problem: str = ""


def month_number(word: str) -> int | None:
    """Return 1 to 12 for the name of a month, None if it is none.

    Examples
    --------
    >>> month_number("Jul"), month_number("Okt."), month_number("noon")
    (7, 10, None)
    """
    return _MONTH_NUMBERS.get(word.rstrip(".").lower())


def is_weekday(word: str) -> bool:
    """Return whether a word is the name of a day."""
    return word.rstrip(".,").lower() in _WEEKDAYS


def is_afternoon(word: str) -> bool | None:
    """Return whether a word such as "PM" or "下午" means the afternoon, None if it is none."""
    plain = re.sub(r"[.\s]", "", word).lower()
    if plain in _AFTERNOON:
        return True
    return False if plain in _MORNING else None


def zone_word(text: str, asked: tzinfo | None = None, own: Mapping[str, int] = NOTHING) -> ZoneWord:
    """Return what a word says about the zone of a time.

    Parameters
    ----------
    text
        As `ZONE_WORDS` matches it; only the first word counts.
    asked
        The zone that the user named: decides what an abbreviation of several meanings means.
    own
        Its own abbreviations, as `abbreviations` returns them.
    """
    found = re.search(rf"{_ZONE}", text)
    if found is None:
        return ZoneWord()
    word = found[0]
    parts = _PARTS.fullmatch(word)
    if parts is not None:
        sign, hours, minutes, seconds = parts.groups()
        h, m, s = int(hours), int(minutes or 0), int(seconds or 0)
        if h > 23 or m > 59 or s > 59:
            return ZoneWord(problem=f"{word!r} is no offset of a zone")
        total = h * 3600 + m * 60 + s
        return ZoneWord(total if sign == "+" else -total)
    if "/" in word:
        try:
            return ZoneWord(zone=ZoneInfo(word))
        except (KeyError, ValueError, OSError):
            return ZoneWord(problem=f"{word!r} is not a known time zone")
    return _abbreviation(word.upper(), asked, own)


def _abbreviation(word: str, asked: tzinfo | None, own: Mapping[str, int]) -> ZoneWord:
    if asked is not None and word not in {"UTC", "GMT", "UT", "Z"}:
        if word in own:
            return ZoneWord(own[word])
        if getattr(asked, "key", None) in _AMBIGUOUS.get(word, ()):
            return ZoneWord(zone=asked)
    if word in _OFFSETS:
        return ZoneWord(_OFFSETS[word] * 60)
    if word in _AMBIGUOUS:
        zones = " or ".join(f"timezone={zone!r}" for zone in _AMBIGUOUS[word])
        return ZoneWord(problem=f"{word!r} is the name of several time zones. Pass {zones}")
    return ZoneWord(problem=f"{word!r} is not a known time zone")


@lru_cache(maxsize=64)
def abbreviations(zone: tzinfo) -> Mapping[str, int]:
    """Return the abbreviations that a zone itself uses in our days, with their offsets in s."""
    found: dict[str, int] = {}
    when = datetime(2036, 1, 1, tzinfo=UTC)
    while when.year >= 1990:
        local = when.astimezone(zone)
        offset = local.utcoffset() or timedelta(0)
        found.setdefault((local.tzname() or "").upper(), round(offset.total_seconds()))
        when -= timedelta(days=28)
    return MappingProxyType(found)
