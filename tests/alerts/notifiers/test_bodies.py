"""What webhooks send, whatever names the data hold."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.alerts.notifiers.bodies import body_writer, check_ntfy_url, cut_bytes, escape_slack
from nbstream.alerts.notifiers.message import KINDS, iso, line, plain, title
from nbstream.alerts.severity import SEVERITIES
from tests.alerts.notifiers.incidents import NOON, a_notification, names

URL = "https://example.com/topic"


def written(body: Any, url: str = URL, kind: str = "fired", **facts: Any) -> Any:
    """Return the JSON that is sent."""
    request = body_writer(body)(url, a_notification(kind, **facts))
    assert request.content_type == "application/json"
    return json.loads(request.content)


def test_json_has_every_field() -> None:
    """Nothing is missing, and times are there for people and for programs."""
    assert written("json", resolved_ns=NOON + 9, state="resolved") == {
        "version": 1,
        "kind": "fired",
        "title": "Alert: too hot on temperature (warning)",
        "text": "too hot: temperature 93 > 90 °C since 12:00:00",
        "number": 1,
        "rule": "too hot",
        "channel": "temperature",
        "severity": "warning",
        "state": "resolved",
        "reason": "temperature 93 > 90 °C since 12:00:00",
        "unit": "°C",
        "peak": 97.0,
        "breached": "2026-07-01T12:00:00.000000000Z",
        "fired": "2026-07-01T12:00:03.000000001Z",
        "resolved": "2026-07-01T12:00:00.000000009Z",
        "at": "2026-07-01T12:00:05.000000000Z",
        "at_ns": NOON + 5_000_000_000,
        "breached_ns": NOON,
        "fired_ns": NOON + 3_000_000_001,
        "resolved_ns": NOON + 9,
    }


@pytest.mark.parametrize("peak", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_what_json_cannot_say_is_null(peak: float) -> None:
    """NaN and infinity are no JSON."""
    assert written("json", peak=peak)["peak"] is None
    assert written({"p": "{peak}"}, peak=peak) == {"p": None}


def test_numbers_of_numpy_are_numbers() -> None:
    """The peak and times may come straight from arrays."""
    record = written("json", peak=np.float64(3.5), fired_ns=np.int64(NOON))
    assert (record["peak"], record["fired_ns"]) == (3.5, NOON)


def utf16(text: str) -> bytes:
    """Return what JSON can tell apart: two halves of a surrogate pair are one character."""
    return text.encode("utf-16-le", "surrogatepass")


@given(rule=names, channel=names, unit=st.none() | names)
def test_json_says_any_name(rule: str, channel: str, unit: str | None) -> None:
    """Whatever a name holds, the body is ASCII JSON that says it exactly."""
    record = written("json", rule=rule, channel=channel, unit=unit)
    said = [record["rule"], record["channel"], record["unit"] or ""]
    assert [utf16(text) for text in said] == [utf16(text) for text in (rule, channel, unit or "")]


@given(text=names, rule=names, kind=st.sampled_from(KINDS), severity=st.sampled_from(SEVERITIES))
def test_ntfy_takes_any_name(text: str, rule: str, kind: str, severity: str) -> None:
    """Title and message are one line of valid text within ntfy's limit, never empty."""
    record = written("ntfy", kind=kind, text=text, rule=rule, severity=severity)
    assert record["topic"] == "topic"
    for key in ("title", "message"):
        assert record[key]
        assert len(record[key].splitlines()) == 1
        assert len(record[key].encode("utf-8")) <= 4_096
    assert 1 <= record["priority"] <= 5
    assert record["tags"][1] == severity


@pytest.mark.parametrize(
    ("url", "root", "topic"),
    [
        ("https://ntfy.sh/abc", "https://ntfy.sh/", "abc"),
        ("https://ntfy.sh/abc/", "https://ntfy.sh/", "abc"),
        (
            "https://u:p@example.com:81/ntfy/a_b-c?auth=x",
            "https://u:p@example.com:81/ntfy/?auth=x",
            "a_b-c",
        ),
    ],
)
def test_ntfy_finds_the_topic(url: str, root: str, topic: str) -> None:
    """The last part of the path is the topic, the rest the server."""
    request = body_writer("ntfy")(url, a_notification())
    assert (request.url, json.loads(request.content)["topic"]) == (root, topic)


@pytest.mark.parametrize("path", ["", "/", "/a b", "/a%2Fb", "/" + "a" * 65, "/é"])
def test_ntfy_needs_a_topic(path: str) -> None:
    """What ntfy would refuse is refused at once, and not repeated."""
    with pytest.raises(ValueError, match="must end with an ntfy topic"):
        check_ntfy_url(path)


def test_a_long_message_is_cut_for_ntfy() -> None:
    """Beyond the limit ntfy would make a file of it."""
    message = written("ntfy", text="ů" * 5_000)["message"]
    assert len(message.encode()) <= 4_000
    assert message.endswith("ů…")


def shown_by_slack(text: str) -> str:
    """Return what a reader sees, without the marks that break mentions."""
    text = text.replace("\u200b", "").replace("&lt;", "<").replace("&gt;", ">")
    return text.replace("&amp;", "&")


@given(text=names)
def test_slack_shows_any_name_as_it_is(text: str) -> None:
    """No link, no mention, no markup; what Slack shows is the text."""
    record = written("slack", text=text)
    assert "<" not in record["text"]
    assert ">" not in record["text"]
    assert record["mrkdwn"] is False
    assert shown_by_slack(record["text"]) == line(a_notification(text=text)).replace("\u200b", "")


@given(text=names)
def test_escaping_for_slack_can_be_undone(text: str) -> None:
    """Exactly three characters are escaped, and an @ before a word is broken."""
    text = text.replace("\u200b", "")
    escaped = escape_slack(text)
    assert shown_by_slack(escaped) == text
    assert not set("<>") & set(escaped)


def test_nobody_is_called_by_a_name() -> None:
    """Slack's and Mattermost's mentions become plain text."""
    text = written("slack", text="<!channel> @here @all <https://evil.example|ok> a@b")["text"]
    assert "&lt;!channel&gt; @\u200bhere @\u200ball &lt;https://evil.example|ok&gt;" in text


def test_a_template_is_filled_at_every_depth() -> None:
    """Strings take values as text; a lone placeholder keeps its type; the rest stays."""
    template = {
        "msg": "{kind}: {text}!",
        "nested": [{"n": "{number}", "none": "{resolved}", "joined": "{resolved}-{unit}"}],
        "fixed": 3,
        "{not replaced}": "{ }",
    }
    assert written(template) == {
        "msg": "fired: too hot: temperature 93 > 90 °C since 12:00:00!",
        "nested": [{"n": 1, "none": None, "joined": "-°C"}],
        "fixed": 3,
        "{not replaced}": "{ }",
    }


def test_data_are_no_template() -> None:
    """A name with braces in it stays as it is, and reaches no attribute."""
    name = "{kind}{secret}{0.__class__}"
    assert written({"a": "{rule}", "b": "x {rule}"}, rule=name) == {"a": name, "b": f"x {name}"}


def test_a_template_is_copied() -> None:
    """What the caller does to the dict later changes nothing."""
    template = {"a": ["{rule}"]}
    writer = body_writer(template)
    template["a"].append("x")
    assert json.loads(writer(URL, a_notification()).content) == {"a": ["too hot"]}


@pytest.mark.parametrize(
    ("made", "content", "content_type"),
    [
        ("ahoj ů", "ahoj ů".encode(), "text/plain; charset=utf-8"),
        (b"\x00\xff", b"\x00\xff", "application/octet-stream"),
        ({"a": 1}, b'{"a": 1}', "application/json"),
        ([1], b"[1]", "application/json"),
    ],
)
def test_a_function_may_write_anything(made: Any, content: bytes, content_type: str) -> None:
    """str, bytes, dict and list, each with its type."""
    assert body_writer(lambda n: made)(URL, a_notification()) == (URL, content, content_type)


@pytest.mark.parametrize("body", [None, 3, ["text"]])
def test_other_bodies_are_refused(body: Any) -> None:
    """A wrong type is an error at once."""
    with pytest.raises(TypeError, match="'body' must be"):
        body_writer(body)


@given(text=names, limit=st.integers(1, 40))
def test_plain_text_is_one_printable_line(text: str, limit: int) -> None:
    """No control characters, no line breaks, valid UTF-8, no longer than asked."""
    result = plain(text, limit)
    assert len(result) <= limit
    assert len(result.splitlines()) <= 1
    result.encode("utf-8")
    assert plain(result) == result


@given(text=names, limit=st.integers(3, 40))
def test_cutting_by_bytes_breaks_no_character(text: str, limit: int) -> None:
    """The result fits and is a beginning of the text."""
    text = plain(text)
    cut = cut_bytes(text, limit)
    assert len(cut.encode("utf-8")) <= limit
    assert text.startswith(cut.removesuffix("…"))


def test_titles_name_what_happened() -> None:
    """Kind, rule, channel and severity; an unknown kind by its own name."""
    assert title(a_notification("no_data")) == "No data: too hot on temperature (warning)"
    assert title(a_notification("silenced")).startswith("silenced: ")
    assert len(title(a_notification(rule="x" * 500))) == 160


@given(ns=st.integers(-(2**63) + 1, 2**63 - 1))
def test_times_are_exact(ns: int) -> None:
    """Every int64 time has a text with nanoseconds that means the same."""
    text = iso(ns)
    assert text is not None
    assert np.datetime64(text.removesuffix("Z"), "ns").astype(np.int64) == ns
    assert iso(None) is None
