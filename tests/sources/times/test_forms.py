"""What times look like in files and programs of other people, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nbstream.errors import ParseError
from nbstream.sources.times.forms import (
    SCALES,
    AmbiguousDatesError,
    TimeForm,
    find_compact_form,
    find_day_time_form,
    find_time_form,
    number_scale,
    text_form,
)
from nbstream.sources.times.patterns import MISSING_TIME, NAIVE, TimePattern

NS = 1_000_000_000


def shown(form: TimeForm | None, text: str) -> str:
    """Return what a form reads, in UTC if the text names a zone, with "?" in front if not."""
    assert form is not None
    wall, offset = form.read(text)
    assert wall != MISSING_TIME, (form, text)
    mark = "?" if offset == NAIVE else ""
    ns = wall - (0 if offset == NAIVE else offset)
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ns // NS)
    fraction = f".{ns % NS:09d}".rstrip("0").rstrip(".")
    return f"{mark}{when:%Y-%m-%d %H:%M:%S}{fraction}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01T12:00:00.5+02:00", "2026-07-01 10:00:00.5"),
        ("2026-07-01 12:00:00.123456789Z", "2026-07-01 12:00:00.123456789"),
        ("2026-07-01 12:00:00.895+01", "2026-07-01 11:00:00.895"),
        ("2026-07-01 12:00:00 +0100", "2026-07-01 11:00:00"),
        ("2026-07-01 12:00:00-03:30", "2026-07-01 15:30:00"),
        ("2026-07-01 12:00:00z", "2026-07-01 12:00:00"),
        ("2026-07-01 12:00:00 UTC", "2026-07-01 12:00:00"),
        ("2026-07-01 12:00:00 GMT", "2026-07-01 12:00:00"),
        ("2026-07-01 12:00:00 CEST", "2026-07-01 10:00:00"),
        ("2026-07-01 12:00 UTC+2", "2026-07-01 10:00:00"),
        ("2026-07-01 12:00:00,123", "?2026-07-01 12:00:00.123"),
        ("2026-07-01 12:00:00:123", "?2026-07-01 12:00:00.123"),
        ("2026-07-01T12:00:00+02:00[Europe/Berlin]", "2026-07-01 10:00:00"),
        ("2026-07-01 12:00:00.1234567 +0200 CEST m=+0.01", "2026-07-01 10:00:00.1234567"),
        ("2026-07-01 24:00", "?2026-07-02 00:00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01 00:00:00"),
        ("2026-07-01 3:05:00 PM", "?2026-07-01 15:05:00"),
        ("2026-07-01 12:05:00 a.m.", "?2026-07-01 00:05:00"),
        ("2026-07-01_12-00-00", "?2026-07-01 12:00:00"),
        ("2026:07:01 12:00:00", "?2026-07-01 12:00:00"),
        ("2026/7/1 9:5:3", "?2026-07-01 09:05:03"),
        ("2026-Jul-01 12:00", "?2026-07-01 12:00:00"),
        ("2026-182", "?2026-07-01 00:00:00"),
        ("20260701T120000Z", "2026-07-01 12:00:00"),
        ("20260701-120000", "?2026-07-01 12:00:00"),
        ("01-Jul-2026 12:00:00", "?2026-07-01 12:00:00"),
        ("01JUL2026:12:00:00.5", "?2026-07-01 12:00:00.5"),
        ("01-JUL-26 03.00.00.000000 PM", "?2026-07-01 15:00:00"),
        ("1. Juli 2026 12:00", "?2026-07-01 12:00:00"),
        ("1 août 2026 12:00", "?2026-08-01 12:00:00"),
        ("Jul 1, 2026, 3:05:00 PM", "?2026-07-01 15:05:00"),
        ("Wed, 01 Jul 2026 12:00:00 +0000", "2026-07-01 12:00:00"),
        ("Wed, 01 Jul 2026 12:00:00 GMT", "2026-07-01 12:00:00"),
        ("Wed Jul  1 12:00:00 2026", "?2026-07-01 12:00:00"),
        ("Wed Jul  1 12:00:00 UTC 2026", "2026-07-01 12:00:00"),
        ("Mi 1. Jul 12:00:00 CEST 2026", "2026-07-01 10:00:00"),
        ("Wed Jul 01 2026 12:00:00 GMT+0200 (Central European Summer Time)", "2026-07-01 10:00:00"),
        ("01/Jul/2026:12:00:00 +0200", "2026-07-01 10:00:00"),
        ("[01/Jul/2026:12:00:00 +0200]", "2026-07-01 10:00:00"),
        ("01.02.2026 12:00", "?2026-02-01 12:00:00"),
        ("1. 2. 2026 12:00", "?2026-02-01 12:00:00"),
        ("01.02.26 12:00", "?2026-02-01 12:00:00"),
        ("25/12/2026 10:00", "?2026-12-25 10:00:00"),
        ("12/25/2026 10:00:00.000 PM", "?2026-12-25 22:00:00"),
        ("12:00:00 25/12/2026", "?2026-12-25 12:00:00"),
        ("12:00:00.5 UTC Jul 1 2026", "2026-07-01 12:00:00.5"),
        ("2026年7月1日 12时05分03秒", "?2026-07-01 12:05:03"),
        ("2026/7/1 下午 3:05:00", "?2026-07-01 15:05:00"),
        ("2026. 7. 1. 오후 3:05:00", "?2026-07-01 15:05:00"),
        ("Jul  1 12:00:00", "?2000-07-01 12:00:00"),
        ("1.7. 12:00", "?2000-07-01 12:00:00"),
    ],
)
def test_texts(text: str, expected: str) -> None:
    """Times of many writers are read, and the pattern that is found reads them when it is asked for."""
    form = find_time_form([text])
    assert shown(form, text) == expected
    assert form is not None
    assert shown(text_form(form.pattern), text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3.5",
        "12",
        "12.30",
        "1.2.3",
        "10.0.0.1",
        "v1.2.3",
        "A1",
        "ok",
        "1782907200",
        "5-3",
        "n/a",
    ],
)
def test_what_is_no_time(text: str) -> None:
    """Numbers, addresses, versions and words are no times."""
    assert find_time_form([text]) is None
    assert find_day_time_form([text]) is None


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["13.02.2026 15:41:00.5", "13.02.2026 15:41", "13.02.2026"], "?2026-02-13 00:00:00"),
        (["2026-02-13 15:41", "2026-02-13T15:41:30.25Z"], "2026-02-13 15:41:30.25"),
        (["2/3/2026 1:00", "2/13/2026 1:00"], "?2026-02-13 01:00:00"),
        (["01/02/2026 23:00", "01/03/2026 00:00"], "?2026-01-03 00:00:00"),
        (["Feb 13 15:41", "Feb 13 15:42:01.5"], "?2000-02-13 15:42:01.5"),
    ],
)
def test_parts_left_out(texts: list[str], expected: str) -> None:
    """Texts of one column may have more or less than others."""
    form = find_time_form(texts)
    assert [shown(form, text) for text in texts][-1] == expected


@pytest.mark.parametrize("dash", ["/", "-"])
def test_ambiguous_dates(dash: str) -> None:
    """Day and month that may be swapped are not guessed; each advice reads the text."""
    text = f"01{dash}02{dash}2026 10:00:00.5"
    with pytest.raises(AmbiguousDatesError, match="cannot be told apart") as caught:
        find_time_form([text, text])
    found = {shown(text_form(pattern), text) for pattern in caught.value.patterns}
    assert found == {"?2026-02-01 10:00:00.5", "?2026-01-02 10:00:00.5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260701120001", "?2026-07-01 12:00:01"),
        ("20260701120001123", "?2026-07-01 12:00:01.123"),
        ("202607011201", "?2026-07-01 12:01:00"),
        ("2020081324", "?2020-08-14 00:00:00"),
        ("260701120001", "?2026-07-01 12:00:01"),
        ("20260701", "?2026-07-01 00:00:00"),
    ],
)
def test_digits(text: str, expected: str) -> None:
    """Times written in digits alone are read by how many there are."""
    assert shown(find_compact_form([text]), text) == expected


def test_an_epoch_is_no_compact_time() -> None:
    """Seconds and milliseconds since 1970 are not taken for digits of a date."""
    assert find_compact_form(["1782907200", "1782907201"]) is None
    assert find_compact_form(["1782907200123"]) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12:00:01.5", 43201.5), ("3:05 PM", 54300), ("12.30.15", 45015), ("12h30", 45000)],
)
def test_times_of_day(text: str, expected: float) -> None:
    """A time of day is read, and says that it lacks a date."""
    form = find_day_time_form([text])
    assert form is not None
    assert form.lacks == "date"
    assert form.read(text)[0] == expected * NS


def test_abbreviations_of_several_zones() -> None:
    """CST is refused, and each advice of the error reads it."""
    text = "2026-07-01 12:00:00 CST"
    form = find_time_form([text])
    assert form is not None
    with pytest.raises(ParseError, match="America/Chicago"):
        form.check(text)
    for zone, expected in (("America/Chicago", "18:00:00"), ("Asia/Shanghai", "04:00:00")):
        asked = find_time_form([text], ZoneInfo(zone))
        assert shown(asked, text) == f"2026-07-01 {expected}"
    assert shown(text_form("%Y-%m-%d %H:%M:%S CST"), text) == "?2026-07-01 12:00:00"


def test_a_zone_that_all_texts_name() -> None:
    """Its changes of the clock are told apart by the order of the rows, so times are left naive."""
    texts = ["2026-10-25 02:30:00 Europe/Berlin", "2026-10-25 02:40:00 [Europe/Berlin]"]
    form = find_time_form(texts)
    assert form is not None
    assert form.zone == ZoneInfo("Europe/Berlin")
    assert form.read(texts[0])[1] == NAIVE


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1_782_907_200, "s"),
        (1_782_907_200.5, "s"),
        (1_782_907_200_123, "ms"),
        (1_782_907_200_123_456, "us"),
        (1_782_907_200_123_456_789, "ns"),
        (639_185_040_000_000_000, "ticks"),
        (134_273_808_000_000_000, "filetime"),
        (21.5, None),
        (-1_782_907_200, None),
        (0, None),
        (1459334, None),
        (5e9, None),
    ],
)
def test_numbers(number: float, name: str | None) -> None:
    """Only numbers of 1990 to 2099 are times, by their size."""
    scale = number_scale(number)
    assert (scale.name if scale else None) == name


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("excel", "46204.5", "?2026-07-01 12:00:00"),
        ("excel", "46204.5000115741", "?2026-07-01 12:00:01"),
        ("matlab", "740164.5", "?2026-07-01 12:00:00"),
        ("julian", "2461223", "2026-07-01 12:00:00"),
        ("ticks", "639185040000000000", "2026-07-01 12:00:00"),
        ("filetime", "134273808000000000", "2026-07-01 12:00:00"),
        ("ns", "1782907200000000001", "2026-07-01 12:00:00.000000001"),
    ],
)
def test_scales(name: str, text: str, expected: str) -> None:
    """Days and ticks of other programs are read when they are asked for."""
    assert name in SCALES
    assert shown(text_form(name), text) == expected


@pytest.mark.parametrize("pattern", ["YYYY-MM-DD", "%Y-%m-%d %Q", "%Y %Y", ""])
def test_patterns_that_are_none(pattern: str) -> None:
    """What isn't a pattern is refused at once."""
    with pytest.raises(ValueError, match="time_format"):
        TimePattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("%Y-%m-%d %H:%M:%S.%f%z", "2026-07-01 13:00:00+01"),
        ("%Y-%m-%d %H:%M:%S %Z", "2026-07-01 12:00:00 UTC"),
        ("%d%m%Y%H%M%S", "01072026120000"),
        ("%Y%j%H%M", "20261821200"),
        ("%FT%T%z", "2026-07-01T12:00:00Z"),
        ("%G-W%V-%uT%H:%M:%S%z", "2026-W27-3T12:00:00+00:00"),
        ("%d.%m.%Y um %H:%M Uhr", "1.7.2026 um 12:00 Uhr"),
        ("%H:%M, %d-%b-%y", "12:00, 1-Jul-26"),
    ],
)
def test_patterns_of_users(pattern: str, text: str) -> None:
    """What a user may write as time_format reads what it should."""
    assert shown(text_form(pattern), text).lstrip("?") == "2026-07-01 12:00:00"
